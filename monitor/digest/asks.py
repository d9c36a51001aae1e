"""The queries behind the figures, in the query language. `after:` is inside, `before:` outside; both are instants in
UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

NEEDS = "need:(churn OR complaint OR help OR question)"
OPEN = "NOT status:(replied OR resolved)"
SHOWN = "NOT status:hidden"
SCORED = "sentiment:(negative OR neutral OR positive)"


def quoted(name: str) -> str:
    """A name as a phrase; the language has no escape for a quotation mark inside one, and ignores punctuation."""
    return f'"{" ".join(name.replace(chr(34), " ").split())}"'


def any_of(names: Sequence[str]) -> str:
    """What a field asks for: a name, or one of several."""
    listed = [quoted(name) for name in names]
    return listed[0] if len(listed) == 1 else f"({' OR '.join(listed)})"


def instant(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ask(brand: str | Sequence[str], start: datetime | None, end: datetime, *conditions: str) -> str:
    """The mentions of a brand (or of any of several) in a window, on these conditions. `start` None: since ever."""
    who = f"brand:{any_of([brand] if isinstance(brand, str) else brand)}"
    since = f"after:{instant(start)}" if start else ""
    return " ".join(filter(None, [who, since, f"before:{instant(end)}", *conditions]))


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose mentions a digest is about, and from when to when."""

    brand: str
    start: datetime
    end: datetime
    department: str = ""
    """Only what is this department's; empty: everything."""
    some_hidden: bool = False
    """Somebody hid mentions of this brand: they are asked to stay away."""

    def ask(self, *conditions: str) -> str:
        """Those in the window, on these conditions."""
        return self.between(self.start, self.end, *conditions)

    def before(self, *conditions: str) -> str:
        """Those in the same length of time before."""
        return self.between(self.start - (self.end - self.start), self.start, *conditions)

    def between(self, start: datetime | None, end: datetime, *conditions: str) -> str:
        """Those between two times; None: since ever."""
        whose = f"team:{quoted(self.department)}" if self.department else ""
        away = SHOWN if self.some_hidden else ""
        return ask(self.brand, start, end, whose, *conditions, away)


def saying(wordings: Sequence[str]) -> str:
    """Any of these wordings; nothing where there are none."""
    phrases = [quoted(wording) for wording in wordings]
    return f"({' OR '.join(phrases)})" if len(phrases) > 1 else "".join(phrases)
