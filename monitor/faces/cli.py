"""The command line. Each command translates: it reads its input, calls one function below, and shows what came back.

Exit codes: 0 done, 2 wrong input, 1 anything else. Heavy parts are imported by the command that needs them, so that
`overheard --help` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from monitor.errors import Refused, StoreBusy, StoreUnusable, TooSlow
from monitor.faces import backtesting, correcting, mentions, triaging, troubles
from monitor.faces.alerts import alerts_app
from monitor.faces.asking import DEFAULT, ConfigPath, ask, configured, end_with_the_pipe, perform, quiet_log
from monitor.faces.benching import bench_app
from monitor.faces.channels import channels_app
from monitor.faces.models import models_app
from monitor.faces.querying import query_app
from monitor.faces.rules import rules_app
from monitor.faces.sources import sources_app
from monitor.faces.stories import stories_app
from monitor.faces.themes import themes_app

app = typer.Typer(
    name="overheard",
    help="Hear what people say of your brand. New here? Try: overheard demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(query_app, name="query")
app.add_typer(models_app, name="models")
app.add_typer(sources_app, name="sources")
app.add_typer(channels_app, name="channels")
app.add_typer(rules_app, name="rules")
app.add_typer(themes_app, name="themes")
app.add_typer(stories_app, name="stories")
app.add_typer(bench_app, name="bench")
app.add_typer(alerts_app, name="alerts")
Encoder = Literal["auto", "english", "multilingual"]


def main() -> None:
    """The entry point: runs a command and turns what went wrong into a sentence and an exit code."""
    try:
        app(standalone_mode=True)
    except Refused as error:
        _fail(str(error), 2)
    except (StoreBusy, StoreUnusable, TooSlow) as error:
        _fail(str(error), 1)
    except OSError as error:
        _fail(troubles.of_the_system(error), 1)
    except troubles.errors("pydantic", "ValidationError") as error:
        _fail(troubles.of_values(error.errors(include_url=False, include_input=False)), 2)
    except troubles.errors("sqlalchemy.exc", "DatabaseError") as error:
        _fail(troubles.of_the_database(error.orig), 1)
    except KeyboardInterrupt:
        _fail("stopped", 130)


def _fail(message: str, code: int) -> None:
    sys.stdout.flush()
    print(message, file=sys.stderr)
    sys.exit(code)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Write the digest and end, instead of serving it.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Where to write it.", metavar="DIR")] = None,
) -> None:
    """See it work, offline: an invented brand is collected, scored and told within a minute."""
    import asyncio

    from monitor.faces.demo import play

    quiet_log(level="critical")
    asyncio.run(play(out, once=once))


@app.command()
def init(
    brand: Annotated[str | None, typer.Argument(help="The brand's name, as people write it.")] = None,
    website: Annotated[str, typer.Option(help="Its website, such as acme.com.")] = "",
    handle: Annotated[list[str] | None, typer.Option(help="A handle, such as @acme. Repeatable.")] = None,
    app_id: Annotated[
        list[str] | None, typer.Option(help="An app's id or link in the App Store, Google Play or Steam. Repeatable.")
    ] = None,
    competitor: Annotated[list[str] | None, typer.Option(help="A competitor's name. Repeatable.")] = None,
    feed: Annotated[list[str] | None, typer.Option(help="A feed to read. Repeatable.")] = None,
    config: ConfigPath = DEFAULT,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented config.toml for a brand."""
    from monitor.faces.setup import write_config

    asked = brand or _prompt("Which brand shall I listen for?")
    write_config(
        config,
        asked,
        force=force,
        website=website,
        handles=handle or (),
        app_ids=app_id or (),
        competitors=competitor or (),
        feeds=feed or (),
    )
    print(f"Wrote {config}. Next: `overheard collect` for a first round, `overheard digest` to read it, then")
    print("`overheard run` to keep listening.")


def _prompt(question: str) -> str:
    if not sys.stdin.isatty():
        raise Refused('Name the brand: overheard init "Your Brand"')
    answer: str = typer.prompt(question)
    return answer


@app.command()
def run(config: ConfigPath = DEFAULT) -> None:
    """Listen, score and tell, until stopped; serves pages and webhooks on loopback."""
    import asyncio

    from monitor.faces.serving import serve
    from monitor.faces.show import started

    loaded = configured(config)
    quiet_log(loaded)
    asyncio.run(serve(loaded, started))


@app.command()
def collect(config: ConfigPath = DEFAULT) -> None:
    """One round now: every source polled, everything stored and scored."""
    from monitor.faces.show import collected

    result = perform(config, "collect", {})
    collected(result)
    if result["failed"] and len(result["failed"]) == result["sources"]:
        raise typer.Exit(1)


