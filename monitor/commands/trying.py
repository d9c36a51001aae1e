"""Looks at sources without storing anything: find one, ask one, show what would be taken of it, keep a reply of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

import sources
from monitor.built import spoken
from monitor.collect import drive
from monitor.collect.children import Pool
from monitor.collect.looking import look
from monitor.config import Config, SourceEntry
from monitor.door import admit
from monitor.net.guard import parse_allowed
from monitor.net.http import Net
from monitor.pipeline import Ear, Origin, document_of
from monitor.query.parse import parse
from monitor.query.queryset import QuerySet
from sources.base import (
    BadShape,
    Decode,
    Item,
    Letters,
    LocalFile,
    Mailbox,
    NeedsAuth,
    Problem,
    RateLimited,
    Request,
    Response,
    SignIn,
    Source,
    SourceConfig,
    SourceError,
    Tombstone,
)
from sources.discover import Found, discover

MOMENT = 10.0
"""Seconds for which a stream is listened to, or until …"""
ENOUGH = 20
"""… so many items have come."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a look at a source came to."""

    name: str
    items: tuple[Item, ...] = ()
    problems: tuple[Problem, ...] = ()
    error: str = ""
    advice: str = ""
    needs_auth: bool = False
    waits: bool = False
    """It is there, and asks to be left alone for a while."""
    unasked: str = ""
    """Why there is nothing to ask: it is pushed to."""

    @property
    def newest(self) -> datetime | None:
        """The latest time of an item."""
        return max((item.published for item in self.items if item.published), default=None)


@dataclass(frozen=True, slots=True)
class Would:
    """An item as it would be taken."""

    item: Item
    brands: Mapping[str, tuple[tuple[str, int, int], ...]]
    """Brand to where its query matches: (field, start, end). Empty where the source itself says whom it is about."""


@asynccontextmanager
async def outside(config: Config) -> AsyncIterator[tuple[Net, Pool]]:
    """The network and the readers, as the service has them."""
    async with (
        Net(allowed=parse_allowed(config.network.allow), contact=config.network.contact) as net,
        Pool() as pool,
    ):
        yield net, pool


async def find(config: Config, asked: str) -> Found:
    """What source this address, handle or word could be. Raises a SourceError where nothing can be reached."""
    async with outside(config) as (net, pool):
        own = next((brand.name for brand in config.own_brands), "")
        return await look(discover(asked, own), net=net, pool=pool)


async def ask(
    config: Config, entries: Iterable[SourceEntry], told: Callable[[Tried], None] = lambda tried: None
) -> list[Tried]:
    """Each source asked once, side by side; `told` hears of each as it ends."""
    async with outside(config) as (net, pool):
        tried = []
        for ended in asyncio.as_completed([_tried(entry, net, pool) for entry in entries]):
            tried.append(await ended)
            told(tried[-1])
        return tried


async def _tried(entry: SourceEntry, net: Net, pool: Pool) -> Tried:
    source = sources.load(entry.kind)
    if source.accept is not None:
        return Tried(entry.name, unasked="nothing to ask: it is sent to us")
    try:
        if source.is_stream:
            return await _listened_to(source, entry, net)
        checked = await drive.check(source, entry.config, net=net, pool=pool)
    except SourceError as error:
        return Tried(
            entry.name,
            error=error.words,
            advice=error.advice,
            needs_auth=isinstance(error, NeedsAuth),
            waits=isinstance(error, RateLimited),
        )
    return Tried(entry.name, checked.items, checked.problems)


async def _listened_to(source: Source, entry: SourceEntry, net: Net) -> Tried:
    """A stream held open for a moment: what comes in the meantime."""
    assert source.connect is not None
    assert source.decode is not None
    things: list[Item | Tombstone | Problem] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(MOMENT), net.stream(source.connect(entry.config, {}), rate=source.rate) as frames:
            async for frame in frames:
                things += _decoded(source.decode, entry.config, frame)
                if sum(isinstance(thing, Item) for thing in things) >= ENOUGH:
                    break
    items = tuple(thing for thing in things if isinstance(thing, Item))
    return Tried(entry.name, items, tuple(thing for thing in things if isinstance(thing, Problem)))


def _decoded(decode: Decode, options: SourceConfig, frame: str) -> tuple[Item | Tombstone | Problem, ...]:
    try:
        return decode(options, frame).things
    except (BadShape, LookupError, TypeError, ValueError, AttributeError) as error:
        return (Problem("frame", f"{type(error).__name__}: {error}"[:200]),)


def would_take(config: Config, entry: SourceEntry, items: Sequence[Item], now: datetime) -> list[Would]:
    """The items as they would be stored, with the brands that each names."""
    numbers = {brand.name: at for at, brand in enumerate(config.brands)}
    names = {at: name for name, at in numbers.items()}
    queries = QuerySet({at: parse(config.brands[at].query) for at in names})
    ear = Ear(queries, dict.fromkeys(names, 1), spoken)
    source = sources.load(entry.kind)
    about = numbers.get(entry.about) if entry.about else None
    origin = Origin(entry.name, entry.kind, source.scope_of(entry.config), source.keeps, about)
    taken = []
    for item in items:
        admitted = admit(item, now)
        hits = ear.hits(document_of(admitted, origin, ear), about)
        taken.append(Would(admitted.item, {names[hit.brand_id]: hit.spans for hit in hits}))
    return taken


@dataclass(frozen=True, slots=True)
class Kept:
    """The replies of one look at a source, and what went wrong."""

    replies: tuple[Response, ...]
    error: SourceError | None = None


class _Keeping:
    """A network that remembers what came."""

    def __init__(self, net: Net) -> None:
        self.net, self.replies = net, list[Response]()

    async def fetch(
        self, request: Request, *, rate: str = "1/1s", validators: Mapping[str, str] | None = None, named_by: str = ""
    ) -> drive.Answer:
        came = await self.net.fetch(request, rate=rate, validators=validators, named_by=named_by)
        self.replies.append(came.response)
        return came

    async def sign_in(self, step: SignIn, *, rate: str = "1/1s") -> str:
        return await self.net.sign_in(step, rate=rate)  # what it answers is kept nowhere

    async def read_mailbox(self, box: Mailbox) -> Letters:
        return await self.net.read_mailbox(box)  # other people's letters: not kept either

    def hold(self, url: str, seconds: float) -> None:
        self.net.hold(url, seconds)

    async def read_file(self, file: LocalFile) -> drive.Answer:
        came = await self.net.read_file(file)
        self.replies.append(came.response)
        return came


async def replies_of(config: Config, kind: str, options: SourceConfig) -> Kept:
    """What a source is answered, up to its first items: whole replies, also one that it does not understand."""
    async with outside(config) as (net, pool):
        keeping = _Keeping(net)
        try:
            await drive.check(sources.load(kind), options, net=keeping, pool=pool)
        except BadShape as error:
            return Kept(tuple(keeping.replies), error)
        return Kept(tuple(keeping.replies))
