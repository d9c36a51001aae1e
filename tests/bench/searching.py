"""Measures searches of a large store: the newest 50 of what matches, in order of publication, and facets.

The store is made by `overheard bench seed` (OVERHEARD_BENCH_MENTIONS of them, else 100,000; OVERHEARD_BENCH_STORE names
one that is there). The rival is what a programmer would write in an afternoon: the same mentions in one table with one
FTS5 index over title and text, joined and sorted by date; and tantivy, sorted by date, where it is installed. All are
asked for the same words, brands, feelings and dates; only ours knows exact case, distances, tags, sites and reach, of
which there are more below. What is found is the same, or this stops.
"""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from monitor import searches
from monitor.demo.seed import END, TOPICS, Invented, fill
from monitor.mention import SENTIMENTS
from monitor.searches import Search
from monitor.store.engine import Store
from tests.bench.side_by_side import Figure, in_turn, table

MENTIONS = int(os.environ.get("OVERHEARD_BENCH_MENTIONS", "100000"))
ASKED = 40
"""Questions of each kind."""
PAGE = 50
ROUNDS = 3


class Asked(NamedTuple):
    """One question in the words of both sides."""

    query: str
    words: str
    """For FTS5."""
    brand: str = ""
    sentiment: str = ""


class Drawn:
    """Questions drawn from the invented world, as often common words as rare ones."""

    def __init__(self, invented: Invented, seed: int) -> None:
        self.invented, self.draw = invented, random.Random(seed)

    def word(self, first: int, last: int) -> str:
        return self.invented.words.things[self.draw.randrange(first, last)].replace("'", "")

    def common(self) -> str:
        return self.word(0, 20)

    def middling(self) -> str:
        return self.word(80, 800)

    def rare(self) -> str:
        return self.word(3_000, 30_000)

    def brand(self) -> str:
        return self.draw.choice(self.invented.brands)

    def sentiment(self) -> str:
        return self.draw.choice(SENTIMENTS)


def shared(drawn: Drawn) -> Iterator[Asked]:
    """What both sides can be asked."""
    for _ in range(ASKED):
        one, other, brand, felt = drawn.common(), drawn.middling(), drawn.brand(), drawn.sentiment()
        rare, another = drawn.rare(), drawn.middling()
        yield Asked(one, f'"{one}"')
        yield Asked(other, f'"{other}"')
        yield Asked(rare, f'"{rare}"')
        yield Asked(f'"{one} {other}"', f'"{one} {other}"')
        yield Asked(f"{other} {another}", f'"{other}" AND "{another}"')
        yield Asked(f"{one} brand:{brand}", f'"{one}"', brand)
        yield Asked(f"{other} brand:{brand} sentiment:{felt}", f'"{other}"', brand, felt)
        yield Asked(f"{one} -{other} brand:{brand}", f'"{one}" NOT "{other}"', brand)


def ours_alone(drawn: Drawn) -> Iterator[str]:
    """What only ours can be asked."""
    hosts, authors = drawn.invented.sites.things, drawn.invented.authors.things
    for _ in range(ASKED):
        draw = drawn.draw
        yield ""
        yield f"brand:{drawn.brand()} sentiment:{drawn.sentiment()}"
        yield f"brand:{drawn.brand()} sentiment:{drawn.sentiment()} topic:{draw.choice(TOPICS)} lang:de"
        yield f"{drawn.common()} NEAR/3 {drawn.middling()}"
        yield f"{drawn.middling()} SENTENCE {drawn.middling()}"
        yield f"{{{drawn.middling().capitalize()}}}"
        yield f"#{drawn.word(0, 300)}"
        yield f"{drawn.rare()[:4]}* brand:{drawn.brand()}"
        yield f"site:{hosts[draw.randrange(20, 300)]} rating:<=2"
        yield f"author:{authors[draw.randrange(2_000)]}"
        yield f"{drawn.middling()} followers:>5k"
        yield f"{drawn.common()} -lang:en"
        yield f"{drawn.middling()} published:2026-{draw.randrange(1, 10):02d}"
        yield f"({' OR '.join(drawn.middling() for _ in range(10))}) brand:{drawn.brand()}"
        yield f"type:review stage:leaving need:question brand:{drawn.brand()}"


# ---- ours ------------------------------------------------------------------------------------------------------------


def our_page(store: Store, query: str) -> list[int]:
    """The ids of a page as every face is given it: mentions, spans, scores, what people corrected."""
    return [one.mention.id for one in store.reading(searches.search, Search(query, limit=PAGE)).found]


def our_facets(store: Store, brand: str, days: int) -> int:
    """All seven facets of a brand (all, without one) over so many days; how many mentions."""
    asked = Search(brand=brand, since=END - timedelta(days=days), until=END - timedelta(hours=7))
    return store.reading(searches.facets, asked).total.n


# ---- by hand ---------------------------------------------------------------------------------------------------------

