"""The invented world of one morning, and a reader that drives real sources against its real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from monitor.demo.server import serving
from monitor.demo.world import World, build_world
from sources.base import Item, LocalFile, Read, Reading, Request, Response

MORNING = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)

Reader = Callable[[Reading], Awaitable[list[Any]]]


@pytest.fixture(scope="session")
def world() -> World:
    return build_world(MORNING)


@pytest.fixture
async def base_url(world: World) -> AsyncIterator[str]:
    async with serving(world, hosts=1) as [url]:
        yield url


@pytest.fixture
async def read() -> AsyncIterator[Reader]:
    """Drives a source's generator over HTTP and files to its end: all that it yields for the store."""
    async with aiohttp.ClientSession() as session:
        yield lambda reading: _driven(reading, session)


@pytest.fixture
async def get() -> AsyncIterator[Callable[..., Awaitable[tuple[int, aiohttp.typedefs.LooseHeaders, bytes]]]]:
    """One GET: status, headers and body."""
    async with aiohttp.ClientSession() as session:

        async def ask(url: str, **headers: str) -> tuple[int, Any, bytes]:
            async with session.get(
                url, headers={key.replace("_", "-"): value for key, value in headers.items()}
            ) as reply:
                return reply.status, reply.headers, await reply.read()

        yield ask


async def _driven(reading: Reading, session: aiohttp.ClientSession) -> list[Any]:
    given: list[Any] = []
    answer: Any = None
    while True:
        try:
            step = reading.send(answer)
        except StopIteration:
            return given
        answer = None
        match step:
            case Request():
                answer = await _fetched(step, session)
            case LocalFile():
                answer = _opened(step)
            case Read():
                answer = step.here()
            case _:
                given.append(step)


def _opened(file: LocalFile) -> Response:
    return Response(200, {}, Path(file.path).read_bytes(), file.path)


async def _fetched(request: Request, session: aiohttp.ClientSession) -> Response:
    async with session.request(request.method, request.url, params=request.query, headers=request.headers) as reply:
        reply.raise_for_status()
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return Response(reply.status, headers, await reply.read(), str(reply.url))


@pytest.fixture
def items() -> Callable[[list[Any]], list[Item]]:
    """The items alone, without checkpoints."""
    return lambda given: [step for step in given if isinstance(step, Item)]
