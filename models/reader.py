"""One encoder with its scorers: cleaned texts in, answers out, in one forward pass that all heads share."""

import pkgutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

import numpy as np

import models
from models.base import Batch, Judgement, Scorer, Setup
from models.embedding import embed
from models.encoder import Asked, Encoder
from models.isolation import Failed, isolated
from models.language import Heard
from models.text import Marked
from models.weights import Weights


@dataclass(frozen=True, slots=True)
class Answer:
    """What one forward pass said: the judgements of its scorers and, of the text pass, the embedding.

    `unread` is how many characters at the end of what was asked lay beyond what the encoder reads.
    """

    judgements: tuple[Judgement, ...]
    embedding: np.ndarray | None = None
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What goes through the encoder, and in which language it was written."""

    asked: Asked
    heard: Heard


@dataclass(frozen=True, slots=True)
class Reader:
    """An encoder that was proven and opened."""

    weights: Weights
    encoder: Encoder

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of cleaned texts, shape (texts, 384)."""
        return embed(self.weights, self.encoder.read([Asked(Marked(text)) for text in texts])[0])

    def batch(self, told: Sequence[Told], needs: Literal["text", "brand"]) -> tuple[Batch, list[int]]:
        """One forward pass: what it leaves to the scorers, and how many characters of each text lay beyond it."""
        asked = [one.asked for one in told]
        vectors, unread = self.encoder.read(asked)
        embeddings = embed(self.weights, vectors) if needs == "text" else vectors[:0]
        texts, brands = [one.text.text for one in asked], [one.brand for one in asked]
        languages = [one.heard.language for one in told]
        return Batch(texts, brands, languages, vectors, embeddings, self.weights.name), unread

    def answers(
        self, told: Sequence[Told], needs: Literal["text", "brand"], scorers: Sequence[Scorer]
    ) -> list[Answer | Failed]:
        """One forward pass over texts that are all asked alone, or all towards a brand; an answer each, in order."""
        batch, unread = self.batch(told, needs)
        chosen = [scorer for scorer in scorers if scorer.needs == needs]
        said = isolated(lambda rows: _judgements(chosen, _some(batch, rows)), range(len(told)))
        # Copies: a row that is remembered would hold the whole batch.
        kept = [row.copy() for row in batch.embeddings] if needs == "text" else [None] * len(told)
        return [
            one if isinstance(one, Failed) else Answer(one, embedding, beyond)
            for one, embedding, beyond in zip(said, kept, unread, strict=True)
        ]


def _judgements(scorers: Sequence[Scorer], batch: Batch) -> list[tuple[Judgement, ...]]:
    """What each scorer says of each text: a row a text."""
    if not scorers:
        return [()] * len(batch.texts)
    return list(zip(*(scorer.judge(batch) for scorer in scorers), strict=True))


def _some(batch: Batch, rows: Sequence[int]) -> Batch:
    """A few of a batch's texts, where not all of them are asked for."""
    if len(rows) == len(batch.texts):
        return batch
    return Batch(
        [batch.texts[row] for row in rows],
        [batch.brands[row] for row in rows],
        [batch.languages[row] for row in rows],
        batch.vectors[list(rows)],
        batch.embeddings[list(rows)] if len(batch.embeddings) else batch.embeddings,
        batch.encoder,
    )


def scorers(setup: Setup, replaced: Iterable[Scorer] = ()) -> tuple[Scorer, ...]:
    """Every scorer of this folder, by name: each file that has a function `scorer` is one; `replaced` stand in."""
    found = [import_module(f"models.{one.name}") for one in pkgutil.iter_modules(models.__path__) if not one.ispkg]
    make: list[Callable[[Setup], Scorer]] = [module.scorer for module in found if hasattr(module, "scorer")]
    named = {one.name: one for one in (build(setup) for build in make)} | {one.name: one for one in replaced}
    return tuple(named[name] for name in sorted(named))
