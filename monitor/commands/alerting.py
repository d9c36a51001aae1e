"""Alerts as commands: what was told, what is watched and from which number on, and what the past would have raised; who
sees to an alert, and of what nobody wants to hear for a while.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from monitor.app import Service
from monitor.built import brands_in, watching_in
from monitor.config import Config
from monitor.config.times import duration
from monitor.digest.spiked import sentence
from monitor.door import line
from monitor.engine.explaining import spike_of
from monitor.engine.handover import Say
from monitor.engine.observing import Counted, Observed, hours_of, observe, span_of
from monitor.engine.watching import Settings
from monitor.errors import Refused
from monitor.insight import spikes
from monitor.insight.rhythm import DAY, WEEK
from monitor.insight.watched import Finding, Learnt, Series, learn, replayed, stacked
from monitor.mention import Brand
from monitor.store import alerts, brands
from monitor.store.alerts import Kept

SHOWN_HORIZONS = (2, DAY, WEEK)
TOGETHER = 1
"""Hours: what comes so close together is told in one alert."""


class Alerting:
    """What can be asked of a service about alerts."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def acknowledge(self, arguments: Mapping[str, Any], say: Say) -> list[dict[str, Any]]:
        """Somebody sees to these alerts: all of them, or none where one is not there."""
        ids, by = [int(one) for one in arguments["ids"]], line(str(arguments["by"]))
        kept = await self.service.store.write(alerts.acknowledge, ids, by, self.service.now())
        return [as_json(one) for one in kept]

    async def snooze(self, arguments: Mapping[str, Any], say: Say) -> dict[str, str]:
        """Send nothing of a key, or of what an alert is about, for a while."""
        now = self.service.now()
        try:
            until = now + timedelta(seconds=duration(str(arguments["for"])))
        except ValueError as error:
            raise Refused(f"--for: {error}") from error
        key = await self.service.store.read(key_meant, str(arguments["what"]))
        await self.service.store.write(alerts.snooze, key, until, line(str(arguments["by"])), now)
        return {"key": key, "until": _moment(until)}

    async def unsnooze(self, arguments: Mapping[str, Any], say: Say) -> dict[str, str]:
        """Hear of it again. Raises Refused where it was not snoozed."""
        key = await self.service.store.read(key_meant, str(arguments["what"]))
        if not await self.service.store.write(alerts.unsnooze, key):
            raise Refused(f'"{key}" is not snoozed: `overheard alerts why` shows what is.')
        return {"key": key}


KINDS = (
    "volume", "negative", "theme", "new-theme", "source", "competitor", "reviews", "silence", "failing", "rule",
    "unanswered",
)  # fmt: skip


def key_meant(connection: Connection, written: str) -> str:
    """The key that somebody means by an alert's number or by (the beginning of) a key. Raises Refused."""
    said = line(written).strip().removeprefix("#").rstrip("/")
    if said.isdecimal():
        return alerts.get(connection, int(said)).key
    if said.partition("/")[0] not in KINDS:
        raise Refused(
            f'"{said}" is neither the number of an alert nor what one watches: `overheard alerts` shows both. '
            f"A whole kind can be named too: {', '.join(KINDS)}."
        )
    return said


def listing(connection: Connection, most: int, unsettled: bool, since: datetime | None = None) -> list[dict[str, Any]]:
    """The newest alerts, newest first."""
    return [as_json(one) for one in alerts.listed(connection, most, unsettled=unsettled, since=since)]


def one(connection: Connection, alert_id: int) -> dict[str, Any]:
    """One alert. Raises Refused where there is none."""
    return as_json(alerts.get(connection, alert_id))


def as_json(kept: Kept) -> dict[str, Any]:
    """An alert as the command line prints it."""
    return {
        "id": kept.id,
        "kind": kept.kind,
        "key": kept.key,
        "state": kept.state,
        "by": kept.by,
        "at": _moment(kept.at) if kept.at else None,
        "sent": kept.told,
        "created": _moment(kept.created),
        "started": _moment(kept.started),
        "until": _moment(kept.until),
        "alert": dict(kept.content),
    }


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


# ---- what is watched -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Level:
    """One horizon of one series: what it has now, what is usual, and from when on it is an alarm."""

    hours: int
    count: int
    low: int
    high: int
    alarm_from: int | None
    """None for a share, which depends on how many there are in all."""
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """A series that is watched, or will be."""

    brand: str
    kind: str
    key: str
    name: str
    days: int
    """So much past is known."""
    enough_on: str
    """The date (ISO) from which it is watched; empty: it is."""
    levels: tuple[Level, ...] = ()
    snoozed: str = ""
    """Until when."""


def known_brands(connection: Connection, config: Config) -> dict[str, Brand]:
    """The configured brands that the store knows, by name."""
    ids = {name: id_ for id_, name in brands.names(connection).items()}
    return {brand.name: replace(brand, id=ids[brand.name]) for brand in brands_in(config) if brand.name in ids}


