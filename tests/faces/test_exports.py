"""Everything that a search finds, as a file: read back by programs that are not ours."""

from __future__ import annotations

import csv
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from monitor import searches
from monitor.errors import Refused
from monitor.faces import exports
from monitor.faces.exports import FORMATS
from monitor.mention import Mention
from monitor.searches import Found, Search
from monitor.store import mentions
from monitor.store.engine import Store
from monitor.store.lock import WriteLock
from sources import table as table_source
from sources.base import Item
from sources.table import items_in

FORMULAS = Path(__file__).parents[2] / ".." / "shared" / "corpora" / "security" / "own" / "csv-formula.jsonl"
CONFIG = '[scoring]\nenabled = false\n[[brand]]\nname = "Acme"\n'
ROWS: list[dict[str, Any]] = [
    {"id": 1, "title": "Lovely", "text": 'Acme is "lovely";\nreally', "author": "Ann", "rating": 4, "rating_max": 5,
     "published": "2026-11-20T10:00:00Z", "url": "https://blog.example/a?b=1&c=2", "lang": "en", "kind": "review"},
    {"id": 2, "text": "=cmd|' /C calc'!A0 acme", "author": "@eve", "published": "2026-11-20T11:00:00Z"},
    {"id": 3, "text": "Acme ist schön 🎉", "published": "2026-11-20T12:00:00Z", "likes": 12, "views": 3400},
    {"id": 4, "text": "acme " + "long " * 6_000, "published": "2026-11-20T13:00:00Z"},
]  # fmt: skip
FOUND = Found(
    Mention(
        7, "desk", "webhook", "post", "", "", "said", "", datetime(2026, 11, 21, tzinfo=UTC),
        datetime(2026, 11, 21, tzinfo=UTC), "en",
    ),
    ("Acme", "Bolt"),
    {
        "sentiment": {"label": "negative"},
        "topics": [{"label": "price", "score": 0.9}, {"label": "speed", "score": 0.6}],
        "emotion": {"label": "none"},
    },
    (("text", 0, 4),),
)  # fmt: skip


@pytest.fixture
def stored(run, folder) -> Path:
    """A database with a few mentions; its folder."""
    (folder / "config.toml").write_text(CONFIG)
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    assert run("import", "rows.jsonl").returncode == 0
    return folder


def written(form: str, *found: Found) -> bytes:
    out = BytesIO()
    exports.write(form, iter(found), out)
    return out.getvalue()


def sheet(body: bytes | Path) -> list[list[Any]]:
    book = openpyxl.load_workbook(BytesIO(body) if isinstance(body, bytes) else body)
    return [list(row) for row in book["Mentions"].iter_rows(values_only=True)]


def table(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(body.decode("utf-8-sig").splitlines(keepends=True)))


def formulas() -> list[str]:
    if not FORMULAS.exists():
        return ["=1+1", "+A1", "-A1", "@SUM(1)", "\t=1+1", "\r=1", " =1+1", "＝1+1", '=HYPERLINK("http://e","x")']
    return [json.loads(line)["cell"] for line in FORMULAS.read_text(encoding="utf-8").splitlines()]


# ---- each format -----------------------------------------------------------------------------------------------------


def test_a_table_has_every_mention_that_matches_and_opens_in_a_spreadsheet_as_utf_8(run, stored):
    done = run("mentions", "acme", "--limit", "1", "--out", "all.csv")
    assert done.returncode == 0, done.stderr
    assert "Wrote 4 mentions to all.csv." in done.stderr
    body = (stored / "all.csv").read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    rows = table(body)
    assert [row["id"] for row in rows] == ["4", "3", "2", "1"], "newest first"
    assert rows[3]["text"] == 'Acme is "lovely";\nreally'
    assert rows[1]["text"] == "Acme ist schön 🎉"
    assert (rows[1]["reach"], rows[1]["engagement"]) == ("3400", "12")


def test_a_workbook_has_text_dates_and_numbers_as_what_they_are(run, stored):
    assert run("mentions", "acme", "--out", "all.xlsx").returncode == 0
    book = openpyxl.load_workbook(stored / "all.xlsx")
    page = book["Mentions"]
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:AC5"
    assert page.column_dimensions["D"].width > 60
    head, *rows = sheet(stored / "all.xlsx")
    by_name = [dict(zip(head, row, strict=True)) for row in rows]
    assert by_name[3]["published (UTC)"].isoformat() == "2026-11-20T10:00:00"
    assert by_name[3]["rating"] == 4
    assert by_name[3]["url"] == "https://blog.example/a?b=1&c=2"
    assert not [cell for row in page.iter_rows() for cell in row if cell.hyperlink]
    assert by_name[2]["text"].startswith("=cmd")


