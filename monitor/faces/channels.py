"""`overheard channels`: every way to people, what goes there, and what became of the last notice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import Refused
from monitor.faces.asking import DEFAULT, ConfigPath, ask, configured, quiet_log

if TYPE_CHECKING:
    from pathlib import Path

    from rich.text import Text

    from monitor.config import ChannelEntry, Config
    from monitor.notice import Outcome
    from monitor.store.outbox import Parcel

channels_app = typer.Typer(
    help="Every way to people, and a test of each.", rich_markup_mode=None, no_args_is_help=False
)


@channels_app.callback(invoke_without_command=True)
def listed(context: typer.Context, config: ConfigPath = DEFAULT) -> None:
    """Every way to people: its kind, what goes there, and what became of the last notice."""
    context.obj = config
    if context.invoked_subcommand is None:
        _table(configured(config), config)


def _table(loaded: Config, path: Path) -> None:
    from rich.table import Table
    from rich.text import Text

    from monitor import channels, queries
    from monitor.config import told_through
    from monitor.faces.show import console

    if not loaded.channels:
        console.print("No channel is configured: add a [[channel]], or a `to` to a [[digest]].")
        return
    last = ask(path, queries.last_parcels) if loaded.database.exists() else {}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("channel", "kind", "gets", "last notice"):
        table.add_column(column, overflow="fold")
    for one in loaded.channels:
        gets = ", ".join(told_through(loaded, one.name)) or "nothing"
        table.add_row(Text(one.name), channels.load(one.kind).TITLE, Text(gets), _last(last.get(one.name)))
    console.print(table)


def _last(parcel: Parcel | None) -> Text:
    from rich.text import Text

    if parcel is None:
        return Text("–")
    color = {"delivered": "green", "dead": "red", "held": "yellow"}.get(parcel.state, "")
    started = f"{parcel.attempts[-1].started.astimezone():%d %b %H:%M}" if parcel.attempts else ""
    answer = "" if parcel.state == "delivered" else f": {parcel.answer}"
    return Text(f"{started} {parcel.state}{answer}", style=color)


@channels_app.command(name="test")
def ring_(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Channels' names, or as a digest's `to` (ntfy:topic); all where left out.", metavar="NAME"),
    ] = None,
    config: ConfigPath = DEFAULT,
) -> None:
    """Send a test notice, now. Nothing is stored, and nothing is sent a second time."""
    import asyncio

    loaded = configured(config if config != DEFAULT else context.obj or config)
    quiet_log(level="critical")
    entries = _chosen(loaded, names or [])
    if not asyncio.run(_rung(loaded, entries)):
        raise typer.Exit(1)


def _chosen(config: Config, names: list[str]) -> list[ChannelEntry]:
    from monitor.config import channel_for

    if not names and not config.channels:
        raise Refused("No channel is configured: add a [[channel]], or a `to` to a [[digest]].")
    return [channel_for(name, config) for name in names] or list(config.channels)


async def _rung(config: Config, entries: list[ChannelEntry]) -> bool:
    """Whether all arrived."""
    from monitor.app import utc_now
    from monitor.commands.ringing import ring
    from monitor.notice import Sent

    arrived = True
    async for name, outcome in ring(config, entries, utc_now()):
        print(f"{name}: {_in_words(outcome)}")
        arrived = arrived and isinstance(outcome, Sent)
    return arrived


def _in_words(outcome: Outcome) -> str:
    from monitor.notice import Later, Sent

    if isinstance(outcome, Sent):
        return "sent"
    return f"not now: {outcome.why}" if isinstance(outcome, Later) else outcome.why
