"""The form of a digest: sections of sentences and figures. Every figure carries the query that gives it again; every
sentence the mentions that it stands on. digest.json is this, or (together.py) a digest of several brands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Literal

from monitor.digest.visible import visible

CITED = 50
"""A sentence names at most so many mentions; its figures' queries give the rest."""

Level = Literal["normal", "reply", "unusual", "quiet", "learning", "blind"]
Place = Literal["below", "within", "above", "unknown"]
"""Where a value stands against its usual range."""
Kind = Literal["daily", "weekly"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, as it reads, and the query that gives its mentions again (empty where none can: what is held apart).
    Estimates carry their interval and how many they stand on."""

    value: float | int | None
    text: str
    query: str
    low: float | None = None
    high: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words and figures in order; `text` is the whole of it."""

    parts: tuple[str | Figure, ...]
    mentions: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)


def say(*parts: str | Figure, mentions: Iterable[int] = ()) -> Sentence:
    """Words and figures in order; words that follow each other become one part."""
    joined: list[str | Figure] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return Sentence(tuple(joined), tuple(islice(mentions, CITED)))


@dataclass(frozen=True, slots=True)
class Cited:
    """One mention as a digest shows it: an excerpt in its own words, and where it stands."""

    id: int
    text: str
    title: str
    author: str
    source: str
    url: str
    published: datetime
    rating: float | None = None
    rating_max: float | None = None


