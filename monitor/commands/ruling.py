"""What may be asked of rules: how each does, and what one would have told of what is stored. Only reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from monitor import searches
from monitor.built import errands_in
from monitor.config import Config
from monitor.config.problems import did_you_mean
from monitor.config.shape import RuleTable
from monitor.digest.caught import lasting
from monitor.engine.pacing import Caught, Pace, Send, Why, played, quiet_until
from monitor.errors import Refused
from monitor.query.conditions import asks_for_later, fields_of
from monitor.query.explain import explain
from monitor.query.narrow import need
from monitor.query.parse import parse
from monitor.searches import Found, Search
from monitor.store import brands, opinions, rules, triage
from monitor.store import search as stored
from monitor.store.rules import Tally

SENDS: tuple[Send, ...] = ("each", "batch", "hourly")
MOST = 20_000
"""So many, the newest, are played through: more is a flood however long it took."""
WEEK = timedelta(days=7)
FLOOD_A_DAY, FLOOD_AN_HOUR = 20.0, 10
"""Messages that nobody reads any more."""


@dataclass(frozen=True, slots=True)
class Row:
    """A rule, and how it does."""

    name: str
    query: str
    channels: tuple[str, ...]
    send: Send
    paused: bool
    since: datetime | None
    """At work since; None while it is paused, or was not read by a service yet."""
    tally: Tally
    """Of the last seven days."""
    asks_for_scores: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """A department, and what waits there."""

    name: str
    query: str
    channels: tuple[str, ...]
    owner: str
    answer_within: float | None
    """Seconds."""
    open: int


def listed(connection: Connection, config: Config, now: datetime) -> tuple[tuple[Row, ...], tuple[Desk, ...]]:
    """All rules and departments, in the order of the configuration."""
    errands, since = errands_in(config), rules.created(connection)
    tallies = rules.tallies(connection, list(errands), now - WEEK)
    rows = tuple(_row(one, errands[rules.of_rule(one.name)].channels, tallies, since) for one in config.rules)
    waiting = triage.open_by_team(connection)
    desks = tuple(
        Desk(one.name, one.query, one.to, one.owner, one.answer_within, waiting.get(one.name, 0))
        for one in config.departments
    )
    return rows, desks


def _row(one: RuleTable, channels: tuple[str, ...], tallies: Mapping[str, Tally], since: Mapping[str, datetime]) -> Row:
    later = asks_for_later(parse(one.query, as_view=True))
    tally = tallies[rules.of_rule(one.name)]
    return Row(one.name, one.query, channels, one.send, one.paused, since.get(rules.of_rule(one.name)), tally, later)


def rule_named(config: Config, name: str) -> RuleTable:
    """The rule of this name. Raises Refused."""
    by_name = {one.name.casefold(): one for one in config.rules}
    if name.strip().casefold() not in by_name:
        known = [one.name for one in config.rules]
        hint = did_you_mean(name, known, otherwise="there are") if known else ": the configuration has no [[rule]]"
        raise Refused(f'There is no rule "{name}"{hint}')
    return by_name[name.strip().casefold()]


# ---- what a rule would have told -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What one way of sending would have come to."""

    send: Send
    messages: int
    a_day: float
    in_an_hour: int
    """At most, in any sixty minutes."""
    why: Mapping[Why, int]
    """Messages by what they were sent for."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have told of what was published in a stretch of time."""

    query: str
    send: Send
    since: datetime
    until: datetime
    caught: int
    whole: bool
    """False where only the newest were looked at: the stretch is then as long as these are old."""
    ways: tuple[Told, ...]
    """The same with each way of sending; first the rule's own."""
    in_quiet: int
    """How many would have waited for the end of quiet hours."""
    brands: Mapping[str, int]
    """Brand to how many; "" for mentions of none."""
    samples: tuple[Found, ...]
    """The newest."""
    asks_for_scores: bool
    words: bool
    """It asks for words, so that it costs nothing where these are missing; else it is tried on every mention."""
    names_brand: bool
    """It says which brands it is about."""
    advice: tuple[str, ...]

    @property
    def days(self) -> float:
        return max((self.until - self.since) / timedelta(days=1), 1 / 24)


def tried(
    connection: Connection, query: str, pace: Pace, since: datetime, until: datetime, own: Collection[str] = (),
    samples: int = 3,
) -> Trial:  # fmt: skip
    """Play a rule through on what is stored, as if each mention had been heard when it was published; `own`: the names
    of one's own brands. Raises QueryError and Refused."""
    asked = searches.read(connection, Search(query, since=since, until=until))
    hits = list(islice(stored.Search(connection, asked).newest(), MOST + 1))
    whole = len(hits) <= MOST
    mentions = [hit.mention for hit in hits[:MOST]]
    began = since if whole else mentions[-1].published
    caught = [Caught(one.id, one.published) for one in reversed(mentions)]
    days = max((until - began) / timedelta(days=1), 1 / 24)
    ways = tuple(_told(replace(pace, send=send), caught, days) for send in _first(pace.send))
    parsed = parse(query, as_view=True)
    trial = Trial(
        query=query,
        send=pace.send,
        since=began,
        until=until,
        caught=len(mentions),
        whole=whole,
        ways=ways,
        in_quiet=sum(quiet_until(pace, one.at) is not None for one in caught),
        brands=brands.of_so_many(connection, [one.id for one in mentions]),
        samples=searches.these(connection, query, [one.id for one in mentions[:samples]]),
        asks_for_scores=asks_for_later(parsed),
        names_brand="brand" in fields_of(query),
        words=need(parsed, ("title", "text", "author")) is not None,
        advice=(),
    )
    return replace(trial, advice=tuple(_advice(trial, own, opinions.waiting(connection))))


