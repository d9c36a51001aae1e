"""Intervals cover what they say they cover, and are known values where there are some."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.insight.intervals import mean, net_sentiment, share
from monitor.insight.tails import count_below, count_range, student_t, z


def test_quantiles_are_those_of_the_tables() -> None:
    assert z(0.95) == pytest.approx(1.959964, abs=1e-6)
    tables = {(0.95, 1): 12.7062, (0.95, 2): 4.30265, (0.95, 5): 2.57058, (0.95, 6): 2.44691, (0.98, 30): 2.45726}
    for (confidence, freedom), expected in tables.items():
        assert student_t(confidence, freedom) == pytest.approx(expected, abs=1e-4)


def test_poisson_tails_are_exact() -> None:
    assert count_below(0, 2.0, 2.0) == pytest.approx(math.exp(-2))
    assert count_below(3, 2.0, 2.0) == pytest.approx(0.857123, abs=1e-6)
    assert count_below(-1, 2.0, 2.0) == 0
    assert count_below(5, 0.0, 0.0) == 1


def test_negative_binomial_tails_have_the_mean_and_variance_asked_for() -> None:
    mean_, variance = 4.0, 10.0
    mass = [count_below(k, mean_, variance) - count_below(k - 1, mean_, variance) for k in range(200)]
    assert sum(mass) == pytest.approx(1)
    assert sum(k * p for k, p in enumerate(mass)) == pytest.approx(mean_)
    assert sum((k - mean_) ** 2 * p for k, p in enumerate(mass)) == pytest.approx(variance, abs=1e-3)


@given(st.floats(0.01, 300), st.floats(1, 5))
def test_a_range_leaves_out_no_more_than_its_tails(mean_: float, dispersion: float) -> None:
    low, high = count_range(0.98, mean_, mean_ * dispersion)
    assert count_below(low - 1, mean_, mean_ * dispersion) <= 0.01 + 1e-9
    assert count_below(high, mean_, mean_ * dispersion) >= 0.99 - 1e-9


def test_wilsons_example_three_of_ten() -> None:
    found = share(3, 10)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.10779, 0.60322), abs=1e-5)


def test_nothing_counted_is_no_estimate() -> None:
    assert share(0, 0) is None
    assert net_sentiment(0, 0, 0) is None
    assert mean([]) is None


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_net_sentiment_lies_in_its_interval_and_mirrors(negative: int, neutral: int, positive: int) -> None:
    there, back = net_sentiment(negative, neutral, positive), net_sentiment(positive, neutral, negative)
    if there is None or back is None:
        assert negative + neutral + positive == 0
        return
    assert -1 <= there.low <= there.value <= there.high <= 1
    assert there.low == pytest.approx(-back.high, abs=1e-9)
    assert there.n == negative + neutral + positive


@pytest.mark.parametrize("chances", [(0.2, 0.5, 0.3), (0.05, 0.9, 0.05), (0.6, 0.1, 0.3), (0.02, 0.38, 0.6)])
@pytest.mark.parametrize("n", [8, 25])
def test_net_sentiments_interval_covers_the_truth_as_often_as_it_says(
    chances: tuple[float, float, float], n: int
) -> None:
    truth, covered = chances[2] - chances[0], 0.0
    for negative in range(n + 1):
        for positive in range(n + 1 - negative):
            neutral = n - negative - positive
            ways = math.comb(n, negative) * math.comb(n - negative, positive)
            chance = ways * chances[0] ** negative * chances[1] ** neutral * chances[2] ** positive
            found = net_sentiment(negative, neutral, positive)
            assert found is not None
            covered += chance * (found.low - 1e-9 <= truth <= found.high + 1e-9)
    assert covered >= 0.93


def test_the_mean_of_one_rating_is_that_rating() -> None:
    found = mean([4.0])
    assert found is not None
    assert (found.low, found.value, found.high, found.n) == (4, 4, 4, 1)
