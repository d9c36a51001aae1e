"""How a rule's catches become messages: each once, never in quiet hours, never a flood."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.engine.pacing import A_MINUTE, BATCH, MINUTE, Caught, Pace, due, played, quiet_until

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = (time(22), time(7))


def caught(*minutes):
    return [Caught(n, NOON + timedelta(minutes=minute)) for n, minute in enumerate(minutes)]


def told(pace, *minutes):
    """(minutes after noon, how many, why) of each message."""
    return [((at - NOON) / MINUTE, len(one.mention_ids), one.why) for at, one in played(pace, caught(*minutes))]


def test_few_are_told_one_by_one_at_once():
    assert told(Pace(), 0, 3, 3) == [(0, 1, "each"), (3, 1, "each"), (3, 1, "each")]


def test_too_many_at_once_are_told_together_and_what_follows_within_ten_minutes_too():
    assert told(Pace(), *[0] * 40, 2, 8, *[9] * 7) == [(0, 40, "flood"), (10, 9, "flood")]
    assert told(Pace(), *[0] * 40, 2, 20) == [(0, 40, "flood"), (10, 1, "each"), (20, 1, "each")]


def test_a_steady_drip_is_never_more_than_a_handful_of_messages_a_minute():
    times = [at for at, _, _ in told(Pace(), *(n / 10 for n in range(300)))]
    assert max(sum(start <= at < start + 1 for at in times) for start in times) <= A_MINUTE + 1


def test_a_batch_is_told_ten_minutes_after_its_first():
    assert told(Pace("batch"), 0, 5, 9, 12) == [(10, 3, "batch"), (22, 1, "batch")]


@pytest.mark.parametrize(
    ("zone", "struck"), [(UTC, 60), (ZoneInfo("Asia/Kolkata"), 30), (ZoneInfo("Asia/Kathmandu"), 15)]
)
def test_an_hour_is_one_of_the_reader_s_clock(zone, struck):
    assert told(Pace("hourly", None, zone), 1, 14) == [(struck, 2, "hourly")]


@pytest.mark.parametrize("send", ["each", "batch", "hourly"])
def test_what_came_in_quiet_hours_is_told_as_one_when_they_end(send):
    night = [caught_at * 60 + 600 for caught_at in (0, 2, 8)]
    assert told(Pace(send, NIGHT), *night)[0] == (19 * 60, 3, "quiet")


def test_quiet_hours_end_by_the_clock_on_the_nights_when_it_changes():
    pace = Pace("each", NIGHT, BERLIN)
    for month, day, hours in ((3, 28, 8), (10, 24, 10), (6, 1, 9)):
        begun = datetime(2026, month, day, 22, tzinfo=BERLIN).astimezone(UTC)
        assert quiet_until(pace, begun) == begun + timedelta(hours=hours)
        assert quiet_until(pace, begun + timedelta(hours=hours)) is None
        assert quiet_until(pace, begun - timedelta(seconds=1)) is None


@pytest.mark.parametrize("quiet", [(time(22), time(2, 30)), (time(2, 30), time(8)), (time(23), time(2, 15))])
@pytest.mark.parametrize("night", [datetime(2026, 10, 24, 19, tzinfo=UTC), datetime(2027, 3, 27, 19, tzinfo=UTC)])
def test_quiet_hours_that_border_on_the_hour_of_the_change_are_one_stretch(quiet, night):
    ends = [quiet_until(Pace("each", quiet, BERLIN), night + minute * MINUTE) for minute in range(14 * 60)]
    inside = [minute for minute, end in enumerate(ends) if end]
    assert inside == list(range(inside[0], inside[-1] + 1))
    assert {end for end in ends if end} == {night + (inside[-1] + 1) * MINUTE}


def test_what_is_caught_in_the_hour_that_comes_twice_is_told_once_when_quiet_hours_end():
    pace = Pace("batch", (time(22), time(2, 30)), BERLIN)
    at = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
    assert [when for when, _ in played(pace, [Caught(1, at)])] == [datetime(2026, 10, 25, 1, 30, tzinfo=UTC)]


def test_quiet_hours_within_one_day():
    pace = Pace("each", (time(12), time(14)))
    assert quiet_until(pace, NOON) == NOON + timedelta(hours=2)
    assert quiet_until(pace, NOON + timedelta(hours=2)) is None


paces = st.builds(
    Pace,
    st.sampled_from(("each", "batch", "hourly")),
    st.sampled_from((None, NIGHT, (time(12), time(13)))),
    st.sampled_from((UTC, BERLIN, ZoneInfo("America/St_Johns"))),
)


@given(paces, st.lists(st.integers(0, 3 * 24 * 60), max_size=60).map(sorted))
def test_each_is_told_once_and_none_in_quiet_hours(pace, minutes):
    came = caught(*minutes)
    messages = played(pace, came)
    ids = [id_ for _, message in messages for id_ in message.mention_ids]
    assert sorted(ids) == [one.mention_id for one in came]
    at_of = {one.mention_id: one.at for one in came}
    for at, message in messages:
        assert quiet_until(pace, at) is None
        assert all(at_of[id_] <= at for id_ in message.mention_ids)
    late = max((at - at_of[id_] for at, message in messages for id_ in message.mention_ids), default=timedelta(0))
    assert late <= timedelta(hours=12) if pace.quiet else late <= max(BATCH, timedelta(hours=1)) + MINUTE


def test_looking_twice_at_the_same_moment_decides_the_same():
    waiting = caught(0, 1, 2)
    assert due(Pace(), waiting, [], NOON) == due(Pace(), waiting, [], NOON)
    assert due(Pace(), [], [], NOON) == []
