"""Themes of a real store: who says the same, day after day, under one number and one name."""

from __future__ import annotations

import asyncio
import random
import zlib
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from monitor import pipeline, searches
from monitor.commands import retheming
from monitor.engine.theming import Theming, names_in, sort
from monitor.errors import Refused
from monitor.mention import Brand, ThemeHeard
from monitor.store import corrections, likeness, rethemed, themes, theming, triage
from monitor.store.heard import Window
from sources.base import Item

SPACE = "test 1"
VERSIONS = {
    **dict.fromkeys(("language", "sentiment", "brand_sentiment", "relevance", "need"), "1"),
    likeness.EMBEDDING: SPACE,
}
REFUNDS = (
    "Still waiting for my refund from Acme.",
    "Acme, three weeks of waiting on a refund now",
    "I have been waiting for the Acme refund since May!",
    "waiting for my refund :( Acme",
)


def meaning(text: str) -> np.ndarray:
    """Texts that share words are near: a bag of hashed words, as a unit vector."""
    vector = np.zeros(likeness.WIDTH, np.float32)
    for word in text.lower().split():
        dice = random.Random(zlib.crc32(word.strip(".,!?:()").encode()))
        vector += np.array([dice.gauss(0, 1) for _ in range(likeness.WIDTH)], np.float32)
    return vector / np.linalg.norm(vector)


class Day:
    """A house, and what is said in it by whom."""

    def __init__(self, house: Any) -> None:
        self.house = house
        self.now: datetime = house.now
        self.told = 0
        self.unscored = False
        brands = [Brand(id_, name, "") for name, id_ in house.ids.items()]
        self.theming = Theming(house.store, lambda: names_in(brands), lambda: self.unscored, lambda: self.now)

    def say(
        self, text: str, author: str = "", *, feel: str = "negative", at: datetime | None = None, **more: Any
    ) -> int:
        """One mention, judged; its id."""
        self.told += 1
        item = Item(
            id=f"m{self.told}", text=text, author=author or f"person {self.told}",
            published=at or self.now - timedelta(hours=1), **more,
        )  # fmt: skip
        self.house.now = self.now
        self.house.take(item)
        self.judge(feel, more.get("lang", "en"))
        return self.house.store.reading(_last)

    def judge(self, feel: str, language: str = "en") -> None:
        if not feel:
            return
        shares = {"negative": 0.1, "neutral": 0.1, "positive": 0.1, feel: 0.8}
        felt = {"label": feel, **shares, "unsure": False}
        answered = [
            (due, {"language": language, "sentiment": felt, "brand_sentiment": felt, "embedding": meaning(due.text)})
            for due in self.house.due()
        ]
        self.house.store.writing(pipeline.settle, answered, VERSIONS, self.now)

    def sort(self) -> None:
        asyncio.run(self.theming.whole())

    def heard(self, brand: str = "Acme", days: float = 1) -> tuple[ThemeHeard, ...]:
        window = Window(self.house.ids[brand], self.now - timedelta(days=days), self.now)
        return self.house.store.reading(themes.of_window, window)

    def change(self, what: Any, *args: Any) -> Any:
        return self.house.store.writing(what, *args, by="ann", now=self.now)


def _last(connection: Any) -> int:
    return int(connection.exec_driver_sql("SELECT max(id) FROM mention").scalar())


@pytest.fixture
def day(house: Any) -> Day:
    return Day(house)


def refunds(day: Day, **more: Any) -> list[int]:
    return [day.say(text, **more) for text in REFUNDS]


def test_four_customers_of_a_small_brand_with_the_same_refund_complaint_are_a_theme(day):
    for thing in ("kettle", "toaster", "lamp", "spoon", "bicycle", "garden hose"):
        day.say(f"Acme made my {thing}", feel="positive")
    ids = refunds(day)
    day.sort()
    (theme,) = day.heard()
    assert theme.name == "waiting for my refund"
    assert (theme.side, theme.people, sorted(theme.members)) == ("negative", 4, ids)
    assert day.house.texts(f"theme:{theme.id}") == list(reversed(REFUNDS))
    assert len(day.house.texts('theme:"waiting for my refund"')) == 4


