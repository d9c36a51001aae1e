"""Reddit with keys: a walk over pages, the service's allowance, deletions, and keys that show nowhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import sources
from sources import reddit
from sources.base import (
    BadShape,
    Blocked,
    Item,
    NeedsAuth,
    NotFound,
    Pause,
    RateLimited,
    Response,
    Tombstone,
    Unreachable,
    replay,
)

KEYS = {"client_id": "invented-id", "client_secret": "s3cret-of-the-app"}
TOKEN = "passing-token"


class Reddit:
    """The service's own rules over invented posts: keys for a token, a token for listings, `page` posts at a time."""

    def __init__(self, page: int = 100) -> None:
        self.posts: list[dict[str, Any]] = []
        self.page = page
        self.left, self.reset = 600.0, 120
        self.asked: list[web.Request] = []
        self.status = 200
        self.forgets_after = False

    def post(self, name: str, created: int, **more: Any) -> dict[str, Any]:
        made = {"name": name, "title": f"post {name}", "author": "ada", "created_utc": float(created), "is_self": True}
        self.posts.append({**made, "permalink": f"/r/k/comments/{name}/", "selftext": "hello", **more})
        return self.posts[-1]

    async def token(self, request: web.Request) -> web.Response:
        pair = base64.b64encode(f"{KEYS['client_id']}:{KEYS['client_secret']}".encode()).decode()
        if request.headers["authorization"] != f"Basic {pair}" or (await request.post())["grant_type"] != (
            "client_credentials"
        ):
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        return web.json_response({"access_token": TOKEN, "token_type": "bearer", "expires_in": 86400, "scope": "*"})

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        assert request.headers["authorization"] == f"bearer {TOKEN}"
        assert request.query["raw_json"] == "1"
        self.left -= 1
        headers = {"x-ratelimit-remaining": f"{self.left:.1f}", "x-ratelimit-reset": str(self.reset)}
        if self.status != 200:
            return web.json_response({"error": self.status}, status=self.status, headers=headers)
        if request.path == "/api/info":
            wanted = request.query["id"].split(",")
            return web.json_response(listing([one for one in self.posts if one["name"] in wanted]), headers=headers)
        found = sorted(self.posts, key=lambda one: -one.get("created_utc", 0))
        after = request.query.get("after", "")
        names = [one["name"] for one in found]
        if after and (self.forgets_after or after not in names):
            return web.json_response(listing([]), headers=headers)
        start = names.index(after) + 1 if after else 0
        page = found[start : start + self.page]
        onward = page[-1]["name"] if start + self.page < len(found) else None
        return web.json_response(listing(page, onward), headers=headers)


def listing(posts: list[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"after": after, "children": [{"kind": "t3", "data": one} for one in posts]}}


@pytest.fixture
async def service(loopback: Any) -> tuple[Reddit, dict[str, Any]]:
    played = Reddit()
    app = web.Application()
    app.router.add_post("/api/v1/access_token", played.token)
    app.router.add_get("/{path:.*}", played.answer)
    base = await loopback(app)
    return played, {"query": "kettle", **KEYS, "base_url": base, "sign_in_url": f"{base}/api/v1/access_token"}


async def test_posts_are_read_page_after_page_and_then_only_the_new_ones(service: Any, polled: Any) -> None:
    played, config = service
    played.page = 40
    for at in range(100):
        played.post(f"t3_{at:03}", 1_790_000_000 + at * 7_200)
    first = await polled("reddit", config)
    assert sorted(first.ids) == [f"t3_{at:03}" for at in range(100)]
    assert len(played.asked) == 3
    assert first.state.cursor == {"since": 1_790_000_000 + 99 * 7_200}
    played.post("t3_new", 1_790_000_000 + 101 * 7_200)
    second = await polled("reddit", config, first.state)
    assert "t3_new" in second.ids
    assert len(played.asked) == 4


async def test_a_subreddit_is_searched_alone(service: Any, polled: Any) -> None:
    played, config = service
    assert (await polled("reddit", {**config, "subreddit": "r/Kettles"})).error is None
    assert played.asked[0].path == "/r/Kettles/search"
    assert played.asked[0].query["restrict_sr"] == "true"


