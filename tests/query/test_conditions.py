"""A query is narrowed and widened by clicks, and keeps meaning what its writer meant."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from monitor.query.conditions import Conditions, asks_for_scores, both, condition
from monitor.query.parse import parse
from monitor.query.tree import And, Node
from tests.query.drawn import few_queries
from tests.query.reference import written


@pytest.mark.parametrize(
    ("query", "more", "narrowed"),
    [
        ("", "lang:de", "lang:de"),
        ("refund", "sentiment:negative", "refund sentiment:negative"),
        ("refund OR late", "sentiment:negative", "(refund OR late) sentiment:negative"),
        ("(refund OR late)", "sentiment:negative", "(refund OR late) sentiment:negative"),
        ("late NEAR/3 parcel", "lang:de", "late NEAR/3 parcel lang:de"),
        ("NOT jobs", "lang:de", "NOT jobs lang:de"),
        ("-jobs", 'topic:"late delivery"', '-jobs topic:"late delivery"'),
    ],
)
def test_a_condition_is_added_with_brackets_only_where_they_are_needed(query, more, narrowed):
    assert Conditions(query).plus(more) == narrowed
    assert Conditions(narrowed).holds(more)


@pytest.mark.parametrize(
    ("query", "one", "widened"),
    [
        ("refund sentiment:negative", "sentiment:negative", "refund"),
        ("(refund OR late) sentiment:negative", "sentiment:negative", "(refund OR late)"),
        ("sentiment:negative AND refund", "sentiment:negative", "refund"),
        ("refund AND sentiment:negative AND lang:de", "sentiment:negative", "refund AND lang:de"),
        ("sentiment:negative", "sentiment:negative", ""),
        ("refund sentiment:Negative", "sentiment:negative", "refund"),
        ("refund (sentiment:negative)", "sentiment:negative", "refund"),
        ("refund", "lang:de", "refund"),
        ("refund OR lang:de", "lang:de", "refund OR lang:de"),
    ],
)
def test_a_condition_is_taken_out_and_the_rest_stays_as_it_was_written(query, one, widened):
    assert Conditions(query).minus(one) == widened


@pytest.mark.parametrize(
    "query", ["a", "a OR b", "a -b", "a NEAR/2 (b OR c) d", '"a b"~3', "NOT (a OR b)", "{A} #b @c"]
)
def test_adding_and_removing_leaves_the_same_meaning(query):
    more = condition("topic", "late delivery")
    back = Conditions(Conditions(query).plus(more)).minus(more)
    assert parse(back, as_view=True).root == parse(query, as_view=True).root


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ("site", "reddit.com", "site:reddit.com"),
        ("source", 'import "rows" (2).csv', 'source:"import rows (2).csv"'),
        ("author", "Ann Lee", 'author:"Ann Lee"'),
        ("author", "…", ""),
        ("author", '"', ""),
        ("topic", "a OR b", 'topic:"a OR b"'),
    ],
)
def test_a_value_is_quoted_or_cannot_be_asked_for(field, value, written):
    assert condition(field, value) == written


def test_every_condition_is_told_with_the_query_without_it():
    assert [(one.written, one.rest) for one in Conditions("refund (a OR b) -lang:de").each()] == [
        ("refund", "(a OR b) -lang:de"),
        ("(a OR b)", "refund NOT lang:de"),
        ("NOT lang:de", "refund (a OR b)"),
    ]


def test_conditions_on_days_are_known():
    query = "late published:2026-11 (refund published:>=2026-10-02)"
    assert Conditions(query).on("published") == ("published:2026-11", "published:>=2026-10-02")
    assert Conditions(query).minus("published:2026-11") == "late (refund published:>=2026-10-02)"


def test_two_queries_are_joined_without_one_taking_what_is_the_others():
    assert both("a OR b", "c OR d") == "(a OR b) (c OR d)"
    assert both("", "c OR d") == "(c OR d)"
    assert both("a", "") == "a"


def test_it_is_known_whether_a_query_asks_for_what_only_scoring_knows():
    assert asks_for_scores("refund OR NOT sentiment:negative")
    assert not asks_for_scores("refund lang:de")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(few_queries)
def test_any_query_is_narrowed_and_widened_without_another_meaning(asked):
    more = condition("topic", "late delivery")
    for query in map(written, asked):
        parts = parts_of(query)
        if parse(more, as_view=True).root in parts:
            continue
        narrowed = Conditions(query).plus(more)
        assert parts_of(narrowed) == (*parts, parse(more, as_view=True).root)
        assert parts_of(Conditions(narrowed).minus(more)) == parts
        for one, part in zip(Conditions(query).each(), parts, strict=True):
            left = tuple(other for other in parts if other != part)
            assert (parts_of(one.rest) if one.rest else ()) == left


def parts_of(query: str | Node) -> tuple[Node, ...]:
    """What must be fulfilled."""
    root = parse(query, as_view=True).root if isinstance(query, str) else query
    return tuple(inner for part in root.parts for inner in parts_of(part)) if isinstance(root, And) else (root,)
