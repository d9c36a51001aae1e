"""Bytes of RSS, RDF and Atom to a tree, inert and bounded; where they are damaged, feedparser is asked for entries."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from lxml import etree

from sources.base import BadShape
from sources.reading.dates import when
from sources.reading.feedtree import Entry, entries_in

MOST_ENTRIES = 5_000

_ENTRY_START = re.compile(rb"<(?:\w{1,20}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_WEB_PAGE = re.compile(rb"\s*(?:<\?xml[^<>]*>\s*)?(?:<!--[^<>]*-->\s*)*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_FEED_INSIDE = re.compile(rb"<(?:feed|rss|rdf:RDF)[\s>]")
_FEED_AT_ALL = re.compile(rb"<(?:\w{1,20}:)?(?:rss|feed|rdf|channel|item|entry)\b", re.IGNORECASE)
_DECLARATION = re.compile(rb"^\s*<\?xml[^<>]{0,400}\?>")
_ENTITY = re.compile(rb"&(?!lt;|gt;|amp;|quot;|#\d{1,7};|apos;|#x[0-9a-fA-F]{1,6};)")
_WHOLE_ENTITY = re.compile(_ENTITY.pattern + rb"(?:#?\w{1,31};)?")
_FIRST_TAG = re.compile(rb"<(?:!DOCTYPE|[a-zA-Z])")
_DOCTYPE = re.compile(rb"<!DOCTYPE[^<>\[]{0,1000}(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_MANY_ATTRIBUTES = re.compile(rb"<[a-zA-Z](?:[^<>=]*=){4000}")
_LONG_TAG = 8_000
_ELEMENT = re.compile(rb"<(/?)[a-zA-Z][^<>]*?(/?)>")
_DEEPEST = 600
_FEEDS = ("rss", "feed", "rdf", "entry")
_INERT = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False,
    "remove_comments": True, "remove_pis": True,
}  # fmt: skip
_STRICT = etree.XMLParser(**_INERT)
_LENIENT = etree.XMLParser(recover=True, **_INERT)


def prepared(body: bytes) -> bytes:
    """A UTF-8 document without DTD.

    Raises `BadShape` for a web page, and for a shape that would take feed parsers very long.
    """
    if _WEB_PAGE.match(body[:4000]):
        inside = _FEED_INSIDE.search(body, 0, 65_536)
        if inside:
            return prepared(body[inside.start() :])
        raise BadShape("$", "a web page, not a feed", "Give the address of its feed: overheard sources add finds it.")
    if _has_long_tag(body) and _MANY_ATTRIBUTES.search(body):
        raise BadShape("$", "an element with thousands of attributes")
    first = _FIRST_TAG.search(body, 0, 65_536)
    if first and (doctype := _DOCTYPE.match(body, first.start())):
        body = body[: doctype.start()] + body[doctype.end() :]
    return body.lstrip()


def _has_long_tag(body: bytes) -> bool:
    """True where so many bytes stand without a ">" among them that thousands of attributes may."""
    return any(body.find(b">", at, at + _LONG_TAG) < 0 for at in range(0, len(body) - _LONG_TAG, _LONG_TAG))


def without_named_entities(body: bytes) -> bytes:
    """The UTF-8 document with `&eacute;` as its character, `&unknown;` and a bare `&` as text: XML knows none."""
    if not _ENTITY.search(body):
        return body
    pieces: list[bytes] = []
    at = 0
    while at < len(body):
        start = body.find(b"<![CDATA[", at)
        end = body.find(b"]]>", start) if start >= 0 else -1
        start, end = (start, end) if end >= 0 else (len(body), len(body))
        outside = body[at:start]
        pieces.append(_WHOLE_ENTITY.sub(_as_character, outside) if b"&" in outside else outside)
        pieces.append(body[start:end])
        at = end
    return b"".join(pieces)


def entries_of(body: bytes, url: str) -> tuple[list[Entry], Any]:
    """The entries of a prepared document, in order, and what could be read as its tree.

    Raises `BadShape` where no parser finds a feed.
    """
    body, root, is_whole = _tree(body)
    is_feed = root is not None and root.tag.rpartition("}")[2].rpartition(":")[2].lower() in _FEEDS
    entries = entries_in(root, MOST_ENTRIES + 1) if is_feed else []
    if is_feed and (is_whole or len(entries) >= max(1, min(_closed(body), MOST_ENTRIES))):
        return entries, root
    if not _FEED_AT_ALL.search(body):
        raise BadShape("$", "neither RSS nor Atom nor JSON Feed")
    body = _DECLARATION.sub(b"", body, count=1)
    if not _fit_for_feedparser(body):
        if entries:
            return entries, root
        raise BadShape("$", "damaged XML in a form that takes very long to read")
    second = _by_feedparser(body, url)
    return (second if len(second) > len(entries) else entries), root


def _tree(body: bytes) -> tuple[bytes, Any, bool]:
    """The document, its tree, and whether it is well-formed: if need be with HTML's entities made characters."""
    try:
        return body, etree.fromstring(body, _STRICT), True
    except etree.XMLSyntaxError:
        mended = without_named_entities(body)
    try:
        if mended is not body:
            return mended, etree.fromstring(mended, _STRICT), True
    except etree.XMLSyntaxError:
        pass
    try:
        return mended, etree.fromstring(mended, _LENIENT), False
    except etree.XMLSyntaxError:
        return mended, None, False


