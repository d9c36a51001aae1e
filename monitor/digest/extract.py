"""Sums up in the mentions' own words: sentences that are near the middle of what is said, and unlike each other.

The middle is the mean of the mentions' vectors, and who is taken next is as near to it and as far from those taken as
can be: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998). Mentions without a vector are compared by
their words. The same mentions give the same sentences.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from monitor.digest.form import CITED, Quoted, Summary
from monitor.digest.wording import cite, plain_line
from monitor.insight.words import PART, STOP_WORDS, fold, parts
from monitor.mention import Mention

NEARNESS = 0.6
"""How much nearness to the middle counts, against being unlike what is there already."""
QUOTE = 220
SHORT, LONG = 30, 200
"""Characters between which a sentence reads well by itself."""
HASHED = 512
"""Words are counted in so many places where there are no vectors."""
FIXED = 4
"""Cosines are compared to so many places, so that the last bit of a machine's sums decides nothing."""
END = re.compile(r"[.!?…]+[\"'”’)»]*(?=\s|$)|[。！？]+[」』”]?|\n+")
SPACE = re.compile(r"\s+")


def quotes(
    said: Sequence[Mention], vectors: Mapping[int, np.ndarray], most: int, other_than: str = ""
) -> tuple[Quoted, ...]:
    """At most so many sentences, each of another author, the most central first. `other_than`: what stands there
    already and is not to be said again."""
    weights = _weights(said)
    known = fold_line(other_than)
    found: list[Quoted] = []
    authors: set[str] = set()
    heard: set[str] = {known} if known else set()
    for index in central(_matrix(said, vectors)):
        mention = said[index]
        who = mention.author.casefold() or f"#{mention.id}"
        sentence = best_sentence(mention, weights, heard)
        if who in authors or not sentence:
            continue
        authors.add(who)
        heard.add(fold_line(sentence))
        found.append(Quoted(cite(mention), plain_line(sentence, QUOTE)))
        if len(found) == most:
            break
    return tuple(found)


def summary(extracted: Sequence[Quoted], said: Sequence[Mention]) -> Summary | None:
    """Quotes as a line, each with the mention that it is of. It cites these first, then the others that it was taken
    out of."""
    if not extracted:
        return None
    text = " ".join(f"“{one.text}” (#{one.mention.id})" for one in extracted)
    cited = dict.fromkeys([*(one.mention.id for one in extracted), *(mention.id for mention in said)])
    return Summary(text, tuple(cited)[:CITED])


def central(vectors: np.ndarray) -> list[int]:
    """The rows of unit vectors, shape (n, d), in the order in which they sum up the whole. Of equals the first."""
    n = len(vectors)
    if n == 0:
        return []
    middle = vectors.mean(axis=0)
    length = float(np.linalg.norm(middle))
    near = np.round(vectors @ (middle / length if length else middle), FIXED)
    taken: list[int] = []
    like = np.zeros(n)
    left = np.ones(n, dtype=bool)
    for _ in range(n):
        worth = np.where(left, NEARNESS * near - (1 - NEARNESS) * like, -np.inf)
        best = int(worth.argmax())
        taken.append(best)
        left[best] = False
        like = np.maximum(like, np.round(vectors @ vectors[best], FIXED))
    return taken


def _matrix(said: Sequence[Mention], vectors: Mapping[int, np.ndarray]) -> np.ndarray:
    """What they mean where all of them have a vector, else which words they use; unit rows."""
    if said and all(mention.id in vectors for mention in said):
        return np.stack([vectors[mention.id] for mention in said]).astype(np.float64)
    counted = np.zeros((len(said), HASHED))
    for row, mention in enumerate(said):
        for word in _telling(f"{mention.title} {mention.text}"):
            counted[row, zlib.crc32(word.encode("utf-8", "surrogatepass")) % HASHED] += 1
    lengths = np.linalg.norm(counted, axis=1, keepdims=True)
    unit: np.ndarray = counted / np.where(lengths > 0, lengths, 1)
    return unit


def _telling(text: str) -> list[str]:
    return [word for word in parts(text) if word not in STOP_WORDS and len(word) > 1]


def _weights(said: Sequence[Mention]) -> Counter[str]:
    """How many of the mentions use a word."""
    return Counter(word for mention in said for word in set(_telling(f"{mention.title} {mention.text}")))


def best_sentence(mention: Mention, weights: Mapping[str, int], known: set[str]) -> str:
    """The sentence with the words that most of the others use too, and of a length that reads well; the first of
    equals, and never one that is known. Empty where nothing is left."""
    sentences = [one for one in sentences_of(mention) if fold_line(one) not in known]
    if not sentences:
        return ""
    return max(sentences, key=lambda sentence: (_readable(sentence), _weight(sentence, weights)))


def sentences_of(mention: Mention) -> list[str]:
    """Each as it was written but for its spaces, the text's before the title."""
    text = mention.text
    ends = [0, *(end.end() for end in END.finditer(text)), len(text)]
    cut = (SPACE.sub(" ", text[start:end]).strip() for start, end in pairwise(ends))
    found = [one for one in cut if PART.search(one)]
    return found or ([mention.title.strip()] if PART.search(mention.title) else [])


def _readable(sentence: str) -> bool:
    return SHORT <= len(sentence) <= LONG


def _weight(sentence: str, weights: Mapping[str, int]) -> float:
    words = set(_telling(sentence))
    return sum(weights.get(word, 0) for word in words) / (len(words) + 1) if words else 0.0


def fold_line(text: str) -> str:
    """Words alone, so that a sentence is known again whatever its signs are."""
    return " ".join(parts(fold(text)))
