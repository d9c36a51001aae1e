"""What is not usual, as alerts: what rose or fell silent against what, its cause, and what to do. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.digest.alert import Alert, Shown
from monitor.digest.asks import ask
from monitor.digest.form import CITED, Figure, Sentence, say
from monitor.digest.wording import WEEKDAYS, grouped, many, plain_line, span
from monitor.mention import SourceHealth, StoryHeard

SHOWN = 5
HOURS_OF_A_DAY, HOURS_OF_A_WEEK = 24, 168
_PARTS = ((5, "night"), (12, "morning"), (18, "afternoon"), (23, "evening"), (24, "night"))
"""(hour before which, part of the day)"""

Kind = Literal["volume", "negative", "theme", "source", "competitor", "reviews", "silence"]


@dataclass(frozen=True, slots=True)
class Spike:
    """A window of one series that is not usual."""

    kind: Kind
    key: str
    brand: str
    name: str
    """Of the theme, source or competitor."""
    asked: str
    """Whose mentions they are: the brand, or its competitor."""
    condition: str
    """What a query asks for beside brand and time."""
    start: datetime
    end: datetime
    now: datetime
    hours: int
    count: int
    total: int | None
    """What it is a share of."""
    low: int
    high: int
    zone: str = "UTC"
    mentions: tuple[int, ...] = ()
    """The newest of them."""

    @property
    def query(self) -> str:
        return ask(self.asked, self.start, self.end, self.condition)


@dataclass(frozen=True, slots=True)
class Because:
    """The story or theme that tells most of what there is too much of."""

    sentence: Sentence
    id: str
    """"story:12", "theme:3": what has the same cause is told together."""
    mentions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an alert shows beside its sentence."""

    shown: tuple[Shown, ...] = ()
    cause: Because | None = None
    department: str = ""
    others: tuple[Spike, ...] = field(default=())
    """What else is not usual at the same time, or for the same reason."""


def spiked(spike: Spike, seen: Seen, number: int) -> Alert:
    """The alert. `number`: what people will type for it."""
    count = Figure(spike.count, grouped(spike.count), spike.query)
    return Alert(
        kind=spike.kind,
        brand=spike.brand,
        department=seen.department,
        subject=plain_line(_subject(spike), 120),
        sentence=sentence(spike),
        cause=seen.cause.sentence if seen.cause else None,
        total=Figure(count.value, many(spike.count, "mention"), count.query),
        mentions=seen.shown[:SHOWN],
        advice=advice(spike.key, number, [one.mention.id for one in seen.shown[:SHOWN]]),
        started=spike.start,
        until=min(spike.end, spike.now),
        timezone=spike.zone,
        details=tuple(sentence(one) for one in seen.others),
    )


def sentence(spike: Spike) -> Sentence:
    """ "Acme: 48 mentions within 2 hours; usual on a Tuesday afternoon is 3–9." """
    count = Figure(spike.count, grouped(spike.count), spike.query)
    usual = say(f"; usual {occasion(spike)} is {span(grouped(spike.low), grouped(spike.high))}.")
    return say(f"{plain_line(spike.brand, 60)}: ", *_counted(spike, count), *usual.parts, mentions=spike.mentions)


def _counted(spike: Spike, count: Figure) -> tuple[str | Figure, ...]:
    name, noun = plain_line(spike.name, 80), "mention" if spike.count == 1 else "mentions"
    within = f" within {lasting(spike.hours)}"
    match spike.kind:
        case "negative":
            whole = Figure(spike.total, grouped(spike.total or 0), ask(spike.asked, spike.start, spike.end))
            return count, " negative of ", whole, f" scored mentions{within}"
        case "theme":
            return count, f" {noun} of “{name}”{within}"
        case "source":
            return count, f" {noun} at {name}{within}"
        case "competitor":
            return count, f" {noun} of its competitor {name}{within}"
        case "reviews":
            return count, f" bad {'review' if spike.count == 1 else 'reviews'}{within}"
        case "silence":
            return "only " if spike.count else "", count, f" {noun}{f' at {name}' if name else ''}{within}"
        case _:
            return count, f" {noun}{within}"


def _subject(spike: Spike) -> str:
    name, brand = spike.name, spike.brand
    match spike.kind:
        case "negative":
            return f"{brand}: {grouped(spike.count)} of {grouped(spike.total or 0)} mentions are negative"
        case "theme":
            return f"{brand}: more and more say “{name}”"
        case "source":
            return f"{brand}: {many(spike.count, 'mention')} at {name} within {lasting(spike.hours)}"
        case "competitor":
            return f"{name}, competitor of {brand}: {many(spike.count, 'mention')} within {lasting(spike.hours)}"
        case "reviews":
            return f"{brand}: {many(spike.count, 'bad review')} within {lasting(spike.hours)}"
        case "silence":
            return f"{brand}: {'hardly' if spike.count else 'not'} a mention for {lasting(spike.hours)}"
        case _:
            return f"{brand}: {many(spike.count, 'mention')} within {lasting(spike.hours)}"


