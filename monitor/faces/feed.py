"""A search, or what people were told, as an Atom feed (RFC 4287) for any reader of feeds. Texts stay text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from monitor.digest.outline import fitted, outline
from monitor.queries import News
from monitor.searches import Found

MEDIA_TYPE = "application/atom+xml"
LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_NEWS = 100, 1_000, 4_000
_ATOM = "http://www.w3.org/2005/Atom"
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

register_namespace("", _ATOM)


@dataclass(frozen=True, slots=True)
class Feed:
    """What stands over the entries."""

    title: str
    address: str
    """Of the feed itself, absolute."""
    page: str
    """Of the same search for people, absolute."""
    site: str
    """The address that this service is known by: ids are made of its host, whatever name a reader asked for."""
    now: datetime


def atom(feed: Feed, found: Iterable[Found]) -> bytes:
    """What was found. Ids stay the same from one reading to the next."""
    entries = list(found)
    host = _host(feed)
    about = f"search/{feed.address.partition('//')[2].partition('/')[2]}"
    root = _root(feed, about, max(map(_updated, entries), default=feed.now))
    for one in entries:
        _entry(root, one, f"tag:{host},2026:overheard/mention/{one.mention.id}", feed.page)
    return tostring(root, encoding="utf-8", xml_declaration=True)


def atom_of_news(feed: Feed, news: Iterable[News], base: str) -> bytes:
    """Digests and alerts, in as many words as a reader of feeds shows; `base` is where links lead."""
    entries = list(news)
    root = _root(feed, "told", max((one.created for one in entries), default=feed.now))
    for one in entries:
        told = outline(one.kind, str(one.content["subject"]), {one.kind: one.content, "base": base})
        entry = SubElement(root, f"{{{_ATOM}}}entry")
        _text(entry, "id", f"tag:{_host(feed)},2026:overheard/{one.kind}/{one.id}")
        _text(entry, "title", str(one.content["subject"]))
        _text(SubElement(entry, f"{{{_ATOM}}}author"), "name", "overheard")
        _text(entry, "published", _moment(one.created))
        _text(entry, "updated", _moment(one.created))
        _link(entry, "alternate", f"{base}/digests/{one.id}" if one.kind == "digest" else told.url, "text/html")
        lines = fitted(told, (LONGEST_NEWS,), lambda line: (len(line.mark) + len(line.text) + 1,))
        _text(entry, "summary", "\n".join(f"{line.mark}{line.text}" for line in lines))
        SubElement(entry, f"{{{_ATOM}}}category", term=one.kind)
    return tostring(root, encoding="utf-8", xml_declaration=True)


def _root(feed: Feed, about: str, updated: datetime) -> Element:
    root = Element(f"{{{_ATOM}}}feed")
    _text(root, "id", f"tag:{_host(feed)},2026:overheard/{about}")
    _text(root, "title", feed.title)
    _text(root, "updated", _moment(updated))
    _link(root, "self", feed.address, MEDIA_TYPE)
    _link(root, "alternate", feed.page, "text/html")
    _text(root, "generator", "overheard")
    return root


def _host(feed: Feed) -> str:
    return urlsplit(feed.site).hostname or "localhost"


def _entry(root: Element, one: Found, identity: str, page: str) -> None:
    mention = one.mention
    entry = SubElement(root, f"{{{_ATOM}}}entry")
    _text(entry, "id", identity)
    _text(entry, "title", _cut(" ".join((mention.title or mention.text).split()), LONGEST_TITLE) or mention.source)
    _text(SubElement(entry, f"{{{_ATOM}}}author"), "name", mention.author or mention.source)
    _text(entry, "published", _moment(mention.published))
    _text(entry, "updated", _moment(_updated(one)))
    _link(entry, "alternate", mention.url or page, "text/html")
    _text(entry, "summary", _cut(mention.text, LONGEST_SUMMARY))
    for term in (*one.brands, one.sentiment):
        if term:
            SubElement(entry, f"{{{_ATOM}}}category", term=_NO_XML.sub("", term))


def _updated(one: Found) -> datetime:
    """When it could first be read here: what is found late is new to who reads this."""
    return max(one.mention.published, one.mention.collected)


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, f"{{{_ATOM}}}{name}").text = _NO_XML.sub("\ufffd", text)


def _link(parent: Element, rel: str, address: str, media_type: str) -> None:
    SubElement(parent, f"{{{_ATOM}}}link", rel=rel, type=media_type, href=_NO_XML.sub("", address))


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
