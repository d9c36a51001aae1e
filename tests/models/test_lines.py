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


def _strictly(line: str) -> dict[str, object]:
    """Read as a program does that knows JSON and nothing more."""

    def refused(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    answer: dict[str, object] = json.loads(line, parse_constant=refused)
    return answer


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("null", "the line is null, not an object"),
        ("true", "the line is true, not an object"),
        ("1.5", "the line is a number, not an object"),
        ('"words"', "the line is a string, not an object"),
        ("[1]", "the line is a list, not an object"),
        ('{"id": 1}', "there is no text"),
        ('{"text": null}', "there is no text"),
        ('{"text": 7}', "the text is a number, not a string"),
        ('{"text": "fine", "brand": 5}', "the brand is a number, not a string"),
        ('{"text": "fine", "brand": ["Acme"]}', "the brand is a list, not a string"),
        ('{"text": "fine", "brand": {}}', "the brand is an object, not a string"),
        ('{"text": NaN}', "the line is not JSON (NaN is no number of JSON)"),
        ('{"text": "fine", "n": -Infinity}', "the line is not JSON (-Infinity is no number of JSON)"),
        ('{"text": "fine", "n": 1e999}', "the line is not JSON (1e999 is too large a number)"),
    ],
)
def test_a_line_that_cannot_be_used_says_why_in_words_of_json(judge: Judge, line: str, reason: str) -> None:
    before, answer, after = map(_strictly, score_lines(['{"text": "good"}', line, '{"text": "bad"}'], judge))
    assert answer["skipped"] == reason
    assert "sentiment" not in answer
    assert {"skipped"}.isdisjoint({*before, *after})
    assert (before["text"], after["text"]) == ("good", "bad")


def test_a_byte_order_mark_costs_no_line(judge: Judge) -> None:
    (answer,) = map(_strictly, score_lines(['\ufeff{"text": "good"}'], judge))
    assert answer["text"] == "good"
    assert "sentiment" in answer


@pytest.mark.parametrize("brand", [None, "", "  "])
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
