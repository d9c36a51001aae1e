"""Every place of a TOML text is given the line that a person would point at."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.lines import line_of, locate

TEXT = (
    r'''# "[not] a table"
top.a."b c" = 1  # [nor this]
[[brand]]
name = "A ] \" # x"  # a comment
query = """
[[brand]] in a text
# no comment
"""
handles = [  # a list over lines
  "a",

  'b',  # the second
  [1, 2],
]
inline = { a = 1, b.c = "}", d = [ {e = 1} ] }
[brand.deep.er]
when = 2021-01-01 00:00:00
[[brand]]
name = '''
    + """'''x
'y''''"""
    + r'''
[[brand.sub]]
z = 1
[[brand.sub]]
z = """a\"""b"""""
"q\u0041".r = true
[ spaced . 'out' ]
k=1'''
)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("top", "a", "b c"), 2),
        (("brand",), 3),
        (("brand", 0), 3),
        (("brand", 0, "name"), 4),
        (("brand", 0, "query"), 5),
        (("brand", 0, "handles"), 9),
        (("brand", 0, "handles", 0), 10),
        (("brand", 0, "handles", 1), 12),
        (("brand", 0, "handles", 2, 1), 13),
        (("brand", 0, "inline", "b", "c"), 15),
        (("brand", 0, "inline", "d", 0, "e"), 15),
        (("brand", 0, "deep", "er"), 16),
        (("brand", 0, "deep", "er", "when"), 17),
        (("brand", 1), 18),
        (("brand", 1, "name"), 19),
        (("brand", 1, "sub", 0), 21),
        (("brand", 1, "sub", 1, "z"), 24),
        (("brand", 1, "sub", 1, "qA", "r"), 25),
        (("spaced", "out", "k"), 27),
    ],
)
def test_a_place_has_the_line_where_it_begins(place, line):
    assert locate(TEXT)[place] == line


def test_a_missing_key_is_on_the_line_of_its_table():
    assert line_of(locate(TEXT), ("brand", 1, "kind")) == 18
    assert line_of(locate(TEXT), ("nowhere", "at", "all")) is None


def places(value, place=()):
    """Every place inside a parsed document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, element in inner:
        yield (*place, key)
        yield from places(element, (*place, key))


def test_every_place_that_tomllib_reads_has_a_line():
    assert set(locate(TEXT)) == set(places(tomllib.loads(TEXT)))


def quoted_anyhow(text, style):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    match style:
        case 0:
            return '"' + escaped.replace("\n", "\\n") + '"'
        case 1:
            return '"""' + escaped + '"""'
        case _:
            return "'''" + text.replace("'", "´") + "'''"


values = st.recursive(
    st.builds(quoted_anyhow, st.text("a\"'\\\n#[]{}=,. ", max_size=12), st.integers(0, 2))
    | st.sampled_from(["1", "true"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: "[\n" + " ,# ]\n".join(parts) + "\n]")
        | st.dictionaries(st.sampled_from(["x", '"y z"', "w.v"]), inner, max_size=2).map(
            lambda pairs: "{ " + ", ".join(f"{key} = {value}" for key, value in pairs.items()) + " }"
        )
    ),
    max_leaves=6,
)


@given(st.lists(st.tuples(st.sampled_from(["[[a]]", "[[a.b]]", "[c]", "# d"]), values), max_size=5))
def test_no_document_confuses_the_locator(blocks):
    text = "[[a]]\n"
    for number, (header, value) in enumerate(blocks):
        header = f"[c{number}]" if header == "[c]" else header
        text += f"{header}\nk{number} = {value}\n"
    written = tomllib.loads(text)
    lines = locate(text)
    assert set(lines) == set(places(written))
    rows = text.split("\n")
    for place, line in lines.items():
        if isinstance(place[-1], str) and place[-1].startswith("k"):
            assert rows[line - 1].startswith(place[-1])
