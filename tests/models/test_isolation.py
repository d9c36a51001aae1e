"""One that fails costs itself alone, and what is asked again is little."""

from collections.abc import Sequence

from models.isolation import Failed, isolated


def test_the_others_keep_their_answers_and_their_order() -> None:
    asked: list[int] = []

    def halves(numbers: Sequence[int]) -> list[float]:
        asked.extend(numbers)
        return [100 / number for number in numbers]

    answers = isolated(halves, [1, 2, 0, 4, 5, 0])
    assert [one if isinstance(one, float) else None for one in answers] == [100, 50, None, 25, 20, None]
    assert answers[2] == Failed("scoring this text failed (ZeroDivisionError: division by zero)")
    asked.clear()
    isolated(halves, [0, *range(1, 512)])
    assert len(asked) < 3 * 512


def test_nothing_asked_is_nothing_done() -> None:
    assert isolated(lambda some: 1 / 0, []) == []  # type: ignore[arg-type,return-value]


def test_an_answer_too_few_is_a_failure_not_a_shift() -> None:
    answers = isolated(lambda some: list(zip(some, some[:1], strict=True)), ["a", "b"])
    assert answers == [("a", "a"), ("b", "b")]
