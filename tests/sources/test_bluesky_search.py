"""Bluesky's search: signing in, walking back over pages that shift, deletions, and a password that shows nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

import sources
from sources import bluesky, bluesky_search
from sources.base import BadShape, Item, NeedsAuth, RateLimited, Request, Response, Tombstone, Unreachable, replay

USER, PASSWORD, TOKEN = "ann.acme.example", "abcd-efgh-invented", "passing-token"
DID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"


def moment(minute: int) -> str:
    return datetime.fromtimestamp(1_790_000_000 + minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Bluesky:
    """The service's own rules over invented posts: pages are counted from the newest one there is."""

    def __init__(self) -> None:
        self.posts: dict[str, dict[str, Any]] = {}
        self.asked: list[web.Request] = []
        self.sessions = 0

    def post(self, name: str, minute: int, text: str = "hello") -> str:
        uri = f"at://{DID}/{bluesky.POSTS}/{name}"
        record = {"$type": bluesky.POSTS, "text": text, "createdAt": moment(minute)}
        author = {"did": DID, "handle": "ada.example"}
        self.posts[uri] = {"uri": uri, "author": author, "record": record, "indexedAt": moment(minute)}
        return uri

    async def sign_in(self, request: web.Request) -> web.Response:
        self.sessions += 1
        if await request.json() != {"identifier": USER, "password": PASSWORD}:
            return web.json_response({"error": "AuthenticationRequired", "message": "no"}, status=401)
        return web.json_response({"accessJwt": TOKEN, "refreshJwt": "another", "did": DID})

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        query = request.query
        if request.path.endswith("getPosts"):
            wanted = query.getall("uris")
            assert len(wanted) <= 25
            return web.json_response({"posts": [self.posts[uri] for uri in wanted if uri in self.posts]})
        assert (query["sort"], query["limit"]) == ("latest", "100")
        since, until = query.get("since", ""), query.get("until", "9")
        found = [one for one in self.posts.values() if since <= one["indexedAt"] < until]
        found.sort(key=lambda one: one["indexedAt"], reverse=True)
        start = int(query.get("cursor", 0))
        onward = {"cursor": str(start + 100)} if start + 100 < len(found) else {}
        return web.json_response({"posts": found[start : start + 100], **onward})


@pytest.fixture
async def service(loopback: Any) -> tuple[Bluesky, dict[str, Any]]:
    played = Bluesky()
    app = web.Application()
    app.router.add_post("/xrpc/com.atproto.server.createSession", played.sign_in)
    app.router.add_get("/{path:.*}", played.answer)
    return played, {"query": "kettle", "user": f"@{USER}", "password": PASSWORD, "base_url": await loopback(app)}


async def test_a_poll_signs_in_once_and_reads_back_to_the_last_one(service: Any, polled: Any) -> None:
    played, config = service
    for at in range(250):
        played.post(f"p{at:03}", at * 3)
    first = await polled("bluesky-search", config)
    assert len(first.ids) == 250
    assert first.state.cursor == {"since": moment(249 * 3)}
    assert (played.sessions, len(played.asked)) == (1, 3)
    new = played.post("new", 1_000)
    second = await polled("bluesky-search", {**config, "lang": "en"}, first.state)
    assert new in second.ids
    assert len(played.asked) == 4
    assert played.asked[-1].query["lang"] == "en"


