"""Rows with known answers, and somebody who answers as a test wants."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from models.encoder import Asked
from models.evaluation.answers import Said, Tell
from models.evaluation.gold import Gold
from models.text import Marked

POLARITY = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Fixed:
    """Answers what it was told to, with a given confidence."""

    answers: Mapping[str, str]
    head: str = "sentiment"
    confidence: float = 0.8
    name: str = "fixed"

    @property
    def about(self) -> Mapping[str, str]:
        return {"name": self.name, "version": "1"}

    def heads(self) -> Collection[str]:
        return [self.head]

    def answer(self, rows: Sequence[Gold], heads: Collection[str], tell: Tell) -> dict[str, Said]:
        shares = np.full((len(rows), 3), (1 - self.confidence) / 2)
        for at, row in enumerate(rows):
            asked = row.text if row.asked.brand is None else f"{row.text}|{row.asked.brand}"
            shares[at, POLARITY.index(self.answers[asked])] = self.confidence
        tell(len(rows))
        return {self.head: Said(POLARITY, shares)}


@pytest.fixture
def row() -> Callable[..., Gold]:
    """`row(3, "text", "positive", brand="Acme", lang="de")`."""

    def make(line: int, text: str, label: str, brand: str | None = None, **parts: str) -> Gold:
        head = "brand_sentiment" if brand else "sentiment"
        return Gold("rows.jsonl", line, text, Asked(Marked(text), brand), {head: label}, parts)

    return make


@pytest.fixture
def fixed() -> type[Fixed]:
    return Fixed
