"""Connections through the guard: every address is judged at the moment when a socket for it is made."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, partial
from ipaddress import ip_address
from typing import Any

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.net.guard import NOTHING, WEB_PORTS, Allowed, refusal, special
from sources.base import Response

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""A host name and a port to addresses. Raises OSError when there are none."""

_CONNECT_SECONDS = 10.0


@dataclass
class Hop:
    """One request on its way to one host, and what the guard made of it."""

    host: str
    allowed: Allowed = NOTHING
    ports: frozenset[int] = WEB_PORTS
    refused: str = ""
    """Why an address was refused, in words."""
    inside: bool = False
    """It went to an address that is not public, because the configuration allows it."""
    head: Response | None = None
    """The answer as soon as its head has come, without its body."""


class AddressRefused(OSError):
    """The guard does not let this address be connected to."""


class RedirectRefused(aiohttp.ClientError):
    """An answer leads elsewhere, and aiohttp itself would have followed."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        super().__init__(status)
        self.status, self.headers = status, headers


async def _refuse_redirect(_: object, __: object, redirect: aiohttp.TraceRequestRedirectParams) -> None:
    # http.py follows redirects hop by hop, each judged by its own name. `ws_connect` would follow them by itself.
    answer = redirect.response
    raise RedirectRefused(answer.status, {name.lower(): value for name, value in answer.headers.items()})


# aiohttp asks its socket factory with an address only. The name that was asked for travels beside it, per task.
_HOP: ContextVar[Hop] = ContextVar("hop")


@contextmanager
def on_the_way(hop: Hop) -> Iterator[Hop]:
    """Within this block, sockets are judged for this hop. Outside of any such block no socket is made at all."""
    token = _HOP.set(hop)
    try:
        yield hop
    finally:
        _HOP.reset(token)


def judged_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for this very address, or AddressRefused: the one place where the program opens outside sockets."""
    family, kind, protocol, _, (address, port, *_) = info
    hop = _HOP.get()
    why = refusal(address, port, hop.host, hop.allowed, hop.ports)
    if why:
        hop.refused = why
        raise AddressRefused(why)
    hop.inside = bool(special(ip_address(address.partition("%")[0])))
    return socket.socket(family=family, type=kind, proto=protocol)


class Names(AbstractResolver):
    """Resolves names on threads of its own, so that a name server that hangs delays nobody else's work."""

    def __init__(self, resolve: Resolve | None = None, threads: int = 32) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="names")
        self._resolve = resolve or self._ask_system

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a name, in the system's order of preference."""
        return await self._resolve(host, port)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The same, as aiohttp wants it."""
        found = await self.addresses(host, port)
        return [_result(host, address, port) for address in found]

    async def close(self) -> None:
        """Let the threads end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask_system(self, host: str, port: int) -> Sequence[str]:
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return [str(info[4][0]) for info in found]


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


@cache
def trusted_tls() -> ssl.SSLContext:
    """TLS that trusts the system's authorities and, where those are missing, the bundled ones. Slow, hence once."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def session(names: Names, tls: ssl.SSLContext, agent: str) -> aiohttp.ClientSession:
    """The one ClientSession of the program: no cookies, no proxy from the environment, no decoding behind our back.

    A connection serves one request: each is judged anew, and an idle socket never stays open.
    """
    connector = aiohttp.TCPConnector(
        ssl=tls, resolver=names, use_dns_cache=False, force_close=True, limit=0, socket_factory=judged_socket
    )
    watch = aiohttp.TraceConfig()
    watch.on_request_redirect.append(_refuse_redirect)
    return aiohttp.ClientSession(
        connector=connector,
        trace_configs=[watch],
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": agent},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
        auto_decompress=False,
        trust_env=False,
    )


async def open_socket(host: str, port: int, names: Names, hop: Hop) -> socket.socket:
    """A connected socket for a protocol other than HTTP, judged in the same way. Raises OSError."""
    trouble: OSError = OSError("the name has no address")
    with on_the_way(hop):
        for address in await names.addresses(host, port):
            info = _result(host, address, port)
            try:
                made = judged_socket((info["family"], socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)))
            except AddressRefused as error:
                trouble = error
                continue
            made.setblocking(False)
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    await asyncio.get_running_loop().sock_connect(made, (address, port))
            except OSError as error:
                made.close()
                trouble = error
                continue
            except BaseException:
                made.close()
                raise
            return made
    raise trouble
