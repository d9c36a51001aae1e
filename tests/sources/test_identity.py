"""Who is who in one fetch: given id, canonical link, content hash; nothing lost, nothing twice."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from sources.reading.document import parse_feed
from sources.reading.identity import LONGEST, content_hash, settle
from sources.reading.links import canonical

Rss = Callable[..., bytes]


def ids(body: bytes) -> list[str]:
    return [item.id for item in parse_feed(body, "https://a.example/").items]


def test_the_guid_is_the_id_through_edits(rss: Rss) -> None:
    assert ids(rss("<guid>g1</guid><title>a</title>")) == ids(rss("<guid>g1</guid><title>b</title>")) == ["g1"]


def test_without_a_guid_the_link_is_the_id_whatever_tracks_it(rss: Rss) -> None:
    first = ids(rss("<link>https://A.example/x?utm_source=rss&amp;p=1</link><title>a</title>"))
    assert first == ids(rss("<link>https://a.example/x?p=1</link><title>a</title>")) == ["https://a.example/x?p=1"]


def test_without_guid_and_link_the_content_is_the_id(rss: Rss) -> None:
    assert ids(rss("<title>a</title>")) == [content_hash("a", "")]


def test_a_guid_used_for_different_things_identifies_none_of_them(rss: Rss) -> None:
    same = "<guid isPermaLink='false'>g</guid>"
    links = [f"{same}<title>{name}</title><link>https://a.example/{name}</link>" for name in "ab"]
    assert ids(rss(*links)) == ["https://a.example/a", "https://a.example/b"]
    assert len(set(ids(rss(f"{same}<title>a</title>", f"{same}<title>b</title>")))) == 2


def test_one_homepage_as_everybodys_link_identifies_nobody(rss: Rss) -> None:
    body = rss(*(f"<title>{name}</title><link>https://a.example/</link>" for name in "abc"))
    assert len(set(ids(body))) == 3


def test_the_same_entry_twice_is_one_item(rss: Rss) -> None:
    assert ids(rss("<guid>g</guid><title>a</title>", "<guid>g</guid><title>a</title>")) == ["g"]


def test_the_order_of_a_feed_does_not_change_ids(rss: Rss) -> None:
    entries = [
        "<guid>1</guid><title>a</title>",
        "<guid>1</guid><title>b</title>",
        "<title>c</title>",
        "<guid>2</guid><title>d</title>",
    ]
    assert sorted(ids(rss(*entries))) == sorted(ids(rss(*reversed(entries))))


def test_an_endless_guid_is_kept_short(rss: Rss) -> None:
    (one,) = ids(rss(f"<guid isPermaLink='false'>{'g' * 100_000}</guid><title>a</title>"))
    assert len(one) <= LONGEST


@given(st.lists(st.tuples(st.sampled_from(["", "g", "h"]), st.sampled_from(["", "l", "m"]), st.sampled_from("abc"))))
def test_records_of_different_content_never_share_an_id(records: list[tuple[str, str, str]]) -> None:
    settled = settle([given for given, _, _ in records], lambda at: records[at][1], lambda at: records[at][2])
    words: dict[str, str] = {}
    for identifier, (_, _, content) in zip(settled, records, strict=True):
        assert words.setdefault(identifier, content) == content


def test_addresses_of_one_page_are_spelled_alike() -> None:
    assert canonical("HTTP://A.example:80/x?b=2&utm_medium=feed&fbclid=1#c") == "http://a.example/x?b=2#c"
    assert canonical("https://a.example/x?q=a%20b") == "https://a.example/x?q=a%20b"
    assert canonical("https://a.example:99999/") == "https://a.example:99999/"
