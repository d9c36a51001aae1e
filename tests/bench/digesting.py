"""Measures a digest: from the question to the bytes that are sent, over a day of 10,000 mentions in a large store, in
seconds of the processor: both sides use one core.

The store is made by `overheard bench seed` (OVERHEARD_BENCH_MENTIONS of them, else 100,000; OVERHEARD_BENCH_STORE names
a folder with one that is there) and gets a day of 10,000 mentions of one brand: syndicated news, complaints and praise
of many people, reviews, chatter. The rival is what a programmer would write in an afternoon with pandas over the same
rows: counts by sentiment, the same of eight weeks before by day, share of voice, the most frequent phrases, duplicates,
and tables in HTML. It says less: no usual range, no lasting themes, no stories over days, no journey, no query behind a
number.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import time as hour
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from monitor import briefing, pipeline
from monitor.briefing import Period
from monitor.demo.seed import END, Invented, fill
from monitor.digest.compose import compose
from monitor.digest.content import content
from monitor.engine.theming import Theming, names_in
from monitor.mention import SENTIMENTS, Brand
from monitor.pipeline import Ear, Origin
from monitor.query.parse import parse
from monitor.query.queryset import QuerySet
from monitor.store import brands, opinions, theming
from monitor.store.engine import Store
from sources.base import Item
from tests.bench.side_by_side import Figure, in_turn, table

MENTIONS = int(os.environ.get("OVERHEARD_BENCH_MENTIONS", "100000"))
CROWD = 10_000
NOW = END + timedelta(days=1)
WEEKS = 8
ROUNDS = 3
SCORERS = dict.fromkeys(("language", "sentiment", "brand_sentiment", "relevance", "topics", "need", "stage"), "1")
COMPLAINTS = (
    "Still waiting for my refund", "The app crashes when I open it", "Delivery came two days late",
    "Support never answers my mails", "My card was charged twice", "The box arrived broken",
)  # fmt: skip
PRAISE = ("Best coffee I ever had", "The new recipe is lovely", "Support was friendly and quick")


def figures() -> list[Figure]:
    """Processor seconds for a digest, and for what pandas makes of the same rows."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("OVERHEARD_BENCH_STORE", temporary))
        store = Store(folder / "overheard.db", write=True)
        try:
            invented = fill(store, MENTIONS) if str(folder) == temporary else Invented.of(7)
            known = {one.brand.name: one.brand for one in store.writing(brands.sync, _wanted(invented))}
            crowd(store, invented, known)
            brand = known[invented.brands[0]]
            works: dict[str, Any] = {"ours": lambda: _timed(our_digest, store, brand)}
            if importlib.util.find_spec("pandas"):
                works["pandas"] = lambda: _timed(with_pandas, folder / "overheard.db", brand.id)
            found = in_turn(works, ROUNDS)
        finally:
            store.close()
    what = f"digest of {CROWD:,} mentions among {MENTIONS:,}, CPU s"
    return [Figure(what, found["ours"], found.get("pandas"), "pandas, in an afternoon", less_is_better=True)]


def _timed(work: Any, *given: Any) -> float:
    start = time.process_time()
    work(*given)
    return time.process_time() - start


def _wanted(invented: Invented) -> list[Brand]:
    return [Brand(0, name, f"{name} OR @{name}", competitors=invented.brands[1:3]) for name in invented.brands]


def our_digest(store: Store, brand: Brand) -> bytes:
    """From the question to what is frozen."""
    period = Period(NOW.date(), hour(0), "UTC")
    material = store.reading(briefing.material, brand, period, NOW)
    return json.dumps(content(compose(material), "http://127.0.0.1:8765")).encode()


# ---- the crowd -------------------------------------------------------------------------------------------------------


def crowd(store: Store, invented: Invented, known: dict[str, Brand]) -> None:
    """A day of one brand, through `take` and `settle` as real mentions go; nothing where it is there."""
    there = store.reading(lambda c: c.exec_driver_sql("SELECT 1 FROM mention WHERE scope = 'crowd' LIMIT 1").first())
    if there is not None:
        return
    queries = QuerySet({one.id: parse(one.query) for one in known.values()})
    ear = Ear(queries, dict.fromkeys((one.id for one in known.values()), 1))
    drawn = list(_items(invented, random.Random(3)))
    for start in range(0, CROWD, 1_000):
        store.writing(_store, drawn[start : start + 1_000], start, ear)
    names = names_in(known.values())
    engine = Theming(store, lambda: names, lambda: False, lambda: NOW)
    asyncio.run(engine.whole())
    while store.reading(theming.stretches):  # a year's backlog is looked through in steps
        asyncio.run(engine.whole())


