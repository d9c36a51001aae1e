"""Every way in which a service may answer, played by a loopback server and heard through the real network layer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from monitor import channels
from monitor.engine.telling import carry
from monitor.net.body import Speed
from monitor.net.guard import parse_allowed
from monitor.net.http import Limits, Net
from monitor.notice import Attempt, Later, Never, Notice, Outcome, Sent

from .conftest import NOW

Serve = Callable[..., Awaitable[str]]
JSON, HTML = {"content-type": "application/json"}, {"content-type": "text/html"}
PAGE = b"<html>sign in to the wifi</html>"


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    trouble: str = ""
    """What happens instead of an end: "reset", "silent", "half", "slow", "noise"."""


def later(wait: str) -> Answer:
    return Answer(429, {"retry-after": wait})


ANSWERS = {
    "a sign-in page": Answer(200, HTML, PAGE),
    "a page of an unknown kind": Answer(200, {}, PAGE),
    "429 in 30 seconds": later("30"),
    "429 in parts of a second": later("1.5"),
    "429 at once": later("0"),
    "429 in less than no time": later("-1"),
    "429 in 30 years": later("1000000000"),
    "429 in digits without end": later("9" * 400),
    "429 until a minute from now": later("Tue, 24 Nov 2026 07:01:05 GMT"),
    "429 until some years ago": later("Tue, 24 Nov 2020 07:01:05 GMT"),
    "429 until the end of the century": later("Tue, 24 Nov 2099 07:01:05 GMT"),
    "429 until a day that there is not": later("Tue, 31 Feb 2027 07:01:05 GMT"),
    "429 in a moment": later("a moment"),
    "429 in nothing": later(""),
    "429 twice": later("30, 60"),
    "429 without a word": Answer(429),
    "429 with a page": Answer(429, HTML | {"retry-after": "7"}, PAGE),
    "300": Answer(300),
    "301 inside": Answer(301, {"location": "http://169.254.169.254/"}),
    "302": Answer(302, {"location": "/elsewhere"}),
    "307": Answer(307, {"location": "http://127.0.0.1:1/"}),
    "308 nowhere": Answer(308),
    "400": Answer(400, HTML, PAGE),
    "401": Answer(401),
    "403": Answer(403),
    "404": Answer(404, HTML, PAGE),
    "408": Answer(408),
    "409": Answer(409),
    "410": Answer(410),
    "413": Answer(413),
    "418": Answer(418),
    "425": Answer(425),
    "500": Answer(500, {}, b"\x1b[31mpanic\n\nat the core"),
    "502": Answer(502, HTML, PAGE),
    "503 in 5 seconds": Answer(503, {"retry-after": "5"}),
    "504": Answer(504),
    "507": Answer(507),
    "599": Answer(599),
    "reset": Answer(trouble="reset"),
    "silent": Answer(trouble="silent"),
    "no HTTP": Answer(trouble="noise"),
    "a page that breaks off": Answer(200, HTML, PAGE, trouble="half"),
    "a page that drips": Answer(200, HTML, PAGE, trouble="slow"),
    "a page without end": Answer(200, HTML, b"x" * 200_000),
    "not the gzip it says": Answer(200, HTML | {"content-encoding": "gzip"}, PAGE),
    "JSON too deep to read": Answer(429, JSON, b"[" * 60_000),
}
WAITS = {
    "429 in 30 seconds": 30, "429 in parts of a second": 1.5, "429 at once": 1, "429 in 30 years": 86_400,
    "429 until a minute from now": 60, "429 until some years ago": 1, "429 until the end of the century": 86_400,
    "429 with a page": 7, "503 in 5 seconds": 5,
}  # fmt: skip
FINAL = {"400", "401", "403", "404", "410", "413"}


def said(status: int, **answer: Any) -> Answer:
    return Answer(status, JSON, json.dumps(answer).encode())


OWN: dict[str, dict[str, tuple[Answer, str]]] = {
    "discord": {
        "taken": (said(200, id="123", content=""), "sent"),
        "taken without a word": (Answer(204), "sent"),
        "taken, but the answer broke off": (Answer(200, JSON, b'{"id": "1', trouble="half"), "sent"),
        "taken, and the answer is long": (said(200, id="1", embeds="x" * 100_000), "sent"),
        "nothing": (Answer(200), "later"),
        "an error with 200": (said(200, message="internal", code=0), "later"),
        "slow down, in the body": (said(429, message="rate limited", retry_after=64.57), "later 64.57"),
        "slow down, in body and head": (
            Answer(429, JSON | {"retry-after": "65"}, b'{"retry_after": 0.3, "global": true}'), "later 65"),
        "slow down by nonsense": (said(429, retry_after="soon"), "later"),
        "slow down for ever": (Answer(429, JSON, b'{"retry_after": Infinity}'), "later 86400"),
        "slow down by less than nothing": (said(429, retry_after=-3), "later"),
        "slow down by far too much": (Answer(429, JSON, b'{"retry_after": 1' + b"0" * 400 + b"}"), "later 86400"),
        "unknown webhook": (said(404, message="Unknown Webhook", code=10015), "never Unknown Webhook"),
        "bad token": (said(401, message="Invalid Webhook Token", code=50027), "never Invalid Webhook Token"),
        "bad form": (said(400, message="Invalid Form Body", code=50035), "never Invalid Form Body"),
    },
    "telegram": {
        "taken": (said(200, ok=True, result={"message_id": 7}), "sent"),
        "taken, and the answer is long": (
            Answer(200, JSON, b'{"ok":true,"result":{"text":"' + b"x" * 99_999 + b'"}}'), "sent"),
        "taken, but the answer broke off": (Answer(200, JSON, b'{"ok":tr', trouble="half"), "sent"),
        "nothing": (Answer(200), "later"),
        "no content": (Answer(204), "later"),
        "not ok with 200": (said(200, ok=False), "later"),
        "a refusal with 200": (said(200, ok=False, error_code=403, description="blocked"), "never blocked"),
        "slow down": (said(429, ok=False, error_code=429, parameters={"retry_after": 35}), "later 35"),
        "slow down with 200": (said(200, ok=False, error_code=429, parameters={"retry_after": 9}), "later 9"),
        "slow down by nonsense": (said(429, ok=False, parameters={"retry_after": [1]}), "later"),
        "slow down, no parameters": (said(429, ok=False, parameters=None), "later"),
        "no such chat": (
            said(400, ok=False, description="Bad Request: chat not found"), "never chat not found"),
        "blocked": (
            said(403, ok=False, description="Forbidden: bot was blocked by the user"), "never blocked by the user"),
        "bad token": (said(401, ok=False, description="Unauthorized"), "never @BotFather"),
        "no such bot": (said(404, ok=False, description="Not Found"), "never @BotFather"),
    },
    "ntfy": {
        "taken": (said(200, id="hwQ2YpKdmg", event="message"), "sent"),
        "taken, but the answer broke off": (Answer(200, JSON, b"{", trouble="half"), "sent"),
        "nothing": (Answer(200), "later"),
        "an error with 200": (said(200, error="internal server error", code=50001), "later"),
        "too many": (said(429, code=42901, http=429, error="limit reached: too many requests"), "later"),
        "daily quota": (Answer(429, JSON | {"retry-after": "3600"}, b'{"code": 42908}'), "later 3600"),
        "forbidden": (said(403, code=40301, error="forbidden"), "never `token`"),
        "sign in": (said(401, code=40101, error="unauthorized"), "never `token`"),
        "too large": (said(413, code=41301, error="attachment too large"), "never limit"),
    },
    "teams": {
        "taken": (Answer(202), "sent"),
        "taken by a connector": (Answer(200, {}, b"1"), "sent"),
        "nothing": (Answer(200), "sent"),
        "Teams failed behind the connector": (
            Answer(200, {}, b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error "
                   b"429 with ContextId tcid=0"), "later"),
        "too large for the connector": (
            Answer(200, {}, b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error "
                   b"413 with ContextId tcid=0"), "never too large"),
        "an error with 202": (said(202, error={"code": "X", "message": "no"}), "later"),
        "switched off": (
            said(400, error={"code": "WorkflowTriggerIsNotEnabled", "message": "the trigger is not enabled"}),
            "never not enabled"),
        "no signature": (
            said(401, error={"code": "DirectApiAuthorizationRequired", "message": "OAuth is required"}), "never &sig"),
        "no such workflow": (said(404, error={"code": "WorkflowNotFound", "message": "not found"}), "never NEW"),
        "slow down": (Answer(429, JSON | {"retry-after": "12"}, b'{"error": {"message": "x"}}'), "later 12"),
    },
    "webhook": {
        "taken": (Answer(204), "sent"),
        "wrong signature": (Answer(401, {}, b"no"), "never secret"),
        "gone": (Answer(410), "never remove this channel"),
    },
}  # fmt: skip
TAKES_ANY_200 = {
    "webhook": {
        "a sign-in page", "a page of an unknown kind", "a page that breaks off", "a page that drips",
        "a page without end", "not the gzip it says",
    },
    "teams": {"a page that breaks off", "a page that drips", "not the gzip it says"},
}  # fmt: skip
"""Whose rule is "2xx is taken", as Standard Webhooks says; and where the page itself was never seen."""


def expected(kind: str) -> dict[str, str]:
    """Of every answer: sent, later (and when), or never."""
    found = {name: "never" if name in FINAL else f"later {WAITS.get(name, '')}".strip() for name in ANSWERS}
    found |= dict.fromkeys(TAKES_ANY_200.get(kind, ()), "sent")
    found |= {"400": "later"} if kind == "webhook" else {}
    return found | {
        name: " ".join(words.split(" ")[: 2 if "later" in words else 1]) for name, (_, words) in OWN[kind].items()
    }


def options(kind: str, base: str) -> dict[str, Any]:
    match kind:
        case "telegram":
            return {"api": base, "token": "1:secret", "chat": -100}
        case "ntfy":
            return {"server": base, "topic": "acme", "token": "tk_secret"}
        case "webhook":
            return {"url": f"{base}/secret"}
    return {"webhook_url": f"{base}/secret"}


PATIENCE = 1.5
"""Seconds: long enough for a busy machine to answer within, short enough to wait for."""


async def play(request: web.Request, answer: Answer) -> web.StreamResponse:
    await request.read()
    assert request.transport is not None
    match answer.trouble:
        case "reset":
            request.transport.abort()
        case "noise":
            request.transport.write(b"SSH-2.0-OpenSSH_9.2p1\r\n")
            request.transport.close()
        case "silent":
            await asyncio.sleep(2 * PATIENCE)
        case "half" | "slow":
            response = web.StreamResponse(status=answer.status, headers={**answer.headers, "content-length": "1000"})
            await response.prepare(request)
            await response.write(answer.body[:1])
            if answer.trouble == "slow":
                await asyncio.sleep(2 * PATIENCE)
            request.transport.abort()
            return response
    return web.Response(status=answer.status, headers=answer.headers, body=answer.body)


@pytest.fixture
async def hurried() -> Any:
    """The network layer, waiting for a moment at most, and each answer in a line of its own."""
    limits = Limits(seconds=PATIENCE, speed=Speed())
    async with Net(allowed=parse_allowed(["127.0.0.1"]), limits=limits) as net:
        yield net


async def outcomes(
    kind: str, answers: Mapping[str, Answer], serve: Serve, net: Net, notice: Notice
) -> dict[str, Outcome]:
    names = {str(number): name for number, name in enumerate(answers)}

    async def handler(request: web.Request) -> web.StreamResponse:
        return await play(request, answers[names[request.match_info["number"]]])

    base, channel = await serve({"/{number}/{rest:.*}": handler}), channels.load(kind)

    few = asyncio.Semaphore(6)  # all at once, the last would have waited for a moment before it is asked

    async def one(number: str) -> Outcome:
        given = channel.Options(**options(kind, f"{base}/{number}"))
        async with few:
            return await carry(channel.deliver(notice, given, (), NOW), lambda ask: net.send(ask, rate="1000/1s"))

    return dict(zip(names.values(), await asyncio.gather(*map(one, names)), strict=True))


def in_a_word(outcome: Outcome) -> str:
    match outcome:
        case Sent():
            return "sent"
        case Later(seconds, _):
            return "later" if seconds is None else f"later {seconds:g}"
        case Never():
            return "never"


@pytest.mark.parametrize("kind", OWN)
async def test_every_answer_is_understood(kind: str, loopback: Serve, hurried: Net, alarm: Notice) -> None:
    answers = ANSWERS | {name: answer for name, (answer, _) in OWN[kind].items()}
    found = await outcomes(kind, answers, loopback, hurried, alarm)
    assert {name: in_a_word(outcome) for name, outcome in found.items()} == expected(kind)
    for name, outcome in found.items():
        why = "" if isinstance(outcome, Sent) else outcome.why
        assert isinstance(outcome, Sent) or why, name
        assert why.isprintable(), name
        assert "secret" not in why.replace("compare the secret", "")
        if isinstance(outcome, Never) and name in OWN[kind] and not OWN[kind][name][1].endswith("NEW"):
            assert OWN[kind][name][1].partition(" ")[2] in why


@pytest.mark.parametrize("kind", ["discord", "teams", "telegram"])
async def test_what_may_have_arrived_is_sent_again_saying_so_or_held(
    kind: str, loopback: Serve, hurried: Net, alarm: Notice, lost: list[Attempt]
) -> None:
    received: list[str] = []

    async def taken(request: web.Request) -> web.StreamResponse:
        received.append(await request.text())
        return await play(request, OWN[kind]["taken"][0])

    given, channel = options(kind, await loopback({"/{rest:.*}": taken})), channels.load(kind)
    held = channel.Options(**given, on_ambiguous="hold")
    outcome = await carry(channel.deliver(alarm, held, lost, NOW), hurried.send)
    assert isinstance(outcome, Never)
    assert outcome.held
    assert not received
    for earlier in (lost, [Attempt(NOW, "answered 500")]):
        await carry(channel.deliver(alarm, channel.Options(**given), earlier, NOW), hurried.send)
    assert ["may repeat" in body for body in received] == [True, False]


async def test_a_telephone_shows_a_repeat_once(
    loopback: Serve, hurried: Net, alarm: Notice, lost: list[Attempt]
) -> None:
    received: list[dict[str, Any]] = []

    async def taken(request: web.Request) -> web.StreamResponse:
        assert request.headers["authorization"] == "Bearer tk_secret"
        received.append(await request.json())
        return await play(request, OWN["ntfy"]["taken"][0])

    channel = channels.load("ntfy")
    given = channel.Options(**options("ntfy", await loopback({"/": taken})))
    for earlier in ([], lost):
        await carry(channel.deliver(alarm, given, earlier, NOW), hurried.send)
    assert received[0] == received[1]
    assert received[0]["sequence_id"] == alarm.id


async def test_a_group_that_moved_is_followed_at_once(loopback: Serve, hurried: Net, alarm: Notice) -> None:
    asked: list[int] = []

    async def chat(request: web.Request) -> web.Response:
        asked.append((await request.json())["chat_id"])
        if asked[-1] == -100:
            moved = {"ok": False, "error_code": 400, "parameters": {"migrate_to_chat_id": -200}}
            return web.json_response(moved, status=400)
        return web.json_response({"ok": True, "result": {"message_id": 1}})

    channel = channels.load("telegram")
    given = channel.Options(**options("telegram", await loopback({"/bot1:secret/sendMessage": chat})))
    outcome = await carry(channel.deliver(alarm, given, (), NOW), hurried.send)
    assert asked == [-100, -200]
    assert isinstance(outcome, Sent)
    assert "chat = -200" in outcome.answer


async def test_discord_is_asked_to_wait_and_for_the_thread(loopback: Serve, hurried: Net, alarm: Notice) -> None:
    asked: list[dict[str, str]] = []

    async def hook(request: web.Request) -> web.Response:
        asked.append(dict(request.query))
        return web.json_response({"id": "1"})

    channel = channels.load("discord")
    given = channel.Options(webhook_url=f"{await loopback({'/': hook})}/", thread="42")
    assert await carry(channel.deliver(alarm, given, (), NOW), hurried.send) == Sent("message 1")
    assert asked == [{"wait": "true", "thread_id": "42"}]
