"""The one who runs a look at something unknown: errors go back in, strangers open nothing, it comes to an end."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

import pytest

from monitor.collect.looking import MOST_REQUESTS, look
from monitor.net.http import Fetched
from sources.base import Get, NotFound, Read, Request, Response, SourceError


class Net:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def fetch(
        self, request: Request, *, rate: str = "", validators: Mapping[str, str] | None = None, named_by: str = ""
    ) -> Fetched:
        self.asked.append((request.url, named_by))
        if request.url.endswith("/gone"):
            raise NotFound("gone")
        return Fetched(Response(200, {}, b"x", request.url))


class Pool:
    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)


async def run(reading: Generator[Any, Any, Any]) -> tuple[Any, list[tuple[str, str]]]:
    net = Net()
    return await look(reading, net=net, pool=Pool()), net.asked  # type: ignore[arg-type]


async def test_a_request_that_fails_is_an_error_at_its_own_place() -> None:
    def reading() -> Generator[Any, Any, str]:
        try:
            yield Get("https://a.example/gone")
        except NotFound as error:
            reply = yield Get("https://a.example/there")
            read = yield Read(bytes.upper, reply.body)
            return f"{error}, {read!r}"
        return "no error came"

    assert (await run(reading()))[0] == "gone, b'X'"


async def test_an_error_that_nobody_minds_comes_out() -> None:
    def reading() -> Generator[Any, Any, None]:
        yield Get("https://a.example/gone")

    with pytest.raises(NotFound):
        await run(reading())


async def test_where_a_page_sends_us_was_named_by_that_page() -> None:
    def reading() -> Generator[Any, Any, None]:
        yield Get("https://a.example/page")
        yield Get("https://a.example/feed")
        yield Get("http://192.168.0.1/feed")

    _, asked = await run(reading())
    assert [named_by for _, named_by in asked] == ["", "", "https://a.example/page"]


async def test_a_look_that_never_ends_is_ended() -> None:
    def reading() -> Generator[Any, Any, None]:
        while True:
            yield Get("https://a.example/more")

    with pytest.raises(SourceError, match="more than"):
        await run(reading())
    assert MOST_REQUESTS < 50
