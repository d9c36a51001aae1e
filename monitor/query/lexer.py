"""Cuts a query into tokens, and refuses what cannot be one, with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from monitor.query.problem import QueryError, shown

MAX_DISTANCE = 30
DEFAULT_DISTANCE = 5

Kind = Literal[
    "(", ")", "AND", "OR", "NOT", "near", "sentence", "field", "term", "phrase", "exact", "as-written", "end"
]


class Token(NamedTuple):
    """One piece of a query. `text` is what stands in it, without quotes, braces or the field's colon."""

    kind: Kind
    text: str
    start: int
    end: int
    distance: int = -1
    """N of NEAR/N and "…"~N; -1 where none is given."""
    ordered: bool = False


_SPACE = re.compile(r"[\s\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]*")
"""Spaces, and the invisible marks that come along when a query is pasted from a page or a document."""
_QUOTE = re.compile('["“”„‟«»]')
_RUN = re.compile(r'[^\s()"“”„‟«»{}`]+')
_QUOTED = re.compile(r'(\+\+|\+|!)?["“”„‟«»]')
_FIELD = re.compile(r"([A-Za-z][A-Za-z_-]*):")
_MINUS = re.compile(r"[-–−](?=[^\s)])")
_NEAR = re.compile(r"(O?)NEAR(?:/(\d{1,9}))?(f?)")
_SENTENCE = re.compile(r"(O?)SENTENCE")
_SLOP = re.compile(r"~(\d{0,9})")


def tokens(query: str) -> Iterator[Token]:
    """The tokens of `query`, closed by one of kind `end`. Raises QueryError for an open quote or brace and a bad N.

    One at a time, so that the first mistake is the one that is told.
    """
    after_field = False
    position = _skip(query, 0)
    while position < len(query):
        token = _value(query, position) if after_field else _token(query, position)
        yield token
        position = _skip(query, token.end)
        after_field = token.kind == "field" and position == token.end
    yield Token("end", "", len(query.rstrip()), len(query))


def _skip(query: str, position: int) -> int:
    space = _SPACE.match(query, position)
    return space.end() if space else position


def _token(query: str, start: int) -> Token:
    if _MINUS.match(query, start):
        return Token("NOT", "-", start, start + 1)
    field = _FIELD.match(query, start)
    if field:
        return Token("field", field[1], start, field.end())
    run = _RUN.match(query, start)
    if run and not _QUOTED.match(query, start):
        operator = _operator(query, run[0], start)
        if operator:
            return operator
    return _value(query, start)


def _operator(query: str, run: str, start: int) -> Token | None:
    end = start + len(run)
    if run in ("AND", "OR", "NOT"):
        return Token(run, run, start, end)  # type: ignore[arg-type]
    sentence = _SENTENCE.fullmatch(run)
    if sentence:
        return Token("sentence", run, start, end, ordered=bool(sentence[1]))
    near = _NEAR.fullmatch(run)
    if near:
        distance = int(near[2]) if near[2] else DEFAULT_DISTANCE
        _check_distance(query, distance, start, end)
        return Token("near", run, start, end, distance, ordered=bool(near[1] or near[3]))
    if run.startswith(("NEAR/", "ONEAR/")):
        raise QueryError(f"{shown(run)} needs a number after the slash", query, start, end, "Write NEAR/5, say.")
    return None


def _value(query: str, start: int) -> Token:
    first = query[start]
    if first in "()":
        return Token(first, first, start, start + 1)  # type: ignore[arg-type]
    if first in "{`":
        return _braced(query, start, "}" if first == "{" else "`")
    if first == "}":
        raise QueryError('"}" closes nothing', query, start, advice="Write {words} for words exactly as written.")
    quoted = _QUOTED.match(query, start)
    if quoted:
        return _phrase(query, start, quoted.end(), quoted[1] or "")
    run = _RUN.match(query, start)
    assert run is not None, "everything that is not a space, a bracket or a quote is a run"
    if run[0][0] == "!" and len(run[0]) > 1:
        return Token("exact", run[0][1:], start, run.end())
    return Token("term", run[0], start, run.end())


def _braced(query: str, start: int, closing: str) -> Token:
    end = query.find(closing, start + 1)
    if end < 0:
        raise QueryError(
            f'"{query[start]}" is not closed', query, start, advice=f'Add "{closing}" after the last word.'
        )
    return Token("exact", query[start + 1 : end], start, end + 1)


def _phrase(query: str, start: int, begin: int, prefix: str) -> Token:
    closing = _QUOTE.search(query, begin)
    if not closing:
        raise QueryError(
            "this quote is not closed", query, begin - 1, advice='Add " after the last word of the phrase.'
        )
    text = query[begin : closing.start()]
    if prefix:
        return Token("as-written" if prefix == "+" else "exact", text, start, closing.end())
    slop = _SLOP.match(query, closing.end())
    if not slop:
        return Token("phrase", text, start, closing.end())
    if not slop[1]:
        raise QueryError('"~" needs a number', query, closing.end(), advice='Write "two words"~5, say.')
    _check_distance(query, int(slop[1]), closing.end(), slop.end())
    return Token("phrase", text, start, slop.end(), int(slop[1]))


def _check_distance(query: str, distance: int, start: int, end: int) -> None:
    if distance > MAX_DISTANCE:
        advice = "For words further apart use AND, or SENTENCE for words in one sentence."
        raise QueryError(f"a distance goes from 0 to {MAX_DISTANCE}, found {distance}", query, start, end, advice)