def test_complaint_and_praise_in_the_same_words_are_two_themes(day):
    for who in ("a", "b", "c"):
        day.say("The Acme customer service again", who)
        day.say("The Acme customer service again", f"fan {who}", feel="positive")
    day.sort()
    assert sorted((one.side, one.people) for one in day.heard()) == [("negative", 3), ("positive", 3)]


def test_a_theme_keeps_its_number_and_name_for_thirty_days_of_other_words(day):
    ways = ["waiting for my refund", "waited for a refund", "wait on the refund", "waiting for our refund, Acme!",
            "they let me wait for the refund"]  # fmt: skip
    dice = random.Random(7)
    seen = set()
    for _ in range(30):
        for way in dice.sample(ways, 3):
            day.say(f"Acme: {way}, order {dice.randrange(10**6)}")
        day.say(f"Acme lamp of shape {dice.randrange(10**6)} fell over")
        day.sort()
        heard = [one for one in day.heard() if "refund" in one.name]
        seen |= {(one.id, one.name) for one in heard}
        assert len(heard) == 1
        assert heard[0].people == 3
        day.now += timedelta(days=1)
    assert len(seen) == 1


def test_other_words_of_the_same_meaning_join_and_other_words_of_none_do_not(day):
    refunds(day)
    day.sort()
    near = day.say("My Acme refund, I have been waiting for, a refund from Acme still since May")
    far = day.say("Acme refund department has lovely violet curtains")
    day.sort()
    (theme,) = day.heard()
    assert near in theme.members
    assert far not in theme.members


def test_copies_of_one_article_make_no_theme_and_count_as_one_person(day):
    text = (
        "Acme has opened its largest warehouse yet in the harbour and wants to hire two hundred people by spring, "
        "but customers are waiting for a refund of the old deposits since the company moved its office."
    )
    for i in range(5):
        day.say(text, f"paper {i}")
    day.sort()
    assert day.heard() == ()
    refunds(day)
    day.sort()
    theme = next(one for one in day.heard() if "refund" in one.name)
    assert theme.people == 5
    assert len(theme.members) == 9


def test_one_person_who_says_it_ten_times_makes_no_theme(day):
    for i in range(10):
        day.say(f"Acme parcel arrived broken, day {i}", "ann")
    day.sort()
    assert day.heard() == ()


def test_what_a_person_corrects_an_author_edits_or_a_source_deletes_leaves_its_theme(day):
    ids = refunds(day)
    more = [day.say(f"waiting for my refund, Acme, ticket {i}{i}{i}") for i in range(3)]
    day.sort()
    assert len(day.heard()[0].members) == 7
    day.house.take(Item(id="m1", text="Acme paid. All is well.", author="person 1", published=day.now))
    day.house.take(gone=("m2",))
    brand = day.house.ids["Acme"]
    day.house.store.writing(
        corrections.correct, ids[2], brand, {"sentiment": "positive"}, by="ann", note="", now=day.now
    )
    day.judge("negative")
    day.sort()
    (theme,) = day.heard()
    assert sorted(theme.members) == [ids[3], *more]
    assert len(day.house.texts(f"theme:{theme.id}")) == 4


def test_what_is_edited_while_it_is_being_sorted_is_sorted_again(day):
    refunds(day)
    day.sort()
    late = day.say("waiting for my refund from Acme, too")
    store = day.house.store
    batch = store.reading(theming.batch, 500, {})
    day.house.take(Item(id="m5", text="Acme kettles are green", author="person 5", published=day.now))
    store.writing(theming.settle, batch.due, *sort(batch))
    day.judge("negative")
    day.sort()
    assert late not in day.heard()[0].members
    assert len(day.heard()[0].members) == 4


def test_sorting_twice_changes_nothing(day):
    refunds(day)
    day.sort()
    before = day.heard()
    store = day.house.store
    store.writing(theming.sort_all_again)
    batch = store.reading(theming.batch, 500, {})
    day.sort()
    store.writing(theming.settle, batch.due, *sort(batch))
    day.sort()
    assert day.heard() == before


