"""Which rows of the index a query can match: at least all that it does, and, where that is sure, no others.

Each part of a query is bounded from both sides: `most` holds wherever the part holds, `least` nowhere else. What is
excluded takes away its `least`, and a part whose bounds are one needs no second look. `None` is the end of knowledge:
as `most` anything may match, as `least` nothing surely does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from monitor.query.fields import FIELDS
from monitor.query.narrow import fts5, need
from monitor.query.text import is_unspaced
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
    Query,
    Sentence,
    Within,
    Written,
    walk,
)
from monitor.store.facts import (
    ALL,
    ALONE,
    PARTS_OF_A_NAME,
    felt_token,
    host_token,
    sign_token,
    token,
)
from monitor.store.index import COLUMNS, first_place
from monitor.store.numbers import Stretch, cover

MAX_DEPTH = 10
"""Deeper than this a query is not told apart any more: SQLite's parser of MATCH has a small stack."""
MAX_WAYS = 24
"""So many pairs of phrases a NEAR between groups is spelled out as; more are looked for as words alone."""
MAX_WAYS_IN_ALL = 200
"""Of all NEARs of a query: FTS5 compares the places of each pair in each mention, and cannot be stopped meanwhile."""
ANYTHING = f'facts : "{ALL}"'
NOTHING = f'facts : "{ALL}:none"'
_INDEXED = frozenset((*COLUMNS, "facts"))


@dataclass(frozen=True, slots=True)
class Bounds:
    """Two expressions of FTS5 that a condition lies between."""

    most: str | None = None
    least: str | None = None

    @property
    def exact(self) -> bool:
        return self.most is not None and self.most == self.least


UNKNOWN = Bounds()


@dataclass(frozen=True, slots=True)
class Candidates:
    """The rows of the index among which all matches are."""

    match: str
    """An expression of FTS5."""
    after: int | None
    """Rows with a greater number (older ones), up to …"""
    to: int | None
    """… and with this one; None is open."""
    exact: bool
    """Each of them is a match: no second look is needed."""
    likes: tuple[str, ...] = ()
    """The mentions that a match has to be like, all of them."""


