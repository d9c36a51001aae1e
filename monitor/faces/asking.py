"""What every command does to be answered: read the configuration, have the work done, ask the store."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from monitor.config import Config

ConfigPath = Annotated[
    Path, typer.Option("--config", envvar="OVERHEARD_CONFIG", help="The configuration file.", metavar="FILE")
]
DEFAULT = Path("config.toml")


def configured(path: Path) -> Config:
    """The configuration in that file. Raises Refused with every mistake in it."""
    from monitor.config import load

    return load(path, os.environ)


def quiet_log(config: Config | None = None, *, level: str = "error") -> None:
    """Logs as the configuration says, else only what has failed."""
    from monitor.faces.logging import set_up

    set_up(config.log.level if config else level, config.log.format if config else "text")


def end_with_the_pipe() -> None:
    """When whoever reads our output has enough of it (`… | head`), end as `cat` does. Not for what holds sockets."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def perform(path: Path, command: str, arguments: dict[str, Any]) -> Any:
    """Do a command that writes, with its progress on the terminal."""
    import asyncio

    from monitor.commands.handlers import perform as done
    from monitor.faces.progress import progress
    from monitor.faces.show import errors

    config = configured(path)
    quiet_log()
    with progress(errors) as say:
        return asyncio.run(done(config, command, arguments, say))


def ask(path: Path, question: Callable[..., Any], *arguments: Any) -> Any:
    """Ask the store, reading only: works beside a running service."""
    from monitor.store.engine import Store

    store = Store(configured(path).database, write=False)
    try:
        return store.reading(question, *arguments)
    finally:
        store.close()
