"""Stack Exchange: questions and answers with their edits, within the quota of a day, and never against a backoff."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from monitor.collect.drive import State
from sources import stack_exchange
from sources.base import Again, Item, NeedsAuth, NotFound, Pause, RateLimited, Response, Tombstone, replay

START = 1_796_000_000


class Service:
    """Stack Exchange's own rules: a search by activity, posts by number, a quota, and a backoff now and then."""

    def __init__(self) -> None:
        self.posts: dict[int, dict[str, Any]] = {}
        self.index: dict[int, dict[str, Any]] = {}
        self.asked: list[web.Request] = []
        self.quota = 300
        self.backoff: dict[int, int] = {}
        self.refusal: dict[str, Any] | None = None

    def add(self, number: int, at: int, text: str = "kettle", site: str = "stackoverflow") -> None:
        common = {"creation_date": at, "last_activity_date": at, "score": 1, "site": site}
        self.index[number] = {**common, "question_id": number, "item_type": "question", "title": f"Q{number}"}
        owner = {"display_name": "J&#246;rn", "link": "https://stackoverflow.com/users/1"}
        self.posts[number] = {
            **common, "post_id": number, "post_type": "question", "body": f"<p>{text}</p>", "owner": owner,
            "link": f"https://stackoverflow.com/q/{number}", "content_license": "CC BY-SA 4.0",
        }  # fmt: skip

    def answer(self, request: web.Request, items: list[Any], more: bool) -> web.Response:
        self.asked.append(request)
        self.quota -= 1
        if self.refusal or self.quota < 0:
            message = "too many requests from this IP, more requests available in 5400 seconds"
            refusal = {"error_id": 502, "error_name": "throttle_violation", "error_message": message}
            return web.json_response(self.refusal or refusal, status=400)
        body = {"items": items, "has_more": more, "quota_max": 300, "quota_remaining": self.quota}
        backoff = self.backoff.get(len(self.asked))
        return web.json_response(body | ({"backoff": backoff} if backoff else {}))

    async def search(self, request: web.Request) -> web.Response:
        asked = request.query
        least, most = int(asked.get("min", 0)), int(asked.get("max", 10**12))
        found = [one for one in self.index.values() if least <= one["last_activity_date"] <= most]
        found = sorted(
            (one for one in found if one["site"] == asked["site"]), key=lambda one: -one["last_activity_date"]
        )
        size, page = int(asked["pagesize"]), int(asked["page"])
        return self.answer(request, found[(page - 1) * size : page * size], len(found) > page * size)

    async def by_number(self, request: web.Request) -> web.Response:
        numbers = [int(number) for number in request.match_info["ids"].split(";")]
        assert len(numbers) <= 100
        return self.answer(request, [self.posts[number] for number in numbers if number in self.posts], False)


@pytest.fixture
async def served(loopback: Callable[..., Awaitable[str]]) -> tuple[Service, dict[str, Any]]:
    service = Service()
    url = await loopback({"/search/excerpts": service.search, "/posts/{ids}": service.by_number})
    return service, {"query": "kettle", "base_url": url}


async def test_a_post_comes_whole_with_author_link_and_licence(served: Any, polled: Any) -> None:
    service, config = served
    service.add(7, START, "Use a <b>kettle</b> &amp; wait")
    item = (await polled("stack-exchange", config)).items[-1]
    assert (item.id, item.title, item.text) == ("stackoverflow/7", "Q7", "Use a kettle & wait")
    assert (item.author, item.url) == ("Jörn", "https://stackoverflow.com/q/7")
    assert item.extra["licence"] == "CC BY-SA 4.0"


