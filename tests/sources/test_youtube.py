"""YouTube with a key: searches are counted, comments read back to the last one seen, refusals told apart."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import sources
from monitor.collect.drive import State
from sources import youtube
from sources.base import (
    BadShape,
    Blocked,
    Item,
    NeedsAuth,
    Problem,
    RateLimited,
    Request,
    Response,
    Tombstone,
    replay,
)

KEY = "AIza-invented-key"
CHANNEL = f"UC{'k' * 22}"


def stamp(minute: int) -> str:
    return datetime.fromtimestamp(1_790_000_000 + minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class YouTube:
    """The service's own rules over invented videos and comments, and what each request costs."""

    def __init__(self) -> None:
        self.videos: dict[str, dict[str, Any]] = {}
        self.comments: list[dict[str, Any]] = []
        self.closed: set[str] = set()
        self.units = 0
        self.asked: Counter[str] = Counter()
        self.addresses: list[str] = []
        self.refusal: tuple[int, str] | None = None
        self.refuses_only = ""

    def video(self, name: str, minute: int, description: str = "long words") -> None:
        said = {"publishedAt": stamp(minute), "title": name, "description": description, "channelTitle": "TV"}
        self.videos[name] = {"kind": "youtube#video", "id": name, "snippet": {**said, "channelId": CHANNEL}}

    def comment(self, name: str, video: str, minute: int, text: str = "words") -> dict[str, Any]:
        said = {"videoId": video, "textDisplay": text, "authorDisplayName": "@ada", "publishedAt": stamp(minute)}
        made = {"kind": "youtube#comment", "id": name, "snippet": {**said, "updatedAt": stamp(minute)}}
        self.comments.append(made)
        return made

    async def answer(self, request: web.Request) -> web.Response:
        resource, query = request.path.strip("/"), request.query
        self.asked[resource] += 1
        self.addresses.append(str(request.url))
        if self.refusal and resource.startswith(self.refuses_only):
            return self.refuse(*self.refusal)
        if request.headers.get("x-goog-api-key") != KEY:
            return self.refuse(400, "keyInvalid")
        self.units += 100 if resource == "search" else 1
        match resource:
            case "search":
                after = query.get("publishedAfter", "")
                found = [one for one in self.videos.values() if one["snippet"]["publishedAt"] >= after]
                found.sort(key=lambda one: one["snippet"]["publishedAt"], reverse=True)
                if query.get("pageToken", "0") == "stale":
                    return self.refuse(400, "invalidPageToken")
                page, onward = self.page(query, found)
                results = [{"kind": "youtube#searchResult", "id": {"videoId": one["id"]}} for one in page]
                return web.json_response({"kind": "youtube#searchListResponse", "items": results, **onward})
            case "videos":
                return self.named(query, list(self.videos.values()))
            case "comments":
                return self.named(query, self.comments)
            case _:
                video = query.get("videoId", "")
                if video in self.closed:
                    return self.refuse(403, "commentsDisabled")
                found = [one for one in self.comments if video in ("", one["snippet"]["videoId"])]
                found.sort(key=lambda one: one["snippet"]["publishedAt"], reverse=True)
                page, onward = self.page(query, found)
                threads = [{"kind": "youtube#commentThread", "snippet": {"topLevelComment": one}} for one in page]
                return web.json_response({"items": threads, **onward})

    def page(self, query: Any, found: list[Any]) -> tuple[list[Any], dict[str, str]]:
        start, size = int(query.get("pageToken", 0)), int(query["maxResults"])
        onward = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
        return found[start : start + size], onward

    def named(self, query: Any, among: list[dict[str, Any]]) -> web.Response:
        names = query["id"].split(",")
        assert len(names) <= 50
        return web.json_response({"items": [one for one in among if one["id"] in names]})

    def refuse(self, status: int, reason: str) -> web.Response:
        error = {"code": status, "message": f"said with {KEY}", "errors": [{"reason": reason}]}
        return web.json_response({"error": error}, status=status, headers={"Date": "Sat, 21 Nov 2026 20:00:00 GMT"})


