"""Reading in batches: order, bad texts, repeated texts, and company that changes nothing."""

import threading

import pytest

from models.base import Question
from models.judge import BLOCK, Judge, Reading
from models.taxonomy import Taxonomy


def readings_of(judge: Judge, texts: list[str]) -> list[Reading]:
    return judge.read([Question(text) for text in texts])


def test_readings_come_in_the_order_of_the_questions(judge: Judge) -> None:
    words = ["good", "bad", "", "odd"] * 40
    questions = [Question(f"the {word} is {word}" * (at % 7 + 1)) for at, word in enumerate(words)]
    assert [reading.question for reading in judge.read(questions)] == questions


def test_a_text_is_judged_alike_alone_and_in_company(weights_folder, judge: Judge) -> None:
    texts = [
        "great phone",
        "What time do you open? " * 20,
        "so bad " * 90,
        "ok",
        "My order never came and nobody answers!",
    ]
    together = readings_of(judge, texts)
    judge = Judge.open(weights_folder, threads=1, taxonomy=Taxonomy())
    for text, beside_others in zip(texts, together, strict=True):
        (alone,) = readings_of(judge, [text])
        for name in ("negative", "neutral", "positive"):
            expected = beside_others.judgements["sentiment"].detail[name]
            assert alone.judgements["sentiment"].detail[name] == pytest.approx(expected, abs=0.01)


def test_a_syndicated_text_goes_through_the_encoder_once(weights_folder) -> None:
    judge = Judge.open(weights_folder, threads=1, taxonomy=Taxonomy())
    readings_of(judge, ["The same wire story in forty papers"] * 40)
    readings_of(judge, ["The same wire story in forty papers"])
    assert judge.passes == 1
    judge.read([Question("The same wire story in forty papers", "Acme")] * 3)
    assert judge.passes == 2


def test_an_answer_from_memory_is_the_first_answer(judge: Judge) -> None:
    first, second = readings_of(judge, ["Quite a nice little gadget"] * 2)
    (third,) = readings_of(judge, ["Quite a nice little gadget"])
    assert first.as_json() == second.as_json() == third.as_json()


def test_every_text_has_a_unit_vector_and_like_texts_are_near(judge: Judge) -> None:
    texts = ["my parcel is late", "the delivery has not arrived", "the soup was too salty"]
    parcel, delivery, soup = (reading.embedding for reading in readings_of(judge, texts))
    assert parcel.shape == (384,)
    assert float(parcel @ parcel) == pytest.approx(1, abs=1e-4)
    assert parcel @ delivery > parcel @ soup


def test_what_is_cut_from_a_long_text_is_told(judge: Judge) -> None:
    short, long = readings_of(judge, ["Nice and short.", "This sentence is repeated. " * 400])
    assert short.as_json().get("unread", 0) == 0
    assert long.as_json()["unread"] > 5_000


def test_a_brand_named_late_in_a_long_text_is_still_read(judge: Judge) -> None:
    text = "The weather was mild and we walked along the river for a while. " * 30 + "Orbit is horrible, I hate it."
    (reading,) = judge.read([Question(text, "Orbit")])
    assert reading.judgements["brand_sentiment"].label == "negative"


def test_more_questions_than_a_block_are_read(judge: Judge) -> None:
    assert len(readings_of(judge, ["nice"] * (BLOCK * 2 + 3))) == BLOCK * 2 + 3


def test_no_questions_give_no_readings(judge: Judge) -> None:
    assert judge.read([]) == []


def test_two_threads_may_read_at_once(judge: Judge) -> None:
    found: dict[int, list[Reading]] = {}

    def work(number: int) -> None:
        found[number] = readings_of(judge, [f"thread {number} says {word}" for word in ("good", "bad", "so so")])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(readings) == 3 for readings in found.values())
    assert len(found) == 4


def test_every_judgement_carries_scorer_version_and_confidence(judge: Judge) -> None:
    (reading,) = judge.read([Question("Acme is great", "Acme")])
    assert {scorer.name for scorer in judge.scorers} == set(reading.judgements)
    for name, judgement in reading.judgements.items():
        assert judgement.scorer == name
        assert judgement.version == judge.versions[name]
        assert 0 <= judgement.confidence <= 1