def test_a_parquet_file_has_typed_columns(run, stored):
    assert run("mentions", "acme", "--out", "all.parquet").returncode == 0
    types = dict(
        duckdb.sql(f"DESCRIBE SELECT * FROM '{stored / 'all.parquet'}'").project("column_name, column_type").fetchall()
    )
    assert types["published"] == types["collected"] == "TIMESTAMP WITH TIME ZONE"
    assert (types["id"], types["rating"], types["brands"]) == ("BIGINT", "DOUBLE", "VARCHAR[]")
    assert duckdb.sql(f"SELECT id, brands FROM '{stored / 'all.parquet'}' WHERE id = 2").fetchall() == [(2, ["Acme"])]


def test_a_parquet_file_tells_moments_to_the_microsecond(tmp_path):
    moment = datetime(2026, 11, 20, 11, 0, 0, 123456, tzinfo=UTC)
    (tmp_path / "one.parquet").write_bytes(
        written("parquet", replace(FOUND, mention=replace(FOUND.mention, published=moment)))
    )
    read = duckdb.sql(f"SELECT epoch_us(published) FROM '{tmp_path / 'one.parquet'}'").fetchall()
    assert read == [(round(moment.timestamp() * 1_000_000),)]


def test_json_lines_hold_all_that_is_stored(run, stored):
    assert run("mentions", "acme", "--out", "all.jsonl").returncode == 0
    lines = [json.loads(line) for line in (stored / "all.jsonl").read_text(encoding="utf-8").splitlines()]
    store = Store(stored / "overheard.db", write=False)
    found = list(store.reading(lambda connection: list(searches.everything(connection, Search("acme")))))
    store.close()
    for line, one in zip(lines, found, strict=True):
        kept = {name: getattr(one.mention, name) for name in Mention.__slots__}
        kept |= {name: kept[name].isoformat().replace("+00:00", "Z") for name in ("published", "collected")}
        kept["flags"] = list(one.mention.flags)
        assert {name: line[name] for name in kept} == kept
        assert line["spans"] == [list(span) for span in one.spans]
        assert line["scores"] == dict(one.answers)


def test_exported_lines_can_be_imported_and_give_the_same_mentions(run, stored, monkeypatch, tmp_path_factory):
    assert run("mentions", "--out", "all.jsonl").returncode == 0
    before = mentions_in(stored)
    other = tmp_path_factory.mktemp("other")
    (other / "config.toml").write_text(CONFIG)
    monkeypatch.chdir(other)
    done = run("import", str(stored / "all.jsonl"))
    assert "4 new" in done.stdout, done.stderr
    assert mentions_in(other) == before
    assert "4 known" in run("import", str(stored / "all.jsonl")).stdout


def test_what_is_imported_into_the_store_it_came_from_is_not_there_twice(run, stored):
    assert run("mentions", "--out", "all.jsonl").returncode == 0
    assert "0 new, 0 edited, 4 known" in run("import", "all.jsonl").stdout
    with WriteLock(stored / "overheard.db") as lock:
        assert lock.take()
        store = Store(stored / "overheard.db", write=True)
        store.writing(mentions.redact, 2)
        store.close()
    assert "0 new, 0 edited, 4 known" in run("import", "all.jsonl").stdout, "what was deleted does not come back"
    assert run("mentions", "--count").stdout == "3\n"


def test_an_exported_line_is_read_back_to_the_microsecond_and_with_its_nested_facts():
    moment = datetime(2026, 11, 20, 11, 0, 0, 123456, tzinfo=UTC)
    facts = {"outlet": {"name": "x"}, "tags": ["a", "b"], "e-mail": "left as it is"}
    mention = replace(FOUND.mention, published=moment, extra=facts, rating=0.5, rating_max=1.0, rating_kind="thumb")
    body = written("jsonl", replace(FOUND, mention=mention))
    (item,) = items_in(body, table_source.Config(path="x.jsonl"))
    assert isinstance(item, Item)
    assert (item.published, item.extra, item.rating_kind) == (moment, facts, "thumb")


def mentions_in(folder: Path) -> list[Mention]:
    """What is stored there, but for what the store itself gives: id, where and when it came in."""
    store = Store(folder / "overheard.db", write=False)
    found = store.reading(lambda connection: list(searches.everything(connection, Search())))
    store.close()
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    same = {"id": 0, "source": "", "source_kind": "", "collected": long_ago}
    return [replace(one.mention, **same) for one in found]


