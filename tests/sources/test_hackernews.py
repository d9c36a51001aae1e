"""Hacker News: walking back without losing a hit, and what becomes of stories, comments and the deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sources import hackernews
from sources.base import Again, BadShape, Checkpoint, Item, Request, Response, Tombstone, replay

CONFIG = hackernews.Config(query="kettle")


class Service:
    """The service's own rules over invented hits: filters by time, pages, at most `most` hits a query."""

    def __init__(self, times: list[int], most: int = 1000) -> None:
        self.most = most
        self.hits = [{"objectID": str(at), "created_at_i": time, "title": f"t{at}"} for at, time in enumerate(times)]
        self.asked: list[dict[str, Any]] = []

    def answer(self, request: Request) -> Response:
        self.asked.append(dict(request.query))
        bounds = str(request.query["numericFilters"]).split(",")
        above = max(int(bound.partition(">")[2]) for bound in bounds if ">" in bound)
        below = min((int(bound.partition("<")[2]) for bound in bounds if "<" in bound), default=10**12)
        found = sorted(
            (hit for hit in self.hits if above < hit["created_at_i"] < below), key=lambda hit: -hit["created_at_i"]
        )  # type: ignore[operator, return-value]
        size = min(int(request.query["hitsPerPage"]), self.most)
        start = int(request.query["page"]) * size
        body = {"hits": found[start : start + size], "nbHits": len(found), "nbPages": 1, "hitsPerPage": size}
        return Response(200, {}, json.dumps(body).encode(), request.url)


def poll(service: Service, cursor: dict[str, Any], requests: int = 99) -> tuple[list[str], dict[str, Any]]:
    """Ids taken, and the last cursor that was committed; the run ends after so many requests, as a crash would."""
    reading, answer = hackernews.fetch(CONFIG, cursor), None
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
            answer = service.answer(step)
        elif isinstance(step, Checkpoint):
            ids, waiting, cursor = ids + waiting, [], dict(step.cursor)
        elif isinstance(step, Item):
            waiting.append(step.id)


def test_a_poll_asks_for_the_words_without_guessing_at_typos(reply: Callable[..., Response]) -> None:
    request = next(hackernews.fetch(CONFIG, {"since": 10_000}))
    assert isinstance(request, Request)
    assert request.url == "https://hn.algolia.com/api/v1/search_by_date"
    assert request.query["typoTolerance"] == "false"
    assert request.query["tags"] == "(story,comment)"
    assert request.query["numericFilters"] == "created_at_i>6400"


