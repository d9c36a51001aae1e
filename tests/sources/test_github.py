"""GitHub: every change walked to, however many; incomplete answers asked again; ten searches a minute and no more."""

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
from sources import github
from sources.base import Again, BadShape, Blocked, Item, NeedsAuth, NotFound, Pause, Problem, RateLimited, replay

START = datetime(2026, 3, 1, tzinfo=UTC)
CONFIG = github.Config(query="kettle")


class Service:
    """GitHub's search: a thousand results a query at most, sorted by change, with a count of who asks how often."""

    def __init__(self) -> None:
        self.issues: dict[int, dict[str, Any]] = {}
        self.asked: list[web.Request] = []
        self.times: list[float] = []
        self.incomplete = 0
        self.refusal: tuple[int, dict[str, Any], dict[str, str]] | None = None

    def add(self, number: int, at: datetime, title: str = "kettle") -> None:
        stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.issues[number] = {
            "node_id": f"I_{number}", "html_url": f"https://github.com/a/b/issues/{number}", "title": title,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": stamp, "user": {"login": "ann"}, "body": "text",
        }  # fmt: skip

    async def search(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        self.times.append(time.monotonic())
        if self.refusal:
            status, body, headers = self.refusal
            return web.json_response(body, status=status, headers=headers)
        terms, size, page = request.query["q"], int(request.query["per_page"]), int(request.query["page"])
        assert page * size <= 1000, "GitHub gives the first 1000 results only"
        floor = re.search(r"updated:>=(\S+)", terms)
        found = [issue for issue in self.issues.values() if not floor or issue["updated_at"] >= floor[1]]
        found.sort(key=lambda issue: issue["updated_at"], reverse=request.query["order"] == "desc")
        here = found[(page - 1) * size : page * size]
        self.incomplete -= 1
        left_out = here[::2] if self.incomplete >= 0 else here
        return web.json_response(
            {"total_count": len(found), "incomplete_results": self.incomplete >= 0, "items": left_out}
        )


@pytest.fixture
async def served(loopback: Callable[..., Awaitable[str]]) -> tuple[Service, dict[str, Any]]:
    service = Service()
    return service, {"query": "kettle", "base_url": await loopback({"/search/issues": service.search})}


def ids(numbers: range) -> set[str]:
    return {f"I_{number}" for number in numbers}


async def test_every_change_since_is_walked_to_even_beyond_a_thousand(served: Any, polled: Any) -> None:
    service, config = served
    for number in range(150):
        service.add(number, START + timedelta(seconds=number))
    first = await polled("github", config)
    assert set(first.ids) == ids(range(50, 150))
    for number in range(150, 1500):
        service.add(number, START + timedelta(hours=1, seconds=number // 3))
    got, state = set(), first.state
    for _ in range(2):
        done = await polled("github", config, state)
        assert done.error is None
        got, state = got | set(done.ids), done.state
    assert got >= ids(range(150, 1500))
    assert not done.outcome.again
    assert state.cursor == {"since": (START + timedelta(hours=1, seconds=1499 // 3)).isoformat().replace("+00:00", "Z")}


async def test_an_edited_issue_comes_again(served: Any, polled: Any) -> None:
    service, config = served
    service.add(1, START)
    service.add(2, START + timedelta(days=1))
    state = (await polled("github", config)).state
    service.add(1, START + timedelta(days=2), "kettle, mended")
    second = await polled("github", config, state)
    assert {item.id: item.title for item in second.items}["I_1"] == "kettle, mended"


async def test_a_crash_repeats_a_page_and_loses_none(served: Any, polled: Any) -> None:
    service, config = served
    for number in range(500):
        service.add(number, START + timedelta(seconds=number))
    state, got = State(github.SOURCE.cursor_at(CONFIG, START)), set()
    for budget in (1, 2, 9):
        done = await polled("github", config, state, budget=budget)
        got, state = got | set(done.ids), done.state
    assert got == ids(range(500))


async def test_an_incomplete_answer_is_not_the_end(served: Any, polled: Any) -> None:
    service, config = served
    for number in range(10):
        service.add(number, START + timedelta(days=number))
    state = State({"since": "2026-03-01T00:00:00Z"})
    service.incomplete = 1
    first = await polled("github", config, state)
    assert first.outcome.again
    second = await polled("github", config, first.state)
    assert {*first.ids, *second.ids} == ids(range(10))
    assert "tries" not in second.state.cursor


def test_an_answer_that_stays_incomplete_is_taken_with_a_word_about_it(reply: Any) -> None:
    issue = {"node_id": "I_1", "title": "t", "updated_at": "2026-03-02T00:00:00Z"}
    answer = reply({"incomplete_results": True, "items": [issue]})
    cursor: Any = {"since": "2026-03-01T00:00:00Z"}
    for _ in range(github.TRIES):
        steps = list(replay(github.fetch(CONFIG, cursor), [answer]))
        assert Again() in steps
        cursor = steps[-1].cursor
        assert cursor["since"] == "2026-03-01T00:00:00Z"
    steps = list(replay(github.fetch(CONFIG, cursor), [answer]))
    assert any(isinstance(step, Problem) and "ran out of time" in step.why for step in steps)
    assert steps[-1].cursor == {"since": "2026-03-02T00:00:00Z"}


async def test_a_full_walk_stays_under_ten_searches_a_minute(served: Any, polled: Any) -> None:
    service, config = served
    for number in range(1200):
        service.add(number, START + timedelta(seconds=number))
    faster = 300  # a minute passes in a fifth of a second, for the source and for the count
    interval = parse_rate(github.SOURCE.rate).interval
    assert parse_rate(github.SOURCE.rate).count == 1
    state = State(github.SOURCE.cursor_at(CONFIG, START))
    done = await polled("github", config, state, rate=f"1/{interval / faster:.3f}s")
    assert done.outcome.requests == github.REQUESTS_A_POLL
    minute = 60 / faster
    assert max(sum(at <= other < at + minute for other in service.times) for at in service.times) <= 10


def test_a_spent_allowance_pauses_the_host_until_it_is_counted_anew(reply: Any) -> None:
    headers = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1772323250", "date": "Sun, 01 Mar 2026 00:00:10 GMT"}
    steps = list(replay(github.fetch(CONFIG, {}), [reply({"items": []}, **headers)]))
    assert Pause(41, host=True) in steps


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "words"),
    [
        (
            422,
            {"message": "Validation Failed", "errors": [{"message": "too long"}]},
            {},
            NotFound,
            "change it: .*too long",
        ),
        (401, {"message": "Bad credentials"}, {}, NeedsAuth, "refuses the token"),
        (403, {"message": "API rate limit exceeded for 1.2.3.4"}, {"X-RateLimit-Remaining": "0"}, RateLimited, "limit"),
        (403, {"message": "secondary rate limit"}, {"Retry-After": "61"}, RateLimited, "61 s"),
        (403, {"message": "Resource not accessible"}, {}, Blocked, "not accessible"),
    ],
)
async def test_a_refusal_says_why(
    status: int, body: Any, headers: Any, kind: type, words: str, served: Any, polled: Any
) -> None:
    service, config = served
    service.refusal = (status, body, headers)
    done = await polled("github", config | {"token": "gh-s3cret"})
    assert type(done.error) is kind
    assert re.search(words, str(done.error))
    assert "s3cret" not in str(done.error)


async def test_a_token_opens_no_private_repository(served: Any, polled: Any) -> None:
    service, config = served
    await polled("github", config | {"token": "gh-s3cret"})
    await polled("github", config | {"query": "kettle in:title"})
    assert service.asked[0].headers["Authorization"] == "Bearer gh-s3cret"
    assert [request.query["q"] for request in service.asked] == [
        "kettle in:title,body,comments is:public",
        "kettle in:title",
    ]


def test_a_passage_of_a_comment_is_a_mention_of_its_own(reply: Any) -> None:
    match = {"object_type": "IssueComment", "object_url": "https://api.github.com/x/comments/5", "fragment": "kettle!"}
    issue = {"node_id": "I_1", "html_url": "https://github.com/a/b/issues/1", "title": "t", "text_matches": [match]}
    items = [s for s in replay(github.fetch(CONFIG, {}), [reply({"items": [issue]})]) if isinstance(s, Item)]
    assert [(item.id, item.kind, item.text) for item in items] == [
        ("I_1", "post", ""),
        ("comment:5", "comment", "kettle!"),
    ]
    assert items[1].url == "https://github.com/a/b/issues/1#issuecomment-5"


@pytest.mark.parametrize("answer", ["", "<html>", [], {}, {"items": {}}, {"items": None}, "null"])
def test_another_answer_is_a_bad_shape(answer: Any, reply: Any) -> None:
    with pytest.raises(BadShape):
        list(replay(github.fetch(CONFIG, {}), [reply(answer)]))


@pytest.mark.parametrize(
    ("url", "config"),
    [
        ("https://github.com/search?q=acme+kettle&type=issues", {"query": "acme kettle"}),
        ("https://github.com/acme/kettle/issues", {"query": "repo:acme/kettle"}),
        ("https://github.com/acme/kettle/issues?q=leak", {"query": "repo:acme/kettle leak"}),
        ("https://github.com/acme", {}),
    ],
)
def test_a_pasted_address_becomes_a_configuration(url: str, config: dict[str, Any]) -> None:
    assert github.SOURCE.from_url(url) == config
