"""Feeds of others: real ones against feedparser, and feedparser's own cases with what they expect."""

from __future__ import annotations

import ast
import io
import json
import re
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from sources.base import BadShape, Item
from sources.reading.dates import utc
from sources.reading.document import parse_feed
from sources.reading.links import web_link
from sources.reading.text import plain_text, plain_title

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

KNOWN_DIFFERENCES = {
    "kc0011.rss": "feedparser reads 2020/1/10 14:33:00 as the first of November",
    "rss_2.0_ilmessaggero.xml": "feedparser does not read the Italian mer, 16 nov 2022",
    "OneFootTsunami.atom": "an entry's link is empty; feedparser gives the feed's own address",
    "atom_xml_base.xml": "no link; feedparser takes the id for one",
    "Permalinks.xml": "no link but a guid that is an address: it is taken",
    "pappacoda.atom": "the only link has rel=related: it is taken",
    "incomplete-fields.atom": "an entry without any word is no mention",
}
"""Where feedparser and we differ, looked at one by one: file → who is right and why."""


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
    assert set(found) <= set(KNOWN_DIFFERENCES)


@pytest.mark.slow
def test_real_feeds_agree_with_feedparser_entry_for_entry(corpora: Find) -> None:
    total, found = differences(real_feeds(corpora))
    assert total > 2_000
    unknown = {name: many for name, many in found.items() if name not in KNOWN_DIFFERENCES}
    assert sum(unknown.values()) / total <= 0.005, unknown


@pytest.mark.slow
def test_no_document_of_the_corpora_is_another_error(corpora: Find) -> None:
    read = 0
    for name in ("feedvalidator", "rome", "simplepie", "newsboat", "node-feedparser", "reader", "feedparser"):
        for path in corpora(name).rglob("*"):
            if path.is_file() and path.suffix in (".xml", ".atom", ".rss", ".rdf", ".json", ".html"):
                read += 1
                try:
                    json.dumps([item.id for item in parse_feed(path.read_bytes(), URL).items])
                except BadShape:
                    continue
    assert read > 4_000


# feedparser's cases: an XML file whose comment says what is expected ----------------------------------------------

FIELDS = {
    "id": "id", "title": "title", "link": "url", "author": "author", "published_parsed": "published",
    "updated_parsed": "published", "summary": "text", "description": "text", "content": "text",
}  # fmt: skip
HEADER = re.compile(r"Header:\s*([\w-]+):\s*(.*)")
MOST_WRONG = 0.05


def expectations(body: bytes) -> Iterator[tuple[int, str, Any]]:
    """(entry, field, value) of each plain comparison in the case's `Expect:` line, read without running it."""
    line = re.search(rb"Expect:\s*(.*?)\n", body)
    try:
        pending = [ast.parse(line[1].decode().strip(), mode="eval").body] if line else []
    except (SyntaxError, UnicodeDecodeError):
        return
    while pending:
        node = pending.pop()
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            pending += node.values
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
            path, value = steps_of(node.left), literal(node.comparators[0])
            if (
                len(path) >= 3
                and path[0] == "entries"
                and isinstance(path[1], int)
                and path[2] in FIELDS
                and value is not None
            ):
                plain = len(path) == 3 or (len(path) == 5 and path[2:] == ["content", 0, "value"])
                if plain and (path[2] != "content" or len(path) == 5):
                    yield path[1], str(path[2]), value


def steps_of(node: ast.expr) -> list[Any]:
    """`entries[0]['title']` as ["entries", 0, "title"]."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [*steps_of(node.value), node.attr]
    if isinstance(node, ast.Subscript):
        return [*steps_of(node.value), literal(node.slice)]
    return []


def literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def as_ours(field: str, value: Any) -> Any:
    """feedparser's value in the form in which we keep it."""
    if isinstance(value, tuple):
        return datetime(*value[:6], tzinfo=UTC)
    if field == "title":
        return plain_title(value)
    if field == "link":
        return web_link(value)
    if field == "author":
        return re.sub(r"\s*\(\S+@\S+\)$", "", value)
    return plain_text(value) if FIELDS[field] == "text" else " ".join(value.split())


def outcomes(folder: Path, paths: list[Path]) -> Iterator[tuple[str, bool]]:
    for path in paths:
        body = path.read_bytes()
        expected = [(at, field, value) for at, field, value in expectations(body) if isinstance(value, str | tuple)]
        if not expected:
            continue
        headers = {name.lower(): value.strip() for name, value in HEADER.findall(body[:2000].decode("latin-1"))}
        own = f"http://127.0.0.1:8097/tests/{path.relative_to(folder).as_posix()}"
        items: tuple[Item, ...] = ()
        try:
            items = parse_feed(body, headers.get("content-location", own), headers.get("content-type", "")).items
        except BadShape:
            items = ()
        for at, field, value in expected:
            got = getattr(items[at], FIELDS[field]) if at < len(items) else None
            yield f"{path.relative_to(folder)} {field}", got == as_ours(field, value)


def test_a_few_of_feedparsers_cases_come_out_as_expected(corpora: Find) -> None:
    folder = corpora("feedparser") / "tests"
    results = list(outcomes(folder, sorted(folder.glob("wellformed/**/*.xml"))[::7]))
    wrong = [name for name, right in results if not right]
    assert len(results) > 50
    assert len(wrong) <= 0.1 * len(results), wrong


@pytest.mark.slow
def test_feedparsers_cases_come_out_as_expected(corpora: Find) -> None:
    folder = corpora("feedparser") / "tests"
    results = list(outcomes(folder, sorted(folder.rglob("*.xml"))))
    wrong = [name for name, right in results if not right]
    assert len(results) > 700
    assert len(wrong) <= MOST_WRONG * len(results), wrong