_BY_HAND = """
CREATE TABLE post (id INTEGER PRIMARY KEY, title TEXT, text TEXT, author TEXT, url TEXT, published INTEGER);
CREATE TABLE about (post INTEGER, brand TEXT, sentiment TEXT, PRIMARY KEY (post, brand)) WITHOUT ROWID;
CREATE INDEX by_time ON post (published);
CREATE INDEX by_brand ON about (brand, sentiment);
CREATE VIRTUAL TABLE words USING fts5(title, text, content='post', content_rowid='id', tokenize='unicode61');
"""


def by_hand(ours: Store, path: Path) -> sqlite3.Connection:
    """The same mentions in tables that somebody would make by hand."""
    database = sqlite3.connect(path)
    database.executescript(_BY_HAND)

    def copy(connection: Connection) -> None:
        rows = connection.exec_driver_sql("SELECT id, title, text, author, url, published FROM mention")
        database.executemany("INSERT INTO post VALUES (?, ?, ?, ?, ?, ?)", (tuple(row) for row in rows))
        about = connection.exec_driver_sql(
            'SELECT m.mention_id, b.name, m.sentiment FROM "match" m JOIN brand b ON b.id = m.brand_id '
            "WHERE m.relevance IS NULL OR m.relevance >= 0.5"
        )
        database.executemany("INSERT INTO about VALUES (?, ?, ?)", (tuple(row) for row in about))

    ours.reading(copy)
    database.execute("INSERT INTO words(words) VALUES ('rebuild')")
    database.execute("INSERT INTO words(words) VALUES ('optimize')")
    database.commit()
    database.execute("ANALYZE")
    return database


def their_page(database: sqlite3.Connection, asked: Asked) -> list[int]:
    """The ids of the newest 50, with all that a page shows."""
    about = " JOIN about ON about.post = post.id AND about.brand = :brand" if asked.brand else ""
    felt = " AND about.sentiment = :felt" if asked.sentiment else ""
    rows = database.execute(
        f"SELECT post.* FROM words JOIN post ON post.id = words.rowid{about} WHERE words MATCH :words{felt} "
        f"ORDER BY post.published DESC LIMIT {PAGE}",
        {"words": asked.words, "brand": asked.brand, "felt": asked.sentiment},
    )
    return [row[0] for row in rows.fetchall()]


# ---- measuring -------------------------------------------------------------------------------------------------------


def times(work: Sequence[Callable[[], object]]) -> list[float]:
    """Milliseconds of each, ascending."""
    found = []
    for one in work:
        began = time.perf_counter()
        one()
        found.append((time.perf_counter() - began) * 1e3)
    return sorted(found)


def p50(work: Sequence[Callable[[], object]]) -> float:
    """The median, in milliseconds."""
    return statistics.median(times(work))


def p95(work: Sequence[Callable[[], object]]) -> float:
    """What one in twenty takes longer than, in milliseconds."""
    found = times(work)
    return found[int(len(found) * 0.95)]


def figures() -> list[Figure]:
    """Milliseconds of a page, beside what is written by hand, and of facets."""
    with tempfile.TemporaryDirectory() as folder:
        store, invented = opened(Path(os.environ.get("OVERHEARD_BENCH_STORE") or Path(folder) / "overheard.db"))
        database = by_hand(store, Path(folder) / "hand.db")
        drawn = Drawn(invented, 3)
        asked = list(shared(drawn))
        _same(store, database, asked)
        ours = [partial(our_page, store, one.query) for one in asked]
        theirs = [partial(their_page, database, one) for one in asked]
        alone = [partial(our_page, store, query) for query in ours_alone(drawn)]
        facets = [partial(our_facets, store, brand, 90) for brand in ("", *invented.brands)]
        found = []
        for name, measure in (("p50", p50), ("p95", p95)):
            both = in_turn({"ours": partial(measure, ours), "theirs": partial(measure, theirs)}, ROUNDS)
            found.append(
                Figure(f"search, words and brands, ms {name}", both["ours"], both["theirs"], "FTS5 by hand", True)
            )
            found.append(Figure(f"search, every other field, ms {name}", measure(alone)))
            found.append(Figure(f"facets of 90 days, ms {name}", measure(facets)))
        database.close()
        store.close()
    return found


def opened(path: Path) -> tuple[Store, Invented]:
    """The store to search, filled where there is none yet, and the world that it is of."""
    if path.exists():
        store, invented = Store(path, write=False), Invented.of(7)
    else:
        print(f"searching: inventing {MENTIONS:,} mentions …")
        store = Store(path, write=True)
        invented = fill(store, MENTIONS)
        store.close()
        store = Store(path, write=False)
    held = store.reading(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM mention").scalar())
    print(f"searching: {held:,} mentions, {path.stat().st_size / 1e6:,.0f} MB")
    return store, invented


def _same(store: Store, database: sqlite3.Connection, asked: Sequence[Asked]) -> None:
    """Both sides find the same, but for the order of those of one second."""
    for one in islice(asked, 200):
        ours, theirs = set(our_page(store, one.query)), set(their_page(database, one))
        assert len(ours) == len(theirs), one
        assert len(ours & theirs) >= len(ours) - 2, one


def main() -> None:
    """Measure and print."""
    print(table(figures()))


if __name__ == "__main__":
    main()
