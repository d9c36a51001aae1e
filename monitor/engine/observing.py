"""What is watched of a brand for what is not usual: its series by the hour, as far as the past is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

from monitor.briefing import WHOLE
from monitor.digest.asks import any_of
from monitor.insight.rhythm import DAY, WEEK, Hours
from monitor.insight.spikes import ENOUGH_DAYS
from monitor.insight.watched import Series
from monitor.mention import SENTIMENTS, Brand
from monitor.store import heard, hourly, watches
from monitor.store.columns import EPOCH
from monitor.store.hourly import HOUR, Counts, Listening, Span

HISTORY_DAYS = 16 * 7
RECENT = 9 * DAY
"""Hours that are counted anew at each look: what is older is counted once a day."""
LATELY = 28 * DAY
MOST_SOURCES, MOST_THEMES = 8, 8
FEWEST = 12
"""In four weeks: of what is heard less often nothing is ever usual."""
LARGE = 0.25
"""A source that brings so much of a brand's mentions makes what was before it no guide."""
ONE_DAY = timedelta(days=1)

Question = Callable[[Span], Mapping[Any, Counts]]


@dataclass(frozen=True, slots=True)
class Watched:
    """A brand, and whom it is compared with."""

    brand: Brand
    rivals: tuple[Brand, ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """What is watched of a brand at one moment."""

    span: Span
    hours: Hours
    now: int
    """The hour that runs, counted from the start of the span."""
    series: tuple[Series, ...]
    without: tuple[str, ...] = ()
    """Sources that do not count for the volume: heard of for too short a time, or no longer listened to."""

    @property
    def offset(self) -> int:
        """The start in hours since 1970, rounded down."""
        return (self.span.start - EPOCH) // HOUR

    def at(self, hour: int) -> datetime:
        """When an hour begins."""
        return self.span.start + hour * HOUR


def span_of(now: datetime, zone: str) -> Span:
    """Sixteen weeks and today, from a local midnight on. Its days have 24 hours each, also where the clocks change."""
    local = now.astimezone(ZoneInfo(zone)).date() - timedelta(days=HISTORY_DAYS)
    start = datetime.combine(local, time(0), ZoneInfo(zone)).astimezone(UTC)
    return Span(start, ((now - start) // ONE_DAY + 1) * DAY)


def hours_of(span: Span, zone: str) -> Hours:
    """Which hour of the local week each is."""
    local = [(span.start + n * HOUR).astimezone(ZoneInfo(zone)) for n in range(span.hours)]
    return np.array([(one.weekday() * DAY + one.hour) % WEEK for one in local], dtype=np.intp)


def known_since(connection: Connection, brand_id: int) -> datetime | None:
    """Since when everything that its sources show of a brand is known: as far back as every feed's first reading
    reached, or since the first mention where none is limited. None where nothing was heard yet."""
    span = heard.span(connection, brand_id)
    if span is None:
        return None
    reach = watches.reach(connection, WHOLE, span.first_collected + ONE_DAY)
    return span.first_published if reach is None else min(reach, span.first_collected)


@dataclass
class Counted:
    """Counts of one day's span: all of it is read once, the last days at each look."""

    span: Span
    kept: dict[Hashable, dict[Any, Counts]] = field(default_factory=dict)

    def read(self, what: Hashable, question: Question) -> dict[Any, Counts]:
        """What a question gives of the whole span."""
        if what not in self.kept:
            self.kept[what] = dict(question(self.span))
            return self.kept[what]
        late = min(RECENT, self.span.hours)
        fresh = question(Span(self.span.end - late * HOUR, late))
        known = self.kept[what]
        for key in fresh.keys() - known.keys():
            known[key] = np.zeros(self.span.hours)
        for key, counts in known.items():
            counts[-late:] = fresh.get(key, 0.0)
        return known


@dataclass(frozen=True)
class Observing:
    """Reads the series of one brand."""

    connection: Connection
    counted: Counted
    now: datetime

    def labels(self, brand_id: int) -> dict[str, Counts]:
        return self.counted.read(("labels", brand_id), lambda span: hourly.by_label(self.connection, brand_id, span))

    def day_of(self, moment: datetime | None) -> int:
        """The first whole day from then on."""
        if moment is None:
            return self.counted.span.hours // DAY
        return max(0, math.ceil((moment - self.counted.span.start) / ONE_DAY))

    def zeros(self) -> Counts:
        return np.zeros(self.counted.span.hours)


def observe(connection: Connection, one: Watched, watch: frozenset[str], counted: Counted, hours: Hours,
            now: datetime) -> Observed:  # fmt: skip
    """All series of a brand that are to be watched (`watch`: as [alerts] names them), also those whose past is too
    short."""
    there = Observing(connection, counted, now)
    since = known_since(connection, one.brand.id)
    volume, without = _volume(there, one.brand, since)
    series = [volume] if "volume" in watch else []
    if "silence" in watch and hourly.listening(connection):
        series.append(_as_silence(volume))
    if "negative" in watch:
        series += _negative(there, one.brand, volume.begins)
    if "sources" in watch:
        series += _sources(there, one.brand, volume.begins)
    if "themes" in watch:
        series += _themes(there, one.brand, volume.begins)
    if "competitors" in watch:
        series += [_competitor(there, one.brand, rival) for rival in one.rivals]
    if "reviews" in watch:
        series += _reviews(there, one.brand, volume.begins)
    return Observed(counted.span, hours, (now - counted.span.start) // HOUR, tuple(series), without)


def _volume(there: Observing, brand: Brand, since: datetime | None) -> tuple[Series, tuple[str, ...]]:
    """All mentions but those of sources that were not there before, which would make every new source a spike."""
    labels = there.labels(brand.id)
    counts, begins = labels.get("mentions", there.zeros()).copy(), there.day_of(since)
    whole = counts[-LATELY:].sum()
    left_out = []
    for source, of_source, began in _of_sources(there, brand):
        day = there.day_of(began)
        young = day > begins + 1 and there.counted.span.hours // DAY - 1 - day < ENOUGH_DAYS
        if began is None or (young and since is not None):
            counts -= of_source
            left_out.append(source)
        elif day > begins + 1 and of_source[-LATELY:].sum() > LARGE * whole:
            begins = day
    condition = f"NOT source:{any_of(left_out)}" if left_out else ""
    found = Series("volume", f"volume/{brand.id}", "", np.maximum(counts, 0), begins=begins, condition=condition)
    return found, tuple(left_out)


def _of_sources(there: Observing, brand: Brand) -> list[tuple[str, Counts, datetime | None]]:
    """(source, its counts, since when it shows everything; None where it is not listened to any more)."""
    listened: dict[str, Listening] = {one.name: one for one in hourly.listening(there.connection)}
    first = hourly.first_hours(there.connection, brand.id)
    found = []
    for label, counts in there.labels(brand.id).items():
        kind, _, name = label.partition(":")
        if kind == "source" and counts.any():
            began = (listened[name].began or first.get(name)) if name in listened else None
            found.append((name, counts, began if listened else first.get(name)))
    return found


def _as_silence(volume: Series) -> Series:
    key = volume.key.replace("volume", "silence")
    return Series("silence", key, "", volume.counts, begins=volume.begins, condition=volume.condition)


def _negative(there: Observing, brand: Brand, begins: int) -> list[Series]:
    felt = [there.labels(brand.id).get(f"sentiment:{one}", there.zeros()) for one in SENTIMENTS]
    totals = felt[0] + felt[1] + felt[2]
    if not totals.any():
        return []
    scored = int(np.nonzero(totals)[0][0]) // DAY
    key, condition = f"negative/{brand.id}", "sentiment:negative"
    return [Series("negative", key, "", felt[0], totals, begins=max(begins, scored), condition=condition)]


def _sources(there: Observing, brand: Brand, begins: int) -> list[Series]:
    known = [one for one in _of_sources(there, brand) if one[2] and one[1][-LATELY:].sum() >= FEWEST]
    known.sort(key=lambda one: (-one[1][-LATELY:].sum(), one[0]))
    return [
        Series("source", f"source/{brand.id}/{name}", name, counts, begins=max(begins, there.day_of(began)),
               condition=f"source:{any_of([name])}")
        for name, counts, began in known[:MOST_SOURCES]
    ]  # fmt: skip


def _themes(there: Observing, brand: Brand, begins: int) -> list[Series]:
    """A theme's past begins where it was found: it was found because there was much of it."""
    lately = there.now - timedelta(hours=LATELY)
    busiest = hourly.busiest_themes(there.connection, brand.id, lately, MOST_THEMES)
    ids = tuple(id_ for id_, _, _ in busiest)
    counts = there.counted.read(
        ("themes", brand.id, ids), lambda span: hourly.by_theme(there.connection, brand.id, ids, span)
    )
    return [
        Series("theme", f"theme/{id_}", name, counts.get(id_, there.zeros()),
               begins=max(begins, there.day_of(found)), condition=f"theme:{id_}")
        for id_, name, found in busiest
    ]  # fmt: skip


def _competitor(there: Observing, brand: Brand, rival: Brand) -> Series:
    volume, _ = _volume(there, rival, known_since(there.connection, rival.id))
    key = f"competitor/{brand.id}/{rival.id}"
    return Series(
        "competitor", key, rival.name, volume.counts, begins=volume.begins, condition=volume.condition, brand=rival.name
    )


def _reviews(there: Observing, brand: Brand, begins: int) -> list[Series]:
    counts = there.counted.read(
        ("ratings", brand.id), lambda span: {"": hourly.low_ratings(there.connection, brand.id, span)}
    )[""]
    if not counts.any():
        return []
    return [Series("reviews", f"reviews/{brand.id}", "", counts, begins=begins, condition=f"rating:<={hourly.LOW}")]