async def test_a_long_walk_goes_on_at_the_next_poll_although_the_pages_have_shifted(service: Any, polled: Any) -> None:
    played, config = service
    played.post("old", 0)
    state = (await polled("bluesky-search", config)).state
    names = {played.post(f"p{at:04}", 100 + at // 2) for at in range(1_300)}
    first = await polled("bluesky-search", config, state)
    assert first.outcome.again
    assert len(first.ids) == 1_000
    names.add(played.post("meanwhile", 5_000))
    second = await polled("bluesky-search", config, first.state)
    third = await polled("bluesky-search", config, second.state)
    assert names <= {*first.ids, *second.ids, *third.ids}
    assert third.state.cursor == {"since": moment(5_000)}


async def test_the_first_walk_is_a_short_one_and_the_past_is_read_on_demand(service: Any, polled: Any) -> None:
    played, config = service
    for at in range(700):
        played.post(f"p{at:03}", at * 5)
    assert len((await polled("bluesky-search", config)).ids) == bluesky_search.FIRST_PAGES * 100
    declared = sources.load("bluesky-search")
    assert declared.cursor_at is not None
    asked = declared.cursor_at(_config(), datetime.fromtimestamp(1_790_000_000, UTC))
    assert asked == {"since": moment(0)}
    done = await polled("bluesky-search", config)
    whole = await polled("bluesky-search", config, type(done.state)(asked))
    assert len(whole.ids) == 700


async def test_a_crash_between_two_pages_repeats_and_loses_nothing(service: Any, polled: Any) -> None:
    played, config = service
    names = {played.post(f"p{at:03}", at) for at in range(250)}
    broken = await polled("bluesky-search", config, budget=1)
    rest = await polled("bluesky-search", config, broken.state)
    assert {*broken.ids, *rest.ids} == names
    assert rest.state.cursor == {"since": moment(249)}


async def test_pages_that_lead_nowhere_end_the_walk(loopback: Any, service: Any, polled: Any) -> None:
    played, config = service
    played.post("p", 9)
    app = web.Application()
    app.router.add_post("/xrpc/com.atproto.server.createSession", played.sign_in)

    async def circle(request: web.Request) -> web.Response:
        return web.json_response({"posts": list(played.posts.values()), "cursor": "1"})

    app.router.add_get("/{path:.*}", circle)
    config["base_url"] = await loopback(app)
    first = await polled("bluesky-search", config)
    second = await polled("bluesky-search", config, first.state)
    third = await polled("bluesky-search", config, second.state)
    assert third.state.cursor == {"since": moment(9)}
    assert not third.outcome.again


async def test_what_became_of_posts_is_asked_in_lots_of_twenty_five(service: Any, polled: Any) -> None:
    played, config = service
    there = [played.post(f"p{at:02}", at, "as it reads now") for at in range(40)]
    gone = [f"at://{DID}/{bluesky.POSTS}/gone"]
    declared = sources.load("bluesky-search")
    assert declared.recheck is not None
    asking = declared.recheck.ask(bluesky_search.Config.model_validate(config), [*there, *gone, "hash:x"])
    replies = [
        Response(200, {}, json.dumps({"posts": [played.posts[uri] for uri in some]}).encode(), "")
        for some in (there[:25], there[25:])
    ]
    steps = list(replay(asking, replies))
    assert [step.id for step in steps if isinstance(step, Item)] == there
    assert [step.id for step in steps if isinstance(step, Tombstone)] == gone
    assert list(replay(declared.recheck.ask(_config(), ["hash:x"]), [])) == []


def test_a_recheck_asks_for_each_post_by_name() -> None:
    recheck = sources.load("bluesky-search").recheck
    assert recheck is not None
    asking = recheck.ask(_config(), [f"at://{DID}/{bluesky.POSTS}/a", f"at://{DID}/{bluesky.POSTS}/b"])
    next(asking)
    request = asking.send("token")
    assert isinstance(request, Request)
    assert request.url.count("uris=at%3A%2F%2Fdid%3Aplc") == 2
    with pytest.raises(BadShape):
        asking.send(Response(200, {}, b"{}", ""))  # an odd answer deletes nothing


def test_a_post_found_and_a_post_heard_are_the_same_mention() -> None:
    scopes = {sources.load(kind).scope_of(config) for kind, config in (("bluesky", bluesky.Config()),
                                                                      ("bluesky-search", _config()))}  # fmt: skip
    assert scopes == {"bluesky"}
    record = {"text": "Brightwater  whistles", "createdAt": moment(1), "langs": ["en"]}
    commit = {"operation": "create", "collection": bluesky.POSTS, "rkey": "x", "record": record}
    event = {"did": DID, "time_us": 1_790_000_060_000_000, "kind": "commit", "commit": commit}
    (heard,) = bluesky.SOURCE.decode(bluesky.Config(), json.dumps(event)).things  # type: ignore[attr-defined]
    view = {"uri": f"at://{DID}/{bluesky.POSTS}/x", "author": {}, "record": record, "indexedAt": moment(1)}
    body = json.dumps({"posts": [view]}).encode()
    found = next(replay(bluesky_search.fetch(_config(), {}), [Response(200, {}, body, "")]))
    assert found == heard


def test_without_a_password_it_says_where_to_get_one() -> None:
    for keys in ({}, {"user": USER}, {"user": USER, "password": ""}, {"password": "x"}):
        with pytest.raises(NeedsAuth, match="app-passwords"):
            next(bluesky_search.fetch(bluesky_search.Config.model_validate({"query": "x", **keys}), {}))


async def test_a_wrong_password_and_too_many_sign_ins_are_told(loopback: Any, service: Any, polled: Any) -> None:
    _, config = service
    wrong = await polled("bluesky-search", {**config, "password": "wr0ng-secret"})
    assert isinstance(wrong.error, NeedsAuth)
    assert "wr0ng" not in wrong.error.words

    async def enough(request: web.Request) -> web.Response:
        return web.json_response({"error": "RateLimitExceeded"}, status=429, headers={"Retry-After": "60"})

    async def odd(request: web.Request) -> web.Response:
        return web.json_response({"did": PASSWORD})

    often = await polled("bluesky-search", {**config, "base_url": await loopback({"/{path:.*}": enough})})
    assert isinstance(often.error, RateLimited)
    done = await polled("bluesky-search", {**config, "base_url": await loopback({"/{path:.*}": odd})})
    assert isinstance(done.error, Unreachable)
    assert PASSWORD not in done.error.words


async def test_password_and_token_show_nowhere(service: Any, polled: Any) -> None:
    played, config = service
    played.post("p", 1)
    played.posts["odd"] = {"uri": "odd", "indexedAt": moment(2)}
    done = await polled("bluesky-search", config)
    assert done.items
    assert done.problems
    shown = repr((done.items, done.problems, done.outcome, bluesky_search.Config(**config)))
    shown += json.dumps(done.state.as_json()) + " ".join(str(request.url) for request in played.asked)
    for secret in (PASSWORD, TOKEN, "another"):
        assert secret not in shown


@pytest.mark.parametrize("body", ["", "<html>", {}, [], {"posts": {}}, {"posts": None}, "null"])
def test_another_answer_is_a_bad_shape(body: Any, reply: Callable[..., Response]) -> None:
    with pytest.raises(BadShape):
        list(replay(bluesky_search.fetch(_config(), {}), [reply(body)]))


def test_a_pasted_search_becomes_a_configuration() -> None:
    declared = sources.load("bluesky-search")
    url = "https://bsky.app/search?q=%22tea+kettle%22"
    assert any(re.search(pattern, url) for pattern in declared.detect)
    assert declared.from_url is not None
    assert declared.from_url(url) == {"query": '"tea kettle"'}


def test_a_recorded_search_is_read(corpora: Callable[[str], Path], reply: Callable[..., Response]) -> None:
    path = corpora("bluesky-bskyr-vcr") / "tests/testthat/_vcr/f_search.yml"
    recording = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    answer = json.loads(recording["http_interactions"][0]["response"]["body"]["string"])
    items = list(replay(bluesky_search.fetch(_config(), {}), [reply(answer)]))[:-1]
    posts = [item for item in items if isinstance(item, Item)]
    assert [item.id for item in posts] == [post["uri"] for post in answer["posts"]]
    assert len(posts) == 25
    assert all(item.published and item.text and not item.author.startswith("did:") for item in posts)
    assert all(item.url.startswith("https://bsky.app/profile/did:plc:") for item in posts)


def _config() -> bluesky_search.Config:
    return bluesky_search.Config.model_validate({"query": "kettle", "user": USER, "password": PASSWORD})
