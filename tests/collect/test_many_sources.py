"""A thousand sources, three in ten of them misbehaving in a dozen ways: the good ones do not notice."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections import Counter
from pathlib import Path

import pytest

import sources.feed as feed
from monitor.collect.children import Pool
from monitor.collect.drive import Batch, State, drive
from monitor.net.body import Speed
from monitor.net.guard import parse_allowed
from monitor.net.http import Limits, Net
from sources.base import Source, SourceError
from tests.collect.misbehaving import LENGTH, MIB, OK, WAYS, good_feed, misbehave

SOURCES = 1000


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        number = int(head.partition("\r\nHost: feed")[2].partition(".")[0])
        if number % 10 < 3:
            await misbehave(number // 10 % len(WAYS), reader, writer)
        else:
            body = good_feed(number)
            writer.write(OK + b"Content-Type: application/rss+xml\r\n" + LENGTH % len(body) + body)
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _resolve(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_good_sources_are_read_at_once_whatever_the_others_do() -> None:
    source: Source = feed.SOURCE  # type: ignore[attr-defined]
    kept: Counter[str] = Counter()
    took: dict[int, float] = {}
    errors: Counter[str] = Counter()
    most_memory = most_descriptors = 0
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def commit(batch: Batch) -> None:
        kept.update(item.id.partition("-")[0] for item in batch.items)

    limits = Limits(seconds=6, speed=Speed(grace=2), at_once=64, suspects=16)
    async with Net(allowed=parse_allowed(["127.0.0.1"]), resolve=_resolve, limits=limits) as net, Pool() as pool:
        before = _memory()
        started = time.perf_counter()

        async def poll(number: int) -> None:
            config = feed.Config(url=f"http://feed{number}.example:{port}/")
            try:
                await drive(source, config, State(), net=net, pool=pool, commit=commit)
            except SourceError as error:
                errors[error.kind] += 1
            took[number] = time.perf_counter() - started

        polls = [asyncio.create_task(poll(number)) for number in range(SOURCES)]
        while not all(task.done() for task in polls):
            most_memory = max(most_memory, _memory() - before)
            most_descriptors = max(most_descriptors, len(os.listdir("/proc/self/fd")))
            await asyncio.sleep(0.1)
        await asyncio.gather(*polls)
    server.close()
    good = sorted(seconds for number, seconds in took.items() if number % 10 >= 3)
    print(
        f"good: p50 {good[len(good) // 2]:.1f} s, p99 {good[-len(good) // 100]:.1f} s, all {max(took.values()):.1f} s"
    )
    print(f"memory +{most_memory / MIB:.0f} MiB, descriptors {most_descriptors}, errors {dict(errors)}")
    assert len(kept) == len(good) == SOURCES * 7 // 10
    assert set(kept.values()) == {10}
    assert good[-1] < 30
    assert most_memory < 200 * MIB
    assert most_descriptors < 2 * 2 * (limits.at_once + limits.suspects) + 50