def lasting(hours: int) -> str:
    return many(hours // HOURS_OF_A_DAY, "day") if hours > HOURS_OF_A_DAY else many(hours, "hour")


def occasion(spike: Spike) -> str:
    """What the usual range is usual for: "on a Tuesday afternoon", "on a Tuesday", "in a week"."""
    if spike.hours >= HOURS_OF_A_WEEK:
        return "in a week"
    local = (spike.end - timedelta(minutes=30)).astimezone(ZoneInfo(spike.zone))
    weekday = WEEKDAYS[local.weekday()]
    if spike.hours >= HOURS_OF_A_DAY:
        return f"on a {weekday}"
    return f"on a {weekday} {next(part for before, part in _PARTS if local.hour < before)}"


def advice(key: str, number: int, ids: Sequence[int]) -> Sentence:
    """The commands to type."""
    return say(
        f"To say that you see to it: overheard alerts ack {number}. "
        f"To hear nothing more of it for two days: overheard alerts snooze {shlex.quote(key)} --for 2d",
        mentions=ids[:CITED],
    )


# ---- causes ----------------------------------------------------------------------------------------------------------


def of_story(spike: Spike, story: StoryHeard, ids: Sequence[int]) -> Because:
    """So many of them tell the same news."""
    headline = plain_line(story.name or story.lead.title or story.lead.text, 140)
    asked = ask(spike.asked, spike.start, spike.end, spike.condition, f"story:{story.id}")
    told = say(
        Figure(len(ids), grouped(len(ids)), asked),
        f" of them tell one story: “{headline}”, first at {plain_line(story.lead.source, 60)}.",
        mentions=ids,
    )
    return Because(told, f"story:{story.id}", tuple(ids))


def of_theme(spike: Spike, id_: int, name: str, ids: Sequence[int]) -> Because:
    """So many of them say the same."""
    asked = ask(spike.asked, spike.start, spike.end, spike.condition, f"theme:{id_}")
    told = say(Figure(len(ids), grouped(len(ids)), asked), f" of them say “{plain_line(name, 80)}”.", mentions=ids)
    return Because(told, f"theme:{id_}", tuple(ids))


# ---- what is told without a baseline ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Risen:
    """A theme that was not there before."""

    id: int
    key: str
    brand: str
    name: str
    people: int
    start: datetime
    now: datetime
    zone: str
    mentions: tuple[int, ...]


def new_theme(risen: Risen, seen: Seen, number: int) -> Alert:
    """Several people complain of something new."""
    name = plain_line(risen.name, 80)
    count = len(risen.mentions)
    total = Figure(count, many(count, "mention"), ask(risen.brand, risen.start, risen.now, f"theme:{risen.id}"))
    who = f", by {many(risen.people, 'person', 'people')}," if 1 < risen.people <= count else ""
    return Alert(
        kind="new-theme",
        brand=risen.brand,
        department=seen.department,
        subject=plain_line(f"{risen.brand}: new comment: “{risen.name}”", 120),
        sentence=say(f"{plain_line(risen.brand, 60)}: ", total, f"{who} say “{name}”, which nobody did before.",
                     mentions=risen.mentions),
        cause=None,
        total=total,
        mentions=seen.shown[:SHOWN],
        advice=advice(risen.key, number, [one.mention.id for one in seen.shown[:SHOWN]]),
        started=risen.start,
        until=risen.now,
        timezone=risen.zone,
    )  # fmt: skip


def unheard(source: SourceHealth, key: str, now: datetime, zone: str, number: int) -> Alert:
    """A source that has long failed: what is said there is not heard."""
    since = source.failing_since or now
    local = since.astimezone(ZoneInfo(zone))
    name = plain_line(source.name, 60)
    why = plain_line(source.error, 160) or "it does not answer"
    nothing = Figure(0, "no mention", "")
    return Alert(
        kind="silence",
        brand="",
        department="",
        subject=plain_line(f"{source.name} has not been heard since {local:%H:%M} on {local:%d %b}", 120),
        sentence=say(f"{name} has failed since {local:%H:%M} on {local:%d %b}: {why}."),
        cause=say(plain_line(source.advice, 240)) if source.advice else None,
        total=nothing,
        mentions=(),
        advice=advice(key, number, ()),
        started=since,
        until=now,
        timezone=zone,
    )
