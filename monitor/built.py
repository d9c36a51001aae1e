"""From a configuration to the parts that work by it: brands and their ear, sources, channels, digests, scorers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

import sources
from models import taxonomy
from models.base import Scorer as JudgingScorer
from models.hub import Named, Unloadable
from models.hub_scorers import Replaceable, open_scorer
from models.language import UNDECIDED, language_of
from models.taxonomy import Label, Taxonomy
from models.weights import WeightsDamaged, WeightsMissing
from monitor import channels
from monitor.briefing import Readers
from monitor.config import ChannelEntry, Config, OwnLabel
from monitor.config.digests import ALL
from monitor.config.shape import SourceEntry
from monitor.config.times import duration
from monitor.digest.asks import OPEN
from monitor.digest.caught import Told
from monitor.engine.judging import NotUsable
from monitor.engine.listened import Listened
from monitor.engine.observing import Watched
from monitor.engine.pacing import Pace
from monitor.engine.rewriting import Rewriting, Summariser, Unwritten, endpoint_writer, model_writer
from monitor.engine.ruling import Errand
from monitor.engine.scoring import Scorer
from monitor.engine.telling import Channel, Subscription
from monitor.engine.watching import Settings
from monitor.mention import Brand
from monitor.notice import Ask, Attempt, Delivery, Notice, Reply
from monitor.own import Own
from monitor.pipeline import Ear
from monitor.query.conditions import condition, fields_of
from monitor.query.parse import parse
from monitor.query.queryset import QuerySet
from monitor.store import brands, digests, rules, watches
from monitor.store.brands import Versioned
from monitor.store.routing import Department, Routes, Rule
from monitor.store.taught import Lesson


@dataclass(frozen=True, slots=True)
class Heard:
    """Whom and what to listen for, as store and configuration have it."""

    brands: Mapping[str, Brand]
    ear: Ear
    listened: Sequence[Listened]
    routes: Routes


def followed(connection: Connection, config: Config, now: datetime) -> Heard:
    """The rows made to follow the configuration: all of them, or none where something is wrong."""
    known = brands.sync(connection, brands_in(config))
    named = {one.brand.name: one.brand for one in known}
    listened = listened_in(config, named)
    watches.sync(connection, [one.configured for one in listened], now)
    digests.register(connection, [one.name for one in config.digests], now)
    routes = routes_in(config, named)
    rules.sync(connection, routes.keys, now)
    return Heard(named, ear_for(known), listened, routes)


def while_at_work(config: Config, before: Config) -> tuple[Config, tuple[str, ...]]:
    """A configuration as far as it can be heeded without a restart, and the sections that then differ.

    The database is open, the socket listens, and the network's guard stands: these are made once.
    """
    kept: dict[str, Any] = {
        name: getattr(before, name)
        for name in ("store", "network", "log")
        if getattr(config, name) != getattr(before, name)
    }
    if config.web.listen != before.web.listen:
        kept["web"] = before.web
    return config.model_copy(update=kept), tuple(f"[{name}]" for name in kept)


def judged_by(config: Config) -> tuple[Any, ...]:
    """All of the configuration that the scorers are made from: see `scorer_for`."""
    names = [(one.name, one.aliases, one.handles, one.products) for one in config.brands]
    return config.scoring, config.taxonomy, config.topics, config.touchpoints, config.stages, names


def brands_in(config: Config) -> list[Brand]:
    """The configured brands; their ids come from the store."""
    return [
        Brand(
            0,
            entry.name,
            entry.query,
            aliases=entry.aliases,
            competitors=entry.competitors,
            is_competitor=entry.is_competitor,
            own=() if entry.is_competitor else own_channels(entry.handles, entry.domains),
        )
        for entry in config.brands
    ]


def ear_for(known: Sequence[Versioned]) -> Ear:
    """All brands' queries compiled together."""
    queries = QuerySet({one.brand.id: parse(one.brand.query) for one in known})
    own = Own.of(channel for one in known for channel in one.brand.own)
    return Ear(queries, {one.brand.id: one.query_version for one in known}, spoken, own)