async def test_all_that_came_since_is_walked_back_to(served: Any, polled: Any) -> None:
    service, config = served
    for number in range(150):
        service.add(number, START + number)
    first = await polled("stack-exchange", config)
    assert set(first.ids) == {f"stackoverflow/{number}" for number in range(50, 150)}
    for number in range(150, 600):
        service.add(number, START + 10_000 + number // 3)
    second = await polled("stack-exchange", config, first.state)
    assert set(second.ids) >= {f"stackoverflow/{number}" for number in range(150, 600)}
    assert second.state.cursor["sites"]["stackoverflow"] == {"since": START + 10_000 + 599 // 3}


async def test_an_edit_comes_as_activity(served: Any, polled: Any) -> None:
    service, config = served
    service.add(1, START)
    service.add(2, START + 90_000)
    state = (await polled("stack-exchange", config)).state
    service.add(1, START, "mended")
    service.index[1]["last_activity_date"] = START + 95_000
    second = await polled("stack-exchange", config, state)
    assert ("stackoverflow/1", "mended") in [(item.id, item.text) for item in second.items]


async def test_what_the_search_still_finds_and_the_service_no_longer_gives_is_gone(served: Any, polled: Any) -> None:
    service, config = served
    service.add(1, START)
    service.add(2, START)
    del service.posts[2]
    assert (await polled("stack-exchange", config)).gone == ["stackoverflow/2"]


async def test_a_backoff_ends_the_poll_after_its_page_and_the_next_goes_on_there(served: Any, polled: Any) -> None:
    service, config = served
    for number in range(300):
        service.add(number, START + number)
    service.backoff[1] = 30
    cursor = stack_exchange.SOURCE.cursor_at(config_of(config), datetime.fromtimestamp(START, UTC))
    done = await polled("stack-exchange", config, State(cursor))
    assert [request.path for request in service.asked] == ["/search/excerpts", f"/posts/{joined(299, 199)}"]
    assert done.error is None
    assert done.state.cursor["sites"]["stackoverflow"]["until"] == START + 200
    held = await polled("stack-exchange", config, done.state)  # at once: before the 30 seconds are over
    assert isinstance(held.error, RateLimited)
    assert len(service.asked) == 2


def config_of(config: dict[str, Any]) -> stack_exchange.Config:
    return stack_exchange.Config.model_validate(config)


def joined(first: int, last: int) -> str:
    return ";".join(str(number) for number in range(first, last, -1))


async def test_a_day_of_polls_stays_within_the_quota_of_those_without_a_key(served: Any, polled: Any) -> None:
    service, config = served
    state = None
    for poll in range(48):  # every 30 minutes
        service.add(poll, START + poll * 1800)
        done = await polled("stack-exchange", config, state)
        assert done.error is None
        state = done.state
    assert len(service.asked) == 96
    assert service.quota > 200


@pytest.mark.parametrize(("date", "rest"), [("Sun, 04 Oct 2026 22:00:00 GMT", 7200), ("", 3600)])
def test_a_quota_that_runs_low_is_left_alone_until_midnight(date: str, rest: float, reply: Any) -> None:
    answers = [reply({"items": [], "quota_remaining": 3}, **({"date": date} if date else {}))]
    steps = list(replay(stack_exchange.fetch(stack_exchange.Config(query="x"), {}), answers))
    assert Pause(rest, host=True) in steps


def test_what_is_left_of_the_quota_is_spread_over_the_rest_of_the_day(reply: Any) -> None:
    answers = [reply({"items": [], "quota_remaining": 20}, date="Sun, 04 Oct 2026 12:00:00 GMT")]
    pauses = [
        s for s in replay(stack_exchange.fetch(stack_exchange.Config(query="x"), {}), answers) if type(s) is Pause
    ]
    assert pauses == [Pause(12 * 3600 * 2 / 20)]


async def test_a_throttled_address_waits_as_long_as_it_is_told(served: Any, polled: Any) -> None:
    service, config = served
    service.quota = 0
    done = await polled("stack-exchange", config)
    assert isinstance(done.error, RateLimited)
    assert done.error.wait == 5400


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("No site found for name `nope`", NotFound),
        ("`key` doesn't match a known application", NeedsAuth),
    ],
)
async def test_a_refusal_says_what_to_change(message: str, kind: type, served: Any, polled: Any) -> None:
    service, config = served
    service.refusal = {"error_id": 400, "error_name": "bad_parameter", "error_message": message}
    done = await polled("stack-exchange", config | {"key": "s3cret"})
    assert isinstance(done.error, kind)
    assert "s3cret" not in str(done.error)


