"""When a rule's catches are told, and which of them together: each, in batches, hourly, outside quiet hours. Pure.

The same decisions are played through by `overheard rules test`, so that it tells what would happen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

Send = Literal["each", "batch", "hourly"]
Why = Literal["each", "batch", "hourly", "flood", "quiet"]

BATCH = timedelta(minutes=10)
A_MINUTE = 5
"""More messages of one rule within a minute nobody reads: what comes faster is told together."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How a rule wants to be told."""

    send: Send = "each"
    quiet: tuple[time, time] | None = None
    """Local hours, the second after the first or on the next day."""
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Caught:
    """A mention that waits to be told."""

    mention_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """What is told in one message, and why together."""

    mention_ids: tuple[int, ...]
    why: Why


Sent = tuple[datetime, int]
"""When a message of the rule was made, and how many mentions it was about."""


def due(pace: Pace, waiting: Sequence[Caught], sent: Sequence[Sent], now: datetime) -> list[Message]:
    """What is told now of what waits, the oldest first. `sent`: the messages of the last ten minutes at least."""
    if not waiting or quiet_until(pace, now):
        return []
    kept = [one for one in waiting if quiet_until(pace, one.at)]
    others = [one for one in waiting if not quiet_until(pace, one.at)]
    messages = [_together(kept, "quiet")] if kept else []
    return messages + (_DUE[pace.send](pace, others, sent, now) if others else [])


def _each(pace: Pace, waiting: Sequence[Caught], sent: Sequence[Sent], now: datetime) -> list[Message]:
    """One by one while few come. More than a handful at once are told together, and as long as they were told so within
    the last ten minutes, whatever comes waits to be told together too."""
    if any(number > A_MINUTE and now - at < BATCH for at, number in sent):
        return []
    room = A_MINUTE - sum(now - at < MINUTE for at, _ in sent)
    if len(waiting) <= room:
        return [Message((one.mention_id,), "each") for one in waiting]
    return [_together(waiting, "flood")] if len(waiting) > A_MINUTE else []


def _batch(pace: Pace, waiting: Sequence[Caught], sent: Sequence[Sent], now: datetime) -> list[Message]:
    return [_together(waiting, "batch")] if min(one.at for one in waiting) + BATCH <= now else []


def _hourly(pace: Pace, waiting: Sequence[Caught], sent: Sequence[Sent], now: datetime) -> list[Message]:
    first = min(one.at for one in waiting).astimezone(pace.zone)
    into = timedelta(minutes=first.minute, seconds=first.second, microseconds=first.microsecond)
    struck = first.astimezone(UTC) - into  # in UTC no hour is missing, or there twice
    return [_together(waiting, "hourly")] if struck + HOUR <= now else []


_DUE: dict[Send, Callable[[Pace, Sequence[Caught], Sequence[Sent], datetime], list[Message]]] = {
    "each": _each,
    "batch": _batch,
    "hourly": _hourly,
}


def _together(waiting: Iterable[Caught], why: Why) -> Message:
    return Message(tuple(one.mention_id for one in waiting), why)


def quiet_until(pace: Pace, at: datetime) -> datetime | None:
    """When the quiet hours end that this moment lies in; None where it lies in none."""
    if pace.quiet is None:
        return None
    start, end = pace.quiet
    today = at.astimezone(pace.zone).date()
    for day in (today - DAY, today):
        ends = _moment(day + DAY if end <= start else day, end, pace.zone, last=True)
        if _moment(day, start, pace.zone) <= at < ends:
            return ends
    return None


def _moment(day: date, clock: time, zone: tzinfo, *, last: bool = False) -> datetime:
    """When the clock shows this; where it does so twice on that day, or (as it is put forward) never, the first moment
    of the two that could be meant, or the last: on such a night quiet hours are rather too long than cut in two."""
    both = [datetime.combine(day, clock, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    return max(both) if last else both[0]


# ---- what would have been told ---------------------------------------------------------------------------------------

_LOOK = timedelta(seconds=30)


def played(pace: Pace, caught: Sequence[Caught]) -> list[tuple[datetime, Message]]:
    """The messages that these catches, oldest first, would have come to, and when."""
    told: list[tuple[datetime, Message]] = []
    waiting: list[Caught] = []
    coming = deque(caught)
    now = coming[0].at if coming else None
    while now is not None:
        while coming and coming[0].at <= now:
            waiting.append(coming.popleft())
        messages = due(pace, waiting, [(when, len(one.mention_ids)) for when, one in told[-2 * A_MINUTE :]], now)
        told += [(now, message) for message in messages]
        done = {id_ for message in messages for id_ in message.mention_ids}
        waiting = [one for one in waiting if one.mention_id not in done] if done else waiting
        now = _next_look(pace, bool(waiting), coming[0].at if coming else None, now)
    return told


def _next_look(pace: Pace, waiting: bool, arrival: datetime | None, now: datetime) -> datetime | None:
    """When something may be due again: as the next one comes, at the end of quiet hours, or in half a minute."""
    look = (quiet_until(pace, now) or now + _LOOK) if waiting else None
    return min((moment for moment in (look, arrival) if moment), default=None)
