"""Every endpoint of the invented world is read by the very sources of real use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.demo.feeds import feeds
from monitor.demo.handed_in import survey_csv, webhook_posts
from monitor.demo.server import BROKEN_FEED
from monitor.demo.services import APP, RIVAL_APP
from monitor.demo.world import BRAND, World
from sources import appstore, feed, hackernews, table, webhook
from sources.base import Checkpoint, Item, Reading

Read = Callable[[Reading], Awaitable[list[Any]]]
Items = Callable[[list[Any]], list[Item]]
Get = Callable[..., Awaitable[tuple[int, Any, bytes]]]


@pytest.mark.parametrize(
    ("path", "channel"),
    [
        ("social.xml", "social"),
        ("press.xml", "press"),
        ("forum.xml", "forum"),
        ("abroad.xml", "abroad"),
        ("blog.json", "blog"),
    ],
)
async def test_a_feed_gives_everything_with_its_words_time_and_author(
    world: World, base_url: str, read: Read, items: Items, path: str, channel: str
) -> None:
    given = await read(feed.fetch(feed.Config(url=f"{base_url}/feeds/{path}"), {}))

    assert [(item.title, item.text, item.published) for item in items(given)] == [
        (said.line.title, said.text, said.published) for said in world.on(channel)
    ]
    assert [item.author.removeprefix("@") for item in items(given)] == [said.author for said in world.on(channel)]
    assert len({item.id for item in items(given)}) == len(items(given))
    assert all(".example/" in item.url for item in items(given))


async def test_a_feed_that_was_read_before_is_not_sent_again(base_url: str, get: Get) -> None:
    status, headers, body = await get(f"{base_url}/feeds/press.xml")
    again, _, nothing = await get(f"{base_url}/feeds/press.xml", If_None_Match=headers["ETag"])
    other, _, whole = await get(f"{base_url}/feeds/press.xml", If_None_Match='"something else"')

    assert (status, again, other) == (200, 304, 200)
    assert nothing == b""
    assert whole == body


async def test_one_feed_is_down_on_purpose(base_url: str, get: Get) -> None:
    assert (await get(base_url + BROKEN_FEED))[0] == 500
    assert (await get(f"{base_url}/feeds/nothing.xml"))[0] == 404


async def test_hacker_news_is_searched_to_its_old_edge(world: World, base_url: str, read: Read, items: Items) -> None:
    given = await read(hackernews.fetch(hackernews.Config(query=BRAND, base_url=f"{base_url}/hn"), {}))
    expected = [said for said in world.on("hackernews") if "kettlewick" in f"{said.line.title} {said.text}".casefold()]

    assert [(item.text, item.published) for item in items(given)] == [(said.text, said.published) for said in expected]
    assert {item.kind for item in items(given)} == {"post", "comment"}


async def test_hacker_news_answers_only_what_is_new_since_the_last_poll(
    world: World, base_url: str, read: Read, items: Items
) -> None:
    config = hackernews.Config(query=BRAND, base_url=f"{base_url}/hn")
    since = int(world.until.timestamp()) - 5 * 86_400
    given = await read(hackernews.fetch(config, {"since": since}))

    times = [item.published.timestamp() for item in items(given) if item.published]
    assert times
    assert min(times) > since - hackernews.OVERLAP


async def test_hacker_news_is_paged_and_told_apart_by_tags(base_url: str, get: Get) -> None:
    search = f"{base_url}/hn/api/v1/search_by_date?query=kettlewick&hitsPerPage=5"
    pages = [(await get(f"{search}&page={page}"))[2] for page in (0, 1)]
    stories = (await get(f"{search}&tags=story"))[2]

    assert pages[0] != pages[1]
    assert b'"comment_text"' not in stories
    assert b'"title"' in stories


async def test_reviews_of_every_storefront_come_with_stars_and_version(
    world: World, base_url: str, read: Read, items: Items
) -> None:
    config = appstore.Config(app=APP, countries=("us", "gb", "de"), base_url=f"{base_url}/appstore")
    given = items(await read(appstore.fetch(config, {})))
    expected = [said for said in world.on("appstore") if said.line.phase != "rival"]

    assert {(item.title, item.text, item.rating, item.published) for item in given} == {
        (said.line.title, said.text, said.line.stars, said.published) for said in expected
    }
    assert {item.extra["version"] for item in given} == {"4.1.3", "4.2", "4.2.1"}
    assert all(item.extra["version"] == "4.2" for item in given if "4.2 crash" in f"{item.title} {item.text}")


async def test_the_competitors_app_has_reviews_of_its_own(base_url: str, read: Read, items: Items) -> None:
    config = appstore.Config(app=RIVAL_APP, base_url=f"{base_url}/appstore")
    assert len(items(await read(appstore.fetch(config, {})))) == 8


async def test_both_spellings_of_the_review_address_answer(base_url: str, get: Get) -> None:
    store = f"{base_url}/appstore/us/rss/customerreviews"
    first = await get(f"{store}/page=1/id={APP}/sortby=mostrecent/json")
    second = await get(f"{store}/id={APP}/sortBy=mostRecent/json")
    beyond = await get(f"{store}/page=9/id={APP}/sortby=mostrecent/json")

    assert first[2] == second[2]
    assert b'"entry"' in first[2]
    assert b'"entry"' not in beyond[2]
    assert (await get(f"{store}/{APP}"))[0] == 404
    assert (await get(f"{base_url}/appstore/xx/rss/customerreviews/id={APP}/sortBy=mostRecent/json"))[0] == 404


async def test_the_survey_is_understood_without_a_mapping(
    world: World, tmp_path: Path, read: Read, items: Items
) -> None:
    path = tmp_path / "survey.csv"
    path.write_bytes(survey_csv(world))
    given = await read(table.fetch(table.Config(path=str(path)), {}))

    assert [(item.text, item.rating, item.rating_max, item.published) for item in items(given)] == [
        (said.text, said.line.stars, 5, said.published) for said in world.on("survey")
    ]
    assert {item.kind for item in items(given)} == {"survey"}
    assert isinstance(given[-1], Item | Checkpoint)


def test_every_ticket_of_the_support_desk_is_one_item(world: World) -> None:
    given = [list(webhook.accept(webhook.Config(), {}, body)) for body in webhook_posts(world)]

    assert all(len(items) == 1 for items in given)
    tickets = [items[0] for items in given]
    assert [(item.title, item.text, item.published) for item in tickets] == [
        (said.line.title, said.text, said.published) for said in reversed(world.on("webhook"))
    ]
    assert len({item.id for item in tickets}) == len(tickets)


def test_every_feed_says_that_it_is_invented(world: World) -> None:
    assert all(b"invented" in body for _, body in feeds(world).values())
