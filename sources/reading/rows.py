"""A table file (CSV of any delimiter and encoding, JSON lines, JSON list) to named rows; a bad row is reported."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sources.base import BadShape, Problem
from sources.reading.encoding import decoded

DELIMITERS = ",;\t|"
_LISTS = ("data", "items", "results", "records", "rows", "reviews", "comments", "mentions", "responses")
_MOST_RESTARTS = 100
_OTHER_FILES = (
    (b"PK\x03\x04", "a workbook or another ZIP archive; save its sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Office file; save its sheet as CSV"),
    (b"\x1f\x8b", "compressed; unpack it first"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"SQLite format 3\0", "a database; export its table as CSV"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_LOOKED_AT = 65_536
_CONTROL_SHARE = 20
"""A file is no text when more than one character in this many is a control character."""


class Row(NamedTuple):
    """One record and the line (or place in a JSON list) where it starts, counted from 1."""

    line: int
    values: dict[str, Any]


class Table(NamedTuple):
    """Names in their order, and the rows, among them those that cannot be used."""

    form: str
    """csv, jsonl or json."""
    names: list[str]
    rows: list[Row | Problem]
    delimiter: str = ""


def read_table(body: bytes, delimiter: str | None = None) -> Table:
    """Rows of a CSV, TSV, JSONL or JSON file. Raises `BadShape` for an empty, unreadable or binary one."""
    text = _text(body)
    start = text.lstrip()[:1]
    if not start:
        raise BadShape("line 1", "the file is empty")
    if start == "[":
        return _from_json(text)
    if start == "{":
        return _from_json_lines(text)
    return _from_csv(text, delimiter)


def _text(body: bytes) -> str:
    for mark, what in _OTHER_FILES:
        if body.startswith(mark):
            raise BadShape("line 1", f"this is {what}")
    text = decoded(body).removeprefix("\ufeff")
    start = text[:_LOOKED_AT]
    if len(_CONTROL.findall(start)) * _CONTROL_SHARE > len(start):
        raise BadShape("line 1", "this is not text; save it as CSV, TSV, JSONL or JSON, in UTF-8")
    return text.replace("\0", "")


def _from_json(text: str) -> Table:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadShape("$", f"not JSON: {error}") from error
    return _from_json_value(value)


def _from_json_value(value: Any) -> Table:
    records = _list_in(value)
    rows: list[Row | Problem] = [
        Row(at, record) if isinstance(record, dict) else Problem(f"item {at}", "not an object")
        for at, record in enumerate(records, 1)
    ]
    return Table("json", _names(rows), rows)


def _list_in(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    inner = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
    return [value] if inner is None else inner


def _from_json_lines(text: str) -> Table:
    try:
        return _from_json_value(json.loads(text))
    except (ValueError, RecursionError):
        pass  # more than one object: one a line
    rows: list[Row | Problem] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            rows.append(_json_row(number, line))
    if not any(isinstance(row, Row) for row in rows):
        raise BadShape("line 1", "no line holds a JSON object")
    return Table("jsonl", _names(rows), rows)


def _json_row(number: int, line: str) -> Row | Problem:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Problem(f"line {number}", f"not JSON: {error}")
    return Row(number, value) if isinstance(value, dict) else Problem(f"line {number}", "not an object")


def _names(rows: Sequence[Row | Problem]) -> list[str]:
    return list(dict.fromkeys(name for row in rows if isinstance(row, Row) for name in row.values))


def _from_csv(text: str, delimiter: str | None) -> Table:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    mark = delimiter or _delimiter(lines)
    records = list(_records(lines, mark))
    head = next((at for at, (_, cells) in enumerate(records) if isinstance(cells, list) and any(cells)), None)
    if head is None:
        raise BadShape("line 1", "no header line")
    names = _unique([cell.strip() for cell in records[head][1]])
    rows: list[Row | Problem] = []
    for line, cells in records[head + 1 :]:
        if isinstance(cells, str):
            rows.append(Problem(f"line {line}", cells))
        elif len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
            rows.append(Problem(f"line {line}", f"{len(cells)} values under {len(names)} column names"))
        elif any(cell.strip() for cell in cells):
            rows.append(Row(line, dict(zip(names, cells, strict=False))))
    return Table("csv", names, rows, mark)


def _delimiter(lines: list[str]) -> str:
    """The mark that splits the first lines into the most columns, the same number each time if possible."""

    def fitness(mark: str) -> tuple[int, int]:
        sample = [
            cells for _, cells in islice(_records(lines[:60], mark), 20) if isinstance(cells, list) and any(cells)
        ]
        widths = [len(cells) for cells in sample]
        if not widths or widths[0] < 2:
            return (0, 0)
        return (sum(width == widths[0] for width in widths) * 100 // len(widths), widths[0])

    return max(DELIMITERS, key=fitness)


def _records(lines: list[str], mark: str) -> Iterator[tuple[int, list[str] | str]]:
    """(first line, cells) of each record, or (line, why not). A quote that is never closed costs its own line only."""
    at = 0
    for _ in range(_MOST_RESTARTS):
        reader = csv.reader((line + "\n" for line in islice(lines, at, None)), delimiter=mark)
        start, began = at, at
        while True:
            began = start + reader.line_num
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield began + 1, f"cannot be read: {error}"
                break
            ran_on = reader.line_num - (began - start) > 1 and start + reader.line_num >= len(lines)
            if ran_on and cells and cells[-1].endswith("\n"):
                yield began + 1, "a quotation mark that is never closed"
                break
            yield began + 1, cells
        at = began + 1
    yield at + 1, "too many damaged lines: the rest is left out"


def _unique(names: list[str]) -> list[str]:
    """Names made distinct: an empty one is called by its place, a repeated one gets a number."""
    seen: dict[str, int] = {}
    distinct = []
    for place, name in enumerate(names, 1):
        name = name or f"column {place}"
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return distinct
