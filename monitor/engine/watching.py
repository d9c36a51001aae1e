"""Watches for what is not usual and tells it: spikes, silence, new themes, sources that are not heard any more.

What was told, and how far the looks have come, stands in the rows: a restart judges no hour twice and leaves none out,
and after a long downtime there is one alert a key at most.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from monitor import pipeline
from monitor.digest import alert as forms
from monitor.digest import spiked
from monitor.digest.alert import Alert
from monitor.digest.spiked import Risen, Seen, Spike
from monitor.engine.explaining import because, department_of, members, shown, spike_of
from monitor.engine.observing import Counted, Observed, Watched, hours_of, observe, span_of
from monitor.engine.pacing import Pace, quiet_until
from monitor.insight.rhythm import DAY
from monitor.insight.watched import LATE, WEIGHT, Alarm, Finding, Learnt, closed, fresh, learn, look
from monitor.mention import SourceHealth
from monitor.store import alerts, hourly, themes
from monitor.store.alerts import Cause, Snooze
from monitor.store.columns import EPOCH
from monitor.store.engine import Store
from monitor.store.heard import Window
from monitor.store.hourly import HOUR, NewTheme, Which

TOGETHER = timedelta(hours=1)
"""What has the same cause within that time is one alert."""
UNHEARD_AFTER = timedelta(hours=6)
NEWS = timedelta(days=7)
LONGEST_GAP = 14 * DAY
"""Hours: what was not looked at for longer is the past."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Settings:
    """What is watched, how closely, and who is told."""

    brands: tuple[Watched, ...] = ()
    watch: frozenset[str] = frozenset()
    false_alarms: float = 28 * 86_400.0
    """Seconds from one to the next, for each brand."""
    cooldown: float = 6 * 3600.0
    pace: Pace = field(default_factory=Pace)
    zone: str = "UTC"
    to: tuple[str, ...] = ()
    departments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Department to the channels of its own."""

    def channels(self, department: str) -> tuple[str, ...]:
        """Where an alert goes: to its department, where that has a way of its own."""
        return self.departments.get(department) or self.to


@dataclass(frozen=True, slots=True)
class State:
    """What is kept of a brand from one look to the next."""

    hour: int
    """The hour since 1970 up to which everything was looked at."""
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    causes: Mapping[str, float] = field(default_factory=dict)
    """Cause to when it was last told, in seconds since 1970."""
    themes: float = 0.0
    """Themes found since then are new, in seconds since 1970."""

    def until(self, hour: int, seconds: float) -> State:
        """The same, with nothing in it that is yet to come: the clock was ahead when it was written."""
        alarms = {
            key: replace(one, hour=min(one.hour, hour), at=min(one.at, seconds)) for key, one in self.alarms.items()
        }
        causes = {cause: min(at, seconds) for cause, at in self.causes.items()}
        return State(min(self.hour, hour), alarms, causes, min(self.themes, seconds))

    def as_json(self) -> dict[str, Any]:
        alarms = {key: asdict(one) for key, one in self.alarms.items()}
        return {"hour": self.hour, "alarms": alarms, "causes": dict(self.causes), "themes": self.themes}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> State:
        alarms = {key: Alarm(**one) for key, one in kept["alarms"].items()}
        return cls(kept["hour"], alarms, kept["causes"], kept["themes"])


@dataclass(frozen=True, slots=True)
class Explained:
    """A finding with all that people are told of it."""

    spike: Spike
    seen: Seen
    finding: Finding


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look at a brand came to, before anything is written."""

    before: State | None
    after: State
    explained: tuple[Explained, ...] = ()
    risen: tuple[tuple[Risen, Seen], ...] = ()
    calm: frozenset[str] = frozenset()
    """Keys whose alarm has ended."""

    @property
    def is_news(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.explained or self.risen or self.before != self.after)


