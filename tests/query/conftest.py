"""What the tests of the query language share: asking one query of one text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from monitor.query import Document, Match, compile, parse


def ask(query: str, text: str = "", **facts: Any) -> Match | None:
    """The match of a view's query with one document."""
    return compile(parse(query, as_view=True)).match(Document(text=text, **facts))


@pytest.fixture(scope="session")
def matches() -> Callable[..., bool]:
    """Whether a query matches a text (and facts)."""
    return lambda query, text="", **facts: ask(query, text, **facts) is not None


@pytest.fixture(scope="session")
def found() -> Callable[..., list[str]]:
    """The pieces of the original that a query found, in order; an empty list where it does not match."""

    def pieces(query: str, text: str = "", **facts: Any) -> list[str]:
        match = ask(query, text, **facts)
        whole = {"text": text, **facts}
        return [whole[span.field][span.start : span.end] for span in match.spans] if match else []

    return pieces