@pytest.fixture
async def service(loopback: Any) -> tuple[YouTube, dict[str, Any]]:
    played = YouTube()
    base = await loopback({"/{path:.*}": played.answer})
    return played, {"query": "kettle", "key": KEY, "base_url": base}


async def test_videos_come_in_full_and_once_with_what_is_said_below_them(service: Any, polled: Any) -> None:
    played, config = service
    played.video("a", 1, "first words of many more")
    played.comment("c1", "a", 5)
    first = await polled("youtube", config)
    assert first.ids == ["yt:video:a", "yt:comment:c1"]
    assert first.items[0].text == "first words of many more"
    played.comment("c2", "a", 9)
    played.video("b", 10)
    second = await polled("youtube", config, first.state)
    assert {"yt:video:b", "yt:comment:c2"} <= set(second.ids)
    assert second.state.cursor["since"] == stamp(10)
    assert played.asked["search"] == 2


async def test_a_poll_costs_one_search_and_little_else(service: Any, polled: Any) -> None:
    played, config = service
    for at in range(200):
        played.video(f"v{at:03}", at)
    first = await polled("youtube", config)
    assert len(first.ids) == 50
    assert played.units == 100 + 1 + youtube.WATCHED
    assert list(first.state.cursor["videos"]) == [f"v{at:03}" for at in range(180, 200)]
    assert "page" not in first.state.cursor


async def test_many_new_videos_are_walked_back_over_several_polls(service: Any, polled: Any) -> None:
    played, config = service
    played.video("old", 0)
    state = (await polled("youtube", config)).state
    names = {f"v{at:03}" for at in range(120)}
    for at, name in enumerate(sorted(names)):
        played.video(name, 2_000 + at)
    seen: set[str] = set()
    for poll in range(3):
        done = await polled("youtube", config, state)
        seen |= {one.removeprefix("yt:video:") for one in done.ids}
        assert ("page" in done.state.cursor) == (poll < 2)
        assert list(done.state.cursor["videos"])[-1] == "v119"
        state = done.state
    assert names <= seen
    assert state.cursor["since"] == stamp(2_119)


async def test_a_page_that_is_no_longer_known_begins_the_walk_anew(service: Any, polled: Any) -> None:
    played, config = service
    played.video("a", 1)
    done = await polled("youtube", config)
    stale = State({**done.state.cursor, "page": "stale", "newest": stamp(99)})
    again = await polled("youtube", config, stale)
    assert again.outcome.again
    assert again.state.cursor["since"] == stamp(1)
    assert "page" not in again.state.cursor


async def test_comments_are_read_back_to_the_last_one_seen(service: Any, polled: Any) -> None:
    played, config = service
    played.video("a", 1)
    for at in range(250):
        played.comment(f"c{at:03}", "a", 10 + at)
    first = await polled("youtube", config)
    assert sum(one.startswith("yt:comment:") for one in first.ids) == 250
    played.comment("new", "a", 900)
    second = await polled("youtube", config, first.state)
    assert "yt:comment:new" in second.ids
    assert played.asked["commentThreads"] == 3 + 1
    for at in range(400):
        played.comment(f"d{at:03}", "a", 1_000 + at)
    third = await polled("youtube", config, second.state)
    assert [problem.where for problem in third.problems] == ["a"]
    assert "300 new comments" in third.problems[0].why


async def test_a_channels_comments_need_no_search(service: Any, polled: Any) -> None:
    played, config = service
    played.comment("c1", "a", 5)
    alone = {"channel": CHANNEL, "key": KEY, "base_url": config["base_url"]}
    done = await polled("youtube", alone)
    assert done.ids == ["yt:comment:c1"]
    assert played.units == 1
    assert done.state.cursor == {"channel": stamp(5)}


