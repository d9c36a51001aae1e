"""Measures reading: entries a second of our whole items, beside feedparser and bare fastfeedparser, in turn.

Reads real feeds where ../shared/corpora is at hand, else generated ones; seconds are of one core's own time.
"""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import fastfeedparser
import feedparser

from sources.base import BadShape
from sources.reading.document import parse_feed
from tests.bench.side_by_side import Figure, in_turn, table

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
REAL = (
    "netnewswire/Modules/RSParser/Tests/RSParserTests/Resources",
    "feedjira/spec/sample_feeds",
    "rbren-rss-parser/test/input",
    "miniflux/internal/reader/parser/testdata",
    "feed-rs/feed-rs/fixture",
)
XML = {".xml", ".rss", ".atom", ".rdf"}
ROUNDS = 5


def main() -> None:
    """Print this part alone."""
    print(table(figures()))


def figures() -> list[Figure]:
    """Entries a second of each reader."""
    documents, kind = real_feeds(), "real"
    if not documents:
        documents, kind = generated_feeds(), "generated"
    size = sum(map(len, documents)) / 1e6
    print(f"reading: {len(documents)} {kind} feeds, {size:.1f} MB, {ROUNDS} rounds in turn")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rates = in_turn({name: partial(speed, read, documents) for name, read in READERS.items()}, ROUNDS)
    mine = rates.pop(OURS)
    return [Figure("reading feeds, entries/s", mine, rate, name) for name, rate in rates.items()]


def real_feeds() -> list[bytes]:
    """The XML feeds of the corpora."""
    paths = [path for folder in REAL for path in sorted((CORPORA / folder).rglob("*"))]
    return [path.read_bytes() for path in paths if path.suffix in XML]


def generated_feeds(feeds: int = 60, entries: int = 25) -> list[bytes]:
    """Blogs with long and short posts in HTML, no two alike, every seventh about a brand."""
    return [_generated(f"https://blog{number}.example", entries) for number in range(feeds)]


def _generated(site: str, entries: int) -> bytes:
    paragraph = f"<p>The <b>kettle</b> boils &amp; pours, says <a href='{site}/'>one owner</a> of many.</p>"
    posts = [
        f"<item><title>Post {at} on {'kettles' if at % 7 else 'Apple'}</title><link>{site}/{at}</link>"
        f"<guid>{site}/?p={at}</guid><pubDate>Fri, 20 Nov 2026 08:{at:02}:00 +0100</pubDate>"
        f"<description><![CDATA[{paragraph * (at + 1)}]]></description></item>"
        for at in range(entries)
    ]
    document = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Blog</title>{"".join(posts)}</channel></rss>'
    return document.encode()


def speed(read: Callable[[bytes], int], documents: Sequence[bytes]) -> float:
    """Entries a second over all documents."""
    began = time.process_time()
    entries = sum(read(document) for document in documents)
    return entries / (time.process_time() - began)


def ours(document: bytes) -> int:
    try:
        return len(parse_feed(document, "https://feed.example/").items)
    except BadShape:
        return 0


def bare(document: bytes) -> int:
    try:
        return len(fastfeedparser.parse(document)["entries"])
    except Exception:  # noqa: BLE001 - whatever a foreign parser raises counts as nothing read
        return 0


OURS = "overheard: whole items, plain text"
READERS: dict[str, Callable[[bytes], int]] = {
    OURS: ours,
    "feedparser, as it comes": lambda document: len(feedparser.parse(io.BytesIO(document)).entries),
    "feedparser, without sanitising": lambda document: len(
        feedparser.parse(io.BytesIO(document), sanitize_html=False, resolve_relative_uris=False).entries
    ),
    "fastfeedparser, raw entries": bare,
}


if __name__ == "__main__":
    main()
