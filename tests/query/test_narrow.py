"""What an index is asked for first: all that can match, and no syntax of the index's own."""

from __future__ import annotations

import pytest

from monitor.query import fts5, need, parse


def asked(query: str, columns: tuple[str, ...] = ("title", "text")) -> str | None:
    wanted = need(parse(query, as_view=True), columns)
    return fts5(wanted, columns) if wanted else None


@pytest.mark.parametrize(
    ("query", "match"),
    [
        ("Apple", '"apple"'),
        ("e-mail", '"e mail"'),
        ("appl* -pear", '"appl" *'),
        ('a (b OR "c d") lang:en', '("a" AND ("b" OR "c d"))'),
        ("title:a OR b", '({title} : "a" OR "b")'),
        ("a NEAR/3 b", '("a" AND "b")'),
        ("{C++} SENTENCE #tag", '("c" AND "tag")'),
        ("e-w?men*", '"e w" *'),
        ('"東京都 x" 東', '("東京 京都 都 x" AND "東" *)'),
        ("a.com OR a", '("a com" OR "a")'),
    ],
)
def test_the_words_that_every_match_holds_are_asked_for(query, match):
    assert asked(query) == match


@pytest.mark.parametrize(
    "query", ["NOT a", "a OR lang:en", "rating:1", "@name", "author:tim", "url:a", "???", "a OR NOT b"]
)
def test_what_an_index_of_title_and_text_cannot_narrow_is_not_narrowed(query):
    assert asked(query) is None


def test_more_columns_narrow_more():
    columns = ("title", "text", "author")
    assert asked("author:tim", columns) == '{author} : "tim"'
    assert asked("@name", columns) == '"name"'
    assert asked("a", columns) == '{title text} : "a"'


def test_a_need_is_no_deeper_than_sqlite_can_read():
    deep = "a" + " (b OR (c" * 30 + "))" * 30
    assert asked(deep).count("(") < 40
