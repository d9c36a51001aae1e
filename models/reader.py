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
    language: str


@dataclass(frozen=True, slots=True)
class Reader:
    """An encoder that was proven and opened."""

    weights: Weights
    encoder: Encoder

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of cleaned texts, shape (texts, 384)."""
        return embed(self.weights, self.encoder.read([Asked(Marked(text)) for text in texts])[0])

    def answers(self, told: Sequence[Told], needs: Literal["text", "brand"], scorers: Sequence[Scorer]) -> list[Answer]:
        """One forward pass over texts that are all asked alone, or all towards a brand; an answer each, in order."""
        asked = [one.asked for one in told]
        vectors, unread = self.encoder.read(asked)
        embeddings = embed(self.weights, vectors) if needs == "text" else vectors[:0]
        batch = Batch(
            [one.text.text for one in asked],
            [one.brand for one in asked],
            [one.language for one in told],
            vectors,
            embeddings,
            self.weights.name,
        )
        said = [scorer.judge(batch) for scorer in scorers if scorer.needs == needs]
        rows = list(zip(*said, strict=True)) if said else [()] * len(told)
        kept = embeddings if needs == "text" else [None] * len(told)
        return [Answer(*facts) for facts in zip(rows, kept, unread, strict=True)]


def scorers(setup: Setup, replaced: Iterable[Scorer] = ()) -> tuple[Scorer, ...]:
    """Every scorer of this folder, by name: each file that has a function `scorer` is one; `replaced` stand in."""
    found = [import_module(f"models.{one.name}") for one in pkgutil.iter_modules(models.__path__) if not one.ispkg]
    make: list[Callable[[Setup], Scorer]] = [module.scorer for module in found if hasattr(module, "scorer")]
    named = {one.name: one for one in (build(setup) for build in make)} | {one.name: one for one in replaced}
    return tuple(named[name] for name in sorted(named))
