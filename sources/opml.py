"""Lists of subscriptions (OPML): the feeds in one, at any depth, also in damaged ones; and one written from feeds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from sources.base import BadShape
from sources.reading.encoding import as_utf8
from sources.reading.feedxml import without_named_entities
from sources.reading.links import web_link

_ADDRESS = ("xmlurl", "url")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed as a list of subscriptions names it."""

    title: str
    url: str
    folder: str = ""


def as_opml(title: str, feeds: Iterable[Subscription]) -> bytes:
    """An OPML 2.0 document of these feeds, their folders in the order in which they come first. What XML cannot hold is
    left out of the titles."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = _writable(title)
    body = etree.SubElement(root, "body")
    folders: dict[str, Any] = {"": body}
    for feed in feeds:
        if feed.folder not in folders:
            folders[feed.folder] = etree.SubElement(body, "outline", text=_writable(feed.folder))
        name = _writable(feed.title)
        etree.SubElement(folders[feed.folder], "outline", text=name, title=name, type="rss", xmlUrl=feed.url)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _writable(text: str) -> str:
    return " ".join(_UNWRITABLE.sub("", text).split())


def feeds_in_opml(body: bytes) -> list[tuple[str, str, str]]:
    """(title, address, folder) of each feed once, in order; folders inside folders are joined by " / ".

    Raises `BadShape` where the body is no OPML. Entities and DTDs are left alone.
    """
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(without_named_entities(as_utf8(body)).strip(), parser)
    except etree.XMLSyntaxError as error:
        raise BadShape("$", f"not OPML: {error}") from error
    if root is None or not any(_name(element) == "outline" for element in root.iter()):
        if root is not None and _name(root) == "opml":
            return []
        raise BadShape("$", "not OPML: no outline in it")
    found: dict[str, tuple[str, str, str]] = {}
    for outline in root.iter():
        if _name(outline) != "outline":
            continue
        given = _attributes(outline)
        address = next((link for key in _ADDRESS if (link := web_link(given.get(key)))), "")
        if address and given.get("type", "rss").lower() not in ("link", "include"):
            title = given.get("text") or given.get("title") or address
            found.setdefault(address, (" ".join(title.split()), address, _folder(outline)))
    return list(found.values())


def _folder(outline: Any) -> str:
    above = [_attributes(parent) for parent in outline.iterancestors() if _name(parent) == "outline"]
    names = [given.get("text") or given.get("title") or "" for given in above if not given.get("xmlurl")]
    return " / ".join(" ".join(name.split()) for name in reversed(names) if name)


def _attributes(outline: Any) -> dict[str, str]:
    return {str(key).lower(): str(value).strip() for key, value in outline.attrib.items()}


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
