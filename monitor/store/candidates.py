"""Which mentions a query can match, asked of the database: at least all that it does. The matcher decides.

The index holds letters as they were written, the matcher compares them folded. So a column narrows only where it is
plain ASCII, which folds to its lower case; any other writing stays a candidate.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, column, exists, func, or_, select, table

from monitor.query.fields import FIELDS, label
from monitor.query.narrow import TEXT_COLUMNS, Need, fts5, need
from monitor.query.tree import And, Between, Host, Label, Node, Or, Phrase, Piece, Query, Written, walk
from monitor.store.matches import RELEVANT_FROM
from monitor.store.tables import MatchRow, MentionRow, OpinionRow

MENTION, MATCH, OPINION = MentionRow.__table__, MatchRow.__table__, OpinionRow.__table__
WORDS = table("mention_words", column("rowid", Integer), column("mention_words"))

# The scorers' names in the store, and the field of the query language that finds their labels.
FIELD_OF = {"topics": "topic", "touchpoints": "touchpoint", "need": "need", "emotion": "emotion", "stage": "stage"}
SCORER_OF = {field: scorer for scorer, field in FIELD_OF.items()}

SHORT = 10_000
"""So many ids are listed and sorted sooner than found by walking back through time."""
MOST_LISTS = 20
MOST_NODES = 300
"""SQLite takes expressions a thousand deep and a number of values; a larger query is narrowed by its lists alone."""

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Listed:
    """What an index can tell in two ways: the ids of all such mentions, or whether one mention is such."""

    ids: Select[Any]
    holds: Condition


@dataclass(frozen=True, slots=True)
class Candidates:
    """Each mention that matches is in every list and fulfils every condition."""

    lists: tuple[Listed, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def question(self, connection: Connection, most: int) -> Select[Any]:
        """Their ids, newest first: sorted out of a short list, or by walking the index of times, which costs
        nothing before the first row. `most`: how many are wanted; the more, the sooner a list pays."""
        limit = max(SHORT, 20 * most)
        short = next((one for one in self.lists if _length(connection, one.ids, limit) < limit), None)
        question = select(MENTION.c.id).order_by(MENTION.c.published.desc(), MENTION.c.id.desc())
        if short is not None:
            question = question.where(MENTION.c.id.in_(short.ids))
        return question.where(*self.conditions, *(one.holds for one in self.lists if one is not short))


def _length(connection: Connection, ids: Select[Any], limit: int) -> int:
    return connection.execute(select(func.count()).select_from(ids.limit(limit).subquery())).scalar_one()


def narrowed(query: Query | None, brands: Mapping[int, str]) -> Candidates:
    """What stands in every match of `query`. `brands`: id to name."""
    if query is None:
        return Candidates()
    asked = asked_brands(query, brands)
    parts = query.root.parts if isinstance(query.root, And) else (query.root,)
    wanted = need(query)
    lists = [_with_words(wanted)] if wanted is not None else []
    lists += _of_brands(parts, brands, asked)
    few = sum(1 for _ in walk(query.root)) <= MOST_NODES
    return Candidates(tuple(lists[:MOST_LISTS]), tuple(_conditions(parts, brands, asked)) if few else ())


def _conditions(parts: Sequence[Node], brands: Mapping[int, str], asked: Collection[int]) -> Iterator[Condition]:
    """What the lists do not tell."""
    for part in parts:
        if isinstance(part, Written) and part.kind == "tag":
            yield _signed(part, "#")
        elif need(Query("", part)) is None and not (isinstance(part, Label) and part.field == "brand"):
            condition = _condition(part, brands, asked)
            if condition is not None:
                yield condition


def asked_brands(query: Query, brands: Mapping[int, str]) -> frozenset[int]:
    """The ids of the brands that a query names."""
    named = {node.value for node in walk(query.root) if isinstance(node, Label) and node.field == "brand"}
    return frozenset(id_ for id_, name in brands.items() if label(name) in named)


def _with_words(wanted: Need) -> Listed:
    ids = select(WORDS.c.rowid).where(WORDS.c.mention_words.op("MATCH")(fts5(wanted)))
    return Listed(ids, exists(ids.where(WORDS.c.rowid == MENTION.c.id).correlate(MENTION)))


def _of_brands(parts: Sequence[Node], brands: Mapping[int, str], asked: Collection[int]) -> Iterator[Listed]:
    """Mentions of each brand that must be; and, where one must be, those of the sentiment that must be towards it."""
    labels = [part for part in parts if isinstance(part, Label)]
    of_brands = [part for part in labels if part.field == "brand"]
    if of_brands:
        for part in labels:
            if part.field == "sentiment":
                yield _matched(MATCH.c.brand_id.in_(asked), MATCH.c.sentiment == part.value)
    for part in of_brands:
        yield _matched(MATCH.c.brand_id.in_([id_ for id_, name in brands.items() if label(name) == part.value]))


def _matched(*such: Condition) -> Listed:
    return Listed(select(MATCH.c.mention_id).where(*such), _has_match(*such))


def _has_match(*such: Condition) -> Condition:
    return exists(select(MATCH.c.mention_id).where(MATCH.c.mention_id == MENTION.c.id, *such).correlate(MENTION))


def _condition(node: Node, brands: Mapping[int, str], asked: Collection[int]) -> Condition | None:
    """What a mention that matches `node` fulfils; None: nothing that SQL could tell."""
    wanted = need(Query("", node))
    if wanted is not None:
        return MENTION.c.id.in_(_with_words(wanted).ids)
    match node:
        case And(parts=parts):
            known = [_condition(part, brands, asked) for part in parts]
            return and_(*sure) if (sure := [one for one in known if one is not None]) else None
        case Or(parts=parts):
            ways = [_condition(part, brands, asked) for part in parts]
            return or_(*sure) if len(sure := [one for one in ways if one is not None]) == len(ways) else None
        case Written(kind="handle", phrase=phrase):
            return or_(
                _written_in(("author",), phrase.pieces),
                and_(_written_in(TEXT_COLUMNS, phrase.pieces), _signed(node, "@")),
            )
        case Phrase(fields=fields, pieces=pieces) | Written(phrase=Phrase(fields=fields, pieces=pieces)):
            return _written_in(fields, pieces)
        case Host(host=host):
            return _holds(MENTION.c.url, host)
        case Between():
            return _between(node)
        case Label():
            return _labelled(node, brands, asked)
        case _:
            return None


def _written_in(fields: Sequence[str], pieces: Sequence[Piece]) -> Condition:
    """All the pieces in one of the fields: of title and text the index of words knows, of others their letters."""
    indexed = tuple(field for field in fields if field in TEXT_COLUMNS)
    letters = [max(piece.letters.split("?"), key=len) for piece in pieces]
    ways = [and_(*(_holds(MENTION.c[field], some) for some in letters)) for field in fields if field not in indexed]
    wanted = need(Query("", Phrase(indexed, tuple(pieces), len(pieces), ""))) if indexed else None
    return or_(*ways, MENTION.c.id.in_(_with_words(wanted).ids)) if wanted is not None else or_(*ways)


def _signed(node: Written, sign: str) -> Condition:
    """A tag or a handle stands in title or text with its sign before it."""
    letters = sign + node.lead + node.key
    return or_(*(_holds(MENTION.c[field], letters) for field in TEXT_COLUMNS))


def _between(node: Between) -> Condition | None:
    if FIELDS[node.field].moment:
        low, high = (None if end is None else datetime.fromtimestamp(end, UTC) for end in (node.low, node.high))
        return _from_to(MENTION.c.published, low, high)
    return _from_to(MENTION.c.rating, node.low, node.high) if node.field == "rating" else None


def _from_to(values: ColumnElement[Any], low: Any, high: Any) -> Condition:
    return and_(*([values >= low] if low is not None else []), *([values <= high] if high is not None else []))


def _labelled(node: Label, brands: Mapping[int, str], asked: Collection[int]) -> Condition | None:
    match node.field:
        case "brand":
            return _has_match(MATCH.c.brand_id.in_([id_ for id_, name in brands.items() if label(name) == node.value]))
        case "sentiment":
            return _felt(node.value, asked)
        case "source":
            return or_(_reads(MENTION.c.source, node.value), _reads(MENTION.c.source_kind, node.value))
        case "type":
            return _reads(MENTION.c.kind, node.value)
        case "lang":
            begun = _bare(MENTION.c.lang).startswith(node.value.replace(" ", ""), autoescape=True)
            return or_(begun, _folds(MENTION.c.lang))
        case "topic" | "touchpoint" | "need" | "emotion" | "stage":
            return _scored(SCORER_OF[node.field], node.value)
        case _:
            return None


def likely() -> Condition:
    """A match that does speak of its brand, as far as is known."""
    return or_(MATCH.c.relevance.is_(None), MATCH.c.relevance >= RELEVANT_FROM)


def _felt(sentiment: str, asked: Collection[int]) -> Condition:
    """Towards a brand that is asked for, else any; of the text alone where the mention is of no brand."""
    towards = _has_match(MATCH.c.sentiment == sentiment, *([MATCH.c.brand_id.in_(asked)] if asked else []))
    alone = _has_opinion(OPINION.c.scorer == "sentiment", OPINION.c.label == sentiment)
    return or_(towards, and_(~_has_match(likely()), alone))


def _scored(scorer: str, value: str) -> Condition | None:
    """The label is the opinion's own, or one of several in its detail."""
    if not value.replace(" ", "").isalnum():
        return None
    among = func.instr(_bare(OPINION.c.detail), value.replace(" ", "")) > 0
    says = or_(_reads(OPINION.c.label, value), among, _folds(OPINION.c.detail))
    return _has_opinion(OPINION.c.scorer == scorer, says)


def _has_opinion(*such: Condition) -> Condition:
    return exists(select(OPINION.c.mention_id).where(OPINION.c.mention_id == MENTION.c.id, *such).correlate(MENTION))


def _holds(values: ColumnElement[str], letters: str) -> Condition:
    return or_(func.instr(func.lower(values), letters) > 0, _folds(values, "\t\n\r"))


def _reads(values: ColumnElement[str], wanted: str) -> Condition:
    """The same label, whatever stands between its words."""
    return or_(_bare(values) == wanted.replace(" ", ""), _folds(values))


def _bare(values: ColumnElement[Any]) -> ColumnElement[str]:
    bare: ColumnElement[str] = func.lower(values)
    for sign in " _-":
        bare = func.replace(bare, sign, "")
    return bare


def _folds(values: ColumnElement[Any], but: str = "") -> Condition:
    """Written with anything beside printable ASCII (and `but`): only the matcher knows how it reads."""
    return values.op("GLOB", is_comparison=True)(f"*[^{but} -~]*")