async def test_a_channel_that_gives_no_comments_is_told(service: Any, polled: Any) -> None:
    played, config = service
    played.refusal, played.refuses_only = (404, "channelNotFound"), "commentThreads"
    done = await polled("youtube", {**config, "channel": CHANNEL}, State({"channel": stamp(5)}))
    assert [problem.where for problem in done.problems] == [CHANNEL]
    assert done.state.cursor["channel"] == stamp(5)


async def test_a_video_without_comments_is_asked_about_once(service: Any, polled: Any) -> None:
    played, config = service
    played.video("a", 1)
    played.closed = {"a"}
    first = await polled("youtube", config)
    assert (first.error, first.ids, first.state.cursor["videos"]) == (None, ["yt:video:a"], {})


@pytest.mark.parametrize(
    ("refusal", "error", "wait"),
    [
        ((403, "quotaExceeded"), RateLimited, 12 * 3600 + 60),  # noon in California
        ((403, "rateLimitExceeded"), RateLimited, 60),
        ((400, "keyInvalid"), NeedsAuth, None),
        ((403, "accessNotConfigured"), NeedsAuth, None),
        ((403, "forbidden"), Blocked, None),
    ],
)
async def test_each_refusal_is_told_apart(
    service: Any, polled: Any, refusal: tuple[int, str], error: type[Exception], wait: float | None
) -> None:
    played, config = service
    played.refusal = refusal
    done = await polled("youtube", config)
    assert isinstance(done.error, error)
    assert KEY not in done.error.words
    assert getattr(done.error, "wait", None) == wait


async def test_units_spent_below_a_video_stop_the_poll_and_lose_nothing(service: Any, polled: Any) -> None:
    played, config = service
    played.video("a", 1)
    state = (await polled("youtube", config)).state
    played.video("b", 5_000)
    played.refusal, played.refuses_only = (403, "quotaExceeded"), "commentThreads"
    done = await polled("youtube", config, state)
    assert isinstance(done.error, RateLimited)
    assert "yt:video:b" in done.ids
    assert done.state.cursor["since"] == stamp(5_000)
    played.refusal = None
    played.comment("c", "b", 5_001)
    assert "yt:comment:c" in (await polled("youtube", config, done.state)).ids


def test_without_a_key_it_says_where_to_get_one() -> None:
    for key in ({}, {"key": ""}):
        with pytest.raises(NeedsAuth, match=r"console\.cloud\.google\.com"):
            next(youtube.fetch(youtube.Config.model_validate({"query": "x", **key}), {}))


async def test_the_key_shows_nowhere(service: Any, polled: Any) -> None:
    played, config = service
    played.video("a", 1)
    played.videos["odd"] = {"kind": "youtube#video", "id": "odd", "snippet": {}}
    played.videos["odd"]["snippet"] = {"publishedAt": stamp(2)}
    played.comment("", "a", 3)
    done = await polled("youtube", config)
    assert done.items
    assert done.problems
    shown = repr((done.items, done.problems, done.outcome, youtube.Config(**config))) + json.dumps(done.state.as_json())
    assert KEY not in shown + " ".join(played.addresses)


def test_it_wants_something_to_read() -> None:
    with pytest.raises(ValueError, match="a query, a channel, or both"):
        youtube.Config()


def test_what_is_stored_is_refreshed_and_what_is_gone_forgotten(reply: Callable[..., Response]) -> None:
    recheck = sources.load("youtube").recheck
    assert recheck is not None
    assert recheck.within == "25d"
    video = {"kind": "youtube#video", "id": "a", "snippet": {"title": "t", "description": "as it reads now"}}
    comment = {"kind": "youtube#comment", "id": "c.1", "snippet": {"textDisplay": "hi"}}
    ids = ["yt:video:a", "yt:video:b", "yt:comment:c.1", "yt:comment:d", "other"]
    steps = list(replay(recheck.ask(_config(), ids), [reply({"items": [video]}), reply({"items": [comment]})]))
    assert [step.id for step in steps if isinstance(step, Item)] == ["yt:video:a", "yt:comment:c.1"]
    assert [step.id for step in steps if isinstance(step, Tombstone)] == ["yt:video:b", "yt:comment:d"]


