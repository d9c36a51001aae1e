"""A backtest says before what configuring the query does afterwards, and changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from monitor import pipeline
from monitor.backtest import backtest
from monitor.errors import Refused
from monitor.pipeline import Origin
from monitor.query.problem import QueryError
from monitor.store.tables import MatchRow, MentionRow, OpinionRow
from monitor.store.triage import Change, change

MATCH, MENTION = MatchRow.__table__, MentionRow.__table__
ALL = Origin("forum", "lemmy", "https://forum.example", keeps="all")


def identities(house, *where):
    question = select(MENTION.c.scope, MENTION.c.external_id).where(*where)
    return set(house.store.reading(lambda connection: connection.execute(question).all()))


def of_acme(house):
    mine = select(MATCH.c.mention_id).where(MATCH.c.brand_id == house.ids["Acme"])
    return identities(house, MENTION.c.id.in_(mine))


def configure(house, query):
    """What `overheard run` does with a changed query."""
    house.listen({**house.queries, "Acme": query})
    after = 0
    while after is not None:
        after = house.store.writing(pipeline.rematch, house.ids["Acme"], after, house.ear, house.now)


def tried(house, query, **more):
    return house.store.reading(backtest, "Acme", query, language=lambda text: "en", **more)


@pytest.fixture
def stored(house, item):
    """Mentions of both brands and of none, what a source says is about Acme, and what was put aside."""
    configure(house, house.queries["Acme"])
    house.take(
        item("1", "acme lost my refund", title="Delivery", lang="de", url="https://shop.example/1"),
        item("2", "acme is fine", author="@ann", published=house.now - timedelta(days=3)),
        item("3", "acme and bolt", extra={"likes": 12}),
        item("4", "bolt, never akme"),
        item("5", "acme to be deleted"),
        item("6", "akme has jobs", lang="fr"),
        item("7", "an Akme for 東京都"),
        item("8", "nothing of the kind", published=house.now - timedelta(days=9)),
        item("9", "akme at last"),
        item("10", "acme as it was first"),
    )
    house.take(item("11", "five stars, no name", rating=5.0), origin=Origin("reviews", "appstore", "app", "all", 1))
    house.take(item("12", "akme of the forum", kind="comment"), item("13", "of nobody"), origin=ALL)
    house.judge("negative", topics=[{"label": "delivery", "score": 0.9}], need=[{"label": "question", "score": 0.9}])
    house.take(item("10", "akme, edited"), gone=("5",))
    # Put aside, and then stored by another way: it is a mention already.
    house.take(item("20", "akme too, in the forum"))
    with_name = Origin(ALL.name, ALL.kind, house.origin.scope, "all")
    house.take(item("20", "akme too, in the forum"), origin=with_name)
    noted = Change(status="assigned", add=["vip"])
    house.store.writing(change, 1, house.ids["Acme"], noted, by="Ann", now=house.now)
    return house


QUERIES = [
    "acme NOT jobs",
    "acme OR akme",
    "akme",
    "akme -jobs lang:en",
    "acme OR (akme lang:fr)",
    "ak?e OR acm*",
    "(acme OR akme) NOT topic:delivery",
    "(acme OR akme) topic:delivery",
    "acme NOT tag:vip NOT status:assigned NOT brand:bolt NOT sentiment:negative",
    "acme is:question",
    "acme engagement:>10 OR title:delivery",
    "acme site:shop.example",
    "東京 OR author:ann",
    "(akme OR acme) type:comment",
    "{acme} NEAR/1 (lost OR fine) OR nothing",
    "url:shop OR kind",
    "zebra",
]


@pytest.mark.parametrize("query", QUERIES)
def test_the_numbers_are_those_of_the_change_itself(stored, query):
    before, everything = of_acme(stored), identities(stored)
    said = tried(stored, query)
    configure(stored, query)
    after = of_acme(stored)
    assert (said.kept, said.gained, said.lost) == (len(before & after), len(after - before), len(before - after))
    assert said.from_candidates == len(after - everything)
    assert sum(kept for _, kept, _, _ in said.days) == said.kept
    assert sum(gained for _, _, gained, _ in said.days) == said.gained
    assert sum(lost for _, _, _, lost in said.days) == said.lost


def test_samples_say_what_was_found_and_what_kept_it_out(stored):
    said = tried(stored, "akme -jobs", samples=10)
    gained = {one.text: one for one in said.gains}
    assert set(gained) == {"bolt, never akme", "an Akme for 東京都", "akme at last", "akme of the forum",
                           "akme too, in the forum", "akme, edited"}  # fmt: skip
    assert gained["an Akme for 東京都"].spans == (("text", 3, 7),)
    assert gained["an Akme for 東京都"].mention is None
    assert gained["bolt, never akme"].mention == 4
    assert any("“akme”" in line for line in gained["bolt, never akme"].why)
    lost = {one.text: one for one in said.losses}
    assert set(lost) == {"acme lost my refund", "acme is fine", "acme and bolt"}
    assert lost["acme is fine"].why == ("akme: not there",)


def test_the_newest_samples_come_first_and_so_many_as_are_wanted(stored):
    said = tried(stored, "akme", samples=2)
    assert [len(said.gains), len(said.losses)] == [2, 2]
    assert said.losses[0].published >= said.losses[1].published
    assert tried(stored, "akme", samples=0).gains == ()


def test_a_day_too_early_is_left_out(stored):
    early, late = tried(stored, "zebra"), tried(stored, "zebra", since=stored.now - timedelta(days=2))
    assert (early.lost, late.lost) == (3, 2)
    assert tried(stored, "nothing").gained == 1
    assert tried(stored, "nothing", since=stored.now - timedelta(days=2)).gained == 0


def test_the_verdict_is_one_sentence(stored):
    said = tried(stored, "acme OR akme")
    assert said.verdict == "keeps 4, gains 7 (3 of them from what no brand matched), loses 0"
    assert said.about == 1


def test_a_query_of_now_that_is_still_being_tried_is_told(stored):
    assert not tried(stored, "akme").unfinished
    stored.listen({**stored.queries, "Acme": "acme OR akme"})
    assert tried(stored, "akme").unfinished


def test_what_cannot_be_tried_is_refused(stored):
    with pytest.raises(QueryError, match="expected a term after OR"):
        tried(stored, "acme OR")
    with pytest.raises(QueryError):
        tried(stored, "NOT acme")
    with pytest.raises(Refused, match='Did you mean "Acme"'):
        stored.store.reading(backtest, "Acmee", "acme")


def test_nothing_is_written(stored):
    def rows(connection):
        return [connection.execute(select(table)).all() for table in (MATCH, MENTION, OpinionRow.__table__)]

    before = stored.store.reading(rows)
    tried(stored, "akme OR acme")
    assert stored.store.reading(rows) == before
