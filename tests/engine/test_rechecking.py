"""What was deleted at a source that obliges us to notice is forgotten here, all of it and in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from monitor import searches
from monitor.engine.collecting import take_pushed
from monitor.store import rounds, watches
from sources.base import Cursor, Get, Item, Reading, Recheck, Source, SourceConfig, Tombstone

BRAND = '[[brand]]\nname = "Acme"\n'
DAY = timedelta(days=1)
GARBLED = -1
"""Answers with something that is no JSON."""


class Config(SourceConfig):
    url: str


def fetch(config: Config, cursor: Cursor) -> Reading:
    yield Get(config.url)
    return {}


def ask(config: Config, ids: Any) -> Reading:
    reply = yield Get(config.url, {"ids": ",".join(ids)}, conditional=False)
    there = reply.json()
    for one in ids:
        yield Item(id=one, title=f"Acme {there[one]}") if one in there else Tombstone(one)
    return None


STRICT = Source(
    kind="strict", title="Strict", Config=Config, fetch=fetch, every="1h", rate="1000/1s", terms="", example={},
    recheck=Recheck(ask, within="1d", batch=10),
)  # fmt: skip


class Wall:
    """A service with posts; what it is asked about is remembered."""

    def __init__(self) -> None:
        self.posts = {str(n): "says something" for n in range(25)}
        self.asked: list[list[str]] = []
        self.status = 200

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["ids"].split(","))
        if self.status == GARBLED:
            return web.Response(text="a page for people", status=200)
        return web.json_response(self.posts, status=self.status)


@pytest.fixture
async def wall(open_service: Any, loopback: Any) -> Any:
    wall = Wall()
    url = await loopback({"/": wall.answer})
    async with open_service(BRAND + f'[[source]]\nkind = "feed"\nname = "s"\nurl = "{url}/feed"\n') as service:
        one = replace(service.collector.listened["s"], source=STRICT, config=Config(url=f"{url}/"), recheck_within=DAY)
        service.collector.listened = {"s": one}
        items = [Item(id=id_, title=f"Acme {words}") for id_, words in wall.posts.items()]
        await take_pushed(service.store, items, [], one.origin, service.ear, service.now())
        yield service, wall


async def round_(service: Any) -> None:
    for _ in range(4):
        await service.recheck()


async def shown(service: Any) -> list[str]:
    return [hit.mention.title for hit in await service.store.search(searches.find, "acme", 1000)]


async def test_a_round_asks_about_everything_once_and_the_next_begins_a_day_later(wall: Any, clock: Any) -> None:
    service, wall = wall
    await round_(service)
    await round_(service)
    assert [len(ids) for ids in wall.asked] == [10, 10, 5]
    assert sorted({id_ for ids in wall.asked for id_ in ids}) == sorted(wall.posts)
    clock.pass_(days=1, minutes=1)
    await round_(service)
    assert [len(ids) for ids in wall.asked] == [10, 10, 5] * 2


async def test_what_is_gone_there_is_gone_here_and_what_was_edited_says_the_new_words(wall: Any) -> None:
    service, wall = wall
    del wall.posts["3"], wall.posts["17"]
    wall.posts["5"] = "says another thing"
    await round_(service)
    titles = await shown(service)
    assert len(titles) == 23
    assert titles.count("Acme says another thing") == 1


async def test_trouble_forgets_nothing_and_is_tried_again_later(wall: Any, clock: Any) -> None:
    service, wall = wall
    wall.status = 500
    await round_(service)
    assert len(wall.asked) == 1
    assert len(await shown(service)) == 25
    wall.status = 200
    clock.pass_(minutes=16)
    await round_(service)
    assert [len(ids) for ids in wall.asked] == [10, 10, 10, 5]


async def test_an_answer_that_cannot_be_read_does_not_keep_the_others_waiting(wall: Any, clock: Any) -> None:
    service, wall = wall
    wall.status = GARBLED
    await round_(service)
    wall.status = 200
    assert len(wall.asked) == 1
    clock.pass_(minutes=16)
    await round_(service)
    assert [ids[0] for ids in wall.asked] == ["0", "10", "20"]
    assert len(await shown(service)) == 25


async def test_what_was_never_a_mention_is_forgotten_too(wall: Any) -> None:
    service, _ = wall
    origin = service.collector.listened["s"].origin
    await take_pushed(service.store, [Item(id="x", title="of nobody")], [], origin, service.ear, service.now())
    await take_pushed(service.store, [], ["x"], origin, service.ear, service.now())
    left = await service.store.read(
        lambda connection: connection.exec_driver_sql("SELECT count(*) FROM candidate").scalar()
    )
    assert left == 0


async def test_a_source_under_another_name_is_asked_what_became_of_all_that_it_brought_before(wall: Any) -> None:
    service, wall = wall
    one = service.collector.listened["s"]
    renamed = [replace(one, name="t"), replace(one, name="u")]
    await service.store.write(watches.sync, [each.configured for each in renamed], service.now())
    service.collector.listened = {each.name: each for each in renamed}
    await round_(service)
    await round_(service)
    assert sorted(id_ for ids in wall.asked for id_ in ids) == sorted(wall.posts)


async def test_sources_that_do_not_oblige_us_are_not_asked(wall: Any) -> None:
    service, wall = wall
    one = service.collector.listened["s"]
    service.collector.listened = {"s": replace(one, recheck_within=None)}
    await round_(service)
    assert wall.asked == []
    assert (await service.store.read(rounds.present, "s")).began is None


def left_out(config: Config, ids: Any) -> Reading:
    reply = yield Get(config.url, {"ids": ",".join(ids)}, conditional=False)
    there = reply.json()
    for one in ids:
        yield Item(id=one, title=f"Acme {there[one]}") if one in there else Tombstone(one, is_told=False)
    return None


@pytest.fixture
def silent(wall: Any) -> Any:
    """A service that says nothing of what is gone, and leaves it out."""
    service, wall = wall
    one = service.collector.listened["s"]
    quiet = replace(STRICT, recheck=Recheck(left_out, within="1d", batch=10))
    service.collector.listened = {"s": replace(one, source=quiet)}
    return service, wall


async def test_what_is_only_left_out_is_forgotten_when_it_is_left_out_again_hours_later(
    silent: Any, clock: Any
) -> None:
    service, wall = silent
    del wall.posts["3"], wall.posts["17"]
    await round_(service)
    assert len(await shown(service)) == 25
    clock.pass_(hours=1)
    await round_(service)
    assert len(wall.asked) == 3
    clock.pass_(hours=2, minutes=1)
    await round_(service)
    assert wall.asked[3:] == [["3", "17"]]
    assert len(await shown(service)) == 23
    assert (await service.store.read(rounds.present, "s")).doubted == {}


async def test_an_outage_that_leaves_everything_out_forgets_nothing(silent: Any, clock: Any) -> None:
    service, wall = silent
    there, wall.posts = wall.posts, {}
    await round_(service)
    wall.posts = there
    clock.pass_(hours=4)
    await round_(service)
    await round_(service)
    assert len(await shown(service)) == 25
    assert (await service.store.read(rounds.present, "s")).doubted == {}
    clock.pass_(days=1)
    wall.asked.clear()
    await round_(service)
    assert [len(ids) for ids in wall.asked] == [10, 10, 5]


async def test_doubts_that_cannot_be_cleared_up_do_not_hold_up_the_round(silent: Any, clock: Any) -> None:
    service, wall = silent
    del wall.posts["3"]
    await service.recheck()
    clock.pass_(hours=4)
    wall.status = GARBLED
    await service.recheck()
    wall.status = 200
    clock.pass_(minutes=16)
    await round_(service)
    assert [ids[0] for ids in wall.asked] == ["0", "3", "10", "20"]
    assert len(await shown(service)) == 25
