"""Tells how a query is read: with all its brackets, and with what its writer may not have meant; and why it matches
or does not match a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from monitor.query.document import Document, Span
from monitor.query.fields import DEFAULT_FIELDS, FIELDS
from monitor.query.text import is_unspaced
from monitor.query.trace import Trace, blamed, day, figure, holding, nearly, text_of
from monitor.query.tree import (
    And,
    Between,
    Host,
    Label,
    Near,
    Node,
    Not,
    Note,
    Or,
    Phrase,
    Query,
    Sentence,
    Within,
    Written,
)

_OPERATORS = ("AND", "OR", "NOT", "NEAR", "NEARf", "ONEAR", "ONEARf", "SENTENCE", "OSENTENCE")
"""Words that would be read as operators without quotes."""
WIDTH = 100
"""Columns that a reading may take before it goes on in the next line."""
_LEAST = 30
_LISTED = 3
"""So many places of one clause, or failed alternatives, are told; of the rest their number."""
_MOST = 30
"""Lines of what holds, and of what does not."""
_NEAR_BY = 60
_WHOLE = 600
"""Characters of a text that is shown whole; of a longer one what is around the marks."""


def explain(query: Query, width: int = WIDTH) -> str:
    """The reading, on one line where it fits into `width` columns, then one line for each note."""
    lines = laid_out(query.root, max(_LEAST, width))
    read = [f"Read as: {lines[0]}"] if len(lines) == 1 else ["Read as:", *lines]
    return "\n".join([*read, *(_told(query, note) for note in query.notes)])


def reading(node: Node) -> str:
    """`node` with every bracket shown; it parses again to the same meaning."""
    operator = _operator(node)
    match node:
        case And(parts=parts) | Or(parts=parts) | Sentence(parts=parts):
            return "(" + f" {operator} ".join(map(reading, parts)) + ")"
        case Near(left=left, right=right):
            return f"({reading(left)} {operator} {reading(right)})"
        case Not(part=part):
            return f"NOT {reading(part)}"
        case Label(field=field, value=value):
            return f'{field}:"{value}"' if " " in value else f"{field}:{value}"
        case Host(field=field, host=host):
            return f"{field}:{host}"
        case Between(field=field, written=written):
            return f"{field}:{written}"
        case Phrase() | Written() | Within():
            return _words(node)


def laid_out(node: Node, width: int = WIDTH) -> list[str]:
    """`node` with every bracket shown, in lines of about `width` columns, each bracket's content two columns in."""
    line = reading(node)
    if len(line) <= width:
        return [line]
    match node:
        case Not(part=part):
            first, *rest = laid_out(part, width - 4)
            return [f"NOT {first}", *rest]
        case And(parts=parts) | Or(parts=parts) | Sentence(parts=parts):
            return ["(", *(f"  {inner}" for inner in _filled(parts, _operator(node), width - 2)), ")"]
        case Near(left=left, right=right):
            return ["(", *(f"  {inner}" for inner in _filled((left, right), _operator(node), width - 2)), ")"]
        case _:
            return [line]


def _filled(parts: Iterable[Node], operator: str, width: int) -> Iterator[str]:
    """The parts joined by their operator; short ones share a line."""
    open_line = ""
    for number, part in enumerate(parts):
        first, *rest = laid_out(part, max(_LEAST, width))
        joined = f"{operator} {first}" if number else first
        if open_line and not rest and len(open_line) + 1 + len(joined) <= width:
            open_line += f" {joined}"
            continue
        if open_line:
            yield open_line
        open_line = "" if rest else joined
        if rest:
            yield from (joined, *rest)
    if open_line:
        yield open_line


def _operator(node: Node) -> str:
    match node:
        case And():
            return "AND"
        case Or():
            return "OR"
        case Near(distance=distance, ordered=ordered):
            return f"{'O' if ordered else ''}NEAR/{distance}"
        case Sentence(ordered=ordered):
            return f"{'O' if ordered else ''}SENTENCE"
        case _:
            return ""


def _words(node: Phrase | Written | Within) -> str:
    prefix = "" if node.fields[:2] == DEFAULT_FIELDS else f"{node.fields[0]}:"
    match node:
        case Within(written=written, distance=distance):
            return f'{prefix}"{written}"~{distance}'
        case Written(kind=kind, phrase=phrase):
            return prefix + _SPELLING[kind](phrase.written)
        case Phrase(written=written, pieces=pieces):
            wild = any("?" in piece.letters or (piece.open and not is_unspaced(piece.letters)) for piece in pieces)
            bare = (wild and not node.quoted) or (len(pieces) == 1 and written.isalnum() and written not in _OPERATORS)
            return prefix + (written if bare else f'"{written}"')


