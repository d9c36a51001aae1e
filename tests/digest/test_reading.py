"""How a digest reads: as a page, a letter, Markdown and on a terminal, all from the frozen JSON."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from rich.console import Console
from selectolax.lexbor import LexborHTMLParser

from monitor.digest.content import content
from monitor.digest.html import letter, page
from monitor.digest.inert import JOINER
from monitor.digest.markdown import alert_plain, markdown, plain
from monitor.digest.terminal import alert_terminal, terminal
from tests.digest import made

BASE = made.BASE
HEADINGS = [
    "Needs a reply",
    "What changed",
    "Stories",
    "Most repeated",
    "Competitors",
    "Reviews",
    "Experience",
    "What was listened to",
]


@pytest.fixture
def frozen() -> dict[str, Any]:
    return made.as_read(made.digest())


def headings(html: str) -> list[str]:
    return [node.text(strip=True) for node in LexborHTMLParser(html).css("h2")]


def shown(html: str) -> str:
    body = LexborHTMLParser(html).css_first("body")
    return bare(" ".join(body.text(separator=" ").split())) if body else ""


def bare(text: str) -> str:
    """Without what keeps a reader's program from making links of its own."""
    return text.replace(JOINER, "")


def squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text)


def verdicts(digest: dict[str, Any]) -> list[str]:
    """The sentences that open a digest, or each digest of one of several brands."""
    parts = [digest["overview"], *(one["sections"] for one in digest["brands"])] if "brands" in digest else []
    return [part["verdict"]["sentence"]["text"] for part in parts or [digest["sections"]]]


def on_terminal(digest: dict[str, Any], base: str = "", width: int = 100) -> str:
    console = Console(
        file=io.StringIO(), width=width, force_terminal=bool(base), color_system="truecolor" if base else None
    )
    console.print(terminal(digest, base))
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_page_and_letter_keep_the_order_of_the_nine_parts(frozen: dict[str, Any]) -> None:
    assert headings(page(frozen)) == HEADINGS
    assert headings(letter(frozen)) == HEADINGS


def test_markdown_and_terminal_keep_it_too(frozen: dict[str, Any]) -> None:
    for text in (markdown(frozen), on_terminal(frozen)):
        places = [re.search(rf"^(## )?{name}", text, re.MULTILINE) for name in HEADINGS]
        starts = [place.start() for place in places if place]
        assert len(starts) == len(HEADINGS)
        assert starts == sorted(starts)


@pytest.mark.parametrize("kind", made.DIGESTS)
def test_every_kind_of_digest_opens_with_its_verdict_everywhere(kind: str) -> None:
    digest = made.DIGESTS[kind]()
    for said in verdicts(digest):
        for text in (shown(page(digest)), shown(letter(digest)), plain(digest), markdown(digest), on_terminal(digest)):
            assert squeezed(said) in squeezed(text)
    first = squeezed(verdicts(digest)[0])
    assert first in squeezed(shown(page(digest)))[: len(first) + 60]


def test_a_page_has_one_title_and_no_heading_left_out_between(frozen: dict[str, Any]) -> None:
    """For whoever walks by headings."""
    for digest in (frozen, made.all_brands()):
        tree = LexborHTMLParser(page(digest))
        levels = [int(node.tag[1]) for node in tree.css("h1, h2, h3, h4")]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
        assert len(tree.css("main")) == 1
        assert tree.css_first("html").attributes["lang"] == "en"


def asked_for(html: str) -> set[str]:
    links = [node.attributes["href"] or "" for node in LexborHTMLParser(html).css("a[href]")]
    return {parse_qs(urlsplit(link).query)["q"][0] for link in links if link.startswith(f"{BASE}/mentions?q=")}


def queries_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["query"]} if value.get("query") and value.get("text") else set()
        return own.union(*(queries_of(inner) for inner in value.values()))
    return set().union(*(queries_of(inner) for inner in value)) if isinstance(value, list) else set()


def test_every_number_of_a_digest_can_be_opened_from_the_page(frozen: dict[str, Any]) -> None:
    wanted = queries_of(frozen["sections"])
    assert len(wanted) > 20
    assert wanted <= asked_for(page(frozen, BASE))


