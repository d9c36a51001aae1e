"""How alerts, and what is watched for them, look on a terminal."""

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

from monitor.commands.alerting import Level, Replay, Why
from monitor.digest.spiked import lasting
from monitor.digest.terminal import alert_terminal
from monitor.faces.asking import DEFAULT
from monitor.faces.show import console, counted, plain
from monitor.insight.spikes import ENOUGH_DAYS

_COLORS = {"open": "yellow", "acknowledged": "green", "over": "dim"}
_DAY = 86_400.0


def listed(found: Sequence[Mapping[str, Any]], *, as_json: bool, unsettled: bool) -> None:
    """A line for each."""
    if as_json:
        for one in found:
            print(json.dumps(one, ensure_ascii=False))
        return
    if not found:
        what = "No alert is open." if unsettled else "Nothing unusual was told yet."
        console.print(f"{what} `overheard alerts why` shows what is watched, and from which number on it is an alert.")
        return
    table = _table("id", "when", "what", "watches", "state", "sent")
    for one in found:
        state = Text(one["state"] + (f" by {plain(one['by'])}" if one["by"] else ""), _COLORS.get(one["state"], ""))
        table.add_row(
            str(one["id"]), _time(one["created"]), Text(plain(one["alert"].get("subject", one["kind"]))),
            Text(plain(one["key"])), state, "yes" if one["sent"] else "no",
        )  # fmt: skip
    console.print(table)


def shown(one: Mapping[str, Any], *, as_json: bool) -> None:
    """All of one alert."""
    if as_json:
        print(json.dumps(one, ensure_ascii=False))
        return
    console.print(alert_terminal(one["alert"]))
    stands = [f"{one['state']}{' by ' + one['by'] if one['by'] else ''}", f"watches {one['key']}"]
    console.print(Text(plain(f"Alert {one['id']}: {', '.join(stands)}; {_time(one['created'])}"), style="dim"))
    query = (one["alert"].get("total") or {}).get("query")
    if query:
        console.print(Text(f"All of them: overheard mentions {shlex.quote(plain(query))}"), soft_wrap=True)


def acknowledged(done: Sequence[Mapping[str, Any]]) -> None:
    """Who sees to what."""
    for one in done:
        console.print(Text(plain(f"Alert {one['id']}: acknowledged by {one['by']}. {one['alert'].get('subject', '')}")))


def snoozed(done: Mapping[str, str], config: Path) -> None:
    """Until when, and how it is undone."""
    where = () if config == DEFAULT else ("--config", str(config))
    undo = shlex.join(("overheard", "alerts", "unsnooze", done["key"], *where))
    console.print(Text(plain(f"Nothing is sent of {done['key']} until {_time(done['until'])}.")))
    console.print(Text(f"To undo: {undo}", style="dim"), soft_wrap=True)


def unsnoozed(done: Mapping[str, str]) -> None:
    """It is heard of again."""
    console.print(Text(plain(f"You hear of {done['key']} again.")))


def watched(rows: Sequence[Why], false_alarms: float, *, as_json: bool) -> None:
    """A line for each series and horizon."""
    if as_json:
        for row in rows:
            print(json.dumps(asdict(row), ensure_ascii=False))
        return
    if not rows:
        console.print("Nothing is watched: name what under [alerts] watch.")
        return
    table = _table("what", "key", "within", "now", "usual", "alert from")
    for row in rows:
        if not row.enough_on:
            for first, level in zip((True, *[False] * len(row.levels)), row.levels, strict=False):
                what, key = (_what(row), row.key) if first else ("", "")
                table.add_row(Text(what), Text(plain(key)), *_cells(level, row.kind))
    if table.row_count:
        console.print(table)
    for row in rows:
        if row.enough_on:
            console.print(Text(f"{_what(row)}: {_too_new(row)}", style="dim"), soft_wrap=True)
    console.print(
        Text(f"On average one false alarm in {false_alarms / _DAY:g} days for each brand, shared by all of this.")
    )


def _what(row: Why) -> str:
    name = f" {row.name}" if row.name else ""
    asleep = f" (snoozed until {_time(row.snoozed)})" if row.snoozed else ""
    return plain(f"{row.brand}: {row.kind}{name}{asleep}")


def _cells(level: Level, kind: str) -> tuple[str, str, str, str]:
    now = f"{level.count:,}" + (f" of {level.of:,}" if level.of is not None else "")
    beyond = "too few" if kind == "silence" else "a larger share" if level.of is not None else "–"
    from_ = f"{level.alarm_from:,}" if level.alarm_from is not None else beyond
    return lasting(level.hours), now, f"{level.low:,}–{level.high:,}", from_


def _too_new(row: Why) -> str:
    if not row.enough_on[0].isdigit():
        return f"no whole day of it is known yet; watched from {ENOUGH_DAYS} days on"
    return f"too little past to say what is usual ({counted(row.days, 'day')} so far); watched from {row.enough_on} on"


def replayed(replay: Replay, *, as_json: bool) -> None:
    """What would have been told, and how many of these may be chance."""
    if as_json:
        for one in replay.raised:
            print(json.dumps({**asdict(one), "at": one.at.isoformat().replace("+00:00", "Z")}, ensure_ascii=False))
        return
    days = (replay.until - replay.since).total_seconds() / _DAY
    if days < 1:
        console.print("There is too little past to play through: `overheard alerts why` says when there is enough.")
        return
    for one in replay.raised:
        beside = f" (and {one.with_it:,} more with it)" if one.with_it else ""
        console.print(Text(plain(f"{one.at.astimezone():%a %d %b %H:%M}  {one.sentence}{beside}")), soft_wrap=True)
    console.print(
        Text(
            f"{counted(len(replay.raised), 'alert')} in {days:.0f} days. By chance alone there would be about "
            f"{replay.asked:.1f}, at one in {replay.false_alarms / _DAY:g} days for each brand. Silence is not played."
        ),
        soft_wrap=True,
    )


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _time(written: str) -> str:
    return f"{datetime.fromisoformat(written).astimezone():%d %b %H:%M}"
