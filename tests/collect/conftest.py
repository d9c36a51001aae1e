"""For the tests of collecting: a door to loopback, readers, and a list in place of a store."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from monitor.collect.children import Pool
from monitor.collect.drive import Batch, State
from monitor.net.guard import parse_allowed
from monitor.net.http import Limits, Net


class Shelf:
    """Keeps what is committed, in order; can fall over once, before the n-th batch."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.batches: list[Batch] = []
        self.state = State()
        self._fails_at = fails_at

    async def commit(self, batch: Batch) -> None:
        """One transaction: the batch with its state, or neither."""
        if self._fails_at == len(self.batches):
            self._fails_at = None
            raise ConnectionError("the lights went out")
        self.batches.append(batch)
        self.state = State.from_json(batch.state.as_json())

    @property
    def ids(self) -> list[str]:
        """Ids of all items, as often as they came."""
        return [item.id for batch in self.batches for item in batch.items]


@pytest.fixture
def make_shelf() -> type[Shelf]:
    """`make_shelf(fails_at=1)`."""
    return Shelf


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    """A Net that may reach 127.0.0.0/8, with a body cap of 1 MiB."""
    async with Net(allowed=parse_allowed(["127.0.0.0/8"]), limits=Limits(body=2**20, seconds=3)) as net:
        yield net


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    """Readers with short limits."""
    async with Pool(size=1, cpu_seconds=1, wall_seconds=3, preload=("tests.collect.documents",)) as pool:
        yield pool
