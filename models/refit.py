"""What people's corrections teach: a small adjustment of a head's logits, taken into use only where it is seen to help.

    new logits = shipped logits + W · vector + b

W and b are the maximum a posteriori with the shipped head as the prior: log-loss over the corrected mentions plus
strength/2 · (|W|² + |b|²), so that without evidence nothing changes. How strong the prior is, and whether the result is
used at all, is settled by mentions that the fit has not seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from models.base import Batch

# Strengths that are tried; vectors are centred and scaled to length 1 in the mean, so they mean the same everywhere.
STRENGTHS = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03)
FOLDS = 5
LEAST_CORRECTIONS = 12
LEAST_OF_A_CLASS = 3
# In standard errors.
LEAST_FALL = 0.5
# Mentions that nobody corrected and that the shipped head was sure of: so many of a hundred must keep their label.
KEPT_FROM = 0.95
LEAST_TO_BE_KEPT = 20
STEPS = 200
CLOSE = 1e-4


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What is added to the logits of one head: `weight` has shape (classes, width), `bias` (classes,), float32."""

    classes: tuple[str, ...]
    weight: np.ndarray
    bias: np.ndarray

    def of(self, vectors: np.ndarray) -> np.ndarray:
        """Extra logits, shape (texts, classes)."""
        return vectors @ self.weight.T + self.bias

    def aligned(self, classes: Sequence[str]) -> Adjustment:
        """The same for classes in another order; nothing is added for those that it does not know."""
        places = [self.classes.index(name) if name in self.classes else None for name in classes]
        weight = np.stack([np.zeros_like(self.weight[0]) if at is None else self.weight[at] for at in places])
        return Adjustment(tuple(classes), weight, np.array([0 if at is None else self.bias[at] for at in places], "f4"))


