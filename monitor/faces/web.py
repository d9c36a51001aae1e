"""What `overheard run` serves: digests, a search page, health, and the door for webhooks; else read-only."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from monitor import queries
from monitor.app import Service
from monitor.digest.html import page as digest_page
from monitor.errors import StoreUnusable, TooSlow
from monitor.faces import feed, listening, web_search
from monitor.faces.pages import HEADERS, SERVICE, html
from sources.base import BadShape, Forged

MOST = 1_000
FEED_ENTRIES = 20
PUSHED_BYTES = 10 * 1024 * 1024

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
            web.get("/told.atom", told),
            web.get("/sources", sources),
            web.get("/live", live),
            web.get("/ready", ready),
            web.post("/in/{token}", push),
            web.get("/websub/{token}", hub_asks),
            web.post("/websub/{token}", hub_pushes),
        ]
    )
    web_search.add_to(app)
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


async def home(request: web.Request) -> web.Response:
    """The newest digest, or what to expect until there is one."""
    service = request.app[SERVICE]
    newest = await service.store.read(queries.digests_archive, 1)
    if newest:
        raise web.HTTPFound(f"/digests/{newest[0].id}")
    health = await service.store.read(queries.sources_health, service.now())
    return html("home.html", sources=health)


async def archive(request: web.Request) -> web.Response:
    """All digests, newest first."""
    return html("digests.html", digests=await request.app[SERVICE].store.search(queries.digests_archive, MOST))


async def told(request: web.Request) -> web.Response:
    """Digests and alerts, newest first, for readers of feeds."""
    service, base = request.app[SERVICE], f"{request.scheme}://{request.host}"
    news = await service.store.search(queries.news, FEED_ENTRIES)
    here = feed.Feed(
        "Digests and alerts · overheard", f"{base}/told.atom", f"{base}/digests", service.config.web.url, service.now()
    )
    return web.Response(body=feed.atom_of_news(here, news, base), content_type=feed.MEDIA_TYPE, charset="utf-8")


async def digest(request: web.Request) -> web.Response:
    """One digest as it was frozen."""
    service = request.app[SERVICE]
    found = await service.store.read(queries.digest, int(request.match_info["id"]))
    if found is None:
        raise web.HTTPNotFound(text="There is no digest of this number: see /digests.")
    return web.Response(text=digest_page(found.content, f"{request.scheme}://{request.host}"), content_type="text/html")


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
    return html("sources.html", rows=rows, summary=listening.summary(rows), words=listening.WORDS)


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
