"""What each service is sent of the same notices. After a change that is meant: pytest --snapshot-update, and look."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from monitor.channels import apprise, discord, ntfy, teams, telegram
from monitor.digest.inert import JOINER, cut
from monitor.digest.outline import Line, Outline, Words, fitted, outline
from monitor.notice import Notice

from .conftest import NOW, alert_of

DIGESTS = Path(__file__).parent / "digests"
BASE = "http://127.0.0.1:8765"
NOTICES = ("crisis", "quiet", "early", "several", "alert", "test")

PAYLOADS: dict[str, Callable[[Notice], Any]] = {
    "teams": teams.message,
    "discord": discord.message,
    "telegram": lambda notice: telegram.message(notice, telegram.Options(token="1:x", chat=-100)),  # type: ignore[arg-type]
    "ntfy": lambda notice: ntfy.message(notice, ntfy.Options(topic="acme")),
    "apprise": lambda notice: apprise.text(outline(notice.kind, notice.subject, notice.content), 900).split("\n"),
}


def noticed(name: str) -> Notice:
    if name == "alert":
        return alert_of(["My parcel broke", "It broke, too", "@acme [broken](http://x.example)"])
    if name == "test":
        return Notice("msg_test", "test", "A test of overheard", NOW, {"text": "It works.", "base": BASE})
    digest = json.loads((DIGESTS / f"{name}.json").read_text("utf-8"))
    return Notice(f"msg_{name}", "digest", digest["subject"], NOW, {"digest": digest, "base": BASE})


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(JSONSnapshotExtension)


@pytest.mark.parametrize("name", NOTICES)
@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_service_is_sent_what_it_was(kind: str, name: str, golden: SnapshotAssertion) -> None:
    assert PAYLOADS[kind](noticed(name)) == golden


def shown(kind: str, notice: Notice) -> str:
    """Every word of a payload, in order."""

    def words(value: Any, key: str = "") -> Iterator[str]:
        if isinstance(value, dict):
            for inner_key, inner in value.items():
                yield from words(inner, inner_key)
        elif isinstance(value, list):
            for inner in value:
                yield from words(inner, key)
        elif isinstance(value, str) and key in ("text", "message", "description", "title", ""):
            yield value

    return " ".join(" ".join(words(PAYLOADS[kind](notice))).replace(JOINER, "").replace("\\", "").split())


@pytest.mark.parametrize("kind", PAYLOADS)
def test_what_matters_is_there_and_what_is_left_out_is_said(kind: str) -> None:
    text = shown(kind, noticed("crisis"))
    assert "Tidepool, Tuesday 24 Nov 2026" in text or kind == "apprise"
    assert "37 mentions" in text
    assert "6 of 7 sources were read" in text
    assert "#4105" in text or kind == "apprise"
    if kind not in ("teams", "telegram"):
        assert "Left out here: " in text
        assert "127.0.0.1:8765" in text


@pytest.mark.parametrize("kind", PAYLOADS)
def test_an_alert_names_cause_mentions_and_what_to_do(kind: str) -> None:
    text = shown(kind, noticed("alert"))
    assert "12 mentions" in text
    assert "in an hour, usual on a Tuesday morning is 1–4." in text
    assert "9 of them one story" in text
    assert "overheard alerts ack 12" in text.replace("‵", "`")
    assert "“My parcel broke” user 0, Forum · #0" in text


LINES = st.lists(
    st.builds(
        Line,
        st.sampled_from(["heading", "text", "point", "quote"]),
        st.lists(st.builds(Words, st.text(min_size=1, max_size=40)), min_size=1, max_size=3).map(tuple),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(LINES, st.integers(120, 1500))
def test_whatever_fits_is_in_order_and_belongs_together(lines: list[Line], most: int) -> None:
    said = Outline("title", "calm", tuple(lines), "", BASE)
    found = fitted(said, (most,), lambda line: (len(line.text),))
    assert sum(len(line.text) for line in found) <= most
    if found == said.lines:
        return
    *kept, last = found
    assert last.text.replace(JOINER, "").endswith("All of it: 127.0.0.1:8765")
    places = [next(i for i, line in enumerate(lines) if line is one) for one in kept if any(one is x for x in lines)]
    assert places == sorted(places)
    assert len(places) == len(kept) or len(kept) == 1
    for place in places:
        heading = next((i for i in range(place, -1, -1) if lines[i].kind == "heading"), None)
        assert heading is None or heading in places
        if lines[place].kind == "heading":
            assert place + 1 in range(len(lines))
            assert any(i in places for i in range(place + 1, len(lines)))


@given(st.text(max_size=40), st.integers(0, 30))
def test_no_letter_is_cut(text: str, most: int) -> None:
    def units(words: str) -> int:
        return len(words.encode("utf-16-le", "surrogatepass")) // 2

    found = cut(text, most, units)
    assert units(found) <= most
    assert found == text or found.endswith("…") or not most
    assert text.startswith(found.removesuffix("…"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦…"),
        ("🇩🇪🇫🇷🇪🇸", "🇩🇪🇫🇷…"),
        ("e\u0301\u0302e\u0301\u0302e\u0301\u0302", "e\u0301\u0302e\u0301\u0302…"),
        ("नमस्ते", "नम…"),
        ("👍🏽👍🏽👍🏽", "👍🏽👍🏽…"),
    ],
)
def test_families_flags_and_accents_stay_whole(text: str, kept: str) -> None:
    assert cut(text, len(text) - 1) == kept
