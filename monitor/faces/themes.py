"""`overheard themes`: what people repeat of your brands, in their own words, and what you make of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.errors import Refused
from monitor.faces.asking import DEFAULT, ConfigPath, ask, perform
from monitor.faces.correcting import By, whoever

themes_app = typer.Typer(
    help="What people repeat of your brands, in their own words: how often, and against what is usual.",
    rich_markup_mode=None,
    no_args_is_help=False,
)
Theme = Annotated[str, typer.Argument(help="Its number.", metavar="THEME")]
Several = Annotated[list[str], typer.Argument(help="Their numbers.", metavar="THEME…")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@themes_app.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    config: ConfigPath = DEFAULT,
    brand: Annotated[str, typer.Option(help="Of this brand; of all where left out.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Also what is hidden, or was not said lately.")] = False,
    as_json: AsJson = False,
) -> None:
    """The themes of the last seven days, those of most people first.

    \b
    overheard themes --brand Acme
    overheard themes show 12
    Searches find who says it: overheard mentions 'theme:12'
    """
    context.obj = config
    if context.invoked_subcommand is None:
        from functools import partial

        from monitor.commands import retheming
        from monitor.faces import themed

        found = ask(config, partial(retheming.listed, everything=everything), brand, datetime.now(UTC))
        themed.listed(found, as_json=as_json)


@themes_app.command()
def show(context: typer.Context, theme: Theme, config: ConfigPath = DEFAULT, as_json: AsJson = False) -> None:
    """All of one theme: its phrases, who says it how, and how often."""
    from monitor.commands import retheming
    from monitor.faces import themed

    themed.shown(ask(_path(context, config), retheming.shown, _number(theme), datetime.now(UTC)), as_json=as_json)


@themes_app.command()
def rename(
    context: typer.Context,
    theme: Theme,
    name: Annotated[str, typer.Argument(help='What to call it; "" gives it its own name back.')],
    config: ConfigPath = DEFAULT,
    by: By = "",
) -> None:
    """Call a theme by a name of yours; it stays whatever is said later."""
    _change(_path(context, config), "rename theme", {"theme": _number(theme), "name": name}, by)


@themes_app.command()
def merge(context: typer.Context, themes: Several, config: ConfigPath = DEFAULT, by: By = "") -> None:
    """Let themes that say the same count as the first of them."""
    if len(themes) < 2:
        raise Refused("Name two themes at least: the one that stays, and those that become part of it.")
    _change(_path(context, config), "merge themes", {"themes": [_number(one) for one in themes]}, by)


@themes_app.command()
def pin(context: typer.Context, themes: Several, config: ConfigPath = DEFAULT, by: By = "") -> None:
    """Keep themes at the top, also when nobody speaks of them."""
    _switch(context, config, "pin", themes, by)


@themes_app.command()
def unpin(context: typer.Context, themes: Several, config: ConfigPath = DEFAULT, by: By = "") -> None:
    """Let pinned themes go."""
    _switch(context, config, "unpin", themes, by)


@themes_app.command()
def hide(context: typer.Context, themes: Several, config: ConfigPath = DEFAULT, by: By = "") -> None:
    """Leave themes out of digests and alerts. Their mentions stay, and still are counted elsewhere."""
    _switch(context, config, "hide", themes, by)


@themes_app.command("show-again")
def show_again(context: typer.Context, themes: Several, config: ConfigPath = DEFAULT, by: By = "") -> None:
    """Tell of hidden themes again."""
    _switch(context, config, "show-again", themes, by)


@themes_app.command()
def undo(
    context: typer.Context,
    change: Annotated[str, typer.Argument(help="The number of a change; the last one where left out.")] = "",
    config: ConfigPath = DEFAULT,
    by: By = "",
) -> None:
    """Take back what was changed of themes: a name, a merge, a pin, a hiding."""
    _change(_path(context, config), "undo themes", {"change": _number(change) if change else None}, by)


@themes_app.command()
def rebuild(context: typer.Context, config: ConfigPath = DEFAULT) -> None:
    """Sort everything that is stored into themes anew. Numbers, names and what you changed stay."""
    from monitor.faces.show import console, counted

    done = perform(_path(context, config), "rebuild themes", {})
    console.print(f"{counted(done['sorted'], 'mention')} sorted anew.")


def _switch(context: typer.Context, config: Path, how: str, themes: list[str], by: str) -> None:
    asked = {"how": how, "themes": [_number(one) for one in themes]}
    _change(_path(context, config), "switch themes", asked, by)


def _change(path: Path, command: str, asked: dict[str, Any], by: str) -> None:
    from monitor.faces import themed

    done = perform(path, command, {**asked, "by": by or whoever()})
    themed.changed(done, path, undone=command == "undo themes")


def _path(context: typer.Context, config: Path) -> Path:
    """`overheard themes --config X show 12` and `overheard themes show 12 --config X` mean the same."""
    given: Path = context.obj or DEFAULT
    return config if config != DEFAULT else given


def _number(asked: str) -> int:
    number = asked.strip().removeprefix("#")
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise Refused(f'"{asked}" is no number: `overheard themes` shows the number of each theme.')
    return int(number)
