"""Need: what the author wants of the brand. Several may hold; a text that wants nothing gets an empty list."""

from dataclasses import dataclass
from typing import Literal

from models.base import Batch, Head, Judgement, Setup, ranked, several


@dataclass(frozen=True, slots=True)
class Need:
    """Of help, question, complaint, suggestion, praise, churn, impression those that reach their threshold."""

    head: Head
    languages: frozenset[str]
    version: str
    name: str = "need"
    needs: Literal["text", "brand"] = "text"

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text."""
        bars = [self.head.options["thresholds"][name] for name in self.head.classes]
        judged = []
        for chances, language in zip(self.head.chances(batch.vectors), batch.languages, strict=True):
            found = ranked(self.head.classes, chances, bars, unsure=language not in self.languages)
            judged.append(several(self, found, 1 - float(chances.max())))
        return judged


def scorer(setup: Setup) -> Need:
    """The scorer over these weights."""
    return Need(Head.of(setup.weights, "need"), setup.languages, setup.version("need"))
