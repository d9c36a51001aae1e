"""The pictures of a digest, drawn once: as SVG for the page, and as PNG for letters and messages. They hold shapes
only: what they show stands in words beside them and in their alternative text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import resvg_py
from markupsafe import escape

from monitor.digest import view

WIDTH, TALL, FLAT = 528, 72, 10
"""Pixels: a letter's column, the height of a chart, the height of a bar."""
GAP, LEAST = 2, 3.0
"""Between the parts of a bar, and what each of them has at least."""
MOST_VOICES = 12
"""The others are drawn as one."""
PIXELS = 2
"""A PNG has so many pixels for each of its own, for fine screens."""

# A PNG cannot know whether its reader's program is light or dark: tones that stand off from both, on no ground.
TONES = """
.bar { fill: #a39a8b; fill-opacity: .62 } .bar-negative { fill: #d98a6a; fill-opacity: .85 }
.now { fill: #7d766a } .now-negative { fill: #d2532a } .band { fill: #a39a8b; fill-opacity: .24 }
.floor { fill: #a39a8b; fill-opacity: .7 } .negative { fill: #c9562d } .neutral { fill: #968e7f }
.positive { fill: #3f9a70 } .unscored { fill: #a9a192; fill-opacity: .4 } .own { fill: #4f86ab }
.rival { fill: #968e7f } .likely { fill: #7d766a }
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """Shapes with classes instead of colours: a page gives them its own, light or dark."""

    name: str
    alt: str
    """What it shows, in words and numbers; empty where they stand beside it."""
    shapes: tuple[str, ...]
    width: int = WIDTH
    height: int = FLAT

    @property
    def svg(self) -> str:
        """To stand in a page; its size is the page's to choose."""
        said = f'role="img" aria-label="{escape(self.alt)}"' if self.alt else 'aria-hidden="true"'
        size = f'viewBox="0 0 {self.width} {self.height}" preserveAspectRatio="none"'
        return f"<svg {size} {said}>{''.join(self.shapes)}</svg>"

    def png(self) -> bytes:
        """The same bytes every time: no fonts, no time, nothing of the machine."""
        drawing = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}">{"".join(self.shapes)}</svg>'
        )
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=drawing, style_sheet=TONES, skip_system_fonts=True, width=PIXELS * self.width
            )
        )


def volume(digest: Mapping[str, Any]) -> Picture | None:
    """Bars of the past days (or weeks) and of this one, their negative part at the foot, before the band of what is
    usual. None for so few that bars say nothing."""
    changed = digest["sections"]["changed"]
    trend, usual = changed["trend"], changed["measures"][0]["usual"]
    if not view.enough(digest):
        return None
    top = view.top_of(trend, usual)
    shapes = [_band(usual, top)] if usual else []
    shapes += _bars(trend, top, ["bar"] * (len(trend) - 1) + ["now"])
    return Picture("volume", view.trend_in_words(digest), tuple(shapes), height=TALL + 1)


def days(digest: Mapping[str, Any]) -> Picture | None:
    """The days of a period that has several, as such bars."""
    each = digest["sections"]["changed"]["days"]
    if len(each) < 2:
        return None
    shapes = _bars(each, view.top_of(each, None), ["now"] * len(each))
    return Picture("days", view.days_in_words(digest), tuple(shapes), height=TALL + 1)


def _bars(trend: Sequence[Mapping[str, Any]], top: float, tones: Sequence[str]) -> list[str]:
    step = WIDTH / len(trend)
    wide = max(1.0, min(step - 3, 24))
    shapes = []
    for index, (day, tone) in enumerate(zip(trend, tones, strict=True)):
        left = index * step + (step - wide) / 2
        for count, shade in ((day["volume"], tone), (day["negative"], f"{tone}-negative")):
            if count:
                high = max(1.0, count / top * TALL)
                shapes.append(_box(shade, left, TALL - high, wide, high))
    return [*shapes, _box("floor", 0, TALL, WIDTH, 1)]


def _band(usual: Mapping[str, Any], top: float) -> str:
    high, low = usual["high"] / top * TALL, usual["low"] / top * TALL
    tall = max(high - low, 2)
    return _box("band", 0, min(TALL - high, TALL - tall), WIDTH, tall)


