"""Tells people: makes the digests whose hour has come, and takes each notice through its channel until it arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from monitor import pipeline, queries
from monitor.channels.schedule import next_attempt
from monitor.digest.compose import compose
from monitor.digest.content import content as rendered
from monitor.digest.due import due_dates
from monitor.mention import Brand
from monitor.notice import Ask, Attempt, Delivery, Later, Never, Notice, Outcome, Reply, Sent
from monitor.queries import Period
from monitor.store import digests, outbox
from monitor.store.engine import Store
from monitor.store.outbox import Parcel

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who is told of which brand, when and where."""

    name: str
    brand: Brand
    at: time
    timezone: str
    days: tuple[int, ...]
    channels: tuple[str, ...]


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
        channels: dict[str, Channel],
        subscriptions: Sequence[Subscription],
        base_url: str,
        now: Callable[[], datetime],
    ) -> None:
        self.store, self.send, self.channels = store, send, channels
        self.subscriptions, self.base_url, self.now = subscriptions, base_url, now

    async def tell_due(self, scoring: str = "") -> int:
        """Freeze every digest whose hour has come and that is not there yet; how many.

        `scoring` says why nothing is scored, where that is so.
        """
        made = 0
        for one in self.subscriptions:
            for local_date in await self.store.write(_due_of, one, self.now()):
                made += await self.tell(one, local_date, scoring) is not None
        return made

    async def tell(self, one: Subscription, local_date: date, scoring: str = "") -> int | None:
        """Freeze one digest and put it into the outbox; its id, or None when it was there already."""
        content = await self.compose(one.brand, Period(local_date, one.at, one.timezone, one.days), scoring)
        return await self.announce(one, local_date, content)

    async def announce(self, one: Subscription, local_date: date, content: Mapping[str, Any]) -> int | None:
        """Freeze what was composed and put it into the outbox; its id, or None when it was there already."""
        return await self.store.write(
            pipeline.announce,
            subscription=one.name,
            brand=one.brand.name,
            local_date=local_date,
            content=content,
            channels=one.channels,
            now=self.now(),
        )

    async def compose(self, brand: Brand, period: Period, scoring: str = "") -> dict[str, Any]:
        """The digest of one period, in all its renderings, without storing or sending anything."""
        material = await self.store.read(queries.material, brand, period, self.now(), scoring)
        return await asyncio.to_thread(rendered, compose(material), self.base_url)

    async def deliver_ready(self) -> int:
        """Send what is ready, one notice a channel at a time, the channels side by side; how many arrived."""
        parcels = await self.store.read(outbox.ready, self.now())
        arrived = await asyncio.gather(*(self._deliver(parcel) for parcel in parcels))
        return sum(arrived)

    async def recover(self) -> int:
        """After a start: what a crash interrupted is ready again, and its channel will know of the earlier try."""
        return await self.store.write(outbox.recover, self.now())

    async def _deliver(self, parcel: Parcel) -> bool:
        notice = parcel.notice
        channel = self.channels.get(parcel.channel)
        number = await self.store.write(outbox.start, notice.id, self.now())
        if channel is None:
            outcome: Outcome = Never(f'the configuration has no channel "{parcel.channel}" any more')
        else:
            outcome = await carry(channel.deliver(notice, parcel.attempts, self.now()), self.send)
        state, answer, next_at = after(outcome, number, self.now())
        if state in ("dead", "held"):
            log.error("notice not sent any more", state=state, notice=notice.id, channel=parcel.channel, why=answer)
        elif state == "retry":
            log.warning("notice not delivered yet", channel=parcel.channel, why=answer, next=str(next_at))
        await self.store.write(outbox.finish, notice.id, number, state=state, answer=answer, next_at=next_at)
        return state == "delivered"


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
    created = digests.since(connection, one.name, now)
    latest = digests.last_date(connection, one.name)
    return due_dates(now, one.at, ZoneInfo(one.timezone), latest, created, weekdays=one.days)