def test_scores_stand_in_tables_as_words():
    (row,) = table(written("csv", FOUND))
    assert (row["brands"], row["sentiment"], row["topics"], row["emotion"]) == (
        "Acme, Bolt",
        "negative",
        "price, speed",
        "",
    )
    head, values = sheet(written("xlsx", FOUND))
    assert dict(zip(head, values, strict=True))["topics"] == "price, speed"


# ---- what must not happen --------------------------------------------------------------------------------------------


def hostile() -> list[Found]:
    return [
        replace(FOUND, mention=replace(FOUND.mention, title=text, text=text, author=text, source=text, url=text))
        for text in formulas()
    ]


def test_no_cell_of_a_table_is_a_formula():
    starts = tuple("=+-@\t\r\n\0＝＋－＠")
    rows = table(written("csv", *hostile()))
    assert len(rows) >= len(formulas())
    for row in rows:
        for cell in row.values():
            assert not cell.lstrip(" \u200b\ufeff").startswith(starts), cell


def test_every_text_of_a_workbook_is_a_text():
    body = written("xlsx", *hostile())
    page = openpyxl.load_workbook(BytesIO(body))["Mentions"]
    kinds = {cell.data_type for row in page.iter_rows() for cell in row if isinstance(cell.value, str)}
    assert kinds <= {"s", "inlineStr"}
    assert page.max_row == len(formulas()) + 1
    odd = [cell for cell in page["D"][1:] if str(cell.value).startswith(("=", "+", "-", "@"))]
    assert odd
    assert all(cell.quotePrefix for cell in odd), "still a text after somebody edited it"


def test_letters_that_no_workbook_may_hold_do_not_break_it():
    text = "a\x00b\x0bc\ufffe" + "x" * 40_000
    odd = replace(FOUND, mention=replace(FOUND.mention, text=text, title="_x0041_"))
    head, row = sheet(written("xlsx", odd))
    told = dict(zip(head, row, strict=True))
    assert told["text"].startswith("a\ufffdb\ufffdc\ufffd")
    assert len(told["text"]) == exports.MOST_LETTERS
    assert unescape(told["title"]) == "_x0041_"


def test_a_workbook_that_is_full_says_so_in_itself_and_beside(monkeypatch):
    monkeypatch.setattr(exports, "MOST_ROWS", 3)
    out = BytesIO()
    note = exports.write("xlsx", iter([FOUND] * 5), out)
    assert "A sheet holds 3 mentions" in note
    book = openpyxl.load_workbook(BytesIO(out.getvalue()))
    assert book["Mentions"].max_row == 4
    assert book["Left out"]["A1"].value == note


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_found_is_a_file_without_mentions(form, tmp_path):
    (tmp_path / f"none.{form}").write_bytes(written(form))
    if form == "parquet":
        assert duckdb.sql(f"SELECT count(*) FROM '{tmp_path / 'none.parquet'}'").fetchall() == [(0,)]
    elif form == "xlsx":
        assert len(sheet(tmp_path / "none.xlsx")) == 1
    else:
        assert len((tmp_path / f"none.{form}").read_text().splitlines()) == (form == "csv")


class Counting:
    """Takes bytes and only counts them."""

    size = 0
    closed = False

    def write(self, data: bytes, /) -> int:
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        pass

    def tell(self) -> int:
        return self.size


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_memory_stays_the_same_however_much_there_is(form):
    def many() -> Iterator[Found]:
        for number in range(12_000):
            yield replace(FOUND, mention=replace(FOUND.mention, id=number, text=f"{number} " + "word " * 200))

    written(form, FOUND)  # what is loaded once
    tracemalloc.start()
    exports.write(form, many(), Counting())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12_000_000, "all of it would be 14 MB and more"


def test_an_error_in_a_search_leaves_no_file(run, stored):
    def files() -> set[str]:
        return {path.name for path in stored.iterdir() if not path.name.startswith("overheard.db")}

    before = files()
    for words in (["("], ["acme", "--brand", "Nobody"], ["like:999"]):
        done = run("mentions", *words, "--out", "all.csv")
        assert done.returncode == 2, words
    assert run("mentions", "--out", "all.doc").returncode == 2
    assert ".xlsx" in run("mentions", "--out", "all.doc").stderr
    assert run("mentions", "--out", "nowhere/all.csv").returncode == 2
    assert files() == before


def test_without_its_package_parquet_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Refused, match=r"overheard\[export\]"):
        written("parquet", FOUND)
