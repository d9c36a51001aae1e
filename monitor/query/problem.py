"""Says what is wrong with a query, where, and what would have been right: for a brand manager, with a caret."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from monitor.errors import Refused

_WIDTH = 100
"""So many characters of a long line are shown around the place."""


class Pointed(NamedTuple):
    """A place of a query as people are shown it. Line and column count from 1; `caret` goes under `shown`."""

    line: int
    column: int
    shown: str
    caret: str


def pointed(query: str, start: int, end: int) -> Pointed:
    """The line of `query` around the characters `start` to before `end`, with carets for what goes under them."""
    begin = query.rfind("\n", 0, start) + 1
    stop = query.find("\n", start)
    stop = len(query) if stop < 0 else stop
    left = max(begin, start - _WIDTH // 2)
    right = min(stop, left + _WIDTH)
    before = ("…" if left > begin else "") + _visible(query[left:start])
    after = _visible(query[start:right]) + ("…" if right < stop else "")
    marked = _visible(query[start : min(end, right)])
    caret = " " * _columns(before) + "^" * max(1, _columns(marked))
    return Pointed(query.count("\n", 0, start) + 1, start - begin + 1, before + after, caret)


class QueryError(Refused):
    """A query that cannot be used. `str` is the whole message, several lines, a caret under the place.

    `problem` is the first line's words; `advice` what would be accepted; `start` and `end` are offsets in the query,
    `line` and `column` count from 1.
    """

    def __init__(self, problem: str, query: str, start: int, end: int | None = None, advice: str = "") -> None:
        self.problem = problem
        self.query = query
        self.start = min(start, len(query))
        self.end = max(self.start, min(len(query), end if end is not None else start + 1))
        self.advice = advice
        self._pointed = pointed(query, self.start, self.end)
        self.line, self.column = self._pointed.line, self._pointed.column
        super().__init__(problem)

    def __str__(self) -> str:
        lines = [f"line {self.line}, column {self.column}: {self.problem}"]
        if self._pointed.shown.strip():
            lines += [f"  {self._pointed.shown}", f"  {self._pointed.caret}"]
        return "\n".join([*lines, self.advice] if self.advice else lines)


def _visible(text: str) -> str:
    """`text` on one line: control characters, direction marks, lone surrogates as blanks, so carets stand right."""
    return "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else c for c in text)


def _columns(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def shown(text: str, limit: int = 40) -> str:
    """`text` in quotes, cut to `limit` characters: for messages."""
    plain = _visible(text)
    return f'"{plain}"' if len(plain) <= limit else f'"{plain[: limit - 1]}…"'
