"""Sources are polled side by side: what one does wrong is written down with it and touches no other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import web

from monitor import queries, searches
from monitor.store import watches
from sources.base import Again, Get, Item, Source, SourceConfig

BRAND = '[[brand]]\nname = "Acme"\n'


def rss(*titles: str) -> str:
    items = "".join(
        f"<item><guid>{title}</guid><title>{title}</title><pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate></item>"
        for title in titles
    )
    return f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'


def feed(*titles: str):
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=rss(*titles), content_type="application/rss+xml")

    return answer


async def broken(request: web.Request) -> web.Response:
    raise web.HTTPInternalServerError


async def garbage(request: web.Request) -> web.Response:
    return web.Response(text="\x00\x01 this is no feed", content_type="application/rss+xml")


async def until(question) -> None:
    """Ask again and again until the answer is yes."""
    async with asyncio.timeout(30):
        while True:
            if await question():
                return
            await asyncio.sleep(0.02)


def failing(connection, most: int) -> bool:
    return len([one for one in watches.health(connection, datetime.now(UTC)) if one.error]) >= most


def is_ok(connection, name: str) -> bool:
    return any(one.name == name and one.state == "ok" for one in watches.health(connection, datetime.now(UTC)))


def source(name: str, url: str, more: str = "") -> str:
    return f'[[source]]\nkind = "feed"\nname = "{name}"\nurl = "{url}"\n{more}\n'


async def test_broken_sources_delay_and_stop_nobody_and_say_what_is_wrong(open_service, loopback):
    never = asyncio.Event()

    async def hangs(request: web.Request) -> web.Response:
        await never.wait()
        raise AssertionError

    good = await loopback({"/": feed("Acme one", "Acme two")})
    bad = [await loopback({"/": handler}) for handler in (broken, garbage, hangs)]
    toml = BRAND + source("good", good) + "".join(source(f"bad {n}", url) for n, url in enumerate(bad))
    async with open_service(toml) as service:
        everything = asyncio.create_task(service.collector.poll_all())
        await until(lambda: service.store.read(searches.find, "", 10))
        assert not everything.done()
        await until(lambda: service.store.read(failing, 2))
        await until(lambda: service.store.read(is_ok, "good"))
        health = {one.name: one for one in await service.store.read(queries.sources_health, service.now())}
        assert "500" in health["bad 0"].error
        assert "not understood" in health["bad 1"].error
        assert health["bad 1"].advice
        everything.cancel()
        await service.collector.stop(0)


@pytest.mark.slow
async def test_a_source_that_fails_is_asked_later_and_later(open_service, loopback, clock):
    async with open_service(BRAND + source("bad", await loopback({"/": broken}), 'every = "1m"')) as service:
        waits = []
        for _ in range(4):
            await service.collector.poll_all()
            (health,) = await service.store.read(queries.sources_health, clock())
            waits.append((health.next_due - clock()).total_seconds())
            clock.pass_(hours=1)
        assert health.failures == 4
        assert waits == sorted(waits)
        assert waits[3] > 4 * waits[0]


async def test_who_asked_for_a_pause_has_it_however_often_all_are_asked(open_service, loopback, clock):
    asked = []

    async def tired(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=429, headers={"Retry-After": "7200"})

    async with open_service(BRAND + source("tired", await loopback({"/": tired}))) as service:
        (first,) = await service.collector.poll_all()
        (second,) = await service.collector.poll_all()
        assert len(asked) == 1
        assert second.error == first.error, "it is still told"
        assert "it wants a pause of 2 h" in second.error
        clock.pass_(hours=3)
        (third,) = await service.collector.poll_all()
        assert third.error != first.error, "it was tried again (the network still knows of the pause, by its own clock)"


async def test_a_source_that_recovers_forgets_its_trouble(open_service, loopback):
    answers = [broken, feed("Acme one")]

    async def recovers(request: web.Request) -> web.Response:
        return await answers.pop(0)(request)

    async with open_service(BRAND + source("shaky", await loopback({"/": recovers}))) as service:
        await service.collector.poll_all()
        await service.collector.poll_all()
        (health,) = await service.store.read(queries.sources_health, service.now())
        assert (health.state, health.error, health.failures) == ("ok", "", 0)


async def test_only_what_is_due_is_polled(open_service, loopback, clock):
    asked = []

    async def counts(request: web.Request) -> web.Response:
        asked.append(clock())
        return await feed("Acme one")(request)

    async with open_service(BRAND + source("s", await loopback({"/": counts}), 'every = "10m"')) as service:
        for _ in range(4):
            await service.collector.poll_due()
            await service.collector.stop(10)
            clock.pass_(minutes=6)
        assert len(asked) == 2


async def test_a_paused_source_is_not_asked(open_service, loopback):
    asked = []

    async def counts(request: web.Request) -> web.Response:
        asked.append(1)
        return await feed("Acme one")(request)

    async with open_service(BRAND + source("s", await loopback({"/": counts}), "paused = true")) as service:
        await service.collector.poll_all()
        await service.collector.poll_due()
        assert asked == []


async def test_a_source_that_a_person_paused_is_not_asked_until_it_goes_on(open_service, loopback):
    asked = []

    async def counts(request: web.Request) -> web.Response:
        asked.append(1)
        return await feed("Acme one")(request)

    async with open_service(BRAND + source("s", await loopback({"/": counts}))) as service:
        await service.store.write(watches.hold, "s", service.now())
        await service.collector.poll_all()
        await service.collector.poll_due()
        assert asked == []
        await service.store.write(watches.resume, "s", service.now())
        await service.collector.poll_all()
        assert asked == [1]


async def test_a_feed_that_is_gone_for_good_is_not_asked_again_until_somebody_says_so(open_service, loopback):
    asked = []

    async def gone(request: web.Request) -> web.Response:
        asked.append(1)
        return web.Response(status=410)

    async with open_service(BRAND + source("s", await loopback({"/": gone}))) as service:
        for _ in range(3):
            await service.collector.poll_all()
        (health,) = await service.store.read(queries.sources_health, service.now())
        assert (len(asked), health.state) == (1, "off")
        await service.store.write(watches.resume, "s", service.now())
        await service.collector.poll_all()
        assert len(asked) == 2


@pytest.mark.slow
async def test_a_feed_that_moves_on_completely_between_two_polls_is_asked_twice_as_often(open_service, loopback, clock):
    answers = [feed(*(f"Acme {n}" for n in range(at, at + 5))) for at in (0, 100, 102)]

    async def moves_on(request: web.Request) -> web.Response:
        return await answers.pop(0)(request)

    async with open_service(BRAND + source("fast", await loopback({"/": moves_on}), 'every = "1h"')) as service:
        waits, gaps = [], []
        for _ in range(3):
            (poll,) = await service.collector.poll_all()
            (health,) = await service.store.read(queries.sources_health, clock())
            waits.append((health.next_due - clock()).total_seconds() / 60)
            gaps.append(bool(poll.gaps))
            clock.pass_(hours=1)
        assert gaps == [False, True, False]
        assert waits[0] > 50
        assert 25 < waits[1] < 35
        assert waits[1] < waits[2] < 36
        assert health.interval is not None


async def test_a_feed_that_asks_for_rest_gets_it(open_service, loopback, clock):
    async def slow(request: web.Request) -> web.Response:
        text = rss("Acme one").replace("<title>t</title>", "<title>t</title><ttl>240</ttl>")
        return web.Response(text=text, content_type="application/rss+xml")

    async with open_service(BRAND + source("slow", await loopback({"/": slow}), 'every = "15m"')) as service:
        await service.collector.poll_all()
        (health,) = await service.store.read(queries.sources_health, clock())
        assert (health.next_due - clock()).total_seconds() >= 240 * 60


@pytest.mark.slow
async def test_nothing_where_there_always_was_something_raises_an_alarm(open_service, loopback):
    answers = [feed(f"Acme {n}") for n in range(6)] + [feed(), feed()]

    async def dries_up(request: web.Request) -> web.Response:
        return await answers.pop(0)(request)

    async with open_service(BRAND + source("s", await loopback({"/": dries_up}))) as service:
        polls = [(await service.collector.poll_all())[0] for _ in range(8)]
        assert [bool(poll.error) for poll in polls] == [False] * 7 + [True]
        assert "always was something" in polls[-1].error


async def test_a_reply_in_an_unknown_form_is_kept_as_evidence(open_service, loopback):
    async with open_service(BRAND + source("s", await loopback({"/": garbage}))) as service:
        await service.collector.poll_all()
        kept = await service.store.read(
            lambda connection: connection.exec_driver_sql("SELECT url, why, body FROM evidence").all()
        )
        assert len(kept) == 1
        assert b"this is no feed" in kept[0].body


class Config(SourceConfig):
    url: str
    turns_after: int
    """The cursor counts polls, and begins anew after so many."""


def walks(config: Config, cursor):
    yield Get(config.url, conditional=False)
    at = (cursor.get("at", 0) + 1) % config.turns_after
    yield Item(id=str(at), title="Acme")
    yield Again()
    return {"at": at}


WALK = Source(kind="walk", title="W", Config=Config, fetch=walks, every="1h", rate="1000/1s", terms="", example={})


@pytest.mark.parametrize(("turns_after", "at_once"), [(1, 2), (3, 4), (1000, 20)])
async def test_a_walk_goes_on_at_once_unless_it_turns_in_circles(
    turns_after, at_once, open_service, loopback, clock
) -> None:
    asked = []

    async def counts(request: web.Request) -> web.Response:
        asked.append(1)
        return web.Response(text="{}")

    url = await loopback({"/": counts})
    async with open_service(BRAND + source("s", f"{url}/feed", 'every = "1h"')) as service:
        one = service.collector.listened["s"]
        here = replace(one, source=WALK, config=Config(url=f"{url}/", turns_after=turns_after))
        service.collector.listened = {"s": here}
        await service.store.write(watches.sync, [here.configured], clock())
        for _ in range(20):
            await service.collector.poll_due()
            await service.collector.stop(10)
            clock.pass_(seconds=1)
        assert len(asked) == at_once
