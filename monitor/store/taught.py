"""What corrections taught: which heads have news to learn from, the mentions to learn by, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, select, update
from sqlalchemy.dialects.sqlite import insert

from monitor.errors import Refused
from monitor.store.standing import holding
from monitor.store.tables import BrandRow, CorrectionRow, MatchRow, MentionRow, TaughtRow

CORRECTION, TAUGHT = CorrectionRow.__table__, TaughtRow.__table__
BRAND, MATCH, MENTION = BrandRow.__table__, MatchRow.__table__, MentionRow.__table__

SCORER_OF = {
    "relevance": "relevance",
    "sentiment": "brand_sentiment",
    "topics": "topics",
    "touchpoints": "touchpoints",
}
FIELD_OF = {scorer: field for field, scorer in SCORER_OF.items()}
OF_BRAND = ("relevance", "sentiment")

LEAST_CORRECTIONS = 12
"""Below this nothing is refitted (models/refit.py): the models need not even be loaded."""
NEWS_OF = 10
"""A head is fitted anew when so many corrections as a tenth of those that it knows have come or gone."""


@dataclass(frozen=True, slots=True)
class Head:
    """A head that was corrected: of one brand, or of all (brand_id 0)."""

    brand_id: int
    brand: str
    scorer: str
    corrections: int
    """Those of people themselves that are not undone; near-duplicates that followed teach nothing new."""
    changed: datetime
    fitted: datetime | None
    news: int
    """Corrections that came or were undone since it was fitted."""


@dataclass(frozen=True, slots=True)
class Said:
    """A mention to learn by: what it says, and what a person said of it (None: nobody objected to what is shown)."""

    mention_id: int
    title: str
    text: str
    after: Any = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a head learnt over one encoder ("": over all)."""

    brand_id: int
    brand: str
    scorer: str
    encoder: str
    version: str
    classes: tuple[str, ...]
    weights: bytes
    facts: Mapping[str, Any]
    active: bool
    fitted: datetime
    forgotten: datetime | None = None
    forgotten_by: str = ""

    @property
    def in_use(self) -> bool:
        return self.active and self.forgotten is None


def heads(connection: Connection) -> list[Head]:
    """Every head of which something was corrected."""
    fitted = (
        select(TAUGHT.c.brand_id, TAUGHT.c.scorer, func.min(TAUGHT.c.fitted).label("fitted"))
        .group_by(TAUGHT.c.brand_id, TAUGHT.c.scorer)
        .subquery()
    )
    scorer = case(SCORER_OF, value=CORRECTION.c.field)
    changed = func.coalesce(CORRECTION.c.undone, CORRECTION.c.at)
    question = (
        select(CORRECTION.c.brand_id, BRAND.c.name, scorer.label("scorer"), fitted.c.fitted)
        .add_columns(
            func.sum(case((CORRECTION.c.undone.is_(None), 1), else_=0)).label("corrections"),
            func.max(changed).label("changed"),
            func.sum(case((changed > func.coalesce(fitted.c.fitted, 0), 1), else_=0)).label("news"),
        )
        .outerjoin(BRAND, BRAND.c.id == CORRECTION.c.brand_id)
        .outerjoin(fitted, and_(fitted.c.brand_id == CORRECTION.c.brand_id, fitted.c.scorer == scorer))
        .where(CORRECTION.c.follows.is_(None), CORRECTION.c.field.in_(SCORER_OF))
        .where((CORRECTION.c.brand_id != 0) | CORRECTION.c.field.not_in(OF_BRAND))
        .group_by(CORRECTION.c.brand_id, scorer)
        .order_by(BRAND.c.name, scorer)
    )
    return [
        Head(row.brand_id, row.name or "", row.scorer, row.corrections, row.changed, row.fitted, row.news)
        for row in connection.execute(question)
    ]


