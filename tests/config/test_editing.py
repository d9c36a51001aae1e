"""A source more or less in the configuration file: every other byte stays."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import loads
from monitor.config.editing import appended, as_toml, source_table, without_source
from monitor.errors import Refused

EXAMPLE = (Path(__file__).parents[2] / "config.example.toml").read_text("utf-8")
MANY = """\
# My brand.
[[brand]]
name = "Acme"

# Sources ----------------------------

# Stories on Hacker News.
[[source]]
kind = "hackernews"
query = "acme"   # a word
#every = "5m"

#[[source]]
#kind = "feed"
[[source]]
kind = "appstore"
app = "123456789"
countries = [
  "us",   # the first
  "gb",
]
# Said at length:
# two lines.

[[source]]
kind = "table"
path = "a.csv"
[source.columns]
text = '''What
we heard'''
# The digest.
[[digest]]
to = ["file:digests"]
"""


def test_what_is_added_and_removed_leaves_the_very_same_bytes() -> None:
    table = source_table("A comment", {"kind": "feed", "name": 'Große "Welt" 😀', "url": "https://a.example/x"})
    for text in (MANY, MANY.replace("\n", "\r\n"), "\ufeff" + MANY, "# nothing\n", "\n\n", MANY + "\n\n"):
        more = appended(text, table)
        assert more.startswith(text)
        number = len(tomllib.loads(more.removeprefix("\ufeff"))["source"]) - 1
        less, (first, last) = without_source(more, number)
        assert less == text
        assert more.split("\n")[first - 1].startswith("# A comment")
        assert last == more.count("\n")


def test_a_file_without_a_last_line_end_gets_one() -> None:
    assert appended("# x", "[[source]]\n") == "# x\n\n[[source]]\n"
    assert appended("", "[[source]]\n") == "[[source]]\n"


@pytest.mark.parametrize(
    ("number", "gone"),
    [
        (0, '# Stories on Hacker News.\n[[source]]\nkind = "hackernews"\nquery = "acme"   # a word\n#every = "5m"\n\n'),
        (
            1,
            '[[source]]\nkind = "appstore"\napp = "123456789"\ncountries = [\n  "us",   # the first\n  "gb",\n]\n'
            "# Said at length:\n# two lines.\n\n",
        ),
        (2, "[[source]]\nkind = \"table\"\npath = \"a.csv\"\n[source.columns]\ntext = '''What\nwe heard'''\n"),
    ],
)
def test_a_source_goes_with_its_own_comments_and_nothing_else(number: int, gone: str) -> None:
    assert gone in MANY
    assert without_source(MANY, number)[0] == MANY.replace(gone, "")


def test_each_source_of_the_example_can_be_taken_out_alone() -> None:
    environ = dict.fromkeys(re.findall(r"\$\{(\w+)\}", EXAMPLE), "x" * 20)
    whole = loads(EXAMPLE, Path("config.toml"), environ)
    assert len(whole.sources) > 5
    for number, entry in enumerate(whole.sources):
        text, _ = without_source(EXAMPLE, number)
        left = loads(text, Path("config.toml"), environ)
        assert [one.config for one in left.sources] == [one.config for one in whole.sources if one is not entry]
        assert left.brands == whole.brands
        assert left.digests == whole.digests
        lines = EXAMPLE.splitlines()
        assert all(line in lines for line in text.splitlines())


def test_a_source_that_is_no_table_of_its_own_is_left_to_the_person() -> None:
    with pytest.raises(Refused, match="by hand"):
        without_source('source = [{ kind = "feed", url = "https://a.example" }]\n', 0)


@given(
    st.recursive(
        st.text(st.characters(exclude_categories=("Cs",))) | st.integers(-(2**62), 2**62) | st.booleans(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc-ü.", min_size=1), inner, max_size=3),
        max_leaves=5,
    )
)
def test_any_value_is_read_as_it_was_written(value: object) -> None:
    read = tomllib.loads(f"x = {as_toml(value)}")["x"]
    assert repr(read).replace("$${", "${") == repr(value).replace("$${", "${")


def test_a_value_asks_the_environment_for_nothing() -> None:
    text = '[[brand]]\nname = "Acme"\n' + source_table(
        "", {"kind": "feed", "name": "Costs ${PRICE}", "url": "https://a.example"}
    )
    assert loads(text, Path("config.toml"), {}).sources[0].name == "Costs ${PRICE}"


def test_a_comment_stays_on_its_line() -> None:
    assert source_table("a\nkind = 'x'\x00 b", {"kind": "feed"}).startswith("# a kind = 'x' b\n[[source]]\n")
