"""Runs a look at something unknown (`sources.discover`): does what it asks for, and tells it what went wrong."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar
from urllib.parse import urlsplit

from monitor.collect.drive import Net, Reader
from sources.base import Read, Request, SourceError

T = TypeVar("T")
MOST_REQUESTS = 16
RATE = "2/1s"


class _Enough(SourceError):
    """The look has cost enough."""


async def look(reading: Generator[Request | Read, Any, T], *, net: Net, pool: Reader) -> T:
    """What the look came to. A request that fails is an error at its own place in there: it may go on without.

    Where a page sends us, only the first address was named by the person who asks: it opens no private network.
    """
    answer: Any = None
    trouble: SourceError | None = None
    asked, first = 0, ""
    try:
        while True:
            try:
                step = reading.throw(trouble) if trouble else reading.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            answer = trouble = None
            try:
                if isinstance(step, Read):
                    answer = await pool.run(step.function, *step.args)
                    continue
                asked, first = asked + 1, first or step.url
                if asked > MOST_REQUESTS:
                    raise _Enough(f"more than {MOST_REQUESTS} requests")
                named_by = "" if _host(step.url) == _host(first) else first
                came = await net.fetch(step, rate=RATE, named_by=named_by)
                answer = came.response
                came.put_down()
            except SourceError as error:
                trouble = error
    finally:
        reading.close()


def _host(address: str) -> str:
    return urlsplit(address).netloc.lower()
