"""`overheard rules`: what people are told at once, who answers what, and what a rule would tell before it is on."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import Refused
from monitor.faces.asking import DEFAULT, ConfigPath, ask, configured

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config.shape import RuleTable
    from monitor.engine.pacing import Pace

rules_app = typer.Typer(
    help="What people are told at once: every rule and department; try one before it is switched on.",
    rich_markup_mode=None,
    no_args_is_help=False,
)
Name = Annotated[str, typer.Argument(help="Its name.", metavar="NAME")]


@rules_app.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    config: ConfigPath = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Every rule and department: where it tells, what it caught, what waits."""
    context.obj = config
    if context.invoked_subcommand is None:
        from monitor.commands import ruling
        from monitor.faces import ruled

        rows, desks = ask(config, ruling.listed, configured(config), datetime.now(UTC))
        ruled.listed(rows, desks, as_json=as_json)


@rules_app.command("test")
def play(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A rule of the configuration, paused or not.")] = "",
    query: Annotated[str, typer.Option(help="A query to try as a rule, in place of a rule's.")] = "",
    since: Annotated[str, typer.Option(help="From when on: 30d, 2026-11, monday.", metavar="DAY")] = "30d",
    send: Annotated[str, typer.Option(help="each, batch or hourly; the rule's own where left out.")] = "",
    quiet: Annotated[str, typer.Option(help='Quiet hours, such as "22:00-07:00".', metavar="HOURS")] = "",
    samples: Annotated[int, typer.Option(min=0, max=50, help="Show so many of what it caught.")] = 3,
    config: ConfigPath = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Play a rule through on what is stored: what it would have caught, and how many messages that would have been.

    \b
    overheard rules test "Angry and widely heard" --since 30d
    overheard rules test --query 'brand:acme sentiment:negative' --send hourly
    """
    from monitor.commands import ruling
    from monitor.config.days import stretch
    from monitor.faces import ruled

    path = _path(context, config)
    loaded = configured(path)
    one = ruling.rule_named(loaded, name) if name else None
    if one is None and not query:
        raise Refused("Name a rule, or give a query to try: overheard rules test --query 'brand:acme refund'")
    pace = _pace(one, send, quiet)
    now = datetime.now(UTC)
    try:
        began = stretch(since, now, pace.zone)[0].astimezone(UTC)
    except ValueError as error:
        raise Refused(f"--since: {error}") from error
    if began > now - timedelta(hours=1):
        raise Refused(f"--since: {since} leaves less than an hour to look at.")
    own = [brand.name for brand in loaded.own_brands]
    asked = query or (one.query if one else "")
    trial = ask(path, ruling.tried, asked, pace, began, now, own, samples)
    if as_json:
        print(json.dumps(ruling.as_json(trial), ensure_ascii=False))
        return
    ruled.tried(trial, one.name if one and not query else "")


@rules_app.command()
def explain(context: typer.Context, name: Name, config: ConfigPath = DEFAULT) -> None:
    """Say in words what a rule asks for, when it is decided, whom it tells and when."""
    from monitor.commands import ruling
    from monitor.faces import ruled

    path = _path(context, config)
    loaded = configured(path)
    one = ruling.rule_named(loaded, name)
    rows, _ = ask(path, ruling.listed, loaded, datetime.now(UTC))
    ruled.explained(one, next(row for row in rows if row.name == one.name))


def _path(context: typer.Context, config: Path) -> Path:
    """The configuration, named before or after the command's name."""
    before: Path = context.obj
    return config if config != DEFAULT else before


def _pace(one: RuleTable | None, send: str, quiet: str) -> Pace:
    """As asked for, else as the rule has it."""
    from zoneinfo import ZoneInfo

    from monitor.commands.ruling import SENDS
    from monitor.config.times import machine_timezone, quiet_hours
    from monitor.engine.pacing import Pace, Send
    from monitor.query.fields import nearest

    ways: dict[str, Send] = {way: way for way in SENDS}
    if send and send not in ways:
        guess = nearest(send, ways)
        hint = f'; did you mean "{guess}"?' if guess else ""
        raise Refused(f'--send: there is no "{send}"{hint} There are: {", ".join(ways)}.')
    try:
        hours = quiet_hours(quiet) if quiet else one.quiet if one else None
    except ValueError as error:
        raise Refused(f"--quiet: {error}") from error
    zone = (one.timezone if one else None) or machine_timezone(os.environ)
    return Pace(ways.get(send, one.send if one else "each"), hours, ZoneInfo(zone))
