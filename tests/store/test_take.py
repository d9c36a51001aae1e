"""What becomes of collected items: stored once, matched, revised, redacted, counted; all of a batch or nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from monitor import pipeline, searches
from monitor.pipeline import Ear, Origin
from monitor.store import brands, watches
from monitor.store.engine import Store
from monitor.store.tables import BrandRow, MatchRow, MentionRow
from sources.base import Item

SURVEY = Origin("survey", "table", "table:survey.csv", keeps="all")


def test_the_same_item_twice_is_one_mention(house, item):
    first = house.take(item("1", "Acme kettles boil"))
    second = house.take(item("1", "Acme kettles boil"))
    assert (first.new, second.new, second.known) == (1, 0, 1)
    assert house.texts() == ["Acme kettles boil"]


def test_the_same_id_in_another_feed_is_another_mention(house, item):
    house.take(item("1", "Acme kettles boil"))
    house.take(item("1", "Acme toasters toast"), origin=replace(house.origin, scope="https://other.example/feed"))
    assert sorted(house.texts()) == ["Acme kettles boil", "Acme toasters toast"]


def test_what_names_no_brand_is_passed_over_but_kept_as_a_candidate(house, item):
    taken = house.take(item("1", "A pineapple"), item("2", "Acme jobs fair"))
    assert (taken.new, taken.passed_over) == (0, 2)
    assert house.texts() == []


def test_a_candidate_that_a_wider_query_wants_becomes_a_mention_when_seen_again(house, item):
    house.take(item("1", "A pineapple"))
    house.listen({"Acme": "acme OR pineapple", "Bolt": "bolt"})
    assert house.take(item("1", "A pineapple")).new == 1


def test_what_was_collected_on_purpose_is_kept_also_without_a_brand(house, item):
    assert house.take(item("1", "Too slow"), origin=SURVEY).new == 1
    assert house.texts() == ["Too slow"]
    assert house.counts() == {}


def test_a_source_about_a_brand_makes_each_item_a_mention_of_it(house, item):
    house.take(item("1", "Too slow"), origin=replace(SURVEY, about=house.ids["Acme"]))
    assert house.counts()["mentions"] == 1
    assert house.texts('brand:"Acme"') == ["Too slow"]


def test_rows_imported_again_with_a_brand_become_mentions_of_it(house, item):
    house.take(item("1", "Too slow"), origin=SURVEY)
    again = house.take(item("1", "Too slow"), origin=replace(SURVEY, about=house.ids["Acme"]))
    assert (again.new, again.known) == (0, 1)
    assert house.counts()["mentions"] == 1


def test_an_edited_post_is_not_a_new_mention(house, item):
    house.take(item("1", "Acme is fine"))
    taken = house.take(item("1", "Acme is awful, Bolt is fine"))
    assert (taken.new, taken.edited) == (0, 1)
    assert house.texts() == ["Acme is awful, Bolt is fine"]
    assert house.texts("awful") == ["Acme is awful, Bolt is fine"]
    assert house.counts("Acme")["mentions"] == 1
    assert house.counts("Bolt")["mentions"] == 1


def test_an_edit_that_no_longer_names_the_brand_leaves_its_counts(house, item):
    house.take(item("1", "Acme is fine"))
    house.judge("positive")
    house.take(item("1", "Bolt is fine"))
    assert house.counts("Acme") == {}


def test_an_edited_post_is_scored_anew(house, item):
    house.take(item("1", "Acme is fine"))
    house.judge("positive")
    assert house.due() == []
    house.take(item("1", "Acme is awful"))
    assert [due.revision for due in house.due()] == [2]
    house.judge("negative")
    assert house.counts()["sentiment:negative"] == 1
    assert "sentiment:positive" not in house.counts()


def test_a_tombstone_takes_words_author_link_matches_and_counts_away(house, item, database):
    house.take(item("1", "Acme secretword", author="Ann Realname", url="https://a.example/privatelink"))
    house.take(item("1", "Acme secretword again", author="Ann Realname"))
    house.judge("negative")
    assert house.take(gone=("1",)).redacted == 1
    assert house.texts() == []
    assert house.texts("secretword") == []
    assert house.counts() == {}
    row = house.store.reading(lambda connection: connection.execute(select(MentionRow.__table__)).one())
    assert (row.text, row.author, row.url) == ("", "", "")


def test_what_was_deleted_at_the_source_is_not_collected_anew(house, item):
    house.take(item("1", "Acme is fine"))
    house.take(gone=("1",))
    assert house.take(item("1", "Acme is fine")).known == 1
    assert house.texts() == []


def test_items_and_cursor_are_stored_together_or_not_at_all(house, item):
    house.take(item("1", "Acme one"), cursor={"at": 1})
    real = house.ear

    class Breaking(Ear):
        def hits(self, document, about=None):
            if "three" in document.text:
                raise RuntimeError("the power went off")
            return real.hits(document, about)

    house.ear = Breaking(real.queries, real.versions, real.language)
    with pytest.raises(RuntimeError):
        house.take(item("2", "Acme two"), item("3", "Acme three"), cursor={"at": 2})
    assert house.texts() == ["Acme one"]
    assert house.store.reading(watches.cursor, "blog") == {"at": 1}


def test_a_changed_query_also_means_the_past(house, item):
    house.take(item("1", "Acme kettles"), item("2", "Acme cricket club", url="https://b.example"))
    house.take(item("3", "Bolt and acmesoft"))
    house.listen({"Acme": "(acme OR acmesoft) NOT cricket", "Bolt": "bolt"})
    for brand, after in house.store.reading(brands.to_rematch).items():
        while after is not None:
            after = house.store.writing(pipeline.rematch, brand, after, house.ear, house.now)
    assert sorted(house.texts('brand:"Acme"')) == ["Acme kettles", "Bolt and acmesoft"]
    assert house.counts()["mentions"] == 2
    assert house.store.reading(brands.to_rematch) == {}


def try_changed_queries(house):
    for brand, after in house.store.reading(brands.to_rematch).items():
        while after is not None:
            after = house.store.writing(pipeline.rematch, brand, after, house.ear, house.now)


def test_a_wider_query_reaches_what_was_passed_over(house, item):
    house.take(item("1", "Quuxly is slow", author="Ann", rating=2.0, rating_max=5.0, lang="en"), item("2", "noise"))
    house.listen({"Acme": "acme OR quuxly", "Bolt": "bolt"})
    try_changed_queries(house)
    (found,) = house.store.reading(searches.find, 'brand:"Acme"', 10)
    assert (found.mention.text, found.mention.author, found.mention.rating) == ("Quuxly is slow", "Ann", 2.0)
    assert house.take(item("1", "Quuxly is slow", author="Ann", rating=2.0, rating_max=5.0)).known == 1
    assert house.counts()["mentions"] == 1


def test_a_brand_that_comes_back_hears_of_what_was_collected_in_between(house, item):
    house.listen({"Bolt": "bolt"})
    house.take(item("1", "Acme and Bolt"), item("2", "Acme alone"))
    house.listen({"Acme": "acme NOT jobs", "Bolt": "bolt"})
    try_changed_queries(house)
    assert sorted(house.texts('brand:"Acme"')) == ["Acme alone", "Acme and Bolt"]


def test_what_an_edit_or_a_narrower_query_takes_out_is_not_scored_for_nobody(house, item):
    house.take(item("1", "Acme and Bolt"))
    house.take(item("1", "Bolt alone"))
    assert [due.brand for due in house.due()] == ["Bolt"]
    house.listen({"Acme": "acme", "Bolt": "bolt NOT alone"})
    try_changed_queries(house)
    assert house.due() == []


def test_items_of_one_batch_that_share_an_id_are_counted(house, item):
    taken = house.take(item("1", "Acme one"), item("1", "Acme one again"))
    assert (taken.new, taken.known) == (1, 1)


def test_a_text_without_a_usable_time_counts_when_it_was_found(house, item):
    house.take(item("1", "Acme one", published=None), item("2", "Acme two", published=datetime(1601, 1, 1, tzinfo=UTC)))
    assert house.counts()["mentions"] == 2


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["say", "say", "judge", "delete"]),
            st.sampled_from("123"),
            st.sampled_from(["Acme a", "Acme Bolt b", "Bolt c", "nobody d"]),
            st.sampled_from(["negative", "positive", "neutral"]),
            st.sampled_from([None, 0.1, 0.9]),
        ),
        max_size=12,
    )
)
def test_stored_counts_always_equal_a_fresh_count(tmp_path_factory, open_house, steps):
    store = Store(tmp_path_factory.mktemp("counts") / "o.db", write=True)
    try:
        house = open_house(store)
        for verb, id_, text, label, relevance in steps:
            if verb == "say":
                house.take(Item(id=id_, text=text, published=house.now - timedelta(hours=int(id_))))
            elif verb == "judge":
                house.judge(label, relevance)
            else:
                house.take(gone=(id_,))
        for brand in house.ids:
            assert house.counts(brand) == fresh_count(house, brand)
    finally:
        store.close()


def fresh_count(house, brand) -> dict[str, int]:
    """What the rollups should say, counted from the rows."""
    match, mention, brands_ = MatchRow.__table__, MentionRow.__table__, BrandRow.__table__
    question = (
        select(match, mention.c.source)
        .join(mention, mention.c.id == match.c.mention_id)
        .join(brands_, brands_.c.id == match.c.brand_id)
        .where(brands_.c.name == brand)
    )
    counted: Counter[str] = Counter()
    for row in house.store.reading(lambda connection: connection.execute(question).all()):
        if row.relevance is not None and row.relevance < 0.5:
            counted["unlikely"] += 1
            continue
        counted.update(["mentions", f"source:{row.source}"])
        if row.sentiment:
            counted[f"sentiment:{row.sentiment}"] += 1
    return dict(counted)
