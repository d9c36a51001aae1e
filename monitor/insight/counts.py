"""Counts of what was heard: by sentiment, by day. Exact, and additive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from monitor.mention import Heard


@dataclass(frozen=True, slots=True)
class Counts:
    """How many mentions, and how many of them with which sentiment. What is not scored is in `volume` alone."""

    volume: int = 0
    negative: int = 0
    neutral: int = 0
    positive: int = 0

    @property
    def scored(self) -> int:
        return self.negative + self.neutral + self.positive

    @property
    def unscored(self) -> int:
        return self.volume - self.scored

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.volume + other.volume,
            self.negative + other.negative,
            self.neutral + other.neutral,
            self.positive + other.positive,
        )


@dataclass(frozen=True, slots=True)
class DayCount:
    """The counts of one past period; `date` is the local date of the digest that covered it (the day its window
    ends)."""

    date: date
    volume: int
    negative: int = 0
    neutral: int = 0
    positive: int = 0

    @property
    def counts(self) -> Counts:
        return Counts(self.volume, self.negative, self.neutral, self.positive)


def count(heard: Iterable[Heard]) -> Counts:
    """Counts every mention once, whatever it is a copy of."""
    tally = Counter(one.sentiment for one in heard)
    return Counts(tally.total(), tally["negative"], tally["neutral"], tally["positive"])


def total(days: Iterable[DayCount]) -> Counts:
    return sum((day.counts for day in days), Counts())
