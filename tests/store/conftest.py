"""A real SQLite file for each test, and short words for what happens to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor import pipeline, searches
from monitor.mention import Brand
from monitor.pipeline import Ear, Origin, Taken
from monitor.query.parse import parse
from monitor.query.queryset import QuerySet
from monitor.store import brands, opinions, rollups, watches
from monitor.store.engine import Store
from monitor.store.watches import Configured
from sources.base import Item

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FEED = Origin("blog", "feed", "https://blog.example/feed")
VERSIONS = dict.fromkeys(("language", "sentiment", "brand_sentiment", "relevance", "topics", "need"), "1")


@dataclass
class House:
    """A store with two brands, and what a test does to it."""

    store: Store
    now: datetime = NOW
    queries: dict[str, str] = field(default_factory=lambda: {"Acme": "acme NOT jobs", "Bolt": "bolt"})
    origin: Origin = FEED

    def __post_init__(self) -> None:
        self.listen(self.queries)
        self.store.writing(watches.sync, [Configured(FEED.name, "feed", "1")], self.now)

    def listen(self, queries_: dict[str, str]) -> None:
        """Configure brands by their queries."""
        wanted = [Brand(0, name, query) for name, query in queries_.items()]
        known = self.store.writing(brands.sync, wanted)
        self.ids = {one.brand.name: one.brand.id for one in known}
        self.ear = Ear(
            QuerySet({one.brand.id: parse(one.brand.query) for one in known}),
            {one.brand.id: one.query_version for one in known},
            lambda text: "en",
        )

    def take(self, *items: Item, gone: tuple[str, ...] = (), cursor: Any = None, origin: Origin | None = None) -> Taken:
        return self.store.writing(pipeline.take, items, gone, cursor, origin or self.origin, self.ear, self.now)

    def texts(self, query: str = "") -> list[str]:
        """What a search finds, newest first."""
        return [one.mention.text for one in self.store.reading(searches.find, query, 1000)]

    def due(self) -> list[opinions.Due]:
        return self.store.reading(opinions.due, 1000)

    def judge(self, label: str = "negative", relevance: Any = None, **more: Any) -> int:
        """Answer everything that is due the same way; how many answers were taken."""
        shares = {"negative": 0.1, "neutral": 0.1, "positive": 0.1, label: 0.8}
        answer: dict[str, Any] = {"language": "en", "sentiment": {"label": label, **shares, "unsure": False}}
        if relevance is not None:
            sure = {"score": relevance, "unsure": False}
            answer["relevance"] = relevance if isinstance(relevance, dict) else sure
        answer |= {"brand_sentiment": answer["sentiment"]} | more
        return self.store.writing(pipeline.settle, [(due, answer) for due in self.due()], VERSIONS, self.now)

    def counts(self, brand: str = "Acme") -> dict[str, int]:
        since, until = self.now - timedelta(days=400), self.now + timedelta(days=2)
        return dict(self.store.reading(rollups.total, self.ids[brand], since, until))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the newest schema, made once: a copy of it is there at once."""
    path = tmp_path_factory.mktemp("migrated") / "overheard.db"
    Store(path, write=True).close()
    return path


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> Path:
    return Path(shutil.copy(migrated, tmp_path / "overheard.db"))


@pytest.fixture
def house(database: Path) -> Iterator[House]:
    store = Store(database, write=True)
    yield House(store)
    store.close()


@pytest.fixture
def item() -> Callable[..., Item]:
    """An item with an id and a text, and whatever else is named."""

    def make(id_: str, text: str, **more: Any) -> Item:
        return Item(id=id_, text=text, **{"published": NOW - timedelta(hours=1), **more})

    return make


@pytest.fixture(scope="session")
def open_house() -> Callable[[Store], House]:
    """A house on a store of the test's own."""
    return House
