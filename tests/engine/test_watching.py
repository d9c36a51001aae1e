"""What is not usual is told once, with its cause, to whom it concerns; and not again before it is news again."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor import pipeline, searches
from monitor.app import Service
from monitor.pipeline import Origin
from monitor.searches import Search
from monitor.store import alerts, outbox, watches
from sources.base import Item

NOW = datetime(2026, 11, 24, 15, 10, tzinfo=UTC)
"""A Tuesday."""
BLOG = Origin("blog", "feed", "https://blog.example/feed")
CONFIG = """
[[brand]]
name = "Acme"
query = "acme"
competitors = ["Bolt"]
[[brand]]
name = "Bolt"
query = "bolt"
[[source]]
kind = "feed"
name = "blog"
url = "https://blog.example/feed"
[[source]]
kind = "feed"
name = "forum"
url = "https://forum.example/feed"
[[department]]
name = "Support"
query = "refund"
to = ["file:support"]
[[digest]]
brand = "Acme"
to = ["file:digests"]
[scoring]
enabled = false
[alerts]
to = ["file:alerts"]
timezone = "UTC"
"""


class Past:
    """Puts mentions into a service's store, and its clock where it must be."""

    def __init__(self, service: Service, clock: Any) -> None:
        self.service, self.clock, self.number = service, clock, 0
        self.draw = random.Random(4)

    def _said(self, at: datetime, text: str, **more: Any) -> Item:
        self.number += 1
        words = f"{text} {' '.join(self.draw.sample(_WORDS, 3))} {self.number}"
        return Item(id=f"{self.number}", text=words, published=at, author=f"p{self.number}", **more)

    async def say(self, at: datetime, text: str, origin: Origin = BLOG, count: int = 1, **more: Any) -> None:
        """So many mentions within the hour from then on, or up to now."""
        room = min(3600, int((self.clock() - at).total_seconds()))
        items = [self._said(at + timedelta(seconds=self.draw.randrange(room)), text, **more) for _ in range(count)]
        await self.service.store.write(pipeline.take, items, (), None, origin, self.service.ear, self.clock())

    async def weeks(self, weeks: int, an_hour: float, text: str = "acme in a shop", origin: Origin = BLOG) -> None:
        """The usual, up to now: so many an hour, more by day than by night."""
        items, now = [], self.clock()
        for back in range(weeks * 168, 0, -1):
            at = (now - timedelta(hours=back)).replace(minute=0)
            mean = an_hour * (1.6 if 8 <= at.hour < 20 else 0.4)
            said = sum(self.draw.random() < mean / 20 for _ in range(20))
            items += [self._said(at + timedelta(seconds=self.draw.randrange(3600)), text) for _ in range(said)]
        items = [one for one in items if one.published and one.published < now]
        for start in range(0, len(items), 500):
            some = items[start : start + 500]
            await self.service.store.write(pipeline.take, some, (), None, origin, self.service.ear, now)
        await self.service.store.write(_began, origin.name, now - timedelta(weeks=weeks))


def _began(connection: Any, name: str, at: datetime) -> None:
    watches.keep_cursor(connection, name, {}, at)
    connection.execute(watches.WATCH.update().where(watches.WATCH.c.name == name).values(began=at, reaches_back=at))


_WORDS = ("apple", "bridge", "candle", "desert", "engine", "forest", "garden", "harbour", "island", "jacket", "kettle")
Kept = list[alerts.Kept]


@pytest.fixture
def past(clock: Any) -> Callable[[Service], Past]:
    clock.now = NOW
    return lambda service: Past(service, clock)


async def told(service: Service) -> Kept:
    """The alerts that were made, the oldest first."""
    return list(reversed(await service.store.read(alerts.listed, 100)))


async def test_a_spike_is_told_once_with_the_numbers_that_its_query_finds(open_service: Any, past: Any) -> None:
    async with open_service(CONFIG) as service:
        there = past(service)
        await there.weeks(6, 2.0)
        await service.watching.tick()
        assert await told(service) == []
        await there.say(NOW - timedelta(minutes=65), "acme is everywhere", count=25)
        assert await service.watching.tick() >= 1
        again = await service.watching.tick()
        assert again == 0
        (one,) = [alert for alert in await told(service) if alert.told]
        assert one.kind == "volume"
        content = one.content
        assert content["sentence"]["text"].startswith("Acme: ")
        assert "on a Tuesday afternoon is" in content["sentence"]["text"]
        figure = next(part for part in content["sentence"]["parts"] if isinstance(part, dict))
        count = await service.store.read(searches.count, Search(figure["query"]))
        assert (count.n, count.exact) == (figure["value"], True)
        assert content["sentence"]["mentions"]
        assert content["mentions"]
        assert f"overheard alerts ack {one.id}" in content["advice"]["text"]
        parcels = await service.store.read(outbox.listed)
        assert [parcel.notice.kind for parcel in parcels] == ["alert"]
