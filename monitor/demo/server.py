"""A real HTTP server on loopback that answers for the invented world in the true formats, with one failure."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from aiohttp import web

from monitor.demo.feeds import feeds
from monitor.demo.services import STOREFRONTS, customer_reviews, search_by_date
from monitor.demo.world import World

BROKEN_FEED = "/feeds/gadgetwire.xml"
"""Answers 500, always: a digest must say honestly that it could not listen there."""

HOSTS = 13
"""How many sources of the demonstration are asked over HTTP."""


def demo_app(world: World, now: Callable[[], datetime] | None = None) -> web.Application:
    """The application: /feeds/NAME, /hn/api/v1/search_by_date, /appstore/COUNTRY/rss/customerreviews/…

    With `now` it answers what was said by then, else the whole month.
    """
    whole = feeds(world)

    def known() -> World:
        return world.at(now()) if now else world

    async def feed(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        documents = feeds(known()) if now else whole
        if name not in documents:
            raise web.HTTPNotFound(text=f"no feed {name}; there are: {', '.join(documents)}")
        content_type, body = documents[name]
        return _unless_known(request, web.Response(body=body, content_type=content_type, charset="utf-8"), body)

    async def broken(request: web.Request) -> web.Response:
        raise web.HTTPInternalServerError(text="Gadget Wire is down. This is part of the demonstration.")

    async def hackernews(request: web.Request) -> web.Response:
        return web.json_response(search_by_date(known(), request.query))

    async def appstore(request: web.Request) -> web.Response:
        country = request.match_info["country"]
        answer = customer_reviews(known(), country, request.match_info["asked"]) if country in STOREFRONTS else None
        if answer is None:
            raise web.HTTPNotFound(text="no such review feed")
        return web.json_response(answer, content_type="text/javascript")

    app = web.Application()
    app.router.add_get(BROKEN_FEED, broken)
    app.router.add_get("/feeds/{name}", feed)
    app.router.add_get("/hn/api/v1/search_by_date", hackernews)
    app.router.add_get("/appstore/{country}/rss/customerreviews/{asked:.+}", appstore)
    return app


@asynccontextmanager
async def serving(
    world: World, hosts: int = HOSTS, now: Callable[[], datetime] | None = None
) -> AsyncIterator[list[str]]:
    """Serves the world on loopback while the block runs; gives the base URLs, such as http://127.0.0.1:40123.
    With `now` it is served as it was known then.

    All of them serve everything. Real services are hosts of their own, and a polite collector asks each of them slowly:
    with a port for each source, the demonstration need not wait where real use would not either.
    """
    runner = web.AppRunner(demo_app(world, now), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        for _ in range(hosts):
            await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield [f"http://127.0.0.1:{address[1]}" for address in runner.addresses]
    finally:
        await runner.cleanup()


def _unless_known(request: web.Request, response: web.Response, body: bytes) -> web.Response:
    """The response with its ETag, or 304 without a body when the asker has this version already."""
    version = hashlib.sha256(body).hexdigest()[:16]
    asked = request.if_none_match or ()
    if any(etag.value in ("*", version) for etag in asked):
        response = web.Response(status=304)
    response.etag = version
    return response
