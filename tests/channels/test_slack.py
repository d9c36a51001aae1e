"""Slack, played by a loopback server: its limits, its errors, and texts that would like to be more than text."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from selectolax.lexbor import LexborHTMLParser
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from monitor.channels.slack import Options, escaped, message
from monitor.channels.slack_blocks import length, summary, thread
from monitor.digest.content import content
from monitor.digest.visible import visible
from monitor.notice import Attempt, Later, Never, Notice, Outcome, Sent
from tests.digest import made, slack_page

Serve = Callable[..., Awaitable[str]]
Deliver = Callable[..., Awaitable[Outcome]]
CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpora" / "security"


def answering(status: int, body: str | bytes = "", headers: dict[str, str] | None = None) -> Callable[..., Any]:
    async def handler(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=status, body=body.encode() if isinstance(body, str) else body, headers=headers)

    return handler


async def reset(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def half(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-length": "100"})
    await response.prepare(request)
    await response.write(b"o")
    assert request.transport is not None
    request.transport.abort()
    return response


SCRIPT: list[tuple[str, Any, type]] = [
    ("ok", answering(200, "ok"), Sent),
    ("ok with a line end", answering(200, "ok\n"), Sent),
    ("a login page", answering(200, "<html>sign in to the wifi</html>"), Later),
    ("empty 200", answering(200, ""), Later),
    ("ok false, passing", answering(200, '{"ok": false, "error": "internal_error"}'), Later),
    ("ok false, for good", answering(200, '{"ok": false, "error": "invalid_auth"}'), Never),
    ("ok true", answering(200, '{"ok": true}'), Sent),
    ("slow down", answering(429, "rate_limited", {"Retry-After": "30"}), Later),
    ("slow down until", answering(429, "", {"Retry-After": "Tue, 24 Nov 2026 07:01:05 GMT"}), Later),
    ("slow down, no word of when", answering(429), Later),
    ("slow down by nothing", answering(429, "", {"Retry-After": "0"}), Later),
    ("slow down for decades", answering(429, "", {"Retry-After": "1000000000"}), Later),
    ("slow down by less than nothing", answering(429, "", {"Retry-After": "-1"}), Later),
    ("slow down by words", answering(429, "", {"Retry-After": "a moment"}), Later),
    ("500", answering(500, "rollup_error"), Later),
    ("502", answering(502), Later),
    ("503", answering(503, "", {"Retry-After": "5"}), Later),
    ("504", answering(504), Later),
    ("elsewhere", answering(302, "", {"Location": "http://127.0.0.1:1/"}), Later),
    ("moved", answering(301, "", {"Location": "http://169.254.169.254/"}), Later),
    ("bad payload", answering(400, "invalid_payload"), Never),
    ("no user", answering(400, "user_not_found"), Never),
    ("forbidden", answering(403, "action_prohibited"), Never),
    ("bad token", answering(403, "invalid_token"), Never),
    ("no service", answering(404, "no_service"), Never),
    ("no channel", answering(404, "channel_not_found"), Never),
    ("archived", answering(410, "channel_is_archived"), Never),
    ("timeout", answering(408), Later),
    ("teapot", answering(418), Later),
    ("reset", reset, Later),
    ("cut off", half, Later),
    ("much too long", answering(200, b"x" * 200_000), Later),
]


@pytest.mark.parametrize(("name", "handler", "kind"), SCRIPT, ids=[name for name, *_ in SCRIPT])
async def test_slacks_answers_are_understood(
    name: str, handler: Any, kind: type, loopback: Serve, deliver: Deliver, notice: Notice
) -> None:
    hook = await loopback({"/hook": handler})
    outcome = await deliver("slack", notice, {"webhook_url": f"{hook}/hook"})
    assert isinstance(outcome, kind), outcome
    if isinstance(outcome, Never):
        assert any(word in outcome.why for word in ("make a new incoming webhook", "check token")), outcome.why
    if name in ("slow down", "slow down until", "slow down for decades", "slow down by nothing"):
        assert isinstance(outcome, Later)
        assert outcome.seconds in (30, 60, 86_400, 1)


async def test_nobody_at_home_is_tried_again(deliver: Deliver, notice: Notice) -> None:
    outcome = await deliver("slack", notice, {"webhook_url": "http://127.0.0.1:9/hook"})
    assert isinstance(outcome, Later)
    assert outcome.why


async def test_a_digest_is_one_message_that_slack_takes(loopback: Serve, deliver: Deliver, notice: Notice) -> None:
    received: list[dict[str, Any]] = []

    async def hook(request: web.Request) -> web.Response:
        received.append(await request.json())
        return web.Response(text="ok")

    assert await deliver("slack", notice, {"webhook_url": f"{await loopback({'/': hook})}/"}) == Sent("200")
    (sent,) = received
    assert sent["text"] == escaped(notice.subject)
    kinds = [block["type"] for block in sent["blocks"]]
    assert kinds[:4] == ["header", "context", "rich_text", "divider"]
    assert set(kinds[3:]) == {"divider", "rich_text"}
    assert "parcel arrived broken" in json.dumps(sent)


async def test_after_a_lost_answer_it_is_sent_again_and_says_so(
    loopback: Serve, deliver: Deliver, notice: Notice, lost: list[Attempt]
) -> None:
    received: list[str] = []

    async def hook(request: web.Request) -> web.Response:
        received.append(await request.text())
        return web.Response(text="ok")

    url = {"webhook_url": f"{await loopback({'/': hook})}/"}
    assert isinstance(await deliver("slack", notice, url, lost), Sent)
    assert "may repeat" in received[0]
    assert isinstance(await deliver("slack", notice, url, [Attempt(lost[0].started, "answered 500")]), Sent)
    assert "may repeat" not in received[1]


async def test_hold_leaves_a_lost_answer_to_a_person(deliver: Deliver, notice: Notice, lost: list[Attempt]) -> None:
    options = {"webhook_url": "http://127.0.0.1:9/", "on_ambiguous": "hold"}
    outcome = await deliver("slack", notice, options, lost)
    assert isinstance(outcome, Never)
    assert outcome.held


# By bot token -----------------------------------------------------------------------------------------------------


@pytest.fixture
def warning() -> Notice:
    alert = made.warning()
    return Notice("msg_2", "alert", alert["subject"], made.END, {"alert": alert, "base": made.BASE, "id": 12})


class Workspace:
    """Keeps what is posted, as conversations.history would give it, and what is uploaded."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.fail: dict[str, Any] = {}
        self.no_files: dict[str, Any] = {}
        self.uploaded: list[bytes] = []
        self.shared: list[dict[str, Any]] = []
        self.asked: dict[str, str] = {}
        self.base = ""

    async def post(self, request: web.Request) -> web.Response:
        assert request.headers["authorization"] == "Bearer xoxb-test"
        said = await request.json()
        if "thread_ts" in said and self.fail:
            return web.json_response(self.fail)
        self.posts.append({**said, "ts": f"17000000{len(self.posts)}.5"})
        return web.json_response({"ok": True, "ts": self.posts[-1]["ts"], "channel": "C1"})

    async def history(self, request: web.Request) -> web.Response:
        assert request.query["channel"] == "C1"
        return web.json_response({"ok": True, "messages": self.posts})

    async def place(self, request: web.Request) -> web.Response:
        if self.no_files:
            return web.json_response(self.no_files)
        self.asked = dict(request.query)
        return web.json_response({"ok": True, "upload_url": f"{self.base}/upload/1", "file_id": "F1"})

    async def upload(self, request: web.Request) -> web.Response:
        assert "authorization" not in request.headers
        self.uploaded.append(await request.read())
        return web.Response(text="OK - 1")

    async def complete(self, request: web.Request) -> web.Response:
        self.shared.append(await request.json())
        return web.json_response({"ok": True})

    def routes(self) -> dict[str, Any]:
        return {
            "/api/chat.postMessage": self.post,
            "/api/conversations.history": self.history,
            "/api/files.getUploadURLExternal": self.place,
            "/upload/1": self.upload,
            "/api/files.completeUploadExternal": self.complete,
        }