@app.command()
def digest(
    config: ConfigPath = DEFAULT,
    brand: Annotated[str, typer.Option(help='Which brand; all your own where left out, "*" for all in one.')] = "",
    day: Annotated[str, typer.Option(help="A calendar day (2026-11-21); the last 24 hours where left out.")] = "",
    weekly: Annotated[bool, typer.Option("--weekly", help="Seven days, up to and with --day or now.")] = False,
    department: Annotated[str, typer.Option(help="Only what is this department's.")] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="What the configured digests would say now; nothing is stored or sent.")
    ] = False,
    to: Annotated[
        list[str] | None,
        typer.Option(help="Send it: a channel's name, slack:URL, mailto:ADDRESS, file:DIR. Repeatable."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write digest.html, .md and .json there.", metavar="DIR")
    ] = None,
) -> None:
    """A digest right now, on the terminal; with --to or --out also elsewhere."""
    from monitor.config import whole_way
    from monitor.faces.show import check_writable, digest_shown, digest_written, folder_name

    if preview and (to or day):
        raise Refused("A preview is of now and sent to nobody: leave out --to and --day, or leave out --preview.")
    if out is not None:
        check_writable(out)
    loaded = configured(config)
    # A running service, which may do the work, stands in another folder than the person who asks.
    ways = [whole_way(written, loaded, Path.cwd()) for written in to or ()]
    asked = {"brand": brand, "day": day, "weekly": weekly, "department": department, "preview": preview, "to": ways}
    made = perform(config, "digest", asked)
    for one in made:
        digest_shown(one["content"])
        if out is not None:
            digest_written(one["content"], out if len(made) == 1 else out / folder_name(one["brand"]))
        for sent in one["sent"]:
            print(f"{sent['channel']}: {sent['state']} {sent['answer']}".rstrip())
    if any(sent["state"] == "dead" for one in made for sent in one["sent"]):
        raise typer.Exit(1)


mentions.add_to(app)


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSONL or JSON; or a list of feeds (OPML).")],
    config: ConfigPath = DEFAULT,
    about: Annotated[str, typer.Option(help="The brand that every row is about.", metavar="BRAND")] = "",
    column: Annotated[
        list[str] | None, typer.Option(help="How to read a column: text=Comment. Repeatable.", metavar="FIELD=COLUMN")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show how it would be read, store nothing.")] = False,
) -> None:
    """Bring in mentions from a file, or feeds from an OPML list."""
    from monitor.faces import setup

    setup.bring_in(file, config, about=about, columns=column or (), dry_run=dry_run, perform=perform)


@app.command()
def reload(config: ConfigPath = DEFAULT) -> None:
    """Let a running service go by the configuration as it is now, without stopping what is at work."""
    from monitor.faces.show import reloaded

    reloaded(perform(config, "reload", {}))


@app.command()
def outbox(
    config: ConfigPath = DEFAULT,
    replay: Annotated[str, typer.Option(help="Send a notice that was given up once more.", metavar="ID")] = "",
) -> None:
    """What was sent, what waits, and what was given up."""
    from monitor import queries
    from monitor.faces.show import parcels_table

    if replay:
        perform(config, "replay", {"id": replay})
    parcels_table(ask(config, queries.parcels))


@app.command()
def doctor(config: ConfigPath = DEFAULT) -> None:
    """Check configuration, database, disk, clock, weights and sources, and say how to mend each."""
    from monitor.faces.doctor import examine

    quiet_log(level="critical")
    if not examine(config):
        raise typer.Exit(1)


@app.command()
def topics(
    config: ConfigPath = DEFAULT,
    text: Annotated[
        list[str] | None, typer.Option("--try", help="Show how this text would be sorted, and why. Repeatable.")
    ] = None,
) -> None:
    """The topics, touchpoints and stages that mentions are sorted into, and where each comes from."""
    from monitor.faces import topics as labels

    loaded = configured(config) if config != DEFAULT or config.exists() else None
    if text:
        labels.tried(loaded, text)
    else:
        labels.listed(loaded)


@app.command()
def score(
    threads: Annotated[int, typer.Option(min=0, help="Processor cores to use; 0 for all.")] = 0,
    encoder: Annotated[Encoder, typer.Option(help="What reads a text: by its language, or always the same.")] = "auto",
) -> None:
    """Score texts: {"text": …, "brand": …?} a line in, one line out."""
    from models.judge import Judge
    from models.lines import score_lines
    from models.weights import WeightsDamaged, WeightsMissing
    from monitor.faces.setup import input_lines

    end_with_the_pipe()
    try:
        judge = Judge.open(threads=threads, encoder=encoder)
    except (WeightsDamaged, WeightsMissing) as error:
        _fail(str(error), 1)
    for line in score_lines(input_lines(), judge):
        print(line)


@app.command()
def read(
    kind: Annotated[str, typer.Argument(help="The kind of source, such as feed.")],
    file: Annotated[Path, typer.Option("--file", help="A saved reply.", metavar="BODY")],
    config: Annotated[str, typer.Option("--config", help="Its configuration as JSON.", metavar="JSON")] = "",
) -> None:
    """Show what a source takes out of a saved reply: for whoever adds or mends a source."""
    from monitor.faces.setup import read_saved_reply

    end_with_the_pipe()
    read_saved_reply(kind, file, config)


backtesting.add_to(query_app)
correcting.add_to(app)
triaging.add_to(app)


if __name__ == "__main__":
    main()
