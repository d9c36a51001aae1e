"""A mention that this program wrote as a line of JSON itself: read back as it was, nothing guessed and nothing lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from sources.base import Item, MentionKind, RatingKind

_KEYS = frozenset({"id", "text", "published", "collected", "revision", "flags", "extra", "spans", "source_kind"})
_KINDS: tuple[MentionKind, ...] = get_args(MentionKind)
_RATINGS: tuple[RatingKind, ...] = get_args(RatingKind)


def is_one(values: Mapping[str, Any]) -> bool:
    """Whether a row has all that only such a line has."""
    return values.keys() >= _KEYS and isinstance(values["extra"], dict)


def item(values: Mapping[str, Any]) -> Item:
    """The mention; what is not as it was written is left out."""
    return Item(
        id=str(values["id"]),
        text=_text(values, "text"),
        title=_text(values, "title"),
        url=_text(values, "url"),
        author=_text(values, "author"),
        published=_moment(_text(values, "published")),
        lang=_text(values, "lang"),
        rating=_number(values, "rating"),
        rating_max=_number(values, "rating_max"),
        rating_kind=next((kind for kind in _RATINGS if kind == values.get("rating_kind")), None),
        kind=next((kind for kind in _KINDS if kind == values.get("kind")), "post"),
        extra=values["extra"],
    )


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _number(values: Mapping[str, Any], key: str) -> float | None:
    value = values.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(written: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
