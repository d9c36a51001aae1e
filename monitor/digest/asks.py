"""The queries behind the figures, in the query language. `after:` is inside, `before:` outside; both are instants in
UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

NEEDS = "need:(churn OR complaint OR help OR question)"
OPEN = "NOT status:(replied OR resolved)"
SCORED = "sentiment:(negative OR neutral OR positive)"


def quoted(name: str) -> str:
    """A name as a phrase; the language has no escape for a quotation mark inside one, and ignores punctuation."""
    return f'"{" ".join(name.replace(chr(34), " ").split())}"'


def instant(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ask(brand: str | Sequence[str], start: datetime, end: datetime, *conditions: str) -> str:
    """The mentions of a brand (or of any of several) in a window, on these conditions."""
    names = [brand] if isinstance(brand, str) else list(brand)
    who = f"brand:{quoted(names[0])}" if len(names) == 1 else f"brand:({' OR '.join(map(quoted, names))})"
    return " ".join([who, f"after:{instant(start)}", f"before:{instant(end)}", *filter(None, conditions)])


def saying(wordings: Sequence[str]) -> str:
    """Any of these wordings; nothing where there are none."""
    phrases = [quoted(wording) for wording in wordings]
    return f"({' OR '.join(phrases)})" if len(phrases) > 1 else "".join(phrases)
