"""Whether two groups differ by more than chance, when many pairs of them are looked at together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from monitor.insight.counts import Counts
from monitor.insight.intervals import Estimate, net_sentiment, share

FEW = 5
"""Where fewer are expected in any of the four cells, no normal curve stands in for the exact chance."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """One value less another, of two independent samples, with the 95 % interval of the difference."""

    value: float
    low: float
    high: float
    chance: float
    """How likely a difference at least so large is where there is none: two-sided."""


def net_sentiments(one: Counts, other: Counts) -> Contrast | None:
    """The net sentiment of one sample less that of another, -2 to 2; None where either has nothing scored."""
    first = net_sentiment(one.negative, one.neutral, one.positive)
    second = net_sentiment(other.negative, other.neutral, other.positive)
    if first is None or second is None:
        return None
    n = one.scored + other.scored
    negative, positive = (one.negative + other.negative) / n, (one.positive + other.positive) / n
    variance = negative + positive - (positive - negative) ** 2
    return _contrast(first, second, variance)


def shares(part: int, whole: int, other_part: int, other_whole: int) -> Contrast | None:
    """One share less another, -1 to 1; None where either is a share of nothing. The chance of low counts is exact."""
    first, second = share(part, whole), share(other_part, other_whole)
    if first is None or second is None:
        return None
    parts, everything = part + other_part, whole + other_whole
    together = parts / everything
    found = _contrast(first, second, together * (1 - together))
    if min(parts, everything - parts) * min(whole, other_whole) < FEW * everything:
        return replace(found, chance=_fisher(part, parts, whole, everything))
    return found


def _fisher(part: int, parts: int, whole: int, everything: int) -> float:
    """The two-sided chance of `part` of a sample of `whole`, when `parts` of `everything` are such: Fisher's exact
    test, the sum of all that is no likelier than what was seen."""
    places = range(max(0, whole - (everything - parts)), min(parts, whole) + 1)
    logs = {k: _choose(parts, k) + _choose(everything - parts, whole - k) for k in places}
    top = max(logs.values())
    weights = {k: math.exp(log - top) for k, log in logs.items()}
    seen = weights[part] * (1 + 1e-9)
    return min(1.0, math.fsum(w for w in weights.values() if w <= seen) / math.fsum(weights.values()))


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _contrast(first: Estimate, second: Estimate, variance: float) -> Contrast:
    """The interval out of those of the two (Newcombe, Statistics in Medicine 17, 1998, p. 873, method 10; Zou and
    Donner, Statistics in Medicine 27, 2008, p. 1693). The chance by the score test: the variance of a value is that of
    both samples together."""
    value = first.value - second.value
    low = value - math.hypot(first.value - first.low, second.high - second.value)
    high = value + math.hypot(first.high - first.value, second.value - second.low)
    error = math.sqrt(variance * (1 / first.n + 1 / second.n))
    chance = 2 * NormalDist().cdf(-abs(value) / error) if error > 0 else 1.0
    return Contrast(value, low, high, chance)


def beyond_chance(chances: Sequence[float], wrong: float) -> list[bool]:
    """Which of these are told of, so that on average a share of at most `wrong` of those told is false: Benjamini and
    Hochberg (JRSS B 57, 1995, p. 289)."""
    order = sorted(range(len(chances)), key=lambda i: chances[i])
    kept = [rank for rank, i in enumerate(order, 1) if chances[i] <= wrong * rank / len(chances)]
    told = set(order[: max(kept, default=0)])
    return [i in told for i in range(len(chances))]