async def test_several_sites_are_read_and_a_number_means_another_post_on_each(served: Any, polled: Any) -> None:
    service, config = served
    service.add(1, START)
    service.add(2, START, site="diy")
    done = await polled("stack-exchange", config | {"sites": "stackoverflow diy.stackexchange.com"})
    assert set(done.ids) == {"stackoverflow/1", "diy/2"}
    assert set(done.state.cursor["sites"]) == {"stackoverflow", "diy"}


def test_a_long_walk_is_cut_and_goes_on_with_the_same_site(reply: Any) -> None:
    config = stack_exchange.Config(query="x", sites=("stackoverflow", "diy"))
    page = [{"question_id": 1, "item_type": "question", "last_activity_date": START + 99_999}]
    search, posts = reply({"items": page, "has_more": True}), reply({"items": []})
    cursor = {"sites": {"stackoverflow": {"since": START}}}
    steps = list(replay(stack_exchange.fetch(config, cursor), [search, posts] * 99))
    assert Again() in steps
    assert steps[-1].cursor["last"] == "stackoverflow"
    assert steps[-1].cursor["sites"]["stackoverflow"]["page"] == stack_exchange.PAGES_A_POLL


def test_what_was_deleted_is_forgotten_when_asked_again(reply: Any) -> None:
    ask = stack_exchange.SOURCE.recheck.ask
    posts = reply({"items": [{"post_id": 1, "title": "T", "body": "<p>b</p>", "post_type": "question"}]})
    ids = ["stackoverflow/1", "stackoverflow/2", "diy/3"]
    steps = list(replay(ask(stack_exchange.Config(query="x"), ids), [posts]))
    assert [step.id for step in steps if isinstance(step, Item)] == ["stackoverflow/1"]
    assert [step for step in steps if isinstance(step, Tombstone)] == [Tombstone("stackoverflow/2")]


@pytest.mark.parametrize("answer", ["", "<html>", [], {}, {"items": {}}, {"items": None}, "null"])
def test_another_answer_is_a_bad_shape(answer: Any, reply: Callable[..., Response]) -> None:
    with pytest.raises(stack_exchange.BadShape):
        list(replay(stack_exchange.fetch(stack_exchange.Config(query="x"), {}), [reply(answer)]))


@pytest.mark.parametrize(
    ("url", "config"),
    [
        ("https://stackoverflow.com/search?q=acme+kettle", {"sites": ["stackoverflow"], "query": "acme kettle"}),
        ("https://diy.stackexchange.com/questions/tagged/acme", {"sites": ["diy"], "query": "acme"}),
        ("https://ru.stackoverflow.com/search?q=acme", {"sites": ["ru.stackoverflow"], "query": "acme"}),
        ("https://stackoverflow.com/", {"sites": ["stackoverflow"]}),
    ],
)
def test_a_pasted_address_becomes_a_configuration(url: str, config: dict[str, Any]) -> None:
    assert stack_exchange.SOURCE.from_url(url) == config


async def test_a_backoff_at_the_end_of_one_site_leaves_the_next_for_the_time_after(served: Any, polled: Any) -> None:
    service, config = served
    service.add(1, START, site="stackoverflow")
    service.add(2, START, site="superuser")
    service.backoff = {2: 30}
    config = config | {"sites": ["stackoverflow", "superuser"]}
    first = await polled("stack-exchange", config)
    assert (first.outcome.again, first.state.cursor["last"]) == (True, "superuser")
    assert set(first.ids) == {"stackoverflow/1"}
