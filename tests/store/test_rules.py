"""What a rule catches is told exactly once, whatever happens to mentions, scores and the process in between."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from datetime import UTC, time, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from monitor import pipeline
from monitor.digest.caught import Told
from monitor.engine.pacing import Pace
from monitor.engine.ruling import Errand, Ruling
from monitor.query.parse import parse
from monitor.store import rules, triage
from monitor.store.engine import Store
from monitor.store.routing import Department, Routes, Rule, heed
from monitor.store.tables import AlertRow
from monitor.store.triage import Change

NEGATIVE = "brand:acme sentiment:negative"
VERSIONS = {"sentiment": "1"}


class Crash(Exception):
    """The process died before its transaction was committed."""


class Work:
    """A store with one rule, and what a history does to it; anger is written in capitals."""

    def __init__(self, house, pace, item):
        self.house, self.pace, self.item = house, pace, item
        self.rule = Rule("Angry", parse(NEGATIVE, as_view=True))
        self.routes = Routes((self.rule,), (), house.ids, frozenset({"Acme"}))
        self.follow()
        house.store.writing(rules.sync, [self.rule.key], house.now)
        self.created = house.now
        self.texts = {}
        self.published = {}

    def follow(self):
        """As the service has its store follow the configuration."""
        self.house.store.heed = lambda connection: heed(connection, self.routes, self.house.now)

    def hear(self, id_, angry, age):
        text = f"ACME {id_} LOST IT" if angry else f"acme {id_} is fine"
        self.published.setdefault(id_, self.house.now - timedelta(minutes=age))
        self.texts[id_] = angry
        self.house.take(self.item(str(id_), text, published=self.published[id_]))

    def score(self):
        answers = []
        for due in self.house.due():
            label = "negative" if due.text.isupper() else "positive"
            shares = {"negative": 0.1, "neutral": 0.1, "positive": 0.1, label: 0.8}
            answers.append((due, {"sentiment": {"label": label, **shares, "unsure": False}}))
        self.house.store.writing(pipeline.settle, answers, VERSIONS, self.house.now)

    def tell(self):
        asyncio.run(self.ruling.tell_due(scoring=True))

    @property
    def ruling(self):
        told = Told("Angry", self.rule.key, NEGATIVE)
        return Ruling(self.house.store, {self.rule.key: Errand(told, ("file",), self.pace)}, "", lambda: self.house.now)

    def crash_while_telling(self):
        """The same as telling, but the transaction never ends."""
        store, really = self.house.store, self.house.store.writing

        def dying(work, *arguments):
            def whole(connection):
                work(connection, *arguments)
                raise Crash

            return really(whole)

        async def write(work, *arguments):
            return dying(work, *arguments)

        ruling = self.ruling
        ruling.store = type("Dying", (), {"read": store.read, "write": staticmethod(write)})()
        asyncio.run(ruling.tell_due(scoring=True))

    def restart(self):
        self.house.store.close()
        self.house.store = Store(self.house.store.path, write=True)
        self.follow()
        self.house.store.writing(rules.sync, [self.rule.key], self.house.now)

    def told(self):
        """How often each mention was told, by the id that its source gave it."""

        def read(connection):
            contents = connection.execute(select(AlertRow.__table__.c.content)).scalars().all()
            names = dict(connection.exec_driver_sql("SELECT id, external_id FROM mention").all())
            return [(content, names) for content in contents]

        return Counter(
            int(names[id_]) for one, names in self.house.store.reading(read) for id_ in one["sentence"]["mentions"]
        )


hear = st.tuples(st.just("hear"), st.integers(1, 3), st.booleans(), st.sampled_from((0, 0, 5, 60)))
step = st.one_of(
    hear,
    hear,
    st.tuples(st.sampled_from(("score", "score", "tell", "tell", "restart", "crash"))),
    st.tuples(st.just("pass"), st.sampled_from((1, 11, 61, 600))),
)
pace = st.builds(
    Pace, st.sampled_from(("each", "batch", "hourly")), st.sampled_from((None, (time(22), time(7)))), st.just(UTC)
)


history_of_a_rule = given(history=st.lists(step, min_size=10, max_size=30), how=pace)
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(unhurried, max_examples=12)
@history_of_a_rule
def test_each_mention_that_a_rule_catches_is_told_exactly_once(
    tmp_path_factory, migrated, open_house, item, history, how
):
    play(Store(copy_of(migrated, tmp_path_factory), write=True), open_house, item, history, how)


@pytest.mark.slow
@settings(unhurried, max_examples=250)
@history_of_a_rule
def test_each_mention_is_told_exactly_once_in_many_histories(
    tmp_path_factory, migrated, open_house, item, history, how
):
    play(Store(copy_of(migrated, tmp_path_factory), write=True), open_house, item, history, how)


def copy_of(migrated, folders):
    return Path(shutil.copy(migrated, folders.mktemp("history") / "overheard.db"))


def play(store, open_house, item, history, how):
    work = Work(open_house(store), how, item)
    for action, *rest in history:
        match action:
            case "hear":
                work.hear(*rest)
            case "score":
                work.score()
            case "tell":
                work.tell()
            case "restart":
                work.restart()
            case "crash":
                work.crash_while_telling()
            case "pass":
                work.house.now += timedelta(minutes=rest[0])
    before = work.told()
    work.score()
    for _ in range(3):  # beyond any quiet hours, any batch, any flood
        work.house.now += timedelta(hours=11)
        work.tell()
    work.restart()
    work.tell()
    told = work.told()
    work.house.store.close()
    assert all(number == 1 for number in told.values())
    assert before <= told
    assert all(work.published[id_] >= work.created for id_ in told)
    angry = {id_ for id_, angry in work.texts.items() if angry and work.published[id_] >= work.created}
    assert angry <= told.keys()


def test_a_person_named_as_the_program_does_not_sign_as_it(house, item):
    from monitor.commands.triaging import signed

    assert signed("overheard") != triage.PROGRAM
    assert signed("Ann") == "Ann"


@pytest.fixture
def desk(house, item):
    """A house whose refunds are Bea's, of the department Money, while nobody says otherwise."""
    money = Department("Money", parse("refund", as_view=True), "Bea", timedelta(hours=4))
    routes = Routes((), (money,), house.ids, frozenset({"Acme"}))
    house.store.heed = lambda connection: heed(connection, routes, house.now)
    house.store.writing(rules.sync, [money.key], house.now - timedelta(days=30))
    return house


