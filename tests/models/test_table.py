"""The table in models/README.md is kept true: one row a scorer."""

import re
from pathlib import Path

from models import judge as judges
from models.judge import Judge

README = Path(judges.__file__).with_name("README.md")


def test_the_table_has_one_row_for_each_scorer(judge: Judge) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (text|brand) \|", README.read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert rows == {scorer.name: scorer.needs for scorer in judge.scorers}
