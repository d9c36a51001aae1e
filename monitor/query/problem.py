"""Says what is wrong with a query, where, and what would have been right: for a brand manager, with a caret."""

from __future__ import annotations

import unicodedata

from monitor.errors import Refused

_WIDTH = 100
"""So many characters of a long line are shown around the place."""


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
        self.line = query.count("\n", 0, self.start) + 1
        self.column = self.start - (query.rfind("\n", 0, self.start) + 1) + 1
        super().__init__(problem)

    def __str__(self) -> str:
        shown, caret = self._place()
        lines = [f"line {self.line}, column {self.column}: {self.problem}"]
        if shown.strip():
            lines += [f"  {shown}", f"  {caret}"]
        return "\n".join([*lines, self.advice] if self.advice else lines)

    def _place(self) -> tuple[str, str]:
        begin = self.query.rfind("\n", 0, self.start) + 1
        stop = self.query.find("\n", self.start)
        stop = len(self.query) if stop < 0 else stop
        left = max(begin, self.start - _WIDTH // 2)
        right = min(stop, left + _WIDTH)
        before = ("…" if left > begin else "") + _visible(self.query[left : self.start])
        after = _visible(self.query[self.start : right]) + ("…" if right < stop else "")
        marked = _visible(self.query[self.start : min(self.end, right)])
        return before + after, " " * _columns(before) + "^" * max(1, _columns(marked))


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
