"""The nouns: mention, opinion, brand, source health. Frozen values; rows never leave the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

Sentiment = Literal["negative", "neutral", "positive"]
SENTIMENTS: tuple[Sentiment, ...] = ("negative", "neutral", "positive")

TriageState = Literal["new", "assigned", "replied", "resolved", "reopened", "hidden"]


@dataclass(frozen=True, slots=True)
class Mention:
    """What somebody said, once, as collected: a fact. An edit gives the same id a higher revision."""

    id: int
    source: str
    """The configured source's name that first saw it."""
    source_kind: str
    kind: str
    """post, comment, review, article or survey."""
    url: str
    title: str
    text: str
    """Plain text, at most 32 kB."""
    author: str
    published: datetime
    """UTC. Where the source gave no usable time, the time of collection."""
    collected: datetime
    lang: str
    """ISO 639-1 as the source states it, or as detected; empty where unknown."""
    rating: float | None = None
    rating_max: float | None = None
    rating_kind: str | None = None
    revision: int = 1
    flags: tuple[str, ...] = ()
    """What was done to it at the door: "cut", "undated", "redacted"."""
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Small facts that only its source has; JSON values."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one scorer thinks of a mention, or of a mention towards one brand."""

    scorer: str
    version: str
    label: str
    confidence: float
    """0 to 1, calibrated where the model card says so."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """The scorer's whole answer, JSON values."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A mention of one brand together with what is thought of it: what counts, digests and triage work on."""

    mention: Mention
    brand: str
    spans: tuple[tuple[str, int, int], ...] = ()
    """Where the brand's query matched: (field, start, end) in characters."""
    sentiment: Sentiment | None = None
    """Towards the brand where that is scored, else of the mention; None while it is not scored."""
    unsure: bool = False
    """The sentiment is too close to call."""
    confidence: float = 0.0
    needs: tuple[str, ...] = ()
    """help, question, complaint, suggestion, praise, churn, impression; likeliest first."""
    topics: tuple[str, ...] = ()
    touchpoints: tuple[str, ...] = ()
    emotion: str = ""
    relevance: float | None = None
    """Does it speak of this brand at all: 0 to 1; None where not scored."""
    state: TriageState = "new"
    assignee: str = ""
    stage: str = ""
    """The step of the customer's journey; empty where not scored."""
    teams: tuple[str, ...] = ()
    """The departments that should answer; of several brands, several."""
    snoozed: datetime | None = None
    """Until when nobody wants to be reminded of it."""


@dataclass(frozen=True, slots=True)
class StoryHeard:
    """The same news of one brand, told at least twice: what of it was heard in one window."""

    id: int
    """As `story:12` finds it."""
    name: str
    """As a person calls it; empty: the words of its lead."""
    lead: Mention
    """Who published it first, whenever that was, among the likely mentions of this brand."""
    members: tuple[int, ...]
    """Its mentions of this brand published in the window, oldest first."""
    before: int = 0
    """… and how many before the window."""


@dataclass(frozen=True, slots=True)
class ThemeHeard:
    """What several people say of one brand in nearly the same words: what of it was heard in one window."""

    id: int
    """As `theme:12` finds it."""
    name: str
    """A phrase from the texts, or as a person calls it."""
    side: Literal["negative", "positive", ""]
    members: tuple[int, ...]
    """Its mentions published in the window, oldest first."""
    people: int
    """How many different authors these have."""
    previous: int = 0
    """How many mentions it had in the same length of time before."""
    past: tuple[tuple[date, int], ...] = ()
    """(date, count) of the past windows of the same kind; those before the brand was listened to are left out."""
    first: datetime | None = None
    """When its first mention was published."""
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand as configured: its name and the query that says what a mention of it is."""

    id: int
    name: str
    query: str
    aliases: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    """Names of other configured brands."""
    is_competitor: bool = False
    """True when it is only there to be compared with: it gets no digest of its own unless asked for."""
    own: tuple[str, ...] = ()
    """Its own channels, where it is one of ours: handles ("@acme") and domains."""


SourceState = Literal["new", "ok", "failing", "off", "paused"]


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How one configured source does: a row of `overheard sources` and of a digest's coverage."""

    name: str
    kind: str
    state: SourceState
    last_tried: datetime | None = None
    last_good: datetime | None = None
    next_due: datetime | None = None
    failures: int = 0
    """Failed polls in a row."""
    failing_since: datetime | None = None
    error: str = ""
    """The last error in words; empty when the last poll was good."""
    advice: str = ""
    """What a person can do about it."""
    gaps: tuple[str, ...] = ()
    """What is known to be missing: a cut reply, entries past a limit."""
    last_day_items: int = 0
    """Items taken in the last 24 hours."""
    items_a_day: float | None = None
    """The mean of the last seven days, or of all since it was first read; None in the first day."""
    interval: timedelta | None = None
    """How often it is asked, where its window moves on faster than configured."""
    moved_to: str = ""
    """The address that it now lives at, as the old one says."""
    recent: tuple[int, ...] = ()
    """How many entries each of the last polls saw, oldest first."""
    pushed_by: str = ""
    """The hub that sends what is new as it comes; empty where nobody does."""
