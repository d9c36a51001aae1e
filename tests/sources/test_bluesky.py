"""Bluesky's events: who is asked for what, and what becomes of a post that is written, edited and deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from pydantic import ValidationError

from sources.base import BadShape, Item, Problem, Tombstone
from sources.bluesky import Config, connect, decode

SEEN = 1_795_255_200_500_000
AT = datetime(2026, 11, 21, 10, 0, 0, 500_000, tzinfo=UTC)


def event(operation: str = "create", record: Any = None, **more: Any) -> str:
    commit = {"operation": operation, "collection": "app.bsky.feed.post", "rkey": "3k"}
    if operation != "delete":
        commit["record"] = {"text": "said", "createdAt": "2026-11-21T09:59:00Z"} if record is None else record
    return json.dumps({"did": "did:plc:ann", "time_us": SEEN, "kind": "commit", "commit": {**commit, **more}})


def only_item(frame: str) -> Item:
    (item,) = decode(Config(), frame).things
    assert isinstance(item, Item)
    return item


def test_it_begins_now_and_goes_on_a_little_before_the_last_event() -> None:
    first = connect(Config(), {})
    assert first.url == (
        "wss://jetstream1.us-east.bsky.network/subscribe?wantedCollections=app.bsky.feed.post&maxMessageSizeBytes=1000000"
    )
    assert first.since is None
    later = connect(Config(), {"time_us": SEEN, "attempt": 0})
    assert parse_qs(urlsplit(later.url).query)["cursor"] == [str(SEEN - 5_000_000)]
    assert later.since == AT


def test_each_trouble_leads_to_the_next_host_and_round_again() -> None:
    hosts = [urlsplit(connect(Config(), {"attempt": n}).url).hostname for n in range(5)]
    assert len(set(hosts)) == 4
    assert hosts[4] == hosts[0]
    assert urlsplit(connect(Config(hosts=["ws://localhost:6008"]), {"attempt": 7}).url).netloc == "localhost:6008"


@pytest.mark.parametrize("hosts", [[], ["https://jetstream.example"], ["jetstream.example/subscribe"]])
def test_what_is_no_host_is_refused(hosts: list[str]) -> None:
    with pytest.raises(ValidationError):
        Config(hosts=hosts)


def test_the_cursor_moves_with_every_event_that_came_also_where_nothing_is_taken() -> None:
    for frame in (
        event("delete"),
        event(collection="app.bsky.feed.like"),
        json.dumps({"did": "did:plc:ann", "time_us": SEEN, "kind": "account", "account": {"status": "takendown"}}),
        json.dumps({"did": "did:plc:ann", "time_us": SEEN, "kind": "identity", "identity": {"handle": "ann.example"}}),
        json.dumps({"time_us": SEEN, "kind": "news"}),
    ):
        decoded = decode(Config(), frame)
        assert decoded.cursor == {"time_us": SEEN}
        assert decoded.at == AT
        assert not any(isinstance(thing, Item) for thing in decoded.things)


def test_a_post_keeps_its_id_through_edits_and_to_its_end() -> None:
    written, edited = only_item(event()), only_item(event("update", {"text": "better"}))
    (gone,) = decode(Config(), event("delete")).things
    assert written.id == edited.id == "at://did:plc:ann/app.bsky.feed.post/3k"
    assert gone == Tombstone(written.id)
    assert edited.text == "better"


@pytest.mark.parametrize(
    ("claimed", "taken"),
    [
        ("2026-11-21T09:00:00.000Z", datetime(2026, 11, 21, 9, tzinfo=UTC)),
        ("2026-11-21T12:00:00+02:00", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2031-01-01T00:00:00Z", AT.replace(microsecond=0)),
        ("0001-01-01T00:00:00Z", AT.replace(microsecond=0)),
        (None, AT.replace(microsecond=0)),
    ],
)
def test_nothing_was_written_after_it_was_seen(claimed: str | None, taken: datetime) -> None:
    assert only_item(event(record={"text": "x", "createdAt": claimed})).published == taken


def test_pictures_are_told_and_the_page_linked_to_is_the_title() -> None:
    media = {"external": {"uri": "https://acme.example/a", "title": "Acme recalls\nanvils"}}
    quoted = {"record": {"uri": "at://did:plc:bea/app.bsky.feed.post/2"}}
    item = only_item(event(record={"text": "Look.", "embed": {"media": media, "record": quoted}}))
    assert (item.title, item.text) == ("Acme recalls anvils", "Look.")
    assert item.extra == {"link": "https://acme.example/a", "quotes": "at://did:plc:bea/app.bsky.feed.post/2"}
    shown = {"images": [{"alt": "An anvil"}, {"alt": 3}, None, {"alt": "x" * 5000}]}
    assert len(only_item(event(record={"text": "Look.", "embed": shown})).text) < 1100


def test_an_address_that_is_not_of_the_web_is_no_link() -> None:
    facets = [{"features": [{"uri": "javascript:alert(1)"}, {"uri": "https://acme.example/b"}]}]
    assert only_item(event(record={"text": "x", "facets": facets})).extra == {"link": "https://acme.example/b"}


@pytest.mark.parametrize(
    "frame", ["", "{", "[]", "null", "[" * 50_000, "{}", '{"time_us": true}', '{"time_us": -1e99}']
)
def test_what_is_no_event_is_a_bad_shape(frame: str) -> None:
    with pytest.raises(BadShape):
        decode(Config(), frame)


@pytest.mark.parametrize("more", [{"rkey": 7}, {"operation": None}, {"record": []}])
def test_half_a_post_is_a_problem_and_the_cursor_moves_on(more: dict[str, Any]) -> None:
    decoded = decode(Config(), event(**more)) if "operation" not in more else decode(Config(), event(None))  # type: ignore[arg-type]
    assert [type(thing) for thing in decoded.things] == [Problem]
    assert decoded.cursor == {"time_us": SEEN}


def posts_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every post in a recorded reply of the API, which shows the record as its author's program wrote it."""
    if isinstance(value, dict):
        if (
            isinstance(value.get("record"), dict)
            and value["record"].get("$type") == "app.bsky.feed.post"
            and "uri" in value
        ):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from posts_in(inner)


def test_records_as_they_were_really_written_are_read(corpora: Callable[[str], Path]) -> None:
    posts: dict[str, dict[str, Any]] = {}
    for path in sorted((corpora("bluesky-bskyr-vcr") / "tests").rglob("f_*.yml")):
        recording = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for exchange in recording["http_interactions"]:
            body = exchange["response"]["body"].get("string") or ""
            if body.startswith("{"):
                posts |= {post["uri"]: post for post in posts_in(json.loads(body))}
    assert len(posts) > 20
    titled = 0
    for uri, post in posts.items():
        did, rkey = re.findall(r"at://([^/]+)/app\.bsky\.feed\.post/(.+)", uri)[0]
        seen = int(datetime.fromisoformat(post["indexedAt"]).timestamp() * 1_000_000)
        commit = {"operation": "create", "collection": "app.bsky.feed.post", "rkey": rkey, "record": post["record"]}
        item = only_item(json.dumps({"did": did, "time_us": seen, "kind": "commit", "commit": commit}))
        assert item.id == uri
        assert item.text.startswith(post["record"]["text"].strip()[:10])
        assert item.published
        assert item.kind == ("comment" if "reply" in post["record"] else "post")
        titled += bool(item.title)
    assert titled
