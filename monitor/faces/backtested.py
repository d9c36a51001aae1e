"""How a backtest is told on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from monitor.backtest import Backtest, Sample
from monitor.faces.queried import linted
from monitor.faces.show import console, counted, plain
from monitor.query import Finding

DAYS_SHOWN = 14
BAR = 30
"""Columns of the longest bar."""


def shown(found: Backtest, findings: Sequence[Finding]) -> None:
    """The verdict, a bar a day, and samples of what comes and goes."""
    if findings:
        linted("The new query", found.after, findings, as_view=False, as_json=False)
    console.print(Text(plain(f"{found.brand}: {found.verdict}."), style="bold"), soft_wrap=True)
    if found.about:
        console.print(Text(f"{found.about:,} of those kept came through a source that is about {plain(found.brand)}."))
    if found.unfinished:
        console.print(
            Text(
                "Its query of now was not tried on all that is stored yet (`overheard run` and `overheard collect` "
                "do that): these numbers will move.",
                style="yellow",
            ),
            soft_wrap=True,
        )
    _days(found)
    _samples("Gained", found.gained, found.gains)
    _samples("Lost", found.lost, found.losses)


def _days(found: Backtest) -> None:
    """A bar a day: what stays or comes, and beside it what comes and goes."""
    newest = found.days[-DAYS_SHOWN:]
    longest = max((kept + gained for _, kept, gained, _ in newest), default=0)
    if not longest and not found.lost:
        return
    console.print()
    console.print(Text("Of each day (UTC), ▒ gained:", style="bold"))
    for day, kept, gained, lost in newest:
        line = Text(f"  {day:%d %b}  ")
        whole = kept + gained
        columns = -(-whole * BAR // longest) if longest else 0
        new = min(columns, -(-gained * BAR // longest)) if longest else 0
        line.append("█" * (columns - new)).append("▒" * new, style="green")
        line.append(f" {whole:,}" if columns else f"{whole:,}")
        line.append(f"  +{gained:,}" if gained else "", style="green")
        line.append(f"  −{lost:,}" if lost else "", style="red")
        console.print(line)
    if len(found.days) > len(newest):
        console.print(Text(f"  … and {counted(len(found.days) - len(newest), 'day')} before", style="dim"))


def _samples(fate: str, of: int, samples: Sequence[Sample]) -> None:
    from monitor.faces.queried import marked
    from monitor.query import Span

    if not samples:
        return
    console.print()
    which = f"the newest {len(samples):,} of {of:,}" if len(samples) < of else f"{of:,}"
    console.print(Text(f"{fate} ({which}):", style="bold"))
    for one in samples:
        number = f"#{one.mention}" if one.mention else "not stored yet"
        parts = (number, f"{one.published:%d %b %Y}", one.source, one.author)
        console.print()
        console.print(Text(plain("  " + " · ".join(part for part in parts if part)), style="dim"), soft_wrap=True)
        spans = [Span(*span) for span in one.spans]
        for name, said in (("title", one.title), ("text", one.text)):
            if said:
                console.print(Text("  ").append_text(marked(said, spans, name)), soft_wrap=not console.is_terminal)
        for line in one.why:
            console.print(Text(plain(f"  → {line}"), style="green" if fate == "Gained" else "red"), soft_wrap=True)


def as_json(found: Backtest, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "brand": found.brand,
        "before": found.before,
        "after": found.after,
        "verdict": found.verdict,
        "kept": found.kept,
        "kept_by_source": found.about,
        "gained": found.gained,
        "gained_from_rejected": found.from_candidates,
        "lost": found.lost,
        "unfinished": found.unfinished,
        "days": [
            {"day": day.isoformat(), "kept": kept, "gained": gained, "lost": lost}
            for day, kept, gained, lost in found.days
        ],
        "gains": [_sample_json(one) for one in found.gains],
        "losses": [_sample_json(one) for one in found.losses],
        "findings": [{"severity": one.severity, "message": one.message, "advice": one.advice} for one in findings],
    }


def _sample_json(one: Sample) -> dict[str, Any]:
    return {
        "mention": one.mention,
        "title": one.title,
        "text": one.text,
        "author": one.author,
        "source": one.source,
        "url": one.url,
        "published": one.published.isoformat().replace("+00:00", "Z"),
        "spans": [list(span) for span in one.spans],
        "why": list(one.why),
    }
