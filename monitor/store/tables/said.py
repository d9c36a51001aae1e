"""What was said, and of whom: facts, written once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field

from monitor.store.columns import Instant, Json
from monitor.store.tables.row import Row


class BrandRow(Row, table=True):
    """A brand as configured. Its id stays when its query changes; `query_version` counts the changes."""

    __tablename__ = "brand"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    query: str = Field(sa_type=Text)
    query_version: int = 1
    rematched_to: int | None = None
    """The last mention id that the current query was tried on after a change; None when nothing is left to do."""
    active: bool = True
    """Configured now. One that comes back is tried on what was collected in between."""
    own: list[str] = Field(default_factory=list, sa_type=Json)
    """Its own channels, where it is one of ours: handles with @, and domains."""


class MentionRow(Row, table=True):
    """What somebody said. (scope, external_id) is its identity: the same item twice is one mention."""

    __tablename__ = "mention"
    __table_args__ = (UniqueConstraint("scope", "external_id"),)
    id: int | None = Field(default=None, primary_key=True)
    scope: str
    external_id: str
    source: str
    source_kind: str
    kind: str
    url: str = Field(default="", sa_type=Text)
    title: str = Field(default="", sa_type=Text)
    text: str = Field(default="", sa_type=Text)
    author: str = ""
    published: datetime = Field(sa_type=Instant, index=True)
    collected: datetime = Field(sa_type=Instant, index=True)
    lang: str = ""
    rating: float | None = None
    rating_max: float | None = None
    rating_kind: str | None = None
    revision: int = 1
    content_hash: str
    flags: list[str] = Field(default_factory=list, sa_type=Json)
    extra: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class RevisionRow(Row, table=True):
    """What a mention said before an edit."""

    __tablename__ = "revision"
    mention_id: int = Field(primary_key=True, foreign_key="mention.id")
    revision: int = Field(primary_key=True)
    title: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    rating: float | None = None
    replaced: datetime = Field(sa_type=Instant)


class MatchRow(Row, table=True):
    """A mention is of a brand. Published is repeated here so that a brand's newest come from one index."""

    __tablename__ = "match"
    __table_args__ = (
        Index("ix_match_brand_published", "brand_id", "published"),
        Index("ix_match_brand_collected", "brand_id", "collected"),
        Index("ix_match_brand_sentiment", "brand_id", "sentiment", "published"),
    )
    mention_id: int = Field(primary_key=True, foreign_key="mention.id")
    brand_id: int = Field(primary_key=True, foreign_key="brand.id")
    query_version: int
    spans: list[Any] = Field(default_factory=list, sa_type=Json)
    published: datetime = Field(sa_type=Instant)
    collected: datetime = Field(sa_type=Instant)
    relevance: float | None = None
    sentiment: str | None = None
    unsure: bool = False
    confidence: float = 0.0


class CandidateRow(Row, table=True):
    """Collected, but no brand's query matched: kept for 14 days so that a wider query can be tried on it."""

    __tablename__ = "candidate"
    __table_args__ = (UniqueConstraint("scope", "external_id"),)
    id: int | None = Field(default=None, primary_key=True)
    scope: str
    external_id: str
    source: str
    source_kind: str
    collected: datetime = Field(sa_type=Instant, index=True)
    item: dict[str, Any] = Field(sa_type=Json)
