"""Reads what a source still has of the past, back to a day that somebody named; its polls go on as if nothing were."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor import pipeline
from monitor.collect.children import Pool
from monitor.collect.drive import Batch, Net, State, drive
from monitor.door import line
from monitor.engine.book import place_of
from monitor.engine.listened import Listened
from monitor.pipeline import Ear, Taken
from monitor.store import watches
from monitor.store.engine import Store
from sources.base import RateLimited, SourceError, Unreachable

PATIENCE = 900.0
"""Seconds that a service may ask to wait, all in all since the last batch, before the rest is left for another time."""
TRIES = 3
GAPS = 20
"""Gaps told, at most."""


@dataclass
class Past:
    """How far it has come."""

    since: datetime
    taken: Taken = field(default_factory=Taken)
    requests: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    trouble: str = ""
    """Why it ended before it had everything."""
    gaps: tuple[str, ...] = ()
    """What could not be read, or was left out, on the way."""

    @property
    def covered(self) -> timedelta:
        """The time between the oldest and the newest item so far: walks go backwards or forwards."""
        return self.newest - self.oldest if self.oldest and self.newest else timedelta()

    def saw(self, published: datetime) -> None:
        """An item of this time came."""
        self.oldest = min(self.oldest or published, published)
        self.newest = max(self.newest or published, published)


async def read_back(
    one: Listened,
    since: datetime,
    *,
    store: Store,
    net: Net,
    pool: Pool,
    ear: Callable[[], Ear],
    now: Callable[[], datetime],
    told: Callable[[Past], None],
) -> Past:
    """Take everything since that time; `told` hears after each batch. What is known already is not stored twice, so an
    interrupted reading is simply done again. A service that asks to wait is waited for, a quarter of an hour at most.
    `ear` is asked at each batch: the configuration may be another one by then.

    Raises ValueError for a source that has no past to give.
    """
    if one.source.cursor_at is None:
        raise ValueError(f"{one.source.kind} gives no past")
    past = Past(since)
    state = State(one.source.cursor_at(one.config, since))
    been = {place_of(state.cursor)}
    failures, patience = 0, PATIENCE

    async def commit(batch: Batch) -> None:
        nonlocal state, failures, patience
        gone = [tombstone.id for tombstone in batch.tombstones if tombstone.is_told]
        past.taken += await store.write(pipeline.take, batch.items, gone, None, one.origin, ear(), now())
        for item in batch.items:
            if item.published is not None:
                past.saw(item.published)
        if batch.state.cursor != state.cursor:
            failures, patience = 0, PATIENCE
        state = batch.state
        told(past)

    while True:
        try:
            outcome = await drive(one.source, one.config, state, net=net, pool=pool, commit=commit)
        except SourceError as error:
            failures += 1
            wait = _wait(error, failures)
            if wait is None or wait > patience:
                past.trouble = error.words
                return past
            patience -= wait
            await asyncio.sleep(wait)
            continue
        past.requests += outcome.requests
        past.gaps = (*past.gaps, *(line(f"{problem.where}: {problem.why}") for problem in outcome.problems))[:GAPS]
        if not outcome.more:
            break
        if outcome.pause.host and outcome.pause.seconds > PATIENCE:
            hours = outcome.pause.seconds / 3600
            past.trouble = f"the service wants a pause of {hours:.1f} hours before it gives the rest"
            return past
        here = place_of(outcome.state.cursor)
        if here in been:
            past.trouble = "the service leads round in circles: what is older is missing"
            return past
        been.add(here)
    await store.write(watches.reached, one.name, since)
    return past


def _wait(error: SourceError, failures: int) -> float | None:
    """Seconds until it is worth another try; None where it is not."""
    if isinstance(error, RateLimited):
        return max(error.wait if error.wait is not None else 60.0, 2.0 ** min(failures - 1, 8))
    return 2.0**failures if isinstance(error, Unreachable) and failures < TRIES else None
