"""Narrows a written query by one condition, or widens it by one; the rest stays as its writer put it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.query.explain import reading
from monitor.query.fields import FIELDS
from monitor.query.parse import parse
from monitor.query.problem import QueryError
from monitor.query.tree import And, Between, Label, Node, Query, walk

_BARE = re.compile(r"[\w.]+(?:-[\w.]+)*")
_QUOTES = re.compile(r'["“”„‟«»\s]+')
_PROBE = "lang:en"
_SCORED = ("sentiment", "emotion", "topic", "touchpoint", "stage", "need")
_NOT_AWAITED = ("brand", "tag", "story", "theme", "like")


@dataclass(frozen=True, slots=True)
class Condition:
    """One of the conditions that must all be fulfilled, and the query without it (empty: without any)."""

    written: str
    rest: str


_DECORATION = re.compile('["“”„‟«»*?]')
"""Quotes and wildcards: in a name they are decoration, in a query they would mean something."""


def name_query(name: str) -> str:
    """The query that finds a name word for word."""
    return f'"{" ".join(_DECORATION.sub(" ", name).split())}"'


def condition(field: str, value: str) -> str:
    """The condition that a field has this value: `topic:"late delivery"`; empty where none can be written."""
    written = f"{field}:{value}" if _BARE.fullmatch(value) else f'{field}:"{_QUOTES.sub(" ", value).strip()}"'
    try:
        root = parse(written, as_view=True).root
    except QueryError:
        return ""
    return "" if isinstance(root, And) else written


class Conditions:
    """The conditions of one query that must all be fulfilled; an empty query has none. Raises QueryError."""

    def __init__(self, query: str) -> None:
        self._query = parse(query, as_view=True) if query.strip() else None
        self._parts = _parts(self._query) if self._query else ()
        self._own = self._beside(query.strip())

    def each(self) -> Iterator[Condition]:
        """All of them, in the order of writing."""
        for part in self._parts:
            yield Condition(reading(part), self._rest(part))

    def on(self, field: str) -> tuple[str, ...]:
        """Those on the value of this field, as a number or a date: `published:2026-11`."""
        return tuple(reading(part) for part in self._parts if isinstance(part, Between) and part.field == field)

    def holds(self, one: str) -> bool:
        """Whether this condition, written so or otherwise, is one of them."""
        return _node(one) in self._parts

    def plus(self, one: str) -> str:
        """The query, narrowed by this condition, one that `condition` gave."""
        return f"{self._own} {one}".strip()

    def minus(self, one: str) -> str:
        """The query without this condition; as it was where it is none of them."""
        node = _node(one)
        if self._query is None or node not in self._parts:
            return self._query.text if self._query else ""
        return self._rest(node)

    def _beside(self, written: str) -> str:
        """The query as it can stand beside a condition: in brackets where an OR would take that for its own."""
        if not self._parts:
            return ""
        try:
            whole = _parts(parse(f"{written} {_PROBE}", as_view=True))
        except QueryError:  # it is as long as a query may be
            return f"({written})"
        return written if whole == (*self._parts, _node(_PROBE)) else f"({written})"

    def _rest(self, unwanted: Node) -> str:
        """Cut out of what was written where that leaves the same meaning, else written anew."""
        kept = tuple(part for part in self._parts if part != unwanted)
        if not kept or self._query is None:
            return ""
        place = next(part for part in self._parts if part == unwanted).place
        before, after = self._query.text[: place.start].rstrip(), self._query.text[place.end :].lstrip()
        before = before.removesuffix("AND").rstrip() if before.endswith(" AND") else before
        after = after.removeprefix("AND").lstrip() if not before else after
        cut = f"{before} {after}".strip()
        try:
            if _parts(parse(cut, as_view=True)) == kept:
                return cut
        except QueryError:
            pass  # a bracket or a minus stood around it
        return " ".join(map(reading, kept))


def both(query: str, other: str) -> str:
    """One query that asks for what both ask for; an empty one asks for nothing. Raises QueryError."""
    return " ".join(own for own in (Conditions(query).plus(""), Conditions(other).plus("")) if own)


def asks_for_scores(query: str) -> bool:
    """Whether it asks for what only scoring knows: sentiment, topic, stage …"""
    return bool(query.strip()) and any(
        isinstance(node, Label) and node.field in _SCORED for node in walk(parse(query, as_view=True).root)
    )


def fields_of(query: str) -> frozenset[str]:
    """The fields whose labels it asks for."""
    root = parse(query, as_view=True).root if query.strip() else None
    return frozenset(node.field for node in walk(root) if isinstance(node, Label)) if root else frozenset()


def asks_for_later(query: Query) -> bool:
    """Whether it asks for what is known only once a mention was scored: what scorers hear, and what follows from that,
    such as its team. Of which brand it is, and what people call it, is known before, or cannot be waited for."""
    return any(isinstance(node, Label) and _is_later(node) for node in walk(query.root))


def _is_later(node: Label) -> bool:
    judged = FIELDS[node.field].judged
    return node.value in judged if isinstance(judged, tuple) else judged and node.field not in _NOT_AWAITED


def _node(written: str) -> Node:
    return parse(written, as_view=True).root


def _parts(query: Query) -> tuple[Node, ...]:
    return tuple(_flat(query.root))


def _flat(node: Node) -> Iterator[Node]:
    """What must be fulfilled, also where some of it stands in brackets of its own."""
    if isinstance(node, And):
        for part in node.parts:
            yield from _flat(part)
    else:
        yield node
