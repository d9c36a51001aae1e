"""Mentions of a brand with what is thought of them and where they stand: what counts, digests and lists are made of."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from monitor.mention import Heard, Mention
from monitor.store import rollups
from monitor.store.labels import labels_of
from monitor.store.matches import RELEVANT_FROM
from monitor.store.mentions import as_mention
from monitor.store.opinions import PERSON, in_order
from monitor.store.slices import slices
from monitor.store.tables import BrandRow, MatchRow, MentionRow, OpinionRow, RollupRow, TriageRow

MATCH, MENTION, OPINION, TRIAGE = MatchRow.__table__, MentionRow.__table__, OpinionRow.__table__, TriageRow.__table__
BRAND, ROLLUP = BrandRow.__table__, RollupRow.__table__

SHOWN = ("need", "topics", "touchpoints", "emotion")

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


def _likely() -> ColumnElement[bool]:
    return or_(MATCH.c.relevance.is_(None), MATCH.c.relevance >= RELEVANT_FROM)


def _joined() -> Select[Any]:
    """A mention's own columns first: as_mention reads them by name."""
    return (
        select(
            MENTION,
            MATCH.c.spans,
            MATCH.c.relevance,
            MATCH.c.sentiment,
            MATCH.c.unsure,
            MATCH.c.confidence,
            TRIAGE.c.state.label("triage_state"),
            TRIAGE.c.assignee,
        )
        .select_from(MATCH)
        .join(MENTION, MENTION.c.id == MATCH.c.mention_id)
        .outerjoin(TRIAGE, (TRIAGE.c.mention_id == MATCH.c.mention_id) & (TRIAGE.c.brand_id == MATCH.c.brand_id))
    )


def between(connection: Connection, window: Window, brand: str, *more: ColumnElement[bool]) -> tuple[Heard, ...]:
    """The likely mentions that nobody has hidden, oldest first; those that fulfil `more`, too."""
    rows = connection.execute(
        _joined()
        .where(window.condition, _likely(), or_(TRIAGE.c.state.is_(None), TRIAGE.c.state != "hidden"), *more)
        .order_by(MATCH.c.published, MATCH.c.mention_id)
    ).all()
    labels = _labels_in(connection, window, *more)
    return tuple(_heard(row, brand, labels[row.id]) for row in rows)


def _labels_in(
    connection: Connection, window: Window, *more: ColumnElement[bool]
) -> dict[int, dict[str, tuple[str, ...]]]:
    """Mention id to its labels by scorer, of the current revision and the newest version."""
    question = (
        select(OPINION.c.mention_id, OPINION.c.scorer, OPINION.c.label, OPINION.c.detail)
        .select_from(MATCH)
        .join(MENTION, MENTION.c.id == MATCH.c.mention_id)
        .join(OPINION, (OPINION.c.mention_id == MENTION.c.id) & (OPINION.c.revision == MENTION.c.revision))
        .where(window.condition, OPINION.c.scorer.in_(SHOWN), *more)
        .order_by(*in_order())
    )
    found: dict[int, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for mention_id, scorer, label, detail in connection.execute(question):
        found[mention_id][scorer] = labels_of(label, detail)
    return found


def _heard(row: Row[Any], brand: str, labels: Mapping[str, tuple[str, ...]]) -> Heard:
    return Heard(
        mention=as_mention(row),
        brand=brand,
        spans=tuple((field, start, end) for field, start, end in row.spans),
        sentiment=row.sentiment,
        unsure=row.unsure,
        confidence=row.confidence,
        needs=labels.get("need", ()),
        topics=labels.get("topics", ()),
        touchpoints=labels.get("touchpoints", ()),
        emotion=next(iter(labels.get("emotion", ())), ""),
        relevance=row.relevance,
        state=row.triage_state or "new",
        assignee=row.assignee or "",
    )


def unlikely(connection: Connection, window: Window) -> int:
    """How many matched the query but, so a scorer thinks, do not speak of the brand."""
    question = select(func.count()).select_from(MATCH).where(window.condition, MATCH.c.relevance < RELEVANT_FROM)
    return connection.execute(question).scalar_one()


def found_late(connection: Connection, window: Window, brand: str, reach: timedelta) -> tuple[Heard, ...]:
    """Collected within the window's time but published before it, by at most `reach`. None of them where the brand was
    first listened to in this window: then everything older is only what the sources still show of the past."""
    mine = MATCH.c.brand_id == window.brand_id
    began = connection.execute(select(func.min(MATCH.c.collected)).where(mine)).scalar()
    if began is None or began >= window.start:
        return ()
    before = Window(window.brand_id, window.start - reach, window.start)
    return between(connection, before, brand, MATCH.c.collected >= window.start, MATCH.c.collected < window.end)


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


def counts(connection: Connection, brand_id: int, windows: Sequence[tuple[datetime, datetime]]) -> list[dict[str, int]]:
    """For each window, ascending and apart, label to count, from the rollups: nothing of the mentions is read."""
    if not windows:
        return []
    first, last = rollups.slot_of(windows[0][0]), rollups.slot_of(windows[-1][1])
    rows = connection.execute(
        select(ROLLUP.c.slot, ROLLUP.c.label, ROLLUP.c.n)
        .where(ROLLUP.c.brand_id == brand_id, ROLLUP.c.slot >= first, ROLLUP.c.slot < last)
        .order_by(ROLLUP.c.slot)
    ).all()
    edges = [(rollups.slot_of(start), rollups.slot_of(end)) for start, end in windows]
    totals: list[dict[str, int]] = [defaultdict(int) for _ in windows]
    at = 0
    for slot, label, n in rows:
        while at < len(edges) and slot >= edges[at][1]:
            at += 1
        if at < len(edges) and slot >= edges[at][0]:
            totals[at][label] += n
    return totals


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
