"""For all tests: no socket leaves this machine, and real servers on loopback are one call away."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
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
