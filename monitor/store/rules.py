"""What rules have caught, and what departments are to answer: one row a mention, from its cause to its answer.

A rule tells nothing of what was there before it; `sync` notes since when it is there. What it catches waits in a row
until it is told, so that a crash, a restart or another scorer's opinion tells nothing twice and loses nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from monitor.store.opinions import PASS
from monitor.store.slices import slices
from monitor.store.tables import CaughtRow, DueRow, RuleRow

RULE, CAUGHT, DUE = RuleRow.__table__, CaughtRow.__table__, DueRow.__table__

WAITING, TOLD, GIVEN = "waiting", "told", "given"


def of_rule(name: str) -> str:
    """The key of what a rule has caught, and of its alerts."""
    return f"rule/{name}"


def of_department(name: str) -> str:
    """The key of what a department is to answer."""
    return f"department/{name}"


# ---- since when ------------------------------------------------------------------------------------------------------


def sync(connection: Connection, keys: Iterable[str], now: datetime) -> None:
    """Note the rules and departments that are at work from now on. One that was taken out or paused, and comes back,
    begins anew; what waited to be told of it is told no more."""
    wanted = set(keys)
    known = set(connection.scalars(select(RULE.c.name)))
    if wanted - known:
        connection.execute(insert(RULE), [{"name": name, "created": now} for name in sorted(wanted - known)])
    for name in known - wanted:
        connection.execute(delete(RULE).where(RULE.c.name == name))
    # The clock was ahead when they came: nobody waits until then.
    connection.execute(update(RULE).where(RULE.c.created > now).values(created=now))
    waiting = connection.scalars(select(CAUGHT.c.rule).where(CAUGHT.c.state == WAITING).distinct()).all()
    for key in set(waiting) - wanted:
        connection.execute(delete(CAUGHT).where(CAUGHT.c.state == WAITING, CAUGHT.c.rule == key))


def created(connection: Connection) -> dict[str, datetime]:
    """Key of a rule or department at work to since when it is."""
    return dict(connection.execute(select(RULE.c.name, RULE.c.created)).all())


# ---- catching --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Catch:
    """A mention, and of whose people it waits for an answer (0: of nobody's)."""

    mention_id: int
    brand_id: int


def catch(connection: Connection, key: str, found: Sequence[Catch], now: datetime) -> list[Catch]:
    """Write down what a rule has caught; those that it never caught before."""
    fresh = _unknown(connection, key, found)
    _keep(connection, key, fresh, now, WAITING, None)
    return fresh


def promise(connection: Connection, key: str, found: Sequence[Catch], now: datetime, answer_by: datetime) -> None:
    """Write down that a department is to answer these by then, each once."""
    _keep(connection, key, _unknown(connection, key, found), now, GIVEN, answer_by)


def _unknown(connection: Connection, key: str, found: Sequence[Catch]) -> list[Catch]:
    known: set[int] = set()
    for some in slices(one.mention_id for one in found):
        mine = (CAUGHT.c.rule == key) & CAUGHT.c.mention_id.in_(some)
        known |= set(connection.scalars(select(CAUGHT.c.mention_id).where(mine)))
    return [one for one in found if one.mention_id not in known]


def _keep(
    connection: Connection, key: str, found: Sequence[Catch], now: datetime, state: str, answer_by: datetime | None
) -> None:
    rows = [
        {
            "rule": key,
            "mention_id": one.mention_id,
            "brand_id": one.brand_id,
            "at": now,
            "state": state,
            "answer_by": answer_by,
        }
        for one in found
    ]
    if rows:
        connection.execute(insert(CAUGHT).on_conflict_do_nothing(), rows)


# ---- telling ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be told."""

    mention_id: int
    at: datetime
    """When it was caught."""
    unscored: bool = False
    """Nobody has judged it yet: whether it speaks of the brand at all, for one."""


def waiting(connection: Connection) -> dict[str, list[Waiting]]:
    """Key of a rule to what waits to be told of it, the oldest first."""
    unscored = select(DUE.c.mention_id).where(DUE.c.mention_id == CAUGHT.c.mention_id, DUE.c.scorer == PASS).exists()
    rows = connection.execute(
        select(CAUGHT.c.rule, CAUGHT.c.mention_id, CAUGHT.c.at, unscored)
        .where(CAUGHT.c.state == WAITING)
        .order_by(CAUGHT.c.at, CAUGHT.c.mention_id)
    )
    found: dict[str, list[Waiting]] = defaultdict(list)
    for key, mention_id, at, due in rows:
        found[key].append(Waiting(mention_id, at, bool(due)))
    return found


def still_waiting(connection: Connection, key: str, mention_ids: Iterable[int]) -> list[Catch]:
    """Those of these that have not been told meanwhile, in the order of `mention_ids`."""
    found: list[Catch] = []
    for some in slices(mention_ids):
        mine = (CAUGHT.c.rule == key) & (CAUGHT.c.state == WAITING) & CAUGHT.c.mention_id.in_(some)
        brands = dict(connection.execute(select(CAUGHT.c.mention_id, CAUGHT.c.brand_id).where(mine)).all())
        found += [Catch(id_, brands[id_]) for id_ in some if id_ in brands]
    return found


def sent(connection: Connection, key: str, since: datetime) -> list[tuple[datetime, int]]:
    """When the rule's messages since then were made, and how many mentions each was about."""
    mine = (CAUGHT.c.rule == key) & (CAUGHT.c.told > since)
    rows = connection.execute(
        select(CAUGHT.c.told, func.count()).where(mine).group_by(CAUGHT.c.told, CAUGHT.c.alert_id)
    )
    return [(told, number) for told, number in rows]


def told(
    connection: Connection, key: str, mention_ids: Iterable[int], alert_id: int | None, now: datetime,
    answer_by: datetime | None,
) -> None:  # fmt: skip
    """These were told, in the transaction that put the notice into the outbox."""
    for some in slices(mention_ids):
        mine = (CAUGHT.c.rule == key) & CAUGHT.c.mention_id.in_(some)
        done = {"state": TOLD, "told": now, "alert_id": alert_id, "answer_by": answer_by}
        connection.execute(update(CAUGHT).where(mine).values(done))


def withdraw(connection: Connection, key: str, mention_ids: Iterable[int]) -> None:
    """These are no longer what the rule asks for, and nobody was told of them: as if they had never been caught."""
    for some in slices(mention_ids):
        mine = (CAUGHT.c.rule == key) & (CAUGHT.c.state == WAITING) & CAUGHT.c.mention_id.in_(some)
        connection.execute(delete(CAUGHT).where(mine))


# ---- answers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Promised:
    """A mention of which it is time to look whether somebody has answered."""

    key: str
    mention_id: int
    brand_id: int
    since: datetime
    """When people were told of it, or it was given to its department."""


def late(connection: Connection, now: datetime) -> list[str]:
    """The keys that have something whose time has come."""
    return list(connection.scalars(select(CAUGHT.c.rule).where(CAUGHT.c.answer_by <= now).distinct()))


def unanswered(connection: Connection, key: str, now: datetime, most: int = 500) -> list[Promised]:
    """Those of a rule or department whose time has come, the oldest first."""
    rows = connection.execute(
        select(CAUGHT.c.rule, CAUGHT.c.mention_id, CAUGHT.c.brand_id, CAUGHT.c.told, CAUGHT.c.at)
        .where(CAUGHT.c.rule == key, CAUGHT.c.answer_by <= now)
        .order_by(CAUGHT.c.answer_by, CAUGHT.c.mention_id)
        .limit(most)
    )
    return [Promised(row.rule, row.mention_id, row.brand_id, row.told or row.at) for row in rows]


def look_again(connection: Connection, one: Promised, at: datetime | None) -> None:
    """When it is looked at the next time; None: it was seen to."""
    mine = (CAUGHT.c.rule == one.key) & (CAUGHT.c.mention_id == one.mention_id)
    connection.execute(update(CAUGHT).where(mine).values(answer_by=at))


# ---- listing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of what a rule caught."""

    caught: int = 0
    """Since the moment that was asked for."""
    waiting: int = 0
    last_told: datetime | None = None


def tallies(connection: Connection, keys: Collection[str], since: datetime) -> Mapping[str, Tally]:
    """Key of a rule to its tally."""
    found = {}
    for key in keys:
        mine = CAUGHT.c.rule == key
        caught = connection.execute(select(func.count()).where(mine, CAUGHT.c.at >= since)).scalar_one()
        waiting = connection.execute(select(func.count()).where(mine, CAUGHT.c.state == WAITING)).scalar_one()
        found[key] = Tally(caught, waiting, connection.execute(select(func.max(CAUGHT.c.told)).where(mine)).scalar())
    return found
