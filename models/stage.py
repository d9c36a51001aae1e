"""Journey stage: how far the author is with the brand, by the descriptions of the taxonomy. Always the likeliest."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.base import Batch, Judgement, Setup
from models.described import Sayings

# How sharply the nearest stage wins: the share of a stage is softmax(SHARPNESS * cosine).
SHARPNESS = 8.0


@dataclass(frozen=True, slots=True)
class Stage:
    """One of awareness, consideration, purchase, use, service, loyalty, leaving."""

    sayings: Sayings
    languages: frozenset[str]
    version: str
    name: str = "stage"
    needs: Literal["text", "brand"] = "text"

    def shares(self, batch: Batch) -> np.ndarray:
        """The share of each stage, shape (texts, stages): each row sums to 1."""
        near = SHARPNESS * self.sayings.nearness(batch.embeddings)
        powers = np.exp(near - near.max(axis=1, keepdims=True, initial=-SHARPNESS))
        shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True).clip(1e-9)
        return shares

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text; of a taxonomy without stages the label is empty."""
        judged = []
        for shares, language in zip(self.shares(batch), batch.languages, strict=True):
            label = self.sayings.labels[int(shares.argmax())].name if len(shares) else ""
            score = round(float(shares.max(initial=0.0)), 4)
            detail = {"label": label, "score": score, "unsure": language not in self.languages}
            judged.append(Judgement(self.name, self.version, label, score, detail))
        return judged


def scorer(setup: Setup) -> Stage:
    """The scorer over the stages of this taxonomy."""
    version = f"{setup.version('stage')}-{setup.taxonomy.version}"
    return Stage(Sayings.of(setup.taxonomy.stages, setup), setup.languages, version)
