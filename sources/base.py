"""What every source speaks: a generator that asks for replies and yields items. Pure: no socket, clock or database.

    @source(kind="hackernews", title="Hacker News", every="5m", rate="1/2s", terms="…", example={"query": "aiohttp"})
    def fetch(config: Config, cursor: Cursor) -> Reading:
        reply = yield Get(URL, query={"query": config.query})      # the runtime fetches and sends the Response back
        for hit in reply.json("hits"):
            yield Item(id=hit["objectID"], ...)                    # facts, committed together with the next cursor
        return {"since": newest}                                   # the cursor the next poll starts from

Because the generator performs nothing, a recorded body is an exact test: see `replay`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr

Cursor = Mapping[str, Any]
"""Any JSON object. Empty on the first poll."""

MentionKind = Literal["post", "comment", "review", "article", "survey"]
Keeps = Literal["matches", "all", "matches only"]
""""matches": what names a brand is a mention; the rest is kept for 14 days, for the case that a query changes. "all":
everything, because somebody collected it on purpose (own reviews, surveys). "matches only": a torrent, of which nothing
but what names a brand is kept."""
RatingKind = Literal["stars", "thumb", "score"]


class SourceConfig(BaseModel):
    """Base of each source's `Config`: the keys that its `[[source]]` table may hold, beside the common ones."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


# What a generator yields ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request that the runtime performs: a `Response` with a 2xx status comes back, or an error closes us."""

    method: Literal["GET", "POST"]
    url: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    page: bool = False
    """True for an HTML page made for people: robots.txt is asked first and the page cap applies."""
    conditional: bool = True
    """True to send the ETag and Last-Modified kept from this URL's last reply; a 304 then ends the poll quietly."""
    answers: frozenset[int] = frozenset()
    """Statuses beside 2xx that come back as a reply: 304 where others are still to be asked after "nothing has
    changed", 404 where "gone" is an answer, 400 where the reason stands in the body."""


def Get(
    url: str,
    query: Mapping[str, str | int] | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    page: bool = False,
    conditional: bool = True,
    answers: Iterable[int] = (),
) -> Request:
    """A GET request for `url`, `query` being added to it."""
    return Request("GET", url, query or {}, headers or {}, None, page, conditional, frozenset(answers))


