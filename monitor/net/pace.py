"""How fast one host is asked: one request at a time, no oftener than the source's rate. No host waits for another."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sources.base import RateLimited

_RATE = re.compile(r"([1-9][0-9]{0,5})/([0-9]{1,6}(?:\.[0-9]{1,3})?)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_HOLD_AT_MOST = 900.0
_HOSTS_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests within so many seconds."""

    count: int
    seconds: float

    @property
    def interval(self) -> float:
        """Seconds between two requests when they come evenly."""
        return self.seconds / self.count


def parse_rate(text: str) -> Rate:
    """ "1/2s" is one request every two seconds, "10/1m" ten a minute, which may come at once. Raises ValueError."""
    found = _RATE.fullmatch(text)
    if not found or float(found[2]) == 0:
        raise ValueError(f'{text!r} is not a rate: write "1/2s" for one request every two seconds, or "10/1m"')
    return Rate(int(found[1]), float(found[2]) * _SECONDS[found[3]])


def slower(rate: Rate, seconds: float) -> Rate:
    """This rate, or one request in so many seconds where that is less."""
    return rate if seconds <= rate.interval else Rate(1, seconds)


@dataclass
class Host:
    """What is remembered of one host, in monotonic seconds."""

    line: asyncio.Lock = field(default_factory=asyncio.Lock)
    paid_until: float = 0.0
    """The moment when all that was asked so far is paid for at its rate (the GCRA's theoretical arrival time)."""
    held_until: float = 0.0
    """The host asked not to be asked before."""
    suspect: bool = False
    """Its last request got no usable answer."""

    def wait(self, rate: Rate, now: float) -> float:
        """Seconds until a request at this rate may go out."""
        return max(0.0, self.paid_until - (rate.seconds - rate.interval) - now)

    def pay(self, rate: Rate, now: float) -> None:
        """A request goes out now."""
        self.paid_until = max(self.paid_until, now) + rate.interval

    def idle(self, now: float) -> bool:
        """Nothing would be forgotten by forgetting it."""
        return not self.line.locked() and max(self.paid_until, self.held_until) < now


class Pace:
    """One line per host, shared by all who ask it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._hosts: dict[str, Host] = {}
        self._clock = clock

    @asynccontextmanager
    async def turn(self, host: str, rate: Rate) -> AsyncIterator[Host]:
        """Wait in this host's line and for its rate; the turn is held until the reply has been read.

        Raises RateLimited at once while the host wants its pause.
        """
        state = self._host(host)
        async with state.line:
            left = state.held_until - self._clock()
            if left > 0:
                raise RateLimited(f"{host} asked for a pause, {left:.0f} s of it are left", left)
            await asyncio.sleep(state.wait(rate, self._clock()))
            state.pay(rate, self._clock())
            yield state

    def hold(self, host: str, seconds: float) -> None:
        """The host asked for a pause: nobody asks it until then (a quarter of an hour at most: others share it)."""
        state = self._host(host)
        state.held_until = max(state.held_until, self._clock() + min(seconds, _HOLD_AT_MOST))

    def _host(self, host: str) -> Host:
        # Redirects can name ever new hosts: what is remembered must end somewhere.
        if host not in self._hosts and len(self._hosts) >= _HOSTS_REMEMBERED:
            now = self._clock()
            self._hosts = {name: state for name, state in self._hosts.items() if not state.idle(now)}
        return self._hosts.setdefault(host, Host())