class Watching:
    """Looks at every brand, and at the sources."""

    def __init__(self, store: Store, settings: Settings, base_url: str, now: Callable[[], datetime]) -> None:
        self.store, self.settings, self.base_url, self.now = store, settings, base_url, now
        self._days: dict[int, _Day] = {}

    def use(self, settings: Settings, base_url: str) -> None:
        """Go on with other settings."""
        self.settings, self.base_url, self._days = settings, base_url, {}

    async def tick(self) -> int:
        """Look at everything once; how many alerts were made."""
        made = 0
        for one in self.settings.brands:
            try:
                made += await self._watch(one)
            except Exception:
                # Whatever is wrong with one brand must not keep the others from being watched; it is looked at again.
                log.exception("watching failed unexpectedly", brand=one.brand.name)
        if await self.store.read(is_news_of_sources, self.settings, self.now()):
            made += await self.store.write(tell_unheard, self.settings, self.base_url, self.now())
        return made

    async def _watch(self, one: Watched) -> int:
        now = self.now()
        looked = await self.store.read(self._look, one, now)
        if not looked.is_news:
            return 0
        return await self.store.write(settle, one, looked, self.settings, self.base_url, now)

    def _look(self, connection: Connection, one: Watched, now: datetime) -> Looked:
        settings = self.settings
        day = self._days.get(one.brand.id)
        span = span_of(now, settings.zone)
        if day is None or day.counted.span != span:
            day = self._days[one.brand.id] = _Day(Counted(span), hours_of(span, settings.zone))
        observed = observe(connection, one, settings.watch, day.counted, day.hours, now)
        return looked_at(connection, one, observed, day.learnt(observed, settings), settings, now)


class _Day:
    """What is learnt of a brand once a day."""

    def __init__(self, counted: Counted, hours: Any) -> None:
        self.counted, self.hours = counted, hours
        self._of: tuple[str, ...] = ()
        self._learnt = Learnt((), {})

    def learnt(self, observed: Observed, settings: Settings) -> Learnt:
        """What is usual; the counts of the series as they are now."""
        keys = tuple(f"{one.key} {one.begins}" for one in observed.series)
        if keys != self._of:
            self._learnt = learn(observed.series, self.hours, settings.false_alarms)
            self._of = keys
        now = {one.key: one for one in observed.series}
        groups = tuple((tuple(now[one.key] for one in some), known) for some, known in self._learnt.groups)
        return replace(self._learnt, groups=groups)


# ---- looking ---------------------------------------------------------------------------------------------------------


def key_of(brand_id: int) -> str:
    """Of the row that tells how far the looks at a brand have come."""
    return f"spikes/{brand_id}"


def looked_at(
    connection: Connection, one: Watched, observed: Observed, learnt: Learnt, settings: Settings, now: datetime
) -> Looked:
    """What is not usual, that nobody was told of yet, with its causes. Reads only."""
    row = alerts.checked(connection, key_of(one.brand.id))
    before = State.read(row[1]) if row else None
    hour, seconds = observed.now + observed.offset, now.timestamp()
    state = (before or State(hour, themes=seconds)).until(hour, seconds)
    # Whoever begins to watch looks at the present; what lies behind is for `overheard alerts backtest`.
    first = observed.now if before is None else max(state.hour - LATE - observed.offset, observed.now - LONGEST_GAP, 0)
    found = look(learnt, first, observed.now)
    told = fresh(found.findings, state.alarms, observed.offset, seconds, settings.cooldown)
    explained = tuple(_explained(connection, one, observed, finding, settings, now) for finding in told)
    # What is watched no more (a theme that was merged, a setting) is not known to go on.
    unwatched = {key for key, alarm in state.alarms.items() if alarm.open and key not in learnt.limits}
    alarms = closed(state.alarms, found.calm | unwatched, hour)
    calm = frozenset(key for key, alarm in state.alarms.items() if alarm.open and not alarms[key].open)
    risen = _risen(connection, one, observed, state, settings, now)
    themes_until = max([state.themes, *(theme.created.timestamp() for theme, _, _ in risen)])
    causes = {cause: at for cause, at in state.causes.items() if seconds - at < TOGETHER.total_seconds()}
    after = State(hour, alarms, causes, themes_until)
    return Looked(before, after, explained, tuple((what, seen) for _, what, seen in risen), calm)


