"""Turns a parsed query into a function that says whether, and where, a document matches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from monitor.query.document import Document, Match, Span
from monitor.query.fields import FIELDS, instant, label
from monitor.query.places import Finder, Hit, author_finder, phrase_finder, within_finder, written_finder
from monitor.query.proximity import in_one_sentence, near
from monitor.query.text import Words, fold
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
    children,
    walk,
)

MAX_SHOWN = 300
"""So many places of one word, phrase or proximity are told of one text: the rest of a text that repeats itself says
nothing new, and hundreds of words could each stand in it thousands of times."""

Found = tuple[str, int, int]
"""One hit of a condition: the field, and its first character and the one after its last there."""

Condition = Callable[[Document], "list[Found] | None"]
"""None: does not hold. A list, perhaps empty: holds, there."""


class Matcher:
    """A compiled query."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self._condition = _condition(query.root)

    def match(self, document: Document) -> Match | None:
        """Where `document` matches, or None. Takes time linear in its text."""
        found = self._condition(document)
        return None if found is None else Match(_spans(found))


def compile(query: Query) -> Matcher:
    """The matcher of `query`."""
    return Matcher(query)


def _spans(found: Iterable[Found]) -> tuple[Span, ...]:
    return tuple(map(Span._make, sorted(set(found))))


def _reader(field: str) -> Callable[[Document], Words]:
    read = FIELDS[field].words
    assert read is not None, "only fields of words are searched for words"
    return read


def _condition(node: Node) -> Condition:
    match node:
        case And(parts=parts):
            return _all_of([_condition(part) for part in sorted(dict.fromkeys(parts), key=_effort)])
        case Or(parts=parts):
            return _any_of(tuple(dict.fromkeys(parts)))
        case Not(part=part):
            return _none_of(_condition(part))
        case Label():
            return _labelled(node)
        case Host():
            return _hosted(node)
        case Between():
            return _between(node)
        case Phrase(width=1, pieces=(Piece(plain=True, letters=word),)):
            return _any_word(node.fields, frozenset({word}))
        case _:
            return _placed(node)


def _effort(node: Node) -> int:
    """A rough order: what costs least to refuse comes first."""
    return {Phrase: 0, Written: 1, Within: 2, Label: 0, Between: 0, Host: 3}.get(type(node), 4)


def _all_of(conditions: list[Condition]) -> Condition:
    def hold(document: Document) -> list[Found] | None:
        together: list[Found] = []
        for condition in conditions:
            found = condition(document)
            if found is None:
                return None
            together += found
        return together

    return hold


def _any_of(parts: tuple[Node, ...]) -> Condition:
    """Any of the parts; their single words, often hundreds, are looked up as one set."""
    words: dict[tuple[str, ...], set[str]] = {}
    rest = []
    for part in parts:
        if isinstance(part, Phrase) and part.width == 1 and part.pieces[0].plain:
            words.setdefault(part.fields, set()).add(part.pieces[0].letters)
        else:
            rest.append(_condition(part))
    conditions = [_any_word(fields, frozenset(group)) for fields, group in words.items()] + rest

    def hold(document: Document) -> list[Found] | None:
        found = [hits for condition in conditions if (hits := condition(document)) is not None]
        return [hit for hits in found for hit in hits] if found else None

    return hold


def _any_word(fields: tuple[str, ...], wanted: frozenset[str]) -> Condition:
    readers = [(field, _reader(field)) for field in fields]

    def hold(document: Document) -> list[Found] | None:
        found = []
        for field, read in readers:
            words = read(document)
            for word in wanted & words.different:
                found += [(field, start, end) for start, end in words.places(word, MAX_SHOWN)]
        return found or None

    return hold


def _none_of(condition: Condition) -> Condition:
    return lambda document: [] if condition(document) is None else None


def _labelled(node: Label) -> Condition:
    field = FIELDS[node.field]
    assert field.labels is not None, "the parser makes labels of fields of labels only"
    read, wanted, code = field.labels, node.value, field.code

    def hold(document: Document) -> list[Found] | None:
        for value in read(document):
            found = label(value)
            if found == wanted or (code and found.startswith(wanted + " ")):
                return []
        return None

    return hold