@pytest.fixture
async def workspace(loopback: Serve) -> tuple[Workspace, dict[str, Any]]:
    slack = Workspace()
    slack.base = base = await loopback(slack.routes())
    return slack, {"token": "xoxb-test", "channel": "C1", "api": f"{base}/api"}


async def test_a_bot_posts_the_first_screen_and_threads_the_rest(
    workspace: tuple[Workspace, dict[str, Any]], deliver: Deliver, notice: Notice
) -> None:
    slack, options = workspace
    assert await deliver("slack", notice, options) == Sent("170000000.5")
    first, thread = slack.posts
    assert "Needs a reply" in json.dumps(first)
    assert thread["thread_ts"] == first["ts"]
    assert "What was listened to" in json.dumps(thread)


@pytest.fixture
def drawn() -> Notice:
    """A digest with a picture."""
    made_content = content(made.as_read(made.digest()), made.BASE)
    return Notice("msg_1", "digest", made_content["digest"]["subject"], made.END, made_content)


async def test_a_bot_puts_the_picture_into_the_thread(
    workspace: tuple[Workspace, dict[str, Any]], deliver: Deliver, drawn: Notice
) -> None:
    slack, options = workspace
    assert await deliver("slack", drawn, options) == Sent("170000000.5")
    assert slack.uploaded == [base64.b64decode(drawn.content["pictures"][0]["png"])]
    assert slack.asked["length"] == str(len(slack.uploaded[0]))
    assert "37 mentions" in slack.asked["alt_txt"]
    (shared,) = slack.shared
    assert shared["channel_id"] == "C1"
    assert shared["thread_ts"] == slack.posts[0]["ts"]
    assert shared["files"][0]["id"] == "F1"


