"""RSS, RDF and Atom to plain entries: fastfeedparser reads, feedparser is asked where it raises or loses something."""

from __future__ import annotations

import html
import io
import re
import warnings
from base64 import b64decode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

import fastfeedparser

from sources.base import BadShape
from sources.reading.dates import EARLIEST, utc, when

MOST_ENTRIES = 5_000

ENTRY_START = re.compile(rb"<(?:\w{1,20}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_WEB_PAGE = re.compile(rb"\s*(?:<\?xml[^<>]*>\s*)?(?:<!--[^<>]*-->\s*)*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_FEED_INSIDE = re.compile(rb"<(?:feed|rss|rdf:RDF)[\s>]")
_FEED_AT_ALL = re.compile(rb"<(?:\w{1,20}:)?(?:rss|feed|rdf|channel|item|entry)\b", re.IGNORECASE)
_DECLARATION = re.compile(rb"^\s*<\?xml[^<>]{0,400}\?>")
_ENTITY = re.compile(rb"&(?!lt;|gt;|amp;|quot;|#\d{1,7};|apos;|#x[0-9a-fA-F]{1,6};)")
_WHOLE_ENTITY = re.compile(_ENTITY.pattern + rb"(?:#?\w{1,31};)?")
_UNUSUAL_ENTITY = re.compile(rb"&(?!lt;|gt;|amp;|quot;)")
_DOCTYPE = re.compile(rb"<!DOCTYPE[^<>\[]{0,1000}(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_MANY_ATTRIBUTES = re.compile(rb"<[a-zA-Z](?:[^<>=]*=){4000}")
_ATOM_03 = b"http://purl.org/atom/ns#"
_BASE64 = re.compile(rb"mode\s*=\s*[\"']base64")
_INNER_BASE = re.compile(rb"<(?:\w{1,20}:)?(?:item|entry|link)\s[^<>]*xml:base")
_RSS_090 = (b"http://my.netscape.com/rdf/simple/0.9/", b"http://channel.netscape.com/rdf/simple/0.9/")
_LONG_TAG = 8_000
_DATE_ELEMENT = re.compile(
    rb"<(?:\w{1,20}:)?(?:pubdate|published|issued|date|updated|modified|created)\b", re.IGNORECASE
)
_WHOLE_DATE = re.compile(r"(?:19|20)\d\d\D\d{1,2}\D\d{1,2}|\b\d{1,2} \w{3,9},? (?:19|20)\d\d")
_ELEMENT = re.compile(rb"<(/?)[a-zA-Z][^<>]*?(/?)>")
_DEEPEST = 600
_FOREIGN = ("image/", "audio/", "video/", "application/octet-stream")
_NO_PAGES = {"enclosure", "edit", "self", "hub", "replies", "license", "shortlink", "payment", "search"}


class Entry(NamedTuple):
    """One entry as a feed gives it: HTML not yet read, link not yet resolved."""

    id: str
    link: str
    title: str
    content: str
    summary: str
    author: str
    published: datetime | None
    lang: str
    tags: tuple[str, ...]
    is_plain: bool = False
    """True where the feed says that the content is text and no HTML."""


def prepared(body: bytes) -> bytes:
    """A UTF-8 document without DTD, in which HTML's named entities are characters and unknown ones plain text.

    Raises `BadShape` for a web page, and for a shape that would take feed parsers very long.
    """
    if _WEB_PAGE.match(body[:4000]):
        inside = _FEED_INSIDE.search(body, 0, 65_536)
        if inside:
            return prepared(body[inside.start() :])
        raise BadShape("$", "a web page, not a feed: give the address of the page's feed")
    if _has_long_tag(body) and _MANY_ATTRIBUTES.search(body):
        raise BadShape("$", "an element with thousands of attributes")
    doctype = body.find(b"<!DOCTYPE", 0, 65_536)
    found = _DOCTYPE.match(body, doctype) if doctype >= 0 else None
    if found and not re.search(rb"<[a-zA-Z]", body[:doctype]):
        body = body[:doctype] + body[found.end() :]
    for old in _RSS_090:
        if old in body[:2000]:
            body = body.replace(old, b"http://purl.org/rss/1.0/", 1)
    return without_named_entities(body)


def _has_long_tag(body: bytes) -> bool:
    """True where so many bytes stand without a ">" among them that thousands of attributes may."""
    return any(body.find(b">", at, at + _LONG_TAG) < 0 for at in range(0, len(body) - _LONG_TAG, _LONG_TAG))


def without_named_entities(body: bytes) -> bytes:
    """The UTF-8 document with `&eacute;` as its character, `&unknown;` and a bare `&` as text: XML knows none."""
    if not _UNUSUAL_ENTITY.search(body) or not _ENTITY.search(body):
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


def entries_of(body: bytes, url: str) -> list[Entry]:
    """Every entry of a prepared document, in its order. Raises `BadShape` where no parser finds a feed."""
    first = _by_fastfeedparser(body)
    if first and not _lost_something(body, first):
        return first
    if not _FEED_AT_ALL.search(body):
        raise BadShape("$", "neither RSS nor Atom nor JSON Feed")
    body = _DECLARATION.sub(b"", body, count=1)
    if not _fit_for_feedparser(body):
        if first:
            return first
        raise BadShape("$", "damaged XML in a form that takes very long to read")
    second = _by_feedparser(body, url)
    return second if len(second) >= len(first) else first


def _by_fastfeedparser(body: bytes) -> list[Entry]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of zones that nobody knows
            # Bytes, never a str: a str that begins with http:// would be fetched.
            parsed = fastfeedparser.parse(body, include_media=False, include_enclosures=False)
    except Exception:  # noqa: BLE001 - a foreign parser over hostile input: whatever it raises, the second one is asked
        return []
    raw = parsed["entries"]
    is_atom = b"<rss" not in body[:2000] and b":RDF" not in body[:2000]
    # fastfeedparser takes a date from the guid where there is none, also from a bare number, filled up from today.
    dates_from_ids = bool(raw) and not _DATE_ELEMENT.search(body)
    return [_fast_entry(entry, is_atom, dates_from_ids) for entry in raw]


def _fast_entry(entry: Mapping[str, Any], is_atom: bool, dates_from_ids: bool) -> Entry:
    get = entry.get
    content = get("content")
    first = content[0] if content else {}
    kind = first.get("type") or ""
    given = get("id") or ""
    published = get("published")
    if published and dates_from_ids and not _WHOLE_DATE.search(given):
        published = None
    tags = get("tags")
    return Entry(
        given,
        _alternate(entry) if is_atom else get("link") or _alternate(entry),
        get("title") or "",
        _readable(first.get("value") or "", kind),
        get("description") or "",
        get("author") or "",
        _from_iso(published) if published else None,
        first.get("language") or "",
        tuple(tag["term"] for tag in tags[:20]) if tags else (),
        kind in ("text", "text/plain"),
    )


def _readable(value: str, kind: str) -> str:
    """The words in an Atom content of any media type: of a foreign one, what is text behind its Base64."""
    if not kind.startswith(_FOREIGN):
        return value
    try:
        return b64decode(value).decode()
    except ValueError:
        return ""


def _alternate(entry: Mapping[str, Any]) -> str:
    links = entry.get("links") or ()
    pages = [link["href"] for link in links if link["rel"] in (None, "", "alternate") and link["href"]]
    if len(pages) > 1:
        readable = (
            link["href"] for link in links if link["href"] in pages and (link["type"] or "text/html") == "text/html"
        )
        return next(readable, pages[0])
    if pages or entry.get("link"):
        return pages[0] if pages else entry["link"]
    return next((link["href"] for link in links if link["href"] and link["rel"] not in _NO_PAGES), "")


def _from_iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not UTC or moment.microsecond:
        return utc(moment)
    return moment if moment.year >= EARLIEST else None


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
    for count, start in enumerate(ENTRY_START.finditer(body)):
        if count == entries:
            return body[: start.start()]
    return body


def _lost_something(body: bytes, entries: list[Entry]) -> bool:
    """True for what fastfeedparser is known not to read: items inside items, Base64, and xml:base of an entry."""
    ends = body.count(b"</entry>" if b"<rss" not in body[:2000] else b"</item>")
    if len(entries) < min(ends, MOST_ENTRIES):
        return True
    if _ATOM_03 in body[:2000] and _BASE64.search(body):
        return True
    return _some_are_relative(entries) and _INNER_BASE.search(body) is not None


def _some_are_relative(entries: list[Entry]) -> bool:
    return any(entry.link and not entry.link.startswith(("http://", "https://")) for entry in entries)


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
