"""What is listened to: one row a configured source, with its cursor, when it is due, and how it does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, case, delete, func, insert, literal, select, update

from monitor.mention import SourceHealth
from monitor.store.columns import Instant
from monitor.store.tables import EvidenceRow, HubRow, MentionRow, WatchRow

WATCH = WatchRow.__table__
EVIDENCE = EvidenceRow.__table__
HUB = HubRow.__table__
MENTION = MentionRow.__table__

DAY_IN_MICROSECONDS = 86_400_000_000
POLLS_REMEMBERED = 20
EVIDENCE_KEPT = 3
GAPS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Configured:
    """A source as the configuration has it, as far as the store cares."""

    name: str
    kind: str
    fingerprint: str
    paused: bool = False
    polled: bool = True
    """False for what is pushed to us."""


def sync(connection: Connection, configured: Iterable[Configured], now: datetime) -> None:
    """Make the rows follow the configuration: new ones are due at once, another address starts anew, others go."""
    wanted = {one.name: one for one in configured}
    present = {row.name: row for row in connection.execute(select(WATCH))}
    for name in present.keys() - wanted.keys():
        connection.execute(delete(WATCH).where(WATCH.c.name == name))
    for name, one in wanted.items():
        row = present.get(name)
        fresh = {"kind": one.kind, "fingerprint": one.fingerprint, "next_due": now if one.polled else None}
        if row is None:
            state = "paused" if one.paused else "new"
            empty: dict[str, Any] = {"cursor": {}, "gaps": [], "recent": [], "rechecked": {}}
            connection.execute(insert(WATCH), {"name": name, "state": state, **empty, **fresh})
        elif row.fingerprint != one.fingerprint:
            change = update(WATCH).where(WATCH.c.name == name)
            connection.execute(
                change.values(
                    cursor={}, state="new", began=None, reaches_back=None, failures=0, error="", recent=[],
                    interval=None, moved_to="", rechecked={}, **fresh,
                )
            )  # fmt: skip
        if row is not None and one.paused != (row.state == "paused"):
            change = update(WATCH).where(WATCH.c.name == name)
            connection.execute(change.values(state="paused" if one.paused else "new", next_due=fresh["next_due"]))


def due(connection: Connection, now: datetime) -> list[str]:
    """The names of the sources whose time has come, longest waiting first."""
    waiting = select(WATCH.c.name).where(_IS_ASKED, WATCH.c.next_due <= now)
    return list(connection.scalars(waiting.order_by(WATCH.c.next_due)))


_IS_ASKED = WATCH.c.state.notin_(("paused", "off")) & WATCH.c.held.is_(None)


def asked(connection: Connection) -> set[str]:
    """The names of the sources that nobody has paused or switched off."""
    return set(connection.scalars(select(WATCH.c.name).where(_IS_ASKED)))


def resting(connection: Connection, trouble: str, now: datetime) -> dict[str, tuple[str, str]]:
    """Error and advice by the names of the sources whose trouble begins so, and whose time has not come yet."""
    mine = (WATCH.c.state == "failing") & WATCH.c.error.startswith(trouble, autoescape=True) & (WATCH.c.next_due > now)
    return {row.name: (row.error, row.advice) for row in connection.execute(select(WATCH).where(mine))}


def quicken(connection: Connection, every: Mapping[str, timedelta]) -> None:
    """These sources (their names) are to be asked oftener from now on: none waits for the end of its old interval."""
    for name, interval in every.items():
        mine = (WATCH.c.name == name) & (WATCH.c.failures == 0)
        last = connection.execute(select(WATCH.c.last_tried).where(mine)).scalar()
        if last is not None:
            due = literal(last + interval, Instant)
            connection.execute(update(WATCH).where(mine, WATCH.c.next_due > due).values(next_due=due))


def is_listened(connection: Connection, name: str, fingerprint: str) -> bool:
    """Whether the configuration still has this source as it was, and not paused."""
    mine = select(WATCH.c.name).where(WATCH.c.name == name, WATCH.c.fingerprint == fingerprint)
    return connection.execute(mine.where(WATCH.c.state != "paused")).first() is not None


def hold(connection: Connection, name: str, now: datetime) -> bool:
    """A person pauses a source; whether there is one of this name."""
    since = func.coalesce(WATCH.c.held, literal(now, Instant))
    return connection.execute(update(WATCH).where(WATCH.c.name == name).values(held=since)).rowcount > 0


def resume(connection: Connection, name: str, due: datetime | None) -> bool:
    """A person lets a source go on, also one that was switched off; whether there is one of this name."""
    state = case((WATCH.c.state == "off", "new"), else_=WATCH.c.state)
    change = update(WATCH).where(WATCH.c.name == name).values(held=None, state=state, next_due=due)
    return connection.execute(change).rowcount > 0


def behind(connection: Connection, now: datetime) -> bool:
    """Whether a source is due now and has not been polled."""
    waiting = select(func.count()).where(_IS_ASKED, WATCH.c.next_due <= now)
    return connection.execute(waiting).scalar_one() > 0


def cursor(connection: Connection, name: str) -> Mapping[str, Any]:
    """Where this source's last committed reading ended."""
    return connection.execute(select(WATCH.c.cursor).where(WATCH.c.name == name)).scalar() or {}


