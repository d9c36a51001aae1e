"""The tree of a feed to plain entries and to what the feed says of itself: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0."""

from __future__ import annotations

import html
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urljoin

from lxml import etree

from sources.reading.dates import when
from sources.reading.pace import ANY_PACE, Pace, pace_of


class Head(NamedTuple):
    """What a feed says of itself."""

    title: str = ""
    link: str = ""
    base: str = ""
    """xml:base of the root element, not yet resolved."""
    lang: str = ""
    author: str = ""
    pace: Pace = ANY_PACE
    hub: str = ""
    topic: str = ""
    """The feed's own address, as it states it."""


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


_XML = "{http://www.w3.org/XML/1998/namespace}"
_LANG, _BASE = _XML + "lang", _XML + "base"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_MOST_TAGS = 20
_ENTRIES = ("{*}item", "{*}entry")
_OF_FEEDS = {
    "id": "id", "guid": "guid", "link": "link", "title": "title", "author": "author", "category": "tag",
    "content": "content", "body": "body", "fullitem": "body", "description": "description", "summary": "summary",
    "pubdate": "published", "published": "published", "issued": "published", "date": "published",
    "updated": "updated", "modified": "updated", "created": "created",
}  # fmt: skip
"""Element of RSS or Atom, in small letters → what it is to us."""
_OF_MODULES = {
    "http://purl.org/dc/elements/1.1/": {
        "title": "other title", "creator": "creator", "date": "published", "subject": "tag", "language": "language",
        "description": "other summary", "author": "creator",
    },
    "http://purl.org/dc/terms/": {"issued": "published", "modified": "updated", "created": "created"},
    "http://purl.org/rss/1.0/modules/content/": {"encoded": "encoded"},
    "http://search.yahoo.com/mrss/": {
        "title": "other title", "description": "other summary", "group": "media", "content": "media",
    },
    "http://www.itunes.com/dtds/podcast-1.0.dtd": {
        "title": "other title", "author": "podcaster", "summary": "other summary",
    },
    "http://www.w3.org/1999/xhtml": {"body": "body"},
    "http://www.w3.org/2005/atom": _OF_FEEDS,
    "http://purl.org/atom/ns#": _OF_FEEDS,
}  # fmt: skip
"""Namespace in small letters → element → what it is to us."""
_USUAL = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "media": "http://search.yahoo.com/mrss/",
    "atom": "http://www.w3.org/2005/atom",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
}
_NO_PAGES = {"enclosure", "edit", "self", "hub", "replies", "license", "shortlink", "payment", "search"}
_FOREIGN = ("image/", "audio/", "video/", "application/octet-stream")


def entries_in(root: Any, most: int) -> list[Entry]:
    """The first entries below, in their order."""
    places = _Places()
    return [_entry(element, places) for element in islice(root.iter(*_ENTRIES), most)]


def number_in(root: Any) -> int:
    """How many entries there are below."""
    return sum(1 for _ in root.iter(*_ENTRIES))


class _Places(dict[Any, str]):
    """Name of an element inside entries → what it is to us, empty for nothing; worked out once for a document."""

    own: str | None = None
    """The namespace of the document's entries: what belongs to it is the feed's own, whatever it is called."""

    def __missing__(self, tag: object) -> str:
        self[tag] = place = self._place(tag) if isinstance(tag, str) else ""
        return place

    def _place(self, tag: str) -> str:
        namespace, _, name = tag.rpartition("}")
        if namespace in ("", self.own):
            prefix, _, name = name.rpartition(":")  # of a module that nobody declared
            module = _OF_MODULES.get(_USUAL.get(prefix, ""), {}) if prefix else _OF_FEEDS
        else:
            module = _OF_MODULES.get(namespace[1:].lower(), {})
        return module.get(name.lower(), "")


