"""What every row has."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import Table
from sqlmodel import SQLModel


class Row(SQLModel):
    """What every row has: the table that Core statements are written with."""

    __table__: ClassVar[Table]
