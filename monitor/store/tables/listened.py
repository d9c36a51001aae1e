"""What is listened to, and how that goes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, LargeBinary, Text
from sqlmodel import Field

from monitor.store.columns import Instant, Json
from monitor.store.tables.row import Row


class WatchRow(Row, table=True):
    """One configured source: where it stands, when it is due, how it does."""

    __tablename__ = "watch"
    name: str = Field(primary_key=True)
    kind: str
    fingerprint: str
    """Of the configuration: another address starts from an empty cursor."""
    cursor: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    began: datetime | None = Field(default=None, sa_type=Instant)
    """When it was first read to the end."""
    reaches_back: datetime | None = Field(default=None, sa_type=Instant)
    """The oldest entry that the first reading found: a feed shows all since then, and nothing of what was before."""
    state: str = "new"
    next_due: datetime | None = Field(default=None, sa_type=Instant, index=True)
    last_tried: datetime | None = Field(default=None, sa_type=Instant)
    last_good: datetime | None = Field(default=None, sa_type=Instant)
    failing_since: datetime | None = Field(default=None, sa_type=Instant)
    failures: int = 0
    error: str = Field(default="", sa_type=Text)
    advice: str = Field(default="", sa_type=Text)
    gaps: list[str] = Field(default_factory=list, sa_type=Json)
    recent: list[int] = Field(default_factory=list, sa_type=Json)
    """Entries seen at each of the last polls, oldest first: what the silence alarm judges by."""
    interval: float | None = None
    """Seconds between polls where its window moves on faster than the configured interval."""
    held: datetime | None = Field(default=None, sa_type=Instant)
    """Since when a person has paused it."""
    moved_to: str = Field(default="", sa_type=Text)
    """Its address has long said that it moved there for good; it is asked there."""
    rechecked: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """How far the present round of asking what became of its mentions has come: `began`, `after` (a mention's id)."""


class HubRow(Row, table=True):
    """A feed's hub (WebSub) that was asked to send us what is new."""

    __tablename__ = "hub"
    source: str = Field(primary_key=True)
    hub: str = Field(sa_type=Text)
    topic: str = Field(sa_type=Text)
    token: str = Field(unique=True)
    """The secret last part of our address."""
    callback: str = Field(sa_type=Text)
    """Our address as the hub was told it."""
    secret: str
    """What the hub signs with."""
    state: str
    """asked, subscribed, refused, left."""
    asked: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(default=None, sa_type=Instant)
    """When the lease ends."""
    next_try: datetime | None = Field(default=None, sa_type=Instant, index=True)
    failures: int = 0
    """Times that it was asked since it last came back to us."""
    forged: int = 0
    """Pushes in a row that it did not sign as agreed."""
    error: str = Field(default="", sa_type=Text)
    last_push: datetime | None = Field(default=None, sa_type=Instant)
    relied: bool = False
    """Pushes tell all that polls see: these can be rarer."""
    seen: list[list[Any]] = Field(default_factory=list, sa_type=Json)
    """[fingerprint, microseconds] of the last pushes, so that none is taken again."""


class EvidenceRow(Row, table=True):
    """A reply whose form a source did not know, kept so that somebody can mend the source."""

    __tablename__ = "evidence"
    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(index=True)
    at: datetime = Field(sa_type=Instant)
    url: str = Field(sa_type=Text)
    why: str = Field(sa_type=Text)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
