"""Exactly one digest for each local date, whatever the clocks do; and nothing falls between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.digest.due import due_dates, exists, instant_of, window_of

BERLIN = ZoneInfo("Europe/Berlin")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
HOURS = (time(0), time(2, 30), time(8))
ZONES = sorted(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix", "right"))
)


def transition_days(zone: ZoneInfo, first: int, last: int) -> Iterator[date]:
    """The local dates around every change of the clocks in these years."""
    at, before = datetime(first, 1, 1, tzinfo=UTC), None
    while at.year <= last:
        offset = at.astimezone(zone).utcoffset()
        if before is not None and offset != before:
            yield from ((at + timedelta(days=shift)).astimezone(zone).date() for shift in (-2, -1, 0, 1))
        at, before = at + DAY, offset


def comes_exactly_once(zone: ZoneInfo, at: time, day: date) -> None:
    hour = instant_of(day, at, zone)
    wall = datetime.combine(day, at)
    assert hour.astimezone(zone).replace(tzinfo=None) >= wall
    assert (hour - SECOND).astimezone(zone).replace(tzinfo=None) < wall
    yesterday = next(d for d in (day - DAY * back for back in range(1, 5)) if exists(d, zone))
    assert due_dates(hour - SECOND, at, zone, yesterday, LONG_AGO) == []
    assert due_dates(hour, at, zone, yesterday, LONG_AGO) == [day]
    for later in (SECOND, timedelta(minutes=59), timedelta(minutes=61), timedelta(hours=3)):
        assert day not in due_dates(hour + later, at, zone, day, LONG_AGO)
        assert day in due_dates(hour + later, at, zone, yesterday, LONG_AGO, coalesce="all")
    assert window_of(day, at, zone)[0] == window_of(yesterday, at, zone)[1]


@pytest.mark.parametrize("at", HOURS)
def test_every_date_comes_once_when_the_clocks_change_this_year(at: time) -> None:
    for name in ZONES[::4]:
        zone = ZoneInfo(name)
        for day in set(transition_days(zone, 2026, 2026)):
            comes_exactly_once(zone, at, day)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("at", [*HOURS, time(1, 30), time(23, 59)])
def test_every_date_comes_once_in_all_zones_since_2011(at: time) -> None:
    for name in ZONES:
        zone = ZoneInfo(name)
        for day in set(transition_days(zone, 2011, 2027)):
            if exists(day, zone):
                comes_exactly_once(zone, at, day)


def test_an_hour_that_the_clock_skips_counts_as_come() -> None:
    assert instant_of(date(2026, 3, 29), time(2, 30), BERLIN) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    assert instant_of(date(2018, 11, 4), time(0), sao_paulo) == datetime(2018, 11, 4, 3, 0, tzinfo=UTC)


def test_an_hour_that_comes_twice_counts_the_first_time() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant_of(date(2026, 10, 25), time(2, 30), BERLIN) == first
    again = first + timedelta(hours=1)
    assert due_dates(again, time(2, 30), BERLIN, date(2026, 10, 25), LONG_AGO) == []


def test_a_date_that_was_skipped_has_no_digest() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert not exists(date(2011, 12, 30), apia)
    noon = datetime(2011, 12, 31, 0, 0, tzinfo=UTC)
    assert due_dates(noon, time(8), apia, date(2011, 12, 28), LONG_AGO, coalesce="all") == [
        date(2011, 12, 29),
        date(2011, 12, 31),
    ]


def test_after_days_of_being_down_one_digest_catches_up() -> None:
    now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert due_dates(now, time(8), BERLIN, date(2026, 11, 20), LONG_AGO) == [date(2026, 11, 24)]
    assert due_dates(now, time(8), BERLIN, date(2026, 11, 20), LONG_AGO, coalesce="all") == [
        date(2026, 11, day) for day in (21, 22, 23, 24)
    ]


def test_what_is_23_hours_late_is_left_to_the_next() -> None:
    hour = instant_of(date(2026, 11, 24), time(8), BERLIN)
    yesterday = date(2026, 11, 23)
    assert due_dates(hour + timedelta(hours=22, minutes=59), time(8), BERLIN, yesterday, LONG_AGO)
    assert due_dates(hour + timedelta(hours=23), time(8), BERLIN, yesterday, LONG_AGO) == []


def test_a_new_subscription_waits_for_its_hour() -> None:
    created = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert due_dates(created + timedelta(minutes=1), time(8), BERLIN, None, created) == []
    assert due_dates(created + DAY, time(8), BERLIN, None, created) == [date(2026, 11, 25)]


def test_a_weekly_digest_comes_on_its_day_and_covers_the_week() -> None:
    monday = date(2026, 11, 23)
    hour = instant_of(monday, time(8), BERLIN)
    assert due_dates(hour, time(8), BERLIN, None, LONG_AGO, weekdays={0}) == [monday]
    assert due_dates(hour + 2 * DAY, time(8), BERLIN, monday, LONG_AGO, weekdays={0}) == []
    start, end = window_of(monday, time(8), BERLIN, weekdays={0})
    assert (start, end) == (hour - 7 * DAY, hour)


def test_on_working_days_monday_covers_the_weekend() -> None:
    start, end = window_of(date(2026, 11, 23), time(8), BERLIN, weekdays=range(5))
    assert end - start == 3 * DAY


def test_a_digest_from_the_future_does_not_stop_todays() -> None:
    now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert due_dates(now, time(8), BERLIN, date(2036, 1, 1), LONG_AGO) == [date(2026, 11, 24)]


def test_a_clock_that_was_set_back_makes_nothing_twice() -> None:
    now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert due_dates(now, time(8), BERLIN, date(2026, 11, 23), LONG_AGO) == []


def test_the_window_of_a_day_with_a_change_of_clocks_is_an_hour_off() -> None:
    spring, autumn = (window_of(day, time(8), BERLIN) for day in (date(2026, 3, 29), date(2026, 10, 25)))
    assert spring[1] - spring[0] == timedelta(hours=23)
    assert autumn[1] - autumn[0] == timedelta(hours=25)


@given(
    st.sampled_from(ZONES),
    st.dates(date(2011, 1, 2), date(2027, 12, 30)),
    st.times().map(lambda t: t.replace(microsecond=0)),
    st.frozensets(st.integers(0, 6), min_size=1),
)
def test_windows_follow_each_other_without_a_gap(name: str, day: date, at: time, weekdays: frozenset[int]) -> None:
    zone = ZoneInfo(name)
    start, end = window_of(day, at, zone, weekdays=weekdays)
    before = next(d for d in (day - DAY * back for back in range(1, 30)) if d.weekday() in weekdays and exists(d, zone))
    assert start <= end
    assert window_of(before, at, zone, weekdays=weekdays)[1] == start
