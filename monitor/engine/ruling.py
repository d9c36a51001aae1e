"""Tells what rules have caught, when its time has come, and says where an answer did not come in time.

Nothing is timed here: what waits, since when, and when it is looked whether somebody has answered stands in the rows of
`caught`, so that a restart, or a day without this program, tells each mention once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from monitor import pipeline, searches
from monitor.digest import alert as alerts
from monitor.digest.alert import Alert
from monitor.digest.caught import Told, caught, unanswered
from monitor.engine.pacing import BATCH, HOUR, Caught, Message, Pace, due, quiet_until
from monitor.engine.showing import shown, weight
from monitor.query.fields import label
from monitor.searches import Found
from monitor.store import rules, triage
from monitor.store.alerts import Cause, is_made_since, over, sleeps, snoozed
from monitor.store.engine import Store
from monitor.store.routing import STANDING
from monitor.store.rules import Promised

PATIENCE = timedelta(minutes=2)
"""So long a mention waits for its first scores: they may say that it does not speak of the brand at all."""
DONE = ("replied", "resolved", "hidden")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Errand:
    """How people are told of what a rule catches, or of what a department has not answered."""

    told: Told
    channels: tuple[str, ...]
    pace: Pace = field(default_factory=Pace)
    answer_within: timedelta | None = None
    late_to: tuple[str, ...] = ()
    """Who is told where an answer did not come in time."""
    asks: frozenset[str] = frozenset()
    """The fields that its query asks for."""
    team: str = ""
    """Of a department: its name."""


class Ruling:
    """Makes alerts of what waits. `errands`: by the key of the rule or department."""

    def __init__(self, store: Store, errands: Mapping[str, Errand], base_url: str, now: Callable[[], datetime]) -> None:
        self.store, self.errands, self.base_url, self.now = store, errands, base_url, now

    def use(self, errands: Mapping[str, Errand], base_url: str) -> None:
        """Go on with other rules and departments."""
        self.errands, self.base_url = errands, base_url

    async def tell_due(self, *, scoring: bool = True) -> int:
        """Tell what rules have caught, as far as its time has come; how many messages. `scoring`: what waits for its
        scores will have them soon."""
        made = 0
        for key, waiting in (await self.store.read(rules.waiting)).items():
            errand = self.errands.get(key)
            if errand is None:
                continue
            now = self.now()
            ready = [
                Caught(one.mention_id, one.at)
                for one in waiting
                if not (scoring and one.unscored and now - one.at < PATIENCE)
            ]
            sent = await self.store.read(rules.sent, key, now - BATCH) if ready else []
            messages = due(errand.pace, ready, sent, now)
            if messages:
                made += await self._guarded(key, _tell, errand, messages, self.base_url, now)
        return made

    async def remind_due(self) -> int:
        """Tell whom it concerns where the time for an answer has passed, once an hour at most for each rule and
        department; how many messages."""
        made, now = 0, self.now()
        for key in await self.store.read(rules.late, now):
            if not await self.store.read(is_made_since, late_key(key), now - HOUR):
                made += await self._guarded(key, _remind, key, self.errands.get(key), self.base_url, now)
        return made

    async def _guarded(self, key: str, work: Callable[..., int], *arguments: Any) -> int:
        try:
            return await self.store.write(work, *arguments)
        except Exception:
            # Whatever is wrong with one rule must not keep the others from being told; its rows wait.
            log.exception("rule failed unexpectedly", rule=key)
            return 0


# ---- telling ---------------------------------------------------------------------------------------------------------


def _tell(connection: Connection, errand: Errand, messages: Sequence[Message], base_url: str, now: datetime) -> int:
    """Make the alerts, in one transaction with noting that these mentions were told. What the rule no longer asks for
    (somebody corrected, edited or deleted it meanwhile) or what somebody has answered is withdrawn."""
    made = 0
    for message in messages:
        catches = rules.still_waiting(connection, errand.told.key, message.mention_ids)
        brand_of = {one.mention_id: one.brand_id for one in catches}
        found = searches.these(connection, errand.told.query, list(brand_of))
        wanted = [one for one in found if not _is_done(one, errand)]
        rules.withdraw(connection, errand.told.key, brand_of.keys() - {one.mention.id for one in wanted})
        if not wanted:
            continue
        ranked = sorted(wanted, key=weight)
        alert = caught(errand.told, [shown(one) for one in ranked], _brands(ranked), message.why)
        ids = [one.mention.id for one in wanted]
        alert_id = _warn(connection, errand, alert, ids, brand_of[ids[0]], errand.channels, base_url, now)
        answer_by = now + errand.answer_within if errand.answer_within else None
        rules.told(connection, errand.told.key, ids, alert_id, now, answer_by)
        made += 1
    return made


def _is_done(one: Found, errand: Errand) -> bool:
    """Whether somebody has dealt with it before anybody was told, and the rule does not ask for that."""
    stands = [standing.status for standing in one.standing]
    return bool(stands) and all(status in DONE for status in stands) and not STANDING & errand.asks


def _brands(found: Sequence[Found]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in found for name in one.brands))


def _warn(
    connection: Connection, errand: Errand, alert: Alert, ids: Sequence[int], brand_id: int, channels: Sequence[str],
    base_url: str, now: datetime, not_before: datetime | None = None,
) -> int | None:  # fmt: skip
    """Into the outbox; of what is snoozed the alert is kept, and nobody is told. A mention is told once, so that the
    first one's number names what an alert is about. That a rule has caught something goes on no longer than the moment:
    only an answer that is missing stays open until somebody acknowledges it."""
    key = errand.told.key if alert.kind == "rule" else late_key(errand.told.key)
    cause = Cause(alert.kind, key, f"from mention {min(ids)}", alert.started, alert.until, brand_id, alert.department)
    awake = () if sleeps(errand.told.key, snoozed(connection, now)) else channels
    alert_id = pipeline.warn(connection, cause, alerts.content(alert, base_url), awake, now, not_before)
    if alert.kind == "rule":
        over(connection, [key], now)
    return alert_id


# ---- answers that did not come ---------------------------------------------------------------------------------------


def late_key(key: str) -> str:
    """Of the alerts on what a rule or department has not answered."""
    return f"unanswered/{key}"


def _remind(connection: Connection, key: str, errand: Errand | None, base_url: str, now: datetime) -> int:
    """One alert on all that is late, in one transaction with noting that it was seen to."""
    promised = rules.unanswered(connection, key, now)
    standings = triage.of_pairs(connection, [(one.mention_id, one.brand_id) for one in promised])
    late: dict[int, Promised] = {}
    for one in promised:
        stands = standings[one.mention_id, one.brand_id]
        moved = errand is not None and errand.team and label(stands.team) != label(errand.team)
        if stands.status in DONE or moved or not one.brand_id:
            rules.look_again(connection, one, None)
        elif stands.snoozed and stands.snoozed > now:
            rules.look_again(connection, one, stands.snoozed)
        else:
            rules.look_again(connection, one, None)
            late[one.mention_id] = one
    if errand is None or errand.answer_within is None:
        return 0
    found = searches.these(connection, "", sorted(late, key=lambda id_: (late[id_].since, id_)))
    if not found:
        return 0
    waiting = [shown(one, f"waits since {late[one.mention.id].since:%d %b %H:%M} UTC") for one in found]
    first = late[found[0].mention.id]
    alert = unanswered(errand.told, waiting, _brands(found), errand.answer_within, now - first.since, now)
    quiet = quiet_until(errand.pace, now)
    ids = [one.mention.id for one in found]
    _warn(connection, errand, alert, ids, first.brand_id, errand.late_to, base_url, now, quiet)
    return 1
