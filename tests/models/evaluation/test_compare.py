"""Two models on the same rows: a real difference is told from chance, and shown by example."""

import pytest

from models.evaluation.compare import compare
from models.evaluation.gold import GoldSet, NotGold


def quiet(_: int) -> None:
    pass


def test_the_better_one_is_named_with_its_lead_and_the_rows(row, fixed) -> None:
    texts = [f"text {number}" for number in range(60)]
    rows = tuple(row(number, text, "positive") for number, text in enumerate(texts))
    right = dict.fromkeys(texts, "positive")
    weak = right | dict.fromkeys(texts[:12], "negative")
    found = compare(GoldSet(rows, (), 60), fixed(weak, name="weak"), fixed(right, name="strong"), None, quiet)
    one = found.report["heads"]["sentiment"]
    assert (one["first"]["accuracy"], one["second"]["accuracy"]) == (80.0, 100.0)
    lead = one["difference"]["accuracy"]
    assert lead["second_minus_first"] == 20.0
    assert 8 < lead["interval"][0] < 20 < lead["interval"][1] < 33
    assert (one["only_first_right"], one["only_second_right"]) == (0, 12)
    assert one["mcnemar_p"] == pytest.approx(2 / 2**12)
    assert [(each.row.line, each.first, each.second) for each in found.differing] == [
        (number, "negative", "positive") for number in range(12)
    ]


def test_two_that_answer_alike_do_not_differ(row, fixed) -> None:
    rows = tuple(row(number, f"text {number}", "neutral") for number in range(10))
    same = {one.text: "positive" for one in rows}
    found = compare(GoldSet(rows, (), 10), fixed(same), fixed(same), None, quiet)
    assert found.report["heads"]["sentiment"]["mcnemar_p"] == 1.0
    assert found.report["heads"]["sentiment"]["difference"]["accuracy"]["interval"] == [0.0, 0.0]
    assert found.differing == ()


def test_rows_that_one_of_them_has_right_are_shown_first(row, fixed) -> None:
    rows = (row(1, "a", "neutral"), row(2, "b", "positive"))
    found = compare(
        GoldSet(rows, (), 2), fixed({"a": "negative", "b": "negative"}), fixed({"a": "positive", "b": "positive"}),
        None, quiet,
    )  # fmt: skip
    assert [each.row.line for each in found.differing] == [2, 1]


def test_two_that_have_nothing_in_common_are_refused(row, fixed) -> None:
    with pytest.raises(NotGold, match="nothing that both can answer"):
        compare(GoldSet((row(1, "a", "neutral"),), (), 1), fixed({"a": "neutral"}), fixed({}, "emotion"), None, quiet)
