"""How far a mention goes and what came of it: read out of the small facts that each source gives beside the text. Pure.

Nothing is guessed: what a source does not tell is not known. The numbers are those of the moment at which the mention
was read; they are no part of its words, so that a like more is no edit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

_REACTIONS = frozenset({"likes", "favourites", "reactions", "points", "helpful", "funny"})
_PASSED_ON = frozenset({"reposts", "boosts", "quoted"})
_ANSWERS = frozenset({"replies", "comments", "num_comments", "answers"})
_COUNTED = _REACTIONS | _PASSED_ON | _ANSWERS | {"views", "followers"}
_VOTES = "score"
"""Votes for it less those against; in a survey or a review it is what the customer gave."""
_VOTED_ON = frozenset({"post", "comment", "article"})
_COUNT = re.compile(r"\d{1,15}|\d{1,3}(?:,\d{3}){1,4}")
_LINK = re.compile(r"https?://\w", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may have seen it, and who reacted. None: the source does not tell."""

    reach: float | None = None
    """Views where they are counted, else the author's followers."""
    engagement: float | None = None
    """Public reactions together: likes, votes, reposts, quotes and answers."""
    followers: float | None = None
    """Of its author."""


class Known(TypedDict):
    """What a query can ask beside the texts: arguments of a `Document`."""

    country: str
    reach: float | None
    engagement: float | None
    followers: float | None
    has: tuple[str, ...]
    marks: tuple[str, ...]


def audience(extra: Mapping[str, Any], kind: str) -> Audience:
    """The audience of an item of this kind, out of its `extra`."""
    counts = _counts(extra, kind)
    reactions = [count for name, count in counts.items() if name not in ("views", "followers")]
    followers = counts.get("followers")
    return Audience(counts.get("views", followers), sum(reactions) if reactions else None, followers)


def known_of(title: str, text: str, kind: str, extra: Mapping[str, Any]) -> Known:
    """What is known of an item, live and stored alike, as arguments of a `Document`."""
    heard = audience(extra, kind)
    country = extra.get("country")
    return {
        "country": country if isinstance(country, str) else "",
        "reach": heard.reach,
        "engagement": heard.engagement,
        "followers": heard.followers,
        "has": tuple(_has(title, text, extra)),
        "marks": ("reply",) if kind == "comment" or extra.get("reply_to") else (),
    }


def _counts(extra: Mapping[str, Any], kind: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, value in extra.items():
        name = name.lower()  # tables come with headings
        counted = name in _COUNTED or (name == _VOTES and kind in _VOTED_ON)
        count = _count(value) if counted else None
        if count is not None:
            counts[name] = count
    return counts


def _count(value: object) -> int | None:
    """A number, also as text ("1,204"); fewer than none is none."""
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, int | float):
        return max(0, int(value))
    return int(value.replace(",", "")) if isinstance(value, str) and _COUNT.fullmatch(value) else None


def _has(title: str, text: str, extra: Mapping[str, Any]) -> Iterable[str]:
    if extra.get("link") or any("://" in words and _LINK.search(words) for words in (title, text)):
        yield "link"
    if extra.get("media"):
        yield "media"
    if extra.get("reply") or any(_count(extra[name]) for name in _ANSWERS & extra.keys()):
        yield "reply"
