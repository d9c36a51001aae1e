"""How the sources do, in words that the terminal and the page share: trouble first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sources
from monitor.config import SourceEntry
from monitor.mention import SourceHealth

State = Literal["failing", "off", "gaps", "new", "listening", "waiting", "paused"]
ORDER: Mapping[State, int] = {
    "off": 0, "failing": 1, "gaps": 2, "new": 3, "listening": 4, "waiting": 5, "paused": 6,
}  # fmt: skip
"""What a person should look at first, first."""
WORDS: Mapping[State, str] = {
    "off": "switched off",
    "failing": "failing",
    "gaps": "with gaps",
    "new": "not asked yet",
    "listening": "listening",
    "waiting": "waiting",
    "paused": "paused",
}
OVERDUE = timedelta(minutes=10)
NO_DAYS: Mapping[str, tuple[int, ...]] = {}


@dataclass(frozen=True, slots=True)
class Row:
    """One source, ready to be shown."""

    name: str
    kind: str
    title: str
    """Of its kind."""
    state: State
    last_good: str
    next_due: str
    a_day: str
    last_day: int
    trouble: str
    """The error in words; empty where there is none."""
    since: str
    """Of the trouble: "Failing for 3 h, 4 times in a row."."""
    advice: str
    notes: tuple[str, ...]
    """What else is worth knowing: gaps, a new address, a shorter interval, who pushes."""
    days: tuple[int, ...]
    """Mentions said on each of the last days, the oldest first; empty where they were not asked for."""
    recent: tuple[int, ...]
    overdue: bool
    health: SourceHealth


def rows(
    entries: Iterable[SourceEntry],
    health: Iterable[SourceHealth],
    now: datetime,
    days: Mapping[str, tuple[int, ...]] = NO_DAYS,
) -> list[Row]:
    """A row for each configured source, those in trouble first; one that the store does not know yet is new."""
    known = {one.name: one for one in health}
    shown = [
        _row(one, known.get(one.name) or SourceHealth(one.name, one.kind, _fresh(one)), now, days.get(one.name, ()))
        for one in entries
    ]
    return sorted(shown, key=lambda row: (ORDER[row.state], row.name.casefold()))


def _fresh(entry: SourceEntry) -> Literal["paused", "new"]:
    return "paused" if entry.paused else "new"


def _row(entry: SourceEntry, health: SourceHealth, now: datetime, days: tuple[int, ...]) -> Row:
    source = sources.load(entry.kind)
    state = _state(entry, health)
    stopped = state in ("paused", "off")
    polled = source.fetch is not None
    overdue = not stopped and polled and health.next_due is not None and now - health.next_due > OVERDUE
    since = f"Failing for {_span(now - health.failing_since)}" if health.failing_since else "Failing"
    many = f", {health.failures} times in a row." if health.failures > 1 else "."
    return Row(
        name=entry.name,
        kind=entry.kind,
        title=source.title,
        state=state,
        last_good=ago(health.last_good, now),
        next_due="–" if stopped else _coming(health, now, polled=polled, stream=source.is_stream),
        a_day=_rate(health.items_a_day),
        last_day=health.last_day_items,
        trouble=health.error,
        since=since + many if health.error else "",
        advice=health.advice,
        notes=tuple(_notes(entry, health, held=stopped and health.state == "paused" and not entry.paused)),
        days=days,
        recent=health.recent,
        overdue=overdue,
        health=health,
    )


def _state(entry: SourceEntry, health: SourceHealth) -> State:
    if entry.paused or health.state == "paused":
        return "paused"
    if health.state == "ok":
        # What a feed does with its ids is worth a word, and nothing was missed by it.
        return "gaps" if any(not gap.startswith("entries: ") for gap in health.gaps) else "listening"
    if health.state == "new" and sources.load(entry.kind).accept is not None:
        return "waiting"  # nobody has sent anything yet
    return health.state


def _notes(entry: SourceEntry, health: SourceHealth, *, held: bool) -> Iterable[str]:
    if held:
        yield f"Paused by hand: overheard sources resume {shell_word(entry.name)}"
    elif entry.paused:
        yield "Paused in the configuration: take out its line paused = true."
    for gap in health.gaps:
        yield sentence(re.sub("^(?:window|entries): ", "", gap))
    if health.moved_to:
        yield f"It has moved to {health.moved_to}: change its address in the configuration."
    if health.interval is not None and health.interval.total_seconds() < entry.every:
        often, wanted = _span(health.interval), _span(timedelta(seconds=entry.every))
        yield f"Asked every {often} instead of {wanted}: it shows too little for longer waits."
    if health.pushed_by:
        yield f"What is new is sent by {health.pushed_by} as it comes."


MANY = 3
"""So many with the same trouble are told together."""
OFFLINE = "the host name cannot be found"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with one source, or with several at once."""

    names: tuple[str, ...]
    error: str
    advice: str


