"""Matches: which mention is of which brand, and what is currently thought of it towards that brand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from monitor.store import in_theme, rollups
from monitor.store.tables import MatchRow, MentionRow
from monitor.store.touched import touch

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


@dataclass(frozen=True, slots=True)
class Placed:
    """What a match repeats of its mention."""

    mention_id: int
    published: datetime
    collected: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is now thought of a match."""

    mention_id: int
    brand_id: int
    sentiment: str | None
    unsure: bool
    confidence: float
    relevance: float | None


def verdict(mention_id: int, brand_id: int, reading: Mapping[str, Any]) -> Verdict | None:
    """What a reading (scorer to its answer) means for a match: towards the brand where that is known, else of the text.
    None where it says nothing of it."""
    sentiment = reading.get("brand_sentiment") or reading.get("sentiment")
    if not brand_id or not sentiment:
        return None
    label = sentiment["label"]
    unsure, confidence = bool(sentiment.get("unsure")), float(sentiment[label])
    return Verdict(mention_id, brand_id, label, unsure, confidence, _relevance(reading))


def _relevance(reading: Mapping[str, Any]) -> float | None:
    """What may take a mention out of the counts: nothing where the scorer is unsure (models/relevance.py)."""
    answer = reading.get("relevance")
    return float(answer["score"]) if answer and not answer.get("unsure") else None


def write(connection: Connection, new: Iterable[tuple[Placed, Iterable[Hit]]]) -> None:
    """Add matches that are not there yet, and count them."""
    pairs = [(placed, hit) for placed, hits in new for hit in hits]
    rows = [
        {
            "mention_id": placed.mention_id,
            "brand_id": hit.brand_id,
            "query_version": hit.query_version,
            "spans": [list(span) for span in hit.spans],
            "published": placed.published,
            "collected": placed.collected,
        }
        for placed, hit in pairs
    ]
    if rows:
        connection.execute(insert(MATCH), rows)
        touch(connection, [placed.mention_id for placed, _ in pairs])
        in_theme.sort_again(connection, {placed.mention_id for placed, _ in pairs})
    rollups.change(connection, [one for placed, hit in pairs for one in _counted(hit.brand_id, placed, "", None)])


def of(connection: Connection, mention_id: int, brand_id: int) -> Row[Any] | None:
    """The match of a mention with a brand, if it is one."""
    question = select(MATCH).where(MATCH.c.mention_id == mention_id, MATCH.c.brand_id == brand_id)
    return connection.execute(question).one_or_none()


def withdraw(connection: Connection, mention_id: int, brand_id: int | None = None) -> None:
    """Remove the matches of a mention (or its match with one brand) and take them out of the counts."""
    for row in _rows(connection, [mention_id]):
        if brand_id is None or row.brand_id == brand_id:
            rollups.change(connection, (), _counted(row.brand_id, row, row.sentiment, row.relevance))
            mine = (MATCH.c.mention_id == mention_id) & (MATCH.c.brand_id == row.brand_id)
            connection.execute(delete(MATCH).where(mine))
            in_theme.leave(connection, mention_id, row.brand_id)
            touch(connection, [mention_id])


def judge(connection: Connection, verdicts: Sequence[Verdict]) -> None:
    """Set what is now thought of matches, and move the counts along: an unlikely match counts for nothing."""
    rows = {(row.mention_id, row.brand_id): row for row in _rows(connection, {one.mention_id for one in verdicts})}
    up, down, changes = [], [], []
    for one in verdicts:
        row = rows.get((one.mention_id, one.brand_id))
        if row is None:
            continue
        down += _counted(row.brand_id, row, row.sentiment, row.relevance)
        up += _counted(row.brand_id, row, one.sentiment, one.relevance)
        changes.append({f"to_{name}": getattr(one, name) for name in Verdict.__slots__})
    if changes:
        connection.execute(_JUDGE, changes)
        touch(connection, [one["to_mention_id"] for one in changes])
        in_theme.sort_again(connection, {one["to_mention_id"] for one in changes})
    rollups.change(connection, up, down)


_JUDGE = (
    update(MATCH)
    .where(MATCH.c.mention_id == bindparam("to_mention_id"), MATCH.c.brand_id == bindparam("to_brand_id"))
    .values({name: bindparam(f"to_{name}") for name in ("sentiment", "unsure", "confidence", "relevance")})
)


def _rows(connection: Connection, mention_ids: Collection[int]) -> Sequence[Row[Any]]:
    """All matches of these mentions, with their mention's source."""
    question = select(MATCH, MENTION.c.source).join(MENTION, MENTION.c.id == MATCH.c.mention_id)
    return connection.execute(question.where(MATCH.c.mention_id.in_(mention_ids))).all()


def _counted(
    brand_id: int, of_mention: Placed | Row[Any], sentiment: str | None, relevance: float | None
) -> list[rollups.Change]:
    """All that a match counts for."""
    if relevance is not None and relevance < RELEVANT_FROM:
        labels = ["unlikely"]
    else:
        labels = ["mentions", f"source:{of_mention.source}"] + ([f"sentiment:{sentiment}"] if sentiment else [])
    return [(brand_id, of_mention.published, label) for label in labels]