def _closed(body: bytes) -> int:
    return body.count(b"</item>") or body.count(b"</entry>")


def _by_feedparser(body: bytes, url: str) -> list[Entry]:
    import feedparser  # 0.1 s to import, and rarely needed

    headers = {"content-type": "application/xml; charset=utf-8"} | ({"content-location": url} if url else {})
    try:
        # A stream, never the bytes themselves: feedparser would try to open a file of that name.
        parsed = feedparser.parse(
            io.BytesIO(_cut_after(body, MOST_ENTRIES + 1)),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:
        raise BadShape("$", f"no feed that could be read: {type(error).__name__}") from error
    if not parsed.entries and not parsed.get("version"):
        raise BadShape("$", "neither RSS nor Atom nor JSON Feed")
    return [_slow_entry(entry) for entry in parsed.entries]


def _slow_entry(entry: dict[str, Any]) -> Entry:
    get = partial(dict.get, entry)  # its own `get` maps old names to new ones, and warns
    content = (get("content") or [{}])[0]
    detail = get("title_detail") or {}
    return Entry(
        get("id") or "",
        get("link") or "",
        get("title") or "",
        content.get("value") or "",
        get("summary") or "",
        get("author") or "",
        _first_date(get(key) for key in ("published", "updated", "created")),
        content.get("language") or detail.get("language") or "",
        tuple(term for tag in (get("tags") or ())[:20] if (term := tag.get("term"))),
        content.get("type") == "text/plain",
    )


def _first_date(texts: Iterable[str | None]) -> datetime | None:
    return next((moment for text in texts if text and (moment := when(text))), None)


def _cut_after(body: bytes, entries: int) -> bytes:
    if body.count(b"<item") + body.count(b"<entry") <= entries:
        return body
    for count, start in enumerate(_ENTRY_START.finditer(body)):
        if count == entries:
            return body[: start.start()]
    return body


def _fit_for_feedparser(body: bytes) -> bool:
    """False for the shapes over which feedparser is known to take quadratic time: unclosed brackets, deep nesting."""
    if body.lstrip()[:5].lower() == b"<?xml":
        return False
    pairs = ((b"<!--", b"-->"), (b"<![", b"]]>"), (b"<?", b"?>"), (b"<", b">"))
    if any(body.count(opened) - body.count(closed) > 100 for opened, closed in pairs):
        return False
    depth = 0
    for tag in _ELEMENT.finditer(body):
        if tag[1]:
            depth = max(0, depth - 1)
        elif not tag[2]:
            depth += 1
            if depth > _DEEPEST:
                return False
    return True


def _as_character(found: re.Match[bytes]) -> bytes:
    character = html.unescape(found[0].decode("utf-8", errors="replace"))
    return found[0].replace(b"&", b"&amp;") if character.startswith("&") else character.encode("utf-8")
