"""Digests come once a date and reach everybody they are for, through restarts, refusals and crashes."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP

from monitor import queries
from monitor.commands.digesting import Digests
from monitor.commands.handlers import Commands
from monitor.errors import Refused
from monitor.store import outbox

DAILY = '[[brand]]\nname = "Acme"\n[[digest]]\nat = "08:00"\ntimezone = "Europe/Berlin"\nto = [{to}]\n'


def slack(*answers: int | Callable[[], web.Response]):
    """A Slack that answers as scripted, then well; and what it was sent."""
    got: list[dict] = []
    script = list(answers)

    async def hook(request: web.Request) -> web.Response:
        got.append(await request.json())
        status = script.pop(0) if script else 200
        return web.Response(status=status, text="ok" if status == 200 else "no", headers={"Retry-After": "60"})

    return hook, got


async def states(service) -> list[str]:
    return [parcel.state for parcel in await service.store.read(outbox.listed)]


async def test_a_digest_is_made_once_a_date_through_restarts(open_service, clock, tmp_path):
    toml = DAILY.format(to=f'"file:{tmp_path}/digests"')
    made = []
    for _ in range(3):
        async with open_service(toml) as service:
            for _ in range(24):
                made.append(await service.tell_due())
                clock.pass_(hours=1)
    assert sum(made) == 3
    async with open_service(toml) as service:
        dates = [str(one.local_date) for one in await service.store.read(queries.digests_archive, 10)]
    assert dates == ["2026-11-24", "2026-11-23", "2026-11-22"]


async def test_a_new_subscription_waits_for_its_first_hour(open_service, clock, tmp_path):
    async with open_service(DAILY.format(to=f'"file:{tmp_path}/d"')) as service:
        assert await service.tell_due() == 0


async def test_a_digest_reaches_every_channel_and_a_broken_one_delays_no_other(open_service, clock, loopback, tmp_path):
    hook, got = slack(503)
    url = await loopback({"/hook": hook})
    async with open_service(DAILY.format(to=f'"slack:{url}/hook", "file:{tmp_path}/d"')) as service:
        await service.tell_due()
        clock.pass_(days=1)
        await service.tell_due()
        assert await service.teller.deliver_ready() == 1
        assert sorted(await states(service)) == ["delivered", "retry"]
        assert list(tmp_path.glob("d/**/digest.html"))
        clock.pass_(hours=1)
        assert await service.teller.deliver_ready() == 1
        assert sorted(await states(service)) == ["delivered", "delivered"]
        assert got[0] == got[1], "a retry sends the same message"


async def test_a_channel_that_says_never_is_given_up_loudly(open_service, clock, loopback):
    hook, got = slack(410)
    url = await loopback({"/hook": hook})
    async with open_service(DAILY.format(to=f'"slack:{url}/hook"')) as service:
        await service.tell_due()
        clock.pass_(days=1)
        await service.tell_due()
        await service.teller.deliver_ready()
        (parcel,) = await service.store.read(outbox.listed)
        assert parcel.state == "dead"
        assert parcel.answer
        clock.pass_(days=1)
        assert await service.teller.deliver_ready() == 0
        assert len(got) == 1


async def test_a_crash_between_sending_and_writing_the_answer_is_known_to_the_channel(open_service, clock, loopback):
    hook, _ = slack()
    url = await loopback({"/hook": hook})
    toml = DAILY.format(to=f'"webhook:{url}/hook"')
    async with open_service(toml) as service:
        await service.tell_due()
        clock.pass_(days=1)
        await service.tell_due()
        (parcel,) = await service.store.read(outbox.ready, clock())
        await service.store.write(outbox.start, parcel.notice.id, clock())
    async with open_service(toml) as service:
        assert await service.teller.deliver_ready() == 0
        assert await service.teller.recover() == 1
        assert await service.teller.deliver_ready() == 1
        (parcel,) = await service.store.read(outbox.listed)
        assert parcel.attempts[0].answer == ""
        assert len(parcel.attempts) == 2


async def test_a_notice_for_a_channel_that_was_removed_is_given_up_with_the_reason(open_service, clock, tmp_path):
    async with open_service(DAILY.format(to=f'"file:{tmp_path}/old"')) as service:
        await service.tell_due()
        clock.pass_(days=1)
        await service.tell_due()
    async with open_service(DAILY.format(to=f'"file:{tmp_path}/new"')) as service:
        await service.teller.deliver_ready()
        (parcel,) = await service.store.read(outbox.listed)
        assert (parcel.state, "no channel" in parcel.answer) == ("dead", True)


async def test_the_stored_digest_is_what_was_sent(open_service, clock, tmp_path):
    async with open_service(DAILY.format(to=f'"file:{tmp_path}/d"')) as service:
        await service.tell_due()
        clock.pass_(days=1)
        await service.tell_due()
        await service.teller.deliver_ready()
        (listed,) = await service.store.read(queries.digests_archive, 5)
        frozen = await service.store.read(queries.digest, listed.id)
        (path,) = tmp_path.glob("d/**/digest.json")
        assert json.loads(path.read_text()) == frozen.content


async def test_a_digest_arrives_by_mail(open_service, clock):
    letters: list[bytes] = []

    class Mailbox:
        async def handle_DATA(self, server, session, envelope):
            letters.append(envelope.content)
            return "250 kept"

    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Mailbox()), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    mail = f'[email]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "overheard@example.com"\n'
    try:
        async with open_service(mail + DAILY.format(to='"mailto:ann@example.com"')) as service:
            await service.tell_due()
            clock.pass_(days=1)
            await service.tell_due()
            assert await service.teller.deliver_ready() == 1
            assert await states(service) == ["delivered"]
    finally:
        server.close()
        await server.wait_closed()
    (letter,) = [message_from_bytes(raw, policy=default) for raw in letters]
    assert letter["To"] == "ann@example.com"
    assert "Acme" in letter["Subject"]
    assert {part.get_content_type() for part in letter.walk()} >= {"text/plain", "text/html"}


async def test_two_who_deliver_at_once_send_once(open_service, clock, loopback):
    hook, got = slack()
    url = await loopback({"/hook": hook})
    async with open_service(DAILY.format(to=f'"slack:{url}/hook"')) as service:
        await service.tell_due()
        clock.pass_(days=1)
        await service.tell_due()
        await asyncio.gather(service.teller.deliver_ready(), service.teller.deliver_ready())
        assert len(got) == 1


async def test_a_slow_channel_does_not_delay_the_next_round_of_another(open_service, clock, loopback, tmp_path):
    never = asyncio.Event()

    async def hangs(request: web.Request) -> web.Response:
        await never.wait()
        raise AssertionError

    url = await loopback({"/hook": hangs})
    async with open_service(DAILY.format(to=f'"slack:{url}/hook", "file:{tmp_path}/d"')) as service:
        await service.tell_due()
        for _ in range(2):
            clock.pass_(days=1)
            await service.tell_due()
            for task in await service.teller.deliver_due():
                if "slack" not in task.get_name():
                    await task
        assert sorted(await states(service)) == ["delivered", "delivered", "ready", "sending"]
        await service.teller.stop(0)


async def test_a_channel_that_fails_in_an_unforeseen_way_is_tried_again(open_service, clock, tmp_path):
    async with open_service(DAILY.format(to=f'"file:{tmp_path}/d"')) as service:
        real = service.teller.send

        async def breaks(ask):
            raise ZeroDivisionError("by nought")

        service.teller.send = breaks
        await service.tell_due()
        clock.pass_(days=1)
        await service.tell_due()
        assert await service.teller.deliver_ready() == 0
        assert await states(service) == ["retry"]
        service.teller.send = real
        clock.pass_(hours=1)
        assert await service.teller.deliver_ready() == 1


async def test_a_channel_named_on_the_spot_is_still_known_at_the_retry(open_service, clock, loopback):
    hook, got = slack(500)
    url = await loopback({"/hook": hook})
    brand = '[[brand]]\nname = "Acme"\n'
    async with open_service(brand) as service:
        (made,) = await Digests(service).digest({"to": [f"slack:{url}/hook"]}, lambda text: None)
        assert [one["state"] for one in made["sent"]] == ["retry"]
    clock.pass_(hours=1)
    async with open_service(brand) as service:
        assert await service.teller.deliver_ready() == 1
        assert len(got) == 2


async def test_a_digest_waits_for_the_polls_of_its_hour(open_service, clock, loopback, tmp_path):
    async def news(request: web.Request) -> web.Response:
        when = "Sun, 22 Nov 2026 06:00:00 GMT"
        entry = f"<item><guid>1</guid><title>Acme caught fire</title><pubDate>{when}</pubDate></item>"
        return web.Response(text=f'<rss version="2.0"><channel><title>t</title>{entry}</channel></rss>')

    toml = DAILY.format(to=f'"file:{tmp_path}/d"')
    async with open_service(toml) as service:
        assert await service.tell_due() == 0
    clock.now = datetime.fromisoformat("2026-11-22T08:00:00+00:00")
    url = await loopback({"/": news})
    async with open_service(toml + f'[[source]]\nkind = "feed"\nurl = "{url}"\n') as service:
        assert await service.tell_due() == 0, "the source is due and has not been asked"
        await service.collector.poll_all()
        await service.score()
        assert await service.tell_due() == 1
        (frozen,) = await service.store.read(queries.digests_archive, 1)
        content = (await service.store.read(queries.digest, frozen.id)).content
        assert "1 mention" in json.dumps(content["sections"]["verdict"])


async def test_a_digest_does_not_wait_for_ever(open_service, clock, tmp_path):
    toml = DAILY.format(to=f'"file:{tmp_path}/d"')
    async with open_service(toml + '[[source]]\nkind = "feed"\nurl = "https://never.example/feed"\n') as service:
        await service.tell_due()
        clock.pass_(days=1)
        assert await service.tell_due() == 0
        clock.pass_(minutes=11)
        assert await service.tell_due() == 1


async def test_a_changed_hour_leaves_no_hole_between_two_digests(open_service, clock, tmp_path):
    toml = DAILY.format(to=f'"file:{tmp_path}/d"')
    async with open_service(toml) as service:
        await service.tell_due()
        clock.pass_(days=1)
        await service.tell_due()
    async with open_service(toml.replace("08:00", "18:00")) as service:
        clock.pass_(days=1, hours=8)
        await service.tell_due()
        archive = await service.store.read(queries.digests_archive, 5)
        later, earlier = [(await service.store.read(queries.digest, one.id)).content["window"] for one in archive]
        assert later["start"] == earlier["end"]


async def digests_of(service) -> list[dict]:
    """The frozen digests, newest first."""
    archive = await service.store.read(queries.digests_archive, 9)
    return [dict((await service.store.read(queries.digest, one.id)).content) for one in archive]


async def bring_in(service, *rows: dict) -> None:
    lines = "\n".join(json.dumps(row) for row in rows)
    arguments = {"name": "said.jsonl", "body": base64.b64encode(lines.encode()).decode()}
    await Commands(service).import_file(arguments, lambda text: None)


def said(clock, text: str, hours: float = 1) -> dict:
    return {"text": text, "published": (clock() - timedelta(hours=hours)).isoformat()}


async def test_a_digest_of_one_weekday_covers_the_week_and_compares_weeks(open_service, clock, tmp_path):
    toml = DAILY.format(to=f'"file:{tmp_path}/d"').replace('at = "08:00"', 'at = "08:00"\ndays = ["mon"]')
    async with open_service(toml) as service:
        await bring_in(service, *(said(clock, f"Acme {n}", 24 * n) for n in range(1, 20)))
        clock.now = datetime.fromisoformat("2026-11-23T07:00:01+00:00")  # a Monday, eight o'clock in Berlin
        assert await service.tell_due() == 1
        (told,) = await digests_of(service)
    assert told["kind"] == "weekly"
    assert told["window"] == {"start": "2026-11-16T07:00:00Z", "end": "2026-11-23T07:00:00Z"}
    volume = told["sections"]["changed"]["measures"][0]
    assert (volume["now"]["value"], volume["previous"]["value"]) == (5, 7)
    assert [day["volume"] for day in told["sections"]["changed"]["days"]] == [1, 1, 1, 1, 1, 0, 0]
    assert "5 mentions, 7 in the week before" in volume["sentence"]["text"]


async def test_all_brands_come_in_one_digest_the_one_that_needs_you_first(open_service, clock, tmp_path):
    brands = '[[brand]]\nname = "Acme"\n[[brand]]\nname = "Bolt"\ncompetitors = ["Rival"]\n'
    digest = f'[[digest]]\nbrand = "*"\nat = "08:00"\ntimezone = "UTC"\nto = ["file:{tmp_path}/d"]\n'
    async with open_service(brands + digest) as service:
        await service.tell_due()
        await bring_in(service, *(said(clock, f"Bolt {n}", n) for n in range(1, 4)))
        clock.now = datetime.fromisoformat("2026-11-22T08:00:01+00:00")
        assert await service.tell_due() == 1
        (told,) = await digests_of(service)
    assert [line["name"] for line in told["overview"]["lines"]] == ["Bolt", "Acme"]
    assert [one["brand"] for one in told["brands"]] == ["Bolt", "Acme"]
    assert told["overview"]["lines"][0]["volume"]["value"] == 3


async def test_a_departments_digest_has_only_what_is_the_departments(open_service, clock, tmp_path):
    toml = DAILY.format(to=f'"file:{tmp_path}/d"').replace("[[digest]]", '[[digest]]\ndepartment = "Returns"')
    department = '[[department]]\nname = "Returns"\nquery = "refund"\n'
    async with open_service(toml + department) as service:
        await service.tell_due()
        await bring_in(service, said(clock, "Acme owes me a refund"), said(clock, "Acme is fine"))
        clock.pass_(days=1)
        assert await service.tell_due() == 1
        (told,) = await digests_of(service)
    assert (told["department"], told["brand"]) == ("Returns", "Acme")
    now = told["sections"]["changed"]["measures"][0]["now"]
    assert (now["value"], 'team:"Returns"' in now["query"]) == (1, True)
    assert "Returns" in told["subject"]


async def test_a_preview_says_what_the_digests_would_and_stores_nothing(open_service, clock, tmp_path):
    toml = DAILY.format(to=f'"file:{tmp_path}/d"').replace('at = "08:00"', 'at = "08:00"\ndays = ["mon"]')
    async with open_service(toml) as service:
        await bring_in(service, *(said(clock, f"Acme {n}", 24 * n) for n in range(1, 9)))
        (made,) = await Digests(service).digest({"preview": True}, lambda text: None)
        assert made["content"]["digest"]["kind"] == "weekly"
        assert made["content"]["digest"]["sections"]["changed"]["measures"][0]["now"]["value"] == 6
        assert await digests_of(service) == []
        assert await states(service) == []


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"brand": "Acne"}, "There is no brand"),
        ({"department": "Return"}, "no department .Return."),
        ({"preview": True, "brand": "*"}, "no such"),
    ],
)
async def test_a_digest_that_there_cannot_be_is_refused_with_what_to_do(open_service, tmp_path, asked, says):
    async with open_service(DAILY.format(to=f'"file:{tmp_path}/d"')) as service:
        with pytest.raises(Refused, match=says):
            await Digests(service).digest(asked, lambda text: None)


async def test_what_is_frozen_stays_whatever_is_heard_later(open_service, clock, loopback):
    hook, got = slack(503)
    url = await loopback({"/hook": hook})
    async with open_service(DAILY.format(to=f'"webhook:{url}/hook"')) as service:
        await service.tell_due()
        await bring_in(service, said(clock, "Acme lost my parcel"))
        clock.pass_(days=1)
        await service.tell_due()
        await service.teller.deliver_ready()
        await bring_in(service, *(said(clock, f"Acme again {n}", 12) for n in range(5)))
        clock.pass_(hours=1)
        assert await service.teller.deliver_ready() == 1
    assert len(got) == 2
    assert got[0] == got[1]


async def test_a_digest_that_cannot_be_made_keeps_no_other_from_its_readers(open_service, clock, tmp_path):
    brands = '[[brand]]\nname = "Acme"\n[[brand]]\nname = "Bolt"\n'
    each = '[[digest]]\nbrand = "{0}"\nat = "08:00"\ntimezone = "UTC"\nto = ["file:{1}/{0}"]\n'
    async with open_service(brands + each.format("Acme", tmp_path) + each.format("Bolt", tmp_path)) as service:
        await service.tell_due()
        bad, good = service.teller.subscriptions
        service.teller.subscriptions = [replace(bad, readers=None), good]
        clock.pass_(days=1)
        assert await service.tell_due() == 1
        assert [one["brand"] for one in await digests_of(service)] == ["Bolt"]
        service.teller.subscriptions = [bad, good]
        assert await service.tell_due() == 0, "it rests for a while"
        clock.pass_(minutes=11)
        assert await service.tell_due() == 1