_SPELLING: dict[str, Callable[[str], str]] = {
    "exact": lambda written: f'++"{written}"' if "}" in written else f"{{{written}}}",
    "as-written": lambda written: f'+"{written}"',
    "tag": str,
    "handle": str,
    "domain": str,
}


def _told(query: Query, note: Note) -> str:
    start, end = note.place
    while query.text[end : end + 1] == ")" and query.text.count("(", start, end) > query.text.count(")", start, end):
        end += 1  # the place of a bracketed part ends before its bracket
    return f"Note: {note.message} ({_clipped(query.text[start:end])})"


def account(root: Trace, document: Document) -> str:
    """Whether the document matches, then each clause that decided it with what it found, one line each."""
    rest = _some(f"  {_held(clause, document)}" for clause in holding(root))
    if root.holds:
        return "\n".join(["It matches.", *rest])
    kept_out = _some(f"  {line}" for clause in blamed(root) for line in _failed(clause, document))
    return "\n".join(["It does not match. What keeps it out:", *kept_out, *(["What holds:", *rest] if rest else [])])


def _some(lines: Iterable[str]) -> list[str]:
    told = list(lines)
    return told if len(told) <= _MOST else [*told[:_MOST], f"  … and {len(told) - _MOST} more"]


def _held(clause: Trace, document: Document) -> str:
    if isinstance(clause.node, Not):
        return f"{_short(clause.node)}: {_absence(clause.parts[0])}"
    return f"{_short(clause.node)}: {_evidence(clause, document)}"


def _absence(part: Trace) -> str:
    facts = isinstance(part.node, Label | Host | Between)
    return part.why if facts else "not there"


def _failed(clause: Trace, document: Document) -> Iterator[str]:
    match clause.node:
        case Not():
            yield f"{_short(clause.node)}: it is there: {_evidence(clause.parts[0], document)}"
        case Or():
            facts = all(isinstance(part.node, Label | Host | Between) for part in clause.parts)
            some = nearly(clause) or (clause.parts[:1] if facts else ())
            yield f"{_short(clause.node)}: none of these {len(clause.parts)} {'holds' if some else 'is there'}"
            for part in some[:_LISTED]:
                deeper = isinstance(part.node, And)
                if deeper:
                    yield f"  closest is {_short(part.node)}"
                for blame in blamed(part):
                    yield from (f"{'    ' if deeper else '  '}{line}" for line in _failed(blame, document))
        case _:
            yield f"{_short(clause.node)}: {clause.why}{_wanted(clause.node)}"


def _wanted(node: Node) -> str:
    match node:
        case Label(value=value) | Host(host=value):
            return f"; wanted {value}"
        case Between(field=field):
            return f"; wanted {_span_of_time(node) if FIELDS[field].moment else _range(node)}"
        case _:
            return ""


def _range(node: Between) -> str:
    low, high = node.low, node.high
    if low is not None and high is not None:
        return figure(low) if low == high else f"{figure(low)} to {figure(high)}"
    if low is not None:
        return f"{'at least' if node.low_included else 'more than'} {figure(low)}"
    assert high is not None, "an interval has an end"
    return f"{'at most' if node.high_included else 'less than'} {figure(high)}"


def _span_of_time(node: Between) -> str:
    start = f"from {day(node.low)} on" if node.low is not None else ""
    end = f"before {day(node.high)}" if node.high is not None else ""
    return " and ".join(part for part in (start, end) if part)


def _evidence(part: Trace, document: Document) -> str:
    if not part.spans:
        facts = [clause.why for clause in holding(part) if clause.why]
        return ", ".join(facts) or "it holds"
    told = [f"“{_clipped(text_of(document, span))}” ({_where(span)})" for span in part.spans[:_LISTED]]
    more = len(part.spans) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")


def _where(span: Span) -> str:
    """Characters are counted from 1 for people, both ends included."""
    return f"{span.field} {span.start + 1}–{span.end}"


def _short(node: Node) -> str:
    return _clipped(reading(node))


def _clipped(text: str, most: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def pieces(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """`text` cut into pieces, each with whether it is marked; of a long text only what is around the marks."""
    marks = _merged(spans)
    if len(text) <= _WHOLE:
        yield from _cut(text, 0, len(text), marks)
        return
    for window in _merged((max(0, start - _NEAR_BY), min(len(text), end + _NEAR_BY)) for start, end in marks):
        yield ("…" if window[0] else "", False)
        yield from _cut(text, *window, [mark for mark in marks if window[0] <= mark[0] < window[1]])
    yield ("…" if marks and marks[-1][1] + _NEAR_BY < len(text) else "" if marks else text[:_WHOLE] + "…", False)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _cut(text: str, start: int, end: int, marks: Iterable[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    at = start
    for first, last in marks:
        yield text[at:first], False
        yield text[first:last], True
        at = last
    yield text[at:end], False
