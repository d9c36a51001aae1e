"""The pages: text of mentions stays text, strangers are refused, health is told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from selectolax.lexbor import LexborHTMLParser

from monitor import searches
from monitor.app import Service, opened
from monitor.config import loads
from monitor.engine.judging import NotUsable
from monitor.faces.highlight import marked
from monitor.faces.serving import bind
from monitor.faces.web import build
from monitor.store import digests, search, watches

CONFIG = """
[web]
listen = "127.0.0.1:0"
[[brand]]
name = "Acme"
[[source]]
kind = "webhook"
name = "desk"
token = "a-token-of-the-test"
[[source]]
kind = "webhook"
name = "survey"
"""
PAYLOADS = Path(__file__).parents[2] / ".." / "shared" / "corpora" / "security" / "html-injection.jsonl"
HOSTILE = [
    "<script>alert(1)</script> acme",
    '<img src=x onerror="alert(1)"> acme',
    "</p></article><iframe src=https://evil.example></iframe> acme",
    "{{ 7 * 7 }} {% raw %} acme",
    "\u202eacme\u202c <b>bold</b>",
]


def no_weights():
    raise NotUsable("no weights in this test")


@pytest.fixture
async def pages(tmp_path) -> AsyncIterator[tuple[Service, str]]:
    config = loads(CONFIG, tmp_path / "config.toml", {})
    async with opened(config, open_scorer=no_weights) as service:
        runner = web.AppRunner(build(service))
        yield service, await bind(runner, config)
        await runner.cleanup()


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def elements(page: str) -> list[str]:
    return [node.tag for node in LexborHTMLParser(page).css("*") if node.tag and not node.tag.startswith("-")]


def payloads() -> list[str]:
    if not PAYLOADS.exists():
        return HOSTILE
    lines = PAYLOADS.read_text(encoding="utf-8").splitlines()[::40]
    return HOSTILE + [str(next(iter(json.loads(line).values()))) + " acme" for line in lines]


async def test_markup_in_a_mention_is_shown_and_never_obeyed(pages, browser):
    service, address = pages
    rows = [{"id": str(n), "title": text, "text": text, "author": text} for n, text in enumerate(payloads())]
    await service.push("a-token-of-the-test", {}, json.dumps(rows).encode())
    for query in ("acme", "", "<script>alert(1)</script>", "NOT acme"):
        async with browser.get(f"{address}/mentions", params={"q": query, "limit": "1000"}) as reply:
            page = await reply.text()
            assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
        allowed = {"html", "head", "meta", "title", "style", "body", "main", "nav", "b", "a", "form", "input", "button"}
        allowed |= {
            "p",
            "article",
            "h2",
            "bdi",
            "mark",
            "div",
            "span",
            "time",
            "link",
            "label",
            "select",
            "option",
            "pre",
        }
        allowed |= {"svg", "rect", "aside", "section", "ul", "li", "pre"}
        assert set(elements(page)) <= allowed
        tree = LexborHTMLParser(page)
        assert not [node for node in tree.css("*") for name in node.attributes if name.startswith("on")]
        links = [(link.attributes.get("href") or "").partition("?")[0] for link in tree.css("a, link")]
        ours = ("/", "/mentions", "/digests", "/sources", "#narrow")
        assert all(link in ours or link.startswith("/mentions.") for link in links)


async def test_only_who_knows_the_token_may_push_and_no_browser(pages, browser):
    _, address = pages
    good = f"{address}/in/a-token-of-the-test"
    row = {"text": "Acme leaks"}
    for url, headers, status in (
        (good, {}, 202),
        (f"{address}/in/desk", {}, 404),
        (f"{address}/in/", {}, 404),
        (good, {"Origin": "https://evil.example"}, 403),
        (good, {"Sec-Fetch-Site": "cross-site"}, 403),
        (good, {"Host": "rebound.example"}, 403),
    ):
        async with browser.post(url, json=row, headers=headers) as reply:
            assert reply.status == status, (url, headers)
    async with browser.post(good, data=b"not json") as reply:
        assert reply.status == 400
    async with browser.get(good) as reply:
        assert reply.status == 405


async def test_two_who_push_the_same_id_do_not_overwrite_each_other(pages, browser):
    service, address = pages
    for source, text in (("a-token-of-the-test", "Acme leaks"), ("survey", "Acme is loud")):
        async with browser.post(f"{address}/in/{source}", json={"id": 1, "text": text}) as reply:
            assert (await reply.json())["stored"] == 1
    found = await service.store.read(searches.find, "", 10)
    assert {one.mention.text for one in found} == {"Acme leaks", "Acme is loud"}


async def test_refusals_are_as_safely_dressed_as_pages(pages, browser):
    _, address = pages
    for path, status in (("/digests/77", 404), ("/nowhere", 404), ("/in/x", 405)):
        async with browser.get(f"{address}{path}") as reply:
            assert reply.status == status
            assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_health_says_what_works_and_what_waits(pages, browser):
    service, address = pages
    await service.push("a-token-of-the-test", {}, b'{"text": "Acme leaks"}')
    await service.score()
    async with browser.get(f"{address}/ready") as reply:
        assert await reply.json() == {"ready": True, "unscored": 1, "scoring": "no weights in this test"}


async def test_before_the_first_digest_the_home_page_says_what_to_expect(pages, browser):
    _, address = pages
    async with browser.get(address) as reply:
        assert "The first digest comes at its hour" in await reply.text()
    async with browser.get(f"{address}/digests/77") as reply:
        assert reply.status == 404


async def test_a_search_that_takes_too_long_says_how_to_ask(pages, browser, monkeypatch):
    service, address = pages
    await service.push("a-token-of-the-test", {}, b'{"text": "Acme leaks"}')
    monkeypatch.setattr(search, "BUDGET", 0.0)
    for form in ("html", "jsonl"):
        async with browser.get(f"{address}/mentions", params={"q": "leaks", "format": form}) as reply:
            assert reply.status == 503
            assert "add a word, a brand or a date" in await reply.text()


async def test_the_digests_are_listed_by_their_subjects(pages, browser):
    service, address = pages
    (day, subject) = (date(2026, 11, 21), "Acme, 21 November: <quiet>")
    await service.store.write(
        digests.freeze, subscription="daily", brand="Acme", local_date=day, until=service.now(),
        content={"subject": subject}, now=service.now(),
    )  # fmt: skip
    async with browser.get(f"{address}/digests") as reply:
        (link,) = LexborHTMLParser(await reply.text()).css("li a")
        assert (link.text(), link.attributes["href"]) == (subject, "/digests/1")
    async with browser.get(address, allow_redirects=False) as reply:
        assert reply.headers["Location"] == "/digests/1"


def test_what_matched_is_marked_and_the_rest_escaped():
    assert marked("a <b> & c", [("text", 2, 5), ("title", 0, 1)], "text") == "a <mark>&lt;b&gt;</mark> &amp; c"


def test_a_long_text_is_cut_to_what_surrounds_the_match():
    shown = marked("x" * 5000 + " needle " + "y" * 5000, [("text", 5001, 5007)], "text")
    assert "<mark>needle</mark>" in shown
    assert len(shown) < 1000
    assert shown.startswith("…")
    assert shown.endswith("…")


async def test_the_page_of_sources_says_how_each_does_and_draws_what_was_said(pages, browser):
    service, address = pages
    rows = [{"id": "1", "text": "Acme leaks"}, {"id": "2", "text": "Acme is loud"}]
    await service.push("a-token-of-the-test", {}, json.dumps(rows).encode())
    words = "not found: <script>alert(1)</script>"
    await service.store.write(
        watches.failed, "survey", now=service.now(), next_due=service.now(), error=words, advice="Look."
    )
    async with browser.get(f"{address}/sources") as reply:
        page = await reply.text()
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
    tree = LexborHTMLParser(page)
    assert not tree.css("script")
    assert [node.text(strip=True) for node in tree.css("td bdi")] == ["survey", "desk"], "trouble first"
    assert "1 listening, 1 failing" in page
    assert words in tree.css_first("p.failing").text()
    (drawn,) = tree.css("svg")
    assert drawn.attributes["aria-label"] == ", ".join(["0"] * 13 + ["2"])
    async with browser.get(f"{address}/sources", params={"format": "jsonl"}) as reply:
        told = [json.loads(line) for line in (await reply.text()).splitlines()]
    assert [(one["name"], one["state"]) for one in told] == [("survey", "failing"), ("desk", "listening")]


async def test_the_page_of_sources_tells_where_there_is_none(tmp_path, browser):
    config = loads('[web]\nlisten = "127.0.0.1:0"\n[[brand]]\nname = "Acme"\n', tmp_path / "config.toml", {})
    async with opened(config, open_scorer=no_weights) as service:
        runner = web.AppRunner(build(service))
        async with browser.get(f"{await bind(runner, config)}/sources") as reply:
            assert "No source is configured yet" in await reply.text()
        await runner.cleanup()