def split(digest: Mapping[str, Any]) -> Picture | None:
    """Negative, neutral and positive as parts of one bar."""
    parts = view.shares(digest)
    if not parts:
        return None
    shapes = _stretch([(part["label"], part["percent"]) for part in parts])
    said = ", ".join(f"{part['figure']['text']} {part['name']} ({part['percent']}%)" for part in parts)
    return Picture("sentiment", f"Sentiment: {said}.", tuple(shapes))


def voice(digest: Mapping[str, Any]) -> Picture | None:
    """Our share of all that was said of us and of the competitors, with where it most likely is as a line below."""
    lines = [line for line in digest["sections"]["competitors"]["lines"] if line["share_of_voice"]]
    if len(lines) < 2:
        return None
    lines.sort(key=lambda line: not line["own"])
    parts = [("own" if line["own"] else "rival", _share(line)) for line in lines[:MOST_VOICES]]
    parts += [("rival", rest)] if (rest := sum(map(_share, lines[MOST_VOICES:]))) else []
    shapes = _stretch(parts)
    low, high = (_edge(lines[0]["share_of_voice"], name) for name in ("low", "high"))
    if lines[0]["own"] and low is not None and high is not None:
        shapes.append(_box("likely", low * WIDTH, FLAT + 3, max((high - low) * WIDTH, 2), 2))
    said = ", ".join(f"{line['name']} {line['share_of_voice']['text']}" for line in lines)
    return Picture("voice", f"Share of voice: {said}.", tuple(shapes), height=FLAT + 5)


def mixture(counts: Mapping[str, Mapping[str, Any]], width: int = 240) -> Picture:
    """{"negative", "neutral", "positive", …: figure} as parts of a bar."""
    parts = [(label, figure["value"]) for label, figure in counts.items() if figure["value"]]
    return Picture("mixture", "", tuple(_stretch(parts, width)), width=width)


def share(figure: Mapping[str, Any], tone: str, width: int = 160) -> Picture:
    """A share (in per cent) as a bar, and the interval in which it most likely is as a line through its end."""
    shapes = [_box("unscored", 0, 0, width, FLAT), _box(tone, 0, 0, (figure["value"] or 0) / 100 * width, FLAT)]
    low, high = _edge(figure, "low"), _edge(figure, "high")
    if low is not None and high is not None:
        shapes.append(_box("likely", low * width, FLAT / 2 - 1, max((high - low) * width, 2), 2))
    return Picture("share", "", tuple(shapes), width=width)


def spark(counts: Sequence[int], width: int = 74, height: int = 14) -> Picture:
    """A few counts as bars, the last one dark."""
    step, top = width / len(counts), max(*counts, 1)
    shapes = [_box("floor", 0, height, width, 1)]
    for index, count in enumerate(counts):
        high = max(1.0, count / top * height) if count else 0.0
        tone = "now" if index == len(counts) - 1 else "bar"
        shapes += [_box(tone, index * step, height - high, max(step - 1, 0.5), high)] if count else []
    return Picture("spark", "", tuple(shapes), width, height + 1)


def _share(line: Mapping[str, Any]) -> float:
    return float(line["share_of_voice"]["value"] or 0) / 100


def _edge(figure: Mapping[str, Any], name: str) -> float | None:
    value = figure.get(name)
    return None if value is None else min(max(float(value) / 100, 0.0), 1.0)


def _stretch(parts: Sequence[tuple[str, float]], width: float = WIDTH) -> list[str]:
    """Boxes side by side that fill the width."""
    if not parts:
        return []
    whole = sum(size for _, size in parts) or 1
    room = width - GAP * (len(parts) - 1)
    sizes = _visible([size / whole * room for _, size in parts], room)
    left, shapes = 0.0, []
    for (tone, _), size in zip(parts, sizes, strict=True):
        shapes.append(_box(tone, left, 0, size, FLAT))
        left += size + GAP
    return shapes


def _visible(sizes: Sequence[float], room: float) -> list[float]:
    """None smaller than can be seen, at the cost of the largest."""
    grown = [max(size, LEAST) for size in sizes]
    grown[grown.index(max(grown))] -= sum(grown) - room
    return grown


def _box(tone: str, left: float, top: float, width: float, height: float) -> str:
    return f'<rect class="{tone}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
