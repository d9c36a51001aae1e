"""Topics: what a mention is about, by the descriptions of the taxonomy. Several, or none."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.base import Batch, Judgement, Setup, Taught, ranked, several
from models.described import BAR, LEAST, Described, version


@dataclass(frozen=True, slots=True)
class Topics:
    """The labels of one kind whose chance is high enough. Serves topics and touchpoints alike."""

    described: Described
    languages: frozenset[str]
    taught: Taught
    version: str
    name: str = "topics"
    needs: Literal["text", "brand"] = "text"
    bar: float = BAR

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.described.labels)

    def shipped(self, batch: Batch) -> np.ndarray:
        """The logits by descriptions, examples and words alone."""
        return self.described.logits(batch.texts, batch.embeddings)

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text."""
        bars = [LEAST] * len(self.classes)
        judged = []
        every = 1 / (1 + np.exp(-(self.shipped(batch) + self.taught.shift(self.name, batch))))
        for chances, language in zip(every, batch.languages, strict=True):
            found = ranked(self.classes, chances, bars, unsure=language not in self.languages)
            judged.append(several(self, found, 1 - float(chances.max(initial=0.0))))
        return judged


def scorer(setup: Setup) -> Topics:
    """The scorer over the topics of this taxonomy; its version names the taxonomy's."""
    described = Described.of(setup.taxonomy.topics, setup)
    return Topics(described, setup.languages, setup.taught, version(setup, "topics"))
