"""App Store reviews: both forms of the address, pages to the old edge, several countries."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from monitor.collect.drive import State
from sources import appstore
from sources.base import BadShape, Checkpoint, Item, NotFound, RateLimited, Request, Response, replay

START = datetime(2026, 11, 1, tzinfo=UTC)


def review(number: int) -> dict[str, Any]:
    return {
        "id": {"label": str(number)},
        "im:rating": {"label": str(number % 5 + 1)},
        "title": {"label": f"title {number}"},
        "content": {"label": f"text {number}"},
        "updated": {"label": (START + timedelta(minutes=number)).isoformat()},
        "author": {"name": {"label": "Jo"}},
    }


class Store:
    """Reviews by country, newest first, fifty a page, answered on one form of the address or on both."""

    def __init__(self, forms: str = "both", **reviews: int) -> None:
        self.forms, self.reviews = forms, {country: list(range(many)) for country, many in reviews.items()}
        self.asked: list[str] = []

    def answer(self, request: Request) -> Response:
        self.asked.append(request.url)
        country = re.search(r"example/(\w\w)/rss/", request.url)[1]  # type: ignore[index]
        page = int((re.search(r"page=(\d+)", request.url) or ["", "1"])[1])
        form = "mixed" if "sortBy=mostRecent" in request.url else "small"
        newest = sorted(self.reviews[country], reverse=True)[:500]
        entries = [review(number) for number in newest[(page - 1) * 50 : page * 50]]
        if not entries or self.forms not in ("both", form):
            return Response(200, {}, b'{"feed": {"title": {"label": "iTunes Store"}}}', request.url)
        found: Any = entries[0] if len(entries) == 1 else entries
        return Response(200, {}, json.dumps({"feed": {"entry": found}}).encode(), request.url)


def poll(store: Store, cursor: dict[str, Any], requests: int = 99, **config: Any) -> tuple[list[str], dict[str, Any]]:
    """Ids committed and the last cursor; the run ends after so many requests, as a crash would."""
    settings = appstore.Config.model_validate({"app": 1, "base_url": "http://store.example", **config})
    reading, answer = appstore.fetch(settings, cursor), None
    ids: list[str] = []
    waiting: list[str] = []
    while True:
        try:
            step = reading.send(answer)
        except StopIteration as end:
            return ids + waiting, dict(end.value)
        answer = None
        if isinstance(step, Request):
            if requests == 0:
                return ids, cursor
            requests -= 1
            answer = store.answer(step)
        elif isinstance(step, Checkpoint):
            ids, waiting, cursor = ids + waiting, [], json.loads(json.dumps(step.cursor))
        elif isinstance(step, Item):
            waiting.append(step.id)


@pytest.mark.parametrize("forms", ["small", "mixed"])
def test_nothing_on_one_form_of_the_address_is_asked_on_the_other(forms: str) -> None:
    store = Store(forms, us=120)
    ids, cursor = poll(store, {})
    assert len(set(ids)) == 120
    store.asked.clear()
    store.reviews["us"].append(999)
    assert "999" in poll(store, cursor)[0]
    assert len(store.asked) == 1  # the form that answered is remembered


def test_five_hundred_reviews_on_ten_pages_are_all_there_are() -> None:
    store = Store(us=600)
    ids, cursor = poll(store, {})
    assert len(set(ids)) == 500
    assert len(store.asked) == 10
    assert "page" not in cursor["us"]


def test_a_later_poll_stops_at_the_old_edge() -> None:
    store = Store(us=400)
    _, cursor = poll(store, {})
    store.asked.clear()
    store.reviews["us"] += [1000, 1001]
    ids, _ = poll(store, cursor)
    assert {"1000", "1001"} <= set(ids)
    assert len(store.asked) == 1


@pytest.mark.parametrize("requests", range(5))
def test_a_crash_in_the_middle_of_a_walk_loses_no_review(requests: int) -> None:
    store = Store(us=180)
    first, cursor = poll(store, {}, requests)
    store.reviews["us"] += list(range(500, 560))
    second, cursor = poll(store, cursor)
    third, _ = poll(store, cursor)
    assert {*first, *second, *third} == {str(number) for number in store.reviews["us"]}


def test_the_edge_is_not_raised_before_it_was_reached() -> None:
    _, cursor = poll(Store(us=180), {}, 1)
    assert "edge" not in cursor["us"]
    assert cursor["us"]["page"] == 2


def test_each_country_is_read_and_keeps_its_own_place() -> None:
    ids, cursor = poll(Store(us=3, de=1, jp=0), {}, country="us, de JP")
    assert len(ids) == 4
    assert set(cursor) == {"us", "de", "jp"}


@pytest.mark.parametrize("name", ["app", "app_id", "id"])
@pytest.mark.parametrize("value", [310633997, "310633997", "id310633997"])
def test_the_app_goes_by_several_names(name: str, value: object) -> None:
    assert appstore.Config.model_validate({name: value}).app == "310633997"


def test_a_wrong_country_is_refused() -> None:
    with pytest.raises(ValueError, match="two-letter"):
        appstore.Config.model_validate({"app": 1, "countries": ["usa"]})


@pytest.mark.parametrize("answer", ["", "<html>", {}, {"feed": []}, []])
def test_another_answer_is_a_bad_shape(answer: Any, reply: Callable[..., Response]) -> None:
    with pytest.raises(BadShape):
        list(replay(appstore.fetch(appstore.Config.model_validate({"app": 1}), {}), [reply(answer)]))


def test_a_reply_of_2026_is_read(corpora: Callable[[str], Path], reply: Callable[..., Response]) -> None:
    body = (corpora("recorded-2026") / "appstore_in_2026-09-20.json").read_bytes()
    config = appstore.Config.model_validate({"app": 1592550875, "country": "in"})
    items = [step for step in replay(appstore.fetch(config, {}), [reply(body)]) if isinstance(step, Item)]
    assert [(item.id, item.rating, item.extra["version"]) for item in items] == [
        ("14548543799", 5.0, "1.8.0"),
        ("14545746087", 1.0, "1.8.0"),
    ]
    assert items[0].published == datetime(2026, 9, 14, 11, 24, 23, tzinfo=UTC)


class Server:
    """The store over loopback: several countries, an ETag for each page, and its moods."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.asked: list[tuple[str, bool]] = []
        """(country, whether it came with a condition)."""
        self.unchanged = 0
        self.empty: set[tuple[str, int]] = set()
        self.statuses: dict[str, int] = {}
        self.garbled: set[str] = set()

    async def answer(self, request: web.Request) -> web.Response:
        country = request.path[1:3]
        self.asked.append((country, "if-none-match" in request.headers))
        if country in self.statuses:
            return web.Response(status=self.statuses[country])
        if country in self.garbled:
            return web.Response(text="<html>sorry</html>")
        page = int((re.search(r"page=(\d+)", request.path) or ["", "1"])[1])
        if (country, page) in self.empty:
            return web.json_response({"feed": {}})
        found = self.store.answer(Request("GET", f"http://store.example{request.path}"))
        etag = f'"{hash(found.body)}"'
        if request.headers.get("if-none-match") == etag:
            self.unchanged += 1
            return web.Response(status=304)
        return web.Response(body=found.body, headers={"etag": etag})


