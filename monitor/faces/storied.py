"""How stories look on a terminal. Headlines are strangers' words: data, never markup."""

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

from monitor.commands.regrouping import NONE_YET, Shown, Story
from monitor.faces.asking import DEFAULT
from monitor.faces.show import console, counted, plain

HOW = {
    "wording": "the same words",
    "near": "nearly the same words",
    "meaning": "in other words",
    "link": "the same address",
    "quote": "links to it",
    "person": "put there by a person",
}
MOST_SOURCES = 3


def listed(found: Sequence[Story], *, as_json: bool) -> None:
    """A line for each story."""
    if as_json:
        for one in found:
            print(_json(asdict(one)))
        return
    if not found:
        console.print(NONE_YET)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "story", "first told", "mentions", "in all", "sources"):
        table.add_column(name, justify="right" if name in ("mentions", "in all") else "left")
    for one in found:
        first = f"{_day(one.first)}, {one.source}"
        table.add_row(
            str(one.id), Text(plain(one.headline)), Text(plain(first)), f"{one.mentions:,}", f"{one.in_all:,}",
            Text(plain(_sources(one.sources))),
        )  # fmt: skip
    console.print(table)


def _sources(sources: Sequence[str]) -> str:
    more = len(sources) - MOST_SOURCES
    return ", ".join(sources[:MOST_SOURCES]) + (f" + {more}" if more > 0 else "")


def shown(one: Shown, *, as_json: bool) -> None:
    """Who tells a story."""
    if as_json:
        print(_json(asdict(one)))
        return
    head = Text(f"{one.id}  ").append(plain(one.headline), style="bold")
    console.print(head.append(f"  {counted(one.size, 'mention')}", style="dim"), soft_wrap=True)
    for member in one.members:
        why = "leads" if member.leads else HOW.get(member.how, member.how)
        where = f"{member.author}, {member.source}" if member.author else member.source
        line = Text(f"#{member.id}  {_day(member.published)}  ").append(plain(f"{where}: {member.says}"))
        console.print(line.append(f"  ({why})", style="dim"), soft_wrap=True)
    if one.size > len(one.members):
        rest = f"and {one.size - len(one.members):,} more: overheard mentions 'story:{one.id}'"
        console.print(Text(rest, style="dim"), soft_wrap=True)


def changed(done: Mapping[str, Any], config: Path, *, undone: bool) -> None:
    """What was changed, and how it is taken back."""
    first, *others = done["stories"]
    told = {
        "split story": f"Story {first} was split off story {others[0] if others else ''}.",
        "merge stories": f"Story {', '.join(map(str, others))} is part of story {first} now.",
        "name story": f"Story {first} goes by its new name.",
    }[done["what"]]
    if undone:
        console.print(f"Taken back: {done['what']} ({', '.join(map(str, done['stories']))}).")
        return
    console.print(told)
    where = () if config == DEFAULT else ("--config", str(config))
    command = shlex.join(("overheard", "stories", "undo", str(done["id"]), *where))
    console.print(Text(f"To undo: {command}", style="dim"), soft_wrap=True)


def _day(at: datetime) -> str:
    return f"{at.astimezone():%d %b %Y %H:%M}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda at: at.isoformat().replace("+00:00", "Z"))
