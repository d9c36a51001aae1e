"""Search over what is stored says what the matcher says, and says it newest first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor import pipeline, searches
from monitor.errors import TooSlow
from monitor.query.document import Document
from monitor.query.matcher import Matcher
from monitor.query.parse import parse
from monitor.store import search

TEXTS = [
    ("Straße gesperrt", "Das Café an der Straße ist geschlossen"),
    ("", "The Dr. Pepper customer-service is great, isn't it"),
    ("Pineapple", "nothing about the fruit company"),
    ("", "東京都でケトルを買った"),
    ("AT&T outage", "refund my money @acme #fail https://blog.example.com/x"),
    ("", "Fail fast. Refund slow. Acme's app crashes"),
    ("", "e-mail me at a@acme.com or email"),
    ("", "naïve coöperation ½ price"),
]
QUERIES = [
    "strasse",
    "cafe",
    '"dr pepper"',
    "apple",
    "pineapple OR refund",
    "refund NOT outage",
    "NOT refund",
    "customer-service",
    "e-mail",
    "title:outage",
    "text:outage",
    "refun*",
    "r?fund",
    "{Refund}",
    "@acme",
    "#fail",
    "example.com",
    "東京",
    "都",
    "naive AND cooperation",
    "site:host.example",
    "lang:de",
    "rating:<=2",
    "author:ann",
    "source:blog refund",
    "(refund OR cafe) NOT (app OR @acme)",
    "after:2026-11-21 before:2026-11-22",
    "type:article",
    "author:a?n",
    "author:jorg",
    '"customer-service" OR author:jorg',
    "author:ann AND (author:ann OR refund)",
    "@jorg",
    "#fail OR @ann",
    "source:BLOG-feed refund",
    "source:none OR source:blog refund",
    "rating:2..3 OR rating:5",
    "rating:>4",
    "lang:pt",
    "url:other",
    "site:example refund",
    "type:post NOT type:review rating:1",
    'brand:"nobody"',
    "sentiment:positive",
    "sentiment:negative OR topic:price OR refund",
    "topic:late-delivery",
]


FINDS_NOTHING = (
    "apple", "text:outage", "type:article", 'brand:"nobody"', "sentiment:positive", "topic:late-delivery"
)  # fmt: skip
"""Pineapples are no apples, the outage stands in the title, all are posts, and nothing is scored."""
AUTHORS = ("Bob", "Ann", "@Jörg", "Ann Lee")
LANGUAGES = ("de", "pt", "pt", "en")


@pytest.mark.parametrize("query", QUERIES)
def test_a_search_finds_what_the_live_matcher_finds(house, item, query):
    items = [
        item(
            str(number), text, title=title, author=AUTHORS[number % 4],
            url=f"https://{'host' if number % 3 else 'other'}.example/{number}",
            lang=LANGUAGES[min(number, 3)], rating=float(number % 5 + 1),
            published=house.now - timedelta(hours=5 * number),
        )
        for number, (title, text) in enumerate(TEXTS)
    ]  # fmt: skip
    house.origin = type(house.origin)("Blog_Feed" if "BLOG" in query else "blog", "feed", "scope", keeps="all")
    house.take(*items)
    matcher = Matcher(parse(query, as_view=True))
    live = [
        one.text
        for one in items
        if matcher.match(
            Document(
                title=one.title, text=one.text, author=one.author, url=one.url, lang=one.lang, source=house.origin.name,
                source_kind="feed", kind=one.kind, rating=one.rating, published=one.published,
            )
        )
    ]  # fmt: skip
    assert house.texts(query) == live
    assert len(live) < len(items)
    assert live or query in FINDS_NOTHING


def test_the_newest_come_first_and_only_as_many_as_asked_for(house, item):
    for number in (3, 1, 2):
        house.take(item(str(number), f"Acme {number}", published=house.now - timedelta(days=number)))
    assert house.texts("acme") == ["Acme 1", "Acme 2", "Acme 3"]
    assert [one.mention.text for one in _find(house, "acme", 2)] == ["Acme 1", "Acme 2"]


def test_a_search_marks_where_it_matched(house, item):
    house.take(item("1", "My Acme kettle"))
    (found,) = _find(house, "kettle", 10)
    assert found.spans == (("text", 8, 14),)


def test_what_was_published_at_the_same_moment_comes_in_the_order_of_its_coming_back(house, item):
    same = house.now - timedelta(days=1)
    house.take(*(item(str(number), f"Acme {number}", published=same) for number in range(250)))
    assert house.texts() == [f"Acme {number}" for number in reversed(range(250))]
    assert house.texts("acme") == house.texts()


def test_a_rare_word_and_a_common_one_are_found_in_the_same_order(house, item):
    house.take(
        *(item(str(n), f"Acme {n % 3} Bolt", published=house.now - timedelta(hours=n * 7 % 40)) for n in range(40))
    )
    house.judge("negative")
    hours = sorted((n * 7 % 40, n % 3) for n in range(40))
    ones = [f"Acme {rest} Bolt" for _, rest in hours if rest == 1]
    assert [one.mention.text for one in _find(house, "acme 1", 40)] == ones
    for query in ('brand:"Acme" 1', "1 sentiment:negative", 'brand:"Bolt" brand:"Acme" sentiment:negative 1'):
        assert house.texts(query) == ones


def test_a_feeling_is_found_towards_the_brand_that_is_asked_for_or_of_the_text_alone(house, item):
    everything = type(house.origin)("blog", "feed", "scope", keeps="all")
    house.take(item("1", "Acme leaks"), origin=everything)
    house.take(item("2", "Nobody's kettle leaks", published=house.now - timedelta(hours=2)), origin=everything)
    house.judge("negative", topics=[{"label": "late_delivery", "score": 0.9}, {"label": "price", "score": 0.6}])
    assert house.texts("sentiment:negative") == ["Acme leaks", "Nobody's kettle leaks"]
    assert house.texts('brand:"Acme" sentiment:negative') == ["Acme leaks"]
    assert house.texts('brand:"Bolt" sentiment:negative') == []
    assert house.texts('sentiment:negative NOT brand:"Acme"') == ["Nobody's kettle leaks"]
    assert house.texts("sentiment:positive") == []


def test_the_second_of_several_topics_is_found_too(house, item):
    house.take(item("1", "Acme leaks"))
    answers = [{"label": "late_delivery", "score": 0.9}, {"label": "price", "score": 0.6}]
    versions = {"topics": "1"}
    house.store.writing(pipeline.settle, [(due, {"topics": answers}) for due in house.due()], versions, house.now)
    assert house.texts("topic:price") == ["Acme leaks"]
    assert house.texts("topic:late-delivery") == ["Acme leaks"]
    assert house.texts("topic:late") == []


def test_a_search_that_takes_too_long_is_given_up_and_the_next_one_is_answered(house, item, monkeypatch):
    house.take(*(item(str(number), "Acme leaks " * 20) for number in range(300)))
    with monkeypatch.context() as patched:
        patched.setattr(search, "BUDGET", 0.0)
        with pytest.raises(TooSlow, match="add a word, a brand or a date"):
            _find(house, "leaks", 10)
    assert _find(house, "NOT leaks", 10) == ()


def test_more_are_found_than_one_question_to_the_database_may_name(house, item):
    house.take(*(item(str(number), "Acme leaks") for number in range(1_200)))
    assert len(_find(house, "leaks", 40_000)) == 1_200


@pytest.mark.parametrize("count", [100, 2_000])
@pytest.mark.parametrize(
    "part", ["author:a{}", "@a{}", "source:a{}", "topic:a{}", "site:a{}.example", "brand:a{}", "(rating:1 a{})"]
)
def test_a_query_of_very_many_parts_is_still_answered(house, item, part, count):
    house.take(item("1", "Acme leaks"))
    many = [part.format(number) for number in range(count // (2 if " " in part else 1) - 1)]
    assert house.texts(" OR ".join([*many, "leaks"])) == ["Acme leaks"]
    assert house.texts(" ".join(many)) == []


def _find(house, query, most):
    return house.store.reading(searches.find, query, most)
