"""Counts of what was heard: by sentiment, by day. Exact, and additive."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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

    def __sub__(self, other: Counts) -> Counts:
        return Counts(
            self.volume - other.volume,
            self.negative - other.negative,
            self.neutral - other.neutral,
            self.positive - other.positive,
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


Label = tuple[str, str]
"""(field, value), as the query language asks for it: ("topic", "late delivery")."""


@dataclass(frozen=True, slots=True)
class Sums:
    """A period in sums: everything, by label, and the stars that were given."""

    all: Counts = field(default_factory=Counts)
    by: Mapping[Label, Counts] = field(default_factory=dict)
    """Of `stage`, `topic` and `source`."""
    ratings: tuple[float, ...] = ()
    """Of reviews with one to five stars."""

    def of(self, field_: str, value: str) -> Counts:
        return self.by.get((field_, value), Counts())

    def values(self, field_: str) -> tuple[str, ...]:
        """What there is of a field, the most frequent first."""
        found = [(-counts.volume, value) for (name, value), counts in self.by.items() if name == field_]
        return tuple(value for _, value in sorted(found))


def sums(heard: Iterable[Heard]) -> Sums:
    """Counts every mention once, and under each of its labels."""
    everything = list(heard)
    of: defaultdict[Label, list[Heard]] = defaultdict(list)
    for one in everything:
        for label in labels_of(one):
            of[label].append(one)
    rated = (stars_of(one) for one in everything)
    return Sums(
        count(everything),
        {label: count(some) for label, some in of.items()},
        tuple(value for value in rated if value is not None),
    )


def labels_of(one: Heard) -> list[Label]:
    """What a mention counts under."""
    found = [("topic", topic) for topic in one.topics]
    found += [("stage", one.stage)] if one.stage else []
    return [*found, ("source", one.mention.source)]


def stars_of(one: Heard) -> float | None:
    """The stars of a review, of five; None for anything else, thumbs and other scales among it."""
    return stars(one.mention.kind, one.mention.rating, one.mention.rating_max)


def stars(kind: str, rating: float | None, most: float | None) -> float | None:
    """As `stars_of`, of a mention of this kind, rating and best rating there is."""
    if kind != "review" or rating is None or (most or 5) != 5:
        return None
    return float(rating) if 1 <= rating <= 5 else None
