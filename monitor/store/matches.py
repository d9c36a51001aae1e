"""Matches: which mention is of which brand, and what is currently thought of it towards that brand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from monitor.store import rollups
from monitor.store.tables import MatchRow, MentionRow

MATCH = MatchRow.__table__
MENTION = MentionRow.__table__

Span = tuple[str, int, int]

# Below this relevance a match is kept, marked unlikely, and left out of counts.
RELEVANT_FROM = 0.5


@dataclass(frozen=True, slots=True)
class Hit:
    """One brand's match of one text."""

    brand_id: int
    query_version: int
    spans: tuple[Span, ...] = ()


def write(
    connection: Connection,
    mention_id: int,
    hits: Iterable[Hit],
    *,
    published: datetime,
    collected: datetime,
    source: str,
) -> list[int]:
    """Add the matches that are not there yet and count them; the brands that are new to this mention."""
    already = set(connection.scalars(select(MATCH.c.brand_id).where(MATCH.c.mention_id == mention_id)))
    fresh = [hit for hit in hits if hit.brand_id not in already]
    if not fresh:
        return []
    rows = [
        {
            "mention_id": mention_id,
            "brand_id": hit.brand_id,
            "query_version": hit.query_version,
            "spans": [list(span) for span in hit.spans],
            "published": published,
            "collected": collected,
        }
        for hit in fresh
    ]
    connection.execute(insert(MATCH), rows)
    rollups.add(
        connection,
        [(hit.brand_id, published, label) for hit in fresh for label in ("mentions", f"source:{source}")],
    )
    return [hit.brand_id for hit in fresh]


def of(connection: Connection, mention_id: int, brand_id: int) -> Row[Any] | None:
    """The match of a mention with a brand, if it is one."""
    question = select(MATCH).where(MATCH.c.mention_id == mention_id, MATCH.c.brand_id == brand_id)
    return connection.execute(question).one_or_none()


def withdraw(connection: Connection, mention_id: int, brand_ids: Sequence[int] | None = None) -> None:
    """Remove matches of a mention (all of them, or those of some brands) and take them out of the counts."""
    question = (
        select(MATCH, MENTION.c.source)
        .join(MENTION, MENTION.c.id == MATCH.c.mention_id)
        .where(MATCH.c.mention_id == mention_id)
    )
    if brand_ids is not None:
        question = question.where(MATCH.c.brand_id.in_(brand_ids))
    for row in connection.execute(question).all():
        rollups.add(connection, _labels(row, row.source), by=-1)
        connection.execute(delete(MATCH).where(MATCH.c.mention_id == mention_id, MATCH.c.brand_id == row.brand_id))


def judge(
    connection: Connection,
    mention_id: int,
    brand_id: int,
    *,
    sentiment: str,
    unsure: bool,
    confidence: float,
    relevance: float | None,
) -> None:
    """Set what is now thought of a match, and move the counts along: an unlikely match counts for nothing."""
    row = connection.execute(
        select(MATCH, MENTION.c.source)
        .join(MENTION, MENTION.c.id == MATCH.c.mention_id)
        .where(MATCH.c.mention_id == mention_id, MATCH.c.brand_id == brand_id)
    ).one_or_none()
    if row is None:
        return
    rollups.add(connection, _labels(row, row.source), by=-1)
    values = {"sentiment": sentiment, "unsure": unsure, "confidence": confidence, "relevance": relevance}
    connection.execute(
        update(MATCH).where(MATCH.c.mention_id == mention_id, MATCH.c.brand_id == brand_id).values(**values)
    )
    after = connection.execute(
        select(MATCH).where(MATCH.c.mention_id == mention_id, MATCH.c.brand_id == brand_id)
    ).one()
    rollups.add(connection, _labels(after, row.source))


def _labels(row: Row[Any], source: str) -> list[rollups.Change]:
    """All that a match counts for, as it stands."""
    if row.relevance is not None and row.relevance < RELEVANT_FROM:
        return [(row.brand_id, row.published, "unlikely")]
    labels = ["mentions", f"source:{source}"]
    if row.sentiment:
        labels.append(f"sentiment:{row.sentiment}")
    return [(row.brand_id, row.published, label) for label in labels]
