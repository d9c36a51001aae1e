"""Two encoders, one judge: the language of a text picks, one setting forces, and the second is opened when needed."""

import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from models.base import Question
from models.judge import Judge
from models.taxonomy import Label, Taxonomy
from models.weights import ENGLISH, MULTILINGUAL, SHIPPED, WeightsDamaged, WeightsMissing

LOVELY = "The new phone is lovely and the battery lasts for days"
SPANISH = "El nuevo teléfono es precioso y la batería dura varios días"
GERMAN = "Das neue Telefon ist wunderschön und der Akku hält tagelang"
SWEDISH = "Den nya telefonen är jättefin och batteriet räcker i flera dagar"
SHORT = "ok 10/10"
PERHAPS = "yaar ye phone ekdum bakwas hai bhai"

# Few descriptions: a judge is opened in no time.
SMALL = Taxonomy(
    topics=(Label("battery", "The battery", words=("batteri*",), examples=(SWEDISH,)),),
    touchpoints=(Label("app", "The app on the phone"),),
    stages=(Label("use", "Using the product"), Label("leaving", "Going to a competitor")),
)
opened = partial(Judge.open, taxonomy=SMALL)

pair = pytest.mark.skipif(
    not (SHIPPED / MULTILINGUAL / "manifest.json").exists(), reason="the multilingual weights are not here yet"
)


def test_the_language_of_a_text_picks_the_encoder(two, encoders):
    read_by = encoders(two, [LOVELY, SPANISH, GERMAN, SHORT, SWEDISH])
    assert read_by == [ENGLISH, MULTILINGUAL, MULTILINGUAL, ENGLISH, MULTILINGUAL]


@pytest.mark.parametrize("forced", [ENGLISH, MULTILINGUAL])
def test_one_setting_forces_one_encoder(two, encoders, forced):
    assert encoders(two, [LOVELY, SPANISH, SHORT, SWEDISH], encoder=forced) == [forced] * 4


def test_what_is_not_surely_english_is_left_to_the_encoder_that_reads_both(two, encoders):
    assert encoders(two, [PERHAPS, SHORT, f"😡😡😡😡😡 {SPANISH}", "😡😡😡😡😡"]) == [
        MULTILINGUAL, ENGLISH, MULTILINGUAL, ENGLISH,
    ]  # fmt: skip
    shutil.rmtree(two / MULTILINGUAL)
    assert encoders(two, [PERHAPS]) == [ENGLISH]


def test_a_forced_encoder_needs_no_other(two, encoders):
    shutil.rmtree(two / ENGLISH)
    assert encoders(two, [LOVELY, SPANISH], encoder="multilingual") == [MULTILINGUAL] * 2


def test_the_pass_towards_a_brand_is_read_by_the_encoder_of_its_text(two, overhears):
    watching = overhears(name="relevance", needs="brand")
    judge = opened(two, replaced=[watching])
    judge.read([Question(SPANISH, "teléfono"), Question(LOVELY, "battery")])
    assert {encoder for encoder, text in watching.heard if "precioso" in text} == {MULTILINGUAL}
    assert {encoder for encoder, text in watching.heard if "lovely" in text} == {ENGLISH}


def test_a_language_that_no_encoder_reads_well_is_scored_and_marked_unsure(two):
    judge = opened(two)
    swedish, spanish, english = (
        reading.as_json() for reading in judge.read([Question(text, "Acme") for text in (SWEDISH, SPANISH, LOVELY)])
    )
    marked = ("sentiment", "brand_sentiment", "emotion", "relevance", "stage")
    assert all(swedish[name]["unsure"] for name in marked)
    assert all(found["unsure"] for name in ("need", "topics", "touchpoints") for found in swedish[name])
    assert not english["sentiment"]["unsure"]
    assert [found["label"] for found in swedish["topics"]] == ["battery"]
    assert not any("unsure" in found for answer in (english, spanish) for found in answer["need"] + answer["topics"])
    assert not english["relevance"]["unsure"]


def test_the_multilingual_encoder_is_not_read_before_a_text_needs_it(two):
    (two / MULTILINGUAL / "encoder.onnx").write_bytes(b"damaged")
    judge = Judge.open(two)
    assert judge.read([Question(LOVELY), Question(SHORT)])[0].as_json()["sentiment"]["label"] == "positive"
    assert judge.lacking == {}
    (reading,) = judge.read([Question(SPANISH)])
    assert reading.waits
    assert "encoder.onnx" in reading.waits


def damaged(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:1000])


def swapped(file: Path) -> None:
    """Heads of another encoder: right in themselves, and wrong here."""
    heads = dict(np.load(file))
    np.savez(file, **{name: -value for name, value in heads.items()})


