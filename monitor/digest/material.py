"""The input of a digest: everything that compose.py needs, as plain values that a few queries fill.

Excluded and unlikely mentions are left out of everything here, and hidden ones of all that is this brand's own;
`Waiting` says how many are held.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np

from monitor.digest.asks import Scope
from monitor.insight.counts import Counts, DayCount, Sums
from monitor.insight.response import Response
from monitor.mention import Brand, Heard, Mention, SourceHealth, StoryHeard, ThemeHeard
from monitor.story.quotes import Quote


@dataclass(frozen=True, slots=True)
class Rival:
    """A competitor on the same measures: sums only, no mentions are loaded for it."""

    name: str
    now: Sums
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
    """The mentions published in [start, end), oldest first, with their current opinions and triage. Those that
    wanted.py names have their words; of the others, only what is counted needs to be there."""
    department: str = ""
    """Only what is this department's is in `heard`, `late`, `previous` and `history`; empty: everything."""
    some_hidden: bool = False
    """Somebody hid mentions of this brand: queries say that they stay away."""
    late: tuple[Heard, ...] = ()
    """Published up to a week before `start` but found only in this window: in no count, but who waits among them waits
    all the same. None where listening itself began in this window."""
    previous: Sums = field(default_factory=Sums)
    """The mentions of the same length of time before: [start - (end - start), start)."""
    history: tuple[DayCount, ...] = ()
    """Counts of past windows of the same kind (for a daily digest: from digest hour to digest hour), eight weeks if
    there are so many, each by the local date on which it ended. Days without a mention must be there with zeros;
    days before the brand was listened to must not. Sums of hourly rollups are what is wanted here, not a scan."""
    days: tuple[DayCount, ...] = ()
    """The days of the window, where it is longer than one."""
    rivals: tuple[Rival, ...] = ()
    stories: tuple[StoryHeard, ...] = ()
    """The most told first."""
    themes: tuple[ThemeHeard, ...] = ()
    """The most people first."""
    quotes: Mapping[int, tuple[Quote, ...]] = field(default_factory=dict)
    """Theme to what it says in the words of two people."""
    words: Mapping[int, Mention] = field(default_factory=dict)
    """The mentions that are shown or quoted (wanted.py), with their words; those that are not there have theirs in
    `heard`."""
    vectors: Mapping[int, np.ndarray] = field(default_factory=dict)
    """What they mean, as unit vectors of one space; those that have none are left out."""
    responses: tuple[Response, ...] = ()
    """How fast each department answered."""
    answer_within: Mapping[str, float] = field(default_factory=dict)
    """Department to the seconds in which it means to answer."""
    coverage: tuple[SourceHealth, ...] = ()
    """Every configured source, as `overheard sources` shows it."""
    waiting: Waiting = Waiting()
    networks: tuple[Silent, ...] = ()
    """Networks not listened to."""
    scoring: str = ""
    """Why nothing is scored ("no weights"), when that is so; empty when the scorers work."""

    @property
    def scope(self) -> Scope:
        """What the queries behind the figures ask."""
        return Scope(self.brand.name, self.start, self.end, self.department, self.some_hidden)

    def worded(self, mention: Mention) -> Mention:
        """The mention with its words, where they were read."""
        return self.words.get(mention.id, mention)

    def mentions(self, ids: Collection[int]) -> list[Mention]:
        """These mentions, with their words as far as they were read, oldest first."""
        wanted = set(ids)
        return [self.worded(one.mention) for one in self.heard if one.mention.id in wanted]

    @property
    def is_weekly(self) -> bool:
        return self.end - self.start >= timedelta(days=6)
