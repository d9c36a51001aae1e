"""Whatever is typed is answered or refused with its place; nothing hangs, nothing recurses too deep."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from pathlib import Path

import pytest

from monitor.query import Document, Query, QueryError, compile, explain, fts5, index_words, need, parse

STRINGS = Path(__file__).parents[2].parent / "shared" / "corpora" / "security" / "own" / "search-queries.jsonl"
TEXT = "Hello, I bought a GoPro (2026) for 50% off & it's \ud83d great: 'x' OR 1=1; -- 東京 é \x00 #tag @me a.com"


@pytest.fixture(scope="module")
def index():
    """One mention in SQLite's full-text search."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5(title, text, tokenize='ascii')")
    connection.execute("INSERT INTO words VALUES ('', ?)", (index_words(TEXT),))
    yield connection
    connection.close()


def answer(query: str, *, as_view: bool = True) -> Query | QueryError:
    try:
        return parse(query, as_view=as_view)
    except QueryError as refused:
        error = refused
    assert 0 <= error.start <= error.end <= len(query)
    assert str(error).startswith("line ")
    return error


def searched(query: Query, index: sqlite3.Connection) -> bool:
    """Whether the matcher finds it; when it does, the index found it before."""
    matched = compile(query).match(Document(text=TEXT)) is not None
    wanted = need(query)
    if wanted is not None:
        candidates = index.execute("SELECT count(*) FROM words WHERE words MATCH ?", (fts5(wanted),)).fetchone()[0]
        assert candidates or not matched, query.text
    assert explain(query)
    return matched


def test_the_search_strings_of_the_corpus_are_answered_or_refused(index):
    if not STRINGS.exists():
        pytest.skip("../shared/corpora is not here")
    asked = [json.loads(line)["q"] for line in STRINGS.read_text(encoding="utf-8").splitlines()]
    started = time.process_time()
    answers = [answer(query) for query in asked]
    matched = [searched(query, index) for query in answers if isinstance(query, Query)]
    assert time.process_time() - started < 20
    assert len(answers) == 8_900
    assert 100 < len(matched) < 8_900
    assert 10 < sum(matched) < len(matched)


BOMBS = {
    "brackets": "(" * 50_000,
    "closed brackets": "(" * 24_000 + "a" + ")" * 24_000,
    "nots": "NOT " * 12_000 + "a",
    "minuses": "-" * 49_999 + "a",
    "fields": "title:" * 8_000 + "a",
    "quotes": '"' * 50_000,
    "open quote": '"' + "a " * 24_000,
    "braces": "{" * 50_000,
    "ors": "a OR " * 9_999 + "a",
    "ors within the limit": " OR ".join(f"word{number}" for number in range(2_000)),
    "ands within the limit": " ".join(f"w{number}" for number in range(2_000)),
    "nears": "a NEAR/30 " * 4_000 + "a",
    "nears within the limit": "a NEAR/30 " * 10 + "a",
    "long phrase": '"' + "a " * 24_000 + '"',
    "long loose phrase": '"' + "a " * 24_000 + '"~30',
    "long word": "a" * 50_000,
    "wildcards": "a?" * 20_000 + "*",
    "wildcards in a phrase": '"' + "aaa* " * 9_000 + '"',
    "wildcards in a loose phrase": '"' + " ".join(f"aa{n}*" for n in range(9_000)) + '"~30',
    "marks and wildcards": '"' + "\u0301?" * 12_000 + "e\u0301" * 10_000 + '*"',
    "stars": "*" * 50_000,
    "dots": "rating:" + "." * 40_000 + "<",
    "domain": "a." * 20_000 + "com",
    "tag": "#" + "a_" * 20_000,
    "handle": "@" + "a." * 20_000,
    "marks": "a" + "\u0316\u0301" * 20_000,
    "sentences": "a SENTENCE " * 1_900 + "a",
    "one field of many": "author:(" + " OR ".join(["tim"] * 1_990) + ")",
    "unknown field": "x" * 40_000 + ":a",
    "alternating": "(a OR b (" * 32 + "c" + "))" * 32,
    "nul": "\x00" * 1_000,
    "prefixes": " OR ".join(f"abc{number}*" for number in range(1_999)),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_answered_or_refused_in_a_moment(bomb, index):
    started = time.process_time()
    query = answer(BOMBS[bomb])
    if isinstance(query, Query):
        searched(query, index)
    assert time.process_time() - started < 2


HEAVY = {
    "a phrase of one word repeated": '"' + "a " * 500 + '"',
    "nested proximities": "(a NEAR/30 a NEAR/30 b) NEAR/30 (a NEAR/30 a)",
    "a proximity": "a NEAR/30 b",
    "a loose phrase": '"a a a b"~30 NEAR/5 a',
    "a sentence": "a SENTENCE b SENTENCE (a OR b)",
    "wildcards": "??? OR a? OR ?a",
    "wildcards in a phrase": '"' + "aaa* " * 30 + '" OR "aaa* b" OR "aa?b* aaac*"~9',
    "as written": '{A A A A} OR #a OR @a OR a.com OR +"a, a"',
}


@pytest.mark.parametrize("query", HEAVY)
def test_a_text_that_repeats_itself_costs_no_more_than_its_length(query):
    matcher = compile(parse(HEAVY[query], as_view=True))
    random_ = random.Random(3)
    texts = [
        "a " * 16_000,
        "aaab " * 6_000,
        "a보" * 16_000,
        "a b " * 8_000,
        "a" * 32_000,
        "#" * 32_000,
        "a." * 16_000,
        "@a" * 16_000,
        "." * 32_000 + "b",
    ]
    texts.append("".join(random_.choices("ab .,\n東京é\u0301", k=32_000)))
    started = time.process_time()
    for text in texts:
        matcher.match(Document(text=text))
    assert time.process_time() - started < 6


def test_a_query_of_fifty_thousand_characters_is_read_and_matched(index):
    words = [f"w{number}" for number in range(1_900)]
    query = " OR ".join(f'"{word} {word} padding"' for word in words)[:49_990].rsplit(" OR ", 1)[0]
    assert len(query) > 45_000
    assert searched(parse(query), index) is False


def test_any_string_of_the_corpus_can_be_a_text():
    if not STRINGS.exists():
        pytest.skip("../shared/corpora is not here")
    matcher = compile(parse('hello OR "x x" OR hel* OR (NOT zebra)', as_view=True))
    texts = [json.loads(line)["q"] for line in STRINGS.read_text(encoding="utf-8").splitlines()]
    assert all(matcher.match(Document(text=text, title=text, author=text, url=text)) for text in texts)
