"""How fast feeds are read: whole items of ours against feedparser and against bare fastfeedparser, in one run.

    python tests/bench/reading.py

Reads real feeds where ../shared/corpora is at hand, else generated ones. Ratios hold within one run only: the speed of
a shared machine changes from minute to minute.
"""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import fastfeedparser
import feedparser

from sources.base import BadShape
from sources.feed import parse_feed

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
REAL = (
    "netnewswire/Modules/RSParser/Tests/RSParserTests/Resources",
    "feedjira/spec/sample_feeds",
    "rbren-rss-parser/test/input",
    "miniflux/internal/reader/parser/testdata",
    "feed-rs/feed-rs/fixture",
)
XML = {".xml", ".rss", ".atom", ".rdf"}
ROUNDS = 3


def main() -> None:
    """Print entries a second of each reader, and the ratios."""
    documents, kind = real_feeds(), "real"
    if not documents:
        documents, kind = generated_feeds(), "generated"
    size = sum(map(len, documents)) / 1e6
    print(f"{len(documents)} {kind} feeds, {size:.1f} MB; the best of {ROUNDS} rounds, CPU seconds of one core")
    speeds = {name: speed(read, documents) for name, read in READERS.items()}
    for name, entries_a_second in speeds.items():
        print(f"  {name:<38} {entries_a_second:>10,.0f} entries/s")
    ours = speeds["overheard (whole items, plain text)"]
    print(f"  {ours / speeds['feedparser, as it comes']:.1f} times feedparser as it comes")
    print(f"  {ours / speeds['feedparser, no sanitising']:.1f} times feedparser without sanitising")
    print(f"  {ours / speeds['fastfeedparser (raw entries)']:.2f} times bare fastfeedparser")


def real_feeds() -> list[bytes]:
    """The XML feeds of the corpora."""
    paths = [path for folder in REAL for path in sorted((CORPORA / folder).rglob("*"))]
    return [path.read_bytes() for path in paths if path.suffix in XML]


def generated_feeds(feeds: int = 60, entries: int = 25) -> list[bytes]:
    """Blogs with long and short posts in HTML."""
    paragraph = "<p>The <b>kettle</b> boils &amp; pours, says <a href='https://a.example/'>one owner</a> of many.</p>"
    posts = [
        f"<item><title>Post {at}</title><link>https://a.example/{at}</link><guid>{at}</guid>"
        f"<pubDate>Fri, 20 Nov 2026 08:{at:02}:00 +0100</pubDate>"
        f"<description><![CDATA[{paragraph * (at + 1)}]]></description></item>"
        for at in range(entries)
    ]
    document = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Blog</title>{"".join(posts)}</channel></rss>'
    return [document.encode()] * feeds


def speed(read: Callable[[bytes], int], documents: Sequence[bytes]) -> float:
    """Entries a second over all documents, the best of some rounds."""
    best = 0.0
    for _ in range(ROUNDS):
        began = time.process_time()
        entries = sum(read(document) for document in documents)
        best = max(best, entries / (time.process_time() - began))
    return best


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


READERS: dict[str, Callable[[bytes], int]] = {
    "overheard (whole items, plain text)": ours,
    "fastfeedparser (raw entries)": bare,
    "feedparser, no sanitising": lambda document: len(
        feedparser.parse(io.BytesIO(document), sanitize_html=False, resolve_relative_uris=False).entries
    ),
    "feedparser, as it comes": lambda document: len(feedparser.parse(io.BytesIO(document)).entries),
}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
