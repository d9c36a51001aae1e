"""A query that cannot be used: the message shows the place and what would have been accepted."""

from __future__ import annotations

import pytest

from monitor.errors import Refused
from monitor.query import QueryError, parse


def refusal(query: str, *, as_view: bool = True) -> QueryError:
    with pytest.raises(QueryError) as error:
        parse(query, as_view=as_view)
    return error.value


def test_a_message_has_line_column_caret_and_what_to_write():
    error = refusal("apple\n  NEAR/3 )")
    assert str(error) == (
        'line 2, column 10: expected a term after NEAR/3, found ")"\n'
        "    NEAR/3 )\n"
        "           ^\n"
        'Write a word, a phrase in "quotes" or a bracketed group after NEAR/3.'
    )
    assert (error.line, error.column, error.start) == (2, 10, 15)
    assert isinstance(error, Refused)


def test_the_caret_stands_under_its_place_after_wide_and_invisible_characters():
    shown, caret = str(refusal("東京 \u202e\t zzz:x")).splitlines()[1:3]
    assert caret.index("^") == shown.index("zzz") + 2
    assert caret.strip() == "^^^^"


def test_a_long_query_shows_the_neighbourhood_of_the_place():
    lines = str(refusal("apple " * 1000 + "OR")).splitlines()
    assert max(map(len, lines)) < 140


@pytest.mark.parametrize(
    ("query", "place", "message"),
    [
        ("", 0, "the query is empty"),
        ("  \n ", 0, "the query is empty"),
        ("a AND", 5, "expected a term after AND, found the end of the query"),
        ("a OR OR b", 5, 'expected a term after OR, found "OR"'),
        ("OR a", 0, "expected a term before OR, found none"),
        ("NEAR(a b, 5)", 0, "expected a term before NEAR"),
        ("a -", 2, 'expected a term, found "-"'),
        ("a NOT", 5, "expected a term after NOT"),
        ("(a OR b", 0, '"(" is not closed'),
        ("((a) b", 0, '"(" is not closed'),
        ("a) b", 1, '")" closes nothing'),
        ("()", 1, 'expected a term, found ")"'),
        ('a "b c', 2, "this quote is not closed"),
        ('""', 0, "there is nothing in these quotes"),
        ("{Apple", 0, '"{" is not closed'),
        ("Apple}", 5, '"}" closes nothing'),
        ("a & b", 2, 'expected a term, found "&"'),
        ("😀", 0, "needs a letter or a digit"),
        ("ap*", 2, "Write at least 3 letters before it"),
        ("ap*le", 2, '"*" can stand only at the end of a word'),
        ("*", 0, "expected a term"),
        ('"ap* store"', 0, '"*" after "ap" would find too much'),
        ('"f*** off"', 0, "Write at least 3 letters before it"),
        ('"東京* 店"', 0, '"*" does not work beside'),
        ('"a? 東?京"', 0, '"?" does not work beside'),
        ('"custom* customer"~3', 0, "one word can be both"),
        ("custom*er", 6, '"*" can stand only'),
        ("rating:1 .. ", 7, "takes a number"),
        ("rating:>= AND", 7, "takes a number"),
        ("東?京", 0, "does not work beside"),
        ("a NEAR/31 b", 2, "a distance goes from 0 to 30, found 31"),
        ("a NEAR/x b", 2, "needs a number"),
        ('"a b"~', 5, '"~" needs a number'),
        ('"a b"~99', 5, "from 0 to 30"),
        ('"a"~3', 0, "two words or more"),
        ('"a b c d"~1', 0, "Write ~2 or more"),
        ("a NEAR (b AND c)", 8, "this cannot stand beside NEAR"),
        ("a NEAR NOT b", 7, "this cannot stand beside NEAR"),
        ("a NEAR lang:en", 7, "this cannot stand beside NEAR"),
        ("a SENTENCE b NEAR c", 0, "Let one SENTENCE be the outermost"),
        ("tilte:apple", 0, "Did you mean title:?"),
        ("zzz:apple", 0, "Fields: title, text, author"),
        ("https://apple.com", 0, "Write site:example.com"),
        ("reach:many", 6, "reach: takes a number such as 500, >=10k or 1k..1.5m"),
        ("followers:1,00", 10, "takes a number such as 500"),
        ("status:assined", 7, "Did you mean status:assigned?"),
        ("has:picture", 4, "has: takes one of link, media, reply"),
        ("is:questions", 3, "Did you mean is:question?"),
        ("is:story-leed", 3, "Did you mean is:story-lead?"),
        ("like:this", 5, "the number of a mention such as 123"),
        ("assignee:@", 9, "the name of a colleague"),
        ("title:", 6, "after title:, found the end of the query"),
        ("title: OR a", 7, 'after title:, found "OR"'),
        ("rating:good", 7, "takes a number such as 4, >=4 or 1..3"),
        ("rating:>=1..3", 7, "takes a number"),
        ("rating:5..1", 7, "Write the smaller end first: rating:1..5"),
        ("lang:english", 5, "Did you mean lang:en?"),
        ("sentiment:negativ", 10, "Did you mean sentiment:negative?"),
        ("type:blog", 5, "one of post, comment, review, article, survey"),
        ("after:yesterday", 6, "a date such as 2026-01-31"),
        ("after:2026-13", 6, "a date such as 2026-01-31"),
        ("before:>2026", 7, "published:>2026"),
        ("after:0999", 6, "a date such as"),
        ("published:0000", 10, "a date such as"),
        ("site:!!", 5, "a site such as example.com"),
        ("#e-mail", 0, "A tag holds letters, digits and _ only"),
        ("@a/b", 0, "A handle holds"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(query, place, message):
    error = refusal(query)
    assert message in str(error)
    assert error.start == place


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("NOT apple", 0),
        ("NOT (NOT apple AND pear)", 0),
        ("apple OR NOT pear", 9),
        ("apple OR (NOT pear NOT plum)", 10),
        ("(apple OR -pear) OR plum", 10),
        ("???", 0),
        ("apple OR ???", 9),
        ("lang:en", 0),
        ("apple OR site:apple.com", 9),
        ("rating:1 sentiment:negative", 0),
    ],
)
def test_a_brand_needs_a_word_in_every_branch_and_a_view_does_not(query, place):
    error = refusal(query, as_view=False)
    assert error.start == place
    assert "Add a word" in str(error)
    assert parse(query, as_view=True).as_view


@pytest.mark.parametrize(
    "query",
    [
        "apple",
        "apple -pear",
        "(NOT lang:de) apple",
        "NOT (NOT apple)",
        "NOT (NOT apple OR pear)",
        "author:tim",
        "a??le",
        "???ple NEAR/3 pie",
    ],
)
def test_a_brand_query_with_a_word_everywhere_is_accepted(query):
    assert parse(query).text == query


def test_the_limits_are_refused_with_their_place():
    assert refusal("a " * 30_000).start == 50_000
    assert refusal(" ".join(["a"] * 2001)).start == 4000
    assert parse(" ".join(["a"] * 2000)).root
    assert refusal("(" * 65 + "a" + ")" * 65).start == 64
    assert parse("(" * 64 + "a" + ")" * 64).root
    assert "a phrase has at most 500 words, this one has 501" in str(refusal('"' + "a " * 501 + '"'))
    assert "wildcards work in phrases of at most 30 words" in str(refusal('"' + "abc* " * 31 + '"'))
    assert parse('"' + "a " * 499 + 'abc*"').root
    assert "at most 10 NEARs" in str(refusal(" NEAR ".join("abcdefghijklm")))
