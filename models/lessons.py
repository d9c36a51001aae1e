"""From corrected mentions to lessons: what each head that can be taught makes of them, for each encoder by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from models.base import Batch, Question, Scorer, Teachable, shares
from models.judge import Judge
from models.refit import Evidence, Refit, refit

OF_BRAND = ("relevance", "brand_sentiment")
OF_ALL = ("topics", "touchpoints")
TEACHABLE = OF_BRAND + OF_ALL

# From this share on the shipped head is sure of a mention that nobody corrected.
SURE = 0.8
LEAST_OF_A_LABEL = 3


@dataclass(frozen=True, slots=True)
class Example:
    """A mention with its right labels, said by a person; or, with None, one that nobody objected to."""

    asked: Question
    labels: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a head learnt over one encoder of this version; over all of them together where `encoder` is empty."""

    encoder: str
    version: str
    refit: Refit


def learn(judge: Judge, scorer: str, examples: Sequence[Example]) -> list[Learnt]:
    """Refit a head on these examples: towards the one brand of all, or the same for all brands on shared embeddings.

    Nothing where the scorer was replaced by one that cannot be taught. Takes seconds for a thousand examples.
    """
    questions = [one.asked for one in examples]
    found: list[tuple[str, Evidence]] = []
    for places, batch, scorers in judge.looked(questions, "brand" if scorer in OF_BRAND else "text"):
        head = next((one for one in teachable(scorers) if one.name == scorer), None)
        if head is not None:
            found.append((batch.encoder, _evidence(head, batch, [examples[place] for place in places])))
    if scorer in OF_BRAND:
        return [Learnt(name, judge.encoders[name], refit(evidence)) for name, evidence in found]
    return [Learnt("", of_all(judge), refit(_joined([one for _, one in found])))] if found else []


def of_all(judge: Judge) -> str:
    """The version of the space in which the embeddings of all encoders lie."""
    return "+".join(version for _, version in sorted(judge.encoders.items()))


def teachable(scorers: Sequence[Scorer]) -> list[Teachable]:
    """Those of the scorers that are ours and can be taught: another's model may have taken the place of one."""
    return [cast(Teachable, one) for one in scorers if one.name in TEACHABLE and hasattr(one, "shipped")]


def _evidence(head: Teachable, batch: Batch, examples: Sequence[Example]) -> Evidence:
    logits = head.shipped(batch)
    several = head.bar is not None
    corrected = np.array([one.labels is not None for one in examples], bool)
    targets = np.array([[float(name in (one.labels or ())) for name in head.classes] for one in examples])
    if several:
        return Evidence(head.classes, logits, batch.embeddings, targets, corrected, False, head.bar or 0.0).at(
            corrected
        )
    certain = shares(logits)
    targets[~corrected] = np.eye(len(head.classes))[certain.argmax(1)][~corrected]
    usable = np.where(corrected, targets.sum(1) == 1, certain.max(1) >= SURE)
    return Evidence(head.classes, logits, batch.vectors, targets, corrected).at(usable)


def _joined(parts: Sequence[Evidence]) -> Evidence:
    """The evidence of several encoders as one, for the labels of which people have said enough either way."""
    first = parts[0]
    logits, vectors, targets, corrected = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("logits", "vectors", "targets", "corrected")
    )
    given = logits >= first.bar
    told = np.maximum(targets, given).sum(0) >= LEAST_OF_A_LABEL
    names = tuple(name for name, enough in zip(first.classes, told, strict=True) if enough)
    return Evidence(names, logits[:, told], vectors, targets[:, told], corrected, False, first.bar)
