"""Documents and queries drawn at random: each operator and field of the language meets texts that nearly fulfil it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from monitor.query import Document

LATIN = ["apple", "Apple", "APPLE", "pie", "pies", "café", "cafe", "Straße", "strasse", "x", "a", "and"]
OTHERS = ["東京", "京都", "東", "都京", "보다", "apple보다", "보기"]
SIGNED = ["#apple", "#Café_pie", "＃東京", "#apple보다", "@apple", "@apple_pie", "@apple@pie.com", "@apple님"]
NAMED = ["apple.com", "shop.apple.com/pie", "my-apple.com", "apple.com.pie", "a@apple.com", "apple.com보다"]
AS_WRITTEN = ["Apple pie", "Apple\n pie", "apple, pie", "A & x", "a’s", "a's", "Straße x", "x++", ".x"]
ENDS = [" ", " ", " ", " ", ", ", ". ", "-", "\n", "’", "! ", " & ", "", "_", "."]

CHUNKS = [word + end for word in LATIN for end in ENDS]
CHUNKS += [word + end for word in OTHERS for end in ENDS] + [word + " " for word in SIGNED + NAMED + AS_WRITTEN] * 6

WHEN = [
    datetime(2026, 1, 31, 12, 30, tzinfo=UTC),
    datetime(2026, 1, 31, tzinfo=UTC),
    datetime(2026, 2, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))),
    datetime(2025, 12, 31, 23, 59, 59),  # noqa: DTZ001 - without a zone it is UTC
    datetime(2026, 2, 1, tzinfo=UTC),
]
LABELS: dict[str, list[str]] = {
    "lang": ["en", "en-GB", "de"],
    "country": ["us", "de"],
    "source": ["hn", "my_blog"],
    "type": ["post", "review"],
    "brand": ["apple", "Apple Pie"],
    "sentiment": ["negative", "positive"],
    "emotion": ["anger"],
    "topic": ["late_delivery", "price"],
    "touchpoint": ["shop"],
    "stage": ["buy"],
    "need": ["help", "question", "praise"],
    "team": ["support"],
    "tag": ["vip", "late reply"],
    "status": ["new", "replied"],
    "assignee": ["ann", "bo"],
    "has": ["link", "media", "reply"],
    "is": ["question", "reply", "story-lead", "own"],
    "like": ["7", "70"],
    "story": ["12", "120"],
    "theme": ["7", "waiting for a refund"],
}
SCORED = ("sentiment", "emotion", "topic", "touchpoint", "stage", "need")
NUMBERS = {"rating": [(1, "1"), (3, "3"), (4.5, "4.5")]}
NUMBERS |= {name: [(0, "0"), (1_500, "1,500"), (10_000, "10k")] for name in ("reach", "engagement", "followers")}
DATES = ["2025", "2026", "2026-01", "2026-02", "2026-01-31", "2026-01-31T12:30"]
COMPARES = ["", "=", "<", "<=", ">", ">="]
AUTHORS = ["", "Apple", "@apple@pie.com", "u/apple", "x apple", "apple.com"]
URLS = ["", "https://www.apple.com/pie", "http://shop.apple.com:80/x-a", "https://pineapple.com/apple"]


def _rows() -> list[dict[str, Any]]:
    """What is known of documents beside their texts: some know all, most know something."""
    dice = random.Random(5)

    def some(values: list[Any]) -> tuple[Any, ...]:
        return tuple(dice.sample(values, min(len(values), dice.choice((0, 0, 1, 1, 2)))))

    return [
        {
            "author": dice.choice(AUTHORS),
            "url": dice.choice(URLS),
            "lang": dice.choice(["", *LABELS["lang"]]),
            "country": dice.choice(["", *LABELS["country"]]),
            "source": dice.choice(["", "my blog"]),
            "source_kind": dice.choice(["", "hn"]),
            "kind": dice.choice(["", "post", "review"]),
            "published": dice.choice([None, *WHEN]),
            "brands": some(LABELS["brand"]),
            "teams": some(LABELS["team"]),
            "tags": some(["VIP", "late-reply"]),
            "statuses": some(LABELS["status"]),
            "assignees": some(["@ann", "Bo"]),
            "has": some(LABELS["has"]),
            "marks": some(["reply", "story-lead", "own"]),
            "like": some(LABELS["like"]),
            "stories": some(LABELS["story"]),
            "themes": some(LABELS["theme"]),
            "scores": {name: some(LABELS[name]) for name in SCORED},
            **{name: dice.choice([None, *(value for value, _ in values)]) for name, values in NUMBERS.items()},
        }
        for _ in range(200)
    ]


def _conditions() -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = [("label", field, value) for field, values in LABELS.items() for value in values]
    found += [
        ("label", field, *values) for field, values in LABELS.items() if len(values) > 1 and " " not in values[-1]
    ]
    found += [("number", name, compare, *pair) for name in NUMBERS for compare in COMPARES for pair in NUMBERS[name]]
    found += [("numbers", "rating", 1, 3), ("numbers", "reach", 0, 1_500), ("numbers", "followers", 1_500, 1_500)]
    found += [("date", "published", compare, date) for compare in COMPARES for date in DATES]
    found += [("date", field, "", date) for field in ("after", "before") for date in DATES]
    found += [("dates", "2025", "2026-01"), ("dates", "2026-01-31", "2026-01-31"), ("dates", "2026-01", "2026")]
    return found + [("site", host) for host in ("apple.com", "shop.apple.com", "com")]


word = st.sampled_from(LATIN + OTHERS)
texts = st.lists(st.sampled_from(CHUNKS), max_size=9).map("".join)
documents = st.builds(lambda title, text, row: Document(title, text, **row), texts, texts, st.sampled_from(_rows()))

in_quotes = st.sampled_from([*LATIN, *OTHERS, "app*", "pie*", "stra*", "p?e", "c?fe", "appl?*"])
phrases = st.one_of(
    word.map(lambda w: ("phrase", w)), st.lists(in_quotes, min_size=2, max_size=3).map(lambda ws: ("phrase", *ws))
)
apart = st.sampled_from(["apple", "x", "a", "pie*", "c?fe", "strasse", "보다"])
withins = st.tuples(st.integers(1, 4), st.lists(apart, min_size=2, max_size=3)).map(lambda t: ("within", t[0], *t[1]))
others = st.sampled_from(
    [("wild", wild) for wild in ("app*", "pie*", "stra*", "보다*", "appl?", "p?e", "??", "?ies", "보?", "a??le*")]
    + [("exact", exact) for exact in ("Apple", "Apple pie", "café", "a’s", "x++", ".x", "東京", "보다", "Straße x")]
    + [("as-written", exact) for exact in ("APPLE", "CAFÉ", "apple, pie", "a & x", "strasse", "X++")]
)
signed = st.sampled_from(
    [("tag", name, False) for name in ("apple", "cafe_pie", "東京", "東")]
    + [("tag", "app", True), ("tag", "cafe", True)]
    + [("handle", name) for name in ("apple", "apple_pie", "apple@pie.com", "apple.com")]
    + [("domain", name) for name in ("apple.com", "shop.apple.com")]
)
unsigned = st.one_of(phrases, phrases, withins, others)
scoped = st.tuples(st.just("in"), st.sampled_from(["title", "text", "author", "url"]), unsigned)
leaves = st.one_of(unsigned, unsigned, signed, scoped)


def _proximities(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.tuples(st.just("near"), st.booleans(), st.integers(0, 4), inner, inner),
        st.tuples(inner, inner).map(lambda t: ("any", *t)),
    )


placed = st.recursive(leaves, _proximities, max_leaves=4)
sentences = st.tuples(st.booleans(), st.lists(placed, min_size=2, max_size=3)).map(lambda t: ("sentence", t[0], *t[1]))
conditions = st.sampled_from(_conditions())


def _combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        several.map(lambda parts: ("and", *parts)),
        several.map(lambda parts: ("or", *parts)),
        inner.map(lambda part: ("not", part)),
    )


queries = st.recursive(st.one_of(leaves, placed, sentences, conditions), _combined, max_leaves=5)
few_documents = st.lists(documents, min_size=1, max_size=4)
few_queries = st.lists(queries, min_size=1, max_size=3)
