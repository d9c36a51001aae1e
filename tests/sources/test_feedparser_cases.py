"""feedparser's own cases: a feed each, and in its comment what feedparser makes of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sources.base import BadShape, Item
from sources.reading.dates import when
from sources.reading.document import parse_feed
from sources.reading.encoding import decoded
from sources.reading.links import web_link
from sources.reading.text import plain_text, plain_title, tidy

Find = Callable[[str], Path]
LEAST_RIGHT = 0.95
KNOWN_DIFFERENCES = {
    "of a value given twice feedparser takes the last, we the first": (
        "wellformed/atom/entry_created_multiple_values.xml",
        "wellformed/atom/entry_published_parsed_date_overwriting.xml",
        "wellformed/atom/entry_updated_multiple_values.xml",
        "wellformed/rss/item_multiple_dc_creator.xml",
    ),
    "a mention has one author, the first": ("wellformed/atom10/entry_authors_name.xml",),
    "a mention has one text: the content, else the description, else the summary": (
        "wellformed/atom10/entry_content_and_summary.xml",
        "wellformed/rss/item_description_and_summary.xml",
        "wellformed/rss/item_summary_and_description.xml",
    ),
    "an id is a name and stays as it is written, wherever the feed is fetched from": (
        "wellformed/base/http_entry_id_base_content_location.xml",
        "wellformed/base/http_entry_id_base_docuri.xml",
    ),
    "a guid that is an address is the best link where there is none, permanent or not": (
        "wellformed/rss/item_guid_not_permalink.xml",
        "wellformed/rss/item_guid_not_permalink_not_guidislink.xml",
    ),
    "a licence is not the page that an entry is about": ("wellformed/atom10/entry_link_rel_license.xml",),
    "entities that a document declares are never expanded": ("wellformed/rss/entity_in_doctype.xml",),
    "what is inside an iframe is not shown by a browser": (
        "wellformed/sanitize/entry_content_iframe.xml",
        "wellformed/sanitize/entry_summary_iframe.xml",
    ),
    "noise: brackets or bytes that mean nothing": (
        "encoding/bozo_linenoise.xml",
        "wellformed/rss/item_description_not_a_doctype.xml",
        "wellformed/rss/item_description_not_a_doctype2.xml",
        "wellformed/sanitize/item_content_encoded_script_nested_cdata.xml",
    ),
}
"""Where feedparser and we differ, looked at one by one: who is right and why → the cases."""

SPELLINGS: dict[tuple[str | int, ...], str] = {
    ("id",): "id", ("guid",): "id", ("guidislink",): "permalink",
    ("link",): "url", ("links", 0, "href"): "url",
    ("title",): "title", ("title_detail", "value"): "title",
    ("author",): "author", ("author_detail", "name"): "author",
    ("authors", 0, "name"): "author", ("authors", 1, "name"): "author",
    ("summary",): "text", ("summary_detail", "value"): "text",
    ("description",): "text", ("content", 0, "value"): "text",
} | {
    (name + kind,): "published" for name in ("published", "updated", "created") for kind in ("", "_parsed")
}  # fmt: skip
"""How feedparser's cases spell what concerns an entry's id, link, title, author, content and date → our field."""
HEADER = re.compile(r"Header:\s*([\w-]+):\s*(.*)")
GUID = re.compile(r"<guid[^<>]*>\s*(.*?)\s*</guid>")


class Case(NamedTuple):
    """One comparison that feedparser's comment asks for."""

    name: str
    at: int
    field: str
    value: Any


def cases_of(name: str, text: str) -> Iterator[Case]:
    """The comparisons in the file's `Expect:` line that concern us, read without running it."""
    line = re.search(r"Expect:\s*(.*?)\s*(?:-->.*)?\n", text)
    assert line, name
    try:
        pending = [ast.parse(line[1], mode="eval").body]
    except SyntaxError:
        pending = []
    while pending:
        node = pending.pop()
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            pending += node.values
            continue
        left, value = compared(node)
        match steps_of(left):
            case ["entries", int(at), *rest] if (field := SPELLINGS.get(tuple(rest))) and value is not None:
                yield Case(name, at, field, value)


