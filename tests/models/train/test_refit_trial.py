"""Forty corrections of one brand, tried on rows that the starting point has not learnt from (../shared/data)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.train import refit_trial
from models.train.rows import Row
from models.weights import ENGLISH, SHIPPED, read

DATA = Path(__file__).parents[3].parent / "shared" / "data"
BRANDS = ("apple", "google", "microsoft", "twitter")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    if not (DATA / "brand-relevance-sanders-train.jsonl").exists():
        pytest.skip(f"needs the Sanders set in {DATA}")
    return refit_trial.sanders(DATA)


def test_forty_corrections_lift_a_brands_other_mentions_where_nothing_was_learnt_of_it(rows):
    tried = refit_trial.trial(rows, refit_trial.bare_words(rows), BRANDS, draws=6)
    lifts = [float((one.after - one.before).mean()) for one in tried]
    assert np.mean(lifts) > 0.01, refit_trial.table(tried)
    assert min(lifts) > -0.02, refit_trial.table(tried)


def test_over_the_shipped_encoder_which_knows_these_brands_corrections_cost_nothing(rows):
    some = [row for row in rows if row.dev]
    start = next(refit_trial.shipped(some, read(SHIPPED / ENGLISH)))
    tried = refit_trial.trial(some, start, BRANDS, draws=6)
    assert np.mean([(one.after - one.before).mean() for one in tried]) > -0.02, refit_trial.table(tried)
