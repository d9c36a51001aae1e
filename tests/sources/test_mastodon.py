"""Mastodon: tags read without a gap, edits and deletions seen, unwilling accounts left alone, limits kept."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from monitor.collect.drive import State
from sources import mastodon
from sources.base import Again, Item, NeedsAuth, Pause, Problem, RateLimited, Request, Response, replay

FIRST = 115312000000000000


def post(number: int, text: str = "kettle", **more: Any) -> dict[str, Any]:
    return {
        "id": str(FIRST + number), "uri": f"https://far.example/p/{number}", "url": f"https://far.example/@ann/{number}",
        "content": f"<p>{text}</p>", "created_at": "2026-10-04T08:00:00Z", "visibility": "public", "reblog": None,
        "account": {"acct": "ann@far.example", "display_name": "Ann", "indexable": True, "discoverable": True}, **more,
    }  # fmt: skip


class Server:
    """A Mastodon server: tag timelines, single posts, and a search for those with the token "right"."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.hidden: list[str] = []
        self.closed = 0
        self.budget = 300

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/api/v1/timelines/tag/{tag}", self.tag)
        app.router.add_get("/api/v1/statuses/{id}", self.status)
        app.router.add_get("/api/v2/search", self.search)
        return app

    def answer(self, request: web.Request, body: Any, status: int = 200) -> web.Response:
        self.asked.append(request.path_qs)
        self.budget -= 1
        headers = {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": str(max(0, self.budget)),
            "X-RateLimit-Reset": "2026-10-04T08:05:00.290188Z",
            "Date": "Sun, 04 Oct 2026 08:03:00 GMT",
        }
        if self.budget < 0:
            return web.json_response({"error": "Too many requests"}, status=429, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    async def tag(self, request: web.Request) -> web.Response:
        if self.closed:
            return self.answer(request, {"error": "This method requires an authenticated user"}, self.closed)
        found = sorted(self.posts, key=lambda one: -int(one["id"]))
        limit = int(request.query["limit"])
        if "min_id" in request.query:
            newer = [one for one in found if int(one["id"]) > int(request.query["min_id"])]
            return self.answer(request, newer[-limit:])
        return self.answer(request, found[:limit])

    async def status(self, request: web.Request) -> web.Response:
        there = request.match_info["id"] in [one["id"] for one in self.posts] + self.hidden
        return self.answer(request, {}, 200 if there else 404)

    async def search(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer right":
            return self.answer(request, {"error": "The access token is invalid"}, 401)
        found = sorted(self.posts, key=lambda one: -int(one["id"]))
        offset = int(request.query["offset"])
        return self.answer(request, {"statuses": found[offset : offset + int(request.query["limit"])]})


@pytest.fixture
async def server(loopback: Callable[..., Awaitable[str]]) -> tuple[Server, str]:
    server = Server()
    return server, await loopback(server.app())


def uris(numbers: range) -> set[str]:
    return {f"https://far.example/p/{number}" for number in numbers}


async def test_what_came_since_is_read_without_a_gap_however_much_it_is(server: Any, polled: Any) -> None:
    service, url = server
    service.posts = [post(number) for number in range(100)]
    first = await polled("mastodon", {"server": url, "tags": "#Kettle"})
    assert set(first.ids) == uris(range(60, 100))
    assert service.asked == ["/api/v1/timelines/tag/kettle?limit=40"]
    service.posts += [post(number) for number in range(100, 350)]
    second = await polled("mastodon", {"server": url, "tags": "#Kettle"}, first.state)
    assert set(second.ids) >= uris(range(100, 350))
    service.asked.clear()
    third = await polled("mastodon", {"server": url, "tags": "#Kettle"}, second.state)
    assert set(third.ids) == uris(range(310, 350))
    assert len(service.asked) == 1


async def test_a_crash_in_the_middle_loses_nothing(server: Any, polled: Any) -> None:
    service, url = server
    service.posts = [post(number) for number in range(10)]
    state = (await polled("mastodon", {"server": url, "tag": "kettle"})).state
    service.posts += [post(number) for number in range(10, 200)]
    got = set()
    for budget in (1, 2, 3, 9):
        done = await polled("mastodon", {"server": url, "tag": "kettle"}, state, budget=budget)
        got |= set(done.ids)
        state = done.state
    assert got >= uris(range(10, 200))


async def test_an_edit_and_a_post_that_came_late_from_afar_are_seen(server: Any, polled: Any) -> None:
    service, url = server
    service.posts = [post(number) for number in (1, 2, 5)]
    first = await polled("mastodon", {"server": url, "tags": ["kettle"]})
    service.posts[1] = post(2, "kettle, mended", edited_at="2026-10-04T09:00:00Z")
    service.posts.append(post(4, "late"))  # fetched late by that server: its id tells when it was written
    second = await polled("mastodon", {"server": url, "tags": ["kettle"]}, first.state)
    texts = {item.id: item.text for item in second.items}
    assert texts["https://far.example/p/2"] == "kettle, mended"
    assert texts["https://far.example/p/4"] == "late"


async def test_a_post_that_vanished_is_forgotten_once_the_server_says_it_is_gone(server: Any, polled: Any) -> None:
    service, url = server
    service.posts = [post(number) for number in range(5)]
    first = await polled("mastodon", {"server": url, "tags": ["kettle"]})
    service.hidden = [service.posts[3]["id"]]  # no longer shown under the tag, and yet there
    del service.posts[2:4]
    second = await polled("mastodon", {"server": url, "tags": ["kettle"]}, first.state)
    assert second.gone == ["https://far.example/p/2"]
    third = await polled("mastodon", {"server": url, "tags": ["kettle"]}, second.state)
    assert third.gone == []


async def test_a_post_that_only_left_the_window_is_not_forgotten(server: Any, polled: Any) -> None:
    service, url = server
    service.posts = [post(number) for number in range(40)]
    first = await polled("mastodon", {"server": url, "tags": ["kettle"]})
    service.posts = [post(number) for number in range(20, 60)]
    assert (await polled("mastodon", {"server": url, "tags": ["kettle"]}, first.state)).gone == []


@pytest.mark.parametrize(
    "unwilling",
    [
        {"account": {"acct": "a", "indexable": False}},
        {"account": {"acct": "a", "discoverable": False}},
        {"account": {"acct": "a", "noindex": True}},
        {"reblog": {"id": "1"}},
        {"visibility": "direct"},
        {"visibility": "private"},
        {"visibility": "unlisted"},
    ],
)
def test_boosts_letters_and_those_who_do_not_want_to_be_found_are_left_alone(unwilling: Any, reply: Any) -> None:
    config = mastodon.Config(tags=("kettle",))
    steps = list(replay(mastodon.fetch(config, {}), [reply([post(1), post(2, **unwilling)])]))
    assert [step.id for step in steps if isinstance(step, Item)] == ["https://far.example/p/1"]


@pytest.mark.parametrize("status", [401, 422])
async def test_a_server_that_closed_its_tags_says_what_to_do(status: int, server: Any, polled: Any) -> None:
    service, url = server
    service.closed = status
    done = await polled("mastodon", {"server": url, "tags": ["kettle"]})
    assert isinstance(done.error, NeedsAuth)
    assert "signed-in people only: set a token" in str(done.error)


async def test_too_many_requests_wait_until_the_server_counts_anew(server: Any, polled: Any) -> None:
    service, url = server
    service.budget = 0
    done = await polled("mastodon", {"server": url, "tags": ["kettle"]})
    assert isinstance(done.error, RateLimited)
    assert done.error.wait == 121


async def test_the_last_request_of_the_allowance_is_the_last_one_asked(server: Any, polled: Any) -> None:
    service, url = server
    service.posts, service.budget = [post(1)], 2
    done = await polled("mastodon", {"server": url, "tags": ["a", "b", "c"]})
    assert done.error is None
    assert len(service.asked) == 2
    following = next(mastodon.fetch(mastodon.Config(tags=("a", "b", "c")), done.state.cursor))
    assert isinstance(following, Request)
    assert following.url.endswith("/c")


def test_a_spent_allowance_pauses_the_whole_host(reply: Any) -> None:
    headers = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "2026-10-04T08:05:00Z",
               "date": "Sun, 04 Oct 2026 08:04:30 GMT"}  # fmt: skip
    steps = list(replay(mastodon.fetch(mastodon.Config(tags=("a", "b")), {}), [reply([post(1)], **headers)]))
    assert Pause(31, host=True) in steps


def test_a_long_walk_leaves_the_rest_to_the_next_poll_at_once(reply: Any) -> None:
    cursor = {"tags": {"kettle": {"after": str(FIRST)}}}
    walk = [reply([post(99_999)]), *(reply([post(number * 40)]) for number in range(1, 60))]
    steps = list(replay(mastodon.fetch(mastodon.Config(tags=("kettle",)), cursor), walk))
    assert steps[-2] == Again()
    assert steps[-1].cursor["tags"]["kettle"]["after"] == str(FIRST + 39 * 40)


async def test_a_search_finds_all_that_came_since(server: Any, polled: Any) -> None:
    service, url = server
    config = {"server": url, "query": "kettle", "token": "right"}
    service.posts = [post(number) for number in range(50)]
    first = await polled("mastodon", config)
    assert len(first.ids) == 40
    service.posts += [post(number) for number in range(50, 200)]
    second = await polled("mastodon", config, first.state)
    assert set(second.ids) >= uris(range(50, 200))
    assert second.state.cursor["search"] == {"since": str(FIRST + 199)}


async def test_a_search_cut_short_goes_on_where_it_was(server: Any, polled: Any) -> None:
    service, url = server
    config = {"server": url, "query": "kettle", "token": "right"}
    service.posts = [post(number) for number in range(200)]
    state = State({"search": {"since": str(FIRST + 10)}})
    first = await polled("mastodon", config, state, budget=2)
    second = await polled("mastodon", config, first.state)
    assert {*first.ids, *second.ids} >= uris(range(10, 200))


async def test_a_search_without_token_says_where_to_get_one(polled: Any) -> None:
    done = await polled("mastodon", {"server": "social.example", "query": "kettle"})
    assert isinstance(done.error, NeedsAuth)
    assert "Preferences, Development, New application" in str(done.error)


async def test_a_refused_token_is_told_and_not_shown(server: Any, polled: Any) -> None:
    done = await polled("mastodon", {"server": server[1], "query": "kettle", "token": "wr0ng-t0ken"})
    assert isinstance(done.error, NeedsAuth)
    assert "wr0ng" not in str(done.error)


def test_a_server_without_full_text_search_is_told_of_once(reply: Any) -> None:
    config = mastodon.Config.model_validate({"query": "kettle", "token": "right"})
    steps = list(replay(mastodon.fetch(config, {}), [reply({"statuses": []})]))
    assert any(isinstance(step, Problem) and "no full-text search" in step.why for step in steps)
    again = list(replay(mastodon.fetch(config, steps[-1].cursor), [reply({"statuses": []})]))
    assert not any(isinstance(step, Problem) for step in again)


def test_a_backfill_starts_at_the_id_of_that_time() -> None:
    moment = datetime(2025, 7, 17, 19, 7, 48, tzinfo=UTC)
    cursor = mastodon.SOURCE.cursor_at(mastodon.Config(tags=("kettle",)), moment)
    # A post of that second came to mastodon.social four seconds later and got this id there.
    assert cursor == {"tags": {"kettle": {"after": str(1752779268000 << 16)}}}
    assert int(cursor["tags"]["kettle"]["after"]) < 114870142396314555 < (1752779273000 << 16)


@pytest.mark.parametrize("body", ["", "<html>", {}, {"error": "x"}, "null"])
async def test_another_answer_is_a_bad_shape(body: Any, loopback: Any, polled: Any) -> None:
    text = body if isinstance(body, str) else json.dumps(body)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=text)

    done = await polled("mastodon", {"server": await loopback({"/{any:.*}": answer}), "tags": ["kettle"]})
    assert type(done.error).__name__ == "BadShape"


