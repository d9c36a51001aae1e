"""The one door to the outside: fetches for sources, sends for channels, under the guard, the pace and the limits.

async with Net(allowed=parse_allowed(["localhost:8080"]), contact="https://example.com/about") as net:
    fetched = await net.fetch(Get("https://example.com/feed.xml"), rate="1/2s", validators=earlier)
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Self

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from monitor.net import robots
from monitor.net.answers import PERMANENT, REDIRECTS, broken, error_for, shown, shown_host
from monitor.net.body import ENCODINGS, NoRoom, Speed, Ticket, read_body
from monitor.net.connect import Hop, Names, Resolve, on_the_way, session, trusted_tls
from monitor.net.files import read_file, save
from monitor.net.guard import NOTHING, Allowed
from monitor.net.imap import look_into
from monitor.net.mail import send_mail
from monitor.net.pace import Pace, Rate, parse_rate, slower
from monitor.net.relay import relay
from monitor.net.streams import Frames, StreamLimits, open_frames
from monitor.notice import Ask, Http, Mail, Relayed, Reply, Saved
from sources.base import (
    Blocked,
    Connection,
    Letters,
    LocalFile,
    Mailbox,
    RateLimited,
    Request,
    Response,
    SignIn,
    SourceError,
    Unreachable,
)

_TROUBLE = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError)
_OURS = frozenset({"user-agent", "host", "accept-encoding", "content-length", "transfer-encoding", "connection"})
_FOR_ANYBODY = frozenset({"accept", "accept-language", "accept-encoding", "if-none-match", "if-modified-since"})
_CONDITIONS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_LONGEST_VALIDATOR = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost. Sizes in bytes, on the wire and decoded; times in seconds."""

    body: int = 10 * 1024 * 1024
    page: int = 4 * 1024 * 1024
    reply: int = 64 * 1024
    """What a channel gets to see of an answer."""
    seconds: float = 30.0
    """A request with all its redirects, not counting the wait for its turn."""
    speed: Speed = field(default_factory=Speed)
    redirects: int = 5
    at_once: int = 128
    """Requests in flight to hosts that answered last time, or were never asked."""
    suspects: int = 32
    """Requests in flight to hosts that did not: they queue among themselves."""
    stream: StreamLimits = field(default_factory=StreamLimits)
    large: int = 2
    """Bodies over 256 kB that are held at a time, until their readers put them down: one is read, the next waits."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A reply, what to send back next time to hear only of changes, and whether it was cut off at the limit.

    A status of 304 is only there where validators were given: nothing has changed.
    """

    response: Response
    validators: Mapping[str, str] = field(default_factory=dict)
    """`etag` and `last-modified`, exactly as received."""
    cut: bool = False
    put_down: Callable[[], None] = lambda: None
    """To be called once the body is no longer needed: only so many large ones are held at a time."""
    moved_to: str = ""
    """Where this address has moved for good: every redirect on the way was a permanent one (301, 308)."""


@dataclass(frozen=True, slots=True)
class _Query:
    """One request as it goes over the wire."""

    method: str
    headers: Mapping[str, str]
    body: bytes | None
    cap: int
    page: bool = False
    answers: frozenset[int] = frozenset()
    """Statuses beside 2xx whose body is of use."""


@dataclass(frozen=True, slots=True)
class _Came:
    """The last reply of a request with all its redirects."""

    response: Response
    cut: bool
    moved: bool = False
    """There were redirects, and all of them permanent."""


