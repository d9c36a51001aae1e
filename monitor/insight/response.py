"""How fast people answer: first reply and resolution, median and ninetieth percentile, by department. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

REPLIED, RESOLVED, REOPENED = "replied", "resolved", "reopened"


@dataclass(frozen=True, slots=True)
class Step:
    """A mention took another status."""

    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """A mention that somebody is to answer."""

    department: str
    """Empty: of none."""
    asked: datetime
    """When it was published: whoever waits, waits since then."""
    steps: tuple[Step, ...]
    """In the order of time, without what was taken back."""


@dataclass(frozen=True, slots=True)
class Open:
    """What a department has not answered."""

    n: int
    oldest: datetime
    """When the oldest of them was published."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long it took: of so many, half of them at most `median`, nine of ten at most `p90`. None where n is 0."""

    n: int = 0
    median: timedelta | None = None
    p90: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """How a department (empty: nobody's) answered in a window."""

    department: str
    replies: Times
    """From a mention's publishing to its first reply, of the first replies of the window."""
    resolutions: Times
    """From its publishing to its resolution, of those resolved in the window and not reopened since."""
    open: int
    """How many wait for an answer now, and …"""
    oldest: timedelta | None
    """… how long the oldest of them had waited when the window ended."""


def response(
    cases: Iterable[Case], waiting: Mapping[str, Open], since: datetime, until: datetime
) -> tuple[Response, ...]:
    """How each department answered from `since` to before `until`, by name; what is nobody's comes last. `cases`: at
    least those with a step in that time; `waiting`: department to what is open there."""
    by_department: dict[str, list[Case]] = {name: [] for name in waiting}
    for case in cases:
        by_department.setdefault(case.department, []).append(case)
    names = sorted(by_department, key=lambda name: (not name, name.casefold()))
    return tuple(_response(name, by_department[name], waiting.get(name), since, until) for name in names)


def _response(
    department: str, cases: Sequence[Case], waiting: Open | None, since: datetime, until: datetime
) -> Response:
    def took(moments: Iterable[tuple[Case, datetime | None]]) -> Times:
        return times([max(timedelta(0), at - case.asked) for case, at in moments if at and since <= at < until])

    return Response(
        department,
        took((case, first_reply(case.steps)) for case in cases),
        took((case, resolution(case.steps)) for case in cases),
        waiting.n if waiting else 0,
        until - waiting.oldest if waiting else None,
    )


def first_reply(steps: Iterable[Step]) -> datetime | None:
    """When somebody first answered. What was resolved without a word was answered by that."""
    return next((step.at for step in steps if step.status in (REPLIED, RESOLVED)), None)


def resolution(steps: Iterable[Step]) -> datetime | None:
    """When it was resolved for good, as far as is known: since then nobody reopened it."""
    resolved = None
    for step in steps:
        if step.status == RESOLVED:
            resolved = resolved or step.at
        elif step.status == REOPENED:
            resolved = None
    return resolved


def times(took: Iterable[timedelta]) -> Times:
    """Quantiles by linear interpolation between the two nearest (type 7 of Hyndman and Fan, 1996)."""
    known = sorted(took)
    if not known:
        return Times()
    return Times(len(known), _quantile(known, 0.5), _quantile(known, 0.9))


def _quantile(known: Sequence[timedelta], share: float) -> timedelta:
    at = share * (len(known) - 1)
    low, high = math.floor(at), math.ceil(at)
    return known[low] + (known[high] - known[low]) * (at - low)
