"""One judge over the shipped weights for all tests of this folder: it takes a second to open."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.base import Question
from models.judge import Judge
from models.weights import ENGLISH, SHIPPED


@pytest.fixture(scope="session")
def weights_folder() -> Path:
    return SHIPPED / ENGLISH


@pytest.fixture(scope="session")
def judge(weights_folder: Path) -> Judge:
    return Judge.open(weights_folder, threads=2)


@pytest.fixture
def ask(judge: Judge) -> Callable[..., dict[str, Any]]:
    """The answer to one text as JSON values."""

    def answer(text: str, brand: str | None = None) -> dict[str, Any]:
        return judge.read([Question(text, brand)])[0].as_json()

    return answer
