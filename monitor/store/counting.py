"""How many match, and by what: source, sentiment, topic, stage, day, author, site. Counted where somebody counted
before (tally.py), else by walking what matches."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice, takewhile

from sqlalchemy import select

from monitor.query.fields import FIELDS, label
from monitor.query.tree import And, Between, Label, Node, Query
from monitor.store import tally
from monitor.store.candidates import ANYTHING, Candidates, asked_brands
from monitor.store.columns import EPOCH
from monitor.store.index import DAY, ID_MASK, day_at, first_place, second_at
from monitor.store.search import WHOLE, Search, bounds, ranged
from monitor.store.tables import BrandRow

BRAND = BrandRow.__table__

LOOKED_AT = 10_000
"""So many of the newest that match are walked for facets, or as many as PATIENCE allows."""
PATIENCE = 0.5
"""Seconds after which a count that the index alone cannot give is told as "at least"."""
AT_A_TIME = 100


@dataclass(slots=True)
class Facets:
    """Facet to its values with how many, and UTC days with how many."""

    total: int
    exact: bool
    """`total` is all that match, not at least so many."""
    by: dict[str, Counter[str]] = field(default_factory=lambda: {facet: Counter() for facet in tally.FACETS})
    days: Counter[date] = field(default_factory=Counter)


def count(search: Search) -> tuple[int, bool]:
    """How many match, and whether that is all of them."""
    if search.where.exact and not search.where.likes:
        sql, values = ranged(search.where, WHOLE, search.where.match)
        found = search.connection.exec_driver_sql(f"SELECT count(*) FROM mention_words AS w {sql}", values)
        return int(found.scalar_one()), True
    end, total = time.monotonic() + PATIENCE, 0
    hits = search.newest()
    while True:
        some = sum(1 for _ in islice(hits, AT_A_TIME))
        total += some
        if some < AT_A_TIME:
            return total, True
        if time.monotonic() > end:
            return total, False


def facets(search: Search, most: int) -> Facets:
    """What matches, by its facets, the `most` frequent of each."""
    kept = _kept(search)
    found = _walked(search) if kept is None else _tallied(search, *kept, most)
    found.by = {facet: Counter(dict(_first(counts, most))) for facet, counts in found.by.items()}
    return found


def _first(counts: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]


# ---- by walking ------------------------------------------------------------------------------------------------------


def _walked(search: Search) -> Facets:
    found = Facets(0, exact=True)
    asked = asked_brands(search.query) if search.query else frozenset()
    end, told = time.monotonic() + PATIENCE, _facts(search)
    _add(found, takewhile(lambda _: time.monotonic() < end, islice(told, LOOKED_AT)), asked)
    found.total = sum(found.days.values())
    if found.total < LOOKED_AT and time.monotonic() < end:
        return found
    # Who has walked for so long already would not get further by walking once more.
    n, found.exact = count(search) if search.where.exact or time.monotonic() < end else (0, False)
    found.total = max(found.total, n)
    return found


def _facts(search: Search) -> Iterator[tuple[str, int]]:
    """(facts, UTC day) of all that matches, the newest first."""
    if search.where.exact:
        yield from _facts_between(search, search.where.match, *bounds(search.where, WHOLE))
        return
    hits = search.newest()
    while some := list(islice(hits, AT_A_TIME)):
        search.check()
        marks = ", ".join("?" * len(some))
        rows = search.connection.exec_driver_sql(
            f"SELECT mention_id, facts FROM indexed WHERE mention_id IN ({marks})",
            tuple(hit.mention.id for hit in some),
        )
        facts: Mapping[int, str] = {row.mention_id: row.facts for row in rows}
        yield from ((facts[hit.mention.id], day_at(hit.place)) for hit in some)


def _facts_between(search: Search, match: str, low: int, high: int) -> Iterator[tuple[str, int]]:
    rows = search.connection.exec_driver_sql(
        "SELECT i.facts, w.rowid FROM mention_words AS w "
        f"CROSS JOIN indexed AS i ON i.mention_id = (-w.rowid & {ID_MASK}) "
        "WHERE w.mention_words MATCH ? AND w.rowid > ? AND w.rowid <= ? ORDER BY w.rowid",
        (match, low, high),
    )
    with rows:
        yield from ((facts, day_at(number)) for facts, number in rows)


def _add(found: Facets, mentions: Iterable[tuple[str, int]], asked: frozenset[str]) -> None:
    """Count mentions, given as (facts, UTC day): their tokens as they are, for reading each back takes five times as
    long."""
    tokens, days = Counter[str](), Counter[int]()
    for facts, day in mentions:
        tokens.update(facts.split(" "))
        days[day] += 1
    for facet, value, n in tally.told(tokens, asked):
        found.by[facet][value] += n
    for day, n in days.items():
        found.days[_date(day)] += n


def _date(day: int) -> date:
    return EPOCH.date() + timedelta(days=day)


# ---- by what was counted before --------------------------------------------------------------------------------------

Kept = tuple[int, frozenset[str]]
"""(brand's id or EVERYONE, its name as asked)"""


def _kept(search: Search) -> Kept | None:
    """The brand whose counts answer this search; None where it asks for anything but one brand and a time."""
    parts = _parts(search.query)
    named = [part for part in parts if isinstance(part, Label) and part.field == "brand"]
    timed = [part for part in parts if isinstance(part, Between) and FIELDS[part.field].moment]
    if len(named) + len(timed) < len(parts) or len(named) > 1:
        return None
    if not named:
        return tally.EVERYONE, frozenset()
    rows = search.connection.execute(select(BRAND.c.id, BRAND.c.name).order_by(BRAND.c.id))
    ids = [id_ for id_, name in rows if label(name) == named[0].value]
    return (ids[0], frozenset({named[0].value})) if ids else None


def _parts(query: Query | None) -> tuple[Node, ...]:
    if query is None:
        return ()
    return query.root.parts if isinstance(query.root, And) else (query.root,)


def _tallied(search: Search, brand_id: int, asked: frozenset[str], most: int) -> Facets:
    """Whole days from the counts, and what sticks out of them by walking."""
    low, high = _moments(search.where)
    newest = _newest_day(search)
    first = 0 if low is None else -(-low // DAY)
    end = newest + 1 if high is None else min(high // DAY, newest + 1)
    found = Facets(0, exact=True)
    for start, stop in _edges(low, high, first, end):
        match = search.where.match if asked else ANYTHING
        _add(found, _facts_between(search, match, first_place(stop) - 1, first_place(start)), asked)
    days = (first, end)
    for facet, counts in found.by.items():
        counts.update(
            tally.most_frequent(search.connection, brand_id, facet, days, most, max(counts.values(), default=0))
        )
    for day, n in tally.by_day(search.connection, brand_id, days).items():
        found.days[_date(day)] += n
    found.total = sum(found.days.values())
    return found


def _moments(where: Candidates) -> tuple[int | None, int | None]:
    """The seconds since 1970 from the first to before the last; None is open."""
    low = None if where.to is None else second_at(where.to)
    high = None if where.after is None else second_at(where.after + 1)
    return low, high


def _newest_day(search: Search) -> int:
    newest = search.connection.exec_driver_sql(
        "SELECT w.rowid FROM mention_words AS w WHERE w.mention_words MATCH ? ORDER BY w.rowid LIMIT 1", (ANYTHING,)
    ).scalar()
    return day_at(newest) if newest is not None else 0


def _edges(low: int | None, high: int | None, first: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of seconds beside the whole days from `first` to before `end`."""
    if first >= end:
        if low is not None and (high is None or low < high):
            yield low, high if high is not None else low + 2 * DAY
        return
    if low is not None and low < first * DAY:
        yield low, first * DAY
    if high is not None and end * DAY < high:
        yield end * DAY, high
