"""Matches a query against lines of JSON: `overheard query match QUERY < texts.jsonl`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.audience import known_of
from monitor.query.document import Document, Match
from monitor.query.matcher import Matcher
from monitor.query.parse import parse

_TEXTS = ("title", "text", "author", "url", "lang", "country", "source", "source_kind")
_SCORES = {
    "sentiment": "sentiment",
    "emotion": "emotion",
    "stage": "stage",
    "topic": "topic",
    "topics": "topic",
    "touchpoint": "touchpoint",
    "touchpoints": "touchpoint",
    "need": "need",
    "needs": "need",
}
"""Key of a line → the scorer that a field asks."""
_LABELS = {
    "brands": ("brands", "brand"),
    "teams": ("teams", "team"),
    "tags": ("tags", "tag"),
    "statuses": ("statuses", "status", "state"),
    "assignees": ("assignees", "assignee"),
    "has": ("has",),
    "marks": ("is",),
    "like": ("like",),
    "stories": ("stories", "story"),
    "themes": ("themes", "theme"),
}
"""What a document knows → the keys of a line that tell it."""
_NUMBERS = ("rating", "reach", "engagement", "followers")


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that could not be read; the others are matched all the same."""

    line: int
    """Counted from 1."""
    why: str


def match_lines(
    query: str,
    lines: Iterable[str],
    *,
    as_view: bool = False,
    report: Callable[[Problem], None] = lambda problem: None,
) -> Iterator[str]:
    """Each matching line of `lines` as a line of JSON with all its keys and `spans`; no line ends.

    Raises QueryError at once for a bad query. A line that is no JSON object is told to `report` and passed over.
    """
    return _matching(Matcher(parse(query, as_view=as_view)), lines, report)


def _matching(matcher: Matcher, lines: Iterable[str], report: Callable[[Problem], None]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = _row(line)
            match = matcher.match(document_of(row))
        except ValueError as error:
            report(Problem(number, str(error)))
            continue
        if match is not None:
            yield _dump({**row, "spans": spans_of(match)})


def spans_of(match: Match) -> list[dict[str, Any]]:
    """The spans of a match as JSON values."""
    return [{"field": span.field, "start": span.start, "end": span.end} for span in match.spans]


def _row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON that can be read: a number too long or brackets too deep") from error
    if not isinstance(row, dict):
        raise ValueError('not a JSON object: a line looks like {"title": "…", "text": "…"}')
    return row


def _dump(row: Mapping[str, Any]) -> str:
    line = json.dumps(row, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, as cut posts have it, cannot be printed as it is
        return json.dumps(row)
    return line


def document_of(row: Mapping[str, Any]) -> Document:
    """The document that a JSON object tells of; ValueError, naming the key, where a value has the wrong type."""
    texts = {key: _text(row, key) for key in _TEXTS if key in row}
    kind, extra = _text(row, "type") or _text(row, "kind"), row.get("extra")
    seen = known_of(_text(row, "title"), _text(row, "text"), kind, extra if isinstance(extra, Mapping) else {})
    told = {name: tuple(one for key in keys for one in _labels(row.get(key))) for name, keys in _LABELS.items()}
    numbers = {key: number for key in _NUMBERS if (number := _number(row, key)) is not None}
    facts: dict[str, Any] = {
        **seen,
        **texts,
        **told,
        **numbers,
        "has": seen["has"] + told["has"],
        "marks": seen["marks"] + told["marks"],
    }
    scores = row.get("scores")
    labels = {**(scores if isinstance(scores, Mapping) else {}), **{key: row[key] for key in _SCORES if key in row}}
    return Document(
        kind=kind,
        published=_published(row.get("published")),
        scores={_SCORES.get(key, key): _labels(value) for key, value in labels.items()},
        **facts,
    )


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f'"{key}" must be a text, not {json.dumps(value)[:40]}')
    return value


def _number(row: Mapping[str, Any], key: str) -> float | None:
    value = row.get(key)
    if value is None or value == "":
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f'"{key}" must be a number, not {str(value)[:40]}')
    return number


def _published(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f'"published" must be a time such as 2026-01-31T12:00:00Z, not {str(value)[:40]}') from error


def _labels(value: Any) -> tuple[str, ...]:
    """Labels in any of the shapes that our own commands write: "a", {"label": "a"}, or a list of these."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, int) and not isinstance(value, bool):
        return (str(value),)
    if isinstance(value, Mapping):
        return _labels(value.get("label"))
    if isinstance(value, list):
        return tuple(label for part in value if not isinstance(part, list) for label in _labels(part))
    return ()
