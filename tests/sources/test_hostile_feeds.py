"""Documents made to stall, swell or leak: bounded, inert, and never another error than a bad shape."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.collect.children import Pool
from sources.base import BadShape, Item
from sources.reading.document import parse_feed

CPU_SECONDS = 2.0
"""What the child that reads a feed may take; see the table of limits."""


def rss(inner: bytes) -> bytes:
    return b"<rss version='2.0'><channel>" + inner + b"</channel></rss>"


def described(text: bytes) -> bytes:
    return rss(b"<item><title>t</title><description>" + text + b"</description></item>")


def cdata(text: bytes) -> bytes:
    return described(b"<![CDATA[" + text + b"]]>")


LAUGHS = b"<!DOCTYPE x [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (98 + at, (b"&%c;" % (97 + at)) * 10) for at in range(9)
) + b"]>"  # fmt: skip
SHAPES = {
    "billion laughs": LAUGHS + described(b"&j;"),
    "quadratic entity": b"<!DOCTYPE x [<!ENTITY a '" + b"x" * 100_000 + b"'>]>" + described(b"&a;" * 5_000),
    "nested elements": rss(b"<item>" + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</item>"),
    "nested items": rss(b"<item>" * 50_000 + b"</item>" * 50_000),
    "nested entries": b"<feed>" + b"<entry>" * 100_000,
    "attributes": rss(b"<item " + b" ".join(b"a%d='1'" % at for at in range(100_000)) + b"/>"),
    "comments never closed": rss(b"<!--" * 100_000),
    "sections never closed": rss(b"<![CDATA[" * 50_000),
    "instructions never closed": rss(b"<?x " * 100_000),
    "doctypes": b"<!DOCTYPE x [" * 50_000,
    "a declaration without end": b"<?xml " + b" encoding='" * 100_000,
    "ampersands": described(b"&a" * 200_000),
    "angle brackets": described(b"<" * 400_000),
    "white space": described(b"\n \t" * 500_000),
    "html nested": cdata(b"<div>" * 100_000),
    "html formatting": cdata(b"<p><b><i><u>" * 30_000),
    "html tables": cdata(b"<table>" * 50_000),
    "html frames": cdata(b"<iframe " * 100_000),
    "a long title": rss(b"<item><title>" + b"x" * 9_000_000 + b"</title></item>"),
    "a title of tags": rss(b"<item><title>" + b"&lt;b" * 300_000 + b"</title></item>"),
    "a long date": rss(b"<item><title>t</title><pubDate>" + b"1" * 1_000_000 + b"</pubDate></item>"),
    "wrong bytes": described("\x93".encode() * 1_000_000),
    "zeros": b"\0" * 5_000_000,
    "json in depth": b'{"items":' + b"[" * 200_000,
    "media without end": b"<rss xmlns:m='http://search.yahoo.com/mrss/'><item>"
    + b"<m:group><m:content><m:x/></m:content></m:group>" * 100_000
    + b"</item></rss>",
    "names without end": rss(b"<item>" + b"".join(b"<a%d/>" % at for at in range(300_000)) + b"</item>"),
    "namespaces without end": rss(b"<item>" + b"".join(b"<a xmlns='u:%d'/>" % at for at in range(60_000)) + b"</item>"),
    "bases of bases": b"<rss>"
    + b"<a xml:base='b/'>" * 250
    + b"<item><link>x</link></item>" * 9_000
    + b"</a>" * 250
    + b"</rss>",
    "tags of a post": rss(b"<item><title>t</title>" + b"<category>c</category>" * 300_000 + b"</item>"),
    "empty items": rss(b"<item/>" * 500_000),
    "scripts never closed": cdata(b"<script>" * 100_000 + b"<p>"),
    "scripts closed before": cdata(b"</script>" * 50_000 + b"<script>" * 50_000),
    "scripts": cdata(b"<script>x</script>" * 50_000),
    "comments in html": cdata(b"<!--" * 100_000 + b"--" * 100_000),
    "quotes": cdata(b'<a b="' * 100_000),
    "one link after another": b"<feed xmlns='http://www.w3.org/2005/Atom'><entry>"
    + b"<link href='http://a/'/>" * 30_000,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hostile_document_takes_its_time_at_most(shape: str) -> None:
    began = time.process_time()
    try:
        parse_feed(SHAPES[shape], "https://a.example/")
    except BadShape as refused:
        assert str(refused)  # noqa: PT017 - both outcomes are right, an unexplained one is not
    assert time.process_time() - began < CPU_SECONDS


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
async def test_a_hostile_document_is_read_or_refused_without_being_stopped(shape: str) -> None:
    async with Pool(1) as pool:
        try:
            await pool.run(parse_feed, SHAPES[shape], "https://a.example/")
        except BadShape as refused:
            assert "stopped" not in str(refused)  # noqa: PT017 - both outcomes are right
            assert "the reader" not in str(refused)  # noqa: PT017


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd" [<!ENTITY a SYSTEM "/etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p; <!ENTITY a "leaked">]>',
        '<!DOCTYPE x [<!ENTITY a "leaked">]>',
    ],
)
def test_entities_are_inert(doctype: str) -> None:
    (item,) = parse_feed(doctype.encode() + described(b"before &a; after")).items
    assert item.text == "before &a; after"


def test_a_body_that_looks_like_an_address_or_a_file_is_not_opened() -> None:
    for body in (b"http://127.0.0.1:9/feed", b"/etc/passwd", b"file:///etc/passwd", Path(__file__).as_posix().encode()):
        with pytest.raises(BadShape):
            parse_feed(body)


def test_hostile_xml_of_others_is_read_in_time(corpora: Callable[[str], Path]) -> None:
    folders = [corpora("defusedxml"), corpora("security") / "defusedxml-bombs"]
    documents = [path for folder in folders for path in folder.rglob("*.xml")]
    assert len(documents) > 15
    for path in documents:
        items: tuple[Item, ...] = ()
        began = time.process_time()
        try:
            items = parse_feed(path.read_bytes()).items
        except BadShape:
            continue
        finally:
            assert time.process_time() - began < CPU_SECONDS, path
        assert not any("root:" in item.text for item in items), path
