"""What pages say of themselves: JSON-LD as carelessly as it is written, and microdata."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sources.reading.schemaorg import Plain, described, loose_json


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ('{"a": 1}', [{"a": 1}]),
        ("", []),
        ("  \n ", []),
        ("null", [None]),
        ('\ufeff{"a": 1};', [{"a": 1}]),
        ('{"a": 1} {"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": 1, // why\n "b": "http://x.example/*y*/"}', [{"a": 1, "b": "http://x.example/*y*/"}]),
        ('/* by\n us */ {"a": /* none */ [1, 2, ], }', [{"a": [1, 2]}]),
        ('<!-- {"a": 1} -->', [{"a": 1}]),
        ('<!-- Jo was here --> {"a": "<!-- b -->"}', [{"a": "<!-- b -->"}]),
        ('//<![CDATA[\n{"a": 1}\n//]]>', [{"a": 1}]),
        ('/*<![CDATA[*/{"a": 1}/*]]>*/', [{"a": 1}]),
        ('{"a": "one\ntwo\tthree"}', [{"a": "one\ntwo\tthree"}]),
        (r'{"a": "the cat\'s"}', [{"a": "the cat's"}]),
        ('{"a": "a, ] // \\" b",}', [{"a": 'a, ] // " b'}]),
        ("{&quot;a&quot;: &quot;b&amp;c&quot;}", [{"a": "b&c"}]),
        ('{"a": "5 &quot;stars&quot;"}', [{"a": "5 &quot;stars&quot;"}]),
    ],
)
def test_careless_json_is_read(written: str, values: list[Any]) -> None:
    assert loose_json(written) == values


@pytest.mark.parametrize("written", ['{"a": ', "{a: 1}", "hello", '{"a": "b}', "[" * 100_000])
def test_what_is_no_json_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        loose_json(written)


@pytest.mark.parametrize(
    "piece", ["/*", "<!--", '"\\"', "//", ",", "<![CDATA[", "\\", '"', "/* ", "-->", "[", "&quot;"]
)
def test_what_is_never_closed_takes_no_time(piece: str) -> None:
    started = time.perf_counter()
    with suppress(ValueError):
        loose_json("{" + piece * (20_000 // len(piece)))
    assert time.perf_counter() - started < 2


def page(*scripts: str, body: str = "") -> str:
    inner = "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)
    return f"<html><head><title> A \n page </title>{inner}</head><body>{body}</body></html>"


def test_objects_are_found_in_lists_and_graphs_of_several_scripts() -> None:
    found = described(page('[{"@type": "A"}, [{"@type": "B"}]]', '{"@context": "x", "@graph": [{"@type": "C"}]}', "3"))
    assert [node["@type"] for node in found.linked] == ["A", "B", "C"]
    assert (found.title, found.scripts, found.broken) == ("A page", 3, [])


def test_a_broken_script_is_told_and_the_others_are_read() -> None:
    found = described(page('{"a": }', '{"@type": "B"}'))
    assert [node["@type"] for node in found.linked] == ["B"]
    assert [at for at, _ in found.broken] == [0]


def test_other_scripts_are_left_alone() -> None:
    assert described('<script>{"@type": "A"}</script><script type="text/json">{}</script>').scripts == 0
    assert described('<script type="application/LD+JSON; charset=utf-8">{"a": 1}</script>').linked == [{"a": 1}]


def test_microdata_becomes_the_same_objects() -> None:
    body = """
    <article itemscope itemtype="https://schema.org/Product https://other.example/Thing" itemid="urn:kettle">
      <h1 itemprop="name">Kettle &amp; lid</h1><img itemprop="image" src="/k.jpg"><a itemprop="url" href="/k">more</a>
      <div itemprop="review" itemscope itemtype="http://schema.org/Review">
        <time itemprop="datePublished" datetime="2026-11-01">yesterday</time>
        <p itemprop="reviewBody name">First line<br>second <b>line</b></p>
        <meta itemprop="inLanguage" content="en"><data itemprop="code" value="7">seven</data>
        <p><u itemprop="author" itemscope itemtype="http://schema.org/Person"><i itemprop="name">Jo</i></u></p>
      </div>
      <span itemprop="color">red</span><span itemprop="color" content="blue">azul</span>
    </article>
    <p itemprop="stray">not inside anything</p><div itemscope><b itemprop="x">no type</b></div>
    """
    (found,) = described(page(body=body)).marked
    assert found == {
        "@type": ["Product"], "@id": "urn:kettle", "name": ["Kettle & lid"], "image": ["/k.jpg"], "url": ["/k"],
        "color": ["red", "blue"],
        "review": [{
            "@type": ["Review"], "datePublished": ["2026-11-01"], "reviewBody": ["First line\nsecond line"],
            "name": ["First line\nsecond line"], "inLanguage": ["en"], "code": ["7"],
            "author": [{"@type": ["Person"], "name": ["Jo"]}],
        }],
    }  # fmt: skip
    assert isinstance(found["name"][0], Plain)


def test_properties_that_lie_elsewhere_are_fetched_by_their_id() -> None:
    body = (
        '<div itemscope itemtype="https://schema.org/Review" itemref="a b none"></div><p id="a" itemprop="name">N</p>'
    )
    (found,) = described(page(body=body + '<div id="b"><i itemprop="reviewBody">B</i></div>')).marked
    assert found == {"@type": ["Review"], "name": ["N"], "reviewBody": ["B"]}


def test_an_item_that_refers_to_itself_comes_to_an_end() -> None:
    itself = '<div id="a" itemscope itemtype="https://schema.org/Review" itemref="a"><b itemprop="x">1</b></div>'
    assert described(page(body=itself)).marked == [{"@type": ["Review"], "x": ["1"]}]
    other = itself.replace('itemref="a"', 'itemref="b"') + itself.replace('"a"', '"b"').replace(
        'itemref="b"', 'itemref="a"'
    )
    assert {tuple(one["x"]) for one in described(page(body=other)).marked} == {("1",)}


def test_a_page_in_rdfa_is_known_as_such() -> None:
    assert described('<div vocab="https://schema.org/" typeof="Review"></div>').has_rdfa
    assert not described(page()).has_rdfa


def test_pages_of_others_give_what_their_authors_expect(corpora: Callable[[str], Path]) -> None:
    folder = corpora("extruct") / "tests" / "samples"
    names = ["custom.invalid/AllocateAction", "custom.invalid/JoinAction", "schema.org/CreativeWork"]
    names += ["schema.org.invalid/AllocateAction", "schema.org.invalid/JoinAction"]
    names = [f"{name}.001" for name in names]
    names += ["custom.invalid/JSONLD_with_JS_comment", "custom.invalid/JSONLD_with_control_characters"]
    for name in names:
        expected = json.loads((folder / f"{name}.jsonld").read_text("utf-8"))
        found = described((folder / f"{name}.html").read_text("utf-8"))
        without = [{key: value for key, value in node.items() if key != "@context"} for node in expected]
        assert (found.linked, found.broken) == (without, []), name
    for path in folder.rglob("*.html"):
        described(path.read_text("utf-8", errors="replace"))
