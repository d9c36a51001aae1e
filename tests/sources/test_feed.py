"""Feeds of every format: what is taken, from where, and what is left out."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from sources import feed
from sources.base import BadShape, Checkpoint, Item, Pause, Problem, Read, Request, Response, replay
from sources.reading.document import parse_feed
from sources.reading.feedxml import MOST_ENTRIES

Rss = Callable[..., bytes]
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>T</title>{inner}</feed>'


def atom(inner: str, attributes: str = "") -> bytes:
    return ATOM.format(inner=inner, attributes=attributes).encode()


FORMATS = {
    "RSS 2.0": b"<rss version='2.0'><channel><item><title>Hi</title><link>http://a.example/1</link></item></channel></rss>",
    "RSS 0.91": b"<!DOCTYPE rss SYSTEM 'http://my.netscape.com/publish/formats/rss-0.91.dtd'>"
    b"<rss version='0.91'><channel><item><title>Hi</title><link>http://a.example/1</link></item></channel></rss>",
    "RSS 1.0": b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
    b"<channel rdf:about='http://a.example/'><title>T</title></channel>"
    b"<item rdf:about='http://a.example/1'><title>Hi</title><link>http://a.example/1</link></item></rdf:RDF>",
    "RSS 0.90": b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://my.netscape.com/rdf/simple/0.9/'>"
    b"<item><title>Hi</title><link>http://a.example/1</link></item></rdf:RDF>",
    "Atom 1.0": atom("<entry><title>Hi</title><link href='http://a.example/1'/></entry>"),
    "Atom 0.3": b"<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title>Hi</title>"
    b"<link rel='alternate' href='http://a.example/1'/></entry></feed>",
    "JSON Feed": b'{"version":"https://jsonfeed.org/version/1.1","items":[{"url":"http://a.example/1","title":"Hi"}]}',
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_feed_is_read(name: str) -> None:
    (item,) = parse_feed(FORMATS[name]).items
    assert (item.title, item.url) == ("Hi", "http://a.example/1")


def test_a_poll_asks_once_reads_in_a_killable_child_and_ends(
    reply: Callable[..., Response], rss: Callable[..., bytes]
) -> None:
    reading = feed.fetch(feed.Config(url="https://a.example/feed"), {})
    request = next(reading)
    assert isinstance(request, Request)
    assert request.url == "https://a.example/feed"
    read = reading.send(reply(rss("<title>Hi</title>"), url="https://a.example/moved"))
    assert isinstance(read, Read)
    assert pickle.loads(pickle.dumps((read.function, read.args))) == (read.function, read.args)
    parsed = pickle.loads(pickle.dumps(read.here()))
    assert reading.send(parsed).title == "Hi"


def paced(
    body: bytes, cursor: dict[str, object] | None = None, **headers: str
) -> tuple[list[Pause], dict[str, object]]:
    """The pauses that a poll asks for, and its cursor."""
    reply = Response(
        200, {name.replace("_", "-"): value for name, value in headers.items()}, body, "https://a.example/"
    )
    steps = list(replay(feed.fetch(feed.Config(url="https://a.example/"), cursor or {}), [reply]))
    (end,) = [step for step in steps if isinstance(step, Checkpoint)]
    return [step for step in steps if isinstance(step, Pause)], dict(end.cursor)


def test_where_a_feeds_hub_is_stands_in_its_cursor(rss: Rss) -> None:
    links = '<link xmlns="http://www.w3.org/2005/Atom" rel="{}" href="https://{}.example/"/>'
    _, cursor = paced(rss("<title>x</title>", head=links.format("hub", "hub") + links.format("self", "topic")))
    assert (cursor["hub"], cursor["topic"]) == ("https://hub.example/", "https://topic.example/")


def test_a_hub_named_by_the_replys_headers_comes_first(rss: Rss) -> None:
    head = '<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="https://old.example/"/>'
    link = (
        '</feed?a=1,2>; rel="self alternate"; type="text/xml", <https://hub.example/>; REL=hub, <javascript:x>; rel=hub'
    )
    _, cursor = paced(rss("<title>x</title>", head=head), link=link)
    assert (cursor["hub"], cursor["topic"]) == ("https://hub.example/", "https://a.example/feed?a=1,2")


SY = '<updatePeriod xmlns="http://purl.org/rss/1.0/modules/syndication/">{}</updatePeriod>'
SY += '<updateFrequency xmlns="http://purl.org/rss/1.0/modules/syndication/">{}</updateFrequency>'


@pytest.mark.parametrize(
    ("head", "headers", "seconds"),
    [
        ("<ttl>30</ttl>", {}, 1_800),
        ("<ttl> 30 </ttl>", {"cache_control": "public, max-age=600"}, 1_800),
        ("<ttl>5</ttl>", {"cache_control": "max-age=900"}, 900),
        ("", {"cache_control": "max-age=900", "age": "600"}, 300),
        ("", {"cache_control": "s-maxage=900"}, 0),
        ("", {"cache_control": "no-cache, max-age=900"}, 0),
        ("", {"cache_control": "max-age=31536000"}, 86_400),
        ("", {"cache_control": "max-age=soon"}, 0),
        (SY.format("hourly", "2"), {}, 1_800),
        (SY.format("daily", "4"), {}, 21_600),
        (SY.format("Weekly", "1"), {}, 86_400),
        (SY.format("hourly", "0"), {}, 3_600),
        (SY.format("now and then", "3"), {}, 0),
        ("<ttl>86400</ttl>", {}, 86_400),
        ("<ttl>-5</ttl>", {}, 0),
        ("<ttl>an hour</ttl>", {}, 0),
        ("<ttl>９</ttl>", {}, 0),
        ("<ttl/>", {}, 0),
    ],
)
def test_a_feeds_own_pace_is_a_lower_bound(head: str, headers: dict[str, str], seconds: float, rss: Rss) -> None:
    pauses, _ = paced(rss("<title>x</title>", head=head), **headers)
    assert [pause.seconds for pause in pauses] == ([seconds] if seconds else [])


@pytest.mark.parametrize(
    ("head", "hours", "days"),
    [
        ("<skipHours><hour>0</hour><hour> 3 </hour><hour>24</hour><hour>x</hour></skipHours>", {0, 3}, set()),
        ("<skipDays><day>Saturday</day><day>SUNDAY</day><day>Someday</day></skipDays>", set(), {5, 6}),
        ("<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in range(24)) + "</skipHours>", set(), set()),
    ],
)
def test_hours_and_days_without_news_are_told(head: str, hours: set[int], days: set[int], rss: Rss) -> None:
    pauses, _ = paced(rss("<title>x</title>", head=head))
    assert pauses == ([Pause(skip_hours=frozenset(hours), skip_days=frozenset(days))] if hours or days else [])


def test_a_feed_that_has_not_changed_keeps_its_pace(rss: Rss) -> None:
    (pause,), cursor = paced(rss("<title>x</title>", head="<ttl>30</ttl>"))
    reading = feed.fetch(feed.Config(url="https://a.example/"), json.loads(json.dumps(cursor)))
    assert next(reading) == pause
    assert isinstance(next(reading), Request)
    assert paced(rss("<title>x</title>", head="<ttl>30</ttl>"), cursor)[0] == [pause]


def test_its_entries_are_what_the_configuration_says(reply: Callable[..., Response], rss: Callable[..., bytes]) -> None:
    config = feed.Config(url="https://a.example/", mention="article")
    item = next(replay(feed.fetch(config, {}), [reply(rss("<title>x</title>"))]))
    assert isinstance(item, Item)
    assert item.kind == "article"


@pytest.mark.parametrize(
    ("link", "taken"),
    [
        ("https://a.example/x y", "https://a.example/x%20y"),
        ("/news/1", "https://feed.example/news/1"),
        ("//b.example/1", "https://b.example/1"),
        ("?p=3", "https://feed.example/all/feed.xml?p=3"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("mailto:a@b.example", ""),
        ("file:///etc/passwd", ""),
        ("ftp://a.example/x", ""),
        ("http://", ""),
        ("http://[broken", ""),
    ],
)
def test_only_web_links_are_taken_and_made_absolute(link: str, taken: str, rss: Callable[..., bytes]) -> None:
    (item,) = parse_feed(rss(f"<title>t</title><link>{link}</link>"), "https://feed.example/all/feed.xml").items
    assert item.url == taken


def test_a_link_is_resolved_against_the_base_that_the_feed_states() -> None:
    entry = '<entry><title>t</title><link href="one"/></entry>'
    (item,) = parse_feed(atom(entry, 'xml:base="http://base.example/dir/"'), "https://feed.example/").items
    assert item.url == "http://base.example/dir/one"


def test_an_entrys_own_base_is_obeyed() -> None:
    entry = '<entry xml:base="http://inner.example/x/"><title>t</title><link href="one"/></entry>'
    assert parse_feed(atom(entry), "https://feed.example/").items[0].url == "http://inner.example/x/one"


def test_the_page_is_preferred_to_the_entrys_other_links() -> None:
    links = '<link rel="edit" href="http://a.example/edit"/><link rel="enclosure" href="http://a.example/x.mp3"/>'
    links += '<link rel="alternate" type="application/json" href="http://a.example/json"/><link href="http://a.example/page"/>'
    assert parse_feed(atom(f"<entry><title>t</title>{links}</entry>")).items[0].url == "http://a.example/page"


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<description>a &amp;lt;b&amp;gt; &amp;amp; c</description>", "a <b> & c"),
        ("<description><![CDATA[<p>a</p><p>b</p>]]></description>", "a\nb"),
        ("<description>caf&eacute; &amp; &unknown; AT&T</description>", "café & &unknown; AT&T"),
        ("<description><table><tr><td>a</td><td>b</td></tr></table></description>", "a\nb"),
        ("<description>short</description><content:encoded/>", "short"),
        ("<description><![CDATA[<style>p{}</style><script>x</script>ok<iframe src='x'/> more]]></description>", "ok more"),  # noqa: E501
        ("<description><![CDATA[<a href='x'>Comments</a>]]></description>", ""),
        ("<description><![CDATA[<p>a</p><p>The post <a>T</a> first appeared on <a>Blog</a>.</p>]]></description>", "a"),
        ("<description>one\ntwo\n\nthree</description>", "one two\nthree"),
        ("<description>GrÃ¼n</description>", "Grün"),
        ("<description>don&#146;t</description>", "don’t"),
    ],
)  # fmt: skip
def test_html_becomes_plain_text(xml: str, text: str, rss: Callable[..., bytes]) -> None:
    assert parse_feed(rss(f"<title>t</title>{xml}")).items[0].text == text


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("AT&amp;amp;T", "AT&T"),
        ("A &lt;b&gt;bold&lt;/b&gt; move", "A bold move"),
        ("List&lt;T&gt; in C#", "List<T> in C#"),
        ("two\n lines", "two lines"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Hi", "Hi"),
    ],
)
def test_a_headline_is_one_plain_line(title: str, plain: str, rss: Callable[..., bytes]) -> None:
    assert parse_feed(rss(f"<title>{title}</title>")).items[0].title == plain


def test_an_xhtml_headline_is_read() -> None:
    xhtml = '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Less <em>is</em> more</div></title>'
    assert parse_feed(atom(f"<entry>{xhtml}<id>1</id></entry>")).items[0].title == "Less is more"


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("a@b.example (Jane Doe)", "Jane Doe"),
        ("Jane <a@b.example>", "Jane"),
        ("Jane", "Jane"),
        ("a@b.example", "a@b.example"),
    ],
)
def test_the_author_is_the_person(author: str, name: str, rss: Callable[..., bytes]) -> None:
    escaped = author.replace("<", "&lt;").replace(">", "&gt;")
    assert parse_feed(rss(f"<title>t</title><author>{escaped}</author>")).items[0].author == name


def test_an_atom_entry_without_author_is_by_the_feeds_author() -> None:
    assert parse_feed(atom("<author><name>Ann</name></author><entry><title>t</title></entry>")).items[0].author == "Ann"


def test_the_language_is_the_entrys_or_the_feeds(rss: Callable[..., bytes]) -> None:
    assert parse_feed(rss("<title>t</title>", head="<language>pt-BR</language>")).items[0].lang == "pt"
    assert parse_feed(atom("<entry><title>t</title></entry>", 'xml:lang="de"')).items[0].lang == "de"
    entry = '<entry><title>t</title><content xml:lang="fr-CA">Salut</content></entry>'
    assert parse_feed(atom(entry, 'xml:lang="de"')).items[0].lang == "fr"


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Fri, 20 Nov 2026 08:30:00 +0100", datetime(2026, 11, 20, 7, 30, tzinfo=UTC)),
        ("20 Nov 2026 08:30 EST", datetime(2026, 11, 20, 13, 30, tzinfo=UTC)),
        ("2026-11-20T08:30:00.123Z", datetime(2026, 11, 20, 8, 30, tzinfo=UTC)),
        ("mer, 16 nov 2022 00:38:15 +0100", datetime(2022, 11, 15, 23, 38, 15, tzinfo=UTC)),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("soon", None),
    ],
)
def test_dates_are_read_or_left_out(date: str, moment: datetime | None, rss: Callable[..., bytes]) -> None:
    assert parse_feed(rss(f"<title>t</title><pubDate>{date}</pubDate>")).items[0].published == moment


def test_a_number_as_guid_is_no_date(rss: Callable[..., bytes]) -> None:
    (item,) = parse_feed(rss("<title>t</title><guid isPermaLink='false'>15</guid>")).items
    assert item.published is None


ENCODED = '<?xml version="1.0" encoding="{}"?><rss><channel><item><title>Crème – Ж</title></item></channel></rss>'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ENCODED.format("utf-8").encode(), "text/xml"),
        (b"\xef\xbb\xbf" + ENCODED.format("utf-8").encode(), "text/xml; charset=iso-8859-1"),
        (ENCODED.format("utf-16").encode("utf-16"), ""),
        (ENCODED.format("utf-16").encode("utf-16-le"), ""),
        (ENCODED.format("utf-16").encode(), ""),
        (ENCODED.format("iso-8859-1").encode(), "application/rss+xml; charset=utf-8"),
        (ENCODED.format("us-ascii").encode(), ""),
        (ENCODED.format("no-such-charset").encode(), ""),
    ],
)
def test_the_encoding_is_found(body: bytes, content_type: str) -> None:
    assert parse_feed(body, content_type=content_type).items[0].title == "Crème – Ж"


def test_a_stray_windows_byte_does_not_spoil_a_utf8_feed(rss: Callable[..., bytes]) -> None:
    body = rss("<title>Crème QUOTE brûlée</title>" * 1).replace(b"QUOTE", b"\x93")
    assert parse_feed(body).items[0].title == "Crème “ brûlée"


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "gb2312", "shift_jis", "euc-kr"])
def test_a_declared_encoding_is_obeyed(encoding: str) -> None:
    title = {"gb2312": "水壶", "shift_jis": "やかん", "euc-kr": "주전자"}.get(encoding, "чайник")
    body = (
        f'<?xml version="1.0" encoding="{encoding}"?><rss><channel><item><title>{title}</title></item></channel></rss>'
    )
    assert parse_feed(body.encode(encoding)).items[0].title == title


def test_entries_beyond_the_limit_are_reported_as_a_gap(rss: Callable[..., bytes]) -> None:
    parsed = parse_feed(rss(*(f"<title>t{at}</title>" for at in range(MOST_ENTRIES + 7))))
    assert len(parsed.items) == MOST_ENTRIES
    assert [problem.why for problem in parsed.problems] == ["7 entries beyond the limit"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"hello",
        b"<html><body>Not found</body></html>",
        b"<!DOCTYPE html><p>x",
        b"{}",
        b"{",
        b'{"items": 3}',
        b"[]",
    ],
)
def test_what_is_no_feed_says_so(body: bytes) -> None:
    with pytest.raises(BadShape):
        parse_feed(body)


def test_an_empty_feed_is_a_feed(rss: Callable[..., bytes]) -> None:
    assert parse_feed(rss()).items == ()


def test_a_truncated_feed_gives_the_entries_before_the_cut(rss: Callable[..., bytes]) -> None:
    body = rss(*(f"<title>t{at}</title><guid>{at}</guid>" for at in range(10)))
    assert [item.title for item in parse_feed(body[: body.index(b"<title>t7")]).items][:7] == [
        f"t{at}" for at in range(7)
    ]


def test_a_bad_item_of_a_json_feed_is_reported_and_the_others_kept() -> None:
    items = [
        3,
        {"id": 7, "content_html": "<p>a</p>", "authors": [{"name": "Jo"}], "tags": ["x"]},
        {"content_text": "a <b>"},
    ]
    parsed = parse_feed(json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}).encode())
    assert parsed.problems == (Problem("$.items[0]", "not an object"),)
    first = parsed.items[0]
    assert (first.id, first.text, first.author) == ("7", "a", "Jo")
    assert parsed.items[1].text == "a <b>"


@pytest.mark.parametrize("junk", [None, 3, [], {}, True, "x", ["x"], {"a": 1}])
@pytest.mark.parametrize(
    "key", ["id", "url", "title", "content_html", "date_published", "authors", "author", "tags", "language"]
)
def test_a_json_feed_with_values_of_wrong_types_is_read(key: str, junk: object) -> None:
    item = {"id": "1", "title": "t", key: junk}
    parsed = parse_feed(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]}).encode())
    assert len(parsed.items) == 1


def test_two_configured_addresses_of_one_feed_share_its_ids() -> None:
    scopes = {
        feed.SOURCE.scope_of(feed.Config(url=url))
        for url in ("https://A.example:443/f?utm_source=x", "https://a.example/f")
    }  # type: ignore[attr-defined]
    assert len(scopes) == 1
