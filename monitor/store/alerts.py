"""Alerts: what people are told at once. One a key and slot, whatever happens; acknowledged and snoozed by people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from monitor.errors import Refused
from monitor.store.tables import AlertRow, CheckedRow, SnoozeRow

ALERT = AlertRow.__table__
SNOOZE = SnoozeRow.__table__
CHECKED = CheckedRow.__table__

OPEN, ACKNOWLEDGED, OVER = "open", "acknowledged", "over"


@dataclass(frozen=True, slots=True)
class Cause:
    """What an alert is about."""

    kind: str
    key: str
    """What is watched: "volume/3", "theme/17", "rule/Angry and heard"."""
    slot: str
    """The hour, batch or mention that it is about."""
    started: datetime
    until: datetime
    brand_id: int = 0
    department: str = ""


def keep(connection: Connection, cause: Cause, content: Mapping[str, Any], *, told: bool, now: datetime) -> int | None:
    """Store an alert; its id, or None when its key has one of that slot already."""
    row = {
        "kind": cause.kind,
        "key": cause.key,
        "slot": cause.slot,
        "brand_id": cause.brand_id,
        "department": cause.department,
        "started": cause.started,
        "until": cause.until,
        "created": now,
        "state": OPEN,
        "by": "",
        "told": told,
        "content": dict(content),
    }
    return connection.execute(insert(ALERT).on_conflict_do_nothing().returning(ALERT.c.id), row).scalar()


# ---- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """An alert as it was told, and where it stands."""

    id: int
    kind: str
    key: str
    brand_id: int
    department: str
    started: datetime
    until: datetime
    created: datetime
    state: str
    by: str
    at: datetime | None
    told: bool
    content: Mapping[str, Any]
    """alert.json."""


def listed(connection: Connection, most: int, *, unsettled: bool = False, since: datetime | None = None) -> list[Kept]:
    """The newest alerts; with `unsettled`, those that nobody acknowledged and that are not over."""
    question = select(ALERT).order_by(ALERT.c.id.desc()).limit(most)
    if unsettled:
        question = question.where(ALERT.c.state == OPEN)
    if since is not None:
        question = question.where(ALERT.c.created >= since)
    return [_kept(row) for row in connection.execute(question)]


def get(connection: Connection, alert_id: int) -> Kept:
    """One alert. Raises Refused where there is none."""
    row = connection.execute(select(ALERT).where(ALERT.c.id == alert_id)).one_or_none()
    if row is None:
        raise Refused(f"There is no alert {alert_id}: `overheard alerts` shows the number of each.")
    return _kept(row)


def _kept(row: Row[Any]) -> Kept:
    return Kept(*(getattr(row, name) for name in Kept.__slots__))


# ---- what people and time change -------------------------------------------------------------------------------------


def acknowledge(connection: Connection, ids: Sequence[int], by: str, now: datetime) -> list[Kept]:
    """Somebody sees to these: all of them, or none where one is not there. One that is acknowledged stays so."""
    found = [get(connection, id_) for id_ in ids]
    change = update(ALERT).where(ALERT.c.id.in_(ids), ALERT.c.state != ACKNOWLEDGED)
    connection.execute(change.values(state=ACKNOWLEDGED, by=by, at=now))
    return [get(connection, one.id) for one in found]


def over(connection: Connection, keys: Collection[str], now: datetime) -> None:
    """What these keys watch is usual again: what is open is over."""
    change = update(ALERT).where(ALERT.c.key.in_(keys), ALERT.c.state == OPEN)
    connection.execute(change.values(state=OVER, at=now))


def seen_until(connection: Connection, alert_id: int, until: datetime) -> None:
    """What it tells of still goes on."""
    connection.execute(update(ALERT).where(ALERT.c.id == alert_id, ALERT.c.until < until).values(until=until))


# ---- snoozes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Snooze:
    """Nobody wants to hear of what this key, or all keys below it, watch."""

    key: str
    until: datetime
    by: str


def snooze(connection: Connection, key: str, until: datetime, by: str, now: datetime) -> None:
    """Until then nothing is sent of it."""
    row = {"key": key, "until": until, "by": by, "at": now}
    change = {"until": until, "by": by, "at": now}
    connection.execute(insert(SNOOZE).on_conflict_do_update(index_elements=["key"], set_=change), row)


def unsnooze(connection: Connection, key: str) -> bool:
    """Hear of it again; False where it was not snoozed."""
    return connection.execute(delete(SNOOZE).where(SNOOZE.c.key == key)).rowcount > 0


def snoozed(connection: Connection, now: datetime) -> list[Snooze]:
    """What is snoozed now."""
    rows = connection.execute(select(SNOOZE).where(SNOOZE.c.until > now).order_by(SNOOZE.c.key))
    return [Snooze(row.key, row.until, row.by) for row in rows]


def sleeps(key: str, snoozes: Collection[Snooze]) -> bool:
    """Whether a key is snoozed, by its own name or by one that it begins with: "theme" is all themes."""
    return any(key == one.key or key.startswith(one.key.rstrip("/") + "/") for one in snoozes)


# ---- how far detectors have come -------------------------------------------------------------------------------------


def checked(connection: Connection, key: str) -> tuple[datetime, Mapping[str, Any]] | None:
    """(until when, what is kept) of a detector; None where it never looked."""
    row = connection.execute(select(CHECKED).where(CHECKED.c.key == key)).one_or_none()
    return (row.until, row.kept) if row else None


def note(connection: Connection, key: str, until: datetime, kept: Mapping[str, Any]) -> None:
    """A detector has come so far."""
    row = {"key": key, "until": until, "kept": dict(kept)}
    change = {"until": until, "kept": dict(kept)}
    connection.execute(insert(CHECKED).on_conflict_do_update(index_elements=["key"], set_=change), row)


def next_number(connection: Connection) -> int:
    """The number that the next alert of this transaction will have."""
    return int(connection.execute(select(func.coalesce(func.max(ALERT.c.id), 0) + 1)).scalar_one())


def open_keys(connection: Connection, prefix: str) -> set[str]:
    """The keys that begin so and have an open alert."""
    mine = (ALERT.c.state == OPEN) & ALERT.c.key.startswith(prefix, autoescape=True)
    return set(connection.scalars(select(ALERT.c.key).where(mine)))


def is_kept(connection: Connection, key: str, slot: str) -> bool:
    """Whether a key has an alert of this slot."""
    return connection.execute(select(ALERT.c.id).where(ALERT.c.key == key, ALERT.c.slot == slot)).first() is not None


def is_made_since(connection: Connection, key: str, since: datetime) -> bool:
    """Whether a key has an alert that was made after this time."""
    mine = (ALERT.c.key == key) & (ALERT.c.created > since)
    return connection.execute(select(ALERT.c.id).where(mine).limit(1)).first() is not None
