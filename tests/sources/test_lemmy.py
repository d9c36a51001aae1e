"""Lemmy: posts and comments of both APIs, walked back to what is known, deleted ones forgotten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from monitor.collect.drive import State
from sources import lemmy
from sources.base import Again, BadShape, Item, NotFound, RateLimited, Tombstone, replay

START = datetime(2026, 3, 1, tzinfo=UTC)
CONFIG = lemmy.Config(query="kettle")


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.123456Z")


class Server:
    """A Lemmy server that speaks v3, or v4 with its cursors."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.speaks = {"v3"}
        self.refusal: dict[str, Any] | None = None
        self.asked: list[str] = []

    def add(self, number: int, at: datetime, text: str = "kettle", comment: bool = False, **more: Any) -> None:
        post = {"id": 1, "name": "Title", "ap_id": "https://tea.example/post/1", "published": stamp(START)}
        said = {"ap_id": f"https://tea.example/{number}", "published": stamp(at), "published_at": stamp(at), **more}
        view = {"creator": {"name": "ann"}, "community": {"name": "kitchen"}}
        if comment:
            self.comments.append(view | {"type_": "comment", "comment": said | {"content": text}, "post": post})
        else:
            self.posts.append(view | {"type_": "post", "post": said | {"name": "Title", "body": text}})

    @staticmethod
    def newest_first(views: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(views, key=lambda view: (view.get("comment") or view["post"])["published"], reverse=True)

    async def search(self, request: web.Request) -> web.Response:
        version = request.match_info["version"]
        self.asked.append(request.path)
        if version not in self.speaks:
            return web.json_response({"error": "not_found"}, status=404)
        if self.refusal:
            return web.json_response(self.refusal, status=400)
        asked, size = request.query, int(request.query["limit"])
        if version == "v4":
            found, start = self.newest_first(self.posts + self.comments), int(asked.get("page_cursor", "0"))
            following = {"next_page": str(start + size)} if len(found) > start + size else {}
            return web.json_response({"search": found[start : start + size], **following})
        found = self.newest_first(self.posts if asked["type_"] == "Posts" else self.comments)
        start = (int(asked["page"]) - 1) * size
        return web.json_response({"posts": [], "comments": [], asked["type_"].lower(): found[start : start + size]})


@pytest.fixture
async def served(loopback: Callable[..., Awaitable[str]]) -> tuple[Server, dict[str, Any]]:
    server = Server()
    return server, {"query": "kettle", "server": await loopback({"/api/{version}/search": server.search})}


def ids(numbers: range) -> set[str]:
    return {f"https://tea.example/{number}" for number in numbers}


@pytest.mark.parametrize("version", ["v3", "v4"])
async def test_posts_and_comments_since_the_last_poll_are_all_read(version: str, served: Any, polled: Any) -> None:
    server, config = served
    server.speaks = {version}
    for number in range(20):
        server.add(number, START + timedelta(minutes=number), comment=number % 2 == 1)
    first = await polled("lemmy", config)
    assert set(first.ids) == ids(range(20))
    for number in range(20, 260):
        server.add(number, START + timedelta(days=1, minutes=number), comment=number % 2 == 1)
    second = await polled("lemmy", config, first.state)
    assert second.error is None
    assert set(second.ids) >= ids(range(20, 260))
    third = await polled("lemmy", config, second.state)
    assert len(third.ids) <= 200  # the overlap of two hours, in whole pages


async def test_a_crash_in_the_middle_of_a_walk_loses_nothing(served: Any, polled: Any) -> None:
    server, config = served
    for number in range(200):
        server.add(number, START + timedelta(minutes=number), comment=number % 2 == 1)
    state, got = State(lemmy.SOURCE.cursor_at(CONFIG, START)), set()
    for budget in (1, 2, 1, 9):
        done = await polled("lemmy", config, state, budget=budget)
        got, state = got | set(done.ids), done.state
    assert got == ids(range(200))


async def test_a_server_that_left_v3_behind_is_asked_in_v4_from_then_on(served: Any, polled: Any) -> None:
    server, config = served
    server.add(1, START)
    first = await polled("lemmy", config)
    server.speaks = {"v4"}
    server.add(2, START + timedelta(hours=1))
    second = await polled("lemmy", config, first.state)
    assert second.error is None
    assert set(second.ids) == ids(range(1, 3))
    server.asked.clear()
    await polled("lemmy", config, second.state)
    assert server.asked == ["/api/v4/search"]


async def test_a_server_of_another_kind_is_not_found(served: Any, polled: Any) -> None:
    server, config = served
    server.speaks = set()
    assert isinstance((await polled("lemmy", config)).error, NotFound)


async def test_an_edit_is_seen_and_what_is_deleted_or_removed_is_forgotten(served: Any, polled: Any) -> None:
    server, config = served
    for number in range(3):
        server.add(number, START + timedelta(minutes=number))
    first = await polled("lemmy", config)
    server.posts[0]["post"] |= {"body": "mended", "updated": stamp(START + timedelta(hours=1))}
    server.posts[1]["post"]["deleted"] = True
    server.posts[2]["post"]["removed"] = True
    second = await polled("lemmy", config, first.state)
    assert [(item.text, item.extra["edited"]) for item in second.items] == [("mended", "2026-03-01T01:00:00+00:00")]
    assert set(second.gone) == ids(range(1, 3))


def test_a_comment_is_said_under_the_title_of_its_post(reply: Any) -> None:
    server = Server()
    server.add(7, START, "the kettle leaks", comment=True)
    answers = [reply({"posts": []}), reply({"comments": server.comments})]
    item = next(step for step in replay(lemmy.fetch(CONFIG, {}), answers) if isinstance(step, Item))
    assert (item.id, item.kind, item.title, item.text) == (
        "https://tea.example/7",
        "comment",
        "Title",
        "the kettle leaks",
    )


async def test_a_server_that_is_asked_too_often_gets_its_pause(served: Any, polled: Any) -> None:
    server, config = served
    server.refusal = {"error": "rate_limit_error"}
    done = await polled("lemmy", config)
    assert isinstance(done.error, RateLimited)
    assert done.error.wait == 60


async def test_another_refusal_is_told_by_its_name(served: Any, polled: Any) -> None:
    server, config = served
    server.refusal = {"error": "couldnt_find_community"}
    done = await polled("lemmy", config)
    assert str(done.error) == "$.error: couldnt_find_community"


def test_a_long_walk_is_left_to_the_next_poll_at_once(reply: Any) -> None:
    server = Server()
    for number in range(lemmy.PAGE):
        server.add(number, START + timedelta(days=9))
    cursor = {"Posts": {"since": stamp(START)}}
    steps = list(replay(lemmy.fetch(CONFIG, cursor), [reply({"posts": server.posts})] * 99))
    assert Again() in steps
    assert steps[-1].cursor["Posts"]["page"] == lemmy.REQUESTS_A_POLL + 1


def test_communities_and_people_among_the_results_are_passed_over(reply: Any) -> None:
    views = [{"type_": "community", "community": {}}, {"type_": "person", "person": {}}]
    assert [
        s
        for s in replay(lemmy.fetch(CONFIG, {"api": 4}), [reply({"search": views})])
        if isinstance(s, Item | Tombstone)
    ] == []


@pytest.mark.parametrize("answer", ["", "<html>", [], {}, {"posts": {}}, {"posts": None}, "null"])
def test_another_answer_is_a_bad_shape(answer: Any, reply: Any) -> None:
    with pytest.raises(BadShape):
        list(replay(lemmy.fetch(CONFIG, {}), [reply(answer)]))


@pytest.mark.parametrize(
    ("url", "config"),
    [
        ("https://lemmy.world/search?q=acme&type=All", {"server": "https://lemmy.world", "query": "acme"}),
        (
            "https://lemmy.world/c/kitchen@tea.example",
            {"server": "https://lemmy.world", "community": "kitchen@tea.example"},
        ),
    ],
)
def test_a_pasted_address_becomes_a_configuration(url: str, config: dict[str, Any]) -> None:
    assert lemmy.SOURCE.from_url(url) == config
