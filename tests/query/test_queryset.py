"""Many queries at once find what each of them finds alone."""

from __future__ import annotations

import time

import pytest

from monitor.query import Document, QuerySet, compile, parse, queryset


def brands(**queries: str) -> QuerySet[str]:
    return QuerySet({name: parse(query, as_view=True) for name, query in queries.items()})


def test_each_brand_that_is_spoken_of_is_found_with_its_places():
    together = brands(gopro="gopro OR #gopro", dji='dji OR "osmo pocket"', sony="sony -playstation")
    text = "The Osmo Pocket beats my GoPro"
    found = together.match(Document(text=text))
    assert {name: [text[s.start : s.end] for s in match.spans] for name, match in found.items()} == {
        "gopro": ["GoPro"],
        "dji": ["Osmo Pocket"],
    }


def test_a_query_that_has_nothing_to_do_with_the_text_is_not_tried():
    together = brands(gopro="gopro AND (camera OR video)", dji="dji*", author="author:nikon", all_german="lang:de")
    assert set(together.candidates(Document(text="a new camera", lang="en"))) == {"all_german"}
    assert set(together.candidates(Document(text="DJI's", author="Nikon"))) == {"dji", "author", "all_german"}


def test_wildcards_pairs_handles_and_facts_are_candidates_wherever_they_match():
    together = brands(a="appl*", b="?pple", c="東", d="東京都", e="@gopro", f="rating:1", g="NOT apple", h="straßen*")
    for document in (
        Document(text="apples"),
        Document(text="apple"),
        Document(text="大東京都"),
        Document(author="@gopro@m.social"),
        Document(rating=1),
        Document(title="STRASSENBAHN"),
    ):
        alone = {
            name
            for name, query in zip(
                "abcdefgh",
                ("appl*", "?pple", "東", "東京都", "@gopro", "rating:1", "NOT apple", "straßen*"),
                strict=True,
            )
            if compile(parse(query, as_view=True)).match(document)
        }
        assert set(together.match(document)) == alone
        assert alone


def test_a_query_can_be_changed_and_taken_away():
    together = brands(gopro="gopro", dji="dji OR osmo*")
    together.put("gopro", parse("hero"))
    assert set(together.match(Document(text="gopro dji"))) == {"dji"}
    assert set(together.match(Document(text="hero osmosis"))) == {"gopro", "dji"}
    together.drop("dji")
    together.drop("nobody")
    assert set(together.match(Document(text="dji hero"))) == {"gopro"}
    assert len(together) == 1


def test_what_a_query_needs_besides_its_rarest_word_must_be_there_too():
    together = brands(
        both="zebra apple", one="zebra (apple OR pear)", ways='(zebra pie) OR (yak "apple pie")', begun="zebra appl*"
    )
    assert set(together.candidates(Document(text="a zebra"))) <= {"begun"}
    assert set(together.match(Document(text="a zebra and an apple"))) == {"both", "one", "begun"}
    assert set(together.match(Document(title="zebra", text="pear"))) == {"one"}
    assert set(together.match(Document(text="yak: apple pie"))) == {"ways"}


@pytest.mark.parametrize("shared", ["the", "apple", "internationalisation", "apple*", "(apple OR pear)", '"apple pie"'])
def test_a_word_that_all_brands_ask_for_makes_none_of_them_a_candidate(shared):
    together = QuerySet({number: parse(f"{shared} model{number}") for number in range(1_000)})
    text = "the internationalisation of an apple pie"
    assert not together.candidates(Document(text=text))
    assert set(together.match(Document(text=text + " model7"))) == {7}


def test_a_word_that_was_passed_over_is_found_once_a_query_asks_for_it():
    together = brands(gopro="gopro")
    assert not together.match(Document(text="hero osmosis"))
    together.put("hero", parse("hero"))
    together.put("dji", parse("osmo*"))
    assert set(together.match(Document(text="hero osmosis"))) == {"hero", "dji"}


def test_words_that_were_passed_over_are_not_kept_without_end(monkeypatch):
    monkeypatch.setattr(queryset, "_DULL_WORDS", 10)
    together = brands(gopro="gopro OR osmo*")
    for number in range(100):
        found = together.match(Document(text=f"word{number} and other{number} gopro osmosis"))
        assert len(found["gopro"].spans) == 2
        assert len(together._dull) <= 10


def test_a_thousand_queries_are_compiled_and_one_of_them_changed_in_a_moment():
    queries = [f'(brand{n} OR "brand {n}" OR #brand{n}) AND (shop{n} OR store*) -toy{n}' for n in range(1_000)]
    started = time.process_time()
    together = QuerySet({number: parse(query) for number, query in enumerate(queries)})
    assert time.process_time() - started < 5
    started = time.process_time()
    together.put(500, parse("brand500 OR brand501"))
    assert time.process_time() - started < 0.2
    assert set(together.match(Document(text="brand500"))) == {500}


def test_a_text_of_one_word_repeated_is_matched_in_time_linear_in_its_length():
    shapes = ("a b{n}", '"a a" OR c{n}', "a NEAR/30 b{n}", "aaa* OR d{n}", '"a b{n}"~9', "{{A}} f{n}")
    together = QuerySet({number: parse(shapes[number % 6].format(n=number)) for number in range(120)})
    started = time.process_time()
    for text in ("a " * 16_000, "aaa" * 10_000, "a b2 " * 6_000, "á " * 16_000, "ß" * 16_000):
        together.match(Document(text=text))
    assert time.process_time() - started < 20