def begin(connection: Connection, name: str, *, now: datetime) -> None:
    """From now on this source is listened to, and it shows nothing of the time before."""
    fresh = (WATCH.c.name == name) & WATCH.c.began.is_(None)
    connection.execute(update(WATCH).where(fresh).values(began=now, reaches_back=now))


def keep_cursor(connection: Connection, name: str, cursor: Mapping[str, Any], oldest: datetime | None) -> None:
    """Part of the transaction that stores the items read up to this cursor; `oldest` is the earliest of their times."""
    mine = WATCH.c.name == name
    connection.execute(update(WATCH).where(mine).values(cursor=dict(cursor)))
    if oldest is not None:
        earlier = WATCH.c.began.is_(None) & (WATCH.c.reaches_back.is_(None) | (WATCH.c.reaches_back > oldest))
        connection.execute(update(WATCH).where(mine, earlier).values(reaches_back=oldest))


def reached(connection: Connection, name: str, since: datetime) -> None:
    """Everything since that time was read on somebody's wish."""
    earlier = WATCH.c.reaches_back.is_not(None) & (WATCH.c.reaches_back > since)
    connection.execute(update(WATCH).where(WATCH.c.name == name, earlier).values(reaches_back=since))


def reach(connection: Connection, whole: Collection[str], until: datetime) -> datetime | None:
    """Since when every source that was there by `until` shows everything; None where none of them is limited.

    `whole` are the kinds of sources that give all of the past.
    """
    question = select(func.max(WATCH.c.reaches_back)).where(WATCH.c.kind.notin_(whole), WATCH.c.began <= until)
    return connection.execute(question).scalar()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source has done lately, as far as the next poll's verdict needs it."""

    failures: int = 0
    """Failed polls in a row."""
    failing_since: datetime | None = None
    recent: tuple[int, ...] = ()
    """How many entries each of the last polls saw, oldest first."""
    interval: timedelta | None = None
    """Between polls, where it is shorter than configured."""


def standing(connection: Connection, name: str) -> Standing:
    """How this source has done lately."""
    row = connection.execute(
        select(WATCH.c.failures, WATCH.c.failing_since, WATCH.c.recent, WATCH.c.interval).where(WATCH.c.name == name)
    ).one_or_none()
    if row is None:
        return Standing()
    interval = timedelta(seconds=row.interval) if row.interval else None
    return Standing(row.failures, row.failing_since, tuple(row.recent), interval)


def saw(connection: Connection, name: str, entries: int) -> None:
    """Remember how many entries a poll saw."""
    remembered = [*standing(connection, name).recent, entries][-POLLS_REMEMBERED:]
    connection.execute(update(WATCH).where(WATCH.c.name == name).values(recent=remembered))


def succeeded(
    connection: Connection,
    name: str,
    *,
    now: datetime,
    next_due: datetime | None,
    seen: int | None,
    gaps: Iterable[str],
    interval: timedelta | None = None,
    moved_to: str = "",
) -> None:
    """A good poll. `seen` is None when the source answered that nothing changed."""
    if seen is not None:
        saw(connection, name, seen)
    connection.execute(
        update(WATCH)
        .where(WATCH.c.name == name)
        .values(
            state="ok", began=func.coalesce(WATCH.c.began, literal(now, Instant)), last_tried=now, last_good=now,
            next_due=next_due, failures=0, failing_since=None, error="", advice="", gaps=list(gaps)[:GAPS_SHOWN],
            interval=interval.total_seconds() if interval else None, moved_to=moved_to,
        )
    )  # fmt: skip


