"""Reading a foreign body: never more than a cap, on the wire and decoded, and never slower than a walking pace."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass

from aiohttp import StreamReader

from sources.base import Unreachable

ENCODINGS = "gzip, deflate"
"""What is asked for: only what zlib can undo piece by piece under a limit."""

LARGE = 256 * 1024
"""Decoded bytes from which on a body is large."""

_CHUNK = 64 * 1024
_MEMBERS = 64
_AUTO, _RAW = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Speed:
    """At least `rate` bytes a second on average, once `grace` seconds have passed."""

    grace: float = 5.0
    rate: float = 1000.0


class NoRoom(Exception):
    """A large body, while as many as may be are held already: come again with a ticket."""


class Ticket:
    """The right to hold one large body. Taken when it turns out to be large, given back when it is no longer needed."""

    def __init__(self, room: asyncio.Semaphore) -> None:
        self._room = room
        self._held = False

    async def take(self, *, wait: bool = True) -> bool:
        """Take it, unless it is held already. Without `wait`, False when there is none just now."""
        if not self._held and (wait or not self._room.locked()):
            await self._room.acquire()
            self._held = True
        return self._held

    def give_back(self) -> None:
        """The body is no longer needed. Doing it twice changes nothing."""
        if self._held:
            self._held = False
            self._room.release()


class Inflater:
    """Undoes gzip or deflate piece by piece, so that a bomb never gets further than the room it is given."""

    def __init__(self, encoding: str) -> None:
        self._deflate = encoding == "deflate"
        self._stream = zlib.decompressobj(_AUTO)
        self._started = False
        self._members = 1

    def undo(self, data: bytes, room: int) -> bytes:
        """The plain bytes of `data`, at most `room` of them. Raises zlib.error."""
        plain = self._first(data, room) if not self._started else self._stream.decompress(data, room)
        # gzip files may follow one another; whatever else follows the end is padding.
        while self._stream.eof and self._stream.unused_data[:2] == b"\x1f\x8b" and len(plain) < room:
            self._members += 1
            if self._members > _MEMBERS:
                raise zlib.error("too many members")
            rest, self._stream = self._stream.unused_data, zlib.decompressobj(_AUTO)
            plain += self._stream.decompress(rest, room - len(plain))
        return plain

    @property
    def complete(self) -> bool:
        """The stream has come to its own end."""
        return self._stream.eof or not self._started

    def _first(self, data: bytes, room: int) -> bytes:
        self._started = True
        try:
            return self._stream.decompress(data, room)
        except zlib.error:
            if not self._deflate:
                raise
            # "deflate" means zlib in the standard and raw deflate in some servers.
            self._stream = zlib.decompressobj(_RAW)
            return self._stream.decompress(data, room)


async def read_body(
    content: StreamReader, encoding: str, cap: int, where: str, speed: Speed, ticket: Ticket | None = None
) -> tuple[bytes, bool]:
    """The decoded body, and whether it was cut off at `cap` bytes.

    Raises Unreachable for a body that is too slow, damaged, or encoded in a way that was not asked for, and NoRoom for
    a large one without a ticket to be had; what the connection itself raises passes through.
    """
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise Unreachable(f"{where}: the answer came encoded as {encoding[:40]!r}, which was not asked for")
    inflater = Inflater(encoding) if encoding not in ("", "identity") else None
    loop = asyncio.get_running_loop()
    started, received, plain = loop.time(), 0, bytearray()
    try:
        async with asyncio.timeout_at(started + speed.grace) as patience:
            while chunk := await content.read(_CHUNK):
                received += len(chunk)
                patience.reschedule(started + max(speed.grace, received / speed.rate))
                room = cap + 1 - len(plain)
                plain += inflater.undo(chunk, room) if inflater else chunk[:room]
                if len(plain) > LARGE and ticket is not None and not await ticket.take(wait=False):
                    raise NoRoom
                if len(plain) > cap or received > cap:
                    del plain[cap:]
                    return bytes(plain), True
    except TimeoutError:
        if patience.expired():
            raise Unreachable(
                f"{where}: the answer came too slowly ({received} bytes in {loop.time() - started:.0f} s)"
            ) from None
        raise
    except zlib.error:
        raise Unreachable(f"{where}: the answer's compression is damaged") from None
    if inflater and not inflater.complete:
        raise Unreachable(f"{where}: the compressed answer ends before its end")
    return bytes(plain), False