def Post(
    url: str,
    body: bytes,
    content_type: str,
    *,
    query: Mapping[str, str | int] | None = None,
    headers: Mapping[str, str] | None = None,
    answers: Iterable[int] = (),
) -> Request:
    """A POST request with this body."""
    return Request(
        "POST", url, query or {}, {**(headers or {}), "content-type": content_type}, body, False, False,
        frozenset(answers),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SignIn:
    """A request for a passing credential (an access token). Only the text at `path` of its JSON answer comes back; the
    answer itself is kept nowhere, not even as evidence. A replay gives the text "signed in" without any answer."""

    request: Request
    path: tuple[str, ...]

    def __init__(self, request: Request, *path: str) -> None:
        object.__setattr__(self, "request", request)
        object.__setattr__(self, "path", path)

    def taken_from(self, reply: Response) -> str:
        """The credential. Raises `Unreachable`, which repeats nothing of the answer, where there is none."""
        try:
            value = reply.json(*self.path)
        except BadShape:
            value = None
        if not isinstance(value, str) or not value:
            raise Unreachable(f"{self.request.url} answered without {'.'.join(self.path)}: not signed in")
        return value


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that the person who runs this named in the configuration. The runtime reads it, capped like a reply."""

    path: str


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A look into a folder of one's own mailbox (IMAP). `Letters` come back; nothing there is changed or marked."""

    host: str
    user: str
    password: SecretStr
    port: int = 993
    security: Literal["tls", "starttls", "none"] = "tls"
    folder: str = "INBOX"
    validity: int = 0
    """The folder's UIDVALIDITY at the last look: with another one now, all uids are new and the look starts anew."""
    after: int = 0
    """Only letters with a greater uid."""
    most: int = 50
    """At most so many letters, the oldest first."""


@dataclass(frozen=True, slots=True)
class Letters:
    """What a `Mailbox` holds beyond the last look: (uid, whole message as sent) each, uids rising."""

    validity: int
    letters: tuple[tuple[int, bytes], ...]
    more: bool = False
    """There are further ones."""
    cut: frozenset[int] = frozenset()
    """Uids of those that are too long: only their beginning came."""


@dataclass(frozen=True, slots=True)
class Read:
    """Call `function(*args)` where it can be killed: a child process with limits of time and memory.

    For whatever could stall or swell: feed XML, foreign HTML. `function` is a module-level pure function; arguments
    and result are pickled. In a test it runs in place.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "args", args)

    def here(self) -> Any:
        """The result, read in this process."""
        return self.function(*self.args)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that somebody said, as the source gave it: plain text, no HTML; times aware, in UTC."""

    id: str
    """Stable within the source's scope, through edits."""
    text: str = ""
    title: str = ""
    url: str = ""
    author: str = ""
    published: datetime | None = None
    lang: str = ""
    """ISO 639-1 where the source states it."""
    rating: float | None = None
    rating_max: float | None = None
    rating_kind: RatingKind | None = None
    kind: MentionKind = "post"
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Small facts that only this source has (version, score, outlet …); JSON values."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Deleted at the source: what is stored of it is redacted, for good."""

    id: str
    is_told: bool = field(default=True, compare=False)
    """False where the service does not say so, and only leaves it out: an outage or a closed door looks the same. In a
    `Recheck` that is believed when it is so a second time, hours later; in a poll it is not."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Commit everything since the last checkpoint together with this cursor, in one transaction."""

    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad record among good ones, or a gap: reported with the source, never a reason to lose the rest."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Pause:
    """The service asks for rest: the next poll comes no sooner than this, whatever its interval."""

    seconds: float = 0.0
    host: bool = False
    """True where the whole host wants it (a `backoff`): no source of ours asks that host again before."""
    skip_hours: frozenset[int] = frozenset()
    """Hours of the day, UTC, in which not to ask."""
    skip_days: frozenset[int] = frozenset()
    """Days of the week, UTC, in which not to ask, as date.weekday() counts."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A window (a feed) that overlaps nothing of the last one: what lay between is lost. The gap is told, and it is
    asked sooner from now on."""

    why: str = "nothing in it was there at the last poll: what came and went in between is missing"


@dataclass(frozen=True, slots=True)
class Again:
    """This poll ends before it has everything (a long walk): the next one comes as soon as the pace allows."""

    now: bool = True
    """False where the rest waits for the usual time, because asking is dear. Who reads the past goes on at once."""


Step = Request | SignIn | LocalFile | Mailbox | Read | Item | Tombstone | Checkpoint | Problem | Pause | Missed | Again
Reading = Generator[Step, Any, Cursor | None]
"""Yields steps; receives the `Response` of a `Request` or `LocalFile`, the credential of a `SignIn`, the `Letters` of a
`Mailbox`, a `Read`'s result; returns the last cursor."""


PUSHED = 226
"""The status of what a feed's hub sent by itself: perhaps only a part of what there is (RFC 3229)."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole reply, decoded (gzip undone) and capped by the runtime."""

    status: int
    """2xx, or one of the request's `answers`; PUSHED for what nobody asked for."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    url: str
    """Where it finally came from, after redirects."""

    def text(self) -> str:
        """The body as text, by the charset of Content-Type, else UTF-8; damaged bytes are replaced."""
        declared = self.headers.get("content-type", "").partition("charset=")[2].split(";")[0].strip(" \"'")
        try:
            return self.body.decode(declared or "utf-8", errors="replace")
        except LookupError:
            return self.body.decode("utf-8", errors="replace")

    def json(self, *path: str) -> Any:
        """The body as JSON, and from it the value under `path`. Raises `BadShape` naming the place."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise BadShape("$", f"not JSON: {error}") from error
        for at, key in enumerate(path):
            if not isinstance(value, dict) or key not in value:
                raise BadShape("$." + ".".join(path[: at + 1]), "missing")
            value = value[key]
        return value


# What can go wrong with a whole source ----------------------------------------------------------------------------


class SourceError(Exception):
    """A source that could not be read this time. `title` is shown before the reason; `advice` says what to do."""

    title = "failed"
    advice = "It is tried again by itself, later and later while it fails."

    @property
    def kind(self) -> str:
        """Its stable name, for programs."""
        return type(self).__name__

    @property
    def words(self) -> str:
        """What a person is told: the kind of trouble and the reason."""
        return f"{self.title}: {self}"


class NeedsAuth(SourceError):
    """The service wants a credential, or refuses the one it got (401)."""

    title = "a credential is needed"
    advice = "Set or renew its credential in the configuration; where its kind takes none, it cannot be read."


class NotFound(SourceError):
    """Nothing is at this address (404)."""

    title = "not found"
    advice = "Look at the address or the file yourself; if it moved, change it in the configuration."


class Gone(SourceError):
    """The service says that this address is gone for good (410): the source is switched off."""

    title = "gone for good"
    advice = "Remove the source from the configuration, or give its new address."


class RateLimited(SourceError):
    """Asked too often (429, or 503 with Retry-After). `wait` is in seconds where the service named it."""

    title = "asked to wait"
    advice = "Nothing to do: it waits as long as the service asked."

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Blocked(SourceError):
    """Refused by the service (403), by robots.txt, or by this program's address guard."""

    title = "refused"
    advice = "The service does not want to be read by programs, or the address is private: see [network] allow."


class Unreachable(SourceError):
    """No usable answer: name not found, connection refused, too slow, 5xx, TLS failure."""

    title = "no usable answer"


class BadShape(SourceError):
    """An answer in a form that this source does not know, at `path`. The runtime keeps the body as evidence."""

    title = "not understood"
    advice = "The service may have changed its answers; look for a newer version, or report it with the kept reply."

    def __init__(self, path: str, why: str, advice: str = "") -> None:
        super().__init__(path, why)  # both, so that it can be pickled out of a child process
        self.path = path
        if advice:
            self.advice = advice
        self.evidence: Response | None = None
        """The last reply (its first 64 kB), filled in by the runtime."""

    def __str__(self) -> str:
        return f"{self.path}: {self.args[1]}" if self.path != "$" else str(self.args[1])


class Forged(SourceError):
    """A pushed message whose signature is missing, wrong, or too old: nothing of it is taken."""

    title = "not believed"
    advice = "Give the sender this source's secret, and check both clocks."


# The registry's entry ---------------------------------------------------------------------------------------------

Fetch = Callable[[Any, Cursor], Reading]
Accept = Callable[[Any, Mapping[str, str], bytes], Iterable[Item | Tombstone | Problem]]


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a stream is to be had, from the cursor on."""

    url: str
    """ws(s):// for a WebSocket, http(s):// for server-sent events."""
    headers: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    """From when on it was to begin. A first frame from much later means that the service no longer had the rest."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one frame of a stream holds, and the cursor that a new connection would go on from."""

    things: tuple[Item | Tombstone | Problem, ...] = ()
    cursor: Cursor | None = None
    """None where the service knows no way back: what comes while nobody is connected is lost, and the gap is told."""
    at: datetime | None = None
    """When it was sent, by the service's clock: it tells how far behind we are."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Other names of the items, by which the service may speak of them later: a `Tombstone` may hold such a name. The
    runtime remembers the last thousand."""


Connect = Callable[[Any, Cursor], Connection]
"""(configuration, cursor); `attempt` in the cursor counts the connections of this run that ended in trouble, so that
another host may be chosen."""
Decode = Callable[[Any, str], Decoded]
"""A frame as text: one WebSocket message, or the JSON {"event", "id", "data"} of a server-sent event."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is seen of a frame without reading it whole."""

    decoded: Decoded
    """What `decode` would give, but for its things."""
    told: str
    """The part of the frame, in its JSON, that the words of its item come from."""


Glance = Callable[[str], Glimpse | None]
"""None where nothing is sure. Only of frames that bring one new item at most, whose title, text and author are strings
of `told`, put together with white space and cut nowhere within their first 300 characters."""


@dataclass(frozen=True, slots=True)
class Recheck:
    """How to learn what became of what was stored: sources that oblige us to forget what was deleted there."""

    ask: Callable[[Any, Sequence[str]], Reading]
    """(configuration, ids): yields a `Tombstone` for each that is gone and an `Item` for each that can be read."""
    within: str
    """Everything stored is asked about once in this time: "1d", "25d"."""
    batch: int = 100
    """Ids asked about at once."""


@dataclass(frozen=True, slots=True)
class Source:
    """All that the program knows of one kind of source."""

    kind: str
    title: str
    Config: type[SourceConfig]
    fetch: Fetch | None
    """The generator, or None for a source that is only pushed to."""
    every: str
    """Default interval between polls: "90s", "5m", "1h", "1d"."""
    rate: str
    """Documented politeness toward one host: "1/2s" is one request every two seconds."""
    terms: str
    """What the service asks of those who read it, in a few words."""
    example: Mapping[str, Any]
    """A configuration that works; `check` and the documentation use it."""
    host: str = ""
    detect: tuple[str, ...] = ()
    """Regular expressions that know an address of this source (searched in a pasted URL)."""
    keeps: Keeps = "matches"
    product: bool = False
    """Its items speak of one product (reviews): with one brand of one's own, they are about that brand."""
    needs: str = ""
    """The credential without which it raises NeedsAuth, in a few words."""
    scope: Callable[[Any], str] | None = None
    """Within what ids are unique, from the configuration; None for the kind itself (ids global to the service)."""
    from_url: Callable[[str], Mapping[str, Any]] | None = None
    """A pasted URL (one that `detect` knows) to a configuration."""
    accept: Accept | None = None
    """For pushed sources: (config, headers in lower case, body) to items."""
    connect: Connect | None = None
    decode: Decode | None = None
    """For streams, both: where to connect, and what a frame holds."""
    glance: Glance | None = None
    """For streams of which most is nobody's concern."""
    cursor_at: Callable[[Any, datetime], Cursor] | None = None
    """The cursor from which polls read everything since that time; None where the service gives no past."""
    recheck: Recheck | None = None

    @property
    def is_pushed(self) -> bool:
        """It comes to us; to all others we go."""
        return self.accept is not None

    @property
    def is_stream(self) -> bool:
        """It is held open rather than polled."""
        return self.decode is not None

    def scope_of(self, config: SourceConfig) -> str:
        """The namespace of this source's ids: two configured sources with the same scope see the same mention once."""
        return self.scope(config) if self.scope else self.kind


F = TypeVar("F", bound=Callable[..., Any])
_ROLES = ("fetch", "accept", "decode")


def source(
    *,
    kind: str,
    title: str,
    every: str,
    terms: str,
    example: Mapping[str, Any],
    rate: str = "1/1s",
    host: str = "",
    detect: Iterable[str] = (),
    keeps: Keeps = "matches",
    product: bool = False,
    needs: str = "",
    scope: Callable[[Any], str] | None = None,
    from_url: Callable[[str], Mapping[str, Any]] | None = None,
    connect: Connect | None = None,
    glance: Glance | None = None,
    cursor_at: Callable[[Any, datetime], Cursor] | None = None,
    recheck: Recheck | None = None,
) -> Callable[[F], F]:
    """Declare the module's `fetch` generator (or `accept`, for a pushed source; `decode`, for a stream) as a source.

    The module must define `Config` first; the registry (`sources.load`) finds the declaration by the module's name.
    """

    def declare(function: F) -> F:
        namespace = function.__globals__
        roles = {role: function if role == function.__name__ else None for role in _ROLES}
        namespace["SOURCE"] = Source(
            kind=kind,
            title=title,
            Config=namespace["Config"],
            every=every,
            rate=rate,
            terms=terms,
            example=example,
            host=host,
            detect=tuple(detect),
            keeps=keeps,
            product=product,
            needs=needs,
            scope=scope,
            from_url=from_url,
            connect=connect,
            glance=glance,
            cursor_at=cursor_at,
            recheck=recheck,
            **roles,
        )
        return function

    return declare


Taken = Item | Tombstone | Checkpoint | Problem | Pause | Missed | Again


def replay(reading: Reading, replies: Iterable[Response | Letters]) -> Iterator[Taken]:
    """Run a source over recorded replies, in place: what it takes out of them, in order.

    Requests beyond the recorded replies end the run, as if the reply had not come. The generator's return value comes
    last, as a `Checkpoint`, where the source got that far.
    """
    waiting = iter(replies)
    answer: Any = None
    while True:
        try:
            step = reading.send(answer)
        except StopIteration as end:
            if end.value is not None:
                yield Checkpoint(end.value)
            return
        answer = None
        if isinstance(step, Request | LocalFile | Mailbox):
            answer = next(waiting, None)
            if answer is None:
                reading.close()
                return
            if isinstance(step, Mailbox) and isinstance(answer, Response):
                answer = Letters(1, ((1, answer.body),))  # a letter saved to a file
        elif isinstance(step, SignIn):
            answer = "signed in"
        elif isinstance(step, Read):
            answer = step.here()
        else:
            yield step
