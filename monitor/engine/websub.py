"""News as it comes: a feed that names a hub (WebSub) is subscribed to, and polled more rarely while the hub keeps word.

    offered    a poll found a hub and a topic in the feed          store/hubs.py, written with the poll's verdict
    asked      `tick`: the hub gets our address and a secret       POST hub.mode=subscribe
    verified   the hub asks whether it was us: `challenged`        GET, answered only for what we asked for
    pushed     the hub sends what is new: `pushed`                 POST, signed; taken as a poll would
    renewed    `tick`, before the promise ends; else it lapses, and the source is polled as before

Nothing depends on a hub. It was named by a stranger, so it is reached through the same guard, and inside our own
network only where the configuration names it. What it sends is believed only with the signature agreed on; what is
signed too weakly, or is no feed, is a reason to poll soon and no more. A hub is relied on once it has pushed, until a
poll finds that the feed has changed without a push.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlencode

import structlog
from yarl import URL

from monitor.net.guard import Allowed, plain, special
from monitor.pipeline import Taken
from monitor.store import hubs
from monitor.store.engine import Store
from monitor.store.hubs import Hub
from sources.base import (
    PUSHED,
    Blocked,
    Gone,
    NeedsAuth,
    NotFound,
    Post,
    RateLimited,
    Request,
    Response,
    SourceError,
)

PATH = "/websub/"
LEASE, SHORTEST_LEASE, LONGEST_LEASE = timedelta(days=10), timedelta(minutes=1), timedelta(days=366)
RENEWED_AT = 0.8
"""Of a lease: then it is asked for again."""
FIRST_AGAIN, LAST_AGAIN = timedelta(minutes=10), timedelta(days=2)
"""A hub that does not come back to us is asked again after so long, twice as long each time."""
REFUSED_AGAIN = timedelta(days=5)
UNREACHED_AGAIN = timedelta(hours=1)
LAST_WORD = timedelta(days=1)
"""So long a hub has to notice that we want no more."""
FORGED_MOST = 3
PENDING_MOST, PENDING_BYTES = 4, 32 * 1024 * 1024
"""Pushes that wait to be taken: of one source, and of all together. With more, the source is polled instead."""
READ_AT_ONCE, READ_WITHIN = 2, 30.0
"""Bodies of one hub that are read at a time, and seconds that one may take."""
LONGEST_CHALLENGE = 2_000
_STRANGER = "https://stranger.invalid/"
"""Who names a hub: whatever address the feed itself has, nobody that could send us inside."""

_METHODS = frozenset({"sha256", "sha384", "sha512"})
# Some of the oldest and largest hubs sign with it to this day: enough to make us look, not to make us believe.
_WEAK_METHOD = "sha1"
_SIGNED = re.compile(r"\s*(\w+)\s*=\s*([0-9A-Fa-f]{40,128})\s*")
_INSIDE = re.compile(r"(?:.*\.)?(?:localhost|local|lan|internal|intranet|home\.arpa|test|example|invalid)|[^.]*")
_FINAL = (NeedsAuth, Blocked, NotFound, Gone)

log = structlog.get_logger()


class Net(Protocol):
    """Fetches: `monitor.net.http.Net`."""

    async def fetch(self, request: Request, *, rate: str = ..., named_by: str = ...) -> Fetched: ...


class Fetched(Protocol):
    """A reply that is held until it is put down."""

    @property
    def put_down(self) -> Callable[[], None]: ...


class Taker(Protocol):
    """Takes a reply that nobody asked for: `monitor.engine.collecting.Collector`."""

    async def take_in(self, name: str, reply: Response) -> Taken | None: ...


class Hubs:
    """Asks hubs, answers them, and takes what they send. What was agreed stands in the rows."""

    def __init__(
        self, store: Store, net: Net, taker: Taker, url: Callable[[], str], allowed: Allowed,
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        """`url` is how we are reached from outside."""
        self.store, self.net, self.taker, self.url, self.allowed, self.now = store, net, taker, url, allowed, now
        self._taking: dict[asyncio.Task[None], tuple[str, int]] = {}
        """To the source, and how many bytes."""
        self._reading: Counter[str] = Counter()

    # What is due -----------------------------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Let go what is not wanted or not kept up, and ask the hubs whose time has come."""
        now, store = self.now(), self.store
        for hub in await store.read(hubs.unwanted):
            await store.write(hubs.leave, hub.token, now)
        for hub in await store.read(hubs.lapsed, now):
            log.warning("a hub's promise has ended: the source is polled as before", source=hub.source)
            again = now + _wait(hub.failures)
            error = "the subscription ended before it was renewed"
            await store.write(hubs.end, hub.token, now, state="asked", next_try=again, error=error)
        for hub in await store.read(hubs.elsewhere, f"{self.url()}{PATH}"):
            if self.reaches(hub.hub):
                await store.write(
                    hubs.end, hub.token, now, state="asked", next_try=now, error="our address has changed"
                )
            else:
                await store.write(hubs.leave, hub.token, now)
        await asyncio.gather(*(self._next(hub) for hub in await store.read(hubs.due, now)))

    async def catch_up(self) -> None:
        """After a start: what was pushed while nobody listened is polled for."""
        await self.store.write(hubs.catch_up, self.now())

    async def stop(self, within: float) -> None:
        """Let what is being taken end for so many seconds; what is cut off is there at the next poll."""
        if self._taking:
            _, late = await asyncio.wait(list(self._taking), timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def reaches(self, hub: str) -> bool:
        """Whether this hub could reach us: at a public address, or as one of our own network that is named as such."""
        return is_public(self.url()) or self._is_ours(hub)

    def _is_ours(self, hub: str) -> bool:
        """Whether the configuration names this very host: a network that it lies in, which feeds may be in, is not
        enough for what a feed sends us to."""
        try:
            there = URL(hub)
        except ValueError:
            return False
        return self.allowed.singles_out(there.host or "", there.port or 0)

    async def _next(self, hub: Hub) -> None:
        if hub.state == "left":
            await self._unsubscribe(hub)
        elif not self.reaches(hub.hub):
            await self.store.write(hubs.put_off, hub.token, self.now() + UNREACHED_AGAIN)
        else:
            await self._subscribe(hub)

    async def _subscribe(self, hub: Hub) -> None:
        now = self.now()
        callback = f"{self.url()}{PATH}{hub.token}"
        again = now + _wait(hub.failures)
        # Before it is asked: it may come back to us before it has answered.
        await self.store.write(hubs.asking, hub.token, callback, now, again)
        try:
            await self._ask(
                hub, "subscribe", callback, {"hub.secret": hub.secret, "hub.lease_seconds": _seconds(LEASE)}
            )
        except SourceError as error:
            log.warning("hub not subscribed to", source=hub.source, error=error.words)
            known = await self.store.read(hubs.by_token, hub.token)
            if known is None or known.next_try != again:
                return  # it came back to us all the same
            if isinstance(error, _FINAL) and not hub.is_on(now):
                await self._refused(hub, error.words)
            else:
                wait = timedelta(seconds=error.wait or 0) if isinstance(error, RateLimited) else timedelta(0)
                await self.store.write(hubs.put_off, hub.token, max(again, now + wait), error.words)

    async def _unsubscribe(self, hub: Hub) -> None:
        now = self.now()
        if hub.failures:
            await self.store.write(hubs.forget, hub.token)
            return
        await self.store.write(hubs.asking, hub.token, hub.callback, now, now + LAST_WORD)
        try:
            await self._ask(hub, "unsubscribe", hub.callback, {})
        except SourceError as error:
            log.info("hub not told that its news is not wanted any more", source=hub.source, error=error.words)

    async def _ask(self, hub: Hub, mode: str, callback: str, more: Mapping[str, str]) -> None:
        form = {"hub.mode": mode, "hub.topic": hub.topic, "hub.callback": callback, **more}
        request = Post(hub.hub, urlencode(form).encode(), "application/x-www-form-urlencoded")
        reply = await self.net.fetch(request, rate="1/2s", named_by="" if self._is_ours(hub.hub) else _STRANGER)
        reply.put_down()

    # What hubs say ---------------------------------------------------------------------------------------------------

    async def challenged(self, token: str, query: Mapping[str, str]) -> str | None:
        """What to answer a hub that asks whether it was us who asked it; None where it was not."""
        now = self.now()
        hub = await self.store.read(hubs.by_token, token)
        if hub is None or not hub.callback or query.get("hub.topic") != hub.topic:
            return None
        challenge = query.get("hub.challenge", "")[: LONGEST_CHALLENGE + 1]
        match query.get("hub.mode"):
            case "denied" if hub.state in ("asked", "subscribed"):
                reason = " ".join(query.get("hub.reason", "").split())[:300]
                await self._refused(hub, f"the hub refuses: {reason}" if reason else "the hub refuses")
                return ""
            case "subscribe" if hub.state in ("asked", "subscribed") and hub.wanted and _is_sound(challenge):
                lease = _lease(query.get("hub.lease_seconds", ""))
                renew = max(now + lease * RENEWED_AT, now + SHORTEST_LEASE)
                await self.store.write(hubs.verified, token, until=now + lease, renew=renew)
                return challenge
            case "unsubscribe" if hub.state == "left" and _is_sound(challenge):
                await self.store.write(hubs.forget, token)
                return challenge
        return None

    async def awaits(self, token: str) -> Hub | None:
        """The hub that may push with this token, so that nobody else's body is ever read."""
        hub = await self.store.read(hubs.by_token, token)
        awaited = hub is not None and hub.callback and hub.wanted and hub.state in ("asked", "subscribed")
        return hub if awaited else None

    @asynccontextmanager
    async def reading(self, hub: Hub) -> AsyncIterator[None]:
        """While a body of this hub is read. Raises TimeoutError when that takes too long, or is too much at once."""
        if self._reading[hub.token] >= READ_AT_ONCE:
            raise TimeoutError
        self._reading[hub.token] += 1
        try:
            async with asyncio.timeout(READ_WITHIN):
                yield
        finally:
            self._reading[hub.token] -= 1
            if not self._reading[hub.token]:
                del self._reading[hub.token]

    async def pushed(self, hub: Hub, headers: Mapping[str, str], body: bytes) -> None:
        """Take what a hub sent, soon. Nothing tells the sender whether it was believed. `headers` in lower case."""
        now = self.now()
        method = signed_by(hub.secret, headers.get("x-hub-signature", ""), body)
        if method is None:
            times = await self.store.write(hubs.forged, hub.token)
            log.warning("a push was not signed as agreed, and nothing of it is taken", source=hub.source, times=times)
            if times >= FORGED_MOST:
                await self._refused(hub, f"the last {times} pushes were not signed as agreed")
            return
        fingerprint = hashlib.sha256(body).hexdigest()[:24]
        if await self.store.read(hubs.was_pushed, hub.token, fingerprint, now):
            return
        if method not in _METHODS or not self._has_room(hub, body):
            await self._poll_instead(hub)
            return
        said = {name: headers[name] for name in ("content-type", "link") if name in headers}
        reply = Response(PUSHED, said, body, hub.topic)
        task = asyncio.create_task(self._take(hub, reply, fingerprint), name=f"push {hub.source}")
        self._taking[task] = (hub.source, len(body))
        task.add_done_callback(self._taking.pop)

    def _has_room(self, hub: Hub, body: bytes) -> bool:
        waiting = list(self._taking.values())
        of_it = sum(source == hub.source for source, _ in waiting)
        return of_it < PENDING_MOST and sum(size for _, size in waiting) + len(body) <= PENDING_BYTES

    async def _take(self, hub: Hub, reply: Response, fingerprint: str) -> None:
        try:
            taken = await self.taker.take_in(hub.source, reply)
        except SourceError as error:
            log.info("a push was of no use: the source is polled instead", source=hub.source, error=error.words)
            await self._poll_instead(hub)
        except Exception:
            # Whatever a pushed document sets off must not end the service; the poll that follows says what is wrong.
            log.exception("a push failed unexpectedly", source=hub.source)
            await self._poll_instead(hub)
        else:
            if taken is not None:
                await self.store.write(hubs.pushed, hub.token, self.now(), fingerprint)

    async def _poll_instead(self, hub: Hub) -> None:
        now = self.now()
        await self.store.write(hubs.pushed, hub.token, now)
        await self.store.write(hubs.hasten, hub.source, now)

    async def _refused(self, hub: Hub, why: str) -> None:
        now = self.now()
        log.warning("hub not used", source=hub.source, why=why)
        await self.store.write(hubs.end, hub.token, now, state="refused", next_try=now + REFUSED_AGAIN, error=why)


def is_public(url: str) -> bool:
    """Whether others can reach this address, as far as it can be read off."""
    try:
        host = plain(URL(url).host or "")
    except ValueError:
        return False
    try:
        return not special(ip_address(host))
    except ValueError:
        return not _INSIDE.fullmatch(host)


def signed_by(secret: str, signature: str, body: bytes) -> str | None:
    """The method (sha1, sha256 …) of a right `X-Hub-Signature`; None for a wrong or missing one."""
    found = _SIGNED.fullmatch(signature)
    method = found[1].lower() if found else ""
    if found is None or method not in _METHODS | {_WEAK_METHOD}:
        return None
    expected = hmac.new(secret.encode(), body, method).hexdigest()
    return method if hmac.compare_digest(expected, found[2].lower()) else None


def _wait(failures: int) -> timedelta:
    return min(FIRST_AGAIN * 2 ** min(failures, 20), LAST_AGAIN)


def _lease(written: str) -> timedelta:
    seconds = int(written) if re.fullmatch(r"[0-9]{1,12}", written) else _whole(LEASE)
    return min(max(timedelta(seconds=seconds), SHORTEST_LEASE), LONGEST_LEASE)


def _whole(time: timedelta) -> int:
    return int(time.total_seconds())


def _seconds(time: timedelta) -> str:
    return str(_whole(time))


def _is_sound(challenge: str) -> bool:
    return 0 < len(challenge) <= LONGEST_CHALLENGE
