"""The runtime: what a source takes is handed over with its cursor, a crash repeats a page and loses none."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from monitor.collect.children import Pool
from monitor.collect.drive import MOST_ENTRIES, Outcome, State, check, drive
from monitor.net.http import Net
from sources.base import (
    Again,
    BadShape,
    Checkpoint,
    Cursor,
    Get,
    Item,
    LocalFile,
    Missed,
    NotFound,
    Pause,
    Problem,
    RateLimited,
    Read,
    Reading,
    Response,
    Source,
    SourceConfig,
    Tombstone,
)
from tests.collect.documents import for_ever


class Config(SourceConfig):
    url: str


def source_of(fetch: Callable[[Any, Cursor], Reading]) -> Source:
    return Source(
        kind="paged", title="Paged", Config=Config, fetch=fetch, every="5m", rate="1000/1s", terms="", example={}
    )


class Archive:
    """A service with numbered pages of ids, oldest first: {"ids": […], "next": n or null}. Page 9 is broken."""

    def __init__(self, pages: list[list[str]]) -> None:
        self.pages, self.asked = pages, []  # type: ignore[var-annotated]
        self.etag = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        if self.etag and request.headers.get("If-None-Match") == self.etag:
            return web.Response(status=304)
        number = int(request.query.get("page", "0"))
        if number >= len(self.pages):
            return web.json_response({"error": "no such page", "padding": "x" * 100_000})
        following = number + 1 if number + 1 < len(self.pages) else None
        headers = {"ETag": self.etag} if self.etag else {}
        return web.json_response({"ids": self.pages[number], "next": following}, headers=headers)


def by_page(config: Config, cursor: Cursor) -> Reading:
    """Reads from the page in the cursor on, with a checkpoint after each page."""
    page = cursor.get("page", 0)
    while page is not None:
        reply = yield Get(config.url, {"page": page})
        for number in reply.json("ids"):
            yield Item(id=number, text=f"text of {number}")
        page = reply.json("next")
        if page is not None:
            yield Checkpoint({"page": page})
    return None


@pytest.fixture
async def archive(loopback: Any) -> tuple[Archive, Config]:
    archive = Archive([["a", "b"], ["c"], ["d", "e"]])
    return archive, Config(url=f"{await loopback({'/': archive.answer})}/")


async def test_everything_since_a_checkpoint_is_handed_over_with_its_cursor(
    net: Net, pool: Pool, archive: tuple[Archive, Config], make_shelf: Any
) -> None:
    shelf = make_shelf()
    outcome = await drive(source_of(by_page), archive[1], State(), net=net, pool=pool, commit=shelf.commit)
    assert [([item.id for item in batch.items], batch.state.cursor) for batch in shelf.batches] == [
        (["a", "b"], {"page": 1}),
        (["c"], {"page": 2}),
        (["d", "e"], {"page": 2}),
    ]
    assert outcome == Outcome(State({"page": 2}), items=5, requests=3)


@pytest.mark.parametrize("fails_at", [0, 1, 2])
async def test_a_crash_between_two_checkpoints_repeats_a_page_and_loses_none(
    net: Net, pool: Pool, archive: tuple[Archive, Config], make_shelf: Any, fails_at: int
) -> None:
    service, config = archive
    service.etag = '"same for all"'
    shelf = make_shelf(fails_at)
    with pytest.raises(ConnectionError):
        await drive(source_of(by_page), config, shelf.state, net=net, pool=pool, commit=shelf.commit)
    assert not shelf.state.validators
    await drive(source_of(by_page), config, shelf.state, net=net, pool=pool, commit=shelf.commit)
    assert shelf.ids == ["a", "b", "c", "d", "e"]
    assert len(service.asked) == 4


def one_page(config: Config, cursor: Cursor) -> Reading:
    reply = yield Get(config.url)
    for number in reply.json("ids"):
        yield Item(id=number)
    return {"seen": reply.json("ids")[-1]}


async def test_an_unchanged_reply_ends_the_poll_and_keeps_everything(
    net: Net, pool: Pool, archive: tuple[Archive, Config], make_shelf: Any
) -> None:
    service, config = archive
    service.etag = 'W/"1"'
    shelf = make_shelf()
    for _ in range(2):
        outcome = await drive(source_of(one_page), config, shelf.state, net=net, pool=pool, commit=shelf.commit)
    assert outcome.not_modified
    assert outcome.items == 0
    assert shelf.ids == ["a", "b"]
    assert len(shelf.batches) == 1
    assert outcome.state == shelf.state == State({"seen": "b"}, {config.url: {"etag": 'W/"1"'}})


async def test_a_state_survives_being_stored_as_json() -> None:
    state = State({"page": 2}, {"http://x/": {"etag": '"é"', "last-modified": "now"}})
    assert State.from_json(json.loads(json.dumps(state.as_json()))) == state
    assert State.from_json(None) == State.from_json({}) == State()


async def test_validators_are_kept_only_after_a_good_end(
    net: Net, pool: Pool, archive: tuple[Archive, Config], make_shelf: Any
) -> None:
    service, config = archive
    service.etag = '"1"'

    def trips(config: Config, cursor: Cursor) -> Reading:
        reply = yield Get(config.url)
        yield Item(id=reply.json("ids")[0])
        yield Checkpoint({"half": 1})
        if "half" not in cursor:
            raise BadShape("$.ids[1]", "odd")
        return {"done": 1}

    shelf = make_shelf()
    with pytest.raises(BadShape):
        await drive(source_of(trips), config, shelf.state, net=net, pool=pool, commit=shelf.commit)
    assert shelf.state == State({"half": 1})
    await drive(source_of(trips), config, shelf.state, net=net, pool=pool, commit=shelf.commit)
    assert shelf.state == State({"done": 1}, {config.url: {"etag": '"1"'}})


async def test_an_error_commits_what_was_checkpointed_and_nothing_after(
    net: Net, pool: Pool, archive: tuple[Archive, Config], make_shelf: Any
) -> None:
    _, config = archive

    def astray(config: Config, cursor: Cursor) -> Reading:
        yield Item(id="kept")
        yield Checkpoint({"at": 1})
        yield Item(id="not kept")
        yield Get(f"{config.url}missing")

    shelf = make_shelf()
    with pytest.raises(NotFound):
        await drive(source_of(astray), config, State(), net=net, pool=pool, commit=shelf.commit)
    assert shelf.ids == ["kept"]


@pytest.mark.parametrize("how", ["json", "key", "reader"])
async def test_a_bad_shape_carries_the_reply_that_shows_it(
    net: Net, pool: Pool, archive: tuple[Archive, Config], make_shelf: Any, how: str
) -> None:
    def misread(config: Config, cursor: Cursor) -> Reading:
        reply = yield Get(config.url, {"page": 9})
        if how == "json":
            reply.json("ids")
        if how == "reader":
            yield Read(for_ever)
        yield Item(id=json.loads(reply.body)["ids"][0])
        return None

    with pytest.raises(BadShape) as failed:
        await drive(source_of(misread), archive[1], State(), net=net, pool=pool, commit=make_shelf().commit)
    evidence = failed.value.evidence
    assert isinstance(evidence, Response)
    assert evidence.body.startswith(b'{"error": "no such page"')
    assert len(evidence.body) == 65_536
    words = {"json": "$.ids: missing", "key": "KeyError: 'ids'", "reader": "over 1 s of CPU"}
    assert words[how] in str(failed.value)


async def test_entries_beyond_five_thousand_of_one_reply_are_reported_as_a_gap(
    net: Net, pool: Pool, loopback: Any, make_shelf: Any
) -> None:
    service = Archive([[str(n) for n in range(MOST_ENTRIES + 7)], ["last"]])
    config = Config(url=f"{await loopback({'/': service.answer})}/")
    shelf = make_shelf()
    outcome = await drive(source_of(by_page), config, State(), net=net, pool=pool, commit=shelf.commit)
    assert outcome.items == MOST_ENTRIES + 1
    assert shelf.ids[-1] == "last"
    assert [problem.why for problem in outcome.problems] == ["7 entries beyond 5000 of one reply are missing"]


async def test_a_file_of_one_s_own_may_be_as_long_as_it_likes(
    net: Net, pool: Pool, make_shelf: Any, tmp_path: Any
) -> None:
    (tmp_path / "rows").write_text("\n".join(map(str, range(MOST_ENTRIES + 7))))

    def rows(config: Config, cursor: Cursor) -> Reading:
        reply = yield LocalFile(config.url)
        for row in reply.text().split():
            yield Item(id=row)
        return {"read": reply.headers["last-modified"]}

    shelf = make_shelf()
    config = Config(url=str(tmp_path / "rows"))
    outcome = await drive(source_of(rows), config, State(), net=net, pool=pool, commit=shelf.commit)
    assert (outcome.items, outcome.problems) == (MOST_ENTRIES + 7, ())


async def test_a_reply_that_was_cut_off_is_reported_as_a_gap(
    net: Net, pool: Pool, loopback: Any, make_shelf: Any
) -> None:
    async def long(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * (2**20 + 1), headers={"ETag": '"1"'})

    def length(config: Config, cursor: Cursor) -> Reading:
        reply = yield Get(config.url)
        yield Item(id=str(len(reply.body)))
        return None

    shelf = make_shelf()
    config = Config(url=f"{await loopback({'/': long})}/")
    outcome = await drive(source_of(length), config, State(), net=net, pool=pool, commit=shelf.commit)
    assert shelf.ids == [str(2**20)]
    assert "longer than 1 MiB" in outcome.problems[0].why
    assert not shelf.state.validators


async def test_tombstones_and_problems_travel_with_the_items(net: Net, pool: Pool, make_shelf: Any) -> None:
    def mixed(config: Config, cursor: Cursor) -> Reading:
        doubled = yield Read(len, (1, 2))
        yield Item(id=str(doubled))
        yield Problem("row 3", "no id")
        yield Tombstone("7")
        return {"n": 1}

    shelf = make_shelf()
    config = Config(url="")
    outcome = await drive(source_of(mixed), config, State(), net=net, pool=pool, commit=shelf.commit)
    (batch,) = shelf.batches
    assert [item.id for item in batch.items] == ["2"]
    assert batch.tombstones == (Tombstone("7"),)
    assert batch.problems == outcome.problems == (Problem("row 3", "no id"),)
    assert outcome.tombstones == 1


async def test_a_poll_that_finds_nothing_new_writes_nothing(net: Net, pool: Pool, make_shelf: Any) -> None:
    def nothing(config: Config, cursor: Cursor) -> Reading:
        yield from ()
        return dict(cursor)

    shelf = make_shelf()
    state = State({"since": 5})
    outcome = await drive(source_of(nothing), Config(url=""), state, net=net, pool=pool, commit=shelf.commit)
    assert (shelf.batches, outcome.state) == ([], state)


async def test_a_check_asks_once_and_stores_nothing(net: Net, pool: Pool, archive: tuple[Archive, Config]) -> None:
    service, config = archive
    seen = await check(source_of(by_page), config, net=net, pool=pool)
    assert [item.id for item in seen.items] == ["a", "b"]
    assert len(service.asked) == 1


async def test_a_budget_ends_a_poll_where_the_next_one_goes_on(
    net: Net, pool: Pool, archive: tuple[Archive, Config], make_shelf: Any
) -> None:
    shelf = make_shelf()
    for _ in range(3):
        await drive(source_of(by_page), archive[1], shelf.state, net=net, pool=pool, commit=shelf.commit, budget=1)
    assert shelf.ids == ["a", "b", "c", "d", "e"]


async def test_a_source_is_closed_whatever_happens(net: Net, pool: Pool, make_shelf: Any) -> None:
    closed: list[str] = []

    def careful(config: Config, cursor: Cursor) -> Reading:
        try:
            yield Get("http://10.0.0.1/")
        finally:
            closed.append("yes")

    with pytest.raises(Exception, match="private network"):
        await drive(source_of(careful), Config(url=""), State(), net=net, pool=pool, commit=make_shelf().commit)
    assert closed == ["yes"]


async def test_an_error_in_hand_does_not_hold_the_reply_that_it_arose_over(
    net: Net, pool: Pool, loopback: Any, make_shelf: Any
) -> None:
    async def large(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 500_000)

    def reads(config: Config, cursor: Cursor) -> Reading:
        reply = yield Get(config.url)
        yield Read(for_ever, reply.body)
        return {}

    with pytest.raises(BadShape) as caught:
        await poll_of(reads, await loopback({"/": large}), net, pool, make_shelf())
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    held = [value for frame in frames for value in frame.f_locals.values() if isinstance(value, bytes)]
    assert max(map(len, held), default=0) < 100_000
    assert caught.value.__context__ is None


# What a service asks for, and where it moved to ---------------------------------------------------------------------


async def poll_of(fetch: Callable[[Any, Cursor], Reading], url: str, net: Net, pool: Pool, shelf: Any) -> Outcome:
    config = Config(url=url)
    return await drive(source_of(fetch), config, shelf.state, net=net, pool=pool, commit=shelf.commit)


async def test_what_a_service_asks_for_is_handed_on(net: Net, pool: Pool, archive: Any, make_shelf: Any) -> None:
    def asks(config: Config, cursor: Cursor) -> Reading:
        yield Get(config.url)
        yield Pause(seconds=60, skip_hours=frozenset({1}))
        yield Pause(seconds=30, skip_days=frozenset({6}))
        yield Missed("all is new")
        yield Again()
        return None

    outcome = await poll_of(asks, archive[1].url, net, pool, make_shelf())
    assert outcome.pause == Pause(60, skip_hours=frozenset({1}), skip_days=frozenset({6}))
    assert (outcome.missed, outcome.again) == (True, True)
    assert outcome.problems == (Problem("window", "all is new"),)


async def test_a_host_that_wants_rest_is_asked_by_no_source(
    net: Net, pool: Pool, archive: Any, make_shelf: Any
) -> None:
    def rests(config: Config, cursor: Cursor) -> Reading:
        yield Get(config.url)
        yield Pause(seconds=60, host=True)
        return None

    await poll_of(rests, archive[1].url, net, pool, make_shelf())
    with pytest.raises(RateLimited) as caught:
        await poll_of(one_page, archive[1].url, net, pool, make_shelf())
    assert caught.value.wait == pytest.approx(60, abs=2)


async def test_nothing_new_on_one_page_is_told_where_others_are_still_to_be_asked(
    net: Net, pool: Pool, archive: Any, make_shelf: Any
) -> None:
    def both(config: Config, cursor: Cursor) -> Reading:
        for page in (0, 2):
            reply = yield Get(config.url, {"page": page}, answers={304})
            yield Item(id=f"{page} answered {reply.status}")
        return {}

    service, config = archive
    shelf = make_shelf()
    service.etag = '"one"'
    for _ in range(3):
        await poll_of(both, config.url, net, pool, shelf)
    assert shelf.ids == ["0 answered 200", "2 answered 200", *["0 answered 304", "2 answered 304"] * 2]


async def test_an_error_that_a_source_understands_comes_back_with_its_body(
    net: Net, pool: Pool, loopback: Any, make_shelf: Any
) -> None:
    async def throttled(request: web.Request) -> web.Response:
        return web.json_response({"error_name": "throttle_violation"}, status=400)

    def understands(config: Config, cursor: Cursor) -> Reading:
        reply = yield Get(config.url, answers={400})
        yield Item(id=f"{reply.status} {reply.json('error_name')}")
        return {}

    shelf = make_shelf()
    await poll_of(understands, await loopback({"/": throttled}), net, pool, shelf)
    assert shelf.ids == ["400 throttle_violation"]


class Mover:
    """An address that redirects, and what is asked there."""

    def __init__(self, status: int) -> None:
        self.status, self.to, self.asked = status, "/new", []  # type: ignore[var-annotated]

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path == "/old" and self.to:
            return web.Response(status=self.status, headers={"Location": self.to})
        if request.path == "/gone":
            return web.Response(status=404)
        return web.json_response({"ids": ["a"], "next": None})


@pytest.mark.parametrize("status", [301, 308])
async def test_an_address_that_moved_for_good_is_asked_where_it_is_once_that_was_said_thrice(
    net: Net, pool: Pool, loopback: Any, make_shelf: Any, status: int
) -> None:
    mover, shelf = Mover(status), make_shelf()
    url = f"{await loopback({'/{path}': mover.answer})}/old"
    for _ in range(5):
        await poll_of(one_page, url, net, pool, shelf)
    assert mover.asked == ["/old", "/new"] * 3 + ["/new"] * 2
    assert [move.to for move in shelf.state.moves.values() if move.is_believed] == [url.replace("/old", "/new")]


async def test_an_address_that_is_elsewhere_for_now_is_asked_anew_each_time(
    net: Net, pool: Pool, loopback: Any, make_shelf: Any
) -> None:
    mover, shelf = Mover(302), make_shelf()
    url = f"{await loopback({'/{path}': mover.answer})}/old"
    for _ in range(5):
        await poll_of(one_page, url, net, pool, shelf)
    assert mover.asked == ["/old", "/new"] * 5


async def test_an_address_that_moved_to_nowhere_is_asked_at_its_old_place_again(
    net: Net, pool: Pool, loopback: Any, make_shelf: Any
) -> None:
    mover, shelf = Mover(301), make_shelf()
    url = f"{await loopback({'/{path}': mover.answer})}/old"
    for _ in range(4):
        await poll_of(one_page, url, net, pool, shelf)
    stored = shelf.state.as_json()
    stored["moves"][url]["to"] = url.replace("/old", "/gone")
    shelf.state, mover.to = State.from_json(stored), ""
    outcome = await poll_of(one_page, url, net, pool, shelf)
    assert mover.asked[-2:] == ["/gone", "/old"]
    assert (outcome.items, shelf.state.moves) == (1, {})
