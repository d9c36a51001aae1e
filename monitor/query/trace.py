"""Why a document matches or does not: every part of the query with what it found, and the parts that are to blame.

It asks the matcher of each part, so it cannot say anything else than the matcher does.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from monitor.query.document import Document, Span
from monitor.query.fields import FIELDS, instant
from monitor.query.matcher import Matcher
from monitor.query.text import Words
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
)


@dataclass(frozen=True, slots=True)
class Trace:
    """One part of a query, asked of one document."""

    node: Node
    holds: bool
    spans: tuple[Span, ...] = ()
    """Where it was found, ascending; none for facts and for what does not hold."""
    why: str = ""
    """Of a word, a proximity or a condition: what the document has instead; empty where spans say it."""
    parts: tuple[Trace, ...] = ()


def trace(query: Query, document: Document) -> Trace:
    """The whole query asked of `document`, part by part."""
    return _trace(query.root, document)


def _trace(node: Node, document: Document) -> Trace:
    parts = tuple(_trace(child, document) for child in children(node))
    match node:
        case And():
            holds = all(part.holds for part in parts)
            return Trace(node, holds, _spans_of(parts) if holds else (), parts=parts)
        case Or():
            found = [part for part in parts if part.holds]
            return Trace(node, bool(found), _spans_of(found), parts=parts)
        case Not():
            return Trace(node, not parts[0].holds, parts=parts)
        case _:
            match = Matcher(Query("", node)).match(document)
            held = Trace(node, match is not None, match.spans if match else (), parts=parts)
            return replace(held, why=_why(held, document))


def _spans_of(traces: Iterable[Trace]) -> tuple[Span, ...]:
    return tuple(sorted({span for one in traces for span in one.spans}))


def blamed(root: Trace) -> list[Trace]:
    """The fewest parts that keep the document out; none where it matches. Change one of each and it would match."""
    if root.holds:
        return []
    if isinstance(root.node, And):
        return [blame for part in root.parts for blame in blamed(part)]
    if isinstance(root.node, Not) and isinstance(root.parts[0].node, Not):
        return blamed(root.parts[0].parts[0])
    return [root]


def holding(root: Trace) -> list[Trace]:
    """The clauses that hold: of an AND every part, of an OR those of its alternatives that were found."""
    match root.node:
        case And():
            return [clause for part in root.parts for clause in holding(part)]
        case Or() if root.holds:
            return [clause for part in root.parts if part.holds for clause in holding(part)]
        case _:
            return [root] if root.holds else []


def nearly(root: Trace) -> list[Trace]:
    """Of alternatives of which none holds, those that came closest: with a word in the document, and least to blame."""
    close = [part for part in root.parts if any(one.spans for one in _below(part)) or _is_there_otherwise(part)]
    least = min((len(blamed(part)) for part in close), default=0)
    return [part for part in close if len(blamed(part)) == least]


def _below(root: Trace) -> Iterator[Trace]:
    yield root
    for part in root.parts:
        yield from _below(part)


def _is_there_otherwise(part: Trace) -> bool:
    return isinstance(part.node, Phrase | Written | Within) and part.why not in ("", _ABSENT)


_ABSENT = "not there"
_SHARED = "both are one and the same word; two are asked for"
_OTHER: dict[tuple[str, ...], str] = {("title",): "text", ("text",): "title"}


_NOUNS = {"lang": "language", "url": "address", "like": "likeness computed"}
"""Fields whose names are no words."""


def _why(found: Trace, document: Document) -> str:
    match found.node:
        case Label(field=field):
            read = FIELDS[field].labels
            known = [value for value in read(document) if value] if read else []
            return f"{field} is {', '.join(known)}" if known else f"it has no {_NOUNS.get(field, field)}"
        case Host(field=field):
            host = FIELDS[field].host
            name = host(document) if host else ""
            return f"{field} is {name}" if name else "it has no link"
        case Between():
            return _value(found.node, document)
        case _ if found.holds:
            return ""
        case Near():
            return _near(found, found.node, document)
        case Sentence(ordered=ordered):
            return _sentence(found, document, ordered=ordered)
        case Within(pieces=pieces, distance=distance):
            missing = [piece.letters for piece in pieces if not _has(piece, found.node, document)]
            return (
                _lacking(missing)
                or f"its words are there, but further apart; at most {_words(distance)} between allowed"
            )
        case Written(phrase=phrase):
            plain = Matcher(Query("", phrase)).match(document)
            return _otherwise(found.node, plain.spans, document) if plain else _phrase(phrase, document)
        case Phrase():
            return _phrase(found.node, document)
        case _:
            raise AssertionError("parts that are made of parts have their reasons below them")


def _value(node: Between, document: Document) -> str:
    field = FIELDS[node.field]
    if field.number:
        value = field.number(document)
        return f"{node.field} is {figure(value)}" if value is not None else f"it has no {node.field}"
    moment = field.moment(document) if field.moment else None
    return f"it was published {day(instant(moment))}" if moment else "it has no date"


def figure(value: float) -> str:
    """A number as people write it: 4, 2.5, 1,500,000."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,}"


