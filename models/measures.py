"""How right answers are: the measures of classification, of honest confidence, and of chance. Pure numpy.

Everything starts from cells: a matrix of counts, shape (..., classes, classes), rows the truth and columns what was
said. Leading dimensions are resamples, so an interval costs one call. Shares are from 0 to 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

BINS = 10
RESAMPLES, SEED = 1000, 7
LEAST_SHARE = 1e-9

Measure = Callable[[np.ndarray], np.ndarray]


def cells_of(truth: np.ndarray, said: np.ndarray, classes: int, weight: np.ndarray | None = None) -> np.ndarray:
    """Counts of (truth, said), shape (classes, classes)."""
    found = np.bincount(truth * classes + said, weight, classes * classes)
    return found.reshape(classes, classes)


def recalls(cells: np.ndarray) -> np.ndarray:
    """The share of each class's rows that were found, shape (..., classes); nan for a class without rows."""
    return _divided(np.diagonal(cells, axis1=-2, axis2=-1), cells.sum(axis=-1))


def precisions(cells: np.ndarray) -> np.ndarray:
    """The share of what was said to be a class that is one, shape (..., classes); nan where it was never said."""
    return _divided(np.diagonal(cells, axis1=-2, axis2=-1), cells.sum(axis=-2))


def f1s(cells: np.ndarray) -> np.ndarray:
    """The harmonic mean of precision and recall of each class, shape (..., classes); nan for a class without rows."""
    hits = np.diagonal(cells, axis1=-2, axis2=-1)
    found = _divided(2 * hits, cells.sum(axis=-1) + cells.sum(axis=-2))
    return np.where(cells.sum(axis=-1) > 0, found, np.nan)


def macro_recall(cells: np.ndarray) -> np.ndarray:
    """The mean recall of the classes that have rows (TweetEval's measure of sentiment)."""
    return _mean(recalls(cells))


def macro_f1(cells: np.ndarray) -> np.ndarray:
    """The mean F1 of the classes that have rows."""
    return _mean(f1s(cells))


def accuracy(cells: np.ndarray) -> np.ndarray:
    """The share of rows that are right."""
    return _divided(np.trace(cells, axis1=-2, axis2=-1), cells.sum(axis=(-2, -1)))


MEASURES: dict[str, Measure] = {"macro_recall": macro_recall, "macro_f1": macro_f1, "accuracy": accuracy}


def log_loss(shares: np.ndarray, truth: np.ndarray) -> float:
    """The mean surprise at the truth, in nats: -log of the share that was given to it."""
    return float(-np.log(np.maximum(shares[np.arange(len(truth)), truth], LEAST_SHARE)).mean())


@dataclass(frozen=True, slots=True)
class Bin:
    """The rows whose confidence fell into one tenth: how many, their mean confidence, and the share that is right."""

    rows: int
    confidence: float
    right: float


def bins_of(confidence: np.ndarray, right: np.ndarray) -> list[Bin]:
    """Ten equal bins over the confidence, those without rows left out: the points of a reliability diagram."""
    places = _bins(confidence)
    return [
        Bin(int(chosen.sum()), float(confidence[chosen].mean()), float(right[chosen].mean()))
        for chosen in (places == one for one in range(BINS))
        if chosen.any()
    ]


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error (Guo et al., arXiv 1706.04599): the mean gap between confidence and share right."""
    gaps = np.bincount(_bins(confidence), confidence - right, BINS)
    return float(np.abs(gaps).sum() / max(len(confidence), 1))


def calibration_by_chance(confidence: np.ndarray, seed: int = SEED, draws: int = 200) -> float:
    """The calibration error to expect of so many rows where every confidence is honest: few rows never reach 0."""
    chance, places = np.random.default_rng(seed), _bins(confidence)
    drawn = (chance.random(len(confidence)) < confidence for _ in range(draws))
    gaps = [np.abs(np.bincount(places, confidence - right, BINS)).sum() for right in drawn]
    return float(np.mean(gaps) / max(len(confidence), 1))


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a figure lies with 95 % probability."""

    low: float
    high: float


def interval(resampled: np.ndarray) -> Interval:
    """The middle 95 % of a figure over resamples; those in which it has no value are left out."""
    known = resampled[~np.isnan(resampled)]
    return (
        Interval(*np.quantile(known, [0.025, 0.975]).tolist()) if len(known) else Interval(float("nan"), float("nan"))
    )


def resampled(
    groups: np.ndarray, count: Callable[[np.ndarray], np.ndarray], resamples: int = RESAMPLES, seed: int = SEED
) -> np.ndarray:
    """What `count` makes of the rows drawn again and again, stacked: shape (resamples, ...).

    `groups` holds a number a row: rows of one number (several targets of one text) are drawn together or not at all.
    `count` is given how often each row was drawn. The same seed draws the same, so that two models can be compared.
    """
    chance = np.random.default_rng(seed)
    _, group = np.unique(groups, return_inverse=True)
    many = int(group.max(initial=-1)) + 1
    draws = (np.bincount(chance.integers(0, many, many), minlength=many)[group] for _ in range(resamples))
    return np.stack([count(drawn) for drawn in draws])


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p of McNemar's test: how likely so uneven a split is, were both models equally good.

    `only_first` and `only_second` are the rows that just one of them has right.
    """
    rows = only_first + only_second
    tail = sum(comb(rows, hits) for hits in range(min(only_first, only_second) + 1))
    # Whole numbers of any size: as floats they would run out of range from about a thousand rows on.
    return min(1.0, 2 * tail / (1 << rows))


@dataclass(frozen=True, slots=True)
class Found:
    """How well a label is found that may stand beside others. `rows` have it, `known` are all that are judged."""

    rows: int
    known: int
    precision: float
    recall: float
    f1: float


def found(truth: np.ndarray, said: np.ndarray) -> Found:
    """Precision, recall and F1 of one label; both arrays are of bool. Nought where there is nothing to divide by."""
    hits, given, due = int((truth & said).sum()), int(said.sum()), int(truth.sum())
    return Found(due, len(truth), hits / max(given, 1), hits / max(due, 1), 2 * hits / max(given + due, 1))


def summary(shares: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """The short form that a manifest holds: percent to one place, the calibration error as a share to three."""
    said = shares.argmax(axis=1)
    cells = cells_of(truth, said, shares.shape[1])
    figures = {name: round(100 * float(measure(cells)), 1) for name, measure in MEASURES.items()}
    return {
        "rows": len(truth),
        **figures,
        "calibration_error": round(calibration_error(shares.max(axis=1), said == truth), 3),
    }


def numbered(names: Sequence[object]) -> np.ndarray:
    """A number for each, the same for the same: what `resampled` takes as groups."""
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(name, len(seen)) for name in names], int)


def _bins(confidence: np.ndarray) -> np.ndarray:
    return np.minimum((confidence * BINS).astype(int), BINS - 1)


def _divided(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) > 0)


def _mean(each: np.ndarray) -> np.ndarray:
    """The mean of the classes that have a value; nan where none has."""
    known = ~np.isnan(each)
    return _divided(np.where(known, each, 0.0).sum(axis=-1), known.sum(axis=-1))
