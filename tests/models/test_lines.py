"""JSON lines through the judge: order, keys, reasons, and memory that does not grow."""

import itertools
import json
import tracemalloc
from collections.abc import Iterator

import pytest

from models.judge import Judge
from models.lines import score_lines


def test_one_line_comes_out_for_each_line_in(judge: Judge) -> None:
    lines = [
        '{"text": "good"}',
        "nonsense",
        "",
        "[1, 2]",
        '{"id": 4}',
        '{"text": 7}',
        '{"text": "bad", "brand": "Acme"}',
    ]
    answers = [json.loads(line) for line in score_lines(lines, judge)]
    assert len(answers) == len(lines)
    assert ["skipped" in answer for answer in answers] == [False, True, True, True, True, True, False]
    assert all(answer["skipped"] for answer in answers[1:6])


def test_keys_of_the_input_are_kept(judge: Judge) -> None:
    line = {"id": "a1", "text": "Größe passt, 5 €", "brand": "Acme", "author": {"name": "Zoë"}, "n": 1.5, "none": None}
    (answer,) = (json.loads(line) for line in score_lines([json.dumps(line)], judge))
    assert {key: answer[key] for key in line} == line
    assert {"language", "sentiment", "topics", "touchpoints", "need", "emotion"} <= set(answer)
    assert {"brand_sentiment", "relevance"} <= set(answer)


def test_half_a_character_comes_back_as_it_came(judge: Judge) -> None:
    (answer,) = score_lines(['{"text": "broken \\ud83d phone"}'], judge)
    assert answer.encode("utf-8")
    assert json.loads(answer)["text"] == "broken \ud83d phone"


@pytest.mark.parametrize("brand", [None, 5, "", [], "  "])
def test_a_brand_that_is_no_name_asks_nothing_towards_a_brand(judge: Judge, brand: object) -> None:
    (answer,) = (json.loads(line) for line in score_lines([json.dumps({"text": "fine", "brand": brand})], judge))
    assert "brand_sentiment" not in answer
    assert answer["sentiment"]["label"]


def test_answers_come_before_the_input_ends(judge: Judge) -> None:
    def endless() -> Iterator[str]:
        for number in itertools.count():
            yield json.dumps({"text": f"thing {number % 5} is fine"})

    assert len(list(itertools.islice(score_lines(endless(), judge), 2000))) == 2000


@pytest.mark.slow
def test_memory_is_flat_over_a_hundred_thousand_lines(judge: Judge) -> None:
    lines = (json.dumps({"id": number, "text": f"number {number % 3000} is fine"}) for number in range(100_000))
    answers = score_lines(lines, judge)
    for _ in itertools.islice(answers, 10_000):
        pass
    tracemalloc.start()
    for _ in answers:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000
