"""Cuts long lists of ids into pieces that one question to the database may name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

IDS_PER_QUESTION = 500

T = TypeVar("T")


def slices(ids: Iterable[T]) -> Iterator[list[T]]:
    """`ids` in their order, so many at a time as a question may name."""
    every = list(ids)
    return (every[start : start + IDS_PER_QUESTION] for start in range(0, len(every), IDS_PER_QUESTION))
