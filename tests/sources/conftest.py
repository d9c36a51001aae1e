"""What the tests of sources share: replies, fixtures, and the corpora of others where they are at hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sources.base import Item, Response

FIXTURES = Path(__file__).parent / "fixtures"
CORPORA = Path(__file__).parents[3] / "shared" / "corpora"


@pytest.fixture
def reply() -> Callable[..., Response]:
    """A recorded reply: bytes as they are, text as UTF-8, anything else as JSON."""

    def make(body: Any, url: str = "https://service.example/", **headers: str) -> Response:
        raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        return Response(200, {name.replace("_", "-"): value for name, value in headers.items()}, raw, url)

    return make


@pytest.fixture
def rss() -> Callable[..., bytes]:
    """An RSS document around these items."""

    def make(*items: str, head: str = "") -> bytes:
        inner = "".join(f"<item>{item}</item>" for item in items)
        return f'<rss version="2.0"><channel><title>T</title>{head}{inner}</channel></rss>'.encode()

    return make


@pytest.fixture
def corpora() -> Callable[[str], Path]:
    """The folder of one corpus; the test is skipped where it is absent."""

    def find(name: str) -> Path:
        folder = CORPORA / name
        if not folder.is_dir():
            pytest.skip(f"no corpus at ../shared/corpora/{name}")
        return folder

    return find


@pytest.fixture
def items_of() -> Callable[..., list[Item]]:
    """Only the items among what a source yields."""
    return lambda steps: [step for step in steps if isinstance(step, Item)]