@dataclass(frozen=True, slots=True)
class Quoted:
    """Somebody's own words: one sentence of a mention, as it was written."""

    mention: Cited
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What something is about, in a line or two: sentences taken out of the cited mentions, or worded by `by`."""

    text: str
    mentions: tuple[int, ...]
    by: str = ""
    """The summariser that worded it; empty: extracted, word for word."""


@dataclass(frozen=True, slots=True)
class Verdict:
    level: Level
    sentence: Sentence
    summary: Summary | None = None
    """What the day is about; None where there is too little to sum up."""
    few: tuple[Cited, ...] = ()
    """All that was said, where the day is quiet: it is shown rather than summed up."""


@dataclass(frozen=True, slots=True)
class ToAnswer:
    mention: Cited
    owner: str
    """Empty: nobody yet."""
    hours: int
    """Its age when the window ended."""
    why: tuple[str, ...]
    """Why it was picked, weightiest first."""
    team: str = ""
    """The department that should answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    sentence: Sentence
    total: Figure
    items: tuple[ToAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of the window against its usual range."""

    name: Literal["volume", "net_sentiment", "share_of_voice"]
    title: str
    now: Figure
    usual: Figure | None
    """`low` and `high` are both inside; None with too little history."""
    interval: Figure | None
    """Where `now` is an estimate: its 95 % confidence interval, of `now.n` mentions."""
    place: Place
    previous: Figure | None
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    volume: int
    negative: int
    neutral: int
    positive: int


@dataclass(frozen=True, slots=True)
class Changed:
    measures: tuple[Measure, ...]
    split: dict[str, Figure]
    """negative, neutral, positive, unscored."""
    trend: tuple[Day, ...]
    """Past periods of the same kind (days, or weeks by the day on which they end) and this one, oldest first."""
    note: Sentence | None = None
    days: tuple[Day, ...] = ()
    """The days of this period, where it is longer than one."""


@dataclass(frozen=True, slots=True)
class Story:
    id: int
    """As `story:12` finds it."""
    headline: str
    lead: Cited
    """The earliest, whenever it was published."""
    copies: Figure
    """Its mentions in the window, the lead among them where it is."""
    more: Figure
    """ "+ 14 more": besides the lead, until the window's end, also those before the window; `value` counts all."""
    sources: tuple[str, ...]
    """Who told it in the window, in the order in which they did."""
    sentence: Sentence
    quote: Quoted | None = None
    summary: Summary | None = None


@dataclass(frozen=True, slots=True)
class Stories:
    sentence: Sentence
    items: tuple[Story, ...]


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    """As `theme:12` finds it."""
    phrase: str
    """A phrase from the texts, or as a person calls it: the same every day."""
    people: int
    count: Figure
    previous: Figure
    """In the period before."""
    change: int
    quotes: tuple[Quoted, ...]
    """Two, by different people, where there are."""
    sentence: Sentence
    usual: Figure | None = None
    """`low` and `high` are both inside; None with too little history."""
    place: Place = "unknown"
    new: bool = False
    """Nobody said it before this window."""
    trend: tuple[int, ...] = ()
    """Counts of the past periods and this one, oldest first."""
    pinned: bool = False
    summary: Summary | None = None


@dataclass(frozen=True, slots=True)
class Repeated:
    complaints: tuple[Comment, ...] = ()
    praise: tuple[Comment, ...] = ()
    unsorted: tuple[Comment, ...] = ()
    """Everything together, only while nothing is scored."""
    note: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A brand on the measures that all are compared by."""

    name: str
    own: bool
    volume: Figure
    usual: Figure | None
    place: Place
    net_sentiment: Figure | None
    share_of_voice: Figure | None
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Voice:
    """One brand's part of a topic or a stage."""

    name: str
    own: bool
    volume: Figure
    share: Figure | None
    """Of all brands' mentions of it, in per cent, with its interval."""
    net_sentiment: Figure | None


@dataclass(frozen=True, slots=True)
class Compared:
    """Share of voice on one topic or at one stage of the journey."""

    label: str
    voices: tuple[Voice, ...]
    """One's own first, then in the order of the lines."""
    sentence: Sentence | None = None
    """Where one's own share here differs from that of everything by more than chance."""


@dataclass(frozen=True, slots=True)
class Competitors:
    lines: tuple[Line, ...]
    topics: tuple[Compared, ...] = ()
    """The most spoken of, at most eight."""
    stages: tuple[Compared, ...] = ()
    """In the order of the journey."""


@dataclass(frozen=True, slots=True)
class Reviews:
    count: Figure
    mean: Figure | None
    previous_mean: Figure | None
    stars: tuple[Figure, ...]
    """How many with 1, 2, 3, 4, 5 stars."""
    low: tuple[Cited, ...]
    """The new one- and two-star reviews, worst first, at most five."""
    low_count: Figure
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the customer's journey."""

    name: str
    volume: Figure
    split: dict[str, Figure]
    """negative, neutral, positive, unscored."""
    net_sentiment: Figure | None
    previous: Figure | None
    """Net sentiment in the period before."""
    target: float | None = None
    """The net sentiment that is wanted here."""
    gap: Figure | None = None
    """Net sentiment less the target, in points."""


@dataclass(frozen=True, slots=True)
class Want:
    """What people want of the brand: service ("asks for an answer"), or the experience that they speak of."""

    name: Literal["service", "suggestion", "impression"]
    title: str
    volume: Figure
    share: Figure
    """Of all mentions that want anything, in per cent, with its interval."""
    net_sentiment: Figure | None


@dataclass(frozen=True, slots=True)
class Took:
    """How long something took, of `n` that got so far."""

    median: Figure
    """`value` in seconds."""
    p90: Figure
    n: int


@dataclass(frozen=True, slots=True)
class Team:
    """One department's mentions, and how fast they were answered."""

    name: str
    """Empty: what no department has."""
    volume: Figure
    net_sentiment: Figure | None
    waiting: Figure
    """Who still waits for an answer."""
    first_reply: Took | None = None
    resolution: Took | None = None
    target: float | None = None
    """Seconds in which a first reply is wanted."""
    within: Figure | None = None
    """The share that was answered in that time, in per cent."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is said otherwise at one source than elsewhere, by more than chance."""

    source: str
    topic: str
    """Empty: whatever is spoken of."""
    here: Figure
    """Net sentiment at this source, and …"""
    elsewhere: Figure
    """… at all others."""
    points: Figure
    """`here` less `elsewhere`, with its interval."""
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Experience:
    sentence: Sentence
    stages: tuple[Stage, ...] = ()
    """In the order of the journey; those that nobody spoke of are left out."""
    wants: tuple[Want, ...] = ()
    teams: tuple[Team, ...] = ()
    channels: tuple[Difference, ...] = ()
    """Largest first. All comparisons together are wrong in one of twenty at most (Benjamini and Hochberg 1995)."""
    note: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A source as the coverage shows it."""

    name: str
    kind: str
    state: str
    items: Figure
    since: datetime | None
    """Failing since."""
    last_good: datetime | None
    error: str
    advice: str
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    sentence: Sentence
    notes: tuple[Sentence, ...]
    sources: tuple[Checked, ...]
    silent: tuple[tuple[str, str], ...]
    """(network, why)"""


@dataclass(frozen=True, slots=True)
class Sections:
    verdict: Verdict
    reply: Reply
    changed: Changed
    stories: Stories
    repeated: Repeated
    competitors: Competitors
    reviews: Reviews
    experience: Experience
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Digest:
    kind: Kind
    brand: str
    department: str
    """Only what is this department's; empty: everything."""
    date: date
    timezone: str
    start: datetime
    end: datetime
    subject: str
    sections: Sections


VERSION = 2


def as_json(digest: Digest) -> dict[str, Any]:
    """`digest.json`: what is frozen, and what every renderer reads. Times are ISO 8601 in UTC; sections in reading
    order."""
    return {
        "version": VERSION,
        "kind": digest.kind,
        "brand": digest.brand,
        "department": digest.department,
        "date": digest.date.isoformat(),
        "timezone": digest.timezone,
        "window": {"start": plain(digest.start), "end": plain(digest.end)},
        "subject": digest.subject,
        "sections": plain(digest.sections),
    }


def plain(value: Any) -> Any:
    """As JSON: sentences with their text, figures without what is not known, times as ISO 8601 in UTC."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Sentence):
        return {"text": value.text, "parts": plain(value.parts), "mentions": list(value.mentions)}
    if isinstance(value, Figure):
        given = {f.name: getattr(value, f.name) for f in fields(value)}
        return {name: v for name, v in given.items() if v is not None or name == "value"}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    return value
