"""Do forty corrections of relevance for one brand help its other mentions? Tried on the Sanders set.

    python -m models.train.refit_trial DATA [BASE]

Forty rows of a brand are drawn at random as corrections and its other rows judged, twenty times; what the rule of
refit.py does not take into use counts as no change. The shipped encoder learnt from most rows of this set, these brands
among them, so over it only rows are corrected or judged that were kept aside from its training. Starting points:

as shipped       the shipped head, which knows the brand from the rows that it learnt from
new to the head  a head fitted without any row of this brand; the encoder has still seen some
by meaning       such a head over the embeddings of the text pass: these were led towards those of the untouched base,
                 not towards these labels
untouched base   such a head over the base as it was before any of our training (BASE, the folder of all-MiniLM-L6-v2;
                 needs the extra "train")
bare words       such a head over counts of words and parts of words, which nobody trained

Of these only the last two are new to everything, as a brand is that somebody adds; there all rows are drawn from.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.base import Head
from models.embedding import embed
from models.encoder import Asked, Encoder
from models.refit import Adjustment, Evidence, figures, fit, refit
from models.text import Marked
from models.train.data import read_all
from models.train.rows import Row
from models.weights import ENGLISH, SHIPPED, Weights, read

CORRECTIONS, DRAWS = 40, 20
STRENGTH = 1.0
WIDTH = 384
CLASSES = ("irrelevant", "relevant")


@dataclass(frozen=True, slots=True)
class Start:
    """One starting point: a vector for each row, what a head is fitted on without a brand and what may be drawn."""

    name: str
    vectors: np.ndarray
    learnt: np.ndarray
    drawn: np.ndarray
    head: Head | None = None
    """The head to start from; without one it is fitted on the learnt rows of the other brands."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Macro-F1 (0 to 1) of the rows that were not corrected, a value for each draw; `taken`: the rule said yes.

    `always` is as `after`, where every refit is used whatever the rule says.
    """

    brand: str
    start: str
    judged: int
    before: np.ndarray
    after: np.ndarray
    always: np.ndarray
    taken: np.ndarray


def sanders(data: Path) -> list[Row]:
    """The rows of the set, each with its brand and its label of relevance."""
    return [row for row in read_all(data) if row.source == "sanders"]


def shipped(rows: Sequence[Row], weights: Weights, threads: int = 2) -> Iterator[Start]:
    """Those over the shipped encoder."""
    encoder = Encoder(weights, threads)
    towards, _ = encoder.read([Asked(row.text, row.brand) for row in rows])
    alone, _ = encoder.read([Asked(Marked(row.text.text)) for row in rows])
    aside = np.array([row.dev for row in rows])
    yield Start("as shipped", towards, ~aside, aside, Head.of(weights, "relevance"))
    yield Start("new to the head", towards, ~aside, aside)
    yield Start("by meaning", embed(weights, alone), ~aside, aside)


def bare_words(rows: Sequence[Row]) -> Start:
    """Words and their runs of three letters, hashed with a sign into unit vectors (Weinberger 2009)."""
    vectors = np.stack([_hashed(row.text.text) for row in rows])
    everything = np.ones(len(rows), bool)
    return Start("bare words", vectors, everything, everything)


def _hashed(text: str) -> np.ndarray:
    vector = np.zeros(WIDTH)
    for word in re.findall(r"\w+", text.lower()):
        for part in [word, *(f"#{word}#"[at : at + 3] for at in range(len(word)))]:
            number = zlib.crc32(part.encode())
            vector[number % WIDTH] += 1 if number >> 16 & 1 else -1
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def untouched(rows: Sequence[Row], base: Path) -> Start:
    """That over the base, asked as the shipped encoder is."""
    import torch

    from models.train.model import encode, load_base, load_tokenizer, pooled, tensors

    encoder, encoded = load_base(base).eval(), encode(load_tokenizer(base), rows)
    with torch.no_grad():
        batches = [pooled(encoder, tensors(encoded[at : at + 16])).numpy() for at in range(0, len(encoded), 16)]
    everything = np.ones(len(rows), bool)
    return Start("untouched base", np.concatenate(batches), everything, everything)


def trial(rows: Sequence[Row], start: Start, brands: Iterable[str], draws: int = DRAWS, seed: int = 7) -> list[Tried]:
    """Each of these brands from one starting point."""
    of_brand = np.array([row.brand for row in rows])
    relevant = np.array([row.labels["relevance"] == 1 for row in rows])
    targets = np.stack([~relevant, relevant], axis=1).astype(float)
    tried = []
    for brand in brands:
        others = start.learnt & (of_brand != brand)
        head = start.head or _fitted(_evidence(start.vectors[others], targets[others]))
        logits = head.logits(start.vectors) if isinstance(head, Head) else head.of(start.vectors)
        mine = np.flatnonzero(start.drawn & (of_brand == brand))
        evidence = _evidence(start.vectors[mine], targets[mine], logits[mine])
        chance = np.random.default_rng(seed)
        drawn = [_draw(evidence, chance.permutation(len(mine))) for _ in range(draws)]
        tried.append(Tried(brand, start.name, len(mine) - CORRECTIONS, *map(np.array, zip(*drawn, strict=True))))
    return tried


def _fitted(evidence: Evidence) -> Adjustment:
    return fit(evidence, STRENGTH)


def _evidence(vectors: np.ndarray, targets: np.ndarray, logits: np.ndarray | None = None) -> Evidence:
    logits = np.zeros(targets.shape) if logits is None else logits
    return Evidence(CLASSES, logits, vectors, targets, np.ones(len(targets), bool))


def _draw(evidence: Evidence, mixed: np.ndarray) -> tuple[float, float, float, bool]:
    """Macro-F1 of the rest before, after by the rule, after in any case; and whether the rule took it into use."""
    became, rest = refit(evidence.at(mixed[:CORRECTIONS])), evidence.at(mixed[CORRECTIONS:])
    before = figures(rest, 0.0)["macro_f1"]
    if became.adjustment is None:
        return before, before, before, False
    always = figures(rest, became.adjustment.of(rest.vectors))["macro_f1"]
    return before, always if became.taken else before, always, became.taken


def table(tried: Sequence[Tried]) -> str:
    """The figures as a table, macro-F1 in hundredths: mean and standard deviation over the draws."""
    lines = ["| starting point | brand | judged | before | after | lift | had every refit been used | used |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for one in tried:
        told = [_spread(values) for values in (one.before, one.after, one.after - one.before, one.always - one.before)]
        used = f"{one.taken.sum()} of {len(one.taken)}"
        lines.append(f"| {one.start} | {one.brand} | {one.judged} | {' | '.join(told)} | {used} |")
    return "\n".join(lines)


def _spread(values: np.ndarray) -> str:
    return f"{100 * values.mean():.1f} ± {100 * values.std(ddof=1):.1f}"


def main(data: Path, base: Path | None = None) -> None:
    rows = sanders(data)
    every = [*shipped(rows, read(SHIPPED / ENGLISH)), *([untouched(rows, base)] if base else []), bare_words(rows)]
    brands = sorted({row.brand for row in rows if row.brand})
    print(table([one for start in every for one in trial(rows, start, brands)]), flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
