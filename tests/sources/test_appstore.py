"""App Store reviews: both forms of the address, pages to the old edge, several countries."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sources import appstore
from sources.base import BadShape, Checkpoint, Item, Request, Response, replay

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
