"""The one runtime of all streams: holds a connection, decodes its frames, hands them over in batches with the cursor.

    await hold(source, config, state, name="bluesky", net=net, commit=commit, tell=tell, stop=stop, now=now)

After trouble a new connection goes on from the last cursor: what was not handed over comes again. Reading stops while
`commit` takes its time, so that a slow store costs no memory.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from monitor.collect.backoff import jitter_of
from monitor.collect.drive import Batch, Commit, State
from sources.base import (
    BadShape,
    Connection,
    Cursor,
    Decoded,
    Glance,
    Item,
    Problem,
    Response,
    Source,
    SourceConfig,
    SourceError,
    Tombstone,
    Unreachable,
)

NAMES = "names"
"""Where in the cursor the other names of items stand."""
MOST_NAMES = 1_000
GAPS_KEPT = 3
GAPS_TOLD, UNREAD_TOLD = 24 * 3600.0, 3600.0
"""Seconds for which a gap is told, and frames that could not be read."""
_LATE = timedelta(seconds=60)
_NEAR = timedelta(seconds=5)
_RECENT = 20_000
_EVIDENCE = 64 * 1024


class Net(Protocol):
    """Holds connections: `monitor.net.http.Net`."""

    def stream(self, connection: Connection, *, rate: str = ...) -> AbstractAsyncContextManager[AsyncIterator[str]]: ...


@dataclass(frozen=True, slots=True)
class Timing:
    """How much at once, how often, how long. Times in seconds."""

    frames: int = 500
    """So many frames are a batch, or …"""
    size: int = 4 * 1024 * 1024
    """… so many characters, or …"""
    seconds: float = 2.0
    """… what came in this time."""
    fastest: int = 5_000
    """Frames taken in a second, also after a long absence: other sources want their turn."""
    report: float = 15.0
    first_wait: float = 1.0
    """Before the first new connection after trouble; doubled with each that fails …"""
    longest_wait: float = 300.0
    good: float = 90.0
    """… until one was good for so long."""
    bad: int = 100
    """So many frames in a row that nobody understands are a changed service, and no longer an accident."""
    brief: float = 5.0
    """A brief visit lasts so long, or until it has caught up, …"""
    brief_at_most: float = 600.0
    brief_tries: int = 4
    """… or gave up after so many connections."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How a stream does: told every so often, and whenever it changes."""

    connected: float | None = None
    """Seconds since the connection was made; None while there is none."""
    frames: int = 0
    """How many came since the last time this was told."""
    behind: timedelta | None = None
    """How old the last frame was when it came, where the service says when it was sent."""
    gaps: tuple[str, ...] = ()
    """What is missing, and what could not be read, in words."""
    error: SourceError | None = None
    """Why there is no connection. It is tried again by itself after `wait` seconds."""
    wait: float = 0.0


Tell = Callable[[Heard], Awaitable[None]]


async def hold(
    source: Source,
    config: SourceConfig,
    state: State,
    *,
    name: str,
    net: Net,
    commit: Commit,
    tell: Tell,
    stop: asyncio.Event,
    now: Callable[[], datetime],
    brief: bool = False,
    timing: Timing | None = None,
    wanted: Callable[[str], bool] | None = None,
) -> State:
    """Listen until `stop` is set; `brief`: until what was missed is caught up. Where it got to.

    Of a source that can `glance`, a frame of which nothing told is `wanted` moves the cursor on and is not read. This
    is asked in a thread.

    A connection that breaks is made anew, with `Heard.error` told. Raises any other SourceError, with all that came
    before it handed over. What `commit` and `tell` raise passes through.
    """
    if source.connect is None or source.decode is None:
        raise ValueError(f"{source.kind} is no stream")
    held = _Hold(source, config, state, name, net, commit, tell, stop, now, timing or Timing(), wanted)
    return await held.run(brief=brief)


