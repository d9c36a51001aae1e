"""Where a mention of a brand stands with the people who answer: status, assignee, team, tags, a note; and its history.

Whatever changes is written down beside it: what it was, what it is now, who said so and when. What a department's query
sets is signed by the program, and gives way to any person's word.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.sqlite import insert

from monitor.errors import Refused
from monitor.insight import response as answering
from monitor.insight.response import Case, Response, Step
from monitor.query.fields import label
from monitor.store.columns import EPOCH, MICROSECOND, instant, stored
from monitor.store.slices import slices
from monitor.store.tables import TriageChangeRow, TriageRow
from monitor.store.touched import touch

TRIAGE = TriageRow.__table__
HISTORY = TriageChangeRow.__table__
NEW, ASSIGNED, HIDDEN = "new", "assigned", "hidden"
OPEN = (NEW, ASSIGNED, "reopened")
NEWS = timedelta(days=7)
"""What was published longer ago is the past when it comes to light: an import, a new scorer's opinion of old texts. It
is stored, counted and found; nobody is told of it at once, and nobody owes it an answer."""
PROGRAM = "overheard"
"""Who signs what a department's or a rule's query sets."""

Pair = tuple[int, int]
"""(mention id, brand id)"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where it stands. A mention that nobody touched is new."""

    status: str = NEW
    assignee: str = ""
    team: str = ""
    tags: tuple[str, ...] = ()
    """In the order of the alphabet."""
    note: str = ""
    snoozed: datetime | None = None
    """Until when nobody wants to be reminded of it."""

    def waits(self, now: datetime) -> bool:
        """Whether somebody ought to answer it, now."""
        return self.status in OPEN and not (self.snoozed and self.snoozed > now)


@dataclass(frozen=True, slots=True)
class Touched:
    """Who said last where it stands, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Noted:
    """One change, as it was written down."""

    id: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    """The parts that differ, as JSON."""
    by: str
    at: datetime
    undoes: int | None = None
    """The change that this one took back."""


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
    snoozed: datetime | None = None
    """A moment that has passed wakes it."""

    def of(self, before: Standing, now: datetime = EPOCH) -> Standing:
        """Where it stands afterwards. Who is given a new mention has it assigned."""
        status = self.status
        if status is None and self.assignee and before.status == NEW:
            status = ASSIGNED
        given = {"status": status, "assignee": self.assignee, "team": self.team, "note": self.note}
        changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if self.snoozed is not None:
            changed["snoozed"] = self.snoozed if self.snoozed > now else None
        return replace(before, **changed, tags=_tags(before.tags, self.add, self.remove))


def _tags(before: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> tuple[str, ...]:
    gone = {label(tag) for tag in remove}
    kept = {label(tag): tag for tag in reversed([*before, *add]) if label(tag) not in gone}
    return tuple(sorted(kept.values(), key=lambda tag: (label(tag), tag)))


# ---- asking ----------------------------------------------------------------------------------------------------------


def of(connection: Connection, mention_id: int, brand_id: int) -> tuple[Standing, Touched | None]:
    """Where a mention of a brand stands, and who said so; nobody yet: None."""
    row = _rows(connection, [mention_id]).get((mention_id, brand_id))
    return (_standing(row), Touched(row.changed_by, row.changed)) if row is not None else (Standing(), None)


def of_pairs(connection: Connection, pairs: Iterable[Pair]) -> dict[Pair, Standing]:
    """Where each of these stands."""
    wanted = list(pairs)
    rows = _rows(connection, {mention_id for mention_id, _ in wanted})
    return {pair: _standing(rows[pair]) if pair in rows else Standing() for pair in wanted}


def of_mentions(connection: Connection, mention_ids: Sequence[int]) -> dict[int, dict[str, Standing]]:
    """Mention id to brand's name to where it stands; those that nobody touched are left out."""
    found: dict[int, dict[str, Standing]] = {}
    for some in slices(mention_ids):
        marks = ", ".join("?" * len(some))
        for id_, brand, status, assignee, team, tags, note, snoozed in connection.exec_driver_sql(
            "SELECT t.mention_id, b.name, t.state, t.assignee, t.team, t.tags, t.note, t.snoozed FROM triage AS t "
            f"JOIN brand AS b ON b.id = t.brand_id WHERE t.mention_id IN ({marks})",
            tuple(some),
        ):
            until = None if snoozed is None else instant(snoozed)
            standing = Standing(status, assignee, team, tuple(json.loads(tags)), note, until)
            found.setdefault(id_, {})[brand] = standing
    return found


def open_by_team(connection: Connection) -> dict[str, int]:
    """A team's name to how many mentions it has that wait for an answer."""
    return dict(connection.exec_driver_sql(_OPEN_BY_TEAM).all())


def history(connection: Connection, mention_id: int, brand_id: int) -> tuple[Noted, ...]:
    """All that was changed of where it stands, the oldest first."""
    mine = (HISTORY.c.mention_id == mention_id) & (HISTORY.c.brand_id == brand_id)
    rows = connection.execute(select(HISTORY).where(mine).order_by(HISTORY.c.id))
    return tuple(Noted(row.id, row.before, row.after, row.by, row.at, row.undoes) for row in rows)


