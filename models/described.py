"""Labels that are known by description alone: how near a text is to each, by meaning and by words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.base import Setup
from models.phrases import Phrases
from models.taxonomy import Label

# A chance from two facts, the cosine between text and label, and whether one of the label's words is in the text:
# 1 / (1 + exp(-(NEAR * cosine + WORD * found + BIAS))). Fitted by models/train/describe.py.
NEAR, WORD, BIAS = 16.1, 3.8, -7.5
# From this chance on a label is given.
LEAST = 0.6
BAR = float(np.log(LEAST / (1 - LEAST)))


@dataclass(frozen=True, slots=True)
class Described:
    """Labels with their vectors (shape: all descriptions and examples, 384), and where each label's begin in it."""

    labels: tuple[Label, ...]
    vectors: np.ndarray
    first: np.ndarray
    phrases: Phrases

    @classmethod
    def of(cls, labels: Sequence[Label], setup: Setup) -> "Described":
        """Embeds every description and example once."""
        sayings = [saying for label in labels for saying in label.sayings]
        vectors = setup.embed(sayings) if sayings else np.zeros((0, 1), np.float32)
        first = np.cumsum([0, *(len(label.sayings) for label in labels)])[:-1]
        return cls(tuple(labels), vectors, first, Phrases.of([label.words for label in labels]))

    def nearness(self, vectors: np.ndarray) -> np.ndarray:
        """The cosine of each text (unit vectors) to the nearest saying of each label, shape (texts, labels)."""
        if not self.labels:
            return np.zeros((len(vectors), 0), np.float32)
        nearest: np.ndarray = np.maximum.reduceat(vectors @ self.vectors.T, self.first, axis=1)
        return nearest

    def found(self, texts: Sequence[str]) -> np.ndarray:
        """1 where one of the label's words is in the text, shape (texts, labels)."""
        found = np.zeros((len(texts), len(self.labels)), np.float32)
        for row, text in zip(found, texts, strict=True):
            row[list(self.phrases.labels_in(text))] = 1
        return found

    def logits(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """What speaks for each label in each text, shape (texts, labels): the logits of its chances."""
        return NEAR * self.nearness(vectors) + WORD * self.found(texts) + BIAS