@dataclass(frozen=True, slots=True)
class Lessons:
    """Everything that is in use (`models.base.Taught`): (scorer, brand, encoder) to its adjustment.

    Brand and encoder are "" where a head is the same for all: such a head looks at embeddings, the others at vectors.
    """

    adjustments: Mapping[tuple[str, str, str], Adjustment] = field(default_factory=dict)

    def shift(self, scorer: str, batch: Batch) -> np.ndarray | float:
        """Extra logits for these texts, shape (texts, classes); 0.0 where nothing is taught."""
        of_all = self.adjustments.get((scorer, "", ""))
        if of_all is not None:
            return of_all.of(batch.embeddings)
        known = [self.adjustments.get((scorer, brand or "", batch.encoder)) for brand in batch.brands]
        some = next((one for one in known if one is not None), None)
        if some is None:
            return 0.0
        extra = np.zeros((len(known), len(some.classes)), np.float32)
        for brand in {brand for brand, one in zip(batch.brands, known, strict=True) if one is not None}:
            rows = [at for at, name in enumerate(batch.brands) if name == brand]
            extra[rows] = self.adjustments[scorer, brand or "", batch.encoder].of(batch.vectors[rows])
        return extra

    def version(self, scorer: str) -> str:
        """Eight letters that change whenever an answer of this scorer could; empty where it was taught nothing."""
        mine = sorted((key, one) for key, one in self.adjustments.items() if key[0] == scorer)
        if not mine:
            return ""
        digest = hashlib.sha256()
        for key, one in mine:
            digest.update(repr((key, one.classes)).encode() + one.weight.tobytes() + one.bias.tobytes())
        return digest.hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Mentions of one head: what the shipped head says and what is right, n rows.

    `logits` and `targets` (0 or 1) have shape (n, classes), `vectors` (n, width). `corrected` is False for anchors:
    mentions that nobody corrected, with the answer that the shipped head is sure of. Where `exclusive`, each row has
    one right class; else any number, and a class is given from a logit of `bar` on.
    """

    classes: tuple[str, ...]
    logits: np.ndarray
    vectors: np.ndarray
    targets: np.ndarray
    corrected: np.ndarray
    exclusive: bool = True
    bar: float = 0.0

    def at(self, rows: np.ndarray) -> Evidence:
        """These rows alone."""
        parts = ("logits", "vectors", "targets", "corrected")
        return replace(self, **{name: getattr(self, name)[rows] for name in parts})


@dataclass(frozen=True, slots=True)
class Refit:
    """What became of it. `adjustment` is there whenever one was fitted; `taken` says whether it is to be used, and
    `facts` (JSON values) why, with the figures on held-out corrections before and after."""

    taken: bool
    adjustment: Adjustment | None
    facts: Mapping[str, Any]


def refit(evidence: Evidence) -> Refit:
    """Fit, and judge by mentions that were held out.

    Taken into use when all of this holds:

    - there are 12 corrections or more, and two classes with at least three mentions each;
    - over five folds, each judged by a fit on the other four (with a strength chosen among those four alone), the
      log-loss of held-out corrections falls by more than half the standard error of its fall;
    - not fewer of the held-out corrections are right than before, and macro-F1 is not lower: a gain for the frequent
      class paid for by the rare one is none;
    - where people said one thing only, of held-out anchors 95 in 100 keep their label: who corrects what is wrong and
      leaves alone what is right always speaks for change. Where people said this of some mentions and that of others,
      anchors are left out: what the shipped head is sure of may be the very thing that they object to.

    Why half: after forty corrections of brands that the encoder never saw (train/refit_trial.py, "untouched base" and
    "bare words"), other mentions gain 6.0 points of macro-F1 in the mean with a whole standard error and 7.0 with half.
    Were every refit used it would be 7.9, but up to 1.2 lost where there is nothing to gain; so it is 0.4 at most.
    """
    alone = evidence.at(np.flatnonzero(evidence.corrected))
    evidence = evidence if _too_little(alone) else alone
    counts = {
        name: int(n) for name, n in zip(evidence.classes, evidence.targets[evidence.corrected].sum(0), strict=True)
    }
    facts: dict[str, Any] = {"corrections": int(evidence.corrected.sum()), "of": counts}
    facts["anchors"] = int((~evidence.corrected).sum())
    if reason := _too_little(evidence):
        return Refit(False, None, facts | {"why": reason})
    span = _Span.of(evidence.vectors)
    extra = _held_out(evidence, span)
    strength = _best_strength(evidence, span, np.arange(len(evidence.targets)))
    adjustment = fit(evidence, strength)
    before, after = figures(evidence, 0.0), figures(evidence, extra)
    facts |= {"before": before, "after": after, "kept": _kept(evidence, extra), "strength": strength}
    reason = _no_help(evidence, extra, facts)
    return Refit(not reason, adjustment, facts | {"why": reason or "held-out corrections are better answered"})


def fit(evidence: Evidence, strength: float) -> Adjustment:
    """The adjustment that these rows teach with this strength of the prior."""
    span = _Span.of(evidence.vectors)
    weight = _solve(evidence, span.rows, span.sizes, (strength,))[0] @ span.axes
    folded = weight[:, :-1] / span.scale
    bias = weight[:, -1] - folded @ span.centre
    return Adjustment(evidence.classes, folded.astype(np.float32), bias.astype(np.float32))


@dataclass(frozen=True, slots=True)
class _Span:
    """Vectors in coordinates of their own span, of which there are no more than rows: rows (n, r) = (vector - centre) /
    scale beside a 1 for the bias, turned to their principal `axes` (r, width + 1), along which they have `sizes`."""

    centre: np.ndarray
    scale: float
    rows: np.ndarray
    sizes: np.ndarray
    axes: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray) -> _Span:
        vectors = vectors.astype(np.float64)
        centre = vectors.mean(0)
        scale = float(np.sqrt(((vectors - centre) ** 2).sum(1).mean())) or 1.0
        rows = np.hstack([(vectors - centre) / scale, np.ones((len(vectors), 1))])
        _, sizes, axes = np.linalg.svd(rows, full_matrices=False)
        return cls(centre, scale, rows @ axes.T, sizes, axes)


def _solve(evidence: Evidence, rows: np.ndarray, sizes: np.ndarray, strengths: Sequence[float]) -> list[np.ndarray]:
    """For each strength, the tightest first, the weights in the span, shape (classes, r).

    Böhning's bound (1992): the curvature of the log-loss never exceeds a half (softmax) or a quarter (sigmoid) of
    rowsᵀ·rows. With that in its place, which is diagonal here, each step goes downhill and costs two products. `sizes`
    may be of more rows than these.
    """
    bound = 0.5 if evidence.exclusive else 0.25
    solved = []
    at = np.zeros((rows.shape[1], len(evidence.classes)))
    for strength in strengths:  # each begins where the one before ended
        curve = (bound * sizes**2 + strength)[:, None]
        ahead, pace = at, 1.0
        for _ in range(STEPS):
            wrong = _chances(evidence, evidence.logits + rows @ ahead) - evidence.targets
            new = ahead - (rows.T @ wrong + strength * ahead) / curve
            moved = np.abs(new - at).max(initial=0.0)
            faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2  # Nesterov's momentum
            ahead, at, pace = new + (pace - 1) / faster * (new - at), new, faster
            if moved < CLOSE:
                break
        solved.append(at.T)
    return solved


def _chances(evidence: Evidence, logits: np.ndarray) -> np.ndarray:
    if not evidence.exclusive:
        return 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


# ---- held out -------------------------------------------------------------------------------------------------------


def _folds(evidence: Evidence) -> list[tuple[np.ndarray, np.ndarray]]:
    """(seen, held out) rows, each class and the anchors spread evenly over the folds."""
    kind = np.lexsort((np.arange(len(evidence.targets)), evidence.targets.argmax(1), ~evidence.corrected))
    fold = np.empty(len(kind), int)
    fold[kind] = np.arange(len(kind)) % FOLDS
    return [(np.flatnonzero(fold != one), np.flatnonzero(fold == one)) for one in range(FOLDS)]


def _best_strength(evidence: Evidence, span: _Span, among: np.ndarray) -> float:
    """The strength by which rows of `among` are answered best by fits on the others of it."""
    losses = np.zeros(len(STRENGTHS))
    for seen, out in _folds(evidence.at(among)):
        some, rest = evidence.at(among[seen]), evidence.at(among[out])
        for at, weight in enumerate(_solve(some, span.rows[among[seen]], span.sizes, STRENGTHS)):
            losses[at] += _losses(rest, span.rows[among[out]] @ weight.T)[rest.corrected].sum()
    return STRENGTHS[int(np.argmin(losses))]


def _held_out(evidence: Evidence, span: _Span) -> np.ndarray:
    """Extra logits of each row from a fit that saw neither it nor anything of its fold in choosing the strength."""
    extra = np.zeros(evidence.logits.shape)
    for seen, out in _folds(evidence):
        strength = _best_strength(evidence, span, seen)
        weight = _solve(evidence.at(seen), span.rows[seen], span.sizes, (strength,))[0]
        extra[out] = span.rows[out] @ weight.T
    return extra


def _losses(evidence: Evidence, extra: np.ndarray | float) -> np.ndarray:
    """Log-loss of each row, in nats; the mean over the classes where several may hold."""
    chances = np.clip(_chances(evidence, evidence.logits + extra), 1e-7, 1 - 1e-7)
    if evidence.exclusive:
        return -(evidence.targets * np.log(chances)).sum(1)
    return -np.where(evidence.targets > 0, np.log(chances), np.log(1 - chances)).mean(1)


def _answers(evidence: Evidence, extra: np.ndarray | float) -> np.ndarray:
    """The classes that are given, 0 or 1, shape (n, classes)."""
    logits = evidence.logits + extra
    if not evidence.exclusive:
        return (logits >= evidence.bar).astype(int)
    return np.eye(len(evidence.classes), dtype=int)[logits.argmax(1)]


def figures(evidence: Evidence, extra: np.ndarray | float) -> dict[str, float]:
    """Log-loss, accuracy and macro-F1 over the corrected rows, with these extra logits.

    Accuracy is the share of right answers; where several classes may hold, of right decisions over all classes.
    Macro-F1 is the mean over the classes that occur.
    """
    mine = evidence.corrected
    given, right = _answers(evidence, extra)[mine], evidence.targets[mine].astype(int)
    occur = (given + right).sum(0) > 0
    f1 = 2 * (given & right).sum(0) / np.maximum((given + right).sum(0), 1)
    accuracy = (given * right).sum(1) if evidence.exclusive else given == right
    return {
        "log_loss": round(float(_losses(evidence, extra)[mine].mean()), 4),
        "accuracy": round(float(np.mean(accuracy)), 4),
        "macro_f1": round(float(f1[occur].mean()) if occur.any() else 1.0, 4),
    }


def _kept(evidence: Evidence, extra: np.ndarray) -> float | None:
    """The share of anchors that keep their label; None where there are too few to tell."""
    anchors = ~evidence.corrected
    if anchors.sum() < LEAST_TO_BE_KEPT:
        return None
    same = (_answers(evidence, extra) == _answers(evidence, 0.0)).all(1)
    return round(float(same[anchors].mean()), 4)


def _too_little(evidence: Evidence) -> str:
    corrections = int(evidence.corrected.sum())
    if corrections < LEAST_CORRECTIONS:
        return f"{corrections} of the {LEAST_CORRECTIONS} corrections that it takes"
    told = np.maximum(evidence.targets, 0 if evidence.exclusive else _answers(evidence, 0.0)).sum(0)
    if (told >= LEAST_OF_A_CLASS).sum() < (2 if evidence.exclusive else 1):
        return f"it takes {LEAST_OF_A_CLASS} mentions each of what is to be told apart"
    return ""


def _no_help(evidence: Evidence, extra: np.ndarray, facts: Mapping[str, Any]) -> str:
    """Why the adjustment is not to be used; empty where it is."""
    before, after, kept = facts["before"], facts["after"], facts["kept"]
    falls = (_losses(evidence, 0.0) - _losses(evidence, extra))[evidence.corrected]
    if falls.mean() <= LEAST_FALL * falls.std(ddof=1) / np.sqrt(len(falls)):
        return "held-out corrections are not answered with less doubt"
    if after["accuracy"] < before["accuracy"]:
        return "fewer of the held-out corrections are right"
    if after["macro_f1"] < before["macro_f1"]:
        return "the rarer answers suffer"
    if kept is not None and kept < KEPT_FROM:
        return f"it would change {1 - kept:.0%} of the answers that nobody objected to; say of some that they are right"
    return ""
