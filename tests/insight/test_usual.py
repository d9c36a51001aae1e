"""Usual ranges: they alarm where a person would, keep quiet where chance is enough, and say when it is too early."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from monitor.insight.usual import LEVEL, Sample, sentiment_samples, share_samples, usual_mean, usual_volume

TUESDAY = date(2026, 11, 24)


def weekly(counts: list[int], until: date = TUESDAY) -> dict[date, int]:
    return {until - timedelta(weeks=back): number for back, number in enumerate(reversed(counts), 1)}


def daily(counts: list[int], until: date = TUESDAY) -> dict[date, int]:
    return {until - timedelta(days=back): number for back, number in enumerate(reversed(counts), 1)}


def test_thirty_is_out_of_place_after_weeks_of_ten() -> None:
    usual = usual_volume(weekly([10, 11, 9, 10, 12, 10]), TUESDAY)
    assert usual.basis == "weekday"
    assert usual.place(30) == "above"
    assert usual.place(55) == "above"
    assert all(usual.place(number) == "within" for number in (10, 11, 9, 12))


def test_a_burst_in_the_past_does_not_hide_the_next_one() -> None:
    assert usual_volume(weekly([10, 11, 9, 10, 12, 10, 30]), TUESDAY).place(55) == "above"


def test_one_mention_after_silence_is_not_an_alarm_and_five_are() -> None:
    usual = usual_volume(daily([0] * 56), TUESDAY)
    assert usual.place(0) == "within"
    assert usual.place(1) == "within"
    assert usual.place(5) == "above"


def test_a_weekday_is_judged_by_its_own_kind() -> None:
    counts = [40 if (TUESDAY - timedelta(days=back)).weekday() == 1 else 4 for back in range(56, 0, -1)]
    assert usual_volume(daily(counts), TUESDAY).place(40) == "within"
    assert usual_volume(daily(counts), TUESDAY - timedelta(days=1)).basis == "weekday"
    assert usual_volume(daily(counts), TUESDAY).place(4) == "below"


def test_ten_days_are_judged_as_any_day_and_three_not_at_all() -> None:
    assert usual_volume(daily([5, 7, 4, 6, 5, 5, 8, 4, 6, 5]), TUESDAY).basis == "any"
    few = usual_volume(daily([5, 7, 4]), TUESDAY)
    assert (few.basis, few.days, few.place(500)) == ("none", 3, "unknown")


def test_days_to_come_say_nothing_of_today() -> None:
    past = weekly([10, 11, 9, 10, 12, 10])
    assert usual_volume({**past, TUESDAY: 500, TUESDAY + timedelta(weeks=1): 500}, TUESDAY) == usual_volume(
        past, TUESDAY
    )


@pytest.mark.parametrize(("mean", "dispersion"), [(0.3, 1), (2, 1), (15, 1), (80, 1), (2, 3), (15, 3), (80, 4)])
def test_a_new_day_falls_into_its_range_as_often_as_promised(mean: float, dispersion: float) -> None:
    dice = np.random.default_rng(7)
    shape = mean / (dispersion - 1) if dispersion > 1 else 0
    inside, rounds = 0, 300
    for _ in range(rounds):
        rates = dice.gamma(shape, mean / shape, 57) if shape else np.full(57, mean)
        *past, today = (int(number) for number in dice.poisson(rates))
        inside += usual_volume(daily(past), TUESDAY).place(today) == "within"
    # chance alone would leave 2 in 100 outside; the dispersion of bursty counts is itself only estimated
    assert inside / rounds >= (LEVEL - 0.02 if dispersion == 1 else LEVEL - 0.04)


def test_net_sentiment_has_a_usual_range_too() -> None:
    days = [(TUESDAY - timedelta(weeks=back), 2, 5, 6 + back % 2) for back in range(1, 9)]
    usual = usual_mean(sentiment_samples(days), TUESDAY, n=14)
    assert usual.basis == "weekday"
    assert usual.place(0.3) == "within"
    assert usual.place(-0.6) == "below"


def test_days_without_mentions_do_not_count_as_neutral() -> None:
    empty = {TUESDAY - timedelta(weeks=back): Sample(0, 0, 0) for back in range(1, 9)}
    assert usual_mean(empty, TUESDAY, n=5).basis == "none"


def test_few_mentions_widen_the_range_of_a_share() -> None:
    past = share_samples((TUESDAY - timedelta(weeks=back), 30, 100) for back in range(1, 9))
    small, large = usual_mean(past, TUESDAY, n=5), usual_mean(past, TUESDAY, n=500)
    assert small.high - small.low > 2 * (large.high - large.low)


def test_a_new_mean_falls_into_its_range_as_often_as_promised() -> None:
    dice = np.random.default_rng(11)
    inside, rounds = 0, 300
    for _ in range(rounds):
        sizes = dice.poisson(20, 29) + 1
        chances = np.clip(dice.normal(0.3, 0.05, 29), 0.02, 0.98)
        parts = dice.binomial(sizes, chances)
        past = share_samples(
            (TUESDAY - timedelta(days=back), int(parts[back]), int(sizes[back])) for back in range(1, 29)
        )
        inside += usual_mean(past, TUESDAY, int(sizes[0])).place(parts[0] / sizes[0]) == "within"
    assert inside / rounds >= LEVEL - 0.03


def test_four_weeks_are_enough_for_a_useful_range_of_net_sentiment() -> None:
    days = [(TUESDAY - timedelta(days=back), 2 + back % 2, 4, 4 + back % 3) for back in range(1, 29)]
    usual = usual_mean(sentiment_samples(days), TUESDAY, n=48)
    assert usual.basis == "weekday"
    assert usual.place(-0.65) == "below"
    assert usual.high - usual.low < 0.8


def test_a_share_is_never_less_than_nothing() -> None:
    past = share_samples((TUESDAY - timedelta(days=back), 1 + back % 3, 4) for back in range(1, 29))
    usual = usual_mean(past, TUESDAY, n=3, floor=0)
    assert 0 <= usual.low < usual.high <= 1
