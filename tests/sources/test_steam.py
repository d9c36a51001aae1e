"""Steam reviews: pages to the old edge, edits, lists that break off, and recorded reviews."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from monitor.collect.drive import State
from sources import steam
from sources.base import BadShape, Item, NotFound, Problem, RateLimited, Response, replay
from sources.reading.walk import SHORT_WALKS, Walk

START = 1_790_000_000


class Game:
    """The reviews of one game, newly edited first, a page being sometimes shorter than asked for."""

    def __init__(self, many: int) -> None:
        self.edited = {number: START + 60 * number for number in range(many)}
        self.asked: list[dict[str, Any]] = []
        self.breaks_off_at: int | None = None
        self.refuses_from: int | None = None

        self.old_cursors_work = True

    async def answer(self, request: web.Request) -> web.Response:
        question = json.loads(request.query["input_json"])
        self.asked.append(question)
        if question["cursor"] != "*" and not self.old_cursors_work:
            return web.json_response({"response": {}})
        if self.refuses_from is not None and len(self.asked) > self.refuses_from:
            return web.Response(status=429, headers={"retry-after": "120"})
        at = 0 if question["cursor"] == "*" else int(base64.b64decode(question["cursor"]).rstrip(b"+/"))
        newest = sorted(self.edited, key=lambda number: -self.edited[number])
        # The fourth page is short, and the list goes on behind it.
        shown = newest[at : at + (60 if at == 300 else question["num_per_page"])]
        if self.breaks_off_at is not None and at >= self.breaks_off_at:
            shown = []
        further = base64.b64encode(b"%d+/" % (at + len(shown))).decode()
        answer: dict[str, Any] = {"cursor": further, "query_summary": {"num_reviews": len(shown)}}
        if question["cursor"] == "*":
            answer["query_summary"]["total_reviews"] = len(newest)
        if shown:
            answer["reviews"] = [self.review(number) for number in shown]
        return web.json_response({"response": answer})

    def review(self, number: int) -> dict[str, Any]:
        return {
            "recommendationid": str(10**18 + number),
            "author": {"steamid": "76561190000000001"},
            "review": f"text {number}, of {self.edited[number]}",
            "timestamp_created": START + 60 * number,
            "timestamp_updated": self.edited[number],
            "voted_up": number % 2 == 0,
        }


@pytest.fixture
async def poll(loopback: Any, polled: Any) -> Any:
    async def run(game: Game, state: State | None = None, **options: Any) -> Any:
        server = await loopback({"/IUserReviewsService/GetAppReviews/v1/": game.answer})
        return await polled("steam", {"app": 620, "base_url": server}, state, **options)

    return run


async def test_every_review_is_read_past_a_short_page(poll: Any) -> None:
    game = Game(730)
    done = await poll(game)
    assert done.error is None
    assert sorted(done.ids) == [str(10**18 + number) for number in range(730)]
    assert done.state.cursor == {"edge": START + 60 * 729}
    assert game.asked[0] == {
        "appid": 620, "filter": 2, "languages": ["all"], "review_type": 0, "purchase_type": 1, "num_per_page": 100,
        "filter_offtopic_activity": False, "cursor": "*",
    }  # fmt: skip


async def test_a_later_poll_asks_once_and_brings_what_is_new_and_what_was_edited(poll: Any) -> None:
    game = Game(400)
    state = (await poll(game)).state
    game.edited |= {400: START + 90_000, 7: START + 90_060}
    game.asked.clear()
    done = await poll(game, state)
    assert len(game.asked) == 1
    assert done.items[0].text == f"text 7, of {START + 90_060}"
    assert done.items[0].id == str(10**18 + 7)
    assert done.items[0].extra["edited"]
    assert str(10**18 + 400) in done.ids


async def test_a_refusal_in_the_middle_of_a_walk_loses_nothing(poll: Any) -> None:
    game = Game(730)
    game.refuses_from = 3
    first = await poll(game)
    assert isinstance(first.error, RateLimited)
    assert first.error.wait == 120
    assert len(first.ids) == 300
    game.refuses_from = None
    second = await poll(game, first.state)
    assert {*first.ids, *second.ids} == {str(10**18 + number) for number in range(730)}


async def test_a_cursor_that_has_grown_too_old_is_let_go(poll: Any) -> None:
    game = Game(400)
    game.refuses_from = 2
    first = await poll(game)
    game.refuses_from, game.old_cursors_work = None, False
    second = await poll(game, first.state)
    assert isinstance(second.error, BadShape)
    game.old_cursors_work = True
    third = await poll(game, second.state)
    assert len(set(third.ids)) == 400


async def test_a_list_that_breaks_off_is_asked_again_at_the_next_poll(poll: Any) -> None:
    game = Game(400)
    state = (await poll(game)).state
    game.edited |= {number: START + 100_000 + number for number in range(1000, 1250)}
    game.breaks_off_at = 100
    broken = await poll(game, state)
    assert broken.state.cursor == {"edge": START + 60 * 399, "short": 1}
    game.breaks_off_at = None
    whole = await poll(game, broken.state)
    assert {str(10**18 + number) for number in range(1000, 1250)} <= set(whole.ids)
    assert whole.state.cursor == {"edge": START + 100_000 + 1249}


async def test_a_list_that_always_breaks_off_is_given_up_at_last(poll: Any) -> None:
    game = Game(400)
    game.breaks_off_at = 100
    state = State()
    for _ in range(SHORT_WALKS):
        done = await poll(game, state)
        assert len(done.ids) == 100
        state = done.state
    assert state.cursor == {"edge": START + 60 * 399}


async def test_the_first_walk_reads_the_newest_two_thousand(poll: Any) -> None:
    game = Game(3_000)
    done = await poll(game)
    assert len(set(done.ids)) == 1_960
    assert len(game.asked) == 20
    assert done.state.cursor == {"edge": START + 60 * 2_999}


async def test_backfill_reads_back_to_the_moment_over_several_polls(poll: Any) -> None:
    game = Game(3_000)
    assert steam.SOURCE.cursor_at is not None  # type: ignore[attr-defined]
    moment = datetime.fromtimestamp(START + 60 * 500, UTC)
    cursor = steam.SOURCE.cursor_at(steam.Config(app="620"), moment)  # type: ignore[attr-defined]
    first = await poll(game, State(cursor))
    second = await poll(game, first.state)
    assert {str(10**18 + number) for number in range(500, 3_000)} <= {*first.ids, *second.ids}
    assert second.state.cursor == {"edge": START + 60 * 2_999}


async def test_a_game_without_reviews_is_quiet(poll: Any) -> None:
    done = await poll(Game(0))
    assert (done.error, done.items, done.problems) == (None, [], [])


def test_an_unknown_app_is_not_found(reply: Callable[..., Response]) -> None:
    with pytest.raises(NotFound, match="no app"):
        list(replay(steam.fetch(steam.Config(app="1"), {}), [reply({"response": {}})]))


@pytest.mark.parametrize(
    "answer",
    [
        "<html>store home</html>",
        {"success": 1, "reviews": []},
        {"response": []},
        {"response": {"reviews": {}}},
        {"response": {"reviews": [{"recommendationid": "1"}]}},
        {"response": {"cursor": "*"}},
        {"response": {"cursor": "x", "query_summary": {"num_reviews": 7}}},
    ],
)
def test_another_answer_is_a_bad_shape(answer: Any, reply: Callable[..., Response]) -> None:
    with pytest.raises(BadShape):
        list(replay(steam.fetch(steam.Config(app="1"), {}), [reply(answer)]))


def test_a_page_in_another_order_is_told(reply: Callable[..., Response]) -> None:
    game = Game(3)
    reviews = [game.review(number) for number in (1, 2, 0)]
    body = {"response": {"reviews": reviews, "cursor": "x", "query_summary": {"num_reviews": 3}}}
    steps = list(replay(steam.fetch(steam.Config(app="1"), {}), [reply(body)]))
    assert [step.where for step in steps if isinstance(step, Problem)] == ["$.response.reviews"]
    assert sum(isinstance(step, Item) for step in steps) == 3


@pytest.mark.parametrize(
    "languages", ["english, schinese", ["English", "schinese"], ("english", "schinese", "english")]
)
def test_languages_go_by_the_names_of_steam(languages: Any) -> None:
    assert steam.Config.model_validate({"app": 1, "languages": languages}).languages == ("english", "schinese")
    assert steam.Config.model_validate({"app": 1, "language": [*languages, "all"][-1:]}).languages == ("all",)


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="schinese"):
        steam.Config.model_validate({"app": 1, "language": "chinese"})


def test_recorded_reviews_of_seven_games_are_read(
    corpora: Callable[[str], Path], reply: Callable[..., Response]
) -> None:
    total, thumbs, spoken = 0, set(), set()
    for path in sorted(corpora("steam-reviews").glob("review_*.json")):
        reviews = list(json.loads(path.read_text("utf-8"))["reviews"].values())
        reviews.sort(key=lambda review: -review["timestamp_updated"])
        body = {"response": {"reviews": reviews, "cursor": "x", "query_summary": {"num_reviews": len(reviews)}}}
        steps = list(replay(steam.fetch(steam.Config(app="10"), {}), [reply(body)]))
        assert [step for step in steps if isinstance(step, Problem)] == []
        items = [step for step in steps if isinstance(step, Item)]
        assert [item.id for item in items] == [review["recommendationid"] for review in reviews]
        for item, review in zip(items, reviews, strict=True):
            assert item.published == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=review["timestamp_created"])
            assert item.author == review["author"]["steamid"]
            assert item.lang
            assert not any(mark in item.text for mark in ("[b]", "[/h1]", "[*]", "[list]", "[/url]"))
        total += len(items)
        thumbs |= {(item.rating, item.rating_max, item.rating_kind) for item in items}
        spoken |= {item.lang for item in items}
        weights = [item.extra.get("weight", 0) for item in items]
        assert all(isinstance(weight, float | int) and 0 <= weight <= 1 for weight in weights)
    assert total == 1_044
    assert thumbs == {(1.0, 1.0, "thumb"), (0.0, 1.0, "thumb")}
    assert "en" in spoken


def test_a_cursor_of_another_shape_starts_anew() -> None:
    assert Walk.of({"page": 3}) == Walk()
