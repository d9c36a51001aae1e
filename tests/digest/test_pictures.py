"""What the pictures of a digest show: the figures, to scale, on light and dark ground alike."""

from __future__ import annotations

import re
import subprocess
import sys
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from monitor.digest import pictures
from monitor.digest.pictures import FLAT, TALL, TONES, WIDTH, Picture
from tests.digest import made

Box = tuple[str, float, float, float, float]
LIGHT, DARK = "#ffffff", "#1a1d21"
"""The grounds of Slack; letters have ones in between."""


@pytest.fixture
def digest() -> dict[str, Any]:
    return made.as_read(made.digest())


def boxes(picture: Picture | None) -> list[Box]:
    """(tone, left, top, width, height)"""
    assert picture
    found = []
    for node in LexborHTMLParser(picture.svg).css("rect"):
        place = (float(node.attributes[name] or 0) for name in ("x", "y", "width", "height"))
        found.append((str(node.attributes["class"]), *place))
    return found  # type: ignore[return-value]


def test_bars_are_as_high_as_the_days_were_loud(digest: dict[str, Any]) -> None:
    drawn = boxes(pictures.volume(digest))
    trend = digest["sections"]["changed"]["trend"]
    bars = [box for box in drawn if box[0] in ("bar", "now")]
    assert [round(box[4] / TALL * 37) for box in bars] == [day["volume"] for day in trend]
    assert all(box[2] + box[4] == pytest.approx(TALL, abs=0.11) for box in bars)
    (today,) = [box for box in drawn if box[0] == "now-negative"]
    assert today[4] == pytest.approx(22 / 37 * TALL, abs=0.06)


def test_the_band_stands_where_the_usual_range_is(digest: dict[str, Any]) -> None:
    (band,) = [box for box in boxes(pictures.volume(digest)) if box[0] == "band"]
    top, bottom = band[2], band[2] + band[4]
    assert (TALL - top) / TALL * 37 == pytest.approx(21, abs=0.1)
    assert (TALL - bottom) / TALL * 37 == pytest.approx(9, abs=0.1)


def test_the_parts_of_a_bar_have_the_lengths_of_their_counts(digest: dict[str, Any]) -> None:
    drawn = boxes(pictures.split(digest))
    assert [box[0] for box in drawn] == ["negative", "neutral", "positive", "unscored"]
    assert [round(box[3] / WIDTH * 37) for box in drawn] == [22, 7, 7, 1]


def test_ones_own_share_comes_first_with_its_interval_below(digest: dict[str, Any]) -> None:
    drawn = boxes(pictures.voice(digest))
    assert [box[0] for box in drawn] == ["own", "rival", "rival", "likely"]
    likely = drawn[-1]
    assert likely[1] / WIDTH == pytest.approx(0.44, abs=0.001)
    assert (likely[1] + likely[3]) / WIDTH == pytest.approx(0.67, abs=0.001)
    assert likely[2] > FLAT


def test_words_say_what_the_picture_shows(digest: dict[str, Any]) -> None:
    volume, split, voice = pictures.volume(digest), pictures.split(digest), pictures.voice(digest)
    assert volume
    assert volume.alt == (
        "Tue 24 Nov: 37 mentions, 22 of them negative. On the 28 days before between 6 and 17. Usual: 9–21."
    )
    assert split
    assert split.alt == "Sentiment: 22 negative (59%), 7 neutral (19%), 7 positive (19%), 1 not scored yet (3%)."
    assert voice
    assert voice.alt == "Share of voice: Tidepool 56%, Greenfork 33%, Pantrio 11%."


def test_a_week_is_drawn_among_weeks() -> None:
    drawn = pictures.volume(made.as_read(made.weekly()))
    assert drawn
    assert "In the 28 weeks before" in drawn.alt


def test_nothing_is_drawn_of_nothing() -> None:
    for digest in (made.as_read(made.learning()), made.as_read(made.quiet())):
        assert pictures.split(digest) is None
        assert pictures.voice(digest) is None
    assert pictures.volume(made.as_read(made.learning())) is None


counts = st.integers(0, 10**7)


@given(st.lists(counts, min_size=7, max_size=60), st.one_of(st.none(), st.tuples(counts, counts)), st.lists(counts))
def test_whatever_the_counts_every_box_stands_inside(
    volumes: list[int], usual: tuple[int, int] | None, shares: list[int]
) -> None:
    digest = made.as_read(made.digest())
    changed, competitors = digest["sections"]["changed"], digest["sections"]["competitors"]
    changed["trend"] = [{**changed["trend"][0], "volume": n, "negative": n // 3} for n in volumes]
    changed["measures"][0]["usual"] = {"text": "", "low": min(usual), "high": max(usual)} if usual else None
    changed["split"] = {name: {"value": n, "text": ""} for name, n in zip(changed["split"], volumes, strict=False)}
    line, whole = competitors["lines"][0], sum(shares) or 1
    competitors["lines"] = [
        {**line, "own": i == 0, "share_of_voice": {"value": 100 * n / whole, "text": "", "low": 0, "high": 100}}
        for i, n in enumerate(shares)
    ]
    for picture in (pictures.volume(digest), pictures.split(digest), pictures.voice(digest)):
        if picture:
            for _, left, top, width, height in boxes(picture):
                assert left >= 0
                assert top >= 0
                assert 0 < width <= picture.width
                assert 0 < height <= picture.height
                assert left + width <= picture.width + 0.11
                assert top + height <= picture.height + 0.11


def light(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize(
    "tone", ["now", "now-negative", "negative", "neutral", "positive", "own", "rival", "likely"]
)  # fmt: skip
def test_what_has_a_meaning_stands_off_from_light_and_dark(tone: str) -> None:
    """3 to 1, as WCAG 2.2 asks of graphics (1.4.11)."""
    found = re.search(rf"\.{tone} {{ fill: (#[0-9a-f]{{6}}) }}", TONES)
    assert found
    assert min(contrast(found[1], LIGHT), contrast(found[1], DARK)) >= 3


def test_a_picture_is_the_same_bytes_in_another_process(digest: dict[str, Any]) -> None:
    drawn = pictures.volume(digest)
    assert drawn
    code = (
        "from hashlib import sha256; from monitor.digest import pictures; from tests.digest import made;"
        "print(sha256(pictures.volume(made.as_read(made.digest())).png()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == sha256(drawn.png()).hexdigest()


def test_a_picture_has_no_ground_of_its_own(digest: dict[str, Any]) -> None:
    """Its colour type has alpha, so that a dark letter shows no white card."""
    drawn = pictures.split(digest)
    assert drawn
    assert drawn.png()[25] == 6
