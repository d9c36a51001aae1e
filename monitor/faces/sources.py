"""`overheard sources`: how every source does; find, add, try, hold and remove them."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from monitor.errors import Refused, StoreBusy
from monitor.faces.asking import DEFAULT, ConfigPath, configured, perform, quiet_log

if TYPE_CHECKING:
    from monitor.commands.trying import Tried
    from monitor.config import Config, SourceEntry
    from monitor.faces.listening import Row
    from sources.discover import Candidate, Found

T = TypeVar("T")

sources_app = typer.Typer(
    help="How every source does; find, add, try, hold and remove them.", rich_markup_mode=None, no_args_is_help=False
)
Name = Annotated[str, typer.Argument(help="Its name, or enough of it to be the only one.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: take the best, and go on.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, change nothing.")]


@sources_app.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    config: ConfigPath = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """How every source does: what works, what fails and what to do about it. Trouble first."""
    context.obj = config
    if context.invoked_subcommand is None:
        import json

        from monitor.faces import listening, sourced

        shown = _rows(configured(config))
        if as_json:
            for row in shown:
                print(json.dumps(listening.as_json(row), ensure_ascii=False))
        else:
            sourced.table(shown)


@sources_app.command()
def add(
    context: typer.Context,
    written: Annotated[
        list[str],
        typer.Argument(help="An address, a domain, @name@server, r/name, '#tag', or words to search.", metavar="URL"),
    ],
    config: ConfigPath = DEFAULT,
    name: Annotated[str, typer.Option(help="What to call it; its own title where left out.")] = "",
    about: Annotated[str, typer.Option(help="The brand that everything in it is about.", metavar="BRAND")] = "",
    every: Annotated[str, typer.Option(help='How often to look: "15m", "1h".', metavar="15m")] = "",
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Find the source behind an address; add it to config.toml.

    A page, a feed, a domain, @name@server, r/name, '#tag' (in quotes: a shell drops it else), or words to search for:
    it is looked at first, and shown.
    """
    from monitor.faces import adding

    if len(written) > 1 and any(map(_looks_like_address, written)):
        raise Refused(f"One address at a time: overheard sources add {_word(written[0])}")
    asked = " ".join(written)
    path = _path(context, config)
    loaded = configured(path)
    quiet_log(level="critical")
    if Path(asked).is_file():
        raise Refused(f"{asked} is a file: overheard import {_word(asked)} brings in what is in it.")
    wanted = adding.Wanted(name, about, every)
    adding.check_options(loaded, wanted)
    found = run_quietly(_found(loaded, asked), f"Looking at {asked} …")
    candidate = _choice(found, asked, ask=not (yes or dry_run))
    there = adding.already(loaded, candidate)
    if there is not None:
        print(f'It is there already, as "{there.name}": nothing was changed.')
        return
    addition = adding.prepared(path, loaded, candidate, wanted, asked)
    tried = None if addition.waits_for_key else run_quietly(_asked_once(addition.config, addition.entry), "Asking it …")
    adding.shown(addition, candidate, tried)
    if dry_run:
        print(
            f"\nThis would be added to {path}:\n\n{addition.table}\nNothing was changed. Leave out --dry-run to add it."
        )
        return
    if tried is not None and tried.needs_auth and adding.takes_a_key(candidate.kind):
        addition = adding.prepared(path, loaded, candidate, wanted, asked, waits_for_key=True)
    elif tried is not None and tried.error and not tried.waits:
        if not (yes or _sure("Add it all the same?", otherwise=False, unasked=False)):
            print("Nothing was changed. --yes adds it all the same.")
            raise typer.Exit(1)
    elif not (yes or _sure(f'Add it as "{addition.entry.name}"?', otherwise=True, unasked=True)):
        print("Nothing was changed.")
        return
    path.write_bytes(addition.text.encode())
    first, last = addition.lines
    where = f"lines {first} to {last}"
    print(f'Added "{addition.entry.name}" to {path} ({where}).')
    for line in addition.next_steps:
        print(line)
    taken_in(configured(path), added=not addition.waits_for_key)
    print(f"To undo: overheard sources remove {_word(addition.entry.name)}, or take out {where}.")