class _Hold:
    """One stream that is held: where it is, and what is to be told of it."""

    def __init__(
        self, source: Source, config: SourceConfig, state: State, name: str, net: Net, commit: Commit, tell: Tell,
        stop: asyncio.Event, now: Callable[[], datetime], timing: Timing, wanted: Callable[[str], bool] | None,
    ) -> None:  # fmt: skip
        assert source.connect is not None
        assert source.decode is not None
        self._connect, self._rate = source.connect, source.rate
        self._decode = partial(source.decode, config)
        self._let_go = _let_go_by(source.glance, wanted)
        self._config, self._name, self._net, self._timing = config, name, net, timing
        self._commit, self._tell, self._stop, self._now = commit, tell, stop, now
        self._clock = asyncio.get_running_loop().time
        self._names: OrderedDict[str, str] = OrderedDict(state.cursor.get(NAMES) or {})
        self._cursor: Cursor = {key: value for key, value in state.cursor.items() if key != NAMES}
        self._recent = _Recent()
        self._at: datetime | None = None
        self._troubles = self._failures = 0
        self._lost_since: datetime | None = None
        self._gaps: deque[tuple[float, str]] = deque(maxlen=GAPS_KEPT)
        self._unread, self._unread_why, self._unread_at = 0, "", 0.0
        self._bad_in_a_row = 0
        self._frames, self._told = 0, 0.0

    @property
    def _state(self) -> State:
        return State({**self._cursor, **({NAMES: dict(self._names)} if self._names else {})})

    async def run(self, *, brief: bool) -> State:
        began = self._clock()
        while not self._stop.is_set():
            connected = self._clock()
            try:
                await self._listen(began if brief else None)
                break
            except Unreachable as error:
                was_good = self._clock() - connected >= self._timing.good
                self._failures = 1 if was_good else self._failures + 1
                self._troubles += 1
                if brief and self._failures >= self._timing.brief_tries:
                    raise
                await self._rest(error, tell=not was_good)
        return self._state

    async def _rest(self, error: SourceError, *, tell: bool) -> None:
        """Wait before the next connection. That a good one ends after hours is no trouble worth telling."""
        self._lost_since = self._lost_since or self._now()
        longest = min(self._timing.first_wait * 2.0 ** min(self._failures - 1, 20), self._timing.longest_wait)
        wait = longest * (1 - jitter_of(self._name, self._troubles) / 2)
        if tell:
            await self._tell(Heard(gaps=self._all_gaps(), error=error, wait=wait))
        await self._pause(wait)

    async def _pause(self, seconds: float) -> None:
        """So long, or until we are to stop."""
        if seconds > 0:
            try:
                async with asyncio.timeout(seconds):
                    await self._stop.wait()
            except TimeoutError:
                return

    async def _listen(self, brief_since: float | None) -> None:
        """One connection. Ends when it is to stop; raises when the connection does."""
        connection = self._connect(self._config, {**self._cursor, "attempt": self._troubles})
        async with self._net.stream(connection, rate=self._rate) as frames:
            connected = self._clock()
            self._told = connected - self._timing.report  # a new connection is told as soon as it has lasted a little
            self._note_absence(connection)
            inbox = _Inbox(frames, self._timing)
            reading = asyncio.create_task(inbox.read(), name=f"read {self._name}")
            stopping = asyncio.create_task(self._stop.wait())
            since = connection.since
            try:
                while True:
                    await inbox.wait(stopping)
                    batch = inbox.take()
                    if batch:
                        await self._take(batch, since, connection.url)
                        since = None
                    if inbox.error is not None and not inbox.waiting:
                        raise inbox.error
                    caught_up = brief_since is not None and self._is_caught_up(brief_since, bool(batch))
                    if self._stop.is_set() or caught_up:
                        reading.cancel()
                        break
                    if self._clock() - self._told >= self._timing.report:
                        await self._report(connected)
                await asyncio.gather(reading, return_exceptions=True)
                if inbox.waiting:
                    await self._take(inbox.take(), since, connection.url)
                await self._report(connected)
            finally:
                stopping.cancel()
                reading.cancel()
                await asyncio.gather(stopping, reading, return_exceptions=True)

    def _is_caught_up(self, began: float, something_came: bool) -> bool:
        for_so_long = self._clock() - began
        if for_so_long < self._timing.brief:
            return False
        near = self._at is None or not something_came or self._now() - self._at < _NEAR
        return near or for_so_long >= self._timing.brief_at_most

    def _note_gap(self, words: str) -> None:
        self._gaps.append((self._clock(), f"stream: {words}"))

    def _note_absence(self, connection: Connection) -> None:
        """Without a way back, what came in between is lost."""
        if self._lost_since is not None and connection.since is None and not self._cursor:
            away = (self._now() - self._lost_since).total_seconds()
            self._note_gap(f"not connected for {away:.0f} s, and what came then is missing")

    async def _report(self, connected: float) -> None:
        self._told = self._clock()
        self._lost_since = None
        behind = self._now() - self._at if self._at else None
        frames, self._frames = self._frames, 0
        await self._tell(Heard(self._told - connected, frames, behind, self._all_gaps()))

    def _all_gaps(self) -> tuple[str, ...]:
        now = self._clock()
        gaps = [words for since, words in self._gaps if now - since < GAPS_TOLD]
        if now - self._unread_at >= UNREAD_TOLD:
            self._unread = 0
        if self._unread:
            gaps.append(f"stream: {self._unread} frames could not be read, the last: {self._unread_why}")
        return tuple(gaps)

    async def _take(self, frames: Sequence[str], since: datetime | None, url: str) -> None:
        """Decode a batch and hand it over. `since`: from when on the first frame was to come."""
        started = self._clock()
        read = await asyncio.to_thread(_read_all, self._decode, self._let_go, frames)
        self._frames += len(frames)
        if since and read.first and read.first - since > _LATE:
            self._note_gap(f"what came from {since:%d %b %H:%M} to {read.first:%d %b %H:%M} UTC is missing")
        self._note_bad(read)
        things = [thing for thing, at in read.things if not self._recent.has(thing, replayed=self._is_past(at))]
        self._name_all(read.names)
        self._at = max(filter(None, (self._at, read.last)), default=None)
        if read.cursor is not None:
            self._cursor = read.cursor
        await self._commit(
            Batch(
                tuple(thing for thing in things if isinstance(thing, Item)),
                tuple(self._resolved(thing) for thing in things if isinstance(thing, Tombstone)),
                tuple(thing for thing in things if isinstance(thing, Problem)),
                self._state,
                read.let_go,
            )
        )
        if read.error is not None:
            raise read.error
        if self._bad_in_a_row >= self._timing.bad:
            raise self._changed(read, url)
        await self._pause(len(frames) / self._timing.fastest - (self._clock() - started))

    def _is_past(self, at: datetime | None) -> bool:
        return at is not None and self._at is not None and at <= self._at

    def _note_bad(self, read: _Read) -> None:
        self._bad_in_a_row = read.bad_at_end + (self._bad_in_a_row if read.all_bad else 0)
        problems = [thing for thing, _ in read.things if isinstance(thing, Problem)]
        if problems:
            self._unread += len(problems)
            self._unread_why, self._unread_at = f"{problems[-1].where}: {problems[-1].why}", self._clock()

    def _changed(self, read: _Read, url: str) -> BadShape:
        error = BadShape("frame", f"{self._bad_in_a_row} frames in a row not understood, the last: {self._unread_why}")
        address = url.partition("?")[0]
        error.evidence = Response(200, {}, read.bad_frame.encode(errors="replace")[:_EVIDENCE], address)
        return error

    def _name_all(self, names: Mapping[str, str]) -> None:
        for name, identifier in names.items():
            self._names[name] = identifier
            self._names.move_to_end(name)
        while len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)

    def _resolved(self, tombstone: Tombstone) -> Tombstone:
        return Tombstone(self._names.get(tombstone.id, tombstone.id))


