"""What is behind a finding: its mentions, the story or theme that tells most of what is too much, its department."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from monitor import searches
from monitor.digest.alert import Shown
from monitor.digest.spiked import SHOWN, Because, Spike, of_story, of_theme
from monitor.engine import showing
from monitor.engine.observing import Observed
from monitor.insight.watched import Finding
from monitor.store import hourly, stories, themes
from monitor.store.heard import Window
from monitor.store.hourly import HOUR, Which

MOST = 5_000
"""Mentions of a window in which causes are looked for, the newest."""
LOOKED_AT = 100
"""Of these, those that are weighed against each other to be shown."""
LEAST, PART = 3, 0.3
"""A cause has so many mentions, and so large a part of what is too much."""


def window_of(observed: Observed, finding: Finding) -> tuple[datetime, datetime]:
    """From the beginning of a finding's window to its end."""
    end = observed.at(finding.hour + 1)
    return end - finding.judged.horizon * HOUR, end


def members(connection: Connection, brand_id: int, observed: Observed, finding: Finding) -> list[int]:
    """The mentions that were counted, newest first."""
    start, end = window_of(observed, finding)
    series = finding.series
    _, _, tail = series.key.partition("/")
    without = observed.without if series.kind in ("volume", "silence") else ()
    which = Which(
        brand_id, start, end,
        sentiment="negative" if series.kind == "negative" else "",
        source=series.name if series.kind == "source" else "",
        theme=int(tail) if series.kind == "theme" else 0,
        low_rating=series.kind == "reviews",
        without=without,
    )  # fmt: skip
    return hourly.those(connection, which, MOST)


def spike_of(brand: str, observed: Observed, finding: Finding, ids: Sequence[int], zone: str, now: datetime) -> Spike:
    """A finding as it is worded."""
    start, end = window_of(observed, finding)
    series, judged = finding.series, finding.judged
    return Spike(
        kind=series.kind,
        key=series.key,
        brand=brand,
        name=series.name,
        asked=series.brand or brand,
        condition=series.condition,
        start=start,
        end=end,
        now=now,
        hours=judged.horizon,
        count=judged.count,
        total=judged.total,
        low=judged.low,
        high=judged.high,
        zone=zone,
        mentions=tuple(ids),
    )


def because(
    connection: Connection, brand_id: int, spike: Spike, finding: Finding, ids: Sequence[int]
) -> Because | None:
    """The story or theme with the largest part of what is too much; None where none has a good part of it."""
    if not finding.loud or not ids:
        return None
    window, counted = Window(brand_id, spike.start, spike.end), frozenset(ids)
    least = max(LEAST, PART * finding.excess)
    best: tuple[float, Because] | None = None
    for story in stories.of_window(connection, window):
        inside = [id_ for id_ in story.members if id_ in counted]
        if len(inside) >= least and (best is None or len(inside) > best[0]):
            best = len(inside), of_story(spike, story, inside)
    if spike.kind == "theme":
        return best[1] if best else None
    for theme in themes.of_window(connection, window):
        inside = [id_ for id_ in theme.members if id_ in counted]
        beyond = len(inside) - theme.previous
        if beyond >= least and (best is None or beyond > best[0]):
            best = beyond, of_theme(spike, theme.id, theme.name, inside)
    return best[1] if best else None


def department_of(connection: Connection, brand_id: int, ids: Sequence[int]) -> str:
    """The department that most of these mentions belong to; empty where none has any."""
    return next(iter(hourly.teams(connection, brand_id, ids)), "")


def shown(connection: Connection, ids: Sequence[int], cause: Because | None) -> tuple[Shown, ...]:
    """Those to look at first: of the cause, where there is one, those that most people see."""
    looked_at = list(cause.mentions if cause else ids)[-LOOKED_AT:] if cause else list(ids)[:LOOKED_AT]
    found = sorted(searches.these(connection, "", looked_at), key=showing.weight)
    return tuple(showing.shown(one) for one in found[:SHOWN])
