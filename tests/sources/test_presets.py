"""Presets: addresses filled in, the named operations over items, and polls of each through a real server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

import sources
from sources import presets
from sources.base import Item, NotFound, Problem, Request, Response, Unreachable, replay

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
        ("reddit-subreddit", {"subreddit": "Tea"}, "https://www.reddit.com/r/Tea/new/.rss?limit=100"),
        ("reddit-subreddit", {"subreddit": "Tea", "query": "a b"}, "https://www.reddit.com/r/Tea/search.rss?q=a%20b&restrict_sr=on&sort=new&limit=100"),
        ("google-alerts", {"feed": "https://www.google.com/alerts/feeds/1/2"}, "https://www.google.com/alerts/feeds/1/2"),
        ("podcasts", {"feed": "https://pod.example/?feed=a&b=c/"}, "https://pod.example/?feed=a&b=c/"),
        ("wordpress-reviews", {"plugin": "a-b"}, "https://wordpress.org/support/plugin/a-b/reviews/feed/"),
        ("lobsters", {}, "https://lobste.rs/newest.rss"),
        ("lobsters", {"tag": "c++"}, "https://lobste.rs/t/c%2B%2B.rss"),
        ("lobsters", {"domain": "a.example", "tag": "x"}, "https://lobste.rs/domains/a.example.rss"),
        ("medium", {"tag": "#tea"}, "https://medium.com/feed/tag/tea"),
        ("medium", {"user": "@ada"}, "https://medium.com/feed/@ada"),
        ("medium", {"publication": "the-kettle"}, "https://medium.com/feed/the-kettle"),
        ("mastodon-rss", {"server": "https://s.example/", "tag": "tea"}, "https://s.example/tags/tea.rss"),
        ("mastodon-rss", {"server": "https://s.example", "user": "ada"}, "https://s.example/@ada.rss"),
        ("lemmy-rss", {"server": "https://s.example"}, "https://s.example/feeds/all.xml?sort=New&limit=50"),
        ("lemmy-rss", {"server": "https://s.example", "community": "tea"}, "https://s.example/feeds/c/tea.xml?sort=New&limit=50"),
        ("wikipedia-history", {"title": "AC/DC", "language": "de"}, "https://de.wikipedia.org/w/index.php?title=AC%2FDC&action=history&feed=atom&limit=50"),
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


@pytest.mark.parametrize("kind", ["medium", "mastodon-rss"])
def test_what_may_be_given_is_named_where_nothing_is(kind: str) -> None:
    declared = sources.load(kind)
    server = {name: value for name, value in declared.example.items() if name == "server"}
    with pytest.raises(ValueError, match=r"name one of these: tag, user"):
        declared.Config.model_validate(server)


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("reddit-subreddit", {"subreddit": "r/Tea"}),
        ("mastodon-rss", {"server": "social.example", "tag": "a"}),
        ("wikipedia-history", {"title": "Tea", "language": "evil.example/"}),
        ("wordpress-reviews", {"plugin": "../.."}),
        ("podcasts", {"feed": "ftp://pod.example/"}),
    ],
)
def test_a_parameter_of_another_form_is_refused(kind: str, config: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="pattern"):
        sources.load(kind).Config.model_validate(config)


def test_all_of_reddit_is_asked_once_a_minute_at_most_and_shares_its_ids() -> None:
    reddit = [sources.load(kind) for kind in ("reddit-search", "reddit-subreddit")]
    assert {one.rate for one in reddit} == {"1/60s"}
    assert {one.scope_of(one.Config.model_validate(one.example)) for one in reddit} == {"reddit"}


STARS = {"pattern": r"\ARating: (?P<stars>\d) stars?\s*", "most": 5}


@pytest.mark.parametrize(
    ("text", "rest", "rating"),
    [
        ("Rating: 4 stars\nGood", "Good", 4.0),
        ("Rating: 1 star", "", 1.0),
        ("Rating: 0 stars\nHm", "Hm", None),
        ("Rating: 9 stars\nHm", "Hm", None),
        ("Good. Rating: 4 stars", "Good. Rating: 4 stars", None),
    ],
)
def test_stars_are_taken_out_of_the_text(text: str, rest: str, rating: float | None) -> None:
    rated = presets.stars_from_text(replace(ITEM, text=text), **STARS)  # type: ignore[arg-type]
    assert (rated.text, rated.rating) == (rest, rating)
    assert (rated.rating_max, rated.rating_kind) == ((5.0, "stars") if rating else (None, None))


def test_a_field_is_rewritten_only_where_the_pattern_is_found() -> None:
    by = replace(ITEM, author="a.example via ada")
    assert presets.rewrite(by, "author", r"\A\S+ via ", "").author == "ada"
    assert presets.rewrite(by, "author", r"\Anobody", "x") is by
    assert presets.rewrite(by, "author", r"//([^/]+)/(\w)", r"\2@\1", of="url").author == "x@a.example"


# Through a real server ----------------------------------------------------------------------------------------------

FIXTURES = Path(__file__).parent / "fixtures"
KINDS = presets.names()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_second_poll_brings_nothing_new_and_another_window_is_a_gap(
    kind: str, loopback: Any, polled: Any
) -> None:
    body = next((FIXTURES / kind).glob("reply.*")).read_bytes()
    asked_with: list[str | None] = []
    bodies = [
        body,
        None,
        body,
        b"<rss version='2.0'><channel><item><guid>other</guid><title>o</title></item></channel></rss>",
    ]

    async def answer(request: web.Request) -> web.Response:
        asked_with.append(request.headers.get("if-none-match"))
        now = bodies[len(asked_with) - 1]
        if now is None:
            return web.Response(status=304)
        return web.Response(body=now, content_type="application/xml", headers={"etag": f'"{len(asked_with)}"'})

    config = {**sources.load(kind).example, "url": await loopback({"/feed": answer}) + "/feed"}
    first = await polled(kind, config)
    assert first.items
    second = await polled(kind, config, first.state)
    assert (second.items, second.outcome.not_modified, asked_with) == ([], True, [None, '"1"'])
    third = await polled(kind, config, second.state)
    assert (third.ids, third.outcome.missed, third.problems) == (first.ids, False, [])
    last = await polled(kind, config, third.state)
    assert (last.ids, last.outcome.missed) == (["other"], True)


async def test_a_channel_of_youtube_that_is_not_found_is_asked_again(loopback: Any, polled: Any) -> None:
    statuses = [404, 500, 200]

    async def answer(request: web.Request) -> web.Response:
        body = (FIXTURES / "youtube-channel" / "reply.xml").read_bytes()
        return web.Response(status=statuses.pop(0), body=body, content_type="text/xml")

    config = {"channel": f"UC{'x' * 22}", "url": await loopback({"/": answer})}
    missing, broken, there = [await polled("youtube-channel", config) for _ in range(3)]
    assert isinstance(missing.error, Unreachable)
    assert "as it does at times" in missing.error.words
    assert isinstance(broken.error, Unreachable)
    assert there.ids == ["yt:video:VVVVVVVVVVV"]


async def test_elsewhere_not_found_is_not_found(loopback: Any, polled: Any) -> None:
    done = await polled("medium", {"tag": "tea", "url": await loopback({}) + "/gone"})
    assert isinstance(done.error, NotFound)


def read(kind: str, body: bytes | str, reply: Callable[..., Response]) -> list[Item]:
    declared = sources.load(kind)
    assert declared.fetch is not None
    steps = list(replay(declared.fetch(declared.Config.model_validate(declared.example), {}), [reply(body)]))
    assert not [step for step in steps if isinstance(step, Problem)]
    return [step for step in steps if isinstance(step, Item)]


def test_points_and_comments_that_are_counted_on_are_no_edit(reply: Callable[..., Response]) -> None:
    body = (FIXTURES / "lemmy-rss" / "reply.xml").read_text("utf-8")
    later = body.replace("12 points", "1 points").replace("3 comments", "40 comments").replace("-1 points", "7 points")
    assert later != body
    assert read("lemmy-rss", later, reply) == read("lemmy-rss", body, reply)


def test_one_article_in_two_alerts_is_one_mention(reply: Callable[..., Response]) -> None:
    body = (FIXTURES / "google-alerts" / "reply.xml").read_text("utf-8")
    other = body.replace("googlealerts/feed:10", "googlealerts/feed:20").replace("cd=CAIyAAAA", "cd=CAIyZZZZ")
    assert [item.id for item in read("google-alerts", other, reply)] == [
        item.id for item in read("google-alerts", body, reply)
    ]


def test_a_real_alert_leads_to_its_publishers(reply: Callable[..., Response], corpora: Callable[[str], Path]) -> None:
    path = corpora("feedjira") / "spec" / "sample_feeds" / "google_alerts_atom.xml"
    items = read("google-alerts", path.read_bytes(), reply)
    assert len(items) == path.read_bytes().count(b"<entry>")
    assert not [item for item in items if "google." in item.url or "<" in item.title or "&" in item.title.split()[0]]
    assert all(item.title and item.published and item.extra["outlet"] for item in items)
    assert len({item.id for item in items}) == len(items)


def test_a_real_channel_of_youtube_is_read(reply: Callable[..., Response], corpora: Callable[[str], Path]) -> None:
    items = read("youtube-channel", (corpora("feedjira") / "spec/sample_feeds/youtube_atom.xml").read_bytes(), reply)
    assert len(items) > 10
    assert all(item.id == f"yt:video:{item.extra['video']}" and item.text for item in items)


def test_real_podcasts_say_what_their_episodes_are_about(
    reply: Callable[..., Response], corpora: Callable[[str], Path]
) -> None:
    items = read("podcasts", (corpora("feedjira") / "spec/sample_feeds/itunes.xml").read_bytes(), reply)
    assert items
    assert all(item.text and item.extra["duration"] and item.extra["audio"] for item in items)


def test_a_handle_is_not_taken_for_the_id_of_a_channel() -> None:
    # Its feed would not be found, and a channel's feed that is not found is asked again for ever.
    with pytest.raises(ValidationError):
        sources.load("youtube-channel").Config.model_validate({"channel": "@acme"})
