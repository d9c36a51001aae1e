"""Fetching for sources: statuses, waiting, conditional requests, what is sent and what is shown."""

from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from monitor.net.answers import error_for, retry_after
from monitor.net.http import Net
from sources.base import (
    Blocked,
    Get,
    Gone,
    NeedsAuth,
    NotFound,
    RateLimited,
    Request,
    SourceError,
    Unreachable,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FAST = "1000/1s"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Unreachable),
        (401, NeedsAuth),
        (402, NeedsAuth),
        (403, Blocked),
        (404, NotFound),
        (405, Unreachable),
        (410, Gone),
        (418, Unreachable),
        (429, RateLimited),
        (451, Blocked),
        (500, Unreachable),
        (502, Unreachable),
        (503, Unreachable),
        (504, Unreachable),
        (599, Unreachable),
    ],
)
async def test_each_status_is_the_error_that_a_person_can_act_on(
    net: Net, loopback: Any, status: int, kind: type[SourceError]
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text="never mind")

    base = await loopback({"/feed": answer})
    with pytest.raises(kind) as refused:
        await net.fetch(Get(f"{base}/feed", {"token": "s3cret"}))
    assert type(refused.value) is kind
    assert str(status) in str(refused.value)
    assert "/feed" in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("120", "", 120),
        ("0", "", 1),
        ("-5", "", 1),
        ("1000000000", "", 86_400),
        ("99999999999999999999", "", None),
        ("1.5", "", 1.5),
        ("Sat, 21 Nov 2026 12:02:00 GMT", "", 120),
        ("Sat, 21 Nov 2026 11:00:00 GMT", "", 1),
        ("Sat, 21 Nov 2099 11:00:00 GMT", "", 86_400),
        ("Fri, 01 Jan 2021 00:01:00 GMT", "Fri, 01 Jan 2021 00:00:00 GMT", 60),
        ("soon", "", None),
        ("", "", None),
        ("Sat, 99 Nov 2026 12:02:00 GMT", "", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_never_taken_at_an_absurd_word(
    value: str, date: str, seconds: float | None
) -> None:
    assert retry_after({"retry-after": value, "date": date}, NOW) == seconds
    error = error_for(429, {"retry-after": value, "date": date}, "there", NOW)
    assert isinstance(error, RateLimited)
    assert error.wait == seconds


def test_a_busy_service_that_names_a_time_and_a_spent_quota_are_limits_of_rate() -> None:
    assert isinstance(error_for(503, {"retry-after": "30"}, "there", NOW), RateLimited)
    assert "a pause of 30 s" in str(error_for(503, {"retry-after": "30"}, "there", NOW))
    assert "a pause of 3 h" in str(error_for(429, {"retry-after": "7201"}, "there", NOW)), "never told shorter"
    assert isinstance(error_for(403, {"retry-after": "30"}, "there", NOW), RateLimited)
    assert isinstance(error_for(403, {"x-ratelimit-remaining": "0"}, "there", NOW), RateLimited)
    assert isinstance(error_for(404, {"x-ratelimit-remaining": "0"}, "there", NOW), NotFound)


async def test_a_host_that_asked_for_a_pause_gets_it_from_every_source(net: Net, loopback: Any) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=429, headers={"Retry-After": "60"})

    base = await loopback({"/a": answer, "/b": answer})
    with pytest.raises(RateLimited):
        await net.fetch(Get(f"{base}/a"), rate=FAST)
    with pytest.raises(RateLimited) as second:
        await net.fetch(Get(f"{base}/b"), rate=FAST)
    assert asked == ["/a"]
    assert second.value.wait == pytest.approx(60, abs=2)


async def test_an_unchanged_page_is_asked_for_with_exactly_what_was_received(net: Net, loopback: Any) -> None:
    seen: list[tuple[str | None, str | None]] = []
    etag, modified = 'W/"abc;-gzip" odd', "yesterday, more or less"

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")))
        if seen[-1] == (etag, modified):
            return web.Response(status=304)
        return web.Response(text="hello", headers={"ETag": etag, "Last-Modified": modified})

    base = await loopback({"/feed": answer})
    first = await net.fetch(Get(f"{base}/feed"), rate=FAST)
    again = await net.fetch(Get(f"{base}/feed"), rate=FAST, validators=first.validators)
    assert seen == [(None, None), (etag, modified)]
    assert (first.response.status, again.response.status) == (200, 304)
    assert again.validators == first.validators == {"etag": etag, "last-modified": modified}


async def test_an_unconditional_request_sends_no_validators(net: Net, loopback: Any) -> None:
    seen: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("If-None-Match"))
        return web.Response(text="hello")

    base = await loopback({"/feed": answer})
    await net.fetch(Get(f"{base}/feed", conditional=False), rate=FAST, validators={"etag": '"a"'})
    assert seen == [None]


