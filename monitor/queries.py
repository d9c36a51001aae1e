"""Every question a face may ask but for searches (searches.py) and what a digest is made of (briefing.py), answered in
plain values: all faces call these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from monitor.mention import SourceHealth
from monitor.store import alerts, digests, opinions, outbox, taught, watches
from monitor.store import corrections as corrected
from monitor.store.corrections import Correction
from monitor.store.digests import Frozen, Listed
from monitor.store.outbox import Parcel
from monitor.store.taught import Head, Lesson

DAYS_DRAWN = 14


def digests_archive(connection: Connection, most: int) -> list[Listed]:
    """The newest digests, by their names."""
    return digests.archive(connection, most)


def digest(connection: Connection, digest_id: int) -> Frozen | None:
    """One digest, as it was frozen."""
    return digests.get(connection, digest_id)


@dataclass(frozen=True, slots=True)
class News:
    """A digest or an alert, as people were told."""

    kind: Literal["digest", "alert"]
    id: int
    created: datetime
    content: Mapping[str, Any]
    """digest.json or alert.json."""


def news(connection: Connection, most: int) -> list[News]:
    """The newest digests and alerts, newest first."""
    listed = (digests.get(connection, one.id) for one in digests.archive(connection, most))
    told = [News("digest", one.id, one.created, one.content) for one in listed if one]
    told += [News("alert", one.id, one.created, one.content) for one in alerts.listed(connection, most)]
    return sorted(told, key=lambda one: one.created, reverse=True)[:most]


def sources_health(connection: Connection, now: datetime) -> list[SourceHealth]:
    """How every configured source does."""
    return watches.health(connection, now)


def sources_days(connection: Connection, now: datetime) -> dict[str, tuple[int, ...]]:
    """How many mentions of each source were said on each of the last days, the oldest first."""
    return watches.said_a_day(connection, now, DAYS_DRAWN)


def parcels(connection: Connection, states: Sequence[str] = (), most: int = 50) -> list[Parcel]:
    """The newest notices on their way, delivered or given up."""
    return outbox.listed(connection, states, most)


def last_parcels(connection: Connection) -> dict[str, Parcel]:
    """What was last sent, or tried to be, through each channel."""
    return outbox.last(connection)


def waiting(connection: Connection) -> int:
    """How many (mention, brand) pairs are still to be scored."""
    return opinions.waiting(connection)


def corrections(connection: Connection, most: int, ids: Sequence[int] = ()) -> list[Correction]:
    """The newest corrections (or these), with what became of each."""
    return corrected.listed(connection, most, ids)


def correction_json(one: Correction) -> dict[str, Any]:
    """A correction as the command line and the API print it."""
    return {
        "id": one.id,
        "mention": one.mention_id,
        "said": one.said,
        "brand": one.brand,
        "field": one.field,
        "before": one.before,
        "after": one.after,
        "by": one.by,
        "at": one.at.isoformat().replace("+00:00", "Z"),
        "note": one.note,
        "near_duplicates": list(one.followers),
        "state": one.state,
        "undone_by": one.undone_by,
        "undone": one.undone.isoformat().replace("+00:00", "Z") if one.undone else None,
    }


def learnt(connection: Connection) -> list[tuple[Head, tuple[Lesson, ...]]]:
    """Every head of which something was corrected, with what it learnt over each encoder."""
    known = taught.lessons(connection)
    return [
        (head, tuple(one for one in known if (one.brand_id, one.scorer) == (head.brand_id, head.scorer)))
        for head in taught.heads(connection)
    ]
