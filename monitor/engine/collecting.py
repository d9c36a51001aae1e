"""Polls sources side by side and holds streams: each ends with its items and cursor stored, or with its trouble written
down. None delays or stops another."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import Connection

from monitor import pipeline
from monitor.collect.backoff import after_pause, gives_up, interval_after, is_silent, jitter_of, next_due
from monitor.collect.children import Pool
from monitor.collect.drive import Batch, Outcome, State, drive
from monitor.collect.pushed import read_pushed
from monitor.collect.streaming import Timing, hold
from monitor.door import line
from monitor.engine.holding import Holding
from monitor.net.http import Net
from monitor.pipeline import Ear, Origin, Taken
from monitor.store import brands, hubs, mentions, watches
from monitor.store.engine import Store
from monitor.store.hubs import Hub
from sources.base import BadShape, Cursor, Item, Response, Source, SourceConfig, SourceError

# Not a limit of requests (the network layer has those): a poll that waits in its own host's line holds a place here.
AT_ONCE = 2_000
EVIDENCE_BYTES = 64 * 1024
WHILE_PUSHED = timedelta(hours=6)
"""So often a source is polled whose hub sends what is new: a net under it."""
AGAINS_IN_A_ROW = 500
"""So many polls may follow each other at once: a longer walk rests for an interval now and then."""
LOOK_AGAIN = timedelta(minutes=10)
"""When a stream that another source carries is looked at again."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Listened:
    """A configured source, ready to be polled."""

    name: str
    source: Source
    config: SourceConfig
    every: timedelta
    about: int | None = None
    paused: bool = False
    recheck_within: timedelta | None = None
    """Everything stored of it is asked about once in this time."""

    @property
    def origin(self) -> Origin:
        """What the store must know of it."""
        scope = self.source.scope_of(self.config)
        if self.source.accept is not None:
            scope = f"{scope}:{self.name}"  # whoever pushes counts its own ids
        return Origin(self.name, self.source.kind, scope, self.source.keeps, self.about)

    @property
    def configured(self) -> watches.Configured:
        """What its row follows."""
        fingerprint = hashlib.sha256(f"{self.source.kind} {self.config.model_dump_json()}".encode()).hexdigest()[:16]
        return watches.Configured(self.name, self.source.kind, fingerprint, self.paused, not self.source.is_pushed)

    @property
    def connection(self) -> Hashable | None:
        """What it is connected to, where it is a stream: one connection is enough for all who name the same."""
        if self.source.connect is None:
            return None
        try:
            to = self.source.connect(self.config, {})
        except SourceError:
            return None
        return self.source.kind, to.url, tuple(sorted(to.headers.items()))


@dataclass(frozen=True, slots=True)
class Held:
    """A stream that is held."""

    one: Listened
    task: asyncio.Task[Poll]
    stop: asyncio.Event


@dataclass(frozen=True, slots=True)
class Poll:
    """How one poll went."""

    name: str
    taken: Taken = field(default_factory=Taken)
    error: str = ""
    advice: str = ""
    gaps: tuple[str, ...] = ()