def _items(invented: Invented, draw: random.Random) -> Iterator[Item]:
    brand = invented.brands[0]
    news = [" ".join(invented.words.some(draw, 40)).capitalize() for _ in range(30)]
    for number in range(CROWD):
        kind, tail = draw.random(), " ".join(invented.words.some(draw, draw.randint(5, 25)))
        rating = float(draw.randint(1, 5)) if 0.25 < kind < 0.35 else None
        if kind < 0.25:
            text = f"{brand}: {news[min(29, int(draw.expovariate(0.2)))]}."
        else:
            opening = draw.choice((*COMPLAINTS, *PRAISE)) if kind < 0.6 else " ".join(invented.words.some(draw, 8))
            text = f"{opening}, {brand}. {tail}."
        yield Item(
            id=f"crowd {number}",
            text=text,
            title=text[:60] if kind < 0.25 else "",
            url=f"https://{invented.sites.one(draw)}/crowd/{number}",
            author=invented.authors.one(draw),
            published=END + timedelta(seconds=86_400 * number / CROWD),
            lang="en",
            kind="article" if kind < 0.25 else "review" if rating else "post",
            rating=rating,
            rating_max=5.0 if rating else None,
        )


def _store(connection: Connection, items: list[Item], start: int, ear: Ear) -> None:
    origin = Origin(f"place {start // 1_000}", "feed", "crowd", keeps="all")
    pipeline.take(connection, items, (), None, origin, ear, NOW)
    draw = random.Random(start)
    asked = opinions.due(connection, 2 * len(items))
    pipeline.settle(connection, [(one, _answer(one.text, draw)) for one in asked], SCORERS, NOW)


def _answer(text: str, draw: random.Random) -> dict[str, Any]:
    mood = (
        "negative"
        if text.startswith(COMPLAINTS)
        else "positive"
        if text.startswith(PRAISE)
        else draw.choice(SENTIMENTS)
    )
    sentiment = {**dict.fromkeys(SENTIMENTS, 0.1), mood: 0.8, "label": mood, "unsure": False}
    need = {"negative": "complaint", "positive": "praise", "neutral": "impression"}[mood]
    return {
        "sentiment": sentiment,
        "brand_sentiment": sentiment,
        "relevance": {"score": 0.9, "unsure": False},
        "topics": [{"label": draw.choice(("refund", "delivery", "price", "app")), "score": 0.8}],
        "need": [{"label": need, "score": 0.8}],
        "stage": {"label": draw.choice(("purchase", "use", "service", "leaving")), "score": 0.8},
    }


# ---- the rival -------------------------------------------------------------------------------------------------------


def with_pandas(database: Path, brand_id: int) -> str:
    """Counts, eight weeks by day, share of voice, phrases and duplicates, as HTML."""
    import pandas

    since, start, end = (_micro(NOW - timedelta(days=days)) for days in (7 * WEEKS, 1, 0))
    connection = sqlite3.connect(database)
    matches = pandas.read_sql_query(
        'SELECT brand_id, published, sentiment FROM "match" WHERE published >= ? AND published < ?', connection,
        params=(since, end),
    )  # fmt: skip
    said = pandas.read_sql_query(
        'SELECT m.id, m.source, m.author, m.text, m.rating, x.sentiment FROM mention m JOIN "match" x '
        "ON x.mention_id = m.id WHERE x.brand_id = ? AND x.published >= ? AND x.published < ?", connection,
        params=(brand_id, start, end),
    )  # fmt: skip
    connection.close()
    mine = matches[matches.brand_id == brand_id]
    by_day = mine.groupby([pandas.to_datetime(mine.published, unit="us").dt.date, "sentiment"]).size().unstack()
    voice = matches[matches.published >= start].groupby("brand_id").size()
    words = said.text.str.lower().str.findall(r"\w+")
    phrases = Counter(" ".join(trio) for each in words for trio in set(zip(each, each[1:], each[2:], strict=False)))
    copies = said.assign(key=words.str.join(" ")).groupby("key").size().nlargest(5)
    return "".join(
        part.to_html() for part in (
            by_day, voice.to_frame(), said.sentiment.value_counts().to_frame(), copies.to_frame(),
            pandas.DataFrame(phrases.most_common(10)), said[said.rating <= 2].head(5),
        )
    )  # fmt: skip


def _micro(moment: Any) -> int:
    return int(moment.timestamp() * 1_000_000)


if __name__ == "__main__":
    print(table(figures()))