async def test_a_304_that_nobody_asked_for_is_no_answer(net: Net, loopback: Any) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=304)

    base = await loopback({"/feed": answer})
    with pytest.raises(Unreachable):
        await net.fetch(Get(f"{base}/feed"))


async def test_validators_that_cannot_be_sent_back_as_received_are_forgotten(net: Net, raw_server: Any) -> None:
    async def answer(reader: Any, writer: Any) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\nETag: "\xff\xfe"\r\nContent-Length: 2\r\n\r\nok')

    fetched = await net.fetch(Get(await raw_server(answer)))
    assert fetched.validators == {}


async def test_the_program_names_itself_and_its_owner_and_nothing_else(make_net: Any, loopback: Any) -> None:
    heard: list[dict[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        heard.append(dict(request.headers))
        return web.Response(text="x", headers={"Set-Cookie": "session=1; Path=/"})

    base = await loopback({"/feed": answer})
    net = await make_net(contact="https://example.com/about")
    for _ in range(2):
        fetched = await net.fetch(Get(f"{base}/feed", headers={"User-Agent": "Mozilla/5.0", "X-Own": "1"}), rate=FAST)
        assert "set-cookie" not in fetched.response.headers
    for headers in heard:
        assert headers["User-Agent"].startswith("overheard/")
        assert headers["User-Agent"].endswith(" (+https://example.com/about)")
        assert headers["X-Own"] == "1"
        assert "Cookie" not in headers
        assert headers["Accept-Encoding"] == "gzip, deflate"


async def test_a_proxy_named_in_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, make_net: Any, loopback: Any
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="direct")

    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    base = await loopback({"/feed": answer})
    assert (await (await make_net()).fetch(Get(f"{base}/feed"))).response.body == b"direct"


async def test_the_query_is_added_to_the_address_and_a_posted_body_arrives(net: Net, loopback: Any) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(
            body=f"{request.method} {request.rel_url.raw_query_string} ".encode() + await request.read()
        )

    base = await loopback({"/q": answer})
    got = await net.fetch(Get(f"{base}/q?a=1", {"q": '"two words" OR ä', "n": 5}), rate=FAST)
    assert got.response.body.decode() == "GET a=1&q=%22two+words%22+OR+%C3%A4&n=5 "
    posted = await net.fetch(Request("POST", f"{base}/q", body=b"hello"), rate=FAST)
    assert posted.response.body == b"POST  hello"


@pytest.mark.parametrize(
    ("encoding", "encoded"),
    [
        ("gzip", gzip.compress(b"hello world", mtime=0)),
        ("x-gzip", gzip.compress(b"hello world", mtime=0)),
        ("GZIP", gzip.compress(b"hello ", mtime=0) + gzip.compress(b"world", mtime=0)),
        ("gzip", gzip.compress(b"hello world", mtime=0) + b"\0" * 20),
        ("deflate", zlib.compress(b"hello world")),
        ("deflate", zlib.compress(b"hello world")[2:-4]),
        ("identity", b"hello world"),
        ("", b"hello world"),
    ],
)
async def test_compressed_answers_are_undone(net: Net, raw_server: Any, encoding: str, encoded: bytes) -> None:
    async def answer(reader: Any, writer: Any) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(encoded)}\r\n\r\n"
        writer.write(head.encode() + encoded)

    fetched = await net.fetch(Get(await raw_server(answer)))
    assert fetched.response.body == b"hello world"
    assert not fetched.cut


@pytest.mark.parametrize(
    "address",
    [
        "ftp://127.0.0.1/feed",
        "file:///etc/passwd",
        "//127.0.0.1/",
        "127.0.0.1/feed",
        "http:///feed",
        "",
        "gopher://127.0.0.1/",
        "data:text/plain,hello",
        "http://[::1/",
        "http://127.0.0.1:99999/",
    ],
)
async def test_only_web_addresses_are_asked(net: Net, address: str) -> None:
    with pytest.raises(Blocked):
        await net.fetch(Get(address))


async def test_a_password_in_an_address_is_refused_and_not_repeated(net: Net, loopback: Any) -> None:
    with pytest.raises(Blocked) as refused:
        await net.fetch(Get("http://user:hunter2@127.0.0.1/feed"))
    assert "hunter2" not in str(refused.value)
    assert "user" in str(refused.value)


async def test_a_header_that_would_smuggle_another_is_refused(net: Net, loopback: Any) -> None:
    async def answer(request: web.Request) -> web.Response:
        raise AssertionError("it must not arrive")

    base = await loopback({"/feed": answer})
    with pytest.raises(SourceError):
        await net.fetch(Get(f"{base}/feed", headers={"X-Own": "1\r\nX-Other: 2"}))
