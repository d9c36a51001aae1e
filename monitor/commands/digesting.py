"""Digests that a person asks for now: of any brand, day or week, of a department, sent somewhere or only looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from monitor.app import Service
from monitor.briefing import EVERYBODY, Period, Readers
from monitor.built import readers_in, told_of
from monitor.config import channel_for
from monitor.config.digests import ALL
from monitor.config.problems import did_you_mean
from monitor.digest.together import ALL as ALL_BRANDS
from monitor.door import EARLIEST
from monitor.engine.handover import Say, Step
from monitor.engine.telling import Subscription
from monitor.errors import Refused
from monitor.mention import Brand
from monitor.store import outbox


@dataclass(frozen=True, slots=True)
class Wanted:
    """One digest to make."""

    brands: tuple[Brand, ...]
    period: Period
    readers: Readers = EVERYBODY

    @property
    def name(self) -> str:
        """What it is known by."""
        whose = self.brands[0].name if len(self.brands) == 1 else ALL_BRANDS
        return f"{whose}, {self.readers.department}" if self.readers.department else whose


class Digests:
    """What can be asked of a service about digests."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def digest(self, arguments: Mapping[str, Any], say: Say) -> list[dict[str, Any]]:
        """Digests now, one a brand, or ("*") one of all: of a calendar day, of the last 24 hours, or `weekly` of seven
        days. With `to`, each is sent there too. A `preview` is what the configured digests would say, were their hour
        now."""
        service = self.service
        if not arguments.get("preview"):
            await service.score(lambda done, waiting: say(Step("scored", done, done + waiting)))
        ways = {channel_for(written, service.config).name: written for written in arguments.get("to") or ()}
        made = []
        for one in self._wanted(arguments):
            content = await service.teller.compose(one.brands, one.period, service.judging.why, one.readers)
            sent = await self._send(one, content, ways) if ways else []
            made.append({"brand": one.name, "content": content, "sent": sent})
        return made

    def _wanted(self, arguments: Mapping[str, Any]) -> list[Wanted]:
        name, department = str(arguments.get("brand") or ""), str(arguments.get("department") or "")
        weekly, day = bool(arguments.get("weekly")), arguments.get("day")
        if arguments.get("preview"):
            return self._configured(name, department, weekly)
        readers = self._readers(department)
        zones = ((brands, self.service.timezone_of(brands[0])) for brands in self._brands(name))
        return [Wanted(brands, self._period(zone, weekly, day), readers) for brands, zone in zones]

    def _period(self, timezone: str, weekly: bool, day: Any) -> Period:
        now = self.service.now()
        if day:
            of = Period.calendar_week if weekly else Period.calendar_day
            return of(day_of(day, now), timezone)
        return Period.last_week(now, timezone) if weekly else Period.last_day(now, timezone)

    def _brands(self, name: str) -> list[tuple[Brand, ...]]:
        """The brand that was asked for, every own brand for itself, or ("*") all of these together."""
        brands = self.service.brands
        if name and name != ALL and name not in brands:
            raise Refused(f'There is no brand "{name}"; there are: {", ".join(brands) or "none"}.')
        if name:
            return [told_of(brands, name)]
        return [(brand,) for brand in brands.values() if not brand.is_competitor]

    def _readers(self, department: str) -> Readers:
        known = [one.name for one in self.service.config.departments]
        if department and department not in known:
            hint = did_you_mean(department, known) if known else "; add a [[department]] of that name"
            raise Refused(f'There is no department "{department}"{hint}')
        return readers_in(self.service.config, department)

    def _configured(self, name: str, department: str, weekly: bool) -> list[Wanted]:
        """As the configuration has them, over the time up to now; those that were asked for."""
        self._readers(department)
        found = [
            Wanted(one.brands, self._period(one.timezone, len(one.days) == 1, None), one.readers)
            for one in self.service.teller.subscriptions
            if name in ("", one.about, one.name)
            and department in ("", one.readers.department)
            and (not weekly or len(one.days) == 1)
        ]
        if not found:
            raise Refused("The configuration has no such [[digest]]: leave out --preview to make any digest now.")
        return found

    async def _send(self, one: Wanted, content: Mapping[str, Any], ways: Mapping[str, str]) -> list[dict[str, str]]:
        """Through the outbox, as every digest goes; what became of the first try at each channel."""
        service, period = self.service, one.period
        key = f"{one.name}, asked for at {service.now().isoformat()}"
        asked = Subscription(key, one.brands, period.at, period.timezone, period.weekdays, tuple(ways), one.readers)
        configured = {name: None if name in service.teller.channels else way for name, way in ways.items()}
        await service.teller.announce(asked, period, content, configured)
        while True:
            await service.teller.deliver_ready()
            parcels = await service.store.read(outbox.of_subject, key)
            if not any(one.state in ("ready", "sending") for one in parcels):
                return [{"channel": one.channel, "state": one.state, "answer": one.answer} for one in parcels]
            await asyncio.sleep(0.1)  # the service is at it


def day_of(asked: Any, now: datetime) -> date:
    """The date that somebody wrote. Raises Refused for none, and for one that nothing can be told of."""
    try:
        day = date.fromisoformat(str(asked))
    except ValueError:
        raise Refused(f'"{asked}" is not a date; write it as 2026-11-21.') from None
    if not EARLIEST.date() <= day <= (now + timedelta(days=1)).date():
        raise Refused(f"Nothing can be told of {day}: name a day between 1990 and today.")
    return day