@pytest.mark.parametrize(("error", "said"), [("missing_scope", ""), ("storage_limit_reached", "without its picture")])
async def test_a_token_that_may_not_upload_sends_the_words_alone(
    error: str, said: str, workspace: tuple[Workspace, dict[str, Any]], deliver: Deliver, drawn: Notice
) -> None:
    slack, options = workspace
    slack.no_files = {"ok": False, "error": error}
    outcome = await deliver("slack", drawn, options)
    assert isinstance(outcome, Sent)
    assert said in outcome.answer
    assert bool(said) == ("picture" in outcome.answer)
    assert len(slack.posts) == 2


@pytest.mark.parametrize("path", ["/upload/1", "/api/files.completeUploadExternal"])
@pytest.mark.parametrize("broken", [answering(500), answering(200, "<html>"), reset], ids=["500", "html", "reset"])
async def test_a_picture_that_gets_lost_loses_no_digest(
    path: str, broken: Any, loopback: Serve, deliver: Deliver, drawn: Notice
) -> None:
    slack = Workspace()
    slack.base = await loopback({**slack.routes(), path: broken})
    options = {"token": "xoxb-test", "channel": "C1", "api": f"{slack.base}/api"}
    outcome = await deliver("slack", drawn, options)
    assert isinstance(outcome, Sent)
    assert outcome.answer.startswith("170000000.5")
    assert len(slack.posts) == 2


async def test_an_alert_is_one_message(
    workspace: tuple[Workspace, dict[str, Any]], deliver: Deliver, warning: Notice
) -> None:
    slack, options = workspace
    assert await deliver("slack", warning, options) == Sent("170000000.5")
    (post,) = slack.posts
    assert post["blocks"][0]["text"]["text"] == "Tidepool: 19 mentions in 2 hours, usual is 0–4"
    for words in ("14 of them", "12,000 followers", "#4105", "ack 12"):
        assert words in json.dumps(post, ensure_ascii=False)


async def test_a_bot_finds_the_message_whose_answer_was_lost(
    workspace: tuple[Workspace, dict[str, Any]], deliver: Deliver, notice: Notice, lost: list[Attempt]
) -> None:
    slack, options = workspace
    await deliver("slack", notice, options)
    outcome = await deliver("slack", notice, options, lost)
    assert isinstance(outcome, Sent)
    assert outcome.answer.startswith("arrived before")
    assert len(slack.posts) == 2


