"""From what somebody pastes to a source: what is asked, what is made of it, what is said where there is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import sources
from sources.base import Blocked, NotFound, RateLimited, Read, Request, Response, SourceError, Unreachable
from sources.discover import USUAL, Candidate, Found, detected, discover
from sources.reading.webpage import read_page

HTML = "text/html; charset=utf-8"
FEED = "application/rss+xml"


def feed(title: str = "Anvil", *titles: str) -> Response:
    items = "".join(
        f"<item><guid>{at}</guid><title>{one}</title><pubDate>Sat, {20 + at} Nov 2026 10:00:00 GMT</pubDate></item>"
        for at, one in enumerate(titles)
    )
    body = f'<rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'
    return Response(200, {"content-type": FEED}, body.encode(), "")


def page(head: str = "", body: str = "", url: str = "") -> Response:
    text = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return Response(200, {"content-type": HTML}, text.encode(), url)


class Looked:
    """A look over prepared answers; what is not there is a 404."""

    def __init__(
        self, asked: str, answers: Mapping[str, Response | SourceError] | None = None, words: str = ""
    ) -> None:
        self.asked: list[str] = []
        self.pages: list[str] = []
        self.answers = answers or {}
        self.found = self._run(asked, words)

    def _run(self, asked: str, words: str) -> Found:
        reading = discover(asked, words)
        answer: Any = None
        trouble: SourceError | None = None
        while True:
            try:
                step = reading.throw(trouble) if trouble else reading.send(answer)
            except StopIteration as end:
                return end.value
            answer = trouble = None
            try:
                answer = step.here() if isinstance(step, Read) else self._answer(step)
            except SourceError as error:
                trouble = error

    def _answer(self, request: Request) -> Response:
        url = request.url + (
            "?" + "&".join(f"{key}={value}" for key, value in request.query.items()) if request.query else ""
        )
        self.asked.append(url)
        if request.page:
            self.pages.append(url)
        known = self.answers.get(url)
        if isinstance(known, SourceError):
            raise known
        if known is None:
            if 404 in request.answers:
                return Response(404, {}, b"", url)
            raise NotFound(f"{url} answered 404 Not Found")
        return known if known.url else Response(known.status, known.headers, known.body, url)

    @property
    def best(self) -> Candidate:
        return self.found.candidates[0]

    @property
    def addresses(self) -> list[str]:
        return [str(one.config.get("url")) for one in self.found.candidates]


ALTERNATE = '<link rel="alternate" type="application/rss+xml" title="{}" href="{}">'


def test_the_main_feed_of_a_page_comes_before_its_comments() -> None:
    head = ALTERNATE.format("Anvil » Comments", "/comments/feed/") + ALTERNATE.format("Anvil", "/feed/")
    looked = Looked(
        "https://anvil.example/",
        {
            "https://anvil.example/": page(head),
            "https://anvil.example/feed/": feed("Anvil", "One", "Two"),
            "https://anvil.example/comments/feed/": feed("Comments on Anvil"),
        },
    )
    assert looked.addresses == ["https://anvil.example/feed/", "https://anvil.example/comments/feed/"]
    assert (looked.best.title, looked.best.entries) == ("Anvil", 2)
    assert looked.best.newest is not None
    assert looked.best.newest.day == 21
    assert looked.pages == ["https://anvil.example/"], "robots are asked of pages, not of feeds"


def test_an_address_that_is_a_feed_is_taken_as_it_is() -> None:
    looked = Looked("https://a.example/all.php?x=1", {"https://a.example/all.php?x=1": feed("News", "One")})
    assert looked.best.config == {"url": "https://a.example/all.php?x=1"}
    assert len(looked.asked) == 1


def test_an_address_that_names_a_feed_is_not_asked_for_as_a_page() -> None:
    looked = Looked("https://a.example/feed.xml", {"https://a.example/feed.xml": feed("News")})
    assert looked.best.kind == "feed"
    assert looked.pages == []


@pytest.mark.parametrize(
    ("asked", "kind", "config"),
    [
        ("https://apps.apple.com/gb/app/anvil/id1234567890", "appstore", {"app": "1234567890"}),
        ("https://www.youtube.com/channel/UC_x5XG1OV2P6uZZ5FSM9Ttw/videos", "youtube-channel", {}),
        ("https://news.google.com/rss/search?q=acme+anvil&hl=en-US", "google-news", {"query": "acme anvil"}),
        ("store.steampowered.com/app/570/Dota_2/", "steam", {"app": "570"}),
    ],
)
def test_an_address_of_a_known_service_needs_no_look(asked: str, kind: str, config: dict[str, Any]) -> None:
    looked = Looked(asked)
    assert looked.best.kind == kind
    assert {key: str(looked.best.config[key]) for key in config} == config
    assert looked.asked == []


def test_special_kinds_come_before_any_feed() -> None:
    found = detected("https://www.youtube.com/feeds/videos.xml?channel_id=UC_x5XG1OV2P6uZZ5FSM9Ttw")
    assert found[0].kind == "youtube-channel"


@pytest.mark.parametrize("kind", [kind for kind in sources.names() if kind != "feed"])
def test_what_is_made_of_an_address_can_be_used(kind: str) -> None:
    """No kind knows an address of a stranger, and none fails on one."""
    for address in (
        "https://anvil.example/",
        "https://anvil.example/feed",
        "http://127.0.0.1:8000/x?q=1",
        "https://é.example/ü",
    ):
        assert kind not in [one.kind for one in detected(address)]


def test_a_channel_behind_a_handle_is_found_in_its_page() -> None:
    channel = "UC_x5XG1OV2P6uZZ5FSM9Ttw"
    head = f'<link rel="canonical" href="https://www.youtube.com/channel/{channel}">'
    head += ALTERNATE.format("RSS", f"https://www.youtube.com/feeds/videos.xml?channel_id={channel}")
    looked = Looked("youtube.com/@acme", {"https://youtube.com/@acme": page(head)})
    assert [(one.kind, dict(one.config)) for one in looked.found.candidates] == [
        ("youtube-channel", {"channel": channel})
    ]


def test_a_podcast_is_read_at_its_own_feed() -> None:
    lookup = Response(200, {}, b'{"results": [{"feedUrl": "https://cast.example/rss"}]}', "")
    looked = Looked(
        "https://podcasts.apple.com/us/podcast/anvils/id4242",
        {
            "https://itunes.apple.com/lookup?id=4242&entity=podcast": lookup,
            "https://cast.example/rss": feed("Anvils, the podcast", "Episode"),
        },
    )
    assert looked.best.config == {"url": "https://cast.example/rss"}
    assert looked.best.title == "Anvils, the podcast"


@pytest.mark.parametrize("body", [b'{"results": []}', b'{"results": [{}]}', b"[]", b"no"])
def test_a_podcast_that_is_not_known_is_told_and_the_page_looked_at(body: bytes) -> None:
    address = "https://podcasts.apple.com/us/podcast/anvils/id4242"
    looked = Looked(
        address,
        {"https://itunes.apple.com/lookup?id=4242&entity=podcast": Response(200, {}, body, ""), address: page()},
    )
    assert not looked.found.candidates
    assert "Apple" in looked.found.seen[0]


@pytest.mark.skipif("discourse" not in sources.names(), reason="no such kind")
def test_a_forum_is_known_by_its_software_and_comes_before_its_feed() -> None:
    head = '<meta name="generator" content="Discourse 3.5.0 - https://github.com/discourse/discourse">'
    head += ALTERNATE.format("Latest", "/latest.rss")
    looked = Looked(
        "https://anvils.example/",
        {"https://anvils.example/": page(head), "https://anvils.example/latest.rss": feed("Latest")},
        words="Acme",
    )
    assert looked.best.kind == "discourse"
    assert "https://anvils.example" in str(looked.best.config)
    assert "feed" in [one.kind for one in looked.found.candidates]


@pytest.mark.skipif("reviews-page" not in sources.names(), reason="no such kind")
def test_a_page_of_reviews_is_read_for_them() -> None:
    reviews = '[{"@type": "Review"}, {"@type":"Review"}]'
    ld = f'<script type="application/ld+json">{{"@type": "Product", "review": {reviews}}}</script>'
    looked = Looked("https://shop.example/anvil", {"https://shop.example/anvil": page(ld)})
    assert looked.best.kind == "reviews-page"
    assert "2 reviews" in looked.best.why


def test_a_feed_that_is_only_linked_in_the_text_is_found() -> None:
    looked = Looked(
        "anvil.example",
        {
            "https://anvil.example/": page(body='<a href="/about">About</a> <a href="news.rss">RSS</a>'),
            "https://anvil.example/news.rss": feed("News", "One"),
        },
    )
    assert looked.addresses == ["https://anvil.example/news.rss"]


@pytest.mark.parametrize("at", USUAL)
def test_a_feed_at_a_usual_place_is_found_where_the_page_says_nothing(at: str) -> None:
    looked = Looked(
        "anvil.example/about/us", {"https://anvil.example/about/us": page(), f"https://anvil.example{at}": feed()}
    )
    assert looked.best.why == f"found at {at}"


def test_a_page_that_answers_everything_with_itself_is_no_feed() -> None:
    answers = {f"https://anvil.example{path}": page("<title>Anvil</title>") for path in ("/", *USUAL)}
    looked = Looked("anvil.example", answers)
    assert not looked.found.candidates


def test_where_there_is_nothing_it_says_what_it_saw_and_what_can_be_done() -> None:
    looked = Looked(
        "https://www.anvil.example/",
        {"https://www.anvil.example/": page("<title>Anvils &amp; more</title>", "x" * 41_900)},
    )
    assert looked.found.seen[0] == "a web page of 42 kB, “Anvils & more”, that announces no feed"
    assert "/feed" in looked.found.seen[1]
    assert 'overheard sources add "anvil"' in looked.found.advice[0]
    assert "webhook" in looked.found.advice[1]


def test_a_file_of_another_kind_is_told_by_its_kind_and_size() -> None:
    image = Response(200, {"content-type": "image/png"}, b"\x89PNG" + bytes(2_100_000), "")
    looked = Looked("https://a.example/shot.png", {"https://a.example/shot.png": image})
    assert looked.found.seen == ("a file of 2.1 MB (image/png), which is no feed and no web page",)


def test_a_page_closed_by_robots_may_still_have_a_feed() -> None:
    closed = Blocked("https://a.example/ is closed to programs by the robots.txt of a.example")
    looked = Looked("a.example", {"https://a.example/": closed, "https://a.example/feed": feed("A", "One")})
    assert looked.best.config == {"url": "https://a.example/feed"}
    assert "robots.txt" in looked.found.seen[0]


def test_a_domain_without_a_secure_server_is_asked_without() -> None:
    looked = Looked("a.example", {"https://a.example/": Unreachable("no"), "http://a.example/": feed("A", "One")})
    assert looked.best.config == {"url": "http://a.example/"}


def test_a_server_that_cannot_be_reached_is_an_error() -> None:
    with pytest.raises(Unreachable):
        Looked("https://a.example/", {"https://a.example/": Unreachable("no")})


def test_who_wants_a_pause_is_not_asked_at_more_places() -> None:
    with pytest.raises(RateLimited):
        Looked("https://a.example/", {"https://a.example/": RateLimited("too often", 60.0)})


def test_an_address_of_another_scheme_is_not_searched_for_as_words() -> None:
    found = Looked("ftp://a.example/feed.xml").found
    assert found.candidates == ()
    assert "http://" in found.advice[0]


def test_words_are_searched_for_as_they_stand() -> None:
    looked = Looked('Acme "super" anvil')
    assert [one.kind for one in looked.found.candidates][:2] == ["google-news", "hackernews"]
    assert {one.config["query"] for one in looked.found.candidates} == {'"Acme super anvil"'}
    assert looked.asked == []


@pytest.mark.parametrize("asked", ["", "  ", '""'])
def test_nothing_asked_is_nothing_found(asked: str) -> None:
    assert Looked(asked).found.candidates == ()


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        ("acme.com", "https://acme.com/"),
        ("@acme@mastodon.example", "https://mastodon.example/@acme"),
        ("!anvils@lemmy.example", "https://lemmy.example/c/anvils"),
        ("feed://acme.com/x", "http://acme.com/x"),
        ("feed:https://acme.com/x", "https://acme.com/x"),
        ("http://acme.com", "http://acme.com/"),
        ("localhost:8000/x", "https://localhost:8000/x"),
    ],
)
def test_what_people_write_is_understood_as_an_address(asked: str, address: str) -> None:
    looked = Looked(asked, {address: feed("A")})
    assert looked.asked[0] == address


def test_a_tag_is_read_on_a_mastodon_server() -> None:
    best = Looked("#acme").best
    assert (best.kind, best.config) == ("mastodon", {"tags": ["acme"]})


def test_a_handle_without_its_network_says_how_to_write_it() -> None:
    found = Looked("@acme").found
    assert not found.candidates
    assert "@acme@mastodon.social" in found.advice[0]


def test_a_service_that_wants_words_is_asked_for_the_brand() -> None:
    best = Looked("https://news.ycombinator.com/", words="Acme").best
    assert (best.kind, best.config["query"]) == ("hackernews", '"Acme"')


def test_a_kind_is_no_word_to_search_for() -> None:
    found = Looked("appstore").found
    assert not found.candidates
    assert "config.example.toml" in found.advice[0]
    assert Looked("gdelt-articles").best.kind == "gdelt-articles"


def test_what_needs_a_credential_comes_after_what_needs_none() -> None:
    address = "https://www.youtube.com/results?search_query=acme"
    head = ALTERNATE.format("Results", "/results.php")
    looked = Looked(address, {address: page(head), "https://www.youtube.com/results.php": feed("Results")})
    assert [(one.kind, bool(one.needs)) for one in looked.found.candidates] == [("feed", False), ("youtube", True)]


def test_of_many_feeds_few_are_read_and_all_are_named() -> None:
    head = "".join(ALTERNATE.format(f"Part {at}", f"/part{at}.php") for at in range(9))
    answers = {f"https://a.example/part{at}.php": feed(f"Part {at}") for at in range(9)}
    looked = Looked("a.example", {"https://a.example/": page(head), **answers})
    assert len(looked.asked) == 4
    assert len(looked.found.candidates) == 9


def test_a_dead_announcement_is_left_out() -> None:
    head = ALTERNATE.format("Old", "/gone.xml") + ALTERNATE.format("New", "/new.php")
    looked = Looked("a.example", {"https://a.example/": page(head), "https://a.example/new.php": feed("New")})
    assert looked.addresses == ["https://a.example/new.php"]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<link rel="ALTERNATE feed" type="Application/Atom+XML; charset=utf-8" href=/a>', ["https://x.example/a"]),
        ('<link rel="feed" href="/a">', ["https://x.example/a"]),
        (
            '<base href="https://y.example/z/"><link rel=alternate type=application/feed+json href=a>',
            ["https://y.example/z/a"],
        ),
        ('<link rel="alternate" type="application/json+oembed" href="/a">', []),
        ('<link rel="alternate" type="application/json" href="/wp-json/">', []),
        ('<link rel="alternate stylesheet" type="text/xml" href="/a">', []),
        ('<link rel="alternate" hreflang="de" href="/de">', []),
        ('<!-- <link rel="alternate" type="application/rss+xml" href="/a"> -->', []),
        ('<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">', []),
        ('<link rel="alternate" type="application/rss+xml" href="file:///etc/passwd">', []),
    ],
)
def test_links_announce_feeds_as_browsers_read_them(link: str, expected: list[str]) -> None:
    assert [one.url for one in read_page(f"<html><head>{link}".encode(), "https://x.example/p").feeds] == expected


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe", b"<" * 5_000, b"<div>" * 20_000, "<p>ü</p>".encode("latin-1")])
def test_damaged_pages_say_nothing(body: bytes) -> None:
    assert read_page(body, "https://x.example/").feeds == ()


def test_the_corpus_of_announcements_is_read(corpora: Callable[[str], Path]) -> None:
    """Each page announces the feed of its own number, or another; none announces what its comments and scripts name."""
    folder = corpora("feedvalidator") / "feedfinder-tests"
    read = 0
    for path in sorted(folder.glob("html4-*.html")):
        body = path.read_bytes()
        announced = [one.url for one in read_page(body, f"https://corpus.example/{path.name}").feeds]
        assert not [url for url in announced if url.endswith("/404")], path.name
        own = [url for url in announced if re.search(rf"/{path.stem}\.xml$", url)]
        assert own, path.name
        read += 1
    assert read > 50
