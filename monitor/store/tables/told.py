"""What is told to people, and the way it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field

from monitor.store.columns import Instant, Json
from monitor.store.tables.row import Row


class SubscriptionRow(Row, table=True):
    """A digest that somebody wants: when it was first asked for, so that older dates are never due."""

    __tablename__ = "subscription"
    key: str = Field(primary_key=True)
    created: datetime = Field(sa_type=Instant)


class DigestRow(Row, table=True):
    """A digest, frozen. One per subscription and local date, whatever happens."""

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("subscription", "local_date"),)
    id: int | None = Field(default=None, primary_key=True)
    subscription: str
    brand: str
    local_date: str
    until: datetime = Field(sa_type=Instant)
    """Where its window ended: where the next one's begins."""
    created: datetime = Field(sa_type=Instant)
    content: dict[str, Any] = Field(sa_type=Json)


class OutboxRow(Row, table=True):
    """A notice on its way through one channel: ready, sending, retry, held, delivered or dead."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("channel", "subject", "period"),
        Index("ix_outbox_state_next", "state", "next_at"),
    )
    id: str = Field(primary_key=True)
    channel: str
    subject: str
    period: str
    state: str = "ready"
    attempts: int = 0
    next_at: datetime = Field(sa_type=Instant)
    created: datetime = Field(sa_type=Instant)
    way: dict[str, Any] | None = Field(default=None, sa_type=Json)
    """How to reach a channel that no configuration names: its kind and options, as they were asked for on the spot."""
    notice: dict[str, Any] = Field(sa_type=Json)
    answer: str = Field(default="", sa_type=Text)


class AttemptRow(Row, table=True):
    """One try at delivering: written before the first byte, its answer after it."""

    __tablename__ = "attempt"
    outbox_id: str = Field(primary_key=True, foreign_key="outbox.id")
    number: int = Field(primary_key=True)
    started: datetime = Field(sa_type=Instant)
    answer: str = Field(default="", sa_type=Text)


class AlertRow(Row, table=True):
    """Something that people are told at once: a spike, a new theme, a rule's catch, an answer that did not come."""

    __tablename__ = "alert"
    __table_args__ = (UniqueConstraint("key", "slot"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    """volume, negative, theme, new-theme, source, competitor, reviews, silence, rule, unanswered."""
    key: str
    """What it watches: "volume/3", "theme/17", "rule/Angry and heard". One alert a key is open at a time."""
    slot: str
    """The hour, batch or mention that it is about: doing its transaction again tells nothing twice."""
    brand_id: int = 0
    department: str = ""
    started: datetime = Field(sa_type=Instant)
    """Where what it tells of begins, and …"""
    until: datetime = Field(sa_type=Instant)
    """… how far it has been seen."""
    created: datetime = Field(sa_type=Instant, index=True)
    state: str = "open"
    """open, acknowledged, over."""
    by: str = ""
    """Who acknowledged it, and …"""
    at: datetime | None = Field(default=None, sa_type=Instant)
    """… when."""
    told: bool = True
    """False where its cooldown, a snooze or another alert that it was grouped with kept it from being sent."""
    content: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """alert.json (digest/alert.py)."""


class SnoozeRow(Row, table=True):
    """Until when a person wants to hear nothing of what a key, or all keys that begin with it, watch."""

    __tablename__ = "snooze"
    key: str = Field(primary_key=True)
    until: datetime = Field(sa_type=Instant)
    by: str
    at: datetime = Field(sa_type=Instant)


class CheckedRow(Row, table=True):
    """How far a detector has come, so that no hour is judged twice or left out."""

    __tablename__ = "checked"
    key: str = Field(primary_key=True)
    until: datetime = Field(sa_type=Instant)
    kept: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """What it keeps from one look to the next."""


class RuleRow(Row, table=True):
    """A rule or department of the configuration: since when it is there, so that nobody is told of, or owes an answer
    to, what was before."""

    __tablename__ = "rule"
    name: str = Field(primary_key=True)
    """The key of what it catches: "rule/Angry and heard"."""
    created: datetime = Field(sa_type=Instant)


class CaughtRow(Row, table=True):
    """What a rule has caught, or a department is to answer, and what became of it. Each mention once."""

    __tablename__ = "caught"
    __table_args__ = (
        Index("ix_caught_state", "state", "rule"),
        Index("ix_caught_told", "rule", "told"),
        Index("ix_caught_answer_by", "answer_by"),
    )
    rule: str = Field(primary_key=True)
    """"rule/Angry and heard" or "department/Support": the key of its alerts."""
    mention_id: int = Field(primary_key=True)
    brand_id: int
    """Of whose people the mention waits for an answer; 0 where it is of no brand."""
    at: datetime = Field(sa_type=Instant)
    state: str = "waiting"
    """waiting to be told, told, given (to a department: nobody is told of it unless the answer is late)."""
    told: datetime | None = Field(default=None, sa_type=Instant)
    alert_id: int | None = None
    answer_by: datetime | None = Field(default=None, sa_type=Instant)
    """When it is looked whether somebody has answered; None once that was seen to."""