def failed(
    connection: Connection, name: str, *, now: datetime, next_due: datetime | None, error: str, advice: str
) -> None:
    """A poll that failed; with no next time the source is switched off."""
    row = connection.execute(select(WATCH.c.failing_since, WATCH.c.failures).where(WATCH.c.name == name)).one_or_none()
    if row is None:
        return
    connection.execute(
        update(WATCH)
        .where(WATCH.c.name == name)
        .values(
            state="failing" if next_due else "off", last_tried=now, next_due=next_due, failures=row.failures + 1,
            failing_since=row.failing_since or now, error=error, advice=advice,
        )
    )  # fmt: skip


def keep_evidence(connection: Connection, name: str, *, at: datetime, url: str, why: str, body: bytes) -> None:
    """Keep a reply in an unknown form, and only the last few of a source."""
    connection.execute(insert(EVIDENCE), {"source": name, "at": at, "url": url, "why": why, "body": body})
    newest = select(EVIDENCE.c.id).where(EVIDENCE.c.source == name).order_by(EVIDENCE.c.id.desc()).limit(EVIDENCE_KEPT)
    connection.execute(delete(EVIDENCE).where(EVIDENCE.c.source == name, EVIDENCE.c.id.notin_(newest)))


def health(connection: Connection, now: datetime, *, counted: bool = True) -> list[SourceHealth]:
    """How every source does, in the order of their names. Not `counted`: but for how much it brought lately, which
    takes the longest to say."""
    lately = _lately(connection, now) if counted else {}
    hubs = select(HUB.c.source, HUB.c.hub).where(HUB.c.state == "subscribed", HUB.c.until > now)
    pushing = {row.source: row.hub for row in connection.execute(hubs)}
    rows = connection.execute(select(WATCH).order_by(WATCH.c.name))
    return [_health(row, *lately.get(row.name, (0, 0)), pushing.get(row.name, ""), now) for row in rows]


def _lately(connection: Connection, now: datetime) -> dict[str, tuple[int, int]]:
    """Source to how many mentions of it were collected in a day and in a week."""
    day, week = now - timedelta(days=1), now - timedelta(days=7)
    question = (
        select(MENTION.c.source, func.sum(case((MENTION.c.collected >= day, 1), else_=0)), func.count())
        .where(MENTION.c.collected >= week)
        .group_by(MENTION.c.source)
    )
    return {name: (in_a_day, in_a_week) for name, in_a_day, in_a_week in connection.execute(question)}


def said_a_day(connection: Connection, now: datetime, days: int) -> dict[str, tuple[int, ...]]:
    """How many mentions of each source were said in each of the last days of 24 hours, the oldest first."""
    long_ago = (literal(now, Instant) - MENTION.c.published).cast(BigInteger) // literal(
        DAY_IN_MICROSECONDS, BigInteger
    )
    question = (
        select(MENTION.c.source, long_ago.label("ago"), func.count().label("said"))
        .where(MENTION.c.published > now - timedelta(days=days), MENTION.c.published <= now)
        .group_by(MENTION.c.source, long_ago)
    )
    found: dict[str, list[int]] = {}
    for source, ago, said in connection.execute(question):
        found.setdefault(source, [0] * days)[days - 1 - ago] = said
    return {source: tuple(counts) for source, counts in found.items()}


def _health(row: Row[Any], in_a_day: int, in_a_week: int, pushed_by: str, now: datetime) -> SourceHealth:
    # The first round brings the past along: a day's share is told of whole days only.
    days = min(7.0, (now - row.began) / timedelta(days=1)) if row.began else 0.0
    return SourceHealth(
        name=row.name,
        kind=row.kind,
        state="paused" if row.held else row.state,
        last_tried=row.last_tried,
        last_good=row.last_good,
        next_due=row.next_due,
        failures=row.failures,
        failing_since=row.failing_since,
        error=row.error,
        advice=row.advice,
        gaps=tuple(row.gaps),
        last_day_items=in_a_day,
        items_a_day=in_a_week / days if days >= 1 else None,
        interval=timedelta(seconds=row.interval) if row.interval else None,
        moved_to=row.moved_to,
        recent=tuple(row.recent),
        pushed_by=pushed_by,
    )
