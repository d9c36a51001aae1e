"""The pages of a search: what is found for people, the same as a feed, and all of it as a file."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from monitor import searches
from monitor.app import Service
from monitor.errors import Refused, TooSlow
from monitor.faces import exports, feed, search_page
from monitor.faces.pages import HEADERS, SERVICE, html
from monitor.faces.searching import Typed, asked, by_facets, fixed, found_by, head, notes, nothing_found, unscored, zone
from monitor.searches import SORTS, Page, Search
from monitor.store import brands, saved
from monitor.store.saved import Saved

MOST = 1_000
FEED_ENTRIES = 50
EXPORTS_AT_ONCE = 2
STALLED_AFTER = 60.0
"""Seconds in which whoever fetches a file may take nothing of it: the database is read for them meanwhile."""

AT_ONCE = 64 * 1024
"""Bytes that are sent at once."""

EXPORTING: web.AppKey[asyncio.Semaphore] = web.AppKey("exporting", asyncio.Semaphore)


def add_to(app: web.Application) -> None:
    """The pages of this module."""
    app[EXPORTING] = asyncio.Semaphore(EXPORTS_AT_ONCE)
    app.add_routes(
        [
            web.get("/mentions", page),
            web.get("/mentions.atom", atom),
            web.get(rf"/mentions.{{form:{'|'.join(exports.FORMATS)}}}", export),
            web.get(r"/searches/{name:.+}.atom", saved_atom),
        ]
    )


def _typed(request: web.Request) -> Typed:
    given = request.query
    limit = given.get("limit", "")
    number = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 9 else search_page.PAGE
    return Typed(
        query=given.get("q", "").strip(),
        brand=given.get("brand", ""),
        since=given.get("since", ""),
        until=given.get("until", ""),
        sort=given.get("sort", ""),
        limit=min(max(number, 1), MOST),
        cursor=given.get("cursor", ""),
    )


def _asked(service: Service, typed: Typed) -> Search:
    return asked(typed, service.now().replace(microsecond=0), zone(service.config, typed.brand))


# ---- the page --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands on the page whatever is found."""

    brands: tuple[str, ...]
    saved: tuple[Saved, ...]


