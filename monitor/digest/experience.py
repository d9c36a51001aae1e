"""What it is like to be a customer: how people feel at each stage of their journey, what they want, who answers them,
and where one channel differs from the others by more than chance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from monitor.digest.asks import SCORED, any_of
from monitor.digest.changed import net_figure, share_figure, split
from monitor.digest.form import Difference, Experience, Figure, Sentence, Stage, Team, Took, Want, say
from monitor.digest.material import Material
from monitor.digest.reply import waiting, waiting_query
from monitor.digest.wording import grouped, in_order, lasted, many, plain_line, signed, span
from monitor.insight.counts import Counts, Sums, count
from monitor.insight.differ import Contrast, beyond_chance, net_sentiments
from monitor.insight.response import Response, Times
from monitor.mention import Heard
from monitor.query.fields import label

SERVICE = frozenset({"help", "question", "complaint", "churn"})
WISHES, REMARKS = frozenset({"suggestion"}), frozenset({"praise", "impression"})
TITLES = {"service": "Wants an answer", "suggestion": "Suggests", "impression": "Gives an impression"}
LEAST = 12
"""A source is compared, over all or on a topic, when so many scored mentions stand on either side."""
WRONG = 0.05
"""The share of false ones among the differences told of, at most."""
MOST_DIFFERENCES = 5
MOST_TOPICS = 12

Name = Literal["service", "suggestion", "impression"]


def experience(material: Material, now: Sums) -> Experience:
    """Everything about the journey; nothing of it where nothing is scored."""
    lines, found = stages(material, now), wants(material)
    return Experience(
        sentence=_sentence(material, lines, found),
        stages=lines,
        wants=found,
        teams=teams(material),
        channels=channels(material, now),
    )


def _sentence(material: Material, lines: Sequence[Stage], found: Sequence[Want]) -> Sentence:
    """Where customers feel worst, and how many want an answer."""
    if not lines and not found:
        return say("Nothing is known of the journey: nothing is scored yet." if material.heard else "Nobody spoke.")
    felt = [line for line in lines if line.net_sentiment and line.net_sentiment.n and line.net_sentiment.n >= LEAST]
    parts: list[str | Figure] = []
    cited: Iterable[int] = (one.mention.id for one in material.heard)
    if found:
        service = found[0]
        parts += [Figure(service.volume.value, many(int(service.volume.value or 0), "mention"), service.volume.query)]
        parts += [" want an answer" if service.volume.value != 1 else " wants an answer", " (", service.share, ")"]
    if felt:
        worst = min(felt, key=lambda line: line.net_sentiment.value or 0 if line.net_sentiment else 0)
        assert worst.net_sentiment is not None
        parts += ["; " if parts else "", f"the mood is lowest at {worst.name}, ", worst.net_sentiment]
        cited = (one.mention.id for one in material.heard if one.stage == worst.name)
    return say(*parts, ".", mentions=cited)


# ---- stages and wants ------------------------------------------------------------------------------------------------


def stages(material: Material, now: Sums) -> tuple[Stage, ...]:
    """In the order of the journey."""
    return tuple(_stage(material, name, now.of("stage", name)) for name in in_order(now.values("stage")))


def _stage(material: Material, name: str, counts: Counts) -> Stage:
    scope, at = material.scope, f"stage:{any_of([name])}"
    return Stage(
        name=plain_line(name, 60),
        volume=Figure(counts.volume, grouped(counts.volume), scope.ask(at)),
        split=split(counts, lambda condition: scope.ask(at, condition)),
        net_sentiment=net_figure(counts, scope.ask(at, SCORED)),
        previous=net_figure(material.previous.of("stage", name), scope.before(at, SCORED)),
    )


def wants(material: Material) -> tuple[Want, ...]:
    """Service is asked for; experience is told of: each mention that wants anything is one of the three, and who asks
    for an answer asks for it whatever else they say."""
    found: dict[str, list[Heard]] = {name: [] for name in ("", *_NAMES)}
    for one in material.heard:
        found[want_of(one.needs)].append(one)
    whole = sum(len(found[name]) for name in _NAMES)
    return tuple(_want(material, name, found[name], whole) for name in _NAMES) if whole else ()


_NAMES: tuple[Name, ...] = ("service", "suggestion", "impression")


def want_of(needs: Sequence[str]) -> str:
    """service, suggestion or impression; empty where nothing is known."""
    if not SERVICE.isdisjoint(needs):
        return "service"
    if not WISHES.isdisjoint(needs):
        return "suggestion"
    return "" if REMARKS.isdisjoint(needs) else "impression"


def _want(material: Material, name: Name, some: Sequence[Heard], whole: int) -> Want:
    before = {"service": frozenset[str](), "suggestion": SERVICE, "impression": SERVICE | WISHES}[name]
    labels = {"service": SERVICE, "suggestion": WISHES, "impression": REMARKS}[name]
    asked = [f"need:{any_of(sorted(labels))}", f"NOT need:{any_of(sorted(before))}" if before else ""]
    counts, query = count(some), material.scope.ask(*asked)
    share = share_figure(len(some), whole, material.scope.ask(f"need:{any_of(sorted(SERVICE | WISHES | REMARKS))}"))
    assert share is not None, "the whole is not empty"
    return Want(
        name=name,
        title=TITLES[name],
        volume=Figure(len(some), grouped(len(some)), query),
        share=share,
        net_sentiment=net_figure(counts, material.scope.ask(*asked, SCORED)),
    )


# ---- departments -----------------------------------------------------------------------------------------------------


def teams(material: Material) -> tuple[Team, ...]:
    """Each department's, the busiest first, and what no department has. None where nobody has anything."""
    if material.department:
        speeds = [one for one in material.responses if label(one.department) == label(material.department)]
        return (_team(material, material.department, material.heard, "", next(iter(speeds), None)),)
    mine: defaultdict[str, list[Heard]] = defaultdict(list)
    written: dict[str, str] = {}
    for one in material.heard:
        written |= {label(team): team for team in one.teams}
        for key in {label(team) for team in one.teams} or {""}:
            mine[key].append(one)
    # as the configuration writes them, where it does
    written |= {label(one.department): one.department for one in material.responses if one.department}
    answered = {label(one.department): one for one in material.responses}
    keys = sorted(written, key=lambda key: (-len(mine[key]), key))
    found = [
        _team(material, written[key], mine[key], f"team:{any_of([written[key]])}", answered.get(key)) for key in keys
    ]
    if keys and mine[""]:
        nobodys = f"NOT team:{any_of([written[key] for key in keys])}"
        found.append(_team(material, "", mine[""], nobodys, answered.get("")))
    return tuple(found)