def test_a_mention_that_is_of_a_brand_no_more_leaves_its_theme(day):
    refunds(day)
    day.sort()
    house = day.house
    house.listen({"Acme": "acme NOT weeks", "Bolt": "bolt"})
    house.store.writing(pipeline.rematch, house.ids["Acme"], 0, house.ear, day.now)
    day.sort()
    (theme,) = day.heard()
    assert theme.people == 3


def test_a_hidden_mention_is_counted_in_no_theme(day):
    ids = refunds(day)
    day.sort()
    brand = day.house.ids["Acme"]
    change = triage.Change(status="hidden")
    day.house.store.writing(triage.change, ids[0], brand, change, by="ann", now=day.now)
    assert day.heard()[0].people == 3


def test_what_was_said_in_the_weeks_before_a_theme_was_found_is_its_past(day):
    start = day.now
    day.now = start - timedelta(days=20)
    day.say(REFUNDS[0])
    day.sort()
    day.now = start
    for text in REFUNDS[1:]:
        day.say(text)
    day.sort()
    (theme,) = day.heard(days=1)
    assert theme.people == 3
    assert theme.first == start - timedelta(days=20, hours=1)
    found = day.house.store.reading(
        themes.counts, [theme.id, 99], [(start - timedelta(days=21), start - timedelta(days=20)), (start, start)]
    )
    assert found == {theme.id: [1, 0], 99: [0, 0]}


def test_a_window_counts_the_time_before_it_and_the_past_ones(day):
    refunds(day, at=day.now - timedelta(hours=30))
    day.say(REFUNDS[0])
    day.sort()
    window = Window(day.house.ids["Acme"], day.now - timedelta(days=1), day.now)
    before = (window.start - timedelta(days=7), window.end - timedelta(days=7))
    yesterday = (window.start - timedelta(days=1), window.start)
    past = [(before[0].date(), before), (yesterday[0].date(), yesterday)]
    (theme,) = day.house.store.reading(themes.of_window, window, past)
    assert (len(theme.members), theme.previous) == (1, 4)
    assert theme.past == ((before[0].date(), 0), (yesterday[0].date(), 4))


def test_while_nothing_is_scored_themes_have_no_side(day):
    day.unscored = True
    refunds(day, feel="")
    day.sort()
    (theme,) = day.heard()
    assert (theme.side, theme.people) == ("", 4)
    day.unscored = False
    day.judge("negative")
    day.sort()
    (theme,) = day.heard()
    assert (theme.side, theme.people) == ("negative", 4)


def test_what_waits_for_its_score_is_in_no_theme_yet(day):
    refunds(day, feel="")
    day.sort()
    assert day.heard() == ()


def test_a_neutral_complaint_is_a_complaint(day):
    for i, text in enumerate(REFUNDS):
        day.say(text, feel="" if i < 2 else "negative")
        if i < 2:
            felt = {"label": "neutral", "negative": 0.2, "neutral": 0.7, "positive": 0.1, "unsure": False}
            answer = {"sentiment": felt, "brand_sentiment": felt, "embedding": meaning(text)}
            answer["need"] = [{"label": "complaint", "score": 0.9}]
            day.house.store.writing(pipeline.settle, [(due, answer) for due in day.house.due()], VERSIONS, day.now)
    day.sort()
    assert [one.people for one in day.heard()] == [4]


def test_comments_in_other_languages_meet_in_their_own_words(day):
    said = {
        "de": ["Warte bei Acme immer noch auf meine Rückerstattung", "Ich warte seit Mai auf die Rückerstattung, Acme",
               "Acme: wir warten auf eine Rückerstattung"],
        "fr": ["J'attends toujours mon remboursement, Acme", "Acme : on attend un remboursement, encore",
               "attend le remboursement d'Acme depuis mai"],
        "ja": ["Acme 返金がまだ届きません", "Acme 返金は届かない", "Acme 返金が全然届いていない"],
    }  # fmt: skip
    for lang, texts in said.items():
        for text in texts:
            day.say(text, lang=lang)
    day.sort()
    names = {one.name for one in day.heard() if one.people == 3}
    assert len(names) == 3
    assert any("Rückerstattung" in name for name in names)
    assert any("remboursement" in name for name in names)
    assert any("返金" in name for name in names)