async def page(request: web.Request) -> web.Response:
    """What is stored and matches: a page for people, JSON lines for programs (`format=jsonl`)."""
    service, typed = request.app[SERVICE], _typed(request)
    try:
        search = _asked(service, typed)
        if request.query.get("format") == "jsonl":
            return _lines(typed, search, await service.store.search(searches.search, search))
        same = fixed(typed, search)
        answer = await service.store.search(_answered, same, search)
        return _shown(service, typed, same, answer, await service.store.read(_around))
    except Refused as error:
        return await _unanswered(request, typed, str(error), 400)
    except TooSlow as error:
        return await _unanswered(request, typed, str(error), 503)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one search comes to."""

    page: Page
    head: str
    facets: tuple[search_page.Facet, ...]
    days: search_page.Days | None
    said: tuple[str, ...]
    widened: Search | None
    """Where nothing is found: the search without what keeps the most away."""


def _answered(connection: Connection, typed: Typed, search: Search) -> _Answer:
    """Also what is drawn of it: a query of thousands of words takes its time to be taken apart."""
    found = searches.search(connection, search)
    facets = by_facets(connection, search, len(found.found), search_page.MOST_VALUES)
    nothing, widened = ("", None) if found.found else nothing_found(connection, search)
    said = (nothing, found.note if found.found else "", facets.note, unscored(connection, search), *notes(search.query))
    return _Answer(
        page=found,
        head=head(facets.total, len(found.found), search) if found.found else "",
        facets=tuple(search_page.facet_links(typed, facets)),
        days=search_page.days_drawn(typed, facets),
        said=tuple(filter(None, said)),
        widened=widened,
    )


def _around(connection: Connection) -> _Around:
    return _Around(tuple(sorted(brands.names(connection).values())), saved.listed(connection))


def _shown(service: Service, typed: Typed, same: Typed, answer: _Answer, around: _Around) -> web.Response:
    """`same`: what was typed, in words that mean the same tomorrow."""
    first, found = replace(same, cursor=""), answer.page
    return html(
        "mentions.html",
        typed=typed,
        error="",
        head=answer.head,
        said=answer.said,
        widened=_widened(first, answer.widened) if answer.widened else "",
        found=found.found,
        facets=answer.facets,
        days=answer.days,
        following=search_page.address(replace(same, cursor=found.next)) if found.next else "",
        newest=search_page.address(first) if typed.cursor else "",
        files={form: search_page.address(first, f".{form}") for form in exports.FORMATS},
        feed=search_page.address(replace(typed, cursor=""), ".atom"),
        zone=zone(service.config, typed.brand).key,
        **_beside(around),
    )


def _widened(typed: Typed, without: Search) -> str:
    typed = replace(typed, query=without.query, brand=without.brand)
    if not (without.since or without.until):
        typed = replace(typed, since="", until="")
    return search_page.address(typed)


def _beside(around: _Around) -> dict[str, Any]:
    kept = [(one.name, search_page.of_saved(one)) for one in around.saved]
    return {"brands": around.brands, "sorts": SORTS, "saved": kept}


async def _unanswered(request: web.Request, typed: Typed, why: str, status: int) -> web.Response:
    if request.query.get("format") == "jsonl":
        return web.Response(text=why, status=status)
    service = request.app[SERVICE]
    around = await service.store.read(_around)
    nothing: dict[str, Any] = dict.fromkeys(("head", "following", "newest", "widened", "feed"), "")
    nothing |= dict.fromkeys(("said", "found", "facets", "files"), ()) | {"days": None}
    where = zone(service.config, typed.brand).key
    return html("mentions.html", status, typed=typed, error=why, zone=where, **nothing, **_beside(around))


def _lines(typed: Typed, search: Search, found: Page) -> web.Response:
    text = "".join(searches.json_line(one) + "\n" for one in found.found)
    answer = web.Response(text=text, content_type="application/x-ndjson")
    if found.next:
        following = search_page.address(replace(fixed(typed, search), cursor=found.next))
        answer.headers["Link"] = f'<{following}&format=jsonl>; rel="next"'
    return answer


# ---- feeds -----------------------------------------------------------------------------------------------------------


async def atom(request: web.Request) -> web.Response:
    """The newest that match, for readers of feeds."""
    typed = _typed(request)
    return await _feed(request, typed, typed.query or "All mentions")


async def saved_atom(request: web.Request) -> web.Response:
    """The newest of a saved search, for readers of feeds."""
    name = request.match_info["name"]
    try:
        typed = await request.app[SERVICE].store.read(lambda connection: found_by(name, Typed(), connection))
    except Refused as error:
        raise web.HTTPNotFound(text=str(error)) from error
    return await _feed(request, typed, name)


async def _feed(request: web.Request, typed: Typed, title: str) -> web.Response:
    service = request.app[SERVICE]
    try:
        search = replace(_asked(service, typed), sort="newest", limit=FEED_ENTRIES, cursor="")
        found = await service.store.search(searches.search, search)
    except Refused as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    except TooSlow as error:
        raise web.HTTPServiceUnavailable(text=str(error)) from error
    base = f"{request.scheme}://{request.host}"
    here = feed.Feed(
        title=f"{title} · overheard",
        address=f"{base}{request.rel_url}",
        page=base + search_page.address(typed),
        site=service.config.web.url,
        now=service.now(),
    )
    return web.Response(body=feed.atom(here, found.found), content_type=feed.MEDIA_TYPE, charset="utf-8")


# ---- files -----------------------------------------------------------------------------------------------------------


async def export(request: web.Request) -> web.StreamResponse:
    """All that matches as a file, sent as it is written."""
    service, form = request.app[SERVICE], request.match_info["form"]
    name = f"mentions-{service.now():%Y-%m-%d}.{form}"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    headers["Content-Type"] = exports.FORMATS[form].media_type
    answer = web.StreamResponse(headers=headers)
    sink = _Sink(request, answer, asyncio.get_running_loop())
    try:
        search = _asked(service, _typed(request))
        async with request.app[EXPORTING]:
            await asyncio.to_thread(service.store.reading, _write, search, form, sink)
    except Refused as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    except (ConnectionError, TimeoutError):  # whoever asked has gone, or takes nothing more
        if request.transport is not None:
            request.transport.abort()
        return answer
    await answer.write_eof()
    return answer


def _write(connection: Connection, search: Search, form: str, sink: _Sink) -> None:
    exports.write(form, searches.everything(connection, search), sink)
    sink.send()


class _Sink(io.RawIOBase):
    """A file that another thread writes into and that goes to whoever asked, no faster than they take it."""

    def __init__(self, request: web.Request, answer: web.StreamResponse, loop: asyncio.AbstractEventLoop) -> None:
        self._request, self._answer, self._loop = request, answer, loop
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        if len(self._held) >= AT_ONCE:
            self.send()
        return len(data)

    def send(self) -> None:
        """Send on what is held."""
        piece = bytes(self._held)
        self._held.clear()
        asyncio.run_coroutine_threadsafe(self._send(piece), self._loop).result(STALLED_AFTER)

    async def _send(self, piece: bytes) -> None:
        if not self._answer.prepared:  # an error before the first byte is still told as one
            await self._answer.prepare(self._request)
        await self._answer.write(piece)
