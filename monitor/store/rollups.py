"""Counts kept in the transaction that changes them: per brand, quarter of an hour and label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from monitor.store.columns import EPOCH
from monitor.store.tables import RollupRow

# Every time zone in use is a whole number of quarters away from UTC: a local day is an exact sum of slots.
SLOT = timedelta(minutes=15)
ROLLUP = RollupRow.__table__

Change = tuple[int, datetime, str]
"""(brand id, time of the mention, label)"""


def slot_of(at: datetime) -> int:
    """Whole quarters of an hour since 1970."""
    return (at - EPOCH) // SLOT


def change(connection: Connection, up: Iterable[Change], down: Iterable[Change] = ()) -> None:
    """Count each of `up` one up and each of `down` one down."""
    counted = Counter(_key(one) for one in up)
    counted.subtract(_key(one) for one in down)
    rows = [{"brand_id": b, "slot": s, "label": label, "n": n} for (b, s, label), n in counted.items() if n]
    if rows:
        connection.execute(_ADD, rows)


def _key(one: Change) -> tuple[int, int, str]:
    brand, at, label = one
    return brand, slot_of(at), label


_INSERT = insert(ROLLUP)
_ADD = _INSERT.on_conflict_do_update(
    index_elements=["brand_id", "slot", "label"], set_={"n": ROLLUP.c.n + _INSERT.excluded.n}
)


def total(connection: Connection, brand_id: int, since: datetime, until: datetime) -> Mapping[str, int]:
    """Label to count over [since, until), both rounded down to a quarter of an hour."""
    rows = connection.execute(
        select(ROLLUP.c.label, func.sum(ROLLUP.c.n))
        .where(ROLLUP.c.brand_id == brand_id, ROLLUP.c.slot >= slot_of(since), ROLLUP.c.slot < slot_of(until))
        .group_by(ROLLUP.c.label)
    )
    return {label: count for label, count in rows if count}
