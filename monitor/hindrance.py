"""Which one condition of a search that finds nothing keeps the most away: what to tell somebody who finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from sqlalchemy import Connection

from monitor.errors import TooSlow
from monitor.query.conditions import Conditions
from monitor.searches import Count, Search, count

MOST_TRIED = 8
"""Conditions of one query that are tried: each is a count."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Without this condition there would be so many."""

    condition: str
    """As a person would name it: "`lang:de`", "brand Acme", "the dates"."""
    count: Count
    without: Search


def hindrance(connection: Connection, asked: Search) -> Hindrance | None:
    """The condition whose removal helps most; None where none helps alone, or nobody can count in time."""
    best: Hindrance | None = None
    for written, without in _widened(asked):
        try:
            found = count(connection, without)
        except TooSlow:
            continue
        if found.n and (best is None or found.n > best.count.n):
            best = Hindrance(written, found, without)
    return best


def _widened(asked: Search) -> Iterator[tuple[str, Search]]:
    asked = replace(asked, cursor="")
    known = islice(Conditions(asked.query).each(), MOST_TRIED)
    rests = [(f"`{one.written}`", replace(asked, query=one.rest)) for one in known]
    if asked.brand:
        rests.append((f"brand {asked.brand}", replace(asked, brand="")))
    if asked.since or asked.until:
        rests.append(("the dates", replace(asked, since=None, until=None)))
    if len(rests) > 1:  # without its only condition, everything is found: that says nothing
        yield from rests