def _hosted(node: Host) -> Condition:
    read = FIELDS[node.field].host
    assert read is not None, "the parser makes hosts of fields of hosts only"

    def hold(document: Document) -> list[Found] | None:
        host = fold(read(document))
        return [] if host == node.host or host.endswith("." + node.host) else None

    return hold


def _between(node: Between) -> Condition:
    field = FIELDS[node.field]

    def hold(document: Document) -> list[Found] | None:
        if field.number:
            value = field.number(document)
        else:
            moment = field.moment(document) if field.moment else None
            value = instant(moment) if moment else None
        return [] if value is not None and _inside(node, value) else None

    return hold


def _inside(node: Between, value: float) -> bool:
    if node.low is not None and not (value >= node.low if node.low_included else value > node.low):
        return False
    return node.high is None or (value <= node.high if node.high_included else value < node.high)


def _placed(node: Node) -> Condition:
    """The condition of what stands somewhere in a text: it holds where any field has it."""
    fields = sorted(
        {name for part in walk(node) if isinstance(part, Phrase | Within | Written) for name in part.fields}
    )
    finders = [(field, _reader(field), _finder(node, field, every=False), _margins(node, field)) for field in fields]

    def hold(document: Document) -> list[Found] | None:
        found = []
        for field, read, find, (ahead, behind) in finders:
            words = read(document)
            for hit in islice(find(words), MAX_SHOWN) if words.text else ():
                found.append((field, words.place(hit.first)[0] - ahead, words.place(hit.last)[1] + behind))
        return found or None

    return hold


def _margins(node: Node, field: str) -> tuple[int, int]:
    """How many characters before and after the words of `node` stand in `field` as they are written."""
    if not isinstance(node, Written) or (field == "author" and node.kind == "handle"):
        return 0, 0
    return len(node.lead) + (node.kind in ("tag", "handle")), len(node.trail)


def _finder(node: Node, field: str, *, every: bool) -> Finder:
    """Finds `node` in a text that is the document's `field`. `every`: all spans, for a NEAR around it."""
    match node:
        case Phrase():
            return phrase_finder(node) if field in node.fields else _nowhere
        case Written():
            finder = author_finder if field == "author" and node.kind == "handle" else written_finder
            return finder(node) if field in node.fields else _nowhere
        case Within():
            return within_finder(node, every=every) if field in node.fields else _nowhere
        case Or(parts=parts):
            return _union([_finder(part, field, every=every) for part in dict.fromkeys(parts)])
        case Near(left=left, right=right):
            ones, others = _finder(left, field, every=True), _finder(right, field, every=True)
            return _where_all_are(
                _sure(node),
                lambda words: near(ones(words), others(words), node.distance, ordered=node.ordered, every=every),
            )
        case Sentence(parts=parts):
            finders = [_finder(part, field, every=True) for part in (parts if node.ordered else dict.fromkeys(parts))]
            return _where_all_are(
                _sure(node),
                lambda words: in_one_sentence(words, [find(words) for find in finders], ordered=node.ordered),
            )
        case _:
            raise AssertionError(f"the parser lets no {type(node).__name__} stand in a proximity")


def _where_all_are(sure: frozenset[str], find: Finder) -> Finder:
    """Looks nowhere where a word is missing: the others may stand in a text thousands of times."""
    return lambda words: find(words) if words.different >= sure else []


def _sure(node: Node) -> frozenset[str]:
    """Words without which `node` stands nowhere."""
    match node:
        case Phrase(pieces=pieces) | Within(pieces=pieces):
            return frozenset(piece.letters for piece in pieces if piece.plain)
        case Written(kind="exact" | "as-written" | "tag" | "domain", phrase=phrase):
            return _sure(phrase)
        case Near() | Sentence():
            return frozenset().union(*map(_sure, children(node)))
        case Or(parts=parts):
            return frozenset.intersection(*map(_sure, parts))
        case _:
            return frozenset()


def _nowhere(words: Words) -> list[Hit]:
    return []


def _union(finders: list[Finder]) -> Finder:
    return lambda words: sorted({hit for find in finders for hit in find(words)})