def compared(node: ast.expr) -> tuple[ast.expr, Any]:
    """What a comparison is about, and what it should be: None where it is no plain comparison."""
    match node:
        case ast.Compare(ast.Call(ast.Name("ord"), [left]), [ast.Eq()], [right]):
            return left, chr(literal(right))
        case ast.Compare(left, [ast.Eq()], [right]):
            return left, literal(right)
        case ast.UnaryOp(ast.Not(), ast.Call(ast.Attribute(left, "has_key"), [ast.Constant(str(key))])):
            return ast.Attribute(left, key), ""
        case ast.UnaryOp(ast.Not(), left):
            return left, False
        case _:
            return node, True


def steps_of(node: ast.expr) -> list[Any]:
    """`entries[0]['title']` as ["entries", 0, "title"]."""
    match node:
        case ast.Name(name):
            return [name]
        case ast.Attribute(value, name):
            return [*steps_of(value), name]
        case ast.Subscript(value, key):
            return [*steps_of(value), literal(key)]
    return []


def literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def as_ours(field: str, value: Any) -> Any:
    """feedparser's value in the form in which we keep it."""
    match field, value:
        case "published", tuple():
            year, month, day, hour, minute, second, *_ = value
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        case "published", _:
            return when(value)
        case "title", _:
            return plain_title(value)
        case "url", _:
            return web_link(value)
        case "author", _:
            return re.sub(r"\s*\(\S+@\S+\)$", "", value)
        case "text", _:
            return plain_text(value)
        case "id", _:
            return " ".join(value.split())
    return value


def outcomes(folder: Path, paths: list[Path]) -> Iterator[tuple[Case, bool]]:
    """Each of their comparisons, and whether ours comes out so."""
    for path in paths:
        body = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        cases = list(cases_of(name, text := decoded(body)))
        if not cases:
            continue
        headers = {name.lower(): value.strip() for name, value in HEADER.findall(text[:2000])}
        own = f"http://127.0.0.1:8097/tests/{name}"
        items: tuple[Item, ...] = ()
        with suppress(BadShape):
            items = parse_feed(body, headers.get("content-location", own), headers.get("content-type", "")).items
        for case in cases:
            ours = read(items[case.at], case.field, text) if case.at < len(items) else None
            is_plain = case.field == "text" and re.search('type="text(?:/plain)?"', text)
            yield case, ours == (tidy(case.value) if is_plain else as_ours(case.field, case.value))


def read(item: Item, field: str, text: str) -> Any:
    if field == "permalink":
        guid = GUID.search(text)
        return guid is not None and item.url == guid[1]
    return getattr(item, field)


def test_a_few_of_feedparsers_cases_come_out_as_expected(corpora: Find) -> None:
    folder = corpora("feedparser") / "tests"
    results = list(outcomes(folder, sorted(folder.glob("wellformed/**/*.xml"))[::7]))
    known = {name for names in KNOWN_DIFFERENCES.values() for name in names}
    assert len(results) > 50
    assert {case.name for case, right in results if not right} <= known


@pytest.mark.slow
def test_feedparsers_cases_come_out_as_expected(corpora: Find) -> None:
    folder = corpora("feedparser") / "tests"
    results = list(outcomes(folder, sorted(folder.rglob("*.xml"))))
    for kind, some in {
        "all": results,
        "without those on sanitising": [one for one in results if "/sanitize/" not in one[0].name],
    }.items():
        right = sum(one for _, one in some)
        print(f"feedparser's comparisons, {kind}: {right} of {len(some)} right, {right / len(some):.1%}")
    assert len(results) >= 870
    assert sum(right for _, right in results) >= LEAST_RIGHT * len(results)
    listed = sorted(name for names in KNOWN_DIFFERENCES.values() for name in names)
    assert sorted({case.name for case, right in results if not right}) == listed
