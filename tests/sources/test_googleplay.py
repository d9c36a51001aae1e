"""Google Play reviews: the question as the store's page asks it, pages by token, edits, refusals, broken lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from monitor.collect.drive import State
from sources import googleplay
from sources.base import BadShape, Item, RateLimited, Request, Response, replay
from sources.reading.walk import SHORT_WALKS

START = 1_790_000_000
REFUSAL = [["wrb.fr", "UsvDTd", None, None, None, [8, None, [["com.google.play.gateway.proto.PlayGatewayError", [2]]]]]]


def body(frames: list[Any], *, chunked: bool = False) -> str:
    """An answer as it comes over the wire: behind the guard, in one piece or in chunks led by their length."""
    if not chunked:
        return ")]}'\n\n" + json.dumps(frames)
    return ")]}'\n\n" + "".join(f"{len(json.dumps([frame]))}\n{json.dumps([frame])}\n" for frame in frames)


def answer(reviews: Any, token: str | None, **how: Any) -> str:
    found = [reviews, [None, token], None]
    return body([["wrb.fr", "UsvDTd", json.dumps(found), None, None, None, "generic"], ["di", 61]], **how)


class Store:
    """Reviews by language and country, newly edited first."""

    def __init__(self, **reviews: int) -> None:
        self.edited = {
            pair.replace("_", "/"): {number: START + 60 * number for number in range(many)}
            for pair, many in reviews.items()
        }
        self.asked: list[str] = []
        self.refuses_from: int | None = None
        self.ends_at: int | None = None
        self.empty_at: tuple[int, ...] = ()
        self.begins_anew_at: int | None = None
        self.old_tokens_work = True

    async def answer(self, request: web.Request) -> web.Response:
        assert request.method == "POST"
        assert request.path == "/_/PlayStoreUi/data/batchexecute"
        (call,) = json.loads((await request.post())["f.req"])[0]  # type: ignore[arg-type]
        assert (call[0], call[2:]) == ("UsvDTd", [None, "generic"])
        (_, _, (_, sort, (many, _, token), _, _), (app, seven)) = json.loads(call[1])
        assert (sort, app, seven) == (2, "com.brightwater.kettle", 7)
        pair = f"{request.query['hl']}/{request.query['gl']}"
        self.asked.append(f"{pair} {token}")
        if self.refuses_from is not None and len(self.asked) > self.refuses_from:
            return web.Response(text=body(REFUSAL))
        if token and not self.old_tokens_work:
            return web.Response(text=body([["wrb.fr", "UsvDTd", None, None, None, [3], "generic"]]))
        edited = self.edited[pair]
        newest = sorted(edited, key=lambda number: -edited[number])
        at = int(token.strip("=")) if token else 0
        if self.begins_anew_at is not None:
            newest, at = newest[: self.begins_anew_at], at % self.begins_anew_at
        shown = [] if at in self.empty_at else newest[at : at + many]
        further = at + len(shown) if shown else at + 1
        is_last = further >= len(newest) or (self.ends_at is not None and further >= self.ends_at)
        if self.begins_anew_at is not None:
            is_last = False
        return web.Response(
            text=answer([self.review(n, edited[n]) for n in shown], None if is_last else f"{further}==")
        )

    def review(self, number: int, edited: int) -> list[Any]:
        return [f"gp:{number}", ["Jo", None], number % 5 + 1, None, f"text {number} of {edited}", [edited, 5], 0]


@pytest.fixture
async def poll(loopback: Any, polled: Any) -> Any:
    async def run(store: Store, state: State | None = None, **config: Any) -> Any:
        server = await loopback({"/{path:.*}": store.answer})
        return await polled("googleplay", {"app": "com.brightwater.kettle", "base_url": server, **config}, state)

    return run


def ids(*numbers: int) -> set[str]:
    return {f"gp:{number}" for number in numbers}


async def test_every_page_is_read_once(poll: Any) -> None:
    store = Store(en_us=250)
    done = await poll(store)
    assert done.error is None
    assert done.ids == [f"gp:{number}" for number in reversed(range(250))]
    assert store.asked == ["en/us None", "en/us 100==", "en/us 200=="]
    assert done.state.cursor == {"en/us": {"edge": START + 60 * 249}}


async def test_a_later_poll_asks_once_and_brings_what_is_new_and_what_was_edited(poll: Any) -> None:
    store = Store(en_us=250)
    state = (await poll(store)).state
    store.edited["en/us"] |= {250: START + 90_000, 7: START + 90_060}
    store.asked.clear()
    done = await poll(store, state)
    assert store.asked == ["en/us None"]
    assert (done.items[0].id, done.items[0].text) == ("gp:7", f"text 7 of {START + 90_060}")
    assert done.items[1].id == "gp:250"


async def test_each_language_in_each_country_keeps_its_own_place(poll: Any) -> None:
    store = Store(**{"en_us": 3, "pt-BR_us": 0, "en_br": 1, "pt-BR_br": 120})
    where = {"languages": "en pt-br", "countries": ["US", "br"]}
    done = await poll(store, **where)
    assert {request.split()[0] for request in store.asked} == {"en/us", "pt-BR/us", "en/br", "pt-BR/br"}
    assert done.state.cursor["pt-BR/br"] == {"edge": START + 60 * 119}
    assert done.state.cursor["pt-BR/us"] == {}
    store.asked.clear()
    await poll(store, done.state, **where)
    assert len(store.asked) == 4


async def test_a_refusal_within_a_good_answer_is_a_request_to_wait_and_loses_nothing(poll: Any) -> None:
    store = Store(en_us=450)
    store.refuses_from = 2
    first = await poll(store)
    assert isinstance(first.error, RateLimited)
    assert set(first.ids) == ids(*range(250, 450))
    store.refuses_from = None
    second = await poll(store, first.state)
    assert {*first.ids, *second.ids} == ids(*range(450))
    assert second.state.cursor == {"en/us": {"edge": START + 60 * 449}}


async def test_an_empty_page_that_names_a_next_one_is_walked_past(poll: Any) -> None:
    store = Store(en_us=250)
    store.empty_at = (100, 101)
    done = await poll(store)
    assert set(done.ids) == ids(*range(250)) - ids(148, 149)  # the store never showed them


async def test_the_first_walk_ends_where_the_list_begins_anew(poll: Any) -> None:
    store = Store(en_us=900)
    store.begins_anew_at = 630
    done = await poll(store)
    assert set(done.ids) == ids(*range(270, 900))
    assert len(store.asked) == 8
    assert done.state.cursor == {"en/us": {"edge": START + 60 * 899}}


async def test_a_list_that_ends_before_the_known_reviews_is_tried_again(poll: Any) -> None:
    store = Store(en_us=150)
    state = (await poll(store)).state
    store.edited["en/us"] |= {number: START + 60 * number for number in range(150, 600)}
    store.ends_at = 200
    first = await poll(store, state)
    assert first.state.cursor == {"en/us": {"edge": START + 60 * 149, "short": 1}}
    store.ends_at = None
    second = await poll(store, first.state)
    assert ids(*range(150, 600)) <= set(second.ids)
    assert second.state.cursor == {"en/us": {"edge": START + 60 * 599}}
    assert second.problems == []


async def test_a_list_that_always_ends_too_soon_is_given_up_and_the_gap_told(poll: Any) -> None:
    store = Store(en_us=150)
    state = (await poll(store)).state
    store.edited["en/us"] |= {number: START + 60 * number for number in range(150, 600)}
    store.ends_at = 200
    told = []
    for _ in range(SHORT_WALKS):
        done = await poll(store, state)
        told.append([problem.why for problem in done.problems])
        state = done.state
    assert not any(told[:-1])
    assert f"en/us: the list broke off {SHORT_WALKS} times" in told[-1][0]
    assert state.cursor == {"en/us": {"edge": START + 60 * 599}}


async def test_a_list_that_falls_silent_is_told_and_read_on_when_it_speaks_again(poll: Any) -> None:
    store = Store(en_us=250, de_us=3)
    state = (await poll(store, languages="en de")).state
    known, store.edited["en/us"] = store.edited["en/us"], {}
    silent = await poll(store, state, languages="en de")
    assert [(problem.where, problem.why) for problem in silent.problems] == [
        ("en/us", "there always were reviews, and now there are none")
    ]
    store.edited["en/us"] = known | {number: START + 60 * number for number in range(250, 400)}
    again = await poll(store, silent.state, languages="en de")
    assert ids(*range(250, 400)) <= set(again.ids)


async def test_the_only_review_being_edited_is_no_gap(poll: Any) -> None:
    store = Store(en_us=1)
    state = (await poll(store)).state
    store.edited["en/us"][0] = START + 5_000
    done = await poll(store, state)
    assert (done.ids, done.problems) == (["gp:0"], [])
    assert done.state.cursor == {"en/us": {"edge": START + 5_000}}
    assert len(store.asked) == 2


async def test_a_token_that_has_grown_too_old_is_let_go(poll: Any) -> None:
    store = Store(en_us=450)
    store.refuses_from = 2
    first = await poll(store)
    store.refuses_from, store.old_tokens_work = None, False
    second = await poll(store, first.state)
    assert isinstance(second.error, BadShape)
    store.old_tokens_work = True
    third = await poll(store, second.state)
    assert set(third.ids) == ids(*range(450))


async def test_lists_behind_a_refusal_are_asked_first_at_the_next_poll(poll: Any) -> None:
    store = Store(en_us=30, de_us=30, fr_us=30)
    store.refuses_from = 1
    first = await poll(store, languages="en de fr")
    store.asked.clear()
    second = await poll(store, first.state, languages="en de fr")
    assert (len(first.ids), len(second.ids)) == (30, 30)
    store.refuses_from = None
    store.asked.clear()
    third = await poll(store, second.state, languages="en de fr")
    assert [request.split("/")[0] for request in store.asked] == ["fr", "en", "de"]
    assert set(third.state.cursor) == {"en/us", "de/us", "fr/us"}


async def test_a_long_walk_goes_on_at_the_next_poll_and_every_list_is_asked_in_each(poll: Any) -> None:
    store = Store(en_us=2_600, de_us=50)
    assert googleplay.SOURCE.cursor_at is not None  # type: ignore[attr-defined]
    config = googleplay.Config.model_validate({"app": "com.brightwater.kettle", "languages": "en de"})
    cursor = googleplay.SOURCE.cursor_at(config, datetime.fromtimestamp(START, UTC))  # type: ignore[attr-defined]
    first = await poll(store, State(cursor), languages="en de")
    assert len(store.asked) == 22
    assert first.outcome.again
    assert first.state.cursor["de/us"] == {"edge": START + 60 * 49}
    second = await poll(store, first.state, languages="en de")
    assert not second.outcome.again
    assert ids(*range(2_600)) == {*first.ids, *second.ids}
    assert second.state.cursor == {"en/us": {"edge": START + 60 * 2_599}, "de/us": {"edge": START + 60 * 49}}


async def test_the_first_walk_reads_the_newest_two_thousand(poll: Any) -> None:
    store = Store(en_us=2_600)
    done = await poll(store)
    assert set(done.ids) == ids(*range(600, 2_600))
    assert done.state.cursor == {"en/us": {"edge": START + 60 * 2_599}}


def test_the_question_is_the_one_of_the_stores_page() -> None:
    config = googleplay.Config.model_validate({"app": "com.a.b", "language": "pt-br", "country": "BR"})
    request = next(googleplay.fetch(config, {}))
    assert isinstance(request, Request)
    assert request.url == "https://play.google.com/_/PlayStoreUi/data/batchexecute"
    assert request.query == {"hl": "pt-BR", "gl": "br"}
    assert request.body == (
        b"f.req=%5B%5B%5B%22UsvDTd%22%2C%22%5Bnull%2Cnull%2C%5B2%2C2%2C%5B100%2Cnull%2Cnull%5D%2Cnull%2C%5Bnull%2C"
        b"null%5D%5D%2C%5B%5C%22com.a.b%5C%22%2C7%5D%5D%22%2Cnull%2C%22generic%22%5D%5D%5D"
    )


def test_an_answer_in_chunks_is_read_as_well(reply: Callable[..., Response]) -> None:
    config = googleplay.Config(app="com.a.b")
    chunks = answer([["gp:1", ["Jo"], 4, None, "good", [START, 1]]], None, chunked=True)
    items = [step for step in replay(googleplay.fetch(config, {}), [reply(chunks)]) if isinstance(step, Item)]
    assert [(item.id, item.rating, item.text) for item in items] == [("gp:1", 4.0, "good")]


@pytest.mark.parametrize("reviews", [None, []])
def test_no_reviews_are_no_error(reviews: Any, reply: Callable[..., Response]) -> None:
    config = googleplay.Config(app="com.a.b")
    assert not any(
        isinstance(step, Item) for step in replay(googleplay.fetch(config, {}), [reply(answer(reviews, None))])
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("<html>consent</html>", "not JSON"),
        ("", "no answer to the call"),
        (body([["di", 61]]), "no answer to the call"),
        (body([["wrb.fr", "UsvDTd", None, None, None, [5], "generic"]]), r"in place of reviews.*\[5\]"),
        (body([["wrb.fr", "UsvDTd", "{", None]]), "not JSON"),
        (body([["wrb.fr", "UsvDTd", "{}", None]]), "not a list of reviews"),
        (body([["wrb.fr", "UsvDTd", '["x"]', None]]), "not a list of reviews"),
        (body([["wrb.fr", "UsvDTd", '[[],"x"]', None]]), "next page's token"),
        (body([["wrb.fr", "UsvDTd", "[[],[null,7]]", None]]), "token is no text"),
    ],
)
def test_another_answer_is_a_bad_shape(text: str, where: str, reply: Callable[..., Response]) -> None:
    with pytest.raises(BadShape, match=where):
        list(replay(googleplay.fetch(googleplay.Config(app="com.a.b"), {}), [reply(text)]))


@pytest.mark.parametrize(
    "wrong",
    [{"app": "kettle"}, {"app": "com.a.b", "countries": "usa"}, {"app": "com.a.b", "languages": ["english"]}],
)  # fmt: skip
def test_a_wrong_configuration_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"com\.a|usa|english|pattern"):
        googleplay.Config.model_validate(wrong)


@pytest.mark.parametrize(
    ("url", "config"),
    [
        ("https://play.google.com/store/apps/details?id=com.a.b", {"app": "com.a.b"}),
        (
            "https://play.google.com/store/apps/details?hl=pt-BR&id=com.a.b&gl=BR",
            {"app": "com.a.b", "language": "pt-BR", "country": "br"},
        ),
        ("https://play.google.com/store/apps/developer?id=Brightwater", {}),
    ],
)
def test_a_link_to_the_store_names_app_language_and_country(url: str, config: dict[str, str]) -> None:
    assert googleplay.SOURCE.from_url is not None  # type: ignore[attr-defined]
    assert googleplay.SOURCE.from_url(url) == config  # type: ignore[attr-defined]