@pytest.fixture
async def polled_from(loopback: Any, polled: Any) -> Any:
    async def run(server: Server, state: State | None = None, countries: str = "us de jp fr gb") -> Any:
        address = await loopback({"/{path:.*}": server.answer})
        if state:  # every call of the fixture serves from another port
            moved = {re.sub(r"http://[^/]*", address, url): kept for url, kept in state.validators.items()}
            state = State(state.cursor, moved)
        return await polled("appstore", {"app": 1, "countries": countries, "base_url": address}, state)

    return run


async def test_five_countries_are_five_conditional_requests(polled_from: Any) -> None:
    server = Server(Store(us=400, de=60, jp=7, fr=1, gb=50))
    first = await polled_from(server)
    assert len(first.ids) == 518
    server.asked.clear()
    second = await polled_from(server, first.state)
    assert sorted(server.asked) == [("de", True), ("fr", True), ("gb", True), ("jp", True), ("us", True)]
    assert (server.unchanged, second.items, second.error) == (5, [], None)
    assert second.outcome.not_modified  # nothing that the silence alarm should judge by
    third = await polled_from(server, second.state)
    assert (server.unchanged, third.items) == (10, [])


async def test_one_request_a_country_is_enough_where_conditions_are_not_understood(polled_from: Any) -> None:
    server = Server(Store(us=400, de=60, jp=7, fr=1, gb=50))
    state = (await polled_from(server)).state
    server.asked.clear()
    await polled_from(server, State(state.cursor))
    assert [country for country, _ in server.asked] == ["us", "de", "jp", "fr", "gb"]


