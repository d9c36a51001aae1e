"""A whole service on a real database, its sources and channels on loopback, and no scorer unless a test brings one."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from monitor.app import Service, opened
from monitor.config import loads
from monitor.engine.judging import NotUsable
from monitor.engine.scoring import Scorer

Open = Callable[..., Any]


class Clock:
    """The time as the test says."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


class Certain:
    """A scorer that hears anger where somebody writes in capitals."""

    versions: ClassVar = {"language": "1", "sentiment": "1", "need": "1", "topics": "1"}

    def answers(self, texts: Any) -> list[dict[str, Any]]:
        return [self.answer(text) for text, _ in texts]

    def answer(self, text: str) -> dict[str, Any]:
        label = "negative" if text.isupper() else "positive"
        shares = {"negative": 0.1, "neutral": 0.1, "positive": 0.1, label: 0.8}
        return {"language": "en", "sentiment": {"label": label, **shares, "unsure": False}, "need": [], "topics": []}

    def mend(self) -> bool:
        return True


def no_scorer() -> Scorer:
    raise NotUsable("no weights in this test")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_service(tmp_path: Path, clock: Clock) -> Open:
    """`async with open_service(toml) as service`: the configuration lies in the test's own folder."""

    @asynccontextmanager
    async def open_(text: str, scorer: Callable[[], Scorer] = no_scorer) -> AsyncIterator[Service]:
        config = loads(f'[network]\nallow = ["127.0.0.1"]\n{text}', tmp_path / "config.toml", os.environ)
        async with opened(config, now=clock, open_scorer=scorer) as service:
            yield service

    return open_


@pytest.fixture
def certain() -> type[Certain]:
    return Certain