def together(troubles: Iterable[Trouble]) -> list[Trouble]:
    """Those with the same reason and advice as one, where they are many, with the reason alone; the others as they are.
    Where nothing can be found by its name, the network is what is wrong."""
    alike: dict[tuple[str, str], list[Trouble]] = {}
    for one in troubles:
        alike.setdefault((one.error.rpartition(": ")[2], one.advice), []).append(one)
    told: list[Trouble] = []
    for (reason, advice), these in alike.items():
        if len(these) < MANY:
            told += these
        else:
            wise = f"Is this machine online? {advice}" if reason == OFFLINE else advice
            told.append(Trouble(tuple(name for one in these for name in one.names), reason, wise))
    return told


def summary(shown: Sequence[Row]) -> str:
    """ "14 sources: 11 listening, 2 failing, 1 paused"."""
    if not shown:
        return "No source is configured yet: overheard sources add URL"
    counts = Counter(row.state for row in shown)
    order: tuple[State, ...] = ("listening", "gaps", "failing", "off", "new", "waiting", "paused")
    told = ", ".join(f"{counts[state]} {WORDS[state]}" for state in order if counts[state])
    return f"{len(shown):,} source{'' if len(shown) == 1 else 's'}: {told}"


def as_json(row: Row) -> dict[str, Any]:
    """A row for programs: values instead of words."""
    health = row.health
    return {
        "name": row.name,
        "kind": row.kind,
        "state": row.state,
        "last_good": _iso(health.last_good),
        "last_tried": _iso(health.last_tried),
        "next_due": None if row.state in ("paused", "off") else _iso(health.next_due),
        "items_a_day": health.items_a_day,
        "last_24_hours": health.last_day_items,
        "error": health.error,
        "advice": health.advice,
        "failing_since": _iso(health.failing_since),
        "failures": health.failures,
        "gaps": list(health.gaps),
        "moved_to": health.moved_to,
        "interval_seconds": health.interval.total_seconds() if health.interval else None,
        "pushed_by": health.pushed_by,
        "recent": list(health.recent),
    }


# Time in words -----------------------------------------------------------------------------------------------------


def ago(at: datetime | None, now: datetime) -> str:
    """ "4 min ago", "2 days ago"; "never"."""
    if at is None:
        return "never"
    return "just now" if now - at < timedelta(seconds=60) else f"{_span(now - at)} ago"


def _coming(health: SourceHealth, now: datetime, *, polled: bool, stream: bool) -> str:
    if stream:
        return "held open"
    if not polled:
        return "is sent to us"
    if health.next_due is None or health.next_due <= now:
        return "now"
    return f"in {_span(health.next_due - now)}"


def _span(length: timedelta) -> str:
    """Roughly: "40 s", "4 min", "3 h", "2 days"."""
    seconds = max(0.0, length.total_seconds())
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 36 * 3600:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86_400:.0f} days"


def _rate(a_day: float | None) -> str:
    if a_day is None:
        return "–"
    return f"{a_day:,.0f}" if a_day >= 10 or a_day == round(a_day) else f"{a_day:.1f}"


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    begun = text if re.match(r"https?://", text) else text[:1].upper() + text[1:]
    return begun + ("" if text.endswith((".", "!", "?", "…")) else ".")


def _iso(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def shell_word(name: str) -> str:
    """A name as it is written on a command line."""
    return name if re.fullmatch(r"[\w.:/@%+=-]+", name) else "'" + name.replace("'", "'\\''") + "'"
