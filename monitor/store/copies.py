"""Copies among what is stored: texts too long to be written twice by chance, the same but for links and handles.

The first to come leads; the others are duplicates. Grouped, never deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

from sqlalchemy import Connection, delete, func, insert, select

from monitor.insight.copies import LONG
from monitor.insight.words import parts
from monitor.store.sameness import fingerprint
from monitor.store.tables import MentionRow, WordingRow

MENTION, WORDING = MentionRow.__table__, WordingRow.__table__

SLICE = 500

Role = Literal["story-lead", "duplicate"]


def note(connection: Connection, texts: Iterable[tuple[int, str, str]]) -> list[int]:
    """Remember the wording of these (mention id, title, body); the ids of those whose role may change."""
    return _leads(connection, _remember(connection, texts))


def note_all(connection: Connection) -> None:
    """Remember the wording of all that is stored, anew: what came in before wordings were kept has copies, too."""
    connection.execute(delete(WORDING))
    texts = select(MENTION.c.id, MENTION.c.title, MENTION.c.text).where(MENTION.c.content_hash != "")
    last = 0
    while rows := connection.execute(texts.where(MENTION.c.id > last).order_by(MENTION.c.id).limit(SLICE)).all():
        _remember(connection, [(id_, title, text) for id_, title, text in rows])
        last = rows[-1].id


def _remember(connection: Connection, texts: Iterable[tuple[int, str, str]]) -> set[str]:
    """Store their wordings; which these are."""
    rows = [
        {"mention_id": id_, "fingerprint": fingerprint(title, body)}
        for id_, title, body in texts
        if len(parts(f"{title} {body}")) >= LONG
    ]
    rows = [row for row in rows if row["fingerprint"]]
    if rows:
        connection.execute(insert(WORDING), rows)
    return {str(row["fingerprint"]) for row in rows}


def forget(connection: Connection, mention_id: int) -> list[int]:
    """Its wording is gone; the ids of the mentions of which something else is true now."""
    mine = WORDING.c.mention_id == mention_id
    print_of = connection.execute(select(WORDING.c.fingerprint).where(mine)).scalar()
    if print_of is None:
        return []
    connection.execute(delete(WORDING).where(mine))
    return _leads(connection, {print_of})


def _leads(connection: Connection, prints: Collection[str]) -> list[int]:
    """The first of each group, and the second: it may have led until now."""
    first_two = "SELECT mention_id FROM wording WHERE fingerprint = ? ORDER BY mention_id LIMIT 2"
    return [id_ for one in prints for id_ in connection.exec_driver_sql(first_two, (one,)).scalars()]


def roles(connection: Connection, ids: Collection[int]) -> dict[int, Role]:
    """What these mentions are to others; those that have no copy are left out."""
    one, all_ = WORDING.alias("one"), WORDING.alias("all_")
    question = (
        select(one.c.mention_id, func.min(all_.c.mention_id), func.count())
        .join(all_, all_.c.fingerprint == one.c.fingerprint)
        .where(one.c.mention_id.in_(ids))
        .group_by(one.c.mention_id)
    )
    return {id_: "story-lead" if id_ == lead else "duplicate" for id_, lead, n in connection.execute(question) if n > 1}
