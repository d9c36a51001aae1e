"""Apprise, the real library in its own process, against a loopback server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from monitor.channels.apprise import Options
from monitor.net.guard import NOTHING, parse_allowed
from monitor.net.relay import longest, read, relay, without_secrets, written
from monitor.notice import Attempt, Later, Never, Notice, Outcome, Relayed, Reply, Sent

pytest.importorskip("apprise")

Serve = Callable[..., Awaitable[str]]
Deliver = Callable[..., Awaitable[Outcome]]


class Service:
    """Answers as its path says, and keeps what it was sent."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.received.append(json.loads(await request.read() or b"{}"))
        if request.match_info["status"] == "302":
            return web.Response(status=302, headers={"location": "/200/elsewhere"})
        if request.match_info["status"] == "0":
            await asyncio.sleep(5)
        return web.Response(status=int(request.match_info["status"]))


@pytest.fixture
async def service(loopback: Serve) -> tuple[Service, str]:
    played = Service()
    base = await loopback({"/{status}/{rest:.*}": played.answer})
    return played, base.replace("http://", "json://")


async def test_a_notice_goes_out_as_plain_inert_text(
    service: tuple[Service, str], deliver: Deliver, make_alert: Callable[..., Notice]
) -> None:
    played, base = service
    hostile = make_alert(["<b>@everyone</b> [x](http://evil.example)", "*bold*"])
    assert await deliver("apprise", hostile, {"service": f"{base}/200/canary123"}) == Sent("taken")
    (sent,) = played.received
    assert sent["type"] == "warning"
    assert sent["title"].startswith("Acme: 12 mentions in an hour")
    assert "12 mentions in an hour, usual" in sent["message"]
    assert not set("<>[]*") & set(sent["message"] + sent["title"])
    assert "http://evil" not in sent["message"]


async def test_refusals_are_final_and_trouble_is_not(
    service: tuple[Service, str], deliver: Deliver, trial: Notice
) -> None:
    _, base = service
    wanted = {"401": Never, "404": Never, "410": Never, "429": Later, "500": Later, "302": Later}
    given = [{"service": f"{base}/{status}/canary123"} for status in wanted]
    outcomes = await asyncio.gather(*(deliver("apprise", trial, options) for options in given))
    assert [type(outcome) for outcome in outcomes] == list(wanted.values()), outcomes
    for outcome in outcomes:
        assert not isinstance(outcome, Sent)
        assert "canary123" not in outcome.why
    assert isinstance(outcomes[0], Never)
    assert "check `service`" in outcomes[0].why


async def test_what_apprise_does_not_know_is_said(deliver: Deliver, trial: Notice) -> None:
    outcome = await deliver("apprise", trial, {"service": "nonsense://x"})
    assert isinstance(outcome, Never)
    assert "does not know an address such as this" in outcome.why


async def test_the_guard_holds_in_its_process_too(service: tuple[Service, str]) -> None:
    played, base = service
    named = base.replace("127.0.0.1", "localhost")
    ask = [Relayed(f"{where}/200/", "A title", ("a text",)) for where in (base, named, named)]
    inside, by_name, allowed = await asyncio.gather(
        relay(ask[0], NOTHING), relay(ask[1], NOTHING), relay(ask[2], parse_allowed(["localhost"]))
    )
    assert inside.status == by_name.status == 0
    assert "[network] allow" in inside.error
    assert allowed == Reply(250)
    assert len(played.received) == 1


def test_what_is_allowed_is_allowed_in_the_other_process_as_well() -> None:
    ask = Relayed("json://x", "A title \ud800", ("é", "b"), urgent=True)
    allowed = parse_allowed(["10.0.0.0/8", "[::1]:8080", "localhost", "intranet.example:8443"])
    assert read(written(ask, allowed)) == (ask, allowed)


async def test_one_that_hangs_is_ended(service: tuple[Service, str]) -> None:
    reply = await relay(Relayed(f"{service[1]}/0/", "A title", ("a text",)), parse_allowed(["127.0.0.1"]), seconds=1.5)
    assert reply == Reply(0, error="the service gave no answer within 2 s")


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("address", "kept"), [("clicksend://user:pass@12125551234", 100), ("pover://" + "u" * 30 + "@" + "t" * 30, 900)]
)
def test_a_service_that_takes_little_gets_a_shorter_text(address: str, kept: int) -> None:
    import apprise

    service = apprise.Apprise.instantiate(address)
    ask = Relayed(address, "A title", tuple("x" * length for length in (4000, 900, 100)))
    assert len(longest(service, ask)) == kept


async def test_a_lost_answer_is_said_or_held(
    service: tuple[Service, str], deliver: Deliver, trial: Notice, lost: list[Attempt]
) -> None:
    played, base = service
    held = await deliver("apprise", trial, {"service": f"{base}/200/", "on_ambiguous": "hold"}, lost)
    assert isinstance(held, Never)
    assert held.held
    await deliver("apprise", trial, {"service": f"{base}/200/"}, lost)
    assert "may repeat" in played.received[0]["message"]


def test_no_part_of_an_address_that_could_be_a_key_is_told() -> None:
    said = without_secrets(
        "Failed for tok3n-abcde at host.example: error=403.", "pover://user7@tok3n-abcde/host.example"
    )
    assert said == "Failed for … at …: error=403."


def test_an_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with the service's name") as refused:
        Options(service="canary")  # type: ignore[arg-type]
    assert "canary" not in repr(Options(service="json://canary"))  # type: ignore[arg-type]
    assert refused
