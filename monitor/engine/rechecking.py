"""Asks the services that oblige us to what became of what we hold of them: what was deleted there is forgotten here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from monitor import pipeline
from monitor.collect.children import Pool
from monitor.collect.drive import Batch, Net, State, drive
from monitor.engine.collecting import Listened
from monitor.pipeline import Ear, Taken
from monitor.store import watches
from monitor.store.engine import Store
from monitor.store.watches import Round
from sources.base import BadShape, Cursor, RateLimited, Reading, SourceError

LATER = timedelta(minutes=15)
"""After trouble."""

log = structlog.get_logger()


async def recheck_due(
    listened: Iterable[Listened], *, store: Store, net: Net, pool: Pool, ear: Ear, now: Callable[[], datetime]
) -> Taken:
    """For each source that must, ask about the next few mentions of its present round; what came of it.

    A round asks about everything stored, in the order of its coming, and the next one begins when its time is up: no
    deletion goes unnoticed for longer than that and the length of a round.
    """
    taken = Taken()
    for one in listened:
        if one.recheck_within is None or one.paused:
            continue
        at = await store.read(watches.recheck_round, one.name)
        if at.rests_until(now(), one.recheck_within):
            continue
        taken += await _recheck(one, at.or_new(now(), one.recheck_within), store, net, pool, ear, now)
    return taken


async def _recheck(
    one: Listened, at: Round, store: Store, net: Net, pool: Pool, ear: Ear, now: Callable[[], datetime]
) -> Taken:
    recheck = one.source.recheck
    assert recheck is not None
    held = await store.read(watches.held_of, one.name, at.after, recheck.batch)
    if not held:
        await store.write(watches.keep_round, one.name, replace(at, done=True))
        return Taken()
    taken = Taken()

    async def commit(batch: Batch) -> None:
        nonlocal taken
        gone = [tombstone.id for tombstone in batch.tombstones]
        taken += await store.write(pipeline.take, batch.items, gone, None, one.origin, ear, now())

    def fetch(config: object, cursor: Cursor) -> Reading:
        return recheck.ask(config, [external_id for _, external_id in held])

    try:
        await drive(replace(one.source, fetch=fetch), one.config, State(), net=net, pool=pool, commit=commit)
    except SourceError as error:
        wait = max(LATER, timedelta(seconds=error.wait or 0)) if isinstance(error, RateLimited) else LATER
        log.warning("could not ask what became of mentions", source=one.name, error=error.words)
        # An answer that cannot be read will be no other next time: the lot is left to the next round.
        after = held[-1][0] if isinstance(error, BadShape) else at.after
        await store.write(watches.keep_round, one.name, replace(at, after=after, not_before=now() + wait))
        return taken
    await store.write(watches.keep_round, one.name, replace(at, after=held[-1][0], not_before=None))
    return taken