def _first(send: Send) -> list[Send]:
    return [send, *(other for other in SENDS if other != send)]


def _told(pace: Pace, caught: Sequence[Caught], days: float) -> Told:
    messages = played(pace, caught)
    times = [at for at, _ in messages]
    why = Counter(message.why for _, message in messages)
    return Told(pace.send, len(messages), len(messages) / days, most_in_an_hour(times), why)


def most_in_an_hour(times: Sequence[datetime]) -> int:
    """At most so many of these moments, ascending, lie within sixty minutes."""
    most, first = 0, 0
    for at, moment in enumerate(times):
        while moment - times[first] >= timedelta(hours=1):
            first += 1
        most = max(most, at - first + 1)
    return most


def _advice(trial: Trial, own: Collection[str], unscored: int) -> list[str]:
    way, calmer = trial.ways[0], min(trial.ways, key=lambda way: way.messages)
    advice = []
    if not trial.caught:
        advice.append("It would have caught nothing: look at its query with `overheard query explain`.")
    if way.a_day > FLOOD_A_DAY or way.in_an_hour > FLOOD_AN_HOUR:
        told = f"It would flood its readers: {way.a_day:.0f} messages a day, up to {way.in_an_hour} in an hour."
        if calmer.messages * 2 <= way.messages:
            told += f' With send = "{calmer.send}" there would be {calmer.a_day:.0f} a day.'
        advice.append(told + " A narrower query tells less.")
    if trial.asks_for_scores and unscored:
        advice.append(f"{unscored:,} stored mentions are not scored yet: it may catch more.")
    # Of several brands a mention counts under each: what is of others may be of one's own as well.
    others = [f"{n:,} of {name}" if name else f"{n:,} of none" for name, n in trial.brands.items() if name not in own]
    if own and others and not trial.names_brand:
        advice.append(f"Not only your own brands are in it ({', '.join(others)}): brand: in its query chooses.")
    if not trial.words:
        advice.append("It asks for no word, so every mention is looked at: that costs a little with each.")
    return advice


# ---- in words --------------------------------------------------------------------------------------------------------


def explained(one: RuleTable, row: Row, width: int) -> list[str]:
    """What a rule does, a line for each thing; its query's reading first."""
    when = "once a mention is scored" if row.asks_for_scores else "as soon as a mention is stored"
    pace = {"each": "a message for each", "batch": "one message every ten minutes", "hourly": "one message an hour"}
    lines = [*explain(parse(one.query, as_view=True), width).splitlines(), ""]
    lines.append(f"Decided: {when}.")
    lines.append(f"Told: {pace[one.send]}, to {', '.join(row.channels) or 'nobody'}.")
    if one.send == "each":
        lines.append("More than five a minute are told together, every ten minutes, until it is calm again.")
    if one.quiet:
        start, end = (f"{moment:%H:%M}" for moment in one.quiet)
        lines.append(f"Quiet: from {start} to {end} ({one.timezone}); what came then is told as one at the end.")
    if one.owner:
        lines.append(f"Given to: {one.owner}, where nobody has it.")
    if one.escalate_after:
        after = timedelta(seconds=one.escalate_after)
        lines.append(f"Unanswered for {lasting(after)}: {', '.join(one.escalate_to)} is told, once for each mention.")
    lines.append(_since(one, row))
    return lines


def _since(one: RuleTable, row: Row) -> str:
    if one.paused:
        return "Paused: nothing is caught. Take out `paused = true` to switch it on."
    if row.since is None:
        return "Not at work yet: `overheard reload`, or the next start, begins with it."
    return f"At work since {row.since:%d %b %Y %H:%M} UTC: nothing older is told."


def as_json(trial: Trial) -> dict[str, Any]:
    """As `overheard rules test --json` prints it."""
    given = {name: getattr(trial, name) for name in ("query", "send", "caught", "whole", "in_quiet", "asks_for_scores")}
    return given | {
        "since": trial.since.isoformat(),
        "until": trial.until.isoformat(),
        "ways": [asdict(way) | {"why": dict(way.why)} for way in trial.ways],
        "brands": dict(trial.brands),
        "samples": [searches.as_json(one) for one in trial.samples],
        "advice": list(trial.advice),
    }
