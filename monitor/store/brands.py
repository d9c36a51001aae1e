"""Brands as rows: their ids stay through changes of the query, and a changed query is tried on what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, insert, select, update

from monitor.mention import Brand
from monitor.store.tables import BrandRow, MentionRow

BRAND = BrandRow.__table__
MENTION = MentionRow.__table__


@dataclass(frozen=True, slots=True)
class Versioned:
    """A brand with the version of its query."""

    brand: Brand
    query_version: int


def sync(connection: Connection, configured: Iterable[Brand]) -> list[Versioned]:
    """Give each configured brand its row; a changed query gets a new version and is to be tried on what is stored."""
    present = {row.name: row for row in connection.execute(select(BRAND))}
    stored_any = connection.execute(select(func.max(MENTION.c.id))).scalar() is not None
    synced = []
    for brand in configured:
        row = present.get(brand.name)
        if row is None:
            values = {"name": brand.name, "query": brand.query, "query_version": 1, "settings": {}}
            key = connection.execute(
                insert(BRAND), values | {"rematched_to": 0 if stored_any else None}
            ).inserted_primary_key
            assert key is not None
            synced.append(Versioned(replace(brand, id=key[0]), 1))
        elif row.query != brand.query:
            version = row.query_version + 1
            connection.execute(
                update(BRAND)
                .where(BRAND.c.id == row.id)
                .values(query=brand.query, query_version=version, rematched_to=0)
            )
            synced.append(Versioned(replace(brand, id=row.id), version))
        else:
            synced.append(Versioned(replace(brand, id=row.id), row.query_version))
    return synced


def to_rematch(connection: Connection) -> dict[int, int]:
    """Brand id to the last mention that its changed query was tried on."""
    rows = connection.execute(select(BRAND.c.id, BRAND.c.rematched_to).where(BRAND.c.rematched_to.is_not(None)))
    return dict(rows.all())


def rematched(connection: Connection, brand_id: int, to: int | None) -> None:
    """Note how far the changed query has been tried; None when through."""
    connection.execute(update(BRAND).where(BRAND.c.id == brand_id).values(rematched_to=to))


def names(connection: Connection) -> Mapping[int, str]:
    """Brand id to name."""
    return dict(connection.execute(select(BRAND.c.id, BRAND.c.name)).all())
