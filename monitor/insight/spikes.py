"""Which hours bring more than usual, or less: at several horizons at once, with one rate of false alarms for it all.

Every hour is looked at over the 1, 2, 6 and 24 hours and the 7 days that end with it. What such a window brought is
held against what rhythm.py expected of it, with a spread learnt from how far windows of the same length missed before:
so bursts, clusters and drifting levels, which all make long windows wider than chance, are paid for where they occur.
How unlikely a count is comes from exact tails (surprise.py), averaged over what the spread may really be.

Looks overlap: an hour's five windows are not five chances of a false alarm, and the next hour's are nearly the same
again. How many independent ones they come to was found by simulation (tests/insight/test_spikes.py, which also proves
the rate): with `limit`, asking for one false alarm in so many hours gives one in so many hours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.insight.rhythm import DAY, RHYTHM_FROM, WEEK, Hours, Usual, usual, usual_share
from monitor.insight.surprise import Floats, at_least, at_least_of
from monitor.insight.tails import count_below, count_range, z

HORIZONS = (1, 2, 6, 24, WEEK)
"""Hours."""
LOOKS, RARER = 0.61, 0.09
"""An hour's windows come to LOOKS · rate^-RARER independent looks: the rarer an alarm is to be (false ones an hour),
the less the windows agree on it, and the less exact are the tails."""
ENOUGH_DAYS = 21
"""So much past says what is usual within a day; and …"""
ENOUGH_FOR_WEEKS = 35
"""… for a week."""
USUAL, MANY = 0.96, 500
"""The range that is told, and the mean above which a normal distribution gives it as well."""
FEWEST = 3
"""Fewer are never a spike."""
CALM = 3.0
"""Nats: what is less surprising than one in twenty is usual again."""

_NOTABLE = 2.2
"""Standard deviations: below that nothing is looked at closely."""
_LEARNT_OVER = 56 * DAY
_COUNTS_SPREAD, _SHARES_SPREAD = 2.5, 1.2
"""What is thought of the spread of an hour's counts, and of shares among few, before anything was seen; and …"""
_DOUBT_AT_FIRST = 0.7
"""… how uncertain that is: the standard deviation of its log."""
_DOUBT_OF_THE_NEXT = 0.35
"""How far a longer window's spread is thought to lie from the next shorter one's: the standard deviation of its log."""
_WIDER = 1.3
"""Spreads are skewed: what is known of one is less sure than its variance says."""
_MOST_DOUBT = 0.8
_NODES = ((-math.sqrt(3), 1 / 6), (0.0, 2 / 3), (math.sqrt(3), 1 / 6))
"""Gauss and Hermite's three: (standard deviations, weight)."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual of several series over the same hours."""

    usual: Usual
    spread: Floats
    """(horizons, series, days): how many times the variance exceeds that of independent events, by what was known as
    the day began."""
    doubt: Floats
    """… and how uncertain that is: the standard deviation of its logarithm."""
    of_totals: bool = False
    """They are shares of totals."""

    @property
    def days(self) -> int:
        return self.usual.level.shape[1]


@dataclass(frozen=True, slots=True)
class Windows:
    """All windows of one horizon that end with the hours from `first` on: (series, hours) each."""

    counts: Floats
    mean: Floats
    variance: Floats
    """Of independent events."""
    totals: Floats | None
    spread: Floats
    doubt: Floats


def baseline(counts: Floats, hours: Hours, totals: Floats | None = None) -> Baseline:
    """Learn from counts (series, hours of whole days; `hours` as rhythm.expected has them). With `totals`, how large a
    share of them is usual."""
    known = usual(counts, hours) if totals is None else usual_share(counts, totals)
    days = known.level.shape[1]
    spread, doubt = np.empty((2, len(HORIZONS), len(counts), days))
    before: Floats = np.full((len(counts), days), _COUNTS_SPREAD if totals is None else _SHARES_SPREAD)
    apart = _DOUBT_AT_FIRST
    for at, horizon in enumerate(HORIZONS):
        spread[at], doubt[at] = before, _ = _spread(known, counts, totals, horizon, before, apart)
        apart = _DOUBT_OF_THE_NEXT
    return Baseline(known, spread, np.minimum(doubt * _WIDER, _MOST_DOUBT), totals is not None)


