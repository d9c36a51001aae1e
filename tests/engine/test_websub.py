"""Hubs that push: a whole service with its pages, and a hub on loopback that keeps (or breaks) the protocol."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web

from monitor import queries, searches
from monitor.app import Service
from monitor.engine.websub import is_public, signed_by
from monitor.faces.serving import bind
from monitor.faces.web import build
from monitor.net.guard import parse_allowed
from monitor.store import hubs, watches
from tests.engine.test_collecting import BRAND, source, until

WEB = '[web]\nlisten = "127.0.0.1:0"\n'
DAY = 86_400


def atom(*titles: str, hub: str = "", topic: str = "") -> bytes:
    links = f'<link rel="hub" href="{hub}"/><link rel="self" href="{topic}"/>' if hub else ""
    entries = "".join(
        f"<entry><id>urn:{title}</id><title>{title}</title><updated>2026-11-21T10:00:00Z</updated></entry>"
        for title in titles
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>{links}{entries}</feed>'.encode()


@dataclass
class World:
    """A feed, its hub, and what both were asked."""

    address: str = ""
    entries: list[str] = field(default_factory=lambda: ["Acme one"])
    named: bool = True
    """The feed names its hub."""
    hub_address: str = ""
    polls: list[dict[str, str]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    """What the verifications were answered."""
    status: int = 202
    verifies: bool = True
    lease: int | None = 10 * DAY
    hold: asyncio.Event | None = None
    """The feed answers once this is set."""
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def feed(self, request: web.Request) -> web.Response:
        self.polls.append(dict(request.headers))
        body = self.document(*self.entries)
        if self.hold:
            self.reached.set()
            await self.hold.wait()
        etag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        return web.Response(body=body, content_type="application/atom+xml", headers={"ETag": etag})

    def document(self, *entries: str) -> bytes:
        return atom(*entries, hub=f"{self.hub_address}/hub" if self.named else "", topic=f"{self.address}/feed")

    async def hub(self, request: web.Request) -> web.Response:
        form = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        self.asked.append(form)
        if self.verifies and self.status < 300:
            await self.verify(form["hub.mode"])
        return web.Response(status=self.status)

    async def verify(self, mode: str, **other: str) -> tuple[int, str]:
        query = {"hub.mode": mode, "hub.topic": self.asked[-1]["hub.topic"], "hub.challenge": "c<b>42"}
        if self.lease is not None and mode == "subscribe":
            query["hub.lease_seconds"] = str(self.lease)
        async with (
            aiohttp.ClientSession() as session,
            session.get(self.asked[-1]["hub.callback"], params={**query, **other}) as reply,
        ):
            self.answers.append((reply.status, await reply.text()))
            assert reply.content_type == "text/plain"
        return self.answers[-1]

    async def push(
        self, body: bytes, *, method: str = "sha256", at: int = -1, secret: str = "", signature: str | None = None,
        sent: Any = None, **headers: str,
    ) -> int:  # fmt: skip
        form = [one for one in self.asked if one["hub.mode"] == "subscribe"][at]
        right = hmac.new((secret or form["hub.secret"]).encode(), body, method).hexdigest()
        signed = f"{method}={right}" if signature is None else signature
        headers = {"Content-Type": "application/atom+xml", "X-Hub-Signature": signed, **headers}
        async with (
            aiohttp.ClientSession() as session,
            session.post(form["hub.callback"], data=sent or body, headers=headers) as reply,
        ):
            return reply.status


@dataclass
class Running:
    """The service at work, and its clock."""

    service: Service
    clock: Any

    async def poll(self) -> int:
        """Poll what is due, and ask the hubs that are due; how many sources were."""
        due = await self.service.store.read(watches.due, self.clock())
        await self.service.collector.poll_due()
        await self.service.collector.stop(10)
        await self.service.hubs.tick()
        return len(due)

    async def taken(self) -> set[str]:
        await self.service.hubs.stop(10)
        return {one.mention.title for one in await self.service.store.read(searches.find, "", 100)}

    async def hub(self, name: str = "s") -> hubs.Hub:
        found = await self.service.store.read(hubs.of, name)
        assert found is not None
        return found

    async def wait(self, name: str = "s") -> timedelta:
        """Until the next poll."""
        rows = await self.service.store.read(queries.sources_health, self.clock())
        return next(one.next_due for one in rows if one.name == name) - self.clock()

    async def pushed_by(self) -> str:
        (one,) = await self.service.store.read(queries.sources_health, self.clock())
        return one.pushed_by


@pytest.fixture
async def world(loopback) -> World:
    one = World()
    one.address = await loopback({"/feed": one.feed, "/feed2": one.feed})
    one.hub_address = await loopback({"/hub": one.hub})
    return one


@pytest.fixture
def running(open_service, clock) -> Callable[..., Any]:
    @asynccontextmanager
    async def run(text: str) -> AsyncIterator[Running]:
        async with open_service(WEB + BRAND + text) as service:
            runner = web.AppRunner(build(service))
            address = await bind(runner, service.config)
            settled = service.config.web.model_copy(update={"url": address})
            service.config = service.config.model_copy(update={"web": settled})
            _without_waiting(service)
            try:
                yield Running(service, clock)
            finally:
                await service.hubs.stop(10)
                await runner.cleanup()

    return run


def _without_waiting(service: Service) -> None:
    """The pace toward one host has tests of its own."""
    fetch: Any = service.net.fetch

    def at_once(request: Any, *, rate: str = "", **other: Any) -> Any:
        return fetch(request, rate="1000/1s", **other)

    service.net.fetch = at_once  # type: ignore[method-assign]


@pytest.fixture
def subscribed(running, world) -> Callable[..., Any]:
    """A source whose hub sends."""

    @asynccontextmanager
    async def run(more: str = "") -> AsyncIterator[Running]:
        async with running(source("s", f"{world.address}/feed", more)) as at_work:
            await at_work.poll()
            assert (await at_work.hub()).state == "subscribed"
            yield at_work

    return run


# Agreeing ------------------------------------------------------------------------------------------------------------


async def test_a_feed_that_names_a_hub_is_subscribed_to(subscribed, world):
    async with subscribed() as at_work:
        (form,) = world.asked
        hub = await at_work.hub()
        assert form["hub.mode"] == "subscribe"
        assert form["hub.topic"] == f"{world.address}/feed"
        assert form["hub.callback"] == f"{at_work.service.config.web.url}/websub/{hub.token}"
        assert int(form["hub.lease_seconds"]) == 10 * DAY
        assert len(hub.token) >= 32
        assert 40 <= len(form["hub.secret"].encode()) < 200
        assert world.answers == [(200, "c<b>42")]
        assert await at_work.pushed_by() == f"{world.hub_address}/hub"


@pytest.mark.parametrize(
    "changed",
    [
        {"hub.topic": "https://else.example/feed"},
        {"hub.topic": ""},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": "publish"},
        {"hub.mode": ""},
        {"hub.challenge": ""},
        {"hub.challenge": "x" * 2_001},
    ],
)
async def test_only_what_was_asked_for_is_confirmed(running, world, changed):
    world.verifies = False
    async with running(source("s", f"{world.address}/feed")) as at_work:
        await at_work.poll()
        assert (await world.verify("subscribe", **changed))[0] == 404
        assert (await at_work.hub()).state == "asked"
        assert await world.verify("subscribe") == (200, "c<b>42")
        assert (await at_work.hub()).state == "subscribed"


async def test_nobody_without_the_token_is_answered_and_no_browser(subscribed, world):
    async with subscribed(), aiohttp.ClientSession() as session:
        form = world.asked[-1]
        good = form["hub.callback"]
        query = {"hub.mode": "subscribe", "hub.topic": form["hub.topic"], "hub.challenge": "c"}
        async with session.get(f"{good[:-1]}~", params=query) as reply:
            assert reply.status == 404
        async with session.post(f"{good[:-1]}~", data=b"x") as reply:
            assert reply.status == 410
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
            async with session.get(good, params=query, headers=headers) as reply:
                assert reply.status == 403
            assert await world.push(world.document("Acme no"), **headers) == 403


async def test_a_hub_that_never_comes_back_is_asked_again_later_and_later_and_polls_go_on(running, world, clock):
    world.verifies = False
    async with running(source("s", f"{world.address}/feed", 'every = "15m"')) as at_work:
        asked = []
        for _ in range(120):
            before = len(world.asked)
            await at_work.poll()
            if len(world.asked) > before:
                asked.append(clock())
            assert await at_work.wait() <= timedelta(minutes=17)
            clock.pass_(minutes=17)
        waits = [(later - earlier) / timedelta(minutes=1) for earlier, later in pairwise(asked)]
        assert waits == sorted(waits)
        assert 5 <= len(waits) <= 8
        assert len(world.polls) == 120


async def test_a_hub_that_is_down_changes_nothing_for_the_polls(running, world, clock):
    world.status = 500
    async with running(source("s", f"{world.address}/feed", 'every = "15m"')) as at_work:
        await at_work.poll()
        world.entries = ["Acme one", "Acme two"]
        clock.pass_(minutes=17)
        await at_work.poll()
        assert await at_work.taken() == {"Acme one", "Acme two"}
        hub = await at_work.hub()
        assert (hub.state, await at_work.pushed_by()) == ("asked", "")
        world.status = 202
        clock.pass_(hours=2)
        await at_work.poll()
        assert (await at_work.hub()).state == "subscribed"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_hub_that_refuses_is_left_alone_for_days(running, world, clock, status):
    world.status = status
    async with running(source("s", f"{world.address}/feed")) as at_work:
        await at_work.poll()
        assert (await at_work.hub()).state == "refused"
        clock.pass_(days=4)
        await at_work.poll()
        assert len(world.asked) == 1
        world.status = 202
        clock.pass_(days=2)
        await at_work.poll()
        assert (await at_work.hub()).state == "subscribed"


async def test_a_hub_that_denies_later_ends_it_and_the_source_is_polled_as_before(subscribed, world, clock):
    async with subscribed('every = "15m"') as at_work:
        await world.push(world.document("Acme two"))
        await at_work.taken()
        clock.pass_(minutes=17)
        await at_work.poll()
        assert await at_work.wait() > timedelta(hours=5)
        assert await world.verify("denied", **{"hub.reason": "no\nmore"}) == (200, "")
        assert (await at_work.hub()).state == "refused"
        assert await at_work.wait() <= timedelta(minutes=1)
        assert await world.push(world.document("Acme three")) == 410
        clock.pass_(minutes=2)
        await at_work.poll()
        assert await at_work.wait() < timedelta(minutes=17)


async def test_a_lease_is_renewed_before_it_ends(subscribed, world, clock):
    async with subscribed() as at_work:
        first = await at_work.hub()
        for _ in range(3):
            clock.pass_(days=7.9)
            await at_work.service.hubs.tick()
            asked = len(world.asked)
            clock.pass_(days=0.2)
            await at_work.service.hubs.tick()
            assert len(world.asked) == asked + 1
        hub = await at_work.hub()
        assert (hub.state, hub.token, hub.secret) == ("subscribed", first.token, first.secret)
        assert hub.until == clock() + timedelta(days=10)


@pytest.mark.parametrize(("lease", "granted"), [(None, 10 * DAY), (1, 60), (10**11, 366 * DAY)])
async def test_a_hub_chooses_the_lease_within_reason(subscribed, world, clock, lease, granted):
    world.lease = lease
    async with subscribed() as at_work:
        assert (await at_work.hub()).until == clock() + timedelta(seconds=granted)


async def test_a_lease_that_ends_brings_the_usual_polls_back_at_once(subscribed, world, clock):
    async with subscribed('every = "15m"') as at_work:
        await world.push(world.document("Acme two"))
        await at_work.taken()
        clock.pass_(minutes=17)
        await at_work.poll()
        assert await at_work.wait() > timedelta(hours=5)
        world.status = 503
        clock.pass_(days=8.1)
        await at_work.poll()
        assert (await at_work.hub()).is_on(clock())
        clock.pass_(days=1.95)
        await at_work.service.hubs.tick()
        hub = await at_work.hub()
        assert (hub.state, hub.relied) == ("asked", False)
        assert await at_work.pushed_by() == ""
        await at_work.poll()
        assert await at_work.wait() <= timedelta(minutes=17)


async def test_a_source_that_goes_or_is_paused_is_unsubscribed(subscribed, world, clock):
    async with subscribed() as at_work:
        store = at_work.service.store
        await store.write(watches.hold, "s", clock())
        assert await world.push(world.document("Acme two")) == 410
        await at_work.service.hubs.tick()
        assert [one["hub.mode"] for one in world.asked] == ["subscribe", "unsubscribe"]
        assert world.asked[0]["hub.callback"] == world.asked[1]["hub.callback"]
        assert world.answers[-1] == (200, "c<b>42")
        assert await store.read(hubs.of, "s") is None
        await store.write(watches.resume, "s", clock())
        await at_work.poll()
        assert (await at_work.hub()).state == "subscribed"
        assert world.asked[2]["hub.callback"] != world.asked[0]["hub.callback"]
        await store.write(watches.sync, [], clock())
        await at_work.service.hubs.tick()
        assert world.asked[-1]["hub.mode"] == "unsubscribe"


async def test_a_hub_that_does_not_hear_the_farewell_is_forgotten_all_the_same(subscribed, world, clock):
    async with subscribed() as at_work:
        world.status = 500
        await at_work.service.store.write(watches.sync, [], clock())
        await at_work.service.hubs.tick()
        clock.pass_(days=2)
        await at_work.service.hubs.tick()
        assert await at_work.service.store.read(hubs.of, "s") is None


async def test_a_feed_that_names_no_hub_any_more_is_unsubscribed(subscribed, world, clock):
    async with subscribed() as at_work:
        world.named = False
        clock.pass_(hours=1)
        await at_work.poll()
        assert [one["hub.mode"] for one in world.asked] == ["subscribe", "unsubscribe"]


async def test_another_address_in_the_configuration_takes_nothing_from_the_old_hub(subscribed, world, clock):
    async with subscribed() as at_work:
        changed = [watches.Configured("s", "feed", "another")]
        await at_work.service.store.write(watches.sync, changed, clock())
        assert await world.push(world.document("Acme two")) == 410
        assert await at_work.taken() == {"Acme one"}


async def test_when_our_address_changes_hubs_are_told_the_new_one(subscribed, world, clock):
    async with subscribed() as at_work:
        config = at_work.service.config
        other = config.web.url.replace("127.0.0.1", "localhost")
        at_work.service.config = config.model_copy(update={"web": config.web.model_copy(update={"url": other})})
        await at_work.service.hubs.tick()
        assert world.asked[-1]["hub.callback"].startswith(f"{other}/websub/")
        assert (await at_work.hub()).state == "subscribed"


# Whom to ask ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://mentions.acme.com", True),
        ("http://93.184.216.34:8765", True),
        ("http://127.0.0.1:8765", False),
        ("http://localhost:8765", False),
        ("http://192.168.1.4", False),
        ("http://[::1]:80", False),
        ("http://10.0.0.1.local", False),
        ("http://nas", False),
        ("http://nas.home.arpa", False),
        ("http://overheard.corp.internal.", False),
        ("", False),
        ("http://[", False),
    ],
)
def test_a_public_address_is_told_from_one_that_no_hub_can_reach(url, public):
    assert is_public(url) is public


async def test_from_within_only_hubs_that_the_configuration_names_are_asked(subscribed):
    async with subscribed() as at_work:
        ours = at_work.service.hubs
        assert ours.reaches("http://127.0.0.1:1/hub")
        ours.allowed = parse_allowed(["127.0.0.0/8"])
        assert not ours.reaches("http://127.0.0.1:1/hub")
        assert not ours.reaches("https://hub.example.com/")
        assert not ours.reaches("http://[/")
        ours.url = lambda: "https://mentions.acme.com"
        assert ours.reaches("https://hub.example.com/")


async def test_a_feed_cannot_send_us_to_a_hub_within_our_network(world, tmp_path, clock):
    """Even where a whole network is allowed for feeds: a stranger's feed names the hub."""
    from monitor.app import opened
    from monitor.config import loads
    from tests.engine.conftest import no_scorer

    text = (
        '[network]\nallow = ["127.0.0.0/8"]\n[web]\nurl = "https://mentions.acme.com"\n'
        + BRAND + source("s", f"{world.address}/feed")
    )  # fmt: skip
    async with opened(loads(text, tmp_path / "c.toml", {}), now=clock, open_scorer=no_scorer) as service:
        at_work = Running(service, clock)
        await at_work.poll()
        assert world.polls
        assert world.asked == []
        assert (await at_work.hub()).state == "refused"


