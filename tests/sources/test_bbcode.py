"""BBCode: what a reader would see."""

from __future__ import annotations

import time

import pytest

from sources.reading.bbcode import plain_bbcode


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("plain [10/10] text [sic]", "plain [10/10] text [sic]"),
        ("[h1]Pros[/h1]\n[list]\n[*]light\n[*]cheap\n[/list]\nthat is all", "Pros\nlight\ncheap\nthat is all"),
        ("[url=https://a.example/x]here[/url] and [URL]https://b.example[/URL]", "here and https://b.example"),
        ("[quote=Jo]I like it[/quote]me too", "I like it\nme too"),
        ("[table][tr][th]a[/th][th]b[/th][/tr][tr][td]1[/td][td]2[/td][/tr][/table]", "a  b\n1  2"),
        ("see [img]https://c.example/cat.png[/img]this", "see this"),
        ("[noparse][b]not bold[/b][/noparse]", "[b]not bold[/b]"),
        (r"\[ MISC ] is escaped", "[ MISC ] is escaped"),
        ("first\r\n\r\n\r\n\r\nsecond", "first\n\nsecond"),
        ("[b]open for ever", "open for ever"),
        ("", ""),
    ],
)
def test_marks_go_and_words_stay(written: str, seen: str) -> None:
    assert plain_bbcode(written) == seen


@pytest.mark.parametrize("piece", ["[noparse]", "[img]", "[", "[b=", "\\[", "[url=" + "x" * 400])
def test_what_is_never_closed_takes_no_time(piece: str) -> None:
    started = time.perf_counter()
    plain_bbcode(piece * (20_000 // len(piece)))
    assert time.perf_counter() - started < 2
