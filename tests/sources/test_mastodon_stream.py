"""A tag on a Mastodon server as it is posted: a token, then posts, edits, and deletions by number."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

import sources
from monitor.collect.drive import Batch, State
from monitor.collect.streaming import Heard, Timing, hold
from monitor.net.guard import parse_allowed
from monitor.net.http import Net
from sources.base import BadShape, Item, NeedsAuth, Tombstone
from sources.mastodon_stream import Config, connect, decode


def post(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"1153{number}", "uri": f"https://far.example/users/ann/statuses/{number}", "visibility": "public",
        "created_at": "2026-11-21T10:00:00.000Z", "content": f"<p>Number {number}</p>",
        "account": {"username": "ann", "acct": "ann@far.example"}, **more,
    }  # fmt: skip


def event(kind: str, data: Any) -> str:
    return json.dumps({"event": kind, "id": "", "data": data if isinstance(data, str) else json.dumps(data)})


CONFIG = Config(tag="#Kettle", token="s3cret")


def test_without_a_token_it_says_where_to_get_one() -> None:
    with pytest.raises(NeedsAuth, match="Preferences, Development"):
        connect(Config(tag="kettle"), {})


def test_the_token_travels_in_a_header_to_the_server_of_the_configuration() -> None:
    to = connect(CONFIG, {"attempt": 3})
    assert to.url == "https://mastodon.social/api/v1/streaming/hashtag?tag=kettle"
    assert to.headers == {"authorization": "Bearer s3cret"}
    elsewhere = Config(tag="größe", token="s3cret", streaming_server="streaming.mastodon.social")
    assert connect(elsewhere, {}).url == (
        "https://streaming.mastodon.social/api/v1/streaming/hashtag?tag=gr%C3%B6%C3%9Fe"
    )


@pytest.mark.parametrize("wrong", [{"tag": "two words"}, {"tag": ""}, {"tag": "a", "server": "https://a.example/x"}])
def test_what_is_no_tag_or_server_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Config.model_validate(wrong)


def test_a_post_is_known_by_its_uri_and_its_number_is_remembered() -> None:
    decoded = decode(CONFIG, event("update", post()))
    (item,) = decoded.things
    assert isinstance(item, Item)
    assert item.id == "https://far.example/users/ann/statuses/1"
    assert decoded.names == {"11531": item.id}
    assert decoded.cursor is None
    assert decode(CONFIG, event("delete", "11531")).things == (Tombstone("11531"),)


def test_what_is_not_for_us_is_passed_over() -> None:
    private = post(visibility="private")
    for frame in (event("update", private), event("notification", {}), event("filters_changed", "undefined")):
        assert decode(CONFIG, frame).things == ()


@pytest.mark.parametrize(
    "frame", ["", "{", "[]", "{}", event("update", "{"), event("update", {"id": "1"}), '{"event": 1, "data": "x"}']
)
def test_what_is_no_event_is_a_bad_shape(frame: str) -> None:
    with pytest.raises(BadShape):
        decode(CONFIG, frame)


async def test_a_post_that_comes_over_the_wire_is_edited_and_deleted(loopback) -> None:
    seen: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers["authorization"])
        if seen[-1] != "Bearer s3cret":
            return web.json_response({"error": "The access token is invalid"}, status=401)
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b":)\n")
        for kind, data in (
            ("update", json.dumps(post(1))),
            ("update", json.dumps(post(2))),
            ("status.update", json.dumps(post(1, content="<p>Better</p>"))),
            ("delete", "11532"),
        ):
            await stream.write(f"event: {kind}\ndata: {data}\n\n:thump\n".encode())
        await asyncio.sleep(0.5)
        return stream

    server = await loopback({"/api/v1/streaming/hashtag": answer})
    taken: list[Batch] = []
    stop = asyncio.Event()

    async def commit(batch: Batch) -> None:
        taken.append(batch)
        if any(one.tombstones for one in taken):
            stop.set()

    async def tell(heard: Heard) -> None:
        assert heard.error is None

    async def listen(token: str) -> State:
        source = sources.load("mastodon-stream")
        config = Config(server=server, tag="kettle", token=token)
        async with Net(allowed=parse_allowed(["127.0.0.1"])) as net:
            return await hold(
                source, config, State(), name="s", net=net, commit=commit, tell=tell, stop=stop,
                now=lambda: datetime.now(UTC), timing=Timing(seconds=0.02),
            )  # fmt: skip

    async with asyncio.timeout(5):
        await listen("s3cret")
    texts = [item.text for batch in taken for item in batch.items]
    assert texts == ["Number 1", "Number 2", "Better"]
    assert [gone.id for batch in taken for gone in batch.tombstones] == ["https://far.example/users/ann/statuses/2"]
    stop.clear()
    with pytest.raises(NeedsAuth, match="401"):
        await listen("wrong")
