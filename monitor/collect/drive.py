"""The one runtime of all sources: does what a generator asks for, and hands over what it yields with the next cursor.

    outcome = await drive(source, config, state, net=net, pool=pool, commit=commit)

At each checkpoint and at the end, everything since is handed to `commit` together with that cursor, to be stored in one
transaction: a crash between two of them repeats a page and never loses one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from monitor.collect.hiding import Veil, secrets_in, sent_in
from sources.base import (
    Again,
    BadShape,
    Blocked,
    Checkpoint,
    Cursor,
    Gone,
    Item,
    Letters,
    LocalFile,
    Mailbox,
    Missed,
    NotFound,
    Pause,
    Problem,
    Read,
    Reading,
    Request,
    Response,
    SignIn,
    Source,
    SourceConfig,
    SourceError,
    Step,
    Tombstone,
    Unreachable,
)

MOST_ENTRIES = 5_000
"""Entries taken out of one reply."""
MOST_PROBLEMS = 200
"""Problems reported of one poll."""
LOOK = 6
"""Requests that a look at a source may cost: some ask for a token or a second page before the first item comes."""
MOVES_BELIEVED = 3
"""So many times in a row an address must say that it has moved for good, and where to, before it is asked there."""
_EVIDENCE = 64 * 1024
_LOST = (NotFound, Gone, Unreachable, Blocked)


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
    @property
    def moved_to(self) -> str: ...


class Net(Protocol):
    """Fetches: `monitor.net.http.Net`."""

    async def fetch(
        self, request: Request, *, rate: str = ..., validators: Mapping[str, str] | None = None, named_by: str = ...
    ) -> Answer: ...
    def hold(self, url: str, seconds: float) -> None: ...
    async def read_file(self, file: LocalFile) -> Answer: ...
    async def read_mailbox(self, box: Mailbox) -> Letters: ...
    async def sign_in(self, step: SignIn, *, rate: str = ...) -> str: ...


class Reader(Protocol):
    """Reads where it can be killed: `monitor.collect.children.Pool`."""

    async def run(self, function: Callable[..., Any], *args: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Move:
    """An address that redirects for good."""

    to: str
    times: int = 1
    """How many polls in a row were sent there."""

    @property
    def is_believed(self) -> bool:
        """It was said often enough to go there at once."""
        return self.times >= MOVES_BELIEVED


@dataclass(frozen=True, slots=True)
class State:
    """What a source remembers between two polls."""

    cursor: Cursor = field(default_factory=dict)
    validators: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By address: what to send back there to hear only of changes."""
    moves: Mapping[str, Move] = field(default_factory=dict)
    """By address: where it says that it has moved to for good."""

    def as_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "cursor": dict(self.cursor),
            "validators": {url: dict(kept) for url, kept in self.validators.items()},
            "moves": {url: {"to": move.to, "times": move.times} for url, move in self.moves.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Self:
        """From what `as_json` gave; from nothing on the first poll."""
        stored = stored or {}
        moves = {url: Move(**move) for url, move in (stored.get("moves") or {}).items()}
        return cls(stored.get("cursor") or {}, stored.get("validators") or {}, moves)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction stores: items first, then tombstones, and the state from which the next poll goes on."""

    items: tuple[Item, ...]
    tombstones: tuple[Tombstone, ...]
    problems: tuple[Problem, ...]
    state: State
    let_go: int = 0
    """Frames of a stream that were not read, as nobody's words are in them."""


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
    pause: Pause = field(default_factory=Pause)
    """All that the service asked for, together."""
    missed: bool = False
    """The window overlapped nothing of the last one."""
    again: bool = False
    """There is more to be had at once."""
    more: bool = False
    """There is more to be had, at once or at the usual time."""


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
    enough: int | None = None,
) -> Outcome:
    """Poll a source once, from `state` on. `rate` replaces the source's own; `budget` is the most requests to make, and
    once there are `enough` items, there is no further one.

    Raises the SourceError that ended the poll, BadShape with the last reply as its `evidence`; what was checkpointed
    before it is stored, what came after is not. What `commit` raises passes through.
    """
    if source.fetch is None:
        raise ValueError(f"{source.kind} is pushed to, not polled")
    veil = Veil(secrets_in(config))
    poll = _Poll(state, net, pool, commit, rate or source.rate, budget, enough, veil)
    reading = source.fetch(config, state.cursor)
    try:
        return await poll.run(reading)
    except SourceError as error:
        if isinstance(error, BadShape):
            error.evidence = poll.evidence()
        veil.error(error)
        raise _alone(error)  # noqa: B904 - without what led to it: see there
    finally:
        reading.close()
        poll.put_down()


