"""Streams beside the polls: what names a brand is stored once, edits and deletions follow, each says how it does."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import sources.bluesky
from monitor import queries
from monitor.collect.streaming import Timing
from monitor.config import loads
from monitor.engine import holding
from monitor.store import watches
from sources.base import BadShape

BRAND = '[[brand]]\nname = "Acme"\n'
FAST = Timing(seconds=0.02, report=0.0, first_wait=0.01, longest_wait=0.05, fastest=10**9, bad=5, brief=0.1)


def bluesky(jetstream: Any, name: str = "bluesky", more: str = "") -> str:
    return f'[[source]]\nkind = "bluesky"\nname = "{name}"\nhosts = ["{jetstream.url}"]\n{more}\n'


@pytest.fixture
def open_fast(open_service: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """As `open_service`, with streams that are neither patient nor polite."""
    polite = sources.bluesky.SOURCE
    monkeypatch.setattr(sources.bluesky, "SOURCE", replace(polite, rate="1000/1s"))
    sources.load.cache_clear()

    @asynccontextmanager
    async def open_(toml: str) -> AsyncIterator[Any]:
        async with open_service(toml) as service:
            service.collector.timing = FAST
            yield service

    yield open_
    monkeypatch.undo()
    sources.load.cache_clear()


async def until(question: Any) -> None:
    """Ask again and again until the answer is yes."""
    async with asyncio.timeout(20):
        while True:
            if await question():
                return
            await asyncio.sleep(0.01)


def rows(connection: Any, what: str) -> list[Any]:
    return list(connection.exec_driver_sql(what).all())


async def stored(service: Any) -> list[tuple[str, str]]:
    """Id and text of all mentions, in the order of their coming."""
    found = await service.store.read(rows, "SELECT external_id, text FROM mention ORDER BY id")
    return [(one.external_id, one.text) for one in found]


async def health_of(service: Any, name: str = "bluesky") -> Any:
    return next(one for one in await service.store.read(queries.sources_health, service.now()) if one.name == name)


async def test_only_what_names_a_brand_is_stored_and_the_cursor_with_it(open_fast, jetstream):
    for n in range(30):
        jetstream.post(f"p{n}", f"I bought an Acme anvil, the {n}th" if n % 10 == 3 else "Nothing of interest")
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        await service.collector.poll_due()
        await until(lambda: have(service, 3))
        await service.collector.stop(10)
        assert [text for _, text in await stored(service)] == [
            f"I bought an Acme anvil, the {n}th" for n in (3, 13, 23)
        ]
        assert await service.store.read(rows, "SELECT count(*) FROM candidate") == [(0,)]
        kept = await service.store.read(watches.cursor, "bluesky")
        assert kept["cursor"] == {"time_us": jetstream.frames[-1][0]}
        assert (await health_of(service)).state == "ok"


async def have(service: Any, many: int) -> bool:
    return len(await stored(service)) >= many


async def test_five_breaks_store_each_mention_once(open_fast, jetstream):
    jetstream.cuts = [7, 9, 8, 12, 6]
    ids = [jetstream.post(f"p{n}", f"Acme number {n}") for n in range(40)]
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        await service.collector.poll_due()
        await until(lambda: have(service, 40))
        await service.collector.stop(10)
        assert [one for one, _ in await stored(service)] == ids
        assert len(jetstream.asked) >= 5


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3, 4))])
async def test_whatever_breaks_the_store_ends_up_as_the_network_has_it(open_fast, jetstream, seed):
    chance = random.Random(seed)
    jetstream.cuts = [chance.randrange(3, 60) for _ in range(12)]
    should: dict[str, str] = {}
    for n in range(300):
        rkey = f"p{chance.randrange(n // 2 + 1)}"
        known = f"at://did:plc:ann/app.bsky.feed.post/{rkey}"
        if should.get(known) == "":
            continue  # deleted, and never used again
        operation = chance.choice(["update", "update", "delete"]) if known in should else "create"
        should[known] = "" if operation == "delete" else f"Acme, the {n}th word"
        jetstream.post(rkey, should[known], operation=operation)
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        service.collector.timing = replace(FAST, frames=chance.choice([1, 7, 50]))
        for _ in range(4):  # now and then the whole service stops
            await service.collector.poll_due()
            await asyncio.sleep(chance.random() / 10)
            await service.collector.stop(10)
        await service.collector.poll_due()
        end = jetstream.post("end", "Acme, the end")

        async def ended() -> bool:
            return end in dict(await stored(service))

        await until(ended)
        await service.collector.stop(10)
        found = await stored(service)
        assert dict(found) == {**should, end: "Acme, the end"}
        assert len(found) == len(should) + 1


async def test_an_edit_is_a_revision_and_a_deleted_post_is_redacted(open_fast, jetstream):
    kept, gone = jetstream.post("a", "Acme anvils are heavy"), jetstream.post("b", "Acme sold me a broken one")
    jetstream.post("c", "Nobody")
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        await service.collector.poll_due()
        await until(lambda: have(service, 2))
        jetstream.post("a", "Those anvils are heavy", operation="update")  # names nobody any more
        for rkey in ("b", "c", "never seen"):
            jetstream.post(rkey, operation="delete")
        jetstream.post("d", "Acme again")
        await until(lambda: have(service, 3))
        assert dict(await stored(service)) == {
            kept: "Those anvils are heavy",
            gone: "",
            "at://did:plc:ann/app.bsky.feed.post/d": "Acme again",
        }
        (revision,) = await service.store.read(rows, "SELECT text FROM revision")
        assert revision.text == "Acme anvils are heavy"
        await service.collector.stop(10)


async def test_what_nobody_wants_is_not_written_but_the_cursor_is(open_fast, jetstream, clock):
    for n in range(300):
        jetstream.post(f"p{n}", "Nothing of interest")
        jetstream.post(f"q{n}", operation="delete")
    clock.now = jetstream.BEGAN + timedelta(seconds=600)
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        writes: list[str] = []
        write = service.store.write

        async def counted(work: Any, *args: Any, **named: Any) -> Any:
            writes.append(work.__name__)
            return await write(work, *args, **named)

        service.store.write = counted
        service.collector.timing = replace(FAST, frames=10, report=1000.0)
        (poll,) = await service.collector.poll_all()
        assert poll.taken.passed_over == 300
        assert writes.count("_take") == 0
        kept = await service.store.read(watches.cursor, "bluesky")
        assert kept["cursor"] == {"time_us": jetstream.frames[-1][0]}


async def told(service: Any) -> bool:
    return (await health_of(service)).state == "ok"


async def test_the_cursor_of_a_torrent_without_a_match_is_kept_now_and_then(open_fast, jetstream, monkeypatch):
    monkeypatch.setattr(holding, "CURSOR_EVERY", 0.05)
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        await service.collector.poll_due()
        last = jetstream.post("a", "Nothing of interest")

        async def kept() -> bool:
            jetstream.post("b", "Nothing either")
            state = await service.store.read(watches.cursor, "bluesky")
            return bool(state.get("cursor"))

        await until(kept)
        assert last
        await service.collector.stop(10)


async def test_it_stops_at_once_with_what_is_in_hand_stored(open_fast, jetstream):
    jetstream.post("a", "Acme at the last moment")
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        service.collector.timing = Timing(seconds=60.0)
        await service.collector.poll_due()

        async def listens() -> bool:
            return jetstream.listening == 1

        await until(listens)
        await asyncio.sleep(0.1)
        async with asyncio.timeout(2):
            await service.collector.stop(10)
        assert len(await stored(service)) == 1


async def test_the_state_says_that_it_is_held_and_why_it_is_not(open_fast, jetstream, clock):
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        await service.collector.poll_due()
        await until(lambda: told(service))
        health = await health_of(service)
        assert health.next_due - clock() == timedelta(seconds=60)
        assert health.last_good == clock()
        jetstream.say(*(json.dumps({"v": 3, "n": n}) for n in range(6)))

        async def kept() -> list[Any]:
            return await service.store.read(rows, "SELECT body FROM evidence")

        await until(kept)
        health = await health_of(service)
        assert (health.state, BadShape.title in health.error) == ("failing", True)
        assert json.loads((await kept())[0].body)["v"] == 3
        assert health.next_due > clock()
        await service.collector.poll_due()
        assert jetstream.listening == 0


async def test_it_is_held_once_and_let_go_when_a_person_pauses_it(open_fast, jetstream, clock):
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        for _ in range(3):
            await service.collector.poll_due()
            clock.pass_(minutes=5)
        await until(lambda: told(service))
        assert len(jetstream.asked) == 1
        await service.store.write(watches.hold, "bluesky", clock())
        await service.collector.poll_due()

        async def let_go() -> bool:
            return jetstream.listening == 0

        await until(let_go)
        await service.collector.poll_due()
        assert len(jetstream.asked) == 1
        await service.store.write(watches.resume, "bluesky", clock())
        clock.pass_(seconds=1)

        async def again() -> bool:
            await service.collector.poll_due()
            return len(jetstream.asked) == 2

        await until(again)
        await service.collector.stop(10)


async def test_a_paused_stream_is_not_connected(open_fast, jetstream):
    async with open_fast(BRAND + bluesky(jetstream, more="paused = true")) as service:
        await service.collector.poll_due()
        assert await service.collector.poll_all() == []
        assert jetstream.asked == []


async def test_two_of_the_same_share_one_connection_and_the_second_says_so(open_fast, jetstream):
    jetstream.post("a", "Acme once")
    async with open_fast(BRAND + bluesky(jetstream, "one") + bluesky(jetstream, "two")) as service:
        await service.collector.poll_due()
        await until(lambda: have(service, 1))
        assert len(jetstream.asked) == 1
        health = await health_of(service, "two")
        assert '"one" has the same connection' in health.error
        assert "Remove one" in health.advice
        service.collector.use([one for one in service.listened if one.name == "two"], service.ear)
        await service.collector.stop(10)
        assert [poll.name for poll in await service.collector.poll_all()] == ["two"]


async def test_one_round_listens_until_it_has_caught_up(open_fast, jetstream, clock):
    clock.now = jetstream.BEGAN + timedelta(seconds=20)
    for n in range(20):
        jetstream.post(f"p{n}", f"Acme number {n}")
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        async with asyncio.timeout(5):
            (poll,) = await service.collector.poll_all()
        assert (poll.error, poll.taken.new) == ("", 20)
        assert jetstream.listening == 0
        jetstream.post("later", "Acme later")
        (poll,) = await service.collector.poll_all()
        assert poll.taken.new == 1


async def test_one_round_that_could_not_catch_up_says_so(open_fast, jetstream, clock):
    clock.now = jetstream.BEGAN + timedelta(hours=3)
    jetstream.post("a", "Acme")
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        (poll,) = await service.collector.poll_all()
        assert poll.gaps == ("stream: 3.0 h behind, and it goes on from there",)
        assert (await health_of(service)).gaps == poll.gaps


async def test_one_round_leaves_a_stream_alone_that_is_held(open_fast, jetstream):
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        await service.collector.poll_due()
        await until(lambda: told(service))
        assert await service.collector.poll_all() == []
        await service.collector.stop(10)


async def test_other_queries_are_heard_without_a_new_connection(open_fast, jetstream):
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        await service.collector.poll_due()
        jetstream.post("a", "Globex is better")
        await until(lambda: told(service))
        text = f'[network]\nallow = ["127.0.0.1"]\n[[brand]]\nname = "Globex"\n{bluesky(jetstream)}'
        await service.use(loads(text, service.config.path, {}))
        jetstream.post("b", "Globex is best")
        await until(lambda: have(service, 1))
        assert [text for _, text in await stored(service)] == ["Globex is best"]
        assert len(jetstream.asked) == 1
        await service.collector.stop(10)


async def test_a_stream_shows_nothing_of_the_time_before_it(open_fast, jetstream, clock):
    jetstream.post("a", "Acme from an archive", createdAt="2015-01-01T00:00:00Z")
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        started = clock()
        await service.collector.poll_due()
        await until(lambda: told(service))
        await service.collector.stop(10)
        assert await service.store.read(watches.reach, (), clock()) == started


async def test_a_post_without_anybodys_words_is_not_even_decoded(open_fast, jetstream, monkeypatch):
    declared, decoded = sources.bluesky.SOURCE, []

    def counted(config: Any, frame: str) -> Any:
        decoded.append(json.loads(frame)["commit"]["rkey"])
        return sources.bluesky.decode(config, frame)

    monkeypatch.setattr(sources.bluesky, "SOURCE", replace(declared, decode=counted, rate="1000/1s"))
    sources.load.cache_clear()
    for n in range(20):
        jetstream.post(f"p{n}", "Nothing of interest")
    jetstream.post("q", "An Acme anvil")
    jetstream.post("p3", operation="delete")
    jetstream.post("p4", "Still nothing", operation="update")
    async with open_fast(BRAND + bluesky(jetstream)) as service:
        (poll,) = await service.collector.poll_all()
        assert decoded == ["q", "p3", "p4"]
        assert (poll.taken.new, poll.taken.passed_over) == (1, 21)
        kept = await service.store.read(watches.cursor, "bluesky")
        assert kept["cursor"] == {"time_us": jetstream.frames[-1][0]}
