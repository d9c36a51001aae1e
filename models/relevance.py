"""Relevance: does the text speak of this brand at all, or of a thing of the same name."""

from dataclasses import dataclass
from typing import Literal

from models.base import Batch, Head, Judgement, Setup


@dataclass(frozen=True, slots=True)
class Relevance:
    """The probability that the brand is meant; relevant from 0.5."""

    head: Head
    version: str
    name: str = "relevance"
    needs: Literal["text", "brand"] = "brand"

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a question."""
        judged = []
        for share in self.head.shares(batch.vectors)[:, self.head.classes.index("relevant")]:
            score = round(float(share), 4)
            label, confidence = ("relevant", score) if score >= 0.5 else ("irrelevant", 1 - score)
            judged.append(Judgement(self.name, self.version, label, confidence, {"score": score}))
        return judged


def scorer(setup: Setup) -> Relevance:
    """The scorer over these weights."""
    return Relevance(Head.of(setup.weights, "relevance"), setup.weights.version)
