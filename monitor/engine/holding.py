"""A stream that is held: what of it names a brand is stored, and how it does is written down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from monitor import pipeline
from monitor.collect.drive import Batch, State
from monitor.collect.streaming import Heard
from monitor.door import admit
from monitor.pipeline import Ear, Origin, Taken
from monitor.store import mentions, watches
from monitor.store.engine import Store
from sources.base import Item

CURSOR_EVERY = 5.0
"""Seconds between two transactions that store nothing but the cursor."""
FAR_BEHIND = timedelta(minutes=10)
NEXT_WORD = timedelta(seconds=60)
"""A stream that is well says so this often at least; after a crash, one that has been silent for so long is due."""

log = structlog.get_logger()


class Take(Protocol):
    """Stores items and tombstones together with the cursor."""

    def __call__(self, items: Iterable[Item], gone: Iterable[str], cursor: Mapping[str, Any]) -> Awaitable[Taken]: ...


class Note(Protocol):
    """Writes down how the source does: `work` is a function of store/watches.py."""

    def __call__(self, work: Callable[..., None], **facts: Any) -> Awaitable[None]: ...


class Holding:
    """What becomes of one stream's batches and words."""

    def __init__(
        self, origin: Origin, state: State, *, store: Store, ear: Callable[[], Ear], now: Callable[[], datetime],
        take: Take, note: Note,
    ) -> None:  # fmt: skip
        self._origin, self._store, self._ear, self._now, self._take, self._note = origin, store, ear, now, take, note
        self._reached = self._kept = state
        self._kept_at = time.monotonic()
        self.taken = Taken()
        self.gaps: tuple[str, ...] = ()

    async def begin(self) -> None:
        """A stream shows nothing of the time before it was first listened to."""
        await self._note(watches.begin, now=self._now())

    async def commit(self, batch: Batch) -> None:
        """Store what is of use to somebody, with the cursor. Of a torrent most is not: there, the cursor alone is
        stored every few seconds."""
        self._reached = batch.state
        items, gone = await self._of_use(batch)
        passed = batch.let_go + len(batch.items) - len(items)
        if items or gone or time.monotonic() - self._kept_at >= CURSOR_EVERY:
            self.taken += await self._take(items, gone, batch.state.as_json())
            self._kept, self._kept_at = batch.state, time.monotonic()
        self.taken += Taken(passed_over=passed)

    async def _of_use(self, batch: Batch) -> tuple[list[Item], list[str]]:
        gone = [tombstone.id for tombstone in batch.tombstones]
        if self._origin.keeps != "matches only":
            return list(batch.items), gone
        naming = await asyncio.to_thread(_naming, batch.items, self._origin, self._ear(), self._now())
        # What we hold already matters also where it names nobody any more.
        others = [item.id for item in batch.items if item.id not in naming]
        held = await self._store.read(mentions.known, self._origin.scope, [*others, *gone])
        kept = naming | held.keys()
        return [item for item in batch.items if item.id in kept], [one for one in gone if one in kept]

    async def tell(self, heard: Heard) -> None:
        """Write down how it does."""
        self.gaps = heard.gaps
        if heard.behind is not None and heard.behind > FAR_BEHIND:
            self.gaps += (f"stream: {heard.behind / timedelta(hours=1):.1f} h behind, and it goes on from there",)
        now = self._now()
        if heard.error is None:
            await self._good(heard.frames, now + NEXT_WORD)
        else:
            due, error = now + timedelta(seconds=heard.wait), heard.error
            log.warning("stream lost", source=self._origin.name, error=error.words, next=due.isoformat())
            await self._note(watches.failed, now=now, next_due=due, error=error.words, advice=error.advice)

    async def end(self) -> None:
        """It was let go on purpose: it is due at once."""
        await self.settle()
        await self._good(None, self._now())

    async def settle(self) -> None:
        """Keep the cursor that was reached, where nothing came after it that had to be stored."""
        if self._kept != self._reached:
            await self._note(watches.keep_cursor, cursor=self._reached.as_json(), oldest=None)
            self._kept = self._reached

    async def _good(self, seen: int | None, due: datetime) -> None:
        await self._note(watches.succeeded, now=self._now(), next_due=due, seen=seen, gaps=self.gaps)


def _naming(items: Iterable[Item], origin: Origin, ear: Ear, now: datetime) -> set[str]:
    """Ids of the items that name a brand. To find out the language takes most of the time: it is only asked where the
    words alone do not decide."""
    deaf = replace(ear, language=lambda text: "")
    found = set()
    for item in items:
        admitted = admit(item, now)
        if ear.queries.candidates(pipeline.document_of(admitted, origin, deaf)) and ear.hits(
            pipeline.document_of(admitted, origin, ear)
        ):
            found.add(item.id)
    return found
