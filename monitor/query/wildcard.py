"""Wildcards: `?` for one letter and `*` for the rest of a word, kept through the cutting of a term or a phrase.

While it is cut, each stands as a letter that nobody writes and that belongs to the word beside it.
"""

from __future__ import annotations

import re
import unicodedata

from monitor.query.text import is_attaching, is_unspaced
from monitor.query.tree import Piece

_ANY, _REST = "\ua78f", "\ua7f7"
"""Stand for `?` and `*`: the sinological dot and the sideways I."""
_ATTACHING_ANY, _ATTACHING_REST = "\ud7fb", "\ud7fa"
"""The same beside scripts whose words end where another begins: old Korean finals."""
_RUN = re.compile(r"[?*]+")


class BesideUnspaced(ValueError):
    """A wildcard where words are not parted: the characters there are found in any run anyway."""


def mask(text: str, *, quoted: bool) -> str:
    """`text` with its wildcards as letters. Those that stay are marks. Raises BesideUnspaced.

    `quoted`: people end a sentence in a phrase, so there `?` is a wildcard inside a word only, and `*` only after one.
    In a bare term every `?` is one.
    """

    def masked(run: re.Match[str]) -> str:
        letters = run[0].rstrip("*")
        rest = run[0] != letters
        before, after = text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1]
        in_word = _is_letter(before) and (rest or _is_letter(after))
        if "*" in letters or (rest and _is_letter(after)) or (quoted and not in_word) or not (letters or in_word):
            return run[0]
        if is_unspaced(before) or is_unspaced(after):
            if letters or text[run.end() :].strip():
                raise BesideUnspaced(run[0])
            return ""
        if is_attaching(_base(text, run.start()) or after):
            return _ATTACHING_ANY * len(letters) + (_ATTACHING_REST if rest else "")
        return _ANY * len(letters) + (_REST if rest else "")

    return _RUN.sub(masked, text)


def unmask(piece: Piece) -> Piece:
    """A piece of a masked text with its wildcards as what they are."""
    letters = piece.letters.replace(_ANY, "?").replace(_ATTACHING_ANY, "?")
    is_open = letters.endswith((_REST, _ATTACHING_REST))
    return Piece(letters[:-1], open=True) if is_open else Piece(letters, piece.open)


def _is_letter(character: str) -> bool:
    return character.isalnum() or _is_mark(character)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character or " ")[0] == "M"


def _base(text: str, end: int) -> str:
    """The letter before `end`, marks on it aside; empty where none is."""
    while _is_mark(text[end - 1 : end]):
        end -= 1
    return letter if (letter := text[end - 1 : end]).isalnum() else ""


def may_be_one_word(one: Piece, other: Piece) -> bool:
    """Whether some word would do for both."""
    if len(one.letters) > len(other.letters):
        one, other = other, one
    pairs = zip(one.letters, other.letters, strict=False)
    fit = all(a == b or "?" in (a, b) for a, b in pairs)
    return fit and (one.open or len(one.letters) == len(other.letters))
