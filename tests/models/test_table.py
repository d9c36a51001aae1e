"""models/README.md is kept true: one row a scorer, and the figures of the shipped weights."""

import json
import re
from pathlib import Path

from models import judge as judges
from models.judge import Judge
from models.train.card import tables

README = Path(judges.__file__).with_name("README.md")


def test_the_table_has_one_row_for_each_scorer(judge: Judge) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (text|brand) \|", README.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert rows == {scorer.name: scorer.needs for scorer in judge.scorers}


def test_the_figures_are_those_of_the_shipped_weights(weights_folder: Path) -> None:
    manifest = json.loads((weights_folder / "manifest.json").read_text())
    assert tables(manifest) in README.read_text(encoding="utf-8")