def holding(noted: Iterable[Noted]) -> tuple[Noted, ...]:
    """What of a history holds: without what was taken back, and the taking back."""
    every = tuple(noted)
    undone = {one.undoes for one in every if one.undoes is not None}
    return tuple(one for one in every if one.undoes is None and one.id not in undone)


def steps(noted: Iterable[Noted]) -> tuple[Step, ...]:
    """The statuses that a mention took, and when."""
    return tuple(Step(one.after["status"], one.at) for one in holding(noted) if "status" in one.after)


def shown_as(noted: Iterable[Noted]) -> str:
    """The status that a hidden mention had before it was hidden."""
    hidings = [one for one in holding(noted) if one.after.get("status") == HIDDEN]
    return str(hidings[-1].before["status"]) if hidings else NEW


def _rows(connection: Connection, mention_ids: Collection[int]) -> dict[Pair, Row[Any]]:
    found: dict[Pair, Row[Any]] = {}
    for some in slices(mention_ids):
        for row in connection.execute(select(TRIAGE).where(TRIAGE.c.mention_id.in_(some))):
            found[row.mention_id, row.brand_id] = row
    return found


def _standing(row: Row[Any]) -> Standing:
    return Standing(row.state, row.assignee, row.team, tuple(row.tags), row.note, row.snoozed)


# ---- changing --------------------------------------------------------------------------------------------------------


def change(
    connection: Connection, mention_id: int, brand_id: int, wanted: Change, *, by: str, now: datetime
) -> tuple[Standing, Standing]:
    """Where it stood and where it stands now. What stands so already is left as it is, with who said it."""
    before, _ = of(connection, mention_id, brand_id)
    after = wanted.of(before, now)
    _write(connection, [((mention_id, brand_id), before, after)], by, now)
    return before, after


def undo(
    connection: Connection, mention_id: int, brand_id: int, *, by: str, now: datetime
) -> tuple[Standing, Standing]:
    """Take back the last change that holds; done again, the one before. Raises Refused where there is none."""
    last = next(reversed(holding(history(connection, mention_id, brand_id))), None)
    if last is None:
        raise Refused(f"Nothing was noted of mention {mention_id} that could be taken back.")
    before, _ = of(connection, mention_id, brand_id)
    after = replace(before, **_from_json(last.before))
    _write(connection, [((mention_id, brand_id), before, after)], by, now, undoes=last.id)
    return before, after


Written = tuple[Pair, Standing, Standing]
"""Of which mention and brand, where it stood, and where it stands."""


def _write(
    connection: Connection, changes: Iterable[Written], by: str, now: datetime, undoes: int | None = None
) -> None:
    differing = [one for one in changes if one[1] != one[2] or undoes is not None]
    if not differing:
        return
    rows = [
        {
            "mention_id": mention_id,
            "brand_id": brand_id,
            "state": after.status,
            "assignee": after.assignee,
            "team": after.team,
            "tags": list(after.tags),
            "note": after.note,
            "snoozed": after.snoozed,
            "changed": now,
            "changed_by": by,
        }
        for (mention_id, brand_id), _, after in differing
    ]
    connection.execute(_PUT, rows)
    noted = [
        {"mention_id": mention_id, "brand_id": brand_id, "by": by, "at": now, "undoes": undoes}
        | dict(zip(("before", "after"), _differing(before, after), strict=True))
        for (mention_id, brand_id), before, after in differing
    ]
    connection.execute(plain_insert(HISTORY), noted)
    touch(connection, [mention_id for (mention_id, _), _, _ in differing])


_INSERT = insert(TRIAGE)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=["mention_id", "brand_id"],
    set_={one.name: _INSERT.excluded[one.name] for one in TRIAGE.columns if not one.primary_key},
)


def as_json(standing: Standing) -> dict[str, Any]:
    """Where it stands, as JSON values."""
    until = standing.snoozed
    return {
        "status": standing.status,
        "assignee": standing.assignee,
        "team": standing.team,
        "tags": list(standing.tags),
        "note": standing.note,
        "snoozed": until.astimezone(UTC).isoformat().replace("+00:00", "Z") if until else None,
    }


