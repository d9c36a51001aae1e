"""A stream is held through everything that can happen to it: what was said arrives, once, in its order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

import sources
from monitor.collect import streaming
from monitor.collect.drive import State
from monitor.collect.streaming import Heard, Timing, hold
from monitor.net.guard import parse_allowed
from monitor.net.http import Limits, Net
from monitor.net.streams import StreamLimits
from sources.base import (
    BadShape,
    Blocked,
    Connection,
    Decoded,
    Item,
    NeedsAuth,
    Source,
    SourceError,
    Tombstone,
    Unreachable,
)

FAST = Timing(seconds=0.02, report=0.0, first_wait=0.01, longest_wait=0.05, fastest=10**9, bad=5, brief=0.1)


class Held:
    """A stream that is held beside the test: what it handed over and told so far."""

    def __init__(self, shelf: Any) -> None:
        self.shelf = shelf
        self.told: list[Heard] = []
        self.stop = asyncio.Event()
        self.error: SourceError | None = None
        self.state = State()
        self.task: asyncio.Task[None] | None = None

    @property
    def gone(self) -> list[str]:
        return [tombstone.id for batch in self.shelf.batches for tombstone in batch.tombstones]

    @property
    def errors(self) -> list[str]:
        return [heard.error.kind for heard in self.told if heard.error]

    async def until(self, question: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while True:
                if question():
                    return
                await asyncio.sleep(0.005)

    async def end(self) -> None:
        self.stop.set()
        assert self.task is not None
        async with asyncio.timeout(5):
            await self.task


@pytest.fixture
async def held(make_shelf: Callable[..., Any]) -> AsyncIterator[Callable[..., Held]]:
    """`held(url)` listens to Bluesky at `url` and goes on beside the test."""
    tasks: list[asyncio.Task[None]] = []

    def start(
        *urls: str, shelf: Any = None, source: Source | None = None, state: State | None = None, timing: Timing = FAST,
        silence: float = 60.0, allow: str = "127.0.0.0/8", commit: Callable[..., Awaitable[None]] | None = None,
        brief: bool = False, now: datetime | None = None,
    ) -> Held:  # fmt: skip
        one = Held(shelf or make_shelf())
        declared = source or sources.load("bluesky")
        config = declared.Config.model_validate({"hosts": urls} if source is None else {})

        async def tell(heard: Heard) -> None:
            one.told.append(heard)

        async def listen() -> None:
            limits = Limits(stream=StreamLimits(silence=silence))
            async with Net(allowed=parse_allowed([allow]), limits=limits) as net:
                try:
                    one.state = await hold(
                        declared, config, state or State(), name="s", net=_Fast(net), commit=commit or one.shelf.commit,
                        tell=tell, stop=one.stop, now=lambda: now or datetime.now(UTC), brief=brief, timing=timing,
                    )  # fmt: skip
                except SourceError as error:
                    one.error = error

        one.task = asyncio.create_task(listen())
        tasks.append(one.task)
        return one

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Fast:
    """The net without the pace that is owed to strangers."""

    def __init__(self, net: Net) -> None:
        self._net = net

    @asynccontextmanager
    async def stream(self, connection: Connection, *, rate: str = "") -> AsyncIterator[AsyncIterator[str]]:
        async with self._net.stream(connection, rate="1000/1s") as frames:
            yield frames


async def test_what_is_said_arrives_with_the_cursor_and_what_is_deleted_is_told(held, jetstream):
    ids = [jetstream.post("a", "one"), jetstream.post("b", "two")]
    one = held(jetstream.url)
    await one.until(lambda: one.shelf.ids == ids)
    jetstream.post("a", operation="delete")
    await one.until(lambda: one.gone == [ids[0]])
    assert one.shelf.state.cursor == {"time_us": jetstream.frames[-1][0]}
    assert "cursor" not in jetstream.asked[0]
    assert jetstream.asked[0]["wantedCollections"] == "app.bsky.feed.post"
    await one.end()


async def test_five_breaks_lose_nothing_and_repeat_nothing(held, jetstream):
    jetstream.cuts = [7, 9, 8, 12, 6]
    one = held(jetstream.url)
    ids = [jetstream.post(f"p{n}", f"said {n}") for n in range(40)]
    await one.until(lambda: len(one.shelf.ids) >= 40 and len(jetstream.asked) >= 6)
    ids += [jetstream.post("last", "the end")]
    await one.until(lambda: ids[-1] in one.shelf.ids)
    await one.end()
    assert one.shelf.ids == ids
    assert len(jetstream.asked) == 6
    assert one.errors == ["Unreachable"] * 5
    cursors = [int(asked["cursor"]) for asked in jetstream.asked[1:]]
    assert cursors == sorted(cursors)


async def test_a_new_run_goes_on_where_the_last_one_was_stopped(held, jetstream):
    jetstream.post("a", "one")
    first = held(jetstream.url)
    await first.until(lambda: len(first.shelf.ids) == 1)
    await first.end()
    later = jetstream.post("b", "two")
    second = held(jetstream.url, state=first.state)
    await second.until(lambda: later in second.shelf.ids)
    assert int(jetstream.asked[-1]["cursor"]) == jetstream.frames[0][0] - 5_000_000
    await second.end()


async def test_what_comes_again_after_a_break_does_not_undo_an_edit(held, jetstream):
    jetstream.cuts = [2]
    jetstream.post("a", "first words")
    jetstream.post("a", "better words", operation="update")
    one = held(jetstream.url)
    await one.until(lambda: len(one.shelf.ids) == 2)
    later = jetstream.post("b", "later")
    await one.until(lambda: later in one.shelf.ids)
    assert len(jetstream.asked) == 2
    texts = [item.text for batch in one.shelf.batches for item in batch.items]
    assert texts == ["first words", "better words", "later"]
    await one.end()


async def test_after_trouble_the_next_host_is_asked(held, jetstream, loopback):
    async def down(request: web.Request) -> web.Response:
        return web.Response(status=503)

    broken = (await loopback({"/subscribe": down}, host="127.0.0.2")).replace("http", "ws")
    said = jetstream.post("a", "one")
    one = held(broken, jetstream.url)
    await one.until(lambda: one.shelf.ids == [said])
    assert "503" in str(one.told[0].error)
    await one.until(lambda: one.told[-1].connected is not None)
    await one.end()


async def test_silence_is_answered_by_a_new_connection(held, jetstream):
    said = jetstream.post("a", "one")
    one = held(jetstream.url, silence=0.1)
    await one.until(lambda: len(jetstream.asked) >= 3)
    assert one.shelf.ids == [said]
    assert "no sign of life" in str(next(heard.error for heard in one.told if heard.error))
    await one.end()


async def test_a_frame_that_nobody_understands_is_counted_and_loses_no_other(held, jetstream):
    ids = [jetstream.post("a", "one")]
    jetstream.say("{", "[]", '{"time_us": "soon"}')
    ids += [jetstream.post("b", "two")]
    one = held(jetstream.url)
    await one.until(lambda: one.shelf.ids == ids)
    await one.until(lambda: bool(one.told and one.told[-1].gaps))
    assert one.told[-1].gaps == ("stream: 3 frames could not be read, the last: $.time_us: missing",)
    assert one.told[-1].error is None
    await one.end()


async def test_what_could_not_be_read_is_not_told_for_ever(held, jetstream, monkeypatch):
    monkeypatch.setattr(streaming, "UNREAD_TOLD", 0.1)
    jetstream.say("{")
    one = held(jetstream.url)
    await one.until(lambda: bool(one.told and one.told[-1].gaps))
    await one.until(lambda: one.told[-1].gaps == ())
    await one.end()


async def test_nothing_but_frames_that_nobody_understands_is_a_changed_service(held, jetstream):
    said = jetstream.post("a", "one")
    jetstream.say(*(f'{{"v": 3, "n": {n}}}' for n in range(6)))
    one = held(jetstream.url)
    await one.task
    assert isinstance(one.error, BadShape)
    assert one.error.evidence.body == b'{"v": 3, "n": 5}'
    assert one.shelf.ids == [said]


async def test_a_huge_frame_ends_it_with_all_before_it_handed_over(held, jetstream):
    said = jetstream.post("a", "one")
    jetstream.post("b", "x" * 5 * 2**20)
    one = held(jetstream.url)
    await one.task
    assert isinstance(one.error, BadShape)
    assert one.shelf.ids == [said]


@pytest.mark.parametrize(("status", "kind"), [(401, NeedsAuth), (403, Blocked)])
async def test_a_refusal_ends_it(held, loopback, status, kind):
    async def refuses(request: web.Request) -> web.Response:
        return web.Response(status=status)

    one = held((await loopback({"/subscribe": refuses})).replace("http", "ws"))
    await one.task
    assert type(one.error) is kind


async def test_an_address_that_is_not_public_is_refused(held, jetstream):
    one = held(jetstream.url, allow="10.0.0.0/8")
    await one.task
    assert isinstance(one.error, Blocked)
    assert jetstream.asked == []


async def test_while_the_store_is_slow_nothing_is_read_and_nothing_lost(held, jetstream):
    wait, largest, ids = asyncio.Event(), 0, []
    shelf_ids: list[str] = []

    async def slow(batch) -> None:
        nonlocal largest
        largest = max(largest, len(batch.items))
        await wait.wait()
        shelf_ids.extend(item.id for item in batch.items)

    text = "x" * 250_000
    ids = [jetstream.post(f"p{n}", text) for n in range(200)]
    one = held(jetstream.url, commit=slow, timing=Timing(frames=10, seconds=0.02, report=0.0, fastest=10**9))
    before = -1
    while jetstream.sent != before:
        before = jetstream.sent
        await asyncio.sleep(0.1)
    assert jetstream.sent < 100  # some wait here, the rest in the system's buffers
    wait.set()
    await one.until(lambda: len(shelf_ids) == 200)
    assert shelf_ids == ids
    assert largest <= 10
    await one.end()


async def test_it_stops_at_once_with_what_is_in_hand_handed_over(held, jetstream):
    said = jetstream.post("a", "one")
    one = held(jetstream.url, timing=Timing(seconds=30.0))
    await one.until(lambda: jetstream.listening == 1)
    await asyncio.sleep(0.1)
    assert one.shelf.ids == []
    started = time.monotonic()
    await one.end()
    assert time.monotonic() - started < 1.0
    assert one.shelf.ids == [said]
    assert one.state.cursor == one.shelf.state.cursor


async def test_it_stops_at_once_while_it_waits_for_a_new_connection(held):
    one = held("ws://127.0.0.1:9", timing=Timing(first_wait=60.0))
    await one.until(lambda: bool(one.told))
    assert 30 <= one.told[0].wait <= 60
    await one.end()


async def test_waits_grow_while_no_connection_is_to_be_had(held):
    one = held("ws://127.0.0.1:9", timing=Timing(first_wait=0.001, longest_wait=0.1))
    await one.until(lambda: len(one.told) >= 9)
    waits = [heard.wait for heard in one.told]
    assert all(0.0005 * 2**n <= wait <= 0.001 * 2**n for n, wait in enumerate(waits[:6]))
    assert max(waits) <= 0.1
    await one.end()


async def test_what_the_service_no_longer_had_is_told(held, jetstream):
    for _ in range(200):
        jetstream.post("old", "old")
    del jetstream.frames[:150]
    one = held(jetstream.url, state=State({"time_us": int(jetstream.BEGAN.timestamp() * 1e6)}))
    await one.until(lambda: bool(one.told and one.told[-1].gaps))
    assert one.told[-1].gaps == ("stream: what came from 21 Nov 12:00 to 21 Nov 12:02 UTC is missing",)
    await one.end()


async def test_a_brief_visit_ends_when_it_has_caught_up(held, jetstream):
    ids = [jetstream.post(f"p{n}", "said") for n in range(30)]
    one = held(jetstream.url, brief=True, now=jetstream.BEGAN + timedelta(seconds=31))
    async with asyncio.timeout(5):
        await one.task
    assert one.shelf.ids == ids
    assert one.error is None


async def test_a_brief_visit_gives_up_where_nobody_answers(held):
    one = held("ws://127.0.0.1:9", brief=True)
    await one.task
    assert isinstance(one.error, Unreachable)


async def test_a_brief_visit_that_cannot_catch_up_ends_and_says_how_far_behind_it_is(held, jetstream):
    one = held(
        jetstream.url, brief=True, now=jetstream.BEGAN + timedelta(days=1), timing=replace(FAST, brief_at_most=0.2)
    )
    while not one.task.done():
        jetstream.post("old", "old")
        await asyncio.sleep(0.005)
    assert one.told[-1].behind is not None
    assert one.told[-1].behind > timedelta(hours=23)
    assert one.error is None


async def test_a_crash_between_two_batches_loses_nothing(held, jetstream, make_shelf):
    ids = [jetstream.post(f"p{n}", "said") for n in range(40)]
    shelf = make_shelf(fails_at=2)
    one = held(jetstream.url, shelf=shelf, timing=replace(FAST, frames=10))
    with pytest.raises(ConnectionError, match="lights"):
        await one.task
    assert shelf.ids == ids[:20]
    two = held(jetstream.url, shelf=shelf, state=shelf.state)
    await two.until(lambda: ids[-1] in shelf.ids)
    await two.end()
    assert list(dict.fromkeys(shelf.ids)) == ids


async def test_no_faster_than_allowed(held, jetstream):
    for n in range(40):
        jetstream.post(f"p{n}", "said")
    started = time.monotonic()
    one = held(jetstream.url, timing=Timing(frames=10, seconds=0.02, report=0.0, fastest=100))
    await one.until(lambda: len(one.shelf.ids) == 40)
    assert time.monotonic() - started >= 0.3
    await one.end()


def told_by(url: str) -> Source:
    """A stream of server-sent events without any way back, that speaks of deleted things by other names."""
    base = sources.load("bluesky")

    def connect(config: Any, cursor: Any) -> Connection:
        return Connection(url)

    def decode(config: Any, frame: str) -> Decoded:
        word = frame.split('"data": "')[1].split('"')[0]
        if word.startswith("-"):
            return Decoded((Tombstone(word[1:]),))
        return Decoded((Item(id=f"uri:{word}", text=word),), names={word: f"uri:{word}"})

    fields = {name: getattr(base, name) for name in base.__slots__}
    return Source(**{**fields, "connect": connect, "decode": decode})


async def test_a_deleted_thing_is_known_by_its_other_name_also_in_the_next_run(held, loopback):
    said = [b"data: 1\n\n", b"data: 2\n\ndata: -1\n\n"]

    async def answer(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(said.pop(0) if said else b"data: -2\n\n")
        await asyncio.sleep(0.5)
        return stream

    source = told_by(await loopback({"/": answer}))
    one = held(source=source)
    await one.until(lambda: len(one.shelf.ids) == 1)
    await one.end()
    two = held(source=source, state=one.state)
    await two.until(lambda: two.gone == ["uri:1"])
    await two.end()
    three = held(source=source, state=two.state)
    await three.until(lambda: three.gone == ["uri:2"])
    await three.end()


async def test_an_absence_without_a_way_back_is_told(held, loopback):
    connections = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal connections
        connections += 1
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(f"data: {connections}\n\n".encode())
        await asyncio.sleep(0.01 if connections == 1 else 1)
        return stream

    one = held(source=told_by(await loopback({"/": answer})))
    await one.until(lambda: any(heard.gaps for heard in one.told))
    assert "what came then is missing" in one.told[-1].gaps[0]
    await one.end()
