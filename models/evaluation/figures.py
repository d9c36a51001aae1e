"""The figures of an evaluation, as JSON values: percent to one place, calibration errors as shares to three.

For every head: all rows, then parts of them (by language, source, brand), each with 95 % intervals from resampling
whole texts.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from models import measures
from models.evaluation.answers import Answerer, Said, Tell
from models.evaluation.forms import Several
from models.evaluation.gold import Gold, GoldSet, opposed

# Parts with fewer rows say nothing; of many parts (brands) the largest are given.
LEAST_ROWS, MOST_PARTS = 20, 40
MOST_BAD = 1000
UNKNOWN = -1

Figures = dict[str, Any]


def evaluate(gold: GoldSet, answerer: Answerer, heads: Collection[str] | None, tell: Tell) -> Figures:
    """The whole report. `heads` narrows it to some of those that the rows have answers for."""
    wanted = _wanted(gold.rows, answerer, heads)
    rows = [row for row in gold.rows if wanted & row.labels.keys()]
    said = answerer.answer(rows, wanted, tell)
    measured = {head: of_head(head, rows, said[head]) for head in sorted(wanted, key=_order) if head in said}
    found = {head: figures for head, figures in measured.items() if figures["all"]["rows"]}
    both = opposite(rows, said["brand_sentiment"]) if "brand_sentiment" in said else None
    return {
        "asked": dict(answerer.about),
        "lines": gold.lines,
        "used": len({(row.file, row.line) for row in rows}),
        "bad": [{"file": one.file, "line": one.line, "why": one.why} for one in gold.bad[:MOST_BAD]],
        "bad_lines": len(gold.bad),
        "intervals": {"probability": 0.95, "resamples": measures.RESAMPLES, "seed": measures.SEED},
        "heads": found,
        **({"opposite": both} if both else {}),
    }


def _wanted(rows: Sequence[Gold], answerer: Answerer, heads: Collection[str] | None) -> set[str]:
    labelled = {head for row in rows for head in row.labels}
    return labelled & set(answerer.heads()) & (set(heads) if heads else labelled)


def _order(head: str) -> tuple[int, str]:
    """Sentiment first, then as in the model card; heads for evaluation alone come last."""
    first = ("sentiment", "brand_sentiment", "relevance", "emotion", "need", "topics", "touchpoints", "stage", "mixed")
    return (first.index(head) if head in first else len(first), head)


def of_head(head: str, rows: Sequence[Gold], said: Said) -> Figures:
    """The figures of one head: over all its rows, and by each part that has rows enough."""
    measure = _together if said.bars is not None else _exclusive
    truth = truths(head, rows, said.classes)
    asked = ~np.isnan(said.shares).any(axis=1) & (truth.reshape(len(rows), -1) != UNKNOWN).any(axis=1)
    texts = measures.numbered([(row.file, row.text) for row in rows])

    def of(places: np.ndarray) -> Figures:
        if not len(places):
            return {"rows": 0}
        return measure(said, truth[places], said.shares[places], texts[places])

    every = np.flatnonzero(asked)
    by = {part: _parted(part, rows, every) for part in ("lang", "source", "brand")}
    return {
        "classes": list(said.classes),
        "all": of(every),
        "by": {
            part: {name: of(places) for name, places in found.items()} for part, found in by.items() if len(found) > 1
        },
    }


def truths(head: str, rows: Sequence[Gold], classes: Sequence[str]) -> np.ndarray:
    """The right answers as numbers: a class a row or, for classes that may hold together, 1, 0 or UNKNOWN each.

    A class that the head does not have is UNKNOWN.
    """
    numbers = {name: at for at, name in enumerate(classes)}
    labels = [row.labels.get(head) for row in rows]
    if not any(isinstance(one, Several) for one in labels):
        return np.array([numbers.get(one, UNKNOWN) if isinstance(one, str) else UNKNOWN for one in labels], int)
    return np.array([_holds(one, classes) for one in labels], int).reshape(len(rows), len(classes))


def _holds(label: object, classes: Sequence[str]) -> list[int]:
    if not isinstance(label, Several):
        return [UNKNOWN] * len(classes)
    return [
        1 if name in label.has else 0 if label.lacks is None or name in label.lacks else UNKNOWN for name in classes
    ]


def _parted(part: str, rows: Sequence[Gold], places: np.ndarray) -> dict[str, np.ndarray]:
    counts = Counter(rows[at].parts[part] for at in places if part in rows[at].parts)
    names = [name for name, rows_of_it in counts.most_common(MOST_PARTS) if rows_of_it >= LEAST_ROWS]
    return {name: places[[rows[at].parts.get(part) == name for at in places]] for name in sorted(names)}


def _exclusive(said: Said, truth: np.ndarray, shares: np.ndarray, texts: np.ndarray) -> Figures:
    """Classes of which one is right."""
    size = len(said.classes)
    answers = shares.argmax(axis=1)
    cells = measures.cells_of(truth, answers, size)
    drawn = measures.resampled(texts, lambda weight: measures.cells_of(truth, answers, size, weight))
    figures: Figures = {"rows": len(truth)}
    for name, measure in measures.MEASURES.items():
        figures[name] = percent(measure(cells))
        figures[f"{name}_interval"] = _span(measures.interval(measure(drawn)))
    if said.surely:
        confidence, right = shares.max(axis=1), answers == truth
        figures["calibration_error"] = round(measures.calibration_error(confidence, right), 3)
        figures["calibration_by_chance"] = round(measures.calibration_by_chance(confidence), 3)
        figures["log_loss"] = round(measures.log_loss(shares, truth), 3)
        figures["bins"] = [
            {"rows": one.rows, "confidence": percent(one.confidence), "right": percent(one.right)}
            for one in measures.bins_of(confidence, right)
        ]
    precision, recall, f1 = measures.precisions(cells), measures.recalls(cells), measures.f1s(cells)
    figures["labels"] = {
        name: {
            "rows": int(cells[at].sum()),
            "precision": percent(precision[at]),
            "recall": percent(recall[at]),
            "f1": percent(f1[at]),
        }
        for at, name in enumerate(said.classes)
    }
    return figures | {"confusion": cells.tolist()}


def _together(said: Said, truth: np.ndarray, shares: np.ndarray, texts: np.ndarray) -> Figures:
    """Classes that may hold together: each judged on the rows that say whether it holds."""
    assert said.bars is not None
    holds = shares >= np.array(said.bars)
    labels: Figures = {}
    for at, name in enumerate(said.classes):
        known = truth[:, at] != UNKNOWN
        if not (truth[:, at] == 1).any():
            continue
        found = measures.found(truth[known, at] == 1, holds[known, at])
        drawn = measures.resampled(texts[known], _f1_of(truth[known, at] == 1, holds[known, at]))
        labels[name] = {
            "rows": found.rows,
            "known": found.known,
            "precision": percent(found.precision),
            "recall": percent(found.recall),
            "f1": percent(found.f1),
            "f1_interval": _span(measures.interval(drawn)),
        }
    f1 = [one["f1"] for one in labels.values()]
    return {"rows": len(truth), "macro_f1": round(float(np.mean(f1)), 1) if f1 else None, "labels": labels}


def _f1_of(truth: np.ndarray, holds: np.ndarray) -> Any:
    def count(weight: np.ndarray) -> np.ndarray:
        either = (weight * truth).sum() + (weight * holds).sum()
        return np.array(2 * (weight * (truth & holds)).sum() / either if either else np.nan)

    return count


def opposite(rows: Sequence[Gold], said: Said) -> Figures | None:
    """How often both are right where a text is for one target and against another: of all texts, and by source.

    `pairs` are all pairs of a praised and a blamed target of one text; `texts` have all such targets right.
    """
    every = list(opposed(rows).values())
    if not every:
        return None
    by_source: dict[str, list[list[int]]] = {}
    for places in every:
        by_source.setdefault(rows[places[0]].parts.get("source", ""), []).append(places)
    parts = {name: _both(rows, said, texts) for name, texts in sorted(by_source.items()) if len(texts) >= LEAST_ROWS}
    return _both(rows, said, every) | ({"by": {"source": parts}} if len(by_source) > 1 else {})


def _both(rows: Sequence[Gold], said: Said, texts: Sequence[Sequence[int]]) -> Figures:
    pairs, right, owner = [], [], []
    for number, places in enumerate(texts):
        hits = {at: said.classes[int(said.shares[at].argmax())] == rows[at].labels["brand_sentiment"] for at in places}
        praised = [at for at in places if rows[at].labels["brand_sentiment"] == "positive"]
        found = [hits[first] and hits[second] for first in praised for second in places if second not in praised]
        pairs += found
        right.append(all(hits.values()))
        owner += [number] * len(found)
    return {
        "texts": len(right),
        "pairs": len(pairs),
        "both_right": percent(np.mean(pairs)),
        "both_right_interval": _share_interval(np.array(pairs), np.array(owner)),
        "all_right": percent(np.mean(right)),
        "all_right_interval": _share_interval(np.array(right), np.arange(len(right))),
    }


def _share_interval(right: np.ndarray, owner: np.ndarray) -> list[float | None]:
    drawn = measures.resampled(owner, lambda weight: np.array((weight * right).sum() / weight.sum()))
    return _span(measures.interval(drawn))


def percent(share: object) -> float | None:
    """A share in percent to one place; None where it has no value, which JSON can say."""
    value = float(share)  # type: ignore[arg-type]
    return None if np.isnan(value) else round(100 * value, 1)


def _span(found: measures.Interval) -> list[float | None]:
    return [percent(found.low), percent(found.high)]


def heads_of(report: Mapping[str, Any]) -> list[tuple[str, Figures]]:
    """Head and figures over all rows, in the report's order."""
    return [(head, found["all"]) for head, found in report["heads"].items()]
