"""The clock only ticks (APScheduler); what is due is asked of the rows, so a tick missed or doubled changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

Tick = Callable[[], Awaitable[object]]

log = structlog.get_logger()


class Clock:
    """Calls each named tick every so many seconds, never twice at once; a tick that fails is logged and comes again."""

    def __init__(self, ticks: Mapping[str, tuple[float, Tick]]) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        for name, (seconds, tick) in ticks.items():
            self._scheduler.add_job(
                _guarded(name, tick), "interval", seconds=seconds, id=name,
                coalesce=True, max_instances=1, misfire_grace_time=None,
            )  # fmt: skip

    def start(self) -> None:
        """Begin to tick in the running event loop, the first time at once."""
        self._scheduler.start()
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

    def stop(self) -> None:
        """No further tick."""
        self._scheduler.shutdown(wait=False)


def _guarded(name: str, tick: Tick) -> Tick:
    async def run() -> None:
        try:
            await tick()
        except Exception:
            # A tick comes again in a second and asks the rows anew; stopping the clock would stop the service.
            log.exception("tick failed", tick=name)

    return run
