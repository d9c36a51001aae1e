"""For the tests of the network layer: a door to loopback, and servers that say exactly what a test writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest

from monitor.net.guard import parse_allowed
from monitor.net.http import Limits, Net

RawHandler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def make_net() -> AsyncIterator[Callable[..., Awaitable[Net]]]:
    """`await make_net(allow=[…], limits=…)`: a Net that may reach this machine, unless `allow` says otherwise."""
    opened: list[Net] = []

    async def make(*, allow: list[str] | None = None, limits: Limits | None = None, **more: object) -> Net:
        allowed = parse_allowed(["127.0.0.0/8"] if allow is None else allow)
        net = await Net(allowed=allowed, limits=limits, **more).__aenter__()  # type: ignore[arg-type]
        opened.append(net)
        return net

    yield make
    for net in opened:
        await net.__aexit__(None, None, None)


@pytest.fixture
async def net(make_net: Callable[..., Awaitable[Net]]) -> Net:
    """A Net that may reach 127.0.0.0/8."""
    return await make_net()


@pytest.fixture
async def raw_server() -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """`await raw_server(handler)`: speaks byte by byte, after the `first` bytes of a request. Gives the address."""
    servers: list[asyncio.Server] = []
    busy: set[asyncio.Task[None]] = set()

    async def serve(handler: RawHandler, host: str = "127.0.0.1", first: bytes = b"\r\n\r\n") -> str:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            busy.add(task)
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await reader.readuntil(first)
                await handler(reader, writer)
                await writer.drain()
            writer.close()
            busy.discard(task)

        server = await asyncio.start_server(answer, host, 0)
        servers.append(server)
        return f"http://{host}:{server.sockets[0].getsockname()[1]}"

    yield serve
    for task in list(busy):
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    for server in servers:
        server.close()
        await server.wait_closed()
