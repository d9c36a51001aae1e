"""The same news told again is one story: as it arrives, through edits and deletions, and as people change it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from monitor import pipeline
from monitor.errors import Refused
from monitor.pipeline import Origin
from monitor.store import bands, gathering, index, regrouped, stories, told, triage
from monitor.store.engine import Store
from monitor.store.heard import Window
from monitor.store.triage import Change

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WIRE = Origin("wire", "feed", "https://wire.example/feed")
NEWS = (
    "Acme will open a repair centre in Lyon in May, its first in France, and hire sixty people for it, "
    "the company told the town on Tuesday. Kettles can be brought in without an appointment."
)
RETOLD = (
    "Lyon gets the first French repair centre of Acme: from May on it mends kettles for whoever comes by. "
    "Sixty people are hired, the town heard from the company on Tuesday, and 1,200 square metres let."
)
OTHER = (
    "Bolt and Acme share a stand at the fair in Cologne this spring, where both show what they make for "
    "small kitchens, from folding kettles to a scooter with a fridge."
)


def story_of(house) -> dict[str, int | None]:
    """External id to the number of the story that it tells."""
    rows = house.store.reading(lambda connection: connection.exec_driver_sql(_STORIES).all())
    return {row.external_id: row.story_id for row in rows}


_STORIES = "SELECT m.external_id, t.story_id FROM mention AS m LEFT JOIN told AS t ON t.mention_id = m.id"


def id_of(house, external_id: str) -> int:
    sql = "SELECT id FROM mention WHERE external_id = ?"
    return house.store.reading(lambda connection: connection.exec_driver_sql(sql, (external_id,)).scalar_one())


def heard(house, brand="Acme", days=7, end=NOW):
    return house.store.reading(stories.of_window, Window(house.ids[brand], end - timedelta(days=days), end))


def test_a_copy_joins_through_another_source_and_who_published_first_leads(house, item):
    house.take(item("copy", f"(Wire) {NEWS}", published=NOW - timedelta(hours=2)), origin=WIRE)
    house.take(item("first", NEWS, published=NOW - timedelta(hours=5)))
    (story,) = heard(house)
    assert story.lead.id == id_of(house, "first")
    assert story.members == (id_of(house, "first"), id_of(house, "copy"))
    assert house.texts("is:story-lead") == [NEWS]
    assert house.texts("is:duplicate") == [f"(Wire) {NEWS}"]
    assert house.texts(f"story:{story.id}") == [f"(Wire) {NEWS}", NEWS]
    assert house.texts(f"story:{story.id + 1}") == []


def test_copies_in_one_batch_meet_and_others_do_not(house, item):
    house.take(item("1", NEWS), item("2", OTHER), item("3", f"{NEWS} More: https://t.example/9"))
    told_by = story_of(house)
    assert told_by["1"] == told_by["3"] is not None
    assert told_by["2"] is None


@pytest.mark.parametrize("gone", ["deleted", "edited"])
def test_who_is_left_alone_by_the_first_is_found_by_the_next_copy(house, item, gone):
    house.take(item("1", NEWS))
    house.take(item("2", NEWS), origin=WIRE)
    if gone == "deleted":
        house.take(gone=("1",))
    else:
        house.take(item("1", OTHER))
    assert story_of(house) == {"1": None, "2": None}
    house.take(item("3", NEWS), origin=WIRE)
    told_by = story_of(house)
    assert told_by["2"] == told_by["3"] is not None


def test_who_leads_one_that_thousands_tell_comes_from_one_index(house):
    plan = house.store.reading(lambda connection: connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {told._LEAD}", (1,)))
    assert [row[-1] for row in plan] == ["SEARCH told USING COVERING INDEX ix_told_story (story_id=?)"]


def test_a_late_one_joins_and_one_of_another_month_does_not(house, item):
    house.take(item("1", NEWS, published=NOW - timedelta(days=9)))
    house.take(item("late", NEWS, published=NOW - timedelta(days=6)))
    house.take(item("old", NEWS, published=NOW - timedelta(days=60)))
    told_by = story_of(house)
    assert told_by["1"] == told_by["late"] is not None
    assert told_by["old"] is None


def test_two_customers_with_the_same_short_words_are_no_story(house, item):
    house.take(item("1", "Acme: great app", author="ann"), item("2", "Acme: great app", author="bo"))
    assert heard(house) == ()


def test_the_same_address_and_a_link_to_it_make_a_story(house, item):
    at = "https://www.paper.example/acme-lyon?utm_source=x"
    house.take(item("comment", "Acme in Lyon, at last: https://paper.example/acme-lyon", kind="post"))
    house.take(item("paper", NEWS, url=at, kind="article"))
    house.take(item("headline", "Acme opens a repair centre", url="https://paper.example/acme-lyon/", kind="article"))
    house.take(item("card", "Look at this, Acme!", kind="post", extra={"link": "https://m.paper.example/acme-lyon"}))
    assert len(set(story_of(house).values())) == 1
    hows = house.store.reading(lambda connection: connection.exec_driver_sql("SELECT how FROM told").scalars().all())
    assert sorted(hows) == ["link", "quote", "quote", "quote"]


def test_reports_of_a_page_that_has_one_address_for_all_stay_apart(house, item):
    status = "https://status.acme.example/history"
    house.take(item("1", "Acme: login down", url=status, kind="post"))
    house.take(item("2", "Acme: payments are slow since noon", url=status, kind="post"))
    assert set(story_of(house).values()) == {None}


def test_a_quoted_post_is_found_however_its_network_writes_its_address(house, item):
    quoted = {"quotes": "at://did:plc:abc/app.bsky.feed.post/3kxyz"}
    house.take(item("1", "Acme in Lyon!", url="https://bsky.app/profile/did:plc:abc/post/3kxyz", kind="post"))
    house.take(item("2", "So true of Acme", url="https://bsky.app/profile/did:plc:d/post/4", kind="post", extra=quoted))
    assert story_of(house)["1"] == story_of(house)["2"] is not None


def test_an_edit_leaves_the_story_and_tells_what_it_says_now(house, item):
    house.take(item("1", NEWS), item("2", NEWS), item("3", OTHER))
    house.take(item("2", f"{OTHER} We will be there."))
    told_by = story_of(house)
    assert told_by["1"] is None
    assert told_by["2"] == told_by["3"] is not None
    assert NEWS not in house.texts("is:story-lead OR is:duplicate")


def test_when_the_lead_is_deleted_the_next_leads_and_one_alone_tells_no_story(house, item):
    first = item("1", NEWS, published=NOW - timedelta(hours=3))
    house.take(first, item("2", f"{NEWS} Two.", published=NOW - timedelta(hours=2)), item("3", f"{NEWS} Three."))
    house.take(gone=("1",))
    (story,) = heard(house)
    assert story.lead.id == id_of(house, "2")
    assert house.texts("is:story-lead") == [f"{NEWS} Two."]
    house.take(gone=("2",))
    assert heard(house) == ()
    assert house.texts("is:story-lead OR is:duplicate") == []


def test_a_copy_finds_the_story_whose_first_wording_was_deleted(house, item):
    house.take(item("1", NEWS), item("2", NEWS), item("3", NEWS))
    house.take(gone=("1",))
    house.take(item("4", NEWS))
    told_by = story_of(house)
    assert told_by["2"] == told_by["3"] == told_by["4"] is not None


def test_one_that_both_parts_resemble_makes_them_one_story(house, item):
    half = len(NEWS.split()) // 2
    long = f"{NEWS} {OTHER}"
    house.take(item("a", " ".join(NEWS.split()[: half + 6])), item("b", f"{NEWS} And there is coffee."))
    house.take(item("whole", long), item("again", f"{long} Read on."))
    assert len(set(story_of(house).values())) == 1


def test_a_window_counts_likely_and_shown_mentions_of_its_brand(house, item):
    both = NEWS.replace("Acme", "Acme with Bolt")
    house.take(item("1", both, published=NOW - timedelta(days=3)))
    house.take(item("2", f"{both} Two.", published=NOW - timedelta(hours=3)))
    house.take(item("3", f"{NEWS} Three.", published=NOW - timedelta(hours=2)))
    (today,) = heard(house, days=1)
    assert (today.lead.id, len(today.members), today.before) == (id_of(house, "1"), 2, 1)
    (of_bolt,) = heard(house, brand="Bolt", days=1)
    assert (of_bolt.members, of_bolt.before) == ((id_of(house, "2"),), 1)
    assert heard(house, days=1, end=NOW - timedelta(days=2)) == (), "one alone had told it by then"
    hidden = Change(status="hidden")
    house.store.writing(triage.change, id_of(house, "1"), house.ids["Acme"], hidden, by="ann", now=NOW)
    assert heard(house, days=1)[0].before == 0
    house.judge(relevance=0.1)
    assert heard(house, days=1) == ()


def test_the_most_told_stories_come_first(house, item):
    house.take(*(item(f"o{n}", f"{OTHER} {'So! ' * n}") for n in range(2)))
    house.take(*(item(f"n{n}", f"{NEWS} {'So! ' * n}") for n in range(3)))
    assert [len(story.members) for story in heard(house)] == [3, 2]


# ---- in other words --------------------------------------------------------------------------------------------------


def judged(house, vectors):
    """Answer what is due, with what each text means."""
    due = house.due()
    answers = [(one, {"language": "en", "embedding": vectors[one.text]}) for one in due]
    house.store.writing(pipeline.settle, answers, {"embedding": "space 1"}, house.now)


def near(cosine: float) -> tuple[np.ndarray, np.ndarray]:
    one, other = np.zeros(384, np.float32), np.zeros(384, np.float32)
    one[0] = 1
    other[0], other[1] = cosine, (1 - cosine**2) ** 0.5
    return one, other


def test_the_same_news_in_other_words_joins_when_it_is_known_what_it_means(house, item):
    news = f"{NEWS} It has 1,200 square metres."
    house.take(item("1", news, kind="article"), item("2", RETOLD, kind="article"), item("3", OTHER, kind="article"))
    assert set(story_of(house).values()) == {None}
    one, other = near(0.85)
    judged(house, {news: one, RETOLD: other, OTHER: one})
    told_by = story_of(house)
    assert told_by["1"] == told_by["2"] is not None
    assert told_by["3"] is None
    assert house.texts("is:duplicate") == [RETOLD]


def test_what_customers_say_in_like_words_is_no_story(house, item):
    news = f"{NEWS} It has 1,200 square metres."
    house.take(item("1", news, kind="review"), item("2", RETOLD, kind="review"))
    one, other = near(0.95)
    judged(house, {news: one, RETOLD: other})
    assert set(story_of(house).values()) == {None}


# ---- by hand ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def change(house):
    def do(work, *arguments):
        return house.store.writing(lambda connection: work(connection, *arguments, by="ann", now=NOW))

    return do


def test_what_a_person_split_off_is_not_put_back(house, item, change):
    house.take(item("1", NEWS), item("2", f"{NEWS} Two."), item("3", f"{NEWS} Three."))
    (story,) = heard(house)
    change(regrouped.split, story.id, [id_of(house, "3")])
    house.take(item("3", f"{NEWS} Three, mended."))
    house.take(item("4", f"{NEWS} Two."))
    told_by = story_of(house)
    assert told_by["1"] == told_by["2"] == told_by["4"] == story.id
    assert told_by["3"] not in (story.id, None)
    assert house.texts(f"story:{told_by['3']}") == [f"{NEWS} Three, mended."]
    assert f"{NEWS} Three, mended." not in house.texts("is:duplicate OR is:story-lead")


def test_of_two_that_a_person_told_apart_neither_is_put_back(house, item, change):
    news = f"{NEWS} It has 1,200 square metres."
    house.take(item("1", news, kind="article"), item("2", f"{news} Two.", kind="article"))
    (story,) = heard(house)
    change(regrouped.split, story.id, [id_of(house, "2")])
    one, other = near(0.99)
    judged(house, {news: one, f"{news} Two.": other})
    house.take(item("3", f"{news} Three."))
    told_by = story_of(house)
    assert told_by["1"] != told_by["2"]
    assert None not in told_by.values()
    assert told_by["3"] in (told_by["1"], told_by["2"])


def test_a_split_is_taken_back(house, item, change):
    house.take(item("1", NEWS), item("2", NEWS))
    (story,) = heard(house)
    done = change(regrouped.split, story.id, [id_of(house, "2")])
    assert heard(house) == ()
    assert change(regrouped.undo, None).id == done.id
    assert heard(house) == (story,)
    with pytest.raises(Refused, match="left to take back"):
        change(regrouped.undo, None)


def test_merged_stories_are_the_first_of_them_and_come_apart_again(house, item, change):
    house.take(item("1", NEWS), item("2", NEWS), item("3", OTHER), item("4", OTHER))
    first, second = sorted(story.id for story in heard(house))
    change(regrouped.rename, second, "The fair")
    done = change(regrouped.merge, first, [second])
    (story,) = heard(house)
    assert (story.id, story.name, len(story.members)) == (first, "The fair", 4)
    house.take(item("5", OTHER))
    change(regrouped.undo, done.id)
    told_by = story_of(house)
    assert [told_by[id_] for id_ in "1234"] == [first, first, second, second]
    assert {story.id: story.name for story in heard(house)} == {first: "", second: "The fair"}
    assert told_by["5"] == first, "what came since stays where it came"


def test_what_cannot_be_done_to_a_story_is_refused_in_words(house, item, change):
    house.take(item("1", NEWS), item("2", NEWS), item("3", OTHER))
    (story,) = heard(house)
    with pytest.raises(Refused, match="There is no story 99"):
        change(regrouped.rename, 99, "What?")
    with pytest.raises(Refused, match="does not tell story"):
        change(regrouped.split, story.id, [id_of(house, "3")])
    with pytest.raises(Refused, match="all mentions"):
        change(regrouped.split, story.id, list(story.members))
    with pytest.raises(Refused, match="two different"):
        change(regrouped.merge, story.id, [story.id])
    with pytest.raises(Refused, match="no change 7"):
        change(regrouped.undo, 7)


def test_the_number_of_a_story_that_is_no_more_is_never_given_again(house, item):
    house.take(item("1", NEWS), item("2", NEWS))
    (story,) = heard(house)
    house.take(gone=("1", "2"))
    house.take(item("3", OTHER), item("4", OTHER))
    assert heard(house)[0].id > story.id


# ---- as a whole ------------------------------------------------------------------------------------------------------


def test_every_mention_is_where_a_search_says_after_any_changes(house, item):
    texts = [NEWS, f"(Wire) {NEWS}", OTHER, f"{OTHER} More soon.", "Acme leaks", RETOLD]
    for number, (text, again) in enumerate(itertools.product(texts, texts)):
        house.take(item(str(number % 9), text), item(f"x{number}", again, published=NOW - timedelta(days=number % 20)))
        if number % 4 == 0:
            house.take(gone=(f"x{number - 2}",))
    assert house.store.reading(index.faults) == []

    def sizes(connection):
        return connection.exec_driver_sql(
            "SELECT s.id FROM story AS s LEFT JOIN told AS t ON t.story_id = s.id "
            "LEFT JOIN mention AS m ON m.id = t.mention_id GROUP BY s.id "
            "HAVING count(m.id) <> s.size OR s.size < 2 OR min(m.published) <> s.first OR max(m.published) <> s.last"
        ).all()

    assert house.store.reading(sizes) == []


@pytest.mark.parametrize("piece", [1, 2, 5_000])
def test_a_store_of_the_version_before_tells_its_stories_once_it_is_opened(
    house, item, database, open_house, monkeypatch, piece
):
    monkeypatch.setattr(gathering, "PIECE", piece)
    house.take(item("1", NEWS), item("2", f"(Wire) {NEWS}"), item("3", "Acme leaks"))

    def as_before(connection):
        for table in ("told", "story", "band"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        connection.exec_driver_sql("DELETE FROM setting WHERE key = 'stories'")
        connection.exec_driver_sql("UPDATE setting SET value = '1' WHERE key = 'index'")

    house.store.writing(as_before)
    house.store.writing(gathering.fill)  # the first start of the new version was broken off
    house.store.close()
    store = Store(database, write=True)
    after = open_house(store)
    assert after.texts("is:duplicate OR is:story-lead") == [f"(Wire) {NEWS}", NEWS]
    after.take(item("4", f"{NEWS} Four."))
    assert len(heard(after)[0].members) == 3
    store.close()


def test_making_the_index_anew_leaves_stories_as_they_are(house, item, change):
    house.take(item("1", NEWS), item("2", NEWS), item("3", NEWS))
    (story,) = heard(house)
    change(regrouped.split, story.id, [id_of(house, "3")])
    before = story_of(house)
    house.store.writing(index.rebuild)
    assert story_of(house) == before
    assert house.store.reading(index.faults) == []


def test_however_many_share_a_key_a_few_are_looked_at(house):
    place = (2_900, 7)
    house.store.writing(lambda connection: bands.put(connection, [(place, number) for number in range(1, 5_000)]))
    found = house.store.reading(bands.at, [place, (2_901, 7)])
    assert found == {place: list(range(4_999, 4_999 - bands.A_KEY, -1))}


def test_a_form_that_hundreds_fill_in_is_no_story_and_what_is_copied_of_it_is(house, item):
    form = "Acme order {} has not arrived for weeks and nobody of your support answers me, what shall I do now"
    house.take(*(item(str(number), form.format(number + 1_000)) for number in range(300)))
    assert set(story_of(house).values()) == {None}
    house.take(item("copy", form.format(1_299)))
    told_by = story_of(house)
    assert told_by["copy"] == told_by["299"] is not None


def test_leaving_keeps_nothing_to_be_found_by(house, item):
    house.take(item("1", NEWS, url="https://paper.example/acme", kind="article"))
    house.take(gone=("1",))
    left = house.store.reading(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM band").scalar_one())
    assert left == 0


def test_joining_twice_changes_nothing(house, item):
    house.take(item("1", NEWS), item("2", NEWS))
    held = house.store.reading(told.held, [id_of(house, "1"), id_of(house, "2")])
    house.store.writing(gathering.follow_edits, list(held))
    assert house.store.reading(told.held, list(held)) == held
