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
    """Gives the scorer, or None and the reason in `why`."""

    def __init__(self, open_scorer: Callable[[], Scorer], now: Callable[[], datetime]) -> None:
        self._open, self._now = open_scorer, now
        self._scorer: Scorer | None = None
        self._not_before: datetime | None = None
        self._loading = asyncio.Lock()
        self.why = ""

    async def scorer(self) -> Scorer | None:
        """The loaded scorer; after a failure it is tried again once a minute."""
        async with self._loading:
            if self._scorer is None and (self._not_before is None or self._now() >= self._not_before):
                try:
                    self._scorer = await asyncio.to_thread(self._open)
                    self.why = ""
                except NotUsable as reason:
                    if self.why != str(reason):
                        log.warning("mentions stay unscored for now", why=str(reason))
                    self.why = str(reason)
                    self._not_before = self._now() + TRY_AGAIN
            return self._scorer
