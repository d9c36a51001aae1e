"""`overheard triage`: who answers which mention, and how far that is."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.errors import Refused
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
    reply: Annotated[bool, typer.Option("--reply", help="Somebody has answered: --status replied.")] = False,
    resolve: Annotated[bool, typer.Option("--resolve", help="It is settled: --status resolved.")] = False,
    reopen: Annotated[bool, typer.Option("--reopen", help="It is not settled after all: --status reopened.")] = False,
    hide: Annotated[bool, typer.Option("--hide", help="Leave it out of digests and counts: --status hidden.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Let it be seen again, as it stood before.")] = False,
    snooze: Annotated[
        str | None, typer.Option(help='Remind nobody of it for so long; "" wakes it.', metavar="2d")
    ] = None,
    note: Annotated[
        str | None, typer.Option(help='For whoever answers, in the place of the note before; "" for none.')
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what was noted last; again: what before it.")] = False,
    by: By = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Note who answers mentions and how far that is; without options, show it, with all that was noted before.

    \b
    overheard triage 123 124 --assign ann --note "wants a refund"
    overheard triage 123 --reply
    Searches find it: overheard mentions 'status:assigned assignee:@ann tag:vip team:care'
    """
    from monitor.faces import triaged

    ways = {"replied": reply, "resolved": resolve, "reopened": reopen, "hidden": hide}
    asked = [name for name, wanted in ways.items() if wanted] + ([status] if status is not None else [])
    if len(asked) > 1:
        raise Refused(f"A mention has one status; these are {len(asked)}: {', '.join(asked)}.")
    change = {
        "status": asked[0] if asked else None, "assignee": assign, "team": team, "note": note, "add": tag,
        "remove": untag, "snooze": snooze, "show": show or None, "undo": undo or None,
    }  # fmt: skip
    if all(value is None for value in change.values()):
        from monitor.commands.triaging import standing

        triaged.standing(ask(config, standing, mentions, brand), as_json=as_json)
        return
    done = perform(config, "triage", {"mentions": mentions, "brand": brand, "change": change, "by": by or whoever()})
    triaged.changed(done, config, as_json=as_json)