def _explained(
    connection: Connection, one: Watched, observed: Observed, finding: Finding, settings: Settings, now: datetime
) -> Explained:
    brand_id = next((rival.id for rival in one.rivals if rival.name == finding.series.brand), one.brand.id)
    ids = members(connection, brand_id, observed, finding)
    spike = spike_of(one.brand.name, observed, finding, ids, settings.zone, now)
    cause = because(connection, brand_id, spike, finding, ids)
    department = department_of(connection, brand_id, cause.mentions if cause else ids)
    return Explained(spike, Seen(shown(connection, ids, cause), cause, department), finding)


def _risen(
    connection: Connection, one: Watched, observed: Observed, state: State, settings: Settings, now: datetime
) -> list[tuple[NewTheme, Risen, Seen]]:
    """Themes that came up since the last look. In a brand's first weeks every theme is new; and while much that was
    stored before is still to be sorted, the oldest that say the same are not known yet."""
    if "new-themes" not in settings.watch or not any(series.is_known for series in observed.series):
        return []
    if hourly.is_sorting(connection):
        return []
    since = EPOCH + timedelta(seconds=state.themes)
    found = []
    for theme in hourly.new_themes(connection, one.brand.id, since, now - NEWS):
        window = Window(one.brand.id, theme.first, now + HOUR)
        heard = next((each for each in themes.of_window(connection, window) if each.id == theme.id), None)
        if heard is None:
            continue
        ids = hourly.those(connection, Which(one.brand.id, theme.first, now + HOUR, theme=theme.id), 500)
        department = department_of(connection, one.brand.id, ids)
        what = Risen(theme.id, f"new-theme/{theme.id}", one.brand.name, theme.name, heard.people, theme.first, now,
                     settings.zone, tuple(ids))  # fmt: skip
        found.append((theme, what, Seen(shown(connection, ids, None), None, department)))
    return found


# ---- telling ---------------------------------------------------------------------------------------------------------


@dataclass
class _Teller:
    """Writes the alerts of one look, in one transaction with noting how far it came."""

    connection: Connection
    one: Watched
    settings: Settings
    base_url: str
    now: datetime
    snoozes: Sequence[Snooze]

    def tell(self, key: str, kind: str, alert: Alert, slot: str, *, aloud: bool) -> int | None:
        """Keep it, and send it where it is told aloud."""
        cause = Cause(kind, key, slot, alert.started, alert.until, self.one.brand.id, alert.department)
        channels = self.settings.channels(alert.department) if aloud else ()
        content = forms.content(alert, self.base_url)
        quiet = quiet_until(self.settings.pace, self.now)
        return pipeline.warn(self.connection, cause, content, channels, self.now, quiet)


def settle(
    connection: Connection, one: Watched, looked: Looked, settings: Settings, base_url: str, now: datetime
) -> int:
    """Write what a look came to: its alerts, what is over, how far it came; how many alerts, those that are told
    together counted as one. Nothing where another look was written meanwhile."""
    row = alerts.checked(connection, key_of(one.brand.id))
    if (State.read(row[1]) if row else None) != looked.before:
        return 0
    teller = _Teller(connection, one, settings, base_url, now, alerts.snoozed(connection, now))
    alarms, causes, made = dict(looked.after.alarms), dict(looked.after.causes), 0
    for group in _together(looked.explained):
        cause = next((each.seen.cause.id for each in group if each.seen.cause), "")
        aloud = not (cause and cause in causes)
        spoken = sorted(group, key=lambda each: (alerts.sleeps(each.spike.key, teller.snoozes), _rank(each)))
        main, *others = spoken
        for each in spoken:
            seen = replace(main.seen, others=tuple(other.spike for other in others)) if each is main else each.seen
            alert_id = _tell_spike(teller, each, seen, aloud=aloud and each is main)
            made += alert_id is not None and each is main
            alarms[each.spike.key] = _alarm(each, alert_id or 0, now)
        if cause:
            causes[cause] = now.timestamp()
    for what, seen in looked.risen:
        number = alerts.next_number(connection)
        alert = spiked.new_theme(what, seen, number)
        aloud = f"theme:{what.id}" not in causes
        made += teller.tell(what.key, "new-theme", alert, "new", aloud=aloud) is not None
    alerts.over(connection, looked.calm, now)
    for alarm in alarms.values():
        if alarm.open and alarm.alert:
            alerts.seen_until(connection, alarm.alert, now)
    after = replace(looked.after, alarms=alarms, causes=causes)
    alerts.note(connection, key_of(one.brand.id), now, after.as_json())
    return made


