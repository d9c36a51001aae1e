"""What people correct holds: at once, for copies too, against every later model, until it is undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from monitor import pipeline, searches
from monitor.errors import Refused
from monitor.pipeline import Origin
from monitor.store import corrections, opinions
from monitor.store.engine import Store

LATE = "The parcel from Acme came eleven days late and nobody there ever answered my calls or my mails"
SURVEY = Origin("survey", "table", "table:survey.csv", keeps="all")

Correct = Callable[..., list[int]]


@pytest.fixture
def correct(house) -> Correct:
    """`correct("refund", sentiment="positive")`: the newest mention that a search finds, towards Acme."""

    def say(query: str, *, by: str = "Ann", brand: str = "Acme", note: str = "", **changes: Any) -> list[int]:
        (found, *_) = house.store.reading(searches.find, query, 10)
        brand_id = house.ids[brand] if brand else 0
        return house.store.writing(
            corrections.correct, found.mention.id, brand_id, changes, by=by, note=note, now=house.now
        )

    return say


def sentiments(house) -> dict[str, str]:
    return {one.mention.text: one.sentiment for one in house.store.reading(searches.find, "", 100)}


def listed(house) -> list[corrections.Correction]:
    return house.store.reading(corrections.listed, 100)


def test_a_corrected_sentiment_counts_at_once_and_is_never_unsure(house, item, correct):
    house.take(item("1", "Acme, what a day"), item("2", "Acme again"))
    house.judge("neutral")
    correct("day", sentiment="negative")
    assert house.counts() == {"mentions": 2, "source:blog": 2, "sentiment:neutral": 1, "sentiment:negative": 1}
    assert house.texts('brand:"Acme" sentiment:negative') == ["Acme, what a day"]
    assert sentiments(house)["Acme, what a day"] == "negative"
    row = house.store.reading(lambda c: c.exec_driver_sql('SELECT unsure, confidence FROM "match"').first())
    assert tuple(row) == (0, 1.0)


def test_what_a_person_said_outlives_a_newer_model_and_a_restart(house, item, correct, database, open_house):
    house.take(item("1", "Acme, what a day"))
    house.judge("neutral")
    correct("day", sentiment="negative", topics=["support"])
    house.store.writing(opinions.renew, {"brand_sentiment": "1"})
    house.store.writing(opinions.renew, {"brand_sentiment": "2"})
    house.now += timedelta(days=1)
    assert house.judge("positive", topics=[{"label": "price", "score": 0.9}]) == 1
    house.store.close()
    house = open_house(Store(database, write=True))
    assert house.counts()["sentiment:negative"] == 1
    assert "sentiment:positive" not in house.counts()
    assert sentiments(house) == {"Acme, what a day": "negative"}
    assert house.texts("topic:support") == ["Acme, what a day"]
    assert house.texts("topic:price") == []
    house.store.close()


def test_a_mention_that_is_not_about_the_brand_leaves_the_counts_and_comes_back(house, item, correct):
    house.take(item("1", "Acme is a town in Michigan"))
    house.judge("neutral")
    (number,) = correct("michigan", relevance="no")
    assert house.counts() == {"unlikely": 1}
    assert house.texts('brand:"Acme"') == []
    house.store.writing(corrections.undo, number, "Bob", house.now)
    assert house.counts() == {"mentions": 1, "source:blog": 1, "sentiment:neutral": 1}


def test_a_mention_that_a_model_took_out_of_the_counts_is_brought_back(house, item, correct):
    house.take(item("1", "acme!!!"))
    house.judge("positive", relevance=0.1)
    assert house.counts() == {"unlikely": 1}
    correct("acme", relevance="yes")
    assert house.counts() == {"mentions": 1, "source:blog": 1, "sentiment:positive": 1}


def test_copies_follow_whatever_their_links_handles_spacing_and_case(house, item, correct):
    house.take(
        item("1", "Acme lost my bag"),
        item("2", "RT @bob: ACME LOST my bag https://t.co/x"),
        item("3", "Acme found my bag"),
        item("4", "Bolt lost my bag"),
    )
    house.judge("neutral")
    correct('"Acme lost" NOT rt', sentiment="negative")
    assert sentiments(house) == {
        "Acme lost my bag": "negative",
        "RT @bob: ACME LOST my bag https://t.co/x": "negative",
        "Acme found my bag": "neutral",
        "Bolt lost my bag": "neutral",
    }
    (one,) = listed(house)
    assert (one.before, one.after, one.by, len(one.followers)) == ("neutral", "negative", "Ann", 1)


def test_close_rewordings_follow_and_others_do_not(house, item, correct):
    house.take(
        item("1", LATE),
        item("2", LATE.replace("my mails", "mails") + "!"),
        item("3", "The parcel from Acme came today, eleven days early, and everybody there answered each of my mails"),
    )
    house.judge("neutral")
    correct('"my mails" late', sentiment="negative", topics=["delivery"])
    assert house.counts()["sentiment:negative"] == 2
    assert len(house.texts("topic:delivery")) == 2


def test_copies_that_a_person_told_apart_stay_apart(house, item, correct):
    house.take(item("1", "Acme lost my bag"), item("2", "Acme lost my bag https://t.co/1"))
    house.judge("neutral")
    correct("https", sentiment="positive", by="Bob")
    correct("bag NOT https", sentiment="negative", by="Ann")
    assert sentiments(house) == {"Acme lost my bag": "negative", "Acme lost my bag https://t.co/1": "positive"}
    assert [one.followers for one in listed(house)] == [(), (1,)]


def test_handles_tell_two_brands_apart(house, item, correct):
    house.take(item("1", "love @acme, hate @bolt"), item("2", "love @bolt, hate @acme"))
    house.judge("neutral")
    correct('"love acme"', sentiment="positive")
    assert sentiments(house)["love @bolt, hate @acme"] == "neutral"


def test_a_copy_that_comes_later_follows_too(house, item, correct):
    house.take(item("1", "Acme lost my bag"))
    house.judge("neutral")
    correct("bag", sentiment="negative", need=["complaint"])
    house.take(item("2", "acme lost my bag https://t.co/2"), item("3", "acme lost my hat"))
    house.judge("neutral", need=[])
    assert house.counts()["sentiment:negative"] == 2
    assert len(house.texts("need:complaint")) == 2


def test_after_an_edit_of_the_words_the_models_have_their_say_again(house, item, correct):
    house.take(item("1", "Acme lost my bag"))
    house.judge("neutral")
    correct("bag", sentiment="negative")
    house.take(item("1", "Acme found my bag, thank you"))
    house.judge("positive")
    assert house.counts() == {"mentions": 1, "source:blog": 1, "sentiment:positive": 1}
    assert [one.state for one in listed(house)] == ["text edited since"]


def test_an_edit_that_leaves_the_words_alone_leaves_the_correction_alone(house, item, correct):
    house.take(item("1", "Acme lost my bag"))
    house.judge("neutral")
    correct("bag", sentiment="negative")
    house.take(item("1", "ACME lost my bag https://t.co/1"))
    house.judge("positive")
    assert house.counts() == {"mentions": 1, "source:blog": 1, "sentiment:negative": 1}
    assert [one.state for one in listed(house)] == ["holds"]


def test_undoing_takes_the_copies_back_to_what_the_models_say_now(house, item, correct):
    house.take(item("1", "Acme lost my bag"), item("2", "acme lost my bag http://t.co/1"))
    house.judge("neutral", topics=[{"label": "price", "score": 0.9}])
    counts = house.counts()
    (number, other) = correct("bag NOT http", sentiment="negative", topics=[])
    assert house.texts("topic:price") == []
    assert house.store.writing(corrections.undo, number, "Bob", house.now) == [1, 2]
    house.store.writing(corrections.undo, other, "Bob", house.now)
    assert house.counts() == counts
    assert len(house.texts("topic:price")) == 2
    assert [(one.state, one.undone_by, one.undone) for one in listed(house)] == [("undone", "Bob", house.now)] * 2
    with pytest.raises(Refused, match="undone already, by Bob"):
        house.store.writing(corrections.undo, number, "Bob", house.now)


def test_undoing_the_last_of_two_corrections_brings_the_first_back(house, item, correct):
    house.take(item("1", "Acme lost my bag"))
    house.judge("neutral")
    correct("bag", sentiment="negative")
    (second,) = correct("bag", sentiment="positive", by="Bob")
    assert [one.state for one in listed(house)] == ["holds", f"replaced by #{second}"]
    house.store.writing(corrections.undo, second, "Bob", house.now)
    assert sentiments(house) == {"Acme lost my bag": "negative"}
    assert [one.state for one in listed(house)] == ["undone", "holds"]


def test_saying_the_same_again_writes_nothing(house, item, correct):
    house.take(item("1", "Acme lost my bag"))
    assert correct("bag", sentiment="negative")
    assert correct("bag", sentiment="negative", by="Bob") == []


def test_a_mention_can_be_corrected_before_it_is_scored(house, item, correct):
    house.take(item("1", "Acme lost my bag"))
    correct("bag", sentiment="negative", relevance="yes")
    assert house.counts()["sentiment:negative"] == 1
    house.judge("positive", relevance=0.1)
    assert house.counts() == {"mentions": 1, "source:blog": 1, "sentiment:negative": 1}
    assert [one.before for one in listed(house)] == [None, None]


def test_what_a_person_said_is_no_reason_not_to_score(house, item, correct):
    house.take(item("1", "Acme lost my bag"))
    correct("bag", sentiment="negative")
    house.store.writing(lambda connection: connection.exec_driver_sql("DELETE FROM due"))
    assert house.store.writing(opinions.rebuild) == 1


def test_a_correction_holds_again_when_a_query_that_was_narrowed_is_widened(house, item, correct):
    house.take(item("1", "Acme lost my bag"))
    house.judge("neutral")
    correct("bag", sentiment="negative")
    for query in ("acme NOT bag", "acme"):
        house.listen({"Acme": query, "Bolt": "bolt"})
        after = 0
        while after is not None:
            after = house.store.writing(pipeline.rematch, house.ids["Acme"], after, house.ear, house.now)
    house.judge("neutral")
    assert house.counts() == {"mentions": 1, "source:blog": 1, "sentiment:negative": 1}


def test_what_is_deleted_at_its_source_leaves_nothing_to_correct_and_no_opinion(house, item, correct):
    house.take(item("1", "Acme lost my bag"))
    house.judge("neutral")
    (number,) = correct("bag", sentiment="negative")
    house.take(gone=("1",))
    assert house.counts() == {}
    assert [one.state for one in listed(house)] == ["deleted at its source"]
    house.store.writing(corrections.undo, number, "Bob", house.now)
    assert house.store.reading(lambda c: c.exec_driver_sql("SELECT count(*) FROM opinion").scalar()) == 0
    with pytest.raises(Refused, match="deleted at its source"):
        house.store.writing(corrections.correct, 1, 0, {"topics": []}, by="", note="", now=house.now)


def test_a_text_of_no_brand_is_corrected_by_itself(house, item, correct):
    house.take(item("1", "Too slow"), origin=SURVEY)
    house.judge("neutral")
    correct("slow", sentiment="negative", brand="")
    assert house.texts("sentiment:negative") == ["Too slow"]


def test_a_symbol_alone_has_no_copies(house, item, correct):
    house.take(item("1", "\U0001f600"), item("2", "\U0001f621"), origin=SURVEY)
    correct("", sentiment="positive", brand="")
    assert sorted(one.followers for one in listed(house)) == [()]
