"""Each host is asked politely, and no host waits for another."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web

from monitor.net.http import Limits
from monitor.net.pace import Host, Rate, parse_rate
from sources.base import Get, RateLimited, Unreachable


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("1/2s", Rate(1, 2)),
        ("10/1m", Rate(10, 60)),
        ("300/1d", Rate(300, 86_400)),
        ("1/0.5s", Rate(1, 0.5)),
        ("4/1h", Rate(4, 3600)),
    ],
)
def test_a_rate_is_read(text: str, rate: Rate) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "2s", "1/s", "0/1s", "1/0s", "-1/1s", "1/1w", "1 / 1s", "fast", "1/2"])
def test_a_rate_that_cannot_be_meant_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="1/2s"):
        parse_rate(text)


def test_ten_a_minute_may_come_at_once_and_the_eleventh_waits_six_seconds() -> None:
    host, rate = Host(), parse_rate("10/1m")
    waits = []
    for _ in range(12):
        waits.append(host.wait(rate, 100.0))
        host.pay(rate, 100.0 + waits[-1])
    assert waits[:10] == [0.0] * 10
    assert waits[10] == pytest.approx(6)


def test_sources_of_different_rates_share_a_host_s_line() -> None:
    host, slow, fast = Host(), parse_rate("1/2s"), parse_rate("1/1s")
    host.pay(slow, 100.0)
    assert host.wait(fast, 100.5) == pytest.approx(1.5)


async def test_two_sources_of_one_host_wait_for_each_other(make_net: Any, loopback: Any) -> None:
    at: list[float] = []
    inside = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal inside
        inside += 1
        assert inside == 1, "two requests at once to one host"
        at.append(time.monotonic())
        await asyncio.sleep(0.05)
        inside -= 1
        return web.Response(text="x")

    base = await loopback({"/a": answer, "/b": answer})
    net = await make_net()
    await asyncio.gather(*(net.fetch(Get(f"{base}/{path}"), rate="1/0.3s") for path in "abab"))
    gaps = [later - earlier for earlier, later in pairwise(at)]
    assert min(gaps) > 0.28


async def test_services_behind_a_host_of_ones_own_do_not_wait_for_each_other(make_net: Any, loopback: Any) -> None:
    async def hangs(request: web.Request) -> web.Response:
        await asyncio.sleep(20)
        raise AssertionError

    async def wants_a_pause(request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "600"})

    async def quick(request: web.Request) -> web.Response:
        return web.Response(text="x")

    base = await loopback({"/hangs": hangs, "/pause": wants_a_pause, "/quick": quick})
    net = await make_net(allow=["127.0.0.1"])
    waiting = asyncio.create_task(net.fetch(Get(f"{base}/hangs")))
    with pytest.raises(RateLimited):
        await net.fetch(Get(f"{base}/pause"))
    assert (await net.fetch(Get(f"{base}/quick"))).response.body == b"x"
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_slow_host_does_not_delay_the_others(make_net: Any, loopback: Any) -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(2)
        return web.Response(text="late")

    async def quick(request: web.Request) -> web.Response:
        return web.Response(text="x")

    net = await make_net(limits=Limits(at_once=4, suspects=2))
    bad = await loopback({"/": slow}, host="127.0.0.2")
    good = [await loopback({"/": quick}, host=f"127.0.1.{n}") for n in range(1, 9)]
    waiting = [asyncio.create_task(net.fetch(Get(bad), rate="1000/1s")) for _ in range(20)]
    await asyncio.sleep(0.05)
    started = time.perf_counter()
    await asyncio.gather(*(net.fetch(Get(host)) for host in good))
    assert time.perf_counter() - started < 1
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_hosts_that_did_not_answer_queue_among_themselves_the_next_time(make_net: Any, raw_server: Any) -> None:
    async def silence(reader: Any, writer: Any) -> None:
        await asyncio.sleep(30)

    async def hello(reader: Any, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    net = await make_net(limits=Limits(seconds=0.5, at_once=6, suspects=1))
    bad = [await raw_server(silence, f"127.0.2.{n}") for n in range(1, 7)]
    good = await raw_server(hello, "127.0.3.1")

    async def fails(host: str) -> None:
        with pytest.raises(Unreachable):
            await net.fetch(Get(host), rate="1000/1s")

    await asyncio.gather(*map(fails, bad))
    again = [asyncio.create_task(fails(host)) for host in bad]
    await asyncio.sleep(0.05)
    started = time.perf_counter()
    await net.fetch(Get(good))
    assert time.perf_counter() - started < 0.45
    for task in again:
        task.cancel()
    await asyncio.gather(*again, return_exceptions=True)
