"""JSON lines in, the same lines with their scores out: the order and every key are kept."""

import json
import math
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, NoReturn

from models.base import Question
from models.judge import BLOCK, Judge

Record = dict[str, Any]
_KINDS: dict[type, str] = {str: "a string", list: "a list", dict: "an object"}


class _Asked(NamedTuple):
    record: Record
    flaw: str
    """Why it cannot be judged; empty when it can."""


def score_lines(lines: Iterable[str], judge: Judge) -> Iterator[str]:
    """One JSON line (without its line end) for each line, as `{"text": …, "brand": …?}` is judged.

    A line that cannot be used comes back with `skipped` and the reason. Works in blocks: memory does not grow.
    """
    lines = iter(lines)
    while block := list(islice(lines, BLOCK)):
        asked = [_asked(line) for line in block]
        readings = iter(judge.read([_question(record) for record, flaw in asked if not flaw]))
        for record, flaw in asked:
            yield _written(record | ({"skipped": flaw} if flaw else next(readings).as_json()))


def _asked(line: str) -> _Asked:
    try:
        # The byte order mark that some editors begin a file with is no part of its first line.
        found = json.loads(line.removeprefix("\ufeff"), parse_constant=_not_json, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        return _Asked({}, f"the line is not JSON ({error})")
    if not isinstance(found, dict):
        return _Asked({}, f"the line is {_kind(found)}, not an object")
    return _Asked(found, _flaw(found))


def _not_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _finite(number: str) -> float:
    """Python reads 1e999 as infinity, which JSON has no word for."""
    if math.isinf(value := float(number)):
        raise ValueError(f"{number[:40]} is too large a number")
    return value


def _flaw(record: Record) -> str:
    if record.get("text") is None:
        return "there is no text"
    wrong = (key for key in ("text", "brand") if not isinstance(record.get(key), str | None))
    return next((f"the {key} is {_kind(record[key])}, not a string" for key in wrong), "")


def _kind(value: object) -> str:
    """What a value is, in JSON's words."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return _KINDS.get(type(value), "a number")


def _question(record: Record) -> Question:
    return Question(record["text"], record.get("brand"))


def _written(record: Record) -> str:
    line = json.dumps(record, ensure_ascii=False)
    # Half of a character (a lone surrogate) has no UTF-8; as an escape it comes back as it came.
    return line if line.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in line) else json.dumps(record)
