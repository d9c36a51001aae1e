"""`overheard mentions` and `overheard searches`: search what is stored, write it to a file, keep a search by name."""

from __future__ import annotations

import csv
import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import Refused
from monitor.faces.asking import DEFAULT, ConfigPath, ask, configured, end_with_the_pipe, perform
from monitor.faces.correcting import whoever

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.faces.exports import Sink
    from monitor.faces.searching import Typed
    from monitor.searches import Count, Facets, Found, Page, Search
    from monitor.store.saved import Saved

Query = Annotated[str, typer.Argument(help='Such as: refund OR "late delivery". All where left out.')]
Brand = Annotated[str, typer.Option(help="Only mentions of this brand.", metavar="NAME")]
Sorted = Annotated[str, typer.Option(help="newest, relevance or reach.", metavar="ORDER")]
DAYS = "2026-11-01, 2026-11, 7d, 24h, yesterday, monday"
TOLD_EVERY = 200

searches_app = typer.Typer(help="Searches kept by name.", rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    """Both commands."""
    app.command()(mentions)
    app.add_typer(searches_app, name="searches")


def mentions(
    query: Query = "",
    config: ConfigPath = DEFAULT,
    since: Annotated[str, typer.Option(help=f"Published since: {DAYS}.", metavar="DAY")] = "",
    until: Annotated[str, typer.Option(help="Published until, that day included: as --since.", metavar="DAY")] = "",
    brand: Brand = "",
    sort: Sorted = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many at once.")] = 50,
    cursor: Annotated[str, typer.Option(help="Where the page before ended, as it told.", metavar="PLACE")] = "",
    saved: Annotated[str, typer.Option(help="A saved search; a query beside it narrows it.", metavar="NAME")] = "",
    count: Annotated[
        bool, typer.Option("--count", help="Only how many there are; with --facets, the bars alone.")
    ] = False,
    facets: Annotated[bool, typer.Option("--facets", help="By day, sentiment, topic, stage, source …")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A table for a spreadsheet.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write all that matches there: .csv, .xlsx, .jsonl or .parquet.", metavar="FILE"),
    ] = None,
) -> None:
    """Search what is stored."""
    from monitor import searches
    from monitor.faces.searching import Typed, asked, found_by, notes, zone

    loaded = configured(config)
    typed = Typed(query, brand, since, until, sort, limit, cursor)
    if saved:
        typed = ask(config, lambda connection: found_by(saved, typed, connection))
    search = asked(typed, datetime.now(UTC).replace(microsecond=0), zone(loaded, typed.brand))
    if out is not None:
        _write(config, search, out)
        return
    end_with_the_pipe()
    if (count and not facets) or (facets and as_json):
        _numbers(ask(config, searches.facets if facets else searches.count, search), as_json=as_json)
        _say(notes(search.query))
        return
    for_people = count or not (as_json or as_csv)
    answer: Answer = ask(config, _answer, search, facets, for_people, not count)
    _shown(answer, as_json=as_json and not for_people, as_csv=as_csv and not for_people)
    if answer.page.next:
        _next(config, typed, search, answer.page.next)


# ---- one page --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """All that is said to one search."""

    page: Page
    head: str
    """Empty where nothing is found."""
    facets: Facets | None
    advice: tuple[str, ...]


def _answer(connection: Connection, search: Search, with_facets: bool, for_people: bool, listed: bool) -> Answer:
    """`listed`: with the mentions, not only with how many there are."""
    from monitor import searches
    from monitor.faces import searching
    from monitor.faces.facets import MOST_LINES

    page = searches.search(connection, search)
    noted = searching.notes(search.query)
    if not for_people:
        return Answer(page, "", None, noted)
    shown = len(page.found)
    found = searching.by_facets(connection, search, shown, MOST_LINES) if with_facets else None
    total = found.total if found else searching.counted(connection, search, shown)
    advice = [page.note, found.note if found else ""]
    advice.append("" if page.found else searching.nothing_found(connection, search)[0])
    advice.append(searching.unscored(connection, search, anyway=with_facets))
    head = searching.head(total, shown, search) if listed else searching.told(total)
    told = tuple(filter(None, (*advice, *noted)))
    return Answer(page if listed else searches.Page(()), head if shown else "", found, told)


def _shown(answer: Answer, *, as_json: bool, as_csv: bool) -> None:
    from monitor.faces import exports, show
    from monitor.faces.facets import lines
    from monitor.searches import json_line

    if as_json:
        for one in answer.page.found:
            print(json_line(one))
    elif as_csv:
        csv.writer(sys.stdout).writerows(exports.csv_rows(answer.page.found))
    else:
        if answer.head:
            show.mentions(answer.head, answer.page.found)
        for line in lines(answer.facets) if answer.facets and answer.head else ():
            show.console.print(line, soft_wrap=True)
    _say(answer.advice)


def _say(advice: Sequence[str]) -> None:
    from monitor.faces.show import errors, plain

    for words in advice:
        errors.print(plain(words), markup=False, soft_wrap=True)


def _numbers(told: Count | Facets, *, as_json: bool) -> None:
    from monitor.searches import Facets

    if isinstance(told, Facets):
        by = {facet: [list(pair) for pair in pairs] for facet, pairs in told.by.items()}
        total = {"count": told.total.n, "exact": told.total.exact}
        print(json.dumps({**total, "by": by, "note": told.note}, ensure_ascii=False))
    elif as_json:
        print(json.dumps({"count": told.n, "exact": told.exact}))
    else:
        print(f"{told.n}{'' if told.exact else '+'}")


def _next(config: Path, typed: Typed, search: Search, cursor: str) -> None:
    """The command that shows the page after this one."""
    from monitor.faces.searching import fixed
    from monitor.faces.show import errors

    same = fixed(typed, search)
    options = {"--config": "" if config == DEFAULT else str(config), "--since": same.since, "--until": same.until}
    options |= {"--brand": same.brand, "--sort": same.sort, "--limit": "" if same.limit == 50 else str(same.limit)}
    command = _command("mentions", [same.query] if same.query else [], options | {"--cursor": cursor})
    errors.print(f"Next page: {command}", markup=False, soft_wrap=True)


# ---- as a file -------------------------------------------------------------------------------------------------------


def _write(config: Path, search: Search, out: Path) -> None:
    """Everything that matches, into a file that is there only when it is whole."""
    from monitor.faces import exports, show
    from monitor.faces.show import errors

    form = out.suffix.lower().removeprefix(".")
    if form not in exports.FORMATS:
        endings = ", ".join(f".{name}" for name in exports.FORMATS)
        raise Refused(f"{out}: the ending says what is written; there are: {endings}.")
    unfinished = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with unfinished.open("xb") as file:
            written, note = ask(config, _written, search, form, file)
        unfinished.replace(out)
    except OSError as error:
        raise Refused(f"Nothing can be written to {out}: {(error.strerror or 'refused').lower()}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    errors.print(f"Wrote {show.counted(written, 'mention')} to {out}.", markup=False, soft_wrap=True)
    if note:
        errors.print(note, soft_wrap=True)


def _written(connection: Connection, search: Search, form: str, file: Sink) -> tuple[int, str]:
    from monitor import searches
    from monitor.engine.handover import Step
    from monitor.errors import TooSlow
    from monitor.faces import exports
    from monitor.faces.progress import progress
    from monitor.faces.show import errors

    try:
        total = searches.count(connection, search).n
    except TooSlow:
        total = 0
    written = 0

    with progress(errors) as say:

        def told() -> Iterator[Found]:
            nonlocal written
            for one in searches.everything(connection, search):
                written += 1
                if written % TOLD_EVERY == 0:
                    say(Step("written", written, max(total, written)))
                yield one

        note = exports.write(form, told(), file)
    return min(written, exports.MOST_ROWS) if note else written, note


# ---- saved searches --------------------------------------------------------------------------------------------------


@searches_app.callback(invoke_without_command=True)
def listed(
    context: typer.Context,
    config: ConfigPath = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """The searches that are kept by name."""
    from monitor.faces.show import console
    from monitor.store import saved

    if context.invoked_subcommand:
        return
    kept: tuple[Saved, ...] = ask(config, saved.listed)
    for one in kept:
        if as_json:
            print(json.dumps(saved.as_json(one), ensure_ascii=False))
        else:
            console.print(_saving(saved.as_json(one), config), markup=False, soft_wrap=True)
    if not kept and not as_json:
        console.print('No search is saved yet: overheard searches save refunds "refund sentiment:negative"')


@searches_app.command()
def save(
    name: Annotated[str, typer.Argument(help="What it is called from now on.")],
    query: Query = "",
    brand: Brand = "",
    sort: Sorted = "newest",
    config: ConfigPath = DEFAULT,
) -> None:
    """Keep a search: `overheard mentions --saved NAME` asks it."""
    from monitor.faces.show import console

    arguments = {"name": name, "query": query, "brand": brand, "sort": sort, "by": whoever()}
    done = perform(config, "save search", arguments)
    asking = _command("mentions", [], {"--saved": done["saved"]["name"], **_where(config)})
    console.print(f"Saved: {asking}", markup=False, soft_wrap=True)
    if done["replaced"]:
        console.print(f"It was: {_saving(done['replaced'], config)}", markup=False, soft_wrap=True)


@searches_app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The name of a saved search.")], config: ConfigPath = DEFAULT
) -> None:
    """Forget a saved search."""
    from monitor.faces.show import console

    gone = perform(config, "remove search", {"name": name})
    console.print(f"Removed. To bring it back: {_saving(gone, config)}", markup=False, soft_wrap=True)


def _where(config: Path) -> dict[str, str]:
    """The configuration, where it is not the one that is found without being named."""
    return {} if config == DEFAULT else {"--config": str(config)}


def _saving(saved: dict[str, str], config: Path) -> str:
    """The command that keeps this search."""
    options = {"--brand": saved["brand"], "--sort": "" if saved["sort"] == "newest" else saved["sort"]}
    options |= _where(config)
    return _command("searches save", [saved["name"], saved["query"]], options)


def _command(name: str, words: Sequence[str], options: Mapping[str, str]) -> str:
    """A command as it can be pasted; options that are empty are left out."""
    given = [word for option, value in options.items() if value for word in (option, value)]
    if any(word.startswith("-") for word in words):
        return f"overheard {name} {shlex.join([*given, '--', *words])}"
    return f"overheard {name} {shlex.join([*words, *given])}"
