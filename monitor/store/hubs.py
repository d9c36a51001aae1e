"""Hubs (WebSub): one row a source whose feed names one, with what was agreed and what is to be asked next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, case, delete, insert, literal, or_, select, update

from monitor.store.columns import Instant, stored
from monitor.store.tables import HubRow, WatchRow

HUB = HubRow.__table__
WATCH = WatchRow.__table__

PUSHES_REMEMBERED, REMEMBERED_FOR = 500, timedelta(days=7)
AT_MOST = 50
"""Hubs asked at a time."""
NOT_SOONER = timedelta(minutes=1)
"""However often a hub calls, its source is not polled oftener than this."""
ANOTHER = timedelta(hours=1)
"""Neither a feed that names another hub each time, nor a hub that forgets, makes us ask oftener than this."""


@dataclass(frozen=True, slots=True)
class Hub:
    """What was agreed with the hub of one source's feed."""

    source: str
    hub: str
    topic: str
    token: str
    callback: str
    """Our address as the hub was told it; empty while it was never asked."""
    secret: str
    state: str
    next_try: datetime | None
    until: datetime | None
    failures: int
    forged: int
    last_push: datetime | None
    relied: bool
    polled: datetime | None
    """When its source was last polled well."""
    wanted: bool
    """The source is listened to, and is still the one that named this hub."""

    def is_on(self, now: datetime) -> bool:
        """The hub sends what is new, as far as it promised."""
        return self.state == "subscribed" and self.until is not None and now < self.until


_WANTED = WATCH.c.began.is_not(None) & WATCH.c.held.is_(None) & WATCH.c.state.notin_(("paused", "off"))
_COLUMNS = [HUB.c[name] for name in Hub.__slots__ if name in HUB.c]


def _select() -> Select[Any]:
    wanted = WATCH.c.name.is_not(None) & _WANTED
    columns = (*_COLUMNS, WATCH.c.last_good.label("polled"), wanted.label("wanted"))
    return select(*columns).join(WATCH, WATCH.c.name == HUB.c.source, isouter=True)


def _hub(row: Row[Any]) -> Hub:
    return Hub(**{**row._mapping, "wanted": bool(row.wanted)})


def of(connection: Connection, source: str) -> Hub | None:
    """The hub of this source, where its feed ever named one."""
    row = connection.execute(_select().where(HUB.c.source == source)).one_or_none()
    return None if row is None else _hub(row)


def by_token(connection: Connection, token: str) -> Hub | None:
    """Whose address this is."""
    row = connection.execute(_select().where(HUB.c.token == token)).one_or_none()
    return None if row is None else _hub(row)


def offer(connection: Connection, source: str, *, hub: str, topic: str, token: str, secret: str, now: datetime) -> None:
    """The source's feed names this hub, to be asked for this topic (or, with empty ones, none any more)."""
    known = of(connection, source)
    if not hub or not topic:
        if known is not None and known.state != "left":
            leave(connection, known.token, now)
        return
    fresh = known is None or known.state == "left"
    if known is not None and not fresh and (known.hub, known.topic) == (hub, topic):
        return
    connection.execute(delete(HUB).where(HUB.c.source == source))
    values = {
        "source": source, "hub": hub, "topic": topic, "token": token, "secret": secret, "callback": "",
        "state": "asked", "asked": now, "next_try": now if fresh else now + ANOTHER, "failures": 0, "forged": 0,
        "error": "", "relied": False, "seen": [],
    }  # fmt: skip
    connection.execute(insert(HUB), values)


# What is to be done --------------------------------------------------------------------------------------------------


def due(connection: Connection, now: datetime) -> list[Hub]:
    """Those to be asked now, longest waiting first."""
    waiting = _select().where(HUB.c.next_try <= now).order_by(HUB.c.next_try).limit(AT_MOST)
    return [_hub(row) for row in connection.execute(waiting)]


def unwanted(connection: Connection) -> list[Hub]:
    """Those whose source is gone, paused, or another one now."""
    rows = connection.execute(_select().where(HUB.c.state != "left", or_(WATCH.c.name.is_(None), ~_WANTED)))
    return [_hub(row) for row in rows]


def lapsed(connection: Connection, now: datetime) -> list[Hub]:
    """Those whose promise has ended."""
    rows = connection.execute(_select().where(HUB.c.state == "subscribed", HUB.c.until <= now))
    return [_hub(row) for row in rows]


def elsewhere(connection: Connection, before_token: str) -> list[Hub]:
    """Those that were told an address that is not ours any more; ours is this text and the token."""
    ours = literal(before_token) + HUB.c.token
    rows = connection.execute(
        _select().where(HUB.c.state.in_(("asked", "subscribed")), HUB.c.callback != "", HUB.c.callback != ours)
    )
    return [_hub(row) for row in rows]


