"""Search over what is stored: SQL narrows to candidates (words, brand, time), the matcher decides. One meaning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Integer, Select, column, or_, select, text

from monitor.mention import Mention
from monitor.query.document import Document
from monitor.query.fields import FIELDS, label
from monitor.query.matcher import Matcher
from monitor.query.narrow import fts5, need
from monitor.query.tree import And, Between, Label, Query, walk
from monitor.store.brands import names as brand_names
from monitor.store.heard import labels_of
from monitor.store.matches import RELEVANT_FROM
from monitor.store.mentions import REDACTED, as_mention
from monitor.store.tables import MatchRow, MentionRow, OpinionRow

MENTION, MATCH, OPINION = (
    MentionRow.__table__,
    MatchRow.__table__,
    OpinionRow.__table__,
)

CHUNK = 100
# The scorers' names in the store, and the field of the query language that finds their labels.
FIELD_OF = {"topics": "topic", "touchpoints": "touchpoint", "need": "need", "emotion": "emotion", "stage": "stage"}


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored mention that matches, and where."""

    mention: Mention
    spans: tuple[tuple[str, int, int], ...] = ()


def newest(connection: Connection, query: Query | None, most: int) -> list[Hit]:
    """The newest `most` mentions that match (all, without a query), by the time of publishing."""
    if query is None:
        return [Hit(mention) for mention in islice(_mentions(connection, _narrowed(None, {})), most)]
    return list(islice(_matching(connection, query), most))


def _matching(connection: Connection, query: Query) -> Iterator[Hit]:
    matcher = Matcher(query)
    brands = brand_names(connection)
    asked = {node.value for node in walk(query.root) if isinstance(node, Label) and node.field == "brand"}
    asked_ids = {id_ for id_, name in brands.items() if label(name) in asked}
    for chunk in _chunks(_mentions(connection, _narrowed(query, brands))):
        facts = _facts(connection, chunk, brands, asked_ids)
        for mention in chunk:
            if match := matcher.match(document(mention, *facts[mention.id])):
                yield Hit(mention, tuple((span.field, span.start, span.end) for span in match.spans))


def document(
    mention: Mention, brands: tuple[str, ...] = (), scores: Mapping[str, tuple[str, ...]] | None = None
) -> Document:
    """What a query sees of a stored mention."""
    return Document(
        title=mention.title,
        text=mention.text,
        author=mention.author,
        url=mention.url,
        lang=mention.lang,
        source=mention.source,
        source_kind=mention.source_kind,
        kind=mention.kind,
        rating=mention.rating,
        published=mention.published,
        brands=brands,
        scores=scores or {},
    )


def _narrowed(query: Query | None, brands: Mapping[int, str]) -> Select[Any]:
    """The ids of the candidates, at least all that match: what stands in every match is asked of the indexes."""
    question = select(MENTION.c.id)
    if query is None:
        return question
    wanted = need(query)
    if wanted is not None:
        words = text("SELECT rowid FROM mention_words WHERE mention_words MATCH :words").bindparams(words=fts5(wanted))
        question = question.where(MENTION.c.id.in_(words.columns(column("rowid", Integer))))
    for part in query.root.parts if isinstance(query.root, And) else (query.root,):
        if isinstance(part, Label) and part.field == "brand":
            ids = [id_ for id_, name in brands.items() if label(name) == part.value]
            question = question.where(MENTION.c.id.in_(select(MATCH.c.mention_id).where(MATCH.c.brand_id.in_(ids))))
        elif isinstance(part, Between) and FIELDS[part.field].moment:
            if part.low is not None:
                question = question.where(MENTION.c.published >= datetime.fromtimestamp(part.low, UTC))
            if part.high is not None:
                question = question.where(MENTION.c.published <= datetime.fromtimestamp(part.high, UTC))
    return question


def _mentions(connection: Connection, candidates: Select[Any]) -> Iterator[Mention]:
    """The candidates, newest first; read in chunks, so that a page of fifty reads no more than it needs."""
    ids = list(connection.scalars(candidates.order_by(MENTION.c.published.desc(), MENTION.c.id.desc())))
    for start in range(0, len(ids), CHUNK):
        wanted = ids[start : start + CHUNK]
        rows = {row.id: row for row in connection.execute(select(MENTION).where(MENTION.c.id.in_(wanted)))}
        yield from (as_mention(rows[id_]) for id_ in wanted if REDACTED not in rows[id_].flags)


def _chunks(mentions: Iterator[Mention]) -> Iterator[list[Mention]]:
    while chunk := list(islice(mentions, CHUNK)):
        yield chunk


Facts = tuple[tuple[str, ...], Mapping[str, tuple[str, ...]]]
"""A mention's brands, and scorer to labels."""


def _facts(
    connection: Connection, mentions: Sequence[Mention], brands: Mapping[int, str], asked: Collection[int]
) -> dict[int, Facts]:
    """What is known of these mentions beside their texts. Where the query names brands, `sentiment` is towards those;
    else towards any brand of the mention, and of the text alone where it has none."""
    revisions = {mention.id: mention.revision for mention in mentions}
    of_brands: dict[int, list[str]] = defaultdict(list)
    scores: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    likely = or_(MATCH.c.relevance.is_(None), MATCH.c.relevance >= RELEVANT_FROM)
    matches = select(MATCH.c.mention_id, MATCH.c.brand_id, MATCH.c.sentiment)
    for mention_id, brand_id, sentiment in connection.execute(matches.where(MATCH.c.mention_id.in_(revisions), likely)):
        of_brands[mention_id].append(brands[brand_id])
        if sentiment and (not asked or brand_id in asked):
            scores[mention_id]["sentiment"].append(sentiment)
    opinions = select(OPINION.c.mention_id, OPINION.c.revision, OPINION.c.scorer, OPINION.c.label, OPINION.c.detail)
    asked_of = (*FIELD_OF, "sentiment")
    opinions = opinions.where(OPINION.c.mention_id.in_(revisions), OPINION.c.scorer.in_(asked_of))
    for row in connection.execute(opinions.order_by(OPINION.c.scored)):
        if row.revision != revisions[row.mention_id]:
            continue
        if row.scorer != "sentiment":
            scores[row.mention_id][FIELD_OF[row.scorer]] = list(labels_of(row.label, row.detail))
        elif row.mention_id not in of_brands:
            scores[row.mention_id]["sentiment"] = [row.label]
    return {
        id_: (tuple(of_brands[id_]), {field: tuple(labels) for field, labels in scores[id_].items()})
        for id_ in revisions
    }
