"""Rules tell the people who must know, each mention once, whatever happens in between."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web

from monitor import pipeline, searches
from monitor.commands.correcting import Corrections
from monitor.commands.triaging import Triage
from monitor.config import loads
from monitor.pipeline import Origin
from monitor.store import alerts as store_alerts
from monitor.store import outbox, rules, triage
from monitor.store.triage import Change
from sources.base import Item

FEED = Origin("blog", "feed", "https://blog.example/feed")
CONFIG = """
[[brand]]
name = "Acme"
query = "acme"
competitors = ["Bolt"]
[[brand]]
name = "Bolt"
query = "bolt"
"""


def rule(name="Angry", query="brand:acme sentiment:negative", **more):
    given = {"name": name, "query": query, "to": ["file:alerts"], "timezone": "UTC"} | more
    return "\n[[rule]]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in given.items()) + "\n"


def department(name="Support", query="refund", **more):
    given = {"name": name, "query": query, "to": ["file:support"]} | more
    return "\n[[department]]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in given.items()) + "\n"


@pytest.fixture
def at_work(open_service, certain, clock):
    """`async with at_work(toml) as work`: a service whose scorer hears anger in capitals."""
    return lambda text: open_service(CONFIG + text, certain)


def hear(service, *texts, published=None, first=1, **more):
    now = service.now()
    items = [Item(id=str(first + n), text=text, published=published or now, **more) for n, text in enumerate(texts)]
    service.store.writing(pipeline.take, items, [], None, FEED, service.ear, now)


async def told(service):
    """Tell what is due; the alerts in the outbox, oldest first, as (kind, what their mentions say)."""
    await service.score()
    await service.tell_caught()
    return alerts(service)


def alerts(service):
    parcels = service.store.reading(outbox.listed, (), 1_000)
    contents = [one.notice.content["alert"] for one in reversed(parcels)]
    return [(one["kind"], [shown["mention"]["text"] for shown in one["mentions"]]) for one in contents]


def newest(service):
    return service.store.reading(outbox.listed)[0].notice.content["alert"]


async def test_a_rule_over_opinions_tells_once_what_was_scored_so(at_work, clock):
    async with at_work(rule()) as service:
        hear(service, "ACME LOST IT", "acme is fine", "BOLT IS BAD")
        assert await told(service) == [("rule", ["ACME LOST IT"])]
        clock.pass_(minutes=5)
        assert len(await told(service)) == 1


async def test_why_a_mention_is_shown_is_worded_as_in_the_digest(at_work, certain, monkeypatch):
    needs = [{"label": label, "score": 0.9} for label in ("impression", "help", "complaint")]
    answer = certain().answer("BAD")
    monkeypatch.setattr(certain, "answers", lambda self, texts: [{**answer, "need": needs} for _ in texts])
    async with at_work(rule()) as service:
        hear(service, "ACME LOST IT")
        await told(service)
        assert newest(service)["mentions"][0]["why"] == ["complaint", "asks for help"]


async def test_a_rule_over_facts_needs_no_scorer_at_all(open_service, clock):
    async with open_service(CONFIG + rule(query="brand:acme refund")) as service:
        hear(service, "acme refund please", "acme is fine")
        await service.score()  # there are no weights: nothing waits for them
        assert await told(service) == [("rule", ["acme refund please"])]


async def test_what_denies_a_score_is_not_decided_before_there_is_one(at_work, clock):
    async with at_work(rule(query="brand:acme NOT sentiment:positive")) as service:
        hear(service, "acme is fine", "ACME LOST IT")
        assert service.store.reading(rules.waiting) == {}
        assert await told(service) == [("rule", ["ACME LOST IT"])]


async def test_a_sentiment_is_the_one_towards_the_brand_that_the_rule_names(at_work, certain, monkeypatch):
    def towards(self, texts):
        every = []
        for _, brand in texts:
            one = self.answer("BAD" if brand == "Bolt" else "good")
            every.append({**one, "brand_sentiment": one["sentiment"]})
        return every

    monkeypatch.setattr(certain, "answers", towards)
    async with at_work(rule("A") + rule("B", "brand:bolt sentiment:negative")) as service:
        hear(service, "acme beats bolt")
        await told(service)
        assert newest(service)["subject"].startswith("B:")
        assert len(alerts(service)) == 1


async def test_nothing_older_than_the_rule_is_told_nor_a_past_that_comes_to_light_late(at_work, clock):
    async with at_work(rule()) as service:
        hear(service, "ACME BEFORE", published=clock() - timedelta(minutes=1))
        clock.pass_(days=20)
        hear(service, "ACME OF LAST WEEK", published=clock() - timedelta(days=8), first=2)
        hear(service, "ACME YESTERDAY", published=clock() - timedelta(days=1), first=3)
        assert await told(service) == [("rule", ["ACME YESTERDAY"])]


async def test_a_rule_that_comes_back_begins_anew_and_repeats_nothing(at_work, clock):
    async with at_work(rule()) as service:
        hear(service, "ACME ONE")
        await told(service)
    async with at_work("") as service:
        clock.pass_(minutes=1)
        hear(service, "ACME TWO", first=2)
        await told(service)
        clock.pass_(minutes=1)
    async with at_work(rule()) as service:
        hear(service, "ACME THREE", first=3)
        hear(service, "ACME ONE, EDITED", first=1)
        assert [texts for _, texts in await told(service)] == [["ACME ONE"], ["ACME THREE"]]


async def test_a_restart_between_catching_and_telling_loses_nothing(at_work, clock):
    async with at_work(rule(send="batch")) as service:
        hear(service, "ACME ONE")
        assert await told(service) == []
    clock.pass_(hours=3)
    async with at_work(rule(send="batch")) as service:
        assert await told(service) == [("rule", ["ACME ONE"])]
        assert len(await told(service)) == 1


async def test_a_batch_tells_in_one_message_what_came_within_ten_minutes(at_work, clock):
    async with at_work(rule(send="batch")) as service:
        hear(service, "ACME ONE")
        await told(service)
        clock.pass_(minutes=9)
        hear(service, *(f"ACME {n}" for n in range(2, 9)), first=2)
        assert await told(service) == []
        clock.pass_(minutes=1)
        await told(service)
        alert = newest(service)
        assert (alert["total"]["value"], len(alert["mentions"])) == (8, 5)
        assert alert["sentence"]["text"] == "8 mentions of Acme that “Angry” asks for came within ten minutes."


async def test_a_flood_turns_into_one_message_that_says_so(at_work, clock):
    async with at_work(rule()) as service:
        hear(service, *(f"ACME {n}" for n in range(40)))
        await told(service)
        alert = newest(service)
        assert len(alerts(service)) == 1
        assert "More than five a minute are told together" in alert["details"][0]["text"]
        hear(service, "ACME MORE", first=50)
        assert len(await told(service)) == 1
        clock.pass_(minutes=10)
        assert (await told(service))[-1] == ("rule", ["ACME MORE"])


async def test_quiet_hours_are_kept_and_told_as_one_when_they_end(at_work, clock):
    clock.pass_(hours=10, minutes=30)  # 22:30
    async with at_work(rule(quiet="22:00-07:00")) as service:
        hear(service, "ACME ONE")
        assert await told(service) == []
        clock.pass_(hours=4)
        hear(service, "ACME TWO", first=2)
        assert await told(service) == []
        clock.pass_(hours=4, minutes=30)  # 07:00
        await told(service)
        assert newest(service)["total"]["value"] == 2
        assert "during quiet hours" in newest(service)["sentence"]["text"]


async def test_a_correction_before_sending_withdraws_it_and_one_that_brings_it_back_has_it_told(at_work, clock):
    async with at_work(rule(send="batch")) as service:
        hear(service, "ACME ONE", "ACME TWO")
        await told(service)
        commands = Corrections(service)
        said = {"mentions": ["1"], "changes": {"sentiment": "neutral"}, "by": "ann"}
        done = await commands.correct(said, print)
        clock.pass_(minutes=11)
        assert await told(service) == [("rule", ["ACME TWO"])]
        await commands.undo({"id": done["corrections"][0]["id"], "by": "ann"}, print)
        clock.pass_(minutes=11)
        assert (await told(service))[-1] == ("rule", ["ACME ONE"])


async def test_what_somebody_has_dealt_with_or_its_source_deleted_is_not_told(at_work, clock):
    async with at_work(rule(send="batch")) as service:
        hear(service, "ACME ONE", "ACME TWO", "ACME THREE")
        await told(service)
        done = Change(status="replied")
        service.store.writing(triage.change, 1, service.brands["Acme"].id, done, by="ann", now=clock())
        service.store.writing(pipeline.take, [], ["2"], None, FEED, service.ear, clock())
        clock.pass_(minutes=11)
        assert await told(service) == [("rule", ["ACME THREE"])]
        assert service.store.reading(rules.waiting) == {}


async def test_what_people_note_fires_rules_that_ask_for_it(at_work, clock):
    async with at_work(rule("Legal", "tag:legal")) as service:
        hear(service, "acme is fine")
        assert await told(service) == []
        await Triage(service).triage({"mentions": ["1"], "change": {"add": ["legal"]}, "by": "ann"}, print)
        assert await told(service) == [("rule", ["acme is fine"])]


async def test_a_doubtful_mention_waits_for_the_judgement_whether_the_brand_is_meant(at_work, certain, monkeypatch):
    def irrelevant(self, texts):
        sure = {"score": 0.1, "unsure": False}
        return [{**self.answer(text), "relevance": sure} for text, _ in texts]

    monkeypatch.setattr(certain, "answers", irrelevant)
    async with at_work(rule(query="brand:acme")) as service:
        hear(service, "the acme of perfection")
        await service.tell_caught()
        assert alerts(service) == []
        assert await told(service) == []
        assert service.store.reading(rules.waiting) == {}


async def test_a_broken_rule_stops_no_other(at_work, clock):
    async with at_work(rule("A") + rule("B")) as service:
        hear(service, "ACME ONE")
        first = service.ruling.errands["rule/A"]
        service.ruling.errands["rule/A"] = replace(first, told=replace(first.told, query="(("))
        assert await told(service) == [("rule", ["ACME ONE"])]
        assert newest(service)["subject"].startswith("B:")
        service.ruling.errands["rule/A"] = first
        assert len(await told(service)) == 2


async def test_of_a_snoozed_rule_the_alert_is_kept_and_nobody_is_told(at_work, clock):
    async with at_work(rule()) as service:
        until = clock() + timedelta(days=1)
        service.store.writing(store_alerts.snooze, "rule/Angry", until, "ann", clock())
        hear(service, "ACME ONE")
        assert await told(service) == []
        (kept,) = service.store.reading(store_alerts.listed, 10)
        assert (kept.told, kept.state) == (False, "over")
        clock.pass_(days=2)
        hear(service, "ACME TWO", first=2)
        assert await told(service) == [("rule", ["ACME TWO"])]


async def test_the_owner_of_a_rule_is_given_what_nobody_has(at_work, clock):
    async with at_work(rule(owner="ann")) as service:
        hear(service, "ACME ONE")
        await told(service)
        assert newest(service)["mentions"][0]["owner"] == "ann"
        stands, _ = service.store.reading(triage.of, 1, service.brands["Acme"].id)
        assert (stands.status, stands.assignee) == ("assigned", "ann")


async def test_people_hear_of_it_through_their_channel(at_work, loopback, clock):
    heard = []

    async def hook(request):
        heard.append(await request.json())
        return web.Response()

    url = await loopback({"/hook": hook})
    async with at_work(rule(to=[f"webhook:{url}/hook"])) as service:
        hear(service, "ACME <B>LOST</B> IT")
        await told(service)
        done = await service.teller.deliver_ready()
        assert done == 1, service.store.reading(outbox.listed)[0].answer
        assert await service.teller.deliver_ready() == 0
    assert "ACME <B>LOST</B> IT" in json.dumps(heard[0])
    assert "overheard triage 1 --reply" in json.dumps(heard[0])


async def test_a_rule_that_a_reload_brings_is_at_work_from_then_on(at_work, clock, tmp_path):
    async with at_work("") as service:
        hear(service, "ACME BEFORE")
        await service.score()
        clock.pass_(minutes=1)
        await service.use(loads(CONFIG + rule(), tmp_path / "config.toml", {}))
        hear(service, "ACME BEFORE, EDITED", first=1)
        hear(service, "ACME AFTER", first=2)
        await told(service)
        clock.pass_(minutes=1)
        hear(service, "ACME LATER", first=3)
        assert [texts for _, texts in await told(service)] == [["ACME AFTER"], ["ACME LATER"]]


# ---- answers that did not come ---------------------------------------------------------------------------------------


def late_rule(**more):
    return rule(escalate_after="4h", escalate_to=["file:boss"], **more)


async def reminded(service):
    await service.ruling.remind_due()
    return [one for one in alerts(service) if one[0] == "unanswered"]


async def test_an_answer_that_did_not_come_is_told_once_with_its_age_and_owner(at_work, clock):
    async with at_work(late_rule(owner="ann")) as service:
        hear(service, "ACME ONE")
        await told(service)
        clock.pass_(hours=3, minutes=59)
        assert await reminded(service) == []
        clock.pass_(minutes=2)
        assert await reminded(service) == [("unanswered", ["ACME ONE"])]
        alert = newest(service)
        assert alert["sentence"]["text"] == (
            "1 mention of Acme has waited 4 hours for an answer. The target of “Angry” is 4 hours."
        )
        assert alert["mentions"][0]["owner"] == "ann"
        assert "boss" in service.store.reading(outbox.listed)[0].channel
        clock.pass_(days=1)
        assert len(await reminded(service)) == 1


async def test_answers_that_fail_to_come_one_by_one_are_told_together_each_hour(at_work, clock):
    async with at_work(late_rule()) as service:
        for number in range(6):
            hear(service, f"ACME {number}", first=number + 1)
            await told(service)
            clock.pass_(minutes=10)
        clock.pass_(hours=3)
        for _ in range(16):
            await reminded(service)
            clock.pass_(minutes=10)
        assert [len(texts) for _, texts in await reminded(service)] == [1, 5]


@pytest.mark.parametrize("status", ["replied", "resolved", "hidden"])
async def test_what_was_seen_to_is_not_escalated(at_work, clock, status):
    async with at_work(late_rule()) as service:
        hear(service, "ACME ONE")
        await told(service)
        change = Change(status=status)
        service.store.writing(triage.change, 1, service.brands["Acme"].id, change, by="ann", now=clock())
        clock.pass_(hours=5)
        assert await reminded(service) == []


async def test_what_is_snoozed_is_escalated_when_it_wakes(at_work, clock):
    async with at_work(late_rule()) as service:
        hear(service, "ACME ONE")
        await told(service)
        change = Change(snoozed=clock() + timedelta(days=2))
        service.store.writing(triage.change, 1, service.brands["Acme"].id, change, by="ann", now=clock())
        clock.pass_(hours=30)
        assert await reminded(service) == []
        clock.pass_(hours=19)
        assert len(await reminded(service)) == 1


async def test_a_department_that_misses_its_target_is_told_also_after_a_restart(at_work, clock):
    text = department(answer_within="4h", owner="bob")
    async with at_work(text) as service:
        hear(service, "acme refund please", "acme is fine")
        await service.score()
        clock.pass_(hours=1)
    clock.pass_(hours=4)
    async with at_work(text) as service:
        assert await reminded(service) == [("unanswered", ["acme refund please"])]
        assert len(await reminded(service)) == 1


# ---- departments -----------------------------------------------------------------------------------------------------


def stands(service, mention_id=1, brand="Acme"):
    return service.store.reading(triage.of, mention_id, service.brands[brand].id)[0]


async def test_a_mention_belongs_to_the_first_department_whose_query_finds_it(at_work, clock):
    text = department("Anger", "sentiment:negative") + department("Money", "refund OR price", owner="bob")
    async with at_work(text) as service:
        hear(service, "acme refund please", "ACME REFUND NOW", "acme is fine", "bolt price")
        assert stands(service, 1).team == ""  # the first department cannot tell before it is scored
        await service.score()
        assert [stands(service, n).team for n in (1, 2, 3)] == ["Money", "Anger", ""]
        assert stands(service, 1).assignee == "bob"
        assert stands(service, 4, "Bolt").team == ""  # nobody answers for a competitor


async def test_a_person_s_choice_is_never_overwritten_and_the_program_s_own_follows_corrections(at_work, clock):
    text = department("Anger", "sentiment:negative", owner="eve") + department("Joy", "sentiment:positive", owner="bob")
    async with at_work(text) as service:
        hear(service, "ACME ONE", "ACME TWO", "ACME THREE ENTIRELY DIFFERENT WORDS HERE")
        await service.score()
        acme = service.brands["Acme"].id
        service.store.writing(triage.change, 1, acme, Change(team="Legal"), by="ann", now=clock())
        service.store.writing(triage.change, 2, acme, Change(team=""), by="ann", now=clock())
        for number in "123":
            said = {"mentions": [number], "changes": {"sentiment": "positive"}, "by": "ann"}
            await Corrections(service).correct(said, print)
        assert [stands(service, n).team for n in (1, 2, 3)] == ["Legal", "", "Joy"]
        assert stands(service, 3).assignee == "bob"


async def test_a_search_finds_what_a_department_was_given(at_work, clock):
    async with at_work(department()) as service:
        hear(service, "acme refund please", "acme is fine")
        await service.score()
        found = service.store.reading(searches.find, "team:support", 10)
        assert [one.mention.text for one in found] == ["acme refund please"]


async def test_a_rule_of_a_department_goes_where_the_department_is_told(at_work, clock):
    text = department() + rule(query="team:support", to=[], department="Support")
    async with at_work(text) as service:
        hear(service, "acme refund please")
        assert await told(service) == [("rule", ["acme refund please"])]
        assert newest(service)["department"] == "Support"
