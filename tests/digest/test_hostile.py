"""Texts of mentions stay texts: whatever stands in them, they become no element, handler, foreign link, markup or
escape code.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from rich.console import Console
from selectolax.lexbor import LexborHTMLParser

from monitor.digest.compose import compose
from monitor.digest.form import as_json
from monitor.digest.html import letter, page
from monitor.digest.markdown import markdown, words
from monitor.digest.material import Material, Silent
from monitor.digest.terminal import terminal
from monitor.digest.view import host_of, web_link
from monitor.mention import Heard

BASE = "http://127.0.0.1:8765"
CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpora" / "security"
OWN = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}} {% include 'x' %} ${7*7}",
    "[click](javascript:alert(1)) ![x](http://evil.example/p.png) <http://evil.example>",
    "# heading\n\n- list\n\n> quote\n\n```\ncode\n```\n| a | b |\n|---|---|\n",
    "http://evil.example www.evil.example a@evil.example @everyone **bold** _em_ ~~no~~ &lt;b&gt; \\*x",
    "\x1b[31mred\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "safe\u202etxt.exe\u2066 \u200b zero",
    "</td></tr></table></style><style>*{display:none}</style>",
    "</title><base href=http://evil.example>",
    "lone \ud800 surrogate",
    "<svg/onload=alert(1)> <!-- --> ]]> <![CDATA[",
]  # fmt: skip
KNOWN = {"html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td", "p", "div", "span", "a", "h2",
         "h3", "bdi", "br", "svg", "g", "rect", "line"}  # fmt: skip


def corpus(name: str, field: str) -> list[str]:
    path = CORPUS / name
    if not path.exists():
        pytest.skip(f"needs the corpus {name}, kept beside the project")
    return [json.loads(line)[field] for line in path.read_text(encoding="utf-8").splitlines()]


def poisoned(material: Material, texts: list[str]) -> Iterator[Material]:
    """The material with the payloads in every text that comes from outside, a handful at a time."""
    for start in range(0, len(texts), len(material.heard)):
        some = texts[start : start + len(material.heard)]
        heard = tuple(_with(one, some[i % len(some)]) for i, one in enumerate(material.heard))
        bad = some[0]
        coverage = tuple(replace(one, error=bad, advice=bad, gaps=(bad,)) for one in material.coverage)
        yield replace(
            material, heard=heard, previous=(), coverage=coverage, networks=(Silent(bad, bad),), scoring=bad,
            brand=replace(material.brand, name=bad),
        )  # fmt: skip


def _with(heard: Heard, text: str) -> Heard:
    mention = replace(heard.mention, text=text, title=text, author=text[:60], url=text, source=text[:40])
    return replace(heard, mention=mention, assignee=text[:40], needs=("complaint",))


def page_is_clean(html: str) -> None:
    tree = LexborHTMLParser(html)
    for node in tree.css("*"):
        assert node.tag in KNOWN, node.tag
        for name, value in node.attributes.items():
            assert not name.startswith("on"), name
            if name == "href":
                assert (value or "").startswith(("http://", "https://")), value
            assert name not in ("src", "srcset", "action", "formaction", "background", "ping"), name
    assert len(tree.css("style")) <= 1
    assert not tree.css("meta[http-equiv='refresh']")


def markdown_is_clean(text: str) -> None:
    """Renders with everything a reader may switch on; only links that we made may be there."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    pairs = ("strong", "link", "heading", "paragraph", "bullet_list", "ordered_list", "list_item")
    allowed = {
        "inline",
        "text",
        "softbreak",
        "hardbreak",
        *(f"{one}_{end}" for one in pairs for end in ("open", "close")),
    }
    for token in reader.parse(text):
        for one in (token, *(token.children or ())):
            assert one.type in allowed, (one.type, one.content)
            if one.type == "link_open":
                assert str(one.attrs["href"]).startswith(("http://", "https://"))


def shown_clean(material: Material) -> None:
    frozen: dict[str, Any] = json.loads(json.dumps(as_json(compose(material))))
    page_is_clean(page(frozen, BASE))
    assert page(frozen, BASE).encode()
    markdown_is_clean(markdown(frozen, BASE))
    console = Console(file=io.StringIO(), width=100, color_system=None, legacy_windows=False)
    console.print(terminal(frozen))
    output = console.file
    assert isinstance(output, io.StringIO)
    assert not set(output.getvalue()) & set("\x1b\x07\x9b\u202e\u2066")


def test_nothing_of_our_own_list_comes_alive(bad_tuesday: Material) -> None:
    for text in OWN:
        for material in poisoned(bad_tuesday, [text]):
            shown_clean(material)
            page_is_clean(letter(as_json(compose(material)), BASE))


def test_a_sample_of_the_corpus_comes_not_alive(bad_tuesday: Material) -> None:
    for material in poisoned(bad_tuesday, corpus("html-injection.jsonl", "p")[::60]):
        shown_clean(material)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_whole_corpus_comes_not_alive(bad_tuesday: Material) -> None:
    for material in poisoned(bad_tuesday, corpus("html-injection.jsonl", "p")):
        shown_clean(material)
        page_is_clean(letter(as_json(compose(material)), BASE))


@pytest.mark.slow
def test_no_text_runs_in_a_real_browser(bad_tuesday: Material, tmp_path: Path) -> None:
    """The pages' own policy is left out, so that their escaping alone is judged; a dialogue would leave a mark."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("needs chromium")
    pages = [
        page(as_json(compose(material)), BASE).partition("<body>")[2].rpartition("</body>")[0]
        for material in poisoned(bad_tuesday, corpus("html-injection.jsonl", "p")[::3])
    ]
    assert sum(map(len, pages)) > 1_000_000
    assert ran_something(browser, tmp_path, ["<img src=x onerror=alert(1)>"])
    assert not ran_something(browser, tmp_path, pages)


def ran_something(browser: str, folder: Path, bodies: list[str]) -> bool:
    mark = "document.documentElement.setAttribute('data-hit', '1')"
    path = folder / "pages.html"
    trap = f"<!doctype html><meta charset=utf-8><script>alert=prompt=confirm=print=()=>{mark}</script>"
    path.write_text(trap + "".join(bodies), "utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic",
               "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}",
               "--virtual-time-budget=3000", "--dump-dom"]  # fmt: skip
    done = subprocess.run([browser, *options, path.as_uri()], capture_output=True, timeout=100, check=True)
    root = done.stdout.decode("utf-8", "replace").partition("<head")[0]
    assert "<html" in root
    return "data-hit" in root


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "",
        "http://",
        "vbscript:x",
        "http://[::1",
        "file:///x",
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert web_link(url) == ""
    assert host_of(url) == ""


def test_a_link_shows_the_host_that_is_really_asked() -> None:
    assert host_of("https://bank.example@evil.example/login") == "evil.example"
    assert host_of("https://www.shop.example/x") == "shop.example"
    assert web_link('https://x.example/"><b>|`\\)') == "https://x.example/%22%3E%3Cb%3E%7C%60%5C%29"


def test_markdown_words_keep_what_they_say() -> None:
    assert words("a *b* [c]") == "a \\*b\\* \\[c\\]"
    assert "@everyone" not in words("hi @everyone")
    assert words("http://x.example") == "http\\://x.example"
