"""Differences are told of where they are larger than chance, and seldom where there is none."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest

from monitor.insight.counts import Counts
from monitor.insight.differ import beyond_chance, net_sentiments, shares


def test_a_difference_of_net_sentiment_has_its_interval_and_its_sign():
    found = net_sentiments(Counts(40, 30, 5, 5), Counts(200, 40, 60, 100))
    assert found is not None
    assert found.value == pytest.approx(-25 / 40 - 60 / 200)
    assert found.low < found.value < found.high < 0
    assert found.chance < 1e-6


def test_nothing_is_compared_with_nothing():
    assert net_sentiments(Counts(5), Counts(9, 3, 3, 3)) is None
    assert shares(0, 0, 3, 9) is None


def test_two_samples_without_any_difference_are_chance():
    found = net_sentiments(Counts(20, 20), Counts(30, 30))
    assert found is not None
    assert (found.value, found.chance) == (0, 1)


def test_the_chance_of_few_is_that_of_fishers_exact_test():
    """Against all tables of the same margins, counted one by one."""
    for part, other in product(range(6), range(8)):
        found = shares(part, 5, other, 7)
        ways = {k: comb(5, k) * comb(7, part + other - k) for k in range(6) if 0 <= part + other - k <= 7}
        exact = sum(n for n in ways.values() if n <= ways[part]) / sum(ways.values())
        assert found is not None
        assert found.chance == pytest.approx(exact)


def test_of_many_comparisons_without_a_difference_few_tell_of_one():
    """Twelve channels that feel the same: on at most one day in twenty any of them is told of."""
    dice = np.random.default_rng(8)
    told = 0
    for _ in range(400):
        moods = dice.multinomial(int(dice.integers(14, 80)), (0.3, 0.4, 0.3), size=12)
        whole = moods.sum(axis=0)
        contrasts = [
            net_sentiments(
                Counts(int(one.sum()), *map(int, one)), Counts(int((whole - one).sum()), *map(int, whole - one))
            )
            for one in moods
        ]
        told += any(beyond_chance([one.chance for one in contrasts if one], 0.05))
    assert told / 400 <= 0.07


def test_a_channel_that_differs_is_told_of_among_many_that_do_not():
    same = [net_sentiments(Counts(50, 15, 20, 15), Counts(500, 150, 200, 150)) for _ in range(20)]
    apart = net_sentiments(Counts(50, 35, 10, 5), Counts(500, 150, 200, 150))
    chances = [one.chance for one in [*same, apart] if one]
    assert beyond_chance(chances, 0.05) == [False] * 20 + [True]
