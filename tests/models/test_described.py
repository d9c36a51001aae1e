"""What speaks for a label: meaning, words, telling words of its description; and what is about nothing at all."""

from pathlib import Path

import pytest

from models import taxonomy
from models.base import Question
from models.judge import Judge
from models.keywords import Keywords, stems
from models.language import language_of
from models.reasons import reasons
from models.taxonomy import Label, Taxonomy
from models.text import plain

PETS = Label("pets", "Dogs, cats and other animals that guests bring along")


def test_english_endings_make_no_difference_to_a_telling_word() -> None:
    assert stems("charging charged charges") == stems("charge")


def test_words_that_stand_in_any_sentence_tell_nothing() -> None:
    keywords = Keywords.of(["The weight of the thing", "The colour of it"], taxonomy.background())
    assert keywords.labels_in("the thing of it") == set()
    assert keywords.labels_in("such lovely colours") == {1}
    assert keywords.shared("such lovely colours", 1) == ["colour"]


def test_each_thing_a_user_writes_makes_a_label_surer(weights_folder: Path) -> None:
    text = "My rabbit was allowed to sleep in the room"

    def chance(label: Label) -> float:
        judge = Judge.open(weights_folder, taxonomy=Taxonomy(topics=(label,)))
        return reasons(judge, text)["topics"][0].chance

    alone = chance(PETS)
    with_example = chance(PETS.added(Label("pets", "", examples=("They let our hamster stay in the room.",))))
    with_word = chance(PETS.added(Label("pets", "", words=("rabbit*",))))
    assert with_example > alone
    assert with_word > alone


def test_a_reason_names_the_nearest_saying_and_the_words_that_were_found(judge: Judge) -> None:
    first = reasons(judge, "The agent was so rude to my mother")["topics"][0]
    assert first.label.name == "friendliness"
    assert first.given
    assert first.saying in first.label.sayings
    assert "rude" in first.words
    assert first.cosine > 0.4


def test_reasons_say_what_the_reading_says(judge: Judge) -> None:
    text = "Rude staff, slow delivery, and far too expensive"
    reading = judge.read([Question(text)])[0].as_json()
    for scorer in ("topics", "touchpoints"):
        given = [one.label.name for one in reasons(judge, text)[scorer] if one.given]
        assert given == [one["label"] for one in reading[scorer]]


@pytest.mark.parametrize("text", ["", "\x00"])
def test_what_cannot_be_read_has_no_reasons(judge: Judge, text: str) -> None:
    assert reasons(judge, text) == {}


def test_what_is_shipped_is_plainly_english_so_that_it_opens_no_other_encoder() -> None:
    every = taxonomy.chosen(tuple(taxonomy.packs()))
    sayings = [saying for kind in taxonomy.KINDS for label in getattr(every, kind) for saying in label.sayings]
    strange = [one for one in (*sayings, *taxonomy.background()) if language_of(plain(one)) not in ("en", "und")]
    assert strange == []


def test_nothing_of_the_background_is_given_a_label(judge: Judge) -> None:
    readings = judge.read([Question(text) for text in taxonomy.background()])
    assert [one.question.text for one in readings if one.as_json()["topics"]] == []