def _entry(element: Any, places: _Places) -> Entry:
    if places.own is None:
        places.own = element.tag.rpartition("}")[0]
    found: dict[str, Any] = {}
    links: list[Any] = []
    tags: list[str] = []
    for child in element:
        place = places[child.tag]
        if not place:
            continue
        if place == "link":
            links.append(child)
        elif place == "tag":
            tags.append((child.get("term") or child.text or "").strip())
        elif place == "media":
            for inner in child.iter():
                if (deeper := places[inner.tag]).startswith("other"):
                    found.setdefault(deeper, inner)
        elif place not in found:
            found[place] = child
    get = found.get
    content = get("encoded", get("content", get("body")))
    summary = get("description", get("summary"))
    main = summary if content is None else content
    language = None if main is None else main.get(_LANG)
    return Entry(
        _text(get("guid")) or _text(get("id")) or element.get(_ABOUT) or "",
        _link(links, element) or _permanent(get("guid")),
        _written(get("title")) or _written(get("other title")),
        _written(content),
        _written(summary) or _written(get("other summary")),
        _author(get("author")) or _text(get("creator")) or _text(get("podcaster")),
        _first_time(found),
        language or element.get(_LANG) or _text(get("language")),
        tuple(filter(None, tags[:_MOST_TAGS])),
        content is not None and content.get("type") in ("text", "text/plain"),
    )


def _text(element: Any) -> str:
    return "" if element is None else (element.text or "").strip()


def _written(element: Any) -> str:
    """The HTML or text in an element, whichever way it is put there: escaped, as elements, in Base64."""
    if element is None:
        return ""
    written = element.text or ""
    kind = element.get("type") or ""
    if len(element):
        if kind.startswith(_FOREIGN):
            return ""
        written += "".join(etree.tostring(inner, encoding="unicode") for inner in element)
        return html.unescape(written) if kind == "html" else written
    if kind.startswith(_FOREIGN) or element.get("mode") == "base64":
        try:
            return b64decode(written).decode()
        except ValueError:
            return ""
    return written.strip()


def _link(links: list[Any], entry: Any) -> str:
    """The page that an entry is about: the link of RSS, else the alternate one of Atom, else any that may be a page."""
    best, best_rank, element = "", 9, entry
    for link in links:
        rel = link.get("rel") or "alternate"
        address = (link.get("href") or link.text or "").strip()
        if not address or rel in _NO_PAGES:
            continue
        rank = 2 if rel != "alternate" else (link.get("type") or "text/html") != "text/html"
        if rank < best_rank:
            best, best_rank, element = address, rank, link
    if best and not best.startswith(("http://", "https://")):
        for base in filter(None, (element.get(_BASE), entry.get(_BASE))):
            with suppress(ValueError):
                best = urljoin(base, best)
    return best


def _permanent(guid: Any) -> str:
    address = _text(guid)
    return address if address.startswith(("http://", "https://")) else ""


def _author(element: Any) -> str:
    if element is None or not len(element):
        return _text(element)
    said = {_local(part): _text(part) for part in element}
    return said.get("name") or said.get("email") or ""


def _first_time(found: dict[str, Any]) -> datetime | None:
    for place in ("published", "updated", "created"):
        if (element := found.get(place)) is not None and (moment := when(element.text)):
            return moment
    return None


def head_of(root: Any) -> Head:
    """What a feed says of itself."""
    channel = next((child for child in root if _local(child) == "channel"), root)
    texts: dict[str, str] = {}
    rels: dict[str, str] = {}
    for child in channel:
        name = _local(child)
        if name == "link" and (href := child.get("href")):
            rels.setdefault(child.get("rel") or "alternate", href.strip())
        elif name == "author" and len(child):
            texts.setdefault(name, next((part.text or "" for part in child if _local(part) == "name"), ""))
        elif name not in ("item", "entry"):
            texts.setdefault(name, (child.text or "").strip())
    is_atom = channel is root
    return Head(
        title=texts.get("title", ""),
        link=rels.get("alternate", "") if is_atom else texts.get("link") or rels.get("alternate", ""),
        base=root.get(_BASE) or channel.get(_BASE) or "",
        lang=texts.get("language") or root.get(_LANG) or channel.get(_LANG) or "",
        author=texts.get("author", "") if is_atom else "",
        pace=pace_of(channel),
        hub=rels.get("hub", ""),
        topic=rels.get("self", ""),
    )


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def picked(root: Any, wanted: Mapping[str, str]) -> list[dict[str, str]]:
    """For each entry, in order, the texts at the wanted places.

    A place is a path of local names without regard to case or namespace, `@attribute` last: "source@url",
    "group/description".
    """
    return [{name: _at(entry, path) for name, path in wanted.items()} for entry in root.iter(*_ENTRIES)]


def _at(element: Any, path: str) -> str:
    steps, _, attribute = path.partition("@")
    for step in filter(None, steps.lower().split("/")):
        element = next((child for child in element if _local(child) == step), None)
        if element is None:
            return ""
    return " ".join((element.get(attribute) or "").split()) if attribute else (element.text or "").strip()
