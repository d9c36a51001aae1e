"""Emotion: the strongest feeling of the author, or none."""

from dataclasses import dataclass
from typing import Literal

from models.base import Batch, Head, Judgement, Setup


@dataclass(frozen=True, slots=True)
class Emotion:
    """One of anger, disappointment, sadness, fear, surprise, joy, gratitude, none."""

    head: Head
    languages: frozenset[str]
    version: str
    name: str = "emotion"
    needs: Literal["text", "brand"] = "text"

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text."""
        judged = []
        for shares, language in zip(self.head.shares(batch.vectors), batch.languages, strict=True):
            label, score = self.head.classes[int(shares.argmax())], float(shares.max())
            unsure = score < self.head.options["unsure"] or language not in self.languages
            detail = {"label": label, "score": round(score, 4), "unsure": unsure}
            judged.append(Judgement(self.name, self.version, label, score, detail))
        return judged


def scorer(setup: Setup) -> Emotion:
    """The scorer over these weights."""
    return Emotion(Head.of(setup.weights, "emotion"), setup.languages, setup.version("emotion"))
