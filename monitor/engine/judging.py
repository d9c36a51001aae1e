"""The scorers, loaded when first needed and off the event loop. Where they cannot be, it says why and tries again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from monitor.engine.scoring import Scorer

TRY_AGAIN = timedelta(minutes=1)

log = structlog.get_logger()


class NotUsable(Exception):
    """The weights are missing, damaged or switched off: the service goes on unscored."""


class Judging:
    """Gives the scorer, or None and the reason in `why`.

    `why` may also tell what the scorer lacks that some texts need: these are put off, the others are judged.
    """

    def __init__(self, open_scorer: Callable[[], Scorer], now: Callable[[], datetime]) -> None:
        self._open, self._now = open_scorer, now
        self._scorer: Scorer | None = None
        self._not_before: datetime | None = None
        self._loading = asyncio.Lock()
        # An earlier process may have put texts off, for a reason that is gone.
        self._some_put_off = True
        self.why = ""

    async def scorer(self) -> Scorer | None:
        """The loaded scorer; after a failure it is tried again once a minute."""
        async with self._loading:
            if self._scorer is None and self._may_try():
                try:
                    self._scorer = await asyncio.to_thread(self._open)
                    self.why, self._not_before = "", None
                except NotUsable as reason:
                    self._cannot(str(reason))
            return self._scorer

    async def anew(self) -> None:
        """Let go of the scorer: what it is made from has changed, and it is loaded again when it is next needed."""
        async with self._loading:
            self._scorer, self._not_before, self._some_put_off, self.why = None, None, True, ""

    def lacks(self, why: str) -> None:
        """The scorer answered that some texts must wait, and why."""
        self._some_put_off = True
        self._cannot(why)

    async def whole(self) -> bool:
        """Whether what was put off may be asked again, now that nothing is lacking. Tried once a minute, told once."""
        async with self._loading:
            if not self._some_put_off or self._scorer is None or not self._may_try():
                return False
            if self.why and not await asyncio.to_thread(self._scorer.mend):
                self._not_before = self._now() + TRY_AGAIN
                return False
            self.why, self._not_before, self._some_put_off = "", None, False
            return True

    def _may_try(self) -> bool:
        return self._not_before is None or self._now() >= self._not_before

    def _cannot(self, why: str) -> None:
        if self.why != why:
            log.warning("mentions stay unscored for now", why=why)
        self.why = why
        self._not_before = self._now() + TRY_AGAIN