def test_without_a_base_figures_are_plain_and_mentions_still_open(frozen: dict[str, Any]) -> None:
    links = [node.attributes["href"] or "" for node in LexborHTMLParser(page(frozen)).css("a[href]")]
    assert links
    assert all(link.startswith("https://") for link in links)


def test_a_base_of_a_slash_links_within_the_site(frozen: dict[str, Any]) -> None:
    assert LexborHTMLParser(page(frozen, "/")).css("a[href^='/mentions?q=']")


@pytest.mark.parametrize("kind", made.DIGESTS)
def test_a_letter_loads_nothing_and_carries_its_styles(kind: str) -> None:
    frozen = content(made.DIGESTS[kind](), BASE)
    html = frozen["letter"]
    tree = LexborHTMLParser(html)
    assert not tree.css("script, link, svg, iframe, object, embed, form, base")
    named = [node.attributes["src"] for node in tree.css("img")]
    assert named == [f"cid:{one['id']}" for one in frozen["pictures"]]
    assert [node.attributes["alt"] for node in tree.css("img")] == [bare(one["alt"]) for one in frozen["pictures"]]
    assert "url(" not in html
    assert "@import" not in html
    assert "prefers-color-scheme: dark" in html
    assert "background-color: #fffdf9" in (tree.css_first("table.sheet").attributes.get("style") or "")
    assert len(html.encode()) < 100_000  # Gmail cuts a letter off at 102 kB


def test_a_letter_asks_for_nothing_that_old_programs_cannot_do(frozen: dict[str, Any]) -> None:
    """Outlook for Windows reads HTML as a word processor does."""
    html = letter(frozen, BASE)
    body = html[html.index("<body") :]
    for word in ("display: flex", "display: grid", "position:", "float:", "var(--", "calc(", "background-image"):
        assert word not in html
    tree = LexborHTMLParser(body)
    assert tree.css_first("table.sheet").attributes["width"] == "600"
    assert all(node.attributes.get("width") for node in tree.css("img"))
    assert all(node.attributes.get("style") for node in tree.css("a[href].open, td.block, p.meta"))
    assert not [
        node.html for node in tree.css("p, div, h1, h2, h3") if "padding" in (node.attributes.get("style") or "")
    ]


def test_a_letter_reads_well_without_its_pictures(frozen: dict[str, Any]) -> None:
    alts = " ".join(node.attributes["alt"] or "" for node in LexborHTMLParser(letter(frozen)).css("img"))
    for words in (
        "37 mentions, 22 of them negative",
        "Usual: 9–21",
        "22 negative (59%)",
        "Tidepool 56%",
        "Pantrio 11%",
    ):
        assert words in alts


def test_the_page_allows_no_script_and_no_foreign_resource(frozen: dict[str, Any]) -> None:
    tree = LexborHTMLParser(page(frozen, BASE))
    policy = tree.css_first("meta[http-equiv='Content-Security-Policy']").attributes["content"] or ""
    assert policy.startswith("default-src 'none'")
    assert not tree.css("script, link, img, iframe")


def test_the_trend_has_a_bar_for_each_day_and_the_band_of_what_is_usual(frozen: dict[str, Any]) -> None:
    chart = LexborHTMLParser(page(frozen)).css_first(".chart svg")
    assert len(chart.css("rect.bar")) == len(frozen["sections"]["changed"]["trend"]) - 1
    assert len(chart.css("rect.now")) == len(chart.css("rect.band")) == 1
    assert "37 mentions" in (chart.attributes["aria-label"] or "")


def test_few_days_are_not_drawn() -> None:
    digest = made.as_read(made.learning())
    assert not LexborHTMLParser(page(digest)).css(".chart")
    assert content(digest)["pictures"] == []
    assert "▁" not in markdown(digest) + on_terminal(digest)