def test_the_brands_own_name_makes_no_theme(day):
    for i, who in enumerate("abcd"):
        day.say(f"Acme Rocket {i * 7919} xyz{i}", who)
    brands = [Brand(id_, name, "", aliases=("Acme Rocket",)) for name, id_ in day.house.ids.items()]
    day.theming.ignored = lambda: names_in(brands)
    day.sort()
    assert all("rocket" not in one.name.casefold() for one in day.heard())


def test_the_themes_of_a_window_are_found_by_walking_the_window_alone(day):
    asked = {"brand": 1, "start": 0, "end": 1, "least": 0.5}

    def plan(connection: Any) -> str:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {themes._IN_WINDOW}", asked)
        return "\n".join(row[3] for row in rows)

    first, *rest = day.house.store.reading(plan).splitlines()
    assert "ix_match_brand_published (brand_id=? AND published>? AND published<?)" in first
    assert not any("SCAN" in step for step in rest)


# ---- what people change ----------------------------------------------------------------------------------------------


def two(day: Day) -> tuple[ThemeHeard, ThemeHeard]:
    refunds(day)
    for i in range(3):
        day.say(f"Acme app crashed at checkout, {i}{i}{i}")
    day.sort()
    one, other = day.heard()
    return one, other


def test_a_persons_name_stays_whatever_comes(day):
    refunds(day)
    day.sort()
    (theme,) = day.heard()
    day.change(rethemed.rename, theme.id, "Refunds")
    refunds(day)
    day.sort()
    assert [one.name for one in day.heard()] == ["Refunds"]
    assert len(day.house.texts("theme:refunds")) == 8
    day.change(rethemed.undo, None)
    assert [one.name for one in day.heard()] == ["waiting for my refund"]


def test_merged_themes_count_as_one_and_go_on_catching_and_can_be_parted(day):
    one, other = two(day)
    day.change(rethemed.merge, one.id, [other.id])
    day.say("Acme app crashed at checkout, again")
    day.sort()
    (theme,) = day.heard()
    assert (theme.id, theme.name, theme.people) == (one.id, one.name, 8)
    assert len(day.house.texts(f"theme:{one.id}")) == 8
    assert day.house.texts(f"theme:{other.id}") == []
    with pytest.raises(Refused, match="two different themes"):
        day.change(rethemed.merge, one.id, [other.id])
    day.change(rethemed.undo, None)
    assert [(one.id, one.people) for one in day.heard()] == [(one.id, 4), (other.id, 4)]


def test_a_hidden_theme_is_told_of_no_more_and_is_not_found_anew(day):
    one, other = two(day)
    day.change(rethemed.switch, "hide", [one.id])
    refunds(day)
    day.sort()
    assert [theme.id for theme in day.heard()] == [other.id]
    day.change(rethemed.switch, "show-again", [one.id])
    assert day.heard()[0].people == 8


def test_a_pinned_theme_is_marked(day):
    one, _ = two(day)
    day.change(rethemed.switch, "pin", [one.id])
    assert [theme.pinned for theme in day.heard()] == [True, False]


def test_what_was_changed_again_since_cannot_be_taken_back_first(day):
    one, _ = two(day)
    first = day.change(rethemed.rename, one.id, "Refunds")
    day.change(rethemed.rename, one.id, "Money back")
    with pytest.raises(Refused, match="changed again since"):
        day.change(rethemed.undo, first.id)


def test_twins_are_merged_unless_a_person_has_named_the_newer_or_parted_them(day):
    one, other = two(day)
    twins = (one.id, other.id)
    day.house.store.writing(rethemed.merge_twins, *twins, day.now)
    assert [theme.id for theme in day.heard()] == [one.id]
    with pytest.raises(Refused, match="Nothing that somebody changed"):
        day.change(rethemed.undo, None)  # what the program did is taken back by its number alone
    day.change(rethemed.undo, day.house.store.reading(rethemed.merges, one.id)[other.id])
    day.house.store.writing(rethemed.merge_twins, *twins, day.now)
    assert [theme.id for theme in day.heard()] == [one.id, other.id]


