"""The past of a source, read on somebody's wish: all of it once, whatever the service does meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from monitor import searches
from monitor.engine.past import Past
from monitor.store import watches
from sources.base import Again, Checkpoint, Cursor, Get, Item, Pause, RateLimited, Reading, Source, SourceConfig

BRAND = '[[brand]]\nname = "Acme"\n'
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=30)


class Config(SourceConfig):
    url: str


def fetch(config: Config, cursor: Cursor) -> Reading:
    """One page a poll, from the day in the cursor on."""
    day = cursor["day"]
    for _ in range(2):
        reply = yield Get(config.url, {"day": day})
        for number in reply.json("ids"):
            yield Item(id=number, title=f"Acme {number}", published=SINCE + timedelta(days=day))
        day += 1
        if reply.json("last"):
            return {"day": day}
        yield Checkpoint({"day": day})
    yield Again()
    return {"day": day}


ARCHIVE = Source(
    kind="archive", title="Archive", Config=Config, fetch=fetch, every="1h", rate="1000/1s", terms="", example={},
    cursor_at=lambda config, moment: {"day": (moment - SINCE).days},
)  # fmt: skip


class Days:
    """A service that gives three posts a day, of thirty days; it can be told to refuse some requests."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.refusals: list[web.Response] = []

    async def answer(self, request: web.Request) -> web.Response:
        day = int(request.query["day"])
        self.asked.append(day)
        if self.refusals and day == 7:
            return self.refusals.pop()
        return web.json_response({"ids": [f"{day}-{n}" for n in range(3)], "last": day == 29})


@pytest.fixture
async def archive(open_service: Any, loopback: Any) -> Any:
    days = Days()
    url = await loopback({"/": days.answer})
    async with open_service(BRAND + f'[[source]]\nkind = "feed"\nname = "s"\nurl = "{url}/feed"\n') as service:
        listened = service.collector.listened["s"]
        service.collector.listened = {"s": replace(listened, source=ARCHIVE, config=Config(url=f"{url}/"))}
        yield service, days


async def stored(service: Any) -> list[str]:
    return sorted(hit.mention.title for hit in await service.store.search(searches.find, "", 1000))


async def test_everything_since_the_day_is_taken_and_scoring_can_follow(archive: Any) -> None:
    service, days = archive
    told: list[timedelta] = []
    past = await service.read_back("s", SINCE, lambda so_far: told.append(so_far.covered))
    assert days.asked == list(range(30))
    assert (past.taken.new, past.requests, past.trouble) == (90, 30, "")
    assert (past.oldest, past.newest) == (SINCE, SINCE + timedelta(days=29))
    assert told == sorted(told)
    assert len(await stored(service)) == 90


async def test_only_what_is_younger_than_the_day_is_asked_for(archive: Any) -> None:
    service, days = archive
    past = await service.read_back("s", NOW - timedelta(days=5), lambda so_far: None)
    assert (days.asked, past.taken.new) == (list(range(25, 30)), 15)


async def test_a_second_time_stores_nothing_twice(archive: Any) -> None:
    service, _ = archive
    await service.read_back("s", SINCE, lambda so_far: None)
    past = await service.read_back("s", SINCE, lambda so_far: None)
    assert (past.taken.new, past.taken.known) == (0, 90)


async def test_it_leaves_the_place_where_polls_go_on_alone(archive: Any) -> None:
    service, _ = archive
    before = await service.store.read(watches.cursor, "s")
    await service.read_back("s", SINCE, lambda so_far: None)
    assert await service.store.read(watches.cursor, "s") == before


async def test_a_service_that_asks_to_wait_or_stumbles_is_waited_for(archive: Any) -> None:
    service, days = archive
    days.refusals = [web.Response(status=429, headers={"Retry-After": "1"})]
    past = await service.read_back("s", SINCE, lambda so_far: None)
    assert (past.taken.new, past.trouble) == (90, "")
    assert days.asked.count(7) == 2


async def test_a_service_that_asks_to_wait_for_hours_ends_it_with_what_there_is(archive: Any) -> None:
    service, days = archive
    days.refusals = [web.Response(status=429, headers={"Retry-After": "86400"})]
    past: Past = await service.read_back("s", SINCE, lambda so_far: None)
    assert past.taken.new == 21
    assert "asked to wait" in past.trouble


async def test_a_service_that_asks_to_wait_for_ever_is_not_asked_for_ever(archive: Any, monkeypatch: Any) -> None:
    service, _ = archive
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("monitor.engine.past.asyncio.sleep", wait)
    monkeypatch.setattr(service.net, "fetch", _refusing(service.net.fetch))
    past: Past = await service.read_back("s", SINCE, lambda so_far: None)
    assert "asked to wait" in past.trouble
    assert sum(waits) <= 900
    assert len(waits) < 20


def _refusing(fetch: Any) -> Any:
    async def refuse(request: Any, **_: Any) -> Any:
        if request.query["day"] == 7:
            raise RateLimited("no", 1.0)
        return await fetch(request, **_)

    return refuse


async def test_a_service_that_leads_round_in_circles_is_left(archive: Any) -> None:
    service, days = archive
    one = service.collector.listened["s"]

    def circles(config: Config, cursor: Cursor) -> Reading:
        yield Get(config.url, {"day": cursor["day"]})
        yield Again()
        return {"day": cursor["day"] % 3 + 1}

    service.collector.listened = {"s": replace(one, source=replace(ARCHIVE, fetch=circles))}
    past = await service.read_back("s", NOW - timedelta(days=29), lambda so_far: None)
    assert "circles" in past.trouble
    assert len(days.asked) == 3


async def test_a_brand_that_goes_meanwhile_does_not_stop_it(archive: Any) -> None:
    service, _ = archive
    one = service.collector.listened["s"]
    service.collector.listened = {"s": replace(one, about=service.brands["Acme"].id)}

    def told(so_far: Past) -> None:
        service.ear = replace(service.ear, versions={})
        service.ear.queries.__init__({})

    assert (await service.read_back("s", SINCE, told)).trouble == ""


async def test_what_is_dear_is_read_on_when_somebody_asks_for_the_past(archive: Any) -> None:
    service, days = archive
    one = service.collector.listened["s"]

    def dear(config: Config, cursor: Cursor) -> Reading:
        reply = yield Get(config.url, {"day": cursor["day"]})
        if not reply.json("last"):
            yield Again(now=False)
        return {"day": cursor["day"] + 1}

    service.collector.listened = {"s": replace(one, source=replace(ARCHIVE, fetch=dear))}
    past = await service.read_back("s", SINCE, lambda so_far: None)
    assert (days.asked, past.trouble) == (list(range(30)), "")


async def test_a_pause_of_hours_ends_it_and_says_so(archive: Any) -> None:
    service, days = archive
    one = service.collector.listened["s"]

    def spent(config: Config, cursor: Cursor) -> Reading:
        yield Get(config.url, {"day": cursor["day"]})
        yield Pause(7200, host=True)
        yield Again()
        return {"day": cursor["day"] + 1}

    service.collector.listened = {"s": replace(one, source=replace(ARCHIVE, fetch=spent))}
    past = await service.read_back("s", SINCE, lambda so_far: None)
    assert (len(days.asked), past.trouble) == (1, "the service wants a pause of 2.0 hours before it gives the rest")
