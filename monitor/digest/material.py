"""The input of a digest: everything that compose.py needs, as plain values that a few queries fill.

Hidden, excluded and unlikely mentions are left out of everything here; `Waiting` says how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from monitor.insight.counts import Counts, DayCount
from monitor.mention import Brand, Heard, SourceHealth


@dataclass(frozen=True, slots=True)
class Rival:
    """A competitor on the same measures: sums only, no mentions are loaded for it."""

    name: str
    now: Counts
    """In the digest's window."""
    previous: Counts = field(default_factory=Counts)
    """In the same length of time before."""
    history: tuple[DayCount, ...] = ()
    """As in Material; a date that is missing counts as a day that was not listened to."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is not in the counts, or not yet judged."""

    unlikely: int = 0
    """Matched the query in the window, but a scorer doubts that they speak of this brand: held for a person."""
    excluded: int = 0
    """Candidates in the window that the query's NOT, or a person, keeps out."""
    late: int = 0
    """Collected in the window but published before it began: older news, found late."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A network that is not listened to, and why, in a few words."""

    network: str
    why: str


@dataclass(frozen=True, slots=True)
class Material:
    """What was heard of one brand in one window, and what is usual."""

    brand: Brand
    local_date: date
    """The digest's date where its reader lives: the local day on which the window ends."""
    timezone: str
    """An IANA name, such as "Europe/Berlin"."""
    start: datetime
    """UTC, inside. See due.window_of."""
    end: datetime
    """UTC, outside."""
    heard: tuple[Heard, ...]
    """The mentions published in [start, end), with their current opinions and triage."""
    late: tuple[Heard, ...] = ()
    """Published up to a week before `start` but found only in this window: in no count, but who waits among them waits
    all the same. None where listening itself began in this window."""
    previous: tuple[Heard, ...] = ()
    """The mentions of the same length of time before: [start - (end - start), start)."""
    history: tuple[DayCount, ...] = ()
    """Counts of past windows of the same kind (for a daily digest: from digest hour to digest hour), eight weeks if
    there are so many, each by the local date on which it ended. Days without a mention must be there with zeros;
    days before the brand was listened to must not. Sums of hourly rollups are what is wanted here, not a scan."""
    rivals: tuple[Rival, ...] = ()
    coverage: tuple[SourceHealth, ...] = ()
    """Every configured source, as `overheard sources` shows it."""
    waiting: Waiting = Waiting()
    networks: tuple[Silent, ...] = ()
    """Networks not listened to."""
    scoring: str = ""
    """Why nothing is scored ("no weights"), when that is so; empty when the scorers work."""
