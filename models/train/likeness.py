"""Where the embedding of each text is to lie: at the vector that the untouched all-MiniLM-L6-v2 gives to its English.

Texts without English of their own are led there by what a multilingual encoder, untouched too, makes of them: a linear
map carries its vectors into the space, fitted on texts that both can read.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from models.text import Marked
from models.train.model import encode, load_base, load_tokenizer, pooled, tensors
from models.train.rows import Row

# Texts that the map between the two spaces is fitted on, and how strongly it is kept small.
FITTED_ON, RIDGE = 8000, 1.0


def vectors_of(base: Path, texts: Sequence[str]) -> np.ndarray:
    """Unit vectors by an untouched encoder, shape (texts, width), in the order of the texts."""
    tokenizer, encoder = load_tokenizer(base), load_base(base).eval()
    encoded = encode(tokenizer, [Row("", Marked(text), {}) for text in texts])
    found = np.zeros((len(texts), encoder.config.hidden_size), np.float32)
    order = sorted(range(len(texts)), key=lambda at: len(encoded[at].ids))
    for start in range(0, len(order), 32):
        places = order[start : start + 32]
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            found[places] = pooled(encoder, tensors([encoded[at] for at in places])).numpy()
    return found / np.linalg.norm(found, axis=1, keepdims=True).clip(1e-9)


def targets(english: Path, other: Path | None, rows: Sequence[Row]) -> Mapping[int, np.ndarray]:
    """The place of a row in `rows` to the unit vector (384) its embedding is to be near to.

    `english` is the folder of all-MiniLM-L6-v2, `other` that of a multilingual encoder for rows in other languages.
    """
    readable = {at: row.parallel or row.text.text for at, row in enumerate(rows) if row.lang == "en" or row.parallel}
    texts = sorted(set(readable.values()))
    known = dict(zip(texts, vectors_of(english, texts), strict=True))
    found = {at: known[text] for at, text in readable.items()}
    foreign = [at for at in range(len(rows)) if at not in readable]
    if other is None or not foreign:
        return found
    both = texts[:: max(1, len(texts) // FITTED_ON)]
    theirs, ours = _with_one(vectors_of(other, both)), np.stack([known[text] for text in both])
    square = theirs.T @ theirs + RIDGE * np.eye(theirs.shape[1], dtype=np.float32)
    carried = _with_one(vectors_of(other, [rows[at].text.text for at in foreign])) @ np.linalg.solve(
        square, theirs.T @ ours
    )
    carried /= np.linalg.norm(carried, axis=1, keepdims=True).clip(1e-9)
    return found | dict(zip(foreign, carried, strict=True))


def _with_one(vectors: np.ndarray) -> np.ndarray:
    return np.hstack([vectors, np.ones((len(vectors), 1), np.float32)])
