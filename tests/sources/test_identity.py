"""Who is who, in one fetch and from one to the next: guid, canonical link, content; nothing lost, nothing twice.

Whole lives of feeds are in test_feed_behaviours.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.base import Item
from sources.reading.document import parse_feed
from sources.reading.identity import LONGEST, content_hash, settle
from sources.reading.links import canonical
from sources.reading.recognition import MOST_KNOWN, NEWS_UNTIL_BELIEVED, Memory, Recognised, overlap, recognise

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
    assert canonical("https://a.example/x?p=1&UTM_source=r") == "https://a.example/x?p=1"
    assert canonical("https://a.example/x?p=1&utm=2") == "https://a.example/x?p=1&utm=2"
    assert canonical("https://a.example/x?") == "https://a.example/x"
    assert canonical("https://a.example/x?q=a%20b") == "https://a.example/x?q=a%20b"
    assert canonical("https://a.example:99999/") == "https://a.example:99999/"


# From one fetch to the next -----------------------------------------------------------------------------------------


def said(name: str, guid: str = "", text: str = "", link: str | None = None, day: int = 0) -> Item:
    """An entry called so, at its own address."""
    url = f"https://a.example/{name}" if link is None else link
    text = text or f"About {name}."
    when = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=day) if day else None
    return Item(guid or url or content_hash(name, text), text, name, url, published=when)


def polls(*windows: Sequence[Item]) -> list[Recognised]:
    """Each window recognised with the memory that the last one left, as it comes back from the cursor."""
    memory, found = Memory(), []
    for window in windows:
        found.append(recognise(window, memory))
        memory = Memory.from_json(json.loads(json.dumps(found[-1].memory.as_json())))
    return found


def ids_of(recognised: Recognised) -> list[str]:
    return [item.id for item in recognised.items]


def read_as(records: list[tuple[str, str, str, str]]) -> list[Item]:
    """(title, guid, text, link) each, as the items of one reply."""
    words = [content_hash(title, text) for title, _, text, _ in records]
    ids = settle([guid for _, guid, _, _ in records], lambda at: records[at][3], lambda at: words[at])
    items = {id_: Item(id_, text, title, link) for id_, (title, _, text, link) in zip(ids, records, strict=True)}
    return list(items.values())


ABC = [said(name, f"guid {name}") for name in "abc"]


def test_what_nothing_is_known_of_keeps_its_own_id() -> None:
    (first,) = polls([said("a", "g1"), said("b"), said("c", link="")])
    assert ids_of(first) == ["g1", "https://a.example/b", content_hash("c", "About c.")]


def test_a_guid_given_to_another_entry_makes_it_no_edit_of_the_first() -> None:
    first, second = polls([said("a", "item-1"), said("b", "item-2")], [said("new", "item-1"), said("a", "item-2")])
    assert ids_of(second) == ["https://a.example/new", "item-1"]
    assert ids_of(first) == ["item-1", "item-2"]
    assert "gives ids of old entries to new ones" in second.problems[0].why


def test_a_guid_that_comes_again_after_it_had_gone_is_another_entry() -> None:
    *_, last = polls([said("a", "1"), *ABC], ABC, [said("other", "1"), *ABC])
    assert ids_of(last)[0] == "https://a.example/other"


def test_one_entry_rewritten_under_its_guid_and_link_is_an_edit() -> None:
    edited = Item("guid b", "All is new.", "Another title", "https://a.example/b")
    assert ids_of(polls(ABC, [ABC[0], edited, ABC[2]])[-1]) == ["guid a", "guid b", "guid c"]


def test_an_entry_of_a_known_date_may_change_its_title_text_and_address() -> None:
    one, other = said("a", "1", day=3), said("b", "2", day=4)
    moved = Item("1", "All is new.", "Another title", "https://a.example/better", published=one.published)
    last = polls([one, other], [moved, other])[-1]
    assert (ids_of(last), last.problems) == (["1", "2"], ())


HOME = "https://a.example/"


def test_a_homepage_as_link_makes_no_entry_another() -> None:
    first, second = polls(*(read_as([(name, "", "", HOME) for name in names]) for names in ("ab", "cb")))
    assert ids_of(second) == [content_hash("c", ""), ids_of(first)[1]]


@pytest.mark.parametrize("link", ["", HOME])
def test_a_guid_is_reused_where_what_had_it_stands_elsewhere(link: str) -> None:
    first, second = polls(
        *([said(name, f"{at}", link=link) for at, name in enumerate(names)] for names in ("abc", "xab"))
    )
    assert ids_of(second)[1:] == ids_of(first)[:2]
    assert ids_of(second)[0] not in ids_of(first)
    assert "gives ids of old entries to new ones" in second.problems[0].why


def test_a_guid_without_link_that_had_gone_is_another_entry() -> None:
    rest = [said(name, name, link="") for name in "bc"]
    found = polls([said("a", "1", link=""), *rest], rest, [said("other", "1", link=""), *rest])
    assert ids_of(found[2])[0] not in ids_of(found[0])


def test_guids_are_reused_where_all_of_a_window_is_other_at_once() -> None:
    first, second = polls(
        *([said(name, f"{at}", link="") for at, name in enumerate(names)] for names in ("abc", "xyz"))
    )
    assert not set(ids_of(first)) & set(ids_of(second))


def test_an_id_that_another_entry_bears_is_not_given_again() -> None:
    rest = [said(name, name) for name in "bcd"]
    *_, last = polls([said("a", "1"), *rest], [said("a", "9"), *rest], [said("new", "1"), *rest])
    assert ids_of(last)[0] == "https://a.example/new"


def test_two_that_change_places_keep_their_ids_where_places_are_guids() -> None:
    first, second = polls(*([said(n, f"{at}", link="") for at, n in enumerate(names)] for names in ("abcde", "bacde")))
    assert ids_of(second) == [ids_of(first)[1], ids_of(first)[0], *ids_of(first)[2:]]


def test_different_entries_in_the_same_words_are_no_churn() -> None:
    windows = [[said(f"{fetch}{at}", f"{fetch}{at}") for at in range(5)] for fetch in range(2)]
    same_words = [[Item(one.id, "Price changed", "", one.url) for one in window] for window in windows]
    assert not set(ids_of(polls(*same_words)[0])) & set(ids_of(polls(*same_words)[1]))


def test_ids_that_change_are_seen_also_where_each_entry_stands_twice() -> None:
    twice = [[said(name, f"{name} {fetch} {at}") for name in "abcde" for at in range(2)] for fetch in range(2)]
    first, second = polls(twice[0][::2], twice[1])
    assert ids_of(second) == ids_of(first)


def test_an_edit_under_another_guid_is_known_by_its_link_and_time() -> None:
    rest = [said(name, name, day=at + 2) for at, name in enumerate("bcd")]
    edited = Item("2", "All is new.", "Another", "https://a.example/a", published=said("a", day=1).published)
    assert ids_of(polls([said("a", "1", day=1), *rest], [edited, *rest])[1]) == ["1", "b", "c", "d"]


def test_ids_that_change_at_each_fetch_bring_no_flood_and_are_told() -> None:
    fetches = [[said(name, f"{name} {fetch}") for name in "abcde"] for fetch in range(5)]
    found = polls(*fetches)
    assert {tuple(ids_of(one)) for one in found} == {tuple(ids_of(found[0]))}
    assert [problem.why for problem in found[-1].problems] == [
        "the feed changes the ids of its entries: they are told apart by their links and words"
    ]


def test_ids_and_links_that_change_at_each_fetch_leave_the_words() -> None:
    fetches = [[said(n, f"{n} {fetch}", link=f"https://a.example/{n}?s={fetch}") for n in "abcde"] for fetch in "123"]
    found = polls(*fetches)
    assert {tuple(ids_of(one)) for one in found} == {tuple(ids_of(found[0]))}
    assert "told apart by their words" in found[-1].problems[0].why


def test_guids_are_believed_again_when_they_have_held_while_news_came() -> None:
    moved = [said(name, f"node {name}") for name in "abcde"]
    news = [said(f"new {at}", f"node {at}") for at in range(NEWS_UNTIL_BELIEVED)]
    windows = [[*news[: at + 1], *moved] for at in range(NEWS_UNTIL_BELIEVED)]
    found = polls([said(name, f"post {name}") for name in "abcde"], moved, *windows, [said("late", "node z"), *moved])
    assert [bool(one.problems) for one in found] == [False, True, *[True] * NEWS_UNTIL_BELIEVED, False]
    assert ids_of(found[-1]) == ["node z", *(f"post {name}" for name in "abcde")]


def test_a_window_of_which_nothing_is_known_is_a_gap() -> None:
    others = [said(name, f"guid {name}") for name in "xyz"]
    assert [one.missed for one in polls(ABC, ABC, others, ABC)] == [False, False, True, False]
    assert [one.missed for one in polls(ABC, [], others, [])] == [False] * 4
    assert [one.missed for one in polls([], ABC)] == [False, False]


def test_what_is_remembered_is_bounded_and_never_less_than_before() -> None:
    wide = [said(f"w{at}", f"g{at}") for at in range(40)]
    counts = [len(one.memory.known) for one in polls(wide, wide[:1], [], wide)]
    assert counts == [40] * 4
    endless = [[said(f"{poll} {at}", f"{poll} {at}") for at in range(400)] for poll in range(6)]
    last = polls(*endless)[-1].memory
    assert len(last.known) == MOST_KNOWN
    assert len(json.dumps(last.as_json())) < 100 * MOST_KNOWN
    assert last.known[0].id == "5 0"


def test_a_window_wider_than_what_is_remembered_keeps_its_ids() -> None:
    wide = [said(f"w{at}", f"g{at}") for at in range(MOST_KNOWN + 500)]
    found = polls(wide, wide)
    assert ids_of(found[1]) == [item.id for item in wide]
    assert not found[1].missed


WORD = st.sampled_from(["", "a", "b", "c"])
LINK = st.sampled_from(["", "https://a.example/1", "https://a.example/2"])


# Two that say the same, one with and one without guid or link, are one as long as nothing else is known of them.
WINDOW = st.lists(st.tuples(WORD, WORD, WORD, LINK), max_size=6, unique_by=lambda record: (record[0], record[2]))


@given(st.lists(WINDOW.map(read_as), max_size=4))
def test_no_two_entries_of_a_window_get_one_id_and_each_is_known_at_the_next_poll(windows: list[list[Item]]) -> None:
    for window, found in zip(windows, polls(*windows), strict=True):
        assert len(set(ids_of(found))) == len(found.items)
        assert {(item.title, item.text) for item in found.items} == {(item.title, item.text) for item in window}
        assert ids_of(recognise(window, found.memory)) == ids_of(found)


@pytest.mark.parametrize("order", [1, -1])
def test_a_services_own_ids_are_remembered_only_to_tell_a_gap(order: int) -> None:
    window = [f"t3_{at}" for at in range(2_000)]
    sample, missed = overlap(window, [])
    assert (len(sample), missed) == (100, False)
    assert overlap(window[1_800:][::order] + [f"new {at}" for at in range(1_800)], sample)[1] is False
    assert overlap(["x", "y"], sample)[1] is True
    assert overlap([], sample) == ([], False)
