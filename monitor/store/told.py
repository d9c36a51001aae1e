"""Who tells which story, as rows: joined, left, united, and read. What changes touches the mentions that it is true of.

A story has two mentions at least; one that a person has made may have one. Its lead is who published first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from monitor.store.slices import slices
from monitor.store.touched import touch

PERSON = "person"
"""How a mention came into a story that a person put it in: no machine takes it out."""


@dataclass(frozen=True, slots=True)
class Told:
    """That a mention tells a story."""

    story: int
    how: str
    alike: float
    leads: bool
    size: int


def of_mentions(connection: Connection, ids: Iterable[int]) -> dict[int, Told]:
    """What these mentions tell; those that tell nothing are left out."""
    found: dict[int, Told] = {}
    for some in slices(ids):
        marks = ", ".join("?" * len(some))
        rows = connection.exec_driver_sql(_OF_MENTIONS.format(marks), tuple(some))
        found |= {id_: Told(story, how, alike, bool(leads), size) for id_, story, how, alike, leads, size in rows}
    return found


_OF_MENTIONS = (
    "SELECT t.mention_id, t.story_id, t.how, t.alike, s.lead_id = t.mention_id, s.size "
    "FROM told AS t JOIN story AS s ON s.id = t.story_id WHERE t.mention_id IN ({})"
)


def members(connection: Connection, story: int, most: int = -1) -> list[int]:
    """Who tells a story, those that published it first first."""
    sql = "SELECT mention_id FROM told WHERE story_id = ? ORDER BY published, mention_id LIMIT ?"
    return list(connection.exec_driver_sql(sql, (story, most)).scalars())


# ---- changes ---------------------------------------------------------------------------------------------------------


def add(connection: Connection, mention_id: int, other_id: int, how: str, alike: float) -> int:
    """A mention that tells nothing yet tells what another one tells, which may be nothing so far; the story."""
    told = of_mentions(connection, [other_id])
    story = told[other_id].story if told else begin(connection, other_id, how, 1.0)
    put(connection, story, mention_id, how, alike)
    return story


def unite(connection: Connection, story: int, other_id: int, how: str, alike: float) -> int:
    """Another mention tells this story, too, and so do all that tell what it told: unless a person had a hand in it.
    The story that it is from now on: of two, the older one."""
    told = of_mentions(connection, [other_id])
    if not told:
        put(connection, story, other_id, how, alike)
    elif (other := told[other_id].story) != story and not _by_hand(connection, (story, other)):
        # The older number is the one that people may have seen.
        move(connection, members(connection, max(story, other)), min(story, other))
        return min(story, other)
    return story


def _by_hand(connection: Connection, stories: Sequence[int]) -> bool:
    marks = ", ".join("?" * len(stories))
    sql = f"SELECT 1 FROM told WHERE story_id IN ({marks}) AND how = '{PERSON}' LIMIT 1"
    return connection.exec_driver_sql(sql, tuple(stories)).first() is not None


def begin(connection: Connection, mention_id: int, how: str, alike: float) -> int:
    """A new story of this mention, which tells nothing so far; its number."""
    story = begin_empty(connection, mention_id)
    put(connection, story, mention_id, how, alike)
    return story


def begin_empty(connection: Connection, mention_id: int) -> int:
    """A new story that this mention is about to tell; its number."""
    story: int = connection.exec_driver_sql(f"{_BEGIN} RETURNING id", (None, "", mention_id)).scalar_one()
    return story


_BEGIN = (
    "INSERT INTO story (id, lead_id, first, last, size, name) "
    "SELECT ?, id, published, published, 0, ? FROM mention WHERE id = ?"
)


def held(connection: Connection, ids: Iterable[int]) -> dict[int, tuple[int, str, float]]:
    """What these mentions tell, as `restore` takes it."""
    return {id_: (one.story, one.how, one.alike) for id_, one in of_mentions(connection, ids).items()}


def restore(
    connection: Connection, rows: Mapping[int, tuple[int, str, float]], names: Mapping[int, str] | None = None
) -> None:
    """Mentions that tell something tell these stories again (mention to story, how, alike), also where there is none of
    that number any more: it is then called by its name in `names`."""
    told = of_mentions(connection, rows)
    for id_, (story, _, _) in rows.items():
        sql = "SELECT 1 FROM story WHERE id = ?"
        if id_ in told and connection.exec_driver_sql(sql, (story,)).first() is None:
            connection.exec_driver_sql(_BEGIN, (story, (names or {}).get(story, ""), id_))
    wanted = [(*one, id_) for id_, one in rows.items() if id_ in told]
    if wanted:
        connection.exec_driver_sql("UPDATE told SET story_id = ?, how = ?, alike = ? WHERE mention_id = ?", wanted)
    touch(connection, told)
    for story in {*(one.story for one in told.values()), *(story for story, _, _ in rows.values())}:
        settle(connection, story)


def put(connection: Connection, story: int, mention_id: int, how: str, alike: float) -> None:
    """A mention that tells nothing so far tells this story. As quick for one that thousands tell as for others."""
    connection.exec_driver_sql(_PUT, (story, how, alike, mention_id))
    sql = "SELECT s.lead_id, s.size, s.first, m.published FROM story AS s, mention AS m WHERE s.id = ? AND m.id = ?"
    lead, size, first, published = connection.exec_driver_sql(sql, (story, mention_id)).one()
    leads = (published, mention_id) < (first, lead)
    touch(connection, [mention_id, lead] if leads or size < 2 else [mention_id])
    now = (mention_id, published) if leads else (lead, first)
    sql = "UPDATE story SET lead_id = ?, first = ?, last = max(last, ?), size = size + 1 WHERE id = ?"
    connection.exec_driver_sql(sql, (*now, published, story))


_PUT = (
    "INSERT INTO told (mention_id, story_id, how, alike, published) "
    "SELECT id, ?, ?, ?, published FROM mention WHERE id = ?"
)


def move(connection: Connection, ids: Collection[int], story: int, how: str = "") -> None:
    """Mentions tell this story and no longer what they told. `how`: what makes it so from now on; empty: as before."""
    told = of_mentions(connection, ids)
    if told:
        sql = "UPDATE told SET story_id = ?, how = coalesce(nullif(?, ''), how) WHERE mention_id = ?"
        connection.exec_driver_sql(sql, [(story, how, id_) for id_ in told])
    touch(connection, told)
    for one in {story, *(one.story for one in told.values())}:
        settle(connection, one)


def remove(connection: Connection, ids: Collection[int]) -> None:
    """These mentions tell nothing any more."""
    told = of_mentions(connection, ids)
    if told:
        connection.exec_driver_sql("DELETE FROM told WHERE mention_id = ?", [(id_,) for id_ in told])
    touch(connection, told)
    for story in {one.story for one in told.values()}:
        settle(connection, story)


def settle(connection: Connection, story: int) -> None:
    """Bring a story's lead, times and size up to date with who tells it. What one alone tells is no story, unless a
    person made it."""
    before = connection.exec_driver_sql("SELECT lead_id, size FROM story WHERE id = ?", (story,)).one_or_none()
    if before is None:
        return
    size: int = connection.exec_driver_sql("SELECT count(*) FROM told WHERE story_id = ?", (story,)).scalar_one()
    if size == 0 or (size == 1 and before.size > 1 and not _by_hand(connection, (story,))):
        touch(connection, members(connection, story))
        connection.exec_driver_sql("DELETE FROM told WHERE story_id = ?", (story,))
        connection.exec_driver_sql("DELETE FROM story WHERE id = ?", (story,))
        return
    lead, first = connection.exec_driver_sql(_LEAD, (story,)).one()
    last = connection.exec_driver_sql("SELECT max(published) FROM told WHERE story_id = ?", (story,)).scalar_one()
    if lead != before.lead_id or min(size, before.size) < 2:
        touch(connection, [lead, before.lead_id])
    sql = "UPDATE story SET lead_id = ?, first = ?, last = ?, size = ? WHERE id = ?"
    connection.exec_driver_sql(sql, (lead, first, last, size, story))


_LEAD = "SELECT mention_id, published FROM told WHERE story_id = ? ORDER BY published, mention_id LIMIT 1"
