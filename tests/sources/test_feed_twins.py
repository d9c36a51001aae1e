"""Feeds of others beside what their own readers made of them, written down as JSON: rss-parser and feed-rs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sources.base import BadShape
from sources.reading.dates import when
from sources.reading.document import parse_feed
from sources.reading.encoding import decoded
from sources.reading.links import web_link
from sources.reading.text import plain_text, plain_title, without_boilerplate

Find = Callable[[str], Path]
URL = "http://feed.example/x"

KNOWN_DIFFERENCES = {
    "incomplete-fields.atom entries": "an entry without any word is no mention",
    "atom-customfields.atom text": "they read no <fullitem>: the whole text is ours",
    "reddit-atom.rss text": "they put no blank between what stands in the cells of a table",
    "reddit-home.rss text": "as above",
    "xml2js-options.rss text": "they write EMPTY for an empty element",
    "uolNoticias.rss title": "they take Latin-1 for UTF-8",
    "uolNoticias.rss text": "as above",
    "atom_mediarss_youtube_1.xml text": "they keep media:description elsewhere",
    "jsonfeed_elastic_1.1.json link": "they put a slash behind a bare host; we keep the address as it was given",
    "rss_0.91_encoding_1.xml link": "they write the host in small letters; we keep the address as it was given",
    "rss_1.0_example_1.xml time": "they do not read the zone +00:0",
    "rss_2.0_nbcny.xml time": "they do not read Sat, Dec 16 2023 02:02:33 PM",
    "rss_2.0_spec_1.xml link": "no link but a guid that is an address: it is taken",
}
"""Where they and we differ, looked at one by one: file and field → who is right and why."""


class Seen(NamedTuple):
    """An entry as somebody reads it."""

    title: str
    link: str
    time: datetime | None
    text: str


def by_rss_parser(feed: dict[str, Any]) -> Iterator[Seen]:
    for entry in feed["feed"].get("items", []):
        text = entry.get("content:encoded") or entry.get("content") or entry.get("summary")
        yield seen(entry.get("title"), entry.get("link"), entry.get("isoDate"), text)


def by_feed_rs(feed: dict[str, Any]) -> Iterator[Seen]:
    for entry in feed["entries"]:
        pages = [link["href"] for link in entry["links"] if link["rel"] in (None, "alternate")]
        title, summary, content = ((entry[name] or {}) for name in ("title", "summary", "content"))
        text = content.get("body") or summary.get("content")
        yield seen(title.get("content"), next(iter(pages), ""), entry["published"] or entry["updated"], text)


def seen(title: str | None, link: str | None, time: str | None, text: str | None) -> Seen:
    words = without_boilerplate(plain_text(text or ""))
    return Seen(plain_title(title or ""), web_link(link or "", URL), when(time), words)


def by_us(path: Path) -> list[Seen]:
    try:
        return [
            Seen(item.title, item.url, item.published, item.text) for item in parse_feed(path.read_bytes(), URL).items
        ]
    except BadShape:
        return []


def twins(corpora: Find) -> Iterator[tuple[Path, list[Seen]]]:
    """Each feed with what its own project reads in it."""
    folder = corpora("rbren-rss-parser") / "test"
    for told in sorted((folder / "output").glob("*.json")):
        (feed,) = (folder / "input").glob(f"{told.stem}.*")
        yield feed, list(by_rss_parser(json.loads(decoded(told.read_bytes()))))
    for told in sorted((corpora("feed-rs") / "feed-rs" / "fixture").rglob("*.serde.json")):
        (feed,) = (path for kind in ("xml", "json") if (path := told.with_suffix("").with_suffix(f".{kind}")).exists())
        yield feed, list(by_feed_rs(json.loads(told.read_bytes())))


def test_feeds_are_read_as_their_own_projects_read_them(corpora: Find) -> None:
    found: dict[str, int] = {}
    entries = 0
    for path, theirs in twins(corpora):
        ours = by_us(path)
        entries += len(theirs)
        if len(ours) != len(theirs):
            found[f"{path.name} entries"] = abs(len(ours) - len(theirs))
            continue
        for mine, other in zip(ours, theirs, strict=True):
            for field, one, two in zip(Seen._fields, mine, other, strict=True):
                if one != two:
                    found[f"{path.name} {field}"] = found.get(f"{path.name} {field}", 0) + 1
    print(f"twins: {entries} entries, {sum(found.values())} fields of them differ: {found}")
    assert entries > 1_300
    assert set(found) == set(KNOWN_DIFFERENCES)
