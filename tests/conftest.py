"""For all tests: no socket leaves this machine, and real servers on loopback are one call away."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from aiohttp import web

Serve = Callable[..., Awaitable[str]]


def _is_loopback(family: int, address: Any) -> bool:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = str(address[0]).partition("%")[0]
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


@pytest.fixture(scope="session", autouse=True)
def no_sockets_elsewhere() -> Iterator[None]:
    """A test that tries to reach anything but this machine fails, and reaches nothing."""
    connect, connect_ex, sendto = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto

    def judged(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, *args: Any) -> Any:
            if not _is_loopback(self.family, args[-1]):
                raise AssertionError(f"a test tried to reach {args[-1]!r}")
            return real(self, *args)

        return call

    patch = pytest.MonkeyPatch()
    for real in (connect, connect_ex, sendto):
        patch.setattr(socket.socket, real.__name__, judged(real))
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def the_log_as_it_was() -> Iterator[None]:
    """A command set the log up for its own process; the next test in this one must hear what its own part says."""
    yield
    structlog.reset_defaults()


@pytest.fixture
async def loopback() -> AsyncIterator[Serve]:
    """`await loopback(app)` or `await loopback({"/feed": handler})` serves on loopback and gives "http://127.0.0.1:PORT".

    `host` may be another address of 127.0.0.0/8; `ssl_context` makes it https.
    """
    runners: list[web.AppRunner] = []

    async def serve(app: web.Application | dict[str, Any], host: str = "127.0.0.1", ssl_context: Any = None) -> str:
        if isinstance(app, dict):
            routes, app = app, web.Application()
            for path, handler in routes.items():
                app.router.add_route("*", path, handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, host, 0, ssl_context=ssl_context)
        await site.start()
        port = runner.addresses[0][1]
        return f"{'https' if ssl_context else 'http'}://{host}:{port}"

    yield serve
    for runner in runners:
        await runner.cleanup()


class Jetstream:
    """Plays a Jetstream server: all that was said so far, from a cursor on (from the beginning without one), and then
    whatever is said. Events are a second apart."""

    BEGAN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __init__(self) -> None:
        self.url = ""
        self.frames: list[tuple[int, str]] = []
        self.asked: list[dict[str, str]] = []
        """The query of each connection."""
        self.cuts: list[int] = []
        """After so many frames the first, second … connection breaks."""
        self.listening = self.sent = 0
        self._news = asyncio.Event()

    def say(self, *frames: str) -> None:
        """Frames as they are."""
        self.frames += [(self._next_time() + n * 1_000_000, frame) for n, frame in enumerate(frames)]
        self._news.set()

    def post(self, rkey: str, text: str = "", operation: str = "create", **record: Any) -> str:
        """An event about a post; its id."""
        commit: dict[str, Any] = {"operation": operation, "collection": "app.bsky.feed.post", "rkey": rkey}
        if operation != "delete":
            commit["record"] = {"text": text, "createdAt": "2026-11-21T12:00:00.000Z", "langs": ["en"], **record}
        event = {"did": "did:plc:ann", "time_us": self._next_time(), "kind": "commit", "commit": commit}
        self.say(json.dumps(event))
        return f"at://did:plc:ann/app.bsky.feed.post/{rkey}"

    def _next_time(self) -> int:
        return int(self.BEGAN.timestamp() * 1_000_000) + len(self.frames) * 1_000_000

    async def answer(self, request: web.Request) -> web.WebSocketResponse:
        held = web.WebSocketResponse()
        await held.prepare(request)
        self.asked.append(dict(request.query))
        since = int(request.query.get("cursor", 0))
        left = self.cuts.pop(0) if self.cuts else None
        sent = 0
        self.listening += 1
        listens = asyncio.create_task(held.receive())
        try:
            while not listens.done():
                self._news.clear()
                for time_us, frame in self.frames[sent:]:
                    sent += 1
                    if time_us < since:
                        continue
                    if left == 0 and request.transport is not None:
                        request.transport.abort()
                        return held
                    left = None if left is None else left - 1
                    await held.send_str(frame)
                    self.sent += 1
                news = asyncio.create_task(self._news.wait())
                await asyncio.wait({news, listens}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
        finally:
            self.listening -= 1
            listens.cancel()
            with suppress(asyncio.CancelledError, RuntimeError):
                await listens
        return held


@pytest.fixture
async def jetstream(loopback: Serve) -> Jetstream:
    """A Jetstream server on loopback; `jetstream.url` is its ws:// address."""
    server = Jetstream()
    server.url = (await loopback({"/subscribe": server.answer})).replace("http", "ws")
    return server
