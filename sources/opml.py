"""The feeds in a list of subscriptions (OPML), at any depth, also in damaged ones."""

from __future__ import annotations

from typing import Any

from lxml import etree

from sources.base import BadShape
from sources.reading.encoding import as_utf8
from sources.reading.feedxml import without_named_entities
from sources.reading.links import web_link

_ADDRESS = ("xmlurl", "url")


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
