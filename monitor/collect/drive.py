"""The one runtime of all sources: does what a generator asks for, and hands over what it yields with the next cursor.

    outcome = await drive(source, config, state, net=net, pool=pool, commit=commit)

At each checkpoint and at the end, everything since is handed to `commit` together with that cursor, to be stored in one
transaction: a crash between two of them repeats a page and never loses one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from sources.base import (
    BadShape,
    Checkpoint,
    Cursor,
    Item,
    LocalFile,
    Problem,
    Read,
    Reading,
    Request,
    Response,
    Source,
    SourceConfig,
    SourceError,
    Step,
    Tombstone,
)

MOST_ENTRIES = 5_000
"""Entries taken out of one reply."""
MOST_PROBLEMS = 200
"""Problems reported of one poll."""
_EVIDENCE = 64 * 1024


class Answer(Protocol):
    """What the network gives back."""

    @property
    def response(self) -> Response: ...
    @property
    def validators(self) -> Mapping[str, str]: ...
    @property
    def cut(self) -> bool: ...
    @property
    def put_down(self) -> Callable[[], None]: ...


class Net(Protocol):
    """Fetches: `monitor.net.http.Net`."""

    async def fetch(
        self, request: Request, *, rate: str = ..., validators: Mapping[str, str] | None = None
    ) -> Answer: ...
    async def read_file(self, file: LocalFile) -> Answer: ...


class Reader(Protocol):
    """Reads where it can be killed: `monitor.collect.children.Pool`."""

    async def run(self, function: Callable[..., Any], *args: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class State:
    """What a source remembers between two polls."""

    cursor: Cursor = field(default_factory=dict)
    validators: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By address: what to send back there to hear only of changes."""

    def as_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"cursor": dict(self.cursor), "validators": {url: dict(kept) for url, kept in self.validators.items()}}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Self:
        """From what `as_json` gave; from nothing on the first poll."""
        stored = stored or {}
        return cls(stored.get("cursor") or {}, stored.get("validators") or {})


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction stores: items first, then tombstones, and the state from which the next poll goes on."""

    items: tuple[Item, ...]
    tombstones: tuple[Tombstone, ...]
    problems: tuple[Problem, ...]
    state: State


Commit = Callable[[Batch], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a poll went that ended without an error."""

    state: State
    """As it was last handed over."""
    items: int = 0
    tombstones: int = 0
    problems: tuple[Problem, ...] = ()
    """Bad records and gaps, at most 200."""
    requests: int = 0
    not_modified: bool = False
    """The service said that nothing has changed: it says nothing about how much there is."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` saw: nothing of it is stored."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]


class _Quit(Exception):
    """The poll ends here, quietly: nothing has changed, or the budget is spent."""


async def drive(
    source: Source,
    config: SourceConfig,
    state: State,
    *,
    net: Net,
    pool: Reader,
    commit: Commit,
    rate: str | None = None,
    budget: int | None = None,
) -> Outcome:
    """Poll a source once, from `state` on. `rate` replaces the source's own; `budget` is the most requests to make.

    Raises the SourceError that ended the poll, BadShape with the last reply as its `evidence`; what was checkpointed
    before it is stored, what came after is not. What `commit` raises passes through.
    """
    if source.fetch is None:
        raise ValueError(f"{source.kind} is pushed to, not polled")
    poll = _Poll(state, net, pool, commit, rate or source.rate, budget)
    reading = source.fetch(config, state.cursor)
    try:
        return await poll.run(reading)
    except BadShape as error:
        error.evidence = poll.evidence()
        raise
    finally:
        reading.close()
        poll.put_down()


async def check(source: Source, config: SourceConfig, *, net: Net, pool: Reader) -> Checked:
    """Ask a source once, from its beginning, and store nothing: what it would take out of its first reply."""
    seen: list[Batch] = []

    async def keep(batch: Batch) -> None:
        seen.append(batch)

    await drive(source, config, State(), net=net, pool=pool, commit=keep, budget=1)
    return Checked(
        tuple(item for batch in seen for item in batch.items),
        tuple(problem for batch in seen for problem in batch.problems),
    )


class _Poll:
    """One poll on its way: what was taken since the last checkpoint, and what was counted."""

    def __init__(self, state: State, net: Net, pool: Reader, commit: Commit, rate: str, budget: int | None) -> None:
        self._net, self._pool, self._commit, self._rate, self._budget = net, pool, commit, rate, budget
        self._done = Outcome(state)
        self._items: list[Item] = []
        self._tombstones: list[Tombstone] = []
        self._problems: list[Problem] = []
        self._earlier = state.validators
        self._validators: dict[str, Mapping[str, str]] = {}
        self._reply: Response | None = None
        self._answer: Answer | None = None
        self._entries = 0

    async def run(self, reading: Reading) -> Outcome:
        """Drive the generator to its end."""
        answer: Any = None
        try:
            while True:
                answer = await self._do(_next(reading, answer))
        except StopIteration as end:
            self._close_reply()
            cursor = self._done.state.cursor if end.value is None else end.value
            # Only now: a page whose items were not all handed over must not be answered by "nothing has changed".
            await self._hand_over(State(cursor, self._validators))
        except _Quit:
            self._close_reply()
            await self._hand_over(self._done.state)
        return self._done

    async def _do(self, step: Step) -> Any:
        match step:
            case Item():
                self._take(step)
            case Request() | LocalFile():
                return await self._ask(step)
            case Read():
                return await self._pool.run(step.function, *step.args)
            case Tombstone():
                self._tombstones.append(step)
            case Problem():
                self._problems.append(step)
            case Checkpoint():
                await self._hand_over(replace(self._done.state, cursor=step.cursor))
        return None

    async def _ask(self, step: Request | LocalFile) -> Response:
        if self._budget is not None and self._done.requests >= self._budget:
            raise _Quit
        self._done = replace(self._done, requests=self._done.requests + 1)
        self._close_reply()
        self.put_down()
        if isinstance(step, LocalFile):
            answer = await self._net.read_file(step)
        else:
            answer = await self._fetch(step)
        self._answer, self._reply = answer, answer.response
        if answer.cut:
            size = f"{len(answer.response.body) / 2**20:.0f} MiB"
            self._problems.append(
                Problem(answer.response.url, f"the answer is longer than {size}: the rest is missing")
            )
        return answer.response

    async def _fetch(self, request: Request) -> Answer:
        key = _key(request)
        answer = await self._net.fetch(request, rate=self._rate, validators=self._earlier.get(key))
        if answer.response.status == 304:
            self._done = replace(self._done, not_modified=True)
            raise _Quit
        if answer.validators and request.conditional:
            self._validators[key] = answer.validators
        return answer

    def _take(self, item: Item) -> None:
        self._entries += 1
        # A file that somebody chose to give us is not a stranger's reply.
        if self._entries <= MOST_ENTRIES or self._reply is None or self._reply.url.startswith("file:"):
            self._items.append(item)

    def _close_reply(self) -> None:
        """The entries of a reply are all in: say so if there were too many."""
        dropped = self._entries - MOST_ENTRIES
        if dropped > 0 and self._reply is not None and not self._reply.url.startswith("file:"):
            self._problems.append(
                Problem("entries", f"{dropped} entries beyond {MOST_ENTRIES} of one reply are missing")
            )
        self._entries = 0

    async def _hand_over(self, state: State) -> None:
        batch = Batch(tuple(self._items), tuple(self._tombstones), tuple(self._problems), state)
        if batch != Batch((), (), (), self._done.state):
            await self._commit(batch)
        self._done = replace(
            self._done,
            state=state,
            items=self._done.items + len(self._items),
            tombstones=self._done.tombstones + len(self._tombstones),
            problems=(*self._done.problems, *self._problems)[:MOST_PROBLEMS],
        )
        self._items, self._tombstones, self._problems = [], [], []

    def evidence(self) -> Response | None:
        """The last reply, as far as it is worth keeping."""
        return replace(self._reply, body=self._reply.body[:_EVIDENCE]) if self._reply else None

    def put_down(self) -> None:
        """The last reply's body is no longer needed."""
        if self._answer is not None:
            self._reply = self.evidence()
            self._answer.put_down()
            self._answer = None


def _next(reading: Reading, answer: Any) -> Step:
    """The generator's next step. A reply that trips the source up is a reply in a form that it does not know."""
    try:
        return reading.send(answer)
    except (SourceError, StopIteration):
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise BadShape("$", f"{type(error).__name__}: {error}"[:300]) from error


def _key(request: Request) -> str:
    """Under which a reply's validators are kept."""
    return request.url + ("?" + "&".join(f"{k}={v}" for k, v in request.query.items()) if request.query else "")
