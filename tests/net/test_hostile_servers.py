"""Servers that never end, crawl, lie, break off or blow up: each gets a name, none gets memory or time."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import socket
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from monitor.net.body import Speed
from monitor.net.http import Limits, Net
from sources.base import Get, SourceError, Unreachable

MIB = 2**20
SHORT = Limits(body=MIB, page=MIB // 2, seconds=1.5, speed=Speed(grace=0.3, rate=1000))
OK = b"HTTP/1.1 200 OK\r\n"


def _bomb(plain: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(plain // MIB)), packer.flush()])


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def test_a_gzip_bomb_is_cut_off_and_fills_no_memory(net: Net, raw_server: Any) -> None:
    bomb = _bomb(256 * MIB)
    assert len(bomb) < MIB

    async def answer(reader: Any, writer: Any) -> None:
        writer.write(OK + f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode() + bomb)

    address = await raw_server(answer)
    gc.collect()
    before, started = _memory(), time.perf_counter()
    fetched = await net.fetch(Get(address))
    assert fetched.cut
    assert len(fetched.response.body) == 10 * MIB
    assert _memory() - before < 60 * MIB
    assert time.perf_counter() - started < 5


async def test_a_body_without_an_end_is_cut_off(make_net: Any, raw_server: Any) -> None:
    async def answer(reader: Any, writer: Any) -> None:
        writer.write(OK + b"\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    net = await make_net(limits=SHORT)
    address = await raw_server(answer)
    fetched = await net.fetch(Get(address))
    assert (fetched.cut, len(fetched.response.body)) == (True, MIB)


async def test_a_page_has_the_smaller_cap(make_net: Any, raw_server: Any) -> None:
    async def answer(reader: Any, writer: Any) -> None:
        writer.write(OK + b"Content-Length: 800000\r\n\r\n" + b"x" * 800_000)

    net = await make_net(limits=SHORT)
    address = await raw_server(answer)
    assert not (await net.fetch(Get(address), rate="100/1s")).cut
    page = await net.fetch(Get(address, page=True), rate="100/1s")
    assert (page.cut, len(page.response.body)) == (True, MIB // 2)


async def _drip(reader: Any, writer: Any) -> None:
    writer.write(OK + b"Content-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _silent_body(reader: Any, writer: Any) -> None:
    writer.write(OK + b"Content-Length: 5\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(30)


async def _silence(reader: Any, writer: Any) -> None:
    await asyncio.sleep(30)


async def _dripping_head(reader: Any, writer: Any) -> None:
    writer.write(OK)
    while True:
        writer.write(b"X-A: 1\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _short(reader: Any, writer: Any) -> None:
    writer.write(OK + b"Content-Length: 1000\r\n\r\nhello")


async def _reset(reader: Any, writer: Any) -> None:
    writer.write(OK + b"Content-Length: 100000\r\n\r\n" + b"x" * 2000)
    await writer.drain()
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


async def _close_at_once(reader: Any, writer: Any) -> None:
    return


async def _not_http(reader: Any, writer: Any) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")


async def _too_long(reader: Any, writer: Any) -> None:
    writer.write(OK + b"Content-Length: 5\r\n\r\nhello and more")


async def _half_chunk(reader: Any, writer: Any) -> None:
    writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nabc")


async def _bad_chunk(reader: Any, writer: Any) -> None:
    writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n")


async def _huge_head(reader: Any, writer: Any) -> None:
    writer.write(OK + b"X-Big: " + b"x" * 100_000 + b"\r\n\r\nhello")


async def _many_heads(reader: Any, writer: Any) -> None:
    writer.write(OK)
    while True:
        writer.write(b"X-Many: " + b"y" * 1000 + b"\r\n")
        await writer.drain()


async def _damaged_gzip(reader: Any, writer: Any) -> None:
    writer.write(OK + b"Content-Encoding: gzip\r\nContent-Length: 30\r\n\r\n\x1f\x8b\x08" + b"\xff" * 27)


async def _cut_gzip(reader: Any, writer: Any) -> None:
    half = _bomb(MIB // 1)[:200]
    writer.write(OK + f"Content-Encoding: gzip\r\nContent-Length: {len(half)}\r\n\r\n".encode() + half)


async def _not_gzip(reader: Any, writer: Any) -> None:
    writer.write(OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")


async def _brotli(reader: Any, writer: Any) -> None:
    writer.write(OK + b"Content-Encoding: br\r\nContent-Length: 5\r\n\r\nhello")


async def _twice_gzip(reader: Any, writer: Any) -> None:
    writer.write(OK + b"Content-Encoding: gzip, gzip\r\nContent-Length: 5\r\n\r\nhello")


async def _many_members(reader: Any, writer: Any) -> None:
    member = zlib.compressobj(wbits=31)
    one = member.compress(b"") + member.flush()
    body = one * 2000
    writer.write(OK + f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (_drip, "too slowly"),
        (_silent_body, "too slowly"),
        (_silence, "no answer within"),
        (_dripping_head, "no answer within"),
        (_short, "broke off"),
        (_reset, "broke off"),
        (_close_at_once, "closed before an answer"),
        (_not_http, "not HTTP"),
        (_too_long, "not HTTP"),
        (_half_chunk, "broke off"),
        (_bad_chunk, "127.0.0.1"),
        (_huge_head, "not HTTP"),
        (_many_heads, "127.0.0.1"),
        (_damaged_gzip, "compression is damaged"),
        (_cut_gzip, "ends before its end"),
        (_not_gzip, "compression is damaged"),
        (_brotli, "'br'"),
        (_twice_gzip, "not asked for"),
        (_many_members, "compression is damaged"),
    ],
    ids=lambda case: getattr(case, "__name__", None),
)
async def test_a_server_that_misbehaves_is_unreachable_in_words(
    make_net: Any, raw_server: Any, handler: Any, words: str
) -> None:
    net = await make_net(limits=SHORT)
    address = await raw_server(handler)
    descriptors = len(os.listdir("/proc/self/fd"))
    started = time.perf_counter()
    with pytest.raises(Unreachable) as failed:
        await net.fetch(Get(address, {"key": "s3cret"}))
    assert words in str(failed.value)
    assert "s3cret" not in str(failed.value)
    assert failed.value.__suppress_context__ or failed.value.__context__ is None
    assert time.perf_counter() - started < 3
    await asyncio.sleep(0.05)
    assert len(os.listdir("/proc/self/fd")) <= descriptors + 2


async def test_a_slow_but_steady_answer_arrives(make_net: Any, raw_server: Any) -> None:
    async def answer(reader: Any, writer: Any) -> None:
        writer.write(OK + b"Content-Length: 4000\r\n\r\n")
        for _ in range(8):
            writer.write(b"x" * 500)
            await writer.drain()
            await asyncio.sleep(0.1)

    net = await make_net(limits=SHORT)
    assert len((await net.fetch(Get(await raw_server(answer)))).response.body) == 4000


async def test_nobody_at_home_and_names_that_do_not_exist_are_said_so(make_net: Any) -> None:
    async def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable, match="connection refused"):
            await (await make_net()).fetch(Get(f"http://127.0.0.1:{taken.getsockname()[1]}/"))
    with pytest.raises(Unreachable, match="name cannot be found"):
        await (await make_net(resolve=nobody)).fetch(Get("http://nowhere.example/"))


async def test_a_name_server_that_hangs_delays_only_its_own_host(make_net: Any, raw_server: Any) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.sleep(30 if host == "hangs.example" else 0)
        return ["127.0.0.1"]

    async def answer(reader: Any, writer: Any) -> None:
        writer.write(OK + b"Content-Length: 2\r\n\r\nok")

    port = (await raw_server(answer)).rpartition(":")[2]
    net = await make_net(limits=SHORT, resolve=resolve)
    hanging = asyncio.create_task(net.fetch(Get(f"http://hangs.example:{port}/")))
    started = time.perf_counter()
    for number in range(5):
        await net.fetch(Get(f"http://good{number}.example:{port}/"))
    assert time.perf_counter() - started < 1
    with pytest.raises(SourceError):
        await hanging


async def test_few_large_bodies_are_held_at_a_time_and_small_ones_do_not_wait(make_net: Any, raw_server: Any) -> None:
    async def large(reader: Any, writer: Any) -> None:
        writer.write(OK + b"Content-Length: 600000\r\n\r\n" + b"x" * 600_000)

    async def small(reader: Any, writer: Any) -> None:
        writer.write(OK + b"Content-Length: 2\r\n\r\nok")

    net = await make_net(limits=Limits(large=1))
    first = await net.fetch(Get(await raw_server(large)))
    second = asyncio.create_task(net.fetch(Get(await raw_server(large)), rate="100/1s"))
    assert (await net.fetch(Get(await raw_server(small)))).response.body == b"ok"
    await asyncio.sleep(0.2)
    assert not second.done()
    first.put_down()
    first.put_down()
    assert len((await second).response.body) == 600_000
