"""Alerts: what people are told at once. One a key and slot, whatever happens; acknowledged and snoozed by people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from monitor.store.tables import AlertRow

ALERT = AlertRow.__table__


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
        "state": "open",
        "by": "",
        "told": told,
        "content": dict(content),
    }
    return connection.execute(insert(ALERT).on_conflict_do_nothing().returning(ALERT.c.id), row).scalar()
