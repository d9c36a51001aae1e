"""How themes look on a terminal. Names and quotes are strangers' words: data, never markup."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from monitor.commands.retheming import NONE_YET, Listed, Row, Shown
from monitor.faces.asking import DEFAULT
from monitor.faces.show import COLORS, console, plain

SIDES = {"negative": "complaint", "positive": "praise", "": "not told apart"}
DONE = {
    "rename theme": "renamed",
    "merge themes": "one theme from now on",
    "pin theme": "pinned: at the top, also when nobody speaks of it",
    "unpin theme": "pinned no longer",
    "hide theme": "hidden: digests and alerts leave it out",
    "show theme": "told of again",
}
DRAWN = "▁▂▃▄▅▆▇█"


def listed(found: Listed, *, as_json: bool) -> None:
    """A line for each theme."""
    if as_json:
        for one in found.rows:
            print(_json(asdict(one)))
        return
    if not found.rows:
        console.print(NONE_YET)
        return
    several = len({one.brand for one in found.rows}) > 1
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "theme", *(("brand",) if several else ()), "", "people", "mentions", "usual", "by week"):
        number = name in ("people", "mentions", "usual")
        table.add_column(name, justify="right" if number else "left", no_wrap=number or name == "by week")
    for one in found.rows:
        brand = (Text(plain(one.brand)),) if several else ()
        table.add_row(
            str(one.id), _name(one), *brand, Text(SIDES[one.side], style=COLORS.get(one.side, "dim")),
            f"{one.people:,}", f"{one.mentions:,}", _usual(one), drawn((*one.weeks, one.mentions)),
        )  # fmt: skip
    console.print(table)
    names = {one.id: one.name for one in found.rows}
    for older, newer in found.akin:
        line = f"{older} and {newer} may say the same: overheard themes merge {older} {newer}"
        console.print(Text(plain(f"{line}  (“{names[older]}”, “{names[newer]}”)"), style="dim"), soft_wrap=True)


def _name(one: Row) -> Text:
    marks = f"{' (pinned)' if one.pinned else ''}{' (hidden)' if one.hidden else ''}"
    return Text(plain(one.name)).append(marks, style="dim")


def _usual(one: Row) -> Text:
    if one.usual is None:
        return Text("–", style="dim")
    low, high = one.usual
    words = f"{low:,}" if low == high else f"{low:,}–{high:,}"
    return Text(words, style="bold" if one.place == "above" else "")


def drawn(counts: Sequence[int]) -> str:
    """Counts as a line of bars; none at all is the lowest bar."""
    top = max(counts, default=0)
    return "".join(DRAWN[round(n * (len(DRAWN) - 1) / top) if top else 0] for n in counts)


def shown(one: Shown, *, as_json: bool) -> None:
    """All of one theme."""
    row = one.row
    if as_json:
        print(_json(asdict(one)))
        return
    head = Text(f"{row.id}  ").append(plain(row.name), style="bold")
    console.print(head.append(f"  {SIDES[row.side]} of {plain(row.brand)}", style=COLORS.get(row.side, "dim")))
    usual = f", usual {_usual(row)}" if row.usual else ""
    console.print(Text(f"Last seven days: {row.mentions:,} mentions by {row.people:,} people{usual}."))
    console.print(f"By day: {drawn(one.days)}   first {_day(row.first)}, last {_day(row.last)}")
    if one.wordings:
        console.print(Text(plain(f"Said as: {', '.join(one.wordings[:12])}")), soft_wrap=True)
    for number, name, change in one.parts:
        apart = f"  (to part them: overheard themes undo {change})" if change else ""
        console.print(Text(plain(f"Holds: {number} (“{name}”)")).append(apart, style="dim"), soft_wrap=True)
    for quote in one.quotes:
        console.print(Text(plain(f"“{quote.text}” — {quote.author or 'somebody'}, #{quote.mention}")), soft_wrap=True)
    console.print(Text(f"Who says it: overheard mentions 'theme:{row.id}'", style="dim"))


def changed(done: Mapping[str, Any], config: Path, *, undone: bool) -> None:
    """What was changed, and how it is taken back."""
    of, several = ", ".join(f"{number} (“{name}”)" for number, name in done["themes"].items()), len(done["themes"]) > 1
    told = f"Theme{'s' if several else ''} {of} {'are' if several else 'is'} {DONE.get(done['what'], 'changed')}."
    console.print(Text(plain(f"Taken back: {done['what']}: {of}." if undone else told)), soft_wrap=True)
    if not undone:
        where = () if config == DEFAULT else ("--config", str(config))
        command = shlex.join(("overheard", "themes", "undo", str(done["id"]), *where))
        console.print(Text(f"To undo: {command}", style="dim"), soft_wrap=True)


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%d %b %Y}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda moment: moment.isoformat().replace("+00:00", "Z"))
