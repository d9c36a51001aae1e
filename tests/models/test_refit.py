"""What corrections teach a head: only what mentions that it has not seen confirm."""

from __future__ import annotations

import numpy as np
import pytest

from models.base import Batch
from models.refit import Adjustment, Evidence, Lessons, fit, refit

WIDTH = 384
TWO, THREE = ("irrelevant", "relevant"), ("negative", "neutral", "positive")


def evidence(n: int, seed: int = 0, *, truth: float, classes: tuple[str, ...] = TWO, anchors: int = 0) -> Evidence:
    """Mentions of a head that is right by chance alone, and an answer that shows in the first coordinate as far as
    `truth` goes. Anchors are what the head is sure of."""
    chance = np.random.default_rng(seed)
    vectors = chance.normal(size=(n + anchors, WIDTH)) + 2
    right = chance.integers(len(classes), size=n + anchors)
    vectors[:, 0] += 6 * truth * (right - 1)
    logits = chance.normal(size=(n + anchors, len(classes)))
    corrected = np.arange(n + anchors) < n
    logits[~corrected] += 4 * np.eye(len(classes))[right[~corrected]]
    return Evidence(classes, logits, vectors, np.eye(len(classes))[right], corrected)


@pytest.mark.parametrize("classes", [TWO, THREE])
def test_what_can_be_learnt_is_learnt_and_helps_mentions_never_seen(classes):
    became = refit(evidence(60, truth=1, classes=classes))
    assert became.taken
    assert became.facts["after"]["accuracy"] > became.facts["before"]["accuracy"] + 0.2
    others = evidence(500, seed=1, truth=1, classes=classes)
    better = others.logits + became.adjustment.of(others.vectors)
    right = others.targets.argmax(1)
    assert (better.argmax(1) == right).mean() > (others.logits.argmax(1) == right).mean() + 0.2


def test_where_there_is_nothing_to_learn_hardly_anything_is_taken_into_use():
    taken = [refit(evidence(40, seed, truth=0)).taken for seed in range(8)]
    assert sum(taken) <= 2


def test_eleven_corrections_change_nothing_and_say_how_many_it_takes():
    became = refit(evidence(11, truth=1))
    assert (became.taken, became.adjustment) == (False, None)
    assert became.facts["why"] == "11 of the 12 corrections that it takes"


def test_one_sided_corrections_alone_teach_nothing():
    some = evidence(30, truth=1)
    became = refit(some.at(np.flatnonzero(some.targets[:, 0] == 1)))
    assert not became.taken
    assert "told apart" in became.facts["why"]


def test_corrections_that_speak_against_what_nobody_objected_to_are_not_followed():
    """All corrections say "irrelevant" of mentions that look as any other: to follow them would turn all the others."""
    some = evidence(60, truth=0, anchors=30)
    some.targets[:60], some.targets[60:] = [1, 0], [0, 1]
    some.logits[:60], some.logits[60:] = [-1, 1], [-0.8, 0.8]
    became = refit(some)
    assert became.facts["after"]["accuracy"] > became.facts["before"]["accuracy"] == 0
    assert not became.taken
    assert "nobody objected to" in became.facts["why"]


def test_the_fit_is_where_the_slope_is_nought():
    some = evidence(40, truth=0.5, classes=THREE)
    best = fit(some, 1.0)
    centre = some.vectors.mean(0)
    scale = np.sqrt(((some.vectors - centre) ** 2).sum(1).mean())
    rows = (some.vectors - centre) / scale

    def cost(weight: np.ndarray, bias: np.ndarray) -> float:
        logits = some.logits + rows @ weight.T + bias
        chances = np.exp(logits - np.log(np.exp(logits).sum(1, keepdims=True)))
        return float(-(some.targets * np.log(chances)).sum() + ((weight**2).sum() + (bias**2).sum()) / 2)

    weight = best.weight * scale
    bias = best.bias + best.weight @ centre
    least = cost(weight, bias)
    chance = np.random.default_rng(3)
    for _ in range(20):
        aside = chance.normal(size=weight.shape) * 0.02, chance.normal(size=bias.shape) * 0.02
        assert cost(weight + aside[0], bias + aside[1]) > least
    assert least < cost(np.zeros_like(weight), np.zeros_like(bias))


def test_labels_that_may_hold_together_are_learnt_each():
    chance = np.random.default_rng(0)
    vectors = chance.normal(size=(60, WIDTH))
    targets = (vectors[:, :2] > 0).astype(float)
    vectors[:, :2] *= 8
    logits = chance.normal(size=(60, 2)) - 1
    became = refit(Evidence(("price", "speed"), logits, vectors, targets, np.ones(60, bool), False, 0.4))
    assert became.taken
    assert became.facts["after"]["macro_f1"] > became.facts["before"]["macro_f1"] + 0.2


def batch(*brands: str, encoder: str = "english") -> Batch:
    vectors = np.ones((len(brands), 4), np.float32)
    return Batch(["x"] * len(brands), brands, ["en"] * len(brands), vectors, vectors * 2, encoder)


def test_a_lesson_holds_for_its_brand_and_its_encoder_alone():
    one = Adjustment(TWO, np.ones((2, 4), np.float32), np.zeros(2, np.float32))
    lessons = Lessons({("relevance", "Acme", "english"): one})
    assert lessons.shift("relevance", batch("Acme", "Bolt")).tolist() == [[4, 4], [0, 0]]
    assert lessons.shift("relevance", batch("Bolt")) == 0.0
    assert lessons.shift("relevance", batch("Acme", encoder="multilingual")) == 0.0
    assert lessons.shift("brand_sentiment", batch("Acme")) == 0.0
    assert lessons.version("relevance") != Lessons().version("relevance") == lessons.version("brand_sentiment") == ""


def test_a_lesson_for_all_follows_the_labels_that_there_are_now():
    weight = np.array([[1, 0, 0, 0], [0, 1, 0, 0]], np.float32)
    one = Adjustment(("price", "speed"), weight, np.array([0, 1], np.float32))
    lessons = Lessons({("topics", "", ""): one.aligned(("speed", "my own", "price"))})
    assert lessons.shift("topics", batch("Acme")).tolist() == [[3, 0, 2]]