def test_one_comment_that_is_not_found_takes_no_other_with_it(reply: Callable[..., Response]) -> None:
    recheck = sources.load("youtube").recheck
    assert recheck is not None
    unread = reply({"items": [{"kind": "youtube#comment", "id": "c"}]})
    assert list(replay(recheck.ask(_config(), ["yt:comment:c"]), [unread])) == []
    missing = Response(404, {}, b'{"error": {"errors": [{"reason": "commentNotFound"}]}}', "")
    there = reply({"items": [{"kind": "youtube#comment", "id": "c", "snippet": {"textDisplay": "hi"}}]})
    steps = list(replay(recheck.ask(_config(), ["yt:comment:b", "yt:comment:c"]), [missing, missing, there]))
    assert [type(step) for step in steps] == [Tombstone, Item]
    assert steps[0] == Tombstone("yt:comment:b")


def test_a_refusal_forgets_nothing(reply: Callable[..., Response]) -> None:
    recheck = sources.load("youtube").recheck
    assert recheck is not None
    spent = Response(403, {}, b'{"error": {"errors": [{"reason": "quotaExceeded"}]}}', "")
    with pytest.raises(RateLimited) as raised:
        list(replay(recheck.ask(_config(), ["yt:video:a"]), [spent]))
    assert raised.value.wait == 3_600


@pytest.mark.parametrize("body", ["", "<html>", {}, [], {"items": {}}, {"items": None}, "null"])
def test_another_answer_is_a_bad_shape(body: Any, reply: Callable[..., Response]) -> None:
    with pytest.raises(BadShape):
        list(replay(youtube.fetch(_config(), {}), [reply(body)]))


def test_a_time_in_the_past_and_a_pasted_search_are_understood() -> None:
    declared = sources.load("youtube")
    assert declared.cursor_at is not None
    assert declared.from_url is not None
    cursor = declared.cursor_at(_config(), datetime(2026, 11, 1, tzinfo=UTC))
    request = next(youtube.fetch(_config(), cursor))
    assert isinstance(request, Request)
    assert request.query["publishedAfter"] == "2026-10-31T00:00:00Z"
    url = "https://www.youtube.com/results?search_query=%22tea+kettle%22&sp=CAI"
    assert declared.from_url(url) == {"query": '"tea kettle"'}


def test_its_videos_are_those_of_the_channel_feed() -> None:
    feed = sources.load("youtube-channel")
    assert feed.scope_of(feed.Config.model_validate(feed.example)) == sources.load("youtube").scope_of(_config())


def test_recorded_answers_are_read(corpora: Callable[[str], Path], reply: Callable[..., Response]) -> None:
    folder = corpora("youtube-dataapi") / "testdata/apidata"
    read = Counter[str]()
    for path in sorted(folder.glob("search/search_by_k*.json")):
        search = json.loads(path.read_text("utf-8"))
        asking = youtube.fetch(_config(), {})
        next(asking)
        request = asking.send(reply(search))
        assert isinstance(request, Request)
        assert str(request.query["id"]).split(",") == [one["id"]["videoId"] for one in search["items"]]
        read["search"] += 1
    for pattern in ("videos/videos_info*.json", "videos/videos_chart*.json", "comment*/comment*.json"):
        for path in sorted(folder.glob(pattern)):
            answer = json.loads(path.read_text("utf-8"))
            steps = list(replay(youtube.fetch(_config(), {}), [reply(answer)]))
            items = [step for step in steps if isinstance(step, Item)]
            assert not any(isinstance(step, Problem) for step in steps), path.name
            assert len(items) >= len(answer["items"]), path.name
            assert all(item.author and item.published and (item.text or item.title) for item in items), path.name
            read["comment" if "comment" in path.name else "video"] += len(items)
    assert min(read.values()) > 1
    assert set(read) == {"search", "video", "comment"}


def _config() -> youtube.Config:
    return youtube.Config.model_validate({"query": "kettle", "key": KEY})
