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


def test_a_label_of_a_known_name_adds_to_it_and_loses_nothing() -> None:
    shipped = taxonomy.shipped()
    own = Label("Price", "What a seat costs", words=("per seat",), examples=("Nine euros each.",), origin="your own")
    extended = shipped.extended(Taxonomy(topics=(own, Label("pets", "Animals"))))
    assert [label.name for label in extended.topics] == [*[label.name for label in shipped.topics], "pets"]
    before, after = (next(one for one in known.topics if one.name == "price") for known in (shipped, extended))
    assert after.description == "What a seat costs"
    assert after.words == (*before.words, "per seat")
    assert set(after.sayings) == {*before.sayings, "What a seat costs", "Nine euros each."}
    assert after.origin == "start + your own"
    assert extended.touchpoints == shipped.touchpoints


def test_to_add_the_same_label_again_changes_nothing() -> None:
    assert taxonomy.chosen(["ingredients"]) == taxonomy.shipped()
    assert taxonomy.shipped().extended(taxonomy.shipped()) == taxonomy.shipped()


def test_a_shipped_label_can_be_left_out_to_begin_it_anew() -> None:
    left = taxonomy.chosen(without=["Price", "newsletter"])
    assert {"price", "newsletter"} & set(left.names) == set()
    anew = left.extended(Taxonomy(topics=(Label("price", "What a seat costs"),)))
    assert anew.topics[-1].sayings == ("What a seat costs",)


def test_the_four_ingredients_can_be_had_alone() -> None:
    alone = taxonomy.chosen(["ingredients"], defaults=False)
    assert alone.names == ("speed", "convenience", "consistency", "friendliness")


def test_an_unknown_pack_is_told_with_those_that_there_are() -> None:
    with pytest.raises(TaxonomyWrong, match=r'no pack "airlnes"; there are: airlines'):
        taxonomy.chosen(["airlnes"])
    with pytest.raises(TaxonomyWrong, match="no pack"):
        taxonomy.pack("../taxonomies/start")


@pytest.mark.parametrize("name", taxonomy.packs())
def test_every_pack_is_of_use_alone_and_says_what_it_is_for(name: str) -> None:
    pack = taxonomy.pack(name)
    assert taxonomy.packs()[name].endswith(".")
    assert pack.topics
    for label in (*pack.topics, *pack.touchpoints, *pack.stages):
        assert len(label.words) >= 5, label.name
        assert len(label.examples) >= 3, label.name
        assert all(word == word.lower() for word in label.words), label.name


@pytest.mark.parametrize("name", [name for name in taxonomy.packs() if name != "ingredients"])
def test_a_pack_brings_labels_that_the_start_lacks(name: str) -> None:
    new = set(taxonomy.pack(name).names) - set(taxonomy.shipped().names)
    assert 8 <= len(new) <= 16


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
