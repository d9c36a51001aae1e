"""`overheard stories`: the news that several tell, who told it first, and what you make of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from monitor.errors import Refused
from monitor.faces.asking import DEFAULT, ConfigPath, ask, perform
from monitor.faces.correcting import By, whoever

stories_app = typer.Typer(
    help="The news that several tell: near-duplicates and syndicated copies, each counted and none deleted.",
    rich_markup_mode=None,
    no_args_is_help=False,
)
Story = Annotated[str, typer.Argument(help="Its number.", metavar="STORY")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
DAYS = "2026-11-01, 2026-11, 7d, yesterday, monday"


@stories_app.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    config: ConfigPath = DEFAULT,
    brand: Annotated[str, typer.Option(help="Of this brand; of all where left out.")] = "",
    since: Annotated[str, typer.Option(help=f"Told since: {DAYS}.", metavar="DAY")] = "7d",
    until: Annotated[str, typer.Option(help="Told until, that day included: as --since.", metavar="DAY")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="So many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The stories of the last seven days, the most told first.

    \b
    overheard stories --brand Acme --since 2026-11
    overheard stories show 12
    Searches find who tells it: overheard mentions 'story:12'
    """
    context.obj = config
    if context.invoked_subcommand is None:
        from monitor.commands import regrouping
        from monitor.faces import storied

        start, end = _stretch(since, until, datetime.now(UTC))
        storied.listed(ask(config, regrouping.listed, brand, start, end, limit), as_json=as_json)


@stories_app.command()
def show(context: typer.Context, story: Story, config: ConfigPath = DEFAULT, as_json: AsJson = False) -> None:
    """Who tells one story, the oldest first, and what makes each of them one of it."""
    from monitor.commands import regrouping
    from monitor.faces import storied

    storied.shown(ask(_path(context, config), regrouping.shown, _number(story)), as_json=as_json)


@stories_app.command()
def split(
    context: typer.Context,
    story: Story,
    mentions: Annotated[list[str], typer.Argument(help="Numbers or addresses of mentions.", metavar="MENTION…")],
    config: ConfigPath = DEFAULT,
    by: By = "",
) -> None:
    """Take mentions out of a story: they tell one of their own, and are not put back."""
    _change(_path(context, config), "split story", {"story": _number(story), "mentions": mentions}, by)


@stories_app.command()
def merge(
    context: typer.Context,
    stories: Annotated[list[str], typer.Argument(help="Their numbers.", metavar="STORY…")],
    config: ConfigPath = DEFAULT,
    by: By = "",
) -> None:
    """Let stories that are one be the first of them."""
    _change(_path(context, config), "merge stories", {"stories": [_number(one) for one in stories]}, by)


@stories_app.command()
def name(
    context: typer.Context,
    story: Story,
    name: Annotated[str, typer.Argument(help='What to call it; "" gives it the words of its lead back.')],
    config: ConfigPath = DEFAULT,
    by: By = "",
) -> None:
    """Call a story by a name of yours."""
    _change(_path(context, config), "name story", {"story": _number(story), "name": name}, by)


@stories_app.command()
def undo(
    context: typer.Context,
    change: Annotated[str, typer.Argument(help="The number of a change; the last one where left out.")] = "",
    config: ConfigPath = DEFAULT,
    by: By = "",
) -> None:
    """Take back what was changed of stories: a split, a merge, a name."""
    _change(_path(context, config), "undo stories", {"change": _number(change) if change else None}, by)


def _change(path: Path, command: str, asked: dict[str, Any], by: str) -> None:
    from monitor.faces import storied

    done = perform(path, command, {**asked, "by": by or whoever()})
    storied.changed(done, path, undone=command == "undo stories")


def _stretch(since: str, until: str, now: datetime) -> tuple[datetime, datetime]:
    from monitor.config.days import stretch
    from monitor.config.times import machine_timezone

    zone = ZoneInfo(machine_timezone(os.environ))
    try:
        start = stretch(since, now, zone)[0].astimezone(UTC)
        end = stretch(until, now, zone)[1].astimezone(UTC) if until else now
    except ValueError as error:
        raise Refused(str(error)) from error
    if end <= start:
        raise Refused(f"Nothing is since {since} and until {until or 'now'}: write the earlier one first.")
    return start, end


def _number(asked: str) -> int:
    number = asked.strip().removeprefix("story:").removeprefix("#")
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise Refused(f'"{asked}" is no number: `overheard stories` shows the number of each story.')
    return int(number)


def _path(context: typer.Context, config: Path) -> Path:
    """`overheard stories --config X show 12` and `overheard stories show 12 --config X` mean the same."""
    given: Path = context.obj or DEFAULT
    return config if config != DEFAULT else given
