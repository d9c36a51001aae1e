"""JSON Feed (1.0 and 1.1) to plain entries; a bad item is a problem of its own."""

from __future__ import annotations

import html
import json
from typing import Any

from sources.base import BadShape, Problem
from sources.reading.dates import when
from sources.reading.encoding import decoded
from sources.reading.feedtree import Entry, Head


def entries_of_json(body: bytes, content_type: str = "") -> tuple[Head, list[Entry], list[Problem]]:
    """A JSON Feed's head, entries and bad items. Raises `BadShape` where the body is no JSON Feed."""
    try:
        feed = json.loads(decoded(body, content_type))
    except (ValueError, RecursionError) as error:
        raise BadShape("$", f"not JSON: {error}") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise BadShape("$.items", "missing: JSON, but no JSON Feed")
    entries: list[Entry] = []
    problems: list[Problem] = []
    for at, item in enumerate(feed["items"]):
        if isinstance(item, dict):
            entries.append(_entry(item))
        else:
            problems.append(Problem(f"$.items[{at}]", "not an object"))
    return _head(feed), entries, problems


def _head(feed: dict[str, Any]) -> Head:
    hubs = feed.get("hubs")
    hub = next((_text(hub.get("url")) for hub in hubs if isinstance(hub, dict)), "") if isinstance(hubs, list) else ""
    return Head(
        title=_text(feed.get("title")),
        link=_text(feed.get("home_page_url")),
        lang=_text(feed.get("language")),
        author=_author(feed),
        hub=hub,
        topic=_text(feed.get("feed_url")),
    )


def _entry(item: dict[str, Any]) -> Entry:
    written = _text(item.get("content_html"))
    plain = _text(item.get("content_text"))
    tags = item.get("tags")
    return Entry(
        id=_text(item.get("id")),
        link=_text(item.get("url")) or _text(item.get("external_url")),
        title=_text(item.get("title")),
        content=written or plain,
        summary=html.escape(_text(item.get("summary"))),
        author=_author(item),
        published=when(item.get("date_published")) or when(item.get("date_modified")),
        lang=_text(item.get("language")),
        tags=tuple(tag for tag in tags[:20] if isinstance(tag, str)) if isinstance(tags, list) else (),
        is_plain=not written,
    )


def _author(thing: dict[str, Any]) -> str:
    several = thing.get("authors")
    authors = several if isinstance(several, list) else [thing.get("author")]
    names = (_text(author.get("name")) if isinstance(author, dict) else _text(author) for author in authors)
    return ", ".join(name for name in names if name)


def _text(value: object) -> str:
    """A string or number as text; anything else is as good as missing."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
