"""What a query can ask of an item beside its words: who may have seen it, who reacted, what comes with it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.audience import Audience, audience, known_of
from monitor.door import admit
from monitor.pipeline import Ear, Origin, document_of
from monitor.query import Document, QuerySet, compile, parse
from sources.base import Item

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "extra", "expected"),
    [
        ("post", {"likes": 12, "reposts": 1, "replies": 0, "quoted": 2, "views": 300, "followers": 40}, (300, 15, 40)),
        ("post", {"boosts": 1, "favourites": 2, "replies": 3, "followers": 40}, (40, 6, 40)),
        ("post", {"points": 57, "num_comments": 23}, (None, 80, None)),
        ("post", {"score": 0, "num_comments": 0}, (None, 0, None)),
        ("post", {"score": -8, "num_comments": 9}, (None, 9, None)),
        ("post", {"views": "1204", "likes": "31", "comments": "7"}, (1204, 38, None)),
        ("article", {"Likes": "1,204", "Followers": 9.0}, (9, 1204, 9)),
        ("review", {"helpful": 4, "funny": 1, "score": 7}, (None, 5, None)),
        ("survey", {"score": 9, "comments": "too loud"}, (None, None, None)),
        ("post", {"quotes": "1992000000000000000", "reply_to": "17"}, (None, None, None)),
        ("post", {"likes": True, "views": "many", "followers": None}, (None, None, None)),
        ("post", {}, (None, None, None)),
    ],
)
def test_reach_and_engagement_are_what_the_source_tells_and_nothing_else(kind, extra, expected):
    assert audience(extra, kind) == Audience(*expected)


@pytest.mark.parametrize(
    ("query", "item"),
    [
        ("has:link", Item("1", text="see https://kettle.example")),
        ("has:link", Item("1", title="HTTP://kettle.example")),
        ("has:link", Item("1", text="kettle.example", extra={"link": "https://kettle.example"})),
        ("-has:link", Item("1", text="kettle.example, or file:///tmp")),
        ("has:media", Item("1", extra={"media": True})),
        ("-has:media", Item("1", text="a picture")),
        ("has:reply", Item("1", extra={"replies": 1})),
        ("has:reply", Item("1", extra={"reply": "We are sorry", "replied": "2026-11-20"})),
        ("-has:reply", Item("1", extra={"replies": 0, "num_comments": "none"})),
        ("is:reply", Item("1", kind="comment")),
        ("is:reply", Item("1", extra={"reply_to": "17"})),
        ("-is:reply", Item("1", extra={"replies": 3})),
        ("reach:>=1k", Item("1", extra={"followers": 1204})),
        ("country:us", Item("1", extra={"country": "us"})),
        ("-country:us", Item("1", extra={"country": ["us"]})),
        ("followers:1,204", Item("1", extra={"followers": 1204})),
        ("engagement:>3", Item("1", extra={"likes": 4})),
        ("-engagement:>=0", Item("1")),
    ],
)
def test_what_is_known_of_an_item_can_be_asked_as_it_comes_in(query, item):
    document = document_of(admit(item, NOW), Origin("x", "x", "x"), Ear(QuerySet({}), {}))
    assert compile(parse(query, as_view=True)).match(document)


def test_a_like_more_is_no_edit():
    before, after = (admit(Item("1", text="hi", extra={"likes": likes}), NOW) for likes in (1, 2))
    assert before.content_hash == after.content_hash


def test_what_is_known_makes_a_document():
    known = known_of("", "see https://a.example", "comment", {"views": 5, "likes": 2})
    document = Document(text="see https://a.example", **known)
    assert (document.reach, document.engagement, document.followers) == (5, 2, None)
    assert (document.has, document.marks) == (("link",), ("reply",))


def test_a_number_beyond_all_bounds_does_no_harm():
    assert audience({"likes": 10**400, "views": float("inf"), "followers": -3}, "post") == Audience(0, 10**400, 0)
