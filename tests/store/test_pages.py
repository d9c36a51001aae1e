"""Searches page by page: nothing twice, nothing passed over, in the order that was asked for, while more comes in."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor import searches
from monitor.errors import Refused, TooSlow
from monitor.searches import Search
from monitor.store import counting, ranking


def _pages(house, asked: Search, between=lambda: None) -> list[str]:
    """The texts of all pages, one after the other."""
    texts: list[str] = []
    for _ in range(100):
        page = house.store.reading(searches.search, asked)
        texts += [one.mention.text for one in page.found]
        if not page.next:
            return texts
        assert len(page.found) == asked.limit
        asked = Search(asked.query, asked.brand, asked.since, asked.until, asked.sort, asked.limit, page.next)
        between()
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("sort", searches.SORTS)
@pytest.mark.parametrize("query", ["acme", "{Acme}", ""])
def test_pages_hold_what_was_there_at_the_first_each_once_while_more_comes_in(house, item, sort, query):
    reach = {number: {"followers": number * 7 % 5 * 1_000} if number % 3 else {} for number in range(23)}
    house.take(
        *(item(str(n), f"Acme {n}", published=house.now - timedelta(minutes=n // 2), extra=reach[n]) for n in range(23))
    )
    more = iter(range(100, 200))

    def between():
        number = next(more)
        house.take(item(str(number), f"Acme {number}", published=house.now, extra={"followers": 2_000}))

    texts = _pages(house, Search(query, sort=sort, limit=5), between)
    assert sorted(texts) == sorted(f"Acme {number}" for number in range(23))
    if sort == "newest":
        assert [int(text.split()[1]) // 2 for text in texts] == sorted(number // 2 for number in range(23))
    if sort == "reach":
        told = [reach[int(text.split()[1])].get("followers", -1) for text in texts]
        assert told == sorted(told, reverse=True)


@pytest.mark.parametrize("few", [3, 2_000])
def test_the_widest_reach_comes_first_however_many_there_are(house, item, monkeypatch, few):
    monkeypatch.setattr(ranking, "SORTED", few)
    reach = [None, 0, 1, 7, 12_999, 12_001, 12_500, 90_000, 1_000_000, None, 99, 12_001, 3.0]
    house.take(
        *(
            item(str(n), f"Acme {n}", published=house.now - timedelta(hours=n), extra={} if r is None else {"views": r})
            for n, r in enumerate(reach)
        )
    )
    texts = _pages(house, Search("acme", sort="reach", limit=2))
    numbers = [int(text.split()[1]) for text in texts]
    first_digits = [
        str(reach[n])[:2].ljust(2, "0") + f"e{len(str(int(reach[n])))}" if reach[n] is not None else "" for n in numbers
    ]
    if few > len(reach):
        assert [reach[n] if reach[n] is not None else -1 for n in numbers] == sorted(
            (-1 if one is None else one for one in reach), reverse=True
        )
        assert [n for n in numbers if reach[n] == 12_001] == [5, 11]
    assert numbers[:2] == [8, 7]
    assert {*numbers[2:6]} == {4, 5, 6, 11}
    assert first_digits[-2:] == ["", ""]


def test_pages_by_reach_pass_over_nobody_among_many_of_nearly_the_same_reach(house, item, monkeypatch):
    monkeypatch.setattr(ranking, "SORTED", 3)
    reach = [12_000, 12_100, 12_200, 12_900, None, 12_800, 12_700, 12_300, None, 7, 12_950, None, None]
    house.take(
        *(
            item(str(n), f"Acme {n}", published=house.now - timedelta(hours=n), extra={} if r is None else {"views": r})
            for n, r in enumerate(reach)
        )
    )
    for limit in (1, 2, 5):
        texts = _pages(house, Search("acme", sort="reach", limit=limit))
        assert sorted(texts) == sorted(f"Acme {n}" for n in range(len(reach)))


@pytest.mark.parametrize("sort", searches.SORTS)
def test_what_is_deleted_between_pages_makes_nobody_be_passed_over(house, item, sort):
    house.take(*(item(str(n), "Acme " * (1 + n % 4) + str(n)) for n in range(12)))
    first = house.store.reading(searches.search, Search("acme", sort=sort, limit=4))
    seen = [one.mention.text.split()[-1] for one in first.found]
    house.take(item("99", "Acme " * 9 + "99", published=house.now - timedelta(days=3)), gone=tuple(seen[:2]))
    rest = house.store.reading(searches.search, Search("acme", sort=sort, cursor=first.next))
    later = [one.mention.text.split()[-1] for one in rest.found if one.mention.text.split()[-1] != "99"]
    assert sorted(seen + later, key=int) == [str(n) for n in range(12)]


def test_what_speaks_of_it_most_comes_first(house, item):
    long = "a day at the sea with friends and a walk, tea, cake, a swim, a nap and then kettle"
    house.take(
        item("1", long, title="A long day"),
        item("2", "kettle kettle kettle", published=house.now - timedelta(days=3)),
        item("3", "Nothing else", title="Kettle", published=house.now - timedelta(days=9)),
        item("4", "no tea"),
        origin=type(house.origin)("blog", "feed", "scope", keeps="all"),
    )
    page = house.store.reading(searches.search, Search("kettle", sort="relevance"))
    assert [one.mention.title or one.mention.text for one in page.found] == [
        "Kettle",
        "kettle kettle kettle",
        "A long day",
    ]
    assert page.note == ""


def test_relevance_says_so_where_it_ranks_the_newest_only(house, item, monkeypatch):
    monkeypatch.setattr(ranking, "RANKED", 5)
    house.take(*(item(str(n), f"Acme {n}", published=house.now - timedelta(hours=n)) for n in range(9)))
    page = house.store.reading(searches.search, Search("acme", sort="relevance"))
    assert {one.mention.text for one in page.found} == {f"Acme {n}" for n in range(5)}
    assert page.note == "The best of the newest 5."


@pytest.mark.parametrize("cursor", ["x", "1_2", "1_2_3", "12_", "_", "9" * 400])
def test_a_cursor_of_another_search_is_refused(house, item, cursor):
    house.take(item("1", "Acme"))
    with pytest.raises(Refused, match="another search"):
        house.store.reading(searches.search, Search("acme", cursor=cursor))


def test_a_cursor_that_somebody_made_up_is_refused(house, item):
    house.take(*(item(str(n), f"Acme {n}") for n in range(5)))
    true = house.store.reading(searches.search, Search("acme", limit=2)).next
    for forged in (true + "9" * 30, true.rpartition("_")[0] + "_nan", true.replace("_", "__")):
        with pytest.raises(Refused, match="another search"):
            house.store.reading(searches.search, Search("acme", cursor=forged))


@pytest.mark.parametrize("sort", searches.SORTS)
def test_a_page_holds_one_mention_at_least(house, item, sort):
    house.take(item("1", "Acme 1"), item("2", "Acme 2"))
    assert _pages(house, Search("acme", sort=sort, limit=1)) == ["Acme 2", "Acme 1"]
    assert len(house.store.reading(searches.search, Search("acme", sort=sort, limit=0)).found) == 1


def test_a_brand_that_nobody_configured_is_refused_with_the_nearest(house):
    with pytest.raises(Refused, match='no brand "Acmee". Did you mean "Acme"'.replace(".", "[.]")):
        house.store.reading(searches.search, Search(brand="Acmee"))


def test_brand_and_time_narrow_what_a_query_finds(house, item):
    house.take(
        item("1", "Acme or Bolt"),
        item("2", "Bolt only"),
        item("3", "Acme, long ago", published=house.now - timedelta(days=30)),
    )
    day = {"since": house.now - timedelta(days=1), "until": house.now + timedelta(seconds=1)}

    def found(**asked):
        return [one.mention.text for one in house.store.reading(searches.search, Search(**asked)).found]

    assert found(query="acme OR bolt", brand="acme") == ["Acme or Bolt", "Acme, long ago"]
    assert found(query="acme OR bolt", brand="Acme", **day) == ["Acme or Bolt"]
    assert found(**day) == ["Bolt only", "Acme or Bolt"]
    assert found(since=house.now - timedelta(hours=1), until=house.now - timedelta(hours=1)) == []
    assert found(since=house.now - timedelta(hours=1)) == ["Bolt only", "Acme or Bolt"]
    assert found(until=house.now - timedelta(hours=1)) == ["Acme, long ago"]


@pytest.mark.parametrize("query", ["acme", "{Acme}", "-acme", "acme NEAR/2 leaks", 'brand:"Acme"', ""])
def test_a_count_is_how_many_all_pages_hold(house, item, query):
    house.take(*(item(str(n), f"Acme {'leaks' if n % 2 else 'shines'} {n}") for n in range(40)))
    everything = list(house.store.reading(lambda connection: list(searches.everything(connection, Search(query)))))
    assert house.store.reading(searches.count, Search(query)) == searches.Count(len(everything), True)
    assert house.store.reading(searches.facets, Search(query)).total.n == len(everything)


def test_a_count_that_takes_too_long_says_at_least(house, item, monkeypatch):
    monkeypatch.setattr(counting, "PATIENCE", 0.0)
    house.take(*(item(str(n), f"Acme {n}") for n in range(300)))
    counted = house.store.reading(searches.count, Search("{Acme}"))
    assert not counted.exact
    assert 0 < counted.n < 300
    assert house.store.reading(searches.count, Search("acme")) == searches.Count(300, True)


def test_a_count_over_a_stretch_of_time_needs_no_patience(house, item, monkeypatch):
    monkeypatch.setattr(counting, "PATIENCE", 0.0)
    house.take(*(item(str(n), f"Acme {n}", published=house.now - timedelta(minutes=n)) for n in range(300)))
    hours = {"since": house.now - timedelta(hours=4), "until": house.now - timedelta(hours=1)}
    assert house.store.reading(searches.count, Search("acme", brand="Acme", **hours)) == searches.Count(180, True)
    assert house.store.reading(searches.count, Search("acme after:2026-11-21 before:2027")).exact


def test_all_that_is_told_of_a_stretch_of_time_heeds_the_same_seconds(house, item):
    at = house.now - timedelta(hours=30)
    house.take(item("1", "Acme", published=at + timedelta(seconds=0.2)))
    for since, n in ((0.1, 1), (0.5, 1), (1.0, 0)):
        asked = Search(brand="Acme", since=at + timedelta(seconds=since))
        assert house.store.reading(searches.count, asked) == searches.Count(n, True)
        assert house.store.reading(searches.facets, asked).total == searches.Count(n, True)
        assert len(house.store.reading(searches.search, asked).found) == n


def test_facets_say_at_least_where_nobody_knows_how_many_there_are(house, item, monkeypatch):
    monkeypatch.setattr(counting, "PATIENCE", 0.0)
    monkeypatch.setattr(counting, "LOOKED_AT", 10)
    house.take(*(item(str(n), f"Acme {n}") for n in range(300)))
    found = house.store.reading(searches.facets, Search("{Acme}"))
    assert not found.total.exact
    assert found.total.n < 300
    assert found.note.startswith("What they are is counted of the newest")


@pytest.mark.parametrize(
    ("query", "n"), [("after:2300", 0), ("before:2300", 1), ("published:1960..2500", 1), ("before:1960", 0)]
)
def test_dates_of_other_centuries_can_be_asked_for(house, item, query, n):
    house.take(item("1", "Acme"))
    for asked in (query, f"{query} acme", f"{query} brand:Acme"):
        assert len(house.store.reading(searches.search, Search(asked)).found) == n
        assert house.store.reading(searches.count, Search(asked)) == searches.Count(n, True)
        assert house.store.reading(searches.facets, Search(asked)).total == searches.Count(n, True)


def test_facets_of_very_many_say_of_how_many_they_are(house, item, monkeypatch):
    monkeypatch.setattr(counting, "LOOKED_AT", 10)
    house.take(*(item(str(n), f"Acme {n}", author="ann" if n < 20 else "bob") for n in range(25)))
    found = house.store.reading(searches.facets, Search("acme"))
    assert found.total == searches.Count(25, True)
    assert found.by["author"] == (("bob", 5), ("ann", 5)) or sum(n for _, n in found.by["author"]) == 10
    assert found.note == "What they are is counted of the newest 10 only."


def test_a_search_that_takes_too_long_gives_what_it_found_and_goes_on_from_there(house, item, monkeypatch):
    house.take(*(item(str(n), f"Acme {n}", published=house.now - timedelta(days=n)) for n in range(12)))
    patience = iter([7, 3, 99])

    @contextmanager
    def budget(connection):
        left = next(patience)

        def check():
            nonlocal left
            left -= 1
            if left < 0:
                raise TooSlow("add a word")

        yield check

    monkeypatch.setattr(searches, "budget", budget)
    asked = Search("{Acme}", limit=20)
    first = house.store.reading(searches.search, asked)
    assert first.note == "Read back to 15 November 2026 so far: the next page goes on from there."
    second = house.store.reading(searches.search, replace(asked, cursor=first.next))
    last = house.store.reading(searches.search, replace(asked, cursor=second.next))
    assert [len(page.found) for page in (first, second, last)] == [7, 3, 2]
    texts = [one.mention.text for page in (first, second, last) for one in page.found]
    assert texts == [f"Acme {n}" for n in range(12)]
    assert (last.next, last.note) == ("", "")