def settings_of(connection: Connection, config: Config) -> Settings:
    """What is watched. Raises Refused where a brand was never listened to."""
    known = known_brands(connection, config)
    missing = [name for name in config.alerts.brands or [own.name for own in config.own_brands] if name not in known]
    if missing:
        raise Refused(f'"{missing[0]}" was never listened to yet: start `overheard run` or `overheard collect` first.')
    return watching_in(config, known)


def seen(connection: Connection, settings: Settings, now: datetime) -> list[tuple[str, Observed, Learnt]]:
    """(brand, its series, what is usual of them)."""
    span = span_of(now, settings.zone)
    hours = hours_of(span, settings.zone)
    found = []
    for watched in settings.brands:
        observed = observe(connection, watched, settings.watch, Counted(span), hours, now)
        found.append((watched.brand.name, observed, learn(observed.series, hours, settings.false_alarms)))
    return found


def why(connection: Connection, config: Config, now: datetime) -> list[Why]:
    """All that is watched, with what is usual; and what has too little past for it."""
    settings = settings_of(connection, config)
    snoozes = {each.key: _moment(each.until) for each in alerts.snoozed(connection, now)}
    rows = []
    for brand, observed, learnt in seen(connection, settings, now):
        for series in observed.series:
            enough = "" if series.is_known else _enough_on(series, observed, settings.zone)
            until = next((at for key, at in snoozes.items() if f"{series.key}/".startswith(f"{key}/")), "")
            rows.append(Why(brand, series.kind, series.key, series.name, max(0, series.days), enough,
                            _levels(series, observed, learnt), until))  # fmt: skip
    return rows


def _enough_on(series: Series, observed: Observed, zone: str) -> str:
    if series.begins * DAY >= observed.span.hours:
        return "never heard of"
    day = observed.at(0).astimezone(ZoneInfo(zone)).date() + timedelta(days=series.begins + spikes.ENOUGH_DAYS)
    return day.isoformat()


def _levels(series: Series, observed: Observed, learnt: Learnt) -> tuple[Level, ...]:
    for group, known in learnt.groups:
        for at, other in enumerate(group):
            if other.key == series.key:
                counts, totals = stacked(group)
                hour = observed.now - series.begins * DAY
                return tuple(
                    _level(known, counts, totals, at, hour, horizon, learnt.limits[series.key], series.kind)
                    for horizon in SHOWN_HORIZONS
                    if hour >= spikes.enough(horizon) * DAY
                )
    return ()


def _level(
    known: spikes.Baseline, counts: Any, totals: Any, at: int, hour: int, horizon: int, limit: float, kind: str
) -> Level:
    judged = spikes.judged(known, counts, totals, at, hour, horizon)
    from_ = None
    if totals is None and kind != "silence" and judged.mean > 0:
        from_ = spikes.least(known, counts, at, hour, horizon, limit)
    return Level(horizon, judged.count, judged.low, judged.high, from_, judged.total)


# ---- what the past would have raised ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert that there would have been."""

    brand: str
    at: datetime
    kind: str
    key: str
    sentence: str
    with_it: int
    """How many others would have been told together with it."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What the past would have raised."""

    since: datetime
    until: datetime
    brands: int
    false_alarms: float
    """Seconds from one to the next that were asked for, for each brand."""
    raised: tuple[Raised, ...]

    @property
    def asked(self) -> float:
        """How many of these may be false, on average."""
        return self.brands * (self.until - self.since).total_seconds() / self.false_alarms


def backtest(
    connection: Connection, config: Config, since: datetime, false_alarms: float | None, now: datetime
) -> Replay:
    """Play through what is stored, with the rate of false alarms of the configuration or another one."""
    settings = settings_of(connection, config)
    settings = replace(settings, false_alarms=false_alarms or settings.false_alarms)
    raised, began = [], now
    for brand, observed, learnt in seen(connection, settings, now):
        start = max(0, int((since - observed.span.start).total_seconds() // 3600))
        first = min((one.begins + spikes.ENOUGH_DAYS for one in observed.series if one.is_known), default=None)
        if first is not None:
            began = min(began, observed.at(max(start, first * DAY)))
            found = replayed(learnt, start, observed.now, int(settings.cooldown // 3600))
            raised += _raised(brand, observed, found, settings, now)
    raised.sort(key=lambda one: (one.at, one.brand))
    return Replay(began, now, len(settings.brands), settings.false_alarms, tuple(raised))


def _raised(
    brand: str, observed: Observed, found: Sequence[Finding], settings: Settings, now: datetime
) -> list[Raised]:
    told: list[tuple[Finding, int]] = []
    for finding in found:
        same = told and told[-1][0].series.brand == finding.series.brand
        if same and finding.hour - told[-1][0].hour < TOGETHER:
            told[-1] = told[-1][0], told[-1][1] + 1
        else:
            told.append((finding, 0))
    return [
        Raised(brand, observed.at(finding.hour), finding.series.kind, finding.series.key,
               sentence(spike_of(brand, observed, finding, (), settings.zone, now)).text, others)
        for finding, others in told
    ]  # fmt: skip
