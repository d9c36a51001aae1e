"""Redirects: followed a little, judged each time, and never with what was meant for another host."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from monitor.net.http import Net
from sources.base import Blocked, Get, Request, SourceError, Unreachable

FAST = "1000/1s"


def _to(place: str, status: int = 302) -> Any:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": place})

    return answer


class Canary:
    """A private service that must not be reached."""

    def __init__(self) -> None:
        self.hits = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.hits += 1
        return web.Response(text="secret")


async def _hello(request: web.Request) -> web.Response:
    return web.Response(text=f"hello from {request.path_qs}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_and_the_last_address_is_told(net: Net, loopback: Any, status: int) -> None:
    base = await loopback({"/old": _to("new?x=1#y", status), "/new": _hello})
    response = (await net.fetch(Get(f"{base}/old"), rate=FAST)).response
    assert response.body == b"hello from /new?x=1"
    assert response.url == f"{base}/new?x=1"


async def test_five_redirects_are_followed_and_six_are_not(net: Net, loopback: Any) -> None:
    steps = {f"/{n}": _to(f"/{n + 1}") for n in range(6)}
    base = await loopback({**steps, "/6": _hello})
    assert (await net.fetch(Get(f"{base}/1"), rate=FAST)).response.status == 200
    with pytest.raises(Unreachable, match="more than 5 times"):
        await net.fetch(Get(f"{base}/0"), rate=FAST)


async def test_a_redirect_in_circles_ends(net: Net, loopback: Any) -> None:
    base = await loopback({"/a": _to("/b"), "/b": _to("/a")})
    with pytest.raises(Unreachable, match="more than 5 times"):
        await net.fetch(Get(f"{base}/a"), rate=FAST)


async def test_a_redirect_to_a_private_address_that_is_not_allowed_reaches_nobody(make_net: Any, loopback: Any) -> None:
    canary = Canary()
    inside = await loopback({"/admin": canary.answer}, host="127.0.0.9")
    base = await loopback({"/feed": _to(f"{inside}/admin")})
    net = await make_net(allow=["127.0.0.1"])
    with pytest.raises(Blocked, match=r"127\.0\.0\.9 is this machine"):
        await net.fetch(Get(f"{base}/feed"), rate=FAST)
    assert canary.hits == 0


async def test_a_name_that_resolves_to_a_private_address_reaches_nobody(make_net: Any, loopback: Any) -> None:
    canary = Canary()
    inside = await loopback({"/admin": canary.answer})
    answers = iter([["127.0.0.1"], ["::ffff:127.0.0.1"], ["127.0.0.1", "::1"]])

    async def rebinding(host: str, port: int) -> list[str]:
        return next(answers)

    net = await make_net(allow=[], resolve=rebinding)
    for _ in range(3):
        with pytest.raises(Blocked, match=r"\[network\] allow"):
            await net.fetch(Get(f"http://rebind.example:{inside.rpartition(':')[2]}/admin"), rate=FAST)
    assert canary.hits == 0


async def test_a_listed_name_is_reached_by_that_name_only(make_net: Any, loopback: Any) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    base = await loopback({"/feed": _hello})
    port = base.rpartition(":")[2]
    net = await make_net(allow=[f"intranet.example:{port}"], resolve=resolve)
    assert (await net.fetch(Get(f"http://intranet.example:{port}/feed"), rate=FAST)).response.status == 200
    for other in ("evil.example", "127.0.0.1", "intranet.example.evil.example"):
        with pytest.raises(Blocked):
            await net.fetch(Get(f"http://{other}:{port}/feed"), rate=FAST)


@pytest.mark.parametrize(
    "place",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "javascript:alert(1)", "http://[::1", "http://u:p@127.0.0.1/"],
)
async def test_a_redirect_to_something_else_than_the_web_is_refused(net: Net, loopback: Any, place: str) -> None:
    base = await loopback({"/feed": _to(place)})
    with pytest.raises(Blocked):
        await net.fetch(Get(f"{base}/feed"), rate=FAST)


async def test_a_redirect_to_nowhere_is_no_answer(net: Net, loopback: Any) -> None:
    base = await loopback({"/feed": _to("")})
    with pytest.raises(Unreachable, match="without saying where"):
        await net.fetch(Get(f"{base}/feed"), rate=FAST)


async def test_credentials_stay_with_the_host_they_were_meant_for(net: Net, loopback: Any) -> None:
    heard: dict[str, dict[str, str]] = {}

    async def remember(request: web.Request) -> web.Response:
        heard[request.path] = dict(request.headers)
        return web.Response(text="ok")

    other = await loopback({"/there": remember}, host="127.0.0.2")
    base = await loopback({"/same": _to("/here"), "/here": remember, "/other": _to(f"{other}/there")})
    secret = {"Authorization": "Bearer abc", "Cookie": "a=b", "X-Api-Key": "k", "Accept": "application/xml"}
    await net.fetch(Get(f"{base}/same", headers=secret), rate=FAST)
    await net.fetch(Get(f"{base}/other", headers=secret), rate=FAST, validators={"etag": '"1"'})
    assert heard["/here"]["Authorization"] == "Bearer abc"
    assert not {"Authorization", "Cookie", "X-Api-Key"} & set(heard["/there"])
    assert heard["/there"]["Accept"] == "application/xml"
    assert heard["/there"]["If-None-Match"] == '"1"'


async def test_a_posted_body_is_not_carried_elsewhere(net: Net, loopback: Any) -> None:
    canary = Canary()
    base = await loopback({"/post": _to("/there", 307), "/there": canary.answer})
    with pytest.raises(SourceError, match="a redirect, to a POST"):
        await net.fetch(Request("POST", f"{base}/post", body=b"secret"), rate=FAST)
    assert canary.hits == 0
