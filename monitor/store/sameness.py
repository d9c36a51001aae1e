"""When two texts are the same but for links, handles, spacing and case. Pure."""

from __future__ import annotations

import hashlib
import re

from monitor.query.text import fold

_LINK = r"https?://\S+|www\.\S+"
_HANDLE = r"(?:\brt\s+)?(?<![\w@])@[\w.@-]+:?"
_LINKS = re.compile(_LINK, re.IGNORECASE)
_LINKS_AND_HANDLES = re.compile(f"{_LINK}|{_HANDLE}", re.IGNORECASE)


def fingerprint(title: str, text: str, *, of_one_brand: bool = True) -> str:
    """Equal for texts that differ in links, handles, spacing and case alone; empty for a text without a word.

    Handles count where a text is of several brands: they may be all that tells who is praised and who is blamed.
    """
    left = fold(" ".join(stripped(title, text, of_one_brand)))
    if not any(sign.isalnum() for sign in left):
        return ""
    return hashlib.sha256(" ".join(left.split()).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def stripped(title: str, text: str, of_one_brand: bool) -> list[str]:
    """The stretches of a text between what does not count."""
    return (_LINKS_AND_HANDLES if of_one_brand else _LINKS).split(f"{title}\n{text}")
