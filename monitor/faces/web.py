"""What `overheard run` serves: digests, a search page, health, and the door for webhooks; else read-only."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitor import queries, searches
from monitor.app import Service
from monitor.digest.html import page as digest_page
from monitor.errors import StoreUnusable, TooSlow
from monitor.faces import listening
from monitor.faces.highlight import marked
from monitor.query.problem import QueryError
from sources.base import BadShape, Forged

PAGE = 50
MOST = 1_000
PUSHED_BYTES = 10 * 1024 * 1024

SERVICE: web.AppKey[Service] = web.AppKey("service", Service)

# Nothing from elsewhere, no script at all; the one style sheet of a page stands in it.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["marked"] = marked

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build(service: Service) -> web.Application:
    """The web application over a service that is at work."""
    app = web.Application(middlewares=[_guard], client_max_size=PUSHED_BYTES)
    app[SERVICE] = service
    app.add_routes(
        [
            web.get("/", home),
            web.get("/digests", archive),
            web.get(r"/digests/{id:\d{1,18}}", digest),
            web.get("/mentions", mentions),
            web.get("/sources", sources),
            web.get("/live", live),
            web.get("/ready", ready),
            web.post("/in/{token}", push),
            web.get("/websub/{token}", hub_asks),
            web.post("/websub/{token}", hub_pushes),
        ]
    )
    return app


@web.middleware
async def _guard(request: web.Request, handler: Handle) -> web.StreamResponse:
    """Only who asks for us by our own name is answered: a foreign page cannot rebind its name to us."""
    if not _ours(request.host, request.app[SERVICE].config.web.url, request.app[SERVICE].config.web.listen):
        raise web.HTTPForbidden(text="This is not the address this service is known by: see [web] url.")
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(HEADERS)
        raise
    response.headers.update(HEADERS)
    return response


def _ours(host: str, *known: str) -> bool:
    """Whether a Host header names this service: loopback, or a host of the configuration."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost" or name in {urlsplit(url if "//" in url else f"//{url}").hostname for url in known}:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _html(template: str, **values: Any) -> web.Response:
    return web.Response(text=_templates.get_template(template).render(**values), content_type="text/html")


async def home(request: web.Request) -> web.Response:
    """The newest digest, or what to expect until there is one."""
    service = request.app[SERVICE]
    newest = await service.store.read(queries.digests_archive, 1)
    if newest:
        raise web.HTTPFound(f"/digests/{newest[0].id}")
    health = await service.store.read(queries.sources_health, service.now())
    return _html("home.html", sources=health)


async def archive(request: web.Request) -> web.Response:
    """All digests, newest first."""
    return _html("digests.html", digests=await request.app[SERVICE].store.search(queries.digests_archive, MOST))


async def digest(request: web.Request) -> web.Response:
    """One digest as it was frozen."""
    service = request.app[SERVICE]
    found = await service.store.read(queries.digest, int(request.match_info["id"]))
    if found is None:
        raise web.HTTPNotFound(text="There is no digest of this number: see /digests.")
    return web.Response(text=digest_page(found.content, f"{request.scheme}://{request.host}"), content_type="text/html")


async def mentions(request: web.Request) -> web.Response:
    """What is stored and matches `q`: a page for people, JSON lines for programs (`format=jsonl`)."""
    service = request.app[SERVICE]
    query = request.query.get("q", "")
    most = min(max(_number(request.query.get("limit"), PAGE), 1), MOST)
    try:
        found = await service.store.search(searches.find, query, most)
    except QueryError as error:
        return _unanswered(request, query, most, str(error), 400)
    except TooSlow as error:
        return _unanswered(request, query, most, str(error), 503)
    if request.query.get("format") == "jsonl":
        text = "".join(searches.json_line(one) + "\n" for one in found)
        return web.Response(text=text, content_type="application/x-ndjson")
    return _html("mentions.html", query=query, found=found, error="", most=most)


async def sources(request: web.Request) -> web.Response:
    """How every source does, trouble first: a page for people, JSON lines for programs (`format=jsonl`)."""
    service = request.app[SERVICE]
    now = service.now()
    health = await service.store.read(queries.sources_health, now)
    try:
        days = await service.store.search(queries.sources_days, now)
    except TooSlow:
        days = {}  # the states are worth more than the picture
    rows = listening.rows(service.config.sources, health, now, days)
    if request.query.get("format") == "jsonl":
        text = "".join(json.dumps(listening.as_json(row), ensure_ascii=False) + "\n" for row in rows)
        return web.Response(text=text, content_type="application/x-ndjson")
    return _html("sources.html", rows=rows, summary=listening.summary(rows), words=listening.WORDS)


def _unanswered(request: web.Request, query: str, most: int, why: str, status: int) -> web.Response:
    if request.query.get("format") == "jsonl":
        return web.Response(text=why, status=status)
    page = _html("mentions.html", query=query, found=[], error=why, most=most)
    page.set_status(status)
    return page


async def live(request: web.Request) -> web.Response:
    """The process answers."""
    return web.json_response({"live": True})


async def ready(request: web.Request) -> web.Response:
    """The store answers too; 503 when it does not. Scoring that rests is told and is no failure."""
    service = request.app[SERVICE]
    try:
        waiting = await service.store.read(queries.waiting)
    except StoreUnusable as error:
        return web.json_response({"ready": False, "why": str(error)}, status=503)
    return web.json_response({"ready": True, "unscored": waiting, "scoring": service.judging.why or "on"})


async def push(request: web.Request) -> web.Response:
    """Take mentions that another program pushes in: stored when this answers 202."""
    _no_browser(request)
    service = request.app[SERVICE]
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        pushed = await service.push(request.match_info["token"], headers, await request.read())
    except KeyError:
        raise web.HTTPNotFound(
            text='No webhook source has this token: see kind = "webhook" in the configuration.'
        ) from None
    except Forged as error:
        raise web.HTTPUnauthorized(text=str(error)) from error
    except BadShape as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    return web.json_response(pushed, status=202)


async def hub_asks(request: web.Request) -> web.Response:
    """A feed's hub asks whether it was us who asked it; its challenge comes back where it was."""
    _no_browser(request)
    answer = await request.app[SERVICE].hubs.challenged(request.match_info["token"], request.query)
    if answer is None:
        raise web.HTTPNotFound(text="Nothing was asked of a hub that this would answer.")
    return web.Response(text=answer)


async def hub_pushes(request: web.Request) -> web.Response:
    """A feed's hub sends what is new. It learns nothing of whether it was believed."""
    _no_browser(request)
    hubs = request.app[SERVICE].hubs
    hub = await hubs.awaits(request.match_info["token"])
    if hub is None:
        raise web.HTTPGone(text="Nothing is wanted here any more.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        async with hubs.reading(hub):
            body = await request.read()
    except TimeoutError:
        raise web.HTTPServiceUnavailable(text="Slower, please.", headers={"Retry-After": "60"}) from None
    await hubs.pushed(hub, headers, body)
    return web.Response(status=202)


def _no_browser(request: web.Request) -> None:
    if request.headers.get("Origin") or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise web.HTTPForbidden(text="Browsers may not push mentions in.")


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else otherwise