def stands(house, mention_id=1):
    return house.store.reading(triage.of, mention_id, house.ids["Acme"])


def test_a_department_gives_what_it_finds_to_its_owner_and_the_program_signs_for_it(desk, item):
    desk.take(item("1", "acme refund"), item("2", "acme is fine"))
    standing, touched = stands(desk)
    assert (standing.team, standing.assignee, standing.status) == ("Money", "Bea", "assigned")
    assert touched.by == triage.PROGRAM
    (noted,) = desk.store.reading(triage.history, 1, desk.ids["Acme"])
    assert dict(noted.after) == {"team": "Money", "assignee": "Bea", "status": "assigned"}
    assert stands(desk, 2)[1] is None


def test_to_the_past_nobody_owes_an_answer(desk, item):
    desk.take(item("1", "acme refund", published=desk.now - timedelta(days=20)))
    standing, _ = stands(desk)
    assert (standing.team, standing.assignee, standing.status) == ("Money", "", "new")
    assert desk.store.reading(rules.late, desk.now + timedelta(days=9)) == []
    assert desk.store.reading(triage.open_by_team) == {}


def test_a_person_who_took_a_mention_from_everybody_is_heeded_by_every_later_edit(desk, item):
    desk.take(item("1", "acme refund"))
    change = Change(assignee="", status="new")
    desk.store.writing(triage.change, 1, desk.ids["Acme"], change, by="Ann", now=desk.now)
    desk.take(item("1", "acme refund please"))
    assert stands(desk)[0].assignee == ""
    assert stands(desk)[0].team == "Money"


def test_how_fast_departments_answer_is_told_from_what_people_noted(desk, item):
    def note(mention_id, hours, **change):
        now = desk.now + timedelta(hours=hours)
        desk.store.writing(triage.change, mention_id, desk.ids["Acme"], Change(**change), by="Ann", now=now)

    desk.take(*(item(str(n), f"acme refund {n}", published=desk.now) for n in range(1, 6)))
    note(1, 1, status="replied")
    note(1, 5, status="resolved")
    note(2, 3, status="resolved")
    note(3, 2, status="replied")
    note(3, 9, status="reopened")
    note(4, 1, status="replied")
    desk.store.writing(triage.undo, 4, desk.ids["Acme"], by="Ann", now=desk.now + timedelta(hours=2))
    until = desk.now + timedelta(hours=10)
    (money,) = desk.store.reading(triage.response, desk.ids["Acme"], desk.now, until)
    hour = timedelta(hours=1)
    assert money.department == "Money"
    assert (money.replies.n, money.replies.median) == (3, 2 * hour)
    assert (money.resolutions.n, money.resolutions.median, money.resolutions.p90) == (2, 4 * hour, 4.8 * hour)
    assert (money.open, money.oldest) == (3, 10 * hour)
    (later,) = desk.store.reading(triage.response, desk.ids["Acme"], until, until + hour)
    assert (later.replies.n, later.resolutions.n, later.open) == (0, 0, 3)


def test_history_is_json_that_outlives_the_program(desk, item):
    desk.take(item("1", "acme refund"))
    until = desk.now + timedelta(days=2)
    change = Change(snoozed=until, add=["vip"])
    desk.store.writing(triage.change, 1, desk.ids["Acme"], change, by="Ann", now=desk.now)
    *_, noted = desk.store.reading(triage.history, 1, desk.ids["Acme"])
    assert json.loads(json.dumps(dict(noted.after))) == {"tags": ["vip"], "snoozed": "2026-11-23T12:00:00Z"}
    desk.store.writing(triage.undo, 1, desk.ids["Acme"], by="Ann", now=desk.now)
    assert (stands(desk)[0].tags, stands(desk)[0].snoozed) == ((), None)


def test_a_clock_that_was_ahead_when_a_rule_came_keeps_it_from_nothing(house, item):
    work = Work(house, Pace(), item)
    house.store.writing(rules.sync, [], house.now)
    house.store.writing(rules.sync, [work.rule.key], house.now + timedelta(days=400))
    house.store.writing(rules.sync, [work.rule.key], house.now)
    house.now += timedelta(minutes=5)
    work.hear(1, angry=True, age=1)
    work.score()
    assert [one.mention_id for one in house.store.reading(rules.waiting)[work.rule.key]] == [1]
