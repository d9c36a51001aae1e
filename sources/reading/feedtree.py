"""What feed XML says beside its entries' plain fields: the feed itself, markup written as elements, media, extras."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from lxml import etree

from sources.reading.feedxml import ENTRY_START, Entry
from sources.reading.pace import ANY_PACE, Pace, pace_of

_MARKUP = re.compile(
    rb"<(?:(?:title|summary|description|content:encoded)(?:\s[^<>]*)?>[^<]{0,200}<[a-zA-Z]"
    rb"|(?:\w{1,20}+:)?+(?:body|fullitem)[\s>])"
)


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


def with_markup(body: bytes, entries: list[Entry]) -> list[Entry]:
    """The entries, those whose title or text is written as elements (XHTML, unescaped HTML) with that markup."""
    if not _MARKUP.search(body):
        return entries
    root = etree.fromstring(body, _INERT)
    elements = [] if root is None else [one for one in root.iter() if _local(one) in ("item", "entry")]
    if len(elements) != len(entries):
        return entries
    return [entry._replace(**_inner(element)) for entry, element in zip(entries, elements, strict=True)]


_FIELD_OF = {"title": "title", "summary": "summary", "description": "summary", "encoded": "content"}
_FIELD_OF |= {"body": "content", "fullitem": "content"}


def _inner(element: Any) -> dict[str, Any]:
    """Field to inner markup, for the parts of an XML entry that have elements inside."""
    parts = [
        (field, part)
        for part in element
        if (len(part) or _local(part) in ("body", "fullitem")) and (field := _FIELD_OF.get(_local(part)))
    ]
    markup: dict[str, Any] = {
        field: (part.text or "") + "".join(etree.tostring(e, encoding="unicode") for e in part) for field, part in parts
    }
    if "summary" in markup and any(_local(part) == "description" for part in element):
        markup.setdefault("content", "")  # what was taken for the content is the same description without its markup
    return markup


_MEDIA = ("group/", "group/content/", "content/", "")


def with_media(body: bytes, entries: list[Entry]) -> list[Entry]:
    """The entries, those without title or text with what media:title and media:description say instead."""
    if all(entry.title and (entry.content or entry.summary) for entry in entries) or b"media:" not in body:
        return entries
    wanted = {f"{place}{name}": f"{place}{name}" for place in _MEDIA for name in ("title", "description")}
    found = picked(body, wanted)
    if len(found) != len(entries):
        return entries
    return [
        entry._replace(
            title=entry.title or next(filter(None, (media[f"{place}title"] for place in _MEDIA)), ""),
            summary=entry.summary or next(filter(None, (media[f"{place}description"] for place in _MEDIA)), ""),
        )
        for entry, media in zip(entries, found, strict=True)
    ]


def _at(element: Any, path: str) -> str:
    steps, _, attribute = path.partition("@")
    for step in filter(None, steps.lower().split("/")):
        element = next((child for child in element if _local(child) == step), None)
        if element is None:
            return ""
    return " ".join((element.get(attribute) or "").split()) if attribute else (element.text or "").strip()
