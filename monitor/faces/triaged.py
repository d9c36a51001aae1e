"""How notes of mentions are told on the terminal, each change with the command that takes it back."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from monitor.faces.asking import DEFAULT
from monitor.faces.show import console, plain

_OPTIONS = {"status": "--status", "assignee": "--assign", "team": "--team", "note": "--note"}


def standing(found: Iterable[Mapping[str, Any]]) -> None:
    """Where mentions stand."""
    for one in found:
        console.print(Text(_standing(one)), soft_wrap=True)


def changed(done: Sequence[Mapping[str, Any]], config: Path) -> None:
    """What was changed, and how it is undone."""
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
    ]
    if "at" in one:
        parts.append(f"by {one['by']}, {datetime.fromisoformat(one['at']).astimezone():%d %b %Y %H:%M}")
    note = f"\n  “{one['note']}”" if one["note"] else ""
    return plain(f"{_named(one)}: {' · '.join(part for part in parts if part)}{note}")


def _changed(one: Mapping[str, Any]) -> str:
    before, after = one["before"], one["after"]
    told = [
        f"{name} {before[name] or 'none'} → {after[name] or 'none'}"
        for name in ("status", "assignee", "team")
        if after[name] != before[name]
    ]
    told += [f"tag {tag}" for tag in after["tags"] if tag not in before["tags"]]
    told += [f"no tag {tag}" for tag in before["tags"] if tag not in after["tags"]]
    if after["note"] != before["note"]:
        told.append(f"note “{after['note']}”" if after["note"] else "no note")
    return plain(f"{_named(one)}: {', '.join(told) or 'stands so already'}.")


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
            options += [option, before[name]]
    if options[:1] == ["--assign"] and before["status"] == "new":  # else naming somebody would have it assigned
        options = ["--status", "new", *options]
    for option, lost, kept in (("--tag", before, after), ("--untag", after, before)):
        options += [part for tag in lost["tags"] if tag not in kept["tags"] for part in (option, tag)]
    return options