class Net:
    """All outside connections. Use as an async context manager; one for the whole program."""

    def __init__(
        self,
        *,
        allowed: Allowed = NOTHING,
        contact: str = "",
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
    ) -> None:
        """`contact` (an address or URL) tells those who are asked whom to write to. `resolve` replaces name lookups."""
        self._allowed = allowed
        self._agent = f"{robots.AGENT}/{version('overheard')}" + (f" (+{contact})" if contact else "")
        self._resolve = resolve
        self._tls = tls
        self._limits = limits or Limits()
        self._pace = Pace()
        self._robots = robots.Robots()

    async def __aenter__(self) -> Self:
        self._names = Names(self._resolve)
        self._tls = self._tls or trusted_tls()
        self._session = session(self._names, self._tls, self._agent)
        self._lane = asyncio.Semaphore(self._limits.at_once)
        self._room = asyncio.Semaphore(self._limits.large)
        self._side_lane = asyncio.Semaphore(self._limits.suspects)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._names.close()

    async def fetch(
        self,
        request: Request,
        *,
        rate: str = "1/1s",
        validators: Mapping[str, str] | None = None,
        named_by: str = "",
    ) -> Fetched:
        """A 2xx reply or one of the request's `answers`, or a 304 where `validators` were given and nothing changed.

        `named_by` is the address that sent us to this one, where it is not of our own configuration. Raises a typed
        SourceError.
        """
        url = _target(request.url, request.query)
        conditions = _conditions(validators) if request.conditional and request.method == "GET" else {}
        cap = self._limits.page if request.page else self._limits.body
        headers = {**_without(_OURS, request.headers), **conditions}
        query = _Query(request.method, headers, request.body, cap, request.page, request.answers)
        origin = URL(named_by)
        # A stranger cannot send us inside.
        allowed = self._allowed if not named_by or self._allowed.knows(origin.host or "", origin.port or 0) else NOTHING
        came, put_down = await self._with_room(query, url, parse_rate(rate), allowed)
        response = came.response
        if 200 <= response.status < 300:
            kept = {} if came.cut else _validators(response.headers)
            return Fetched(response, kept, came.cut, put_down, response.url if came.moved else "")
        if response.status == 304 and conditions:
            return Fetched(response, validators or {})
        error = error_for(response.status, response.headers, shown(url), datetime.now(UTC))
        if isinstance(error, RateLimited) and error.wait:
            self.hold(response.url, error.wait)
        if response.status in request.answers:
            return Fetched(response, cut=came.cut, put_down=put_down)
        raise error

    def hold(self, url: str, seconds: float) -> None:
        """The host of this address asked for a pause: nobody asks it before so many seconds have passed."""
        self._pace.hold(self._line(URL(url)), seconds)

    @asynccontextmanager
    async def stream(self, connection: Connection, *, rate: str = "1/1s") -> AsyncIterator[Frames]:
        """A connection that is held open, frame by frame. Raises a typed SourceError, at once or out of the frames.

        It waits for its turn to be made, and then takes nobody's.
        """
        socket = connection.url.startswith(("ws://", "wss://"))
        url = _target(connection.url.replace("ws", "http", 1) if socket else connection.url, {})
        headers = _without(_OURS, connection.headers)
        hop = Hop(url.host or "", self._allowed)
        async with AsyncExitStack() as held:
            async with self._turn(url, parse_rate(rate)):
                opening = open_frames(self._session, url, headers, hop, self._limits.stream, socket=socket)
                frames = await held.enter_async_context(opening)
            yield frames

    async def read_file(self, file: LocalFile) -> Fetched:
        """A file that the configuration names, capped like a reply. Raises NotFound or Unreachable."""
        response, cut = await asyncio.to_thread(read_file, file, self._limits.body)
        return Fetched(response, cut=cut)

    async def read_mailbox(self, box: Mailbox) -> Letters:
        """The letters of a mailbox beyond the last look. Raises a typed SourceError, without what the server said."""
        assert self._tls is not None
        return await look_into(box, self._names, self._allowed, self._tls)

    async def sign_in(self, step: SignIn, *, rate: str = "1/1s") -> str:
        """The credential that a service gives for ours. The reply that holds it is seen by nobody else."""
        fetched = await self.fetch(step.request, rate=rate)
        try:
            return step.taken_from(fetched.response)
        finally:
            fetched.put_down()

    async def send(self, ask: Ask, *, rate: str = "5/1s") -> Reply:
        """Do what a channel asks. Never raises for trouble outside: that is a Reply of status 0 and words."""
        match ask:
            case Saved():
                return await asyncio.to_thread(save, ask)
            case Mail():
                assert self._tls is not None
                return await send_mail(ask, self._names, self._allowed, self._tls)
            case Relayed():
                return await relay(ask, self._allowed)
            case Http():
                return await self._deliver(ask, parse_rate(rate))

    async def _deliver(self, ask: Http, rate: Rate) -> Reply:
        headers = _without(_OURS, ask.headers)
        body = ask.body
        if ask.json is not None:
            body = json.dumps(ask.json, ensure_ascii=False).encode()
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
        query = _Query(ask.method, headers, body, self._limits.reply)
        seconds = self._limits.seconds if ask.seconds is None else ask.seconds
        hop = Hop("", self._allowed)
        try:
            url = _target(ask.url, {})
            hop.host = url.host or ""
            async with self._turn(url, rate):
                response, _ = await self._ask(query, url, hop, shown_host(url), seconds, whatever=True)
        except SourceError as error:
            # Once a status has come, the message has arrived, even if the rest of the answer never does.
            status, said = (hop.head.status, hop.head.headers) if hop.head else (0, {})
            return Reply(status, said, error=str(error))
        return Reply(response.status, response.headers, response.body)

    async def _with_room(
        self, query: _Query, url: URL, rate: Rate, allowed: Allowed
    ) -> tuple[_Came, Callable[[], None]]:
        """The last reply. A large body that finds no room is asked for again when there is some: no line waits."""
        ticket = Ticket(self._room)
        try:
            with suppress(NoRoom):
                return await self._follow(query, url, rate, allowed, ticket), ticket.give_back
            await ticket.take()
            came = await self._follow(query, url, rate, allowed, ticket)
        except BaseException:
            ticket.give_back()
            raise
        return came, ticket.give_back

    async def _follow(
        self, query: _Query, url: URL, rate: Rate, allowed: Allowed, ticket: Ticket | None = None
    ) -> _Came:
        left = self._limits.seconds
        statuses: set[int] = set()
        for _ in range(self._limits.redirects + 1):
            if query.page:
                delay = await self._robots.permit(url, partial(self._robots_txt, rate=rate, allowed=allowed))
                rate = slower(rate, delay)
            hop = Hop(url.host or "", allowed)
            async with self._turn(url, rate):
                started = time.monotonic()
                response, cut = await self._ask(query, url, hop, shown(url), left, ticket)
                left -= time.monotonic() - started
            if response.status not in REDIRECTS:
                return _Came(response, cut, bool(statuses) and statuses <= PERMANENT)
            statuses.add(response.status)
            onward = _onward(query, url, response)
            if not _same_party(url, onward):
                query = replace(query, headers=_only(_FOR_ANYBODY, query.headers))
                # What is allowed is allowed to the configuration: a stranger cannot send us inside.
                allowed = allowed if hop.inside else NOTHING
            url = onward
        raise Unreachable(f"{shown(url)}: redirected more than {self._limits.redirects} times")

    async def _robots_txt(self, url: URL, rate: Rate, allowed: Allowed) -> Response:
        return (await self._follow(_Query("GET", {}, None, robots.CAP), url, rate, allowed)).response

    def _line(self, url: URL) -> str:
        """The name of the line in which requests to this host wait.

        Politeness is owed to strangers. Behind a host that the configuration itself names as its own stand any number
        of services: there each address has a line of its own, and one that hangs or wants a pause stops no other.
        """
        host, port = url.host or "", url.port or 0
        line = host if port in (80, 443) else f"{host}:{port}"
        return f"{line}{url.path}" if self._allowed.singles_out(host, port) else line

    @asynccontextmanager
    async def _turn(self, url: URL, rate: Rate) -> AsyncIterator[None]:
        async with self._pace.turn(self._line(url), rate) as host, self._side_lane if host.suspect else self._lane:
            try:
                yield
            except Unreachable:
                host.suspect = True
                raise
            host.suspect = False

    async def _ask(
        self, query: _Query, url: URL, hop: Hop, where: str, seconds: float, ticket: Ticket | None = None,
        *, whatever: bool = False,
    ) -> tuple[Response, bool]:  # fmt: skip
        """One exchange with one host. The body is read where it is of use: of good replies, or `whatever` came."""
        headers = {**query.headers, "Accept-Encoding": ENCODINGS}
        try:
            async with asyncio.timeout(seconds):
                with on_the_way(hop):
                    asked = self._session.request(
                        query.method, url, headers=headers, data=query.body, allow_redirects=False
                    )
                    async with asked as reply:
                        hop.head = Response(reply.status, _plain_headers(reply), b"", str(reply.url))
                        body, cut = b"", False
                        if whatever or 200 <= reply.status < 300 or reply.status in query.answers:
                            encoding = reply.headers.get("Content-Encoding", "")
                            speed = self._limits.speed
                            body, cut = await read_body(reply.content, encoding, query.cap, where, speed, ticket)
                        return replace(hop.head, body=body), cut
        except TimeoutError:
            raise Unreachable(f"{where}: no answer within {seconds:.0f} s") from None
        except _TROUBLE as error:
            if hop.refused:
                raise Blocked(f"{where}: {hop.refused}") from None
            raise broken(error, where) from None


