"""What may be seen of a foreign text: no control codes, no direction marks, nothing without a width."""

from __future__ import annotations

import re
import unicodedata

UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""The joiners of scripts and emoji (U+200C, U+200D) stay."""


def visible(text: str) -> str:
    """Without what would let a text command a terminal or rearrange the words around it."""
    return UNSEEN.sub("", unicodedata.normalize("NFC", text))
