"""DEV: every new article walked back to, tags chosen here, edits seen."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from monitor.collect.drive import State
from sources import devto
from sources.base import Again, BadShape, Item, Response, replay

START = datetime(2026, 3, 1, tzinfo=UTC)
CONFIG = devto.Config()


class Forem:
    """A Forem community: its newest articles by pages, or too many requests."""

    def __init__(self) -> None:
        self.articles: dict[int, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.busy = False

    def add(self, number: int, at: datetime, title: str = "kettle", tags: Any = ("iot",)) -> None:
        self.articles[number] = {
            "id": number, "title": title, "url": f"https://dev.to/a/{number}", "tag_list": list(tags),
            "published_timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "user": {"name": "Ann", "username": "ann"},
        }  # fmt: skip

    async def latest(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        if self.busy:
            return web.json_response(
                {"error": "Rate limit reached", "status": 429}, status=429, headers={"Retry-After": "30"}
            )
        size, page = int(request.query["per_page"]), int(request.query["page"])
        found = sorted(self.articles.values(), key=lambda one: one["published_timestamp"], reverse=True)
        return web.json_response(found[(page - 1) * size : page * size])


@pytest.fixture
async def served(loopback: Callable[..., Awaitable[str]]) -> tuple[Forem, dict[str, Any]]:
    forem = Forem()
    return forem, {"base_url": await loopback({"/api/articles/latest": forem.latest})}


def ids(numbers: range) -> set[str]:
    return {str(number) for number in numbers}


async def test_every_article_since_the_last_poll_is_read(served: Any, polled: Any) -> None:
    forem, config = served
    for number in range(150):
        forem.add(number, START + timedelta(minutes=10 * number))
    first = await polled("devto", config)
    assert set(first.ids) == ids(range(50, 150))
    for number in range(150, 600):
        forem.add(number, START + timedelta(days=9, minutes=10 * number))
    second = await polled("devto", config, first.state)
    assert set(second.ids) >= ids(range(150, 600))
    forem.asked.clear()
    await polled("devto", config, second.state)
    assert len(forem.asked) == 1


async def test_a_crash_on_the_way_back_loses_nothing(served: Any, polled: Any) -> None:
    forem, config = served
    for number in range(450):
        forem.add(number, START + timedelta(minutes=10 * number))
    state, got = State(devto.SOURCE.cursor_at(CONFIG, START)), set()
    for budget in (1, 2, 9):
        done = await polled("devto", config, state, budget=budget)
        got, state = got | set(done.ids), done.state
        forem.add(1000 + budget, START + timedelta(days=8))  # what comes meanwhile pushes the others on
    assert got >= ids(range(450))


async def test_an_edited_article_comes_again(served: Any, polled: Any) -> None:
    forem, config = served
    forem.add(1, START)
    state = (await polled("devto", config)).state
    forem.add(1, START, "kettle, mended")
    assert [item.title for item in (await polled("devto", config, state)).items] == ["kettle, mended"]


async def test_only_the_chosen_tags_are_taken(served: Any, polled: Any) -> None:
    forem, config = served
    forem.add(1, START, tags=["iot", "tea"])
    forem.add(2, START, tags=["css"])
    forem.add(3, START, tags=["Tea"])
    assert set((await polled("devto", config | {"tags": "#tea, python"})).ids) == {"1", "3"}


async def test_too_many_requests_wait_as_long_as_it_says(served: Any, polled: Any) -> None:
    forem, config = served
    forem.busy = True
    done = await polled("devto", config)
    assert type(done.error).__name__ == "RateLimited"
    assert done.error.wait == 30


def test_a_long_walk_is_left_to_the_next_poll_at_once(reply: Callable[..., Response]) -> None:
    page = [{"id": 1, "published_at": "2026-09-01T00:00:00Z"}]
    steps = list(replay(devto.fetch(CONFIG, {"since": "2026-03-01T00:00:00Z"}), [reply(page)] * 99))
    assert Again() in steps
    assert steps[-1].cursor["page"] == devto.PAGES_A_POLL + 1


@pytest.mark.parametrize("answer", ["", "<html>", {}, {"error": "x"}, "null", "7"])
def test_another_answer_is_a_bad_shape(answer: Any, reply: Callable[..., Response]) -> None:
    with pytest.raises(BadShape):
        list(replay(devto.fetch(CONFIG, {}), [reply(answer)]))


@pytest.mark.parametrize(
    ("url", "config"),
    [("https://dev.to/t/Acme", {"tags": ["acme"]}), ("https://dev.to/latest", {}), ("https://dev.to/", {})],
)
def test_a_pasted_address_becomes_a_configuration(url: str, config: dict[str, Any]) -> None:
    assert devto.SOURCE.from_url(url) == config


def test_a_reply_of_2026_is_read(corpora: Callable[[str], Path], reply: Callable[..., Response]) -> None:
    recorded = json.loads((corpora("recorded-2026") / "hn_devto_lobsters_2026-10-01.json").read_text("utf-8"))
    article = recorded["devto_article"]
    item = next(replay(devto.fetch(CONFIG, {}), [reply([article])]))
    assert isinstance(item, Item)
    assert (item.id, item.title, item.url) == (str(article["id"]), article["title"], article["url"])
    assert (item.author, item.lang) == (article["user"]["name"], "en")
    assert item.text == article["description"]
    assert item.extra["tags"] == article["tag_list"]
