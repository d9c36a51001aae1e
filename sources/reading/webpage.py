"""What a web page made for people says of itself to programs: its feeds, its software, the reviews marked up in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sources.reading.encoding import as_utf8
from sources.reading.links import web_link

_FEED_TYPES = {
    "application/rss+xml": 0,
    "application/atom+xml": 0,
    "application/feed+json": 0,
    "application/rdf+xml": 1,
    "application/x-atom+xml": 1,
    "application/x.atom+xml": 1,
    "application/xml": 2,
    "text/xml": 2,
}
"""Media type of an announced feed to its rank: the last two may stand for anything."""
_COMMENTS = re.compile(r"comment|kommentar|commentaire|comentario|reacties|replies|/responses?/", re.IGNORECASE)
_LOOKS_LIKE_FEED = re.compile(r"(?:\.(?:rss|atom|rdf)|/(?:rss|atom|feed|index)\.xml|/(?:feed|rss|atom)/?)(?:$|\?)")
_REVIEW = re.compile(r'"@type"\s*:\s*(?:\[\s*)?"Review"|itemtype\s*=\s*["\']?https?://schema\.org/Review["\'\s>]')
_PODCAST = re.compile(r"https?://(?:podcasts|itunes)\.apple\.com/[^\s\"'<>]*?/id\d+")
_SOFTWARE = (
    ("discourse", re.compile(r"^Discourse\b", re.IGNORECASE), re.compile(r"data-discourse-|id=\"data-discourse-setup")),
    ("mastodon", re.compile(r"^Mastodon\b", re.IGNORECASE), re.compile(r"id=['\"]mastodon['\"]")),
    ("lemmy", re.compile(r"^Lemmy\b", re.IGNORECASE), re.compile(r"window\.isoData\s*=")),
    (
        "wordpress",
        re.compile(r"^WordPress\b", re.IGNORECASE),
        re.compile(r"/wp-content/|rel=['\"]https://api\.w\.org/"),
    ),
)
"""Name, what its `generator` says, and what else it is known by."""
MOST_FEEDS, MOST_LINKS = 20, 3


@dataclass(frozen=True, slots=True)
class Announced:
    """A feed that the page names."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class WebPage:
    """What a page says of itself. Plain data that travels between processes."""

    title: str = ""
    feeds: tuple[Announced, ...] = ()
    """Announced in its head, the site's main feed first, feeds of comments last."""
    links: tuple[str, ...] = ()
    """Links in its text that look as if they led to a feed."""
    canonical: str = ""
    """Its own address, as it gives it."""
    software: str = ""
    """discourse, mastodon, lemmy, wordpress; empty for what is not known."""
    reviews: int = 0
    """Reviews marked up in it (schema.org)."""
    podcasts: tuple[str, ...] = ()
    """Addresses of podcasts in Apple's directory."""


def read_page(body: bytes, url: str, content_type: str = "") -> WebPage:
    """What the page at `url` says of itself; a page of nothing says nothing."""
    text = as_utf8(body, content_type).decode(errors="replace")
    tree = LexborHTMLParser(text)
    base = next((web_link(node.attributes.get("href"), url) for node in tree.css("base[href]")), "") or url
    feeds = _announced(tree, base)
    known = {feed.url for feed in feeds}
    links = (web_link(node.attributes.get("href"), base) for node in tree.css("a[href]"))
    likely = dict.fromkeys(link for link in links if link not in known and _LOOKS_LIKE_FEED.search(link))
    title = tree.css_first("title")
    return WebPage(
        title=" ".join(title.text().split())[:200] if title is not None else "",
        feeds=feeds,
        links=tuple(sorted(likely, key=lambda link: bool(_COMMENTS.search(link))))[:MOST_LINKS],
        canonical=next((web_link(node.attributes.get("href"), base) for node in tree.css("link[rel=canonical]")), ""),
        software=_software(tree, text),
        reviews=len(_REVIEW.findall(text)),
        podcasts=tuple(dict.fromkeys(_PODCAST.findall(text)))[:MOST_LINKS],
    )


def _announced(tree: LexborHTMLParser, base: str) -> tuple[Announced, ...]:
    found: dict[str, tuple[tuple[bool, int], Announced]] = {}
    for node in tree.css("link[href]"):
        rank = _rank(node)
        link = web_link(node.attributes.get("href"), base)
        if rank is None or not link:
            continue
        title = " ".join((node.attributes.get("title") or "").split())[:200]
        said = bool(_COMMENTS.search(title) or _COMMENTS.search(link.partition("://")[2].partition("/")[2]))
        found.setdefault(link, ((said, rank), Announced(link, title)))
    return tuple(feed for _, feed in sorted(found.values(), key=lambda one: one[0]))[:MOST_FEEDS]


def _rank(node: LexborNode) -> int | None:
    """How surely this link announces a feed, 0 being the surest; None where it does not."""
    relations = (node.attributes.get("rel") or "").lower().split()
    kind = (node.attributes.get("type") or "").lower().partition(";")[0].strip()
    if "stylesheet" in relations or not {"alternate", "feed"} & set(relations):
        return None
    if kind in _FEED_TYPES:
        return _FEED_TYPES[kind]
    return 2 if "feed" in relations and not kind else None


def _software(tree: LexborHTMLParser, text: str) -> str:
    named = [(node.attributes.get("content") or "").strip() for node in tree.css("meta[name=generator]")]
    for name, says, traces in _SOFTWARE:
        if any(says.search(generator) for generator in named) or traces.search(text):
            return name
    return ""
