"""Reads another monitor's query into its parts, each with its place; what the parts say is not judged here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from monitor.query.borrowed.dialect import Dialect
from monitor.query.parse import MAX_CHARACTERS, MAX_NESTING
from monitor.query.problem import QueryError, shown

TokenKind = Literal["(", ")", "and", "or", "not", "near", "field", "word", "phrase", "braces", "range", "noise", "end"]


class Token(NamedTuple):
    """One piece of their query. `text` is what it holds, without quotes, braces or the field's colon."""

    kind: TokenKind
    text: str
    start: int
    end: int
    lead: str = ""
    """`+`, `++` or `!` before a phrase."""
    slop: int | None = None
    """N of `"…"~N`, `(…)~N` and NEAR/N."""
    boost: str = ""
    """`^9`, which sorts results."""


class Part(NamedTuple):
    """A part of their query: an operand, or parts joined by an operator, in brackets, excluded, or in a field."""

    kind: Literal["operand", "group", "field", "not", "and", "or", "near"]
    start: int
    end: int
    token: Token
    """The operand itself; the field's name; the operator; of a group its closing bracket."""
    parts: tuple[Part, ...] = ()


_SPACE = re.compile(r"[\s\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
COMMENT = re.compile(r"<<<.*?(?:>>>|$)", re.DOTALL)
QUOTES = '"“”„‟«»'
_QUOTED = re.compile(rf"(\+\+|\+|!)?[{QUOTES}]([^{QUOTES}]*)[{QUOTES}](?:~(\d*))?(\^[\d.]+)?")
_BRACES = re.compile(r"\{([^{}]*)\}(\^[\d.]+)?")
_RANGE = re.compile(r"\[[^\[\]]*\]")
_COMPARED = re.compile(rf"([<>]=?|=)\s*[{QUOTES}]?([^\s(){QUOTES}]+)[{QUOTES}]?")
_CLOSE = re.compile(r"\)(?:~(\d+))?(\^[\d.]+)?")
_FIELD = re.compile(r"([A-Za-z][\w.]*):(?!//)[ \t]*(?=[^\s)])")
_MINUS = re.compile(rf"[-–−](?=[\w#@({QUOTES}+!{{])")
_WORD = re.compile(rf"[^\s(){{}}{QUOTES}]+?(?=(?:~\d+)?(?:\^[\d.]+)?(?:[\s(){{}}{QUOTES}]|$))(?:~(\d+))?(\^[\d.]+)?")
_OPERATOR = re.compile(r"(AND|OR|NOT)|(O?)(?:NEAR(?:/(\d{1,9}))?(f?)|SENTENCE)|(&&)|(\|\|)")
_NOISE = re.compile(r"[&|+/,;.:*-]+")


def tokens(text: str, dialect: Dialect) -> Iterator[Token]:
    """The tokens of their query, comments and lone signs as `noise`, closed by one of kind `end`.

    Raises QueryError for an open quote or brace.
    """
    at = 0
    after_field = False
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        comment = COMMENT.match(text, at) if dialect.comments else None
        token = Token("noise", "", at, comment.end()) if comment else _token(text, at, dialect, value=after_field)
        yield token
        at, after_field = token.end, token.kind == "field"
    yield Token("end", "", len(text), len(text))


def _token(text: str, at: int, dialect: Dialect, *, value: bool) -> Token:
    if text[at] == "(":
        return Token("(", "(", at, at + 1)
    if close := _CLOSE.match(text, at):
        return Token(")", ")", at, close.end(), slop=_number(close[1]), boost=close[2] or "")
    if quoted := _QUOTED.match(text, at):
        slop = _number(quoted[3]) if quoted[3] else None
        return Token("phrase", quoted[2], at, quoted.end(), quoted[1] or "", slop, quoted[4] or "")
    if braces := _BRACES.match(text, at):
        return Token("braces", braces[1], at, braces.end(), boost=braces[2] or "")
    if text[at] in QUOTES + "{}":
        what = "brace" if text[at] in "{}" else "quote"
        raise QueryError(f"this {what} is not closed", text, at, at + 1, "Close it in the other monitor's query.")
    if value and (found := _RANGE.match(text, at)):
        return Token("range", found[0], at, found.end())
    if value and (found := _COMPARED.match(text, at)):
        return Token("word", found[1] + found[2], at, found.end())
    if not value and _MINUS.match(text, at):
        return Token("not", "-", at, at + 1)
    if not value and (field := _FIELD.match(text, at)):
        return Token("field", field[1], at, field.end())
    word = _WORD.match(text, at)
    assert word is not None, "whatever is no space, bracket, quote or brace is a word"
    bare = word[0].removesuffix(word[2] or "")
    return _operator(bare, word, dialect) or Token(
        "noise" if _NOISE.fullmatch(bare) else "word", bare, at, word.end(), slop=_number(word[1]), boost=word[2] or ""
    )


def _operator(bare: str, word: re.Match[str], dialect: Dialect) -> Token | None:
    found = _OPERATOR.fullmatch(bare.upper().replace("F", "f") if dialect.any_case else bare)
    if not found:
        return None
    if found[1] or found[5] or found[6]:
        names: dict[str, TokenKind] = {"AND": "and", "&&": "and", "OR": "or", "||": "or", "NOT": "not"}
        return Token(names[found[0]], bare, *word.span())
    return Token("near", found[0], *word.span(), slop=_number(found[3]))


def _number(digits: str | None) -> int | None:
    return int(digits[:6]) if digits else None


def read(text: str, dialect: Dialect) -> Part | None:
    """Their query as parts; None for one of spaces and comments only. QueryError where its brackets do not fit."""
    if len(text) > MAX_CHARACTERS:
        problem = f"a query has at most {MAX_CHARACTERS:,} characters, this one {len(text):,}"
        raise QueryError(problem, text, MAX_CHARACTERS, advice="Split it into several.")
    reader = _Reader(text, dialect)
    if reader.next.kind == "end":
        return None
    part = reader.any_of()
    if reader.next.kind != "end":
        raise reader.error(
            f"{shown(reader.next.text)} closes nothing" if reader.next.kind == ")" else "this is not read"
        )
    return part


class _Reader:
    """Where the reading stands."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        self.text = text
        self.coming = (token for token in tokens(text, dialect) if token.kind != "noise")
        self.next = next(self.coming)
        self.depth = 0

    def take(self) -> Token:
        token = self.next
        self.next = next(self.coming, token)
        return token

    def error(self, problem: str) -> QueryError:
        advice = "Look at the query in the other monitor: it may have been cut when it was copied."
        return QueryError(problem, self.text, self.next.start, self.next.end, advice)

    def any_of(self) -> Part:
        parts = [self.all_of()]
        while self.next.kind == "or":
            operator = self.take()
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else _joined("or", operator, parts)

    def all_of(self) -> Part:
        parts = [self.proximity()]
        operator = self.next
        while self.next.kind in ("and", "not", "(", "field", "word", "phrase", "braces", "range"):
            if self.next.kind == "and":
                self.take()
            parts.append(self.proximity())
        return parts[0] if len(parts) == 1 else _joined("and", operator, parts)

    def proximity(self) -> Part:
        """NOT before a proximity takes away the whole of it, as with us."""
        negations = []
        while self.next.kind == "not":
            negations.append(self.take())
            if len(negations) > MAX_NESTING:
                raise self.error(f"at most {MAX_NESTING} NOTs can follow each other")
        part = self.joined()
        for token in reversed(negations):
            part = Part("not", token.start, part.end, token, (part,))
        return part

    def joined(self) -> Part:
        left = self.unary()
        joined = 0
        while self.next.kind == "near":
            joined += 1
            if joined > MAX_NESTING:
                raise self.error(f"at most {MAX_NESTING} NEARs can follow each other")
            operator = self.take()
            left = _joined("near", operator, [left, self.unary()])
        return left

    def unary(self) -> Part:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.error(f"brackets go at most {MAX_NESTING} deep")
        part = self.unary_inside()
        self.depth -= 1
        return part

    def unary_inside(self) -> Part:
        token = self.next
        if token.kind == "not":
            self.take()
            inner = self.unary()
            return Part("not", token.start, inner.end, token, (inner,))
        if token.kind == "field":
            self.take()
            inner = self.unary()
            return Part("field", token.start, inner.end, token, (inner,))
        if token.kind == "(":
            return self.group()
        if token.kind in ("word", "phrase", "braces", "range"):
            self.take()
            return Part("operand", token.start, token.end, token)
        found = "the end of the query" if token.kind == "end" else shown(self.text[token.start : token.end])
        raise self.error(f"expected a word, found {found}")

    def group(self) -> Part:
        opening = self.take()
        inner = self.any_of()
        if self.next.kind != ")":
            raise QueryError('"(" is not closed', self.text, opening.start, opening.end, "Close it where it belongs.")
        closing = self.take()
        return Part("group", opening.start, closing.end, closing, (inner,))


def _joined(kind: Literal["and", "or", "near"], operator: Token, parts: list[Part]) -> Part:
    return Part(kind, parts[0].start, parts[-1].end, operator, tuple(parts))
