"""What is usual: the range in which the next count or share should fall, from past ones; or too little to tell.

A range at 0.98 is left about once in fifty periods by chance alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

from monitor.insight.tails import count_range, student_t

LEVEL = 0.98
ENOUGH_WEEKS = 4
"""So many days of the same weekday make a range for that weekday."""
ENOUGH_DAYS = 8
"""So many days of any weekday make a range for any day."""

Basis = Literal["weekday", "any", "none"]
Place = Literal["below", "within", "above", "unknown"]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Usual:
    """A normal range, both ends inside. `basis` says what it was drawn from; "none": too little history, no range."""

    basis: Basis
    days: int
    """How many past days it stands on, or how many there are of those that are needed."""
    low: float = 0.0
    high: float = 0.0

    def place(self, value: float | None) -> Place:
        if value is None or self.basis == "none":
            return "unknown"
        if value < self.low:
            return "below"
        return "above" if value > self.high else "within"


def usual_volume(past: Mapping[date, int], day: date, level: float = LEVEL) -> Usual:
    """The range of the count on `day`, from the counts of past days.

    Same weekdays alone where there are enough of them. The mean is that of a Gamma-Poisson posterior under Jeffreys'
    prior; the variance is dispersion · mean · (1 + 1/k), with the dispersion of all days about their weekdays' means
    (Pearson's X² over its degrees of freedom, McCullagh & Nelder 1989, 4.5.2), at least 1. Without over-dispersion
    this is exactly the negative binomial predictive distribution of the posterior (Gelman et al., Bayesian Data
    Analysis, 2.6).
    """
    past = {when: number for when, number in past.items() if when < day}
    basis, counts = _choose(past, day)
    if basis == "none":
        return Usual("none", len(counts))
    k = len(counts)
    centre = (math.fsum(counts) + 0.5) / k
    spread = _dispersion(past, by_weekday=basis == "weekday") * centre * (1 + 1 / k)
    low, high = count_range(level, centre, spread)
    return Usual(basis, k, low, high)


def _dispersion(past: Mapping[date, int], *, by_weekday: bool) -> float:
    """How many times the variance exceeds the mean: 1 for independent events, more for bursts. At least 1."""
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for when, number in past.items():
        groups[when.weekday() if by_weekday else 0].append(number)
    excess, freedom = 0.0, 0
    for counts in groups.values():
        centre = (sum(counts) + 0.5) / len(counts)
        excess += math.fsum((number - centre) ** 2 for number in counts) / centre
        freedom += len(counts) - 1
    return max(1.0, excess / freedom) if freedom else 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """A period's values in sums: how many, their sum and the sum of their squares. For net sentiment the values are
    -1, 0 and 1; for a share 0 and 1."""

    n: int
    sum: float
    squares: float


def usual_mean(past: Mapping[date, Sample], day: date, n: int, *, floor: float = -1, level: float = LEVEL) -> Usual:
    """The range of a period's mean over `n` mentions, between `floor` and 1: random effects by DerSimonian and Laird,
    and the prediction interval of Higgins, Thompson and Spiegelhalter (JRSS A 172, 2009, p. 137), widened by the
    sampling of the new period itself.

    Its middle is that of the same weekdays where there are enough of them; how much days differ is learnt from all
    days, because four Tuesdays say too little of it.
    """
    usable = {when: sample for when, sample in past.items() if sample.n > 0 and when < day}
    basis, chosen = _choose(usable, day)
    if basis == "none" or n <= 0:
        return Usual("none", len(chosen))
    samples = list(usable.values())
    everything = sum(sample.n for sample in samples)
    middle = math.fsum(sample.sum for sample in samples) / everything
    within = max(_variance(samples, everything, middle), 1 / (4 * everything))
    between = _between(samples, within)
    weights = [1 / (between + within / sample.n) for sample in chosen]
    centre = math.fsum(w * s.sum / s.n for w, s in zip(weights, chosen, strict=True)) / math.fsum(weights)
    reach = student_t(level, len(samples) - 2) * math.sqrt(between + 1 / math.fsum(weights) + within / n)
    return Usual(basis, len(chosen), max(floor, centre - reach), min(1.0, centre + reach))


def _variance(samples: Sequence[Sample], everything: int, centre: float) -> float:
    return max(0.0, math.fsum(sample.squares for sample in samples) / everything - centre * centre)


def _between(samples: Sequence[Sample], within: float) -> float:
    """The variance between days beyond what sampling explains (DerSimonian & Laird 1986)."""
    weights = [sample.n / within for sample in samples]
    whole = math.fsum(weights)
    centre = math.fsum(w * s.sum / s.n for w, s in zip(weights, samples, strict=True)) / whole
    q = math.fsum(w * (s.sum / s.n - centre) ** 2 for w, s in zip(weights, samples, strict=True))
    scale = whole - math.fsum(w * w for w in weights) / whole
    return max(0.0, (q - (len(samples) - 1)) / scale) if scale > 0 else 0.0


def _choose(past: Mapping[date, Value], day: date) -> tuple[Basis, list[Value]]:
    earlier = {when: value for when, value in past.items() if when < day}
    same = [value for when, value in earlier.items() if when.weekday() == day.weekday()]
    if len(same) >= ENOUGH_WEEKS:
        return "weekday", same
    if len(earlier) >= ENOUGH_DAYS:
        return "any", list(earlier.values())
    return "none", list(earlier.values())


def sentiment_samples(days: Iterable[tuple[date, int, int, int]]) -> dict[date, Sample]:
    """(date, negative, neutral, positive) → the sums that `usual_mean` reads."""
    return {when: Sample(neg + neu + pos, pos - neg, pos + neg) for when, neg, neu, pos in days}


def share_samples(days: Iterable[tuple[date, int, int]]) -> dict[date, Sample]:
    """(date, part, whole) → the sums that `usual_mean` reads."""
    return {when: Sample(whole, part, part) for when, part, whole in days}
