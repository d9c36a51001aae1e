"""The door: whatever a source gives is made safe and uniform here, once, before anything else sees it. Pure."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sources.base import Item

MAX_TEXT_BYTES = 32 * 1024
MAX_LINE = 1_000
MAX_FACT = 8_000
"""Characters of one fact beside the text, such as a maker's answer."""
MAX_FACTS = 64 * 1024
"""Characters of all of them together."""
DEEPEST_FACT = 4
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(hours=24)
CUT_MARK = " […]"

# C0 and C1 controls but tab and newline, lone surrogates, and the invisible "tag" letters that carry hidden text.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\U000e0000-\U000e007f]")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Admitted:
    """An item as it may be stored: `published` is always usable, `flags` say what was done to it."""

    item: Item
    published: datetime
    content_hash: str
    flags: tuple[str, ...]


def clean(text: str) -> str:
    """Without controls, lone surrogates and hidden letters; NFC; runs of spaces and blank lines made one."""
    if not text:
        return ""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    text = _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _BLANK_LINES.sub("\n\n", _SPACES.sub(" ", text)).strip()


def cut(text: str, most: int = MAX_TEXT_BYTES) -> tuple[str, bool]:
    """At most `most` bytes of UTF-8, on a character's edge and with a mark; and whether anything was cut."""
    if len(text) * 4 <= most or len(encoded := text.encode()) <= most:
        return text, False
    kept = encoded[: most - len(CUT_MARK.encode())].decode(errors="ignore")
    return kept + CUT_MARK, True


def line(text: str) -> str:
    """One clean line of at most a thousand characters, for titles and names."""
    return " ".join(clean(text[: 8 * MAX_LINE]).split())[:MAX_LINE]


def link(url: str) -> str:
    """The URL when it is an http(s) one without surprises; else empty."""
    url = url.strip()
    if not url or len(url) > 4_000 or any(ord(letter) <= 32 or letter in '<>"\\' for letter in url):
        return ""
    try:
        parts = urlsplit(url)
        return url if parts.scheme.lower() in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def identity(id_: str) -> str:
    """An item's id as it is stored and asked for; empty where nothing of it can be kept."""
    return id_ if len(id_) <= MAX_LINE and id_.isascii() and id_.isprintable() and " " not in id_ else line(id_)


def facts(extra: Mapping[str, Any]) -> dict[str, Any]:
    """What a source tells beside the text, as plain JSON that can be stored, read and shown anywhere."""
    if not extra:
        return {}
    kept = _fact(extra, MAX_FACTS, DEEPEST_FACT)[0]
    return kept if isinstance(kept, dict) else {}


def _fact(value: Any, room: int, depth: int) -> tuple[Any, int]:
    """The value as far as there is room, None for what is none; and the room that is left."""
    if isinstance(value, str):
        plain = value if value.isascii() and value.isprintable() else clean(value[: 2 * MAX_FACT])
        return plain[: min(MAX_FACT, room)], room - len(plain)
    if isinstance(value, bool) or value is None:
        return value, room - 5
    if isinstance(value, int | float):
        return value if abs(value) < 2**63 else None, room - 20
    if depth == 0 or room <= 0:
        return None, room
    if isinstance(value, Mapping):
        return _facts(value, room, depth - 1)
    return _several(value, room, depth - 1) if isinstance(value, list | tuple) else (None, room)


def _facts(values: Mapping[str, Any], room: int, depth: int) -> tuple[dict[str, Any], int]:
    kept: dict[str, Any] = {}
    for name, value in values.items():
        if room <= 0:
            break
        plain = line(str(name))
        kept[plain], room = _fact(value, room - len(plain), depth)
    return kept, room


def _several(values: list[Any] | tuple[Any, ...], room: int, depth: int) -> tuple[list[Any], int]:
    kept: list[Any] = []
    for value in values:
        if room <= 0:
            break
        fact, room = _fact(value, room - 2, depth)
        kept.append(fact)
    return kept, room


def content_hash(title: str, text: str, rating: float | None) -> str:
    """What an edit changes. 128 bits of SHA-256 in hexadecimal."""
    return hashlib.sha256(json.dumps([title, text, rating]).encode()).hexdigest()[:32]


def admit(item: Item, now: datetime) -> Admitted:
    """The item as it may be stored. A time outside [1990, now + 24 h] or none becomes `now`, flagged."""
    flags: list[str] = []
    text, was_cut = cut(clean(item.text[: 4 * MAX_TEXT_BYTES]))
    if was_cut:
        flags.append("cut")
    published = item.published
    if published is None or not EARLIEST <= published <= now + LATEST_AHEAD:
        flags.append("undated" if published is None else "misdated")
        published = now
    title = line(item.title)
    admitted = Item(
        id=identity(item.id),
        text=text,
        title=title,
        url=link(item.url),
        author=line(item.author)[:200],
        published=published,
        lang=item.lang.strip().lower()[:2] if item.lang[:2].isalpha() else "",
        rating=item.rating,
        rating_max=item.rating_max,
        rating_kind=item.rating_kind,
        kind=item.kind,
        extra=facts(item.extra),
    )
    return Admitted(admitted, published, content_hash(title, text, item.rating), tuple(flags))
