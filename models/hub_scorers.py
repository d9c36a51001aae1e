"""Classifiers of others as scorers of ours: sentiment in three shares, topics by classes or by inference."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from models.base import Batch, Judgement, ranked, several
from models.hub import Classifier, Named, Unloadable, open_classifier
from models.taxonomy import Label

Replaceable = Literal["sentiment", "topics"]
POLARITY = ("negative", "neutral", "positive")
# Below this share "unsure" is said; from this share of both praise and blame "mixed".
UNSURE, MIXED = 0.5, 0.3
# From this chance on a topic is given.
LEAST = 0.5
HYPOTHESIS = "This text is about {}."

_NUMBERED = re.compile(r"label_(\d+)")
_STARS = re.compile(r"([1-5])\s*(?:stars?)?")
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("negative", "neg", "very negative", "negativ", "negativo", "bad"), "negative"),
    **dict.fromkeys(("neutral", "neu", "neutre", "neutro", "mixed", "none"), "neutral"),
    **dict.fromkeys(("positive", "pos", "very positive", "positiv", "positivo", "good"), "positive"),
}
# What numbered classes mean by custom, where a model gives them no names: from bad to good.
_BY_CUSTOM: Mapping[int, Sequence[str]] = {
    2: ("negative", "positive"),
    3: POLARITY,
    5: ("negative", "negative", "neutral", "positive", "positive"),
}


def open_scorer(
    kind: Replaceable, written: str, labels: Sequence[Label] = (), threads: int = 0, beside: Path | None = None
) -> "Sentiment | Topics | Inferred":
    """A scorer over the model of this name ("owner/name", "owner/name@revision", or a folder seen from `beside`).

    `labels` are the topics to look for, where the model judges by inference. Raises models.hub.Unloadable.
    """
    model = open_classifier(Named.of(written, beside), threads)
    if len(model.labels) < 2:
        raise Unloadable(f'"{model.name}" answers with one number, not with classes: it cannot judge {kind}')
    if kind == "sentiment":
        return Sentiment(model, polarities_of(model.name, model.labels))
    entails = _entails(model.labels)
    if entails is None:
        return Topics(model)
    if not labels:
        raise Unloadable(f'"{model.name}" looks for topics by their names, and there are none: add a [[topic]]')
    return Inferred(model, entails, tuple(label.name for label in labels))


def polarities_of(name: str, labels: Sequence[str]) -> tuple[str, ...]:
    """What each class of a model says: negative, neutral or positive. Raises Unloadable."""
    meant = [_polarity(label, len(labels)) for label in labels]
    if any(one is None for one in meant) or not {"negative", "positive"} <= set(meant):
        shown = ", ".join(f'"{label}"' for label in labels[:8]) + (", …" if len(labels) > 8 else "")
        raise Unloadable(f'"{name}" cannot judge sentiment: its classes are {shown}, not negative and positive')
    return tuple(one for one in meant if one is not None)


def _polarity(label: str, classes: int) -> str | None:
    plain = re.sub(r"[\s_-]+", " ", label.strip().lower())
    if plain in _WORDS:
        return _WORDS[plain]
    numbered = _NUMBERED.fullmatch(label.strip().lower())
    if numbered and classes in _BY_CUSTOM and int(numbered[1]) < classes:
        return _BY_CUSTOM[classes][int(numbered[1])]
    stars = _STARS.fullmatch(plain)
    return _BY_CUSTOM[5][int(stars[1]) - 1] if stars and classes == 5 else None


@dataclass(frozen=True, slots=True)
class Sentiment:
    """As the shipped scorer of sentiment: three shares, `unsure` and `mixed` beside the label."""

    model: Classifier
    meant: tuple[str, ...]
    name: str = "sentiment"
    needs: Literal["text", "brand"] = "text"

    @property
    def version(self) -> str:
        """The model's name and revision."""
        return self.model.version

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text."""
        shares = _softmax(self.model.logits(batch.texts))
        belongs = np.array([[one == polarity for polarity in POLARITY] for one in self.meant], float)
        return [self._judgement(row) for row in shares @ belongs]

    def _judgement(self, shares: np.ndarray) -> Judgement:
        best = int(shares.argmax())
        detail: dict[str, Any] = {
            "label": POLARITY[best],
            **{name: round(float(share), 4) for name, share in zip(POLARITY, shares, strict=True)},
            "unsure": bool(shares[best] < UNSURE),
            "mixed": bool(min(shares[0], shares[2]) >= MIXED),
        }
        return Judgement(self.name, self.version, POLARITY[best], float(shares[best]), detail)


@dataclass(frozen=True, slots=True)
class Topics:
    """The classes of a classifier of topics, as it names them: several where it was made for that, else one or none."""

    model: Classifier
    name: str = "topics"
    needs: Literal["text", "brand"] = "text"

    @property
    def version(self) -> str:
        """The model's name and revision."""
        return self.model.version

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text."""
        logits = self.model.logits(batch.texts)
        return _topics(self, self.model.labels, _sigmoid(logits) if self.model.several else _softmax(logits))


@dataclass(frozen=True, slots=True)
class Inferred:
    """Topics by inference (Yin et al., arXiv 1909.00161): does the text entail that it is about this?

    One pass a text and topic: `entails` and `against` are the classes between which the model decides.
    """

    model: Classifier
    entails: tuple[int, int]
    labels: tuple[str, ...]
    name: str = "topics"
    needs: Literal["text", "brand"] = "text"

    @property
    def version(self) -> str:
        """The model's name and revision, and what it looks for."""
        return f"{self.model.version}-{hashlib.sha256(repr(self.labels).encode()).hexdigest()[:8]}"

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text."""
        texts = [text for text in batch.texts for _ in self.labels]
        claims = [HYPOTHESIS.format(label) for _ in batch.texts for label in self.labels]
        logits = self.model.logits(texts, claims)[:, list(self.entails)]
        return _topics(self, self.labels, _softmax(logits)[:, 0].reshape(len(batch.texts), len(self.labels)))


def _topics(scorer: Topics | Inferred, labels: Sequence[str], every: np.ndarray) -> list[Judgement]:
    bars = [LEAST] * len(labels)
    return [several(scorer, ranked(labels, chances, bars), 1 - float(chances.max())) for chances in every]


def _entails(labels: Sequence[str]) -> tuple[int, int] | None:
    """The classes for and against, of a model made for inference; None of any other."""
    lower = [label.lower() for label in labels]
    held = [at for at, label in enumerate(lower) if label.startswith("entail")]
    if len(held) != 1:
        return None
    denied = [at for at, label in enumerate(lower) if label.startswith(("contradict", "not_entail", "not entail"))]
    return (held[0], denied[0]) if len(denied) == 1 else None


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))
