"""Where a mention stands and what it links to, each address in one form, so that both are found to be the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

MOST_LINKS = 3
"""So many of a mention's links are followed: who lists more passes none of them on."""

_TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid", "igshid", "ref_src", "cmpid", "smid", "xtor")
_FRONTS = ("www.", "m.", "mobile.", "amp.", "old.", "new.")
_TAIL = re.compile(r"(?:/amp(?:\.html)?|/index\.(?:html?|php)|\.amp)?/*$")
_LINK = re.compile(r"https?://[^\s<>\"'|()\[\]]+", re.IGNORECASE)
# A network writes the address of one post in several ways; its number is in all of them.
_BLUESKY = re.compile(r"(?:at://|bsky\.app/profile/)(did:[a-z0-9:.]+)/(?:post|app\.bsky\.feed\.post)/(\w+)")
_X = re.compile(r"^(?:x|twitter)\.com/[^/]+/status/(\d+)")


def canonical(url: str) -> str:
    """The address without what marketing, phones and networks add to it; empty for no address, and for a bare host,
    which says nothing about one article."""
    if post := _BLUESKY.search(url):
        return f"bsky.app/{post[1]}/{post[2]}"
    try:
        split = urlsplit(url)
        kept = urlencode(sorted((k, v) for k, v in parse_qsl(split.query) if not k.lower().startswith(_TRACKING)))
    except ValueError:
        return ""
    path = _TAIL.sub("", split.path)
    if split.scheme.lower() not in ("http", "https") or not (path or kept):
        return ""
    host = split.netloc.lower()
    for front in _FRONTS:
        host = host.removeprefix(front)
    post = _X.match(host + path)
    fragment = "" if split.fragment.startswith((":~:", *_TRACKING)) else split.fragment
    return f"x.com/{post[1]}" if post else f"{host}{path}?{kept}#{fragment}"


def linked(text: str, extra: Mapping[str, Any], source_kind: str) -> tuple[str, ...]:
    """The canonical addresses that a mention passes on: what it quotes, its card, and the links of its text."""
    found = dict.fromkeys(address for url in _links(text, extra, source_kind) if (address := canonical(url)))
    return tuple(found) if len(found) <= MOST_LINKS else ()


def _links(text: str, extra: Mapping[str, Any], source_kind: str) -> Iterator[str]:
    quoted, shared = extra.get("quotes"), extra.get("link")
    if isinstance(quoted, str) and quoted:
        yield f"https://x.com/i/status/{quoted}" if source_kind == "x" and quoted.isdigit() else quoted
    if isinstance(shared, str):
        yield shared
    if "://" in text:
        yield from (link.rstrip(".,;:!?…") for link in _LINK.findall(text))
