"""Asks the services that oblige us to what became of what we hold of them: what was deleted there is forgotten here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from monitor import pipeline
from monitor.collect.children import Pool
from monitor.collect.drive import Batch, Net, State, drive
from monitor.engine.listened import Listened
from monitor.pipeline import Ear, Taken
from monitor.store import rounds
from monitor.store.engine import Store
from monitor.store.rounds import Round
from sources.base import BadShape, Cursor, RateLimited, Reading, SourceError

LATER = timedelta(minutes=15)
"""After trouble."""
DOUBT = timedelta(hours=3)
"""What a service left out without a word is asked about again after this time, and forgotten only then."""
MOST_DOUBTED = 5_000

log = structlog.get_logger()


async def recheck_due(
    listened: Iterable[Listened], *, store: Store, net: Net, pool: Pool, ear: Callable[[], Ear],
    now: Callable[[], datetime],
) -> Taken:  # fmt: skip
    """For each service that wants it, ask about the next few mentions of the present round; what came of it.

    A round asks about everything stored, in the order of its coming, and the next one begins when its time is up: no
    deletion goes unnoticed for longer than that and the length of a round. `ear` is asked at each batch.
    """
    taken, asked = Taken(), set[str]()
    for one in listened:
        scope = one.origin.scope
        if one.recheck_within is None or one.paused or scope in asked:
            continue
        asked.add(scope)  # two sources that read the same ids hold the same mentions
        at = await store.read(rounds.present, one.name)
        if at.not_before is not None and now() < at.not_before:
            continue
        doubted = at.doubted_until(now() - DOUBT)[: one.source.recheck.batch if one.source.recheck else 0]
        if doubted:
            taken += await _recheck(one, at, doubted, at.after, store, net, pool, ear, now)
            continue
        if at.rests_until(now(), one.recheck_within):
            continue
        taken += await _recheck_next(one, at.or_new(now(), one.recheck_within), store, net, pool, ear, now)
    return taken


async def _recheck_next(
    one: Listened, at: Round, store: Store, net: Net, pool: Pool, ear: Callable[[], Ear], now: Callable[[], datetime]
) -> Taken:
    assert one.source.recheck is not None
    held = await store.read(rounds.next_few, one.origin.scope, at.after, one.source.recheck.batch)
    if not held:
        await store.write(rounds.keep, one.name, replace(at, done=True))
        return Taken()
    ids = [external_id for _, external_id in held]
    return await _recheck(one, at, ids, held[-1][0], store, net, pool, ear, now)


async def _recheck(
    one: Listened, at: Round, ids: Sequence[str], after: int, store: Store, net: Net, pool: Pool,
    ear: Callable[[], Ear], now: Callable[[], datetime],
) -> Taken:  # fmt: skip
    """Ask about these; `after` is how far the round has come then."""
    recheck = one.source.recheck
    assert recheck is not None
    taken, left_out = Taken(), set[str]()
    ripe = set(at.doubted_until(now() - DOUBT))

    async def commit(batch: Batch) -> None:
        nonlocal taken
        left_out.update(gone.id for gone in batch.tombstones if not gone.is_told)
        gone = [gone.id for gone in batch.tombstones if gone.is_told or gone.id in ripe]
        taken += await store.write(pipeline.take, batch.items, gone, None, one.origin, ear(), now())

    def fetch(config: object, cursor: Cursor) -> Reading:
        return recheck.ask(config, ids)

    try:
        await drive(replace(one.source, fetch=fetch), one.config, State(), net=net, pool=pool, commit=commit)
    except SourceError as error:
        wait = max(LATER, timedelta(seconds=error.wait or 0)) if isinstance(error, RateLimited) else LATER
        log.warning("could not ask what became of mentions", source=one.name, error=error.words)
        # An answer that cannot be read will be no other next time: the lot is left to the next round.
        after = after if isinstance(error, BadShape) else at.after
        # Doubts that could not be cleared up are as fresh as this trouble, so that they do not hold up the round.
        doubted = {id_: now() if id_ in ids else since for id_, since in at.doubted.items()}
        at = replace(at, after=after, not_before=now() + wait, doubted=doubted)
        await store.write(rounds.keep, one.name, at)
        return taken
    doubted = {id_: since for id_, since in at.doubted.items() if id_ not in ids}
    for id_ in [id_ for id_ in ids if id_ in left_out - ripe][: MOST_DOUBTED - len(doubted)]:
        doubted[id_] = at.doubted.get(id_, now())
    await store.write(rounds.keep, one.name, replace(at, after=after, not_before=None, doubted=doubted))
    return taken
