"""Writes down how each poll went, and with it when the next one is due."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

import structlog
from sqlalchemy import Connection

from monitor.collect.backoff import after_pause, gives_up, interval_after, is_silent, jitter_of, next_due
from monitor.collect.drive import Outcome, State
from monitor.door import line
from monitor.engine.listened import Listened, Poll
from monitor.pipeline import Taken
from monitor.store import hubs, watches
from monitor.store.engine import Store
from monitor.store.hubs import Hub
from sources.base import BadShape, Cursor, SourceError

EVIDENCE_BYTES = 64 * 1024
WHILE_PUSHED = timedelta(hours=6)
"""So often a source is polled whose hub sends what is new: a net under it."""
AGAINS_IN_A_ROW = 500
"""So many polls may follow each other at once: a longer walk rests for an interval now and then."""

log = structlog.get_logger()


class Book:
    """How the sources did, for those who poll them."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self.store, self.now = store, now
        self._walks: dict[str, set[bytes]] = {}

    async def note(self, one: Listened, work: Callable[..., None], *args: Any, **facts: Any) -> None:
        """Let a function of store/watches.py or store/hubs.py write something of this source; nothing is written where
        the configuration has changed it since."""
        await self.store.write(_note, one, work, *args, **facts)

    async def ended(self, one: Listened, taken: Taken, seen: int | None, outcome: Outcome, before: State) -> Poll:
        """A poll that came to its end: nothing where there always was something is a failure all the same. `seen` is
        how many entries there were, None where nothing had changed; `before` the state from which it began."""
        gaps = tuple(line(f"{problem.where}: {problem.why}") for problem in outcome.problems)
        now = self.now()
        standing = await self.store.read(watches.standing, one.name)
        if seen is not None and is_silent([*standing.recent, seen]):
            await self.note(one, watches.saw, seen)
            silent = BadShape("entries", "nothing came back where there always was something")
            return await self.failed(one, taken, silent)
        interval = standing.interval
        if seen:
            interval = interval_after(one.every, interval, missed=outcome.missed)
        hub = await self.store.read(hubs.of, one.name)
        every = interval or one.every
        if hub is not None and await self._is_pushed(hub, before.cursor, outcome.state.cursor):
            every = max(one.every, WHILE_PUSHED)
        due = next_due(now, every, jitter=jitter_of(one.name))
        assert due is not None
        due = after_pause(now, now if self._goes_on(one, outcome, before) else due, outcome.pause)
        moved = next((move.to for move in outcome.state.moves.values() if move.is_believed), "")
        await self.note(
            one,
            watches.succeeded,
            now=now,
            next_due=due,
            seen=seen,
            gaps=gaps,
            interval=interval,
            moved_to=moved,
        )
        cursor = outcome.state.cursor
        offered = str(cursor.get("hub", "")), str(cursor.get("topic", ""))
        if offered != ((hub.hub, hub.topic) if hub is not None and hub.state != "left" else ("", "")):
            token, secret = token_urlsafe(24), token_urlsafe(32)
            await self.note(one, hubs.offer, hub=offered[0], topic=offered[1], token=token, secret=secret, now=now)
        return Poll(one.name, taken, gaps=gaps)

    def _goes_on(self, one: Listened, outcome: Outcome, before: State) -> bool:
        """Whether there is more to be had at once, and asking for it leads somewhere. A walk that comes to where it was
        before turns in circles, and would ask its host without end."""
        if not outcome.again:
            self._walks.pop(one.name, None)
            return False
        been = self._walks.setdefault(one.name, {place_of(before.cursor)})
        here = place_of(outcome.state.cursor)
        if here in been or len(been) > AGAINS_IN_A_ROW:
            log.warning("a walk leads nowhere: it goes on at the usual time", source=one.name)
            del self._walks[one.name]
            return False
        been.add(here)
        return True

    async def _is_pushed(self, hub: Hub, before: Cursor, after: Cursor) -> bool:
        """Whether its hub tells what is new: it is no more relied on once the feed has changed without a push."""
        if not hub.relied or not hub.is_on(self.now()):
            return False
        unheard = hub.last_push is None or (hub.polled is not None and hub.last_push < hub.polled)
        if unheard and _content(before) != _content(after):
            await self.store.write(hubs.distrust, hub.source, self.now())
            return False
        return True

    async def failed(self, one: Listened, taken: Taken, error: SourceError) -> Poll:
        """A poll that did not: the reason, when it is tried again, and the reply that was not understood."""
        now = self.now()
        standing = await self.store.read(watches.standing, one.name)
        failures = standing.failures + 1
        when = next_due(now, one.every, failures, error, jitter_of(one.name, failures))
        if gives_up(error, now - (standing.failing_since or now)):
            when = None
        words = line(error.words)  # a stranger's words may be in it
        log.warning("source failed", source=one.name, error=words, next=when.isoformat() if when else "never")
        await self.note(one, watches.failed, now=now, next_due=when, error=words, advice=error.advice)
        if isinstance(error, BadShape) and error.evidence is not None:
            reply = error.evidence
            await self.note(
                one,
                watches.keep_evidence,
                at=now,
                url=reply.url,
                why=str(error),
                body=reply.body[:EVIDENCE_BYTES],
            )
        return Poll(one.name, taken, words, error.advice)


def place_of(cursor: Cursor) -> bytes:
    """Where a walk stands, in a few bytes."""
    return hashlib.blake2b(json.dumps(cursor, sort_keys=True).encode(), digest_size=16).digest()


def _content(cursor: Cursor) -> dict[str, Any]:
    """A feed's cursor without what changes by itself."""
    return {name: value for name, value in cursor.items() if name not in ("pace", "hub", "topic")}


def _note(connection: Connection, one: Listened, work: Callable[..., None], *args: Any, **named: Any) -> None:
    """What a poll says of its source; nothing where the configuration has changed that since the poll began."""
    if watches.is_listened(connection, one.name, one.configured.fingerprint):
        work(connection, one.name, *args, **named)
