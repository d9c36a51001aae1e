"""Themes of comments alone: what several people say in nearly the same words."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.judge import Judge
from monitor.story.themes import Comment, Theme, Themes, founded, least_alike, least_people, unit
from monitor.story.words import sentences, stems_of

WHEN = datetime(2026, 11, 21, tzinfo=UTC)
DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


@pytest.fixture
def say() -> Any:
    """`say("text", "author")` is a new comment."""
    numbers = count(1)

    def one(text: str, who: str = "", language: str = "en", ignored: Any = (), vector: Any = None) -> Comment:
        number = next(numbers)
        return Comment(number, who or f"person {number}", text, language, WHEN, vector, ignored)

    return one


@cache
def judge() -> Judge:
    return Judge.open(threads=1)


def meant(texts: list[str], language: str = "en") -> list[Comment]:
    """Comments by different people, with what the shipped encoders make of them."""
    vectors = judge().embed(texts)
    return [Comment(i, f"person {i}", text, language, WHEN, vectors[i]) for i, text in enumerate(texts)]


def said(theme: Any) -> set[str]:
    return {one.text for one in theme.comments}


def test_people_with_the_same_phrase_make_a_theme_named_by_it(say):
    told = [
        say("Still waiting for my refund."),
        say("Three weeks of waiting on a refund now"),
        say("I have been waiting for the refund since May!"),
        say("waiting for my refund :("),
        say("The app is blue."),
    ]
    (theme,) = founded(told)
    assert theme.name == "waiting for my refund"
    assert [one.id for one in theme.comments] == [1, 2, 3, 4]
    assert "waiting on a refund" in theme.wordings


def test_a_name_is_written_as_within_a_sentence_save_in_german(say):
    (theme,) = founded([say("Loses wifi every night."), say("It is great. Loses wifi though"), say("LOSES WIFI")])
    assert theme.name == "loses wifi"
    (theme,) = founded([say(f"{word} Wartezeit Hotline", language="de") for word in ("Ewige", "Lange", "Die")])
    assert theme.name == "Wartezeit Hotline"


def test_a_version_number_stands_in_a_name(say):
    (theme,) = founded([say("app 4.2 crashes at start"), say("App 4.2 crashes all day"), say("the app 4.2 crashes")])
    assert theme.name == "app 4.2 crashes"


def test_a_word_that_people_share_is_named_by_the_words_around_it_that_half_of_them_share():
    asked = [
        "kettle: where is my refund",
        "Refund refused by the bank",
        "Where is my refund?",
        "Not seen a refund, ever",
    ]
    others = ["The app is blue.", "Parcel came broken", "Colours differ from the picture", "Support was rude"]
    (theme,) = founded(meant([*asked, *others]))
    assert theme.name == "where is my refund"


def test_one_person_who_says_it_ten_times_makes_no_theme(say):
    assert founded([say(f"The parcel arrived broken, day {i}", "ann") for i in range(10)]) == []


def test_the_longer_phrase_absorbs_its_parts(say):
    (theme,) = founded([say("the new delivery slot picker is slow") for _ in range(3)])
    assert "delivery slot picker" in theme.name


def test_words_that_mean_nothing_make_no_theme(say):
    assert founded([say("and so it was that we have been there again") for _ in range(4)]) == []


def test_a_name_is_never_a_single_word(say):
    assert founded([say(text) for text in ("Refund!", "refund?", "REFUND", "refund refund")]) == []


def test_no_phrase_goes_across_commas_brackets_or_sentences(say):
    texts = ("Great app. Crashed", "a great app (crashed)", "great app, crashed", "app: crashed")
    assert all("crashed" not in one.name.lower() for one in founded([say(text) for text in texts]))


def test_handles_addresses_and_the_brands_own_name_are_no_words_of_a_theme(say):
    mine = stems_of("Acme Rocket")
    told = [say(f"@acme_help the Acme Rocket {x} https://acme.example/help", ignored=mine) for x in ("b", "c", "d")]
    assert founded(told) == []


def test_contractions_and_typographic_apostrophes_are_one_word(say):
    (theme,) = founded([say("It doesn't charge"), say("it doesn’t charge"), say("IT DOESN'T CHARGE")])
    assert theme.keys == (("charg", "not"),)


def test_the_more_people_speak_the_more_must_say_the_same():
    assert [least_people(n) for n in (1, 10, 225, 2_500, 10_000)] == [3, 3, 3, 10, 20]
    assert [round(least_alike(n), 2) for n in (3, 16, 64, 256, 10_000)] == [0.55, 0.55, 0.65, 0.75, 0.75]


def test_a_text_that_uses_a_phrase_of_something_else_entirely_stays_out(say):
    here, there = unit(np.eye(384, dtype=np.float32)[0]), unit(np.eye(384, dtype=np.float32)[1])
    themes = Themes([Theme(7, frozenset({("refund", "wait")}), frozenset({"refund"}), here)])
    assert themes.joined(say("waiting for a refund", vector=here)) == {7: "wording"}
    assert themes.joined(say("waiting for a refund", vector=there)) == {}
    assert themes.joined(say("no refund ever", vector=here)) == {7: "meaning"}
    assert themes.joined(say("they never paid", vector=here)) == {}


# ---- with the shipped encoders ---------------------------------------------------------------------------------------


def test_four_customers_who_share_a_word_and_a_meaning_are_a_theme_among_others():
    refunds = ["My refund is lost somewhere", "no answer about my refund", "They refuse it. Refund? Ha!",
               "where did the refund go"]  # fmt: skip
    others = ["The app is blue.", "Parcel came broken", "Colours differ from the picture", "Support was rude"]
    (theme,) = founded(meant([*refunds, *others]))
    assert theme.name == "refund is lost"  # rather than "my refund", which two of them write
    assert said(theme) == set(refunds)


def test_complaints_that_have_nothing_in_common_make_no_theme():
    texts = ["lid does not close", "Support was rude on the phone", "Battery dies after an hour", "website down again",
             "Too expensive now", "the manual is in Dutch only", "arrived late", "smells of plastic"]  # fmt: skip
    assert founded(meant(texts)) == []


@pytest.mark.parametrize(
    ("language", "texts", "word"),
    [
        ("fr", ["J'attends toujours mon remboursement", "Aucun remboursement depuis trois semaines",
                "Où est mon remboursement ?", "remboursement promis, jamais reçu", "L'appli plante"], "remboursement"),
        ("de", ["Meine Rückerstattung ist immer noch nicht da", "Seit Wochen keine Rückerstattung",
                "Wo bleibt die Rückerstattung", "App stürzt ab"], "Rückerstattung"),
        ("ja", ["返金がまだ届きません", "返金はいつですか", "返金の連絡がない", "アプリが落ちる"], "返金"),
    ],
)  # fmt: skip
def test_themes_are_found_in_other_languages(language, texts, word):
    (theme,) = founded(meant(texts, language))
    assert word in theme.name
    assert len(theme.comments) >= 3


@pytest.mark.parametrize(
    ("text", "language", "stems"),
    [
        ("J'attends mon remboursement", "fr", ["attend", "rembours"]),
        ("Ich warte nicht auf Rückerstattungen", "de", ["wart", "not", "ruckerstatt"]),
        ("アプリが全然起動しません", "ja", ["アプリ", "全然", "起動~not"]),
        ("退款还没有到账", "zh", ["退款", "not", "账"]),
        ("It won't charge, 3 weeks, error 404", "en", ["not", "charg", "error", "404"]),
    ],
)
def test_words_are_told_by_what_they_mean_in_their_language(text, language, stems):
    assert [word.stem for part in sentences(text, language) for word in part if word.stem] == stems


def test_words_stand_where_they_were_written():
    text = "Straße: L'été, 返金がまだ届きません — ok? ﬁne \u202e don’t"
    words = [word for part in sentences(text, "fr") for word in part]
    assert all(text[word.start : word.end].strip() for word in words)
    assert [word.start for word in words] == sorted(word.start for word in words)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=80), st.sampled_from("abcd"), st.sampled_from(["", "en", "ja", "xx"]))))
def test_any_text_is_sorted_without_a_fuss(texts):
    told = [Comment(i, who, text, language, WHEN) for i, (text, who, language) in enumerate(texts)]
    for theme in founded(told):
        assert theme.name
        assert len({one.who for one in theme.comments}) >= 3


# ---- how good it is --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "label", "wording", "meaning"),
    [("airline-train", "reason", 0.60, 0.65), ("support-intents-train", "label", 0.60, 0.60)],
)
def test_themes_hold_what_belongs_together_by_the_labels_of_people(name, label, wording, meaning):
    """Of what joins a theme, how much has the label that most of its founders have. Labels are coarse (ten reasons) or
    fine (77 intents), one a text: what speaks of two things counts as wrong under one of them."""
    path = DATA / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"{name} is not here: it is no part of this project")
    with path.open() as lines:
        rows = [row for row in map(json.loads, lines) if row.get(label)][:3_000]
    vectors = judge().embed([row["text"] for row in rows])
    mine = stems_of("virginamerica united southwestair americanair usairways jetblue delta")
    comments = [
        Comment(i, f"person {i}", row["text"], "en", WHEN + timedelta(minutes=i), vectors[i], mine)
        for i, row in enumerate(rows)
    ]
    dice = np.random.default_rng(7)
    comments = [comments[i] for i in dice.permutation(len(comments))]
    made = founded(comments[:1_000])
    themes = Themes(Theme(i, frozenset(one.keys), one.telling, one.centroid) for i, one in enumerate(made))
    joined = {"wording": Counter[int](), "meaning": Counter[int]()}
    right = Counter[str]()
    labels: dict[int, Counter[str]] = {
        i: Counter(rows[c.id][label] for c in one.comments) for i, one in enumerate(made)
    }
    for comment in comments[1_000:]:
        for theme, how in themes.joined(comment).items():
            joined[how][theme] += 1
            right[how] += rows[comment.id][label] == labels[theme].most_common(1)[0][0]
    shares = {how: right[how] / max(1, total.total()) for how, total in joined.items()}
    print(name, shares, {how: total.total() for how, total in joined.items()})
    assert shares["wording"] >= wording
    assert shares["meaning"] >= meaning