class _Inbox:
    """Frames that wait to be taken: at most one batch. While it is full, nothing is read from the connection."""

    def __init__(self, frames: AsyncIterator[str], timing: Timing) -> None:
        self._source, self._timing = frames, timing
        self._frames: list[str] = []
        self._size = 0
        self._ripe, self._room = asyncio.Event(), asyncio.Event()
        self._room.set()
        self.error: Exception | None = None

    @property
    def waiting(self) -> int:
        return len(self._frames)

    async def read(self) -> None:
        """Until the connection ends; `error` says how."""
        try:
            async for frame in self._source:
                self._frames.append(frame)
                self._size += len(frame)
                if len(self._frames) >= self._timing.frames or self._size >= self._timing.size:
                    self._ripe.set()
                    self._room.clear()
                    await self._room.wait()
            self.error = Unreachable("the stream ended")
        # Broad on purpose: it is raised again in the task that waits for the frames.
        except Exception as error:  # noqa: BLE001
            self.error = error
        finally:
            self._ripe.set()

    async def wait(self, stopping: asyncio.Task[Any]) -> None:
        """Until a batch is full, the time for one has passed, the connection has ended, or we are to stop."""
        ripe = asyncio.create_task(self._ripe.wait())
        await asyncio.wait({ripe, stopping}, timeout=self._timing.seconds, return_when=asyncio.FIRST_COMPLETED)
        ripe.cancel()
        await asyncio.gather(ripe, return_exceptions=True)

    def take(self) -> list[str]:
        """What waits."""
        taken, self._frames, self._size = self._frames, [], 0
        if self.error is None:
            self._ripe.clear()
        self._room.set()
        return taken


