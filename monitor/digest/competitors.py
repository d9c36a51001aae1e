"""Competitors on the same measures: a line each, and whose voice is heard on which topic and at which stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.digest.asks import SCORED, any_of, ask
from monitor.digest.changed import ask_past, history_start, net_figure, share_figure, volume_band
from monitor.digest.form import Compared, Competitors, Figure, Line, Sentence, Voice, say
from monitor.digest.material import Material
from monitor.digest.wording import grouped, in_order, many, occasion, plain_line
from monitor.insight.counts import Counts, DayCount, Sums
from monitor.insight.differ import Contrast, beyond_chance, shares
from monitor.insight.usual import usual_volume

MOST_TOPICS = 8
LEAST = 10
"""A topic or a stage is compared when so many of all brands' mentions speak of it."""
WRONG = 0.05
"""The share of false ones among the differences told of, at most."""


@dataclass(frozen=True, slots=True)
class _Brand:
    name: str
    own: bool
    now: Sums
    history: tuple[DayCount, ...]


def competitors(material: Material, now: Sums) -> Competitors:
    """The brand itself first, then its competitors by volume. No lines without competitors."""
    if not material.rivals:
        return Competitors(())
    rivals = sorted(material.rivals, key=lambda rival: -rival.now.all.volume)
    own = _Brand(material.brand.name, True, now, material.history)
    brands = [own, *(_Brand(rival.name, False, rival.now, rival.history) for rival in rivals)]
    whole = sum(brand.now.all.volume for brand in brands)
    everybody = ask([brand.name for brand in brands], material.start, material.end)
    lines = tuple(_line(material, brand, whole, everybody) for brand in brands)
    return Competitors(lines, _topics(material, brands), _stages(material, brands))


def _line(material: Material, brand: _Brand, whole: int, everybody: str) -> Line:
    now = brand.now.all
    usual = usual_volume({day.date: day.volume for day in brand.history}, material.local_date)
    past = ask_past(material) if brand.own else ask(brand.name, history_start(material), material.start)
    band = volume_band(usual, past)
    shown = plain_line(brand.name, 60)
    volume = Figure(now.volume, grouped(now.volume), _asked(material, brand))
    worded = Figure(now.volume, many(now.volume, "mention"), volume.query)
    net = net_figure(now, _asked(material, brand, SCORED))
    parts: list[str | Figure] = [f"{shown}: ", worded]
    parts += [", usual ", occasion(material, usual), " is ", band] if band else []
    parts += [", net sentiment ", net] if net else []
    cited = (one.mention.id for one in material.heard) if brand.own else ()
    return Line(
        name=shown,
        own=brand.own,
        volume=volume,
        usual=band,
        place=usual.place(now.volume),
        net_sentiment=net,
        share_of_voice=share_figure(now.volume, whole, everybody),
        sentence=say(*parts, ".", mentions=cited),
    )


def _asked(material: Material, brand: _Brand, *conditions: str) -> str:
    if brand.own:
        return material.scope.ask(*conditions)
    return ask(brand.name, material.start, material.end, *conditions)


# ---- by topic and stage ----------------------------------------------------------------------------------------------


def _topics(material: Material, brands: Sequence[_Brand]) -> tuple[Compared, ...]:
    """The most spoken of."""
    spoken = {topic for brand in brands for topic in brand.now.values("topic")}
    first = sorted(spoken, key=lambda topic: (-_volume(brands, "topic", topic), topic))
    return _compared(material, brands, "topic", first)[:MOST_TOPICS]


def _stages(material: Material, brands: Sequence[_Brand]) -> tuple[Compared, ...]:
    spoken = {stage for brand in brands for stage in brand.now.values("stage")}
    return _compared(material, brands, "stage", in_order(spoken))


def _volume(brands: Sequence[_Brand], field: str, label: str) -> int:
    return sum(brand.now.of(field, label).volume for brand in brands)


def _compared(material: Material, brands: Sequence[_Brand], field: str, spoken: Sequence[str]) -> tuple[Compared, ...]:
    """Those of which enough is said to compare, by several brands or by one more than by chance: where one brand alone
    is heard anyway, that it has all of the voice says nothing."""
    labels = [label for label in spoken if _volume(brands, field, label) >= LEAST]
    own, whole = brands[0].now.all.volume, sum(brand.now.all.volume for brand in brands)
    counts = [[brand.now.of(field, label) for brand in brands] for label in labels]
    apart: list[Contrast | None] = []
    for of_brands in counts:
        here, all_here = of_brands[0].volume, sum(one.volume for one in of_brands)
        apart.append(shares(here, all_here, own - here, whole - all_here))
    told = beyond_chance([one.chance if one else 1.0 for one in apart], WRONG)
    return tuple(
        _voices(material, brands, field, label, of_brands, own / whole if is_told and whole else None)
        for label, of_brands, is_told in zip(labels, counts, told, strict=True)
        if is_told or sum(one.volume > 0 for one in of_brands) > 1
    )


def _voices(
    material: Material,
    brands: Sequence[_Brand],
    field: str,
    label: str,
    counts: Sequence[Counts],
    overall: float | None,
) -> Compared:
    """`overall`: one's own share of everything, where that of this label differs from it by more than chance."""
    condition = f"{field}:{any_of([label])}"
    whole = sum(one.volume for one in counts)
    everybody = ask([brand.name for brand in brands], material.start, material.end, condition)
    voices = tuple(
        Voice(
            name=plain_line(brand.name, 60),
            own=brand.own,
            volume=Figure(one.volume, grouped(one.volume), _asked(material, brand, condition)),
            share=share_figure(one.volume, whole, everybody),
            net_sentiment=net_figure(one, _asked(material, brand, condition, SCORED)),
        )
        for brand, one in zip(brands, counts, strict=True)
    )
    return Compared(plain_line(label, 60), voices, _said(material, voices[0], field, label, overall))


def _said(material: Material, own: Voice, field: str, label: str, overall: float | None) -> Sentence | None:
    if overall is None or own.share is None or own.share.value is None:
        return None
    where = f"On {label}" if field == "topic" else f"At the stage {label}"
    more = "more" if own.share.value > 100 * overall else "less"
    cited = (
        one.mention.id for one in material.heard if label in one.topics or (field == "stage" and one.stage == label)
    )
    return say(
        f"{where} {own.name} has ", own.share, f" of the voice, {more} than its {round(100 * overall)}% of everything.",
        mentions=cited,
    )  # fmt: skip
