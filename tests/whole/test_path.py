"""One mention all the way: heard in a feed, matched, stored, scored, found, told; and the service beside it."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
from aiohttp import web

CONFIG = """
[network]
allow = ["127.0.0.1"]

[web]
listen = "127.0.0.1:0"

[[brand]]
name = "Acme"
query = "acme NOT jobs"

[[source]]
kind = "feed"
name = "Blog"
url = "{feeds}/feed"
every = "1s"

[[source]]
kind = "feed"
name = "Broken"
url = "{feeds}/broken"

[[source]]
kind = "webhook"
name = "Desk"
token = "a-secret-of-the-test"
about = "Acme"

[[channel]]
name = "team"
kind = "slack"
webhook_url = "{slack}/hook"

[[digest]]
at = "08:00"
timezone = "UTC"
to = "team"
"""


async def test_a_mention_walks_the_whole_path(program, loopback, until):
    entries = ["I will never buy from Acme again, worst support ever"]
    told: list[dict] = []

    async def feed(request: web.Request) -> web.Response:
        when = format_datetime(datetime.now(UTC) - timedelta(minutes=5))
        items = "".join(
            f"<item><guid>{n}</guid><title>{text}</title><link>https://blog.example/{n}</link>"
            f"<author>ann@blog.example (Ann)</author><pubDate>{when}</pubDate></item>"
            for n, text in enumerate(entries)
        )
        text = f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>'
        return web.Response(text=text, content_type="application/rss+xml")

    async def broken(request: web.Request) -> web.Response:
        raise web.HTTPInternalServerError

    async def slack(request: web.Request) -> web.Response:
        told.append(await request.json())
        return web.Response(text="ok")

    feeds = await loopback({"/feed": feed, "/broken": broken})
    hook = await loopback({"/hook": slack})
    (program.folder / "config.toml").write_text(CONFIG.format(feeds=feeds, slack=hook))
    service, address = await program.serve()

    async with aiohttp.ClientSession() as browser:
        async with browser.get(f"{address}/live") as reply:
            assert reply.status == 200
        pushed = {"id": "t1", "text": "My Acme kettle leaks, please help", "author": "Bob"}
        async with browser.post(f"{address}/in/a-secret-of-the-test", json=pushed) as reply:
            assert (reply.status, await reply.json()) == (202, {"stored": 1, "edited": 0, "known": 0, "refused": 0})
        async with browser.post(f"{address}/in/guessed", json=pushed) as reply:
            assert reply.status == 404

        async def scored() -> bool:
            found = await program.mentions('brand:"Acme" sentiment:negative')
            return {one["title"] or one["text"] for one in found} == {entries[0], pushed["text"]}

        await until(scored)
        (heard,) = await program.mentions("worst support")
        assert (heard["url"], heard["brands"], heard["source"]) == ("https://blog.example/0", ["Acme"], "Blog")
        async with browser.get(f"{address}/mentions", params={"q": "worst"}) as reply:
            page = await reply.text()
            assert "<mark>worst</mark>" in page
            assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        async with browser.get(f"{address}/mentions", params={"q": "worst", "format": "jsonl"}) as reply:
            assert (await reply.json(content_type=None))["id"] == heard["id"]
        async with browser.get(f"{address}/mentions", params={"q": "(worst"}) as reply:
            assert reply.status == 400
        async with browser.get(f"{address}/ready", headers={"Host": "evil.example"}) as reply:
            assert reply.status == 403

        shown = await program("digest", "--to", "team")
        assert "team: delivered" in shown
        assert "2 mentions" in shown
        assert len(told) == 1
        assert "Acme" in str(told[0])
        async with browser.get(f"{address}/digests/1") as reply:
            assert reply.status == 200
            assert "Acme" in await reply.text()

    assert "Broken" in await program("sources")
    service.send_signal(signal.SIGTERM)
    assert await service.wait() == 0
    assert not list(program.folder.glob("*.sock"))


async def test_what_was_said_while_nobody_listened_is_there_after_the_next_round(program, loopback):
    entries = ["Acme one"]

    async def feed(request: web.Request) -> web.Response:
        items = "".join(f"<item><guid>{n}</guid><title>{text}</title></item>" for n, text in enumerate(entries))
        return web.Response(text=f'<rss version="2.0"><channel><title>B</title>{items}</channel></rss>')

    feeds = await loopback({"/feed": feed, "/broken": feed})  # two feeds of this test say the same
    (program.folder / "config.toml").write_text(CONFIG.format(feeds=feeds, slack=feeds))
    await program("collect")
    entries.append("Acme two")
    assert "2 new" in await program("collect")
    assert {one["title"] for one in await program.mentions()} == {"Acme one", "Acme two"}
