"""robots.txt, asked before a page that is made for people, and remembered for a day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protego import Protego
from yarl import URL

from monitor.net.answers import shown
from sources.base import Blocked, Response, Unreachable

Ask = Callable[[URL], Awaitable[Response]]

AGENT = "overheard"
CAP = 512 * 1024
_DAY, _SOON = 86_400.0, 600.0
_ORIGINS_REMEMBERED = 5_000
_LONGEST_DELAY = 60.0
"""Seconds between two requests: a site that wishes for more is asked so rarely anyway that it makes no difference."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What one origin allows, until a monotonic time. `trouble` when it could not be asked."""

    rules: Protego | None
    until: float
    trouble: str = ""


class Robots:
    """Knows where this program may read pages."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[URL, _Rules] = {}
        self._asking: dict[URL, asyncio.Lock] = {}

    async def permit(self, url: URL, ask: Ask) -> float:
        """Return if the page may be read: the seconds that its site wants between two requests (0 for no wish).

        Raises Blocked if it may not be read, Unreachable while that cannot be known (RFC 9309). `ask` fetches a
        robots.txt; RateLimited passes through from it: the host has asked for a pause.
        """
        origin = url.origin()
        lock = self._asking.setdefault(origin, asyncio.Lock())
        async with lock:
            found = self._known.get(origin)
            if found is None or found.until < self._clock():
                found = await self._look(origin, ask)
                self._remember(origin, found)
        if found.trouble:
            raise Unreachable(f"{shown(url)}, whose robots.txt must be read first: {found.trouble}")
        if found.rules is not None and not found.rules.can_fetch(str(url), AGENT):
            raise Blocked(f"{shown(url)} is closed to programs by the robots.txt of {origin.host}")
        wish = found.rules.crawl_delay(AGENT) if found.rules else None
        return min(max(wish or 0.0, 0.0), _LONGEST_DELAY)

    async def _look(self, origin: URL, ask: Ask) -> _Rules:
        try:
            reply = await ask(origin / "robots.txt")
        except Blocked:
            return _Rules(None, self._clock() + _DAY)
        except Unreachable as error:
            return _Rules(None, self._clock() + _SOON, str(error).removeprefix(f"{shown(origin / 'robots.txt')}: "))
        if 200 <= reply.status < 300:
            return _Rules(Protego.parse(reply.body.decode("utf-8", errors="replace")), self._clock() + _DAY)
        if 400 <= reply.status < 500 and reply.status != 429:
            return _Rules(None, self._clock() + _DAY)
        return _Rules(None, self._clock() + _SOON, f"it answered {reply.status}")

    def _remember(self, origin: URL, found: _Rules) -> None:
        if len(self._known) >= _ORIGINS_REMEMBERED:
            self._known.clear()
            self._asking = {asked: lock for asked, lock in self._asking.items() if lock.locked()}
        self._known[origin] = found
