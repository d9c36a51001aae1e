"""What is usual at each hour of a week, learnt day by day from what was there before that day.

A count is expected to be its level times the rhythm of its hour. The level drifts: it is a mean that forgets half of
itself in four weeks. The rhythm is the product of an hour's, a weekday's and the single hour-of-week's part, each
pulled towards "no difference" as far as chance alone would explain what was seen (empirical Bayes: a gamma prior whose
variance is what is left beyond the spread, Marshall, Applied Statistics 40, 1991). A shop that hears ten mentions a
week keeps a flat week; one that hears fifty an hour gets all 168 hours of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.insight.surprise import Floats

Hours = NDArray[np.intp]
"""Hours of the week, 0 to 167."""

DAY, WEEK = 24, 168
LEVEL_FORGETS = 28
"""Days after which what was seen weighs half as much for the level, and …"""
RHYTHM_FORGETS = 56
"""… for the rhythm."""
FIRST_WEEK, RHYTHM_FROM = 7, 14
"""Days after which there is a level, and a rhythm."""
LEAST_SHARE = 1e-4
UNKNOWN = np.nan


@dataclass(frozen=True, slots=True)
class Usual:
    """What several series usually bring: an hour's is the level of its day times the rhythm of the hour."""

    level: Floats
    """(series, days): an hour's mean count (or share), by what was known as the day began; NaN in the first week."""
    rhythm: Floats
    """(series, hours): with a mean of 1; NaN in the first week."""


def usual(counts: Floats, hours: Hours) -> Usual:
    """Learn from counts (series, hours): whole days of 24 hours, from the first midnight on. `hours`: which hour of the
    week each is. A day's usual knows the days before it alone.

    An hour teaches at most six deviations more than it was expected to bring: one storm is no new climate.
    """
    series, length = counts.shape
    level, rhythm = np.full((series, length // DAY), UNKNOWN), np.full((series, length), UNKNOWN)
    learnt = _Learnt(series)
    for day in range(length // DAY):
        now = slice(day * DAY, (day + 1) * DAY)
        if day >= FIRST_WEEK:
            level[:, day] = (learnt.counted / learnt.weight)[:, 0]
            rhythm[:, now] = learnt.known(day)[:, hours[now]]
        learnt.learn(day, counts[:, now], hours[now])
    return Usual(level, rhythm)


class _Learnt:
    """Sums that forget, of several series."""

    def __init__(self, series: int) -> None:
        self.counted, self.weight = np.full((series, 1), 0.5), np.full((series, 1), 1e-9)
        self.cells, self.due = np.zeros((series, WEEK)), np.zeros((series, WEEK))
        self.rhythm = np.ones((series, WEEK))
        self.excess, self.about = np.ones((series, 1)), np.ones((series, 1))

    def known(self, day: int) -> Floats:
        """The rhythm (series, 168) as this day begins."""
        if day >= RHYTHM_FROM:
            self.rhythm = _rhythm(self.cells, self.due, np.maximum(1.0, self.excess / self.about))
        return self.rhythm

    def learn(self, day: int, counts: Floats, hours: Hours) -> None:
        """Take a day's counts in."""
        level = self.counted / self.weight
        if day < FIRST_WEEK:
            level = (self.counted + counts.sum(-1, keepdims=True)) / (self.weight + DAY)
        else:
            ahead = level * self.rhythm[:, hours]
            spread = np.maximum(1.0, self.excess / self.about)
            counts = np.minimum(counts, ahead + 6 * np.sqrt(spread * ahead) + 3)
            kept = 0.5 ** (1 / RHYTHM_FORGETS)
            self.excess = self.excess * kept + ((counts - ahead) ** 2).sum(-1, keepdims=True)
            self.about = self.about * kept + ahead.sum(-1, keepdims=True)
        kept = 0.5 ** (1 / LEVEL_FORGETS)
        self.counted = self.counted * kept + counts.sum(-1, keepdims=True)
        self.weight = self.weight * kept + self.rhythm[:, hours].sum(-1, keepdims=True)
        kept = 0.5 ** (1 / RHYTHM_FORGETS)
        self.cells *= kept
        self.due *= kept
        # An hour may come twice on the night when the clock goes back.
        np.add.at(self.cells.T, hours, counts.T)
        np.add.at(self.due.T, hours, np.broadcast_to(level, counts.shape).T)


def _rhythm(cells: Floats, due: Floats, spread: Floats) -> Floats:
    """(series, 168) factors with a mean of 1, from what each hour of the week brought and what the level gave it."""
    series = len(cells)
    even = due * (cells.sum(-1, keepdims=True) / np.maximum(due.sum(-1, keepdims=True), 1e-9))
    week = (series, 7, DAY)
    by_hour = _pooled(cells.reshape(week).sum(1), even.reshape(week).sum(1), spread)
    even = even * np.tile(by_hour, 7)
    by_day = _pooled(cells.reshape(week).sum(2), even.reshape(week).sum(2), spread)
    even = even * np.repeat(by_day, DAY, axis=1)
    factors = np.tile(by_hour, 7) * np.repeat(by_day, DAY, axis=1) * _pooled(cells, even, spread)
    return np.asarray(factors / np.maximum(factors.mean(-1, keepdims=True), 1e-9))


def _pooled(seen: Floats, due: Floats, spread: Floats) -> Floats:
    """seen / due, pulled towards 1 as far as chance explains the difference."""
    beyond = ((seen - due) ** 2 - spread * due).sum(-1, keepdims=True)
    prior = 1 / np.maximum(beyond / np.maximum((due**2).sum(-1, keepdims=True), 1e-9), 1e-4)
    return np.asarray((seen / spread + prior) / (due / spread + prior))


def usual_share(parts: Floats, totals: Floats) -> Usual:
    """The usual share of `parts` in `totals`, shaped and learnt day by day as `usual`; its rhythm is that of the
    totals themselves, whatever they are."""
    kept = 0.5 ** (1 / LEVEL_FORGETS)
    days = parts.shape[1] // DAY
    level = np.full((len(parts), days), UNKNOWN)
    part, whole = np.full((len(parts), 1), 0.5), np.ones((len(parts), 1))
    for day in range(days):
        now = slice(day * DAY, (day + 1) * DAY)
        share, seen = np.clip(part / whole, LEAST_SHARE, 1 - LEAST_SHARE), parts[:, now]
        if day >= FIRST_WEEK:
            level[:, day] = share[:, 0]
            due = share * totals[:, now]
            seen = np.minimum(seen, due + 6 * np.sqrt(due) + 3)
        part = part * kept + seen.sum(-1, keepdims=True)
        whole = whole * kept + totals[:, now].sum(-1, keepdims=True)
    return Usual(level, np.ones_like(parts))