async def test_a_bot_sends_what_never_arrived(
    workspace: tuple[Workspace, dict[str, Any]], deliver: Deliver, notice: Notice, lost: list[Attempt]
) -> None:
    slack, options = workspace
    assert isinstance(await deliver("slack", notice, options, lost), Sent)
    assert len(slack.posts) == 2


async def test_a_failed_thread_does_not_repeat_the_message(
    workspace: tuple[Workspace, dict[str, Any]], deliver: Deliver, notice: Notice
) -> None:
    slack, options = workspace
    slack.fail = {"ok": False, "error": "msg_too_long"}
    outcome = await deliver("slack", notice, options)
    assert isinstance(outcome, Sent)
    assert "without its thread" in outcome.answer


@pytest.mark.parametrize(
    "error", ["channel_not_found", "not_in_channel", "is_archived", "missing_scope", "account_inactive"]
)
async def test_a_bots_final_errors_say_what_to_do(
    error: str, loopback: Serve, deliver: Deliver, notice: Notice
) -> None:
    base = await loopback({"/chat.postMessage": answering(200, json.dumps({"ok": False, "error": error}))})
    outcome = await deliver("slack", notice, {"token": "x", "channel": "C", "api": base})
    assert isinstance(outcome, Never)
    assert error in outcome.why
    assert any(word in outcome.why for word in ("invite", "unarchive", "scope", "check"))


@pytest.mark.parametrize(
    "given",
    [{}, {"webhook_url": "x", "token": "y", "channel": "z"}, {"token": "x"}, {"webhook_url": "x", "colour": "red"}],
)
def test_half_a_configuration_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"webhook_url|channel|colour"):
        Options(**given)


def test_secrets_do_not_show() -> None:
    assert "hooks" not in repr(Options(webhook_url="https://hooks.example/T/B/secret"))  # type: ignore[arg-type]


# Hostile texts ----------------------------------------------------------------------------------------------------


def elements(block: Any) -> Iterator[dict[str, Any]]:
    if isinstance(block, dict):
        yield block
        for inner in block.values():
            yield from elements(inner)
    elif isinstance(block, list):
        for inner in block:
            yield from elements(inner)


def is_harmless(sent: dict[str, Any]) -> None:
    """Foreign words stand in text elements only; links lead where we made them lead; Slack's limits hold."""
    assert not set("<>") & set(sent["text"])
    assert len(sent["blocks"]) <= 50
    assert sum(length(block) for block in sent["blocks"]) <= 12_000
    for block in sent["blocks"]:
        assert length(block) <= 3000
        assert block["type"] in ("header", "rich_text", "context", "divider")
    for element in elements(sent["blocks"]):
        kind = element.get("type")
        assert kind not in ("mrkdwn", "user", "usergroup", "channel", "broadcast", "emoji", "image"), element
        if kind == "plain_text":
            assert element["emoji"] is False
        if kind == "text":
            assert 0 < len(element["text"]) <= 3000
        if kind == "link":
            assert element["url"].startswith(("http://", "https://"))
            assert not set('<>|"') & set(element["url"])


def said_of(notice: Notice) -> list[dict[str, Any]]:
    """Every message that may be made of a notice."""
    if notice.kind != "digest":
        return [message(notice, repeat="may repeat")]
    first = {"text": escaped(notice.subject), "blocks": summary(notice.content, "may repeat")}
    below = [{"text": escaped(notice.subject), "blocks": one} for one in thread(notice.content)]
    return [message(notice, repeat="may repeat"), first, *below]


def filled(kind: str, words: Callable[[], str]) -> Notice:
    """A notice with these words wherever those of others may stand."""
    if kind == "alert":
        alert = made.poisoned(made.warning(), words)
        return Notice("msg_3", "alert", alert["subject"], made.END, {"alert": alert, "base": made.BASE})
    digest = made.poisoned(made.DIGESTS[kind](), words)
    return Notice("msg_3", "digest", digest["subject"], made.END, {"digest": digest, "base": made.BASE})


