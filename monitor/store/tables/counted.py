"""What follows from the other rows, so that counts and searches are quick."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Text
from sqlmodel import Field

from monitor.store.columns import Json
from monitor.store.tables.row import Row


class RollupRow(Row, table=True):
    """How many: per brand, quarter of an hour (counted since 1970) and label ("mentions", "sentiment:negative")."""

    __tablename__ = "rollup"
    brand_id: int = Field(primary_key=True)
    slot: int = Field(primary_key=True)
    label: str = Field(primary_key=True)
    n: int


class IndexedRow(Row, table=True):
    """What the index of words and facts holds of a mention beside its words. Follows from the other rows."""

    __tablename__ = "indexed"
    mention_id: int = Field(primary_key=True)
    facts: str = Field(sa_type=Text)
    """Tokens with single spaces between, sorted: `brand:3 lang:en sentiment:negative topic:price`."""


class TallyRow(Row, table=True):
    """How many indexed mentions of a brand (0: all) have a fact, by UTC day and by blocks of 8 and 64 days."""

    __tablename__ = "tally"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}
    brand_id: int = Field(primary_key=True)
    field: str = Field(primary_key=True)
    level: int = Field(primary_key=True)
    """0: days, 1: blocks of 8, 2: blocks of 64."""
    number: int = Field(primary_key=True)
    """Of the day or block, counted since 1970."""
    value: str = Field(primary_key=True)
    n: int


class SettingRow(Row, table=True):
    """A fact about this database that outlives the process: which versions of the scorers everything was judged by."""

    __tablename__ = "setting"
    key: str = Field(primary_key=True)
    value: Any = Field(default=None, sa_type=Json)