def _alone(error: SourceError) -> SourceError:
    """The error without the frames behind it: in those hangs the reply that it arose over, ten megabytes perhaps, for
    as long as somebody waits with the error in hand."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error


async def check(source: Source, config: SourceConfig, *, net: Net, pool: Reader) -> Checked:
    """Ask a source, from its beginning, until it gives something, and store nothing: what it would take first."""
    seen: list[Batch] = []

    async def keep(batch: Batch) -> None:
        seen.append(batch)

    await drive(source, config, State(), net=net, pool=pool, commit=keep, budget=LOOK, enough=1)
    return Checked(
        tuple(item for batch in seen for item in batch.items),
        tuple(problem for batch in seen for problem in batch.problems),
    )


class _Poll:
    """One poll on its way: what was taken since the last checkpoint, and what was counted."""

    def __init__(
        self, state: State, net: Net, pool: Reader, commit: Commit, rate: str, budget: int | None, enough: int | None,
        veil: Veil,
    ) -> None:  # fmt: skip
        self._veil = veil
        self._net, self._pool, self._commit, self._rate = net, pool, commit, rate
        self._budget, self._enough = budget, enough
        self._done = Outcome(state)
        self._items: list[Item] = []
        self._tombstones: list[Tombstone] = []
        self._problems: list[Problem] = []
        self._earlier = state.validators
        self._validators: dict[str, Mapping[str, str]] = {}
        self._moves: dict[str, Move] = {}
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
            await self._hand_over(State(cursor, self._validators, self._moves))
        except _Quit:
            self._close_reply()
            await self._hand_over(self._done.state)
        return self._done

    async def _do(self, step: Step) -> Any:
        match step:
            case Item():
                self._take(step)
            case Request() | SignIn() | LocalFile() | Mailbox() | Read():
                return await self._answer_to(step)
            case Tombstone():
                self._tombstones.append(step)
            case Problem():
                self._problems.append(self._veil.problem(step))
            case Missed():
                self._problems.append(Problem("window", step.why))
                self._done = replace(self._done, missed=True)
            case Again():
                self._done = replace(self._done, again=self._done.again or step.now, more=True)
            case Pause():
                self._done = replace(self._done, pause=_both(self._done.pause, step))
                if step.host and self._reply is not None:
                    self._net.hold(self._reply.url, step.seconds)
            case Checkpoint():
                # A copy: a source may go on writing in its own, and nothing would seem to have changed at the next.
                await self._hand_over(replace(self._done.state, cursor=deepcopy(step.cursor)))
        return None

    async def _answer_to(self, step: Request | SignIn | LocalFile | Mailbox | Read) -> Any:
        match step:
            case Request() | LocalFile():
                return await self._ask(step)
            case SignIn():
                return await self._sign_in(step)
            case Mailbox():
                self._spend()
                self._reply = None
                return await self._net.read_mailbox(step)
            case Read():
                return await self._pool.run(step.function, *step.args)

    async def _sign_in(self, step: SignIn) -> str:
        self._veil.cover(sent_in(step.request.headers))
        token = await self._net.sign_in(step, rate=self._rate)
        self._veil.cover([token])
        return token

    def _spend(self) -> None:
        """One more request, if it may be made."""
        if self._budget is not None and self._done.requests >= self._budget:
            raise _Quit
        if self._enough is not None and self._done.items + len(self._items) >= self._enough:
            raise _Quit
        self._done = replace(self._done, requests=self._done.requests + 1)
        self._close_reply()
        self.put_down()

    async def _ask(self, step: Request | LocalFile) -> Response:
        self._spend()
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
        self._veil.cover(sent_in(request.headers))
        key = _key(request)
        earlier = self._earlier.get(key)
        answer = await self._fetch_where_it_is(request, key, earlier)
        if answer.response.status == 304:
            self._done = replace(self._done, not_modified=True)
            if 304 not in request.answers:
                raise _Quit
            self._validators[key] = earlier or {}
        elif answer.validators and request.conditional:
            self._validators[key] = answer.validators
        return answer

    async def _fetch_where_it_is(self, request: Request, key: str, validators: Mapping[str, str] | None) -> Answer:
        """From its address, or from where that has long said to have moved for good."""
        move = self._done.state.moves.get(key)
        if move is not None and move.is_believed:
            try:
                onward = replace(request, url=move.to, query={})
                answer = await self._net.fetch(onward, rate=self._rate, validators=validators, named_by=request.url)
            except _LOST:
                move = None  # perhaps the old address knows better by now
            else:
                self._moves[key] = move
                return answer
        answer = await self._net.fetch(request, rate=self._rate, validators=validators)
        if answer.moved_to:
            again = move is not None and move.to == answer.moved_to
            self._moves[key] = Move(answer.moved_to, move.times + 1 if move and again else 1)
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
        return self._veil.reply(replace(self._reply, body=self._reply.body[:_EVIDENCE])) if self._reply else None

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


def _both(one: Pause, other: Pause) -> Pause:
    """What satisfies both."""
    return Pause(
        max(one.seconds, other.seconds),
        one.host or other.host,
        one.skip_hours | other.skip_hours,
        one.skip_days | other.skip_days,
    )


def _key(request: Request) -> str:
    """Under which a reply's validators are kept."""
    return request.url + ("?" + "&".join(f"{k}={v}" for k, v in request.query.items()) if request.query else "")
