"""The outbox: a notice is a row from the moment of its cause, and its way to `delivered` or `dead` is written down.

`sending` is committed before the first byte leaves, the result after the answer. A row found in `sending` after a crash
is ambiguous: the channel is told of the earlier attempt and decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.sqlite import insert

from monitor.notice import Attempt, Notice
from monitor.store.columns import EPOCH
from monitor.store.tables import AttemptRow, OutboxRow

OUTBOX = OutboxRow.__table__
ATTEMPT = AttemptRow.__table__

READY = ("ready", "retry")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A notice on its way through one channel."""

    notice: Notice
    channel: str
    state: str
    attempts: tuple[Attempt, ...]
    next_at: datetime
    answer: str = ""
    way: Mapping[str, Any] | None = None
    """The channel's kind and options, where it was named on the spot and not in a configuration."""


def put(
    connection: Connection,
    notice: Notice,
    *,
    channel: str,
    subject: str,
    period: str,
    now: datetime,
    not_before: datetime | None = None,
    way: Mapping[str, Any] | None = None,
) -> bool:
    """Part of the transaction of the cause. False when (channel, subject, period) has its row already."""
    row = {
        "id": notice.id,
        "channel": channel,
        "subject": subject,
        "period": period,
        "state": "ready",
        "attempts": 0,
        "next_at": max(now, not_before or now),
        "created": now,
        "way": dict(way) if way else None,
        "notice": {"kind": notice.kind, "subject": notice.subject, "content": dict(notice.content)},
        "answer": "",
    }
    return connection.execute(insert(OUTBOX).on_conflict_do_nothing(), row).rowcount > 0


def ready(connection: Connection, now: datetime) -> list[Parcel]:
    """What is to be sent now: at most one a channel, the oldest, so that a stuck channel delays no other."""
    oldest = (
        select(func.min(OUTBOX.c.created))
        .where(OUTBOX.c.state.in_(READY), OUTBOX.c.next_at <= now)
        .group_by(OUTBOX.c.channel)
    )
    waiting = select(OUTBOX).where(OUTBOX.c.state.in_(READY), OUTBOX.c.next_at <= now, OUTBOX.c.created.in_(oldest))
    first: dict[str, Row[Any]] = {}
    for row in connection.execute(waiting.order_by(OUTBOX.c.created)):
        first.setdefault(row.channel, row)
    return [_parcel(connection, row) for row in first.values()]


def start(connection: Connection, notice_id: str, now: datetime) -> int | None:
    """Claim it and write the attempt down before the first byte; its number, or None when it is claimed already."""
    claim = update(OUTBOX).where(OUTBOX.c.id == notice_id, OUTBOX.c.state.in_(READY))
    claimed = connection.execute(claim.values(state="sending", attempts=OUTBOX.c.attempts + 1)).rowcount
    if not claimed:
        return None
    number: int = connection.execute(select(OUTBOX.c.attempts).where(OUTBOX.c.id == notice_id)).scalar_one()
    connection.execute(insert(ATTEMPT), {"outbox_id": notice_id, "number": number, "started": now, "answer": ""})
    return number


def finish(
    connection: Connection, notice_id: str, number: int, *, state: str, answer: str, next_at: datetime | None = None
) -> None:
    """Write the answer down: delivered, retry (at `next_at`), held or dead."""
    connection.execute(
        update(ATTEMPT)
        .where(ATTEMPT.c.outbox_id == notice_id, ATTEMPT.c.number == number)
        .values(answer=answer or state)
    )
    connection.execute(
        update(OUTBOX)
        .where(OUTBOX.c.id == notice_id)
        .values(state=state, answer=answer, next_at=next_at or OUTBOX.c.next_at)
    )


def recover(connection: Connection, now: datetime) -> int:
    """After a crash: what was being sent is ready again, its unanswered attempt on record; how many."""
    interrupted = update(OUTBOX).where(OUTBOX.c.state == "sending")
    return connection.execute(interrupted.values(state="retry", next_at=now)).rowcount


def replay(connection: Connection, notice_id: str, now: datetime) -> bool:
    """Send a dead or held notice once more. False when there is none of that id."""
    again = update(OUTBOX).where(OUTBOX.c.id == notice_id, OUTBOX.c.state.in_(("dead", "held")))
    return connection.execute(again.values(state="retry", next_at=now)).rowcount > 0


def listed(connection: Connection, states: Iterable[str] = (), most: int = 50) -> list[Parcel]:
    """The newest parcels, all or those in the given states."""
    question = select(OUTBOX).order_by(OUTBOX.c.created.desc()).limit(most)
    wanted = list(states)
    if wanted:
        question = question.where(OUTBOX.c.state.in_(wanted))
    return [_parcel(connection, row) for row in connection.execute(question).all()]


def last(connection: Connection) -> dict[str, Parcel]:
    """The newest parcel of each channel that was tried already."""
    newest = select(func.max(OUTBOX.c.created)).where(OUTBOX.c.attempts > 0).group_by(OUTBOX.c.channel)
    tried = select(OUTBOX).where(OUTBOX.c.attempts > 0, OUTBOX.c.created.in_(newest)).order_by(OUTBOX.c.created)
    return {row.channel: _parcel(connection, row) for row in connection.execute(tried).all()}


def of_subject(connection: Connection, subject: str) -> list[Parcel]:
    """The parcels of one subject, whatever became of them."""
    return [
        _parcel(connection, row) for row in connection.execute(select(OUTBOX).where(OUTBOX.c.subject == subject)).all()
    ]


def _parcel(connection: Connection, row: Row[Any]) -> Parcel:
    earlier = connection.execute(
        select(ATTEMPT.c.started, ATTEMPT.c.answer).where(ATTEMPT.c.outbox_id == row.id).order_by(ATTEMPT.c.number)
    )
    notice = Notice(row.id, row.notice["kind"], row.notice["subject"], row.created, row.notice["content"])
    attempts = tuple(Attempt(started, answer) for started, answer in earlier)
    return Parcel(notice, row.channel, row.state, attempts, row.next_at or EPOCH, row.answer, row.way)
