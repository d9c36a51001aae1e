"""How notes of mentions are told on the terminal, each change with the command that takes it back."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from monitor.digest.caught import lasting
from monitor.faces.asking import DEFAULT
from monitor.faces.show import console, plain

_OPTIONS = {"status": "--status", "assignee": "--assign", "team": "--team", "note": "--note", "snoozed": "--snooze"}


def standing(found: Iterable[Mapping[str, Any]], *, as_json: bool = False) -> None:
    """Where mentions stand, and how they came to stand there."""
    for one in found:
        if as_json:
            print(json.dumps(one, ensure_ascii=False))
            continue
        console.print(Text(_standing(one)), soft_wrap=True)
        for line in _history(one):
            console.print(Text(plain(f"  {line}"), style="dim"), soft_wrap=True)


def changed(done: Sequence[Mapping[str, Any]], config: Path, *, as_json: bool = False) -> None:
    """What was changed, and how it is undone."""
    if as_json:
        for one in done:
            print(json.dumps(one, ensure_ascii=False))
        return
    for one in done:
        console.print(Text(_changed(one)), soft_wrap=True)
    for command in _undoing(done, config):
        console.print(Text(f"To undo: {command}", style="dim"), soft_wrap=True)


def _standing(one: Mapping[str, Any]) -> str:
    parts = [
        one["status"],
        f"assignee {one['assignee']}" if one["assignee"] else "",
        f"team {one['team']}" if one["team"] else "",
        f"tags {', '.join(one['tags'])}" if one["tags"] else "",
        f"snoozed until {_time(one['snoozed'])}" if one["snoozed"] else "",
    ]
    if "at" in one:
        parts.append(f"by {one['by']}, {_time(one['at'])}")
    note = f"\n  “{one['note']}”" if one["note"] else ""
    return plain(f"{_named(one)}: {' · '.join(part for part in parts if part)}{note}")


def _history(one: Mapping[str, Any]) -> list[str]:
    """What was changed, the oldest first; one change is the standing itself."""
    lines = []
    if len(one["history"]) > 1:
        for change in one["history"]:
            back = " (taken back)" if change["undoes"] else ""
            told = ", ".join(_differences(change["before"], change["after"])) or "nothing"
            lines.append(" ".join(f"{_time(change['at'])} · {change['by']}: {told}{back}".split()))
    if one["first_reply"]:
        took = datetime.fromisoformat(one["first_reply"]) - datetime.fromisoformat(one["published"])
        lines.append(f"First reply {lasting(took)} after it was published.")
    return lines


def _time(written: str) -> str:
    return f"{datetime.fromisoformat(written).astimezone():%d %b %Y %H:%M}"


def _changed(one: Mapping[str, Any]) -> str:
    told = _differences(one["before"], one["after"])
    return plain(f"{_named(one)}: {', '.join(told) or 'stands so already'}.")


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """In words; of each only the parts that differ need be there."""
    told = [
        f"{name} {before[name] or 'none'} → {after[name] or 'none'}"
        for name in ("status", "assignee", "team")
        if name in after and after[name] != before[name]
    ]
    tags, no_tags = after.get("tags", ()), before.get("tags", ())
    told += [f"tag {tag}" for tag in tags if tag not in no_tags]
    told += [f"no tag {tag}" for tag in no_tags if tag not in tags]
    if after.get("snoozed") != before.get("snoozed"):
        told.append(f"snoozed until {_time(after['snoozed'])}" if after["snoozed"] else "awake")
    if after.get("note") != before.get("note"):
        told.append(f"note “{after['note']}”" if after["note"] else "no note")
    return told


def _named(one: Mapping[str, Any]) -> str:
    return f"#{one['mention']} of {one['brand']}"


def _undoing(done: Iterable[Mapping[str, Any]], config: Path) -> list[str]:
    """The commands that restore what was: one for all mentions that stood alike."""
    ids: dict[tuple[str, ...], list[str]] = {}
    for one in done:
        if options := _restoring(one["before"], one["after"]):
            ids.setdefault(("--brand", one["brand"], *options), []).append(str(one["mention"]))
    where = () if config == DEFAULT else ("--config", str(config))
    return [shlex.join(("overheard", "triage", *mentions, *options, *where)) for options, mentions in ids.items()]


def _restoring(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[str]:
    options: list[str] = []
    for name, option in _OPTIONS.items():
        if after[name] != before[name]:
            options += [option, before[name] or ""]
    if options[:1] == ["--assign"] and before["status"] == "new":  # else naming somebody would have it assigned
        options = ["--status", "new", *options]
    for option, lost, kept in (("--tag", before, after), ("--untag", after, before)):
        options += [part for tag in lost["tags"] if tag not in kept["tags"] for part in (option, tag)]
    return options
