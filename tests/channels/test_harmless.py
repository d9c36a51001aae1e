"""Texts that would like to be more than text, in every channel that takes an outline; and the services' limits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linkify_it import LinkifyIt

from monitor.channels import apprise, discord, ntfy, teams, telegram
from monitor.digest.compose import compose
from monitor.digest.form import as_json
from monitor.digest.inert import JOINER
from monitor.digest.outline import outline
from monitor.digest.together import together, together_as_json
from monitor.notice import Notice

from .conftest import NOW, alert_of, material

BASE = "http://127.0.0.1:8765"
OURS = (f"{BASE}/mentions?q=", "https://forum.example/", BASE)
CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpora" / "security"
MARKUP = [
    "@everyone @here <@1> <@!1> <@&2> <#3> </start:4> <t:1618953630> <:kappa:5> <a:kappa:6> :tada: ||boo||",
    "[click](http://evil.example) [click](<javascript:alert(1)>) [a][b] [b]: http://evil.example ![p](//evil.x/y)",
    "<https://evil.example> https://evil.example/?a=b#c www.evil.example evil.example/x sub.evil.co.uk:8080 evil。jp",
    "tg://resolve?domain=evil tg:resolve ton://x t.me/evil @evil_bot /start /start@evil_bot #hashtag $CASH +121255501",
    "mailto:a@evil.example a@evil.example javascript:alert(1) data:text/html,x discord://- discord.gg/x ms-word:ofe",
    "**bold** __under__ *i* _i_ ~~s~~ `code` ```js\nx\n``` > quote # head -# small - item 1. item ||spoil||",
    "{{DATE(2017-02-14T06:08Z, SHORT)}} ${name} @{triggerBody()} <at>ann</at> &lt;at&gt; <b>b</b> <!channel> <!here|x>",
    "\u202e\u2066gnp.exe\u2069 a\u200bb \ud83d half \x1b]8;;http://evil.example\x07x\x1b]8;;\x07 \x00 \r\n> x\n# y",
    "- an item", "1. a first", "+ another", "# a heading",
    "1.2.3.4 http://[::1]/ http://0x7f.1/ //evil.example ftp://evil.example xn--e1afmkfd.xn--p1ai пример.рф 例え.jp",
    "http://\u2060evil.example @\u2060everyone ht\u00adtp://evil.example h\u200dttps://evil.example",
]  # fmt: skip


def digest_of(texts: Sequence[str]) -> Notice:
    """A digest without its pages: those have tests of their own."""
    made = compose(material(texts))
    return Notice("msg_digest", "digest", made.subject, NOW, {"digest": as_json(made), "base": BASE})


def several_of(texts: Sequence[str]) -> Notice:
    one = compose(material(texts))
    made = together_as_json(together([one, one]))
    return Notice("msg_digest", "digest", made["subject"], NOW, {"digest": made, "base": BASE})


def notices(texts: Sequence[str]) -> Iterator[Notice]:
    yield digest_of(texts)
    yield several_of(texts)
    yield from (alert_of(texts[start : start + 5]) for start in range(0, len(texts), 5))
    yield Notice("msg_test", "test", texts[0], NOW, {"text": texts[-1]})


@cache
def finder() -> Any:
    """Finds what looks like a link in plain text; a stranger to our own code."""
    return LinkifyIt().add("tg:", "http:").add("discord:", "http:").add("ton:", "http:")


def is_dead(text: str) -> None:
    """Nothing in a plain text that a service would make a link, a ping, a tag or a command of."""
    assert not finder().match(text), finder().match(text)
    assert not re.search(r"[@＠]\w", text)
    assert not re.search(r"(?<!\w)[#/$!](?=\w*[^\W\d])\w", text)
    assert not re.search(r"<[@#!:/a-z]|\{\{|\$\{|\]\(|\]\[|\w:[/\\]", text)
    assert not re.search(r"(?<!\w)(javascript|mailto|data|tel):[^\s\u2060]", text, re.IGNORECASE)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


def strings(value: Any) -> Iterator[tuple[str, Any]]:
    """Every (key, value) in a payload."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def check_telegram(notice: Notice) -> None:
    text, entities = telegram.worded(outline(notice.kind, notice.subject, notice.content))
    is_dead(text)
    raw = text.encode("utf-16-le")
    assert 0 < len(raw) // 2 <= 4096
    assert len(entities) <= 100
    for entity in entities:
        assert set(entity) <= {"type", "offset", "length", "url"}
        assert entity["type"] in ("bold", "text_link")
        part = raw[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")
        assert part == part.strip() != ""
        if entity["type"] == "text_link":
            assert entity["url"].startswith(OURS)
            assert part.replace(JOINER, "") in entity["url"] or entity["url"].startswith(BASE)


def check_discord(notice: Notice) -> None:
    sent = discord.message(notice, "may repeat")
    assert sent["allowed_mentions"] == {"parse": []}
    assert "content" not in sent
    assert 1 <= len(sent["embeds"]) <= 10
    total = 0
    for embed in sent["embeds"]:
        assert set(embed) <= {"title", "description", "color", "footer", "timestamp"}
        assert 0 < discord.size(embed["description"]) <= 4096
        total += discord.size(embed["description"]) + discord.size(embed.get("title", ""))
        total += discord.size(embed.get("footer", {}).get("text", ""))
        assert discord.size(embed.get("title", "")) <= 256
        links = re.findall(r"(?<!\\)\]\(<([^<>\s]*)>\)", embed["description"])
        assert all(link.startswith(OURS) for link in links)
        bare = re.sub(r"(?<!\\)\[((?:\\.|[^\[\]\\])*)\]\(<[^<>\s]*>\)", r"\1", embed["description"])
        for text in (bare, embed.get("title", "")):
            words = re.sub(r"^> ", "", re.sub(r"\*\*", "", re.sub(r"\\.", "", text)), flags=re.MULTILINE)
            is_dead(re.sub(r"\\(.)", r"\1", text))
            assert not set(words) & set("\\*_~`|[]()<>"), words
            assert text is not bare or not re.search(r"(^|\n)\s*(#|-#|- |\+ |\d+\. )", words)
    assert total <= 6000


def check_teams(notice: Notice) -> None:
    sent = teams.message(notice, "may repeat")
    assert len(teams.encoded(sent)) <= 28_000
    card = sent["attachments"][0]["content"]
    allowed = {"AdaptiveCard", "RichTextBlock", "TextRun", "Action.OpenUrl"}
    for key, value in strings(card):
        if key == "type":
            assert value in allowed
        elif key == "url":
            assert value.startswith(OURS)
        elif key == "text":
            assert value
            is_dead(value)
        else:
            assert not isinstance(value, str) or value in FIXED, (key, value)


FIXED = {
    "http://adaptivecards.io/schemas/adaptive-card.json", "1.4", "Full", "Small", "Medium", "Large", "Bolder",
    "All of it", "This digest needs a newer version of Teams.",
}  # fmt: skip


def check_ntfy(notice: Notice) -> None:
    sent = ntfy.message(notice, ntfy.Options(topic="acme"))
    assert 0 < ntfy.size(sent["message"]) <= 4096
    assert 0 < ntfy.size(sent["title"]) <= 250
    assert sent["markdown"] is False
    assert set(sent) <= {"topic", "sequence_id", "title", "message", "priority", "tags", "markdown", "click"}
    assert sent.get("click", BASE).startswith(OURS)
    is_dead(sent["message"])
    is_dead(sent["title"])


def check_apprise(notice: Notice) -> None:
    told = outline(notice.kind, notice.subject, notice.content)
    for most in apprise.LENGTHS:
        text = apprise.text(told, most)
        assert 0 < len(text) <= most
        words = text.replace(told.url, "") if told.url else text
        assert not set(words) & set("<>*_`~|[]{}\\&")
        if most in (apprise.LENGTHS[0], apprise.LENGTHS[-1]):
            is_dead(words)


CHECKS = (check_telegram, check_discord, check_teams, check_ntfy, check_apprise)


def corpus(name: str, field: str) -> list[str]:
    path = CORPUS / name
    if not path.exists():
        pytest.skip(f"needs the corpus {name}, kept beside the project")
    return [json.loads(line)[field] for line in path.read_text(encoding="utf-8").splitlines()]


def check_all(texts: Sequence[str], check: Callable[[Notice], None]) -> None:
    for start in range(0, len(texts), 20):
        for notice in notices(texts[start : start + 20]):
            check(notice)


@pytest.mark.parametrize("check", CHECKS)
def test_markup_of_any_service_stays_text(check: Callable[[Notice], None]) -> None:
    for text in MARKUP:
        check_all([text, f"acme {text}", text * 3], check)
    check_all(MARKUP, check)


@pytest.mark.parametrize("check", CHECKS)
def test_slacks_own_marks_stay_text_elsewhere_too(check: Callable[[Notice], None]) -> None:
    check_all(corpus("own/slack-mrkdwn.jsonl", "text"), check)


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS)
def test_the_whole_corpus_stays_text(check: Callable[[Notice], None]) -> None:
    check_all(corpus("html-injection.jsonl", "p"), check)


LONG = (
    "👩‍👩‍👧‍👦" * 30, "🇩🇪🇫🇷" * 40, "e\u0301\u0302\u0323" * 90, "한국어로 된 긴 글" * 30, "שלום עולם " * 40, "語" * 400,
    "word " * 90, "@a.b " * 60, "x" * 400, "<@1>" * 80, "**[" * 90,
)  # fmt: skip
LETTERS = st.one_of(st.text(max_size=60), st.sampled_from(LONG), st.sampled_from(MARKUP))


@settings(max_examples=15, deadline=None)
@given(st.lists(LETTERS, min_size=1, max_size=40))
def test_no_notice_is_larger_than_a_service_takes(texts: list[str]) -> None:
    for notice in notices(texts):
        for check in CHECKS:
            check(notice)


def test_a_flood_of_long_texts_keeps_within_every_limit() -> None:
    for notice in notices([f"{number} @everyone " + "long words " * 400 for number in range(25)]):
        for check in CHECKS:
            check(notice)