@pytest.mark.parametrize(
    ("url", "config"),
    [
        ("https://mastodon.social/tags/acme", {"server": "https://mastodon.social", "tags": ["acme"]}),
        ("https://tee.example/tags/K%C3%BCche", {"server": "https://tee.example", "tags": ["Küche"]}),
        ("https://mastodon.social/search?q=%23acme", {"server": "https://mastodon.social", "tags": ["acme"]}),
        ("https://mastodon.social/search?q=acme+kettle", {"server": "https://mastodon.social", "query": "acme kettle"}),
        ("https://mastodon.social/@somebody", {}),
    ],
)
def test_a_pasted_address_becomes_a_configuration(url: str, config: dict[str, Any]) -> None:
    assert mastodon.SOURCE.from_url(url) == config
    if config:
        mastodon.Config.model_validate(config)


@pytest.mark.parametrize("wrong", [{}, {"tags": "two words!"}, {"server": "https://a.example/path", "tags": "x"}])
def test_a_configuration_that_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"tags|tag|server"):
        mastodon.Config.model_validate(wrong)


def recorded(folder: Path) -> list[tuple[str, Response]]:
    found = []
    for path in sorted(folder.glob("get_timeline_[hlp]*.yml")):
        recording = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for exchange in recording["http_interactions"]:
            reply = exchange["response"]
            body = reply["body"]["string"].encode()
            found.append((path.name, Response(200, reply["headers"], body, exchange["request"]["uri"])))
    return found