def test_more_than_a_thousand_hits_are_walked_back_to_the_last() -> None:
    service = Service([100_000 + at // 3 for at in range(2_500)])
    ids, cursor = poll(service, {})
    assert set(ids) == {hit["objectID"] for hit in service.hits}
    assert cursor == {"since": 100_000 + 2_499 // 3}
    assert len(service.asked) == 3


def test_many_hits_in_one_second_are_all_taken() -> None:
    service = Service([50_000] * 7 + [50_001] * 8 + [50_002] * 8, most=10)
    assert set(poll(service, {})[0]) == {hit["objectID"] for hit in service.hits}


@pytest.mark.parametrize("requests", [0, 1, 2])
def test_a_crash_in_the_middle_of_a_walk_loses_nothing(requests: int) -> None:
    service = Service(list(range(100_000, 102_500)))
    before, cursor = poll(service, {}, requests)
    service.hits.append({"objectID": "late", "created_at_i": 103_000, "title": "new"})
    after, cursor = poll(service, cursor)
    last, _ = poll(service, cursor)
    assert {*before, *after, *last} == {hit["objectID"] for hit in service.hits}


def test_since_is_raised_only_at_the_old_edge() -> None:
    service = Service(list(range(100_000, 102_500)))
    _, cursor = poll(service, {"since": 90_000}, 1)
    assert cursor["since"] == 90_000
    assert cursor["newest"] == 102_499


def test_the_last_hour_is_asked_for_again() -> None:
    service = Service([100_000])
    _, cursor = poll(service, {})
    service.hits.append({"objectID": "indexed late", "created_at_i": 97_000, "title": "x"})
    assert "indexed late" in poll(service, cursor)[0]


def test_nothing_new_keeps_the_cursor() -> None:
    assert poll(Service([]), {"since": 5_000})[1] == {"since": 5_000}


def test_a_very_long_walk_is_left_to_the_next_poll_at_once(reply: Callable[..., Response]) -> None:
    pages = [
        reply({"hits": [{"objectID": str(at), "created_at_i": 9_000_000 - at}], "nbHits": 99_999}) for at in range(99)
    ]
    steps = list(replay(hackernews.fetch(CONFIG, {"since": 1}), pages))
    assert len([step for step in steps if isinstance(step, Item)]) == hackernews.REQUESTS_A_POLL
    assert Again() in steps
    assert isinstance(steps[-1], Checkpoint)
    assert steps[-1].cursor["since"] == 1


def test_a_backfill_reads_everything_from_that_second_on() -> None:
    assert hackernews.SOURCE.cursor_at is not None
    cursor = hackernews.SOURCE.cursor_at(CONFIG, datetime.fromtimestamp(50_000, UTC))
    assert set(poll(Service([49_999, 50_000, 50_001]), dict(cursor))[0]) == {"1", "2"}


def test_what_was_deleted_is_found_out_when_asked_again() -> None:
    assert hackernews.SOURCE.recheck is not None
    reading = hackernews.SOURCE.recheck.ask(CONFIG, ["1", "2", "3", "odd"])
    bodies = [{"id": 1, "author": "ann", "title": "here"}, {"id": 2, "author": None, "text": None}, None]
    answers = [Response(200 if body else 404, {}, json.dumps(body).encode(), "") for body in bodies]
    assert list(replay(reading, answers)) == [Tombstone("2"), Tombstone("3")]


@pytest.mark.parametrize("body", [[], {"id": 8}, {"error": "x"}])
def test_a_strange_answer_about_an_item_deletes_nothing(body: Any, reply: Callable[..., Response]) -> None:
    assert hackernews.SOURCE.recheck is not None
    with pytest.raises(BadShape):
        list(replay(hackernews.SOURCE.recheck.ask(CONFIG, ["7"]), [reply(body)]))


@pytest.mark.parametrize(
    ("url", "config"),
    [
        ("https://hn.algolia.com/?dateRange=all&q=acme+kettle&sort=byDate", {"query": "acme kettle"}),
        ("https://news.ycombinator.com/from?site=acme.example", {"query": "acme.example"}),
        ("https://news.ycombinator.com/newest", {}),
    ],
)
def test_a_pasted_address_becomes_a_configuration(url: str, config: dict[str, str]) -> None:
    assert hackernews.SOURCE.from_url is not None
    assert hackernews.SOURCE.from_url(url) == config


def test_a_recorded_item_is_known_to_be_there(corpora: Callable[[str], Path], reply: Callable[..., Response]) -> None:
    recorded = json.loads((corpora("hn-algolia") / "test/fixtures/fixtures.json").read_text("utf-8"))
    item = next(entry["reply"] for entry in recorded if entry["url"].startswith("/api/v1/items/"))
    assert hackernews.SOURCE.recheck is not None
    assert list(replay(hackernews.SOURCE.recheck.ask(CONFIG, [str(item["id"])]), [reply(item)])) == []


@pytest.mark.parametrize("hit", [{"dead": True}, {"deleted": True}, {"comment_text": "[deleted]"}, {"title": "[dead]"}])
def test_what_was_deleted_is_a_tombstone(hit: dict[str, Any], reply: Callable[..., Response]) -> None:
    steps = list(replay(hackernews.fetch(CONFIG, {}), [reply({"hits": [{"objectID": "7", **hit}], "nbHits": 1})]))
    assert steps[0] == Tombstone("7")


@pytest.mark.parametrize("answer", ["", "<html>", {}, {"hits": {}}, {"hits": [1]}, [], "null"])
def test_another_answer_is_a_bad_shape(answer: Any, reply: Callable[..., Response]) -> None:
    with pytest.raises(BadShape):
        list(replay(hackernews.fetch(CONFIG, {}), [reply(answer)]))


def test_a_loopback_service_can_play_it() -> None:
    request = next(hackernews.fetch(hackernews.Config(query="x", base_url="http://127.0.0.1:8080/"), {}))
    assert isinstance(request, Request)
    assert request.url == "http://127.0.0.1:8080/api/v1/search_by_date"


def test_recorded_replies_are_read(corpora: Callable[[str], Path], reply: Callable[..., Response]) -> None:
    recorded = json.loads((corpora("hn-algolia") / "test/fixtures/fixtures.json").read_text("utf-8"))
    searches = [entry["reply"] for entry in recorded if isinstance(entry["reply"], dict) and "hits" in entry["reply"]]
    for search in searches:
        items = [step for step in replay(hackernews.fetch(CONFIG, {}), [reply(search)]) if isinstance(step, Item)]
        assert len(items) == len(search["hits"])
        assert all(item.id and item.author and item.published and (item.title or item.text) for item in items)
        assert not any("<p>" in item.text or "&#" in item.text for item in items)
    assert searches


def test_a_reply_of_2026_is_read(corpora: Callable[[str], Path], reply: Callable[..., Response]) -> None:
    recorded = json.loads((corpora("recorded-2026") / "hn_devto_lobsters_2026-10-01.json").read_text("utf-8"))
    hit = recorded["hn_algolia_hit"]
    item = next(replay(hackernews.fetch(CONFIG, {}), [reply({"hits": [hit], "nbHits": 1})]))
    assert isinstance(item, Item)
    assert (item.id, item.title, item.author) == (hit["objectID"], hit["title"], hit["author"])
    assert item.extra["points"] == hit["points"]
    assert "https://news.ycombinator.com/item?id=49913571" in item.text
