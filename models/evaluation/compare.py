"""Two models on the same rows: their figures, whether the difference is more than chance, and where they differ."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models import measures
from models.evaluation.answers import Answerer, Said, Tell
from models.evaluation.figures import UNKNOWN, Figures, of_head, percent, truths
from models.evaluation.gold import Gold, GoldSet, NotGold


@dataclass(frozen=True, slots=True)
class Differing:
    """A row on which two models differ: what each said, and what is right."""

    row: Gold
    head: str
    truth: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The report in JSON values, and the rows on which the two differ, those that one of them has right first."""

    report: Figures
    differing: tuple[Differing, ...]


def compare(gold: GoldSet, first: Answerer, second: Answerer, heads: Collection[str] | None, tell: Tell) -> Comparison:
    """Both on the rows that both can answer. Raises NotGold where there are none."""
    labelled = {head for row in gold.rows for head in row.labels}
    both = labelled & set(first.heads()) & set(second.heads()) & (set(heads) if heads else labelled)
    rows = [row for row in gold.rows if both & row.labels.keys()]
    said = first.answer(rows, both, tell)
    others = second.answer(rows, both, lambda done: tell(len(rows) + done))
    found: Figures = {}
    differing: list[Differing] = []
    for head in sorted(both & said.keys() & others.keys()):
        one, two = said[head], _reordered(others[head], said[head].classes)
        if two is None or one.bars is not None:
            continue
        truth, places = _answered(head, rows, one, two)
        if len(places):
            found[head] = _of_head(head, rows, places, truth, one, two)
            differing += _differing(head, rows, places, truth, one, two)
    if not found:
        raise NotGold("There is nothing that both can answer with one class: sentiment, brand_sentiment, emotion …")
    differing.sort(key=lambda one: one.truth not in (one.first, one.second))
    return Comparison({"first": dict(first.about), "second": dict(second.about), "heads": found}, tuple(differing))


def _reordered(said: Said, classes: Sequence[str]) -> Said | None:
    """The same answers with their classes in another's order; None where the classes are others."""
    if set(said.classes) != set(classes):
        return None
    return Said(tuple(classes), said.shares[:, [said.classes.index(name) for name in classes]], said.bars)


def _answered(head: str, rows: Sequence[Gold], one: Said, two: Said) -> tuple[np.ndarray, np.ndarray]:
    truth = truths(head, rows, one.classes)
    known = ~np.isnan(one.shares).any(axis=1) & ~np.isnan(two.shares).any(axis=1) & (truth != UNKNOWN)
    return truth, np.flatnonzero(known)


def _of_head(head: str, rows: Sequence[Gold], places: np.ndarray, truth: np.ndarray, one: Said, two: Said) -> Figures:
    size, kept = len(one.classes), [rows[at] for at in places]
    right, answers = truth[places], [said.shares[places].argmax(axis=1) for said in (one, two)]
    texts = measures.numbered([(row.file, row.text) for row in kept])

    def cells(weight: np.ndarray | None = None) -> np.ndarray:
        return np.stack([measures.cells_of(right, said, size, weight) for said in answers])

    drawn, whole = measures.resampled(texts, cells), cells()
    difference: dict[str, Any] = {}
    for name, measure in measures.MEASURES.items():
        gap = measure(whole)[1] - measure(whole)[0]
        spread = measures.interval(measure(drawn)[:, 1] - measure(drawn)[:, 0])
        difference[name] = {"second_minus_first": percent(gap), "interval": [percent(spread.low), percent(spread.high)]}
    hits = [said == right for said in answers]
    only_first, only_second = int((hits[0] & ~hits[1]).sum()), int((hits[1] & ~hits[0]).sum())
    return {
        "rows": len(places),
        "first": of_head(head, kept, _some(one, places))["all"],
        "second": of_head(head, kept, _some(two, places))["all"],
        "difference": difference,
        "only_first_right": only_first,
        "only_second_right": only_second,
        "mcnemar_p": measures.mcnemar(only_first, only_second),
    }


def _some(said: Said, places: np.ndarray) -> Said:
    return Said(said.classes, said.shares[places], said.bars, said.surely)


def _differing(
    head: str, rows: Sequence[Gold], places: np.ndarray, truth: np.ndarray, one: Said, two: Said
) -> list[Differing]:
    found = []
    for at in places.tolist():
        first, second = (said.classes[int(said.shares[at].argmax())] for said in (one, two))
        if first != second:
            found.append(Differing(rows[at], head, one.classes[truth[at]], first, second))
    return found
