"""Which mentions a transaction has changed, so that its end holds them against rules (store/routing.py) and brings the
index up to date (store/index.py)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

_KEY = "touched"


def touch(connection: Connection, ids: Iterable[int]) -> None:
    """Something changed of these mentions that a search may ask for."""
    connection.info.setdefault(_KEY, set()).update(ids)


def so_far(connection: Connection) -> frozenset[int]:
    """All that the transaction has touched until now."""
    return frozenset(connection.info.get(_KEY, ()))


def take(connection: Connection) -> set[int]:
    """All that were touched since the last time; they are forgotten by it."""
    touched: set[int] = connection.info.pop(_KEY, set())
    return touched
