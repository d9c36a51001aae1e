"""Search over what is stored says what the matcher says, and says it newest first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor import queries
from monitor.query.document import Document
from monitor.query.matcher import Matcher
from monitor.query.parse import parse

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
]


FINDS_NOTHING = ("apple", "text:outage", "type:article")
"""Pineapples are no apples, and the outage stands in the title; all are posts."""


@pytest.mark.parametrize("query", QUERIES)
def test_a_search_finds_what_the_live_matcher_finds(house, item, query):
    items = [
        item(
            str(number), text, title=title, author="Ann" if number % 2 else "Bob",
            url=f"https://{'host' if number % 3 else 'other'}.example/{number}",
            lang="de" if number == 0 else "en", rating=float(number % 5 + 1),
            published=house.now - timedelta(hours=5 * number),
        )
        for number, (title, text) in enumerate(TEXTS)
    ]  # fmt: skip
    house.origin = type(house.origin)("blog", "feed", "scope", keeps_all=True)
    house.take(*items)
    matcher = Matcher(parse(query, as_view=True))
    live = [
        one.text
        for one in items
        if matcher.match(
            Document(
                title=one.title, text=one.text, author=one.author, url=one.url, lang=one.lang, source="blog",
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


def _find(house, query, most):
    return house.store.reading(queries.find, query, most)