@sources_app.command()
def remove(context: typer.Context, name: Name, config: ConfigPath = DEFAULT, yes: Yes = False) -> None:
    """Take a source out of config.toml; its mentions stay."""
    from monitor.config import loads
    from monitor.config.editing import without_source

    path = _path(context, config)
    loaded = configured(path)
    entry = chosen(loaded, name)
    text = path.read_bytes().decode()
    after, (first, last) = without_source(text, loaded.sources.index(entry))
    loads(after.removeprefix("\ufeff"), path, os.environ)
    for line in text.split("\n")[first - 1 : last]:
        print(f"- {_without_secret(line.rstrip(), entry.kind)}")
    if not (yes or _sure(f'Take "{entry.name}" out of {path}?', otherwise=False, unasked=True)):
        print("Nothing was changed.")
        return
    path.write_bytes(after.encode())
    print(f'Removed "{entry.name}" from {path}. What was heard through it stays.')
    taken_in(configured(path), added=False)


@sources_app.command()
def check(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="All sources where left out.", metavar="[NAME…]")] = None,
    config: ConfigPath = DEFAULT,
) -> None:
    """Ask each source once, and store nothing.

    Side by side. Exit code 1 when one fails.
    """
    from monitor.commands import trying
    from monitor.engine.handover import Step
    from monitor.faces import show, sourced
    from monitor.faces.progress import progress

    loaded = configured(_path(context, config))
    quiet_log(level="critical")
    entries = list(dict.fromkeys(chosen(loaded, name) for name in names)) if names else list(loaded.sources)
    if not entries:
        print("No source is configured yet: overheard sources add URL")
        return
    done = 0
    with progress(show.errors) as say:

        def told(_: Tried) -> None:
            nonlocal done
            done += 1
            say(Step("asked", done, len(entries)))

        tried = asyncio.run(trying.ask(loaded, entries, told))
    by_name = {one.name: one for one in tried}
    sourced.checked([by_name[entry.name] for entry in entries])
    if any(one.error for one in tried):
        raise typer.Exit(1)


