"""How a digest reads: as a page, a letter, Markdown and on a terminal, all from the frozen JSON."""

from __future__ import annotations

import io
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from rich.console import Console
from selectolax.lexbor import LexborHTMLParser

from monitor.digest.compose import compose
from monitor.digest.content import content
from monitor.digest.form import as_json
from monitor.digest.html import letter, page
from monitor.digest.markdown import markdown, plain
from monitor.digest.material import Material
from monitor.digest.terminal import terminal

BASE = "http://127.0.0.1:8765"


@pytest.fixture
def frozen(bad_tuesday: Material) -> dict[str, Any]:
    """As it is read again years later: through JSON."""
    read: dict[str, Any] = json.loads(json.dumps(as_json(compose(bad_tuesday))))
    return read


def headings(html: str) -> list[str]:
    return [node.text(strip=True) for node in LexborHTMLParser(html).css("h2")]


def shown(html: str) -> str:
    body = LexborHTMLParser(html).css_first("body")
    return " ".join(body.text(separator=" ").split()) if body else ""


def on_terminal(digest: dict[str, Any], base: str = "", width: int = 100) -> str:
    console = Console(
        file=io.StringIO(), width=width, force_terminal=bool(base), color_system="truecolor" if base else None
    )
    console.print(terminal(digest, base))
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_the_page_keeps_the_order_of_the_sections(frozen: dict[str, Any]) -> None:
    assert headings(page(frozen)) == [
        "Needs a reply",
        "What changed",
        "Stories",
        "Most repeated",
        "Competitors",
        "Reviews",
        "What was listened to",
    ]
    assert headings(letter(frozen)) == headings(page(frozen))


def test_the_verdict_comes_first_and_whole(frozen: dict[str, Any]) -> None:
    sentence = frozen["sections"]["verdict"]["sentence"]["text"]
    words = re.sub(r"\W+", "", sentence)
    for html in (page(frozen), letter(frozen)):
        assert words in re.sub(r"\W+", "", shown(html))[: len(words) + 60]


def test_every_figure_on_the_page_opens_its_query(frozen: dict[str, Any]) -> None:
    links = [node.attributes["href"] or "" for node in LexborHTMLParser(page(frozen, BASE)).css("a[href]")]
    asked = [parse_qs(urlsplit(link).query)["q"][0] for link in links if link.startswith(f"{BASE}/mentions?q=")]
    assert frozen["sections"]["changed"]["measures"][0]["now"]["query"] in asked
    assert len(asked) > 25
    assert all(query.startswith("brand:") for query in asked)


def test_without_a_base_figures_are_plain_and_mentions_still_open(frozen: dict[str, Any]) -> None:
    links = [node.attributes["href"] or "" for node in LexborHTMLParser(page(frozen)).css("a[href]")]
    assert links
    assert all(link.startswith("https://") for link in links)


def test_a_base_of_a_slash_links_within_the_site(frozen: dict[str, Any]) -> None:
    assert LexborHTMLParser(page(frozen, "/")).css("a[href^='/mentions?q=']")


def test_the_letter_loads_nothing_and_carries_its_styles(frozen: dict[str, Any]) -> None:
    html = letter(frozen, BASE)
    tree = LexborHTMLParser(html)
    assert not tree.css("script, link, img, svg, iframe, object, embed, form, base")
    assert "url(" not in html
    assert "@import" not in html
    assert "prefers-color-scheme: dark" in html
    assert "background-color: #fffdf9" in (tree.css_first("table.sheet").attributes.get("style") or "")
    assert len(html.encode()) < 100_000  # Gmail cuts a letter off at 102 kB


def test_the_page_allows_no_script_and_no_foreign_resource(frozen: dict[str, Any]) -> None:
    tree = LexborHTMLParser(page(frozen, BASE))
    policy = tree.css_first("meta[http-equiv='Content-Security-Policy']").attributes["content"] or ""
    assert policy.startswith("default-src 'none'")
    assert not tree.css("script, link, img, iframe")
    assert len(tree.css("svg rect.svg-today")) == 1


def test_the_trend_has_a_bar_for_each_day_in_both(frozen: dict[str, Any]) -> None:
    days = len(frozen["sections"]["changed"]["trend"])
    assert len(LexborHTMLParser(page(frozen)).css("svg g")) == days
    assert len(LexborHTMLParser(letter(frozen)).css(".bar, .bar-today")) == days


def test_a_quiet_day_fits_one_screen_and_names_its_sources(quiet_tuesday: Material) -> None:
    html = page(as_json(compose(quiet_tuesday)))
    assert headings(html) == ["What changed", "What was listened to"]
    assert "All 6 sources were read." in shown(html)
    assert "TikTok" in shown(html)


@pytest.mark.parametrize("kind", ["quiet_tuesday", "third_day", "unscored_tuesday"])
def test_every_kind_of_day_reads_everywhere(kind: str, request: pytest.FixtureRequest) -> None:
    frozen = as_json(compose(request.getfixturevalue(kind)))
    verdict = frozen["sections"]["verdict"]["sentence"]["text"]
    assert verdict in plain(frozen)
    assert verdict.replace(" ", "") in on_terminal(frozen).replace("\n", "").replace(" ", "")
    assert verdict.replace(" ", "") in shown(page(frozen)).replace(" ", "")


def test_markdown_links_figures_and_mentions(frozen: dict[str, Any]) -> None:
    text = markdown(frozen, BASE)
    assert text.startswith("# Tidepool, Tuesday 24 Nov 2026\n")
    assert re.search(r"\[37 mentions\]\(http://127\.0\.0\.1:8765/mentions\?q=brand%3A%22Tidepool%22[^)\s]+\)", text)
    assert "[social.example](<https://social.example/@sade/4105>)" in text


def test_plain_text_carries_no_marks_and_whole_addresses(frozen: dict[str, Any]) -> None:
    text = plain(frozen)
    assert "**" not in text
    assert "\\" not in text
    assert "iOS_kate, App Store UK · #4300 · <https://apps.example/review/4300>" in text


def test_the_terminal_shows_all_and_links_where_it_can(frozen: dict[str, Any]) -> None:
    bare = on_terminal(frozen)
    assert "\x1b" not in bare
    for words in ("Needs a reply", "waiting for my refund", "Greenfork: 22 mentions", "6 of 7 sources were read"):
        assert words in bare
    assert "\x1b]8;" in on_terminal(frozen, BASE)


def test_what_is_frozen_is_json_and_the_same_every_time(bad_tuesday: Material) -> None:
    frozen = content(compose(bad_tuesday), BASE)
    assert set(frozen) == {"digest", "html", "letter", "markdown", "base"}
    assert json.loads(json.dumps(frozen)) == frozen == content(compose(bad_tuesday), BASE)
