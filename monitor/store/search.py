"""Search over what is stored: walk the index of words and facts, newest first, and let the matcher decide. One meaning.

candidates.py says which rows can match; where it is sure of them, they need no second look but for the spans.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row
from sqlalchemy.exc import OperationalError

from monitor.audience import audience
from monitor.errors import TooSlow
from monitor.mention import Mention
from monitor.query.document import Document, Match
from monitor.query.fields import FIELDS
from monitor.query.matcher import Matcher
from monitor.query.tree import Between, Host, Label, Query, walk
from monitor.store.candidates import Candidates, asked_brands, candidates
from monitor.store.columns import instant
from monitor.store.facts import Known
from monitor.store.index import ID_MASK, id_at, place
from monitor.store.slices import slices

BUDGET = 5.0
"""Seconds after which a search is given up."""
STEPS = 10_000
"""Of SQLite's machine between two looks at the clock: about a millisecond."""
CHUNK = 100
MOST_ALIKE = 50_000
"""So many, the nearest, are alike to one mention at most."""

_COLUMNS = (
    "id", "source", "source_kind", "kind", "url", "title", "text", "author", "published", "collected", "lang",
    "rating", "rating_max", "rating_kind", "revision", "flags", "extra",
)  # fmt: skip
_SELECT = f"SELECT {', '.join(f'm.{name}' for name in _COLUMNS)}, i.facts"
_JOINED = (
    "FROM mention_words AS w "
    f"CROSS JOIN indexed AS i ON i.mention_id = (-w.rowid & {ID_MASK}) "
    "CROSS JOIN mention AS m ON m.id = i.mention_id"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored mention that matches, and where."""

    mention: Mention
    spans: tuple[tuple[str, int, int], ...]
    place: int
    """In the order of time: smaller is newer."""

    @property
    def reach(self) -> float | None:
        """How many may have seen it."""
        return audience(self.mention.extra, self.mention.kind).reach


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the order of time, by places: None is open."""

    after: int | None = None
    """Only what is older than this."""
    since: int | None = None
    """Only this and what is older: what came in later is left for the next search."""


WHOLE = Stretch()

Check = Callable[[], None]


@contextmanager
def budget(connection: Connection) -> Iterator[Check]:
    """Ends with TooSlow what takes longer, in SQLite or, where the check that it gives is called, in Python."""
    end = time.monotonic() + BUDGET
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)

    def check() -> None:
        if time.monotonic() > end:
            raise TooSlow("This search would look at every mention: add a word, a brand or a date.")

    driver.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    try:
        yield check
    except OperationalError:
        check()
        raise
    finally:
        driver.set_progress_handler(None, 0)


class Search:
    """One query asked of one state of the database."""

    def __init__(self, connection: Connection, query: Query | None, check: Check = lambda: None) -> None:
        self.connection, self.query, self.check = connection, query, check
        self.where = candidates(query)
        self.likes = _likes(connection, query)
        self._matcher = Matcher(query) if query else None
        self._asked = asked_brands(query) if query else frozenset()
        nodes = walk(query.root) if query else ()
        self._fields = frozenset(node.field for node in nodes if isinstance(node, Label | Host | Between))
        self._read: Row[Any] | None = None

    def newest(self, stretch: Stretch = WHOLE, match: str | None = None) -> Iterator[Hit]:
        """All that match, newest first. `match`: an expression of FTS5 in the place of the query's own."""
        for rows in self._rows(stretch, match or self.where.match):
            yield from self.hits(rows)

    @property
    def reached(self) -> int | None:
        """The place of the last mention that was read; None before the first."""
        return None if self._read is None else place(instant(self._read.published), self._read.id)

    def of(self, ids: Sequence[int]) -> list[Hit]:
        """Those of these mentions that match, in the order of `ids`."""
        return list(self.hits(_rows_of(self.connection, ids)))

    def hits(self, rows: Sequence[Row[Any]]) -> Iterator[Hit]:
        """Those of these rows that match."""
        for row in rows:
            self.check()
            self._read = row
            match = self._matcher.match(self._document(row)) if self._matcher else _EVERYWHERE
            if match is not None:
                mention = _mention(row)
                spans = tuple((span.field, span.start, span.end) for span in match.spans)
                yield Hit(mention, spans, place(mention.published, mention.id))

    def _rows(self, stretch: Stretch, match: str) -> Iterator[Sequence[Row[Any]]]:
        if self.where.likes:
            yield from self._like_rows(stretch)
            return
        sql, values = ranged(self.where, stretch, match)
        with self.connection.exec_driver_sql(f"{_SELECT} {_JOINED} {sql} ORDER BY w.rowid", values) as found:
            yield from found.partitions(CHUNK)

    def _like_rows(self, stretch: Stretch) -> Iterator[Sequence[Row[Any]]]:
        """Of a few that are alike, rather than of all that the index knows."""
        wanted = frozenset.intersection(*(frozenset(self.likes[value]) for value in self.where.likes))
        low, high = bounds(self.where, stretch)
        inside = [number for number in sorted(_places_of(self.connection, sorted(wanted))) if low < number <= high]
        for start in range(0, len(inside), CHUNK):
            yield _rows_of(self.connection, [id_at(number) for number in inside[start : start + CHUNK]])

    def _document(self, row: Row[Any]) -> Document:
        like = tuple(value for value, ids in self.likes.items() if row.id in ids)
        return document(row, self._fields, self._asked, like)