@pytest.mark.parametrize(
    ("harm", "name"),
    [
        (damaged, "encoder.onnx"),
        (damaged, "heads.npz"),
        (cut, "tokenizer.json"),
        (swapped, "heads.npz"),
        (Path.unlink, "encoder.onnx"),
        (Path.unlink, "manifest.json"),
    ],
)
def test_without_a_usable_multilingual_encoder_english_goes_on_and_the_rest_waits_until_it_is_mended(two, harm, name):
    file = two / MULTILINGUAL / name
    sound = file.read_bytes()
    harm(file)
    judge = opened(two)
    english, spanish = judge.read([Question(LOVELY), Question(SPANISH, "Acme")])
    assert english.judgements["sentiment"].label == "positive"
    assert spanish.waits is not None
    assert name in spanish.waits
    assert "Restore" in spanish.waits
    assert spanish.as_json() == {"skipped": spanish.waits}
    assert not judge.mend()
    file.write_bytes(sound)
    assert judge.read([Question(SPANISH)])[0].waits, "not looked for with every text"
    assert judge.mend()
    (again,) = judge.read([Question(SPANISH, "Acme")])
    assert {"sentiment", "brand_sentiment"} <= set(again.judgements)


def test_a_folder_that_holds_the_other_encoder_is_refused(two, weights_folder):
    manifest = two / MULTILINGUAL / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"name": "english"}))
    (reading,) = opened(two).read([Question(SPANISH)])
    assert reading.waits
    assert "holds the weights of the english encoder" in reading.waits


def test_the_encoder_that_must_be_there_is_refused_at_once(two):
    damaged(two / ENGLISH / "heads.npz")
    with pytest.raises(WeightsDamaged, match=r"heads\.npz"):
        opened(two)
    (two / MULTILINGUAL / "encoder.onnx").unlink()
    with pytest.raises(WeightsMissing, match=r"encoder\.onnx"):
        opened(two, encoder="multilingual")


def test_versions_tell_which_weights_of_both_encoders_answer(two):
    both = opened(two).versions
    alone = opened(two, encoder="english").versions
    manifest = two / MULTILINGUAL / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": "newer"}))
    newer = opened(two).versions
    for name in ("sentiment", "brand_sentiment", "relevance", "emotion", "need", "topics", "touchpoints", "stage"):
        assert len({both[name], alone[name], newer[name]}) == 3


def test_what_a_multilingual_text_is_judged_by_carries_the_version_that_the_judge_names(two):
    judge = opened(two)
    (reading,) = judge.read([Question(SPANISH, "Acme")])
    assert {name: one.version for name, one in reading.judgements.items()} == judge.versions


def test_a_replaced_scorer_judges_in_place_of_the_shipped_one(two, overhears):
    judge = opened(two, replaced=[overhears(name="sentiment", version="mine")])
    english, spanish = (
        reading.judgements["sentiment"] for reading in judge.read([Question(LOVELY), Question(SPANISH)])
    )
    assert (english.label, spanish.label) == (ENGLISH, MULTILINGUAL)
    assert judge.versions["sentiment"] == "mine"


def test_what_was_taught_shows_in_the_version(weights_folder):
    class Corrected:
        def version(self, scorer: str) -> str:
            return "abc" if scorer == "relevance" else ""

        def shift(self, scorer: str, batch: object) -> float:
            return 0.0

    before, versions = opened(weights_folder).versions, opened(weights_folder, taught=Corrected()).versions
    changed = {name for name, version in versions.items() if version != before[name]}
    assert changed == {"relevance"}


def test_reposts_that_differ_in_what_is_not_read_are_scored_once(two):
    judge = opened(two)
    texts = [f"@user{n} {LOVELY} https://example.com/{n}" for n in range(30)]
    judge.read([Question(text) for text in texts])
    assert judge.passes == 1
    judge.read([Question(f"{text}\u200b", "phone") for text in texts])
    assert judge.passes == 2


def test_a_description_in_another_language_is_read_by_the_encoder_that_knows_it(two, overhears):
    own = Taxonomy(topics=(Label("batería", "La batería se agota enseguida y no dura todo el día"),))
    (two / MULTILINGUAL / "heads.npz").unlink()
    judge = Judge.open(two, taxonomy=own)
    assert set(judge.lacking) == {MULTILINGUAL}
    assert judge.read([Question(LOVELY)])[0].as_json()["topics"] is not None


@pair
def test_a_sentence_and_its_translation_are_near_each_other():
    sentences = {
        "My parcel is three weeks late and nobody answers": "Mi paquete lleva tres semanas de retraso y nadie responde",
        "The soup was far too salty": "La sopa estaba demasiado salada",
        "I cannot log in to my account since the update": "No puedo entrar en mi cuenta desde la actualización",
        "The staff at the desk were kind and quick": "El personal de recepción fue amable y rápido",
    }
    judge = Judge.open(taxonomy=Taxonomy())
    english, spanish = judge.embed(list(sentences)), judge.embed(list(sentences.values()))
    near = english @ spanish.T
    assert near.shape == (4, 4)
    assert list(near.argmax(axis=1)) == list(range(4))
    assert list(near.argmax(axis=0)) == list(range(4))
    assert float(np.diag(near).mean()) > 0.3 + float(near[~np.eye(4, dtype=bool)].mean())


@pair
def test_the_shipped_weights_together_stay_small_enough(weights_folder):
    assert sum(path.stat().st_size for path in weights_folder.parent.glob("*/*")) <= 90_000_000
