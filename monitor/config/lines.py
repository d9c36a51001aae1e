"""Says on which line of a TOML text each table, key and array element begins (tomllib reads values, not places)."""

from __future__ import annotations

import bisect
import re
import tomllib

Place = tuple[str | int, ...]
"""A way into the parsed document: ("brand", 0, "query")."""

_BLANK = re.compile(r"(?:[ \t\n\r]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+""")
# The look-ahead: up to two quotes may stand before the closing three.
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?!")' + r"|'''.*?'''(?!')" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'", re.DOTALL
)
_PLAIN = re.compile(r"[^,\]}\n#]+")


def locate(text: str) -> dict[Place, int]:
    """The line, from 1, on which each place of a valid TOML document begins. Not for text that tomllib refuses."""
    return _Scan(text).document()


def line_of(lines: dict[Place, int], place: Place) -> int | None:
    """The line of a place, or of the nearest thing around it that is written down; None for the document itself."""
    for end in range(len(place), 0, -1):
        if place[:end] in lines:
            return lines[place[:end]]
    return None


class _Scan:
    """One walk over the text. It may trust the syntax, which tomllib has already accepted."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.breaks = [match.start() for match in re.finditer("\n", text)]
        self.lines: dict[Place, int] = {}
        self.last: dict[Place, int] = {}
        """The index that each array of tables has reached."""

    def document(self) -> dict[Place, int]:
        table: Place = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _header(self) -> Place:
        start, many = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        *parents, name = self._key()
        place = (*self._current(parents), name)
        if many:
            self.last[place] = self.last.get(place, -1) + 1
        self._mark(self._current([*parents, name]), start)
        self.at += 2 if many else 1
        return self._current([*parents, name])

    def _current(self, keys: list[str]) -> Place:
        """A header's keys as a place: the name of an array of tables means its last element."""
        place: Place = ()
        for key in keys:
            place = (*place, key)
            if place in self.last:
                place = (*place, self.last[place])
        return place

    def _pair(self, table: Place) -> None:
        start = self.at
        place = (*table, *self._key())
        self.at += 1  # "="
        self._mark(place, start)
        self._value(place)

    def _value(self, place: Place) -> None:
        self._skip(_SPACE)
        opening = self.text[self.at]
        if opening == "[":
            self._array(place)
        elif opening == "{":
            self._inline_table(place)
        else:
            self._skip(_STRING if opening in "\"'" else _PLAIN)

    def _array(self, place: Place) -> None:
        self.at += 1
        index = 0
        while self._next_of("]"):
            self._mark((*place, index), self.at)
            self._value((*place, index))
            index += 1

    def _inline_table(self, place: Place) -> None:
        self.at += 1
        while self._next_of("}"):
            self._pair(place)

    def _next_of(self, closing: str) -> bool:
        """Moves to the next element, or past the closing bracket."""
        self._skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self._skip(_BLANK)
        if self.text[self.at] == closing:
            self.at += 1
            return False
        return True

    def _key(self) -> list[str]:
        """A dotted key, its parts unquoted."""
        parts = []
        while True:
            self._skip(_SPACE)
            start = self.at
            self._skip(_KEY)
            raw = self.text[start : self.at]
            parts.append(next(iter(tomllib.loads(f"{raw} = 0"))) if raw[0] in "\"'" else raw)
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def _mark(self, place: Place, start: int) -> None:
        line = bisect.bisect_left(self.breaks, start) + 1
        for end in range(1, len(place) + 1):
            self.lines.setdefault(place[:end], line)
