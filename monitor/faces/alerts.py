"""`overheard alerts`: what was told at once, who sees to it, what is watched, and what the past would have raised."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import Refused
from monitor.faces.asking import DEFAULT, ConfigPath, ask, configured, perform
from monitor.faces.correcting import By, whoever

if TYPE_CHECKING:
    from pathlib import Path

alerts_app = typer.Typer(
    help="What was told at once because it was not usual: see to it, snooze it, ask why.",
    rich_markup_mode=None,
    no_args_is_help=False,
)
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
What = Annotated[
    str, typer.Argument(help="An alert's number, or what it watches: volume/1, theme/17, source.", metavar="WHAT")
]


@alerts_app.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    config: ConfigPath = DEFAULT,
    unsettled: Annotated[
        bool, typer.Option("--open", help="Only what nobody has acknowledged and is not over.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 30,
    as_json: Json = False,
) -> None:
    """The newest alerts: number, when, what, and where they stand."""
    context.obj = config
    if context.invoked_subcommand is None:
        from monitor.commands.alerting import listing
        from monitor.faces import alerted

        alerted.listed(ask(config, listing, limit, unsettled), as_json=as_json, unsettled=unsettled)


@alerts_app.command()
def show(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="The alert's number.", metavar="ID")],
    config: ConfigPath = DEFAULT,
    as_json: Json = False,
) -> None:
    """One alert: what is unusual, its cause, the mentions to look at first."""
    from monitor.commands.alerting import one
    from monitor.faces import alerted

    alerted.shown(ask(_path(context, config), one, _number(number)), as_json=as_json)


@alerts_app.command()
def ack(
    context: typer.Context,
    numbers: Annotated[list[str], typer.Argument(help="Alerts, by their numbers.", metavar="ID…")],
    by: By = "",
    config: ConfigPath = DEFAULT,
) -> None:
    """Say that you see to alerts: they are open no longer."""
    from monitor.faces import alerted

    arguments = {"ids": [_number(one) for one in numbers], "by": by or whoever()}
    alerted.acknowledged(perform(_path(context, config), "acknowledge alerts", arguments))


@alerts_app.command()
def snooze(
    context: typer.Context,
    what: What,
    lasting: Annotated[str, typer.Option("--for", help="How long: 4h, 2d.", metavar="TIME")] = "1d",
    by: By = "",
    config: ConfigPath = DEFAULT,
) -> None:
    """Send nothing of it for a while; it still stands in the list. A kind, such as source, is all of that kind."""
    from monitor.faces import alerted

    path = _path(context, config)
    arguments = {"what": what, "for": lasting, "by": by or whoever()}
    alerted.snoozed(perform(path, "snooze alerts", arguments), path)


@alerts_app.command()
def unsnooze(context: typer.Context, what: What, config: ConfigPath = DEFAULT) -> None:
    """Hear of it again."""
    from monitor.faces import alerted

    alerted.unsnoozed(perform(_path(context, config), "unsnooze alerts", {"what": what}))


@alerts_app.command()
def why(context: typer.Context, config: ConfigPath = DEFAULT, as_json: Json = False) -> None:
    """What is watched now: counts, what is usual, from which number on it is an alert; and what is too new for it."""
    from monitor.commands import alerting
    from monitor.faces import alerted

    path = _path(context, config)
    loaded = configured(path)
    alerted.watched(ask(path, alerting.why, loaded, datetime.now(UTC)), loaded.alerts.false_alarms, as_json=as_json)


@alerts_app.command()
def backtest(
    context: typer.Context,
    since: Annotated[str, typer.Option(help="From when on: 30d, 2026-11, monday.", metavar="DAY")] = "56d",
    false_alarms: Annotated[
        str, typer.Option("--false-alarms", help='Try another rate: "one a week", "2 a month".', metavar="RATE")
    ] = "",
    config: ConfigPath = DEFAULT,
    as_json: Json = False,
) -> None:
    """Play the past through: which alerts there would have been, to find the rate that suits you.

    \b
    overheard alerts backtest --since 30d --false-alarms "one a week"
    """
    from monitor.commands import alerting
    from monitor.faces import alerted

    path = _path(context, config)
    now = datetime.now(UTC)
    replay = ask(path, alerting.backtest, configured(path), _since(since, now), _rate(false_alarms), now)
    alerted.replayed(replay, as_json=as_json)


def _path(context: typer.Context, config: Path) -> Path:
    """The configuration, named before or after the command's name."""
    before: Path = context.obj
    return config if config != DEFAULT else before


def _number(written: str) -> int:
    number = written.strip().removeprefix("#")
    if not number.isdecimal() or len(number) > 18:
        raise Refused(f'"{written}" is no alert\'s number: `overheard alerts` shows them.')
    return int(number)


def _since(written: str, now: datetime) -> datetime:
    from zoneinfo import ZoneInfo

    from monitor.config.days import stretch
    from monitor.config.times import machine_timezone

    try:
        return stretch(written, now, ZoneInfo(machine_timezone(os.environ)))[0].astimezone(UTC)
    except ValueError as error:
        raise Refused(f"--since: {error}") from error


def _rate(written: str) -> float | None:
    from monitor.config.times import false_alarm_rate

    try:
        return false_alarm_rate(written) if written else None
    except ValueError as error:
        raise Refused(f"--false-alarms: {error}") from error
