"""Connections that are held open: WebSockets and server-sent events, frame by frame, with limits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from monitor.net.answers import REDIRECTS, broken, error_for, shown
from monitor.net.connect import Hop, RedirectRefused, on_the_way
from sources.base import BadShape, Blocked, NotFound, SourceError, Unreachable

_TROUBLE = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError)
_EVENTS = "text/event-stream"
_OPENING_SECONDS = 30.0
_CLOSING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What a connection that is held open may cost."""

    frame: int = 1024 * 1024
    """The most bytes of one frame."""
    silence: float = 60.0
    """Seconds without a sign of life, after which a connection is taken for dead."""


Frames = AsyncIterator[str]
"""Ends by raising only: Unreachable when the connection is over or dead, BadShape for what is no frame."""


@asynccontextmanager
async def open_frames(
    session: aiohttp.ClientSession,
    url: URL,
    headers: Mapping[str, str],
    hop: Hop,
    limits: StreamLimits,
    *,
    socket: bool,
) -> AsyncIterator[Frames]:
    """A WebSocket where `socket` says so, else server-sent events, both over http(s) `url`. Raises a typed SourceError,
    at once or out of the frames."""
    where = shown(url)
    opened = _open_socket if socket else _open_events
    async with AsyncExitStack() as held:
        try:
            frames = await held.enter_async_context(opened(session, url, headers, hop, limits))
        except _TROUBLE as error:
            raise _typed(error, where, hop) from None
        yield _in_our_words(frames, where)


async def _in_our_words(frames: Frames, where: str) -> Frames:
    try:
        async for frame in frames:
            yield frame
    except _TROUBLE as error:
        raise broken(error, where) from None


def _typed(error: Exception, where: str, hop: Hop) -> SourceError:
    if hop.refused:
        return Blocked(f"{where}: {hop.refused}")
    if isinstance(error, RedirectRefused):
        return refused_by_status(error.status, error.headers, where)
    if isinstance(error, aiohttp.WSServerHandshakeError) and error.status != 101:
        plain = {name.lower(): value for name, value in (error.headers or {}).items()}
        return refused_by_status(error.status, plain, where)
    return broken(error, where)


def refused_by_status(status: int, headers: Mapping[str, str], where: str) -> SourceError:
    """The error for an answer that is no stream."""
    if status in REDIRECTS:
        # A token goes to the host that it was configured for and to no other.
        return NotFound(f"{where} leads on to {_target(headers)}: a stream is opened only where the configuration says")
    if 200 <= status < 300:
        return BadShape("status", f"{where} answered {status}, which is no stream")
    return error_for(status, headers, where, datetime.now(UTC))


def _target(headers: Mapping[str, str]) -> str:
    try:
        return shown(URL(headers.get("location", "")))
    except ValueError:
        return "no address"


# WebSockets ---------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _open_socket(
    session: aiohttp.ClientSession, url: URL, headers: Mapping[str, str], hop: Hop, limits: StreamLimits
) -> AsyncIterator[Frames]:
    where = shown(url)
    with on_the_way(hop):
        try:
            async with asyncio.timeout(_OPENING_SECONDS):
                held = await session.ws_connect(
                    url,
                    headers=headers,
                    heartbeat=limits.silence / 2,
                    max_msg_size=limits.frame,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSING_SECONDS),
                )
        except TimeoutError:
            raise Unreachable(f"{where}: no connection within {_OPENING_SECONDS:.0f} s") from None
    async with held:
        yield _messages(held, where, limits)


async def _messages(held: aiohttp.ClientWebSocketResponse, where: str, limits: StreamLimits) -> Frames:
    while True:
        try:
            async with asyncio.timeout(limits.silence):
                message = await held.receive()
        except TimeoutError:
            raise _dead(where, limits) from None
        if message.type is aiohttp.WSMsgType.TEXT:
            yield message.data
        elif message.type is aiohttp.WSMsgType.BINARY:
            raise BadShape("frame", f"{where} sent bytes where text was asked for")
        else:
            raise _ended(held, message, where, limits)


