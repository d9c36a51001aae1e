"""Sentiment of a whole text: negative, neutral or positive, with what makes the answer doubtful beside it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.base import Batch, Head, Judgement, Scorer, Setup
from models.language import READ_WELL


@dataclass(frozen=True, slots=True)
class Sentiment:
    """The likeliest of three is always the label; `unsure` and `mixed` stand beside it."""

    head: Head
    mixed: Head
    version: str
    name: str = "sentiment"
    needs: Literal["text", "brand"] = "text"

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text."""
        mixed = self.mixed.chances(batch.vectors)[:, 0] >= self.mixed.options["thresholds"]["mixed"]
        return polarities(self, self.head, batch, mixed)


def polarities(scorer: Scorer, head: Head, batch: Batch, mixed: np.ndarray) -> list[Judgement]:
    """Three shares each as a judgement; unsure where the best is low or the language is one the encoder cannot read."""
    judged = []
    for shares, language, both in zip(head.shares(batch.vectors), batch.languages, mixed, strict=True):
        best = int(shares.argmax())
        confidence = float(shares[best])
        unsure = confidence < head.options["unsure"] or language not in READ_WELL
        detail = {
            "label": head.classes[best],
            **{name: round(float(share), 4) for name, share in zip(head.classes, shares, strict=True)},
            "unsure": unsure,
            "mixed": bool(both),
        }
        judged.append(Judgement(scorer.name, scorer.version, head.classes[best], confidence, detail))
    return judged


def scorer(setup: Setup) -> Sentiment:
    """The scorer over these weights."""
    weights = setup.weights
    return Sentiment(Head.of(weights, "sentiment"), Head.of(weights, "mixed"), weights.version)
