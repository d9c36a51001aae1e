"""Labels that are known by description alone: what in a text speaks for each of them, by meaning and by words."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass

import numpy as np

from models.base import Setup
from models.keywords import Keywords
from models.phrases import Phrases
from models.taxonomy import Label, background

# From this chance on a label is given; BAR is its logit.
LEAST = 0.5
BAR = float(np.log(LEAST / (1 - LEAST)))
# So many of the background's sentences nearest to a text say how generic it is.
NEAREST = 3


@dataclass(frozen=True, slots=True)
class Weighing:
    """How much each fact counts: the chance of a label is 1 / (1 + exp(-(facts · these + bias))).

    Fitted by models/train/describe.py, and for another encoder found in its manifest under "described".
    """

    near: float = 8.07
    """The cosine of the text to the nearest of the label's sayings."""
    generic: float = -5.38
    """How near the text is to sentences about nothing in particular."""
    behind: float = 7.53
    """How far the label lies behind the nearest one of its kind; 0 or less."""
    sayings: float = -0.48
    """The logarithm of how many sayings the label has: of many, one is near by chance."""
    word: float = 2.07
    """1 where one of the label's words is in the text."""
    keyword: float = 1.72
    """1 where the text shares a telling word with the label's name or description."""
    bias: float = -1.61

    @classmethod
    def of(cls, setup: Setup) -> "Weighing":
        """For these weights."""
        return cls(**setup.weights.manifest.get("described", {}))

    @property
    def version(self) -> str:
        """Four letters that change with the numbers, or with what is taken for generic."""
        said = repr((asdict(self), background()))
        return hashlib.sha256(said.encode()).hexdigest()[:4]


@dataclass(frozen=True, slots=True)
class Sayings:
    """Labels with the unit vectors of their sayings (shape: all of them, 384), and where each label's begin in it."""

    labels: tuple[Label, ...]
    vectors: np.ndarray
    first: np.ndarray

    @classmethod
    def of(cls, labels: Sequence[Label], setup: Setup) -> "Sayings":
        """Embeds every description and example once."""
        sayings = [saying for label in labels for saying in label.sayings]
        vectors = setup.embed(sayings) if sayings else np.zeros((0, 1), np.float32)
        return cls(tuple(labels), vectors, np.cumsum([0, *(len(label.sayings) for label in labels)])[:-1])

    def nearness(self, vectors: np.ndarray) -> np.ndarray:
        """The cosine of each text (unit vectors) to the nearest saying of each label, shape (texts, labels)."""
        if not self.labels:
            return np.zeros((len(vectors), 0), np.float32)
        nearest: np.ndarray = np.maximum.reduceat(vectors @ self.vectors.T, self.first, axis=1)
        return nearest

    def nearest(self, vector: np.ndarray, label: int) -> tuple[str, float]:
        """The saying of a label that is nearest to one text, with its cosine."""
        sayings = self.labels[label].sayings
        cosines = self.vectors[self.first[label] :][: len(sayings)] @ vector
        best = int(cosines.argmax())
        return sayings[best], float(cosines[best])


@dataclass(frozen=True, slots=True)
class Described:
    """Labels of one kind, ready to be weighed: their sayings, words and keywords, and what is generic beside them."""

    sayings: Sayings
    phrases: Phrases
    keywords: Keywords
    generic: np.ndarray
    weighing: Weighing

    @classmethod
    def of(cls, labels: Sequence[Label], setup: Setup) -> "Described":
        """Embeds every saying, and the background's sentences, once."""
        return cls(
            Sayings.of(labels, setup),
            Phrases.of([label.words for label in labels]),
            Keywords.of([f"{label.name} {label.description}" for label in labels], background()),
            setup.embed(background()) if labels else np.zeros((NEAREST, 1), np.float32),
            Weighing.of(setup),
        )

    @property
    def labels(self) -> tuple[Label, ...]:
        return self.sayings.labels

    def facts(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """What is weighed, in the order of `Weighing`: shape (texts, labels, 6)."""
        near = self.sayings.nearness(vectors)
        facts = np.zeros((*near.shape, 6), np.float32)
        if not near.size:
            return facts
        facts[..., 0] = near
        facts[..., 1] = np.partition(vectors @ self.generic.T, -NEAREST, axis=1)[:, -NEAREST:].mean(
            axis=1, keepdims=True
        )
        facts[..., 2] = near - near.max(axis=1, keepdims=True)
        facts[..., 3] = np.log([len(label.sayings) for label in self.labels])
        for row, text in zip(facts, texts, strict=True):
            row[list(self.phrases.labels_in(text)), 4] = 1
            row[list(self.keywords.labels_in(text)), 5] = 1
        return facts

    def logits(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """What speaks for each label in each text, shape (texts, labels): the logits of its chances."""
        *weights, bias = astuple(self.weighing)
        logits: np.ndarray = self.facts(texts, vectors) @ np.array(weights, np.float32) + np.float32(bias)
        return logits


def version(setup: Setup, scorer: str) -> str:
    """The version of a scorer over described labels: of the weights, what was taught, the taxonomy and the weighing."""
    return f"{setup.version(scorer)}-{setup.taxonomy.version}-{Weighing.of(setup).version}"
