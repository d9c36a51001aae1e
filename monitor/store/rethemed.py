"""What people change of themes: names, merges, what is pinned and hidden; enough of it is kept to take each back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from monitor.errors import Refused
from monitor.store import themes
from monitor.store.tables import RegroupedRow, ThemeRow
from monitor.store.themes import Known
from monitor.store.touched import touch

REGROUPED, THEME = RegroupedRow.__table__, ThemeRow.__table__

PROGRAM = "overheard"
"""Who signs what nobody asked for."""
RENAME, MERGE = "rename theme", "merge themes"
SWITCHES = {
    "pin": ("pin theme", {"pinned": True}),
    "unpin": ("unpin theme", {"pinned": False}),
    "hide": ("hide theme", {"hidden": True}),
    "show-again": ("show theme", {"hidden": False}),
}
"""What a person asks for, to what is written down and set."""
OF_THEMES = (RENAME, MERGE, *(what for what, _ in SWITCHES.values()))
KEPT = ("name", "named", "pinned", "hidden", "merged_into")
"""Columns that change when themes do."""


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody changed. `before` and `after`: theme to what was set of it."""

    id: int
    what: str
    before: Mapping[int, Mapping[str, Any]]
    after: Mapping[int, Mapping[str, Any]]
    by: str
    at: datetime


def rename(connection: Connection, theme_id: int, name: str, *, by: str, now: datetime) -> Change:
    """Call a theme by a person's name for it; an empty one gives it the name back that it had."""
    one = standing(connection, theme_id)
    return _change(connection, RENAME, {one.id: {"named": name}}, by, now)


def merge(
    connection: Connection, into: int, others: Sequence[int], *, by: str, now: datetime, name: str = ""
) -> Change:
    """From now on these themes count as one of them: its number stays, and its name where no other is given. Raises
    Refused."""
    target = standing(connection, into)
    wanted = [one for one in (standing(connection, id_) for id_ in dict.fromkeys(others)) if one.id != target.id]
    if not wanted:
        raise Refused("Name two different themes at least: the one that stays, and those that become part of it.")
    for one in wanted:
        if (one.brand_id, one.side) != (target.brand_id, target.side):
            raise Refused(f"{told(one)} and {told(target)} cannot be one: complaints, praise and brands stay apart.")
    family = themes.family(connection, [one.id for one in wanted])
    after: dict[int, dict[str, Any]] = {id_: {"merged_into": target.id} for id_ in sorted(family)}
    if name:
        after[target.id] = {"name": name}
    return _change(connection, MERGE, after, by, now)


def merge_twins(connection: Connection, older: int, newer: int, now: datetime) -> None:
    """Merge two themes that say nearly the same, unless a person has named or pinned the newer one, or has taken such a
    merge back. The older one's number stays, and the name of the one with more mentions."""
    one, other = (themes.known(connection, ids=[id_]) for id_ in (older, newer))
    if not one or not other or one[0].merged_into or other[0].merged_into:
        return
    if other[0].named or other[0].pinned or one[0].hidden != other[0].hidden or _parted(connection, older, newer):
        return
    larger = _mentions(connection, newer) > _mentions(connection, older)
    merge(connection, older, [newer], by=PROGRAM, now=now, name=other[0].name if larger else "")


def merges(connection: Connection, theme_id: int) -> dict[int, int]:
    """Of the themes that are part of this one: the change that made each so."""
    standing_ = select(REGROUPED.c.id, REGROUPED.c.after).where(REGROUPED.c.what == MERGE, REGROUPED.c.undone.is_(None))
    return {
        int(part): id_
        for id_, after in connection.execute(standing_.order_by(REGROUPED.c.id))
        for part, of in after.items()
        if of.get("merged_into") == theme_id
    }


def _mentions(connection: Connection, theme_id: int) -> int:
    sql = (
        "SELECT count(*) FROM theme AS t JOIN in_theme AS i ON i.theme_id = t.id WHERE t.id = ?1 OR t.merged_into = ?1"
    )
    count: int = connection.exec_driver_sql(sql, (theme_id,)).scalar_one()
    return count


