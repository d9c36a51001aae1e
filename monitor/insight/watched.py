"""All that is watched of a brand at once: which of its series are not usual in which hours, each at its fair share of
the false alarms that somebody can live with.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from monitor.insight import spikes
from monitor.insight.rhythm import DAY, Hours
from monitor.insight.spikes import CALM, ENOUGH_DAYS, HORIZONS, Baseline, Judged
from monitor.insight.surprise import Floats

Kind = Literal["volume", "negative", "theme", "source", "competitor", "reviews", "silence"]
WEIGHT: tuple[Kind, ...] = ("volume", "negative", "theme", "source", "reviews", "competitor", "silence")
"""Which of several findings at the same time is told before the others."""
TOLD_AS_ONE = 0.82
"""Of the alarms of a brand's series so many are told: the others come together with them. Found by simulation, as
spikes.LOOKS."""
LATE = 6
"""Hours: what was published may come to light so much later, and is looked at again as long."""


@dataclass(frozen=True, slots=True)
class Series:
    """One thing that is counted by the hour."""

    kind: Kind
    key: str
    """"volume/3", "theme/17"."""
    name: str
    """The theme, source or competitor; empty for what is the brand's own."""
    counts: Floats
    """(hours): those of whole days, from the first midnight to the end of today."""
    totals: Floats | None = None
    """What the counts are a share of."""
    begins: int = 0
    """The day since which everything is known."""
    condition: str = ""
    """What a query asks for beside brand and time."""
    brand: str = ""
    """Whose mentions these are, where not the brand's that is watched."""

    @property
    def days(self) -> int:
        """So much past there is, today left out."""
        return len(self.counts) // DAY - 1 - self.begins

    @property
    def is_known(self) -> bool:
        return self.days >= ENOUGH_DAYS


@dataclass(frozen=True, slots=True)
class Finding:
    """A series that is not usual in one window, which ends with the hour `hour`."""

    series: Series
    hour: int
    judged: Judged
    loud: bool = True
    """False: it is too quiet."""

    @property
    def excess(self) -> float:
        return self.judged.count - self.judged.mean


@dataclass(frozen=True)
class Learnt:
    """What is usual of the series that have past enough, by when they begin. Holds for a day."""

    groups: tuple[tuple[tuple[Series, ...], Baseline], ...]
    limits: Mapping[str, float]
    """Key to the nats at which it is an alarm."""


def learn(series: Iterable[Series], hours: Hours, seconds: float) -> Learnt:
    """What is usual, and the limits: `seconds` from one false alarm of the brand to the next are shared evenly among
    the kinds that are watched, and within a kind among its series."""
    known = [one for one in series if one.is_known]
    alike: dict[tuple[int, bool], list[Series]] = defaultdict(list)
    for one in known:
        alike[one.begins, one.totals is None].append(one)
    groups = []
    for (begins, _), some in alike.items():
        counts, totals = stacked(some)
        groups.append((tuple(some), spikes.baseline(counts, hours[begins * DAY :], totals)))
    many = Counter(one.kind for one in known)
    return Learnt(
        tuple(groups), {one.key: spikes.limit(TOLD_AS_ONE * seconds * len(many) * many[one.kind]) for one in known}
    )


def stacked(series: Sequence[Series]) -> tuple[Floats, Floats | None]:
    """(counts, totals) of series that begin together."""
    first = series[0].begins * DAY
    counts = np.stack([one.counts[first:] for one in series])
    totals = [one.totals[first:] for one in series if one.totals is not None]
    return counts, np.stack(totals) if totals else None


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at some hours found."""

    findings: tuple[Finding, ...]
    """The most surprising of each series first in time order."""
    calm: frozenset[str]
    """The keys of which nothing is surprising any more, at any horizon."""


def look(learnt: Learnt, first: int, now: int) -> Looked:
    """Look at the hours from `first` to `now`, which still runs.

    A running hour is held against what a whole one should bring: what is an alarm already will be one when it ends, so
    that looking early adds no false alarm. Shares and silence are judged when an hour is over.
    """
    findings: list[Finding] = []
    calm: set[str] = set()
    for series, known in learnt.groups:
        begins = series[0].begins * DAY
        start, end = max(0, first - begins), now - begins
        counts, totals = stacked(series)
        last = end if totals is None else end - 1
        loud = [at for at, one in enumerate(series) if one.kind != "silence"]
        if loud and last >= start:
            past = slice(0, last + 1)
            found = spikes.surprises(known, counts[:, past], None if totals is None else totals[:, past], start)
            for at in loud:
                one, surprise = series[at], found[:, at]
                alarms = _loud(surprise, start, learnt.limits[one.key])
                findings += [_finding(known, counts, totals, one, at, each) for each in alarms]
                if surprise[:, -2:].max() < CALM:
                    calm.add(one.key)
        quiet = [(at, one) for at, one in enumerate(series) if one.kind == "silence"]
        for at, one in quiet:
            # What comes in late is waited for, and whoever speaks again is silent no longer.
            over = max(0, end - 1 - LATE // 2)
            if counts[at, over + 1 : end + 1].any():
                calm.add(one.key)
            elif (hushed := spikes.silence(known, counts, at, over, learnt.limits[one.key])) is not None:
                findings.append(Finding(one, over + begins, hushed, loud=False))
    return Looked(tuple(findings), frozenset(calm))


@dataclass(frozen=True, slots=True)
class _Loud:
    """An hour of a series that is an alarm, at its most surprising horizon."""

    hour: int
    """Counted from where the series begins."""
    horizon: int
    surprise: float


def _loud(surprise: Floats, start: int, limit: float) -> list[_Loud]:
    """The alarms of one series. `surprise`: (horizons, hours from `start` on)."""
    found = []
    for off in np.nonzero(surprise.max(axis=0) >= limit)[0]:
        best = int(surprise[:, off].argmax())
        found.append(_Loud(start + int(off), HORIZONS[best], float(surprise[best, off])))
    return found


def _finding(known: Baseline, counts: Floats, totals: Floats | None, one: Series, at: int, loud: _Loud) -> Finding:
    judged = spikes.judged(known, counts, totals, at, loud.hour, loud.horizon, loud.surprise)
    return Finding(one, loud.hour + one.begins * DAY, judged)


# ---- alarms, from one look to the next -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a key was last told of."""

    hour: int
    """With which its window ended, since 1970."""
    count: int
    horizon: int
    at: float
    """When: seconds since 1970."""
    open: bool = True
    alert: int = 0
    """The number that it was told by."""


