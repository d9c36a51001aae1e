"""Topics by description: found, several, none; and a taxonomy that is the user's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models import taxonomy
from models.base import Question
from models.judge import Judge
from models.taxonomy import Label, Taxonomy, TaxonomyWrong

Ask = Callable[..., dict[str, Any]]


def labels(found: list[dict[str, Any]]) -> set[str]:
    return {one["label"] for one in found}


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Far too expensive for what you get", "price"),
        ("They still owe me the refund from March", "refunds"),
        ("It crashes whenever I open the camera", "reliability"),
        ("The clerk was so rude to my mother", "friendliness"),
        ("I waited on hold for fifty minutes", "speed"),
        ("Somebody hacked my account last night", "privacy and security"),
    ],
)
def test_a_topic_is_found_by_its_description_and_words(ask: Ask, text: str, topic: str) -> None:
    assert topic in labels(ask(text)["topics"])


@pytest.mark.parametrize(
    ("text", "touchpoint"),
    [
        ("My parcel is somewhere in Ohio, says the tracking", "delivery"),
        ("You charged my credit card twice", "billing"),
        ("The agent on the phone hung up on me", "support"),
        ("After the update the app is empty", "app"),
        ("I cannot get off your newsletter", "newsletter"),
        ("Saw your billboard on the motorway", "advertising"),
    ],
)
def test_a_touchpoint_is_found(ask: Ask, text: str, touchpoint: str) -> None:
    assert touchpoint in labels(ask(text)["touchpoints"])


def test_a_mention_can_have_several_topics(ask: Ask) -> None:
    answer = ask("Rude staff, slow delivery, and far too expensive")
    assert {"friendliness", "speed", "price"} <= labels(answer["topics"])


@pytest.mark.parametrize("text", ["Hello there", "See you on Monday", "lol"])
def test_a_mention_can_have_no_topic(ask: Ask, text: str) -> None:
    assert ask(text)["topics"] == []


def test_a_label_of_ones_own_works_from_its_description_and_words(weights_folder: Path) -> None:
    own = Taxonomy(topics=(Label("pets", "Dogs, cats and other animals in the shop", words=("dog", "dogs", "cat*")),))
    judge = Judge.open(weights_folder, taxonomy=own)
    with_dog, without = judge.read([Question("They let my dog wait inside the shop"), Question("The invoice is wrong")])
    assert labels(with_dog.as_json()["topics"]) == {"pets"}
    assert without.as_json()["topics"] == []
    assert with_dog.as_json()["touchpoints"] == []


def test_an_empty_taxonomy_is_no_error(weights_folder: Path) -> None:
    (reading,) = Judge.open(weights_folder, taxonomy=Taxonomy()).read([Question("The invoice is wrong")])
    assert reading.as_json()["topics"] == []


def test_an_edit_of_the_taxonomy_changes_the_version_of_the_scorers_that_use_it(
    weights_folder: Path, judge: Judge
) -> None:
    edited = taxonomy.shipped().extended(Taxonomy(topics=(Label("price", "What it costs"),)))
    versions = Judge.open(weights_folder, taxonomy=edited).versions
    assert versions["topics"] != judge.versions["topics"]
    assert versions["sentiment"] == judge.versions["sentiment"]


def test_extending_replaces_labels_of_the_same_name_and_keeps_the_rest() -> None:
    shipped = taxonomy.shipped()
    extended = shipped.extended(Taxonomy(topics=(Label("price", "What it costs"), Label("pets", "Animals"))))
    assert [label.name for label in extended.topics] == [*[label.name for label in shipped.topics], "pets"]
    assert next(label for label in extended.topics if label.name == "price").description == "What it costs"
    assert extended.touchpoints == shipped.touchpoints


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"topic": []}, "topic"),
        ({"topics": [{"name": "price"}]}, "description"),
        ({"topics": [{"description": "x"}]}, "name"),
        ({"topics": [{"name": "a", "description": "b", "word": ["c"]}]}, "word"),
        ({"topics": [{"name": "a", "description": "b", "words": "c"}]}, "list"),
        ({"topics": [{"name": "a", "description": "b", "words": [""]}]}, "list"),
    ],
)
def test_a_wrong_taxonomy_says_what_is_wrong(data: dict, says: str) -> None:
    with pytest.raises(TaxonomyWrong, match=says):
        taxonomy.parse(data)


def test_every_shipped_label_has_words_or_examples() -> None:
    shipped = taxonomy.shipped()
    assert len(shipped.topics) >= 10
    assert len(shipped.touchpoints) == 11
    assert all(label.words or label.examples for kind in taxonomy.KINDS for label in getattr(shipped, kind))