def routes_in(config: Config, known: Mapping[str, Brand]) -> Routes:
    """The configured departments, and the rules that are not paused."""
    return Routes(
        tuple(Rule(one.name, parse(one.query, as_view=True), one.owner) for one in config.rules if not one.paused),
        tuple(
            Department(one.name, parse(one.query, as_view=True), one.owner, _span(one.answer_within))
            for one in config.departments
        ),
        {name: brand.id for name, brand in known.items()},
        frozenset(name for name, brand in known.items() if not brand.is_competitor),
        config.scoring.enabled,
    )


def errands_in(config: Config) -> dict[str, Errand]:
    """How people are told of what each rule catches and each department leaves unanswered, by its key."""
    lines = {one.name: one.to for one in config.departments}
    zone = config.alerts.timezone or "UTC"
    found = {}
    for rule in config.rules:
        key = rules.of_rule(rule.name)
        found[key] = Errand(
            Told(rule.name, key, rule.query, rule.department, rule.timezone or zone),
            rule.to or lines.get(rule.department, ()),
            Pace(rule.send, rule.quiet, ZoneInfo(rule.timezone or zone)),
            _span(rule.escalate_after),
            rule.escalate_to,
            fields_of(rule.query),
        )
    for department in config.departments:
        key = rules.of_department(department.name)
        query = f"{condition('team', department.name)} {OPEN}"
        found[key] = Errand(
            Told(department.name, key, query, department.name, zone),
            department.to,
            answer_within=_span(department.answer_within),
            late_to=department.to,
            team=department.name,
        )
    return found


def watching_in(config: Config, known: Mapping[str, Brand]) -> Settings:
    """What is watched for what is not usual, how closely, and who is told."""
    section = config.alerts
    names = section.brands or [one.name for one in config.own_brands]
    zone = section.timezone or "UTC"
    return Settings(
        brands=tuple(
            Watched(known[name], tuple(known[rival] for rival in known[name].competitors if rival in known))
            for name in names
        ),
        watch=frozenset(section.watch),
        false_alarms=section.false_alarms,
        cooldown=section.cooldown,
        pace=Pace(quiet=section.quiet, zone=ZoneInfo(zone)),
        zone=zone,
        to=section.to,
        departments={one.name: one.to for one in config.departments},
    )


def _span(seconds: float | None) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds else None


def own_channels(handles: Iterable[str], domains: Iterable[str]) -> tuple[str, ...]:
    """Handles with their @, and domains."""
    return (*(f"@{handle.lstrip('@')}" for handle in handles), *domains)


def spoken(text: str) -> str:
    """The language of a text, or nothing where it is too short to tell."""
    code = language_of(text)
    return "" if code == UNDECIDED else code


def listened_in(config: Config, known: Mapping[str, Brand]) -> list[Listened]:
    """The configured sources, ready to be polled."""
    return [_listened(entry, known[entry.about].id if entry.about else None) for entry in config.sources]


def _listened(entry: SourceEntry, about: int | None) -> Listened:
    source = sources.load(entry.kind)
    within = timedelta(seconds=duration(source.recheck.within)) if source.recheck else None
    return Listened(
        entry.name, source, entry.config, timedelta(seconds=entry.every), about, entry.paused, recheck_within=within
    )


def channels_in(config: Config) -> dict[str, Channel]:
    """The configured channels, each generator bound to its options."""
    return {entry.name: channel_of(entry) for entry in config.channels}


def channel_of(entry: ChannelEntry) -> Channel:
    """One channel, ready to deliver."""
    kind = channels.load(entry.kind)

    def deliver(notice: Notice, earlier: Sequence[Attempt], now: datetime) -> Delivery:
        return kind.deliver(notice, entry.options, earlier, now)

    return Channel(entry.name, deliver)


