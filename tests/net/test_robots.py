"""robots.txt is asked before pages made for people, once a day, and its own trouble is treated as usual."""

from __future__ import annotations

import time
from typing import Any

import pytest
from aiohttp import web

from monitor.net.http import Net
from sources.base import Blocked, Get, RateLimited, Unreachable

FAST = "1000/1s"


class Site:
    """A site with a robots.txt."""

    def __init__(self, status: int = 200, robots: str = "") -> None:
        self.status, self.robots, self.asked = status, robots, []  # type: ignore[var-annotated]

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path == "/robots.txt":
            return web.Response(status=self.status, text=self.robots)
        return web.Response(text="a page")

    async def serve(self, loopback: Any) -> str:
        return await loopback({"/{path:.*}": self.answer})


RULES = """
User-agent: *
Disallow: /private
User-agent: overheard
Disallow: /reviews/*/edit
Allow: /reviews
"""


async def test_what_robots_txt_closes_is_not_read(net: Net, loopback: Any) -> None:
    site = Site(robots=RULES)
    base = await site.serve(loopback)
    await net.fetch(Get(f"{base}/reviews/7", page=True), rate=FAST)
    with pytest.raises(Blocked, match=r"robots\.txt"):
        await net.fetch(Get(f"{base}/reviews/7/edit", page=True), rate=FAST)
    assert site.asked == ["/robots.txt", "/reviews/7"]


async def test_feeds_and_interfaces_for_programs_are_read_without_asking(net: Net, loopback: Any) -> None:
    site = Site(robots="User-agent: *\nDisallow: /")
    base = await site.serve(loopback)
    await net.fetch(Get(f"{base}/feed.xml"), rate=FAST)
    assert site.asked == ["/feed.xml"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_a_site_without_robots_txt_is_open(net: Net, loopback: Any, status: int) -> None:
    base = await Site(status=status).serve(loopback)
    assert (await net.fetch(Get(f"{base}/reviews", page=True), rate=FAST)).response.body == b"a page"


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_site_whose_robots_txt_fails_is_left_alone_for_now(net: Net, loopback: Any, status: int) -> None:
    site = Site(status=status)
    base = await site.serve(loopback)
    for _ in range(2):
        with pytest.raises(Unreachable, match="must be read first"):
            await net.fetch(Get(f"{base}/reviews", page=True), rate=FAST)
    assert site.asked == ["/robots.txt"]


async def test_a_redirect_does_not_lead_around_robots_txt(net: Net, loopback: Any) -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"{closed}/reviews"})

    site = Site(robots="User-agent: *\nDisallow: /")
    closed = await site.serve(loopback)
    base = await loopback({"/reviews": away})
    with pytest.raises(Blocked):
        await net.fetch(Get(f"{base}/reviews", page=True), rate=FAST)
    assert site.asked == ["/robots.txt"]


async def test_an_endless_robots_txt_is_read_as_far_as_its_cap(net: Net, loopback: Any) -> None:
    site = Site(robots="User-agent: *\nDisallow: /a\n" + "#" * 2_000_000 + "\nDisallow: /b\n")
    base = await site.serve(loopback)
    with pytest.raises(Blocked):
        await net.fetch(Get(f"{base}/a", page=True), rate=FAST)
    assert (await net.fetch(Get(f"{base}/b", page=True), rate=FAST)).response.status == 200


async def test_a_pause_that_the_host_wants_holds_for_its_robots_txt_too(net: Net, loopback: Any) -> None:
    async def busy(request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "30"})

    base = await loopback({"/{path:.*}": busy})
    with pytest.raises(RateLimited):
        await net.fetch(Get(f"{base}/feed"), rate=FAST)
    with pytest.raises(RateLimited):
        await net.fetch(Get(f"{base}/page", page=True), rate=FAST)


async def test_the_pace_that_robots_txt_asks_for_is_kept(net: Net, loopback: Any) -> None:
    site = Site(robots="User-agent: *\nCrawl-delay: 0.5\n")
    url = await loopback({"/{path:.*}": site.answer})
    began = time.monotonic()
    for path in ("reviews/1", "reviews/2"):
        await net.fetch(Get(f"{url}/{path}", page=True), rate=FAST)
    assert time.monotonic() - began >= 0.49
    assert site.asked == ["/robots.txt", "/reviews/1", "/reviews/2"]