_EVERYWHERE = Match(())


def _likes(connection: Connection, query: Query | None) -> dict[str, Mapping[int, float]]:
    """Each mention that a query asks the like of, to those that are, with how much. Raises Refused."""
    if query is None:
        return {}
    asked = {node.value for node in walk(query.root) if isinstance(node, Label) and node.field == "like"}
    if not asked:
        return {}
    from monitor.store import likeness  # loads numpy, which no other search needs

    return {value: dict(likeness.alike(connection, int(value), most=MOST_ALIKE)) for value in sorted(asked)}


def one(connection: Connection, mention_id: int) -> tuple[Mention, Document] | None:
    """A mention, and what a query sees of it; None where there is none, or nothing is left of it."""
    row = next(iter(_rows_of(connection, [mention_id])), None)
    if row is None:
        return None
    return _mention(row), document(row, EVERY_FIELD, (), ())


# ---- places ----------------------------------------------------------------------------------------------------------

_FIRST, _LAST = -(2**63), 2**63 - 1


def bounds(where: Candidates, stretch: Stretch) -> tuple[int, int]:
    """The numbers of the rows to look at: greater than the first, up to the second."""
    since = None if stretch.since is None else stretch.since - 1
    low = max(end for end in (where.after, stretch.after, since, _FIRST) if end is not None)
    return low, _LAST if where.to is None else where.to


def ranged(where: Candidates, stretch: Stretch, match: str) -> tuple[str, tuple[Any, ...]]:
    """The WHERE of a question to the index `w`, with its values."""
    low, high = bounds(where, stretch)
    asked: list[tuple[str, Any]] = [("w.mention_words MATCH ?", match)]
    asked += [("w.rowid > ?", low)] if low > _FIRST else []
    asked += [("w.rowid <= ?", high)] if high < _LAST else []
    return "WHERE " + " AND ".join(sql for sql, _ in asked), tuple(value for _, value in asked)


# ---- rows ------------------------------------------------------------------------------------------------------------


def _rows_of(connection: Connection, ids: Sequence[int]) -> list[Row[Any]]:
    """The rows of these mentions, in this order; those that are gone are left out."""
    found: dict[int, Row[Any]] = {}
    for some in slices(ids):
        marks = ", ".join("?" * len(some))
        sql = f"{_SELECT} FROM mention AS m JOIN indexed AS i ON i.mention_id = m.id WHERE m.id IN ({marks})"
        found |= {row.id: row for row in connection.exec_driver_sql(sql, tuple(some))}
    return [found[id_] for id_ in ids if id_ in found]


def _places_of(connection: Connection, ids: Sequence[int]) -> Iterator[int]:
    for some in slices(ids):
        marks = ", ".join("?" * len(some))
        rows = connection.exec_driver_sql(f"SELECT published, id FROM mention WHERE id IN ({marks})", tuple(some))
        yield from (place(instant(published), id_) for published, id_ in rows)


def _mention(row: Row[Any]) -> Mention:
    return Mention(
        id=row.id,
        source=row.source,
        source_kind=row.source_kind,
        kind=row.kind,
        url=row.url,
        title=row.title,
        text=row.text,
        author=row.author,
        published=instant(row.published),
        collected=instant(row.collected),
        lang=row.lang,
        rating=row.rating,
        rating_max=row.rating_max,
        rating_kind=row.rating_kind,
        revision=row.revision,
        flags=tuple(_decoded(row.flags)),
        extra=_decoded(row.extra),
    )


def _decoded(stored: str) -> Any:
    return {} if stored == "{}" else () if stored == "[]" else json.loads(stored)


# ---- documents -------------------------------------------------------------------------------------------------------

_SCORED = ("topic", "touchpoint", "need", "emotion", "stage")
_KNOWN = {"brand": "brands", "team": "teams", "tag": "tags", "status": "statuses", "assignee": "assignees",
          "has": "has", "is": "marks", "story": "stories", "theme": "themes"}  # fmt: skip
_NUMBERS = ("reach", "engagement", "followers")
EVERY_FIELD = frozenset(FIELDS)


def document(row: Row[Any], fields: frozenset[str], asked: Collection[str], like: tuple[str, ...]) -> Document:
    """What a query that asks for these fields sees of a row: of the facts that the index holds only what is asked,
    for taking them all apart would take longer than matching. `asked`: the brands that the query names."""
    facts: dict[str, Any] = {}
    if not _OF_THE_ROW.issuperset(fields):
        known = Known(row.facts, fields)
        facts = {name: known.labels(field) for field, name in _KNOWN.items() if field in fields}
        facts["scores"] = {field: known.labels(field) for field in _SCORED if field in fields}
        if "sentiment" in fields:
            facts["scores"]["sentiment"] = known.sentiments(asked)
        if "country" in fields:
            facts["country"] = max(known.labels("country"), key=len, default="")
    if not fields.isdisjoint(_NUMBERS):
        heard = audience(_decoded(row.extra), row.kind)
        facts |= {name: getattr(heard, name) for name in _NUMBERS}
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
        published=instant(row.published),
        like=like,
        **facts,
    )


_OF_THE_ROW = frozenset({"title", "text", "author", "url", "site", "lang", "source", "type", "rating", "published",
                         "after", "before", "like", *_NUMBERS})  # fmt: skip