def _team(material: Material, name: str, mine: Sequence[Heard], condition: str, speed: Response | None) -> Team:
    counts, unanswered = count(mine), waiting(mine)
    target = material.answer_within.get(name)
    return Team(
        name=plain_line(name, 60),
        volume=Figure(len(mine), grouped(len(mine)), material.scope.ask(condition)),
        net_sentiment=net_figure(counts, material.scope.ask(condition, SCORED)),
        waiting=Figure(len(unanswered), grouped(len(unanswered)), waiting_query(material, condition)),
        first_reply=_took(speed.replies) if speed else None,
        resolution=_took(speed.resolutions) if speed else None,
        target=target,
    )


def _took(times: Times) -> Took | None:
    if times.median is None or times.p90 is None:
        return None
    return Took(_duration(times.median), _duration(times.p90), times.n)


def _duration(time: timedelta) -> Figure:
    # no query: the history of triage is not asked for in the query language
    return Figure(round(time.total_seconds()), lasted(time), "")


# ---- channels --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pair:
    """A source against all others, over all or on one topic."""

    source: str
    topic: str
    here: Counts
    elsewhere: Counts
    contrast: Contrast


def channels(material: Material, now: Sums) -> tuple[Difference, ...]:
    """Where a source differs from all others; all comparisons are judged together."""
    pairs = list(_pairs(material, now))
    told = beyond_chance([pair.contrast.chance for pair in pairs], WRONG)
    found = [pair for pair, is_told in zip(pairs, told, strict=True) if is_told]
    found.sort(key=lambda pair: (-abs(pair.contrast.value), pair.source, pair.topic))
    return tuple(_difference(material, pair) for pair in found[:MOST_DIFFERENCES])


def _pairs(material: Material, now: Sums) -> Iterator[_Pair]:
    both = Counter[tuple[str, str, str | None]](
        (one.mention.source, topic, one.sentiment) for one in material.heard for topic in one.topics
    )
    # a source is found by its name and by its kind: one that is called as the kind of another cannot be asked for alone
    kinds = {label(one.mention.source_kind) for one in material.heard if one.mention.source_kind != one.mention.source}
    for source in now.values("source"):
        if label(source) in kinds:
            continue
        yield from _pair(source, "", now.of("source", source), now.all)
        for topic in now.values("topic")[:MOST_TOPICS]:
            parts = [both[source, topic, mood] for mood in ("negative", "neutral", "positive")]
            here = Counts(sum(parts) + both[source, topic, None], *parts)
            yield from _pair(source, topic, here, now.of("topic", topic))


def _pair(source: str, topic: str, here: Counts, whole: Counts) -> Iterator[_Pair]:
    elsewhere = whole - here
    if min(here.scored, elsewhere.scored) < LEAST:
        return
    contrast = net_sentiments(here, elsewhere)
    if contrast is not None:
        yield _Pair(source, topic, here, elsewhere, contrast)


def _difference(material: Material, pair: _Pair) -> Difference:
    scope, at = material.scope, f"source:{any_of([pair.source])}"
    on = f"topic:{any_of([pair.topic])}" if pair.topic else ""
    here = net_figure(pair.here, scope.ask(at, on, SCORED))
    elsewhere = net_figure(pair.elsewhere, scope.ask(f"NOT {at}", on, SCORED))
    assert here is not None
    assert elsewhere is not None, "both were compared"
    low, high = 100 * pair.contrast.low, 100 * pair.contrast.high
    value = 100 * pair.contrast.value
    points = Figure(round(value, 1), signed(value), here.query, round(low, 1), round(high, 1), pair.here.scored)
    source, subject = plain_line(pair.source, 60), f" on {plain_line(pair.topic, 60)}" if pair.topic else ""
    mood = "worse" if pair.contrast.value < 0 else "better"
    cited = (
        one.mention.id for one in material.heard
        if one.mention.source == pair.source and (not pair.topic or pair.topic in one.topics)
    )  # fmt: skip
    sentence = say(
        f"The mood at {source}{subject} is {mood}: net sentiment ", here, f" (n = {here.n}) against ", elsewhere,
        f" elsewhere (n = {elsewhere.n}), {span(signed(low), signed(high))} points apart.", mentions=cited,
    )  # fmt: skip
    return Difference(source, plain_line(pair.topic, 60), here, elsewhere, points, sentence)
