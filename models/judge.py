"""The judge: questions in, readings out, same order; one forward pass a text, one more for each brand asked for."""

import pkgutil
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import models
from models import taxonomy as taxonomies
from models.base import Batch, Judgement, Question, Scorer, Setup
from models.embedding import embed
from models.encoder import Asked, Encoder
from models.language import language_of
from models.taxonomy import Taxonomy
from models.text import MOST_CHARACTERS, Marked, clean, marked, plain
from models.weights import SHIPPED, Weights, read

# Answers kept for texts that come again (syndicated news, retweets); about 3 kB each.
REMEMBERED = 4096
# Texts that go through the encoder at once: enough to sort by length, few enough to keep memory flat.
BLOCK = 512

Key = tuple[bytes, str | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one forward pass said: the judgements of its scorers and, of the text pass, the embedding."""

    judgements: tuple[Judgement, ...]
    embedding: np.ndarray | None = None
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is judged of one question.

    `judgements` is empty and `skipped` tells why when the text cannot be used. `embedding` is a unit vector of 384
    float32. `unread` is how many characters at the text's end were beyond what the encoder reads (128 tokens).
    """

    question: Question
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    embedding: np.ndarray | None = None
    unread: int = 0
    skipped: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The answer in JSON values: one key a scorer, or `skipped` with the reason."""
        if self.skipped is not None:
            return {"skipped": self.skipped}
        answers = {name: judgement.detail for name, judgement in self.judgements.items()}
        return answers | ({"unread": self.unread} if self.unread else {})


def scorers(setup: Setup) -> tuple[Scorer, ...]:
    """Every scorer of this folder, by name: each file that has a function `scorer` is one."""
    names = [found.name for found in pkgutil.iter_modules(models.__path__) if not found.ispkg]
    built = [
        module.scorer(setup)
        for module in (import_module(f"models.{name}") for name in names)
        if hasattr(module, "scorer")
    ]
    return tuple(sorted(built, key=lambda one: one.name))


def unusable(text: object) -> str | None:
    """Why a text cannot be judged, or None."""
    if not isinstance(text, str):
        return f"the text is {type(text).__name__}, not a string" if text is not None else "there is no text"
    if not text or not text[:MOST_CHARACTERS].strip():
        return "the text is empty"
    if not any(sign.isprintable() and not sign.isspace() for sign in clean(text)):
        return "the text holds no readable character"
    return None


class Judge:
    """Encoder and scorers together. Reading is safe from several threads; one reads at a time."""

    def __init__(self, weights: Weights, threads: int, taxonomy: Taxonomy) -> None:
        self._encoder = Encoder(weights, threads)
        self._weights = weights
        self._remembered: OrderedDict[Key, Answer] = OrderedDict()
        self._one_at_a_time = threading.Lock()
        self.scorers = scorers(Setup(weights, taxonomy, self.embed))
        self.passes = 0

    @classmethod
    def open(cls, folder: Path = SHIPPED, threads: int = 1, taxonomy: Taxonomy | None = None) -> "Judge":
        """The judge over the weights in `folder`. Raises WeightsMissing or WeightsDamaged (models.weights)."""
        return cls(read(folder), threads, taxonomies.shipped() if taxonomy is None else taxonomy)

    @property
    def versions(self) -> dict[str, str]:
        """The version of each scorer, by name."""
        return {scorer.name: scorer.version for scorer in self.scorers}

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of texts, shape (texts, 384): near ones are alike in meaning."""
        return embed(self._weights, self._encoder.read([Asked(Marked(plain(text))) for text in texts])[0])

    def forget(self) -> None:
        """Drops the remembered answers."""
        with self._one_at_a_time:
            self._remembered.clear()

    def read(self, questions: Sequence[Question]) -> list[Reading]:
        """One reading a question, in order. A bad text is a reading with `skipped`, never an exception."""
        with self._one_at_a_time:
            readings: list[Reading] = []
            for start in range(0, len(questions), BLOCK):
                readings += self._block(questions[start : start + BLOCK])
            return readings

    def _block(self, questions: Sequence[Question]) -> list[Reading]:
        reasons = [unusable(question.text) for question in questions]
        wanted = [
            _keys(question) if reason is None else () for question, reason in zip(questions, reasons, strict=True)
        ]
        new = {
            key: question
            for question, keys in zip(questions, wanted, strict=True)
            for key in keys
            if key not in self._remembered
        }
        answers = {key: self._remembered[key] for keys in wanted for key in keys if key not in new}
        answers |= self._ask({key: one for key, one in new.items() if key[1] is None})
        answers |= self._ask({key: one for key, one in new.items() if key[1] is not None})
        self._remember(answers)
        return [
            _reading(question, [answers[key] for key in keys], reason)
            for question, keys, reason in zip(questions, wanted, reasons, strict=True)
        ]

    def _ask(self, new: Mapping[Key, Question]) -> dict[Key, Answer]:
        """One forward pass over questions of one kind, and what every scorer of that kind makes of it."""
        if not new:
            return {}
        of_brand = next(iter(new))[1] is not None
        asked = [
            Asked(marked(one.text, one.brand), one.brand) if of_brand and one.brand else Asked(Marked(plain(one.text)))
            for one in new.values()
        ]
        vectors, unread = self._encoder.read(asked)
        self.passes += len(asked)
        texts = [one.text.text for one in asked]
        embeddings = vectors[:0] if of_brand else embed(self._weights, vectors)
        batch = Batch(texts, [one.brand for one in asked], [language_of(text) for text in texts], vectors, embeddings)
        kind = "brand" if of_brand else "text"
        rows = list(zip(*(scorer.judge(batch) for scorer in self.scorers if scorer.needs == kind), strict=True))
        if of_brand:
            return {key: Answer(row) for key, row in zip(new, rows, strict=True)}
        cut = [
            max(0, len(one.text) - MOST_CHARACTERS) + beyond for one, beyond in zip(new.values(), unread, strict=True)
        ]
        return {key: Answer(*facts) for key, *facts in zip(new, rows, embeddings, cut, strict=True)}

    def _remember(self, answers: Mapping[Key, Answer]) -> None:
        for key, answer in answers.items():
            self._remembered[key] = answer
            self._remembered.move_to_end(key)
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)


def _keys(question: Question) -> tuple[Key, ...]:
    """What must be known to answer: the text and, with a brand, the text asked towards it."""
    digest = blake2b(question.text[:MOST_CHARACTERS].encode("utf-8", "surrogatepass"), digest_size=16)
    digest.update(len(question.text).to_bytes(8, "little"))
    text = digest.digest()
    brand = clean(question.brand).strip() if isinstance(question.brand, str) else ""
    return ((text, None), (text, brand)) if brand else ((text, None),)


def _reading(question: Question, answers: Sequence[Answer], skipped: str | None) -> Reading:
    judgements = {one.scorer: one for answer in answers for one in answer.judgements}
    whole = answers[0] if answers else Answer(())
    return Reading(question, judgements, whole.embedding, whole.unread, skipped)