def test_twins_go_by_the_name_that_more_people_say_until_they_are_parted(day):
    one, other = two(day)
    for i in range(3):
        day.say(f"Acme app crashed at checkout, {i} times")
    day.sort()
    day.house.store.writing(rethemed.merge_twins, one.id, other.id, day.now)
    assert [(theme.id, theme.name) for theme in day.heard()] == [(one.id, other.name)]
    assert len(day.house.texts(f'theme:"{other.name}"')) == 10
    day.change(rethemed.undo, 1)
    assert {(theme.id, theme.name) for theme in day.heard()} == {(one.id, one.name), (other.id, other.name)}


def test_a_merged_theme_is_as_old_as_the_oldest_of_its_parts_and_as_fresh_as_the_newest(day):
    one, other = two(day)
    day.say("Acme app crashed at checkout, long ago", at=day.now - timedelta(days=9))
    day.say("Acme app crashed at checkout, just now", at=day.now)
    day.sort()
    day.change(rethemed.merge, one.id, [other.id])
    assert day.heard()[0].first == day.now - timedelta(days=9)
    row = day.house.store.reading(retheming.shown, one.id, day.now).row
    assert (row.first, row.last) == (day.now - timedelta(days=9), day.now)


def test_a_theme_that_was_known_by_a_word_alone_takes_its_first_phrase_for_a_name(day):
    small = "so it is that we were there again with our"  # in other orders, or they would be copies of one story
    orders = (small, "our so with it again is there that were we", "there we so were our is it with again that")
    for order in orders:
        day.say(f"{order} Acme refund")
    day.sort()
    (theme,) = day.heard()
    assert "late" not in theme.name
    for order, who in zip(orders, "abc", strict=True):
        day.say(f"{order} Acme late refund {' '.join(f'{who}{n}x' for n in range(8))}")
    day.sort()
    (same,) = day.heard()
    assert (same.id, same.name) == (theme.id, "late refund")
    assert len(day.house.texts('theme:"late refund"')) == 6


def test_a_theme_that_a_person_has_named_is_merged_by_nobody_else(day):
    one, other = two(day)
    day.change(rethemed.rename, other.id, "Checkout")
    day.house.store.writing(rethemed.merge_twins, one.id, other.id, day.now)
    assert [theme.id for theme in day.heard()] == [one.id, other.id]


def test_complaint_and_praise_cannot_be_merged(day):
    for who in ("a", "b", "c"):
        day.say("The Acme customer service again", who)
        day.say("The Acme customer service again", f"fan {who}", feel="positive")
    day.sort()
    one, other = day.heard()
    with pytest.raises(Refused, match="stay apart"):
        day.change(rethemed.merge, one.id, [other.id])


# ---- in whose words --------------------------------------------------------------------------------------------------


def test_a_theme_is_quoted_in_the_words_of_two_people(day):
    refunds(day)
    day.say("waiting for my refund", "ann")
    day.say("Hello there. I am WAITING for my REFUND — since April, Acme! Bye.", "ann")
    day.sort()
    (theme,) = day.heard()
    found = day.house.store.reading(themes.quotes, theme.id, theme.members)
    texts = {one.mention.id: one.mention.text for one in day.house.store.reading(searches.find, "", 100)}
    assert len(found) == 2
    assert len({quote.author for quote in found}) == 2
    assert all(quote.text in texts[quote.mention] for quote in found)


def test_hostile_texts_make_themes_like_others(day):
    bad = "<script> waiting for my refund *bold* [x](javascript:1) ' OR \u202eAcme"
    for who in ("<b>a</b>", "b'; DROP TABLE theme", "c\u0000"):
        day.say(bad, who)
        day.say("(" * 3000 + " Acme " + "a" * 5000, who)
        day.say("😀 " * 500 + "Acme", who)
    day.sort()
    assert any("waiting for my refund" in one.name for one in day.heard())
