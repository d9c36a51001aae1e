"""`overheard triage`: who answers which mention, and how far that is."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.faces.asking import DEFAULT, ConfigPath, ask, perform
from monitor.faces.correcting import By, Mentions, whoever


def add_to(app: typer.Typer) -> None:
    """The command."""
    app.command()(triage)


def triage(
    mentions: Mentions,
    config: ConfigPath = DEFAULT,
    brand: Annotated[str, typer.Option(help="For which brand, where a mention is of several.")] = "",
    status: Annotated[
        str | None, typer.Option(help="new, assigned, replied, resolved, reopened or hidden.", metavar="STATUS")
    ] = None,
    assign: Annotated[
        str | None, typer.Option(help='Who answers; "" for nobody. A new mention is then assigned.', metavar="NAME")
    ] = None,
    team: Annotated[str | None, typer.Option(help='Which team answers; "" for none.', metavar="TEAM")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Give it a tag. Repeatable.", metavar="TAG")] = None,
    untag: Annotated[list[str] | None, typer.Option(help="Take a tag away. Repeatable.", metavar="TAG")] = None,
    note: Annotated[
        str | None, typer.Option(help='For whoever answers, in the place of the note before; "" for none.')
    ] = None,
    by: By = "",
) -> None:
    """Note who answers mentions and how far that is; without options, show it.

    Searches find it: overheard mentions 'status:assigned assignee:@ann tag:vip team:care'
    """
    from monitor.faces import triaged

    change = {"status": status, "assignee": assign, "team": team, "note": note, "add": tag, "remove": untag}
    if all(value is None for value in change.values()):
        from monitor.triaging import standing

        triaged.standing(ask(config, standing, mentions, brand))
        return
    done = perform(config, "triage", {"mentions": mentions, "brand": brand, "change": change, "by": by or whoever()})
    triaged.changed(done, config)
