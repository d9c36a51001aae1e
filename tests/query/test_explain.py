"""The reading shows every bracket, and what the writer may not have meant."""

from __future__ import annotations

import pytest

from monitor.query import explain, parse
from monitor.query.explain import reading


@pytest.mark.parametrize(
    ("query", "reading"),
    [
        ("apple", "apple"),
        ("apple pie OR tart", "((apple AND pie) OR tart)"),
        ("apple -pie", "(apple AND NOT pie)"),
        ('"Big  Mac" AND NOT (fries OR coke)', '("Big Mac" AND NOT (fries OR coke))'),
        ("e-mail", '"e-mail"'),
        ("a NEAR b ONEAR/2 c", "((a NEAR/5 b) ONEAR/2 c)"),
        ("a SENTENCE b SENTENCE c", "(a SENTENCE b SENTENCE c)"),
        ('{Apple} !US `Next` +"at&t"', '({Apple} AND {US} AND {Next} AND +"at&t")'),
        ("title:(a OR b)", "(title:a OR title:b)"),
        ('appl* wom?n "a b"~3', '(appl* AND wom?n AND "a b"~3)'),
        ('"AND" "東?"', '("AND" AND "東?")'),
        ("#tag @me a.com", "(#tag AND @me AND a.com)"),
        ("rating: >= 4 lang:EN site:www.a.com", "(rating:>=4 AND lang:en AND site:a.com)"),
        ("topic:late_delivery", 'topic:"late delivery"'),
    ],
)
def test_a_reading_shows_all_brackets(query, reading):
    assert explain(parse(query, as_view=True)).splitlines()[0] == f"Read as: {reading}"
    assert parse(reading, as_view=True).root == parse(query, as_view=True).root


def test_an_unbracketed_mix_of_and_and_or_is_told():
    assert explain(parse("apple pie OR tart")).splitlines()[1:] == [
        "Note: AND binds before OR: put brackets around what belongs together. (apple pie)"
    ]
    assert parse("(apple pie) OR tart").notes == ()
    assert parse("apple (pie OR tart)").notes == ()


def test_a_star_that_is_a_mark_is_told_to_be_no_wildcard():
    assert parse('"big mac*"').notes == ()
    told = explain(parse('"big m*c"'))
    assert 'Note: In quotes "*" stands for the rest of a word at its end only; here it is a mark. ("big m*c")' in told
    assert "no wildcard. ({Appl*})" in explain(parse("{Appl*}"))


@pytest.mark.parametrize(
    "query", ['"custom* service"', '"custom*-service"', '"wom?n in tech"', '"what? colo?r"', "?ndroid", '"appl*"']
)
def test_a_reading_keeps_its_wildcards(query):
    read = parse(query).root
    assert parse(reading(read)).root == read


def test_a_brand_that_asks_for_what_is_known_later_is_told_so():
    late = "is known only after a mention came in, so a brand's query never finds it. Use it in a view."
    assert f"Note: sentiment: {late} (sentiment:negative)" in explain(
        parse("acme sentiment:negative -sentiment:positive")
    )
    assert f"Note: is:question {late} (is:question)" in explain(parse("acme is:question"))
    for query in ("acme is:reply is:own has:link reach:>10 lang:en", "acme is:reply"):
        assert parse(query).notes == ()
    assert parse("sentiment:negative tag:vip", as_view=True).notes == ()


def test_lower_case_operators_are_told_to_be_words():
    assert 'Note: "or" in lower case is a word to look for; the operator is OR. (or)' in explain(parse("apple or pear"))


def test_a_long_reading_goes_over_several_lines_with_each_bracket_indented():
    query = "(" + " OR ".join(f'"camera model {n}"' for n in range(9)) + ") AND (review OR test) -jobs"
    lines = explain(parse(query)).splitlines()
    assert lines[0] == "Read as:"
    assert lines[1:3] == ["(", "  ("]
    assert lines[3].startswith('    "camera model 0" OR "camera model 1"')
    assert lines[-2:] == ["  AND (review OR test) AND NOT jobs", ")"]
    assert max(map(len, lines)) <= 100
    assert parse("\n".join(lines[1:])).root == parse(query).root


def test_brackets_nested_deep_are_still_laid_out():
    query = "(" * 60 + " OR ".join(f"word{n}" for n in range(400)) + ")" * 60
    assert parse("\n".join(explain(parse(query)).splitlines()[1:])).root == parse(query).root
