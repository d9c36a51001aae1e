"""The one place where everything is built: from a configuration to a store, collectors, scorers and channels."""

from __future__ import annotations

import asyncio
import hmac
import os
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from monitor.built import (
    channel_of,
    channels_in,
    errands_in,
    followed,
    judged_by,
    rewriting_in,
    scorer_for,
    subscriptions_in,
    watching_in,
    while_at_work,
)
from monitor.collect.children import Pool
from monitor.config import Config, channel_for
from monitor.config.times import machine_timezone
from monitor.engine.clock import Clock
from monitor.engine.collecting import Collector, rematch_changed, take_pushed, tidy
from monitor.engine.judging import Judging
from monitor.engine.learning import QUIET, Teacher, learn_due
from monitor.engine.listened import Listened
from monitor.engine.past import Past, read_back
from monitor.engine.rechecking import recheck_due
from monitor.engine.ruling import Ruling
from monitor.engine.scoring import Progress, Scorer, score_waiting
from monitor.engine.telling import Channel, Teller
from monitor.engine.theming import Theming, names_in
from monitor.engine.watching import Watching
from monitor.engine.websub import Hubs
from monitor.mention import Brand
from monitor.net.guard import parse_allowed
from monitor.net.http import Net
from monitor.pipeline import Taken
from monitor.store import opinions, taught, watches
from monitor.store.engine import Store
from monitor.store.routing import heed
from monitor.store.taught import Lesson
from sources import webhook
from sources.base import Item, Problem, Tombstone

STOP_WITHIN = 20.0
IDLE_TICK = 1.0
TIDY_EVERY = 6 * 3600.0
LEARN_EVERY = 5.0
HUBS_EVERY = 5.0
RECHECK_EVERY = 60.0
WATCH_EVERY = 60.0
REMIND_EVERY = 30.0


def utc_now() -> datetime:
    """The time that everything below gets as an argument."""
    return datetime.now(UTC)


