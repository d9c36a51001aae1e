"""What people change of stories: split, merged, named; enough of it is kept to take each back.

What a person has put into a story, machines leave there: it is found by its words as before, and what comes later
joins whichever of the parts it is most like.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from monitor.errors import Refused
from monitor.store.tables import RegroupedRow, StoryRow
from monitor.store.told import PERSON, begin_empty, held, members, move, of_mentions, restore

REGROUPED, STORY = RegroupedRow.__table__, StoryRow.__table__

SPLIT, MERGE, NAME = "split story", "merge stories", "name story"
OF_STORIES = (SPLIT, MERGE, NAME)


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody changed: which stories it is about, the one that it made or kept first."""

    id: int
    what: str
    stories: tuple[int, ...]


def split(connection: Connection, story: int, ids: Collection[int], *, by: str, now: datetime) -> Change:
    """These mentions tell another story of their own from now on. Raises Refused."""
    name_of(connection, story)
    all_, gone = members(connection, story), sorted(set(ids))
    if strangers := [id_ for id_ in gone if id_ not in set(all_)]:
        raise Refused(f"#{strangers[0]} does not tell story {story}: `overheard stories show {story}` lists who does.")
    if len(gone) == len(all_):
        raise Refused(f"These are all mentions of story {story}: name those that do not belong to it.")
    new = begin_empty(connection, gone[0])
    # Who is left alone was told apart from the others by a person, too.
    alone = [id_ for id_ in all_ if id_ not in set(gone)] if len(all_) - len(gone) == 1 else []
    before = held(connection, [*gone, *alone])
    restore(connection, dict.fromkeys(alone, (story, PERSON, 1.0)))
    move(connection, gone, new, PERSON)
    after = dict.fromkeys(gone, new) | dict.fromkeys(alone, story)
    return _written(connection, SPLIT, (new, story), before, after, {}, {}, by, now)


def merge(connection: Connection, into: int, others: Sequence[int], *, by: str, now: datetime) -> Change:
    """Several stories are the first of them from now on; it keeps its number and, where it has one, its name. Raises
    Refused."""
    wanted = [one for one in dict.fromkeys(others) if one != into]
    if not wanted:
        raise Refused("Name two different stories at least: the one that stays, and those that become part of it.")
    names = {one: name_of(connection, one) for one in (into, *wanted)}
    ids = [id_ for one in wanted for id_ in members(connection, one)]
    before = held(connection, ids)
    move(connection, ids, into, PERSON)
    name = names[into] or next(filter(None, names.values()), "")
    _call(connection, into, name)
    after = dict.fromkeys(ids, into)
    return _written(connection, MERGE, (into, *wanted), before, after, names, {into: name}, by, now)


def rename(connection: Connection, story: int, name: str, *, by: str, now: datetime) -> Change:
    """Call a story by a person's name for it; an empty one gives it the words of its lead back. Raises Refused."""
    before = name_of(connection, story)
    _call(connection, story, name)
    return _written(connection, NAME, (story,), {}, {}, {story: before}, {story: name}, by, now)


def undo(connection: Connection, change: int | None, *, by: str, now: datetime) -> Change:
    """Take back one change, or the last that stands. What has changed since, by whomever, stays. Raises Refused."""
    stands = REGROUPED.c.what.in_(OF_STORIES) & REGROUPED.c.undone.is_(None)
    wanted = stands if change is None else stands & (REGROUPED.c.id == change)
    row = connection.execute(select(REGROUPED).where(wanted).order_by(REGROUPED.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        raise Refused(
            "Nothing that somebody changed of stories is left to take back."
            if change is None
            else f"There is no change {change} of stories that could be taken back."
        )
    connection.execute(update(REGROUPED).where(REGROUPED.c.id == row.id).values(undone=now, undone_by=by))
    names = {int(story): name for story, name in row.before["names"].items()}
    now_told = of_mentions(connection, map(int, row.after["told"]))
    back = {
        int(id_): (int(story), str(how), float(alike))
        for id_, (story, how, alike) in row.before["told"].items()
        if int(id_) in now_told and now_told[int(id_)].story == row.after["told"][id_]
    }
    restore(connection, back, names)
    for story, name in row.after["names"].items():
        if _names(connection, [int(story)]).get(int(story)) == name:
            _call(connection, int(story), names[int(story)])
    return Change(row.id, row.what, tuple(row.after["stories"]))


def name_of(connection: Connection, story: int) -> str:
    """What people call it; empty where nobody named it. Raises Refused where there is none of this number."""
    known = _names(connection, [story])
    if story not in known:
        raise Refused(f"There is no story {story}: `overheard stories` shows the number before each.")
    return known[story]


def _names(connection: Connection, stories: Sequence[int]) -> dict[int, str]:
    rows = connection.execute(select(STORY.c.id, STORY.c.name).where(STORY.c.id.in_(stories)))
    return {row.id: row.name for row in rows}


def _call(connection: Connection, story: int, name: str) -> None:
    connection.execute(update(STORY).where(STORY.c.id == story).values(name=name))


def _written(
    connection: Connection,
    what: str,
    stories: tuple[int, ...],
    before: Mapping[int, tuple[int, str, float]],
    after: Mapping[int, int],
    names: Mapping[int, str],
    new_names: Mapping[int, str],
    by: str,
    now: datetime,
) -> Change:
    row: dict[str, Any] = {
        "what": what,
        "before": {"told": {str(id_): list(one) for id_, one in before.items()}, "names": _keyed(names)},
        "after": {"told": _keyed(after), "names": _keyed(new_names), "stories": list(stories)},
        "by": by,
        "note": "",
        "at": now,
        "undone_by": "",
    }
    id_ = connection.scalars(insert(REGROUPED).returning(REGROUPED.c.id), [row]).one()
    return Change(id_, what, stories)


def _keyed(values: Mapping[int, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in values.items()}