def _target(address: str, query: Mapping[str, str | int]) -> URL:
    try:
        url = URL(address).extend_query(query)
        _check(url)
    except (ValueError, TypeError):
        raise Blocked("this is not an http:// or https:// address with a host in it") from None
    return url


def _check(url: URL) -> None:
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError
    if url.user is not None or url.password is not None:
        raise Blocked(f"{shown(url)}: a user name or password within an address is refused; use the source's settings")


def _onward(query: _Query, url: URL, response: Response) -> URL:
    """Where a redirect leads, if it may be followed."""
    if query.method != "GET":
        raise Unreachable(f"{shown(url)} answered {response.status}, a redirect, to a {query.method}")
    location = response.headers.get("location", "")
    try:
        onward = url.join(URL(location))
        _check(onward)
    except ValueError:
        raise Blocked(f"{shown(url)} redirects to something that is not an http or https address") from None
    if not location:
        raise Unreachable(f"{shown(url)} redirects without saying where to")
    if url.scheme == "https" and onward.scheme == "http":
        raise Blocked(f"{shown(url)} redirects from https to plain http")
    return onward


def _same_party(one: URL, other: URL) -> bool:
    return one.host == other.host and (one.port == other.port or (one.port, other.port) == (80, 443))


def _only(names: frozenset[str], headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() in names}


def _without(names: frozenset[str], headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in names}


def _conditions(validators: Mapping[str, str] | None) -> dict[str, str]:
    return {_CONDITIONS[name]: value for name, value in (validators or {}).items() if name in _CONDITIONS}


def _validators(headers: Mapping[str, str]) -> dict[str, str]:
    """What to send back next time. One that cannot be sent back byte by byte is forgotten."""
    found = {name: headers[name] for name in _CONDITIONS if name in headers}
    return {
        name: value
        for name, value in found.items()
        if len(value) <= _LONGEST_VALIDATOR and value.isascii() and value.isprintable()
    }


def _plain_headers(reply: aiohttp.ClientResponse) -> dict[str, str]:
    """Names in lower case; values of the same name joined. Cookies are nobody's business."""
    names = {name.lower() for name in reply.headers} - {"set-cookie"}
    return {name: ", ".join(reply.headers.getall(name)) for name in names}
