"""Presets: addresses filled in, and the named operations over items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import sources
from sources import presets
from sources.base import Item, Request, Response, replay

ITEM = Item(id="1", title="News - Outlet", url="https://a.example/x", text="News", extra={"outlet": "Outlet"})


def asked(kind: str, **config: str) -> str:
    declared = sources.load(kind)
    assert declared.fetch is not None
    request = next(declared.fetch(declared.Config.model_validate(config), {}))
    assert isinstance(request, Request)
    return request.url


@pytest.mark.parametrize(
    ("kind", "config", "url"),
    [
        ("google-news", {"query": '"a b" & c'}, "https://news.google.com/rss/search?q=%22a%20b%22%20%26%20c&hl=en-US&gl=US&ceid=US%3Aen"),
        ("google-news", {"query": "x", "language": "de", "country": "DE"}, "https://news.google.com/rss/search?q=x&hl=de&gl=DE&ceid=DE%3Ade"),
        ("bing-news", {"query": "x"}, "https://www.bing.com/news/search?q=x&format=rss&setlang=en"),
        ("reddit-search", {"query": "x"}, "https://www.reddit.com/search.rss?q=x&sort=new&limit=100"),
        ("youtube-channel", {"channel": "UCx"}, "https://www.youtube.com/feeds/videos.xml?channel_id=UCx"),
        ("gdelt-articles", {}, "https://data.gdeltproject.org/gdeltv3/gal/feed.rss"),
    ],
)  # fmt: skip
def test_the_address_is_filled_in(kind: str, config: dict[str, str], url: str) -> None:
    assert asked(kind, **config).replace("US:en", "US%3Aen").replace("DE:de", "DE%3Ade") == url


@pytest.mark.parametrize("kind", presets.names())
def test_another_address_can_be_read_instead(kind: str) -> None:
    example = dict(sources.load(kind).example)
    assert asked(kind, **example, url="http://127.0.0.1:8080/feed") == "http://127.0.0.1:8080/feed"


@pytest.mark.parametrize("kind", [kind for kind in presets.names() if sources.load(kind).example])
def test_a_missing_parameter_is_named(kind: str) -> None:
    declared = sources.load(kind)
    with pytest.raises(ValueError, match=next(iter(declared.example))):
        declared.Config.model_validate({})


def test_one_article_found_by_two_queries_is_one_mention() -> None:
    declared = sources.load("google-news")
    scopes = {declared.scope_of(declared.Config.model_validate({"query": query})) for query in ("a", "b")}
    assert len(scopes) == 1


@pytest.mark.parametrize("kind", presets.names())
def test_every_named_operation_exists(kind: str) -> None:
    table = presets._tables()[kind]
    assert {step["do"] for step in table["map"]} <= set(presets.OPERATIONS)


def test_a_tail_is_cut_only_where_it_is_the_outlet() -> None:
    assert presets.cut_tail(ITEM, "title", " - {outlet}").title == "News"
    other = replace(ITEM, extra={"outlet": "Somebody else"})
    assert presets.cut_tail(other, "title", " - {outlet}").title == "News - Outlet"
    assert presets.cut_tail(replace(ITEM, extra={}), "title", " - {outlet}").title == "News - Outlet"


def test_a_counted_click_is_unwrapped_only_to_a_web_address() -> None:
    wrapped = replace(ITEM, url="https://www.bing.com/apiclick?url=https%3a%2f%2fb.example%2f1")
    assert presets.unwrap_link(wrapped, "url").url == "https://b.example/1"
    evil = replace(ITEM, url="https://www.bing.com/apiclick?url=javascript:alert(1)")
    assert presets.unwrap_link(evil, "url").url == evil.url


def test_what_is_taken_from_the_entry_belongs_to_that_entry(reply: Callable[..., Response]) -> None:
    body = "".join(
        f"<item><title>t{at}</title><guid>{at}</guid>" + (f"<source>o{at}</source></item>" if at % 2 else "</item>")
        for at in range(4)
    )
    declared = sources.load("google-news")
    assert declared.fetch is not None
    steps = replay(
        declared.fetch(declared.Config.model_validate({"query": "x"}), {}),
        [reply(f"<rss><channel>{body}</channel></rss>")],
    )
    outlets = {step.id: step.extra.get("outlet") for step in steps if isinstance(step, Item)}
    assert outlets == {"0": None, "1": "o1", "2": None, "3": "o3"}
