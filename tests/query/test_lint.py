"""Lint says what is likely not meant in a query, where, and what to write instead where that is certain."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.query import Document, Finding, compile, lint, mended, parse


def told(query: str, *, as_view: bool = False) -> list[tuple[str, str]]:
    return [(one.severity, one.message) for one in lint(query, as_view=as_view)]


def only(query: str, *, as_view: bool = False) -> Finding:
    (finding,) = lint(query, as_view=as_view)
    return finding


@pytest.mark.parametrize(
    "query",
    [
        "gopro",
        'gopro OR "go pro" OR @gopro',
        "gopro (hero OR max) -jobs",
        "delta NEAR/5 (flight OR airline)",
        "gopro lang:(en OR de) rating:<=2 after:2026-01 before:2026-02",
        "e-mail OR email",
        '"Procter & Gamble" OR P&G',
        "(gopro site:a.com) OR (gopro site:b.com)",
    ],
)
def test_a_sound_query_is_clean(query):
    assert told(query) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("gopro -gopro", "gopro is asked for and excluded: nothing can match"),
        ('gopro -"gopro hero" -gopro', "gopro is asked for and excluded"),
        ('"apple pie" -apple', '"apple pie" is asked for, and apple is excluded'),
        ('("apple pie" OR "apple tart") -apple', "is asked for, and apple is excluded"),
        ("gopro -gop*", "gopro is asked for, and gop* is excluded"),
        ("gopro rating:<2 rating:>4", "no rating is in both rating:<2 and rating:>4"),
        ("gopro after:2026-03 before:2026-01", "no date is in both"),
        ("gopro type:review type:post", "as a mention has one kind"),
        ("gopro lang:en lang:de", "as a mention has one language"),
        ("gopro lang:(en OR fr) lang:de", "exclude each other"),
        ("gopro site:a.com site:b.com", "exclude each other"),
    ],
)
def test_what_can_never_match_is_an_error(query, message):
    errors = [text for severity, text in told(query) if severity == "error"]
    assert len(errors) == 1
    assert message in errors[0]


@pytest.mark.parametrize(
    "query",
    [
        "gopro lang:en lang:en-gb",
        "gopro site:a.com site:shop.a.com",
        "gopro rating:<=2 rating:>=2",
        "gopro sentiment:negative sentiment:positive",
        'gopro -"gopro hero"',
        "apple -{Apple}",
        "title:gopro -text:gopro",
        "gopro NEAR/3 camera -(gopro NEAR/2 camera)",
    ],
)
def test_what_can_match_is_no_error(query):
    assert [severity for severity, _ in told(query) if severity == "error"] == []


def test_a_query_that_cannot_be_read_is_an_error_with_its_advice():
    finding = only("gopro NEAR/3 )")
    assert finding.severity == "error"
    assert finding.shown("gopro NEAR/3 )").splitlines()[:3] == [
        'error, line 1, column 14: expected a term after NEAR/3, found ")"',
        "  gopro NEAR/3 )",
        "               ^",
    ]
    assert "Write a word" in finding.advice


@pytest.mark.parametrize(
    ("query", "severity", "message", "instead"),
    [
        ("camera pie OR gopro", "warning", "AND binds before OR", "(camera pie) OR gopro"),
        ("gopro or dji", "warning", "in lower case", "gopro OR dji"),
        ("gopro near/3 camera", "warning", "in lower case", "gopro NEAR/3 camera"),
        ("gopro OR gopro*", "hint", "gopro is found by gopro* already", "gopro*"),
        ("gopro OR dji OR GoPro", "hint", "is there twice", "gopro OR dji"),
        ("gopro OR #gopro", "hint", "#gopro is found by gopro already", "gopro"),
        ('gopro "gopro hero"', "hint", "this changes nothing", '"gopro hero"'),
        ("gopro lang:en -lang:de", "hint", "this exclusion changes nothing", "gopro lang:en"),
        ('gopro -jobs -"jobs fair"', "hint", "is excluded by NOT jobs already", "gopro -jobs"),
        ('(gopro OR "dji pie") -pie', "warning", "this alternative finds nothing", "(gopro) -pie"),
        ("e-mail", "hint", 'not "email" written in one', "(e-mail OR email)"),
        ("title:(e-mail OR sms)", "hint", 'not "email"', "title:((e-mail OR email) OR sms)"),
        ("title:e-mail", "hint", 'not "email"', "title:(e-mail OR email)"),
        ('"go pro"', "hint", 'not "gopro"', '("go pro" OR gopro)'),
    ],
)
def test_what_is_certain_comes_with_the_query_to_write_instead(query, severity, message, instead):
    finding = only(query)
    assert finding.severity == severity
    assert message in finding.message
    assert finding.instead == instead


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("apple", '"apple" is an everyday word'),
        ("gopro OR target", '"target" is an everyday word'),
        ("gopro NEAR/20 camera", "with 20 words between them"),
        ('"gopro camera"~15', "with 15 words between them"),
        ("gop*", 'very many words begin with "gop"'),
        ("gopro OR ????a", '"????a" fits very many words'),
        ("acme.com/shop", 'read as the words "acme com shop"'),
    ],
)
def test_what_finds_too_much_or_something_else_is_warned_of(query, message):
    finding = only(query)
    assert finding.severity == "warning"
    assert message in finding.message
    assert finding.advice
    assert not finding.instead


def test_an_everyday_word_with_its_context_is_no_concern():
    assert told("apple NEAR/5 (iphone OR ipad)") == []
    assert told("apple (iphone OR ipad)") == []
    assert told("apple", as_view=True) == []
    assert only("jaguar -(cat OR zoo)").severity == "hint"


def test_a_brand_known_by_tags_alone_is_hinted_at():
    assert "finds the tag only" in only("#gopro").message
    assert "finds the handle only" in only("@gopro").message
    assert told("#gopro", as_view=True) == []


@pytest.mark.parametrize("query", ["gopro OR -gopro", 'apple OR -"apple pie"', "NOT (gopro -gopro)"])
def test_a_view_that_shows_everything_is_warned_of(query):
    assert ("warning", "this holds for every mention") in told(query, as_view=True)


def test_of_one_place_one_hint_is_told():
    assert only('gopro OR "gopro x"').message == '"gopro x" is found by gopro already'


def test_all_that_is_certain_is_mended_at_once():
    query = "gopro or dji e-mail OR #gopro"
    assert mended(query, lint(query)) == "(gopro OR dji (e-mail OR email)) OR #gopro"
    assert mended("gopro", lint("gopro")) == ""
    assert mended("gopro -gopro or", lint("gopro -gopro or")) == ""


@pytest.mark.parametrize(
    "query",
    [
        " OR ".join(f"brand{n}" for n in range(2000)),
        " ".join(f"(a{n} OR b{n})" for n in range(900)),
        " OR ".join(f"e-mail{chr(97 + n % 26)}-x" for n in range(600)),
        "(" * 60 + " OR ".join(f"w{n}" for n in range(1500)) + ")" * 60,
    ],
)
def test_the_longest_queries_are_looked_through_in_seconds(query):
    begin = time.monotonic()
    lint(query)
    assert time.monotonic() - begin < 10


WORDS = """
apple; app*; a?ple; pie; "apple pie"; "apple pie*"; "pie apple"~2; {Apple}; #apple; @apple; 東京; 京
title:apple; text:apple; (apple NEAR/1 pie); (apple NEAR/3 pie); (apple ONEAR/3 pie); (pie NEAR/3 apple)
(apple SENTENCE pie); (pie OSENTENCE apple)
rating:<2; rating:<=1; rating:>=4; after:2026-02; before:2026-03; published:2026-02; type:post; type:review
lang:en; lang:en-gb; lang:de; site:a.com; site:b.a.com
"""
words = st.sampled_from(re.split("[;\n]", WORDS.strip())).map(str.strip)
queries = st.recursive(
    words,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " ".join(parts) + ")"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " OR ".join(parts) + ")"),
        inner.map(lambda part: f"NOT {part}"),
    ),
    max_leaves=6,
)
documents = st.builds(
    Document,
    title=st.sampled_from(["", "Apple", "pie"]),
    text=st.lists(st.sampled_from(["apple", "Apple", "pie", "apps", "#apple", "@apple", ".", "東京"]), max_size=6).map(
        " ".join
    ),
    author=st.sampled_from(["", "apple"]),
    rating=st.sampled_from([None, 1.0, 2.0, 5.0]),
    lang=st.sampled_from(["", "en", "en-GB", "de"]),
    kind=st.sampled_from(["post", "review"]),
    url=st.sampled_from(["", "https://a.com/1", "https://b.a.com", "https://c.com"]),
    published=st.sampled_from([None, *(datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))]),
)


@settings(max_examples=300, deadline=None)
@given(queries, st.lists(documents, min_size=1, max_size=8))
def test_what_is_said_to_match_never_or_always_does_and_a_hint_changes_no_answer(query, drawn):
    def matched(written: str) -> list[bool]:
        matcher = compile(parse(written, as_view=True))
        return [matcher.match(document) is not None for document in drawn]

    answers = matched(query)
    for finding in lint(query, as_view=True):
        if finding.severity == "error":
            assert not any(answers), finding.message
        if finding.message == "this holds for every mention":
            assert all(answers)
        if finding.instead:
            assert matched(finding.instead) == answers, finding.message
