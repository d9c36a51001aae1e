"""Connections that are held open, against real servers: what comes is given on, and what goes wrong has a name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from monitor.net.http import Limits
from monitor.net.streams import Events, StreamLimits
from sources.base import BadShape, Blocked, Connection, Gone, NeedsAuth, NotFound, RateLimited, SourceError, Unreachable

SHORT = Limits(stream=StreamLimits(frame=64 * 1024, silence=0.2))


def socket_that(does: Callable[[web.WebSocketResponse], Any]) -> Callable[[web.Request], Any]:
    async def answer(request: web.Request) -> web.WebSocketResponse:
        held = web.WebSocketResponse()
        await held.prepare(request)
        with suppress(ConnectionError):
            await does(held)
        return held

    return answer


def events_that(*pieces: bytes, hold: float = 0.0) -> Callable[[web.Request], Any]:
    async def answer(request: web.Request) -> web.StreamResponse:
        held = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await held.prepare(request)
        for piece in pieces:
            await held.write(piece)
        await asyncio.sleep(hold)
        return held

    return answer


async def all_frames(net: Any, url: str, **headers: str) -> tuple[list[str], SourceError]:
    """What came, and how it ended: a stream always ends in some trouble."""
    frames: list[str] = []
    try:
        async with net.stream(Connection(url, headers), rate="1000/1s") as coming:
            async for frame in coming:
                frames.append(frame)
    except SourceError as error:
        return frames, error
    raise AssertionError("a stream ended without a word")


async def test_messages_of_a_socket_come_one_by_one_until_it_is_closed(net, loopback):
    async def three(held: web.WebSocketResponse) -> None:
        for number in range(3):
            await held.send_str(f"größe {number}")

    url = (await loopback({"/s": socket_that(three)})).replace("http", "ws") + "/s"
    frames, error = await all_frames(net, url)
    assert frames == ["größe 0", "größe 1", "größe 2"]
    assert isinstance(error, Unreachable)
    assert "closed" in str(error)


async def test_events_come_whole_however_they_are_cut(net, loopback):
    handler = events_that(b":)\nevent: upd", b'ate\nid: 7\ndata: {"a":\ndata: 1}\n\n', b":thump\n", b"data: x\n\n")
    frames, error = await all_frames(net, await loopback({"/": handler}))
    assert [json.loads(frame) for frame in frames] == [
        {"event": "update", "id": "7", "data": '{"a":\n1}'},
        {"event": "message", "id": "7", "data": "x"},
    ]
    assert "closed" in str(error)


@pytest.mark.parametrize("scheme", ["ws", "http"])
async def test_an_address_that_is_not_public_is_refused_unless_it_is_allowed(make_net, loopback, scheme):
    async def one(held: web.WebSocketResponse) -> None:
        await held.send_str("secret")

    handler = socket_that(one) if scheme == "ws" else events_that(b"data: secret\n\n")
    url = (await loopback({"/": handler})).replace("http", scheme) + "/"
    refused, error = await all_frames(await make_net(allow=[]), url)
    assert refused == []
    assert isinstance(error, Blocked)
    assert "127.0.0.1 is this machine" in str(error)
    let_in, _ = await all_frames(await make_net(allow=["127.0.0.1"]), url)
    assert "secret" in let_in[0]


@pytest.mark.parametrize("scheme", ["ws", "http"])
async def test_a_redirect_is_not_followed_and_no_other_host_sees_the_token(net, loopback, scheme):
    seen: list[str] = []

    async def other(request: web.Request) -> web.Response:
        seen.append(request.headers.get("authorization", ""))
        return web.Response()

    elsewhere = await loopback({"/": other}, host="127.0.0.2")

    async def moved(request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently(f"{elsewhere}/?token=abc")

    url = (await loopback({"/": moved})).replace("http", scheme) + "/"
    _, error = await all_frames(net, url, authorization="Bearer abc")
    assert isinstance(error, NotFound)
    assert "127.0.0.2" in str(error)
    assert "abc" not in str(error)
    assert seen == []


@pytest.mark.parametrize("scheme", ["ws", "http"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, NeedsAuth), (403, Blocked), (404, NotFound), (410, Gone), (429, RateLimited), (502, Unreachable)],
)  # fmt: skip
async def test_a_refusal_has_its_name(net, loopback, scheme, status, kind):
    async def refuses(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": "7"} if status == 429 else {})

    _, error = await all_frames(net, (await loopback({"/": refuses})).replace("http", scheme) + "/")
    assert type(error) is kind
    assert not isinstance(error, RateLimited) or error.wait == 7


@pytest.mark.parametrize("scheme", ["ws", "http"])
async def test_an_answer_that_is_no_stream_is_told(net, loopback, scheme):
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<h1>Hello</h1>", content_type="text/html")

    _, error = await all_frames(net, (await loopback({"/": page})).replace("http", scheme) + "/")
    assert isinstance(error, BadShape)


@pytest.mark.parametrize("scheme", ["ws", "http"])
async def test_silence_ends_the_connection(make_net, loopback, scheme):
    over = asyncio.Event()

    async def says_nothing(held: web.WebSocketResponse) -> None:
        await over.wait()

    handler = socket_that(says_nothing) if scheme == "ws" else events_that(b":)\n", hold=5.0)
    net = await make_net(limits=SHORT)
    _, error = await all_frames(net, (await loopback({"/": handler})).replace("http", scheme) + "/")
    over.set()
    assert isinstance(error, Unreachable)
    assert "no sign of life" in str(error)


@pytest.mark.parametrize("scheme", ["ws", "http"])
async def test_a_frame_of_five_mebibytes_is_refused_and_what_came_before_is_kept(net, loopback, scheme):
    huge = "x" * (5 * 1024 * 1024)

    async def sends(held: web.WebSocketResponse) -> None:
        await held.send_str("small")
        await held.send_str(huge)
        await held.send_str("after")

    handler = socket_that(sends) if scheme == "ws" else events_that(b"data: small\n\n", f"data: {huge}\n\n".encode())
    frames, error = await all_frames(net, (await loopback({"/": handler})).replace("http", scheme) + "/")
    assert len(frames) == 1
    assert "small" in frames[0]
    assert isinstance(error, BadShape)
    assert "1024 kB" in str(error)


async def test_bytes_are_no_frame(net, loopback):
    async def sends(held: web.WebSocketResponse) -> None:
        await held.send_bytes(b"\x28\xb5\x2f\xfd")

    _, error = await all_frames(net, (await loopback({"/": socket_that(sends)})).replace("http", "ws") + "/")
    assert isinstance(error, BadShape)


async def test_a_server_that_breaks_off_without_a_word_is_unreachable(net, raw_server):
    async def breaks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata"
        )

    _, error = await all_frames(net, await raw_server(breaks))
    assert isinstance(error, Unreachable)


async def test_while_nobody_reads_little_is_buffered(net, loopback):
    sent = 0

    async def floods(held: web.WebSocketResponse) -> None:
        nonlocal sent
        for _ in range(1000):
            await held.send_str("x" * 60_000)
            sent += 60_000

    url = (await loopback({"/": socket_that(floods)})).replace("http", "ws") + "/"
    async with net.stream(Connection(url)) as frames:
        await anext(frames)
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.1)
        assert sent < 16 * 1024 * 1024  # what the system's own buffers take, and no more


LINES = st.lists(st.sampled_from(["data: a", "data:b", "event: e", "id: 1", ": c", "data", "", "junk", "data: é"]))


@given(lines=LINES, end=st.sampled_from(["\n", "\r\n", "\r"]), cuts=st.lists(st.integers(0, 200)))
def test_events_are_the_same_wherever_the_bytes_are_cut(lines, end, cuts):
    body = "".join(line + end for line in [*lines, "", "event: last", "data: z", "", ":"]).encode()
    whole = list(Events(1000).feed(body))
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    parser = Events(1000)
    assert [frame for a, b in pairwise(edges) for frame in parser.feed(body[a:b])] == whole
    assert json.loads(whole[-1])["event"] == "last"


def test_heartbeats_without_end_are_no_long_event():
    parser = Events(100)
    assert list(parser.feed(b":thump\n" * 1000)) == []
    assert not parser.too_long