@sources_app.command(name="test")
def try_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A source's name, or an address.", metavar="NAME|URL")],
    config: ConfigPath = DEFAULT,
    limit: Annotated[int, typer.Option(min=1, help="At most so many items.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """See what would be taken of it, and why. Stores nothing."""
    from monitor.app import utc_now
    from monitor.commands import trying
    from monitor.faces import adding, sourced

    path = _path(context, config)
    loaded = configured(path)
    quiet_log(level="critical")
    entry = _named_so(loaded, name)
    if entry is None:
        if not _looks_like_address(name):
            raise Refused(_unknown(loaded, name))
        candidate = _choice(run_quietly(_found(loaded, name), f"Looking at {name} …"), name, ask=False, quiet=as_json)
        addition = adding.prepared(path, loaded, candidate, adding.Wanted(), name)
        loaded, entry = addition.config, addition.entry
    tried = run_quietly(_asked_once(loaded, entry), f"Asking {entry.name} …")
    if tried.error:
        sourced.checked([tried])
        raise typer.Exit(1)
    if tried.unasked:
        raise Refused(f"{entry.name}: {tried.unasked}.")
    would = trying.would_take(loaded, entry, tried.items, utc_now())
    sourced.would_take(entry, would, tried, limit, as_json=as_json)


@sources_app.command()
def pause(context: typer.Context, name: Name, config: ConfigPath = DEFAULT) -> None:
    """Leave a source alone from now on."""
    path = _path(context, config)
    entry = chosen(configured(path), name)
    perform(path, "pause", {"name": entry.name})
    print(f'Paused "{entry.name}": it is left alone until overheard sources resume {_word(entry.name)}')


@sources_app.command()
def resume(context: typer.Context, name: Name, config: ConfigPath = DEFAULT) -> None:
    """Let a paused or switched off source go on."""
    path = _path(context, config)
    entry = chosen(configured(path), name)
    perform(path, "resume", {"name": entry.name})
    print(f'"{entry.name}" goes on: it is due now.')


@sources_app.command()
def backfill(
    context: typer.Context,
    name: Name,
    since: Annotated[str, typer.Option(help='From this day on: 2026-09-01, or "30d" ago.', metavar="DATE")],
    config: ConfigPath = DEFAULT,
) -> None:
    """Read what a source still has of the past."""
    from monitor.faces import sourced

    path = _path(context, config)
    entry = chosen(configured(path), name)
    result = perform(path, "backfill", {"name": entry.name, "since": _day(since)})
    sourced.backfilled(result)
    if not result["complete"]:
        raise typer.Exit(1)


@sources_app.command()
def record(
    context: typer.Context,
    name: Name,
    config: ConfigPath = DEFAULT,
    out: Annotated[Path, typer.Option("--out", help="The folder that gets KIND/reply.*.", metavar="DIR")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace a fixture that is there.")] = False,
) -> None:
    """Keep one reply as a fixture, without secrets and people."""
    from monitor.faces.recording import recorded

    loaded = configured(_path(context, config))
    quiet_log(level="critical")
    if not recorded(loaded, chosen(loaded, name), out, force=force):
        raise typer.Exit(1)


@sources_app.command()
def export(
    context: typer.Context,
    config: ConfigPath = DEFAULT,
    out: Annotated[
        Path | None, typer.Option("--out", help="A file; the terminal where left out.", metavar="FILE")
    ] = None,
) -> None:
    """All feeds as a list of subscriptions (OPML)."""
    import sources
    from monitor.faces.show import counted
    from sources.opml import Subscription, as_opml
    from sources.presets import feed_address

    loaded = configured(_path(context, config))
    feeds = [
        Subscription(entry.name, address, entry.about or sources.load(entry.kind).title)
        for entry in loaded.sources
        if (address := feed_address(entry.kind, entry.config))
    ]
    written = as_opml("What overheard listens to", feeds)
    if out is None:
        sys.stdout.buffer.write(written)
        sys.stdout.buffer.flush()
        return
    out.write_bytes(written)
    others = len(loaded.sources) - len(feeds)
    rest = f" {counted(others, 'source')} that {'is' if others == 1 else 'are'} no feed stayed out." if others else ""
    print(f"Wrote {counted(len(feeds), 'feed')} to {out}.{rest}")


# Which source is meant ---------------------------------------------------------------------------------------------


def chosen(config: Config, written: str) -> SourceEntry:
    """The source of this name, or the only one whose name begins so or holds it. Raises Refused."""
    entry = _named_so(config, written)
    if entry is None:
        raise Refused(_unknown(config, written))
    return entry


def _named_so(config: Config, written: str) -> SourceEntry | None:
    wanted = " ".join(written.split()).casefold()
    folded = [(entry.name.casefold(), entry) for entry in config.sources]
    fits: Sequence[Any] = (
        lambda name: name == wanted,
        lambda name: name.startswith(wanted),
        lambda name: wanted in name,
    )
    for fit in fits if wanted else ():
        found = [entry for name, entry in folded if fit(name)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(f'"{entry.name}"' for entry in found[:8]) + (", …" if len(found) > 8 else "")
            raise Refused(f'"{written}" could be {names}: write more of the name.')
    return None


def _unknown(config: Config, written: str) -> str:
    from monitor.config.problems import did_you_mean, nearest

    names = [entry.name for entry in config.sources]
    if len(names) > 12 and not nearest(written, names):
        return f'There is no source "{written}" among {len(names)}: overheard sources lists them.'
    return f'There is no source "{written}"{did_you_mean(written, names, otherwise="there are")}'


def _looks_like_address(text: str) -> bool:
    return re.search(r"[./]|^[#@!]", text) is not None and " " not in text.strip()


# What was found ----------------------------------------------------------------------------------------------------


def _choice(found: Found, asked: str, *, ask: bool, quiet: bool = False) -> Candidate:
    """The best of what was found, or the one that the person at the terminal wants. Ends where there is none."""
    from monitor.faces import adding

    if not found.candidates:
        adding.nothing(found, asked)
        raise typer.Exit(1)
    if len(found.candidates) == 1 or quiet:
        return found.candidates[0]
    may_ask = ask and _somebody_is_there()
    adding.several(found, taken=not may_ask)
    if not may_ask:
        return found.candidates[0]
    most = len(found.candidates)
    written = ""
    while not (written.isascii() and written.isdigit() and 1 <= int(written) <= most):
        written = str(typer.prompt(f"Which one, 1 to {most}?", default="1")).strip()[:9]
    number = int(written)
    return found.candidates[number - 1]


def _sure(question: str, *, otherwise: bool, unasked: bool) -> bool:
    """The answer at a terminal, `otherwise` being the one without a word; `unasked` where nobody can answer."""
    return bool(typer.confirm(question, default=otherwise)) if _somebody_is_there() else unasked


def _somebody_is_there() -> bool:
    """Who could answer."""
    return sys.stdin.isatty()


def run_quietly(work: Coroutine[Any, Any, T], doing: str) -> T:
    """Do it, with a sign of life on a terminal. Trouble of a source is a sentence and exit code 1."""
    from monitor.faces.progress import progress
    from monitor.faces.show import errors
    from monitor.faces.sourced import trouble
    from sources.base import RateLimited, SourceError

    try:
        with progress(errors) as say:
            say(doing)
            return asyncio.run(work)
    except SourceError as error:
        paused = isinstance(error, RateLimited)
        trouble(error, "Try again later." if paused else "Is the address spelled right, and does it open in a browser?")
        raise typer.Exit(1) from error


async def _found(config: Config, asked: str) -> Found:
    from monitor.commands import trying

    return await trying.find(config, asked)


async def _asked_once(config: Config, entry: SourceEntry) -> Tried:
    from monitor.commands import trying

    return (await trying.ask(config, [entry]))[0]


# What the running service is told -------------------------------------------------------------------------------------


def taken_in(config: Config, *, added: bool) -> None:
    """Have a running service read the configuration anew, or say what happens next."""
    from monitor.engine.handover import hand_over
    from monitor.store.lock import WriteLock

    if not config.database.exists():
        at_work = False
    else:
        with WriteLock(config.database) as lock:
            at_work = not lock.take()
    if not at_work:
        if added:
            print("Next: overheard collect reads it now; overheard run keeps listening.")
        return
    try:
        asyncio.run(hand_over(config.database, "reload", {}, lambda _: None))
    except (Refused, StoreBusy) as error:
        print(f"The running service has not taken it in: {error}\nRestart it.", file=sys.stderr)
        return
    print("The running service goes by it from now on.")


# Small answers -------------------------------------------------------------------------------------------------------


def _path(context: typer.Context, config: Path) -> Path:
    """The configuration of this command: its own --config, else the group's."""
    given = context.obj
    return given if config == DEFAULT and isinstance(given, Path) else config


def _rows(config: Config) -> list[Row]:
    from monitor import queries
    from monitor.faces import listening
    from monitor.store.engine import Store

    now = datetime.now(UTC)
    if not config.database.exists():
        return listening.rows(config.sources, (), now)
    store = Store(config.database, write=False)
    try:
        return listening.rows(config.sources, store.reading(queries.sources_health, now), now)
    finally:
        store.close()


def _without_secret(line: str, kind: str) -> str:
    """A line of a source's table, fit to be shown."""
    from pydantic import SecretStr

    import sources
    from monitor.config.keys import text_keys

    keys = "|".join(map(re.escape, text_keys(sources.load(kind).Config, (SecretStr,))))
    return re.sub(rf"^(\s*#?\s*(?:{keys})\s*=\s*).*", r'\1"…"', line) if keys else line


def _day(written: str) -> str:
    """A date as written, or so many days back."""
    back = re.fullmatch(r"(\d{1,5})\s*d(?:ays?)?", written.strip())
    return (datetime.now(UTC).date() - timedelta(days=int(back[1]))).isoformat() if back else written.strip()


def _word(name: str) -> str:
    from monitor.faces.listening import shell_word

    return shell_word(name)
