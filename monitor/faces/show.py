"""How answers look on a terminal. Text of mentions is data here: never markup, never a control sequence."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.digest.terminal import terminal
from monitor.errors import Refused
from monitor.faces.listening import Trouble, together
from monitor.searches import Found
from monitor.store.outbox import Parcel
from sources.table import Preview

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

SHOWN_OF_A_TEXT = 400
COLORS = {"negative": "red", "positive": "green", "neutral": "dim"}


def started(service: Any, address: str) -> None:
    """What `overheard run` says when everything listens."""
    listened = sum(1 for one in service.listened if not one.paused)
    console.print(Text(f"Listening to {counted(listened, 'source')} for {_named(service.brands)}."))
    console.print(f"Pages: {address}   Stop with Ctrl-C.")


def counted(number: int, noun: str) -> str:
    """ "1 row", "2,000 rows"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _named(brands: Mapping[str, Any]) -> str:
    own = [name for name, brand in brands.items() if not brand.is_competitor]
    return ", ".join(own) or "no brand"


def collected(result: Mapping[str, Any]) -> None:
    """What a round of collecting came to."""
    console.print(
        f"{result['new']:,} new, {result['edited']:,} edited, {result['known']:,} known, "
        f"{result['passed_over']:,} not about your brands; {result['scored']:,} scored."
    )
    if result["unscored"]:
        console.print(Text(f"Not scored: {result['unscored']}", style="yellow"))
    if result.get("alerts"):
        console.print(f"Unusual: {counted(result['alerts'], 'alert')}; see `overheard alerts`.")
    for one in together(Trouble((failed["name"],), failed["error"], failed["advice"]) for failed in result["failed"]):
        console.print(Text(f"Failed: {', '.join(one.names)}: {one.error}", style="red"), soft_wrap=True)
        console.print(Text(f"  {one.advice}"), soft_wrap=True)
    if not result["sources"]:
        console.print("No source is configured that could be polled: add a [[source]] to the configuration.")


def imported(result: Mapping[str, Any]) -> None:
    """What an import came to."""
    console.print(
        f"{counted(result['rows'], 'row')}: {result['new']:,} new, {result['edited']:,} edited, "
        f"{result['known']:,} known; {result['scored']:,} scored."
    )
    if result["unscored"]:
        console.print(Text(f"Not scored: {result['unscored']}", style="yellow"))
    _undated(result.get("undated", 0), result["rows"] - len(result["problems"]))
    for problem in result["problems"][:20]:
        console.print(Text(problem, style="yellow"))
    if len(result["problems"]) > 20:
        console.print(f"… and {counted(len(result['problems']) - 20, 'more row')} that cannot be used.")


def _undated(undated: int, usable: int, dates_in: str = "") -> None:
    """Say it where rows have no time of their own: they go into the digest of today."""
    if not undated:
        return
    if undated < usable:
        told = f"{counted(undated, 'row')} without a date that can be read: counted as said now."
    else:
        named = f'--column "published={dates_in or "COLUMN"}"'
        told = f"No column holds a date that can be read: all rows count as said now; use {named}."
    console.print(Text(told, style="yellow"), soft_wrap=True)


def mentions(head: str, found: Sequence[Found]) -> None:
    """How many there are, and found mentions in the order in which they came, with what matched marked."""
    console.print(Text(head, style="bold"))
    console.print()
    for one in found:
        console.print(_headline(one))
        if one.mention.title:
            console.print(_marked(one.mention.title, one.spans, "title"), style="bold")
        if one.mention.text and one.mention.text != one.mention.title:
            console.print(_marked(one.mention.text, one.spans, "text"))
        if one.mention.url:
            console.print(Text(one.mention.url, style="dim"), soft_wrap=True)
        console.print()


def _headline(one: Found) -> Text:
    mention = one.mention
    parts = [f"#{mention.id}", f"{mention.published:%d %b %Y %H:%M}", mention.source, mention.author]
    if mention.rating is not None:
        parts.append(f"{mention.rating:g}" + (f" of {mention.rating_max:g}" if mention.rating_max else ""))
    line = Text(" · ".join(plain(part) for part in parts if part), style="dim")
    if one.sentiment:
        line.append(f" · {one.sentiment}", style=COLORS[one.sentiment])
    return line.append(f" · corrected: {', '.join(one.corrected)}", style="cyan") if one.corrected else line


