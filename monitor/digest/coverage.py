"""What was listened to and what was not: the part that makes a quiet day believable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.digest.asks import SCORED, any_of
from monitor.digest.form import Checked, Coverage, Figure, Sentence, say
from monitor.digest.material import Material
from monitor.digest.wording import day_name, grouped, listed, many, plain_line
from monitor.mention import SourceHealth
from monitor.query.fields import label

NAMED = 3


def failing(material: Material) -> list[SourceHealth]:
    return [source for source in material.coverage if source.state == "failing"]


def read(material: Material) -> list[SourceHealth]:
    return [source for source in material.coverage if source.state == "ok"]


def coverage(material: Material) -> Coverage:
    said = Counter((one.mention.source, one.mention.source_kind) for one in material.heard)
    rows = sorted(material.coverage, key=lambda source: (source.state == "ok", source.name))
    return Coverage(
        sentence=_sentence(material),
        notes=tuple(_notes(material)),
        sources=tuple(_checked(material, source, said) for source in rows),
        silent=tuple((plain_line(one.network, 60), plain_line(one.why, 160)) for one in material.networks),
    )


def _checked(material: Material, source: SourceHealth, said: Mapping[tuple[str, str], int]) -> Checked:
    # asked for as any label is: by its name, and by that of its kind
    items = sum(n for of, n in said.items() if label(source.name) in map(label, of))
    query = material.scope.ask(f"source:{any_of([source.name])}")
    return Checked(
        name=plain_line(source.name, 60),
        kind=source.kind,
        state=source.state,
        items=Figure(items, grouped(items), query),
        since=source.failing_since,
        last_good=source.last_good,
        error=plain_line(source.error, 160),
        advice=plain_line(source.advice, 200).rstrip("."),
        gaps=tuple(plain_line(gap, 160) for gap in source.gaps),
    )


def _sentence(material: Material) -> Sentence:
    everything, bad = len(material.coverage), failing(material)
    good, resting = len(read(material)), [s for s in material.coverage if s.state in ("off", "paused", "new")]
    if not everything:
        return say("No source is configured, so nothing could be heard: `overheard init` proposes some.")
    parts = ["The one source was read" if good == everything == 1 else f"All {everything} sources were read"]
    if good < everything:
        parts = [f"{good} of {many(everything, 'source')} {'was' if good == 1 else 'were'} read"]
    if bad:
        named = [f"{plain_line(source.name, 60)}{since(material, source.failing_since)}" for source in bad[:NAMED]]
        named += [f"{len(bad) - NAMED} more"] if len(bad) > NAMED else []
        parts.append(f"; failing: {listed(named)}")
    if resting:
        named = [f"{plain_line(source.name, 60)} ({_resting(source)})" for source in resting[:NAMED]]
        named += [f"{len(resting) - NAMED} more"] if len(resting) > NAMED else []
        parts.append(f"; not read: {listed(named)}")
    return say("".join(parts), ".")


def _resting(source: SourceHealth) -> str:
    return {"new": "not tried yet", "off": "switched off", "paused": "paused"}[source.state]


def since(material: Material, when: datetime | None) -> str:
    """since Sun 22 Nov 04:10, by the reader's clock."""
    if when is None:
        return ""
    local = when.astimezone(ZoneInfo(material.timezone))
    return f" since {day_name(local.date())} {local:%H:%M}"


def _notes(material: Material) -> Iterator[Sentence]:
    unscored = [one.mention.id for one in material.heard if one.sentiment is None]
    if unscored:
        figure = Figure(len(unscored), many(len(unscored), "mention"), material.scope.ask(f"NOT {SCORED}"))
        why = f": {plain_line(material.scoring)}" if material.scoring else "; they are next in the queue"
        yield say(figure, f" {'is' if len(unscored) == 1 else 'are'} not scored yet{why}.", mentions=unscored)
    held = material.waiting
    for number, words in (
        (held.unlikely, "probably not about this brand, held for you to confirm and not counted"),
        (held.excluded, "kept out by the brand's query and not counted"),
        (held.late, "published earlier but found only now"),
    ):
        if number:
            # no query: what is held apart cannot be asked for in the query language
            yield say(Figure(number, many(number, "mention"), ""), f" {words}.")
    gaps = [
        f"{plain_line(source.name, 60)}: {plain_line(gap, 160)}" for source in material.coverage for gap in source.gaps
    ]
    if gaps:
        more = f"; {len(gaps) - NAMED} more below" if len(gaps) > NAMED else ""
        yield say(f"Known gaps: {'; '.join(gaps[:NAMED])}{more}.")