def due(connection: Connection, before: datetime) -> list[Head]:
    """The heads worth fitting (anew): enough to learn from, enough news, and nobody at it since `before`."""
    return [
        head
        for head in heads(connection)
        if head.changed <= before
        and (head.corrections >= LEAST_CORRECTIONS or head.fitted is not None)
        and head.news >= max(1, head.corrections // NEWS_OF)
    ]


def corrected(connection: Connection, head: Head, most: int) -> list[Said]:
    """The newest mentions of which people themselves said something that holds; the same words once."""
    question = holding().add_columns(MENTION.c.title, MENTION.c.text)
    rows = connection.execute(
        question.where(
            CORRECTION.c.field == FIELD_OF[head.scorer],
            CORRECTION.c.brand_id == head.brand_id,
            CORRECTION.c.follows.is_(None),
        )
    )
    latest = {row.mention_id: row for row in rows}
    once = {row.fingerprint or row.mention_id: row for row in latest.values()}
    newest = sorted(once.values(), key=lambda row: row.id, reverse=True)[:most]
    return [Said(row.mention_id, row.title, row.text, row.after) for row in newest]


def unobjected(connection: Connection, brand_id: int, most: int) -> list[Said]:
    """The newest mentions that name the brand and of which nobody said anything."""
    rows = connection.execute(
        select(MENTION.c.id, MENTION.c.title, MENTION.c.text)
        .join(MATCH, (MATCH.c.mention_id == MENTION.c.id) & (MATCH.c.brand_id == brand_id))
        .outerjoin(CORRECTION, CORRECTION.c.mention_id == MENTION.c.id)
        .where(CORRECTION.c.id.is_(None), MATCH.c.sentiment.is_not(None), MATCH.c.spans != [])
        .order_by(MATCH.c.published.desc())
        .limit(most)
    )
    return [Said(row.id, row.title, row.text) for row in rows]


def keep(connection: Connection, lessons: Sequence[Lesson]) -> None:
    """Store what was learnt, in place of what was learnt before. What a person switched off stays off."""
    rows = [
        {
            "brand_id": one.brand_id,
            "scorer": one.scorer,
            "encoder": one.encoder,
            "version": one.version,
            "classes": list(one.classes),
            "weights": one.weights,
            "facts": dict(one.facts),
            "active": one.active,
            "fitted": one.fitted,
            "forgotten_by": "",
        }
        for one in lessons
    ]
    if rows:
        connection.execute(_KEEP, rows)


_INSERT = insert(TAUGHT)
_KEEP = _INSERT.on_conflict_do_update(
    index_elements=["brand_id", "scorer", "encoder"],
    set_={name: _INSERT.excluded[name] for name in ("version", "classes", "weights", "facts", "active", "fitted")},
)


def lessons(connection: Connection) -> list[Lesson]:
    """All that was learnt, in use or not."""
    question = select(TAUGHT, BRAND.c.name).outerjoin(BRAND, BRAND.c.id == TAUGHT.c.brand_id)
    return [_lesson(row) for row in connection.execute(question.order_by(BRAND.c.name, TAUGHT.c.scorer))]


def _lesson(row: Row[Any]) -> Lesson:
    return Lesson(
        row.brand_id,
        row.name or "",
        row.scorer,
        row.encoder,
        row.version,
        tuple(row.classes),
        row.weights,
        row.facts,
        row.active,
        row.fitted,
        row.forgotten,
        row.forgotten_by,
    )


def switch(connection: Connection, brand_id: int, scorer: str, by: str, now: datetime, *, on: bool) -> None:
    """Switch what a head learnt off, or on again. Raises Refused where it learnt nothing, or is so already."""
    mine = (TAUGHT.c.brand_id == brand_id) & (TAUGHT.c.scorer == scorer)
    if connection.execute(select(TAUGHT.c.scorer).where(mine)).first() is None:
        raise Refused(f"{scorer} has learnt nothing that could be switched: see `overheard corrections --learnt`.")
    off = {"forgotten": None, "forgotten_by": ""} if on else {"forgotten": now, "forgotten_by": by}
    is_off = TAUGHT.c.forgotten.is_not(None)
    if connection.execute(update(TAUGHT).where(mine, is_off if on else ~is_off).values(**off)).rowcount == 0:
        raise Refused(f"{scorer} is switched {'on' if on else 'off'} already.")
