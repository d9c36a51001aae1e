"""The invented month lived through: collected, scored and grouped by the real service, and the digests it tells."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from monitor.app import Service, opened
from monitor.briefing import Period
from monitor.built import told_of
from monitor.config import loads
from monitor.demo.config import SUPPORT_DESK, demo_config
from monitor.demo.handed_in import SURVEY_FILE, survey_csv, webhook_posts
from monitor.demo.server import serving
from monitor.demo.world import World
from monitor.store import alerts, themes


@dataclass
class Lived:
    """A service at a moment of the month, and the way to the next."""

    world: World
    folder: Path
    moment: datetime
    watches: bool = True
    """Whether it looks for what is unusual, too."""
    service: Service = None  # type: ignore[assignment]

    def now(self) -> datetime:
        return self.moment

    async def hear(self, moment: datetime) -> None:
        """Everything that was said by then, collected, scored and grouped."""
        before, self.moment = self.moment, moment
        known = self.world.at(moment)
        (self.folder / SURVEY_FILE).write_bytes(survey_csv(known))
        for body in webhook_posts(World(moment, tuple(one for one in known.said if one.published > before))):
            await self.service.push(SUPPORT_DESK, {}, body)
        await self.service.collector.poll_all(lambda poll: None)
        await self.service.score()
        await self.service.theming.whole()
        if self.watches:
            await self.service.watching.tick()

    async def digest(self, brand: str, day: date, kind: str) -> dict[str, Any]:
        """The digest.json of a brand ("*" for all), as it would be told on this day at the month's hour."""
        weekdays = (day.weekday(),) if kind == "weekly" else tuple(range(7))
        at = self.world.until.time()
        period = Period(day, time(at.hour, at.minute), "UTC", weekdays)
        content = await self.service.teller.compose(told_of(self.service.brands, brand), period)
        found: dict[str, Any] = content["digest"]
        return found

    async def alerts(self) -> list[alerts.Kept]:
        """Every alert until now, newest first."""
        return await self.service.store.read(alerts.listed, 1_000)

    async def theme_names(self, brand: str) -> Mapping[str, str]:
        """Name to side of every theme that is known of a brand by now."""
        known = await self.service.store.read(themes.known, [self.service.brands[brand].id])
        return {one.name: one.side for one in known}


@asynccontextmanager
async def living(world: World, folder: Path, moment: datetime, *, watches: bool = True) -> AsyncIterator[Lived]:
    """A service that begins to listen at a moment of the month. Nothing is heard before `hear`."""
    lived = Lived(world, folder, moment, watches)
    async with serving(world, now=lived.now) as hosts:
        text = demo_config(hosts, folder, until=world.until)
        config = loads(text, folder / "config.toml", os.environ)
        (folder / SURVEY_FILE).write_bytes(survey_csv(world.at(moment)))
        async with opened(config, now=lived.now) as service:
            lived.service = service
            yield lived


def mornings(world: World, days: int = 30) -> Sequence[datetime]:
    """The digest's hour on each day of the month, the last one last."""
    return [world.until - timedelta(days=back) for back in range(days - 1, -1, -1)]
