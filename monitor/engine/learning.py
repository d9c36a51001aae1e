"""Learns from corrections, off the event loop: which heads have news, what they make of it, and what is in use now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

import structlog
from sqlalchemy import Connection

from monitor.engine.scoring import worded
from monitor.store import taught
from monitor.store.engine import Store
from monitor.store.taught import Head, Lesson, Said

QUIET = timedelta(seconds=20)
"""A handful of corrections in a row is learnt from once, when nobody has corrected anything for so long."""
MOST_CORRECTIONS = 600
MOST_UNOBJECTED = 200

log = structlog.get_logger()

Example = tuple[str, tuple[str, ...] | None]
"""A text with its right labels, or None where nobody objected to those that it has."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a head made of examples over one encoder ("": over all), and whether held-out corrections say it helps.

    `weights` are float32, little-endian, a row for each class with its bias last; empty where nothing was fitted.
    """

    encoder: str
    version: str
    classes: tuple[str, ...]
    weights: bytes
    facts: Mapping[str, Any]
    helps: bool


@runtime_checkable
class Teacher(Protocol):
    """Scorers that can be taught."""

    def learn(self, scorer: str, brand: str, examples: Sequence[Example]) -> list[Learnt]:
        """What this head makes of examples, towards this brand where it is asked towards one."""
        ...

    def fits(self, lesson: Lesson) -> bool:
        """Whether a lesson was made for the weights that judge now."""
        ...

    def teach(self, known: Sequence[Lesson]) -> None:
        """From now on these lessons are in use, as far as they fit and are switched on."""
        ...


async def learn_due(
    store: Store, teacher: Teacher, now: Callable[[], datetime], quiet: timedelta = QUIET
) -> list[tuple[Head, list[Lesson]]]:
    """Fit every head that has news anew and keep what came of it; each with its lessons."""
    found = []
    for head in await store.read(_wanted, teacher, now() - quiet):
        began = now()
        examples = await store.read(_examples, head)
        learnt = await asyncio.to_thread(teacher.learn, head.scorer, head.brand, examples)
        lessons = [_lesson(head, one, began) for one in learnt] or [_unteachable(head, began)]
        await store.write(taught.keep, lessons)
        for lesson in lessons:
            log.info("learnt from corrections", head=name_of(lesson), in_use=lesson.in_use, **lesson.facts)
        found.append((head, lessons))
    return found


def _wanted(connection: Connection, teacher: Teacher, before: datetime) -> list[Head]:
    """Those that have news, and those whose lessons were made for other weights."""
    known = {(one.brand_id, one.scorer) for one in taught.lessons(connection) if not teacher.fits(one)}
    stale = [head for head in taught.heads(connection) if (head.brand_id, head.scorer) in known]
    return list(dict.fromkeys([*taught.due(connection, before), *stale]))


def name_of(lesson: Lesson | Head) -> str:
    """As a person writes it: Acme/relevance, or topics."""
    return f"{lesson.brand}/{lesson.scorer}" if lesson.brand_id else lesson.scorer


def _examples(connection: Connection, head: Head) -> list[Example]:
    said = [(_text(one), _labels(one.after)) for one in taught.corrected(connection, head, MOST_CORRECTIONS)]
    rest = taught.unobjected(connection, head.brand_id, MOST_UNOBJECTED) if head.brand_id else []
    return [*said, *((_text(one), None) for one in rest)]


def _text(one: Said) -> str:
    return worded(one.title, one.text)


_CLASSES = {"yes": "relevant", "no": "irrelevant"}


def _labels(after: Any) -> tuple[str, ...]:
    """What a person said, in the words of the head."""
    return tuple(after) if isinstance(after, list) else (_CLASSES.get(after, after),)


def _lesson(head: Head, one: Learnt, began: datetime) -> Lesson:
    facts = (one.encoder, one.version, one.classes, one.weights, one.facts, one.helps)
    return Lesson(head.brand_id, head.brand, head.scorer, *facts, began)


def _unteachable(head: Head, began: datetime) -> Lesson:
    """So that it is not tried again before there is news."""
    facts = {
        "corrections": head.corrections,
        "why": "another model has taken its place, or none could read the mentions",
    }
    return Lesson(head.brand_id, head.brand, head.scorer, "", "", (), b"", facts, False, began)
