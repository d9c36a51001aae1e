"""The parsed query: frozen values, one kind a class.

`fields` names where words are looked for, `place` where in the query it was written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple


class Place(NamedTuple):
    """Offsets in the query's text."""

    start: int
    end: int


NOWHERE = Place(0, 0)


@dataclass(frozen=True, slots=True)
class Piece:
    """One word to look for, folded. `?` in it stands for any one letter; `open`: any ending may follow."""

    letters: str
    open: bool = False

    @property
    def plain(self) -> bool:
        """Whether only this very word will do."""
        return not self.open and "?" not in self.letters


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow each other; a term is a phrase of one."""

    fields: tuple[str, ...]
    pieces: tuple[Piece, ...]
    width: int
    """Positions it covers: one more than pieces where the last is a pair of characters."""
    written: str
    quoted: bool = dataclasses.field(default=False, compare=False)
    """Written in quotes, where `?` at the end of a word is a mark."""
    place: Place = dataclasses.field(default=NOWHERE, compare=False)


WrittenKind = Literal["exact", "as-written", "tag", "handle", "domain"]


@dataclass(frozen=True, slots=True)
class Written:
    """A phrase whose writing matters: `exact` in case, `as-written` in all but case, and tags, handles, domains."""

    kind: WrittenKind
    phrase: Phrase
    lead: str
    """What stands directly before the words: the dot of `.NET`."""
    key: str
    """From the first word to the last, as it is compared."""
    trail: str
    """What stands directly after the words: the pluses of `C++`."""
    open_end: bool = False
    """A tag that may go on: `#summer*`."""

    @property
    def fields(self) -> tuple[str, ...]:
        return self.phrase.fields

    @property
    def place(self) -> Place:
        return self.phrase.place


@dataclass(frozen=True, slots=True)
class Within:
    """`"a b"~N`: all the words, in any order, at most N words between the first and the last."""

    fields: tuple[str, ...]
    pieces: tuple[Piece, ...]
    distance: int
    written: str
    place: Place = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Near:
    """At most `distance` words between the two, in either order or in this one."""

    left: Node
    right: Node
    distance: int
    ordered: bool
    place: Place = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Sentence:
    """All parts in one sentence, in any order or in this one."""

    parts: tuple[Node, ...]
    ordered: bool
    place: Place = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Label:
    """A fact with this value, folded: `lang:en`, `sentiment:negative`."""

    field: str
    value: str
    place: Place = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Host:
    """A link whose host is this or below it."""

    field: str
    host: str
    place: Place = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Between:
    """A number or a moment (seconds since 1970) from `low` to `high`; None is open."""

    field: str
    low: float | None
    high: float | None
    low_included: bool
    high_included: bool
    written: str
    place: Place = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]
    place: Place = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]
    place: Place = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    part: Node
    place: Place = dataclasses.field(default=NOWHERE, compare=False)


Node = Phrase | Written | Within | Near | Sentence | Label | Host | Between | And | Or | Not


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell the writer of a query that is accepted all the same."""

    message: str
    place: Place


@dataclass(frozen=True, slots=True)
class Query:
    """A query that can be matched, searched and explained."""

    text: str
    root: Node
    as_view: bool = False
    notes: tuple[Note, ...] = ()


def children(node: Node) -> tuple[Node, ...]:
    """The parts that a node is made of; none for a condition or a word."""
    match node:
        case And(parts=parts) | Or(parts=parts) | Sentence(parts=parts):
            return parts
        case Near(left=left, right=right):
            return left, right
        case Not(part=part):
            return (part,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)