Thing = Item | Tombstone | Problem


@dataclass
class _Read:
    """What came out of a batch of frames."""

    things: list[tuple[Thing, datetime | None]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    cursor: Cursor | None = None
    first: datetime | None = None
    last: datetime | None = None
    bad_at_end: int = 0
    """Frames in a row, up to the last one, that nobody understands."""
    all_bad: bool = True
    bad_frame: str = ""
    let_go: int = 0
    """Frames that were not read."""
    error: SourceError | None = None
    """The service says in a frame that it is over."""

    def add(self, decoded: Decoded) -> None:
        self.things += [(thing, decoded.at) for thing in decoded.things]
        self.names.update(decoded.names)
        self.cursor = decoded.cursor or self.cursor
        self.first = self.first or decoded.at
        self.last = decoded.at or self.last
        self.bad_at_end, self.all_bad = 0, False

    def add_bad(self, where: str, why: str, frame: str) -> None:
        self.things.append((Problem(where, why), None))
        self.bad_at_end += 1
        self.bad_frame = frame


LetGo = Callable[[str], Decoded | None]
"""What is known of a frame that need not be read; None for one that must be."""


def _let_go_by(glance: Glance | None, wanted: Callable[[str], bool] | None) -> LetGo:
    if glance is None or wanted is None:
        return lambda frame: None

    def let_go(frame: str) -> Decoded | None:
        seen = glance(frame)
        return None if seen is None or wanted(seen.told) else seen.decoded

    return let_go


def _read_all(decode: Callable[[str], Decoded], let_go: LetGo, frames: Iterable[str]) -> _Read:
    """Decode frames one by one: one that nobody understands is a problem and does not lose the others."""
    read = _Read()
    for frame in frames:
        try:
            unread = let_go(frame)
            read.add(decode(frame) if unread is None else unread)
            read.let_go += unread is not None
        except BadShape as error:
            read.add_bad(error.path, str(error.args[1]), frame)
        except SourceError as error:
            read.error = error
            break
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
            read.add_bad("$", f"{type(error).__name__}: {error}"[:300], frame)
    return read


class _Recent:
    """The last things that came, for what comes again after a new connection: an old wording must not undo an edit."""

    def __init__(self) -> None:
        self._seen: OrderedDict[int, None] = OrderedDict()

    def has(self, thing: Thing, *, replayed: bool) -> bool:
        """Whether it came before and is now only repeated."""
        if isinstance(thing, Problem):
            return False
        key = hash((thing.id, (thing.title, thing.text) if isinstance(thing, Item) else None))
        if replayed and key in self._seen:
            return True
        self._seen[key] = None
        self._seen.move_to_end(key)
        if len(self._seen) > _RECENT:
            self._seen.popitem(last=False)
        return False
