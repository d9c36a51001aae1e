"""Lines with known answers, in the forms that public sets come in, as questions with their labels.

What no form fits is a `Bad` line with its number and the reason; it never ends the reading.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.asking import unusable
from models.encoder import Asked
from models.evaluation.forms import Labels, Record, Unfit, Vocabulary, form_of, vocabulary_of
from models.train.data import UMSAB

# Files and sets that name a language by its word.
LANGUAGES: Mapping[str, str] = {**UMSAB, "english": "en"}
# Fields that part the rows, and the name under which figures are given for each part.
PARTS: Mapping[str, tuple[str, ...]] = {
    "lang": ("lang", "language"),
    "source": ("source", "domain"),
    "brand": ("brand",),
}


class NotGold(ValueError):
    """No line of a file can be used. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Gold:
    """One question with its right answers. `labels` maps a head to its class, or to several.

    `file` and `line` say where it stands, `text` is as written, `parts` what it belongs to (lang, source, brand).
    """

    file: str
    line: int
    text: str
    asked: Asked
    labels: Labels
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that cannot be used, and why."""

    file: str
    line: int
    why: str


@dataclass(frozen=True, slots=True)
class GoldSet:
    """What one or several files hold. `lines` counts all that are not blank."""

    rows: tuple[Gold, ...]
    bad: tuple[Bad, ...]
    lines: int


@dataclass(frozen=True, slots=True)
class _Line:
    file: str
    number: int
    record: Record


def read_gold(files: Sequence[Path], renamed: Mapping[str, str] | None = None, limit: int | None = None) -> GoldSet:
    """The questions of all files. `renamed` says what labels mean, `limit` how many lines are drawn at most.

    Lines are drawn by the hash of their text: always the same, and all of one text together. Raises NotGold, and
    OSError for a file that cannot be read.
    """
    read = [found for file in files for found in _lines(file)]
    lines = _drawn([one for one in read if isinstance(one, _Line)], limit)
    bad = [one for one in read if isinstance(one, Bad)]
    total = len(lines) + len(bad)
    records = [_renamed(line.record, renamed or {}) for line in lines]
    vocabulary = vocabulary_of(records)
    rows: list[Gold] = []
    for line, record in zip(lines, records, strict=True):
        try:
            rows += _golds(line, record, vocabulary, len(files) > 1)
        except Unfit as reason:
            bad.append(Bad(line.file, line.number, str(reason)))
    if not rows:
        raise NotGold(_nothing(files, bad, records))
    return GoldSet(tuple(rows), tuple(sorted(bad, key=lambda one: (one.file, one.line))), total)


def _lines(file: Path) -> Iterator[_Line | Bad]:
    with file.open("rb") as content:
        for number, raw in enumerate(content, start=1):
            if not raw.strip():
                continue
            try:
                found = json.loads(raw.decode("utf-8-sig"))
            except UnicodeDecodeError:
                yield Bad(file.name, number, "the line is not UTF-8")
                continue
            except (ValueError, RecursionError):
                yield Bad(file.name, number, "the line is not JSON")
                continue
            if not isinstance(found, dict):
                yield Bad(file.name, number, "the line is not a JSON object")
            elif reason := unusable(found.get("text")):
                yield Bad(file.name, number, reason)
            else:
                yield _Line(file.name, number, found)


def _drawn(lines: Sequence[_Line], limit: int | None) -> list[_Line]:
    if limit is None or len(lines) <= limit:
        return list(lines)
    order = sorted(lines, key=lambda line: (zlib.crc32(line.record["text"].encode("utf-8", "replace")), line.number))
    return sorted(order[:limit], key=lambda line: (line.file, line.number))


def _renamed(record: Record, names: Mapping[str, str]) -> Record:
    """The record with its `label` as the user's mapping says; what is not in the mapping stays."""
    if not names or "label" not in record:
        return record
    return {**record, "label": names.get(str(record["label"]), record["label"])}


def _golds(line: _Line, record: Record, vocabulary: Vocabulary | None, several_files: bool) -> Iterable[Gold]:
    parts = _parts(record)
    if several_files:
        parts.setdefault("source", line.file.removesuffix(".jsonl"))
    for asked, labels in form_of(record, vocabulary)(record):
        yield Gold(line.file, line.number, record["text"], asked, labels, parts)


def _parts(record: Record) -> dict[str, str]:
    found = {
        part: next((str(record[field]) for field in fields if isinstance(record.get(field), str)), "")
        for part, fields in PARTS.items()
    }
    found["lang"] = LANGUAGES.get(found["lang"].lower(), found["lang"])
    return {part: value for part, value in found.items() if value}


def _nothing(files: Sequence[Path], bad: Sequence[Bad], records: Sequence[Record]) -> str:
    named = ", ".join(str(file) for file in files)
    if not bad:
        return f"{named}: there is no line in it."
    labels = Counter(str(record["label"]) for record in records if isinstance(record.get("label"), str | int))
    if not labels:
        return f"{named}: no line can be used. Line {bad[0].line}: {bad[0].why}."
    shown = ", ".join(f'"{label}"' for label, _ in labels.most_common(6)) + (", …" if len(labels) > 6 else "")
    return (
        f"{named}: the labels {shown} belong to none of our scorers. Say what they mean, such as "
        f"--labels {_example(sorted(labels))} (negative, neutral, positive; an emotion; or a need)."
    )


def _example(labels: Sequence[str]) -> str:
    """A mapping to copy: reviews in stars as people count them, anything else by its first label."""
    known: Mapping[tuple[str, ...], str] = {
        ("0", "1"): "0=negative,1=positive",
        ("0", "1", "2"): "0=negative,1=neutral,2=positive",
        ("0", "1", "2", "3", "4"): "0=negative,1=negative,2=neutral,3=positive,4=positive",
        ("1", "2", "3", "4", "5"): "1=negative,2=negative,3=neutral,4=positive,5=positive",
    }
    return known.get(tuple(labels), f'"{labels[0]}=negative"')


def renaming(written: str) -> dict[str, str]:
    """A mapping as the user writes it: "0=negative,1=positive". Raises NotGold."""
    pairs = [piece.partition("=") for piece in written.split(",") if piece.strip()]
    wrong = next((before for before, equals, after in pairs if not equals or not after.strip()), None)
    if wrong is not None:
        raise NotGold(f'--labels "{written}": write each as LABEL=MEANING, such as 0=negative,1=positive.')
    return {before.strip(): after.strip() for before, _, after in pairs}


def opposed(rows: Sequence[Gold]) -> dict[tuple[str, str], list[int]]:
    """Places of the rows that ask towards a target, by their text, where a text has targets of opposite sentiment."""
    by_text: dict[tuple[str, str], list[int]] = {}
    for at, row in enumerate(rows):
        if row.labels.get("brand_sentiment") in ("negative", "positive"):
            by_text.setdefault((row.file, row.text), []).append(at)
    return {text: places for text, places in by_text.items() if len(_polarities(rows, places)) == 2}


def _polarities(rows: Sequence[Gold], places: Sequence[int]) -> set[Any]:
    return {rows[at].labels["brand_sentiment"] for at in places}
