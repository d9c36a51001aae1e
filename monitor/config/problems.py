"""Gathers everything that is wrong with a configuration, each with its line, and says it in plain words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import ErrorDetails

from monitor.config.lines import Place, line_of
from monitor.errors import Refused

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `line` counts from 1; None where no line can be named."""

    line: int | None
    message: str


class ConfigError(Refused):
    """The configuration cannot be used. The message lists every problem, one a line, as `file:line: what is wrong`."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(set(problems), key=lambda problem: (problem.line or 0, problem.message)))
        super().__init__("\n".join(self._told(problem) for problem in self.problems))

    def _told(self, problem: Problem) -> str:
        place = self.file if problem.line is None else f"{self.file}:{problem.line}"
        return f"{place}: {problem.message}"


@dataclass
class Findings:
    """The problems found so far, and what must never be shown with them."""

    lines: dict[Place, int]
    found: list[Problem] = field(default_factory=list)
    places: set[Place] = field(default_factory=set)
    secrets: dict[str, str] = field(default_factory=dict)
    """What was put in from the environment or a file, and what to show in its place."""

    def add(self, place: Place, message: str) -> None:
        """Note what is wrong at a place of the document."""
        self.places.add(place)
        self.found.append(Problem(line_of(self.lines, place), self.without_secrets(message)))

    def add_once(self, place: Place, message: str) -> None:
        """Note what is wrong at a place, unless that very place has been complained of already.

        A value that could not be put in is wrong once, and a choice of types fails once for each of them.
        """
        written = place if place in self.lines else (*place[:-1], f"{place[-1]}_file")
        if written not in self.places or written not in self.lines:
            self.add(written if written in self.lines else place, message)

    def without_secrets(self, message: str) -> str:
        """The message, fit for a terminal, with every value from outside put back to its name, the longest first."""
        for value in sorted(self.secrets, key=len, reverse=True):
            message = message.replace(value, self.secrets[value])
        return _CONTROL.sub("?", message)


def nearest(wanted: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """The known word that is spelled most like the wanted one; empty when none is as like as that (from 0 to 1)."""
    by_fold = {word.casefold(): word for word in sorted(known)}
    found = difflib.get_close_matches(wanted.casefold(), by_fold, n=1, cutoff=likeness)
    return by_fold[found[0]] if found else ""


def did_you_mean(wanted: str, known: Iterable[str], *, otherwise: str = "known are") -> str:
    """The end of a message about an unknown word: the nearest known one, else all of them."""
    words = list(known)
    hint = nearest(wanted, words)
    if hint:
        return f'; did you mean "{hint}"?'
    return f"; {otherwise}: {', '.join(words)}" if words else ""


_EXPECTED = {
    "string": "text in quotes",
    "int": "a whole number",
    "float": "a number",
    "finite": "a number",
    "bool": "true or false",
    "list": "a list in [square brackets]",
    "tuple": "a list in [square brackets]",
    "set": "a list in [square brackets]",
    "frozen_set": "a list in [square brackets]",
    "dict": 'a table of names and values, such as { name = "value" }',
    "mapping": 'a table of names and values, such as { name = "value" }',
    "model": "a table of names and values",
    "url": "a web address such as https://example.com/",
    "path": "a file name",
    "time": "a time of day",
    "date": "a date",
}


def in_words(error: ErrorDetails, table: Mapping[str, Any], known: Iterable[str], section: str) -> tuple[Place, str]:
    """Where inside its table a pydantic error belongs, and what it means in our own words.

    `table` is as written in the file (no value from outside in it), `known` are the keys that it may hold.
    """
    place = _written(error["loc"], table)
    key = _named(place)
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return place, f'{section} needs "{error["loc"][-1]}"'
    if kind == "extra_forbidden":
        unknown = str(error["loc"][-1])
        keys = known if len(place) == 1 else ()
        return place, f'unknown key "{unknown}" in {section}{did_you_mean(unknown, keys)}'
    if kind in ("value_error", "assertion_error"):
        return place, f"{key} in {section}: {context['error']}" if key else f"{section}: {context['error']}"
    if kind in ("literal_error", "enum"):
        choices = context["expected"].replace("'", '"')
        given = _value(place, table)
        hint = nearest(given, [word.strip('" ') for word in choices.replace(" or ", ", ").split(", ")])
        tail = f'; did you mean "{hint}"?' if hint else ""
        return place, f'{key} in {section} must be {choices}, not "{given}"{tail}'
    return place, f"{key} in {section} {_limit(kind, context) or 'must be ' + _expectation(kind)}"


def _named(place: Place) -> str:
    """A place inside a table in words: "query", or entry 2 of "aliases"."""
    words = ".".join(part for part in place if isinstance(part, str))
    numbers = [part for part in place if isinstance(part, int)]
    return "".join(f"entry {number + 1} of " for number in reversed(numbers)) + (f'"{words}"' if words else "")


def _written(loc: Iterable[str | int], table: Mapping[str, Any]) -> Place:
    """The part of pydantic's place that is in the document, and one step more: it adds the names of union members."""
    place: Place = ()
    value: Any = table
    for part in loc:
        inside = isinstance(value, Mapping) and part in value
        inside = inside or (isinstance(value, list) and isinstance(part, int) and part < len(value))
        if not inside:
            return (*place, part) if isinstance(value, Mapping) else place
        place, value = (*place, part), value[part]
    return place


def _value(place: Place, table: Mapping[str, Any]) -> str:
    """What the file says at a place of the table."""
    value: Any = table
    for part in place:
        value = value.get(part, "") if isinstance(value, Mapping) else value[part]
    return str(value)


def _expectation(kind: str) -> str:
    """What was wanted, from the family of the error's type: string_type, int_parsing, url_scheme …"""
    for family in sorted(_EXPECTED, key=len, reverse=True):
        if kind.startswith(family + "_") or kind == family:
            return _EXPECTED[family]
    return "something else; see config.example.toml"


def _limit(kind: str, context: Mapping[str, Any]) -> str:
    """The words for a bound that was passed; empty when the error is not about one."""
    templates = {
        "greater_than": "must be more than {gt}",
        "greater_than_equal": "must be at least {ge}",
        "less_than": "must be less than {lt}",
        "less_than_equal": "must be at most {le}",
        "string_too_short": "must not be empty"
        if context.get("min_length") == 1
        else "needs at least {min_length} letters",
        "string_too_long": "must have at most {max_length} letters",
        "too_short": "needs at least {min_length} of them",
        "too_long": "may hold at most {max_length}",
        "string_pattern_mismatch": "does not look right; config.example.toml shows how it is written",
    }
    if str(context.get("pattern", "")).startswith("^http"):
        return "must be a web address such as https://example.com/"
    return templates.get(kind, "").format(**context)
