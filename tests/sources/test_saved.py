"""Reading one saved reply: the tool of whoever adds a source."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sources.base import BadShape, Item, Problem
from sources.reading.saved import item_as_json, read_saved


def test_an_item_as_json_has_the_keys_that_everything_else_uses() -> None:
    item = Item(id="1", title="T", published=datetime(2026, 11, 21, 12, 0, tzinfo=UTC), rating=4.0, lang="en")
    told = item_as_json(item)
    assert list(told) == ["id", "url", "title", "text", "author", "published", "rating", "lang"]
    assert (told["published"], told["rating"]) == ("2026-11-21T12:00:00Z", 4.0)
    assert json.loads(json.dumps(told)) == told
    assert item_as_json(Item(id="1"))["published"] is None


def test_a_feed_needs_no_configuration_and_invents_no_address() -> None:
    body = b"<rss><channel><item><title>t</title><link>/x</link></item></channel></rss>"
    (item,) = read_saved("feed", body)
    assert isinstance(item, Item)
    assert item.url == ""


def test_a_feeds_own_page_is_the_base_of_its_links() -> None:
    body = b"<rss><channel><link>https://a.example/</link><item><title>t</title><link>/x</link></item></channel></rss>"
    (item,) = read_saved("feed", body)
    assert isinstance(item, Item)
    assert item.url == "https://a.example/x"


def test_an_unknown_key_is_a_problem_and_nothing_worse() -> None:
    first, *_ = read_saved("appstore", b'{"feed": {}}', {"app_id": 5, "contry": "us"})
    assert first == Problem("config.contry", "appstore has no such key; it has: app, countries, base_url")


@pytest.mark.parametrize(
    "config", [None, {}, {"app": 5}, {"app_id": "5", "country": "de"}, {"id": 5, "countries": ["de", "fr"]}]
)
def test_what_the_configuration_lacks_the_example_gives(config: dict[str, object] | None) -> None:
    body = b'{"feed": {"entry": {"id": {"label": "1"}, "im:rating": {"label": "4"}, "content": {"label": "x"}}}}'
    assert [step.id for step in read_saved("appstore", body, config) if isinstance(step, Item)] == ["1"]


def test_a_wrong_value_is_an_error_that_names_the_key() -> None:
    with pytest.raises(ValueError, match="app"):
        list(read_saved("appstore", b"{}", {"app": "kettle"}))


def test_an_unknown_kind_names_the_known() -> None:
    with pytest.raises(KeyError, match="feed"):
        list(read_saved("fed", b""))


def test_a_reply_of_another_form_says_where() -> None:
    with pytest.raises(BadShape, match=r"\$\.hits"):
        list(read_saved("hackernews", b"{}"))
