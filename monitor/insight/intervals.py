"""Shares and net sentiment with the interval that a sample of this size allows. Shares are 0 to 1, net sentiment -1
to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from monitor.insight.tails import student_t, z


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, the ends of its confidence interval, and the number of mentions it stands on."""

    value: float
    low: float
    high: float
    n: int


def share(part: int, whole: int, confidence: float = 0.95) -> Estimate | None:
    """`part` of `whole` with the score interval of Wilson (JASA 22, 1927); None where there is nothing to share.
    Share of voice is `share(mentions of the brand, mentions of the brand and of its competitors)`."""
    if whole <= 0:
        return None
    p, q = part / whole, z(confidence)
    centre = (p + q * q / (2 * whole)) / (1 + q * q / whole)
    reach = q / (1 + q * q / whole) * math.sqrt(p * (1 - p) / whole + q * q / (4 * whole * whole))
    low = 0.0 if part == 0 else max(0.0, centre - reach)
    high = 1.0 if part == whole else min(1.0, centre + reach)
    return Estimate(p, low, high, whole)


def net_sentiment(negative: int, neutral: int, positive: int, confidence: float = 0.95) -> Estimate | None:
    """Share positive minus share negative, from one sample: the difference of two paired proportions, with the score
    interval of Tango (Statistics in Medicine 17, 1998, p. 891). None where nothing is scored."""
    n = negative + neutral + positive
    if n == 0:
        return None
    value, q = (positive - negative) / n, z(confidence)
    low = _halve(lambda d: _tango(negative, positive, n, d) > q, -1.0, value)
    high = _halve(lambda d: _tango(negative, positive, n, d) >= -q, value, 1.0)
    return Estimate(value, low, high, n)


def _tango(negative: int, positive: int, n: int, difference: float) -> float:
    """Tango's score statistic for the hypothesis that the true difference is `difference`."""
    a = 2 * n
    b = -positive - negative + (2 * n - positive + negative) * difference
    c = -negative * difference * (1 - difference)
    restricted = (math.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a)
    variance = n * (2 * restricted + difference * (1 - difference))
    distance = positive - negative - n * difference
    if variance <= 1e-12:
        return 0.0 if abs(distance) < 1e-9 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def _halve(before: Callable[[float], bool], low: float, high: float) -> float:
    """The place between low and high where `before` turns from true to false."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if before(middle) else (low, middle)
    return (low + high) / 2


def mean(values: list[float], confidence: float = 0.95) -> Estimate | None:
    """The mean of some ratings with Student's interval; the interval is the value itself for a single rating."""
    n = len(values)
    if n == 0:
        return None
    middle = math.fsum(values) / n
    if n == 1:
        return Estimate(middle, middle, middle, 1)
    variance = math.fsum((value - middle) ** 2 for value in values) / (n - 1)
    reach = student_t(confidence, n - 1) * math.sqrt(variance / n)
    return Estimate(middle, middle - reach, middle + reach, n)
