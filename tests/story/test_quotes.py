"""Quotes: two sentences of two people, word by word."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.story.quotes import LONGEST, quotes, shortened
from monitor.story.themes import Comment

WHEN = datetime(2026, 11, 21, tzinfo=UTC)
KEYS = {("arriv", "broken")}


@pytest.fixture
def say() -> Any:
    numbers = count(1)
    return lambda text, who="", vector=None: Comment(next(numbers), who or "x", text, "en", WHEN, vector)


def quoted(told: list[Comment], **more: Any) -> list[str]:
    return [one.text for one in quotes(told, [one.who for one in told], KEYS, **more)]


def test_quotes_are_verbatim_and_by_different_people(say):
    told = [
        say("Hello. The parcel ARRIVED broken — again. Bye.", "ann"),
        say("parcel arrived broken", "ann"),
        say("My parcel arrived broken, box was fine.", "bob"),
        say("Parcel arrived broken!", "cem"),
    ]
    found = quotes(told, [one.who for one in told], KEYS)
    texts = {one.id: one.text for one in told}
    assert len({one.author for one in found}) == 2
    assert all(one.text in texts[one.mention] for one in found)


def test_one_person_under_two_stories_is_quoted_once(say):
    told = [say("It arrived broken today", "story 1"), say("Mine arrived broken as well", "story 2")]
    assert len(quotes(told, ["Ann", "ann"], KEYS)) == 1
    assert len(quotes(told, ["", ""], KEYS)) == 2


def test_the_same_words_are_quoted_once(say):
    assert quoted([say("It arrived broken", "ann"), say("it ARRIVED broken", "bob")]) == ["It arrived broken"]


def test_what_is_near_the_middle_is_quoted_before_what_is_far_and_the_second_differs_from_the_first(say):
    middle, up = np.eye(384, dtype=np.float32)[:2]
    one_side, other_side = ((middle * 0.96 + up * side).astype(np.float32) for side in (0.28, -0.28))
    told = [
        say("The thing that I bought arrived broken, and so it is.", "far", up),
        say("The thing that I bought arrived broken, and so it was", "ann", one_side),
        say("The thing that I bought arrived broken, and so it may", "twin", one_side),
        say("The thing that I bought arrived broken, and so it had", "other", other_side),
    ]
    first, second = quoted(told, centroid=middle)
    assert first.endswith("was")
    assert second.endswith("had")


def test_a_long_sentence_is_cut_between_words_around_the_phrase(say):
    text = f"{'so many words before it ' * 30}it arrived quite broken {'and as many after it ' * 30}"
    (found,) = quoted([say(text)])
    assert "arrived quite broken" in found
    assert found.startswith("… ")
    assert found.endswith(" …")
    assert len(found) <= LONGEST
    words = set(text.split())
    assert all(word in words for word in found.removeprefix("… ").removesuffix(" …").split())


def test_a_text_without_the_phrase_is_quoted_by_its_longest_sentence(say):
    assert quoted([say("Hi! It was in pieces when the box came. Bye.")]) == ["It was in pieces when the box came."]


def test_a_cut_line_says_that_it_was_cut():
    assert shortened("one two three", 100) == "one two three"
    assert shortened("word " * 100, 50).endswith(" …")
    assert len(shortened("x" * 500, 50)) <= 51


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=400), st.sampled_from(["", "ann", "bob"])), max_size=6))
def test_any_text_is_quoted_in_one_short_line(texts):
    told = [Comment(i, who or f"#{i}", text, "", WHEN) for i, (text, who) in enumerate(texts)]
    for one in quotes(told, [who for _, who in texts], KEYS):
        assert len(one.text) <= LONGEST + 1
        assert "\n" not in one.text
