"""What belongs together: stories (the same news, told again) and themes (the same comment, by many people)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, LargeBinary, Text, text
from sqlmodel import Field

from monitor.store.columns import Instant, Json
from monitor.store.tables.row import Row


class BandRow(Row, table=True):
    """Which texts may be copies: those of one week that share a band of their MinHash. Follows from the mentions."""

    __tablename__ = "band"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}
    week: int = Field(primary_key=True)
    """Of the time of publishing, counted since 1970: what is written lands in a few pages, however much is stored."""
    key: int = Field(primary_key=True)
    mention_id: int = Field(primary_key=True)


class StoryRow(Row, table=True):
    """The same news told at least twice. Grouped, never deleted: every mention stays what it is."""

    __tablename__ = "story"
    __table_args__: ClassVar[Any] = {"sqlite_autoincrement": True}
    """A number that was given once is never another story's: links in old digests hold."""
    id: int | None = Field(default=None, primary_key=True)
    lead_id: int = Field(foreign_key="mention.id")
    """The mention that was published first."""
    first: datetime = Field(sa_type=Instant)
    last: datetime = Field(sa_type=Instant, index=True)
    """When its first and its newest mention were published."""
    size: int
    name: str = ""
    """As a person calls it; empty: the words of its lead."""


class ToldRow(Row, table=True):
    """A mention tells a story. What tells none, alone, has no row."""

    __tablename__ = "told"
    __table_args__: ClassVar[Any] = (
        Index("ix_told_story", "story_id", "published", "mention_id"),
        Index("ix_told_person", "story_id", sqlite_where=text("how = 'person'")),
    )
    mention_id: int = Field(primary_key=True, foreign_key="mention.id")
    story_id: int = Field(foreign_key="story.id")
    how: str
    """What makes it one: wording, near, meaning, link, quote, person."""
    alike: float
    """How sure that is, 0 to 1."""
    published: datetime = Field(sa_type=Instant)
    """As the mention's: who leads, also one that thousands tell, comes from one index."""


class ThemeRow(Row, table=True):
    """What several people say of a brand in nearly the same words, known by the same number and name every day."""

    __tablename__ = "theme"
    id: int | None = Field(default=None, primary_key=True)
    brand_id: int = Field(foreign_key="brand.id", index=True)
    side: str
    """negative, positive, or "" where nothing is scored."""
    name: str
    """A phrase from the texts."""
    named: str = ""
    """As a person calls it; empty: its name."""
    wordings: list[str] = Field(default_factory=list, sa_type=Json)
    """Its phrases in the commonest ways to say them, folded."""
    keys: list[list[str]] = Field(default_factory=list, sa_type=Json)
    """Its phrases as they are compared: the stems of each, sorted."""
    telling: list[str] = Field(default_factory=list, sa_type=Json)
    """Those of the stems that not everybody uses."""
    space: str = ""
    """The version of the encoders that the centroid is of."""
    centroid: bytes = Field(default=b"", sa_column=Column(LargeBinary, nullable=False))
    """The sum of the embeddings of those that founded it or used its phrases since, 384 float32, little-endian: its
    direction is their mean. Empty where none is known."""
    first: datetime = Field(sa_type=Instant)
    last: datetime = Field(sa_type=Instant)
    """When its first and its newest mention were published."""
    pinned: bool = False
    hidden: bool = False
    merged_into: int | None = Field(default=None, foreign_key="theme.id")
    created: datetime = Field(sa_type=Instant)


class InThemeRow(Row, table=True):
    """A mention of a brand says what a theme is about."""

    __tablename__ = "in_theme"
    __table_args__ = (Index("ix_in_theme_published", "theme_id", "published"),)
    mention_id: int = Field(primary_key=True, foreign_key="mention.id")
    theme_id: int = Field(primary_key=True, foreign_key="theme.id")
    published: datetime = Field(sa_type=Instant)
    """As the mention's: a theme's newest come from one index."""
    how: str
    """What makes it one: wording, meaning, person."""


class ThemeDueRow(Row, table=True):
    """A mention whose themes are to be looked for: written with its match and with what is thought of it. It may stand
    there twice: what changes while it is being looked at is looked at again."""

    __tablename__ = "theme_due"
    id: int | None = Field(default=None, primary_key=True)
    mention_id: int


class LooseRow(Row, table=True):
    """A mention of a brand that is in no theme yet: of these new themes are made."""

    __tablename__ = "loose"
    __table_args__: ClassVar[Any] = (
        Index("ix_loose_fresh", "brand_id", "side", "published", sqlite_where=text("fresh")),
        Index("ix_loose_mention", "mention_id"),
        {"sqlite_with_rowid": False},
    )
    brand_id: int = Field(primary_key=True)
    side: str = Field(primary_key=True)
    published: datetime = Field(sa_column=Column(Instant, primary_key=True, nullable=False))
    mention_id: int = Field(primary_key=True)
    fresh: bool = True
    """Nobody has looked yet whether it makes a theme with others."""


class RegroupedRow(Row, table=True):
    """What a person changed of stories and themes; enough of it is kept to take it back."""

    __tablename__ = "regrouped"
    id: int | None = Field(default=None, primary_key=True)
    what: str
    """split story, merge stories, name story; merge themes, rename, pin, unpin, hide, show."""
    before: Any = Field(default=None, sa_type=Json)
    after: Any = Field(default=None, sa_type=Json)
    by: str
    note: str = Field(default="", sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    undone: datetime | None = Field(default=None, sa_type=Instant)
    undone_by: str = ""
