"""Whatever a service gives, the rest of its reply is stored with it, and what is stored can be shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.store import watches
from monitor.store.watches import Configured
from sources.base import Item

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def extra_of(house: Any) -> dict[str, Any]:
    (row,) = house.store.reading(lambda connection: connection.exec_driver_sql("SELECT extra FROM mention").all())
    return json.loads(row.extra)


def test_half_a_pair_of_surrogates_in_a_fact_costs_nobody_his_mention(house: Any, item: Any) -> None:
    house.take(item("1", "acme one", extra={"account": "jo\ud83d", "tags": ["a\ud800", "\x1b[31mb"]}))
    assert extra_of(house) == {"account": "jo", "tags": ["a", "[31mb"]}


def test_numbers_that_json_does_not_know_are_left_out(house: Any, item: Any) -> None:
    house.take(item("1", "acme one", extra={"weight": float("nan"), "most": float("inf"), "votes": 3, "big": 10**400}))
    assert extra_of(house) == {"weight": None, "most": None, "votes": 3, "big": None}


def test_facts_are_bounded_however_large_and_deep(house: Any, item: Any) -> None:
    deep: Any = "x"
    for _ in range(50):
        deep = [deep]
    long, many, wide = "x" * 1_000_000, ["tag"] * 100_000, {str(n): n for n in range(100_000)}
    house.take(item("1", "acme one", extra={"deep": deep, "reply": long, "tags": many, "wide": wide}))
    assert len(json.dumps(extra_of(house))) < 200_000
    assert len(extra_of(house)["reply"]) == 8_000


def test_ids_with_odd_letters_are_forgotten_as_they_were_stored(house: Any, item: Any) -> None:
    odd = ["a  b", "x\x00y", "half\ud83d", "nu\u0308r", "l" * 3_000]
    house.take(*(item(id_, f"acme {n}") for n, id_ in enumerate(odd)))
    assert len(house.texts("acme")) == 5
    assert house.take(gone=tuple(odd)).redacted == 5
    assert house.texts("acme") == []


@pytest.mark.parametrize("nothing", ["", "\ud800", "\x00\x01", "  "])
def test_what_has_no_name_is_not_stored_and_forgets_nobody(nothing: str, house: Any, item: Any) -> None:
    taken = house.take(item(nothing, "acme one"), item("2", "acme two"), gone=(nothing,))
    assert (taken.new, taken.redacted) == (1, 0)


def test_a_cursor_comes_back_as_the_service_gave_it(house: Any) -> None:
    house.store.writing(watches.sync, [Configured("blog", "feed", "1")], NOW)
    token = {"page": "a\ud800\x00b", "since": "für"}
    house.take(Item(id="1"), cursor=token)
    assert house.store.reading(watches.cursor, "blog") == token


def test_a_wider_query_finds_what_was_edited_in_its_last_words(house: Any, item: Any) -> None:
    house.take(item("1", "the old words"))
    house.take(item("1", "the new words"))
    house.take(item("1", "the new words"))
    kept = house.store.reading(lambda connection: connection.exec_driver_sql("SELECT item FROM candidate").all())
    assert [json.loads(row.item)["text"] for row in kept] == ["the new words"]


def test_a_candidate_without_a_date_keeps_the_time_at_which_it_came(house: Any) -> None:
    house.take(Item(id="1", text="of nobody"))
    came, house.now = house.now, house.now.replace(hour=20)
    house.take(Item(id="1", text="of nobody"))
    kept = house.store.reading(lambda connection: connection.exec_driver_sql("SELECT item FROM candidate").all())
    assert [json.loads(row.item)["published"] for row in kept] == [came.isoformat()]
