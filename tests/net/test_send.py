"""Sending for channels: whatever happens outside comes back as a reply in words, without the webhook's secret path."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from monitor.net.http import Limits, Net
from monitor.notice import Http, Saved
from sources.base import LocalFile, NotFound

SECRET = "T000/B000/secretsecret"


async def test_a_webhook_gets_its_json_and_the_answer_comes_back(net: Net, loopback: Any) -> None:
    heard: list[Any] = []

    async def hook(request: web.Request) -> web.Response:
        heard.append((request.content_type, json.loads(await request.read()), request.headers["Webhook-Id"]))
        return web.Response(status=202, text="taken", headers={"X-Id": "7"})

    base = await loopback({f"/{SECRET}": hook})
    reply = await net.send(Http("POST", f"{base}/{SECRET}", headers={"Webhook-Id": "n1"}, json={"text": "ä"}))
    assert heard == [("application/json", {"text": "ä"}, "n1")]
    assert (reply.status, reply.body, reply.headers["x-id"], reply.error) == (202, b"taken", "7", "")


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 403, 404, 410, 429, 500, 503])
async def test_every_status_is_left_to_the_channel_and_no_redirect_is_followed(
    net: Net, loopback: Any, status: int
) -> None:
    asked: list[str] = []

    async def hook(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, text="why", headers={"Location": "/elsewhere", "Retry-After": "9"})

    base = await loopback({"/hook": hook, "/elsewhere": hook})
    reply = await net.send(Http("POST", f"{base}/hook", json={}))
    assert (reply.status, reply.body, reply.headers["retry-after"]) == (status, b"why", "9")
    assert asked == ["/hook"]


async def test_of_an_answer_no_more_than_64_kb_are_read(net: Net, loopback: Any) -> None:
    async def hook(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 1_000_000)

    reply = await net.send(Http("POST", f"{await loopback({'/': hook})}/", body=b"hello"))
    assert (reply.status, len(reply.body)) == (200, 65_536)


async def test_no_answer_is_a_reply_too_and_does_not_show_the_secret_path(make_net: Any, raw_server: Any) -> None:
    async def silence(reader: Any, writer: Any) -> None:
        await asyncio.sleep(30)

    async def hang_up(reader: Any, writer: Any) -> None:
        return

    net = await make_net(limits=Limits(seconds=0.3))
    for handler, words in ((silence, "no answer within"), (hang_up, "closed before an answer")):
        reply = await net.send(Http("POST", f"{await raw_server(handler)}/{SECRET}?key={SECRET}", json={}))
        assert reply.status == 0
        assert words in reply.error
        assert "secret" not in reply.error
    for address in (
        f"http://127.0.0.1:1/{SECRET}",
        f"http://10.0.0.1/{SECRET}",
        f"nonsense/{SECRET}",
        f"http://{SECRET}",
    ):
        reply = await (await make_net(allow=[])).send(Http("POST", address, json={}))
        assert reply.status == 0
        assert reply.error
        assert "secret" not in reply.error


async def test_an_answer_that_breaks_off_after_its_status_has_still_arrived(net: Net, raw_server: Any) -> None:
    async def hook(reader: Any, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok")

    reply = await net.send(Http("POST", f"{await raw_server(hook)}/{SECRET}", json={}))
    assert reply.status == 200
    assert "broke off" in reply.error


async def test_a_file_is_written_whole_under_its_own_name(net: Net, tmp_path: Path) -> None:
    target = tmp_path / "digests" / "2026-11-21.html"
    for body in (b"first", b"second"):
        reply = await net.send(Saved(str(target), body))
        assert (reply.status, target.read_bytes()) == (250, body)
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert not target.stat().st_mode & 0o133


async def test_a_file_that_cannot_be_written_leaves_the_old_one_and_says_why(net: Net, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("old")
    reply = await net.send(Saved(str(tmp_path / "taken" / "digest.md"), b"new"))
    assert reply.status == 550
    assert "not a directory" in reply.error or "file exists" in reply.error
    assert (tmp_path / "taken").read_text() == "old"
    (tmp_path / "folder").mkdir()
    reply = await net.send(Saved(str(tmp_path / "folder"), b"new"))
    assert reply.status == 550
    assert sorted(os.listdir(tmp_path)) == ["folder", "taken"]


async def test_a_named_file_is_read_like_a_reply(make_net: Any, tmp_path: Path) -> None:
    survey = tmp_path / "survey.csv"
    survey.write_text("id,comment\n1,good\n")
    os.utime(survey, (1_700_000_000, 1_700_000_000))
    fetched = await (await make_net()).read_file(LocalFile(str(survey)))
    assert fetched.response.body == b"id,comment\n1,good\n"
    assert fetched.response.headers["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert fetched.response.url == survey.as_uri()
    cut = await (await make_net(limits=Limits(body=5))).read_file(LocalFile(str(survey)))
    assert (cut.response.body, cut.cut) == (b"id,co", True)


async def test_a_file_that_is_none_is_not_waited_for(net: Net, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("missing.csv", "pipe", "."):
        with pytest.raises(NotFound):
            await asyncio.wait_for(net.read_file(LocalFile(str(tmp_path / name))), 2)
