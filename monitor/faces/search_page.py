"""What the page of a search shows beside the mentions: links that narrow it and widen it again, and its days drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlencode

from monitor.faces.facets import ORDER, Stretch, stretches
from monitor.faces.searching import Typed
from monitor.query.conditions import Conditions, condition
from monitor.searches import SORTS, Facets
from monitor.store.saved import Saved

PAGE = 50
MOST_BARS = 92
HIGH = 56
"""Of the drawing of days, in its own units: a day is 10 wide."""
MOST_VALUES = 8
MOST_TAKEN_AWAY = 5
"""Conditions on days that one click takes away."""

TITLES = {"topic": "Topics", "stage": "Stages", "source": "Sources", "site": "Sites", "author": "Authors"}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a facet."""

    name: str
    n: int
    share: int
    """Of the most frequent value, in percent."""
    href: str
    """Of the search narrowed by it, or widened again where it is `active`; empty where nobody can ask for it."""
    active: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its most frequent values."""

    name: str
    title: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the drawing, or a few."""

    title: str
    href: str
    x: int
    y: float
    height: float
    n: int


@dataclass(frozen=True, slots=True)
class Days:
    """The drawing of mentions a day."""

    bars: tuple[Bar, ...]
    first: str
    last: str
    unit: str
    most: int
    widen: str
    """Address of the search without its conditions on days; empty where it has none."""


def address(typed: Typed, ending: str = "") -> str:
    """Where the page of this search is, or with an ending such as ".csv" the file of it."""
    given = asdict(typed)
    given = {"q": given.pop("query"), **given}
    if typed.limit == PAGE or ending:
        del given["limit"]
    asked = urlencode({name: value for name, value in given.items() if value})
    return f"/mentions{ending}{'?' if asked else ''}{asked}"


def of_saved(kept: Saved) -> str:
    """Where the page of a saved search is."""
    sort = "" if kept.sort == SORTS[0] else kept.sort
    return address(Typed(query=kept.query, brand=kept.brand, sort=sort))


def facet_links(typed: Typed, found: Facets) -> Iterator[Facet]:
    """Facets of which something is known, each value a link. Raises QueryError."""
    known = Conditions(typed.query)
    typed = replace(typed, cursor="")
    for name in ORDER:
        values = found.by.get(name, ())[:MOST_VALUES]
        most = max((n for _, n in values), default=0)
        if name == "author" and most == 1:  # nobody wrote twice: only a list of names
            continue
        links = tuple(_value(typed, known, name, value, n, most) for value, n in values)
        if links:
            yield Facet(name, TITLES.get(name, name.capitalize()), links)


def _value(typed: Typed, known: Conditions, facet: str, value: str, n: int, most: int) -> Value:
    one = condition(facet, value)
    active = bool(one) and known.holds(one)
    query = (known.minus(one) if active else known.plus(one)) if one else ""
    return Value(value, n, max(1, 100 * n // most), address(replace(typed, query=query)) if one else "", active)


def days_drawn(typed: Typed, found: Facets) -> Days | None:
    """The days as bars, each a link to its mentions; None where there is no day. Raises QueryError."""
    drawn = stretches(found.by.get("day", ()), MOST_BARS)
    if not drawn:
        return None
    typed = replace(typed, cursor="")
    known = Conditions(typed.query)
    on_days = known.on("published")[:MOST_TAKEN_AWAY]
    widen = typed.query
    for one in on_days:
        widen = Conditions(widen).minus(one)
    most = max(one.n for one in drawn)
    each = (drawn[0].last - drawn[0].first).days + 1
    return Days(
        bars=tuple(_bar(typed, known, one, at, most) for at, one in enumerate(drawn)),
        first=f"{drawn[0].first:%d %b %Y}",
        last=f"{drawn[-1].last:%d %b %Y}",
        unit="a day" if each == 1 else f"in {each} days",
        most=most,
        widen=address(replace(typed, query=widen)) if on_days else "",
    )


def _bar(typed: Typed, known: Conditions, one: Stretch, at: int, most: int) -> Bar:
    first, last = one.first.isoformat(), one.last.isoformat()
    days = first if first == last else f"{first}..{last}"
    shown = f"{one.first:%a %d %b %Y}" + ("" if first == last else f" – {one.last:%a %d %b %Y}")
    height = round(max(1.5, HIGH * one.n / most), 1) if one.n else 1.0
    href = address(replace(typed, query=known.plus(f"published:{days}"))) if one.n else ""
    return Bar(f"{shown}: {one.n:,}", href, 10 * at, HIGH - height, height, one.n)
