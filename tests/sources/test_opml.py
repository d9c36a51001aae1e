"""Lists of subscriptions."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sources.base import BadShape
from sources.opml import feeds_in_opml

LIST = b"""<?xml version="1.0"?><opml version="2.0"><body>
  <outline text="News"><outline text="Tea &amp; Co" type="rss" xmlUrl="https://a.example/feed"/>
    <outline title="Local"><outline title="B" xmlURL=" https://b.example/feed "/></outline></outline>
  <outline type="RSS" xmlUrl="https://c.example/feed"/>
  <outline text="again" xmlUrl="https://a.example/feed"/>
  <outline text="page" type="link" url="https://d.example/"/>
  <outline text="evil" xmlUrl="javascript:alert(1)"/>
</body></opml>"""


def test_feeds_are_found_at_any_depth_once_with_their_folder() -> None:
    assert feeds_in_opml(LIST) == [
        ("Tea & Co", "https://a.example/feed", "News"),
        ("B", "https://b.example/feed", "News / Local"),
        ("https://c.example/feed", "https://c.example/feed", ""),
    ]


@pytest.mark.parametrize("cut", [len(LIST) - 5, len(LIST) - 60, 250])
def test_a_damaged_list_gives_what_stands_before_the_damage(cut: int) -> None:
    assert feeds_in_opml(LIST[:cut])[0] == ("Tea & Co", "https://a.example/feed", "News")


def test_no_entity_is_opened() -> None:
    body = b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/hostname">]><opml><outline text="&x;" xmlUrl="https://a.example/"/></opml>'
    ((title, _, _),) = feeds_in_opml(body)
    assert Path("/etc/hostname").read_text().strip() not in title


@pytest.mark.parametrize("body", [b"", b"hello", b"<html/>", b"{}"])
def test_what_is_no_list_says_so(body: bytes) -> None:
    with pytest.raises(BadShape):
        feeds_in_opml(body)


def test_an_empty_list_is_a_list() -> None:
    assert feeds_in_opml(b"<opml><body/></opml>") == []


def test_the_corpus_of_lists_is_read(corpora: Callable[[str], Path]) -> None:
    folder = corpora("listparser") / "tests" / "files"
    found = {}
    for path in sorted([*folder.glob("opml/**/*.xml"), *folder.glob("malformed/*.xml")]):
        body = path.read_bytes()
        expected = re.search(rb"xmlUrl\s*=\s*[\"'](\s*https?://[^\"']+)", body)
        found[path.name] = feeds_in_opml(body)
        if expected and b'type="include"' not in body and b'type="link"' not in body:
            assert found[path.name], path.name
    assert len(found) > 70
