"""Digests, frozen: one per subscription and local date; and since when each subscription is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, func, select
from sqlalchemy.dialects.sqlite import insert

from monitor.store.tables import DigestRow, SubscriptionRow

DIGEST = DigestRow.__table__
SUBSCRIPTION = SubscriptionRow.__table__


@dataclass(frozen=True, slots=True)
class Frozen:
    """A digest as it was written: `content` is its `digest.json`."""

    id: int
    subscription: str
    brand: str
    local_date: date
    created: datetime
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """A digest in a list of them."""

    id: int
    brand: str
    local_date: date
    subject: str


def register(connection: Connection, subscriptions: Iterable[str], now: datetime) -> None:
    """Remember since when each subscription is there."""
    rows = [{"key": key, "created": now} for key in subscriptions]
    if rows:
        connection.execute(insert(SUBSCRIPTION).on_conflict_do_nothing(), rows)


def since(connection: Connection, subscription: str) -> datetime | None:
    """When this subscription was first asked for."""
    return connection.execute(select(SUBSCRIPTION.c.created).where(SUBSCRIPTION.c.key == subscription)).scalar()


def told_until(connection: Connection, subscription: str) -> datetime | None:
    """Where the window of this subscription's last digest ended."""
    return connection.execute(select(func.max(DIGEST.c.until)).where(DIGEST.c.subscription == subscription)).scalar()


def last_date(connection: Connection, subscription: str) -> date | None:
    """The latest local date that this subscription has a digest of."""
    latest = connection.execute(
        select(func.max(DIGEST.c.local_date)).where(DIGEST.c.subscription == subscription)
    ).scalar()
    return date.fromisoformat(latest) if latest else None


def freeze(
    connection: Connection,
    *,
    subscription: str,
    brand: str,
    local_date: date,
    until: datetime,
    content: Mapping[str, Any],
    now: datetime,
) -> int | None:
    """Store a digest; its id, or None when this subscription has one of that date already."""
    row = {
        "subscription": subscription,
        "brand": brand,
        "local_date": local_date.isoformat(),
        "until": until,
        "created": now,
        "content": dict(content),
    }
    return connection.execute(insert(DIGEST).on_conflict_do_nothing().returning(DIGEST.c.id), row).scalar()


def archive(connection: Connection, most: int = 60) -> list[Listed]:
    """The newest digests, by their names: the contents, often a hundred kilobytes each, stay where they are."""
    subject = func.json_extract(DIGEST.c.content, "$.subject", type_=Text)
    newest = select(DIGEST.c.id, DIGEST.c.brand, DIGEST.c.local_date, subject).order_by(DIGEST.c.id.desc()).limit(most)
    return [
        Listed(id_, brand, date.fromisoformat(day), title or "")
        for id_, brand, day, title in connection.execute(newest)
    ]


def get(connection: Connection, digest_id: int) -> Frozen | None:
    """One digest."""
    row = connection.execute(select(DIGEST).where(DIGEST.c.id == digest_id)).one_or_none()
    return _frozen(row) if row else None


def _frozen(row: Row[Any]) -> Frozen:
    return Frozen(row.id, row.subscription, row.brand, date.fromisoformat(row.local_date), row.created, row.content)
