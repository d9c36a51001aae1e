"""Which digests are due, and the window that each covers: a question to the calendar, asked again at every tick.

A digest of date D covers the time since the digest hour before it, not the calendar day: what is said at night and this
morning is in today's digest, and nothing falls between two of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

EVERY_DAY = frozenset(range(7))
MISFIRE = timedelta(hours=23)
SECOND = timedelta(seconds=1)


def instant_of(day: date, at: time, zone: tzinfo) -> datetime:
    """The first instant (UTC) of this local date at which the wall clock shows `at` or later. An hour that comes twice
    counts the first time; an hour that the clock skips counts as come when the clock jumps over it."""
    wall = datetime.combine(day, at.replace(tzinfo=None, fold=0))
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    return _jump(wall, wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def _jump(wall: datetime, before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The instant between these two at which the local clock passes `wall`."""
    low, high = min(before, after), max(before, after)
    while high - low > SECOND:
        middle = low + ((high - low) // 2 // SECOND or 1) * SECOND
        low, high = (low, middle) if middle.astimezone(zone).replace(tzinfo=None) >= wall else (middle, high)
    return high


def exists(day: date, zone: tzinfo) -> bool:
    """Is there such a local date? Samoa had no 30 December 2011."""
    noon = datetime.combine(day, time(12), tzinfo=zone)
    return noon.astimezone(UTC).astimezone(zone).date() == day


def _dates_back(day: date, zone: tzinfo, weekdays: Collection[int]) -> Iterator[date]:
    while day.year > 1:
        if day.weekday() in weekdays and exists(day, zone):
            yield day
        day -= timedelta(days=1)


def due_dates(
    now: datetime,
    at: time,
    zone: tzinfo,
    last_date: date | None,
    created: datetime,
    *,
    weekdays: Collection[int] = EVERY_DAY,
    coalesce: Literal["latest", "all"] = "latest",
    misfire: timedelta = MISFIRE,
) -> list[date]:
    """The local dates, oldest first, whose hour has come since the subscription was created and that have no digest
    yet.

    `now` and `created` are UTC, `last_date` is the date of the newest digest row. After a time of being down,
    "latest" gives one date, if its hour came less than `misfire` ago; "all" gives every date that was missed. A
    `last_date` in the future (a clock that was wrong once) is not believed; the row that is unique by date then
    keeps a digest from being made twice.
    """
    today = now.astimezone(zone).date()
    known = last_date if last_date is not None and last_date <= today else None
    due: list[date] = []
    for day in _dates_back(today, zone, weekdays):
        hour = instant_of(day, at, zone)
        if hour < created or (known is not None and day <= known):
            break
        if hour > now:
            continue
        if coalesce == "latest":
            return [day] if now - hour < misfire else []
        due.append(day)
    return due[::-1]


def window_of(day: date, at: time, zone: tzinfo, *, weekdays: Collection[int] = EVERY_DAY) -> tuple[datetime, datetime]:
    """(start, end) in UTC: from the digest hour of the scheduled date before to that of `day`. For a daily digest 24
    hours, 23 or 25 when the clocks change; for one on Mondays a week; for one on working days Monday covers the
    weekend."""
    before = next(_dates_back(day - timedelta(days=1), zone, weekdays))
    return instant_of(before, at, zone), instant_of(day, at, zone)
