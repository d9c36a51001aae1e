"""A store filled with invented mentions, to measure searches at size: the same number and seed give the same store.

Words, authors and sites follow Zipf's law, as real ones do: a few everywhere, most of them seldom. Scores are drawn,
not judged; everything else goes the way of real mentions, through `take` and `settle`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection

from monitor import pipeline
from monitor.mention import SENTIMENTS, Brand
from monitor.pipeline import Ear, Origin
from monitor.query.parse import parse
from monitor.query.queryset import QuerySet
from monitor.store import brands, opinions
from monitor.store.engine import Store
from sources.base import Item, MentionKind

BATCH = 1_000
END = datetime(2026, 11, 1, tzinfo=UTC)
SPAN = timedelta(days=365)
BRANDS, VOCABULARY, AUTHORS, SITES = 20, 40_000, 100_000, 400
LATE = 0.05
"""How many are found long after they were published; the others within hours."""

_COMMON = """
the to and a of i in is for it you that this on with was my have but not they are be at as so just we or if
from your me all like can what about their out there when get no time good one very great app up now more love
really will how had best don't service only which after work customer well price after order been who made
product
"""
_SYLLABLES = """
ba be bo ca co cu da de do fa fe fi ga go gu ha he hi ja jo ka ke ki la le li lo ma me mi mo na ne ni no pa pe
pi po ra re ri ro sa se si so ta te ti to va ve vi wa we za zo
"""
TOPICS = (
    *(
        "late_delivery",
        "price",
        "refund",
        "quality",
        "support",
        "app_crash",
        "battery",
        "design",
        "shipping",
        "billing",
    ),
    *("privacy", "availability", "subscription", "packaging"),
)
_STAGES = ("awareness", "consideration", "purchase", "use", "service", "loyalty", "leaving")
_NEEDS = ("help", "question", "complaint", "suggestion", "praise", "impression")
_EMOTIONS = ("joy", "anger", "sadness", "surprise", "fear", "trust", "disgust", "none")
_LANGUAGES = (("en", 70), ("de", 10), ("es", 8), ("fr", 7), ("ja", 5))
_KINDS: tuple[tuple[MentionKind, int], ...] = (("post", 45), ("comment", 30), ("review", 20), ("article", 5))
_SOURCES = (
    *(("hackernews", "hackernews"), ("reddit", "reddit-search"), ("app store", "appstore"), ("news", "feed")),
    *(("bluesky", "bluesky"), ("mastodon", "mastodon"), ("reviews", "reviews_page"), ("steam", "steam")),
    *(("forum", "discourse"), ("questions", "stack_exchange"), ("blog", "feed"), ("press", "feed")),
)
_VERSIONS = dict.fromkeys(("language", "sentiment", "brand_sentiment", "relevance", "topics", "need", "stage"), "1")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Zipf:
    """Things of which the n-th is drawn in proportion to 1/(n + 2)."""

    things: tuple[str, ...]
    weights: tuple[float, ...]

    @classmethod
    def over(cls, *things: str) -> _Zipf:
        return cls(things, tuple(accumulate(1 / (rank + 2) for rank in range(len(things)))))

    def some(self, draw: random.Random, count: int) -> list[str]:
        return draw.choices(self.things, cum_weights=self.weights, k=count)

    def one(self, draw: random.Random) -> str:
        return self.some(draw, 1)[0]


@dataclass(frozen=True)
class Invented:
    """The invented world: what its brands are called, and what its people may say."""

    brands: tuple[str, ...]
    words: _Zipf
    authors: _Zipf
    sites: _Zipf
    names: _Zipf

    @classmethod
    def of(cls, seed: int) -> Invented:
        """The world of this seed."""
        draw = random.Random(seed)
        known = dict.fromkeys(_COMMON.split())
        syllables = _SYLLABLES.split()
        while len(known) < VOCABULARY:
            known["".join(draw.choices(syllables, k=draw.randint(2, 4)))] = None
        words = tuple(known)
        names = tuple(dict.fromkeys(f"{word}x".capitalize() for word in draw.sample(words[2_000:], BRANDS)))
        rare = words[100:]
        hosts = (f"{draw.choice(rare)}-{number}.example" for number in range(SITES))
        people = (f"{draw.choice(rare)}{number}" for number in range(AUTHORS))
        return cls(names, _Zipf.over(*words), _Zipf.over(*people), _Zipf.over(*hosts), _Zipf.over(*names))


def items(invented: Invented, seed: int, numbers: range, count: int) -> Iterator[Item]:
    """The mentions of these numbers, in the order in which they are found; `count` of them fill the year to END."""
    for number in numbers:
        draw = random.Random(f"{seed} {number}")
        late = draw.random() < LATE
        ago = timedelta(days=draw.uniform(0, 60)) if late else timedelta(seconds=draw.expovariate(1 / 3600))
        found = END - SPAN * ((count - number) / count)
        words = invented.words.some(draw, draw.randint(8, 50))
        words.insert(draw.randrange(len(words)), invented.names.one(draw))
        if draw.random() < 0.1:
            words.append(f"#{invented.words.one(draw)}")
        kind = _weighted(draw, _KINDS)
        followers = int(draw.lognormvariate(5, 2)) if draw.random() < 0.6 else None
        likes = int(draw.lognormvariate(1, 1.5))
        yield Item(
            id=str(number),
            text=_sentences(words, draw),
            title=" ".join(invented.words.some(draw, 7)).capitalize() if draw.random() < 0.4 else "",
            url=f"https://{invented.sites.one(draw)}/{number}",
            author=invented.authors.one(draw),
            published=max(END - SPAN, found - ago),
            lang=_weighted(draw, _LANGUAGES),
            rating=float(draw.randint(1, 5)) if kind == "review" else None,
            rating_max=5.0 if kind == "review" else None,
            rating_kind="stars" if kind == "review" else None,
            kind=kind,
            extra={"likes": likes} | ({"followers": followers} if followers is not None else {}),
        )


def _weighted(draw: random.Random, choices: tuple[tuple[Any, int], ...]) -> Any:
    return draw.choices([one for one, _ in choices], weights=[weight for _, weight in choices])[0]


def _sentences(words: list[str], draw: random.Random) -> str:
    told: list[str] = []
    while words:
        length = draw.randint(5, 14)
        told.append(" ".join(words[:length]).capitalize() + ".")
        words = words[length:]
    return " ".join(told)


def _answer(draw: random.Random, brand: str) -> dict[str, Any]:
    label = draw.choices(SENTIMENTS, weights=(3, 4, 3))[0]
    sentiment: dict[str, Any] = {"label": label, **dict.fromkeys(SENTIMENTS, 0.1), label: 0.8, "unsure": False}
    topics = [{"label": topic, "score": 0.8} for topic in draw.sample(TOPICS, draw.randint(0, 2))]
    answer = {
        "language": "en",
        "sentiment": sentiment,
        "topics": topics,
        "need": [{"label": draw.choice(_NEEDS), "score": 0.8}],
        "stage": {"label": draw.choice(_STAGES), "score": 0.8},
    }
    if not brand:
        return answer
    likely = {"score": 0.1 if draw.random() < 0.05 else 0.9, "unsure": False}
    return answer | {"brand_sentiment": sentiment, "relevance": likely}


def fill(store: Store, count: int, *, seed: int = 7, progress: Progress = lambda done, of: None) -> Invented:
    """Store `count` invented mentions of the year up to END, matched, scored and indexed; the world they are of.

    About 1,000 a second on one core; of a store that holds some already, the rest.
    """
    invented = Invented.of(seed)
    known = store.writing(brands.sync, [Brand(0, name, f"{name} OR @{name}") for name in invented.brands])
    ear = Ear(
        QuerySet({one.brand.id: parse(one.brand.query) for one in known}),
        {one.brand.id: one.query_version for one in known},
    )
    begun = store.reading(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM mention").scalar_one())
    for start in range(begun, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        found = list(items(invented, seed, numbers, count))
        store.writing(_store, found, start // BATCH, ear)
        progress(numbers.stop, count)
    return invented


def _store(connection: Connection, found: list[Item], batch: int, ear: Ear) -> None:
    """One batch, of one source, stored and scored in one transaction."""
    name, kind = _SOURCES[batch % len(_SOURCES)]
    origin = Origin(name, kind, "invented", keeps="all")
    pipeline.take(connection, found, (), None, origin, ear, END)
    due = opinions.due(connection, len(found) * 2)
    draw = random.Random(batch)
    pipeline.settle(connection, [(one, _answer(draw, one.brand)) for one in due], _VERSIONS, END)
