"""Feeds of others: real ones against feedparser, and every document there is against the limits."""

from __future__ import annotations

import io
import json
import re
import warnings
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from monitor.collect.children import Pool
from sources.base import BadShape
from sources.reading.dates import utc
from sources.reading.document import parse_feed
from sources.reading.links import web_link
from sources.reading.text import plain_title

Find = Callable[[str], Path]
URL = "http://feed.example/x"
REAL = {
    "netnewswire": "Modules/RSParser/Tests/RSParserTests/Resources",
    "feedjira": "spec/sample_feeds",
    "rbren-rss-parser": "test/input",
    "miniflux": "internal/reader/parser/testdata",
    "feed-rs": "feed-rs/fixture",
    "commafeed": "commafeed-server/src/test/resources/feed",
}
NOT_FEEDS = {".json", ".html", ".opml", ".md", ".go", ".txt"}

FEEDPARSER_ERRS = {
    "kc0011.rss": "it reads 2020/1/10 14:33:00 as the first of November",
    "rss_2.0_ilmessaggero.xml": "it does not read the Italian mer, 16 nov 2022",
    "rss_2.0_nbcny.xml": "it reads Sat, Dec 16 2023 02:02:33 PM as two at night",
}
WE_CHOSE = {
    "OneFootTsunami.atom": "an entry's link is empty; feedparser gives the feed's own address",
    "atom_xml_base.xml": "no link; feedparser takes the id for one",
    "Permalinks.xml": "no link but a guid that is an address: it is taken",
    "pappacoda.atom": "the only link has rel=related: it is taken",
    "incomplete-fields.atom": "an entry without any word is no mention",
}
"""Where feedparser and we differ, looked at one by one: file → who is right and why."""
LEAST_ALIKE = 0.995
ALL = (
    "commafeed", "defusedxml", "feed-rs", "feedjira", "feedparser", "feedvalidator", "miniflux", "netnewswire",
    "newsboat", "node-feedparser", "rbren-rss-parser", "reader", "recorded-2026", "rome", "security", "simplepie",
)  # fmt: skip


def real_feeds(corpora: Find) -> list[Path]:
    paths = [path for name, folder in REAL.items() for path in sorted((corpora(name) / folder).rglob("*"))]
    return [path for path in paths if path.is_file() and path.suffix not in NOT_FEEDS]


def by_feedparser(body: bytes) -> list[tuple[str, str, datetime | None]]:
    """(title, link, date) of each entry as feedparser has them, made plain as ours are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = feedparser.parse(
            io.BytesIO(body),
            response_headers={"content-location": URL},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    entries = []
    for entry in parsed.entries:
        when = dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")
        try:
            moment = utc(datetime(*when[:6], tzinfo=UTC)) if when else None
        except ValueError:
            moment = None
        entries.append((plain_title(dict.get(entry, "title") or ""), web_link(dict.get(entry, "link") or ""), moment))
    return entries


def differences(paths: list[Path]) -> tuple[int, dict[str, int]]:
    """Entries in all, and how many differ in which file."""
    total, found = 0, {}
    for path in paths:
        body = path.read_bytes()
        try:
            ours = [(item.title, item.url, item.published) for item in parse_feed(body, URL).items]
        except BadShape:
            ours = []
        theirs = by_feedparser(body)
        total += len(theirs)
        if ours != theirs:
            unlike = sum(mine != other for mine, other in zip(ours, theirs, strict=False)) + abs(
                len(ours) - len(theirs)
            )
            found[path.name] = unlike
    return total, found


def test_a_few_real_feeds_agree_with_feedparser(corpora: Find) -> None:
    paths = real_feeds(corpora)[::12]
    _, found = differences(paths)
    assert set(found) <= FEEDPARSER_ERRS.keys() | WE_CHOSE.keys()


@pytest.mark.slow
def test_real_feeds_agree_with_feedparser_entry_for_entry(corpora: Find) -> None:
    total, found = differences(real_feeds(corpora))
    errors = sum(found.pop(name) for name in FEEDPARSER_ERRS)
    alike = 1 - sum(found.values()) / (total - errors)
    print(f"real feeds: {total} entries, {errors} of them with a time that feedparser misreads; {alike:.2%} alike")
    assert total > 2_700
    assert found.keys() == WE_CHOSE.keys()
    assert alike >= LEAST_ALIKE


def test_every_tenth_document_of_the_corpora_is_items_or_a_bad_shape(corpora: Find) -> None:
    for body in documents(corpora)[::10]:
        try:
            json.dumps([item.id for item in parse_feed(body, URL).items])
        except BadShape:
            continue


@pytest.mark.slow
async def test_every_document_of_the_corpora_is_read_or_refused_within_the_limits(corpora: Find) -> None:
    counts: Counter[str] = Counter()
    async with Pool(1) as pool:
        for body in documents(corpora):
            try:
                await pool.run(parse_feed, body, URL)
                counts["read"] += 1
            except BadShape as refused:
                counts["over the limits" if STOPPED.search(str(refused)) else "refused"] += 1
    print(f"documents of the corpora: {dict(counts)}")
    assert counts["over the limits"] == 0
    assert counts.total() > 5_000


STOPPED = re.compile(r": stopped|felled the reader|cannot be read \(")
"""How the pool says that a child did not come to an end by itself, or raised something else."""


def documents(corpora: Find) -> list[bytes]:
    """Everything in the corpora of feeds and of attacks, whatever it is."""
    paths = [path for name in ALL for path in sorted(corpora(name).rglob("*")) if path.is_file()]
    return [path.read_bytes() for path in paths]
