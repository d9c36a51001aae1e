"""Summaries are the mentions' own words: near the middle of what is said, unlike each other, the same every time."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from monitor.digest.extract import central, quotes, sentences_of, summary
from monitor.mention import Mention
from tests.digest.tidepool import mention

REFUNDS = [
    ("ann", "Five weeks now. I am still waiting for my refund and support does not answer."),
    ("bo", "Still waiting for my refund, the third ticket is open."),
    ("cem", "My refund never came and support is silent."),
    ("dee", "They promised a refund in five days. Nothing came."),
]
ASIDE = ("eve", "Lovely weather in Leith this morning, saw a seal in the harbour.")


def said(*texts: tuple[str, str]) -> list[Mention]:
    return [mention(100 + at, text, author) for at, (author, text) in enumerate(texts)]


def unit(*numbers: float) -> np.ndarray:
    vector = np.array(numbers)
    return vector / np.linalg.norm(vector)


def test_what_most_say_comes_before_what_one_says() -> None:
    found = quotes(said(*REFUNDS, ASIDE), {}, 2)
    assert all("refund" in one.text for one in found)


def test_every_quote_is_in_its_mention_word_for_word() -> None:
    some = said(*REFUNDS, ASIDE)
    texts = {one.id: one.text for one in some}
    found = quotes(some, {}, 5)
    assert found
    assert all(one.text in texts[one.mention.id] for one in found)


def test_vectors_decide_where_there_are_any() -> None:
    some = said(("ann", "Le remboursement manque encore."), ("bo", "Wo bleibt die Erstattung?"), ASIDE)
    vectors = {100: unit(1, 0.1, 0), 101: unit(1, 0, 0.1), 102: unit(-0.2, 1, 1)}
    assert [one.mention.id for one in quotes(some, vectors, 1)] in ([100], [101])


def test_the_second_is_unlike_the_first() -> None:
    rows = np.stack([unit(1, 0.05, 0), unit(1, 0.04, 0), unit(1, 0.05, 0.01), unit(0.6, 0, 0.8)])
    first, second = central(rows)[:2]
    assert first in (0, 1, 2)
    assert second == 3


def test_one_author_is_quoted_once_and_the_same_words_once() -> None:
    twice = [
        ("ann", "My refund never came at all, and nobody answers."),
        ("ann", "Support does not answer about my refund."),
    ]
    copied = [
        ("bo", "My refund never came at all, and nobody answers."),
        ("cem", "MY REFUND never came at all — and nobody answers"),
    ]
    found = quotes(said(*twice, *copied), {}, 9)
    assert len({one.mention.author for one in found}) == len(found)
    assert len({one.text.lower().replace(",", "").replace(" —", "").rstrip(".") for one in found}) == len(found)


def test_the_headline_is_not_said_again() -> None:
    some = said(("ann", "Kettles recalled in Leeds over a faulty lid. The maker sends new lids from Monday on."))
    assert quotes(some, {}, 1, other_than="Kettles recalled in Leeds over a faulty lid")[0].text.startswith("The maker")


def test_the_same_mentions_give_the_same_summary_and_order_of_ties_is_theirs() -> None:
    some = said(*REFUNDS, ASIDE)
    assert quotes(some, {}, 2) == quotes(list(some), {}, 2)
    dice = np.random.default_rng(1)
    vectors = {one.id: unit(*dice.normal(size=8)) for one in some}
    assert quotes(some, vectors, 3) == quotes(some, dict(reversed(vectors.items())), 3)


def test_a_summary_cites_what_it_is_taken_out_of() -> None:
    some = said(*REFUNDS)
    found = summary(quotes(some, {}, 2), some)
    assert found is not None
    assert set(found.mentions) == {one.id for one in some}
    assert all(f"(#{id_})" in found.text for id_ in found.mentions[:2])
    assert summary((), some) is None


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("It costs 3.50 now. Was 2.99!", ["It costs 3.50 now.", "Was 2.99!"]),
        ("返金がまだです。サポートも黙っています！", ["返金がまだです。", "サポートも黙っています！"]),
        ('He said "never again." So do I', ['He said "never again."', "So do I"]),
        ("one\n\ntwo", ["one", "two"]),
        ("… !!! …", []),
    ],
)
def test_sentences_end_where_readers_see_them_end(text: str, cut: list[str]) -> None:
    assert sentences_of(mention(1, text, "x")) == cut


def test_nothing_comes_of_nothing_and_of_texts_without_words() -> None:
    assert quotes([], {}, 2) == ()
    assert quotes([replace(mention(1, "🔥🔥🔥", "x"), title="")], {}, 2) == ()


def test_a_long_hostile_text_is_cut_in_time() -> None:
    dice = random.Random(4)
    text = "".join(dice.choice(".!?…。\n\"' a") for _ in range(30_000))
    assert sentences_of(mention(1, text, "x"))
