"""Sentiment of a whole text: negative, neutral or positive, with what makes the answer doubtful beside it."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from models.base import Batch, Head, Judgement, Scorer, Setup


@dataclass(frozen=True, slots=True)
class Sentiment:
    """The likeliest of three is always the label; `unsure` and `mixed` stand beside it."""

    head: Head
    mixed: Head
    languages: frozenset[str]
    version: str
    name: str = "sentiment"
    needs: Literal["text", "brand"] = "text"

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text."""
        mixed = self.mixed.chances(batch.vectors)[:, 0] >= self.mixed.options["thresholds"]["mixed"]
        return polarities(self, self.head.shares(batch.vectors), batch, mixed)


class Polar(Scorer, Protocol):
    """A scorer between negative and positive."""

    @property
    def head(self) -> Head: ...
    @property
    def languages(self) -> frozenset[str]: ...


def polarities(scorer: Polar, every: np.ndarray, batch: Batch, mixed: np.ndarray) -> list[Judgement]:
    """Three shares each as a judgement; unsure where the best is low or the language is one the encoder cannot read."""
    head, judged = scorer.head, []
    for shares, language, both in zip(every, batch.languages, mixed, strict=True):
        best = int(shares.argmax())
        confidence = float(shares[best])
        unsure = confidence < head.options["unsure"] or language not in scorer.languages
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
    return Sentiment(
        Head.of(weights, "sentiment"), Head.of(weights, "mixed"), setup.languages, setup.version("sentiment")
    )