def _marked(text: str, spans: Sequence[tuple[str, int, int]], field: str) -> Text:
    shown = Text(plain(text[:SHOWN_OF_A_TEXT]) + (" …" if len(text) > SHOWN_OF_A_TEXT else ""))
    for name, start, end in spans:
        if name == field and end <= SHOWN_OF_A_TEXT:
            shown.stylize("bold yellow", start, end)
    return shown


def plain(text: str) -> str:
    """Without what a terminal would obey. Same length, so that spans stay right."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", text)


def reloaded(result: Mapping[str, Any]) -> None:
    """What the configuration holds now, and which sources that changed."""
    brands, sources = counted(result["brands"], "brand"), counted(result["sources"], "source")
    console.print(Text(f"The configuration is in use: {brands}, {sources}."))
    for what in ("added", "changed", "gone"):
        if result[what]:
            console.print(Text(f"  {what}: {', '.join(result[what])}"))
    for section in result["restart"]:
        console.print(Text(f"Restart `overheard run` to change {section}: that is read once.", style="yellow"))


def parcels_table(parcels: Sequence[Parcel]) -> None:
    """What was sent, waits, or was given up."""
    if not parcels:
        console.print("Nothing was sent yet.")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("id", "channel", "state", "tries", "what", "answer"):
        table.add_column(column, overflow="fold")
    for one in parcels:
        color = {"delivered": "green", "dead": "red", "held": "yellow"}.get(one.state, "")
        table.add_row(
            one.notice.id, Text(one.channel), Text(one.state, style=color), str(len(one.attempts)),
            Text(one.notice.subject), Text(one.answer),
        )  # fmt: skip
    console.print(table)


def _time(at: datetime | None) -> str:
    return at.astimezone().strftime("%d %b %H:%M") if at else "–"


def digest_shown(content: Mapping[str, Any]) -> None:
    """A digest on the terminal."""
    console.print(terminal(content["digest"], content["base"]))


def check_writable(folder: Path) -> None:
    """Raises Refused where nothing can be written to the folder, so that no work is done for nothing."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        reason = (error.strerror or "refused").lower()
        raise Refused(f"Nothing can be written to {folder}: {there}: {reason}. Name another folder.") from error


def folder_name(brand: str) -> str:
    """A brand's name as a folder's."""
    return re.sub(r"[^\w-]+", "-", brand).strip("-") or "brand"


def digest_written(content: Mapping[str, Any], folder: Path) -> None:
    """digest.html, digest.md and digest.json in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    frozen = json.dumps(content["digest"], ensure_ascii=False, indent=1)
    for name, text in (("html", content["html"]), ("md", content["markdown"]), ("json", frozen)):
        (folder / f"digest.{name}").write_text(text, encoding="utf-8")
    console.print(Text(f"Wrote {folder / 'digest.html'}, digest.md and digest.json."), soft_wrap=True)


def preview(seen: Preview) -> None:
    """How a file would be read: what each column was taken for, and the first rows."""
    console.print(f"{counted(seen.rows, 'row')} ({seen.form}), read as {seen.mention}s.")
    for field, column in seen.columns.items():
        console.print(Text(f"  {field:<10} from column {column!r}"))
    if seen.unused:
        console.print(Text(f"  kept beside: {', '.join(seen.unused)}"))
    if seen.dropped:
        console.print(Text(f"  personal, left out: {', '.join(seen.dropped)}", style="yellow"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("published", "rating", "author", "text"):
        table.add_column(column, overflow="ellipsis", no_wrap=True)
    for item in seen.items:
        rating = "" if item.rating is None else f"{item.rating:g}"
        table.add_row(_time(item.published), rating, Text(plain(item.author)), Text(plain(item.text or item.title)))
    console.print(table)
    _undated(seen.undated, seen.rows - len(seen.problems), seen.dates_in)
    for problem in seen.problems[:20]:
        console.print(Text(f"{problem.where}: {problem.why}", style="yellow"))
    console.print("Nothing was stored. Leave out --dry-run to import it.")
