"""Which themes say the same under two names."""

from __future__ import annotations

import numpy as np

from monitor.story.themes import TWINS, Theme, akin


def theme(id_: int, *keys: tuple[str, ...], telling: str, at: float) -> Theme:
    """A theme whose meaning stands at an angle."""
    centroid = np.array([np.cos(at), np.sin(at)], np.float32)
    return Theme(id_, frozenset(keys), frozenset(telling.split()), centroid)


def test_a_phrase_that_is_part_of_another_is_the_same_theme_on_a_day_when_everybody_uses_its_word() -> None:
    # "refund" tells nobody apart when all speak of refunds, so the two share no telling word.
    short = theme(1, ("refund",), telling="refund", at=0.0)
    longer = theme(2, ("refund", "wait"), telling="wait", at=0.64)
    elsewhere = theme(3, ("promis", "refund"), telling="promis", at=-0.9)
    assert akin([longer, short, elsewhere], TWINS) == [(1, 2)]


def test_phrases_of_which_none_is_part_of_the_other_stay_apart() -> None:
    crashes = theme(1, ("app", "crash"), telling="crash", at=0.0)
    update = theme(2, ("app", "updat"), telling="updat", at=0.4)
    assert akin([crashes, update], TWINS) == []
