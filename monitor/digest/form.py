"""The form of a digest: sections of sentences and figures. Every figure carries the query that gives it again; every
sentence the mentions that it stands on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Any, Literal

from monitor.digest.visible import visible

CITED = 50
"""A sentence names at most so many mentions; its figures' queries give the rest."""

Level = Literal["normal", "reply", "unusual", "quiet", "learning", "blind"]


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
    return Sentence(tuple(joined), tuple(mentions)[:CITED])


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
class Verdict:
    level: Level
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class ToAnswer:
    mention: Cited
    owner: str
    """Empty: nobody yet."""
    hours: int
    """Its age when the window ended."""
    why: tuple[str, ...]
    """Why it was picked, weightiest first."""


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
    place: Literal["below", "within", "above", "unknown"]
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
    """Past days and this one, oldest first."""
    note: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Story:
    headline: str
    lead: Cited
    """The earliest."""
    copies: Figure
    """All items, the lead among them."""
    sources: tuple[str, ...]
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Stories:
    sentence: Sentence
    items: tuple[Story, ...]


@dataclass(frozen=True, slots=True)
class Quoted:
    mention: Cited
    text: str


@dataclass(frozen=True, slots=True)
class Comment:
    phrase: str
    people: int
    count: Figure
    previous: Figure
    change: int
    quotes: tuple[Quoted, ...]
    sentence: Sentence


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
    place: Literal["below", "within", "above", "unknown"]
    net_sentiment: Figure | None
    share_of_voice: Figure | None
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Competitors:
    lines: tuple[Line, ...]


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
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Digest:
    brand: str
    date: date
    timezone: str
    start: datetime
    end: datetime
    subject: str
    sections: Sections


VERSION = 1


def as_json(digest: Digest) -> dict[str, Any]:
    """`digest.json`: what is frozen, and what every renderer reads. Times are ISO 8601 in UTC; sections in reading
    order."""
    return {
        "version": VERSION,
        "brand": digest.brand,
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
