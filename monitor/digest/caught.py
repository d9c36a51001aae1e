"""What a rule has caught, and answers that did not come, as alerts. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from monitor.digest.alert import Alert, Shown
from monitor.digest.asks import instant
from monitor.digest.form import CITED, Figure, Sentence, say
from monitor.digest.wording import listed, many, plain_line
from monitor.query.conditions import both
from monitor.query.problem import QueryError

MOST = 5
Why = Literal["each", "batch", "hourly", "flood", "quiet"]
_TOGETHER: dict[Why, str] = {
    "each": "",
    "batch": " within ten minutes",
    "hourly": " in the last hour",
    "flood": " at once",
    "quiet": " during quiet hours",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A rule, or a department, as its alerts name it."""

    name: str
    key: str
    query: str
    department: str = ""
    timezone: str = "UTC"


def caught(rule: Told, shown: Sequence[Shown], brands: Sequence[str], why: Why) -> Alert:
    """An alert on what a rule has caught; `shown`: all of it, those to look at first in front."""
    ids = [one.mention.id for one in shown]
    total = _total(rule.query, shown)
    told = say(total, f"{_of(brands)} that “{rule.name}” asks for{_came(shown, why)}.", mentions=ids)
    return Alert(
        kind="rule",
        brand=", ".join(brands),
        department=rule.department,
        subject=plain_line(f"{rule.name}: {_who(shown)}", 120),
        sentence=told,
        cause=None,
        total=total,
        mentions=tuple(shown[:MOST]),
        advice=_advice(rule, ids),
        started=min(one.mention.published for one in shown),
        until=max(one.mention.published for one in shown),
        timezone=rule.timezone,
        details=(say("More than five a minute are told together, until it is calm again."),) if why == "flood" else (),
    )


def unanswered(
    rule: Told, shown: Sequence[Shown], brands: Sequence[str], within: timedelta, waits: timedelta, now: datetime
) -> Alert:
    """An alert on answers that did not come; `shown`: all of them, those who wait longest in front, `waits` for how
    long the first does, since it was told."""
    ids = [one.mention.id for one in shown]
    total = _total(rule.query, shown)
    long = lasting(waits)
    told = f"has waited {long} for an answer" if len(shown) == 1 else f"wait for an answer, the oldest for {long}"
    sentence = say(total, f"{_of(brands)} {told}. The target of “{rule.name}” is {lasting(within)}.", mentions=ids)
    return Alert(
        kind="unanswered",
        brand=", ".join(brands),
        department=rule.department,
        subject=plain_line(f"{many(len(shown), 'mention')} unanswered for {lasting(waits)}: {rule.name}", 120),
        sentence=sentence,
        cause=None,
        total=total,
        mentions=tuple(shown[:MOST]),
        advice=_advice(None, ids),
        started=min(one.mention.published for one in shown),
        until=now,
        timezone=rule.timezone,
    )


def lasting(span: timedelta) -> str:
    """ "45 minutes", "5 hours", "3 days": whole ones, of the unit that people would say."""
    minutes = max(1, span // timedelta(minutes=1))
    if minutes < 90 and minutes != 60:
        return many(minutes, "minute")
    return many(minutes // 60, "hour") if minutes < 2 * 24 * 60 else many(minutes // (24 * 60), "day")


def _of(brands: Sequence[str]) -> str:
    return f" of {listed([plain_line(name, 60) for name in brands])}" if brands else ""


def _came(shown: Sequence[Shown], why: Why) -> str:
    if len(shown) > 1:
        return f" came{_TOGETHER[why]}"
    mention = shown[0].mention
    return f", by {mention.author} at {mention.source}" if mention.author else f", at {mention.source}"


def _who(shown: Sequence[Shown]) -> str:
    mention = shown[0].mention
    return many(len(shown), "mention") if len(shown) > 1 else f"{mention.author or 'somebody'} at {mention.source}"


def _total(query: str, shown: Sequence[Shown]) -> Figure:
    """How many there are, and what finds them again: the query, in the time in which they were published."""
    first = min(one.mention.published for one in shown)
    after_last = max(one.mention.published for one in shown) + timedelta(seconds=1)
    try:
        asked = both(query, f"after:{instant(first)} before:{instant(after_last)}")
    except QueryError:  # it is as long as a query may be
        asked = query
    return Figure(len(shown), many(len(shown), "mention"), asked)


def _advice(rule: Told | None, ids: Sequence[int]) -> Sentence:
    """The commands to type. A number stands without its sign there: a shell takes # for a remark."""
    numbers = " ".join(map(str, ids[:MOST]))
    snooze = (
        f" To hear nothing of it for a day: overheard alerts snooze {shlex.quote(rule.key)} --for 1d" if rule else ""
    )
    return say(f"Once answered: overheard triage {numbers} --reply{snooze and '.'}{snooze}", mentions=ids[:CITED])
