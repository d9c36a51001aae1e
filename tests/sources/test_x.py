"""X: what a poll may cost, walks that go on at the next one, edits, deletions, and a token that shows nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

import sources
from monitor.collect.drive import State
from sources import x
from sources.base import BadShape, Blocked, Item, NeedsAuth, RateLimited, Response, Tombstone, replay

TOKEN = "AAAA-invented-bearer"
FIRST = 1_992_000_000_000_000_000


class X:
    """The service's own rules over invented posts; every post handed out is counted."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.oldest = 0
        """Before this id lies more than seven days ago."""
        self.paid = 0
        self.asked: list[web.Request] = []
        self.refusal: tuple[int, dict[str, Any], dict[str, str]] | None = None

    def post(self, number: int, text: str = "hello", versions: tuple[int, ...] = ()) -> str:
        ids = [str(FIRST + one) for one in (*versions, number)]
        made = {"id": ids[-1], "edit_history_tweet_ids": ids, "author_id": "1", "text": text, "lang": "en"}
        self.posts.append({**made, "created_at": "2026-11-21T10:00:00.000Z"})
        return ids[-1]

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        query = request.query
        if request.headers["authorization"] != f"Bearer {TOKEN}":
            return web.json_response({"title": "Unauthorized"}, status=401)
        if self.refusal:
            status, body, headers = self.refusal
            return web.json_response(body, status=status, headers=headers)
        since, size = int(query.get("since_id", 0)), int(query["max_results"])
        assert 10 <= size <= 100
        if since and since < self.oldest:
            return self.wrong("since_id", f"'since_id' must be larger than {self.oldest}")
        if query.get("next_token") == "stale":
            return self.wrong("next_token", "no such token")
        found = [one for one in self.posts if int(one["id"]) > max(since, self.oldest)]
        found.sort(key=lambda one: -int(one["id"]))
        # A token names the post to go on below: newer ones shift nothing.
        below = int(query.get("next_token", 10**30))
        page = [one for one in found if int(one["id"]) < below][:size]
        self.paid += len(page)
        meta: dict[str, Any] = {"result_count": len(page)}
        if page and page[-1] is not found[-1]:
            meta["next_token"] = page[-1]["id"]
        users = {"users": [{"id": "1", "username": "ada_boils"}]}
        return web.json_response({"meta": meta} | ({"data": page, "includes": users} if page else {}))

    def wrong(self, parameter: str, message: str) -> web.Response:
        errors = [{"parameters": {parameter: ["1"]}, "message": message}]
        return web.json_response({"errors": errors, "title": "Invalid Request"}, status=400)


@pytest.fixture
async def service(loopback: Any) -> tuple[X, dict[str, Any]]:
    played = X()
    base = await loopback({"/2/tweets/search/recent": played.answer})
    return played, {"query": "kettle OR pot", "token": TOKEN, "base_url": base}


async def test_only_what_is_new_is_read_and_paid_for(service: Any, polled: Any) -> None:
    played, config = service
    for at in range(30):
        played.post(at)
    first = await polled("x", config)
    assert (len(first.ids), played.paid) == (30, 30)
    assert first.state.cursor == {"since_id": str(FIRST + 29)}
    new = played.post(40)
    second = await polled("x", config, first.state)
    assert (second.ids, played.paid) == ([new], 31)
    third = await polled("x", config, second.state)
    assert (third.items, played.paid, third.state.cursor) == ([], 31, second.state.cursor)
    assert played.asked[0].query["query"] == "(kettle OR pot) -is:retweet"


async def test_a_poll_costs_no_more_than_allowed_and_the_next_one_goes_on(service: Any, polled: Any) -> None:
    played, config = service
    config["most"] = 120
    played.post(0)
    state = (await polled("x", config)).state
    names = {played.post(at) for at in range(1, 301)}
    seen: set[str] = set()
    for poll in range(3):
        before = played.paid
        done = await polled("x", config, state)
        assert played.paid - before <= 120
        seen |= set(done.ids)
        state = done.state
        if poll == 0:
            assert state.cursor["since_id"] == str(FIRST)
            names.add(played.post(900))  # written in the middle of the walk
    assert seen == names - {str(FIRST + 900)}
    assert state.cursor == {"since_id": str(FIRST + 300)}
    assert (await polled("x", config, state)).ids == [str(FIRST + 900)]


async def test_the_very_first_poll_costs_no_more_either_and_looks_no_further_back(service: Any, polled: Any) -> None:
    played, config = service
    for at in range(500):
        played.post(at)
    first = await polled("x", config)
    assert played.paid == 100
    assert first.state.cursor == {"since_id": str(FIRST + 499)}


async def test_after_a_week_of_rest_all_that_can_be_had_is_read_and_the_gap_is_told(service: Any, polled: Any) -> None:
    played, config = service
    names = {played.post(at) for at in range(150)}
    played.oldest = FIRST - 1
    first = await polled("x", config, State({"since_id": "1900000000000000000"}))
    assert "seven days" in first.problems[0].why
    assert "`most`" in first.problems[1].why
    assert len(first.problems) == 2
    second = await polled("x", config, first.state)
    assert {*first.ids, *second.ids} == names
    assert second.state.cursor == {"since_id": str(FIRST + 149)}


async def test_a_token_that_is_no_longer_known_begins_the_walk_anew(service: Any, polled: Any) -> None:
    played, config = service
    name = played.post(5)
    done = await polled("x", config, State({"since_id": str(FIRST), "newest": str(FIRST + 1), "token": "stale"}))
    assert done.ids == [name]
    assert done.state.cursor == {"since_id": name}


