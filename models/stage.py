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

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text."""
        judged = []
        for near, language in zip(self.sayings.nearness(batch.embeddings), batch.languages, strict=True):
            powers = np.exp(SHARPNESS * (near - near.max(initial=-1.0)))
            best = int(powers.argmax()) if len(powers) else -1
            label = self.sayings.labels[best].name if len(powers) else ""
            score = round(float(powers.max(initial=0.0) / max(powers.sum(), 1e-9)), 4)
            detail = {"label": label, "score": score, "unsure": language not in self.languages}
            judged.append(Judgement(self.name, self.version, label, score, detail))
        return judged


def scorer(setup: Setup) -> Stage:
    """The scorer over the stages of this taxonomy."""
    version = f"{setup.version('stage')}-{setup.taxonomy.version}"
    return Stage(Sayings.of(setup.taxonomy.stages, setup), setup.languages, version)
