"""How answers about queries look: the reading, why a text matches, what lint found, what was taken over."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import indent

from rich.text import Text

from monitor.config.editing import as_toml
from monitor.errors import Refused
from monitor.faces.show import console, counted, errors, plain
from monitor.query import Document, Finding, Problem, Query, QueryError, Span, account, mended, told_spans, trace, worst
from monitor.query.borrowed import Borrowed, Change, Listed, borrowed, grouped
from monitor.query.explain import WIDTH, explain, pieces
from monitor.query.problem import pointed

EVERY = 10.0
"""Seconds between two lines that tell how far a long matching has come."""
_LOOK = 1_000
COLORS = {"error": "bold red", "warning": "yellow", "hint": "cyan"}
_NAMED = 5
"""So many more of what is left out for one reason are named."""

KINDS = {"changed": "written otherwise", "meaning": "means something else", "left out": "left out"}
KIND_COLORS = {"changed": "dim", "meaning": "yellow", "left out": "red"}


def read_as(query: Query) -> None:
    """The reading, in as many columns as there are."""
    console.print(Text(plain(explain(query, min(WIDTH, console.width)))), soft_wrap=True)


def accounted(query: Query, document: Document) -> None:
    """Whether the document matches and why; below it the document with what was found marked."""
    told = trace(query, document)
    verdict, *rest = plain(account(told, document)).splitlines()
    console.print()
    console.print(Text(verdict, style="green" if told.holds else "red"), soft_wrap=True)
    for line in rest:
        console.print(Text(line), soft_wrap=True)
    console.print()
    spans = told_spans(told)
    for field in ("title", "text"):
        if shown := getattr(document, field):
            console.print(marked(shown, spans, field), soft_wrap=not console.is_terminal)


def marked(text: str, spans: Iterable[Span], field: str) -> Text:
    """Marks are colours on a terminal, »signs« elsewhere."""
    shown = Text()
    for piece, marked in pieces(plain(text), [(span.start, span.end) for span in spans if span.field == field]):
        if marked and console.is_terminal:
            shown.append(piece, style="bold yellow")
        else:
            shown.append(f"»{piece}«" if marked else piece)
    return shown


def linted(name: str, query: str, findings: Sequence[Finding], *, as_view: bool, as_json: bool) -> None:
    """What was found in one query, and the query with all of it mended that is certain."""
    instead = mended(query, findings, as_view=as_view)
    if as_json:
        print(json.dumps(_as_json(name, query, findings, instead), ensure_ascii=False))
        return
    console.print(Text(plain(f"{name or _one_line(query)}: {_summary(findings)}"), style="bold"), soft_wrap=True)
    for finding in findings:
        first, *rest = plain(finding.shown(query)).splitlines()
        head = Text(f"  {first}")
        head.stylize(COLORS[finding.severity], 2, 2 + len(finding.severity))
        console.print(head, soft_wrap=True)
        for line in rest:
            console.print(Text(f"  {line}"), soft_wrap=True)
    if instead:
        console.print(Text("  Write instead:", style="green"))
        for line in plain(instead).splitlines():
            console.print(Text(f"    {line}"), soft_wrap=True)
    console.print()


def _one_line(query: str) -> str:
    line = " ".join(query.split())
    return line if len(line) <= 60 else line[:59] + "…"


def _summary(findings: Sequence[Finding]) -> str:
    counts = [(severity, sum(one.severity == severity for one in findings)) for severity in COLORS]
    return ", ".join(counted(number, severity) for severity, number in counts if number) or "nothing to say"


def _as_json(name: str, query: str, findings: Sequence[Finding], instead: str) -> dict[str, object]:
    return {
        "brand": name,
        "query": query,
        "severity": worst(findings),
        "findings": [
            {
                "severity": one.severity,
                "message": one.message,
                "advice": one.advice,
                "line": (at := pointed(query, one.start, one.end)).line,
                "column": at.column,
                "start": one.start,
                "end": one.end,
                "instead": one.instead,
            }
            for one in findings
        ],
        "instead": instead,
    }


def taken_over(listed: Sequence[Listed], monitor: str, out: Path | None) -> int:
    """Our queries on standard output or in a file, the report on standard error; the exit code."""
    if out is not None and out.exists():
        raise Refused(f"{out} is there already: name another file.")
    came: list[tuple[Listed, Borrowed]] = []
    code = 0
    for one in listed:
        try:
            result = borrowed(one.query, monitor)
        except QueryError as error:
            _head(one, len(listed), "cannot be read", "red")
            errors.print(Text(plain(str(error))), soft_wrap=True)
            code = 2
            continue
        came.append((one, result))
        _reported(one, result, len(listed))
        if any(change.kind == "left out" for change in result.changes):
            code = max(code, 1)
    text = _file_of(came)
    if out is None:
        print(text, end="")
    elif text:
        out.write_text(text, encoding="utf-8")
        errors.print(Text(f"Wrote {out}."), soft_wrap=True)
    return code


def _file_of(came: Sequence[tuple[Listed, Borrowed]]) -> str:
    """Queries that have names as brands of a configuration, others between blank lines."""
    kept = [(one, result) for one, result in came if result.query]
    if not any(one.name for one, _ in kept):
        return "\n".join(f"{result.query}\n" for _, result in kept)
    return "\n".join(_brand(one.name or f"Query of line {one.line}", result) for one, result in kept)


def _brand(name: str, result: Borrowed) -> str:
    table = f"[[brand]]\nname = {as_toml(name)}\nquery = {_toml(result.query)}\n"
    return f"# A view, no brand's query: it only filters.\n{indent(table, '# ')}" if result.as_view else table


def _toml(query: str) -> str:
    """In three quotes where it goes over several lines, so that its layout stays."""
    if "\n" in query and "'''" not in query and "${" not in query:
        return f"'''\n{query}'''"
    return as_toml(query)


def _head(one: Listed, of: int, told: str, style: str = "bold") -> None:
    where = f"{one.name or 'query'} (line {one.line})" if of > 1 or one.name else "The query"
    errors.print(Text(plain(f"{where}: {told}"), style=style), soft_wrap=True)


def _reported(one: Listed, result: Borrowed, of: int) -> None:
    if not result.changes:
        _head(one, of, "taken over as it is", "green")
        return
    _head(one, of, "taken over" if result.query else "nothing of it can be kept")
    for change, others in grouped(result.changes):
        line = Text(f"  {KINDS[change.kind]}", style=KIND_COLORS[change.kind])
        line.append(plain(f", {_placed(one, change)}: {change.message}{_also(one, others)}"), style="not dim default")
        errors.print(line, soft_wrap=True)


def _placed(one: Listed, change: Change) -> str:
    return f"{one.line + change.line - 1}:{change.column}, {_one_line(change.written)}"


def _also(one: Listed, others: Sequence[Change]) -> str:
    """The other places of which the same is said; what is left out is named, as it is missing from now on."""
    named = [_placed(one, other) for other in others[:_NAMED] if other.kind == "left out"]
    unnamed = len(others) - len(named)
    more = [f"and {counted(unnamed, 'more place')}"] if unnamed else []
    return f" ({'also ' if named else ''}{'; '.join([*named, *more])})" if others else ""


def counting(lines: Iterable[str], matched: Callable[[], int]) -> Iterator[str]:
    """The lines themselves; of many it tells on standard error now and then how far it has come."""
    begun = last = time.monotonic()
    number = 0
    for number, line in enumerate(lines, start=1):
        yield line
        if number % _LOOK == 0 and (now := time.monotonic()) - last >= EVERY:
            last = now
            rate = number / (now - begun)
            errors.print(Text(f"{matched():,} of {number:,} lines match; {rate:,.0f} lines a second"), soft_wrap=True)


def unreadable(problem: Problem) -> None:
    """Tells of a line of input that cannot be read."""
    print(f"line {problem.line}: {problem.why}", file=sys.stderr)
