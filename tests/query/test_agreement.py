"""One meaning: the matcher, a slow plain reading of the meaning page, many queries at once and SQLite agree."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.query import Document, Query, QuerySet, compile, fts5, index_words, need, parse, trace
from monitor.query.explain import laid_out
from monitor.query.trace import blamed
from tests.query.drawn import few_documents, few_queries
from tests.query.reference import Asked, holds, written

Party = Callable[[Sequence[Document], Sequence[Query]], list[set[int]]]
"""Answers, for each query, which of the documents match, by their numbers."""


def one_by_one(documents: Sequence[Document], queries: Sequence[Query]) -> list[set[int]]:
    matchers = [compile(query) for query in queries]
    return [{number for number, one in enumerate(documents) if matcher.match(one)} for matcher in matchers]


def all_at_once(documents: Sequence[Document], queries: Sequence[Query]) -> list[set[int]]:
    together = QuerySet(dict(enumerate(queries)))
    matched = [set(together.match(document)) for document in documents]
    return [{number for number, keys in enumerate(matched) if at in keys} for at in range(len(queries))]


def as_explained(documents: Sequence[Document], queries: Sequence[Query]) -> list[set[int]]:
    again = [parse("\n".join(laid_out(query.root, 40)), as_view=True) for query in queries]
    return one_by_one(documents, again)


def as_traced(documents: Sequence[Document], queries: Sequence[Query]) -> list[set[int]]:
    found: list[set[int]] = []
    for query in queries:
        told = [trace(query, document) for document in documents]
        matches = [compile(query).match(document) for document in documents]
        assert [one.spans for one in told] == [match.spans if match else () for match in matches], query.text
        assert [blamed(one) == [] for one in told] == [one.holds for one in told], query.text
        found.append({number for number, one in enumerate(told) if one.holds})
    return found


PARTIES: dict[str, Party] = {
    "the matcher": one_by_one,
    "many queries at once": all_at_once,
    "the reading that is shown": as_explained,
    "the account of why": as_traced,
}


def agree(documents: Sequence[Document], asked: Sequence[Asked], parties: dict[str, Party] = PARTIES) -> None:
    """Every party answers as the reference does, and an index of words loses nothing."""
    queries = [parse(written(query), as_view=True) for query in asked]
    right = [{number for number, one in enumerate(documents) if holds(query, one)} for query in asked]
    for name, party in parties.items():
        for query, found, expected in zip(queries, party(documents, queries), right, strict=True):
            assert found == expected, f"{name}: {query.text}"
    for query, candidates, expected in zip(queries, narrowed(documents, queries), right, strict=True):
        assert expected <= candidates, query.text


def narrowed(documents: Sequence[Document], queries: Sequence[Query]) -> list[set[int]]:
    """The documents that SQLite finds by what each query needs; all, where it needs nothing that an index knows."""
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE words USING fts5(title, text, tokenize='ascii')")
    rows = [(number, index_words(one.title), index_words(one.text)) for number, one in enumerate(documents)]
    index.executemany("INSERT INTO words(rowid, title, text) VALUES (?, ?, ?)", rows)
    found = []
    for query in queries:
        wanted = need(query)
        select = "SELECT rowid FROM words" + (" WHERE words MATCH ?" if wanted else "")
        found.append({row[0] for row in index.execute(select, (fts5(wanted),) if wanted else ())})
    index.close()
    return found


careless = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=1_000, deadline=None, suppress_health_check=careless)
@given(few_documents, few_queries)
def test_all_agree_with_the_meaning_page(documents, asked):
    agree(documents, asked)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@settings(max_examples=20_000, deadline=None, suppress_health_check=careless)
@given(few_documents, few_queries)
def test_all_agree_with_the_meaning_page_at_length(documents, asked):
    agree(documents, asked)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_cut_alike_by_the_matcher_and_by_sqlite(title, text):
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE words USING fts5(body, tokenize='ascii')")
    index.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(words, 'instance')")
    index.execute("INSERT INTO words VALUES (?)", (index_words(title + " " + text),))
    terms = [row[0] for row in index.execute("SELECT term FROM terms ORDER BY offset")]
    document = Document(text=title + " " + text)
    assert terms == document.text_words.in_order
    spans = list(zip(document.text_words.starts, document.text_words.ends, strict=True))
    assert len(spans) == len(terms)
    assert all(one[0] <= other[0] and one[0] < one[1] for one, other in pairwise([*spans, (len(document.text), 0)]))
    index.close()
