"""Addresses: absolute http(s) or nothing, and one spelling for those that lead to the same page."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

_WEB = re.compile(r"https?://[^\s/?#\\]", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x20\x7f<>\"\\^`{|}]")
_LONGEST = 4096
_SPELLED_WELL = re.compile(r"https?://[a-z0-9.-]+(?:/[^?#]*)?(\?[\w./&=-]+)?\Z", re.ASCII)
_TRACKER = r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid|_hs(?:enc|mi)|ref_src|cmpid)"
_TRACKERS = re.compile(rf"{_TRACKER}\Z")
_TRACKS = re.compile(rf"[?&]{_TRACKER}(?:[&=]|\Z)", re.IGNORECASE)


def web_link(href: object, base: str = "") -> str:
    """`href` as an absolute http(s) address, resolved against `base`; empty when it is none."""
    link = href.strip() if isinstance(href, str) else ""
    if not link or len(link) > _LONGEST:
        return ""
    if not _WEB.match(link):
        try:
            link = urljoin(base, link)
        except ValueError:
            return ""
        if not _WEB.match(link):
            return ""
    if "[" in link:
        try:
            urlsplit(link)
        except ValueError:
            return ""
    return _UNSAFE.sub(lambda c: quote(c[0]), link) if _UNSAFE.search(link) else link


def canonical(link: str) -> str:
    """The same page in one spelling: host in small letters, no default port, no tracking parameters."""
    if (well := _SPELLED_WELL.match(link)) and not (well[1] and _TRACKS.search(well[1])):
        return link
    try:
        parts = urlsplit(link)
        host, port = (parts.hostname or ""), parts.port
    except ValueError:
        return link
    scheme = parts.scheme.lower()
    if port and (scheme, port) not in (("http", 80), ("https", 443)):
        host = f"{host}:{port}"
    query = parts.query
    if query and any(_TRACKERS.match(name.lower()) for name, _ in parse_qsl(query, keep_blank_values=True)):
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, value) for name, value in pairs if not _TRACKERS.match(name.lower())])
    return parts._replace(scheme=scheme, netloc=host, query=query).geturl()


_LINK = re.compile(r"<([^<>]{1,4096})>((?:\s*;\s*\w+\*?\s*=\s*(?:\"[^\"]{0,500}\"|[^\s,;\"]{1,500}))*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s,;\"]+))", re.IGNORECASE)


def linked_by(header: str, base: str = "") -> dict[str, str]:
    """Relation to address, out of a reply's `Link:` header; of several for a relation the first."""
    links: dict[str, str] = {}
    for target, parameters in _LINK.findall(header[:16_384]):
        for rel in (match[1] or match[2] for match in _REL.finditer(parameters)):
            for name in rel.lower().split():
                if link := web_link(target, base):
                    links.setdefault(name, link)
    return links
