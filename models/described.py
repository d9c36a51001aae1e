"""Labels that are known by description alone: how near a text is to each, by meaning and by words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.base import Setup
from models.taxonomy import Label

# A chance from two facts, the cosine between text and label, and whether one of the label's words is in the text:
# 1 / (1 + exp(-(NEAR * cosine + WORD * found + BIAS))). Fitted by models/train/describe.py.
NEAR, WORD, BIAS = 16.1, 3.8, -7.5
_APOSTROPHE = "'"
_WORD = re.compile(r"\w+(?:'\w+)*")
# From this chance on a label is given.
LEAST = 0.6
BAR = float(np.log(LEAST / (1 - LEAST)))


@dataclass(frozen=True, slots=True)
class Described:
    """Labels with their vectors (shape: all descriptions and examples, 384), and the label that each belongs to."""

    labels: tuple[Label, ...]
    vectors: np.ndarray
    owner: np.ndarray
    words: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, labels: Sequence[Label], setup: Setup) -> "Described":
        """Embeds every description and example once."""
        sayings = [(at, saying) for at, label in enumerate(labels) for saying in label.sayings]
        vectors = setup.embed([saying for _, saying in sayings]) if sayings else np.zeros((0, 1), np.float32)
        owner = np.array([at for at, _ in sayings], int)
        return cls(tuple(labels), vectors, owner, tuple(tuple(map(_sought, label.words)) for label in labels))

    def nearness(self, vectors: np.ndarray) -> np.ndarray:
        """The cosine of each text (unit vectors) to the nearest saying of each label, shape (texts, labels)."""
        if not self.labels:
            return np.zeros((len(vectors), 0), np.float32)
        every = vectors @ self.vectors.T
        return np.stack([every[:, self.owner == at].max(axis=1) for at in range(len(self.labels))], axis=1)

    def found(self, texts: Sequence[str]) -> np.ndarray:
        """1 where one of the label's words is in the text, shape (texts, labels)."""
        hits = [[any(word in line for word in words) for words in self.words] for line in map(_in_a_line, texts)]
        return np.array(hits, np.float32).reshape(len(texts), len(self.labels))

    def logits(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """What speaks for each label in each text, shape (texts, labels): the logits of its chances."""
        return NEAR * self.nearness(vectors) + WORD * self.found(texts) + BIAS


def _in_a_line(text: str) -> str:
    """The words of a text in lower case, a space before and after each: a phrase is then found by `in`."""
    return f" {' '.join(_WORD.findall(text.lower().replace('’', _APOSTROPHE)))} "


def _sought(word: str) -> str:
    """A word or phrase as it stands in such a line; without its last space where any ending will do."""
    line = _in_a_line(word)
    return line.rstrip() if word.endswith("*") else line
