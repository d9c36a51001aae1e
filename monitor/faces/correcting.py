"""`overheard correct` and `overheard corrections`: say what is right of a mention, see what was said and learnt."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from monitor.errors import Refused
from monitor.faces.asking import DEFAULT, ConfigPath, ask, perform

Mentions = Annotated[
    list[str], typer.Argument(help="Numbers as `overheard mentions` shows them, or addresses.", metavar="MENTION…")
]
By = Annotated[str, typer.Option("--by", help="Who says so; you where left out.", metavar="NAME")]
NONE = 'Repeatable; "none" where it has none.'


def add_to(app: typer.Typer) -> None:
    """Both commands."""
    app.command()(correct)
    app.command()(corrections)


def correct(
    mentions: Mentions,
    config: ConfigPath = DEFAULT,
    sentiment: Annotated[str, typer.Option(help="negative, neutral or positive, towards the brand.")] = "",
    relevant: Annotated[str, typer.Option(help="Is the brand meant at all: yes or no.", metavar="yes|no")] = "",
    topic: Annotated[list[str] | None, typer.Option(help=f"What it is about. {NONE}")] = None,
    touchpoint: Annotated[list[str] | None, typer.Option(help=f"Where they met the brand. {NONE}")] = None,
    stage: Annotated[str, typer.Option(help="The stage of the customer's journey.")] = "",
    need: Annotated[list[str] | None, typer.Option(help=f"help, question, complaint … {NONE}")] = None,
    emotion: Annotated[str, typer.Option(help="anger, joy … or none.")] = "",
    brand: Annotated[str, typer.Option(help="Towards whom, where a mention is of several brands.")] = "",
    note: Annotated[str, typer.Option(help="Why, for whoever reads the list.", metavar="TEXT")] = "",
    by: By = "",
) -> None:
    """Say what is right of a mention: it holds at once, for its near-duplicates too, and teaches."""
    from monitor.faces import corrected

    single = {"sentiment": sentiment, "relevance": relevant, "stage": stage, "emotion": emotion}
    several = {"topics": topic or [], "touchpoints": touchpoint or [], "need": need or []}
    changes = {field: value for field, value in (single | several).items() if value}
    asked = {"mentions": mentions, "changes": changes, "brand": brand, "note": note, "by": by or whoever()}
    corrected.corrected(perform(config, "correct", asked))


def corrections(
    config: ConfigPath = DEFAULT,
    undo: Annotated[str, typer.Option(help="Take a correction back, and what followed it.", metavar="NO")] = "",
    learnt: Annotated[bool, typer.Option("--learnt", help="What was learnt from them, and whether it helps.")] = False,
    learn: Annotated[bool, typer.Option("--learn", help="Learn from what has come since, now.")] = False,
    forget: Annotated[str, typer.Option(help="Switch what was learnt off: Acme/relevance.", metavar="HEAD")] = "",
    restore: Annotated[str, typer.Option(help="Switch it on again.", metavar="HEAD")] = "",
    by: By = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """What people corrected, what followed, and what was learnt from it."""
    from monitor import queries
    from monitor.faces import corrected

    if sum(map(bool, (undo, learn, forget, restore))) > 1:
        raise Refused("One at a time: --undo, --learn, --forget or --restore.")
    who = by or whoever()
    if undo:
        corrected.undone(perform(config, "undo", {"id": _number(undo), "by": who}))
    elif forget or restore:
        head, on = forget or restore, bool(restore)
        corrected.switched(head, perform(config, "switch", {"head": head, "on": on, "by": who}), on=on)
    elif learn:
        corrected.learning_done(perform(config, "learn", {}))
        corrected.learnt(ask(config, queries.learnt), as_json=as_json)
    elif learnt:
        corrected.learnt(ask(config, queries.learnt), as_json=as_json)
    else:
        corrected.listed(ask(config, queries.corrections, limit), as_json=as_json)


def whoever() -> str:
    """Who sits at this terminal."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in a container; KeyError before Python 3.13
        return "somebody"


def _number(written: str) -> int:
    digits = written.strip().removeprefix("#")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise Refused(f'"{written}" is not the number of a correction: `overheard corrections` shows it before each.')
    return int(digits)