def _from_json(parts: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(parts)
    if "tags" in given:
        given["tags"] = tuple(given["tags"])
    if given.get("snoozed"):
        given["snoozed"] = datetime.fromisoformat(given["snoozed"])
    return given


def _differing(before: Standing, after: Standing) -> tuple[dict[str, Any], dict[str, Any]]:
    was, is_ = as_json(before), as_json(after)
    names = [name for name in was if was[name] != is_[name]]
    return {name: was[name] for name in names}, {name: is_[name] for name in names}


# ---- what queries give -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """A mention of a brand that a query gives to a department, to a person, or to both."""

    mention_id: int
    brand_id: int
    team: str = ""
    owner: str = ""
    """For which nobody answers yet."""


def give(connection: Connection, given: Sequence[Given], now: datetime) -> list[Given]:
    """Set team and owner as far as no person ever did; those of which something changed. An owner is set where nobody
    has the mention; a team follows the department's query until a person names one."""
    if not given:
        return []
    ids = {one.mention_id for one in given}
    rows = _rows(connection, ids)
    said = _said(connection, ids) if rows else {}
    changes: list[tuple[Given, Written]] = []
    for one in given:
        pair = one.mention_id, one.brand_id
        before = _standing(rows[pair]) if pair in rows else Standing()
        after = _change(one, before, said.get(pair, _NOTHING)).of(before, now)
        if after != before:
            changes.append((one, (pair, before, after)))
    _write(connection, [written for _, written in changes], PROGRAM, now)
    return [one for one, _ in changes]


@dataclass(slots=True)
class _Said:
    """Which parts of where a mention stands were set, and by whom."""

    people: set[str] = field(default_factory=set)
    program: set[str] = field(default_factory=set)

    def free(self, name: str, value: str) -> bool:
        return name not in self.people and (not value or name in self.program)


_NOTHING = _Said()


def _change(one: Given, before: Standing, said: _Said) -> Change:
    team = one.team if one.team and said.free("team", before.team) else None
    moves = team is not None and team != before.team and before.team != ""
    if moves and before.assignee and said.free("assignee", before.assignee):
        owner: str | None = one.owner  # with the team goes the owner that came with it
    else:
        owner = one.owner if one.owner and said.free("assignee", before.assignee) and not before.assignee else None
    status = before.status
    if "status" not in said.people and status in (NEW, ASSIGNED) and owner is not None:
        status = ASSIGNED if owner else NEW
    return Change(team=team, assignee=owner, status=status)


def _said(connection: Connection, mention_ids: Collection[int]) -> dict[Pair, _Said]:
    found: dict[Pair, _Said] = defaultdict(_Said)
    columns = (HISTORY.c.mention_id, HISTORY.c.brand_id, HISTORY.c.after, HISTORY.c.by)
    for some in slices(mention_ids):
        for mention_id, brand_id, after, by in connection.execute(
            select(*columns).where(HISTORY.c.mention_id.in_(some))
        ):
            one = found[mention_id, brand_id]
            (one.program if by == PROGRAM else one.people).update(after)
    return found


# ---- how fast --------------------------------------------------------------------------------------------------------


def response(connection: Connection, brand_id: int, since: datetime, until: datetime) -> tuple[Response, ...]:
    """How each department answered mentions of a brand from `since` to before `until`, and what is open."""
    answered = connection.exec_driver_sql(_ANSWERED, (brand_id, *map(stored, (since, until)))).scalars().all()
    noted = _histories(connection, brand_id, answered)
    cases = []
    for some in slices(answered):
        marks = ", ".join("?" * len(some))
        for id_, team, published in connection.exec_driver_sql(_OF.format(marks), (brand_id, *some)):
            cases.append(Case(team, instant(published), steps(noted[id_])))
    waiting = connection.exec_driver_sql(_WAITING, (brand_id, stored(until)))
    open_ = {team: answering.Open(n, instant(oldest)) for team, n, oldest in waiting}
    return answering.response(cases, open_, since, until)


def _histories(connection: Connection, brand_id: int, mention_ids: Collection[int]) -> dict[int, list[Noted]]:
    found: dict[int, list[Noted]] = defaultdict(list)
    for some in slices(mention_ids):
        mine = HISTORY.c.mention_id.in_(some) & (HISTORY.c.brand_id == brand_id)
        for row in connection.execute(select(HISTORY).where(mine).order_by(HISTORY.c.id)):
            found[row.mention_id].append(Noted(row.id, row.before, row.after, row.by, row.at, row.undoes))
    return found


_ANSWERED = (
    "SELECT DISTINCT mention_id FROM triage_change WHERE brand_id = ? AND at >= ? AND at < ? "
    "AND json_extract(after, '$.status') IN ('replied', 'resolved')"
)
# Somebody has it, or ought to: what nobody gave to anybody waits for no answer, nor does the past that came to light
# late (an import) and got only its department.
_IS_OPEN = (
    "m.content_hash <> '' AND (t.state IN ('assigned', 'reopened') "
    f"OR t.state = 'new' AND t.team <> '' AND m.collected - m.published <= {NEWS // MICROSECOND})"
)
_WAITING = (
    "SELECT t.team, count(*), min(m.published) FROM triage AS t CROSS JOIN mention AS m ON m.id = t.mention_id "
    f"WHERE t.brand_id = ? AND m.published < ? AND {_IS_OPEN} GROUP BY t.team"
)
_OPEN_BY_TEAM = (
    "SELECT t.team, count(*) FROM triage AS t CROSS JOIN mention AS m ON m.id = t.mention_id "
    f"WHERE t.team <> '' AND {_IS_OPEN} GROUP BY t.team"
)
_OF = (
    "SELECT t.mention_id, t.team, m.published FROM triage AS t CROSS JOIN mention AS m ON m.id = t.mention_id "
    "WHERE t.brand_id = ? AND t.mention_id IN ({}) AND m.content_hash <> ''"
)