def candidates(query: Query | None) -> Candidates:
    """Where the matches of `query` are; without one, all."""
    if query is None:
        return Candidates(ANYTHING, None, None, exact=True)
    parts = query.root.parts if isinstance(query.root, And) else (query.root,)
    nears = sum(isinstance(node, Near) for node in walk(query.root))
    rest = [part for part in parts if not _is_stretch(part)]
    root = rest[0] if len(rest) == 1 else And(tuple(rest))
    bounds = _bounds(root, _Asked(asked_brands(query), MAX_WAYS_IN_ALL // max(1, nears)), 0)
    lows, highs = zip(*(_stretch(part) for part in parts), strict=True)
    low, high = max(lows), min(highs)
    likes = tuple(part.value for part in parts if isinstance(part, Label) and part.field == "like")
    return Candidates(
        bounds.most or ANYTHING,
        None if high == math.inf else first_place(math.ceil(high)) - 1,
        None if low == -math.inf else first_place(math.floor(low)),
        bounds.exact or not rest,
        likes,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the bounds of every part depend on."""

    brands: frozenset[str]
    ways: int
    """Pairs of phrases that each NEAR may be spelled out as."""


def asked_brands(query: Query) -> frozenset[str]:
    """The brands that a query names, folded as labels."""
    return frozenset(node.value for node in walk(query.root) if isinstance(node, Label) and node.field == "brand")


def _is_stretch(node: Node) -> bool:
    """Whether the places of the rows tell all of this condition: one on time that begins and ends with whole seconds,
    as all do that somebody writes. (Nothing stored is older than the places can tell: door.EARLIEST.)"""
    if not isinstance(node, Between) or not FIELDS[node.field].moment:
        return False
    low, high = node.low, node.high
    return (low is None or (low == low // 1 and node.low_included)) and (
        high is None or (high == high // 1 and not node.high_included)
    )


def _stretch(node: Node) -> tuple[float, float]:
    """The first and the last second, since 1970, that a condition on time leaves."""
    if isinstance(node, Between) and FIELDS[node.field].moment:
        return -math.inf if node.low is None else node.low, math.inf if node.high is None else node.high
    return -math.inf, math.inf


# ---- bounds of parts -------------------------------------------------------------------------------------------------


def _bounds(node: Node, asked: _Asked, depth: int) -> Bounds:
    if depth > MAX_DEPTH:
        return UNKNOWN
    match node:
        case And(parts=parts):
            return _all_of([_bounds(part, asked, depth + 1) for part in parts])
        case Or(parts=parts):
            return _any_of([_bounds(part, asked, depth + 1) for part in parts])
        case Not(part=part):
            return _none_of(_bounds(part, asked, depth + 1))
        case Sentence(parts=parts):
            return Bounds(_all_of([_bounds(part, asked, depth + 1) for part in parts]).most)
        case Near():
            return _near(node, asked, depth)
        case Phrase():
            return _phrase(node)
        case Label() | Host() | Between():
            return _fact_bounds(node, asked)
        case Within():
            return Bounds(_needed(node))
        case Written():
            return Bounds(_written(node))


def _fact_bounds(node: Label | Host | Between, asked: _Asked) -> Bounds:
    match node:
        case Label():
            return _label(node, asked)
        case Host(host=host):
            return _exactly(_fact(host_token(host)))
        case Between():
            return _between(node)


def _exactly(expression: str) -> Bounds:
    return Bounds(expression, expression)


def _all_of(parts: Sequence[Bounds]) -> Bounds:
    return Bounds(
        _joined([part.most for part in parts if part.most is not None], "AND") or None,
        _joined([part.least for part in parts], "AND"),
    )


def _any_of(parts: Sequence[Bounds]) -> Bounds:
    return Bounds(
        _joined([part.most for part in parts], "OR"),
        _joined([part.least for part in parts if part.least is not None], "OR") or None,
    )


def _none_of(part: Bounds) -> Bounds:
    return Bounds(_but(part.least), _but(part.most))


def _joined(parts: Sequence[str | None], operator: str) -> str | None:
    """All of the parts; None where one is not known. What only takes away is taken from the others together."""
    known = list(dict.fromkeys(part for part in parts if part is not None))
    if len(known) < len(set(parts)) or not known:
        return None
    if operator == "OR":
        return known[0] if len(known) == 1 else "(" + " OR ".join(known) + ")"
    taken = [part.removeprefix(_BUT)[:-1] for part in known if part.startswith(_BUT)]
    given = [part for part in known if not part.startswith(_BUT)]
    base = given[0] if len(given) == 1 else "(" + " AND ".join(given) + ")" if given else ANYTHING
    if not taken:
        return base
    return f"({base} NOT {taken[0] if len(taken) == 1 else '(' + ' OR '.join(taken) + ')'})"


_BUT = f"({ANYTHING} NOT "


def _but(taken: str | None) -> str | None:
    return None if taken is None else f"{_BUT}{taken})"


def _fact(of: str, *, open_end: bool = False) -> str:
    return f'facts : "{of}"' + (" *" if open_end else "")


# ---- words -----------------------------------------------------------------------------------------------------------


def _phrase(node: Phrase) -> Bounds:
    if not _INDEXED.issuperset(node.fields):
        return UNKNOWN
    most = _needed(node)
    return Bounds(most, most if _is_plain(node) else None)


def _needed(node: Node) -> str | None:
    wanted = need(Query("", node), COLUMNS)
    return None if wanted is None else fts5(wanted, (*COLUMNS, "facts"))


def _is_plain(node: Phrase) -> bool:
    """Whether the index tells all: whole words of scripts that write spaces, of which the last may go on."""
    return all(_is_whole(piece) for piece in node.pieces[:-1]) and (
        "?" not in node.pieces[-1].letters and not is_unspaced(node.pieces[-1].letters)
    )


def _is_whole(piece: Piece) -> bool:
    return piece.plain and not is_unspaced(piece.letters)


def _written(node: Written) -> str | None:
    """Tags and handles stand in the index with their signs; of other writing it knows the words."""
    words = _needed(node.phrase)
    if len(node.phrase.pieces) > PARTS_OF_A_NAME:
        return words
    if node.kind == "tag":
        return _fact(sign_token("#", node.lead + node.key), open_end=node.open_end)
    if node.kind == "handle" and words is not None:
        signed = _fact(sign_token("@", node.lead + node.key))
        named = _needed(Phrase(("author",), node.phrase.pieces, node.phrase.width, ""))
        return None if named is None else f"({signed} OR {named})"
    return words


def _near(node: Near, asked: _Asked, depth: int) -> Bounds:
    """Where both sides are phrases, or groups of a few, FTS5 knows how far apart they may be."""
    words = _all_of([_bounds(part, asked, depth + 1) for part in (node.left, node.right)]).most
    left, right = list(_phrases(node.left)), list(_phrases(node.right))
    if not left or not right or len(left) * len(right) > min(MAX_WAYS, asked.ways):
        return Bounds(words)
    return Bounds(_joined([_pair(*pair, node.distance) for pair in product(left, right)], "OR"))


def _phrases(node: Node) -> Iterator[Phrase]:
    """The phrases that a side of a NEAR is one of; none where it is anything else."""
    parts = node.parts if isinstance(node, Or) else (node,)
    if all(isinstance(part, Phrase) and _is_plain(part) and _INDEXED.issuperset(part.fields) for part in parts):
        yield from (part for part in parts if isinstance(part, Phrase))


def _pair(left: Phrase, right: Phrase, distance: int) -> str | None:
    fields = [field for field in left.fields if field in right.fields]
    if not fields:
        return NOTHING
    sides = " ".join(_quoted(side.pieces) for side in (left, right))
    return f"{{{' '.join(fields)}}} : NEAR({sides}, {distance})"


def _quoted(pieces: Sequence[Piece]) -> str:
    return f'"{" ".join(piece.letters for piece in pieces)}"' + (" *" if pieces[-1].open else "")


# ---- facts -----------------------------------------------------------------------------------------------------------


def _label(node: Label, asked: _Asked) -> Bounds:
    if node.field == "like":
        return UNKNOWN
    if node.field == "sentiment" and asked.brands:
        ways = [felt_token(brand, node.value) for brand in [*sorted(asked.brands), ALONE]]
        return _exactly("(" + " OR ".join(map(_fact, ways)) + ")")
    return _exactly(_fact(token(node.field, node.value)))


def _between(node: Between) -> Bounds:
    if FIELDS[node.field].moment:
        return UNKNOWN
    low = -math.inf if node.low is None else node.low
    high = math.inf if node.high is None else node.high
    parts = list(cover(Stretch(low, high, node.low_included, node.high_included)))
    touched = [_fact(f"{node.field}:{part.token}", open_end=part.open) for part in parts]
    inside = [one for one, part in zip(touched, parts, strict=True) if part.surely]
    return Bounds(_joined(touched, "OR") or NOTHING, _joined(inside, "OR"))
