"""Drawn queries, whole, cut and mixed up, on drawn texts: all that reads a query agrees, or refuses with a place."""

from __future__ import annotations

import sqlite3
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.query import (
    Document,
    QueryError,
    QuerySet,
    account,
    compile,
    explain,
    fts5,
    index_words,
    lint,
    need,
    parse,
    trace,
)

GOOD = (
    'gopro OR "go pro" OR #gopro OR @gopro',
    "apple AND (iphone OR ipad OR {Mac}) -pie*",
    "delta NEAR/5 (flight OR airline) NOT title:(cargo OR fr?ight)",
    '"Procter & Gamble" OR P&G OR ++"P&G" OR +"p&g"',
    "gopro.com OR site:reddit.com gopro lang:(en OR de) rating:<=2 after:2026-01-01",
    '(a ONEAR/3 b) SENTENCE "c d"~4 OR wom?n OR 東京 engagement:1k..5k',
    "is:question has:(link OR media) like:12 status:new tag:vip assignee:@ann team:care",
)
TEXTS = st.text("ab gopro.#@{}&P\n東京é\u0301İß", max_size=60)


@st.composite
def mutated(draw):
    """A good query of which a piece is cut out, doubled, or replaced by a piece of another."""
    query, other = draw(st.sampled_from(GOOD)), draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(st.integers(0, len(query)), st.integers(0, len(query)))))
        begin, stop = sorted(draw(st.tuples(st.integers(0, len(other)), st.integers(0, len(other)))))
        pieces = ("", query[start:end] * 2, other[begin:stop], "(", ")", '"', "NOT ", "\x00", "\ud800")
        put = draw(st.sampled_from(pieces))
        query = query[:start] + put + query[end:]
    return query


@pytest.fixture(scope="module")
def words():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5(title, text, tokenize='ascii')")
    yield connection
    connection.close()


def read(query, *, as_view):
    """The query, or None where it is refused with a place in it."""
    try:
        return parse(query, as_view=as_view)
    except QueryError as error:
        refused = error
    assert 0 <= refused.start <= refused.end <= len(query)
    assert refused.problem
    assert str(refused).startswith("line ")
    return None


@settings(max_examples=400, deadline=None)
@given(mutated() | st.text(max_size=80), TEXTS, TEXTS, st.booleans())
def test_whatever_is_typed_is_read_alike_by_all_or_refused(words, query, title, text, as_view):
    found = read(query, as_view=as_view)
    findings = lint(query, as_view=as_view)
    if found is None:
        assert [one.severity for one in findings] == ["error"]
        return
    assert all(one.shown(query) for one in findings)
    assert explain(found).startswith("Read as:")
    document = Document(title=title, text=text)
    match = compile(found).match(document)
    told = trace(found, document)
    assert told.holds == (match is not None)
    assert account(told, document)
    together = QuerySet({1: found, 2: parse("zebra")}).match(document)
    assert together.get(1) == match
    wanted = need(found)
    if match is not None and wanted is not None:
        words.execute("DELETE FROM words")
        words.execute("INSERT INTO words VALUES (?, ?)", (index_words(title), index_words(text)))
        assert words.execute("SELECT 1 FROM words WHERE words MATCH ?", (fts5(wanted),)).fetchone()


REPEATS = {
    "one near many times": " OR ".join(["(a NEAR/30 b)"] * 999),
    "nears with one word": " OR ".join(f"(a NEAR/30 w{number})" for number in range(999)),
    "exact nears": " OR ".join(f"({{A}} NEAR/30 !B{number})" for number in range(900)),
    "groups of one word": " ".join(f"(a OR b{number})" for number in range(900)),
    "a sentence of one word": " SENTENCE ".join(["a", "b"] * 900),
}


@pytest.mark.parametrize("query", REPEATS)
@pytest.mark.parametrize("text", ["a b " * 8_000, "A " * 16_000, "a. b! " * 5_000])
def test_a_repeating_query_of_a_repeating_text_takes_a_moment(query, text):
    matcher = compile(parse(REPEATS[query], as_view=True))
    started = time.process_time()
    match = matcher.match(Document(text=text))
    assert time.process_time() - started < 3
    assert match is None or len(match.spans) <= 600


def test_a_word_that_repeats_is_marked_three_hundred_times():
    match = compile(parse("a")).match(Document(text="a " * 1_000))
    assert match is not None
    assert [match.spans[0].start, match.spans[-1].end, len(match.spans)] == [0, 599, 300]
