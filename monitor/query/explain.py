"""Tells how a query is read: with all its brackets, and with what its writer may not have meant."""

from __future__ import annotations

from collections.abc import Callable

from monitor.query.fields import DEFAULT_FIELDS
from monitor.query.text import is_unspaced
from monitor.query.tree import (
    And,
    Between,
    Host,
    Label,
    Near,
    Node,
    Not,
    Note,
    Or,
    Phrase,
    Query,
    Sentence,
    Within,
    Written,
)

_OPERATORS = ("AND", "OR", "NOT", "NEAR", "NEARf", "ONEAR", "ONEARf", "SENTENCE", "OSENTENCE")
"""Words that would be read as operators without quotes."""


def explain(query: Query) -> str:
    """The reading on the first line, then one line for each note."""
    return "\n".join([f"Read as: {reading(query.root)}", *(_told(query, note) for note in query.notes)])


def reading(node: Node) -> str:
    """`node` with every bracket shown; it parses again to the same meaning."""
    match node:
        case And(parts=parts):
            return _bracketed(parts, " AND ")
        case Or(parts=parts):
            return _bracketed(parts, " OR ")
        case Not(part=part):
            return f"NOT {reading(part)}"
        case Near(left=left, right=right, distance=distance, ordered=ordered):
            return _bracketed((left, right), f" {'O' if ordered else ''}NEAR/{distance} ")
        case Sentence(parts=parts, ordered=ordered):
            return _bracketed(parts, f" {'O' if ordered else ''}SENTENCE ")
        case Label(field=field, value=value):
            return f'{field}:"{value}"' if " " in value else f"{field}:{value}"
        case Host(field=field, host=host):
            return f"{field}:{host}"
        case Between(field=field, written=written):
            return f"{field}:{written}"
        case Phrase() | Written() | Within():
            return _words(node)


def _bracketed(parts: tuple[Node, ...], operator: str) -> str:
    return "(" + operator.join(map(reading, parts)) + ")"


def _words(node: Phrase | Written | Within) -> str:
    prefix = "" if node.fields[:2] == DEFAULT_FIELDS else f"{node.fields[0]}:"
    match node:
        case Within(written=written, distance=distance):
            return f'{prefix}"{written}"~{distance}'
        case Written(kind=kind, phrase=phrase):
            return prefix + _SPELLING[kind](phrase.written)
        case Phrase(written=written, pieces=pieces):
            wild = any("?" in piece.letters or (piece.open and not is_unspaced(piece.letters)) for piece in pieces)
            bare = wild or (len(pieces) == 1 and written.isalnum() and written not in _OPERATORS)
            return prefix + (written if bare else f'"{written}"')


_SPELLING: dict[str, Callable[[str], str]] = {
    "exact": lambda written: f'++"{written}"' if "}" in written else f"{{{written}}}",
    "as-written": lambda written: f'+"{written}"',
    "tag": str,
    "handle": str,
    "domain": str,
}


def _told(query: Query, note: Note) -> str:
    written = " ".join(query.text[note.place.start : note.place.end].split())
    return f"Note: {note.message} ({written if len(written) <= 60 else written[:59] + '…'})"
