"""Narrows a written query by one condition, or widens it by one; the rest stays as its writer put it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from monitor.query.explain import reading
from monitor.query.parse import parse
from monitor.query.problem import QueryError
from monitor.query.tree import And, Label, Node, Query, walk

_BARE = re.compile(r"[\w.]+(?:-[\w.]+)*")
_QUOTES = re.compile(r'["“”„‟«»\s]+')
_SCORED = ("sentiment", "emotion", "topic", "touchpoint", "stage", "need")


@dataclass(frozen=True, slots=True)
class Condition:
    """One of the conditions that must all be fulfilled, and the query without it (empty: without any)."""

    written: str
    rest: str


def condition(field: str, value: str) -> str:
    """The condition that a field has this value: `topic:"late delivery"`; empty where none can be written."""
    written = f"{field}:{value}" if _BARE.fullmatch(value) else f'{field}:"{_QUOTES.sub(" ", value).strip()}"'
    try:
        root = parse(written, as_view=True).root
    except QueryError:
        return ""
    return "" if isinstance(root, And) else written


def conditions(query: str) -> tuple[Condition, ...]:
    """All that must be fulfilled, in the order of writing; none for an empty query. Raises QueryError."""
    if not query.strip():
        return ()
    parsed = parse(query, as_view=True)
    parts = _parts(parsed)
    return tuple(Condition(reading(part), _without(parsed, part)) for part in parts)


def added(query: str, more: str) -> str:
    """The query, narrowed by a condition. Raises QueryError."""
    if not query.strip():
        return more
    parts = _parts(parse(query, as_view=True)) + _parts(parse(more, as_view=True))
    beside = f"{query.strip()} {more}"
    return beside if _parts(parse(beside, as_view=True)) == parts else f"({query.strip()}) {more}"


def removed(query: str, one: str) -> str:
    """The query without a condition that it holds; as it was where it holds none such. Raises QueryError."""
    (unwanted,) = _parts(parse(one, as_view=True))
    parsed = parse(query, as_view=True)
    return _without(parsed, unwanted) if unwanted in _parts(parsed) else query


def holds(query: str, one: str) -> bool:
    """Whether a condition is among those that must all be fulfilled. Raises QueryError."""
    return bool(query.strip()) and _parts(parse(one, as_view=True))[0] in _parts(parse(query, as_view=True))


def asks_for_scores(query: str) -> bool:
    """Whether it asks for what only scoring knows: sentiment, topic, stage …"""
    return bool(query.strip()) and any(
        isinstance(node, Label) and node.field in _SCORED for node in walk(parse(query, as_view=True).root)
    )


def _parts(query: Query) -> tuple[Node, ...]:
    return query.root.parts if isinstance(query.root, And) else (query.root,)


def _without(query: Query, unwanted: Node) -> str:
    """Cut out of what was written where that leaves the same meaning, else written anew."""
    kept = tuple(part for part in _parts(query) if part != unwanted)
    if not kept:
        return ""
    place = next(part for part in _parts(query) if part == unwanted).place
    before, after = query.text[: place.start].rstrip(), query.text[place.end :].lstrip()
    before = before.removesuffix("AND").rstrip() if before.endswith(" AND") else before
    after = after.removeprefix("AND").lstrip() if not before else after
    cut = f"{before} {after}".strip()
    try:
        if _parts(parse(cut, as_view=True)) == kept:
            return cut
    except QueryError:
        pass  # a bracket or a minus stood around it
    return " ".join(map(reading, kept))
