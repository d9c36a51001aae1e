"""Opinions beside the facts: what is due, what is settled, and what counts for what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete

from monitor import pipeline, searches
from monitor.pipeline import Origin
from monitor.store import opinions
from monitor.store.tables import DueRow

VERSIONS = {"sentiment": "1", "brand_sentiment": "1"}
SURVEY = Origin("survey", "table", "table:survey.csv", keeps="all")


def test_a_mention_of_two_brands_is_judged_towards_each(house, item):
    house.take(item("1", "Acme is fine, Bolt is a disgrace"))
    assert sorted(due.brand for due in house.due()) == ["Acme", "Bolt"]


def test_a_review_that_does_not_name_its_brand_is_judged_as_a_text(house, item):
    house.take(item("1", "Too slow"), origin=replace(SURVEY, about=house.ids["Acme"]))
    (due,) = house.due()
    assert (due.brand, due.brand_id) == ("", house.ids["Acme"])
    house.judge("negative")
    assert house.counts()["sentiment:negative"] == 1


def test_the_answer_towards_the_brand_counts_for_the_brand(house, item):
    house.take(item("1", "Acme beats Bolt"))
    towards = {"Acme": "positive", "Bolt": "negative"}
    for due in house.due():
        label = towards[due.brand]
        answer = {
            "sentiment": {"label": "neutral", "negative": 0.2, "neutral": 0.6, "positive": 0.2},
            "brand_sentiment": {"label": label, "negative": 0.1, "neutral": 0.1, "positive": 0.1, label: 0.8},
        }
        assert house.store.writing(pipeline.settle, [(due, answer)], VERSIONS, house.now)
    assert house.counts("Acme")["sentiment:positive"] == 1
    assert house.counts("Bolt")["sentiment:negative"] == 1
    assert house.texts('brand:"Bolt" sentiment:negative') == ["Acme beats Bolt"]
    assert house.texts('brand:"Acme" sentiment:negative') == []


def test_an_edit_between_question_and_answer_keeps_it_due(house, item):
    house.take(item("1", "Acme is fine"))
    (asked,) = house.due()
    house.take(item("1", "Acme is awful"))
    answer = {"sentiment": {"label": "positive", "negative": 0.1, "neutral": 0.1, "positive": 0.8}}
    assert not house.store.writing(pipeline.settle, [(asked, answer)], VERSIONS, house.now)
    assert [due.text for due in house.due()] == ["Acme is awful"]
    assert "sentiment:positive" not in house.counts()


def test_no_answer_is_kept_of_what_was_deleted_between_question_and_answer(house, item):
    house.take(item("1", "Acme is fine"))
    (asked,) = house.due()
    house.take(gone=("1",))
    answer = {"sentiment": {"label": "positive", "negative": 0.1, "neutral": 0.1, "positive": 0.8}}
    assert not house.store.writing(pipeline.settle, [(asked, answer)], VERSIONS, house.now)
    opinions_left = house.store.reading(lambda c: c.exec_driver_sql("SELECT count(*) FROM opinion").scalar())
    assert opinions_left == 0


def test_an_unlikely_mention_is_kept_and_counted_apart(house, item):
    house.take(item("1", "Acme is a town in Michigan"))
    house.judge("neutral", relevance=0.1)
    assert house.counts() == {"unlikely": 1}
    assert house.texts("michigan") == ["Acme is a town in Michigan"]
    assert house.texts('brand:"Acme"') == []


def test_an_unsure_relevance_takes_no_mention_out_of_the_counts(house, item):
    house.take(item("1", "Acme liefert nicht"))
    house.judge("negative", language="de", relevance={"score": 0.01, "unsure": True})
    assert house.counts()["mentions"] == 1


def test_a_text_that_cannot_be_scored_is_settled_with_the_reason(house, item):
    house.take(item("1", "Acme"))
    (due,) = house.due()
    assert house.store.writing(pipeline.settle, [(due, {"skipped": "nothing but a symbol"})], VERSIONS, house.now)
    assert house.due() == []
    (found,) = house.store.reading(searches.find, "", 10)
    assert found.answers["skipped"] == "nothing but a symbol"


def test_the_detected_language_fills_in_for_a_missing_one_only(house, item):
    house.take(item("1", "Acme es lento"), item("2", "Acme ist langsam", lang="de"))
    house.judge("negative", language="es")
    languages = {one.mention.text: one.mention.lang for one in house.store.reading(searches.find, "", 10)}
    assert languages == {"Acme es lento": "es", "Acme ist langsam": "de"}


def test_what_is_due_can_be_written_anew_from_the_rows(house, item):
    house.take(item("1", "Acme one"), item("2", "Bolt and Acme two"), item("3", "none"), origin=SURVEY)
    house.judge("neutral")
    house.take(item("4", "Acme four"), item("5", "none too"), origin=SURVEY)
    before = sorted((due.mention_id, due.brand_id) for due in house.due())
    house.store.writing(lambda connection: connection.execute(delete(DueRow.__table__)))
    house.store.writing(opinions.rebuild)
    assert sorted((due.mention_id, due.brand_id) for due in house.due()) == before


def test_an_answer_that_is_missing_towards_one_of_two_brands_is_found_missing(house, item):
    house.take(item("1", "Acme beats Bolt"))
    bolt = next(due for due in house.due() if due.brand == "Bolt")
    share = {"label": "negative", "negative": 0.8, "neutral": 0.1, "positive": 0.1}
    house.store.writing(pipeline.settle, [(bolt, {"sentiment": share, "brand_sentiment": share})], VERSIONS, house.now)
    house.store.writing(lambda connection: connection.execute(delete(DueRow.__table__)))
    house.store.writing(opinions.rebuild)
    assert [due.brand for due in house.due()] == ["Acme"]


def test_a_changed_scorer_judges_everything_again_once(house, item):
    house.take(item("1", "Acme one"), item("2", "none"), origin=SURVEY)
    assert house.store.writing(opinions.renew, {"sentiment": "1"}) == 0
    house.judge("negative")
    assert house.store.writing(opinions.renew, {"sentiment": "1"}) == 0
    assert house.store.writing(opinions.renew, {"sentiment": "2"}) == 2
    assert len(house.due()) == 2
    assert house.store.writing(opinions.renew, {"sentiment": "2"}) == 0


def test_a_newer_version_of_a_scorer_needs_no_new_table(house, item):
    house.take(item("1", "Acme one"))
    (due,) = house.due()
    for version, label in (("1", "negative"), ("2", "positive")):
        house.store.writing(opinions.ask, [(due.mention_id, [due.brand_id])])
        answer = {"sentiment": {"label": label, "negative": 0.1, "neutral": 0.1, "positive": 0.1, label: 0.8}}
        house.store.writing(
            pipeline.settle, [(due, answer)], {"sentiment": version}, house.now + timedelta(seconds=int(version))
        )
    (found,) = house.store.reading(searches.find, "", 10)
    assert found.answers["sentiment"]["label"] == "positive"
    assert house.counts() == {"mentions": 1, "source:blog": 1, "sentiment:positive": 1}
