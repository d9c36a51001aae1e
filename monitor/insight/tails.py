"""Exact tails of the count distributions and the quantiles that intervals need, in a few lines instead of a
dependency.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist


@cache
def z(confidence: float) -> float:
    """The two-sided normal quantile: z(0.95) is 1.96."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


@cache
def student_t(confidence: float, freedom: int) -> float:
    """The two-sided quantile of Student's t, found on its exact distribution function by halving."""
    target, low, high = 0.5 + confidence / 2, 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_below(middle, freedom) < target else (low, middle)
    return high


def _t_below(t: float, freedom: int) -> float:
    """P(T <= t) for whole degrees of freedom: the finite series of Abramowitz & Stegun 26.7.3 and 26.7.4."""
    angle = math.atan2(t, math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    if freedom % 2:
        term, series = cosine, cosine if freedom > 1 else 0.0
        for k in range(3, freedom - 1, 2):
            term *= cosine * cosine * (k - 1) / k
            series += term
        inside = (2 / math.pi) * (angle + sine * series)
    else:
        term = series = 1.0
        for k in range(2, freedom - 1, 2):
            term *= cosine * cosine * (k - 1) / k
            series += term
        inside = sine * series
    return 0.5 + inside / 2


def count_below(limit: int, mean: float, variance: float) -> float:
    """P(X <= limit) of a count with this mean and variance: Poisson where the variance is not above the mean, else
    negative binomial with size mean² / (variance - mean). Summed term by term, so that low counts are exact."""
    if limit < 0:
        return 0.0
    if mean <= 0:
        return 1.0
    spread = variance - mean
    if spread <= 1e-9 * mean:
        logs = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(limit + 1))
        return min(1.0, math.fsum(map(math.exp, logs)))
    size, failure = mean * mean / spread, math.log(spread / variance)
    start = size * math.log(mean / variance) - math.lgamma(size)
    logs = (start + math.lgamma(k + size) - math.lgamma(k + 1) + k * failure for k in range(limit + 1))
    return min(1.0, math.fsum(map(math.exp, logs)))


def count_range(confidence: float, mean: float, variance: float) -> tuple[int, int]:
    """The whole numbers (low, high), both inside, with at most (1 - confidence) / 2 beyond each end."""
    tail = (1 - confidence) / 2
    return _quantile(tail, mean, variance), _quantile(1 - tail, mean, variance)


def _quantile(probability: float, mean: float, variance: float) -> int:
    """The smallest count at or below which at least this probability lies."""
    low, high = -1, 1
    while count_below(high, mean, variance) < probability:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count_below(middle, mean, variance) < probability else (low, middle)
    return high
