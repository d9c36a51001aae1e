"""Scoring may be late, never lost: without weights everything waits, with them everything is scored once."""

from __future__ import annotations

import base64
import json

from monitor import queries, searches
from monitor.commands.handlers import Commands
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
        found = await service.store.read(searches.find, 'brand:"Acme" sentiment:negative', 10)
        assert [one.mention.text for one in found] == ["ACME IS AWFUL"]


async def test_what_was_left_unscored_by_a_stopped_process_is_scored_by_the_next(open_service, certain):
    async with open_service(BRAND) as service:
        await bring_in(service, *(f"Acme {n}" for n in range(600)))
    async with open_service(BRAND, certain) as service:
        seen = []
        assert await service.score(lambda done, waiting: seen.append((done, waiting))) == 600
        assert seen[-1] == (600, 0)
        assert await service.score() == 0


async def test_what_cannot_be_judged_now_waits_and_the_rest_goes_on(open_service, clock, certain):
    class English(certain):
        """Lacks what reads Spanish, until somebody brings it."""

        mended, tries = False, 0

        def answer(self, text):
            return super().answer(text) if self.mended or "hola" not in text else {"waits": "no Spanish here"}

        def mend(self):
            self.tries += 1
            return self.mended

    scorer = English()
    async with open_service(BRAND, lambda: scorer) as service:
        result = await bring_in(service, *(f"Acme {n}" for n in range(300)), *(f"hola Acme {n}" for n in range(300)))
        assert (result["scored"], result["unscored"]) == (300, "no Spanish here")
        assert await service.store.read(queries.waiting) == 300
        assert await service.score() == 0
        assert scorer.tries == 0, "not looked for again at once"
        clock.pass_(minutes=2)
        assert await service.score() == 0
        assert scorer.tries == 1
        assert (await bring_in(service, "Acme came later"))["scored"] == 1
        scorer.mended = True
        clock.pass_(minutes=2)
        assert await service.score() == 300
        assert service.judging.why == ""
        assert await service.store.read(queries.waiting) == 0


async def test_what_waited_for_an_encoder_is_scored_by_the_next_process_that_has_it(open_service, certain):
    class Blind(certain):
        def answer(self, text):
            return {"waits": "no encoder"}

    async with open_service(BRAND, Blind) as service:
        await bring_in(service, "Acme is lovely", "ACME IS AWFUL")
        assert await service.store.read(queries.waiting) == 2
    async with open_service(BRAND, certain) as service:
        assert await service.score() == 2