def day(seconds: float) -> str:
    """A moment (seconds since 1970) as the day in UTC, with the time where it is not midnight."""
    there = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{there:%Y-%m-%d}" if seconds % 86_400 == 0 else f"{there:%Y-%m-%d %H:%M} UTC"


def _phrase(phrase: Phrase, document: Document) -> str:
    """What of a phrase is there, when the phrase is not."""
    if len(phrase.pieces) > 1 and all(_has(piece, phrase, document) for piece in phrase.pieces):
        return "its words are there, but not next to each other"
    other = _OTHER.get(phrase.fields)
    if other and Matcher(Query("", replace(phrase, fields=(other,)))).match(document):
        return f"it is in the {other} only"
    if phrase.fields[:2] == ("title", "text"):
        return _ABSENT
    field = phrase.fields[0]
    there = words_of(document, field).text
    if not there:
        return f"it has no {_NOUNS.get(field, field)}"
    return f"the author is “{there[:60]}”" if field == "author" else f"not in the {_NOUNS.get(field, field)}"


def _otherwise(node: Written, spans: tuple[Span, ...], document: Document) -> str:
    if node.kind in ("exact", "as-written"):
        seen = dict.fromkeys(text_of(document, span) for span in spans)
        return "there as " + ", ".join(f"“{one}”" for one in list(seen)[:3]) + ", not written so"
    return f"its words are there, but not as a {node.kind}"


def _has(piece: Piece, node: Phrase | Within, document: Document) -> bool:
    return Matcher(Query("", Phrase(node.fields, (piece,), 1, piece.letters))).match(document) is not None


def _near(found: Trace, node: Near, document: Document) -> str:
    if lacking := _lacking_parts(found):
        return lacking
    gaps = list(_gaps(found.parts, document))
    in_order = [between for between, ordered in gaps if ordered]
    if not gaps:
        apart = not {span.field for span in found.parts[0].spans} & {span.field for span in found.parts[1].spans}
        return "one is in the title, the other in the text" if apart else _SHARED
    if node.ordered and not in_order:
        return "both are there, in the other order"
    between = min(in_order if node.ordered else [gap for gap, _ in gaps])
    if between <= node.distance:
        return _SHARED
    return f"both are there, {_words(between)} between them; at most {node.distance} allowed"


def _gaps(parts: tuple[Trace, ...], document: Document) -> Iterator[tuple[int, bool]]:
    """For each place of the left part and its neighbours of the right one: the words between, and whether in order."""
    left, right = parts
    for one in left.spans:
        near_by = bisect_left(right.spans, one)
        for other in right.spans[max(0, near_by - 1) : near_by + 2]:
            if one.field == other.field and one != other:
                (first, last), (begin, end) = _positions(document, one), _positions(document, other)
                yield max(0, max(first, begin) - min(last, end) - 1), begin > last


def _positions(document: Document, span: Span) -> tuple[int, int]:
    """The first and the last word of a span, by their positions; the span may begin with a sign, such as #."""
    words = words_of(document, span.field)
    return bisect_right(words.ends, span.start), bisect_left(words.starts, span.end) - 1


def _sentence(found: Trace, document: Document, *, ordered: bool) -> str:
    if lacking := _lacking_parts(found):
        return lacking
    plain = Matcher(Query("", replace(found.node, ordered=False))) if ordered else None  # type: ignore[arg-type]
    if plain and plain.match(document):
        return "all are in one sentence, in another order"
    return "all are there, but not in one sentence"


def _lacking_parts(found: Trace) -> str:
    missing = [part for part in found.parts if not part.holds]
    return "; ".join(_named(part) for part in missing)


def _named(part: Trace) -> str:
    match part.node:
        case Phrase(written=written) | Within(written=written) | Written(phrase=Phrase(written=written)):
            return f"“{written}” is not there" if part.why == _ABSENT else f"“{written}”: {part.why}"
        case Or():
            return "one side is not there"
        case _:
            return part.why


def _lacking(words: list[str]) -> str:
    return f"{', '.join(f'“{word}”' for word in words)} {'is' if len(words) == 1 else 'are'} not there" if words else ""


def _words(count: int) -> str:
    return f"{count} word{'' if count == 1 else 's'}"


def words_of(document: Document, field: str) -> Words:
    """The words of a field in which spans are given."""
    read = FIELDS[field].words
    assert read is not None, "only fields of words have spans"
    return read(document)


def told_spans(root: Trace) -> tuple[Span, ...]:
    """What is worth marking in the document: what was found, and what should not have been there."""
    return _spans_of(_told(root))


def _told(one: Trace) -> Iterator[Trace]:
    yield one
    if isinstance(one.node, Not) and one.holds:
        return
    for part in one.parts:
        if part.holds or not one.holds:
            yield from _told(part)


def text_of(document: Document, span: Span) -> str:
    """What stands in the document at `span`."""
    return words_of(document, span.field).text[span.start : span.end]
