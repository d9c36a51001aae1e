"""What every match of a query must hold: the words by which an index finds candidates before the matcher decides.

The promise: whatever a query matches fulfils its need, so searching by need and rechecking with the matcher loses
nothing. The other way round it promises nothing: a need knows no case, no distance, no NOT and no facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.query.tree import And, Near, Node, Or, Phrase, Piece, Query, Sentence, Within, Written, children

TEXT_COLUMNS = ("title", "text")
MAX_DEPTH = 16
"""Deeper than this a need is not told apart any more: SQLite's parser of MATCH has a small stack."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words of the index that follow each other in one of `columns`; `open`: the last may go on."""

    words: tuple[str, ...]
    open: bool
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Need, ...]


Need = Run | AllOf | AnyOf


def need(query: Query, columns: Sequence[str] = TEXT_COLUMNS) -> Need | None:
    """What each match of `query` must hold in the indexed `columns`; None: an index cannot narrow it, look at all.

    The columns hold `text.index_words` of the document's fields of the same names.
    """
    return _need(query.root, frozenset(columns), 0)


def _need(node: Node, columns: frozenset[str], depth: int) -> Need | None:
    if depth > MAX_DEPTH:
        return None
    match node:
        case And() | Near() | Sentence():
            return _all_of(_need(part, columns, depth + 1) for part in children(node))
        case Or(parts=parts):
            return _any_of([_need(part, columns, depth + 1) for part in parts])
        case Phrase(fields=fields, pieces=pieces) | Written(phrase=Phrase(fields=fields, pieces=pieces)):
            return _all_of(_runs(pieces, fields)) if columns.issuperset(fields) else None
        case Within(fields=fields, pieces=pieces) if columns.issuperset(fields):
            return _all_of(run for piece in pieces for run in _runs((piece,), fields))
        case _:
            return None


def _runs(pieces: tuple[Piece, ...], fields: tuple[str, ...]) -> Iterable[Run]:
    """The sure stretches of a phrase: each goes up to a word of which the index knows the beginning only."""
    stretch: list[str] = []
    for piece in pieces:
        head = piece.letters.split("?")[0]
        stretch += [head] if head else []
        if not piece.plain and stretch:
            yield Run(tuple(stretch), head != "", fields)
            stretch = []
    if stretch:
        yield Run(tuple(stretch), False, fields)


def _all_of(parts: Iterable[Need | None]) -> Need | None:
    known = tuple(dict.fromkeys(part for part in parts if part is not None))
    return AllOf(known) if len(known) > 1 else known[0] if known else None


def _any_of(parts: Sequence[Need | None]) -> Need | None:
    known = tuple(dict.fromkeys(part for part in parts if part is not None))
    if None in parts or not known:
        return None
    return AnyOf(known) if len(known) > 1 else known[0]


def fts5(need: Need, columns: Sequence[str] = TEXT_COLUMNS) -> str:
    """`need` as the right side of MATCH for an FTS5 table with exactly `columns` and tokenize='ascii'.

    Every word is quoted; words hold letters, digits and marks only, so nothing in it can be read as syntax.
    """
    match need:
        case Run(words=words, open=is_open, columns=places):
            run = f'"{" ".join(words)}"' + (" *" if is_open else "")
            return run if set(places) >= set(columns) else f"{{{' '.join(places)}}} : {run}"
        case AllOf(parts=parts):
            return "(" + " AND ".join(fts5(part, columns) for part in parts) + ")"
        case AnyOf(parts=parts):
            return "(" + " OR ".join(fts5(part, columns) for part in parts) + ")"
