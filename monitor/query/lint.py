"""What is likely not meant in a query: what can never match, what changes nothing, what finds far too much or too
little; each with its place, plain words and, where it is certain, what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from monitor.query.parse import parse
from monitor.query.problem import QueryError, pointed
from monitor.query.suspect import RULES, Edit, Suspicion
from monitor.query.tree import Query

Severity = Literal["error", "warning", "hint"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")
"""From the worst: a query that cannot be used or never matches; one that likely is not what was meant; a thought."""
MOST = 50
"""Findings of one rule: who has mended these asks again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say of a query, at the characters `start` to before `end`."""

    severity: Severity
    message: str
    start: int
    end: int
    advice: str = ""
    instead: str = ""
    """The whole query without this fault, where what was meant is certain."""
    edits: tuple[Edit, ...] = ()

    def shown(self, query: str) -> str:
        """The finding as people read it: severity, line, column, a caret under the place, what to do."""
        at = pointed(query, self.start, self.end)
        lines = [f"{self.severity}, line {at.line}, column {at.column}: {self.message}"]
        if at.shown.strip():
            lines += [f"  {at.shown}", f"  {at.caret}"]
        return "\n".join([*lines, self.advice] if self.advice else lines)


def lint(query: str, *, as_view: bool = False) -> tuple[Finding, ...]:
    """What is to be said of `query`, in the order of its places. A query that cannot be read is one error."""
    try:
        read = parse(query, as_view=as_view)
    except QueryError as error:
        return (Finding("error", error.problem, error.start, error.end, error.advice),)
    found = list(dict.fromkeys(_finding(read, suspicion) for rule in RULES for suspicion in islice(rule(read), MOST)))
    hopeless = worst(found) == "error"
    told = [one for one in found if one.severity != "hint" or not (hopeless or _outdone(one, found))]
    return tuple(sorted(told, key=lambda one: (one.start, SEVERITIES.index(one.severity), one.end)))


def _outdone(hint: Finding, found: Sequence[Finding]) -> bool:
    """Whether something graver, or a hint of an earlier rule, is said of the same place: more would be noise."""
    there = [one for one in found if (one.start, one.end) == (hint.start, hint.end)]
    return there[0] is not hint or any(one.severity != "hint" for one in there)


def _finding(query: Query, suspicion: Suspicion) -> Finding:
    place, text = suspicion.place, query.text
    found = Finding(suspicion.severity, suspicion.message, place.start, place.end, suspicion.advice)
    changed = _edited(text, suspicion.edits)
    if not suspicion.edits or not _means(changed, query, suspicion):
        return found
    return replace(found, instead=changed, edits=suspicion.edits)


def _means(changed: str, query: Query, suspicion: Suspicion) -> bool:
    """Whether the changed text can be read, and means what the rule says it means: brackets may be in the way."""
    try:
        root = parse(changed, as_view=query.as_view).root
    except QueryError:
        return False
    return suspicion.meant is None or root == suspicion.meant


def _edited(text: str, edits: Iterable[Edit]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def mended(query: str, findings: Sequence[Finding], *, as_view: bool = False) -> str:
    """`query` with everything changed at once that findings know how to change; empty where there is nothing to
    change, or an error that only its writer can mend."""
    if worst(findings) == "error":
        return ""
    taken: list[Edit] = []
    for finding in findings:
        if finding.edits and not any(_overlap(one, other) for one in finding.edits for other in taken):
            taken += finding.edits
    changed = _edited(query, taken)
    try:
        parse(changed, as_view=as_view)
    except QueryError:
        return next((one.instead for one in findings if one.instead), "")
    return changed if taken else ""


def _overlap(one: Edit, other: Edit) -> bool:
    return one.start < other.end and other.start < one.end


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among them; None where there are none."""
    there = {finding.severity for finding in findings}
    return next((severity for severity in SEVERITIES if severity in there), None)
