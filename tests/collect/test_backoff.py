"""When a failing source is asked again, and when silence is strange."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.collect.backoff import after_pause, gives_up, interval_after, is_silent, jitter_of, next_due
from sources.base import BadShape, Gone, NeedsAuth, NotFound, Pause, RateLimited, SourceError, Unreachable

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
EVERY = timedelta(minutes=5)


def _minutes(failures: int = 0, error: SourceError | None = None, jitter: float = 0.5) -> float:
    due = next_due(NOW, EVERY, failures, error, jitter)
    assert due is not None
    return (due - NOW).total_seconds() / 60


def test_a_good_poll_is_followed_by_the_next_at_its_interval() -> None:
    assert _minutes() == pytest.approx(5)
    assert (_minutes(jitter=0), _minutes(jitter=1)) == (pytest.approx(4.5), pytest.approx(5.5))


def test_the_wait_doubles_with_each_failure_up_to_six_hours() -> None:
    error = Unreachable("down")
    waits = [_minutes(n, error) for n in range(1, 40)]
    assert waits[:5] == pytest.approx([5, 10, 20, 40, 80])
    assert max(waits) == waits[-1] == 360


def test_a_source_that_is_asked_daily_is_not_asked_oftener_when_it_fails() -> None:
    due = next_due(NOW, timedelta(days=1), 7, Unreachable("down"))
    assert due == NOW + timedelta(days=1)


@pytest.mark.parametrize("jitter", [0.0, 0.3, 1.0])
def test_the_pause_that_a_service_asked_for_is_kept(jitter: float) -> None:
    assert _minutes(1, RateLimited("slow down", wait=3600), jitter) >= 60
    assert _minutes(1, RateLimited("slow down", wait=3600), jitter) <= 66
    assert _minutes(1, RateLimited("slow down", wait=1), jitter) >= 4.5


def test_a_source_without_a_credential_is_not_asked_every_minute() -> None:
    assert _minutes(1, NeedsAuth("401")) == 60


def test_what_is_gone_is_switched_off_and_what_is_not_found_after_a_fortnight() -> None:
    assert next_due(NOW, EVERY, 1, Gone("410")) is None
    assert gives_up(Gone("410"), timedelta())
    assert not gives_up(NotFound("404"), timedelta(days=13))
    assert gives_up(NotFound("404"), timedelta(days=14))
    assert not gives_up(BadShape("$", "odd"), timedelta(days=99))


def test_chance_is_the_same_each_time_and_differs_between_sources() -> None:
    assert jitter_of("feed", 3) == jitter_of("feed", 3)
    spread = [jitter_of(f"feed {n}") for n in range(1000)]
    assert 0 <= min(spread) < 0.01
    assert 0.99 < max(spread) < 1
    assert sum(spread) / 1000 == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("recent", "silent"),
    [
        ([20, 20, 25, 20, 20, 0, 0], True),
        ([20, 20, 25, 20, 20, 20, 0], False),
        ([20, 20, 25, 20, 0, 0], False),
        ([3, 0, 1, 2, 5, 4, 0, 0], False),
        ([0, 0, 0, 0, 0, 0, 0], False),
        ([], False),
        ([1, 1, 1, 1, 1, 0, 4], False),
    ],
)
def test_nothing_where_there_always_was_something_is_strange(recent: list[int], silent: bool) -> None:
    assert is_silent(recent) is silent


def test_a_pause_that_a_service_asks_for_is_a_lower_bound() -> None:
    due = NOW + EVERY
    assert after_pause(NOW, due, Pause()) == due
    assert after_pause(NOW, due, Pause(seconds=60)) == due
    assert after_pause(NOW, due, Pause(seconds=3600)) == NOW + timedelta(hours=1)


def test_a_feed_is_not_asked_in_the_hours_and_on_the_days_that_it_skips() -> None:
    due = NOW + EVERY  # a Saturday, five past eight
    assert after_pause(NOW, due, Pause(skip_hours=frozenset({8, 9, 11}))) == NOW.replace(hour=10)
    weekend = Pause(skip_days=frozenset({5, 6}))
    assert after_pause(NOW, due, weekend) == datetime(2026, 11, 23, 0, tzinfo=UTC)
    assert after_pause(NOW, due, Pause(skip_hours=frozenset({0, 1}), skip_days=weekend.skip_days)).hour == 2


@pytest.mark.parametrize("never", [Pause(skip_hours=frozenset(range(24))), Pause(skip_days=frozenset(range(7)))])
def test_a_feed_that_skips_every_hour_or_day_is_not_believed(never: Pause) -> None:
    assert after_pause(NOW, NOW + EVERY, never) == NOW + EVERY


def test_a_window_that_moves_on_too_fast_is_asked_twice_as_often_and_slowly_less_often_again() -> None:
    hour = timedelta(hours=1)
    half = interval_after(hour, None, missed=True)
    assert half == hour / 2
    quarter = interval_after(hour, half, missed=True)
    assert quarter == hour / 4
    lately, polls = quarter, 0
    while lately is not None:
        polls += 1
        before, lately = lately, interval_after(hour, lately, missed=False)
        assert lately is None or before < lately < hour
    assert 10 < polls < 60


def test_no_window_is_asked_oftener_than_every_minute_unless_somebody_said_so() -> None:
    assert interval_after(timedelta(minutes=15), timedelta(minutes=1), missed=True) == timedelta(minutes=1)
    assert interval_after(timedelta(seconds=30), None, missed=True) == timedelta(seconds=30)