async def test_a_subreddit_that_is_not_there_is_said_so(loopback: Any, service: Any, polled: Any) -> None:
    _, config = service

    async def elsewhere(request: web.Request) -> web.Response:
        if request.path.startswith("/r/"):
            raise web.HTTPFound("/subreddits/search")
        return web.json_response({"data": {"children": [{"kind": "t5", "data": {"name": "t5_2qh1i"}}]}})

    config["base_url"] = await loopback({"/{path:.*}": elsewhere})
    done = await polled("reddit", {**config, "subreddit": "nosuchplace"})
    assert isinstance(done.error, NotFound)
    assert "r/nosuchplace" in str(done.error)


async def test_a_walk_that_broke_off_goes_on_and_one_whose_place_is_gone_begins_anew(service: Any, polled: Any) -> None:
    played, config = service
    played.page = 2
    for at in range(6):
        played.post(f"t3_{at}", 1_790_000_000 + at)
    broken = await polled("reddit", config, budget=2)
    assert len(broken.ids) == 4
    assert broken.state.cursor["after"] == "t3_2"
    rest = await polled("reddit", config, broken.state)
    assert {*broken.ids, *rest.ids} == {f"t3_{at}" for at in range(6)}
    played.forgets_after = True
    played.page = 100
    anew = await polled("reddit", config, broken.state)
    assert len(anew.ids) == 6
    assert anew.state.cursor == {"since": 1_790_000_005}


async def test_a_nearly_spent_allowance_pauses_the_walk_and_all_who_share_it(service: Any, polled: Any) -> None:
    played, config = service
    played.page, played.left, played.reset = 1, 11.0, 77
    for at in range(4):
        played.post(f"t3_{at}", 1_790_000_000 + at)
    done = await polled("reddit", config)
    assert len(played.asked) == 2
    assert done.outcome.pause == Pause(77.0, host=True)
    assert done.outcome.again
    assert done.state.cursor["after"] == "t3_2"


async def test_asked_too_often_waits_as_long_as_the_service_says(service: Any, polled: Any) -> None:
    played, config = service
    played.status, played.reset = 429, 33
    done = await polled("reddit", config)
    assert isinstance(done.error, RateLimited)
    assert done.error.wait == 33.0
    played.status = 403
    assert isinstance((await polled("reddit", config)).error, Blocked)


async def test_an_edit_has_its_old_id_and_a_removal_is_a_tombstone(service: Any, polled: Any) -> None:
    played, config = service
    post, other = played.post("t3_a", 1_790_000_000), played.post("t3_b", 1_790_000_001)
    first = await polled("reddit", config)
    post.update(selftext="hello again", edited=1_790_000_009.0)
    other.update(selftext="[removed]", removed_by_category="moderator")
    second = await polled("reddit", config, first.state)
    assert [(item.id, item.text) for item in second.items] == [("t3_a", "hello again")]
    assert second.gone == ["t3_b"]


@pytest.mark.parametrize(
    "sign",
    [{"author": "[deleted]"}, {"author": None}, {"selftext": "[removed]"}, {"removed_by_category": "author"}],
)
def test_every_sign_of_a_deletion_is_known(sign: dict[str, Any], reply: Callable[..., Response]) -> None:
    post = {"name": "t3_a", "title": "x", "author": "ada", "selftext": "y", **sign}
    steps = list(replay(reddit.fetch(_config(), {}), [reply(listing([post]))]))
    assert steps[0] == Tombstone("t3_a")


def test_what_is_stored_is_asked_about_again(reply: Callable[..., Response]) -> None:
    declared = sources.load("reddit")
    assert declared.recheck is not None
    there = {"name": "t3_a", "title": "x", "author": "ada", "selftext": "as it reads now"}
    gone = {"name": "t3_b", "title": "x", "author": "[deleted]", "selftext": "[deleted]"}
    asking = declared.recheck.ask(_config(), ["t3_a", "t3_b", "t3_c", "not a name"])
    steps = list(replay(asking, [reply(listing([there, gone]))]))
    assert [step.text for step in steps if isinstance(step, Item)] == ["as it reads now"]
    assert [step.id for step in steps if isinstance(step, Tombstone)] == ["t3_b", "t3_c"]
    assert list(replay(declared.recheck.ask(_config(), ["other"]), [])) == []


async def test_a_recheck_that_is_not_understood_forgets_nothing(reply: Callable[..., Response]) -> None:
    declared = sources.load("reddit")
    assert declared.recheck is not None
    with pytest.raises(BadShape):
        list(replay(declared.recheck.ask(_config(), ["t3_a"]), [reply({"data": {}})]))


