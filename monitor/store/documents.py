"""What a query sees of stored mentions, gathered from the rows: words, what is thought of them, where they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from monitor.audience import known_of
from monitor.own import Own
from monitor.query.document import Document
from monitor.store import in_theme, told
from monitor.store.facts import ALONE
from monitor.store.labels import labels_of
from monitor.store.matches import RELEVANT_FROM
from monitor.store.opinions import in_order
from monitor.store.tables import BrandRow, MatchRow, MentionRow, OpinionRow, TriageRow

BRAND, MATCH, MENTION = BrandRow.__table__, MatchRow.__table__, MentionRow.__table__
OPINION, TRIAGE = OpinionRow.__table__, TriageRow.__table__

# The scorers' names in the store, and the field of the query language that finds their labels.
FIELD_OF = {"topics": "topic", "touchpoints": "touchpoint", "need": "need", "emotion": "emotion", "stage": "stage"}
_ASKED = (*FIELD_OF, "sentiment")


@dataclass(slots=True)
class _Said:
    """What is known of one mention beside its own row."""

    felt: dict[str, str] = field(default_factory=dict)
    brands: list[str] = field(default_factory=list)
    scores: dict[str, tuple[str, ...]] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    themes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A stored mention as a query sees it."""

    document: Document
    felt: Mapping[str, str]
    """Brand's name to the sentiment towards it; ALONE: of a text that is of no brand."""


def likely() -> ColumnElement[bool]:
    """A match that does speak of its brand, as far as is known."""
    return or_(MATCH.c.relevance.is_(None), MATCH.c.relevance >= RELEVANT_FROM)


def own_channels(connection: Connection) -> Own:
    """What we write ourselves, as configured."""
    rows = connection.execute(select(BRAND.c.own).where(BRAND.c.active)).scalars()
    return Own.of(channel for row in rows for channel in row)


def seen(connection: Connection, rows: Iterable[Row[Any]], own: Own) -> dict[int, Seen]:
    """Mention id to what a query sees of it. `rows`: whole rows of mentions, a few hundred at most."""
    mentions = {row.id: row for row in rows}
    said: dict[int, _Said] = defaultdict(_Said)
    _add_brands(connection, mentions.keys(), said)
    _add_opinions(connection, mentions, said)
    stories = told.of_mentions(connection, mentions.keys())
    for id_, themes in in_theme.of_mentions(connection, mentions.keys()).items():
        said[id_].themes = themes
    return {
        id_: Seen(_document(row, said[id_], stories.get(id_), own), said[id_].felt) for id_, row in mentions.items()
    }


def _document(row: Row[Any], said: _Said, story: told.Told | None, own: Own) -> Document:
    known = known_of(row.title, row.text, row.kind, row.extra)
    known["marks"] += (*_role(story), *(("own",) if own.wrote(row.author, row.url) else ()))
    return Document(
        title=row.title,
        text=row.text,
        author=row.author,
        url=row.url,
        lang=row.lang,
        source=row.source,
        source_kind=row.source_kind,
        kind=row.kind,
        rating=row.rating,
        published=row.published,
        brands=tuple(said.brands),
        stories=(str(story.story),) if story else (),
        themes=said.themes,
        scores={**said.scores, "sentiment": tuple(dict.fromkeys(said.felt.values()))},
        statuses=tuple(dict.fromkeys(said.statuses)),
        assignees=tuple(dict.fromkeys(said.assignees)),
        teams=tuple(dict.fromkeys(said.teams)),
        tags=tuple(dict.fromkeys(said.tags)),
        **known,
    )


def _role(story: told.Told | None) -> tuple[str, ...]:
    """What a mention is to the others of its story."""
    if story is None or story.size < 2:
        return ()
    return ("story-lead",) if story.leads else ("duplicate",)


def _add_brands(connection: Connection, ids: Collection[int], said: dict[int, _Said]) -> None:
    rows = connection.execute(
        select(MATCH.c.mention_id, BRAND.c.name, MATCH.c.sentiment)
        .add_columns(TRIAGE.c.state, TRIAGE.c.assignee, TRIAGE.c.team, TRIAGE.c.tags)
        .join(BRAND, BRAND.c.id == MATCH.c.brand_id)
        .outerjoin(TRIAGE, (TRIAGE.c.mention_id == MATCH.c.mention_id) & (TRIAGE.c.brand_id == MATCH.c.brand_id))
        .where(MATCH.c.mention_id.in_(ids), likely())
        .order_by(BRAND.c.name)
    )
    for id_, name, sentiment, state, assignee, team, tags in rows:
        one = said[id_]
        one.brands.append(name)
        if sentiment:
            one.felt[name] = sentiment
        one.statuses.append(state or "new")
        one.assignees += [assignee] if assignee else []
        one.teams += [team] if team else []
        one.tags += tags or []


def _add_opinions(connection: Connection, mentions: Mapping[int, Row[Any]], said: dict[int, _Said]) -> None:
    columns = (OPINION.c.mention_id, OPINION.c.revision, OPINION.c.scorer, OPINION.c.label, OPINION.c.detail)
    asked = select(*columns).where(OPINION.c.mention_id.in_(mentions), OPINION.c.scorer.in_(_ASKED))
    for id_, revision, scorer, label, detail in connection.execute(asked.order_by(*in_order())):
        if revision != mentions[id_].revision:
            continue
        if scorer in FIELD_OF:
            said[id_].scores[FIELD_OF[scorer]] = labels_of(label, detail)
        elif not said[id_].brands:
            said[id_].felt[ALONE] = label