class Collector:
    """Polls the listened sources. Everything it needs is given; what it did stands in the store."""

    def __init__(
        self,
        store: Store,
        net: Net,
        pool: Pool,
        listened: Iterable[Listened],
        ear: Ear,
        now: Callable[[], datetime],
    ) -> None:
        self.store, self.net, self.pool, self.ear, self.now = store, net, pool, ear, now
        self.listened: Mapping[str, Listened] = {one.name: one for one in listened}
        self.timing = Timing()
        self._running: dict[str, asyncio.Task[Poll]] = {}
        self._held: dict[str, Held] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._walks: dict[str, set[bytes]] = {}

    def use(self, listened: Iterable[Listened], ear: Ear) -> None:
        """Go on with other sources and queries. What is being polled ends as it was; where its source is another one
        now, or gone, its items are kept and nothing else of it."""
        self.listened, self.ear = {one.name: one for one in listened}, ear

    async def poll_all(self, told: Callable[[Poll], None] = lambda poll: None) -> list[Poll]:
        """Every source that is not paused and can be polled, now; `told` hears of each as it ends. A stream that is not
        held is listened to until it has caught up, a few seconds at least."""
        held = await self.store.read(watches.held)
        wanted = [one for one in self.listened.values() if not one.paused and one.name not in held]
        begun = [self._start(one.name) for one in wanted if one.source.fetch]
        asked = await self.store.read(watches.asked)
        for one in wanted:
            if one.source.is_stream and one.name in asked - self._held.keys() and not self._carrier(one):
                begun.append(self._hold(one, brief=True))
        polls = []
        for ended in asyncio.as_completed(begun):
            polls.append(await ended)
            told(polls[-1])
        return polls

    async def poll_due(self) -> None:
        """Start whatever is due and not being polled already, and let go the streams that nobody wants any more."""
        if self._held:
            asked = await self.store.read(watches.asked)
            for name, held in self._held.items():
                if name not in asked or self.listened.get(name) != held.one:
                    held.stop.set()
        for name in await self.store.read(watches.due, self.now()):
            one = self.listened.get(name)
            if one is None or one.paused or name in self._running or name in self._held:
                continue
            if one.source.fetch and len(self._running) < AT_ONCE:  # those left are due in a second, too
                self._start(name)
            elif one.source.is_stream:
                await self._hold_once(one)

    async def stop(self, within: float) -> None:
        """Let running polls end for so many seconds, then stop them: what they had not committed is read again. Streams
        are let go at once, with what is in hand stored."""
        for held in self._held.values():
            held.stop.set()
        running = [*self._running.values(), *(held.task for held in self._held.values())]
        if running:
            _, late = await asyncio.wait(running, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _carrier(self, one: Listened) -> str:
        """The source whose connection brings all of this one's: one that is held, else the first in the configuration.
        Empty where that is itself."""
        connection = one.connection
        same = [] if connection is None else [
            other.name for other in self.listened.values() if not other.paused and other.connection == connection
        ]  # fmt: skip
        carrier = next((name for name in same if name in self._held), same[0] if same else one.name)
        return "" if carrier == one.name else carrier

    async def _hold_once(self, one: Listened) -> None:
        """Hold it, unless another source carries it already."""
        carrier = self._carrier(one)
        if not carrier:
            self._hold(one)
            return
        error = f'not held: "{carrier}" has the same connection, and what it brings is for all brands'
        advice = "Remove one of the two from the configuration."
        now = self.now()
        await self.store.write(
            _note, one, watches.failed, now=now, next_due=now + LOOK_AGAIN, error=error, advice=advice
        )

    def _hold(self, one: Listened, *, brief: bool = False) -> asyncio.Task[Poll]:
        stop = asyncio.Event()
        task = asyncio.create_task(self._listen(one, stop, brief=brief), name=f"hold {one.name}")
        self._held[one.name] = Held(one, task, stop)
        task.add_done_callback(lambda _: self._held.pop(one.name, None))
        return task

    async def _listen(self, one: Listened, stop: asyncio.Event, *, brief: bool) -> Poll:
        stored = await self.store.read(watches.cursor, one.name)
        state = State.from_json(stored)
        holding = Holding(
            one.origin, state, store=self.store, ear=lambda: self.ear, now=self.now,
            take=lambda items, gone, cursor: self.store.write(
                _take, one, list(items), list(gone), cursor, self.ear, self.now()
            ),
            note=lambda work, **facts: self.store.write(_note, one, work, **facts),
        )  # fmt: skip
        try:
            if not stored:
                await holding.begin()
            await hold(
                one.source, one.config, state, name=one.name, net=self.net, commit=holding.commit, tell=holding.tell,
                stop=stop, now=self.now, brief=brief, timing=self.timing,
            )  # fmt: skip
            await holding.end()
        except SourceError as error:
            await holding.settle()
            return await self._failed(one, holding.taken, error)
        # Broad on purpose, as in _poll.
        except Exception as error:
            log.exception("stream failed unexpectedly", source=one.name)
            return await self._failed(one, holding.taken, BadShape("this program", f"{type(error).__name__}: {error}"))
        return Poll(one.name, holding.taken, gaps=holding.gaps)

    def _start(self, name: str) -> asyncio.Task[Poll]:
        task = self._running.get(name)
        if task is None:
            task = self._running[name] = asyncio.create_task(self._poll(self.listened[name]), name=f"poll {name}")
            task.add_done_callback(lambda _: self._running.pop(name, None))
        return task

    async def _poll(self, one: Listened) -> Poll:
        async with self._places, self._turn(one):
            taken = Taken()
            seen = 0

            async def commit(batch: Batch) -> None:
                nonlocal taken, seen
                gone = [tombstone.id for tombstone in batch.tombstones if tombstone.is_told]
                cursor = batch.state.as_json()
                taken += await self.store.write(_take, one, batch.items, gone, cursor, self.ear, self.now())
                seen += len(batch.items)

            try:
                state = await self._state(one)
                outcome = await drive(one.source, one.config, state, net=self.net, pool=self.pool, commit=commit)
            except SourceError as error:
                return await self._failed(one, taken, error)
            # Broad on purpose: whatever a source does wrong is written down with it and stops nobody else.
            except Exception as error:
                log.exception("source failed unexpectedly", source=one.name)
                return await self._failed(one, taken, BadShape("this program", f"{type(error).__name__}: {error}"))
            return await self._ended(one, taken, None if outcome.not_modified else seen, outcome, state)

    async def take_in(self, name: str, reply: Response) -> Taken | None:
        """Take a reply that nobody asked for (a hub pushed it), as a poll would, and after one that is under way; what
        became of it, or None where there is no such source. Raises SourceError where it is of no use."""
        one = self.listened.get(name)
        if one is None or one.paused:
            return None
        taken = Taken()

        async def commit(batch: Batch) -> None:
            nonlocal taken
            gone = [tombstone.id for tombstone in batch.tombstones if tombstone.is_told]
            cursor = batch.state.as_json()
            taken += await self.store.write(_take, one, batch.items, gone, cursor, self.ear, self.now())

        async with self._places, self._turn(one):
            await read_pushed(one.source, one.config, await self._state(one), reply, pool=self.pool, commit=commit)
        return taken

    def _turn(self, one: Listened) -> asyncio.Lock:
        """What reads a source goes by its cursor and leaves another: one at a time."""
        return self._turns.setdefault(one.name, asyncio.Lock())

    async def _state(self, one: Listened) -> State:
        return State.from_json(await self.store.read(watches.cursor, one.name))

    async def _ended(self, one: Listened, taken: Taken, seen: int | None, outcome: Outcome, before: State) -> Poll:
        gaps = tuple(line(f"{problem.where}: {problem.why}") for problem in outcome.problems)
        now = self.now()
        standing = await self.store.read(watches.standing, one.name)
        if seen is not None and is_silent([*standing.recent, seen]):
            await self.store.write(_note, one, watches.saw, seen)
            silent = BadShape("entries", "nothing came back where there always was something")
            return await self._failed(one, taken, silent)
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
        await self.store.write(
            _note,
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
            await self.store.write(
                _note, one, hubs.offer, hub=offered[0], topic=offered[1], token=token, secret=secret, now=now
            )
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

    async def _failed(self, one: Listened, taken: Taken, error: SourceError) -> Poll:
        now = self.now()
        standing = await self.store.read(watches.standing, one.name)
        failures = standing.failures + 1
        when = next_due(now, one.every, failures, error, jitter_of(one.name, failures))
        if gives_up(error, now - (standing.failing_since or now)):
            when = None
        words = line(error.words)  # a stranger's words may be in it
        log.warning("source failed", source=one.name, error=words, next=when.isoformat() if when else "never")
        await self.store.write(_note, one, watches.failed, now=now, next_due=when, error=words, advice=error.advice)
        if isinstance(error, BadShape) and error.evidence is not None:
            reply = error.evidence
            await self.store.write(
                _note,
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


def _take(
    connection: Connection, one: Listened, items: Sequence[Item], gone: Sequence[str], cursor: Mapping[str, Any],
    ear: Ear, now: datetime,
) -> Taken:  # fmt: skip
    """A batch with its cursor; without it where the configuration has changed since the poll began: the cursor of one
    address means nothing at another."""
    kept = cursor if watches.is_listened(connection, one.name, one.configured.fingerprint) else None
    return pipeline.take(connection, items, gone, kept, one.origin, ear, now)


def _note(connection: Connection, one: Listened, work: Callable[..., None], *args: Any, **named: Any) -> None:
    """What a poll says of its source; nothing where the configuration has changed that since the poll began."""
    if watches.is_listened(connection, one.name, one.configured.fingerprint):
        work(connection, one.name, *args, **named)


async def take_pushed(
    store: Store, items: Sequence[Item], tombstones: Sequence[str], origin: Origin, ear: Ear, now: datetime
) -> Taken:
    """Store what was pushed in or imported: the same transaction as a poll's, without a cursor."""
    return await store.write(pipeline.take, items, tombstones, None, origin, ear, now)


async def rematch_changed(store: Store, ear: Ear, now: datetime) -> None:
    """Try each changed query on everything stored, slice by slice, so that a new query also means the past."""
    from_where = await store.read(brands.to_rematch)
    for brand_id, start in from_where.items():
        after: int | None = start
        while after is not None:
            after = await store.write(pipeline.rematch, brand_id, after, ear, now)


async def tidy(store: Store, now: datetime) -> None:
    """Forget candidates that nobody's query has wanted for a fortnight."""
    await store.write(mentions.drop_candidates, now - pipeline.CANDIDATES_KEPT)
