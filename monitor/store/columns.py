"""Column types with one meaning on every database: instants as whole microseconds, JSON as text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def stored(moment: datetime) -> int:
    """A moment as it stands in the rows: whole microseconds since 1970. For statements that are written as SQL."""
    return (moment - EPOCH) // MICROSECOND


def instant(number: int) -> datetime:
    """The moment that stands in a row, UTC."""
    return EPOCH + timedelta(microseconds=number)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored as microseconds since 1970 in UTC: sorts and compares alike everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else stored(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else instant(value)


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Json(TypeDecorator[Any]):
    """Any JSON value, stored as compact text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        # Half a pair of surrogates (a stranger's page token) has no UTF-8: it is written as the escape that it came as.
        return written if _is_writable(written) else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)
