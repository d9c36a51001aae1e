"""Where a mention of a brand stands with the people who answer: status, assignee, team, tags and a note."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from monitor.query.fields import label
from monitor.store.slices import slices
from monitor.store.tables import TriageRow
from monitor.store.touched import touch

TRIAGE = TriageRow.__table__
NEW, ASSIGNED = "new", "assigned"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where it stands. A mention that nobody touched is new."""

    status: str = NEW
    assignee: str = ""
    team: str = ""
    tags: tuple[str, ...] = ()
    """In the order of the alphabet."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Touched:
    """Who said last where it stands, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; None leaves it as it is, an empty text takes it away."""

    status: str | None = None
    assignee: str | None = None
    team: str | None = None
    note: str | None = None
    add: Sequence[str] = ()
    """Tags to give …"""
    remove: Sequence[str] = ()
    """… and to take away. `VIP` and `vip` are one."""

    def of(self, before: Standing) -> Standing:
        """Where it stands afterwards. Who is given a new mention has it assigned."""
        status = self.status
        if status is None and self.assignee and before.status == NEW:
            status = ASSIGNED
        given = {"status": status, "assignee": self.assignee, "team": self.team, "note": self.note}
        changed = {name: value for name, value in given.items() if value is not None}
        return replace(before, **changed, tags=_tags(before.tags, self.add, self.remove))


def _tags(before: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> tuple[str, ...]:
    gone = {label(tag) for tag in remove}
    kept = {label(tag): tag for tag in reversed([*before, *add]) if label(tag) not in gone}
    return tuple(sorted(kept.values(), key=lambda tag: (label(tag), tag)))


def of(connection: Connection, mention_id: int, brand_id: int) -> tuple[Standing, Touched | None]:
    """Where a mention of a brand stands, and who said so; nobody yet: None."""
    mine = (TRIAGE.c.mention_id == mention_id) & (TRIAGE.c.brand_id == brand_id)
    row = connection.execute(select(TRIAGE).where(mine)).one_or_none()
    if row is None:
        return Standing(), None
    return Standing(row.state, row.assignee, row.team, tuple(row.tags), row.note), Touched(row.changed_by, row.changed)


def of_mentions(connection: Connection, mention_ids: Sequence[int]) -> dict[int, dict[str, Standing]]:
    """Mention id to brand's name to where it stands; those that nobody touched are left out."""
    found: dict[int, dict[str, Standing]] = {}
    for some in slices(mention_ids):
        marks = ", ".join("?" * len(some))
        for id_, brand, status, assignee, team, tags, note in connection.exec_driver_sql(
            "SELECT t.mention_id, b.name, t.state, t.assignee, t.team, t.tags, t.note FROM triage AS t "
            f"JOIN brand AS b ON b.id = t.brand_id WHERE t.mention_id IN ({marks})",
            tuple(some),
        ):
            found.setdefault(id_, {})[brand] = Standing(status, assignee, team, tuple(json.loads(tags)), note)
    return found


def change(
    connection: Connection, mention_id: int, brand_id: int, wanted: Change, *, by: str, now: datetime
) -> tuple[Standing, Standing]:
    """Where it stood and where it stands now. What stands so already is left as it is, with who said it."""
    before, _ = of(connection, mention_id, brand_id)
    after = wanted.of(before)
    if after != before:
        row = insert(TRIAGE).values(
            mention_id=mention_id,
            brand_id=brand_id,
            state=after.status,
            assignee=after.assignee,
            team=after.team,
            tags=list(after.tags),
            note=after.note,
            changed=now,
            changed_by=by,
        )
        values = {one.name: row.excluded[one.name] for one in TRIAGE.columns if not one.primary_key}
        connection.execute(row.on_conflict_do_update(index_elements=["mention_id", "brand_id"], set_=values))
        touch(connection, [mention_id])
    return before, after
