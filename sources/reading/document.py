"""A feed document of any format to its items: plain data, read where it can be killed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sources.base import Item, Problem
from sources.reading.encoding import as_utf8
from sources.reading.feedjson import entries_of_json
from sources.reading.feedtree import Entry, Head, head_of, number_in, picked
from sources.reading.feedxml import MOST_ENTRIES, entries_of, prepared
from sources.reading.identity import content_hash, settle
from sources.reading.links import canonical, web_link
from sources.reading.pace import ANY_PACE, Pace
from sources.reading.text import language, plain_text, plain_title, tidy, without_boilerplate

_MAIL_AND_NAME = re.compile(r"\s*(?:mailto:)?\S+@\S+\s*\((.+)\)\s*\Z", re.DOTALL)
_NAME_AND_MAIL = re.compile(r"\s*([^<>()]+?)\s*[<(][^<>()]*@[^<>()]*[>)]\s*\Z")


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What one document holds: plain data that travels between processes."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...] = ()
    title: str = ""
    pace: Pace = ANY_PACE
    """How often it wants to be asked."""
    hub: str = ""
    """WebSub hub, where it names one."""
    topic: str = ""
    """The feed's own address as it states it: what a hub is asked for."""


def parse_feed(
    body: bytes, url: str = "", content_type: str = "", wanted: Mapping[str, str] | None = None
) -> ParsedFeed:
    """The items of a feed document of any format. Raises `BadShape` for what is no feed.

    `wanted` maps names to places in the XML entry ("source@url"): what is found there is put into `Item.extra`.
    """
    problems: list[Problem] = []
    extras: list[dict[str, str]] = []
    head, root = Head(), None
    if body[:200].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\0\xff\xfe").startswith(b"{"):
        head, entries, problems = entries_of_json(body, content_type)
    else:
        entries, root = entries_of(prepared(as_utf8(body, content_type)), url)
        if root is not None:
            head = head_of(root)
            extras = picked(root, wanted)[: MOST_ENTRIES + 1] if wanted else []
    if len(extras) != len(entries):  # the entries are feedparser's
        extras = []
    if len(entries) > MOST_ENTRIES:
        beyond = max(len(entries), 0 if root is None else number_in(root)) - MOST_ENTRIES
        problems.append(Problem(f"entry {MOST_ENTRIES + 1}", f"{beyond} entries beyond the limit"))
        entries = entries[:MOST_ENTRIES]
    items = _items(entries, head, web_link(head.base, url) or url or web_link(head.link), extras)
    return ParsedFeed(
        tuple(items),
        tuple(problems),
        plain_title(head.title),
        head.pace,
        web_link(head.hub, url),
        web_link(head.topic, url),
    )


def _items(entries: list[Entry], head: Head, base: str, extras: list[dict[str, str]]) -> list[Item]:
    """The entries as items, each once: one that occurs twice with the same words is the same."""
    feed_lang = language(head.lang)
    feed_author = _name(head.author) if head.author else ""
    links = [web_link(entry.link, base) for entry in entries]
    titles = [plain_title(entry.title) for entry in entries]
    texts = [_text(entry) for entry in entries]
    given = ["" if entry.id == entry.link else " ".join(entry.id.split()) for entry in entries]
    ids = settle(
        given,
        lambda at: canonical(links[at]) if links[at] else "",
        lambda at: content_hash(titles[at], texts[at]),
    )
    items: dict[str, Item] = {}
    for at, identifier in enumerate(ids):
        entry = entries[at]
        if identifier in items or not any(entry[:7]):
            continue
        extra: dict[str, object] = {"tags": list(entry.tags)} if entry.tags else {}
        if extras:
            extra |= {name: value for name, value in extras[at].items() if value}
        items[identifier] = Item(
            id=identifier,
            text=texts[at],
            title=titles[at],
            url=links[at],
            author=_name(entry.author) if entry.author else feed_author,
            published=entry.published,
            lang=language(entry.lang) or feed_lang,
            extra=extra,
        )
    return list(items.values())


def _text(entry: Entry) -> str:
    if entry.content and (text := _words(entry.content, is_plain=entry.is_plain)):
        return text
    return _words(entry.summary) if entry.summary else ""


def _words(written: str, *, is_plain: bool = False) -> str:
    return without_boilerplate(tidy(written) if is_plain else plain_text(written))


def _name(author: str) -> str:
    """The person in `jane@example.com (Jane)`, `Jane <jane@example.com>` and `Jane (jane@example.com)`."""
    found = _MAIL_AND_NAME.match(author) or _NAME_AND_MAIL.match(author) if "@" in author else None
    return plain_title(found[1] if found else author)
