"""Discourse: posts whole and with their topics, oldest first, at the pace that a forum allows to strangers."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from monitor.collect.drive import State
from monitor.net.pace import parse_rate
from sources import discourse
from sources.base import Again, BadShape, NeedsAuth, RateLimited, Response, replay

START = datetime(2026, 3, 1, tzinfo=UTC)


class Forum:
    """A forum: a search by whole days of ten pages at most, and posts by number; it counts who asks."""

    def __init__(self) -> None:
        self.posts: dict[int, dict[str, Any]] = {}
        self.deleted: set[int] = set()
        self.searches: list[str] = []
        self.searched_at: list[float] = []
        self.asked_posts: list[int] = []
        self.closed = False
        self.limit: dict[str, Any] | None = None
        self.page_size = 50

    def add(self, number: int, at: datetime, text: str = "the whole text about the kettle") -> None:
        self.posts[number] = {
            "id": number, "username": "ann", "name": "Ann", "created_at": at.isoformat(), "post_number": 1,
            "topic_id": number, "blurb": "text about …", "cooked": f"<p>{text}</p>",
        }  # fmt: skip

    async def search(self, request: web.Request) -> web.Response:
        if self.closed and request.headers.get("Api-Key") != "right":
            return web.json_response({"errors": ["not logged in"], "error_type": "not_logged_in"}, status=403)
        if self.limit is not None:
            return web.json_response({"errors": ["slow down"], "error_type": "rate_limit", **self.limit}, status=429)
        terms, page = request.query["q"], int(request.query["page"])
        assert page <= 10, "a forum refuses further pages"
        assert "order:latest" in terms
        self.searches.append(terms)
        self.searched_at.append(time.monotonic())
        after, before = (re.search(rf"{word}:(\S+)", terms) for word in ("after", "before"))
        found = [
            post
            for post in sorted(self.posts.values(), key=lambda post: post["created_at"], reverse=True)
            if (not after or post["created_at"][:10] >= after[1])
            and (not before or post["created_at"][:10] < before[1])
        ]
        here = found[(page - 1) * self.page_size : page * self.page_size]
        topics = [{"id": post["topic_id"], "title": f"T{post['topic_id']}", "slug": "t"} for post in here]
        more = len(found) > page * self.page_size or None
        searched = [{name: value for name, value in post.items() if name != "cooked"} for post in here]
        return web.json_response(
            {"posts": searched, "topics": topics, "grouped_search_result": {"more_full_page_results": more}}
        )

    async def post(self, request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        self.asked_posts.append(number)
        if number in self.deleted:
            return web.json_response({"errors": ["not found"]}, status=404)
        return web.json_response({name: value for name, value in self.posts[number].items() if name != "blurb"})


@pytest.fixture
async def served(loopback: Callable[..., Awaitable[str]]) -> tuple[Forum, dict[str, Any]]:
    forum = Forum()
    url = await loopback({"/search.json": forum.search, "/posts/{id}.json": forum.post})
    return forum, {"url": url, "query": "kettle"}


async def poll_all(polled: Any, config: dict[str, Any], state: Any = None) -> Any:
    """Poll until nothing is left over; every text that was stored last, by id."""
    texts: dict[str, str] = {}
    for _ in range(100):
        done = await polled("discourse", config, state)
        assert done.error is None
        assert done.problems == []
        texts |= {item.id: item.text for item in done.items}
        state = done.state
        if not done.outcome.again:
            return texts, state
    raise AssertionError("it does not end")


async def test_a_post_comes_whole_with_the_title_of_its_topic(served: Any, polled: Any) -> None:
    forum, config = served
    forum.add(5, START, "It <b>leaks</b>.")
    item = (await polled("discourse", config)).items[-1]
    assert (item.id, item.title, item.text, item.author) == ("5", "T5", "It leaks.", "Ann")
    assert item.url == f"{config['url']}/t/t/5/1"


async def test_what_is_known_is_not_asked_for_again(served: Any, polled: Any) -> None:
    forum, config = served
    forum.add(1, START)
    _, state = await poll_all(polled, config)
    forum.add(2, START + timedelta(hours=1))
    texts, _ = await poll_all(polled, config, state)
    assert set(texts) == {"2"}
    assert forum.asked_posts == [1, 2]
    assert forum.searches[1] == "kettle after:2026-02-27 order:latest"


async def test_many_posts_are_taken_a_few_a_poll_and_none_is_lost(served: Any, polled: Any) -> None:
    forum, config = served
    for number in range(1, 131):
        forum.add(number, START + timedelta(minutes=number))
    texts, state = await poll_all(polled, config)
    assert set(map(int, texts)) == set(range(1, 131))  # the first page, and what shares its days
    assert set(texts.values()) == {"the whole text about the kettle"}
    for number in range(131, 200):
        forum.add(number, START + timedelta(days=9, minutes=number))
    texts, _ = await poll_all(polled, config, state)
    assert set(map(int, texts)) == set(range(131, 200))


async def test_a_backfill_walks_past_the_last_page_by_days(served: Any, polled: Any) -> None:
    forum, config = served
    forum.page_size = 5
    for number in range(1, 91):
        forum.add(number, START + timedelta(hours=6 * number))
    cursor = discourse.SOURCE.cursor_at(discourse.Config.model_validate(config), START)
    texts, _ = await poll_all(polled, config, State(cursor))
    assert set(map(int, texts)) == set(range(1, 91))
    assert any("before:" in terms for terms in forum.searches)


async def test_a_poll_that_breaks_off_between_two_posts_loses_nothing(served: Any, polled: Any) -> None:
    forum, config = served
    for number in range(1, 11):
        forum.add(number, START + timedelta(minutes=number))
    broken = forum.posts.pop(6)
    forum.posts[6] = {**broken, "cooked": web}  # cannot be told as JSON: the forum breaks
    done = await polled("discourse", config)
    assert type(done.error).__name__ == "Unreachable"
    assert done.items == []
    forum.posts[6] = broken
    texts, _ = await poll_all(polled, config, done.state)
    assert set(map(int, texts)) == set(range(1, 11))


async def test_a_post_that_came_late_into_the_index_is_found(served: Any, polled: Any) -> None:
    forum, config = served
    for number in range(1, 31):
        forum.add(number, START + timedelta(minutes=number))
    late = forum.posts.pop(25)
    texts, state = await poll_all(polled, config)
    assert "25" not in texts
    forum.posts[25] = late
    assert set((await poll_all(polled, config, state))[0]) == {"25"}


async def test_a_post_deleted_since_it_was_indexed_is_gone(served: Any, polled: Any) -> None:
    forum, config = served
    forum.add(1, START)
    forum.deleted.add(1)
    assert (await polled("discourse", config)).gone == ["1"]


@pytest.mark.parametrize(
    ("answer", "gone"),
    [(404, True), (410, True), (403, False), ({"id": 3, "deleted_at": "2026-01-01"}, True), ({"id": 3}, False)],
)
def test_asked_again_only_what_is_deleted_is_forgotten(answer: Any, gone: bool, reply: Any) -> None:
    ask = discourse.SOURCE.recheck.ask
    config = discourse.Config(url="https://forum.example", query="kettle")
    response = Response(answer, {}, b"{}", "") if isinstance(answer, int) else reply(answer)
    assert [step.id for step in replay(ask(config, ["3"]), [response])] == (["3"] if gone else [])


@pytest.mark.parametrize(("limit", "wait"), [({"extras": {"wait_seconds": 27}}, 27), ({}, None), ({"extras": 5}, None)])
async def test_a_forum_that_wants_a_pause_gets_it(limit: Any, wait: Any, served: Any, polled: Any) -> None:
    forum, config = served
    forum.limit = limit
    done = await polled("discourse", config)
    assert isinstance(done.error, RateLimited)
    assert done.error.wait == wait


async def test_a_walk_stays_within_the_eight_searches_a_minute_of_strangers(served: Any, polled: Any) -> None:
    forum, config = served
    forum.page_size = 1
    for number in range(1, 11):
        forum.add(number, START + timedelta(minutes=number))
    faster = 400  # a minute passes in 0.15 s, for the source and for the count
    interval = parse_rate(discourse.SOURCE.rate).interval
    assert parse_rate(discourse.SOURCE.rate).count == 1
    state = State(discourse.SOURCE.cursor_at(discourse.Config.model_validate(config), START))
    done = await polled("discourse", config, state, rate=f"1/{interval / faster:.3f}s")
    assert done.error is None
    minute = 60 / faster
    assert len(forum.searched_at) == 10
    assert max(sum(at <= other < at + minute for other in forum.searched_at) for at in forum.searched_at) <= 8


async def test_a_closed_forum_asks_for_a_key_and_opens_to_it(served: Any, polled: Any) -> None:
    forum, config = served
    forum.closed = True
    forum.add(1, START)
    done = await polled("discourse", config)
    assert isinstance(done.error, NeedsAuth)
    assert "API key" in str(done.error)
    assert (await polled("discourse", config | {"key": "right"})).ids[-1] == "1"


def test_the_rest_is_left_to_the_next_poll_at_once(reply: Any) -> None:
    posts = [{"id": number, "topic_id": 1, "post_number": number} for number in range(1, 31)]
    replies = [reply({"posts": posts})] + [reply({"id": 1})] * 30
    steps = list(replay(discourse.fetch(discourse.Config(url="https://f.example", query="kettle"), {}), replies))
    assert Again() in steps
    assert steps[-1].cursor["known"] == list(range(1, 21))


@pytest.mark.parametrize("answer", ["", "<html>", [], {}, {"posts": {}}, {"posts": None}, "null"])
def test_another_answer_is_a_bad_shape(answer: Any, reply: Any) -> None:
    with pytest.raises(BadShape):
        list(replay(discourse.fetch(discourse.Config(url="https://f.example", query="kettle"), {}), [reply(answer)]))


@pytest.mark.parametrize(
    ("url", "config"),
    [
        ("https://forum.example/search?q=acme%20order%3Alatest", {"url": "https://forum.example", "query": "acme"}),
        ("https://example.com/forum/t/the-topic/77/3", {"url": "https://example.com/forum"}),
        ("https://meta.discourse.org/latest", {"url": "https://meta.discourse.org"}),
        ("https://blog.example/article", {}),
    ],
)
def test_a_pasted_address_becomes_a_configuration(url: str, config: dict[str, Any]) -> None:
    assert discourse.SOURCE.from_url(url) == config
