"""How much was heard of a brand, and since when; and what is thought of a few mentions: what lists are made of."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from monitor.mention import SENTIMENTS, Mention
from monitor.store import rollups
from monitor.store.matches import RELEVANT_FROM
from monitor.store.opinions import PERSON
from monitor.store.slices import slices
from monitor.store.tables import MatchRow

MATCH = MatchRow.__table__

Answers = Mapping[str, Any]
"""Scorer to its answer as `overheard score` prints it."""


@dataclass(frozen=True, slots=True)
class Window:
    """A brand's time from `start` to before `end`, UTC, by the time of publishing."""

    brand_id: int
    start: datetime
    end: datetime

    @property
    def condition(self) -> ColumnElement[bool]:
        return and_(MATCH.c.brand_id == self.brand_id, MATCH.c.published >= self.start, MATCH.c.published < self.end)


def unlikely(connection: Connection, window: Window) -> int:
    """How many matched the query but, so a scorer thinks, do not speak of the brand."""
    question = select(func.count()).select_from(MATCH).where(window.condition, MATCH.c.relevance < RELEVANT_FROM)
    return connection.execute(question).scalar_one()


def late(connection: Connection, window: Window) -> int:
    """How many were collected within the window's time but published before it."""
    question = (
        select(func.count())
        .select_from(MATCH)
        .where(
            MATCH.c.brand_id == window.brand_id,
            MATCH.c.collected >= window.start,
            MATCH.c.collected < window.end,
            MATCH.c.published < window.start,
        )
    )
    return connection.execute(question).scalar_one()


@dataclass(frozen=True, slots=True)
class Span:
    """Since when a brand is heard of."""

    first_published: datetime
    first_collected: datetime


def span(connection: Connection, brand_id: int) -> Span | None:
    """The earliest times of a brand's mentions; None where there is none."""
    mine = MATCH.c.brand_id == brand_id
    published = connection.execute(select(func.min(MATCH.c.published)).where(mine)).scalar()
    collected = connection.execute(select(func.min(MATCH.c.collected)).where(mine)).scalar()
    return Span(published, collected) if published and collected else None


VOLUME = ("mentions", *(f"sentiment:{label}" for label in SENTIMENTS))
"""The labels of a rollup that say how much was heard, and in which mood."""


def counts(
    connection: Connection,
    brand_id: int,
    windows: Sequence[tuple[datetime, datetime]],
    labels: Sequence[str] = VOLUME,
) -> list[dict[str, int]]:
    """For each window, ascending and apart, label to count, from the rollups: nothing of the mentions is read."""
    if not windows:
        return []
    edges = [(rollups.slot_of(start), rollups.slot_of(end)) for start, end in windows]
    asked = _SLOTS.format(", ".join("?" * len(labels)))
    rows = connection.exec_driver_sql(asked, (brand_id, edges[0][0], edges[-1][1], *labels))
    totals: list[dict[str, int]] = [defaultdict(int) for _ in windows]
    at = 0
    for slot, label, n in rows:
        while at < len(edges) and slot >= edges[at][1]:
            at += 1
        if at < len(edges) and slot >= edges[at][0]:
            totals[at][label] += n
    return totals


_SLOTS = (
    "SELECT slot, label, n FROM rollup WHERE brand_id = ? AND slot >= ? AND slot < ? AND label IN ({}) ORDER BY slot"
)


def of_mentions(
    connection: Connection, found: Iterable[Mention]
) -> tuple[dict[int, tuple[str, ...]], dict[int, Answers]]:
    """For these mentions: id to the names of its brands, and id to all answers of all scorers on the current text."""
    revisions = {mention.id: mention.revision for mention in found}
    brands: dict[int, tuple[str, ...]] = {}
    answers: dict[int, Answers] = {}
    for slice_ in slices(revisions):
        some = {id_: revisions[id_] for id_ in slice_}
        brands |= _brands_of(connection, some)
        answers |= _answers_of(connection, some)
    return brands, answers


# As SQL, all of it: a page of fifty mentions has hundreds of opinions, and making statements and taking each value
# through its column's type took half the time of a search.


def _brands_of(connection: Connection, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    brands: dict[int, list[str]] = defaultdict(list)
    marks = ", ".join("?" * len(ids))
    for mention_id, name in connection.exec_driver_sql(_BRANDS.format(marks), tuple(ids)):
        brands[mention_id].append(name)
    return {key: tuple(names) for key, names in brands.items()}


_BRANDS = (
    'SELECT m.mention_id, b.name FROM "match" AS m JOIN brand AS b ON b.id = m.brand_id '
    "WHERE m.mention_id IN ({}) ORDER BY b.name"
)


def _answers_of(connection: Connection, revisions: Mapping[int, int]) -> dict[int, Answers]:
    """`revisions`: mention id to the revision that counts."""
    answers: dict[int, dict[str, Any]] = defaultdict(dict)
    marks = ", ".join("?" * len(revisions))
    rows = connection.exec_driver_sql(_ANSWERS.format(marks), (*revisions, PERSON)).all()
    details = json.loads(f"[{','.join(row.detail or 'null' for row in rows)}]")
    for (mention_id, revision, scorer, label, _, brand), said in zip(rows, details, strict=True):
        if revision != revisions[mention_id]:
            continue
        answer = said["all"] if said and "all" in said else said or label
        if brand:
            answers[mention_id].setdefault("brands", {}).setdefault(brand, {})[scorer] = answer
        else:
            answers[mention_id][scorer] = answer
    return dict(answers)


# The opinion that counts comes last (opinions.in_order).
_ANSWERS = (
    "SELECT o.mention_id, o.revision, o.scorer, o.label, o.detail, b.name "
    "FROM opinion AS o LEFT JOIN brand AS b ON b.id = o.brand_id "
    "WHERE o.mention_id IN ({}) ORDER BY o.version = ?, o.scored"
)
