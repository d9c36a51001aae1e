"""`overheard bench seed N`: a store of invented mentions, to see how searches do at size on one's own machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.errors import Refused

bench_app = typer.Typer(help="Measure on this machine.", no_args_is_help=True, rich_markup_mode=None)

FOLDER = Path("bench")
MOST = 50_000_000


@bench_app.callback()
def bench() -> None:
    """Measure on this machine."""


@bench_app.command()
def seed(
    count: Annotated[int, typer.Argument(min=1, max=MOST, metavar="N", help="How many mentions.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to make.", metavar="DIR")] = FOLDER,
    number: Annotated[int, typer.Option("--seed", help="Another number, another world.")] = 7,
) -> None:
    """Invent N mentions of twenty brands over a year, and store them as real ones are: about 1,000 a second.

    Then ask away: overheard mentions 'great sentiment:negative' --config bench/config.toml
    A folder that holds some is filled up to N; the same N and seed give the same mentions.
    """
    from monitor.demo.seed import END, fill
    from monitor.engine.handover import Step
    from monitor.faces.progress import progress
    from monitor.faces.show import console, errors
    from monitor.store.engine import Store
    from monitor.store.lock import WriteLock

    database = out / "overheard.db"
    with WriteLock(database) as lock, progress(errors) as say:
        if not lock.take():
            raise Refused(f"{database} is in use: stop what uses it, or give another --out.")
        store = Store(database, write=True)
        try:
            invented = fill(
                store, count, seed=number, progress=lambda done, of: say(Step("Inventing mentions", done, of))
            )
        finally:
            store.close()
    names = "\n".join(f'[[brand]]\nname = "{name}"' for name in invented.brands)
    head = "# Written by `overheard bench seed`. These brands and all that is said of them are invented."
    (out / "config.toml").write_text(f'{head}\n\n[store]\ndatabase = "overheard.db"\n\n{names}\n', encoding="utf-8")
    size = database.stat().st_size / 1e6
    console.print(f"{count:,} mentions of the year up to {END:%d %B %Y} in {database}, {size:,.0f} MB.")
    console.print(f"Try: overheard mentions 'great brand:{invented.brands[0]}' --config {out / 'config.toml'}")
