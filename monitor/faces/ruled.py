"""How rules, and what one would have told, look on a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from rich.table import Table
from rich.text import Text

from monitor.commands.ruling import Desk, Row, Told, Trial
from monitor.commands.ruling import explained as in_words
from monitor.config.shape import RuleTable
from monitor.digest.caught import lasting
from monitor.engine.pacing import Why
from monitor.faces.show import console, counted, mentions, plain
from monitor.query.explain import WIDTH

_SENT: dict[Why, str] = {
    "each": "one by one",
    "batch": "in batches of ten minutes",
    "hourly": "once an hour",
    "flood": "together, because too many came at once",
    "quiet": "at the end of quiet hours",
}


def listed(rows: Sequence[Row], desks: Sequence[Desk], *, as_json: bool) -> None:
    """A line for each rule, and one for each department."""
    if as_json:
        for line in [{"kind": "rule", **asdict(one)} for one in rows] + [
            {"kind": "department", **asdict(one)} for one in desks
        ]:
            print(json.dumps(line, ensure_ascii=False, default=datetime.isoformat))
        return
    if not rows and not desks:
        console.print("No [[rule]] and no [[department]] is configured: config.example.toml shows how they look.")
        console.print("Try one on what is stored: overheard rules test --query 'sentiment:negative followers:>10000'")
        return
    if rows:
        _rules(rows)
    if desks:
        _desks(desks)


def _rules(rows: Sequence[Row]) -> None:
    table = _table("rule", "tells", "how", "7 days", "waiting", "last told", "")
    for one in rows:
        state = Text("paused", style="dim") if one.paused else Text("" if one.since else "not at work yet", "yellow")
        tally = one.tally
        table.add_row(
            Text(plain(one.name)), Text(plain(", ".join(one.channels)) or "nobody"), one.send, f"{tally.caught:,}",
            f"{tally.waiting:,}", _time(tally.last_told), state,
        )  # fmt: skip
    console.print(table)
    if any(not one.paused and one.since is None for one in rows):
        console.print("Not at work yet: `overheard reload`, or the next start, begins with it.")


def _desks(desks: Sequence[Desk]) -> None:
    console.print()
    table = _table("department", "tells", "owner", "answers within", "open")
    for one in desks:
        target = lasting(timedelta(seconds=one.answer_within)) if one.answer_within else "–"
        table.add_row(
            Text(plain(one.name)), Text(plain(", ".join(one.channels)) or "nobody"), Text(plain(one.owner) or "–"),
            target, f"{one.open:,}",
        )  # fmt: skip
    console.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        numbers = column in ("7 days", "waiting", "open")
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    return table


def _time(at: datetime | None) -> str:
    return f"{at.astimezone():%d %b %H:%M}" if at else "–"


def tried(trial: Trial, name: str) -> None:
    """What was caught, the messages that each way of sending would have come to, some of it, and advice."""
    whose = f"“{name}”" if name else "This query"
    span = lasting(trial.until - trial.since)
    only = "" if trial.whole else " (of the newest only: it caught more before)"
    head = f"{whose} would have caught {counted(trial.caught, 'mention')} in {span}{only}."
    console.print(Text(plain(head), style="bold"), soft_wrap=True)
    if trial.caught:
        console.print()
        _ways(trial)
    if trial.in_quiet:
        console.print(f"{trial.in_quiet:,} of them came in quiet hours and would have waited for their end.")
    if trial.brands:
        told = ", ".join(f"{name or 'of no brand'} {n:,}" for name, n in trial.brands.items())
        console.print(Text(plain(f"By brand: {told}.")), soft_wrap=True)
    for advice in trial.advice:
        console.print(Text(plain(advice), style="yellow"), soft_wrap=True)
    if trial.samples:
        console.print()
        mentions(f"The newest {len(trial.samples):,}:", trial.samples)
    console.print("Nothing was sent, and nothing was changed.")


def _ways(trial: Trial) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("send", "messages", "a day", "at most an hour", "sent"):
        table.add_column(column, justify="left" if column in ("send", "sent") else "right", overflow="fold")
    for way in trial.ways:
        style = "bold" if way.send == trial.send else "dim"
        cells = (f"{way.messages:,}", f"{way.a_day:.1f}", f"{way.in_an_hour:,}", _reasons(way))
        table.add_row(Text(way.send, style=style), *(Text(cell, style=style) for cell in cells))
    console.print(table)


def _reasons(way: Told) -> str:
    return ", ".join(f"{n:,} {_SENT[why]}" for why, n in way.why.items())


def explained(one: RuleTable, row: Row) -> None:
    """A rule in words."""
    console.print(Text(plain(one.name), style="bold"))
    for line in in_words(one, row, min(WIDTH, console.width)):
        console.print(Text(plain(line)), soft_wrap=True)
