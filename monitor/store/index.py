"""The index that every search walks: words and facts of each mention, one full-text row each, in order of time.

A row's number is made of the mention's time and id, the newest the smallest: so the newest that match come first, in
order, without sorting, and a stretch of time is a stretch of numbers. It follows from the other rows: whatever changes
them says so (touched.py), and the end of the transaction brings the index up to date (`settle`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Integer, Row, column, delete, func, select, table
from sqlalchemy.dialects.sqlite import insert

from monitor.own import Own
from monitor.query.fields import host_of, label
from monitor.query.text import fold, index_words
from monitor.store import tally, touched
from monitor.store.columns import EPOCH
from monitor.store.documents import own_channels, seen
from monitor.store.facts import Known, host_token, written
from monitor.store.tables import BrandRow, IndexedRow, MentionRow, SettingRow

MENTION, INDEXED, BRAND = MentionRow.__table__, IndexedRow.__table__, BrandRow.__table__
SETTING = SettingRow.__table__

VERSION = 2
"""Of what the index holds. Raise it when words are cut or facts are written in another way: it is then made anew."""
COLUMNS = ("title", "text", "author", "url")
"""Whose words the index holds, beside the facts."""
SLICE = 500
LOOKED_THROUGH = 20_000
"""So many of those that came last are held against their rows: some seconds."""

ID_BITS = 30
ID_MASK = (1 << ID_BITS) - 1
LAST_SECOND = (1 << 33) - 1
"""Of the year 2242: a number of a row holds no later one."""
SECOND = timedelta(seconds=1)
DAY = 86_400

WORDS = table("mention_words", column("rowid", Integer), column("mention_words"))
MENTION_ID = (-WORDS.c.rowid).op("&")(ID_MASK)

_SETTING = "index"


# ---- places ----------------------------------------------------------------------------------------------------------


def place(published: datetime, mention_id: int) -> int:
    """The number of a mention's row: smaller the newer it is."""
    return first_place((published - EPOCH) // SECOND) - mention_id


def first_place(since: int) -> int:
    """The greatest number that a mention published at this second (since 1970) or later can have."""
    return -(min(max(0, since), LAST_SECOND) << ID_BITS)


def id_at(number: int) -> int:
    """The mention whose row has this number."""
    return -number & ID_MASK


def second_at(number: int) -> int:
    """The second, counted since 1970, at which it was published."""
    return -number >> ID_BITS


def day_at(number: int) -> int:
    """The UTC day, counted since 1970, on which it was published."""
    return second_at(number) // DAY


# ---- keeping it up to date -------------------------------------------------------------------------------------------


def settle(connection: Connection) -> None:
    """Bring the index up to date with all that the transaction touched."""
    if ids := touched.take(connection):
        refresh(connection, ids)


def refresh(connection: Connection, ids: Collection[int]) -> None:
    """Write the rows of these mentions anew, where they differ from what is there."""
    own, brand_ids = own_channels(connection), _brand_ids(connection)
    wanted = sorted(ids)
    for start in range(0, len(wanted), SLICE):
        _refresh(connection, wanted[start : start + SLICE], own, brand_ids)


def _refresh(connection: Connection, ids: Sequence[int], own: Own, brand_ids: Mapping[str, int]) -> None:
    rows = connection.execute(select(MENTION).where(MENTION.c.id.in_(ids), MENTION.c.content_hash != "")).all()
    held = connection.execute(select(INDEXED).where(INDEXED.c.mention_id.in_(ids)))
    before = {row.mention_id: row.facts for row in held}
    facts = {id_: written(one.document, one.felt) for id_, one in seen(connection, rows, own).items()}
    changed = [row for row in rows if before.get(row.id) != facts[row.id]]
    gone = [(row, before[row.id]) for row in changed if row.id in before]
    change(connection, gone, [(row, facts[row.id]) for row in changed], brand_ids)


def remove(connection: Connection, mention_id: int) -> None:
    """Take a mention out, before its words change: the index forgets only what it is told the very words of."""
    row = connection.execute(select(MENTION).where(MENTION.c.id == mention_id)).one()
    facts = connection.execute(select(INDEXED.c.facts).where(INDEXED.c.mention_id == mention_id)).scalar()
    if facts is not None:
        change(connection, [(row, facts)], [], _brand_ids(connection))
        connection.execute(delete(INDEXED).where(INDEXED.c.mention_id == mention_id))


Entry = tuple[Row[Any], str]
"""A mention's row, and its facts."""


def change(
    connection: Connection, gone: Sequence[Entry], come: Sequence[Entry], brand_ids: Mapping[str, int]
) -> None:  # fmt: skip
    """Take rows out as the index holds them, write those that it does not hold then, and count along."""
    # In the order of their numbers: FTS5 writes a new segment wherever the next is smaller than the one before.
    if gone:
        connection.exec_driver_sql(_UNINDEX, sorted(_words(*entry) for entry in gone))
    if come:
        connection.exec_driver_sql(_INDEX, sorted(_words(*entry) for entry in come))
        connection.exec_driver_sql(_KEEP, [(row.id, facts) for row, facts in come])
    difference = _counted(come, brand_ids)
    difference.subtract(_counted(gone, brand_ids))
    tally.change(connection, difference)


def _words(row: Row[Any], facts: str) -> tuple[Any, ...]:
    return place(row.published, row.id), *(index_words(getattr(row, name)) for name in COLUMNS), facts


def _counted(entries: Iterable[Entry], brand_ids: Mapping[str, int]) -> Counter[tally.Key]:
    total: Counter[tally.Key] = Counter()
    for row, facts in entries:
        total.update(tally.counted(Known(facts), brand_ids, day_at(place(row.published, row.id))))
    return total


def _brand_ids(connection: Connection) -> dict[str, int]:
    """Name, folded as a label, to id; of two that fold alike the first."""
    rows = connection.execute(select(BRAND.c.name, BRAND.c.id).order_by(BRAND.c.id.desc()))
    return {label(name): id_ for name, id_ in rows}


_COLUMN_LIST = ", ".join((*COLUMNS, "facts"))
_INDEX = f"INSERT INTO mention_words(rowid, {_COLUMN_LIST}) VALUES (?, ?, ?, ?, ?, ?)"
_UNINDEX = f"INSERT INTO mention_words(mention_words, rowid, {_COLUMN_LIST}) VALUES ('delete', ?, ?, ?, ?, ?, ?)"
_KEEP = "INSERT INTO indexed (mention_id, facts) VALUES (?, ?) ON CONFLICT DO UPDATE SET facts = excluded.facts"


# ---- as a whole ------------------------------------------------------------------------------------------------------


def is_current(connection: Connection) -> bool:
    """Whether the index was made by this version of the program's idea of it."""
    found: int | None = connection.execute(select(SETTING.c.value).where(SETTING.c.key == _SETTING)).scalar()
    return found == VERSION


def how_many(connection: Connection) -> int:
    """About how many mentions there are to go through: the highest number that was given."""
    return connection.execute(select(func.max(MENTION.c.id))).scalar() or 0


def rebuild(connection: Connection) -> int:
    """Make the index and the facets anew from the rows; of how many mentions. About 4,000 a second."""
    connection.exec_driver_sql("INSERT INTO mention_words(mention_words) VALUES ('delete-all')")
    connection.execute(delete(INDEXED))
    tally.forget_all(connection)
    touched.take(connection)
    own, brand_ids, done, last = own_channels(connection), _brand_ids(connection), 0, 0
    while some := connection.scalars(
        select(MENTION.c.id).where(MENTION.c.id > last).order_by(MENTION.c.id).limit(SLICE)
    ).all():
        _refresh(connection, some, own, brand_ids)
        done, last = done + len(some), some[-1]
    kept = insert(SETTING).values(key=_SETTING, value=VERSION)
    connection.execute(kept.on_conflict_do_update(index_elements=["key"], set_={"value": VERSION}))
    return done


def written_by(connection: Connection, own: Own) -> list[int]:
    """Mentions that these channels may have written, and those that were taken for own ones until now."""
    names = [words for handle in own.handles if (words := index_words(handle))]
    hosts = [fold(host) for domain in own.domains if (host := host_of(domain))]
    ways = ['facts : "is:own"', *(f'author : "{words}"' for words in names)]
    ways += [f'facts : "{host_token(host)}"' for host in hosts]
    found = select(MENTION_ID).where(WORDS.c.mention_words.op("MATCH")(" OR ".join(ways)))
    return list(connection.scalars(found))


def faults(connection: Connection, latest: int = LOOKED_THROUGH, most: int = 100) -> list[int]:
    """Mentions, among those that came last, of which the index holds something else than their rows say: none, unless
    something went wrong. `rebuild` mends it."""
    own, found = own_channels(connection), list[int]()
    last = max(0, (connection.execute(select(func.max(MENTION.c.id))).scalar() or 0) - latest)
    held = select(MENTION, INDEXED.c.facts).outerjoin(INDEXED, INDEXED.c.mention_id == MENTION.c.id)
    while rows := connection.execute(held.where(MENTION.c.id > last).order_by(MENTION.c.id).limit(SLICE)).all():
        last = rows[-1].id
        there = seen(connection, [row for row in rows if row.content_hash], own)
        right = {id_: written(one.document, one.felt) for id_, one in there.items()}
        found += [row.id for row in rows if row.facts != right.get(row.id)]
        if len(found) >= most:
            break
    return found[:most]
