"""One judge over the shipped weights for all tests of this folder: it takes a second to open."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from models.base import Batch, Judgement, Question
from models.judge import Judge
from models.taxonomy import Taxonomy
from models.weights import ENGLISH, MULTILINGUAL, SHIPPED


@pytest.fixture(scope="session")
def weights_folder() -> Path:
    return SHIPPED / ENGLISH


@pytest.fixture(scope="session")
def judge(weights_folder: Path) -> Judge:
    """English alone: it judges every text."""
    return Judge.open(weights_folder, threads=2)


@pytest.fixture
def ask(judge: Judge) -> Callable[..., dict[str, Any]]:
    """The answer to one text as JSON values."""

    def answer(text: str, brand: str | None = None) -> dict[str, Any]:
        return judge.read([Question(text, brand)])[0].as_json()

    return answer


@pytest.fixture
def two(weights_folder: Path, tmp_path: Path) -> Path:
    """A folder of two encoders that a test may damage; the second is the English one by another name."""
    for name in (ENGLISH, MULTILINGUAL):
        shutil.copytree(weights_folder, tmp_path / "weights" / name)
    manifest = json.loads((weights_folder / "manifest.json").read_text())
    manifest |= {"name": MULTILINGUAL, "languages": ["en", "es", "de", "fr"], "version": "other"}
    (tmp_path / "weights" / MULTILINGUAL / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path / "weights"


@dataclass
class Overhears:
    """A scorer that notes which encoder read each text, and cannot bear one word."""

    version: str = "1"
    name: str = "overhears"
    needs: str = "text"
    unbearable: str = ""
    heard: list[tuple[str, str]] = field(default_factory=list)

    def judge(self, batch: Batch) -> list[Judgement]:
        if self.unbearable and any(self.unbearable in text for text in batch.texts):
            raise ValueError(f"no {self.unbearable}, please")
        self.heard += [(batch.encoder, text) for text in batch.texts]
        return [Judgement(self.name, self.version, batch.encoder, 1.0, batch.encoder) for _ in batch.texts]


@pytest.fixture
def overhears() -> type[Overhears]:
    return Overhears


@pytest.fixture
def encoders(overhears: type[Overhears]) -> Callable[..., list[str]]:
    """Which encoder reads each of some texts."""

    def names(folder: Path, texts: Sequence[str], **more: Any) -> list[str]:
        judge = Judge.open(folder, taxonomy=Taxonomy(), replaced=[overhears()], **more)
        return [reading.judgements["overhears"].label for reading in judge.read([Question(text) for text in texts])]

    return names
