"""`overheard triage`: who answers which mention, and how far that is."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from monitor.faces.asking import DEFAULT, ConfigPath, ask, perform
from monitor.faces.correcting import By, Mentions, whoever
from monitor.faces.show import console, plain

_OPTIONS = {"status": "--status", "assignee": "--assign", "team": "--team", "note": "--note"}


def add_to(app: typer.Typer) -> None:
    """The command."""
    app.command()(triage)


def triage(
    mentions: Mentions,
    config: ConfigPath = DEFAULT,
    brand: Annotated[str, typer.Option(help="For which brand, where a mention is of several.")] = "",
    status: Annotated[
        str | None, typer.Option(help="new, assigned, replied, resolved, reopened or hidden.", metavar="STATUS")
    ] = None,
    assign: Annotated[
        str | None, typer.Option(help='Who answers; "" for nobody. A new mention is then assigned.', metavar="NAME")
    ] = None,
    team: Annotated[str | None, typer.Option(help='Which team answers; "" for none.', metavar="TEAM")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Give it a tag. Repeatable.", metavar="TAG")] = None,
    untag: Annotated[list[str] | None, typer.Option(help="Take a tag away. Repeatable.", metavar="TAG")] = None,
    note: Annotated[
        str | None, typer.Option(help='For whoever answers, in the place of the note before; "" for none.')
    ] = None,
    by: By = "",
) -> None:
    """Note who answers mentions and how far that is; without options, show it.

    Searches find it: overheard mentions 'status:assigned assignee:@ann tag:vip team:care'
    """
    change = {"status": status, "assignee": assign, "team": team, "note": note, "add": tag, "remove": untag}
    if all(value is None for value in change.values()):
        from monitor.triaging import standing

        for one in ask(config, standing, mentions, brand):
            console.print(Text(_standing(one)), soft_wrap=True)
        return
    done = perform(config, "triage", {"mentions": mentions, "brand": brand, "change": change, "by": by or whoever()})
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
