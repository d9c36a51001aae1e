"""Telegram: a channel's preview walked back to what is known, deletions noticed, and none made up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from monitor.collect.drive import State
from sources import telegram
from sources.base import Again, BadShape, Blocked, NotFound, Response, replay

START = datetime(2026, 3, 1, tzinfo=UTC)
CONFIG = telegram.Config(channel="teanotes")


def page(*posts: str) -> str:
    return f'<main class="tgme_main"><section class="tgme_channel_history">{"".join(posts)}</section></main>'


def post(number: int, text: str = "kettle") -> str:
    at = (START + timedelta(minutes=number)).isoformat()
    return (
        f'<div class="tgme_widget_message" data-post="TeaNotes/{number}">'
        f'<div class="tgme_widget_message_text js-message_text">{text}</div>'
        f'<a class="tgme_widget_message_date"><time datetime="{at}">x</time></a></div>'
    )


class Channel:
    """A channel of numbered posts, 20 a page."""

    def __init__(self) -> None:
        self.posts: dict[int, str] = {}
        self.asked: list[str] = []
        self.robots = "User-agent: *\nAllow: /\n"
        self.cut_to: int | None = None

    async def preview(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        before = int(request.query.get("before", 10**9))
        shown = [number for number in sorted(self.posts) if number < before][-20:]
        body = page(*(post(number, self.posts[number]) for number in shown[: self.cut_to]))
        return web.Response(text=body, content_type="text/html")

    async def robots_txt(self, _: web.Request) -> web.Response:
        return web.Response(text=self.robots)


@pytest.fixture
async def served(loopback: Callable[..., Awaitable[str]]) -> tuple[Channel, dict[str, Any]]:
    channel = Channel()
    url = await loopback({"/s/teanotes": channel.preview, "/robots.txt": channel.robots_txt})
    return channel, {"channel": "teanotes", "base_url": url}


def ids(numbers: range) -> set[str]:
    return {f"teanotes/{number}" for number in numbers}


async def test_all_posts_since_the_last_poll_are_read_page_by_page(served: Any, polled: Any) -> None:
    channel, config = served
    channel.posts = dict.fromkeys(range(1, 51), "kettle")
    first = await polled("telegram", config)
    assert set(first.ids) == ids(range(31, 51))
    channel.posts |= dict.fromkeys(range(51, 121), "kettle")
    second = await polled("telegram", config, first.state)
    assert set(second.ids) >= ids(range(51, 121))
    assert second.gone == []
    channel.asked.clear()
    await polled("telegram", config, second.state)
    assert channel.asked == ["/s/teanotes"]


async def test_a_crash_on_the_way_back_loses_nothing(served: Any, polled: Any) -> None:
    channel, config = served
    channel.posts = dict.fromkeys(range(1, 11), "kettle")
    state = (await polled("telegram", config)).state
    channel.posts |= dict.fromkeys(range(11, 101), "kettle")
    got = set()
    for budget in (1, 1, 2, 9):
        done = await polled("telegram", config, state, budget=budget)
        got, state = got | set(done.ids), done.state
    assert got >= ids(range(11, 101))
    assert state.cursor["since"] == 100


async def test_a_backfill_walks_back_to_a_time(served: Any, polled: Any) -> None:
    channel, config = served
    channel.posts = dict.fromkeys(range(1, 101), "kettle")
    cursor = telegram.SOURCE.cursor_at(CONFIG, START + timedelta(minutes=30))
    done = await polled("telegram", config, State(cursor))
    assert set(done.ids) >= ids(range(30, 101))
    assert done.state.cursor == {"since": 100, "window": list(range(81, 101))}


async def test_an_edited_post_comes_again_and_a_deleted_one_is_forgotten(served: Any, polled: Any) -> None:
    channel, config = served
    channel.posts = dict.fromkeys(range(1, 31), "kettle")
    first = await polled("telegram", config)
    channel.posts[25] = "kettle, mended"
    del channel.posts[20], channel.posts[30]
    second = await polled("telegram", config, first.state)
    assert {item.id: item.text for item in second.items}["teanotes/25"] == "kettle, mended"
    assert second.gone == []  # only when they are missing a second time
    third = await polled("telegram", config, second.state)
    assert sorted(third.gone) == ["teanotes/20", "teanotes/30"]
    assert (await polled("telegram", config, third.state)).gone == []


async def test_a_post_that_only_left_the_window_is_not_forgotten(served: Any, polled: Any) -> None:
    channel, config = served
    channel.posts = dict.fromkeys(range(1, 31), "kettle")
    first = await polled("telegram", config)
    channel.posts |= dict.fromkeys(range(31, 60), "kettle")
    assert (await polled("telegram", config, first.state)).gone == []


async def test_a_page_that_came_incomplete_deletes_nothing(served: Any, polled: Any) -> None:
    channel, config = served
    channel.posts = dict.fromkeys(range(1, 21), "kettle")
    first = await polled("telegram", config)
    channel.cut_to = 3
    second = await polled("telegram", config, first.state)
    assert second.gone == []
    assert [problem.why for problem in second.problems] == ["17 posts are missing at once: not taken for deleted"]


async def test_robots_are_asked_first(served: Any, polled: Any) -> None:
    channel, config = served
    channel.robots = "User-agent: *\nDisallow: /s/\n"
    done = await polled("telegram", config)
    assert isinstance(done.error, Blocked)
    assert channel.asked == []


async def test_a_channel_without_preview_says_so(loopback: Any, polled: Any) -> None:
    async def to_profile(_: web.Request) -> web.Response:
        raise web.HTTPFound("/teanotes")

    async def profile(_: web.Request) -> web.Response:
        text = '<div class="tgme_page"><div class="tgme_page_title">Tea</div></div>'
        return web.Response(text=text, content_type="text/html")

    url = await loopback({"/s/teanotes": to_profile, "/teanotes": profile})
    done = await polled("telegram", {"channel": "teanotes", "base_url": url})
    assert isinstance(done.error, NotFound)
    assert "no public preview" in str(done.error)


def test_an_empty_channel_is_no_trouble(reply: Callable[..., Response]) -> None:
    assert len(list(replay(telegram.fetch(CONFIG, {}), [reply(page())]))) == 1


@pytest.mark.parametrize("body", ["", "<html>", "{}", "<div class='other'>x</div>"])
def test_another_page_is_a_bad_shape(body: str, reply: Callable[..., Response]) -> None:
    with pytest.raises(BadShape):
        list(replay(telegram.fetch(CONFIG, {}), [reply(body)]))


def test_a_long_walk_is_left_to_the_next_poll_at_once(reply: Callable[..., Response]) -> None:
    pages = [reply(page(post(1000 - at))) for at in range(50)]
    steps = list(replay(telegram.fetch(CONFIG, {"since": 5}), pages))
    assert Again() in steps
    assert steps[-1].cursor == {"since": 5, "newest": 1000, "before": 991, "window": [1000]}


def test_a_page_that_leads_nowhere_ends_the_walk(reply: Callable[..., Response]) -> None:
    steps = list(replay(telegram.fetch(CONFIG, {"since": 5}), [reply(page(post(50)))] * 9))
    assert steps[-1].cursor["since"] == 50
    assert len(steps) == 4


@pytest.mark.parametrize(
    ("url", "config"),
    [
        ("https://t.me/s/TeaNotes", {"channel": "TeaNotes"}),
        ("https://t.me/TeaNotes/12?single", {"channel": "TeaNotes"}),
        ("https://telegram.me/TeaNotes", {"channel": "TeaNotes"}),
        ("https://t.me/joinchat/AAAA", {}),
    ],
)
def test_a_pasted_address_becomes_a_configuration(url: str, config: dict[str, str]) -> None:
    assert telegram.SOURCE.from_url(url) == config


@pytest.mark.parametrize("written", ["@TeaNotes", "t.me/s/TeaNotes", "https://t.me/TeaNotes/5", " TeaNotes "])
def test_a_channel_may_be_written_in_any_way(written: str) -> None:
    assert telegram.Config(channel=written).channel == "TeaNotes"


def test_a_name_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="public channel"):
        telegram.Config(channel="+AbCdEf")


async def test_a_post_that_one_page_left_out_is_not_forgotten(served: Any, polled: Any) -> None:
    channel, config = served
    channel.posts = dict.fromkeys(range(1, 31), "kettle")
    state = (await polled("telegram", config)).state
    left_out = channel.posts.pop(25)
    done = await polled("telegram", config, state)
    assert (done.gone, done.state.cursor["missing"]) == ([], [25])
    channel.posts[25] = left_out
    for _ in range(3):
        done = await polled("telegram", config, done.state)
        assert done.gone == []
    assert "missing" not in done.state.cursor
