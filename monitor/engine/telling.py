"""Tells people: makes the digests whose hour has come, and takes each notice through its channel until it arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from monitor import briefing, pipeline
from monitor.briefing import EVERYBODY, Period, Readers
from monitor.channels.schedule import next_attempt
from monitor.digest.compose import compose
from monitor.digest.content import content as rendered
from monitor.digest.due import due_dates
from monitor.digest.form import as_json
from monitor.digest.together import together, together_as_json
from monitor.engine.rewriting import Rewriting, cited
from monitor.errors import Refused
from monitor.mention import Brand
from monitor.notice import Ask, Attempt, Delivery, Later, Never, Notice, Outcome, Reply, Sent
from monitor.store import digests, mentions, opinions, outbox, watches
from monitor.store.engine import Store
from monitor.store.outbox import Parcel

PATIENCE = timedelta(minutes=10)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who is told of which brands, when and where."""

    name: str
    brands: tuple[Brand, ...]
    """At least one; several are told of together."""
    at: time
    timezone: str
    days: tuple[int, ...]
    channels: tuple[str, ...]
    readers: Readers = EVERYBODY

    @property
    def about(self) -> str:
        """The brand's name, or "*" where it is about several."""
        return self.brands[0].name if len(self.brands) == 1 else "*"


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to people: its pure generator, bound to its options."""

    name: str
    deliver: Callable[[Notice, Sequence[Attempt], datetime], Delivery]
    """(notice, earlier attempts, now)"""


class Teller:
    """Makes and delivers. What is due and what was sent stands in the rows."""

    def __init__(
        self,
        store: Store,
        send: Callable[[Ask], Awaitable[Reply]],
        channels: Mapping[str, Channel],
        named: Callable[[str], Channel],
        subscriptions: Sequence[Subscription],
        base_url: str,
        now: Callable[[], datetime],
    ) -> None:
        """`named` gives the channel that somebody wrote down on the spot (slack:URL). Raises Refused."""
        self.store, self.send, self.channels, self.named = store, send, channels, named
        self.subscriptions, self.base_url, self.now = subscriptions, base_url, now
        self._sending: dict[str, asyncio.Task[bool]] = {}
        self._noticed: dict[tuple[str, date], datetime] = {}
        self._rests: dict[tuple[str, date], datetime] = {}
        self.rewriting: Rewriting | None = None
        """Who words the summaries anew, where somebody does."""
        self.ready: Callable[[], Awaitable[None]] | None = None
        """Makes ready what a digest tells of, such as the themes of what came a moment ago."""

    def use(self, channels: Mapping[str, Channel], subscriptions: Sequence[Subscription], base_url: str) -> None:
        """Go on with other channels and digests (which the store knows); what is being sent ends as it was."""
        self.channels, self.subscriptions, self.base_url = channels, subscriptions, base_url
        kept = {one.name for one in subscriptions}
        self._noticed = {key: since for key, since in self._noticed.items() if key[0] in kept}

    async def tell_due(self, scoring: str = "") -> int:
        """Freeze every digest whose hour has come and that is not there yet; how many.

        It waits, ten minutes at most, for the polls that were due at that hour and for the scores of what they brought:
        a laptop that is opened at nine would else send an empty digest and then hear the news. `scoring` says why
        nothing is scored, where that is so.
        """
        made = 0
        for one in self.subscriptions:
            for local_date in await self.store.read(_due_of, one, self.now()):
                first = self._noticed.setdefault((one.name, local_date), self.now())
                if self.now() - first < PATIENCE and await self.store.read(_unheard, self.now(), not scoring):
                    continue
                made += await self._told(one, local_date, scoring)
        return made

    async def _told(self, one: Subscription, local_date: date, scoring: str) -> bool:
        """Whether it was made. One that cannot be is tried again later, and keeps no other from being made."""
        key = (one.name, local_date)
        if self._rests.get(key, self.now()) > self.now():
            return False
        try:
            made = await self.tell(one, local_date, scoring) is not None
        except Exception:
            # One digest that cannot be made must not keep the others from their readers; it is tried again later.
            log.exception("digest could not be made", digest=one.name, date=str(local_date))
            self._rests[key] = self.now() + PATIENCE
            return False
        self._noticed.pop(key, None)
        self._rests.pop(key, None)
        return made

    async def tell(self, one: Subscription, local_date: date, scoring: str = "") -> int | None:
        """Freeze one digest and put it into the outbox; its id, or None when it was there already."""
        since = await self.store.read(digests.told_until, one.name)
        period = Period(local_date, one.at, one.timezone, one.days, since=since)
        content = await self.compose(one.brands, period, scoring, one.readers)
        return await self.announce(one, period, content, dict.fromkeys(one.channels))

    async def announce(
        self, one: Subscription, period: Period, content: Mapping[str, Any], ways: Mapping[str, str | None]
    ) -> int | None:
        """Freeze what was composed and put it into the outbox; its id, or None when it was there already.

        `ways`: channel to how it was written on the spot, or None for one of the configuration.
        """
        return await self.store.write(
            pipeline.announce,
            subscription=one.name,
            brand=one.about,
            local_date=period.name(),
            until=period.window()[1],
            content=content,
            ways=ways,
            now=self.now(),
        )

    async def compose(
        self, brands: Sequence[Brand], period: Period, scoring: str = "", readers: Readers = EVERYBODY
    ) -> dict[str, Any]:
        """The digest of one period, in all its renderings, without storing or sending anything."""
        if self.ready is not None:
            await self.ready()
        read = partial(briefing.material, period=period, now=self.now(), scoring=scoring, readers=readers)
        composed = [await asyncio.to_thread(compose, await self.store.read(read, brand)) for brand in brands]
        frozen = as_json(composed[0]) if len(composed) == 1 else together_as_json(together(composed))
        return await asyncio.to_thread(rendered, await self._reworded(frozen), self.base_url)

    async def _reworded(self, frozen: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.rewriting is None:
            return frozen
        found = await self.store.read(mentions.read, cited(frozen))
        texts = {id_: "\n".join(filter(None, (one.title, one.text))) for id_, one in found.items()}
        return await self.rewriting.rewritten(frozen, texts)

    async def deliver_due(self) -> list[asyncio.Task[bool]]:
        """Begin to send what is ready, one notice a channel at a time; a slow channel delays no other."""
        begun = []
        for parcel in await self.store.read(outbox.ready, self.now()):
            if parcel.channel not in self._sending:
                task = asyncio.create_task(self._deliver(parcel), name=f"deliver {parcel.channel}")
                self._sending[parcel.channel] = task
                task.add_done_callback(partial(self._sent, parcel.channel))
                begun.append(task)
        return begun

    def _sent(self, channel: str, task: asyncio.Task[bool]) -> None:
        self._sending.pop(channel, None)

    async def deliver_ready(self) -> int:
        """Send what is ready and wait for the answers; how many arrived."""
        return sum(await asyncio.gather(*await self.deliver_due()))

    async def stop(self, within: float) -> None:
        """Let deliveries end for so many seconds. What is cut off then is sent again under the same id."""
        running = list(self._sending.values())
        if running:
            _, late = await asyncio.wait(running, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def recover(self) -> int:
        """After a start: what a crash interrupted is ready again, and its channel will know of the earlier try."""
        return await self.store.write(outbox.recover, self.now())

    async def _deliver(self, parcel: Parcel) -> bool:
        number = await self.store.write(outbox.start, parcel.notice.id, self.now())
        if number is None:
            return False
        state, answer, next_at = after(await self._outcome(parcel), number, self.now())
        if state in ("dead", "held"):
            log.error("notice not sent any more", state=state, channel=parcel.channel, why=answer)
        elif state == "retry":
            log.warning("notice not delivered yet", channel=parcel.channel, why=answer, next=str(next_at))
        await self.store.write(outbox.finish, parcel.notice.id, number, state=state, answer=answer, next_at=next_at)
        return state == "delivered"

    async def _outcome(self, parcel: Parcel) -> Outcome:
        try:
            channel = self.named(parcel.way["to"]) if parcel.way else self.channels.get(parcel.channel)
            if channel is None:
                return Never(f'the configuration has no channel "{parcel.channel}" any more')
            return await carry(channel.deliver(parcel.notice, parcel.attempts, self.now()), self.send)
        except Refused as error:
            return Never(str(error))
        except Exception as error:
            # A channel's mistake must not leave its notice in the state of being sent: it is tried again as after a
            # refusal.
            log.exception("channel failed unexpectedly", channel=parcel.channel)
            return Later(None, f"{type(error).__name__}: {error}")


async def carry(delivery: Delivery, send: Callable[[Ask], Awaitable[Reply]]) -> Outcome:
    """Do what a channel's generator asks for until it says how it ended."""
    try:
        ask = next(delivery)
        while True:
            ask = delivery.send(await send(ask))
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome


def after(outcome: Outcome, attempt: int, now: datetime) -> tuple[str, str, datetime | None]:
    """(state, answer, next try) of a notice after its attempt number `attempt`."""
    if isinstance(outcome, Sent):
        return "delivered", outcome.answer, None
    if isinstance(outcome, Never):
        return "held" if outcome.held else "dead", outcome.why, None
    assert isinstance(outcome, Later)
    when = next_attempt(attempt, outcome, now)
    return ("retry", outcome.why, when) if when else ("dead", f"given up after {attempt} attempts: {outcome.why}", None)


def _due_of(connection: Connection, one: Subscription, now: datetime) -> list[date]:
    created = digests.since(connection, one.name)
    latest = digests.last_date(connection, one.name)
    return due_dates(now, one.at, ZoneInfo(one.timezone), latest, created or now, weekdays=one.days)


def _unheard(connection: Connection, now: datetime, scored: bool) -> bool:
    """Whether a poll is due or at work, or (where there are scorers) something waits to be scored."""
    return watches.behind(connection, now) or (scored and opinions.waiting(connection) > 0)
