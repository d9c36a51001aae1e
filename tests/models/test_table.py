"""models/README.md is kept true: one row a scorer, and the figures of the shipped weights."""

import re
from pathlib import Path

import pytest

from models import judge as judges
from models.judge import Judge
from models.train.card import read_reports, tables, write_tables
from models.weights import SHIPPED, read_manifest

README = Path(judges.__file__).with_name("README.md")


def test_the_table_has_one_row_for_each_scorer(judge: Judge) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (text|brand) \|", README.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert rows == {scorer.name: scorer.needs for scorer in judge.scorers}


def test_the_tables_show_the_figures_as_they_were_measured() -> None:
    reports = read_reports()
    assert "english" in reports
    assert tables(reports) in README.read_text(encoding="utf-8"), "python -m models.train.card --tables"


@pytest.mark.parametrize("name", sorted(read_reports()))
def test_the_figures_are_those_of_the_shipped_weights(name: str) -> None:
    version = read_manifest(SHIPPED / name).version
    assert read_reports()[name]["asked"]["encoders"] == {name: version}, "python -m models.train.card --data DATA"


def test_every_picture_of_the_card_is_there() -> None:
    found = re.findall(r"\]\((\.\./docs/models/[\w.-]+)\)", README.read_text(encoding="utf-8"))
    assert found
    assert [path for path in found if not (README.parent / path).exists()] == []


def test_tables_are_written_between_the_marks_and_nothing_else_is_touched(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n")
    for _ in range(2):
        write_tables(readme, read_reports())
    text = readme.read_text()
    assert text.startswith("before\n<!-- figures -->\n")
    assert text.endswith("\n<!-- end of figures -->\nafter\n")
    assert "old" not in text
    assert text.count("| scorer | set |") == len(read_reports())
