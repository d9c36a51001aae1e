"""Reads a query: one pass over the tokens, one function a rule of the grammar in docs/query-language.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from monitor.query.fields import FIELDS, Field, nearest
from monitor.query.lexer import Token, tokens
from monitor.query.operand import note_of, operand
from monitor.query.problem import QueryError, shown
from monitor.query.refusal import check_operand, few_enough, refuse_boundless, unheard
from monitor.query.tree import And, Near, Node, Not, Note, Or, Place, Query, Sentence, Written

MAX_CHARACTERS = 50_000
MAX_OPERANDS = 2_000
MAX_NESTING = 64

_OPERANDS = ("term", "phrase", "exact", "as-written")
_STARTS = (*_OPERANDS, "(", "NOT", "field")
_OPERATORS = ("AND", "OR", "NOT", "near", "sentence")
_COMPARISONS = ("<", "<=", ">", ">=", "=")
_LOWER_NEAR = re.compile(r"o?near/\d{1,3}f?")


def parse(query: str, *, as_view: bool = False) -> Query:
    """The parsed query. Raises QueryError, whose text shows the place.

    A brand's query must hold a word in every branch; as a view, one that only excludes or only filters is fine.
    """
    if len(query) > MAX_CHARACTERS:
        problem = f"a query has at most {MAX_CHARACTERS:,} characters, this one {len(query):,}"
        raise QueryError(problem, query, MAX_CHARACTERS, advice="Split it into several brands or views.")
    if not query.strip():
        raise QueryError("the query is empty", query, 0, advice='Write a word to look for, or a phrase in "quotes".')
    parser = _Parser(query)
    root = parser.whole()
    if not as_view:
        refuse_boundless(query, root)
        parser.notes += unheard(root)
    return Query(query, root, as_view, tuple(parser.notes))


class _Parser:
    """Where the reading stands: the tokens to come, the one before, and what has been counted."""

    def __init__(self, query: str) -> None:
        self.query = query
        self.coming = tokens(query)
        self.next = next(self.coming)
        self.before: Token | None = None
        self.operands = 0
        self.open: list[Token] = []
        self.fields: list[Field] = []
        self.notes: list[Note] = []

    def take(self) -> Token:
        token = self.before = self.next
        self.next = next(self.coming, token)
        return token

    def error(self, problem: str, token: Token, advice: str = "") -> QueryError:
        return QueryError(problem, self.query, token.start, token.end, advice)

    def whole(self) -> Node:
        root = self.any_of()
        if self.next.kind != "end":
            raise self.unexpected()
        return root

    def any_of(self) -> Node:
        parts = [self.all_of()]
        while self.next.kind == "OR":
            self.take()
            parts.append(self.all_of())
        if len(parts) == 1:
            return parts[0][0]
        for part, bracketed in parts:
            if isinstance(part, And) and not bracketed:
                self.notes.append(Note("AND binds before OR: put brackets around what belongs together.", part.place))
        nodes = tuple(part for part, _ in parts)
        return Or(nodes, _around(nodes))

    def all_of(self) -> tuple[Node, bool]:
        """The node, and whether it is just one operand, so that its ANDs, if any, are bracketed."""
        parts = [self.proximity()]
        while self.next.kind == "AND" or self.next.kind in _STARTS:
            if self.next.kind == "AND":
                self.take()
            parts.append(self.proximity())
        return (parts[0], True) if len(parts) == 1 else (And(tuple(parts), _around(parts)), False)

    def proximity(self) -> Node:
        """NOT before a proximity takes away the whole of it: nothing that is not there can be near anything."""
        negations = self.negations()
        left = self.operand()
        while self.next.kind in ("near", "sentence"):
            operator = self.take()
            taken = self.negations()
            left = self.joined(left, operator, _negated(self.operand(), taken))
        return _negated(left, negations)

    def joined(self, left: Node, operator: Token, right: Node) -> Node:
        place = _around((left, right))
        if operator.kind == "near":
            check_operand(self.query, operator, left)
            check_operand(self.query, operator, right)
            return few_enough(self.query, operator, Near(left, right, operator.distance, operator.ordered, place))
        parts: list[Node] = []
        for node in (left, right):
            if isinstance(node, Sentence) and node.ordered == operator.ordered:
                parts += node.parts  # one sentence of one sentence is one sentence
            else:
                check_operand(self.query, operator, node)
                parts.append(node)
        return Sentence(tuple(parts), operator.ordered, place)

    def negations(self) -> list[Token]:
        taken: list[Token] = []
        while self.next.kind == "NOT":
            taken.append(self.take())
            if len(taken) > MAX_NESTING:
                raise self.error(f"at most {MAX_NESTING} NOTs can follow each other", taken[-1], "One is enough.")
        return taken

    def operand(self) -> Node:
        return self.field() if self.next.kind == "field" else self.primary()

    def field(self) -> Node:
        token = self.take()
        self.fields.append(self.known(token))
        node = self.primary()
        self.fields.pop()
        return node if isinstance(node, Written) else replace(node, place=Place(token.start, node.place.end))

    def known(self, token: Token) -> Field:
        name = token.text.lower()
        if name in FIELDS:
            return FIELDS[name]
        if name in ("http", "https"):
            raise self.error(
                "a link cannot stand here", token, "Write site:example.com, or example.com for its mention."
            )
        guess = nearest(name, FIELDS)
        quoted = f'to look for the word, put it into quotes: "{token.text}: …".'
        advice = f"Did you mean {guess}:? Or, {quoted}" if guess else f"{_all_fields()} Or, {quoted}"
        raise self.error(f"there is no field {shown(token.text)}", token, advice)

    def primary(self) -> Node:
        token = self.next
        if token.kind == "(":
            return self.group()
        if token.kind not in _OPERANDS:
            raise self.unexpected()
        self.take()
        self.operands += 1
        if self.operands > MAX_OPERANDS:
            advice = "Split it into several brands or views."
            raise self.error(f"a query has at most {MAX_OPERANDS:,} terms", token, advice)
        if token.kind == "term" and token.text in ("and", "or", "not") and not self.fields:
            note = f'"{token.text}" in lower case is a word to look for; the operator is {token.text.upper()}.'
            self.notes.append(Note(note, Place(token.start, token.end)))
        if token.kind == "term" and _LOWER_NEAR.fullmatch(token.text):
            operator = token.text.upper().replace("F", "f")
            note = f'"{token.text}" in lower case is words to look for; the operator is {operator}.'
            self.notes.append(Note(note, Place(token.start, token.end)))
        if doubt := note_of(token):
            self.notes.append(Note(doubt, Place(token.start, token.end)))
        field = self.fields[-1] if self.fields else None
        if field and (field.number or field.moment):
            token = self.whole_value(token)
        return operand(self.query, token, field)

    def whole_value(self, token: Token) -> Token:
        """`rating: >= 4` and `rating: 1 .. 3` are written with spaces as often as without."""
        while (
            token.kind == self.next.kind == "term"
            and (token.text in _COMPARISONS or token.text.endswith("..") or self.next.text.startswith(".."))
        ):  # fmt: skip
            more = self.take()
            token = token._replace(text=token.text + more.text, end=more.end)
        return token

    def group(self) -> Node:
        self.open.append(self.take())
        if len(self.open) > MAX_NESTING:
            raise self.error(f"brackets go at most {MAX_NESTING} deep", self.open[-1], "Take some brackets away.")
        node = self.any_of()
        if self.next.kind != ")":
            raise self.unexpected()
        self.take()
        self.open.pop()
        return node

    def unexpected(self) -> QueryError:
        """The error for a token that cannot stand where it stands."""
        token, before = self.next, self.before
        found = "the end of the query" if token.kind == "end" else shown(self.query[token.start : token.end])
        if before and before.kind == "field":
            known = FIELDS[before.text.lower()]
            return self.error(f"expected {known.takes()} after {known.name}:, found {found}", token)
        if before and before.kind in _OPERATORS:
            return self.error(f"expected a term after {before.text}, found {found}", token, _advice_after(before))
        if token.kind == ")" and not self.open:
            return self.error('")" closes nothing', token, 'Take it away, or add "(" before what it should close.')
        if token.kind in _OPERATORS:
            return self.error(f"expected a term before {token.text}, found none", token, _advice_before(token))
        if token.kind == "end" and self.open:
            return self.error('"(" is not closed', self.open[-1], 'Add ")" after the last term that belongs to it.')
        return self.error(
            f"expected a term, found {found}", token, 'Write a word, a phrase in "quotes" or a bracketed group.'
        )


def _negated(node: Node, negations: Sequence[Token]) -> Node:
    if len(negations) % 2 == 0:
        return node
    return node.part if isinstance(node, Not) else Not(node, Place(negations[0].start, _around((node,)).end))


def _all_fields() -> str:
    return f"Fields: {', '.join(FIELDS)}."


def _advice_after(operator: Token) -> str:
    return f'Write a word, a phrase in "quotes" or a bracketed group after {operator.text}.'


def _advice_before(operator: Token) -> str:
    advice = f'Write a word, a phrase in "quotes" or a bracketed group before {operator.text}.'
    return advice + (
        f' To look for the word itself: "{operator.text.lower()}".' if operator.kind in ("AND", "OR") else ""
    )


def _around(nodes: Sequence[Node]) -> Place:
    return Place(nodes[0].place.start, nodes[-1].place.end)
