"""What a page says of itself in schema.org's words: its JSON-LD, however carelessly written, and its microdata.

For whoever calls this in a child process: a page made to hurt takes long.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sources.reading.text import plain_text

MOST_NODES = 50_000
"""Things looked at on one page."""
_IN_STRINGS = r'"(?:[^"\\]|\\.)*(?:"|\Z)'
_COMMENT = re.compile(
    rf"({_IN_STRINGS})"
    r"|(?://|/\*)?\s{0,9}(?:<!\[CDATA\[|\]\]>)\s{0,9}(?:\*/)?|<!--[^{\[]{0,2000}?-->|<!--|-->"
    r"|//[^\n]*|/\*(?:.*?\*/|.*\Z)",
    re.DOTALL,
)
"""Comments of three languages, and what hides a script from browsers of old; behind a string, which is kept."""
_STRAY_COMMA = re.compile(rf"({_IN_STRINGS})|,(?=\s*[\]}}])", re.DOTALL)
_STRING = re.compile(_IN_STRINGS, re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_BETWEEN = re.compile(r"[\s;,]*")
_SCHEMA = re.compile(r"https?://(?:www\.)?schema\.org/", re.IGNORECASE)
_RDFA = re.compile(r"""\b(?:vocab|typeof)\s*=\s*["'][^"'>]{0,100}(?:schema\.org|Review)""", re.IGNORECASE)


class Plain(str):
    """Text that was read off the page itself: there is no markup left in it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Described:
    """What a page says of itself."""

    title: str
    linked: list[dict[str, Any]] = field(default_factory=list)
    """The objects of its JSON-LD, outermost ones."""
    marked: list[dict[str, Any]] = field(default_factory=list)
    """The items of its microdata, outermost ones, in the same form."""
    broken: list[tuple[int, str]] = field(default_factory=list)
    """JSON-LD that cannot be read: which script it is, and why."""
    scripts: int = 0
    """How many scripts of JSON-LD there are."""
    has_rdfa: bool = False
    """It speaks RDFa, which is not read."""


def described(page: str) -> Described:
    """All schema.org data of an HTML page."""
    tree = LexborHTMLParser(page)
    title = tree.css_first("title")
    scripts = [script for script in tree.css("script") if _is_linked_data(script.attributes.get("type"))]
    linked: list[dict[str, Any]] = []
    broken = []
    for at, script in enumerate(scripts):
        try:
            linked += [found for value in loose_json(script.text()) for found in _objects(value)]
        except ValueError as error:
            broken.append((at, str(error)))
    name = " ".join(title.text().split())[:100] if title else ""
    return Described(name, linked, _microdata(tree), broken, len(scripts), bool(_RDFA.search(page)))


def _is_linked_data(kind: str | None) -> bool:
    return (kind or "").partition(";")[0].strip().lower() == "application/ld+json"


# JSON-LD ----------------------------------------------------------------------------------------------------------


def loose_json(written: str) -> list[Any]:
    """The values in a script of JSON-LD: comments, stray commas, raw line breaks, entities in place of its quotes, and
    several values in a row are all forgiven. Raises ValueError for what remains unreadable; nothing for nothing."""
    written = written.removeprefix("\ufeff")
    first: ValueError | None = None
    for attempt in (lambda: written, lambda: _mended(written), lambda: _mended(html.unescape(written))):
        try:
            return list(_values(attempt()))
        except RecursionError as error:
            raise ValueError("nested too deep") from error
        except ValueError as error:
            first = first or error
    raise first or ValueError("not JSON")


def _values(text: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(strict=False), 0
    while (at := _BETWEEN.match(text, at).end()) < len(text):  # type: ignore[union-attr]
        value, at = decoder.raw_decode(text, at)
        yield value


def _mended(text: str) -> str:
    text = _COMMENT.sub(lambda found: found[1] or " ", text)
    text = _STRAY_COMMA.sub(lambda found: found[1] or "", text)
    return _STRING.sub(lambda found: _ESCAPE.sub(_known_escape, found[0]), text)


def _known_escape(escape: re.Match[str]) -> str:
    """JavaScript escapes more than JSON does: `\\'` is a plain apostrophe."""
    return escape[0] if escape[1][0] in '"\\/bfnrt' or len(escape[1]) == 5 else escape[1]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a value: itself, those of a list, those of a `@graph`."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, list):
            stack += reversed(one)
        elif isinstance(one, dict):
            if isinstance(one.get("@graph"), list | dict):
                stack.append(one["@graph"])
            if own := {name: inner for name, inner in one.items() if name not in ("@graph", "@context")}:
                yield own


# Microdata --------------------------------------------------------------------------------------------------------


def _microdata(tree: LexborHTMLParser) -> list[dict[str, Any]]:
    """Items by their `itemscope`, each a JSON-LD object of the same meaning."""
    if tree.root is None or tree.css_first("[itemscope]") is None:
        return []
    by_id = {node.attributes["id"]: node for node in tree.css("[id]")} if tree.css_first("[itemref]") else {}
    found: list[dict[str, Any]] = []
    stack: list[tuple[LexborNode, dict[str, Any] | None]] = [(tree.root, None)]
    left, followed = MOST_NODES, set[int]()
    while stack and left:
        node, item = stack.pop()
        left -= 1
        attributes = node.attributes
        names = (attributes.get("itemprop") or "").split()
        inner = item
        if "itemscope" in attributes:
            inner = _item_of(node)
            if by_id and node.mem_id not in followed:  # items may refer to themselves, or to each other in a circle
                followed.add(node.mem_id)
                parts = [by_id[ref] for ref in reversed(_refs(node)) if ref in by_id]
                stack += [(part, inner) for part in parts if part.mem_id != node.mem_id]
            if not names or item is None:
                found.append(inner)
        if names and item is not None:
            value = inner if inner is not item else _value_of(node)
            for name in names:
                item.setdefault(name, []).append(value)
        stack += [(child, inner) for child in reversed(list(node.iter()))]
    return [item for item in found if item.get("@type")]


def _item_of(node: LexborNode) -> dict[str, Any]:
    types = (node.attributes.get("itemtype") or "").split()
    known = [_SCHEMA.sub("", kind).strip("/#") for kind in types if _SCHEMA.match(kind)]
    identifier = node.attributes.get("itemid")
    return {"@type": known} | ({"@id": identifier} if identifier else {})


def _refs(node: LexborNode) -> list[str]:
    return (node.attributes.get("itemref") or "").split()[:100]


def _value_of(node: LexborNode) -> str:
    """What a property's element says, by the rules of microdata; a `content` counts on any element, as widely used."""
    attributes, tag = node.attributes, node.tag or ""
    told: str | None
    if attributes.get("content") is not None:
        told = attributes["content"]
    elif tag in ("a", "area", "link"):
        told = attributes.get("href")
    elif tag in ("img", "audio", "video", "embed", "iframe", "source", "track"):
        told = attributes.get("src")
    else:
        told = {"object": attributes.get("data"), "data": attributes.get("value"), "meter": attributes.get("value"),
                "time": attributes.get("datetime")}.get(tag)  # fmt: skip
    return Plain(told.strip()) if told is not None else Plain(plain_text(node.inner_html or ""))
