"""What a dialect of queries is made of: a table of its fields, and the few ways in which it reads words otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from monitor.query.fields import FIELDS, nearest_label


def same(value: str) -> str | None:
    """The value as it is."""
    return value


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of one of their fields."""

    ours: str = ""
    """Our field; empty where `write` gives a whole operand."""
    write: Callable[[str], str | None] = same
    """Their value, without quotes, as ours; None where we have no such value."""
    words: bool = False
    """The field holds words: groups, phrases and wildcards in it stay what they are."""
    meaning: str = ""
    """What it means otherwise here."""
    lost: str = ""
    """Why it cannot be kept; empty where it can."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How another monitor's queries are read."""

    name: str
    fields: Mapping[str, Rule]
    """By name, in lower case."""
    any_case: bool = False
    """Operators count in lower case too."""
    comments: bool = False
    """`<<<…>>>` is a comment."""
    distance: int | None = None
    """What NEAR without a number means; None: they say none."""
    plus_is_exact: bool = False
    """`+word` is the word as written, `++word` with its capitals; else + says that the word must be there."""
    accents_count: bool = False
    """A word with an accent finds only itself."""
    signs: frozenset[str] = field(default=frozenset())
    """Signs that they look for at the beginning of a word."""


_RANGE = re.compile(r"\[\s*(\S+)\s+TO\s+(\S+)\s*\]")


def number(value: str) -> str | None:
    """`[3 TO 5]` as `3..5`, `[500 TO *]` as `>=500`; numbers and comparisons stay."""
    ends = _RANGE.fullmatch(value)
    if not ends:
        return None if "[" in value else value
    low, high = ends[1], ends[2]
    if "*" in (low, high):
        return f"<={high}" if low == "*" and high != "*" else f">={low}" if low != "*" else None
    return f"{low}..{high}"


def tag(value: str) -> str | None:
    """`summer sale` and `#summersale` as a tag."""
    return f"#{''.join(value.lstrip('#').split())}"


def handle(value: str) -> str | None:
    """A name as a handle."""
    return f"@{value.lstrip('@')}"


def language(value: str) -> str | None:
    """A code of a language: `zh-CN`, `pt_BR` and `English` as `zh-cn`, `pt-br` and `en`."""
    code = value.lower().replace("_", "-")
    return nearest_label(FIELDS["lang"], code) or code


def host(value: str) -> str | None:
    """A site's name, without protocol, path and `www.`."""
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", value.strip().lower()).split("/")[0] or None


def one_of(known: Mapping[str, str]) -> Callable[[str], str | None]:
    """Reads a value by a table, whatever its case."""
    return lambda value: known.get(value.lower())


def lost(why: str, *names: str) -> dict[str, Rule]:
    """Fields that cannot be kept, for one reason."""
    return {name: Rule(lost=why) for name in names}


SITES = {
    "facebook": "site:facebook.com",
    "instagram": "site:instagram.com",
    "linkedin": "site:linkedin.com",
    "pinterest": "site:pinterest.com",
    "quora": "site:quora.com",
    "reddit": "site:reddit.com",
    "threads": "site:threads.net",
    "tiktok": "site:tiktok.com",
    "tumblr": "site:tumblr.com",
    "twitter": "(site:x.com OR site:twitter.com)",
    "x": "(site:x.com OR site:twitter.com)",
    "youtube": "site:youtube.com",
}
"""Networks by the names that monitors give them."""
SENTIMENTS = {
    **{name: name for name in ("negative", "neutral", "positive")},
    "<0": "negative",
    "0": "neutral",
    ">0": "positive",
    "neg": "negative",
    "pos": "positive",
}