def told_with(kind: str, texts: Sequence[str]) -> Iterator[Notice]:
    """Notices with the next text in each place, until all have stood somewhere."""
    left = list(reversed([visible(text) for text in texts]))
    while left:
        yield filled(kind, lambda: left.pop() if left else "the end")


def corpus(name: str, field: str) -> list[str]:
    path = CORPUS / name
    if not path.exists():
        pytest.skip(f"needs the corpus {name}, kept beside the project")
    return [json.loads(line)[field] for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("kind", [*made.DIGESTS, "alert"])
def test_slacks_own_marks_stay_text(kind: str) -> None:
    for notice in told_with(kind, corpus("own/slack-mrkdwn.jsonl", "text")):
        for sent in said_of(notice):
            is_harmless(sent)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["week", "all brands", "alert"])
def test_the_whole_corpus_stays_text(kind: str) -> None:
    for notice in told_with(kind, corpus("html-injection.jsonl", "p")):
        for sent in said_of(notice):
            is_harmless(sent)


@pytest.mark.parametrize("kind", [*made.DIGESTS, "alert"])
@pytest.mark.parametrize("text", ["<!channel> long words ", "長い言葉", "🧑‍🧑‍🧒‍🧒", "ش"])
def test_a_flood_of_long_texts_keeps_within_slacks_limits(kind: str, text: str) -> None:
    """As long as a digest's texts may be, and longer."""
    for most in (240, 5000):
        for sent in said_of(filled(kind, lambda most=most: (text * most)[:most])):  # type: ignore[misc]
            is_harmless(sent)


def test_what_has_no_room_is_named_and_the_proof_of_listening_stays() -> None:
    notice = filled("bad day", lambda: "long words " * 6)
    said = json.dumps(message(notice))
    assert "Left out for want of room: " in said
    assert "What was listened to" in said
    assert "on its page" in said


def test_many_brands_fit_into_a_thread() -> None:
    several = filled("all brands", lambda: "long words " * 6).content["digest"]
    several["brands"] = several["brands"] * 9
    several["overview"]["lines"] = several["overview"]["lines"] * 15
    notice = Notice("msg_4", "digest", "All brands", made.END, {"digest": several, "base": made.BASE})
    for sent in said_of(notice):
        is_harmless(sent)
    assert len(thread(notice.content)) == 4
    assert "Left out for want of room: " in json.dumps(thread(notice.content)[-1])


@pytest.mark.parametrize("kind", [*made.DIGESTS, "alert"])
def test_what_is_sent_can_be_drawn_as_slack_draws_it(kind: str, warning: Notice) -> None:
    """Our own page of Slack knows every block, and shows every word."""
    frozen = made.DIGESTS[kind]() if kind in made.DIGESTS else {}
    content_ = {"digest": frozen, "base": made.BASE}
    notice = Notice("msg_5", "digest", frozen["subject"], made.END, content_) if frozen else warning
    shown = LexborHTMLParser(slack_page.page([one["blocks"] for one in said_of(notice)])).css_first("main").text()
    opening = frozen["overview"] if "overview" in frozen else frozen.get("sections", {})
    assert (opening["verdict"]["sentence"]["text"] if opening else "14 of them") in shown


@pytest.mark.parametrize("kind", ["bad day", "quiet day", "all brands", "alert"])
def test_slack_is_sent_what_it_was(kind: str, snapshot: SnapshotAssertion, warning: Notice) -> None:
    """After a change that is meant: pytest --snapshot-update, and look."""
    frozen = made.DIGESTS[kind]() if kind in made.DIGESTS else {}
    content_ = {"digest": frozen, "base": made.BASE}
    notice = Notice("msg_6", "digest", frozen["subject"], made.END, content_) if frozen else warning
    assert said_of(notice) == snapshot.use_extension(JSONSnapshotExtension)
