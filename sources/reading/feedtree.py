"""What feed XML says beside its entries' plain fields: the feed itself, markup written as elements, media, extras."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lxml import etree

from sources.reading.dates import is_half_day, when
from sources.reading.feedxml import ENTRY_START, Entry
from sources.reading.pace import ANY_PACE, Pace, pace_of

_MARKUP = re.compile(
    rb"<(?:(?:title|summary|description|content(?::encoded|(?![^<>]*xhtml)))(?:\s[^<>]*)?>[^<]{0,200}<[a-zA-Z]"
    rb"|(?:xhtml:)?body[\s>]|fullitem[\s>])"
)
_OTHER_WORDS = re.compile(rb"<(?:media:(?:title|description)|content:encoded|dc:description)[\s>]")
_CREATED = re.compile(rb"<(?:\w{1,20}:)?created[\s>]")
_RDF = b":RDF"
_MEDIA = "{http://search.yahoo.com/mrss/}"


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


_INERT = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
_XML = "{http://www.w3.org/XML/1998/namespace}"
_ATOM_LINK = "{http://www.w3.org/2005/Atom}link"


def head_of(body: bytes) -> Head:
    """What a prepared document says of the feed itself, read from what stands before its first entry."""
    first = ENTRY_START.search(body)
    try:
        root = etree.fromstring(body[: first.start()] if first else body, _INERT)
    except etree.XMLSyntaxError:
        return Head()
    if root is None:
        return Head()
    channel = next((child for child in root if _local(child) == "channel"), root)
    texts: dict[str, str] = {}
    rels: dict[str, str] = {}
    for child in channel:
        name = _local(child)
        if name == "link" and (href := child.get("href")):
            rels.setdefault(child.get("rel") or "alternate", href.strip())
        elif name == "author" and len(child):
            texts.setdefault(name, next((part.text or "" for part in child if _local(part) == "name"), ""))
        else:
            texts.setdefault(name, (child.text or "").strip())
    is_atom = channel is root
    return Head(
        title=texts.get("title", ""),
        link=rels.get("alternate", "") if is_atom else texts.get("link") or rels.get("alternate", ""),
        base=root.get(_XML + "base") or channel.get(_XML + "base") or "",
        lang=texts.get("language") or root.get(_XML + "lang") or channel.get(_XML + "lang") or "",
        author=texts.get("author", "") if is_atom else "",
        pace=pace_of(channel),
        hub=rels.get("hub", ""),
        topic=rels.get("self", ""),
    )


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def picked(body: bytes, wanted: Mapping[str, str]) -> list[dict[str, str]]:
    """For each entry of a prepared document, in order, the texts at the wanted places.

    A place is a path of local names without regard to case or namespace, `@attribute` last: "source@url",
    "group/description".
    """
    root = etree.fromstring(body, _INERT)
    if root is None:
        return []
    entries = (element for element in root.iter() if _local(element) in ("item", "entry"))
    return [{name: _at(entry, path) for name, path in wanted.items()} for entry in entries]


def completed(body: bytes, entries: list[Entry]) -> list[Entry]:
    """The entries with what fastfeedparser leaves out: markup as elements, words of RDF and media, some dates."""
    if not (_MARKUP.search(body) or _says_more(body, entries)):
        return entries
    root = etree.fromstring(body, _INERT)
    elements = [] if root is None else [one for one in root.iter() if _local(one) in ("item", "entry")]
    if len(elements) != len(entries):
        return entries
    return [_completed(entry, element) for entry, element in zip(entries, elements, strict=True)]


def _says_more(body: bytes, entries: list[Entry]) -> bool:
    if any(not (entry.content or entry.summary) for entry in entries) and _OTHER_WORDS.search(body):
        return True
    if any(not entry.title for entry in entries) and b"<media:title" in body:
        return True
    if any(entry.published is None for entry in entries) and _CREATED.search(body):
        return True
    first_date = body.find(b"<pubDate", max(0, body.find(b"<item")))
    written = body[first_date : first_date + 80].decode("utf-8", errors="replace") if first_date >= 0 else ""
    return is_half_day(written) or (_RDF in body[:2000] and b"<content:encoded" in body)


def _completed(entry: Entry, element: Any) -> Entry:
    entry = entry._replace(**_inner(element))
    dated = _at(element, "pubdate")
    return entry._replace(
        title=entry.title or _first_at(element, _MEDIA_TITLES),
        content=entry.content or _at(element, "encoded"),
        summary=entry.summary or _first_at(element, _DESCRIPTIONS),
        published=when(dated) if is_half_day(dated) else entry.published or when(_at(element, "created")),
    )


_FIELD_OF = {"title": "title", "summary": "summary", "description": "summary", "encoded": "content"}
_FIELD_OF |= {"body": "content", "fullitem": "content", "content": "content"}


def _inner(element: Any) -> dict[str, Any]:
    """Field to inner markup, for the parts of an XML entry that have elements inside."""
    markup: dict[str, Any] = {}
    for part in element:
        field = _FIELD_OF.get(_local(part)) if len(part) or _local(part) in ("body", "fullitem") else None
        kind = part.get("type") or ""
        if field is None or part.tag.startswith(_MEDIA) or kind.startswith(("image/", "audio/", "video/")):
            continue
        written = (part.text or "") + "".join(etree.tostring(inner, encoding="unicode") for inner in part)
        markup[field] = html.unescape(written) if kind == "html" else written
    if "summary" in markup and any(_local(part) == "description" for part in element):
        markup.setdefault("content", "")  # what was taken for the content is the same description without its markup
    return markup


_PLACES = ("group/", "group/content/", "content/", "")
_MEDIA_TITLES = [f"{place}title" for place in _PLACES]
_DESCRIPTIONS = [f"{place}description" for place in _PLACES]


def _first_at(element: Any, places: Sequence[str]) -> str:
    return next(filter(None, (_at(element, place) for place in places)), "")


def _at(element: Any, path: str) -> str:
    steps, _, attribute = path.partition("@")
    for step in filter(None, steps.lower().split("/")):
        element = next((child for child in element if _local(child) == step), None)
        if element is None:
            return ""
    return " ".join((element.get(attribute) or "").split()) if attribute else (element.text or "").strip()
