"""docs/query-language.md says what is there: its examples are queries, its fields and its message the real ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.query import QueryError, parse
from monitor.query.fields import FIELDS

PAGE = (Path(__file__).parents[2] / "docs" / "query-language.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = [re.split(r"\s{2,}", line)[0] for line in BLOCKS[0].splitlines()]


@pytest.mark.parametrize("query", EXAMPLES)
def test_every_example_is_a_brand_query(query):
    assert parse(query).root


OPERATORS = PAGE.split("## Operators")[1].split("## ")[0]
SPELLINGS = [
    spelling.strip().strip("`").strip()
    for row in OPERATORS.splitlines()
    if row.startswith("| `")
    for spelling in re.split(r"(?<=`), (?=`)|(?<=`) or (?=`)", row.split(" | ")[0].removeprefix("| "))
]


@pytest.mark.parametrize("query", SPELLINGS)
def test_every_spelling_of_an_operator_is_read_without_a_doubt(query):
    assert parse(query).notes == ()


def test_the_page_shows_the_spellings_that_other_monitors_use():
    assert {'"apple pie"', "!Apple", "`Apple`", "a NEAR/3f b", '"great battery"~3', '+"AT&T"'} <= set(SPELLINGS)


def test_every_field_is_on_the_page():
    assert [name for name in FIELDS if f"`{name}:`" not in PAGE] == []


def test_the_message_on_the_page_is_the_one_that_is_given():
    with pytest.raises(QueryError) as error:
        parse("apple NEAR/3 )")
    assert str(error.value) == BLOCKS[1].rstrip("\n")
