"""Topics: what a mention is about, by the descriptions of the taxonomy. Several, or none."""

from dataclasses import dataclass
from typing import Literal

from models.base import Batch, Judgement, Setup, ranked, several
from models.described import LEAST, Described


@dataclass(frozen=True, slots=True)
class Topics:
    """The labels of one kind whose chance is high enough. Serves topics and touchpoints alike."""

    described: Described
    version: str
    name: str = "topics"
    needs: Literal["text", "brand"] = "text"

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text."""
        names = [label.name for label in self.described.labels]
        bars = [LEAST] * len(names)
        judged = []
        for chances in self.described.chances(batch.texts, batch.embeddings):
            found = ranked(names, chances, bars)
            judged.append(several(self, found, 1 - float(chances.max(initial=0.0))))
        return judged


def scorer(setup: Setup) -> Topics:
    """The scorer over the topics of this taxonomy; its version names the taxonomy's."""
    version = f"{setup.version('topics')}-{setup.taxonomy.version}"
    return Topics(Described.of(setup.taxonomy.topics, setup), version)
