"""`overheard query …`: try a query on texts, see how it is read, have it checked, bring it from another monitor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from monitor.errors import Refused
from monitor.faces.asking import DEFAULT, ConfigPath, ask, configured, end_with_the_pipe

if TYPE_CHECKING:
    from monitor.query import Document, Finding

query_app = typer.Typer(
    help="Try a query, see how it is read, have it checked, bring it from another monitor.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Query = Annotated[str, typer.Argument(help="The query, in quotes that your shell leaves alone: 'gopro -jobs'.")]
View = Annotated[bool, typer.Option("--view", help="Read it as a filter, not as a brand's query.")]
Monitor = Literal["brandwatch", "talkwalker", "meltwater"]


@query_app.command()
def match(query: Query, view: View = False) -> None:
    """Print the lines of JSON that match, with the places.

    Lines look like {"title": "…", "text": "…", "author": "…", "url": "…", "lang": "en", "rating": 4}.
    Exit code 0: some matched, 1: none, 2: the query cannot be used.

    \b
    overheard query match 'gopro -jobs' < texts.jsonl
    overheard query match --view 'rating:<=2' < texts.jsonl | head
    """
    from monitor.faces import queried
    from monitor.faces.setup import input_lines
    from monitor.query import QueryError, match_lines

    end_with_the_pipe()
    matched = 0
    lines = queried.counting(input_lines(), lambda: matched)
    try:
        for line in match_lines(query, lines, as_view=view, report=queried.unreadable):
            matched += 1
            print(line)
    except QueryError as error:
        raise Refused(str(error)) from error
    raise typer.Exit(0 if matched else 1)


@query_app.command()
def explain(
    query: Query,
    view: View = False,
    text: Annotated[str | None, typer.Option("--text", help="Ask it of this text; - reads standard input.")] = None,
    mention: Annotated[int | None, typer.Option("--mention", help="Ask it of a stored mention.", metavar="ID")] = None,
    config: ConfigPath = DEFAULT,
) -> None:
    """Show how a query is read, and why a text matches it.

    The reading has all its brackets; of a text or a stored mention each clause is told with the words it found, and
    which clause kept it out.

    \b
    overheard query explain 'gopro hero OR max'
    overheard query explain 'gopro NEAR/3 camera -jobs' --text 'My GoPro is a fine camera'
    overheard query explain 'gopro lang:en' --mention 812
    """
    from monitor.faces import queried
    from monitor.query import Document, QueryError, parse

    if text is not None and mention is not None:
        raise Refused("Give --text or --mention, not both.")
    try:
        read = parse(query, as_view=view)
    except QueryError as error:
        raise Refused(str(error)) from error
    end_with_the_pipe()
    queried.read_as(read)
    if text is not None:
        queried.accounted(read, Document(text=sys.stdin.read() if text == "-" else text))
    if mention is not None:
        queried.accounted(read, _stored(config, mention))


def _stored(config: Path, mention: int) -> Document:
    from monitor import searches

    document: Document = ask(config, searches.stored, mention)[1]
    return document


@query_app.command()
def lint(
    queries: Annotated[
        list[str] | None, typer.Argument(help="Queries, or names of your brands; all your brands where left out.")
    ] = None,
    view: View = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a query.")] = False,
    config: ConfigPath = DEFAULT,
) -> None:
    """Say what a query likely does not mean.

    Each finding comes with its place and, where it is certain, with what to write instead.
    Exit code 0: clean, or hints only, 1: warnings, 2: a query that cannot be used or can never match.

    \b
    overheard query lint
    overheard query lint Acme
    overheard query lint 'apple or iphone' 'e-mail -email'
    """
    from monitor.faces import queried
    from monitor.query import lint as looked_through
    from monitor.query import worst

    found: list[Finding] = []
    for name, query in _asked(queries or [], config):
        findings = looked_through(query, as_view=view)
        queried.linted(name, query, findings, as_view=view, as_json=as_json)
        found += findings
    raise typer.Exit({"error": 2, "warning": 1}.get(worst(found) or "", 0))


def _asked(queries: list[str], config: Path) -> list[tuple[str, str]]:
    """(brand, query) for each that is asked for; no brand where the query itself was written."""
    known: dict[str, tuple[str, str]] = {}
    if not queries or config.exists():
        known = {brand.name.casefold(): (brand.name, brand.query) for brand in configured(config).brands}
    if not queries:
        return list(known.values())
    return [known.get(query.casefold(), ("", query)) for query in queries]


@query_app.command(name="import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="A query, several (blank lines between), or a CSV of names and queries.")
    ],
    monitor: Annotated[Monitor, typer.Option("--from", help="The monitor that they come from.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write them there.", metavar="FILE")] = None,
) -> None:
    """Bring queries from another monitor.

    Ours are written to standard output, what changed to standard error.
    Exit code 0: all was kept, 1: something was left out, 2: a query cannot be read.

    \b
    overheard query import --from brandwatch acme.txt
    pbpaste | overheard query import --from meltwater -
    overheard query import --from talkwalker topics.csv --out brands.toml
    """
    from monitor.faces import queried
    from monitor.query.borrowed import DIALECTS, queries_in

    listed = queries_in(_written(file), DIALECTS[monitor])
    if not listed:
        raise Refused(f"There is no query in {'standard input' if str(file) == '-' else file}.")
    raise typer.Exit(queried.taken_over(listed, monitor, out))


def _written(file: Path) -> str:
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from error