def test_recorded_timelines_are_read(corpora: Callable[[str], Path]) -> None:
    timelines = recorded(corpora("mastodon-rtoot-vcr") / "tests" / "fixtures")
    assert len(timelines) > 10
    taken = 0
    for name, response in timelines:
        posts = json.loads(response.body)
        steps = list(replay(mastodon.fetch(mastodon.Config(tags=("rstats",)), {}), [response]))
        items = [step for step in steps if isinstance(step, Item)]
        assert not [step for step in steps if isinstance(step, Problem)], name
        assert {item.id for item in items} <= {one["uri"] for one in posts}, name
        assert all(item.author and item.published and item.url for item in items), name
        assert not any("<" in item.text and "</" in item.text for item in items), name
        assert steps[-1].cursor["tags"]["rstats"]["after"] == posts[0]["id"], name
        taken += len(items)
    assert taken


@pytest.mark.parametrize("tags", [39, 40, 41, 100])
async def test_many_tags_are_read_in_turns_and_once_an_interval(tags: int, server: Any, polled: Any) -> None:
    server, url = server
    server.budget = 10_000
    server.posts = [post(number) for number in range(3)]
    config = {"server": url, "tags": [f"tag{number}" for number in range(tags)]}
    state = None
    for _ in range(2):
        server.asked.clear()
        for _ in range(-(-tags // 40)):
            done = await polled("mastodon", config, state)
            state = done.state
        assert not done.outcome.again
        assert len({path.partition("?")[0] for path in server.asked}) == len(server.asked) == tags


async def test_the_place_of_a_silent_tag_is_kept_as_well(server: Any, polled: Any) -> None:
    server, url = server
    done = await polled("mastodon", {"server": url, "tags": ["one", "two"]})
    assert set(done.state.cursor["tags"]) == {"one", "two"}
    assert all(done.state.cursor["tags"].values())
