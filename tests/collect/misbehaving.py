"""Twelve ways in which a server of feeds can misbehave, over a bare connection."""

from __future__ import annotations

import asyncio
import zlib

MIB = 2**20
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n"
WAYS = (
    "says nothing", "a byte at a time", "wrong length, then a reset", "hangs up", "500", "503 for years",
    "redirects in a circle", "never ends", "gzip bomb", "not HTTP", "a header without end", "60,000 attributes",
)  # fmt: skip


def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(100)), packer.flush()])


_BOMB = _bomb()
_MANY_ATTRIBUTES = b"<rss><channel><item " + b" ".join(b"a%d='1'" % n for n in range(60_000)) + b"/></channel></rss>"
_SAID_AT_ONCE = {
    3: b"",
    4: b"HTTP/1.1 500 Oh\r\n" + LENGTH % 0,
    5: b"HTTP/1.1 503 Busy\r\nRetry-After: 999999999\r\n" + LENGTH % 0,
    6: b"HTTP/1.1 302 Found\r\nLocation: /again\r\n" + LENGTH % 0,
    8: OK + b"Content-Encoding: gzip\r\n" + LENGTH % len(_BOMB) + _BOMB,
    9: b"220 smtp ready\r\n",
    10: OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    11: OK + LENGTH % len(_MANY_ATTRIBUTES) + _MANY_ATTRIBUTES,
}


async def misbehave(way: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a request in this way (an index of WAYS); some never end by themselves."""
    if way in _SAID_AT_ONCE:
        writer.write(_SAID_AT_ONCE[way])
    if way == 0:
        await reader.read()  # says nothing until the other side has gone
    if way == 2:
        writer.write(OK + LENGTH % 10_000 + b"x" * 100)
        await writer.drain()
        writer.transport.abort()
    if way in (1, 7):
        writer.write(OK + b"\r\n")
    while way in (1, 7):
        writer.write(b"x" * (1 if way == 1 else 65_536))
        await writer.drain()
        await asyncio.sleep(0.1 if way == 1 else 0)


def good_feed(number: int, entries: int = 10, first: int = 0) -> bytes:
    """A feed of so many entries, numbered from `first` on; all of them are of this feed alone."""
    items = "".join(
        f"<item><guid>{number}-{n}</guid><title>Story {n}</title><link>https://example.com/{number}/{n}</link></item>"
        for n in range(first, first + entries)
    )
    return f"<rss version='2.0'><channel><title>Feed {number}</title>{items}</channel></rss>".encode()
