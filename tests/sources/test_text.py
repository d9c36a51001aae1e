"""HTML to text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.reading.text import language, plain_text, plain_title, tidy, without_boilerplate


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("a &lt; b &amp;amp; c", "a < b &amp; c"),
        ("3 < 4 > 2", "3 < 4 > 2"),
        ("<p>a</p>\n\n<p> b </p>", "a\nb"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<b>bo</b>ld <i>and</i>\nthin", "bold and thin"),
        ("<ul><li>a<li>b</ul>c", "a\nb\nc"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
        ("<p>x<script>alert('<p>no</p>')</script>y</p>", "xy"),
        ("<style>p { color: red }</style>x", "x"),
        ("x<iframe src='y'/>z", "xz"),
        ("<!-- hidden -->shown", "shown"),
        ("<img src=x onerror=alert(1)>shown", "shown"),
        ("a&nbsp;&nbsp;b\u200a c", "a b c"),
        ("<a href='x'>cut <b>off", "cut off"),
        ("<p", ""),
        ("a<textarea><b>kept</b></textarea>z", "a<b>kept</b>z"),
        ("<img alt='a > b'>x<img alt=\"<i>\">y", "xy"),
        ("<a title='\"x>y'>t</a><i data-x='a=\"b>'>u", "tu"),
        ('<a href=b="x>y">t</a>', 'y">t'),
        ('<a x="1>2" y=3 z = "4>5">t</a>', "t"),
        ('<p class="a>one</p><p class="b">two</p>', "two"),
        ("a<button><p>no</p><button>no</button></button>z", "az"),
        ("a<SCRIPT>no</SCRIPT><!-- no <p> -->b", "ab"),
        ("<p>itâ€™s GrÃ¼ÃŸe</p>", "it’s Grüße"),
        ("", ""),
    ],
)
def test_a_reader_would_see(html: str, text: str) -> None:
    assert plain_text(html) == text


def test_boilerplate_at_the_end_is_left_out_and_the_word_elsewhere_kept() -> None:
    assert without_boilerplate("News.\nRead more…") == "News."
    assert without_boilerplate("Read more books.") == "Read more books."
    assert without_boilerplate("x\nThe post Kettles first appeared on The Blog.") == "x"
    assert without_boilerplate("submitted by /u/a to r/b\n[link] [12 comments]") == ""


def test_lines_that_somebody_typed_are_kept() -> None:
    assert tidy(" a \r\nb\n\n\n\nc  ") == "a\nb\n\nc"


@pytest.mark.parametrize(
    ("tag", "code"),
    [("en-US", "en"), ("PT_br", "pt"), ("fil", "fil"), ("und", ""), ("english", ""), ("", ""), (None, ""), (3, "")],
)
def test_a_language_tag_becomes_a_code(tag: object, code: str) -> None:
    assert language(tag) == code


@given(st.text(alphabet="<>/&;ab \n\f'\"=!-pbrscript", max_size=80))
def test_no_fragment_is_an_error_or_leaves_ragged_lines(html: str) -> None:
    for line in plain_text(html).split("\n"):
        assert line == " ".join(line.split())
    assert "\n" not in plain_title(html)


def test_hostile_html_is_read_without_an_error(corpora: Callable[[str], Path]) -> None:
    lines = (corpora("security") / "html-injection.jsonl").read_text("utf-8").splitlines()
    read = [plain_text(str(next(iter(json.loads(line).values())))) for line in lines]
    assert len(read) > 10_000
    assert not any("\f" in text for text in read)


def test_elements_nested_without_end_are_read_in_time() -> None:
    assert plain_text("<div>" * 60_000 + "deep" + "</div>" * 60_000) == "deep"
