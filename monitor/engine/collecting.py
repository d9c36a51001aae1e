"""Polls sources side by side: each ends with its items and cursor stored, or with its trouble written down. None
delays or stops another."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from monitor import pipeline
from monitor.collect.backoff import after_pause, gives_up, interval_after, is_silent, jitter_of, next_due
from monitor.collect.children import Pool
from monitor.collect.drive import Batch, Net, Outcome, State, drive
from monitor.pipeline import Ear, Origin, Taken
from monitor.store import brands, mentions, watches
from monitor.store.engine import Store
from sources.base import BadShape, Item, Source, SourceConfig, SourceError

# Not a limit of requests (the network layer has those): a poll that waits in its own host's line holds a place here.
AT_ONCE = 2_000
EVIDENCE_BYTES = 64 * 1024

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
        polled = self.source.fetch is not None
        return watches.Configured(self.name, self.source.kind, fingerprint, self.paused, polled)


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
        self._running: dict[str, asyncio.Task[Poll]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    def use(self, listened: Iterable[Listened], ear: Ear) -> None:
        """Go on with other sources and queries. What is being polled ends as it was; where its source is another one
        now, or gone, its items are kept and nothing else of it."""
        self.listened, self.ear = {one.name: one for one in listened}, ear

    async def poll_all(self, told: Callable[[Poll], None] = lambda poll: None) -> list[Poll]:
        """Every source that is not paused and can be polled, now; `told` hears of each as it ends."""
        names = [one.name for one in self.listened.values() if one.source.fetch and not one.paused]
        polls = []
        for ended in asyncio.as_completed([self._start(name) for name in names]):
            polls.append(await ended)
            told(polls[-1])
        return polls

    async def poll_due(self) -> None:
        """Start whatever is due and not being polled already."""
        for name in await self.store.read(watches.due, self.now()):
            one = self.listened.get(name)
            if one is not None and one.source.fetch and name not in self._running:
                self._start(name)

    async def stop(self, within: float) -> None:
        """Let running polls end for so many seconds, then stop them: what they had not committed is read again."""
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _start(self, name: str) -> asyncio.Task[Poll]:
        task = self._running.get(name)
        if task is None:
            task = self._running[name] = asyncio.create_task(self._poll(self.listened[name]), name=f"poll {name}")
            task.add_done_callback(lambda _: self._running.pop(name, None))
        return task

    async def _poll(self, one: Listened) -> Poll:
        async with self._places:
            taken = Taken()
            seen = 0

            async def commit(batch: Batch) -> None:
                nonlocal taken, seen
                gone = [tombstone.id for tombstone in batch.tombstones]
                cursor = batch.state.as_json()
                taken += await self.store.write(_take, one, batch.items, gone, cursor, self.ear, self.now())
                seen += len(batch.items)

            try:
                state = State.from_json(await self.store.read(watches.cursor, one.name))
                outcome = await drive(one.source, one.config, state, net=self.net, pool=self.pool, commit=commit)
            except SourceError as error:
                return await self._failed(one, taken, error)
            # Broad on purpose: whatever a source does wrong is written down with it and stops nobody else.
            except Exception as error:
                log.exception("source failed unexpectedly", source=one.name)
                return await self._failed(one, taken, BadShape("this program", f"{type(error).__name__}: {error}"))
            return await self._ended(one, taken, None if outcome.not_modified else seen, outcome)

    async def _ended(self, one: Listened, taken: Taken, seen: int | None, outcome: Outcome) -> Poll:
        gaps = tuple(f"{problem.where}: {problem.why}" for problem in outcome.problems)
        now = self.now()
        standing = await self.store.read(watches.standing, one.name)
        if seen is not None and is_silent([*standing.recent, seen]):
            await self.store.write(_note, one, watches.saw, seen)
            silent = BadShape("entries", "nothing came back where there always was something")
            return await self._failed(one, taken, silent)
        interval = standing.interval
        if seen:
            interval = interval_after(one.every, interval, missed=outcome.missed)
        due = next_due(now, interval or one.every, jitter=jitter_of(one.name))
        assert due is not None
        due = after_pause(now, now if outcome.again else due, outcome.pause)
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
        return Poll(one.name, taken, gaps=gaps)

    async def _failed(self, one: Listened, taken: Taken, error: SourceError) -> Poll:
        now = self.now()
        standing = await self.store.read(watches.standing, one.name)
        failures = standing.failures + 1
        when = next_due(now, one.every, failures, error, jitter_of(one.name, failures))
        if gives_up(error, now - (standing.failing_since or now)):
            when = None
        words = error.words
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
