"""Brands as rows: their ids stay through changes of the query, and a changed query is tried on what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, insert, select, update

from monitor.mention import Brand
from monitor.store import index
from monitor.store.documents import own_channels
from monitor.store.matches import RELEVANT_FROM
from monitor.store.slices import slices
from monitor.store.tables import BrandRow
from monitor.store.touched import touch

BRAND = BrandRow.__table__


@dataclass(frozen=True, slots=True)
class Versioned:
    """A brand with the version of its query."""

    brand: Brand
    query_version: int


def sync(connection: Connection, configured: Iterable[Brand]) -> list[Versioned]:
    """Give each configured brand its row. One that is new, has a new query, or comes back after having been taken out
    is to be tried on everything that is stored."""
    present = {row.name: row for row in connection.execute(select(BRAND))}
    own_before = own_channels(connection)
    synced = []
    for brand in configured:
        row = present.pop(brand.name, None)
        if row is None:
            values = {"name": brand.name, "query": brand.query, "query_version": 1, "rematched_to": 0, "active": True}
            values["own"] = list(brand.own)
            key = connection.execute(insert(BRAND), values).inserted_primary_key
            assert key is not None
            synced.append(Versioned(replace(brand, id=key[0]), 1))
            continue
        version = row.query_version + (row.query != brand.query)
        if version != row.query_version or not row.active:
            change = update(BRAND).where(BRAND.c.id == row.id)
            connection.execute(change.values(query=brand.query, query_version=version, rematched_to=0, active=True))
        if tuple(row.own) != brand.own:
            connection.execute(update(BRAND).where(BRAND.c.id == row.id).values(own=list(brand.own)))
        synced.append(Versioned(replace(brand, id=row.id), version))
    absent = [row.id for row in present.values()]
    connection.execute(update(BRAND).where(BRAND.c.id.in_(absent)).values(active=False, rematched_to=None))
    own = own_channels(connection)
    if own != own_before:
        touch(connection, index.written_by(connection, own))
    return synced


def query_version(connection: Connection, brand_id: int) -> int | None:
    """Of the query that the configuration gives this brand now; None for one that it does not know."""
    version: int | None = connection.execute(select(BRAND.c.query_version).where(BRAND.c.id == brand_id)).scalar()
    return version


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


def of_so_many(connection: Connection, mention_ids: Collection[int]) -> dict[str, int]:
    """A brand's name to how many of these mentions are of it, the most frequent first; "": how many are of none."""
    total: Counter[str] = Counter()
    for some in slices(mention_ids):
        marks = ", ".join("?" * len(some))
        total.update(dict(connection.exec_driver_sql(_OF_SO_MANY.format(marks), tuple(some)).all()))
        known = connection.exec_driver_sql(_OF_ANY.format(marks), tuple(some)).scalar() or 0
        total[""] += len(some) - known
    return {name: n for name, n in total.most_common() if n}


_LIKELY = f'"match" WHERE mention_id IN ({{}}) AND (relevance IS NULL OR relevance >= {RELEVANT_FROM})'
_OF_ANY = f"SELECT count(DISTINCT mention_id) FROM {_LIKELY}"
_OF_SO_MANY = (
    f"SELECT b.name, m.n FROM (SELECT brand_id, count(*) AS n FROM {_LIKELY} GROUP BY brand_id) AS m "
    "JOIN brand AS b ON b.id = m.brand_id"
)
