"""Mentions as short as a test needs them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from monitor.mention import Heard, Mention

Say = Callable[..., Heard]


@pytest.fixture
def say() -> Say:
    """`say("text", "author", url=…)` is a new mention a minute after the last."""
    numbers = count(1)

    def one(text: str, author: str = "", **more: object) -> Heard:
        number = next(numbers)
        when = datetime(2026, 11, 24, 8, tzinfo=UTC) + timedelta(minutes=number)
        facts = {"source": "forum", "source_kind": "feed", "kind": "comment", "title": "", "lang": "en"} | more
        url = str(facts.pop("url", f"https://forum.example/{number}"))
        mention = Mention(
            id=number, text=text, author=author, url=url, published=when, collected=when, **facts,  # type: ignore[arg-type]
        )  # fmt: skip
        return Heard(mention, "Acme")

    return one
