"""What a digest is made of, from rows: windows, history, and what was found late."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime, time, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from monitor import briefing
from monitor.briefing import Period
from monitor.commands.digesting import Digests
from monitor.commands.handlers import Commands
from monitor.errors import Refused

BRAND = '[[brand]]\nname = "Acme"\ncompetitors = ["Bolt"]\n'


async def bring_in(service, *rows: tuple[datetime, str]) -> None:
    lines = "\n".join(json.dumps({"text": text, "published": at.isoformat()}) for at, text in rows)
    arguments = {"name": "x.jsonl", "body": base64.b64encode(lines.encode()).decode()}
    await Commands(service).import_file(arguments, lambda text: None)


async def of(service, period: Period):
    return await service.store.read(briefing.material, service.brands["Acme"], period, service.now())


def digest_of(day: date) -> Period:
    return Period(day, time(8), "UTC")


async def test_nothing_falls_between_two_digests(open_service, clock):
    async with open_service(BRAND) as service:
        start = datetime.fromisoformat("2026-11-18T00:00:00+00:00")
        hours = [start + timedelta(hours=n) for n in range(72)]
        await bring_in(service, *((at, f"Acme at {at}") for at in hours))
        told = [
            one.mention.published
            for day in (18, 19, 20, 21)
            for one in (await of(service, digest_of(date(2026, 11, day)))).heard
        ]
        assert sorted(told) == hours


async def test_history_counts_each_past_window_and_days_of_silence_as_nought(open_service, clock):
    async with open_service(BRAND) as service:
        await bring_in(
            service,
            (datetime.fromisoformat("2026-11-17T10:00:00+00:00"), "Acme one"),
            (datetime.fromisoformat("2026-11-19T10:00:00+00:00"), "Acme two"),
            (datetime.fromisoformat("2026-11-19T11:00:00+00:00"), "Acme three"),
            (datetime.fromisoformat("2026-11-19T11:00:00+00:00"), "Bolt one"),
        )
        material = await of(service, digest_of(date(2026, 11, 21)))
        assert [(str(day.date), day.volume) for day in material.history] == [
            ("2026-11-18", 1),
            ("2026-11-19", 0),
            ("2026-11-20", 2),
        ]
        (rival,) = material.rivals
        assert rival.name == "Bolt"
        assert [day.volume for day in rival.history] == [1]


async def test_who_was_found_late_still_waits_for_an_answer(open_service, clock):
    async with open_service(BRAND) as service:
        await bring_in(service, (clock() - timedelta(days=5), "Acme is old news"))
        clock.pass_(days=2)
        late = clock() - timedelta(days=3)
        await bring_in(service, (late, "Acme lost my parcel"), (clock() - timedelta(days=30), "Acme long ago"))
        material = await of(service, Period.last_day(clock(), "UTC"))
        assert [one.mention.published for one in material.late] == [late]
        assert material.heard == ()
        assert material.waiting.late == 2


async def test_what_the_first_round_brings_of_the_past_is_not_late(open_service, clock):
    async with open_service(BRAND) as service:
        await bring_in(service, (clock() - timedelta(days=3), "Acme is old news"))
        assert (await of(service, Period.last_day(clock(), "UTC"))).late == ()


async def test_a_calendar_day_is_known_by_its_own_date(open_service, clock):
    async with open_service(BRAND) as service:
        await bring_in(service, (datetime.fromisoformat("2026-11-20T22:59:00+00:00"), "Acme late at night"))
        material = await of(service, Period.calendar_day(date(2026, 11, 20), "Europe/Berlin"))
        assert material.local_date == date(2026, 11, 20)
        assert len(material.heard) == 1
        assert (await of(service, Period.calendar_day(date(2026, 11, 20), "Asia/Tokyo"))).heard == ()


async def test_what_a_feed_still_shows_of_the_past_is_usual_only_as_far_as_every_feed_reaches(
    open_service, clock, loopback
):
    def feed(*days_ago: int):
        async def answer(request: web.Request) -> web.Response:
            items = "".join(
                f"<item><guid>{request.path}{n}</guid><title>Acme {n}</title>"
                f"<pubDate>{format_datetime(clock() - timedelta(days=n))}</pubDate></item>"
                for n in days_ago
            )
            return web.Response(text=f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>')

        return answer

    long = await loopback({"/": feed(*range(20))})
    short = await loopback({"/": feed(0, 1, 2, 3)})
    sources = [f'[[source]]\nkind = "feed"\nurl = "{url}"\n' for url in (long, short)]
    async with open_service(BRAND + sources[0]) as service:
        await service.collector.poll_all()
        assert len((await of(service, Period.last_day(clock(), "UTC"))).history) >= 18
    async with open_service(BRAND + "".join(sources)) as service:
        await service.collector.poll_all()
        assert len((await of(service, Period.last_day(clock(), "UTC"))).history) <= 3


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "tomorrow", "2026-13-01"])
async def test_a_day_that_nothing_can_be_told_of_is_refused(open_service, day):
    async with open_service(BRAND) as service:
        with pytest.raises(Refused, match=r"day|date"):
            await Digests(service).digest({"day": day}, lambda text: None)