async def test_a_new_review_comes_although_the_other_countries_have_none(polled_from: Any) -> None:
    server = Server(Store(us=60, de=60, jp=60, fr=1, gb=50))
    state = (await polled_from(server)).state
    server.store.reviews["jp"].append(900)
    done = await polled_from(server, state)
    assert done.ids[0] == "900"
    assert server.unchanged == 4


async def test_a_country_without_a_review_is_asked_once_a_poll_on_either_form_in_turns(polled_from: Any) -> None:
    server = Server(Store(us=0))
    state = (await polled_from(server, countries="us")).state
    server.asked.clear()
    server.store.asked.clear()
    for _ in range(2):
        state = (await polled_from(server, state, countries="us")).state
    assert server.asked == [("us", False), ("us", False)]
    assert len(set(server.store.asked)) == 2
    server.store = Store("mixed", us=4)
    found = []
    for _ in range(2):
        done = await polled_from(server, state, countries="us")
        state, found = done.state, [*found, *done.ids]
    assert set(found) >= {"0", "1", "2", "3"}


async def test_a_country_that_falls_silent_is_told_and_read_on_when_it_speaks_again(polled_from: Any) -> None:
    server = Server(Store(us=60, jp=60))
    state = (await polled_from(server, countries="us jp")).state
    server.empty = {("jp", 1)}
    server.store.reviews["us"].append(900)
    for _ in range(2):
        silent = await polled_from(server, state, countries="us jp")
        assert [(problem.where, problem.why[:12]) for problem in silent.problems] == [("jp", "there always")]
        state = silent.state
    server.empty = set()
    server.store.reviews["jp"] += range(500, 570)
    again = await polled_from(server, state, countries="us jp")
    assert {str(number) for number in range(500, 570)} <= set(again.ids)
    assert again.problems == []


async def test_an_empty_page_before_the_old_edge_is_asked_again(polled_from: Any) -> None:
    server = Server(Store(us=60))
    state = (await polled_from(server, countries="us")).state
    server.store.reviews["us"] += range(500, 620)
    server.empty = {("us", 2)}
    first = await polled_from(server, state, countries="us")
    assert (len(first.ids), first.problems) == (50, [])
    server.empty = set()
    second = await polled_from(server, first.state, countries="us")
    assert {str(number) for number in range(500, 620)} <= {*first.ids, *second.ids}


async def test_an_empty_page_that_stays_is_the_end_and_the_gap_is_told(polled_from: Any) -> None:
    server = Server(Store(us=60))
    state = (await polled_from(server, countries="us")).state
    server.store.reviews["us"] += range(500, 620)
    server.empty = {("us", 2)}
    told = []
    for _ in range(3):
        done = await polled_from(server, state, countries="us")
        told, state = [problem.why for problem in done.problems], done.state
    assert "do not reach back" in told[0]
    assert set(state.cursor["us"]) == {"edge"}


async def test_more_than_five_hundred_new_reviews_are_a_gap(polled_from: Any) -> None:
    server = Server(Store(us=60))
    state = (await polled_from(server, countries="us")).state
    server.store.reviews["us"] += range(500, 1_100)
    done = await polled_from(server, state, countries="us")
    assert len(done.ids) == 500
    assert "do not reach back" in done.problems[0].why
    assert done.outcome.missed


