"""What can be told of a query without any text: that one part is in another, that two exclude each other, that a part
can never or must always hold. Where it cannot be told the answer is no."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from monitor.query.text import begins, is_unspaced
from monitor.query.tree import (
    And,
    Between,
    Host,
    Label,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Piece,
    Sentence,
    Within,
    Written,
    walk,
)

ONE_VALUE = {"type": "kind", "lang": "language", "country": "country"}
"""Fields of which a mention has at most one value, with what it is called."""
MOMENTS = ("published", "after", "before")
"""Three fields that speak of the same time."""
MAX_WORK = 20_000
"""Comparing parts of many words with each other grows with the product of their sizes; beyond this nobody tells."""


def implies(one: Node, other: Node) -> bool:
    """Whether whatever fulfils `one` surely fulfils `other`."""
    return one == other or (_small_enough(one, other) and _implies(one, other))


def _small_enough(one: Node, other: Node) -> bool:
    return sum(1 for _ in walk(one)) * sum(1 for _ in walk(other)) <= MAX_WORK


def _implies(one: Node, other: Node) -> bool:
    match one, other:
        case _ if one == other:
            return True
        case Or(parts=parts), _:
            return all(_implies(part, other) for part in parts)
        case _, And(parts=parts):
            return all(_implies(one, part) for part in parts)
        case Not(part=left), Not(part=right):
            return _implies(right, left)
        case _, Or(parts=parts):
            return any(_implies(one, part) for part in parts) or _parts_imply(one, other)
        case _:
            return _parts_imply(one, other)


def _parts_imply(one: Node, other: Node) -> bool:
    match one, other:
        case Near(), Near():
            same = (one.left, one.right) == (other.left, other.right)
            closer = one.distance <= other.distance and (one.ordered or not other.ordered)
            return (same and closer) or _implies(one.left, other) or _implies(one.right, other)
        case Near(left=left, right=right), _:
            return _implies(left, other) or _implies(right, other)
        case ((And(parts=parts) | Sentence(parts=parts)), _):
            return any(_implies(part, other) for part in parts)
        case Written(phrase=phrase), _:
            return _implies(phrase, other)
        case Within(fields=fields, pieces=pieces), Phrase():
            return any(_in_phrase(Phrase(fields, (piece,), 1, ""), other) for piece in pieces)
        case Phrase(), Phrase():
            return _in_phrase(one, other)
        case Label(), Label():
            return one.field == other.field and _label_implies(one, other)
        case Host(), Host():
            return one.field == other.field and one.host.endswith(f".{other.host}")
        case Between(), Between():
            return _scale(one) == _scale(other) and _low(one) >= _low(other) and _high(one) <= _high(other)
        case _:
            return False


def _label_implies(one: Label, other: Label) -> bool:
    return one.value == other.value or (one.field in ("lang", "country") and one.value.startswith(f"{other.value} "))


def _in_phrase(long: Phrase, short: Phrase) -> bool:
    """Whether the words of `short` stand somewhere in `long`."""
    if not set(long.fields) <= set(short.fields):
        return False
    count = len(short.pieces)
    runs = (long.pieces[start : start + count] for start in range(len(long.pieces) - count + 1))
    return any(all(map(_piece_implies, run, short.pieces)) for run in runs)


def _piece_implies(one: Piece, other: Piece) -> bool:
    if other.plain:
        return one == other
    length = len(other.letters)
    if is_unspaced(other.letters):
        return begins(one.letters, other.letters)
    if len(one.letters) < length or (not other.open and (one.open or len(one.letters) > length)):
        return False
    return all(wanted in ("?", letter) for letter, wanted in zip(one.letters, other.letters, strict=False))


def excludes(one: Node, other: Node) -> bool:
    """Whether nothing can fulfil both."""
    return _small_enough(one, other) and _excludes(one, other)


def _excludes(one: Node, other: Node) -> bool:
    match one, other:
        case Not(part=part), _:
            return _implies(other, part)
        case _, Not(part=part):
            return _implies(one, part)
        case (Or(parts=parts), rest) | (rest, Or(parts=parts)):
            return all(_excludes(part, rest) for part in parts)
        case (And(parts=parts), rest) | (rest, And(parts=parts)):
            return any(_excludes(part, rest) for part in parts)
        case Label(), Label():
            same = one.field == other.field and one.field in ONE_VALUE
            return same and not _label_implies(one, other) and not _label_implies(other, one)
        case Host(), Host():
            return one.field == other.field and not _implies(one, other) and not _implies(other, one)
        case Between(), Between():
            return _scale(one) == _scale(other) and not _overlap(one, other)
        case _:
            return False


def _scale(node: Between) -> str:
    return "published" if node.field in MOMENTS else node.field


End = tuple[float, bool]
"""An end of an interval, such that a tighter lower end is the greater one and a tighter upper end the smaller one."""


def _low(node: Between) -> End:
    return (-math.inf, False) if node.low is None else (node.low, not node.low_included)


def _high(node: Between) -> End:
    return (math.inf, True) if node.high is None else (node.high, node.high_included)


def _overlap(one: Between, other: Between) -> bool:
    (low, beyond), (high, included) = max(_low(one), _low(other)), min(_high(one), _high(other))
    return low < high or (low == high and included and not beyond)


def clash(parts: tuple[Node, ...]) -> tuple[Node, Node] | None:
    """Two of the parts of an AND that exclude each other, else None."""
    return next((pair for pair in pairs(parts) if excludes(*pair)), None)


def pairs(parts: tuple[Node, ...]) -> Iterator[tuple[Node, Node]]:
    """Each two of the parts; of very many parts none."""
    return combinations(parts, 2) if few(parts) else iter(())


def few(parts: tuple[Node, ...]) -> bool:
    """Whether there is so little in the parts that each can be compared with each."""
    return sum(1 for part in parts for _ in walk(part)) ** 2 <= 2 * MAX_WORK


def never(node: Node) -> bool:
    """Whether nothing can fulfil `node`."""
    match node:
        case And(parts=parts):
            return any(map(never, parts)) or clash(flat(node)) is not None
        case Or(parts=parts):
            return all(map(never, parts))
        case Not(part=part):
            return always(part)
        case _:
            return False


def always(node: Node) -> bool:
    """Whether everything fulfils `node`."""
    match node:
        case Not(part=part):
            return never(part)
        case Or(parts=parts):
            return any(map(always, parts)) or clash(tuple(map(_negated, parts))) is not None
        case And(parts=parts):
            return all(map(always, parts))
        case _:
            return False


def _negated(node: Node) -> Node:
    return node.part if isinstance(node, Not) else Not(node, node.place)


def flat(node: And) -> tuple[Node, ...]:
    """The parts of an AND and of the ANDs directly in it."""
    return tuple(inner for part in node.parts for inner in (flat(part) if isinstance(part, And) else (part,)))


def swapped(root: Node, old: Node, new: Node) -> Node:
    """`root` with the very part `old` replaced by `new`."""
    if root is old:
        return new
    match root:
        case And(parts=parts) | Or(parts=parts) | Sentence(parts=parts):
            return replace(root, parts=tuple(swapped(part, old, new) for part in parts))
        case Near(left=left, right=right):
            return replace(root, left=swapped(left, old, new), right=swapped(right, old, new))
        case Not(part=part):
            return replace(root, part=swapped(part, old, new))
        case _:
            return root