def _ended(
    held: aiohttp.ClientWebSocketResponse, message: aiohttp.WSMessage, where: str, limits: StreamLimits
) -> SourceError:
    if held.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG and message.type is aiohttp.WSMsgType.ERROR:
        return _too_long(where, limits)
    if message.type is aiohttp.WSMsgType.ERROR:
        if isinstance(held.exception(), aiohttp.ServerTimeoutError):
            return _dead(where, limits)
        return Unreachable(f"{where}: the connection broke")
    return Unreachable(f"{where} closed the connection")


def _dead(where: str, limits: StreamLimits) -> Unreachable:
    return Unreachable(f"{where}: no sign of life within {limits.silence:g} s")


def _too_long(where: str, limits: StreamLimits) -> BadShape:
    return BadShape("frame", f"{where} sent one of more than {limits.frame // 1024} kB")


# Server-sent events -------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _open_events(
    session: aiohttp.ClientSession, url: URL, headers: Mapping[str, str], hop: Hop, limits: StreamLimits
) -> AsyncIterator[Frames]:
    where = shown(url)
    wanted = {**headers, "Accept": _EVENTS, "Accept-Encoding": "identity", "Cache-Control": "no-store"}
    with on_the_way(hop):
        try:
            async with asyncio.timeout(_OPENING_SECONDS):
                reply = await session.get(url, headers=wanted, allow_redirects=False)
        except TimeoutError:
            raise Unreachable(f"{where}: no answer within {_OPENING_SECONDS:.0f} s") from None
    async with reply:
        if reply.status != 200:
            plain = {name.lower(): value for name, value in reply.headers.items()}
            raise refused_by_status(reply.status, plain, where)
        if reply.content_type != _EVENTS or reply.headers.get("Content-Encoding", "identity") != "identity":
            raise BadShape("content-type", f"{where} answered with {reply.content_type}, not with plain {_EVENTS}")
        yield _events(reply.content, where, limits)


async def _events(content: aiohttp.StreamReader, where: str, limits: StreamLimits) -> Frames:
    parser = Events(limits.frame)
    while True:
        try:
            async with asyncio.timeout(limits.silence):
                piece = await content.readany()
        except TimeoutError:
            raise _dead(where, limits) from None
        if not piece:
            raise Unreachable(f"{where} closed the connection")
        for frame in parser.feed(piece):
            yield frame
        if parser.too_long:
            raise _too_long(where, limits)


class Events:
    """Server-sent events out of bytes, cut anywhere: each as the JSON text of {"event", "id", "data"}."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest = b""
        self._event, self._id, self._size = "", "", 0
        self._data: list[str] = []
        self._begun = False

    @property
    def too_long(self) -> bool:
        """What came of an event that is not over exceeds the limit."""
        return self._size + len(self._rest) > self._most

    def feed(self, piece: bytes) -> Iterator[str]:
        """The events that are whole now."""
        if not self._begun:
            piece = (self._rest + piece).removeprefix(b"\xef\xbb\xbf")
            self._rest, self._begun = b"", True
        # A carriage return at the very end may be half of a line's end: it waits for the other half.
        text = self._rest + piece
        held = b"\r" if text.endswith(b"\r") else b""
        whole = text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = whole.split(b"\n")
        self._rest = rest + held
        for line in lines:
            yield from self._line(line.decode("utf-8", errors="replace"))
            if self._size > self._most:
                return

    def _line(self, line: str) -> Iterator[str]:
        if not line:
            if self._data:
                yield json.dumps({"event": self._event or "message", "id": self._id, "data": "\n".join(self._data)})
            self._event, self._size, self._data = "", 0, []
            return
        if line.startswith(":"):
            return
        self._size += len(line)
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
