"""Texts of mentions stay texts: whatever stands in them, they become no element, handler, foreign link, markup or
escape code.
"""

from __future__ import annotations

import io
import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from rich.console import Console, RenderableType
from selectolax.lexbor import LexborHTMLParser

from monitor.digest.alert_page import alert_letter
from monitor.digest.compose import compose
from monitor.digest.form import as_json
from monitor.digest.html import attached, letter, page
from monitor.digest.markdown import alert_markdown, markdown
from monitor.digest.markdown import words as escaped
from monitor.digest.material import Material, Silent
from monitor.digest.terminal import alert_terminal, terminal
from monitor.digest.view import host_of, web_link
from monitor.digest.visible import visible
from monitor.mention import Heard
from tests.digest import made

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
KNOWN = {"html", "head", "meta", "title", "style", "body", "table", "caption", "thead", "tbody", "tr", "th", "td", "p",
         "div", "span", "a", "h1", "h2", "h3", "b", "bdi", "br", "svg", "rect", "main", "header", "section", "article",
         "footer", "ol", "ul", "li", "dl", "dt", "dd", "img"}  # fmt: skip
ALIVE = re.compile(r"\w://|\bwww\.\w|@\w", re.IGNORECASE)
"""What a reader's program makes a link of wherever it stands."""


def corpus(name: str, field: str) -> list[str]:
    path = CORPUS / name
    if not path.exists():
        pytest.skip(f"needs the corpus {name}, kept beside the project")
    return [json.loads(line)[field] for line in path.read_text(encoding="utf-8").splitlines()]


def poisoned(make: Callable[[], dict[str, Any]], texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Digests (or alerts) with the next payload wherever words of others may stand, until all have stood somewhere."""
    left = iter([visible(text) for text in texts])
    ended = False

    def words() -> str:
        nonlocal ended
        text = next(left, None)
        ended = ended or text is None
        return "the end" if text is None else text

    while not ended:
        yield made.poisoned(make(), words)


def page_is_clean(html: str) -> None:
    tree = LexborHTMLParser(html)
    for node in tree.css("*"):
        assert node.tag in KNOWN, node.tag
        for name, value in node.attributes.items():
            assert not name.startswith("on"), name
            if name == "href":
                assert re.match(r"https?://|#brand-\d+$", value or ""), value
            if name == "src":
                assert re.fullmatch(r"cid:[a-z]+-\d+@digest\.overheard", value or ""), value
            assert name not in ("srcset", "action", "formaction", "background", "ping"), name
    assert len(tree.css("style")) == 1
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


def letter_is_clean(html: str) -> None:
    """Nor is there anything in it that a program would find by itself."""
    page_is_clean(html)
    body = LexborHTMLParser(html).css_first("body")
    for node in body.css("a"):
        node.decompose()
    assert not ALIVE.search(body.text(separator=" ")), ALIVE.search(body.text(separator=" "))


def screen_is_clean(*shown: RenderableType) -> None:
    console = Console(file=io.StringIO(), width=100, color_system=None, legacy_windows=False)
    console.print(*shown)
    assert isinstance(console.file, io.StringIO)
    assert not set(console.file.getvalue()) & set("\x1b\x07\x9b\u202e\u2066")


def digest_is_clean(digest: dict[str, Any]) -> None:
    page_is_clean(page(digest, BASE))
    letter_is_clean(letter(digest, BASE))
    markdown_is_clean(markdown(digest, BASE))
    screen_is_clean(terminal(digest))
    for _, picture in attached(digest, letter(digest, BASE)):
        assert {node.tag for node in LexborHTMLParser(f"<body>{picture.svg}").css("body *")} == {"svg", "rect"}


def alert_is_clean(alert: dict[str, Any]) -> None:
    letter_is_clean(alert_letter(alert, BASE))
    markdown_is_clean(alert_markdown(alert, BASE))
    screen_is_clean(alert_terminal(alert))


def turned(step: int) -> Iterator[Callable[[], str]]:
    """Our own list round and round, begun at every so many; at 1 every text comes to stand in every place."""
    for start in range(0, len(OWN), step):
        texts = itertools.cycle(map(visible, OWN[start:] + OWN[:start]))
        yield partial(next, texts)


@pytest.mark.parametrize(("kind", "step"), [(kind, 1 if kind == "bad day" else 4) for kind in made.DIGESTS])
def test_nothing_of_our_own_list_comes_alive_in_a_digest(kind: str, step: int) -> None:
    for words in turned(step):
        digest_is_clean(made.poisoned(made.DIGESTS[kind](), words))


def test_nothing_of_our_own_list_comes_alive_in_an_alert() -> None:
    for words in turned(1):
        alert_is_clean(made.poisoned(made.warning(), words))


def test_a_part_of_the_corpus_comes_not_alive_in_a_digest_or_an_alert() -> None:
    texts = corpus("html-injection.jsonl", "p")
    for digest in poisoned(made.DIGESTS["bad day"], texts[::5]):
        digest_is_clean(digest)
    for alert in poisoned(made.warning, texts[::50]):
        alert_is_clean(alert)


@pytest.mark.slow
def test_the_whole_corpus_comes_not_alive() -> None:
    for digest in poisoned(made.DIGESTS["week"], corpus("html-injection.jsonl", "p")):
        digest_is_clean(digest)
    for digest in poisoned(made.all_brands, corpus("html-injection.jsonl", "p")):
        digest_is_clean(digest)
    for alert in poisoned(made.warning, corpus("html-injection.jsonl", "p")):
        alert_is_clean(alert)


def test_composing_makes_what_was_collected_visible(bad_tuesday: Material) -> None:
    """From the mention to the screen: control codes and direction marks end where a digest is made."""
    for text in OWN:
        heard = tuple(_with(one, text) for one in bad_tuesday.heard)
        material = replace(bad_tuesday, heard=heard, networks=(Silent(text, text),), scoring=text)
        digest_is_clean(json.loads(json.dumps(as_json(compose(material)))))


def _with(heard: Heard, text: str) -> Heard:
    mention = replace(heard.mention, text=text, title=text, author=text[:60], url=text, source=text[:40])
    return replace(heard, mention=mention, assignee=text[:40], needs=("complaint",))


@pytest.mark.slow
def test_no_text_runs_in_a_real_browser(tmp_path: Path) -> None:
    """The pages' own policy is left out, so that their escaping alone is judged; a dialogue would leave a mark."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("needs chromium")
    texts = corpus("html-injection.jsonl", "p")
    pages = [page(digest, BASE) for digest in poisoned(made.DIGESTS["bad day"], texts)]
    pages += [letter(digest, BASE) for digest in poisoned(made.DIGESTS["bad day"], texts)]
    pages += [alert_letter(alert, BASE) for alert in poisoned(made.warning, texts[::3])]
    bodies = [one.partition("<body")[2].partition(">")[2].rpartition("</body>")[0] for one in pages]
    assert sum(map(len, bodies)) > 1_000_000
    assert ran_something(browser, tmp_path, ["<img src=x onerror=alert(1)>"])
    assert not ran_something(browser, tmp_path, bodies)


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
    assert escaped("a *b* [c]") == "a \\*b\\* \\[c\\]"
    assert "@everyone" not in escaped("hi @everyone")
    assert escaped("http://x.example") == "http\\://x.example"
