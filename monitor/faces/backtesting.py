"""`overheard query backtest`: what another query would make of a brand's mentions, before anything is changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

import typer

from monitor.faces.asking import DEFAULT, ConfigPath, ask


def add_to(app: typer.Typer) -> None:
    """The command."""
    app.command()(backtest)


def backtest(
    brand: Annotated[str, typer.Argument(help="The brand, as it is configured.")],
    query: Annotated[str, typer.Argument(help="The query to try, in quotes that your shell leaves alone.")],
    config: ConfigPath = DEFAULT,
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Only what was published in the last so many days.")
    ] = None,
    samples: Annotated[int, typer.Option(min=0, max=1_000, help="Show so many of the gained and of the lost.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what a query would keep, gain and lose as a brand's query. Nothing is changed.

    It is tried on all that is stored, and on what was collected in the last 14 days and named no brand.

    \b
    overheard query backtest Acme 'acme OR akme -jobs'
    """
    from monitor.backtest import backtest as tried
    from monitor.built import spoken
    from monitor.engine.handover import Step
    from monitor.faces import backtested
    from monitor.faces.progress import progress
    from monitor.faces.show import errors
    from monitor.query import lint

    findings = [one for one in lint(query) if one.severity != "hint"]
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    with progress(errors) as say:
        asked = partial(
            tried, since=since, samples=samples, language=spoken, progress=lambda *so_far: say(Step(*so_far))
        )
        found = ask(config, asked, brand, query)
    if as_json:
        print(json.dumps(backtested.as_json(found, findings), ensure_ascii=False))
        return
    backtested.shown(found, findings)
