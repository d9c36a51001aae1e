"""Sentiment towards one brand, whatever the text says of others."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.base import Batch, Head, Judgement, Setup
from models.sentiment import polarities


@dataclass(frozen=True, slots=True)
class BrandSentiment:
    """Asked with the brand: the vector is taken where the text speaks of it."""

    head: Head
    mixed_from: float
    languages: frozenset[str]
    version: str
    name: str = "brand_sentiment"
    needs: Literal["text", "brand"] = "brand"

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a question. Mixed where praise and blame of this brand are both likely."""
        shares = self.head.shares(batch.vectors)
        both = np.minimum(shares[:, 0], shares[:, -1]) >= self.mixed_from
        return polarities(self, shares, batch, both)


def scorer(setup: Setup) -> BrandSentiment:
    """The scorer over these weights."""
    head = Head.of(setup.weights, "brand_sentiment")
    return BrandSentiment(head, 0.3, setup.languages, setup.version("brand_sentiment"))