def _parted(connection: Connection, older: int, newer: int) -> bool:
    undone = select(REGROUPED.c.after).where(REGROUPED.c.what == MERGE, REGROUPED.c.undone.is_not(None))
    return any(
        after.get(str(newer), {}).get("merged_into") == older or after.get(str(older), {}).get("merged_into") == newer
        for after in connection.execute(undone).scalars()
    )


def switch(connection: Connection, how: str, theme_ids: Sequence[int], *, by: str, now: datetime) -> Change:
    """Pin, unpin, hide or show themes again (a key of SWITCHES)."""
    what, values = SWITCHES[how]
    wanted = {standing(connection, id_).id: values for id_ in theme_ids}
    return _change(connection, what, wanted, by, now)


def undo(connection: Connection, change_id: int | None, *, by: str, now: datetime) -> Change:
    """Take back what was changed of themes: this change, or the last that a person made. Raises Refused where something
    of it was changed again since."""
    question = select(REGROUPED).where(REGROUPED.c.what.in_(OF_THEMES)).order_by(REGROUPED.c.id.desc()).limit(1)
    last = REGROUPED.c.undone.is_(None) & (REGROUPED.c.by != PROGRAM)
    question = question.where(last if change_id is None else REGROUPED.c.id == change_id)
    row = connection.execute(question).one_or_none()
    if row is None:
        raise Refused(
            "Nothing that somebody changed of themes is left to take back."
            if change_id is None
            else f"There is no change {change_id} of themes."
        )
    if row.undone is not None:
        raise Refused(f"Change {row.id} was taken back already.")
    change = _read(row)
    now_set = _set(connection, change.after)
    if any(now_set.get(id_, {}).get(name) != value for id_, of in change.after.items() for name, value in of.items()):
        raise Refused(f"What change {row.id} set was changed again since: take that back first.")
    _write(connection, change.before)
    connection.execute(update(REGROUPED).where(REGROUPED.c.id == row.id).values(undone=now, undone_by=by))
    return change


def standing(connection: Connection, theme_id: int) -> Known:
    """The theme of this number; of one that was merged, the one that it is part of. Raises Refused."""
    found = themes.known(connection, ids=[theme_id])
    if not found:
        raise Refused(f"There is no theme {theme_id}: `overheard themes` shows the number of each.")
    merged = found[0].merged_into
    return standing(connection, merged) if merged else found[0]


def told(one: Known) -> str:
    """A theme as a sentence names it."""
    return f"theme {one.id} (“{one.name}”)"


def _change(
    connection: Connection, what: str, after: Mapping[int, Mapping[str, Any]], by: str, now: datetime
) -> Change:
    before = _set(connection, after)
    written = {
        "what": what,
        "before": {str(id_): of for id_, of in before.items()},
        "after": {str(id_): dict(of) for id_, of in after.items()},
        "by": by,
        "at": now,
        "undone_by": "",
        "note": "",
    }
    id_ = connection.execute(insert(REGROUPED).returning(REGROUPED.c.id), written).scalar_one()
    _write(connection, after)
    return Change(id_, what, before, after, by, now)


def _read(row: Any) -> Change:
    before, after = ({int(id_): of for id_, of in side.items()} for side in (row.before, row.after))
    return Change(row.id, row.what, before, after, row.by, row.at)


def _set(connection: Connection, of: Mapping[int, Collection[str]]) -> dict[int, dict[str, Any]]:
    """What is set now of these columns of these themes."""
    columns = [THEME.c[name] for name in KEPT]
    rows = connection.execute(select(THEME.c.id, *columns).where(THEME.c.id.in_(of)))
    return {row.id: {name: getattr(row, name) for name in of[row.id]} for row in rows}


def _write(connection: Connection, values: Mapping[int, Mapping[str, Any]]) -> None:
    for theme_id, of in values.items():
        connection.execute(update(THEME).where(THEME.c.id == theme_id).values(**of))
        # A search asks for the number and the name.
        if not of.keys().isdisjoint(("name", "named", "merged_into")):
            rows = connection.exec_driver_sql(
                "SELECT mention_id FROM in_theme WHERE theme_id IN "
                "(SELECT id FROM theme WHERE id = ?1 OR merged_into = ?1)",
                (theme_id,),
            )
            touch(connection, rows.scalars())
