"""Corrections teach in the background: once for a handful, seen to help or not used, for one brand, reversibly."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

from monitor import queries
from monitor.commands.correcting import Corrections
from monitor.commands.handlers import Commands
from monitor.engine.learning import QUIET, Learnt
from monitor.store import opinions, taught

BRANDS = '[[brand]]\nname = "Acme"\n[[brand]]\nname = "Bolt"\n'
TEXTS = [f"{brand} number {n}" for brand in ("Acme", "Bolt") for n in range(15)]


def silent(text: str) -> None:
    """No progress is told."""


async def bring_in(service) -> None:
    lines = "\n".join(json.dumps({"text": text, "id": str(n)}) for n, text in enumerate(TEXTS, 1))
    arguments = {"name": "x.jsonl", "body": base64.b64encode(lines.encode()).decode()}
    await Commands(service).import_file(arguments, silent)


async def correct(service, *mentions: int) -> None:
    arguments = {"mentions": [str(one) for one in mentions], "changes": {"relevance": "no"}, "by": "Ann"}
    await Corrections(service).correct(arguments, silent)


def teachable(certain, helps=True):
    class Pupil(certain):
        """Learns whatever it is shown, and counts how often."""

        def __init__(self):
            self.asked, self.known = [], ()

        @property
        def versions(self):
            return {**super().versions, "relevance": "1" + "".join(f"-{one.brand}" for one in self.known)}

        def learn(self, scorer, brand, examples):
            self.asked.append((scorer, brand, sorted(text for text, labels in examples if labels == ("irrelevant",))))
            facts = {"corrections": len(examples), "why": "as the test says"}
            return [Learnt("english", "1", ("irrelevant", "relevant"), bytes(4 * 2 * 385), facts, helps)]

        def fits(self, lesson):
            return lesson.version == "1"

        def teach(self, known):
            self.known = tuple(one for one in known if one.in_use)

    return Pupil


async def test_a_handful_is_learnt_from_once_and_when_nobody_is_at_it(open_service, clock, certain):
    pupil = teachable(certain)()
    async with open_service(BRANDS, lambda: pupil) as service:
        await bring_in(service)
        await correct(service, *range(1, 12))
        clock.pass_(minutes=1)
        assert await service.learn() == []
        await correct(service, 12, 13)
        assert await service.learn() == [], "somebody may be at it still"
        clock.pass_(seconds=QUIET.total_seconds())
        assert [one.in_use for one in await service.learn()] == [True]
        assert await service.learn() == []
        assert pupil.asked == [("relevance", "Acme", sorted(TEXTS[:13]))]


async def test_what_is_taken_into_use_has_the_mentions_of_that_brand_judged_anew(open_service, clock, certain):
    pupil = teachable(certain)()
    async with open_service(BRANDS, lambda: pupil) as service:
        await bring_in(service)
        await correct(service, *range(1, 13))
        assert await service.store.read(queries.waiting) == 0
        await service.learn(timedelta(0))
        due = await service.store.read(opinions.due, 100)
        assert {one.brand for one in due} == {"Acme"}
        assert len(due) == 15
        assert await service.score() == 15


async def test_what_does_not_help_is_kept_on_record_and_not_used(open_service, clock, certain):
    pupil = teachable(certain, helps=False)()
    async with open_service(BRANDS, lambda: pupil) as service:
        await bring_in(service)
        await correct(service, *range(1, 13))
        assert [one.in_use for one in await service.learn(timedelta(0))] == [False]
        assert pupil.known == ()
        assert await service.store.read(queries.waiting) == 0
        ((head, (lesson,)),) = await service.store.read(queries.learnt)
        assert (head.scorer, lesson.facts["why"]) == ("relevance", "as the test says")


async def test_what_was_learnt_is_switched_off_and_on_and_learning_does_not_switch_it_on(open_service, clock, certain):
    pupil = teachable(certain)()
    async with open_service(BRANDS, lambda: pupil) as service:
        await bring_in(service)
        await correct(service, *range(1, 13))
        await service.learn(timedelta(0))
        await service.score()
        switch = Corrections(service).switch
        off = await switch({"head": "Acme/relevance", "by": "Bob", "on": False}, silent)
        assert (off["scored"], pupil.known) == (15, ())
        clock.pass_(minutes=1)
        await correct(service, 13, 14)
        await service.learn(timedelta(0))
        assert pupil.known == ()
        on = await switch({"head": "Acme/relevance", "by": "Bob", "on": True}, silent)
        assert on["scored"] == 15
        assert [one.brand for one in pupil.known] == ["Acme"]


async def test_a_lesson_for_other_weights_is_learnt_anew_when_the_service_starts(open_service, clock, certain):
    pupil = teachable(certain)()
    async with open_service(BRANDS, lambda: pupil) as service:
        await bring_in(service)
        await correct(service, *range(1, 13))
        await service.learn(timedelta(0))
        await service.store.write(lambda c: c.exec_driver_sql("UPDATE taught SET version = 'older'"))
    async with open_service(BRANDS, lambda: pupil) as service:
        await service.learn()
        (lesson,) = await service.store.read(taught.lessons)
        assert lesson.version == "1"
    assert len(pupil.asked) == 2
