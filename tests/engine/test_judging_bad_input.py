"""Bad input and damaged weights through the whole service and its real encoders: nothing stops, nothing is lost."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from models.judge import Judge
from models.taxonomy import Taxonomy
from models.weights import ENGLISH, MULTILINGUAL, SHIPPED, WeightsDamaged
from monitor import queries, searches
from monitor.commands.handlers import Commands
from monitor.engine.judging import NotUsable
from monitor.engine.shipped import Shipped

BRAND = '[[brand]]\nname = "Acme"\n'
ICELANDIC = "Ég er mjög ánægður með nýja símann frá Acme og rafhlöðuna sem endist í marga daga"
SPANISH = "El teléfono nuevo de Acme es precioso y la batería dura varios días"
HOSTILE = [
    "Acme 😡",
    "Acme " + "a" * 10_000_000,
    "Acme\x00 is lovely",
    "Acme is \ud83d half",
    "\u202eAcme is awful\u202c",
    "Acme hello bonjour hola olá ciao hoi cześć merhaba مرحبا नमस्ते halo привет こんにちは 안녕 你好 hej hei ahoj γεια",
    ICELANDIC,
]


async def bring_in(service, *texts: str) -> dict:
    lines = "\n".join(json.dumps({"text": text}) for text in texts)
    arguments = {"name": "x.jsonl", "body": base64.b64encode(lines.encode()).decode(), "about": "Acme"}
    return await Commands(service).import_file(arguments, lambda news: None)


def over(folder: Path):
    """What opens the scorers over the weights in a folder, as the service does."""

    def scorer() -> Shipped:
        try:
            return Shipped(Judge.open(folder, taxonomy=Taxonomy()), {})
        except WeightsDamaged as error:
            raise NotUsable(str(error)) from error

    return scorer


@pytest.fixture
def weights(tmp_path) -> Path:
    """Two encoders that a test may damage; the English one stands in for the other."""
    for name in (ENGLISH, MULTILINGUAL):
        shutil.copytree(SHIPPED / ENGLISH, tmp_path / "weights" / name)
    manifest = tmp_path / "weights" / MULTILINGUAL / "manifest.json"
    facts = json.loads(manifest.read_text()) | {"name": MULTILINGUAL, "languages": ["en", "es"]}
    manifest.write_text(json.dumps(facts))
    return tmp_path / "weights"


async def test_hostile_mentions_are_all_settled(open_service, weights):
    async with open_service(BRAND, over(weights)) as service:
        result = await bring_in(service, *HOSTILE, *(["Acme said the same to all"] * 300))
        assert result["scored"] == result["new"]
        assert await service.store.read(queries.waiting) == 0
        found = await service.store.read(searches.find, "", 1000)
        assert all("sentiment" in one.answers or "skipped" in one.answers for one in found)
        (icelandic,) = [one for one in found if one.mention.text == ICELANDIC]
        assert icelandic.answers["sentiment"]["unsure"]


async def test_a_damaged_encoder_is_told_and_its_texts_are_scored_once_it_is_mended(open_service, clock, weights):
    file = weights / MULTILINGUAL / "encoder.onnx"
    sound = file.read_bytes()
    file.write_bytes(sound[:-1] + b"?")
    async with open_service(BRAND, over(weights)) as service:
        result = await bring_in(service, "Acme is lovely", SPANISH)
        assert result["scored"] == 1
        assert "encoder.onnx is not the file that was shipped" in result["unscored"]
        clock.pass_(minutes=2)
        assert await service.score() == 0
        file.write_bytes(sound)
        clock.pass_(minutes=2)
        assert await service.score() == 1
        assert service.judging.why == ""


async def test_damaged_english_weights_leave_everything_unscored_until_they_are_mended(open_service, clock, weights):
    file = weights / ENGLISH / "heads.npz"
    sound = file.read_bytes()
    file.write_bytes((weights / ENGLISH / "tokenizer.json").read_bytes())
    async with open_service(BRAND, over(weights)) as service:
        result = await bring_in(service, "Acme is lovely", SPANISH)
        assert result["scored"] == 0
        assert "heads.npz" in result["unscored"]
        file.write_bytes(sound)
        clock.pass_(minutes=2)
        assert await service.score() == 2
