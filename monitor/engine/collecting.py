"""Polls sources side by side and holds streams: each ends with its items and cursor stored, or with its trouble written
down. None delays or stops another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import Connection

from monitor import pipeline
from monitor.collect.children import Pool
from monitor.collect.drive import Batch, State, drive
from monitor.collect.pushed import read_pushed
from monitor.collect.streaming import Timing, hold
from monitor.engine.book import Book
from monitor.engine.holding import Holding
from monitor.engine.listened import Listened, Poll
from monitor.net.http import Net
from monitor.pipeline import Ear, Origin, Taken
from monitor.query.prefilter import may_match
from monitor.store import brands, mentions, watches
from monitor.store.engine import Store
from sources.base import BadShape, Item, RateLimited, Response, SourceError

# Not a limit of requests (the network layer has those): a poll that waits in its own host's line holds a place here.
AT_ONCE = 2_000
LOOK_AGAIN = timedelta(minutes=10)
"""When a stream that another source carries is looked at again."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Held:
    """A stream that is held."""

    one: Listened
    task: asyncio.Task[Poll]
    stop: asyncio.Event


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
        self.book = Book(store, now)
        self.timing = Timing()
        self._running: dict[str, asyncio.Task[Poll]] = {}
        self._held: dict[str, Held] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def use(self, listened: Iterable[Listened], ear: Ear) -> None:
        """Go on with other sources and queries. What is being polled ends as it was; where its source is another one
        now, or gone, its items are kept and nothing else of it."""
        self.listened, self.ear = {one.name: one for one in listened}, ear

    async def poll_all(self, told: Callable[[Poll], None] = lambda poll: None) -> list[Poll]:
        """Every source that is neither paused nor switched off, now; `told` hears of each as it ends. A stream that is
        not held is listened to until it has caught up, a few seconds at least. Whoever asked for a pause has it."""
        asked = await self.store.read(watches.asked)
        resting = await self.store.read(watches.resting, RateLimited.title, self.now())
        wanted = [one for one in self.listened.values() if not one.paused and one.name in asked]
        polled = [one for one in wanted if one.source.fetch]
        begun = [self._start(one.name) for one in polled if one.name not in resting]
        for one in wanted:
            if one.source.is_stream and one.name not in self._held and not self._carrier(one):
                begun.append(self._hold(one, brief=True))
        polls = [Poll(one.name, Taken(), *resting[one.name]) for one in polled if one.name in resting]
        for poll in polls:
            told(poll)
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
        await self.book.note(one, watches.failed, now=now, next_due=now + LOOK_AGAIN, error=error, advice=advice)

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
            note=partial(self.book.note, one),
        )  # fmt: skip
        try:
            if not stored:
                await holding.begin()
            await hold(
                one.source, one.config, state, name=one.name, net=self.net, commit=holding.commit, tell=holding.tell,
                stop=stop, now=self.now, brief=brief, timing=self.timing, wanted=self._wanted(one),
            )  # fmt: skip
            await holding.end()
        except SourceError as error:
            await holding.settle()
            return await self.book.failed(one, holding.taken, error)
        # Broad on purpose, as in _poll.
        except Exception as error:
            log.exception("stream failed unexpectedly", source=one.name)
            return await self.book.failed(
                one, holding.taken, BadShape("this program", f"{type(error).__name__}: {error}")
            )
        return Poll(one.name, holding.taken, gaps=holding.gaps)

    def _wanted(self, one: Listened) -> Callable[[str], bool] | None:
        """Whether what a frame tells may name a brand, where that alone says what is stored of it."""
        if one.origin.keeps != "matches only" or one.origin.about is not None:
            return None
        return lambda told: may_match(self.ear.queries, told)

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
                return await self.book.failed(one, taken, error)
            # Broad on purpose: whatever a source does wrong is written down with it and stops nobody else.
            except Exception as error:
                log.exception("source failed unexpectedly", source=one.name)
                return await self.book.failed(one, taken, _ours(error))
            return await self.book.ended(one, taken, None if outcome.not_modified else seen, outcome, state)

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


def _ours(error: Exception) -> BadShape:
    """An error that is no fault of the source."""
    return BadShape("this program", f"{type(error).__name__}: {error}")


def _take(
    connection: Connection, one: Listened, items: Sequence[Item], gone: Sequence[str], cursor: Mapping[str, Any],
    ear: Ear, now: datetime,
) -> Taken:  # fmt: skip
    """A batch with its cursor; without it where the configuration has changed since the poll began: the cursor of one
    address means nothing at another."""
    kept = cursor if watches.is_listened(connection, one.name, one.configured.fingerprint) else None
    return pipeline.take(connection, items, gone, kept, one.origin, ear, now)


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