def test_without_keys_it_says_where_to_get_them_and_that_it_takes_an_approval() -> None:
    for keys in ({}, {"client_id": "x"}, {"client_id": "x", "client_secret": ""}):
        with pytest.raises(NeedsAuth, match=r"prefs/apps.*approval"):
            next(reddit.fetch(reddit.Config(query="x", **keys), {}))  # type: ignore[arg-type]


async def test_wrong_keys_and_an_odd_sign_in_are_told_without_the_keys(
    loopback: Any, service: Any, polled: Any
) -> None:
    _, config = service
    wrong = await polled("reddit", {**config, "client_secret": "wr0ng-secret"})
    assert isinstance(wrong.error, NeedsAuth)
    assert "wr0ng" not in wrong.error.words

    async def odd(request: web.Request) -> web.Response:
        return web.json_response({"error": "unsupported_grant_type", "echo": KEYS["client_secret"]})

    config["sign_in_url"] = await loopback({"/": odd})
    done = await polled("reddit", config)
    assert isinstance(done.error, Unreachable)
    assert KEYS["client_secret"] not in done.error.words


async def test_keys_and_token_show_nowhere(service: Any, polled: Any) -> None:
    played, config = service
    played.post("t3_a", 1_790_000_000)
    played.posts.append({"name": "odd"})
    done = await polled("reddit", config)
    shown = repr((done.items, done.problems, done.outcome, reddit.Config(**config))) + json.dumps(done.state.as_json())
    asked = " ".join(str(request.url) for request in played.asked)
    assert done.items
    assert done.problems
    for secret in (KEYS["client_secret"], TOKEN):
        assert secret not in shown + asked


@pytest.mark.parametrize("body", ["", "<html>", {}, [], {"data": 1}, {"data": {"children": {}}}, "null"])
def test_another_answer_is_a_bad_shape(body: Any, reply: Callable[..., Response]) -> None:
    with pytest.raises(BadShape):
        list(replay(reddit.fetch(_config(), {}), [reply(body)]))


def test_a_time_in_the_past_is_a_cursor(reply: Callable[..., Response]) -> None:
    declared = sources.load("reddit")
    assert declared.cursor_at is not None
    assert declared.cursor_at(_config(), datetime(2026, 11, 1, tzinfo=UTC)) == {"since": 1793491200}


def test_the_search_of_a_subreddit_becomes_a_configuration() -> None:
    declared = sources.load("reddit")
    assert declared.from_url is not None
    url = "https://www.reddit.com/r/Kettles/search/?q=%22Brightwater%22&restrict_sr=1"
    assert declared.from_url(url) == {"query": '"Brightwater"', "subreddit": "Kettles"}
    assert declared.from_url("https://www.reddit.com/r/Kettles/") == {}


def test_its_ids_and_words_are_those_of_the_public_feed() -> None:
    assert sources.load("reddit").scope_of(_config()) == sources.load("reddit-search").scope_of(
        sources.load("reddit-search").Config.model_validate({"query": "x"})
    )


def test_recorded_listings_are_read(corpora: Callable[[str], Path], reply: Callable[..., Response]) -> None:
    read = 0
    for path in sorted(corpora("reddit-praw-cassettes").glob("Test*.json")):
        for one in json.loads(path.read_text("utf-8"))["interactions"]:
            body = one["response"]["body"].get("string", "")
            if '"Listing"' not in body[:100]:
                continue
            children = json.loads(body)["data"]["children"]
            steps = [
                step
                for step in replay(reddit.fetch(_config(), {}), [reply(body)])
                if isinstance(step, Item | Tombstone)
            ]
            assert len(steps) == sum(child["kind"] in ("t1", "t3") for child in children), path.name
            items = [step for step in steps if isinstance(step, Item)]
            assert all(item.author and item.published and (item.title or item.text) for item in items)
            assert not any('<div class="md"' in item.text or "&#" in item.title for item in items)
            assert all(
                item.url.startswith(("https://www.reddit.com/r/", "https://www.reddit.com/comments/")) for item in items
            )
            read += len(items)
    assert read > 100


def _config() -> reddit.Config:
    return reddit.Config.model_validate({"query": "kettle", **KEYS})
