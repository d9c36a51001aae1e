"""Several brands in one digest: how all of them do, the one that needs you most first, and then each brand's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from monitor.digest.form import VERSION, Digest, Figure, Level, Place, Sentence, Verdict, as_json, plain, say
from monitor.digest.wording import day_name, listed, many

ALL = "All brands"
ORDER: tuple[Level, ...] = ("blind", "unusual", "reply", "normal", "learning", "quiet")
"""Who is told of first."""
_WORDS = {"blind": "blind", "unusual": "unusual", "reply": "needs you", "normal": "normal", "learning": "first days",
          "quiet": "quiet"}  # fmt: skip
_CALM = ("normal", "learning", "quiet")


@dataclass(frozen=True, slots=True)
class BrandLine:
    """A brand in the overview."""

    name: str
    level: Level
    volume: Figure
    usual: Figure | None
    place: Place
    net_sentiment: Figure | None
    waiting: Figure
    """Who waits for an answer."""
    sentence: Sentence
    """Its verdict."""


@dataclass(frozen=True, slots=True)
class Overview:
    verdict: Verdict
    lines: tuple[BrandLine, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """The digests of several brands over one window; at least one."""

    overview: Overview
    brands: tuple[Digest, ...]
    subject: str


def together(digests: Sequence[Digest]) -> Together:
    """Those that need somebody first; else in the order given."""
    ordered = tuple(sorted(digests, key=lambda one: ORDER.index(one.sections.verdict.level)))
    lines = tuple(_line(one) for one in ordered)
    judged = _verdict(ordered)
    day = f"{'week to ' if ordered[0].kind == 'weekly' else ''}{day_name(ordered[0].date)}"
    whose = f"{ALL}, {ordered[0].department}" if ordered[0].department else ALL
    return Together(Overview(judged, lines), ordered, f"{whose}, {day}: {judged.sentence.text.rstrip('.')}")


def together_as_json(one: Together) -> dict[str, Any]:
    """As digest.json, but with `overview` and `brands` (each a digest.json) in the place of `sections`."""
    first = one.brands[0]
    return {
        "version": VERSION,
        "kind": first.kind,
        "brand": ALL,
        "department": first.department,
        "date": first.date.isoformat(),
        "timezone": first.timezone,
        "window": {"start": plain(first.start), "end": plain(first.end)},
        "subject": plain(one.subject),
        "overview": plain(one.overview),
        "brands": [as_json(digest) for digest in one.brands],
    }


def _line(digest: Digest) -> BrandLine:
    sections = digest.sections
    volume, net = sections.changed.measures[:2]
    return BrandLine(
        name=digest.brand,
        level=sections.verdict.level,
        volume=volume.now,
        usual=volume.usual,
        place=volume.place,
        net_sentiment=net.now if net.now.value is not None else None,
        waiting=sections.reply.total,
        sentence=sections.verdict.sentence,
    )


def _verdict(ordered: Sequence[Digest]) -> Verdict:
    """The worst level of all, and who has which."""
    worst = ordered[0].sections.verdict.level
    loud = [one for one in ordered if one.sections.verdict.level not in _CALM]
    cited = [id_ for one in loud or ordered for id_ in one.sections.verdict.sentence.mentions]
    if not loud:
        return Verdict(worst, say(f"All calm: {many(len(ordered), 'brand')}, nothing out of the ordinary.",
                                  mentions=cited))  # fmt: skip
    named = [f"{one.brand} ({_WORDS[one.sections.verdict.level]})" for one in loud]
    verb = "needs" if len(loud) == 1 else "need"
    return Verdict(worst, say(f"{len(loud)} of {many(len(ordered), 'brand')} {verb} a look: {listed(named)}.",
                              mentions=cited))  # fmt: skip
