"""Relevance: does the text speak of this brand at all, or of a thing of the same name."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.base import UNDECIDED, Batch, Head, Judgement, Setup, Taught, shares

# The head learnt from sets whose irrelevant texts were mostly in other languages: of those it says nothing that may
# count. Weights that learnt better name their languages in the manifest, under the head.
KNOWN_IN = ("en",)


@dataclass(frozen=True, slots=True)
class Relevance:
    """The probability that the brand is meant; relevant from 0.5. Outside of `languages` it is marked unsure."""

    head: Head
    languages: frozenset[str]
    taught: Taught
    version: str
    name: str = "relevance"
    needs: Literal["text", "brand"] = "brand"
    bar: None = None

    @property
    def classes(self) -> tuple[str, ...]:
        return self.head.classes

    def shipped(self, batch: Batch) -> np.ndarray:
        """The logits of the head as it came."""
        return self.head.logits(batch.vectors)

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a question."""
        judged = []
        logits = self.shipped(batch) + self.taught.shift(self.name, batch)
        relevant = shares(logits)[:, self.classes.index("relevant")]
        for share, language in zip(relevant, batch.languages, strict=True):
            score = round(float(share), 4)
            label, confidence = ("relevant", score) if score >= 0.5 else ("irrelevant", 1 - score)
            detail = {"score": score, "unsure": language not in self.languages}
            judged.append(Judgement(self.name, self.version, label, confidence, detail))
        return judged


def scorer(setup: Setup) -> Relevance:
    """The scorer over these weights."""
    head = Head.of(setup.weights, "relevance")
    languages = frozenset({*head.options.get("languages", KNOWN_IN), UNDECIDED})
    return Relevance(head, languages, setup.taught, setup.version("relevance"))
