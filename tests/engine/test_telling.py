"""Digests come once a date and reach everybody they are for, through restarts, refusals and crashes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from email.policy import default

from aiohttp import web
from aiosmtpd.smtp import SMTP

from monitor import queries
from monitor.digesting import Digests
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
