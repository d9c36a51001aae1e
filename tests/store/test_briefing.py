"""What a digest says is what the store holds: each number is the one its query gives, in stores drawn at random."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from monitor import briefing, pipeline, searches
from monitor.briefing import Period, Readers
from monitor.digest.compose import compose
from monitor.digest.form import as_json
from monitor.engine.theming import Theming
from monitor.mention import SENTIMENTS, Brand
from monitor.pipeline import Origin
from monitor.searches import Search
from monitor.store import opinions, triage, watches
from monitor.store.columns import EPOCH
from monitor.store.triage import Change
from monitor.store.watches import Configured
from sources.base import Item

SCORERS = dict.fromkeys(("sentiment", "brand_sentiment", "relevance", "topics", "need", "stage"), "1")
PLACES = (
    Origin("blog", "feed", "blog"), Origin("feed", "feed", "feed"), Origin("App Store UK", "appstore", "uk"),
    Origin("Steam", "steam", "steam"), Origin("Bluesky", "bluesky", "bluesky"),
)  # fmt: skip
COMPLAINTS = (
    "I am still waiting for my refund from {}", "{} why does the app crash on every start",
    "My {} parcel came two days late again",
)  # fmt: skip
PRAISE = ("The new {} salmon recipe is wonderful", "{} support was quick and friendly")
NEWS = (
    "{} has stopped paying refunds while it moves to a new billing provider and says that all open cases will be "
    "settled within a few days according to a letter that it sent to its customers on Monday morning",
    "The makers of {} open a second kitchen in Leeds next spring and hire two hundred cooks and drivers there as the "
    "demand for boxes in the north has doubled within a single year",
)
DEPARTMENTS = ("Customer Care", "Product")
WORDS = ("kettle", "river", "lantern", "marble", "violet", "anchor", "pepper", "saddle", "thunder", "willow", "copper")


class World:
    """Three weeks of two brands, drawn by a seed: mentions, what is thought of them, and what people noted."""

    def __init__(self, house: Any, seed: int) -> None:
        self.house, self.dice = house, random.Random(seed)
        house.store.writing(watches.sync, [Configured(one.name, one.kind, "1") for one in PLACES], house.now)
        for place in PLACES:
            found = [self.item(f"{place.name} {n}", place.kind) for n in range(self.dice.randrange(20, 60))]
            house.take(*found, origin=replace(place, keeps="all"))
        house.store.writing(self.judge)
        house.store.writing(self.note)
        asyncio.run(Theming(house.store, dict, lambda: False, lambda: house.now).whole())

    def item(self, id_: str, kind: str) -> Item:
        dice = self.dice
        brand = dice.choice(("acme", "acme", "bolt", "acme and bolt"))
        text = dice.choice((*COMPLAINTS, *COMPLAINTS, *PRAISE, *NEWS, "{} again")).format(brand)
        if text not in NEWS:
            text = f"{text}. {' '.join(dice.sample(WORDS, 5))}"
        review = kind in ("appstore", "steam")
        thumb = kind == "steam"
        return Item(
            id=id_,
            text=text,
            author=f"person {dice.randrange(60)}",
            url=f"https://{kind}.example/{id_.replace(' ', '-')}",
            published=self.house.now - timedelta(hours=dice.choice((dice.uniform(0, 40), dice.uniform(0, 24 * 21)))),
            kind="review" if review else dice.choice(("post", "comment", "article")),
            rating=float(dice.randrange(2)) if thumb else dice.choice((1.0, 2.0, 2.5, 4.0, 5.0)) if review else None,
            rating_max=1.0 if thumb else 5.0 if review else None,
        )

    def judge(self, connection: Any) -> None:
        asked = opinions.due(connection, 10_000)
        some = [one for one in asked if self.dice.random() < 0.9]
        pipeline.settle(connection, [(one, self.answer(one.text)) for one in some], SCORERS, self.house.now)

    def answer(self, text: str) -> dict[str, Any]:
        dice = self.dice
        mood = "negative" if text.startswith(tuple(one[:6] for one in COMPLAINTS)) else dice.choice(SENTIMENTS)
        sentiment = {**dict.fromkeys(SENTIMENTS, 0.1), mood: 0.8, "label": mood, "unsure": False}
        needs = dice.sample(
            ("churn", "complaint", "help", "question", "suggestion", "praise", "impression"), dice.randrange(3)
        )
        topics = dice.sample(("late_delivery", "price", "refund"), dice.randrange(3))
        return {
            "sentiment": sentiment,
            "brand_sentiment": sentiment,
            "relevance": {"score": dice.choice((0.1, 0.9, 0.9, 0.9)), "unsure": False},
            "need": [{"label": need, "score": 0.8} for need in needs],
            "topics": [{"label": topic, "score": 0.8} for topic in topics],
            "stage": {"label": dice.choice(("purchase", "use", "service", "leaving")), "score": 0.8},
        }

    def note(self, connection: Any) -> None:
        rows = connection.exec_driver_sql('SELECT mention_id, brand_id FROM "match" ORDER BY 1, 2').all()
        for mention_id, brand_id in rows:
            if self.dice.random() < 0.3:
                status = self.dice.choice(("assigned", "replied", "resolved", "hidden", "reopened"))
                change = Change(status=status, team=self.dice.choice(("", *DEPARTMENTS)), assignee="ann")
                triage.change(connection, mention_id, brand_id, change, by="ann", now=self.house.now)


def digest(house: Any, period: Period, department: str = "") -> dict[str, Any]:
    acme = Brand(house.ids["Acme"], "Acme", "", competitors=("Bolt",))
    read = (briefing.material, acme, period, house.now, "", Readers(department))
    return as_json(compose(house.store.reading(*read)))


def figures(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if "query" in part and "text" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from figures(inner)


def sentences(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if "parts" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from sentences(inner)


def periods(now: datetime) -> dict[str, Period]:
    return {"day": Period(now.date(), time(8), "Europe/Berlin"), "week": Period.last_week(now, "UTC")}


def wrong_numbers(house: Any, told: dict[str, Any]) -> tuple[list[Any], int]:
    """The figures that their queries do not give, and how many were looked at."""
    wrong, checked = [], 0
    for one in figures(told["sections"]):
        number = one["value"] if isinstance(one["value"], int) else None
        if "sentiment:(" in one["query"] and one.get("n") is not None and one["value"] is not None:
            number = one["n"]  # of a net sentiment: what it stands on
        if not one["query"] or number is None:
            continue
        found = house.store.reading(searches.count, Search(one["query"]))
        checked += 1
        if (found.n, found.exact) != (number, True):
            wrong.append((one, found))
    return wrong, checked


def every_number_is_right(house: Any, seed: int) -> None:
    World(house, seed)
    for period in periods(house.now).values():
        for department, least in (("", 60), ("Customer Care", 15)):
            wrong, checked = wrong_numbers(house, digest(house, period, department))
            assert wrong == []
            assert checked > least


def test_every_number_is_the_one_that_its_query_gives(house):
    every_number_is_right(house, 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 30))
def test_every_number_of_many_stores_is_the_one_that_its_query_gives(house, seed):
    every_number_is_right(house, seed)


def test_every_sentence_with_a_number_cites_mentions_that_are_there(house):
    World(house, 4)
    known = {id_ for (id_,) in house.store.reading(lambda c: c.exec_driver_sql("SELECT id FROM mention").all())}
    told = list(sentences(digest(house, periods(house.now)["week"])["sections"]))
    assert all(set(one["mentions"]) <= known for one in told)
    bare = [one["text"] for one in told if not one["mentions"] and any(figure["value"] for figure in figures(one))]
    # competitors' mentions are counted and not read; what is held apart, or late, is not in the window
    allowed = ("Bolt: ", "not counted", "found only now")
    assert [text for text in bare if not any(words in text for words in allowed)] == []


def test_a_department_s_story_is_counted_exactly_behind_others_that_are_not_its_own(house, item):
    words = [" ".join(random.Random(n).sample(WORDS, 11)) for n in range(6)]
    before, inside = house.now - timedelta(days=3), house.now - timedelta(hours=2)
    for n, text in enumerate(words):
        copies = [before + timedelta(minutes=at) for at in range(3 if n < 5 else 2)]
        news = f"acme news {n} of the {n}th day: {text} for {n + 7} towns in all"
        for at in (*copies, inside):
            house.take(item(f"{n} {at}", news, published=at, author=f"{n} {at}", kind="article"))
    sql = "SELECT id FROM mention WHERE published > ? OR external_id LIKE '5 %' ORDER BY published DESC LIMIT 7"
    since = (inside - timedelta(minutes=1) - EPOCH) // timedelta(microseconds=1)
    mine = house.store.reading(lambda connection: connection.exec_driver_sql(sql, (since,)).scalars().all())
    for id_ in mine:
        house.store.writing(triage.change, id_, house.ids["Acme"], Change(team="Care"), by="ann", now=house.now)
    told = digest(house, Period(house.now.date(), time(12), "UTC"), "Care")
    (story,) = told["sections"]["stories"]["items"]
    assert story["more"]["value"] == 2
    assert wrong_numbers(house, told)[0] == []


def test_what_the_query_keeps_out_is_counted(house, item):
    house.take(item("1", "acme jobs: a cook wanted"), item("2", "acme again"), item("3", "jobs at bolts and nuts"))
    assert house.texts("brand:Acme") == ["acme again"]
    read = (briefing.material, Brand(house.ids["Acme"], "Acme", "acme NOT jobs"), periods(house.now)["week"], house.now)
    assert house.store.reading(*read).waiting.excluded == 1
