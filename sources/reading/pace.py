"""How often a feed wants to be asked: what its head and its reply's headers say, as sensible lower bounds. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

LONGEST = 86_400.0
"""Seconds. What asks for a longer rest (a `ttl` in seconds, a CDN's year) is taken for this."""
_PERIODS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=\"?(\d{1,10})")


class Pace(NamedTuple):
    """A feed's own pace."""

    seconds: float = 0.0
    """At least so long between two visits; nought where it does not say."""
    skip_hours: frozenset[int] = frozenset()
    """Hours of the day, UTC, in which it need not be asked."""
    skip_days: frozenset[int] = frozenset()
    """Days of the week, UTC, as date.weekday() counts."""


ANY_PACE = Pace()


def pace_of(channel: Any) -> Pace:
    """What a feed's head (its parsed element) says: `ttl`, `sy:updatePeriod`, `sy:updateFrequency`, times to skip."""
    said: dict[str, Any] = {}
    for child in channel:
        if isinstance(child.tag, str):
            said.setdefault(child.tag.rpartition("}")[2].lower(), child)
    hours = {int(hour) % 24 for hour in _texts(said.get("skiphours")) if re.fullmatch(r"\d{1,2}", hour)}
    days = {_DAYS.index(day.lower()) for day in _texts(said.get("skipdays")) if day.lower() in _DAYS}
    period = _PERIODS.get(_text(said.get("updateperiod")).lower(), 0)
    return Pace(
        min(max(60.0 * _number(said.get("ttl")), period / (_number(said.get("updatefrequency")) or 1)), LONGEST),
        frozenset(hours if len(hours) < 24 else ()),
        frozenset(days if len(days) < 7 else ()),
    )


def fresh_for(headers: Mapping[str, str]) -> float:
    """Seconds for which the reply says to be good yet: `Cache-Control: max-age` less its `Age`."""
    said = headers.get("cache-control", "").lower()
    found = _MAX_AGE.search(said)
    if not found or "no-cache" in said or "no-store" in said:
        return 0.0
    age = headers.get("age", "").strip()
    return min(max(float(found[1]) - (int(age) if re.fullmatch(r"\d{1,9}", age) else 0), 0.0), LONGEST)


def _text(element: Any) -> str:
    return "" if element is None else (element.text or "").strip()


def _number(element: Any) -> int:
    text = _text(element)
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0


def _texts(parent: Any) -> list[str]:
    return [] if parent is None else [_text(child) for child in parent]
