"""Everything that a search finds, as a file: CSV, XLSX, JSON lines, Parquet. Written row by row, whatever their number.

Tables are for people: what would be a formula is text, labels are words. JSON lines hold all that is stored.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, Literal, Protocol, TypeVar

from monitor.audience import audience
from monitor.errors import Refused
from monitor.searches import NOTED, Found, as_json

MOST_ROWS = 1_048_575
"""Mentions that a sheet of a workbook holds, beside its header."""
MOST_LETTERS = 32_767
"""Characters that a cell of a workbook holds."""
ROWS_AT_ONCE = 1_000

T = TypeVar("T")

_FORMULA = re.compile(r"^[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@\t\r\n\x00＝＋－＠]")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Sink(Protocol):
    """What a file is written into, from its beginning to its end."""

    def write(self, data: bytes, /) -> int: ...


# ---- columns of tables -----------------------------------------------------------------------------------------------

Kind = Literal["text", "texts", "whole", "number", "moment"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    kind: Kind
    of: Callable[[Found], Any]
    """None where there is nothing; of "texts" a tuple; of "moment" an aware datetime."""
    width: int
    """In a workbook: characters."""


def _fact(name: str, kind: Kind = "text", width: int = 12) -> Column:
    return Column(name, kind, lambda found: getattr(found.mention, name), width)


def _score(name: str, scorer: str = "", width: int = 16) -> Column:
    return Column(name, "texts", lambda found: labels(found, scorer or name), width)


def _heard(name: str) -> Column:
    return Column(name, "number", lambda one: getattr(audience(one.mention.extra, one.mention.kind), name), 11)


def _noted(name: str, found: Found) -> tuple[str, ...]:
    return found.stands(name)


COLUMNS = (
    _fact("id", "whole", 9),
    _fact("url", width=30),
    _fact("title", width=30),
    _fact("text", width=80),
    _fact("author", width=18),
    _fact("published", "moment", 18),
    _fact("source", width=18),
    _fact("kind", width=9),
    _fact("rating", "number", 8),
    _fact("rating_max", "number", 10),
    _fact("lang", width=6),
    Column("brands", "texts", lambda found: found.brands, 16),
    Column("sentiment", "text", lambda found: found.sentiment, 10),
    _score("topics", width=24),
    _score("touchpoints", width=20),
    _score("stage"),
    _score("need", width=20),
    _score("emotion"),
    _heard("reach"),
    _heard("engagement"),
    _heard("followers"),
    *(Column(name, "texts", partial(_noted, name), 14) for name in NOTED),
    Column("corrected", "texts", lambda found: found.corrected, 14),
    _fact("collected", "moment", 18),
    _fact("revision", "whole", 8),
)


def labels(found: Found, scorer: str) -> tuple[str, ...]:
    """What a scorer heard in it, the likeliest first."""
    answer = found.answers.get(scorer)
    several = answer if isinstance(answer, list) else [answer] if isinstance(answer, Mapping) else []
    return tuple(one["label"] for one in several if one.get("label") not in (None, "", "none"))


# ---- CSV -------------------------------------------------------------------------------------------------------------


def csv_rows(found: Iterable[Found]) -> Iterator[list[Any]]:
    """The header and the rows, ready for a spreadsheet: what would be a formula is text."""
    yield [column.name for column in COLUMNS]
    for one in found:
        yield [_csv_cell(column.of(one)) for column in COLUMNS]


def _csv_cell(value: Any) -> Any:
    if isinstance(value, tuple):
        value = ", ".join(value)
    elif hasattr(value, "isoformat"):
        value = value.isoformat().replace("+00:00", "Z")
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _write_csv(found: Iterable[Found], out: Sink) -> str:
    text = io.StringIO(newline="")
    table = csv.writer(text)
    out.write(b"\xef\xbb\xbf")  # without it, Excel takes UTF-8 for the letters of Windows
    for rows in _at_once(csv_rows(found)):
        table.writerows(rows)
        out.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()
    return ""


# ---- JSON lines ------------------------------------------------------------------------------------------------------


def lossless(found: Found) -> dict[str, Any]:
    """All that is stored of a mention; `overheard import` reads it back."""
    mention = found.mention
    return as_json(found) | {
        "kind": mention.kind,
        "source_kind": mention.source_kind,
        "collected": mention.collected.isoformat().replace("+00:00", "Z"),
        "rating_max": mention.rating_max,
        "rating_kind": mention.rating_kind,
        "revision": mention.revision,
        "flags": list(mention.flags),
        "extra": dict(mention.extra),
        "spans": [list(span) for span in found.spans],
    }


def _write_jsonl(found: Iterable[Found], out: Sink) -> str:
    for some in _at_once(found):
        out.write("".join(json.dumps(lossless(one), ensure_ascii=False) + "\n" for one in some).encode())
    return ""


# ---- XLSX ------------------------------------------------------------------------------------------------------------


def _write_xlsx(found: Iterable[Found], out: Sink) -> str:
    from xlsxwriter import Workbook

    book = Workbook(out, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet("Mentions")
    head = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
    as_text = book.add_format({"quote_prefix": True, "valign": "top"})
    plain, moment = book.add_format({"valign": "top"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.freeze_panes(1, 0)
    for at, column in enumerate(COLUMNS):
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, f"{column.name} (UTC)" if column.kind == "moment" else column.name, head)
    written, left_out = 0, False
    for one in found:
        if written == MOST_ROWS:
            left_out = True
            break
        written += 1
        for at, column in enumerate(COLUMNS):
            value = column.of(one)
            if value is None or value == "" or value == ():
                continue
            if column.kind == "moment":
                sheet.write_datetime(written, at, value.replace(tzinfo=None), moment)
            elif column.kind in ("whole", "number"):
                sheet.write_number(written, at, value, plain)
            else:
                text = _cell_text(", ".join(value) if column.kind == "texts" else value)
                sheet.write_string(written, at, text, as_text if _FORMULA.match(text) else plain)
    sheet.autofilter(0, 0, max(written, 1), len(COLUMNS) - 1)
    note = f"A sheet holds {MOST_ROWS:,} mentions: the older ones are left out. CSV holds all." if left_out else ""
    if note:
        book.add_worksheet("Left out").write_string(0, 0, note)
    book.close()
    return note


def _cell_text(text: str) -> str:
    text = _NO_XML.sub("\ufffd", text)
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"


# ---- Parquet ---------------------------------------------------------------------------------------------------------


def _write_parquet(found: Iterable[Found], out: Sink) -> str:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        raise Refused(
            'Parquet needs one more package: pip install "overheard[export]". CSV, XLSX and JSONL need nothing.'
        ) from None
    types = {
        "text": arrow.string(),
        "texts": arrow.list_(arrow.string()),
        "whole": arrow.int64(),
        "number": arrow.float64(),
        "moment": arrow.timestamp("us", tz="UTC"),
    }
    columns = (*COLUMNS, *_BESIDE)
    schema = arrow.schema([(column.name, types[column.kind]) for column in columns])
    with parquet.ParquetWriter(out, schema, compression="zstd") as file:
        for some in _at_once(found):
            arrays = [arrow.array([column.of(one) for one in some], types[column.kind]) for column in columns]
            file.write_batch(arrow.record_batch(arrays, schema=schema))
    return ""


_BESIDE = (
    _fact("source_kind"),
    _fact("rating_kind"),
    _fact("flags", "texts"),
    Column("extra", "text", lambda found: json.dumps(dict(found.mention.extra), ensure_ascii=False), 0),
    Column("scores", "text", lambda found: json.dumps(dict(found.answers), ensure_ascii=False), 0),
)
"""Columns for programs alone; the last two hold JSON."""


# ---- all of them -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file."""

    media_type: str
    write: Callable[[Iterable[Found], Sink], str]


FORMATS: Mapping[str, Format] = {
    "csv": Format("text/csv; charset=utf-8", _write_csv),
    "jsonl": Format("application/x-ndjson", _write_jsonl),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _write_xlsx),
    "parquet": Format("application/vnd.apache.parquet", _write_parquet),
}
"""By the ending of a file's name."""


def _at_once(rows: Iterable[T]) -> Iterator[tuple[T, ...]]:
    coming = iter(rows)
    while some := tuple(islice(coming, ROWS_AT_ONCE)):
        yield some


def write(form: str, found: Iterator[Found], out: Sink) -> str:
    """Write all of it; what its reader must know, or nothing. Nothing is written before the search has begun well."""
    first = next(found, None)
    return FORMATS[form].write(found if first is None else chain((first,), found), out)
