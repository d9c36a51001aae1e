"""Why a text matches or does not: the clause that decided it is named, with the words it found or missed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.query import Document, account, parse, told_spans, trace


def told(query: str, text: str = "", **facts: Any) -> list[str]:
    document = Document(text=text, **facts)
    return account(trace(parse(query, as_view=True), document), document).splitlines()


def test_a_match_names_each_clause_with_the_words_it_found():
    assert told("gopro (hero OR max) -dji", "My GoPro Hero max") == [
        "It matches.",
        "  gopro: “GoPro” (text 4–8)",
        "  hero: “Hero” (text 10–13)",
        "  max: “max” (text 15–17)",
        "  NOT dji: not there",
    ]


def test_what_keeps_a_text_out_comes_first_and_what_holds_after_it():
    assert told("gopro (hero OR max) -dji", "My GoPro is no DJI") == [
        "It does not match. What keeps it out:",
        "  (hero OR max): none of these 2 is there",
        "  NOT dji: it is there: “DJI” (text 16–18)",
        "What holds:",
        "  gopro: “GoPro” (text 4–8)",
    ]


@pytest.mark.parametrize(
    ("query", "text", "why"),
    [
        ("pear", "apple", "not there"),
        ('"apple pie"', "apple of pie", "its words are there, but not next to each other"),
        ("{Apple}", "apple", "there as “apple”, not written so"),
        ("#apple", "apple", "its words are there, but not as a tag"),
        ("title:apple", "apple", "it is in the text only"),
        ('"great battery"~2', "great a b c battery", "at most 2 words between allowed"),
        ('"great battery"~2', "great", "“battery” is not there"),
        ("a NEAR/3 b", "a 1 2 3 4 5 6 7 8 9 b", "both are there, 9 words between them; at most 3 allowed"),
        ("a NEAR/3 b", "a c", "“b” is not there"),
        ("#a NEAR/1 @b", "(#a 1 2 3 @b)", "both are there, 3 words between them; at most 1 allowed"),
        ("a ONEAR/3 b", "b a", "both are there, in the other order"),
        ("apple NEAR/3 apple", "apple", "both are one and the same word; two are asked for"),
        ("a SENTENCE b", "a. b", "all are there, but not in one sentence"),
        ("a OSENTENCE b", "b a", "all are in one sentence, in another order"),
    ],
)
def test_what_a_word_or_a_proximity_lacks_is_said(query, text, why):
    assert why in told(query, text)[1]


@pytest.mark.parametrize(
    ("query", "facts", "why"),
    [
        ("rating:<=2", {"rating": 4.0}, "rating is 4; wanted at most 2"),
        ("rating:<=2", {}, "it has no rating; wanted at most 2"),
        ("lang:en", {"lang": "fr"}, "lang is fr; wanted en"),
        ("lang:en", {}, "it has no language"),
        ("site:a.com", {"url": "https://b.com/x"}, "site is b.com; wanted a.com"),
        ("site:a.com", {}, "it has no link"),
        ("author:tim", {}, "it has no author"),
        ("author:tim", {"author": "Ann Lee"}, "the author is “Ann Lee”"),
        ("sentiment:negative", {"scores": {"sentiment": ("positive",)}}, "sentiment is positive; wanted negative"),
        (
            "after:2026-02",
            {"published": datetime(2026, 1, 3, tzinfo=UTC)},
            "it was published 2026-01-03; wanted from 2026-02-01 on",
        ),
        ("rating:<2.5", {"rating": 2.5}, "rating is 2.5; wanted less than 2.5"),
        ("rating:>2", {"rating": 2.0}, "rating is 2; wanted more than 2"),
        ("rating:1..3", {"rating": 4.0}, "rating is 4; wanted 1 to 3"),
        ("rating:5", {"rating": 4.0}, "rating is 4; wanted 5"),
        ("followers:<1.5m", {"followers": 1.5e6}, "followers is 1,500,000; wanted less than 1,500,000"),
        (
            "published:2026-01..2026-02",
            {"published": datetime(2026, 3, 1, 8, 30, tzinfo=UTC)},
            "it was published 2026-03-01 08:30 UTC; wanted from 2026-01-01 on and before 2026-03-01",
        ),
        ("NOT rating:4", {"rating": 4.0}, "it is there: rating is 4"),
        ("tag:vip", {}, "it has no tag"),
        ("reach:>=10k", {"reach": 300.0}, "reach is 300; wanted at least 10,000"),
    ],
)
def test_what_a_condition_found_instead_is_said(query, facts, why):
    assert why in told(query, "x", **facts)[1]


def test_a_near_in_two_fields_is_told_apart():
    assert "one is in the title, the other in the text" in told("a NEAR b", "b", title="a")[1]


def test_of_many_alternatives_the_closest_is_named():
    query = " OR ".join(f"(brand{n} (camera OR lens) -jobs)" for n in range(9))
    lines = told(query, "brand3 camera jobs")
    assert "none of these 9 holds" in lines[1]
    assert lines[2].strip() == "closest is (brand3 AND (camera OR lens) AND NOT jobs)"
    assert lines[3].strip().startswith("NOT jobs: it is there")
    assert len(lines) == 4


def test_the_words_that_decided_are_marked():
    document = Document(text="My GoPro is no DJI", title="Camera")
    found = told_spans(trace(parse("gopro -dji camera -drone"), document))
    assert [(span.field, span.start) for span in found] == [("text", 3), ("text", 15), ("title", 0)]


def test_a_long_text_with_thousands_of_hits_is_explained_in_few_lines():
    lines = told("a NEAR/1 b", "a x y z b x y z " * 20_000)
    assert "3 words between them; at most 1 allowed" in lines[1]
    assert len(told("a", "a b " * 20_000)) == 2


def test_of_hundreds_of_clauses_the_first_are_told():
    lines = told(" ".join(f"word{n}" for n in range(200)), "word0")
    assert len(lines) == 34
    assert lines[31] == "  … and 169 more"
