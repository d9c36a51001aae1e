"""Finds the queries in a file: one, several between blank lines or a line each, or a table of names and queries."""

from __future__ import annotations

import csv
import io
import re
from typing import NamedTuple

from monitor.query.borrowed.dialect import Dialect
from monitor.query.borrowed.reader import read
from monitor.query.problem import QueryError

_NAMES = ("name", "query name", "queryname", "title", "topic", "search", "search name")
_QUERIES = ("query", "boolean", "boolean query", "booleanquery", "search query", "query string", "keywords")
_UNFINISHED = re.compile(r"(?:\b(?:AND|OR|NOT|O?NEAR(?:/\d+)?f?)|-)\s*$", re.IGNORECASE)
_CONTINUED = re.compile(r"\s+|(?:AND|OR|NOT|O?NEAR|O?SENTENCE)\b", re.IGNORECASE)


class Listed(NamedTuple):
    """A query of a file: its name, where it has one, and the line in which it begins, counted from 1."""

    name: str
    query: str
    line: int


def queries_in(text: str, dialect: Dialect) -> tuple[Listed, ...]:
    """The queries of a file's text, in order."""
    text = text.lstrip("\ufeff")
    return _table(text) or _paragraphs(text, dialect)


def _table(text: str) -> tuple[Listed, ...]:
    """The rows of a table with a heading for the query; empty where the text is none."""
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    heading = [cell.strip().strip('"').lower() for cell in first.split(separator)]
    query = next((index for index, cell in enumerate(heading) if cell in _QUERIES), None)
    if query is None or separator not in first:
        return ()
    name = next((index for index, cell in enumerate(heading) if cell in _NAMES), None)
    rows = csv.reader(io.StringIO(text), delimiter=separator)
    found, line = [], 1
    for row in rows:
        if line > 1 and len(row) > query and row[query].strip():
            found.append(Listed(row[name].strip() if name is not None else "", row[query], line))
        line = rows.line_num + 1
    return tuple(found)


def _paragraphs(text: str, dialect: Dialect) -> tuple[Listed, ...]:
    blocks: list[tuple[int, list[str]]] = []
    open_block = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and open_block:
            blocks[-1][1].append(line)
        elif line.strip():
            blocks.append((number, [line]))
        open_block = bool(line.strip())
    if len(blocks) == 1 and _line_each(blocks[0][1], dialect):
        start, lines = blocks[0]
        blocks = [(start + index, [line]) for index, line in enumerate(lines)]
    return tuple(Listed("", "\n".join(lines), start) for start, lines in blocks)


def _line_each(lines: list[str], dialect: Dialect) -> bool:
    """Whether each line is a query: it can be read alone, and no operator or indent joins it to its neighbours."""
    return all(not _UNFINISHED.search(line) and not _CONTINUED.match(line) and _whole(line, dialect) for line in lines)


def _whole(line: str, dialect: Dialect) -> bool:
    try:
        return read(line, dialect) is not None
    except QueryError:
        return False
