"""A text as copies of it are known by: its words without links and handles, and the pairs that they form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

MOST_CHARACTERS = 2_400
MOST_WORDS = 300
"""So much of a text is compared: whose beginnings are alike, are copies."""
HEAD = 32
"""Words of a beginning: what a teaser keeps of an article."""
LEAD = 14
"""… and of a first sentence: what two notes of one sender do not share."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese write no spaces: each letter stands for itself, two for a word."""
_WORD = re.compile(rf"\d+(?:[.,:]\d+)+|[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_NOT = re.compile(r"(?<=[a-z])n['’]t\b", re.IGNORECASE)
# What differs between one post and the next that passes it on.
_ASIDE = re.compile(r"https?://\S+|www\.\S+|(?:\brt\s+)?(?<![\w@])@[\w.@-]+:?", re.IGNORECASE)


@dataclass(frozen=True)
class Wording:
    """The words of a text, as written."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, title: str, text: str) -> Wording:
        """The words of a mention."""
        return cls(tuple(_cut(f"{title}\n{text}" if title else text)))

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The words as they are compared."""
        return tuple(word.casefold() for word in self.words)

    @cached_property
    def length(self) -> int:
        """How many words a reader would count."""
        return len(self.words) - sum(is_unspaced(word) for word in self.words) // 2

    @cached_property
    def pairs(self) -> frozenset[str]:
        """All two words that follow each other."""
        return frozenset(_pairs(self.folded))

    @cached_property
    def lead(self) -> frozenset[str]:
        """Those of its first sentence, about."""
        return frozenset(_pairs(self.folded[:LEAD]))

    @cached_property
    def head(self) -> frozenset[str]:
        """Those of its beginning."""
        return frozenset(_pairs(self.folded[:HEAD]))


def is_unspaced(word: str) -> bool:
    """Whether it is a letter of a script that writes no spaces."""
    return not word.isascii() and _UNSPACED_LETTER.fullmatch(word) is not None


_UNSPACED_LETTER = re.compile(f"[{_UNSPACED}]")


def _cut(text: str) -> Sequence[str]:
    text = text[:MOST_CHARACTERS]
    if "@" in text or "://" in text or "www." in text.lower():
        text = _ASIDE.sub(" ", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if "'" in text or "’" in text:
        text = _NOT.sub(" not", text)
    return _WORD.findall(text)[:MOST_WORDS]


def _pairs(words: Sequence[str]) -> list[str]:
    return [f"{one} {next_}" for one, next_ in pairwise(words)]
