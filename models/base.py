"""The contract of a scorer: texts in, judgements out, same order and length; and the words it is written in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from models.taxonomy import Taxonomy
from models.weights import ENGLISH, Weights

# The language of a text that is too short to tell: "ok", "5 stars".
UNDECIDED = "und"


@dataclass(frozen=True, slots=True)
class Question:
    """A text to judge and, where the answer is asked towards somebody, the brand and what else it goes by.

    `names` are aliases, handles and products: what is said of them is said of the brand.
    """

    text: str
    brand: str | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one scorer says of one question.

    `label` is its best answer ("" for none), `confidence` the probability it gives to it (0 to 1), and `detail` the
    whole answer in JSON values, as `Reading.as_json` shows it under the scorer's name.
    """

    scorer: str
    version: str
    label: str
    confidence: float
    detail: Any


@dataclass(frozen=True, slots=True)
class Batch:
    """What one forward pass leaves to the scorers: the texts as the encoder read them, and a vector for each.

    `vectors` has shape (texts, 384): the mean over the whole text, or over the places that speak of the brand.
    `embeddings`, of the same shape, are unit vectors by meaning; empty in the brand pass.
    `languages` are ISO 639-1 codes or "und". `brands` are None throughout in the text pass. `encoder` names the encoder
    that read them all: vectors of two encoders have nothing to do with each other, their embeddings lie in one space.
    """

    texts: Sequence[str]
    brands: Sequence[str | None]
    languages: Sequence[str]
    vectors: np.ndarray
    embeddings: np.ndarray
    encoder: str = ENGLISH


class Scorer(Protocol):
    """One opinion. `needs` says which forward pass it looks at: the text's own, or the one asked towards a brand."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def needs(self) -> Literal["text", "brand"]: ...

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text, in order."""
        ...


class Teachable(Scorer, Protocol):
    """A scorer whose head people's corrections can adjust (models/refit.py)."""

    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def bar(self) -> float | None:
        """The logit from which on a class is given; None where the likeliest of all is."""
        ...

    def shipped(self, batch: Batch) -> np.ndarray:
        """What its logits are without anything taught, shape (texts, classes)."""
        ...


class Taught(Protocol):
    """What people's corrections have taught beyond the shipped heads."""

    def version(self, scorer: str) -> str:
        """Changes whenever what is taught of this scorer does; empty where nothing is."""
        ...

    def shift(self, scorer: str, batch: Batch) -> "np.ndarray | float":
        """What to add to the scorer's logits, shape (texts, classes); 0.0 where nothing is taught."""
        ...


@dataclass(frozen=True, slots=True)
class Untaught:
    """Nobody has corrected anything."""

    def version(self, scorer: str) -> str:
        return ""

    def shift(self, scorer: str, batch: Batch) -> float:
        return 0.0


UNTAUGHT = Untaught()


@dataclass(frozen=True, slots=True)
class Setup:
    """What a scorer may be built from.

    `embed` turns texts (descriptions, examples) into unit vectors. `languages` are those that the encoder reads well:
    ISO 639-1, and "und" for what is too short to tell. `encoders` is the version of all weights that answer together;
    that of `weights` alone where it is empty.
    """

    weights: Weights
    taxonomy: Taxonomy
    embed: Callable[[Sequence[str]], np.ndarray]
    languages: frozenset[str] = frozenset({"en", UNDECIDED})
    taught: Taught = UNTAUGHT
    encoders: str = ""

    def version(self, scorer: str) -> str:
        """The version of a scorer over these weights: another one whenever an answer could be another."""
        taught = self.taught.version(scorer)
        return (self.encoders or self.weights.version) + (f"-{taught}" if taught else "")


@dataclass(frozen=True, slots=True)
class Head:
    """A linear layer over the encoder's vectors, with the temperature that makes its probabilities honest."""

    weight: np.ndarray
    bias: np.ndarray
    classes: tuple[str, ...]
    temperature: float
    options: Mapping[str, Any]

    @classmethod
    def of(cls, weights: Weights, name: str) -> "Head":
        """The head of this name in the weights."""
        facts = weights.manifest["heads"][name]
        layer = weights.heads[f"{name}.weight"], weights.heads[f"{name}.bias"]
        return cls(*layer, tuple(facts["classes"]), float(facts.get("temperature", 1.0)), facts)

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        """Shape (texts, classes), already divided by the temperature."""
        return (vectors @ self.weight.T + self.bias) / self.temperature

    def shares(self, vectors: np.ndarray) -> np.ndarray:
        """Probabilities of classes that exclude each other: each row sums to 1."""
        return shares(self.logits(vectors))

    def chances(self, vectors: np.ndarray) -> np.ndarray:
        """Probabilities of classes that may hold together: each between 0 and 1."""
        return 1 / (1 + np.exp(-self.logits(vectors)))


def shares(logits: np.ndarray) -> np.ndarray:
    """Probabilities of classes that exclude each other: each row sums to 1."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def ranked(
    labels: Sequence[str], scores: Sequence[float], least: Sequence[float], *, unsure: bool = False
) -> list[dict[str, Any]]:
    """The labels that reach their least score, best first, as JSON values; each marked `unsure` where that is so."""
    chosen = [(score, label) for label, score, bar in zip(labels, scores, least, strict=True) if score >= bar]
    mark = {"unsure": True} if unsure else {}
    return [{"label": label, "score": round(float(score), 4), **mark} for score, label in sorted(chosen, reverse=True)]


def several(scorer: Scorer, found: list[dict[str, Any]], of_none: float) -> Judgement:
    """A judgement of several labels, best first; with none, the label is "" and `of_none` its confidence."""
    label, confidence = (found[0]["label"], found[0]["score"]) if found else ("", of_none)
    return Judgement(scorer.name, scorer.version, label, confidence, found)
