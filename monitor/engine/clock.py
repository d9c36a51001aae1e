"""The clock only ticks (APScheduler); what is due is asked of the rows, so a tick missed or doubled changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

Tick = Callable[[], Awaitable[object]]

# The same trouble of a tick that comes every second is said once a minute.
SAID_AGAIN = 60

log = structlog.get_logger()


class Clock:
    """Calls each named tick every so many seconds, never twice at once; a tick that fails is logged and comes again."""

    def __init__(self, ticks: Mapping[str, tuple[float, Tick]]) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        # Ticks are tasks of our own: the scheduler would cancel what it runs when it is stopped.
        self._running: dict[str, asyncio.Task[None]] = {}
        self._failures: dict[str, int] = {}
        for name, (seconds, tick) in ticks.items():
            self._scheduler.add_job(
                self._begin, "interval", (name, tick), seconds=seconds, id=name,
                coalesce=True, misfire_grace_time=None, next_run_time=datetime.now(UTC),
            )  # fmt: skip

    def start(self) -> None:
        """Begin to tick in the running event loop, the first time at once."""
        self._scheduler.start()

    async def stop(self, within: float) -> None:
        """No further tick; those at work have so many seconds to end."""
        self._scheduler.shutdown(wait=False)
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _begin(self, name: str, tick: Tick) -> None:
        if name not in self._running:
            self._running[name] = asyncio.create_task(self._run(name, tick), name=f"tick {name}")

    async def _run(self, name: str, tick: Tick) -> None:
        try:
            await tick()
            self._failures[name] = 0
        except Exception:
            # A tick comes again in a second and asks the rows anew; stopping the clock would stop the service.
            failures = self._failures.get(name, 0)
            self._failures[name] = failures + 1
            if failures % SAID_AGAIN == 0:
                log.exception("tick failed", tick=name, times=failures + 1)
        finally:
            del self._running[name]