def _together(explained: Iterable[Explained]) -> list[list[Explained]]:
    """What has one cause; what has none of its own belongs to what else is unusual of the same brand."""
    groups: dict[tuple[str, bool, str], list[Explained]] = {}
    for each in explained:
        whose = (each.spike.asked, each.finding.loud)
        groups.setdefault((*whose, each.seen.cause.id if each.seen.cause else ""), []).append(each)
    for key in [key for key in groups if not key[2]]:
        others = [other for other in groups if other[:2] == key[:2] and other[2]]
        if others:
            groups[max(others, key=lambda other: len(groups[other]))] += groups.pop(key)
    return list(groups.values())


def _rank(each: Explained) -> tuple[int, float]:
    return WEIGHT.index(each.spike.kind), -each.finding.judged.surprise


def _tell_spike(teller: _Teller, each: Explained, seen: Seen, *, aloud: bool) -> int | None:
    alert = spiked.spiked(each.spike, seen, alerts.next_number(teller.connection))
    slot = f"{each.spike.end:%Y-%m-%dT%H:%MZ}"
    return teller.tell(each.spike.key, each.spike.kind, alert, slot, aloud=aloud)


def _alarm(each: Explained, alert_id: int, now: datetime) -> Alarm:
    hour = (each.spike.end - EPOCH) // HOUR - 1
    return Alarm(hour, each.finding.judged.count, each.finding.judged.horizon, now.timestamp(), True, alert_id)


# ---- sources that are not heard --------------------------------------------------------------------------------------


def is_news_of_sources(connection: Connection, settings: Settings, now: datetime) -> bool:
    """Whether a source has failed for hours and nobody was told, or is heard again."""
    if "silence" not in settings.watch:
        return False
    failing = _failing(connection, now)
    return bool(_back(connection, failing) or _untold(connection, failing))


def tell_unheard(connection: Connection, settings: Settings, base_url: str, now: datetime) -> int:
    """One alert for each source that has failed for hours; over when it is heard again. How many were made."""
    failing, made = _failing(connection, now), 0
    alerts.over(connection, _back(connection, failing), now)
    for key in _untold(connection, failing):
        since = failing[key].failing_since or now
        alert = spiked.unheard(failing[key], key, now, settings.zone, alerts.next_number(connection))
        cause = Cause("silence", key, _slot(failing[key]), since, now)
        quiet = quiet_until(settings.pace, now)
        made += pipeline.warn(connection, cause, forms.content(alert, base_url), settings.to, now, quiet) is not None
    return made


def _failing(connection: Connection, now: datetime) -> dict[str, SourceHealth]:
    return {f"failing/{one.name}": one for one in hourly.unheard(connection, now - UNHEARD_AFTER)}


def _back(connection: Connection, failing: Collection[str]) -> set[str]:
    return alerts.open_keys(connection, "failing/").difference(failing)


def _untold(connection: Connection, failing: Mapping[str, SourceHealth]) -> list[str]:
    return [key for key, one in failing.items() if not alerts.is_kept(connection, key, _slot(one))]


def _slot(source: SourceHealth) -> str:
    return f"{source.failing_since:%Y-%m-%dT%H:%M:%SZ}"
