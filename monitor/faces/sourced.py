"""How sources and looks at them are shown on a terminal. What comes from outside is data here: never markup."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

import sources
from monitor.config import SourceEntry
from monitor.faces import listening
from monitor.faces.listening import Row
from monitor.faces.show import console, counted, errors, plain
from sources.base import SourceError
from sources.reading.saved import item_as_json

if TYPE_CHECKING:
    from monitor.commands.trying import Tried, Would  # its network takes its time to import

COLORS: Mapping[listening.State, str] = {
    "failing": "red", "off": "red", "gaps": "yellow", "new": "", "listening": "green", "waiting": "", "paused": "dim",
}  # fmt: skip
SHOWN_OF_AN_ITEM = 160


def table(rows: Sequence[Row]) -> None:
    """A summary, a line for each source, and below what is wrong with which and what to do about it."""
    console.print(Text(listening.summary(rows), style="bold"), soft_wrap=True)
    if not rows:
        return
    console.print()
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("source", "state", "last good", "next", "a day", "24 h"):
        numbers = column in ("a day", "24 h")
        shown.add_column(
            column, justify="right" if numbers else "left", overflow="fold", no_wrap=column != "source", ratio=None
        )
    for row in rows:
        shown.add_row(
            Text(plain(row.name)), Text(listening.WORDS[row.state], style=COLORS[row.state]), row.last_good,
            row.next_due, row.a_day, f"{row.last_day:,}",
        )  # fmt: skip
    console.print(shown)
    ill = {row.name: row for row in rows if row.trouble}
    for one in listening.together(listening.Trouble((row.name,), row.trouble, row.advice) for row in ill.values()):
        since, notes = ill[one.names[0]].since, [note for name in one.names for note in ill[name].notes]
        _paragraph(", ".join(one.names), one.error, "red", [f"{since} {one.advice}", *notes])
    for row in rows:
        if row.notes and not row.trouble:
            first, *others = row.notes
            _paragraph(row.name, first, "yellow" if row.state == "gaps" else "", others)
    if any(row.state == "new" for row in rows) and all(row.health.last_tried is None for row in rows):
        console.print("\nNothing was asked yet: overheard collect makes a first round, overheard run keeps listening.")
    elif sum(row.overdue for row in rows):
        late = counted(sum(row.overdue for row in rows), "source")
        console.print(f"\n{late} should have been asked by now: overheard run keeps listening.")


def indented(text: str | Text, by: int = 2) -> Text:
    """The text, all its lines moved to the right, and no blanks at their ends."""
    lines = (text if isinstance(text, Text) else Text(plain(text))).wrap(console, max(20, console.width - by))
    for line in lines:
        line.rstrip()
    return Text("\n").join(Text.assemble(" " * by, line) for line in lines)


def _paragraph(name: str, first: str, style: str, others: Sequence[str]) -> None:
    console.print()
    console.print(Text.assemble((plain(name), "bold"), ": ", (plain(first), style)))
    for line in others:
        if line.strip(". "):
            console.print(indented(line))


def trouble(error: SourceError, advice: str = "") -> None:
    """What went wrong outside, and what can be done."""
    errors.print(Text(plain(error.words), style="red"), soft_wrap=True)
    errors.print(indented(advice or error.advice))


def checked(tried: Sequence[Tried]) -> None:
    """A line for each source that was asked, with its reason where it failed."""
    for one in tried:
        if one.error:
            console.print(Text("bad ", style="red"), Text(plain(f"{one.name}: {one.error}")), soft_wrap=True)
            console.print(indented(one.advice, 5))
        elif one.unasked:
            console.print(Text("–   ", style="dim"), Text(plain(f"{one.name}: {one.unasked}")), soft_wrap=True)
        else:
            console.print(Text("ok  ", style="green"), Text(plain(f"{one.name}: {came(one)}")), soft_wrap=True)
            for problem in one.problems[:3]:
                console.print(indented(Text(plain(f"{problem.where}: {problem.why}"), style="yellow"), 5))
    failed = sum(bool(one.error) for one in tried)
    if len(tried) > 1:
        good = sum(not one.error and not one.unasked for one in tried)
        console.print(
            f"\n{good:,} of {counted(len(tried), 'source')} answered well"
            + (f", {failed:,} failed." if failed else ".")
        )


def came(one: Tried) -> str:
    """ "20 items, the newest of 22 Nov 09:30"."""
    if not one.items:
        return "answers, and has nothing"
    newest = f", the newest {_when(one.newest)}" if one.newest else ", none of them dated"
    return counted(len(one.items), "item") + newest


def would_take(entry: SourceEntry, would: Sequence[Would], tried: Tried, limit: int, *, as_json: bool) -> None:
    """Items as they would be taken, with the brands that each names and by which words."""
    if as_json:
        for one in would[:limit]:
            brands = {
                brand: [{"field": name, "start": start, "end": end} for name, start, end in spans]
                for brand, spans in one.brands.items()
            }
            print(json.dumps({**item_as_json(one.item), "kind": one.item.kind, "brands": brands}, ensure_ascii=False))
        return
    for one in would[:limit]:
        item = one.item
        facts = [_when(item.published) if item.published else "no date", item.author]
        if item.rating is not None:
            facts.append(f"{item.rating:g}" + (f" of {item.rating_max:g}" if item.rating_max else ""))
        console.print(Text(" · ".join(plain(fact) for fact in facts if fact), style="dim"))
        if item.title:
            console.print(Text(plain(item.title), style="bold"))
        if item.text and item.text != item.title:
            short = " ".join(item.text[: SHOWN_OF_AN_ITEM + 1].split())
            console.print(Text(plain(short[:SHOWN_OF_AN_ITEM]) + (" …" if len(item.text) > SHOWN_OF_AN_ITEM else "")))
        console.print(Text(plain(_verdict(one, entry)), style="green" if one.brands else "dim"))
        console.print()
    named = sum(bool(one.brands) for one in would)
    shown = "The first is" if limit == 1 else f"The first {limit} are"
    more = f" {shown} shown." if len(would) > limit else ""
    if not would:
        console.print("It answers, and has nothing at the moment.")
    else:
        console.print(f"{counted(len(would), 'item')}, {named:,} of them of a brand.{more} Nothing was stored.")
    for problem in tried.problems[:5]:
        console.print(Text(plain(f"{problem.where}: {problem.why}"), style="yellow"))


def _verdict(one: Would, entry: SourceEntry) -> str:
    if not one.brands:
        keeps = sources.load(entry.kind).keeps
        kept = {"all": "kept all the same", "matches only": "not kept"}.get(keeps, "kept for a fortnight, no mention")
        return f"  names no brand: {kept}"
    said = []
    for brand, spans in one.brands.items():
        found = dict.fromkeys(f"“{getattr(one.item, field, '')[start:end]}”" for field, start, end in spans)
        said.append(f"{brand} ({', '.join(found)})" if found else f"{brand} (everything here is about it)")
    return f"  names {', '.join(said)}"


def backfilled(result: Mapping[str, Any]) -> None:
    """What came of reading the past."""
    new, edited, known = result["new"], result["edited"], result["known"]
    oldest = datetime.fromisoformat(result["oldest"]).astimezone(UTC).date().isoformat() if result["oldest"] else ""
    reach = f", back to {oldest}" if oldest else ""
    console.print(
        f"{new:,} new, {edited:,} edited, {known:,} known, {result['passed_over']:,} not about your brands{reach} "
        f"({counted(result['requests'], 'request')})."
    )
    if not result["complete"]:
        why = plain(str(result.get("trouble") or "it ended early"))
        console.print(Text(f"It did not get to the end: {why}", style="yellow"), soft_wrap=True)
        console.print("What was read is kept. The same command reads it again, and stores nothing twice.")
    for gap in result.get("gaps", ()):
        console.print(Text(plain(gap), style="yellow"), soft_wrap=True)


def _when(at: datetime | None) -> str:
    return at.astimezone().strftime("%d %b %Y %H:%M") if at else "–"
