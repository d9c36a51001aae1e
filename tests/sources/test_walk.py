"""A walk back through pages: what the next one starts from."""

from __future__ import annotations

import json

import pytest

from sources.reading.walk import FIRST_PAGES, MOST_PAGES, SHORT_WALKS, Walk, in_turn


def test_the_edge_is_raised_at_the_end_and_not_before() -> None:
    walk = Walk(edge=100).after([150, 140], ["b", "a"], "token")
    assert (walk.edge, walk.newest, walk.at) == (100, 150, "token")
    assert walk.ended() == Walk(edge=150)


def test_it_comes_back_from_a_cursor_as_it_went_in() -> None:
    walk = Walk(edge=100, short=1).after([150], ["a"], "token")
    assert Walk.of(json.loads(json.dumps(walk.as_json()))) == walk


@pytest.mark.parametrize("kept", [None, [], "x", {"edge": "yesterday", "pages": True, "at": 7, "other": 1}])
def test_what_is_no_walk_is_a_fresh_one(kept: object) -> None:
    assert Walk.of(kept) == Walk()


@pytest.mark.parametrize(
    ("times", "last", "reached"),
    [
        ([120, 99], False, True),
        ([120, 100], False, False),
        ([120, 100], True, True),
        ([120], True, False),
        ([], True, False),
    ],
)
def test_the_old_edge_is_reached_by_what_is_older(times: list[int], last: bool, reached: bool) -> None:
    assert Walk(edge=100).reaches(times, last=last) is reached
    assert not Walk().reaches(times, last=last)


def test_a_list_that_begins_anew_is_noticed() -> None:
    walk = Walk().after([9, 8], ["a", "b"], "1")
    assert not walk.repeats(["c", "d"])
    assert walk.repeats(["z", "a"])


def test_the_first_walk_is_short_and_a_later_one_long() -> None:
    assert Walk(pages=FIRST_PAGES).is_enough
    assert not Walk(edge=1, pages=FIRST_PAGES).is_enough
    assert Walk(edge=1, pages=MOST_PAGES).is_enough


def test_what_breaks_off_is_tried_again_and_given_up_at_last() -> None:
    walk = Walk(edge=100)
    for tries in range(1, SHORT_WALKS):
        walk = walk.after([150], ["a"], "t")
        assert not walk.is_given_up
        walk = walk.broke_off()
        assert walk == Walk(edge=100, short=tries)
    walk = walk.after([150], ["a"], "t")
    assert walk.is_given_up
    assert walk.broke_off() == Walk(edge=150)


@pytest.mark.parametrize(("first", "order"), [("b", "bca"), ("a", "abc"), ("z", "abc"), (None, "abc"), (["b"], "abc")])
def test_a_poll_begins_where_the_last_one_was_cut_short(first: object, order: str) -> None:
    assert in_turn("abc", first) == list(order)


def test_how_far_back_somebody_asked_to_go_is_a_goal_but_nothing_that_was_read() -> None:
    walk = Walk(since=100)
    assert walk.reaches([120, 99])
    assert walk.goal == 100
    assert walk.after([150], ["a"], "t").ended() == Walk(edge=150)
    assert walk.ended() == walk
    assert walk.broke_off() == Walk(since=100, short=1)
