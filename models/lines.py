"""JSON lines in, the same lines with their scores out: the order and every key are kept."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from models.base import Question
from models.judge import BLOCK, Judge, Reading

Record = dict[str, Any]


def score_lines(lines: Iterable[str], judge: Judge) -> Iterator[str]:
    """One JSON line (without its line end) for each line, as `{"text": …, "brand": …?}` is judged.

    A line that cannot be used comes back with `skipped` and the reason. Works in blocks: memory does not grow.
    """
    lines = iter(lines)
    while block := list(islice(lines, BLOCK)):
        records = [_record(line) for line in block]
        readings = judge.read([_question(record) for record in records])
        for record, reading in zip(records, readings, strict=True):
            yield _written(_answered(record, reading))


def _record(line: str) -> Record:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {"skipped": f"the line is not JSON ({error})"}
    return found if isinstance(found, dict) else {"skipped": f"the line is {type(found).__name__}, not an object"}


def _question(record: Record) -> Question:
    brand = record.get("brand")
    return Question(record.get("text"), brand if isinstance(brand, str) else None)  # type: ignore[arg-type]


def _answered(record: Record, reading: Reading) -> Record:
    return record if "skipped" in record and "text" not in record else record | reading.as_json()


def _written(record: Record) -> str:
    line = json.dumps(record, ensure_ascii=False)
    # Half of a character (a lone surrogate) has no UTF-8; as an escape it comes back as it came.
    return line if line.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in line) else json.dumps(record)
