"""BBCode to plain text: marks gone, one line a block; brackets that are no marks ("[10/10]") stay."""

from __future__ import annotations

import re

from sources.reading.text import tidy

_BLOCKS = {"h1", "h2", "h3", "h4", "h5", "hr", "list", "olist", "ul", "ol", "li", "*", "quote", "code", "table", "tr"}
_BLOCKS |= {"p", "center", "expand"}
_CELLS = {"td", "th"}
_INLINE = {"b", "i", "u", "s", "strike", "url", "spoiler", "color", "size", "font", "left", "right", "sub", "sup"}
_INLINE |= {"noparse", "user", "dynamiclink"}
_UNSEEN = re.compile(r"\[(img|video|previewyoutube|youtube)\b[^\]\n]{0,500}\][^\[\]]{0,2000}\[/\1\]", re.IGNORECASE)
_TOKEN = re.compile(
    r"\\(?P<escaped>[\[\]])|\[noparse\](?P<raw>(?:(?!\[/noparse\]).){0,2000})\[/noparse\]"
    r"|\[/?(?P<name>\*|[a-z][a-z0-9]{0,20})(?:[= ][^\[\]\n]{0,500})?\]",
    re.IGNORECASE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"[ \t\r\n]*\f\s*")


def plain_bbcode(text: str) -> str:
    """What a reader of this BBCode would see."""
    if "[" in text:
        text = _BLOCK_EDGE.sub("\n", _TOKEN.sub(_seen, _UNSEEN.sub("", text)))
    return "\n".join(line.strip() for line in tidy(text).split("\n"))


def _seen(token: re.Match[str]) -> str:
    if token["escaped"]:
        return token["escaped"]
    if token["raw"] is not None:
        return token["raw"]
    name = token["name"].lower()
    if name in _BLOCKS:
        return "\f"
    if name in _CELLS:
        return " "
    return "" if name in _INLINE else token[0]
