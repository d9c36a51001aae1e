"""What is thought of it: scores, what is still to be scored, what people corrected and heads learnt of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, Text
from sqlmodel import Field

from monitor.store.columns import Instant, Json
from monitor.store.tables.row import Row


class OpinionRow(Row, table=True):
    """What one scorer, in one version, thinks of one revision, towards a brand or (brand_id 0) of the text alone."""

    __tablename__ = "opinion"
    mention_id: int = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    brand_id: int = Field(primary_key=True)
    scorer: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    label: str
    confidence: float
    detail: Any = Field(default=None, sa_type=Json)
    scored: datetime = Field(sa_type=Instant)
    """Versions have no order of their own: the latest opinion is the one that was formed last."""


class DueRow(Row, table=True):
    """Still to be scored: written with the mention or its edit, deleted with the score."""

    __tablename__ = "due"
    scorer: str = Field(primary_key=True)
    mention_id: int = Field(primary_key=True)
    brand_id: int = Field(primary_key=True)


class EmbeddingsRow(Row, table=True):
    """What mentions mean, as one scorer's vectors, those of 256 mentions a row (store/likeness.py)."""

    __tablename__ = "embeddings"
    block: int = Field(primary_key=True)
    """Of the mentions whose id divided by 256 gives it."""
    space: str = Field(primary_key=True)
    """The version of the encoders: vectors of different ones are never compared."""
    scales: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """256 float32, little-endian; 0 for a mention without a vector."""
    vectors: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """256 vectors of 384 int8: each times its scale is a unit vector."""


class CorrectionRow(Row, table=True):
    """What a person said of one field of a mention, towards a brand or (brand_id 0) of the text alone. Never deleted.

    It holds while it is not undone, the mention still says what it said, and nobody said something else since.
    """

    __tablename__ = "correction"
    __table_args__ = (Index("ix_correction_mention", "mention_id", "brand_id", "field"),)
    id: int | None = Field(default=None, primary_key=True)
    mention_id: int = Field(foreign_key="mention.id")
    brand_id: int
    field: str
    before: Any = Field(default=None, sa_type=Json, nullable=True)
    """What was shown until then."""
    after: Any = Field(default=None, sa_type=Json)
    revision: int
    """Of the mention: raised with it where an edit leaves the words as good as they were."""
    fingerprint: str = Field(index=True)
    """Of the words, so that a copy that comes later is known."""
    follows: int | None = Field(default=None, foreign_key="correction.id", index=True)
    """The correction of a near-duplicate that this one came from."""
    by: str
    note: str = Field(default="", sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    undone: datetime | None = Field(default=None, sa_type=Instant)
    undone_by: str = ""


class TaughtRow(Row, table=True):
    """What the corrections of a brand (0: of all) taught one head over one encoder, and how that was judged."""

    __tablename__ = "taught"
    brand_id: int = Field(primary_key=True)
    scorer: str = Field(primary_key=True)
    encoder: str = Field(primary_key=True)
    version: str
    """Of the weights that it was fitted for: of no use with others."""
    classes: list[str] = Field(default_factory=list, sa_type=Json)
    weights: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """float32, little-endian: a row for each class, its bias last. Empty where nothing was fitted."""
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """Figures on held-out corrections before and after, and why it is used or not."""
    active: bool
    """Held-out corrections say that it helps."""
    fitted: datetime = Field(sa_type=Instant)
    forgotten: datetime | None = Field(default=None, sa_type=Instant)
    """A person switched it off, until a person switches it on."""
    forgotten_by: str = ""
