"""What people keep: where mentions stand with them, and the searches they come back to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field

from monitor.store.columns import Instant, Json
from monitor.store.tables.row import Row


class TriageRow(Row, table=True):
    """Where a mention of a brand stands with the people who answer."""

    __tablename__ = "triage"
    mention_id: int = Field(primary_key=True)
    brand_id: int = Field(primary_key=True)
    state: str = "new"
    assignee: str = ""
    note: str = Field(default="", sa_type=Text)
    team: str = ""
    """Who should answer: a department."""
    tags: list[str] = Field(default_factory=list, sa_type=Json)
    snoozed: datetime | None = Field(default=None, sa_type=Instant)
    """Until when nobody wants to be reminded of it."""
    changed: datetime = Field(sa_type=Instant)
    changed_by: str = ""


class SavedSearchRow(Row, table=True):
    """A search that somebody wants to come back to."""

    __tablename__ = "saved_search"
    name: str = Field(primary_key=True)
    query: str = Field(sa_type=Text)
    brand: str = ""
    """A brand's name, where it is asked of one alone."""
    sort: str = "newest"
    created: datetime = Field(sa_type=Instant)
    created_by: str = ""


class TriageChangeRow(Row, table=True):
    """What a person, or a department's query, changed of where a mention of a brand stands. Never deleted."""

    __tablename__ = "triage_change"
    __table_args__ = (
        Index("ix_triage_change_mention", "mention_id", "brand_id"),
        Index("ix_triage_change_at", "brand_id", "at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    mention_id: int
    brand_id: int
    before: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    after: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """The fields that differ."""
    by: str
    at: datetime = Field(sa_type=Instant)
    undoes: int | None = None
    """The change that this one took back."""
