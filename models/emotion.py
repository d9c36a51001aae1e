"""Emotion: the strongest feeling of the author, or none."""

from dataclasses import dataclass
from typing import Literal

from models.base import Batch, Head, Judgement, Setup


@dataclass(frozen=True, slots=True)
class Emotion:
    """One of anger, disappointment, sadness, fear, surprise, joy, gratitude, none."""

    head: Head
    version: str
    name: str = "emotion"
    needs: Literal["text", "brand"] = "text"

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text."""
        judged = []
        for shares in self.head.shares(batch.vectors):
            label, score = self.head.classes[int(shares.argmax())], float(shares.max())
            judged.append(Judgement(self.name, self.version, label, score, {"label": label, "score": round(score, 4)}))
        return judged


def scorer(setup: Setup) -> Emotion:
    """The scorer over these weights."""
    return Emotion(Head.of(setup.weights, "emotion"), setup.weights.version)
