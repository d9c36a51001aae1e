"""Spikes: the rate of false alarms is the one that was asked for, and what really rises is seen."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from monitor.insight import spikes
from monitor.insight.spikes import CALM, baseline, limit, surprises
from monitor.insight.surprise import at_least, at_least_of
from monitor.insight.watched import Series, learn, replayed
from tests.insight.simulated import BURSTY, LEVELS, WEEK, Bursts, alarms, brands

MONTH, HALF_A_WEEK = 28 * 86_400.0, 3.5 * 86_400.0
LEARNT, WATCHED = 8, 20
"""Weeks."""


def hours_of(weeks: int) -> np.ndarray:
    return np.arange(weeks * WEEK) % WEEK


# ---- the rate of false alarms ----------------------------------------------------------------------------------------


def rates(bursts: Bursts, each: int, asked: dict[float, int], seed: int) -> dict[float, float]:
    """What was asked (seconds from one false alarm of a brand to the next, and its number of series) to how many times
    as often it came."""
    draw = np.random.default_rng(seed)
    told = dict.fromkeys(asked, 0)
    for level in LEVELS:
        counts = brands(draw, np.full(each, level), LEARNT + WATCHED, bursts)
        known = baseline(counts, hours_of(LEARNT + WATCHED))
        loudest = surprises(known, counts, first=LEARNT * WEEK).max(axis=0)
        for seconds, series in asked.items():
            told[seconds] += int(alarms(loudest, limit(seconds * series), CALM).sum())
    watched = len(LEVELS) * each * WATCHED * WEEK * 3600
    return {seconds: told[seconds] / (watched / (seconds * series)) for seconds, series in asked.items()}


def test_false_alarms_of_bursty_brands_come_as_often_as_was_asked() -> None:
    found = [rates(bursts, 12, {MONTH: 4, HALF_A_WEEK: 4}, seed) for seed, bursts in enumerate(BURSTY)]
    for seconds in (MONTH, HALF_A_WEEK):
        assert 0.75 <= sum(one[seconds] for one in found) / len(found) <= 1.25


@pytest.mark.slow
@pytest.mark.parametrize("series", [4, 12])
def test_false_alarms_over_ten_thousand_brand_weeks_of_each_kind_of_burst(series: int) -> None:
    found = {}
    for seed, bursts in enumerate(BURSTY):
        found[bursts] = rates(bursts, 84, {MONTH: series, HALF_A_WEEK: series}, 100 + seed)
        print(f"{bursts:10} {series:3} series", {f"{k / 86_400:g} d": round(v, 2) for k, v in found[bursts].items()})
    for seconds in (MONTH, HALF_A_WEEK):
        assert 0.75 <= sum(one[seconds] for one in found.values()) / len(found) <= 1.25


def test_a_brand_without_bursts_has_fewer_false_alarms_than_asked_for_and_not_none() -> None:
    found = rates("poisson", 20, {HALF_A_WEEK: 1}, 5)
    assert 0.3 <= found[HALF_A_WEEK] <= 1.25


def told_of_whole_brands(bursts: Bursts, each: int, seconds: float, seed: int) -> float:
    """How many times as often as asked people are told falsely of brands of which volume, negative share and two
    sources are watched: what comes at the same hour is told together."""
    draw = np.random.default_rng(seed)
    hours, told = hours_of(LEARNT + WATCHED), 0
    for level in LEVELS:
        first, second = (brands(draw, np.full(each, level * part), LEARNT + WATCHED, bursts) for part in (0.7, 0.3))
        usual, alike = draw.uniform(0.08, 0.35, (each, 1)), draw.uniform(20, 200, (each, 1))
        felt = draw.beta(
            np.broadcast_to(usual * alike, first.shape), np.broadcast_to(alike - usual * alike, first.shape)
        )
        for one, two, share in zip(first, second, felt, strict=True):
            negative = draw.binomial((one + two).astype(int), share).astype(float)
            series = [
                Series("volume", "volume/1", "", one + two),
                Series("negative", "negative/1", "", negative, one + two),
                Series("source", "source/1/a", "a", one),
                Series("source", "source/1/b", "b", two),
            ]
            found = replayed(learn(series, hours, seconds), LEARNT * WEEK, len(hours) - 1, 6)
            told += len({finding.hour for finding in found})
    return told / (len(LEVELS) * each * WATCHED * 7 * 86_400 / seconds)


def test_people_are_told_falsely_of_whole_brands_as_often_as_they_asked_for() -> None:
    found = [told_of_whole_brands(bursts, 2, HALF_A_WEEK, 40 + seed) for seed, bursts in enumerate(BURSTY)]
    assert 0.75 <= sum(found) / len(found) <= 1.25


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [MONTH, HALF_A_WEEK])
def test_people_are_told_falsely_over_ten_thousand_weeks_of_whole_brands_as_often_as_asked(seconds: float) -> None:
    found = {bursts: told_of_whole_brands(bursts, 28, seconds, 70 + seed) for seed, bursts in enumerate(BURSTY)}
    print(f"one in {seconds / 86_400:g} days", {bursts: round(times, 2) for bursts, times in found.items()})
    assert 0.75 <= sum(found.values()) / len(found) <= 1.25


def test_shares_have_at_most_the_false_alarms_that_were_asked_for() -> None:
    draw = np.random.default_rng(6)
    told = 0
    for level in LEVELS:
        totals = brands(draw, np.full(24, level), LEARNT + WATCHED, "clustered")
        usual, alike = draw.uniform(0.08, 0.35, (24, 1)), draw.uniform(5, 200, (24, 1))
        felt = draw.beta(
            np.broadcast_to(usual * alike, totals.shape), np.broadcast_to(alike - usual * alike, totals.shape)
        )
        negative = draw.binomial(totals.astype(int), felt).astype(float)
        known = baseline(negative, hours_of(LEARNT + WATCHED), totals)
        loudest = surprises(known, negative, totals, first=LEARNT * WEEK).max(axis=0)
        told += int(alarms(loudest, limit(HALF_A_WEEK), CALM).sum())
    asked = len(LEVELS) * 24 * WATCHED * 7 * 86_400 / HALF_A_WEEK
    assert 0.1 <= told / asked <= 1.25


# ---- what really rises -----------------------------------------------------------------------------------------------


def seen_within_two_hours(bursts: Bursts, level: float, times: float, series: int = 8) -> tuple[int, int]:
    """(seen, all) of rises that begin at any hour in which the brand is usually heard of as often as `level`."""
    seen = rises = 0
    for start in np.random.default_rng(7).integers(11 * WEEK, 12 * WEEK - 3, 5):
        two = slice(int(start), int(start) + 2)
        calm = brands(np.random.default_rng(8), np.full(40, level), 12, bursts)
        risen = brands(np.random.default_rng(8), np.full(40, level), 12, bursts, times, two)
        calm[:, two] = risen[:, two]
        known = baseline(calm, hours_of(12))
        found = surprises(known, calm, first=two.start)[:, :, :2].max(axis=(0, 2)) >= limit(MONTH * series)
        busy = known.usual.level[:, two.start // 24] * known.usual.rhythm[:, two].mean(axis=1) >= level
        seen, rises = seen + int(found[busy].sum()), rises + int(busy.sum())
    return seen, rises


@pytest.mark.parametrize(("bursts", "level"), [("poisson", 10), ("bursty", 20), ("busy", 30), ("clustered", 20)])
def test_a_threefold_rise_is_seen_within_two_hours_where_enough_is_heard(bursts: Bursts, level: float) -> None:
    seen, rises = seen_within_two_hours(bursts, level, 3.0)
    assert rises > 50
    assert seen >= 0.9 * rises


def test_a_weekly_count_of_ten_that_becomes_thirty_is_an_alarm_at_thirty_and_not_before() -> None:
    weekly = [10, 11, 9, 10, 12, 10, 30, 55]
    for seed in range(5):
        draw = np.random.default_rng(seed)
        counts = np.zeros((1, len(weekly) * WEEK))
        for week, count in enumerate(weekly):
            np.add.at(counts[0], week * WEEK + draw.integers(0, WEEK, count), 1)
        loud = surprises(baseline(counts, hours_of(len(weekly))), counts).max(axis=0)[0] >= limit(MONTH)
        assert not loud[: 6 * WEEK].any()
        assert loud[6 * WEEK : 7 * WEEK].any()


def test_what_was_an_alarm_is_not_usual_the_week_after() -> None:
    counts = np.full((1, 9 * WEEK), 4.0)
    counts[0, 7 * WEEK : 7 * WEEK + 6] = 400
    known = baseline(counts, hours_of(9))
    assert (known.usual.level[0, 8 * 7] * known.usual.rhythm[0, 8 * WEEK : 8 * WEEK + 6]).max() < 8


def test_a_level_that_has_risen_for_good_is_usual_after_some_weeks() -> None:
    counts = np.random.default_rng(3).poisson(4.0, (1, 20 * WEEK)).astype(float)
    counts[0, 8 * WEEK :] *= 2
    known = baseline(counts, hours_of(20))
    assert known.usual.level[0, -1] == pytest.approx(8, rel=0.25)
    loud = surprises(known, counts, first=18 * WEEK)
    assert not (loud >= limit(MONTH)).any()


def test_with_too_little_past_nothing_is_said_however_much_there_is() -> None:
    counts = np.full((1, 4 * WEEK), 2.0)
    counts[0, 20 * 24 + 5] = 500
    counts[0, 21 * 24 + 5] = 500
    loud = surprises(baseline(counts, hours_of(4)), counts)
    assert not loud[:, :, : 21 * 24].any()
    assert loud[0, 0, 21 * 24 + 5] > limit(MONTH)
    assert not loud[spikes.HORIZONS.index(WEEK)].any()


def test_the_least_count_that_alarms_is_where_the_alarm_begins() -> None:
    counts = np.random.default_rng(4).negative_binomial(6, 0.5, (1, 9 * WEEK)).astype(float)
    known, last = baseline(counts, hours_of(9)), 9 * WEEK - 1
    for horizon in spikes.HORIZONS:
        least = spikes.least(known, counts, 0, last, horizon, limit(MONTH))
        before = counts[0, last - horizon + 1 : last].sum()
        for there, alarms_ in ((least, True), (least - 1, False)):
            tried = counts.copy()
            tried[0, last] = there - before
            loud = surprises(known, tried, first=last)[spikes.HORIZONS.index(horizon), 0, 0]
            assert (loud >= limit(MONTH)) == alarms_


def test_silence_where_there_was_always_something_is_noticed_and_a_quiet_night_is_not() -> None:
    draw = np.random.default_rng(2)
    hours = hours_of(8)
    counts = draw.poisson(np.where((hours % 24 > 7), 6.0, 0.05), (1, 8 * WEEK)).astype(float)
    counts[0, 7 * WEEK + 8 :] = 0
    known = baseline(counts, hours)
    assert spikes.silence(known, counts, 0, 7 * WEEK + 6, limit(MONTH)) is None
    found = spikes.silence(known, counts, 0, 7 * WEEK + 20, limit(MONTH))
    assert found is not None
    assert found.count < found.low


# ---- the tails -------------------------------------------------------------------------------------------------------


def test_the_tail_of_a_negative_binomial_is_exact() -> None:
    # Size 2 and a success chance of 1/3: mean 4, variance 12; P(k) = (k + 1) (1/3)² (2/3)^k.
    for count in (4, 9, 30):
        below = sum(Fraction(k + 1) * Fraction(1, 9) * Fraction(2, 3) ** k for k in range(count))
        found = at_least(np.array([float(count)]), np.array([4.0]), np.array([12.0]))[0]
        assert found == pytest.approx(math.log(1 - below), abs=1e-5)


def test_the_tail_of_a_poisson_count_is_exact_where_nothing_comes_in_bursts() -> None:
    below = math.fsum(math.exp(-0.1) * 0.1**k / math.factorial(k) for k in range(3))
    found = at_least(np.array([3.0]), np.array([0.1]), np.array([0.1]))[0]
    assert found == pytest.approx(math.log(1 - below), abs=0.02)


def test_the_tail_of_a_share_of_few_is_exact() -> None:
    # Seven of eight, where a quarter is usual and nothing hangs together: a binomial tail.
    exact = sum(math.comb(8, k) * 0.25**k * 0.75 ** (8 - k) for k in (7, 8))
    found = at_least_of(np.array([7.0]), np.array([8.0]), np.array([0.25]), np.array([1.0]))[0]
    assert found == pytest.approx(math.log(exact), abs=0.02)
    # Uniform over 0 to 10: a beta-binomial with a = b = 1, whose variance is four times a binomial's.
    found = at_least_of(np.array([9.0]), np.array([10.0]), np.array([0.5]), np.array([4.0]))[0]
    assert found == pytest.approx(math.log(2 / 11), abs=1e-5)