async def test_a_refusal_is_a_request_to_slow_down_and_keeps_what_was_read(polled_from: Any) -> None:
    server = Server(Store(us=60, de=60))
    server.statuses = {"de": 403}
    done = await polled_from(server, countries="us de")
    assert isinstance(done.error, RateLimited)
    assert len(done.ids) == 60
    assert done.state.cursor["us"]["edge"]


async def test_a_country_in_trouble_is_asked_last_at_the_next_poll(polled_from: Any) -> None:
    server = Server(Store(us=6, de=7, jp=8))
    server.garbled = {"de"}
    first = await polled_from(server, countries="us de jp")
    assert isinstance(first.error, BadShape)
    assert len(first.ids) == 6
    server.asked.clear()
    second = await polled_from(server, first.state, countries="us de jp")
    assert isinstance(second.error, BadShape)
    assert next(country for country, _ in server.asked if country != "us") == "jp"
    assert len(set(second.ids)) == 8
    server.garbled = set()
    third = await polled_from(server, second.state, countries="us de jp")
    assert third.error is None
    assert set(third.state.cursor) == {"us", "de", "jp"}


async def test_countries_behind_a_refusal_are_asked_first_at_the_next_poll(polled_from: Any) -> None:
    server = Server(Store(us=6, de=7, jp=8))
    server.statuses = {"de": 429}
    first = await polled_from(server, countries="us de jp")
    assert isinstance(first.error, RateLimited)
    server.statuses = {"us": 429}
    server.asked.clear()
    second = await polled_from(server, first.state, countries="us de jp")
    assert [*dict.fromkeys(country for country, _ in server.asked)] == ["de", "jp", "us"]
    assert len(set(second.ids)) == 8


@pytest.mark.parametrize("status", [400, 404])
async def test_an_unknown_country_does_not_keep_the_others_from_being_read(polled_from: Any, status: int) -> None:
    server = Server(Store(us=6, de=7))
    server.statuses = {"us": status}
    done = await polled_from(server, countries="us de")
    assert (len(done.ids), done.error) == (7, None)
    assert [problem.where for problem in done.problems] == ["us"]


async def test_an_app_that_no_country_knows_is_not_found(polled_from: Any) -> None:
    server = Server(Store(us=6, de=7))
    server.statuses = {"us": 404, "de": 404}
    assert isinstance((await polled_from(server, countries="us de")).error, NotFound)


async def test_an_edited_review_keeps_its_id_and_comes_again(polled_from: Any) -> None:
    server = Server(Store(us=60))
    state = (await polled_from(server, countries="us")).state
    edited = review(3) | {"updated": {"label": "2026-11-20T00:00:00Z"}, "content": {"label": "better now"}}
    answer = server.store.answer

    def with_edit(request: Request) -> Response:
        entries = [edited, *json.loads(answer(request).body)["feed"].get("entry", [])]
        return Response(200, {}, json.dumps({"feed": {"entry": entries}}).encode(), request.url)

    server.store.answer = with_edit  # type: ignore[method-assign]
    done = await polled_from(server, state, countries="us")
    assert (done.items[0].id, done.items[0].text) == ("3", "better now")


def test_a_cursor_of_an_earlier_version_is_read_on() -> None:
    cursor = {"us": {"form": 1, "page": 3, "newest": "2026-11-01T05:00:00Z", "edge": "2026-11-01T01:00:00Z"}}
    place = appstore.Place.of(cursor["us"])
    assert (place.form, place.page, place.as_json()) == (1, 3, cursor["us"])


def test_the_past_is_read_back_to_the_moment_asked_for() -> None:
    config = appstore.Config.model_validate({"app": 1, "countries": "us de"})
    assert appstore.SOURCE.cursor_at is not None  # type: ignore[attr-defined]
    cursor = appstore.SOURCE.cursor_at(config, START + timedelta(minutes=90))  # type: ignore[attr-defined]
    store = Store(us=180, de=20)
    ids, _ = poll(store, dict(cursor), countries="us de")
    assert {str(number) for number in range(90, 180)} <= set(ids)
    assert not any("page=3" in address for address in store.asked if "/us/" in address)
