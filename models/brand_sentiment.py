"""Sentiment towards one brand, whatever the text says of others."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.base import Batch, Head, Judgement, Setup, Taught, shares
from models.sentiment import polarities


@dataclass(frozen=True, slots=True)
class BrandSentiment:
    """Asked with the brand: the vector is taken where the text speaks of it."""

    head: Head
    mixed_from: float
    languages: frozenset[str]
    taught: Taught
    version: str
    name: str = "brand_sentiment"
    needs: Literal["text", "brand"] = "brand"
    bar: None = None

    @property
    def classes(self) -> tuple[str, ...]:
        return self.head.classes

    def shipped(self, batch: Batch) -> np.ndarray:
        """The logits of the head as it came."""
        return self.head.logits(batch.vectors)

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a question. Mixed where praise and blame of this brand are both likely."""
        found = shares(self.shipped(batch) + self.taught.shift(self.name, batch))
        both = np.minimum(found[:, 0], found[:, -1]) >= self.mixed_from
        return polarities(self, found, batch, both)


def scorer(setup: Setup) -> BrandSentiment:
    """The scorer over these weights."""
    head = Head.of(setup.weights, "brand_sentiment")
    return BrandSentiment(head, 0.3, setup.languages, setup.taught, setup.version("brand_sentiment"))
