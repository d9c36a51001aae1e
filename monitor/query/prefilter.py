"""Tells of a stream's frame, before its JSON is decoded, that no query can match what it brings, as of most.

The promise: where any query matches a text made of the frame's strings, `may_match` is true. The other way round it
promises nothing: a word may stand in a link or in another string than a query means. It holds for texts that are
put together from strings with white space, and made uniform as monitor/door.py does.
"""

from __future__ import annotations

import re
import unicodedata

from monitor.query.queryset import Key, QuerySet
from monitor.query.text import Words

UNCUT = 300
"""Characters of a string that are sure to be kept. A longer one may be cut inside a word, which makes another word."""

_NAME = re.compile(r'"(?:\$\w+": ?"[^"\\]*"|\w+": ?)', re.ASCII)
"""No string holds a bare quote, so what looks so is nothing else."""
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.?))", re.DOTALL)
_UNKNOWN = "\0"
_SEPARATORS = dict.fromkeys('"\\/nrt', " ")


def may_match(queries: QuerySet[Key], frame: str) -> bool:
    """Whether a query may match what is made of the strings in `frame`, JSON or a part of it. False is sure.

    Names of members are no text, nor is what begins with a dollar such as the type that a record states.
    """
    if not queries.all_need_words:
        return True
    text = _plainly(frame)
    return text is None or bool(queries.within_reach(Words(text).different))


def _plainly(frame: str) -> str | None:
    """The frame with its escapes undone, so that its strings are cut into the words that they are cut into when they
    are decoded. None where that is not sure: what cannot be seen is dropped by some and separates words for others."""
    text = _NAME.sub(" ", frame)
    if "\\" in text:
        text = _ESCAPE.sub(_unescaped, text)
    if not text.isprintable() or max(map(len, text.split('"'))) >= UNCUT:
        return None
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _unescaped(escape: re.Match[str]) -> str:
    code, character = escape.groups()
    return chr(int(code, 16)) if code else _SEPARATORS.get(character, _UNKNOWN)