def _spread(
    about: Usual, counts: Floats, totals: Floats | None, horizon: int, prior: Floats, apart: float
) -> tuple[Floats, Floats]:
    """(spread, standard deviation of its log) as each day begins, from the windows of the last eight weeks.

    Pearson's ratio, weighted by the windows' means, so that it is right for the busy hours in which alarms are raised.
    Its sampling variance is that of a negative binomial's sample variance; it is weighed against the prior accordingly.
    """
    seen, mean, variance, _ = _sums(about, counts, totals, horizon, 0)
    known = np.arange(counts.shape[1]) >= RHYTHM_FROM * DAY + horizon - 1
    mean, variance = np.where(known, mean, 0.0), np.where(known, variance, 0.0)
    most = 7 * np.sqrt(np.repeat(prior, DAY, axis=1) * variance) + 3
    missed = np.where(known, np.minimum(seen - mean, most), 0.0) ** 2
    pearson = _lately(missed * variance) / np.maximum(_lately(variance**2), 1e-9)
    raw = np.maximum(pearson, 1.0)
    ended = _lately(np.broadcast_to(known, mean.shape).astype(float))
    centre = np.maximum(_lately(variance) / np.maximum(ended, 1), 1e-3)
    noise = (2 + (6 * (raw - 1) + 1 / raw) / centre) / np.maximum(ended / horizon, 1e-3)
    trust, belief = 1 / noise, 1 / apart**2
    return (raw * trust + prior * belief) / (trust + belief), np.sqrt(1 / (trust + belief))


