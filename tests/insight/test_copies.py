"""Copies among mentions: the same text, almost the same long text, or the same article under the same address."""

from __future__ import annotations

from collections.abc import Callable

from monitor.insight.copies import canonical, copies
from monitor.mention import Heard

Say = Callable[..., Heard]


def test_short_texts_by_different_people_are_not_copies(say: Say) -> None:
    told = [say("Great battery life", author) for author in ("ann", "bob", "cem")]
    assert copies(told) == [0, 1, 2]


def test_the_same_article_under_a_marketing_address_is_a_copy(say: Say) -> None:
    one = say("short", "a", url="https://www.news.example/x/?utm_source=mail", kind="article")
    other = say("different teaser", "b", url="https://news.example/x", kind="article")
    assert copies([one, other]) == [0, 0]
    assert canonical("https://news.example/") == ""


def test_the_earliest_leads_its_copies_whatever_the_order(say: Say) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve thirteen"
    first, second = say(text, "a"), say(text, "b")
    assert copies([second, first]) == [1, 1]


def test_different_long_texts_stay_apart(say: Say) -> None:
    told = [
        say(
            f"Order {i * 7919} arrived on day {i} with {i + 3} bottles, and the {c} one was open and sticky.",
            c,
        )
        for i, c in enumerate(("red", "green", "blue", "black"))
    ]
    assert copies(told) == [0, 1, 2, 3]
