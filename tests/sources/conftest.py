"""What the tests of sources share: replies, fixtures, and the corpora of others where they are at hand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import sources
from monitor.collect.drive import Batch, Outcome, State, drive
from monitor.net.guard import parse_allowed
from monitor.net.http import Net
from sources.base import Item, Problem, Response, SourceError

FIXTURES = Path(__file__).parent / "fixtures"
CORPORA = Path(__file__).parents[3] / "shared" / "corpora"


@pytest.fixture
def reply() -> Callable[..., Response]:
    """A recorded reply: bytes as they are, text as UTF-8, anything else as JSON."""

    def make(body: Any, url: str = "https://service.example/", **headers: str) -> Response:
        raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return Response(200, {name.replace("_", "-"): value for name, value in headers.items()}, raw, url)

    return make


@pytest.fixture
def rss() -> Callable[..., bytes]:
    """An RSS document around these items."""

    def make(*items: str, head: str = "") -> bytes:
        inner = "".join(f"<item>{item}</item>" for item in items)
        return f'<rss version="2.0"><channel><title>T</title>{head}{inner}</channel></rss>'.encode()

    return make


@pytest.fixture
def corpora() -> Callable[[str], Path]:
    """The folder of one corpus; the test is skipped where it is absent."""

    def find(name: str) -> Path:
        folder = CORPORA / name
        if not folder.is_dir():
            pytest.skip(f"no corpus at ../shared/corpora/{name}")
        return folder

    return find


@pytest.fixture
def items_of() -> Callable[..., list[Item]]:
    """Only the items among what a source yields."""
    return lambda steps: [step for step in steps if isinstance(step, Item)]


@dataclass
class Polled:
    """One poll over loopback, as the service would do it: what was committed, where it got to, how it ended."""

    items: list[Item]
    gone: list[str]
    problems: list[Problem]
    state: State
    """What the next poll goes on from, also after an error."""
    outcome: Outcome | None = None
    error: SourceError | None = None

    @property
    def ids(self) -> list[str]:
        return [item.id for item in self.items]


class _Here:
    """Reads in this process: what a child would do, without the child."""

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)


@pytest.fixture
async def polled() -> AsyncIterator[Callable[..., Awaitable[Polled]]]:
    """`await polled("hackernews", {"query": "x", "base_url": server}, state)` polls once through the real network.

    `state` is the last poll's, an empty one at first. An error of the source comes back as `error`; what was committed
    before it is in `items`.
    """
    async with Net(allowed=parse_allowed(["127.0.0.0/8"]), contact="tests@example.com") as net:

        async def poll(
            kind: str,
            config: dict[str, Any],
            state: State | None = None,
            *,
            rate: str = "1000/1s",
            budget: int | None = None,
        ) -> Polled:
            declared = sources.load(kind)
            done = Polled([], [], [], state or State())

            async def commit(batch: Batch) -> None:
                done.items += batch.items
                done.gone += [tombstone.id for tombstone in batch.tombstones]
                done.problems += batch.problems
                done.state = State.from_json(json.loads(json.dumps(batch.state.as_json())))

            try:
                done.outcome = await drive(
                    declared, declared.Config.model_validate(config), done.state,
                    net=net, pool=_Here(), commit=commit, rate=rate, budget=budget,
                )  # fmt: skip
            except SourceError as error:
                done.error = error
            return done

        yield poll
