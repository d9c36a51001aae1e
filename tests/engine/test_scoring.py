"""Scoring may be late, never lost: without weights everything waits, with them everything is scored once."""

from __future__ import annotations

import base64
import json

from monitor import queries
from monitor.commands import Commands
from monitor.engine.judging import NotUsable

BRAND = '[[brand]]\nname = "Acme"\n'


async def bring_in(service, *texts: str) -> dict:
    lines = "\n".join(json.dumps({"text": text}) for text in texts)
    arguments = {"name": "x.jsonl", "body": base64.b64encode(lines.encode()).decode()}
    return await Commands(service).import_file(arguments, lambda text: None)


async def test_without_weights_mentions_are_stored_and_scored_when_there_are_some(open_service, clock, certain):
    usable: list[bool] = []

    def scorer():
        if not usable:
            raise NotUsable("the weights are damaged")
        return certain()

    async with open_service(BRAND, scorer) as service:
        result = await bring_in(service, "Acme is lovely", "ACME IS AWFUL")
        assert (result["new"], result["scored"]) == (2, 0)
        assert result["unscored"] == "the weights are damaged"
        assert await service.store.read(queries.waiting) == 2
        usable.append(True)
        assert await service.score() == 0, "not tried again at once"
        clock.pass_(minutes=2)
        assert await service.score() == 2
        assert await service.store.read(queries.waiting) == 0
        found = await service.store.read(queries.find, 'brand:"Acme" sentiment:negative', 10)
        assert [one.mention.text for one in found] == ["ACME IS AWFUL"]


async def test_what_was_left_unscored_by_a_stopped_process_is_scored_by_the_next(open_service, certain):
    async with open_service(BRAND) as service:
        await bring_in(service, *(f"Acme {n}" for n in range(600)))
    async with open_service(BRAND, certain) as service:
        seen = []
        assert await service.score(lambda done, waiting: seen.append((done, waiting))) == 600
        assert seen[-1] == (600, 0)
        assert await service.score() == 0
