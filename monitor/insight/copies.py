"""Whether two long texts say nearly the same, word for word: what was said of the one holds for the other.

Short texts by different people are never copies of each other: "great app" twice is two customers. Which mentions tell
the same news is another question, with more to go by: monitor/story/copies.py.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

LONG = 12
"""Words from which on two people do not write the same text by chance."""
COMPARED = 500
"""So many words of a text are compared: whose beginnings are alike, are copies."""
ALIKE = 0.7
"""Jaccard similarity of three-word shingles from which on two long texts are copies."""


def reworded(words: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two texts are long enough to be copies, and alike enough. Words as `insight.words.parts` gives them."""
    if min(len(words), len(others)) < LONG:
        return False
    mine, theirs = _shingles(words[:COMPARED]), _shingles(others[:COMPARED])
    return _alike(mine, theirs)


def _shingles(words: Sequence[str]) -> frozenset[int]:
    # crc32 rather than hash(): the same groups in every process
    return frozenset(
        zlib.crc32(" ".join(words[i : i + 3]).encode("utf-8", "surrogatepass")) for i in range(len(words) - 2)
    )


def _alike(mine: frozenset[int], other: frozenset[int]) -> bool:
    common = len(mine & other)
    return common >= ALIKE * (len(mine) + len(other) - common)
