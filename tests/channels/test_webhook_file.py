"""Signed webhooks as a receiver sees them, and files as they lie in the folder."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from monitor.channels.file import Options as FileOptions
from monitor.channels.file import place, slug
from monitor.channels.webhook import Options, sign
from monitor.notice import Attempt, Later, Never, Notice, Outcome, Sent

Serve = Callable[..., Awaitable[str]]
Deliver = Callable[..., Awaitable[Outcome]]
OLD, NEW = (f"whsec_{base64.b64encode(seed).decode()}" for seed in (b"o" * 24, b"n" * 24))


def signature(secret: str, headers: Any, body: bytes) -> str:
    """As the specification tells a receiver to compute it."""
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"


@pytest.fixture
async def receiver(loopback: Serve) -> tuple[str, list[tuple[Any, bytes]]]:
    received: list[tuple[Any, bytes]] = []

    async def take(request: web.Request) -> web.Response:
        received.append((request.headers.copy(), await request.read()))
        return web.Response(status=204)

    return f"{await loopback({'/in': take})}/in", received


async def test_a_receiver_can_check_the_signature(
    receiver: tuple[str, list[tuple[Any, bytes]]], deliver: Deliver, notice: Notice
) -> None:
    url, received = receiver
    assert await deliver("webhook", notice, {"url": url, "secrets": [NEW, OLD]}) == Sent("204")
    ((headers, body),) = received
    assert headers["webhook-id"] == notice.id
    assert headers["webhook-timestamp"] == "1795503605"
    assert headers["webhook-signature"].split(" ") == [signature(NEW, headers, body), signature(OLD, headers, body)]
    event = json.loads(body)
    assert (event["type"], event["timestamp"]) == ("overheard.digest", "2026-11-24T07:00:05Z")
    assert event["data"]["sections"]["verdict"]["level"] == "reply"


def test_the_example_of_the_specification_is_signed_as_it_says() -> None:
    options = Options(url="http://x", secrets=("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",))  # type: ignore[arg-type]
    found = sign(options.secrets[0], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_repeat_has_the_same_id(
    receiver: tuple[str, list[tuple[Any, bytes]]], deliver: Deliver, notice: Notice, lost: list[Attempt]
) -> None:
    url, received = receiver
    await deliver("webhook", notice, {"url": url})
    await deliver("webhook", notice, {"url": url}, lost)
    (first, one), (second, two) = received
    assert first["webhook-id"] == second["webhook-id"]
    assert one == two
    assert "webhook-signature" not in first


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, Sent), (202, Sent), (302, Later), (400, Later), (401, Never), (403, Never), (404, Never), (410, Never),
     (413, Never), (429, Later), (500, Later), (503, Later)],
)  # fmt: skip
async def test_a_receivers_answer_is_understood(
    status: int, kind: type, loopback: Serve, deliver: Deliver, notice: Notice
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status)

    outcome = await deliver("webhook", notice, {"url": await loopback({"/": answer})})
    assert isinstance(outcome, kind), outcome


def test_a_secret_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="whsec_ followed by base64"):
        Options(url="http://x", secrets=("not base64!",))  # type: ignore[arg-type]


def lying_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_digest_becomes_three_files(tmp_path: Path, deliver: Deliver, notice: Notice) -> None:
    assert isinstance(await deliver("file", notice, {"folder": str(tmp_path / "out")}), Sent)
    folder = tmp_path / "out" / "acme-2026-11-24"
    assert lying_in(folder) == ["digest.html", "digest.json", "digest.md"]
    assert json.loads((folder / "digest.json").read_text("utf-8")) == notice.content["digest"]
    assert (folder / "digest.md").read_text("utf-8") == notice.content["markdown"]
    assert (folder / "digest.html").read_text("utf-8").startswith("<!doctype html>")


async def test_latest_always_writes_the_same_three_files(tmp_path: Path, deliver: Deliver, notice: Notice) -> None:
    for _ in range(2):
        assert isinstance(await deliver("file", notice, {"folder": str(tmp_path), "layout": "latest"}), Sent)
    assert lying_in(tmp_path) == ["digest.html", "digest.json", "digest.md"]


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, deliver: Deliver, notice: Notice) -> None:
    (tmp_path / "taken").write_text("a file", "utf-8")
    outcome = await deliver("file", notice, {"folder": str(tmp_path / "taken")})
    assert isinstance(outcome, Never | Later)
    assert "taken" in outcome.why


async def test_an_alert_becomes_two_files_of_its_own(tmp_path: Path, deliver: Deliver, alarm: Notice) -> None:
    await deliver("file", alarm, {"folder": str(tmp_path)})
    folder = tmp_path / "acme-support-2026-11-24"
    assert lying_in(folder) == ["alert-0800-12.json", "alert-0800-12.txt"]  # 07:00 in UTC
    assert json.loads((folder / "alert-0800-12.json").read_text("utf-8"))["kind"] == "volume"
    text = (folder / "alert-0800-12.txt").read_text("utf-8")
    assert "12 mentions in an hour" in text
    assert "#4" in text


async def test_latest_shows_the_newest_alert(tmp_path: Path, deliver: Deliver, alarm: Notice) -> None:
    for _ in range(2):
        await deliver("file", alarm, {"folder": str(tmp_path), "layout": "latest"})
    assert lying_in(tmp_path) == ["alert.json", "alert.txt"]


async def test_an_alert_reaches_a_receiver_in_its_own_form(
    receiver: tuple[str, list[tuple[Any, bytes]]], deliver: Deliver, alarm: Notice
) -> None:
    url, received = receiver
    await deliver("webhook", alarm, {"url": url, "secrets": [NEW]})
    ((headers, body),) = received
    event = json.loads(body)
    assert (event["type"], headers["webhook-id"]) == ("overheard.alert", alarm.id)
    assert event["data"]["id"] == 12
    assert event["data"]["base"] == "http://127.0.0.1:8765"
    assert event["data"]["total"]["query"].startswith('brand:"Acme" after:')


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "/", "a/b\\c", "C:\\x", "\x00", "", "...", "Ω brand"])
def test_no_name_leaves_the_folder(name: str, notice: Notice) -> None:
    assert not set(slug(name)) & set("/\\.:\x00 ")
    digest = {**notice.content["digest"], "brand": name}
    there = place(replace(notice, content={**notice.content, "digest": digest}))
    assert there.endswith("-2026-11-24")
    assert "/" not in there


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ValueError, match="foldr"):
        FileOptions(foldr="x")  # type: ignore[call-arg]