# Taking --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sha256", "sha384", "sha512"])
async def test_a_push_is_stored_at_once_and_a_later_poll_stores_nothing_twice(subscribed, world, clock, method):
    async with subscribed() as at_work:
        polls = len(world.polls)
        assert await world.push(world.document("Acme two"), method=method) == 202
        assert await at_work.taken() == {"Acme one", "Acme two"}
        assert len(world.polls) == polls
        world.entries = ["Acme two", "Acme one"]
        clock.pass_(hours=1)
        await at_work.poll()
        assert await at_work.taken() == {"Acme one", "Acme two"}
        assert len(await at_work.service.store.read(searches.find, "", 100)) == 2
        (health,) = await at_work.service.store.read(queries.sources_health, clock())
        assert (health.gaps, health.error) == ((), "")


async def test_a_push_leaves_what_the_feed_said_of_changes_as_it_was(subscribed, world, clock):
    async with subscribed() as at_work:
        before = await at_work.service.store.read(watches.cursor, "s")
        await world.push(atom("Acme two"))  # without a word of its hub
        await at_work.taken()
        after = await at_work.service.store.read(watches.cursor, "s")
        assert after["validators"] == before["validators"] != {}
        assert (after["cursor"]["hub"], after["cursor"]["topic"]) == (
            before["cursor"]["hub"],
            before["cursor"]["topic"],
        )
        assert after["cursor"]["memory"]["last"] == 2
        clock.pass_(hours=1)
        await at_work.poll()
        assert world.polls[-1]["If-None-Match"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"signature": ""},
        {"signature": "sha256="},
        {"signature": "sha256=" + "0" * 64},
        {"signature": "md5=" + "0" * 40},
        {"signature": "crc32=" + "0" * 40},
        {"secret": "another"},
        {"secret": "another", "method": "sha1"},
    ],
)
async def test_a_forged_push_is_answered_like_any_and_nothing_of_it_is_taken(subscribed, world, wrong):
    async with subscribed() as at_work:
        before = await at_work.wait()
        assert await world.push(world.document("Acme forged"), **wrong) == 202
        assert await at_work.taken() == {"Acme one"}
        assert await at_work.wait() == before
        assert (await at_work.hub()).forged == 1


