"""Reads the hand-written lines of the invented world (voices/*.txt): what is said, on which channel, in which phase."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "voices"

CHANNELS: dict[str, tuple[str, ...]] = {
    "social": ("text",),
    "forum": ("title", "text"),
    "hackernews": ("title", "text"),
    "appstore": ("place", "stars", "title", "text"),
    "survey": ("stars", "place", "text"),
    "webhook": ("title", "text"),
    "press": ("place", "title", "text"),
    "blog": ("title", "text"),
    "abroad": ("lang", "title", "text"),
}
"""Each channel with what its lines hold, in order, between bars. A file of the same name holds the lines."""

PHASES = (
    *(
        "usual",
        "launch",
        "crash",
        "fixed",
        "late",
        "early",
        "refund",
        "both",
        "rival",
        "unveil",
        "small",
        "box",
        "noise",
    ),
)
"""The headings that a file may have: when in the month a line may be said, or of whom it speaks."""

_HEADING = re.compile(r"== (\w+)")
_THREAD = re.compile(r"\{(\w+)\} ")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that somebody says, before anybody knows when."""

    channel: str
    phase: str
    number: int
    """Its line in the file: stays the same as long as the file does."""
    text: str
    title: str = ""
    lang: str = "en"
    stars: int | None = None
    place: str = ""
    """The outlet of an article, the storefront of a review, the touchpoint of a survey answer."""
    thread: str = ""
    """Lines of one thread are one person's, in the order of the file. Written `{thread} ` before the line."""


def read_voices(folder: Path = FOLDER) -> tuple[Line, ...]:
    """Every line of every channel, in a fixed order. Raises ValueError naming the file and line of a wrong form."""
    return tuple(
        line
        for channel in CHANNELS
        for line in read_lines(channel, (folder / f"{channel}.txt").read_text(encoding="utf-8"))
    )


def read_lines(channel: str, content: str) -> Iterator[Line]:
    """The lines of one channel's file. Blank lines and those that begin with # are skipped."""
    phase = ""
    for number, raw in enumerate(content.splitlines(), start=1):
        if not raw or raw.startswith("#"):
            continue
        heading = _HEADING.fullmatch(raw)
        if heading:
            phase = heading[1]
        if phase not in PHASES:
            raise ValueError(f"{channel}.txt:{number}: a heading is one of {', '.join(PHASES)}")
        if not heading:
            yield _line(channel, phase, number, raw)


def _line(channel: str, phase: str, number: int, raw: str) -> Line:
    thread = _THREAD.match(raw)
    names = CHANNELS[channel]
    values = raw[thread.end() if thread else 0 :].split("|", len(names) - 1)
    if len(values) != len(names):
        raise ValueError(f"{channel}.txt:{number}: write {' | '.join(names)}")
    said = {name: value.strip() for name, value in zip(names, values, strict=True)}
    return Line(
        channel,
        phase,
        number,
        text=said["text"],
        title=said.get("title", ""),
        lang=said.get("lang") or ("de" if said.get("place") == "de" else "en"),
        stars=int(said["stars"]) if "stars" in said else None,
        place=said.get("place", ""),
        thread=thread[1] if thread else "",
    )