# What has come of it -------------------------------------------------------------------------------------------------


def asking(connection: Connection, token: str, callback: str, now: datetime, next_try: datetime) -> None:
    """About to be asked, under this address; asked again then, unless it comes back to us."""
    state = case((HUB.c.state == "refused", "asked"), else_=HUB.c.state)
    change = {"callback": callback, "asked": now, "next_try": next_try, "failures": HUB.c.failures + 1, "state": state}
    connection.execute(update(HUB).where(HUB.c.token == token).values(**change))


def put_off(connection: Connection, token: str, next_try: datetime, error: str = "") -> None:
    """Asked again then."""
    connection.execute(update(HUB).where(HUB.c.token == token).values(next_try=next_try, error=error))


def verified(connection: Connection, token: str, *, until: datetime, renew: datetime) -> None:
    """The hub came back to us: it sends until then, and is asked to go on before."""
    values = {"state": "subscribed", "until": until, "next_try": renew, "failures": 0, "forged": 0, "error": ""}
    connection.execute(update(HUB).where(HUB.c.token == token).values(**values))


def end(
    connection: Connection, token: str, now: datetime, *, state: str, next_try: datetime | None, error: str
) -> None:
    """The hub sends no more, or is not believed: its source is polled as before, the first time at once."""
    ended = connection.execute(
        update(HUB)
        .where(HUB.c.token == token)
        .values(state=state, until=None, next_try=next_try, failures=0, error=error, relied=False)
        .returning(HUB.c.source)
    ).scalar()
    if ended is not None:
        hasten(connection, ended, now)


def leave(connection: Connection, token: str, now: datetime) -> None:
    """It is to be told that we want nothing more; one that was never asked is forgotten."""
    connection.execute(delete(HUB).where(HUB.c.token == token, HUB.c.callback == ""))
    end(connection, token, now, state="left", next_try=now, error="")


def forget(connection: Connection, token: str) -> None:
    """Nothing is agreed any more."""
    connection.execute(delete(HUB).where(HUB.c.token == token))


def forged(connection: Connection, token: str) -> int:
    """A push was not signed as agreed; how many in a row."""
    change = update(HUB).where(HUB.c.token == token).values(forged=HUB.c.forged + 1)
    return connection.execute(change.returning(HUB.c.forged)).scalar() or 0


def pushed(connection: Connection, token: str, now: datetime, fingerprint: str = "") -> None:
    """A push was good; one with a fingerprint is not taken again."""
    row = connection.execute(select(HUB.c.seen).where(HUB.c.token == token)).one_or_none()
    if row is None:
        return
    at = stored(now)
    seen = [*_fresh(row.seen, now), *([[fingerprint, at]] if fingerprint else ())][-PUSHES_REMEMBERED:]
    values = {"last_push": now, "relied": True, "forged": 0, "seen": seen}
    connection.execute(update(HUB).where(HUB.c.token == token).values(**values))


def was_pushed(connection: Connection, token: str, fingerprint: str, now: datetime) -> bool:
    """Whether this very push was taken already."""
    seen = connection.execute(select(HUB.c.seen).where(HUB.c.token == token)).scalar() or []
    return any(one == fingerprint for one, _ in _fresh(seen, now))


def _fresh(seen: Sequence[Any], now: datetime) -> list[Any]:
    since = stored(now - REMEMBERED_FOR)
    return [one for one in seen if one[1] > since]


def distrust(connection: Connection, source: str, now: datetime) -> None:
    """A poll found what no push had brought: the hub is not relied on until the next push, and asked once more: it may
    have given us up while we were not there."""
    mine = HUB.c.source == source
    connection.execute(update(HUB).where(mine).values(relied=False))
    connection.execute(update(HUB).where(mine, HUB.c.asked <= now - ANOTHER).values(next_try=now))


def hasten(connection: Connection, source: str, now: datetime) -> None:
    """There is news: the source is due now, or a minute after its last poll. One that fails keeps its pause."""
    mine = (WATCH.c.name == source) & (WATCH.c.failures == 0) & WATCH.c.next_due.is_not(None)
    last = connection.execute(select(WATCH.c.last_tried).where(mine)).scalar()
    soon = max(now, last + NOT_SOONER) if last is not None else now
    connection.execute(update(WATCH).where(mine, WATCH.c.next_due > literal(soon, Instant)).values(next_due=soon))


def catch_up(connection: Connection, now: datetime) -> None:
    """What hubs sent while nobody listened is lost: their sources are due now."""
    asked = select(HUB.c.source).where(HUB.c.state.in_(("asked", "subscribed")), HUB.c.callback != "")
    for source in connection.scalars(asked).all():
        hasten(connection, source, now)