def fresh(
    findings: Iterable[Finding], alarms: Mapping[str, Alarm], offset: int, now: float, cooldown: float
) -> list[Finding]:
    """Of each key the one finding that is to be told now, if any: not while its alarm is open or its cooldown lasts,
    unless it has doubled since. `offset`: the hour since 1970 with which the series begin."""
    chosen: dict[str, Finding] = {}
    for one in findings:
        last = alarms.get(one.series.key)
        if last is not None and not _is_new(one, last, offset, now, cooldown):
            continue
        known = chosen.get(one.series.key)
        if known is None or one.judged.surprise > known.judged.surprise:
            chosen[one.series.key] = one
    return list(chosen.values())


def _is_new(one: Finding, last: Alarm, offset: int, now: float, cooldown: float) -> bool:
    hour = one.hour + offset
    if one.loud and hour > last.hour and _sum(one.series.counts, one.hour, last.horizon) >= 2 * last.count:
        return True
    return not last.open and hour > last.hour and now - last.at >= cooldown


def _sum(counts: Floats, hour: int, horizon: int) -> float:
    """What came in so many hours, up to the end of this one."""
    return float(counts[max(0, hour - horizon + 1) : hour + 1].sum())


def closed(alarms: Mapping[str, Alarm], calm: Iterable[str], hour: int) -> dict[str, Alarm]:
    """The alarms after a look that found these keys calm again, the last hour (since 1970) that was looked at given."""
    quiet = set(calm)
    return {
        key: replace(one, open=False, hour=max(hour - 1, one.hour)) if one.open and key in quiet else one
        for key, one in alarms.items()
    }


# ---- the past, played through ----------------------------------------------------------------------------------------


def replayed(learnt: Learnt, first: int, now: int, cooldown: int) -> list[Finding]:
    """What would have been told from the hour `first` on, in order of time: each hour known by the days before it, as
    it was then. `cooldown` in hours. Silence is left out."""
    found: list[Finding] = []
    for series, known in learnt.groups:
        begins = series[0].begins * DAY
        start, end = max(0, first - begins), now - begins
        counts, totals = stacked(series)
        past = slice(0, end)
        if end <= start:
            continue
        surprise = spikes.surprises(known, counts[:, past], None if totals is None else totals[:, past], start)
        for at, one in enumerate(series):
            if one.kind != "silence":
                loud = _loud(surprise[:, at], start, learnt.limits[one.key])
                told = _told(loud, counts[at], surprise[:, at].max(axis=0), start, cooldown)
                found += [_finding(known, counts, totals, one, at, each) for each in told]
    return sorted(found, key=lambda one: (one.hour, one.series.brand, WEIGHT.index(one.series.kind), one.series.key))


def _told(loud: Sequence[_Loud], counts: Floats, surprise: Floats, start: int, cooldown: int) -> list[_Loud]:
    """Of one series: not again before it was calm and the cooldown over, unless it has doubled."""
    told: list[_Loud] = []
    for one in loud:
        last = told[-1] if told else None
        if last is not None:
            between = surprise[last.hour - start : one.hour - start]
            again = bool((between < CALM).any()) and one.hour - last.hour >= cooldown
            doubled = _sum(counts, one.hour, last.horizon) >= 2 * _sum(counts, last.hour, last.horizon)
            if not (again or doubled):
                continue
        told.append(one)
    return told