class Service:
    """Everything at work on one database. Built by `opened`; its owner holds the write lock."""

    def __init__(
        self, config: Config, store: Store, net: Net, pool: Pool, open_scorer: Callable[[], Scorer],
        now: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self.config, self.store, self.net, self.now = config, store, net, now
        heard = store.writing(followed, config, now())
        self.brands, self.ear, self.listened, self.routes = heard.brands, heard.ear, heard.listened, heard.routes
        store.heed = lambda connection: heed(connection, self.routes, self.now())
        self.collector = Collector(store, net, pool, self.listened, self.ear, now)
        self.judging = Judging(open_scorer, now)
        self._renewed = False
        self._lessons_fit = False
        self._scoring, self._learning = asyncio.Lock(), asyncio.Lock()
        self.teller = Teller(
            store, net.send, channels_in(config), self.named, subscriptions_in(config, self.brands), config.web.url, now
        )
        self.teller.rewriting = rewriting_in(config, net.send)
        self.theming = Theming(store, lambda: names_in(self.brands.values()), self.unscored, now)
        self.teller.ready = self.theming.ready
        self.ruling = Ruling(store, errands_in(config), config.web.url, now)
        self.watching = Watching(store, watching_in(config, self.brands), config.web.url, now)
        allowed = parse_allowed(config.network.allow)
        self.hubs = Hubs(store, net, self.collector, lambda: self.config.web.url, allowed, now)

    async def use(self, config: Config) -> tuple[str, ...]:
        """Go on with another configuration, without stopping what is at work; the sections of it that are heeded only
        after a restart. Raises with nothing changed."""
        before = self.config
        config, later = while_at_work(config, before)
        channels = channels_in(config)
        heard = await self.store.write(followed, config, self.now())
        was = {one.name: one.every for one in self.listened}
        oftener = {one.name: one.every for one in heard.listened if one.every < was.get(one.name, one.every)}
        await self.store.write(watches.quicken, oftener)
        # From here on without a pause: nobody sees one half of it.
        self.config, self.brands, self.ear, self.listened = config, heard.brands, heard.ear, heard.listened
        self.routes = heard.routes
        self.collector.use(self.listened, self.ear)
        self.teller.use(channels, subscriptions_in(config, self.brands), config.web.url)
        self.ruling.use(errands_in(config), config.web.url)
        self.watching.use(watching_in(config, self.brands), config.web.url)
        if config.summary != before.summary:
            self.teller.rewriting = rewriting_in(config, self.net.send)
        if judged_by(config) != judged_by(before):
            await self.judging.anew()
            self._renewed = self._lessons_fit = False
        return later

    def unscored(self) -> bool:
        """Whether nothing is being scored for now."""
        return not self.config.scoring.enabled or bool(self.judging.why)

    async def score(self, progress: Progress = lambda done, waiting: None, *, renewing: bool = False) -> int:
        """Score what waits; how many. What no usable scorer can judge goes on waiting: `judging.why` says why.

        With `renewing`, what older versions of the scorers have judged waits too. Where nothing waits, nothing is
        loaded.
        """
        renewing = renewing and not self._renewed
        if not renewing and not await self.store.read(opinions.waiting):
            return 0
        scorer = await self.judging.scorer()
        if scorer is None:
            return 0
        async with self._scoring:
            if renewing:
                await self._renew(scorer)
            if await self.judging.whole():
                await self.store.write(opinions.call_back)
            scored = await score_waiting(self.store, scorer, self.now, progress)
            if scored.waits:
                self.judging.lacks(scored.waits)
            return scored.done

    async def _renew(self, scorer: Scorer) -> None:
        if not self._renewed:
            await self.store.write(opinions.renew, scorer.versions)
            self._renewed = True

    async def learn(self, quiet: timedelta = QUIET) -> list[Lesson]:
        """Learn from corrections where there is news and nobody is at it; what came of it. Nothing without scorers."""
        async with self._learning:
            known = await self.store.read(taught.lessons) if not self._lessons_fit else []
            if not known and not await self.store.read(taught.due, self.now() - quiet):
                return []
            scorer = await self.judging.scorer()
            if not isinstance(scorer, Teacher):
                return []
            found = await learn_due(self.store, scorer, self.now, quiet)
            self._lessons_fit = True
            if found:
                await self.use_lessons({head.brand_id for head, _ in found})
            return [lesson for _, lessons in found for lesson in lessons]

    async def use_lessons(self, brand_ids: Collection[int]) -> None:
        """Judge by what was learnt, as it stands now. Where an answer can be another, mentions of these brands (of all,
        where 0 is among them) are due again."""
        scorer = await self.judging.scorer()
        if scorer is None or not isinstance(scorer, Teacher):
            return
        async with self._scoring:
            await self._renew(scorer)
            await asyncio.to_thread(scorer.teach, await self.store.read(taught.lessons))
            await self.store.write(opinions.renew, scorer.versions, () if 0 in brand_ids else brand_ids)

    async def push(self, token: str, headers: Mapping[str, str], body: bytes) -> dict[str, int]:
        """Store what another program pushes in with a webhook source's token; how many of each fate.

        Raises KeyError for a token that no source has, Forged for a wrong signature, BadShape for no JSON.
        """
        one = next((one for one in self.listened if _opens(one, token)), None)
        if one is None:
            raise KeyError(token)
        config = one.config
        assert isinstance(config, webhook.Config)
        webhook.verify(config, headers, body, self.now())
        read = list(webhook.accept(config, headers, body))
        items = [part for part in read if isinstance(part, Item)]
        gone = [part.id for part in read if isinstance(part, Tombstone)]
        problems = [f"{part.where}: {part.why}" for part in read if isinstance(part, Problem)]
        taken = await take_pushed(self.store, items, gone, one.origin, self.ear, self.now())
        await self.store.write(
            watches.succeeded, one.name, now=self.now(), next_due=None, seen=len(items), gaps=problems
        )
        return {"stored": taken.new, "edited": taken.edited, "known": taken.known, "refused": len(problems)}

    def named(self, written: str) -> Channel:
        """The channel that somebody wrote down as a digest's `to` would: slack:URL, mailto:…, file:… Raises Refused."""
        return channel_of(channel_for(written, self.config))

    def timezone_of(self, brand: Brand) -> str:
        """Where the readers of this brand's digest live; this machine's zone when nobody subscribed."""
        subscribed = (
            one.timezone for one in self.teller.subscriptions if brand.name in {each.name for each in one.brands}
        )
        return next(subscribed, None) or machine_timezone(os.environ)

    async def rematch(self) -> None:
        """Try changed queries on what is stored."""
        await rematch_changed(self.store, self.ear, self.now())

    async def read_back(self, name: str, since: datetime, told: Callable[[Past], None]) -> Past:
        """Take what the source of this name has of the time since then. Raises KeyError, and ValueError as past.py."""
        return await read_back(
            self.collector.listened[name], since, store=self.store, net=self.collector.net, pool=self.collector.pool,
            ear=lambda: self.ear, now=self.now, told=told,
        )  # fmt: skip

    async def recheck(self) -> Taken:
        """Ask what became of the next few mentions of sources that oblige us to forget what was deleted there."""
        return await recheck_due(
            self.collector.listened.values(), store=self.store, net=self.collector.net, pool=self.collector.pool,
            ear=lambda: self.ear, now=self.now,
        )  # fmt: skip

    async def tell_due(self) -> int:
        """Make the digests whose hour has come."""
        return await self.teller.tell_due(self.judging.why)

    async def tell_caught(self) -> int:
        """Tell what rules have caught, as far as its time has come."""
        return await self.ruling.tell_due(scoring=self.config.scoring.enabled and not self.judging.why)

    async def run(self, until: asyncio.Event) -> None:
        """Work until told to stop, then finish or let go what is in hand."""
        await self.teller.recover()
        await self.hubs.catch_up()
        clock = Clock(
            {
                "collect": (IDLE_TICK, self.collector.poll_due),
                "hubs": (HUBS_EVERY, self.hubs.tick),
                "rematch": (IDLE_TICK, self.rematch),
                "score": (IDLE_TICK, partial(self.score, renewing=True)),
                "learn": (LEARN_EVERY, self.learn),
                "recheck": (RECHECK_EVERY, self.recheck),
                "themes": (IDLE_TICK, self.theming.tick),
                "digest": (IDLE_TICK, self.tell_due),
                "rules": (IDLE_TICK, self.tell_caught),
                "unanswered": (REMIND_EVERY, self.ruling.remind_due),
                "alerts": (WATCH_EVERY, self.watching.tick),
                "deliver": (IDLE_TICK, self.teller.deliver_due),
                "tidy": (TIDY_EVERY, lambda: tidy(self.store, self.now())),
            }
        )
        clock.start()
        try:
            await until.wait()
        finally:
            await asyncio.gather(
                clock.stop(STOP_WITHIN),
                self.collector.stop(STOP_WITHIN),
                self.hubs.stop(STOP_WITHIN),
                self.teller.stop(STOP_WITHIN),
            )


@asynccontextmanager
async def opened(
    config: Config, *, now: Callable[[], datetime] = utc_now, open_scorer: Callable[[], Scorer] | None = None
) -> AsyncIterator[Service]:
    """A service on the configured database, for the holder of its write lock."""
    store = Store(config.database, write=True)
    try:
        async with (
            Net(allowed=parse_allowed(config.network.allow), contact=config.network.contact) as net,
            Pool() as pool,
        ):

            def configured_scorer() -> Scorer:
                return scorer_for(service.config, partial(store.reading, taught.lessons))

            service = Service(config, store, net, pool, open_scorer or configured_scorer, now)
            yield service
    finally:
        store.close()


def _opens(one: Listened, token: str) -> bool:
    """Whether this token opens this source, without telling by the time taken how near it came."""
    if not isinstance(one.config, webhook.Config) or one.paused:
        return False
    expected = one.config.token.get_secret_value() if one.config.token else one.name
    return hmac.compare_digest(expected.encode(), token.encode())