async def test_an_edit_is_the_same_post_with_other_words(service: Any, polled: Any) -> None:
    played, config = service
    old = played.post(1, "whistels")
    first = await polled("x", config)
    played.post(9, "whistles", versions=(1,))
    second = await polled("x", config, first.state)
    assert [(item.id, item.text) for item in (*first.items, *second.items)] == [(old, "whistels"), (old, "whistles")]
    assert second.items[0].url == f"https://x.com/ada_boils/status/{FIRST + 9}"


def test_an_earlier_version_never_overwrites_a_later_one(reply: Callable[..., Response]) -> None:
    ids = [str(FIRST), str(FIRST + 1)]
    versions = [{"id": name, "edit_history_tweet_ids": ids, "text": name} for name in reversed(ids)]
    steps = list(replay(x.fetch(_config(), {}), [reply({"data": versions, "meta": {}})]))
    assert [(step.id, step.text) for step in steps if isinstance(step, Item)] == [(ids[0], ids[1])]


def test_only_what_the_service_calls_gone_is_forgotten(reply: Callable[..., Response]) -> None:
    recheck = sources.load("x").recheck
    assert recheck is not None
    problem = "https://api.twitter.com/2/problems"
    answer = {
        "data": [{"id": "1", "edit_history_tweet_ids": ["1"], "text": "as it reads now"}],
        "errors": [
            {"resource_id": "2", "parameter": "ids", "type": f"{problem}/resource-not-found"},
            {"value": "3", "parameter": "ids", "type": f"{problem}/not-authorized-for-resource"},
            {"resource_id": "4", "type": f"{problem}/service-unavailable"},
            {"resource_id": "77", "resource_type": "user", "type": f"{problem}/resource-not-found"},
        ],
    }
    steps = list(replay(recheck.ask(_config(), ["1", "2", "3", "4", "5", "odd"]), [reply(answer)]))
    assert [step.id for step in steps if isinstance(step, Item)] == ["1"]
    assert [step.id for step in steps if isinstance(step, Tombstone)] == ["2", "3"]
    assert list(replay(recheck.ask(_config(recheck=False), ["1"]), [])) == []


@pytest.mark.parametrize(
    ("status", "body", "headers", "error", "wait"),
    [
        (402, {"title": "CreditsDepleted"}, {}, NeedsAuth, None),
        (403, {"title": "Forbidden"}, {}, Blocked, None),
        (400, {"errors": [{"parameters": {"query": ["("]}}]}, {}, Blocked, None),
        (429, {}, {"x-rate-limit-reset": "1795262430", "Date": "Sat, 21 Nov 2026 12:00:00 GMT"}, RateLimited, 30.0),
        (429, {"title": "UsageCapExceeded"}, {}, RateLimited, 86_400.0),
        (429, {}, {"x-rate-limit-reset": "soon"}, RateLimited, None),
    ],
)
async def test_each_refusal_is_told_apart(
    service: Any, polled: Any, status: int, body: Any, headers: Any, error: type[Exception], wait: float | None
) -> None:
    played, config = service
    played.refusal = (status, body, headers)
    done = await polled("x", config, State({"since_id": str(FIRST)}))
    assert isinstance(done.error, error)
    assert getattr(done.error, "wait", None) == wait
    assert done.state.cursor == {"since_id": str(FIRST)}


def test_without_a_token_it_says_where_to_get_one_and_that_it_costs() -> None:
    for token in ({}, {"token": ""}):
        with pytest.raises(NeedsAuth, match=r"console\.x\.com.*cent"):
            next(x.fetch(x.Config.model_validate({"query": "x", **token}), {}))


async def test_the_token_shows_nowhere(service: Any, polled: Any) -> None:
    played, config = service
    played.post(1)
    played.posts.append({"id": str(FIRST + 2), "text": 7, "entities": []})
    done = await polled("x", config)
    wrong = await polled("x", {**config, "token": "wr0ng-token"})
    assert isinstance(wrong.error, NeedsAuth)
    assert done.items
    shown = repr((done.items, done.problems, done.outcome, wrong.error, x.Config(**config)))
    shown += json.dumps(done.state.as_json()) + " ".join(str(request.url) for request in played.asked)
    for secret in (TOKEN, "wr0ng-token"):
        assert secret not in shown


@pytest.mark.parametrize("body", ["", "<html>", {}, [], {"data": {}}, {"data": None, "meta": {}}, "null", "7"])
def test_another_answer_is_a_bad_shape(body: Any, reply: Callable[..., Response]) -> None:
    with pytest.raises(BadShape):
        list(replay(x.fetch(_config(), {}), [reply(body)]))


def test_a_time_is_the_least_id_of_that_time() -> None:
    declared = sources.load("x")
    assert declared.cursor_at is not None
    cursor = declared.cursor_at(_config(), datetime(2022, 6, 28, 16, 7, 40, tzinfo=UTC))
    moment = ((int(cursor["since_id"]) >> 22) + 1_288_834_974_657) / 1000
    assert datetime.fromtimestamp(moment, UTC) == datetime(2022, 6, 28, 16, 7, 40, tzinfo=UTC)


def test_a_pasted_search_becomes_a_configuration() -> None:
    declared = sources.load("x")
    assert declared.from_url is not None
    for url in (
        "https://x.com/search?q=%22tea+kettle%22&f=live",
        "https://twitter.com/search?src=a&q=%22tea+kettle%22",
    ):
        assert any(re.search(pattern, url) for pattern in declared.detect)
        assert declared.from_url(url) == {"query": '"tea kettle"'}
    assert not any(re.search(pattern, "https://netflix.com/search?q=a") for pattern in declared.detect)


def _config(**more: Any) -> x.Config:
    return x.Config.model_validate({"query": "kettle", "token": TOKEN, **more})
