"""What people were told, as a feed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import aiohttp
import pytest
from aiohttp import web

from monitor import pipeline
from monitor.app import Service, opened
from monitor.config import loads
from monitor.digest.alert import Alert, content
from monitor.digest.form import Figure, say
from monitor.engine.judging import NotUsable
from monitor.faces.serving import bind
from monitor.faces.web import build
from monitor.store.alerts import Cause

ATOM = "{http://www.w3.org/2005/Atom}"
CONFIG = """
[web]
listen = "127.0.0.1:0"
[[brand]]
name = "Tidepool"
"""
CRISIS = Path(__file__).parents[1] / "channels" / "digests" / "crisis.json"


def no_weights():
    raise NotUsable("no weights in this test")


@pytest.fixture
async def pages(tmp_path) -> AsyncIterator[tuple[Service, str]]:
    config = loads(CONFIG, tmp_path / "config.toml", {})
    async with opened(config, open_scorer=no_weights) as service:
        runner = web.AppRunner(build(service))
        yield service, await bind(runner, config)
        await runner.cleanup()


async def tell(service: Service, text: str) -> None:
    """A digest, and an hour later an alert with this text."""
    now = service.now()
    digest = {"digest": json.loads(CRISIS.read_text("utf-8")), "html": "", "letter": "", "markdown": "", "base": ""}
    await service.store.write(
        pipeline.announce, subscription="daily", brand="Tidepool", local_date=now.date(), until=now, content=digest,
        ways={}, now=now,
    )  # fmt: skip
    query = 'brand:"Tidepool" refund'
    alert = Alert("volume", "Tidepool", "", f"Tidepool: {text}", say(Figure(48, "48 mentions", query), " in 2 hours."),
                  None, Figure(48, "48 mentions", query), (), None, now, now, "UTC")  # fmt: skip
    cause = Cause("volume", "volume/1", "slot", now, now, 1)
    await service.store.write(pipeline.warn, cause, content(alert), (), now + timedelta(hours=1))


async def read(address: str) -> ElementTree.Element:
    async with aiohttp.ClientSession() as browser, browser.get(f"{address}/told.atom") as reply:
        assert reply.status == 200
        assert reply.content_type == "application/atom+xml"
        return ElementTree.fromstring(await reply.text())


def texts(entry: ElementTree.Element, name: str) -> str:
    return entry.findtext(f"{ATOM}{name}") or ""


async def test_digests_and_alerts_are_a_feed(pages):
    service, address = pages
    assert (await read(address)).findall(f"{ATOM}entry") == []
    await tell(service, "<b>a spike</b> & more\x0b")
    feed = await read(address)
    alert, digest = feed.findall(f"{ATOM}entry")
    assert texts(alert, "title") == "Tidepool: <b>a spike</b> & more"
    assert "48 mentions in 2 hours." in texts(alert, "summary")
    assert alert.find(f"{ATOM}link").get("href") == f"{address}/mentions?q=brand%3A%22Tidepool%22%20refund"
    assert "Needs a reply" in texts(digest, "summary")
    assert len(texts(digest, "summary")) <= 4_000
    assert digest.find(f"{ATOM}link").get("href") == f"{address}/digests/1"
    assert texts(digest, "id") == "tag:127.0.0.1,2026:overheard/digest/1"
    assert texts(feed, "updated") == texts(alert, "updated") > texts(digest, "updated")