def test_every_bit_of_a_signed_push_counts():
    body = atom("Acme")[:60]
    good = "sha256=" + hmac.new(b"s", body, "sha256").hexdigest()
    assert signed_by("s", good, body) == "sha256"
    for place in range(len(body) * 8):
        flipped = bytearray(body)
        flipped[place // 8] ^= 1 << place % 8
        assert signed_by("s", good, bytes(flipped)) is None
    for place, sign in enumerate(good):
        other = good[:place] + ("0" if sign != "0" else "1") + good[place + 1 :]
        assert signed_by("s", other, body) is None


async def test_pushes_that_are_forged_again_and_again_bring_the_polls_back(subscribed, world, clock):
    async with subscribed('every = "15m"') as at_work:
        await world.push(world.document("Acme two"))
        await at_work.taken()
        clock.pass_(minutes=17)
        await at_work.poll()
        assert await at_work.wait() > timedelta(hours=5)
        for number in range(3):
            await world.push(world.document(f"Acme {number}"), secret="another")
        assert (await at_work.hub()).state == "refused"
        assert await at_work.pushed_by() == ""
        assert await at_work.wait() <= timedelta(minutes=1)


async def test_a_replayed_push_does_not_bring_old_words_back(subscribed, world, clock):
    async with subscribed() as at_work:
        old = world.document("Acme two")
        new = old.replace(b"<title>Acme two", b"<title>Acme two, mended")
        await world.push(old)
        await at_work.taken()
        await world.push(new)
        assert "Acme two, mended" in await at_work.taken()
        for _ in range(2):
            assert await world.push(old) == 202
            assert "Acme two" not in await at_work.taken()
        clock.pass_(days=6.9)
        await world.push(old)
        assert "Acme two" not in await at_work.taken()


async def test_what_is_signed_too_weakly_is_a_reason_to_look_and_no_more(subscribed, world, clock):
    async with subscribed() as at_work:
        clock.pass_(minutes=5)
        world.entries = ["Acme two", "Acme one"]
        assert await world.push(world.document("Acme pushed"), method="sha1") == 202
        assert await at_work.taken() == {"Acme one"}
        assert await at_work.poll() == 1
        assert await at_work.taken() == {"Acme one", "Acme two"}
        assert (await at_work.hub()).relied


@pytest.mark.parametrize("body", [b"", b"ping", b"<html><p>Acme</html>", b"\x00" * 3_000])
async def test_a_push_that_is_no_feed_makes_us_look_and_harms_nothing(subscribed, world, clock, body):
    async with subscribed() as at_work:
        clock.pass_(minutes=5)
        before = await at_work.service.store.read(watches.cursor, "s")
        assert await world.push(body) == 202
        assert await at_work.taken() == {"Acme one"}
        assert await at_work.service.store.read(watches.cursor, "s") == before
        (health,) = await at_work.service.store.read(queries.sources_health, clock())
        assert (health.state, health.error) == ("ok", "")
        assert await at_work.wait() <= timedelta(0)


async def test_a_hub_that_calls_all_the_time_does_not_make_us_poll_all_the_time(subscribed, world, clock):
    async with subscribed() as at_work:
        polls = len(world.polls)
        for number in range(60):
            clock.pass_(seconds=2)
            await world.push(b"ping %d" % number)
            await at_work.taken()
            await at_work.poll()
        assert len(world.polls) - polls == 2


async def test_a_push_that_is_too_long_is_refused_unread(subscribed, world):
    async with subscribed() as at_work:
        body = b" " * (10 * 1024 * 1024 + 1)
        assert await world.push(body, sent=io.BytesIO(body)) == 413
        assert await at_work.taken() == {"Acme one"}


async def test_a_hub_that_sends_more_at_once_than_is_good_is_told_to_be_slower(subscribed, world, monkeypatch):
    monkeypatch.setattr("monitor.engine.websub.READ_WITHIN", 0.5)

    async def never_ends() -> AsyncIterator[bytes]:
        yield b"<feed"
        await asyncio.sleep(20)

    async with subscribed() as at_work:
        slow = [asyncio.create_task(world.push(b"", sent=never_ends())) for _ in range(2)]
        hub = await at_work.hub()
        await until(lambda: asyncio.sleep(0, at_work.service.hubs._reading[hub.token] == 2))
        assert await world.push(world.document("Acme two")) == 503
        assert await asyncio.gather(*slow) == [503, 503]
        assert await world.push(world.document("Acme two")) == 202
        assert await at_work.taken() == {"Acme one", "Acme two"}
        assert not at_work.service.hubs._reading


async def test_a_push_waits_for_the_poll_that_is_under_way(subscribed, world, clock):
    async with subscribed() as at_work:
        world.hold, world.reached = asyncio.Event(), asyncio.Event()
        world.entries = ["Acme three", "Acme one"]
        clock.pass_(hours=1)
        await at_work.service.collector.poll_due()
        await asyncio.wait_for(world.reached.wait(), 10)
        assert await world.push(world.document("Acme two")) == 202
        await asyncio.sleep(0.05)
        assert (await at_work.hub()).last_push is None
        world.hold.set()
        await at_work.service.collector.stop(10)
        assert await at_work.taken() == {"Acme one", "Acme two", "Acme three"}
        memory = (await at_work.service.store.read(watches.cursor, "s"))["cursor"]["memory"]
        assert {known[0] for known in memory["known"]} == {"urn:Acme one", "urn:Acme two", "urn:Acme three"}


async def test_two_sources_of_one_topic_have_hubs_of_their_own_and_store_nothing_twice(running, world, clock):
    text = source("a", f"{world.address}/feed") + source("b", f"{world.address}/feed")
    async with running(text) as at_work:
        await at_work.poll()
        assert len({one["hub.callback"] for one in world.asked}) == 2
        assert len({one["hub.secret"] for one in world.asked}) == 2
        assert {one["hub.topic"] for one in world.asked} == {f"{world.address}/feed"}
        for at in (0, 1):
            assert await world.push(world.document("Acme two"), at=at) == 202
        await at_work.taken()
        assert len(await at_work.service.store.read(searches.find, "", 100)) == 2
        # The secret of one does not open the other.
        swapped = world.asked[0]["hub.secret"]
        await world.push(world.document("Acme three"), at=1, secret=swapped)
        assert await at_work.taken() == {"Acme one", "Acme two"}


@pytest.mark.parametrize("kind", ["feed", "youtube-channel"])
async def test_a_window_that_was_all_pushed_one_by_one_is_no_gap(running, world, clock, kind):
    world.entries = [f"Acme {number}" for number in range(15)]
    channel = 'channel = "UCx"' if kind == "youtube-channel" else ""
    text = source("s", f"{world.address}/feed", channel).replace('kind = "feed"', f'kind = "{kind}"')
    async with running(text) as at_work:
        await at_work.poll()
        later = [f"Acme {number}" for number in range(15, 40)]
        for entry in later:
            await world.push(world.document(entry))
            await at_work.taken()
        await world.push(world.document("Acme withdrawn"))
        await at_work.taken()
        world.entries = later[-15:]
        clock.pass_(hours=2)
        await at_work.poll()
        (health,) = await at_work.service.store.read(queries.sources_health, clock())
        assert (health.gaps, health.interval) == ((), None)
        assert len(await at_work.taken()) == 41


# Relying on it -------------------------------------------------------------------------------------------------------


async def test_a_hub_is_relied_on_once_it_has_pushed_and_until_it_misses_something(subscribed, world, clock):
    async with subscribed('every = "15m"') as at_work:
        usual = timedelta(minutes=17)
        assert await at_work.wait() <= usual  # it has proved nothing yet
        clock.pass_(minutes=17)
        await at_work.poll()
        assert await at_work.wait() <= usual
        world.entries = ["Acme two", "Acme one"]
        await world.push(world.document("Acme two"))
        await at_work.taken()
        clock.pass_(minutes=17)
        await at_work.poll()
        assert await at_work.wait() > timedelta(hours=5)
        clock.pass_(hours=7)
        await at_work.poll()
        assert await at_work.wait() > timedelta(hours=5)  # nothing has changed, and nothing was pushed
        world.entries = ["Acme three", "Acme two", "Acme one"]
        clock.pass_(hours=7)
        await at_work.poll()  # the hub said nothing of it
        assert await at_work.wait() <= usual
        assert len(world.asked) == 2  # it may have forgotten us
        await world.push(world.document("Acme four"))
        await at_work.taken()
        world.entries = ["Acme four", *world.entries]
        clock.pass_(minutes=17)
        await at_work.poll()
        assert await at_work.wait() > timedelta(hours=5)
        assert await at_work.taken() == {"Acme one", "Acme two", "Acme three", "Acme four"}


async def test_a_poll_that_is_rarer_anyway_stays_as_rare(subscribed, world, clock):
    async with subscribed('every = "2d"') as at_work:
        await world.push(world.document("Acme two"))
        await at_work.taken()
        clock.pass_(days=3)
        await at_work.poll()
        assert await at_work.wait() > timedelta(days=1.7)


async def test_what_was_pushed_while_nobody_listened_is_polled_for_after_a_start(subscribed, world, clock):
    async with subscribed() as at_work:
        await world.push(world.document("Acme two"))
        await at_work.taken()
        clock.pass_(minutes=17)
        await at_work.poll()
        clock.pass_(minutes=10)
        assert await at_work.wait() > timedelta(hours=5)
        world.entries = ["Acme three", "Acme two", "Acme one"]
        stop = asyncio.Event()
        run = asyncio.create_task(at_work.service.run(stop))
        await until(lambda: at_work.service.store.read(searches.find, '"Acme three"', 1))
        stop.set()
        await run
        assert (await at_work.hub()).state == "subscribed"


async def test_with_too_many_pushes_at_once_the_source_is_polled_instead(subscribed, world, clock, monkeypatch):
    monkeypatch.setattr("monitor.engine.websub.PENDING_MOST", 0)
    async with subscribed() as at_work:
        clock.pass_(minutes=5)
        world.entries = ["Acme two", "Acme one"]
        assert await world.push(world.document("Acme two")) == 202
        assert await at_work.taken() == {"Acme one"}
        await at_work.poll()
        assert await at_work.taken() == {"Acme one", "Acme two"}
