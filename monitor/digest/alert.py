"""The form of an alert: one thing that people are told at once, what caused it, and the mentions to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from monitor.digest.form import Cited, Figure, Sentence, plain

AlertKind = Literal[
    "volume", "negative", "theme", "new-theme", "source", "competitor", "reviews", "silence", "rule", "unanswered"
]


@dataclass(frozen=True, slots=True)
class Shown:
    """A mention of an alert, and what it is to whoever reads it."""

    mention: Cited
    sentiment: str = ""
    why: tuple[str, ...] = ()
    """What makes it worth reading: "12,000 followers", "asks for help"."""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    kind: AlertKind
    brand: str
    department: str
    subject: str
    """One plain line: a message's title."""
    sentence: Sentence
    """What is unusual, against what."""
    cause: Sentence | None
    """The story or the theme behind it, where one is."""
    total: Figure
    """How many mentions it is about, and the query that gives them."""
    mentions: tuple[Shown, ...]
    """At most five, those to look at first."""
    advice: Sentence | None
    """What a person can do about it: answer, acknowledge, snooze."""
    started: datetime
    until: datetime
    timezone: str
    details: tuple[Sentence, ...] = ()
    """What else is known, such as the alerts that were grouped with it."""


VERSION = 1


def as_json(alert: Alert) -> dict[str, Any]:
    """`alert.json`: what is kept and what every channel reads. Texts, figures and times as in digest.json."""
    return {"version": VERSION, **{field.name: plain(getattr(alert, field.name)) for field in fields(alert)}}


def content(alert: Alert, base: str = "") -> Mapping[str, Any]:
    """The `content` of an alert's notice: {"alert": alert.json, "base"}, JSON-ready. Channels word it (outline.py)."""
    return {"alert": as_json(alert), "base": base}
