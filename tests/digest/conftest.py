"""Days of an invented brand, "Tidepool" (tidepool.py): a bad Tuesday, a quiet one, its third day, an unscored one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.digest.material import Material, Rival, Silent, Waiting
from monitor.insight.counts import Counts, Sums, sums
from tests.digest.tidepool import (
    DAY,
    END,
    REFUNDS,
    START,
    TIDEPOOL,
    ZONE,
    crisis,
    heard,
    history,
    mention,
    rival_sums,
    sources,
    stories_in,
    themes_in,
)  # fmt: skip


@pytest.fixture
def bad_tuesday() -> Material:
    said_before = tuple(
        heard(mention(3000 + i, text, author, 26 + i), "negative", ("complaint",))
        for i, (author, text) in enumerate(REFUNDS[:2])
    )
    others = tuple(
        heard(mention(3100 + i, f"Tidepool night again, number {i}", f"eater{i}", 30), "positive") for i in range(11)
    )
    low = heard(
        mention(3200, "ok", "x", 30, kind="review", rating=4.0, rating_max=5.0, rating_kind="stars"), "positive"
    )
    told = crisis()
    themes, quotes = themes_in(told)
    return Material(
        brand=TIDEPOOL,
        local_date=DAY,
        timezone=ZONE,
        start=START,
        end=END,
        heard=told,
        previous=sums((*said_before, *others, low)),
        stories=stories_in(told),
        themes=themes,
        quotes=quotes,
        history=history(),
        rivals=(
            Rival("Greenfork", rival_sums(22, 3, 9, 10), Counts(18, 3, 8, 7), history(level=20, seed=5)),
            Rival("Pantrio", rival_sums(7, 1, 4, 2), Counts(9, 2, 5, 2), history(level=8, seed=7)),
        ),
        coverage=sources(),
        waiting=Waiting(unlikely=3, excluded=12, late=2),
        networks=(
            Silent("Instagram", "needs an approved Meta app; hashtags only, without authors"),
            Silent("TikTok", "no public interface"),
            Silent("X", "paid key needed"),
        ),
    )


@pytest.fixture
def quiet_tuesday(bad_tuesday: Material) -> Material:
    calm = tuple(replace(day, volume=v, negative=0, neutral=v, positive=0) for day, v in zip(
        bad_tuesday.history, [0, 1, 0, 2, 0, 0, 1] * 8, strict=True))  # fmt: skip
    return replace(
        bad_tuesday, heard=(), previous=Sums(), history=calm, rivals=(), coverage=sources()[:-1], waiting=Waiting(),
        stories=(), themes=(), quotes={},
    )  # fmt: skip


@pytest.fixture
def third_day(bad_tuesday: Material) -> Material:
    few = tuple(h for h in bad_tuesday.heard if h.mention.id in (4400, 4401, 4600, 4603))
    return replace(
        bad_tuesday, heard=few, previous=Sums(), history=history()[-2:], rivals=(), coverage=sources()[:-1],
        stories=(), themes=(), quotes={},
    )  # fmt: skip


@pytest.fixture
def unscored_tuesday(bad_tuesday: Material) -> Material:
    bare = tuple(replace(one, sentiment=None, needs=()) for one in bad_tuesday.heard)
    themes, quotes = themes_in(bare)
    scoring = "the sentiment weights are missing"
    return replace(bad_tuesday, heard=bare, scoring=scoring, themes=themes, quotes=quotes)


@pytest.fixture
def now() -> datetime:
    return END.astimezone(UTC)
