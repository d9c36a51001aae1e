"""Searches that somebody wants to come back to, by their names."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.sqlite import insert

from monitor.errors import Refused
from monitor.query.fields import nearest
from monitor.store.tables import SavedSearchRow

SAVED = SavedSearchRow.__table__

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Saved:
    """A search under a name."""

    name: str
    query: str
    brand: str
    """A brand's name, where it is asked of one alone."""
    sort: str
    created: datetime
    created_by: str


def name_of(written: str) -> str:
    """A name as it is kept: one line. Raises Refused for one that cannot be used."""
    name = " ".join(written.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused(f"A saved search needs a name of 1 to {LONGEST_NAME} letters: overheard searches save refunds …")
    return name


def as_json(saved: Saved) -> dict[str, Any]:
    """A saved search as commands hand it on and the API prints it."""
    return asdict(saved) | {"created": saved.created.isoformat().replace("+00:00", "Z")}


def listed(connection: Connection) -> tuple[Saved, ...]:
    """All of them, by name."""
    return tuple(map(_saved, connection.execute(select(SAVED).order_by(SAVED.c.name))))


def get(connection: Connection, name: str) -> Saved:
    """The one of this name. Raises Refused with the nearest name there is."""
    row = connection.execute(select(SAVED).where(SAVED.c.name == name)).one_or_none()
    if row is None:
        names = {one.name.lower(): one.name for one in listed(connection)}
        guess = nearest(name, names)
        hint = f'Did you mean "{names[guess]}"?' if guess else f"There are: {', '.join(names.values()) or 'none yet'}."
        raise Refused(f'There is no saved search "{name}". {hint}')
    return _saved(row)


def put(connection: Connection, saved: Saved) -> Saved | None:
    """Keep it; the one of its name that it took the place of, if there was one."""
    before = connection.execute(select(SAVED).where(SAVED.c.name == saved.name)).one_or_none()
    values = {name: getattr(saved, name) for name in saved.__slots__}
    statement = insert(SAVED).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
    return _saved(before) if before else None


def remove(connection: Connection, name: str) -> Saved:
    """Forget it; what it was. Raises Refused where there is none of this name."""
    gone = get(connection, name)
    connection.execute(delete(SAVED).where(SAVED.c.name == name))
    return gone


def _saved(row: Row[Any]) -> Saved:
    return Saved(*(getattr(row, name) for name in Saved.__slots__))
