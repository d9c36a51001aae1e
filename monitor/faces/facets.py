"""Facets as bars: on the terminal here, and as places to draw on the page. No more bars than can be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from monitor.searches import Facets

ORDER = ("sentiment", "topic", "stage", "source", "site", "author")
"""As they are shown, after the days."""
MOST_LINES = 8
BARS_OF_A_TERMINAL = 60
LABEL_WIDTH, BAR_WIDTH = 26, 28
COLORS = {"negative": "red", "positive": "green", "neutral": "bright_black"}
_BLOCKS = " ▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True, slots=True)
class Stretch:
    """How many on these days."""

    first: date
    last: date
    n: int


def stretches(days: Sequence[tuple[str, int]], most: int) -> tuple[Stretch, ...]:
    """Days (ISO, ascending; those without any may be left out) from the first to the last, in at most so many parts of
    equal length."""
    if not days:
        return ()
    counted = [(date.fromisoformat(day), n) for day, n in days]
    first, last = counted[0][0], counted[-1][0]
    length = -(-((last - first).days + 1) // most)
    sums = [0] * (((last - first).days) // length + 1)
    for day, n in counted:
        sums[(day - first).days // length] += n
    starts = [first + timedelta(days=length * at) for at in range(len(sums))]
    return tuple(
        Stretch(start, min(last, start + timedelta(days=length - 1)), n) for start, n in zip(starts, sums, strict=True)
    )


def lines(facets: Facets) -> Iterator[Text]:
    """Small bar charts, one facet after the other; those of which nothing is known are left out."""
    days = stretches(facets.by.get("day", ()), BARS_OF_A_TERMINAL)
    if len(days) > 1:
        yield from _days(days)
    for facet in ORDER:
        values = facets.by.get(facet, ())[:MOST_LINES]
        if values and not (facet == "author" and values[0][1] == 1):  # nobody wrote twice: only a list of names
            yield Text()
            yield Text(facet, style="bold")
            yield from _bars(values)


def _days(days: Sequence[Stretch]) -> Iterator[Text]:
    most = max(one.n for one in days)
    each = (days[0].last - days[0].first).days + 1
    unit = "a day" if each == 1 else f"in {each} days"
    yield Text(f"mentions {unit}", style="bold")
    drawn = "".join(_BLOCKS[-(-one.n * (len(_BLOCKS) - 1) // most)] for one in days)
    yield Text(f"  {drawn}")
    first, last = f"{days[0].first:%d %b %Y}", f"{days[-1].last:%d %b %Y}"
    yield Text(f"  {first}{last:>{max(len(drawn) - len(first), len(last) + 3)}}   most: {most:,} {unit}", style="dim")


def _bars(values: Sequence[tuple[str, int]]) -> Iterator[Text]:
    most = max(n for _, n in values)
    width = min(LABEL_WIDTH, max(cell_len(value) for value, _ in values))
    digits = max(len(f"{n:,}") for _, n in values)
    for value, n in values:
        label = value if cell_len(value) <= width else set_cell_size(value, width - 1) + "…"
        line = Text(f"  {set_cell_size(label, width)}  ")
        line.append(_bar(n, most), style=COLORS.get(value, "blue"))
        yield line.append(f"  {n:>{digits},}")


def _bar(n: int, most: int) -> str:
    eighths = max(1, round(n * BAR_WIDTH * 8 / most))
    whole, part = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[part] if part else "")).ljust(BAR_WIDTH)
