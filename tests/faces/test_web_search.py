"""The pages of a search as a browser and a feed reader see them: a real service, a real store, HTTP between them."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import duckdb
import feedparser
import openpyxl
import pytest
from aiohttp import web
from selectolax.lexbor import LexborHTMLParser

from monitor import pipeline
from monitor.app import Service, opened
from monitor.commands.handlers import handlers
from monitor.config import loads
from monitor.engine.judging import NotUsable
from monitor.errors import TooSlow
from monitor.faces.serving import bind
from monitor.faces.web import build
from monitor.store import counting, opinions
from sources.base import Item, Response, replay
from sources.feed import Config as FeedConfig
from sources.feed import fetch as read_feed

CONFIG = """
[web]
listen = "127.0.0.1:0"
[[brand]]
name = "Acme"
competitors = ["Bolt"]
[[source]]
kind = "webhook"
name = "desk"
token = "a-token-of-the-test"
"""
VERSIONS = dict.fromkeys(("language", "sentiment", "brand_sentiment", "topics"), "1")


def no_weights() -> None:
    raise NotUsable("no weights in this test")


class Site:
    """A service at work, and a browser that looks at it."""

    def __init__(self, service: Service, address: str, session: aiohttp.ClientSession) -> None:
        self.service, self.address, self.session = service, address, session

    async def hear(self, *rows: dict[str, Any]) -> None:
        await self.service.push("a-token-of-the-test", {}, json.dumps(rows).encode())

    async def judge(self, sentiment: str = "negative", topics: tuple[str, ...] = ("refunds",)) -> None:
        """All that waits is scored alike."""
        answer: dict[str, Any] = {"sentiment": {"label": sentiment, sentiment: 0.9, "unsure": False}, "language": "en"}
        answer |= {"brand_sentiment": answer["sentiment"], "topics": [{"label": one, "score": 0.9} for one in topics]}
        due = await self.service.store.read(opinions.due, 1000)
        await self.service.store.write(pipeline.settle, [(one, answer) for one in due], VERSIONS, self.service.now())

    async def get(self, path: str, status: int = 200, **query: str) -> bytes:
        address = path if path.startswith("http") else self.address + path
        async with self.session.get(address, params=query or None) as reply:
            assert reply.status == status, await reply.text()
            assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
            return await reply.read()

    async def page(self, path: str = "/mentions", status: int = 200, **query: str) -> LexborHTMLParser:
        return LexborHTMLParser(await self.get(path, status, **query))


@pytest.fixture
async def site(tmp_path) -> AsyncIterator[Site]:
    config = loads(CONFIG, tmp_path / "config.toml", {})
    async with opened(config, open_scorer=no_weights) as service, aiohttp.ClientSession() as session:
        runner = web.AppRunner(build(service))
        site = Site(service, await bind(runner, config), session)
        await site.hear(
            *({"id": str(day), "text": f"Acme is late, day {day}", "author": "Ann", "url": f"https://a.example/{day}",
               "published": f"2026-11-{day:02}T10:00:00Z"} for day in range(1, 21)),
        )  # fmt: skip
        await site.judge()
        await site.hear(
            {
                "id": "good",
                "text": "Acme is lovely, Bolt is not",
                "author": "Bob Lee",
                "published": "2026-11-21T10:00:00Z",
            }
        )
        await site.judge("positive", ())
        yield site
        await runner.cleanup()


def texts(page: LexborHTMLParser) -> list[str]:
    return [node.text() for node in page.css("article p bdi")]


def facet(page: LexborHTMLParser, title: str) -> dict[str, tuple[int, str]]:
    """Value → (how many, where its link leads)."""
    (section,) = (one for one in page.css("aside section") if (one.css_first("h2").text()) == title)
    return {
        link.css_first(".name").text(): (int(link.css_first(".n").text()), link.attributes["href"] or "")
        for link in section.css("li a")
    }


async def test_a_page_tells_how_many_there_are_and_leads_to_the_older_ones(site):
    page = await site.page(q="late", limit="8")
    assert page.css_first(".head b").text() == "20 mentions · newest 8 shown"
    seen = texts(page)
    while older := page.css_first('a[rel="next"]'):
        page = await site.page(older.attributes["href"])
        assert len(page.css("article")) <= 8
        seen += texts(page)
    assert seen == [f"Acme is late, day {day}" for day in range(20, 0, -1)]


async def test_a_facet_narrows_by_a_click_and_widens_by_the_next(site):
    page = await site.page(q="acme OR bolt")
    assert {name: n for name, (n, _) in facet(page, "Sentiment").items()} == {"negative": 20, "positive": 1}
    narrowed = await site.page(facet(page, "Sentiment")["positive"][1])
    assert texts(narrowed) == ["Acme is lovely, Bolt is not"]
    assert narrowed.css_first('input[name="q"]').attributes["value"] == "(acme OR bolt) sentiment:positive"
    assert narrowed.css_first("aside li.active .name").text() == "positive"
    widened = await site.page(facet(narrowed, "Sentiment")["positive"][1])
    assert widened.css_first(".head b").text() == "21 mentions"


async def test_every_facet_link_finds_as_many_as_it_says(site):
    page = await site.page(q="acme")
    for title in ("Sentiment", "Topics", "Sources", "Sites", "Authors"):
        for name, (n, href) in facet(page, title).items():
            narrowed = await site.page(href + "&limit=100")
            assert len(narrowed.css("article")) == n, name


async def test_a_day_of_the_drawing_leads_to_its_mentions_and_back_to_all_days(site):
    page = await site.page(q="late")
    bars = page.css(".days svg a")
    assert len(bars) == 20
    assert bars[4].css_first("title").text() == "Thu 05 Nov 2026: 1"
    day = await site.page(bars[4].attributes["href"])
    assert texts(day) == ["Acme is late, day 5"]
    (back,) = (link for link in day.css(".days a") if link.text() == "all days")
    assert len(texts(await site.page(back.attributes["href"]))) == 20


async def test_dates_brand_and_order_are_kept_in_the_form_and_heeded(site):
    page = await site.page(since="2026-11-20", until="2026-11-21", brand="Acme", sort="relevance", q="acme")
    assert len(page.css("article")) == 2, "the last day is searched to its end"
    assert page.css_first('input[name="since"]').attributes["value"] == "2026-11-20"
    assert page.css_first('select[name="brand"] option[selected]').text() == "Acme"
    assert page.css_first('select[name="sort"] option[selected]').text() == "relevance"
    assert texts(await site.page(brand="Bolt")) == ["Acme is lovely, Bolt is not"]


async def test_a_wrong_query_is_shown_with_a_caret_under_the_place(site):
    page = await site.page(status=400, q="late AND (")
    lines = page.css_first("pre.error").text().splitlines()
    assert lines[2].index("^") == lines[1].index("(")
    for wrong in ({"since": "soon"}, {"brand": "Acne"}, {"sort": "size"}, {"cursor": "1_2_3"}, {"q": "like:999"}):
        page = await site.page(status=400, **wrong)
        assert page.css_first("pre.error").text(), wrong


async def test_where_nothing_is_found_one_condition_is_named_that_keeps_it_away(site):
    page = await site.page(q="late lang:de")
    assert "Without `lang:de` there would be 20." in page.css_first(".said").text()
    assert len(texts(await site.page(page.css_first(".said a").attributes["href"]))) == 20


async def test_what_may_not_be_meant_is_told_above_what_is_found(site):
    page = await site.page(q="acme OR bolt late")
    assert texts(page)
    assert "put brackets around" in page.css_first(".said").text()


async def test_hostile_names_stay_text_in_links_and_facets(site):
    odd = '"><script>alert(1)</script> & "x" OR y'
    await site.hear({"id": "odd", "text": "acme odd", "author": odd}, {"id": "odd2", "text": "acme odd", "author": odd})
    await site.judge()
    page = await site.page(q="odd")
    assert not page.css("script")
    (name, (n, href)) = next(iter(facet(page, "Authors").items()))
    assert (name, n) == (odd, 2)
    assert len(texts(await site.page(href))) == 2


async def test_scores_that_are_still_to_come_are_told_to_who_asks_for_them(site):
    await site.hear({"id": "new", "text": "acme new"})
    assert "Not everything is scored yet" in (await site.page(q="acme sentiment:negative")).css_first(".said").text()
    assert not (await site.page(q="acme")).css(".said")


async def test_a_page_is_shown_also_where_nobody_can_count_in_time(site, monkeypatch):
    def too_slow(*_: Any) -> None:
        raise TooSlow("too slow")

    monkeypatch.setattr(counting, "facets", too_slow)
    monkeypatch.setattr(counting, "count", too_slow)
    page = await site.page(q="late", limit="5")
    assert page.css_first(".head b").text() == "more than 5 mentions · newest 5 shown"
    assert "too much to break it down" in page.css_first(".said").text()
    assert len(page.css("article")) == 5


# ---- feeds -----------------------------------------------------------------------------------------------------------


async def test_any_search_is_a_feed_that_readers_understand(site):
    await site.hear(
        {
            "id": "odd",
            "title": "Late & <b>lost</b>",
            "text": "acme is late\x0b \ufffe",
            "url": "https://a.example/?a=1&b=2",
        }
    )
    page = await site.page(q="late")
    (link,) = page.css('link[type="application/atom+xml"]')
    body = await site.get(link.attributes["href"])
    read = feedparser.parse(body)
    assert not read.bozo, read.get("bozo_exception")
    assert read.version == "atom10"
    assert read.feed.title == "late · overheard"
    assert {one.rel for one in read.feed.links} == {"self", "alternate"}
    assert len(read.entries) == 21
    newest = read.entries[0]
    assert newest.title == "Late & <b>lost</b>"
    assert newest.title_detail.type == newest.summary_detail.type == "text/plain"
    assert newest.link == "https://a.example/?a=1&b=2"
    assert all(one.id.startswith("tag:127.0.0.1,2026:overheard/mention/") for one in read.entries)
    assert all(one.author and one.published and one.updated for one in read.entries)
    again = feedparser.parse(await site.get(link.attributes["href"]))
    assert [one.id for one in again.entries] == [one.id for one in read.entries]
    ours = [
        one
        for one in replay(
            read_feed(FeedConfig(url="https://x.example/"), {}), [Response(200, {}, body, "https://x.example/")]
        )
        if isinstance(one, Item)
    ]
    assert {one.id for one in ours} == {one.id for one in read.entries}


async def test_a_saved_search_has_its_link_and_its_feed(site):
    save = handlers(site.service)["save search"]
    await save({"name": "Late / angry", "query": "late sentiment:negative", "brand": "Acme"}, print)
    page = await site.page()
    (address,) = (link.attributes["href"] for link in page.css("aside a") if link.text() == "Late / angry")
    assert parse_qs(urlsplit(address).query) == {"q": ["late sentiment:negative"], "brand": ["Acme"]}
    read = feedparser.parse(await site.get("/searches/Late%20%2F%20angry.atom"))
    assert read.feed.title == "Late / angry · overheard"
    assert len(read.entries) == 20
    assert b'Did you mean "Late / angry"?' in await site.get("/searches/late%20angry.atom", 404)
    assert b"^" in await site.get("/mentions.atom", 400, q="(")


# ---- files -----------------------------------------------------------------------------------------------------------


async def test_all_that_matches_is_fetched_as_a_file_of_each_kind(site, tmp_path):
    page = await site.page(q="late", limit="3")
    links = {link.text(): link.attributes["href"] for link in page.css(".head a[download]")}
    rows = list(csv.DictReader((await site.get(links["CSV"])).decode("utf-8-sig").splitlines()))
    assert [row["text"] for row in rows] == [f"Acme is late, day {day}" for day in range(20, 0, -1)]
    assert len((await site.get(links["JSONL"])).splitlines()) == 20
    assert openpyxl.load_workbook(BytesIO(await site.get(links["XLSX"])))["Mentions"].max_row == 21
    (tmp_path / "x.parquet").write_bytes(await site.get(links["Parquet"]))
    assert duckdb.sql(f"SELECT count(*) FROM '{tmp_path / 'x.parquet'}'").fetchall() == [(20,)]


async def test_a_file_that_cannot_be_made_says_why_instead(site):
    for form in ("csv", "xlsx"):
        assert b"^" in await site.get(f"/mentions.{form}", 400, q="late (")
        assert b"no mention #999" in await site.get(f"/mentions.{form}", 400, q="like:999")


async def test_who_leaves_in_the_middle_of_a_file_leaves_no_work_behind(site):
    rows = [{"id": f"long {n}", "text": "acme " + "long " * 5_000} for n in range(400)]
    for start in range(0, 400, 100):
        await site.hear(*rows[start : start + 100])
    for _ in range(3):  # more than may be made at once
        async with site.session.get(f"{site.address}/mentions.jsonl") as reply:
            assert await reply.content.readexactly(100_000)
            reply.close()
    assert (await site.get("/mentions.csv", q="lovely")).count(b"\n") == 2


async def test_programs_follow_the_pages_of_json_lines_by_their_link(site):
    async with site.session.get(f"{site.address}/mentions", params={"format": "jsonl", "limit": "15"}) as reply:
        assert len((await reply.text()).splitlines()) == 15
        following = str(reply.links["next"]["url"])
    assert len((await site.get(following)).splitlines()) == 6
