"""The measures give what the literature gives, worked out by hand here."""

import numpy as np
import pytest

from models import measures

TRUTH = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2, 2])
SAID = np.array([0, 0, 0, 1, 1, 2, 2, 2, 0, 2])


@pytest.fixture
def cells() -> np.ndarray:
    return measures.cells_of(TRUTH, SAID, 3)


def test_the_confusion_counts_truth_by_row_and_answer_by_column(cells: np.ndarray) -> None:
    assert cells.tolist() == [[3, 1, 0], [0, 1, 1], [1, 0, 3]]


def test_recall_precision_and_f1_of_each_class(cells: np.ndarray) -> None:
    assert measures.recalls(cells) == pytest.approx([3 / 4, 1 / 2, 3 / 4])
    assert measures.precisions(cells) == pytest.approx([3 / 4, 1 / 2, 3 / 4])
    assert measures.f1s(cells) == pytest.approx([3 / 4, 1 / 2, 3 / 4])


def test_macro_figures_weigh_classes_alike_and_accuracy_weighs_rows(cells: np.ndarray) -> None:
    assert measures.macro_recall(cells) == pytest.approx(2 / 3)
    assert measures.macro_f1(cells) == pytest.approx(2 / 3)
    assert measures.accuracy(cells) == pytest.approx(0.7)


def test_a_class_without_rows_does_not_count_but_answers_of_it_are_wrong() -> None:
    cells = measures.cells_of(np.array([0, 0, 2, 2]), np.array([0, 1, 2, 2]), 3)
    assert measures.macro_recall(cells) == pytest.approx((1 / 2 + 1) / 2)
    assert measures.macro_f1(cells) == pytest.approx((2 / 3 + 1) / 2)


def test_a_class_that_is_never_said_has_f1_nought() -> None:
    cells = measures.cells_of(np.array([0, 0, 1]), np.array([0, 0, 0]), 2)
    assert measures.macro_f1(cells) == pytest.approx((4 / 5 + 0) / 2)


def test_calibration_error_is_the_mean_gap_weighted_by_rows() -> None:
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    right = np.array([1, 1, 1, 0, 1, 1])
    # Four rows: 0.95 said, 0.75 right; two rows: 0.55 said, 1.0 right.
    assert measures.calibration_error(confidence, right) == pytest.approx(4 / 6 * 0.20 + 2 / 6 * 0.45)
    assert [(one.rows, one.right) for one in measures.bins_of(confidence, right)] == [(2, 1.0), (4, 0.75)]


def test_a_confidence_of_one_falls_into_the_last_bin() -> None:
    assert measures.calibration_error(np.array([1.0, 1.0]), np.array([True, True])) == 0


def test_few_rows_have_a_calibration_error_by_chance_alone() -> None:
    few = measures.calibration_by_chance(np.full(50, 0.8))
    many = measures.calibration_by_chance(np.full(20_000, 0.8))
    # The mean distance of a share from its expectation: sqrt(2 p (1 - p) / (pi n)).
    assert few == pytest.approx((2 * 0.16 / (np.pi * 50)) ** 0.5, rel=0.15)
    assert many < 0.004


def test_log_loss_is_the_mean_surprise_and_stays_finite() -> None:
    shares = np.array([[0.5, 0.5], [0.25, 0.75]])
    assert measures.log_loss(shares, np.array([0, 1])) == pytest.approx(-(np.log(0.5) + np.log(0.75)) / 2)
    assert np.isfinite(measures.log_loss(np.array([[1.0, 0.0]]), np.array([1])))


def test_an_interval_of_accuracy_is_about_what_the_binomial_says() -> None:
    right = np.arange(400) % 5 > 0  # 80 % of 400
    drawn = measures.resampled(np.arange(400), lambda weight: np.array((weight * right).sum() / weight.sum()))
    found = measures.interval(drawn)
    half = 1.96 * (0.8 * 0.2 / 400) ** 0.5
    assert (found.low, found.high) == pytest.approx((0.8 - half, 0.8 + half), abs=0.006)


def test_resamples_are_the_same_each_time() -> None:
    draw = [measures.resampled(np.arange(20), lambda weight: weight, resamples=3) for _ in range(2)]
    assert (draw[0] == draw[1]).all()


def test_rows_of_one_text_are_drawn_together() -> None:
    drawn = measures.resampled(np.array([4, 4, 9, 9, 9]), lambda weight: weight, resamples=50)
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, 2] == drawn[:, 4]).all()
    assert len({tuple(row) for row in drawn.tolist()}) > 1


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 6, 2 / 64), (1, 9, 2 * 11 / 1024), (10, 2, 2 * 79 / 4096)],
)
def test_mcnemar_is_the_exact_binomial_test(first: int, second: int, expected: float) -> None:
    assert measures.mcnemar(first, second) == pytest.approx(expected)


@pytest.mark.slow
def test_mcnemar_works_for_many_thousand_rows() -> None:
    assert measures.mcnemar(4000, 4000) == 1.0
    assert 0 < measures.mcnemar(4300, 4000) < 0.002


def test_a_label_among_others_has_precision_and_recall() -> None:
    truth = np.array([True, True, True, False, False])
    said = np.array([True, True, False, True, False])
    found = measures.found(truth, said)
    assert (found.rows, found.known) == (3, 5)
    assert (found.precision, found.recall, found.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def test_a_label_that_nobody_has_or_says_is_nought_rather_than_an_error() -> None:
    nothing = np.zeros(3, bool)
    assert measures.found(nothing, nothing).f1 == 0


def test_the_summary_is_what_manifests_hold() -> None:
    shares = np.eye(3)[SAID] * 0.85 + 0.05
    assert measures.summary(shares, TRUTH) == {
        "rows": 10,
        "macro_recall": 66.7,
        "macro_f1": 66.7,
        "accuracy": 70.0,
        "calibration_error": pytest.approx(0.2),
    }