def test_a_quiet_day_is_short_and_still_names_its_sources() -> None:
    html = page(made.as_read(made.quiet()))
    assert headings(html) == ["All that was said", "What changed", "What was listened to"]
    assert "Saw a Tidepool van in Leith" in shown(html)
    assert "4 of 5 sources were read." in shown(html)
    assert "TikTok" in shown(html)


def test_a_weeks_digest_says_so_and_names_its_department() -> None:
    digest = made.as_read(made.weekly())
    for text in (shown(page(digest)), shown(letter(digest)), markdown(digest), on_terminal(digest)):
        assert "Support" in text[:300]
        assert "eek to Tuesday 24 Nov 2026" in text[:300]
        assert "Tue 37" in text or "Tue 24 Nov" in text


def test_several_brands_begin_with_how_all_of_them_do() -> None:
    digest = made.all_brands()
    tree = LexborHTMLParser(page(digest, BASE))
    links = [node.attributes["href"] for node in tree.css("tbody a[href^='#']")]
    assert links == [f"#{node.attributes['id']}" for node in tree.css("article")]
    assert len(links) == 2
    assert markdown(digest).startswith("# All brands, Tuesday 24 Nov 2026\n")
    assert [line for line in markdown(digest).splitlines() if line.startswith("## ")] == [
        "## Tidepool, Tuesday 24 Nov 2026",
        "## Little Tidepool, Tuesday 24 Nov 2026",
    ]


def test_a_letter_of_many_brands_is_never_cut_off() -> None:
    several = made.all_brands()
    several["brands"] *= 10
    several["overview"]["lines"] *= 10
    frozen = content(several, BASE)
    assert len(frozen["letter"].encode()) < 100_000
    assert "and 17 brands more, are left out here" in shown(frozen["letter"])
    assert shown(frozen["letter"]).count("4 of 5 sources were read.") == 3
    named = [node.attributes["src"] for node in LexborHTMLParser(frozen["letter"]).css("img")]
    assert named == [f"cid:{one['id']}" for one in frozen["pictures"]]


def test_a_digest_of_the_first_form_can_still_be_read() -> None:
    old = made.first_form()
    for text in (shown(page(old)), shown(letter(old)), markdown(old), on_terminal(old)):
        assert "37 mentions" in text
        assert "14 more" in text
        assert "Experience" not in text


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
    plain_screen = on_terminal(frozen)
    assert "\x1b" not in plain_screen
    for words in ("waiting for my refund", "Greenfork: 22 mentions", "▃█  usual ▃–▅", "#4103", "+ 14 more"):
        assert words in plain_screen
    assert "\x1b]8;" in on_terminal(frozen, BASE)


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_the_terminal_keeps_within_its_width(width: int, frozen: dict[str, Any]) -> None:
    for digest in (frozen, made.all_brands()):
        assert max(map(len, on_terminal(digest, width=width).splitlines())) <= width


def test_an_alert_says_what_why_and_what_to_do() -> None:
    alert = made.warning()
    console = Console(file=io.StringIO(), width=100, color_system=None)
    console.print(alert_terminal(alert))
    assert isinstance(console.file, io.StringIO)
    for text in (alert_plain(alert), console.file.getvalue()):
        for words in ("19 mentions in 2 hours, usual is 0–4", "14 of them", "12,000 followers", "#4105", "ack 12"):
            assert words in bare(text)


def test_what_is_frozen_is_json_and_the_same_every_time() -> None:
    for kind, make in made.DIGESTS.items():
        frozen = content(make(), BASE)
        assert set(frozen) == {"digest", "html", "letter", "markdown", "base", "pictures"}, kind
        assert json.loads(json.dumps(frozen)) == frozen == content(make(), BASE)


def test_a_composed_digest_and_its_json_read_the_same() -> None:
    assert content(made.digest(), BASE) == content(made.as_read(made.digest()), BASE)


def test_pictures_are_png_twice_as_fine_as_they_are_shown() -> None:
    for one in content(made.digest())["pictures"]:
        png = base64.b64decode(one["png"])
        assert png.startswith(b"\x89PNG\r\n\x1a\n")
        assert int.from_bytes(png[16:20], "big") == 2 * 528
        assert len(png) < 10_000