def _lately(values: Floats) -> Floats:
    """(series, days): sums over the eight weeks before each day begins."""
    whole = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    begins = np.arange(values.shape[1] // DAY) * DAY
    return np.asarray(whole[:, begins] - whole[:, np.maximum(begins - _LEARNT_OVER, 0)])


def _sums(
    about: Usual, counts: Floats, totals: Floats | None, horizon: int, first: int
) -> tuple[Floats, Floats, Floats, Floats | None]:
    """(counts, means, variances of independent events, totals) of the windows that end with the hours from `first`.

    What a window should bring was known as it began: a rise that takes days is not held against itself.
    """
    level = np.nan_to_num(about.level)[:, _begun(counts, horizon, first)]
    weight = np.nan_to_num(about.rhythm[:, : counts.shape[1]]) if totals is None else totals
    seen, whole = _rolled(counts, horizon, first), _rolled(weight, horizon, first)
    mean = level * whole
    return (seen, mean, mean, None) if totals is None else (seen, mean, mean * (1 - level), whole)


def _begun(counts: Floats, horizon: int, first: int) -> NDArray[np.intp]:
    """The days in which the windows began."""
    return np.asarray(np.maximum(np.arange(first, counts.shape[1]) - horizon + 1, 0) // DAY)


def _rolled(values: Floats, horizon: int, first: int) -> Floats:
    """Sums over `horizon` hours up to and with each hour from `first` on; shorter at the very beginning."""
    whole = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    ends = np.arange(first, values.shape[1]) + 1
    return np.asarray(whole[:, ends] - whole[:, np.maximum(ends - horizon, 0)])


def windows(known: Baseline, counts: Floats, totals: Floats | None, horizon: int, first: int) -> Windows:
    """The windows of a horizon that end with the hours from `first` to the last."""
    at = HORIZONS.index(horizon)
    days = _begun(counts, horizon, first)
    seen, mean, variance, whole = _sums(known.usual, counts, totals, horizon, first)
    return Windows(seen, mean, variance, whole, known.spread[at][:, days], known.doubt[at][:, days])


def surprises(known: Baseline, counts: Floats, totals: Floats | None = None, first: int = 0) -> Floats:
    """How surprising it is that the windows hold so many: (horizons, series, hours from `first` on), in nats.

    -ln P(at least so many); 0 where that is nothing to speak of, or where there is too little past to tell.
    """
    found = np.zeros((len(HORIZONS), len(counts), counts.shape[1] - first))
    for at, horizon in enumerate(HORIZONS):
        there = windows(known, counts, totals, horizon, first)
        above = there.counts - there.mean > _NOTABLE * np.sqrt(there.spread * there.variance)
        above &= (there.counts >= FEWEST) & (there.mean > 0)
        above[:, : max(0, enough(horizon) * DAY - first)] = False
        found[at][above] = -_log_tail(there, above)
    return found


def enough(horizon: int) -> int:
    """Days of past that a window of so many hours needs."""
    return ENOUGH_FOR_WEEKS if horizon > DAY else ENOUGH_DAYS


def _log_tail(there: Windows, these: NDArray[np.bool_]) -> Floats:
    """ln P(X >= count) of these windows, averaged over what their spread may be."""
    counts, mean, spread, doubt = (value[these] for value in (there.counts, there.mean, there.spread, there.doubt))
    parts = []
    for off, weight in _NODES:
        wide = np.maximum(1.0, spread * np.exp(off * doubt - doubt**2 / 2))
        if there.totals is None:
            tail = at_least(counts, mean, wide * mean)
        else:
            whole = there.totals[these]
            tail = at_least_of(counts, whole, mean / whole, wide)
        parts.append(tail + math.log(weight))
    return np.asarray(np.logaddexp.reduce(parts))


def limit(seconds: float) -> float:
    """Nats at which a look becomes an alarm, so that a series has one false alarm in so many seconds."""
    rate = 3600 / seconds
    return math.log(LOOKS * rate**-RARER / rate)


# ---- one window, in numbers that people read -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """One window of one series: what it brought, and what it usually brings."""

    horizon: int
    count: int
    total: int | None
    """Of how many, where it is a share."""
    mean: float
    spread: float
    low: int
    high: int
    """Both inside what is usual 24 times in 25."""
    surprise: float
    """Nats."""


def judged(
    known: Baseline, counts: Floats, totals: Floats | None, series: int, hour: int, horizon: int, surprise: float = 0.0
) -> Judged:
    """The window of a horizon that ends with this hour."""
    past = slice(0, hour + 1)
    there = windows(known, counts[:, past], None if totals is None else totals[:, past], horizon, hour)
    mean, spread = float(there.mean[series, 0]), float(there.spread[series, 0])
    variance = spread * float(there.variance[series, 0])
    low, high = _range(mean, variance)
    whole = None if there.totals is None else int(there.totals[series, 0])
    high = high if whole is None else min(high, whole)
    return Judged(horizon, int(there.counts[series, 0]), whole, mean, spread, low, high, surprise)


def _range(mean: float, variance: float) -> tuple[int, int]:
    """What is usual 24 times in 25, both ends inside."""
    if mean <= MANY:
        return count_range(USUAL, max(mean, 1e-9), max(variance, 1e-9))
    reach = z(USUAL) * math.sqrt(variance)
    return max(0, round(mean - reach)), round(mean + reach)


def least(known: Baseline, counts: Floats, series: int, hour: int, horizon: int, nats: float) -> int:
    """The smallest count of that window that would be an alarm."""
    there = windows(known, counts[:, : hour + 1], None, horizon, hour)
    low, high = int(there.mean[series, 0]), max(FEWEST, int(there.mean[series, 0]) * 2)
    while _surprise_at(there, series, high) < nats:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _surprise_at(there, series, middle) >= nats else (middle, high)
    return max(high, FEWEST)


def _surprise_at(there: Windows, series: int, count: int) -> float:
    if count <= there.mean[series, 0]:
        return 0.0
    counts = np.full_like(there.counts, float(count))
    supposed = Windows(counts, there.mean, there.variance, there.totals, there.spread, there.doubt)
    these = np.zeros(counts.shape, dtype=bool)
    these[series, 0] = True
    return -float(_log_tail(supposed, these)[0])


def silence(known: Baseline, counts: Floats, series: int, hour: int, nats: float) -> Judged | None:
    """The longest window up to and with this hour (which is over) that is too quiet to be chance; None where none is.

    Several hours at least: that nothing comes for one hour is no news.
    """
    for horizon in reversed(HORIZONS[2:]):
        if hour + 1 < enough(horizon) * DAY:
            continue
        one = judged(known, counts, None, series, hour, horizon)
        if one.count < one.mean and (below := quiet(one)) >= nats:
            return replace(one, surprise=below)
    return None


def quiet(one: Judged) -> float:
    """-ln P(at most so many), in nats."""
    likely = count_below(one.count, one.mean, max(one.spread, 1.0) * one.mean)
    return -math.log(max(likely, 1e-300))