def subscriptions_in(config: Config, known: Mapping[str, Brand]) -> list[Subscription]:
    """The configured digests."""
    return [
        Subscription(
            name=entry.name,
            brands=told_of(known, entry.brand),
            at=entry.at,
            timezone=entry.timezone,
            days=entry.days,
            channels=entry.to,
            readers=readers_in(config, entry.department),
        )
        for entry in config.digests
    ]


def told_of(known: Mapping[str, Brand], brand: str) -> tuple[Brand, ...]:
    """The brand of this name; for "*" all of one's own, and those of others where none is."""
    if brand != ALL:
        return (known[brand],)
    own = tuple(one for one in known.values() if not one.is_competitor)
    return own or tuple(known.values())


def readers_in(config: Config, department: str = "") -> Readers:
    """Those for whom a digest is: a department, or everybody."""
    return Readers(department, {one.name: one.answer_within for one in config.departments if one.answer_within})


def rewriting_in(config: Config, send: Callable[[Ask], Awaitable[Reply]]) -> Rewriting | None:
    """Who words a digest's summaries anew, where the configuration names somebody."""
    summary = config.summary
    if summary.by == "endpoint":
        key, name = summary.key.get_secret_value(), summary.model or "an endpoint"
        return Rewriting(endpoint_writer(name, summary.url, summary.model, key, summary.timeout, send), spoken)
    if summary.by == "model":
        return Rewriting(model_writer(summary.model, summary.timeout, lambda: _summariser(config)), spoken)
    return None


def _summariser(config: Config) -> Summariser:
    # torch and transformers take seconds to import: only where something is summed up.
    from models.summary import open_summariser

    try:
        return open_summariser(Named.of(config.summary.model, config.path.parent), config.scoring.threads)
    except Unloadable as error:
        raise Unwritten(str(error)) from error


# The scorers -------------------------------------------------------------------------------------------------------


def scorer_for(config: Config, lessons: Callable[[], Sequence[Lesson]] = tuple) -> Scorer:
    """The configured scorers with what they were taught. Raises NotUsable with the reason."""
    if not config.scoring.enabled:
        raise NotUsable("scoring is switched off: [scoring] enabled = false")
    # The encoder's runtime takes long to import: only where something is scored.
    from models.judge import Judge
    from monitor.engine.shipped import Shipped

    scoring, labels = config.scoring, taxonomy_in(config)
    try:
        others = replaced_in(config, labels)
        judge = Judge.open(threads=scoring.threads, taxonomy=labels, encoder=scoring.encoder, replaced=others)
        names = {one.name: (*one.aliases, *one.handles, *one.products) for one in config.brands}
        return Shipped(judge, names, lessons())
    except (WeightsMissing, WeightsDamaged, Unloadable) as error:
        raise NotUsable(str(error)) from error


def replaced_in(config: Config, labels: Taxonomy) -> list[JudgingScorer]:
    """The models of others that judge in place of ours. Raises models.hub.Unloadable."""
    named = config.scoring.models
    chosen: list[tuple[Replaceable, str]] = [("sentiment", named.sentiment), ("topics", named.topics)]
    return [
        open_scorer(kind, name, labels.topics, config.scoring.threads, config.path.parent)
        for kind, name in chosen
        if name
    ]


def taxonomy_in(config: Config) -> Taxonomy:
    """What mentions are sorted into: the chosen part of what comes with the program, and the user's own labels."""
    wanted = config.taxonomy
    start = taxonomy.chosen(wanted.packs, defaults=wanted.defaults, without=wanted.without)
    own = {"topics": config.topics, "touchpoints": config.touchpoints, "stages": config.stages}
    return start.extended(Taxonomy(**{kind: tuple(map(_label, entries)) for kind, entries in own.items()}))


def _label(entry: OwnLabel) -> Label:
    return Label(entry.name, entry.description, entry.words, entry.examples, origin="your own")
