"""The shipped scorers in the engine's terms: they answer, they learn from corrections, they use what was learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models import lessons
from models.base import Question
from models.judge import Judge, Reading
from models.refit import Adjustment, Lessons
from monitor.engine.learning import Example, Learnt
from monitor.store.likeness import EMBEDDING
from monitor.store.taught import Lesson


class Shipped:
    """A judge, and the lessons that it uses. `names` are what else the brands go by."""

    def __init__(self, judge: Judge, names: Mapping[str, tuple[str, ...]], known: Sequence[Lesson] = ()) -> None:
        self._judge, self._names = judge, names
        if known:
            self.teach(known)

    @property
    def versions(self) -> Mapping[str, str]:
        return {**self._judge.versions, EMBEDDING: lessons.of_all(self._judge)}

    def answers(self, texts: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        readings = self._judge.read([self._question(text, brand) for text, brand in texts])
        return [_answer(reading) for reading in readings]

    def _question(self, text: str, brand: str) -> Question:
        return Question(text, brand or None, self._names.get(brand, ()))

    def mend(self) -> bool:
        return self._judge.mend()

    def learn(self, scorer: str, brand: str, examples: Sequence[Example]) -> list[Learnt]:
        """What this head makes of examples: for each encoder, or for all where it is the same for all brands."""
        towards = brand if scorer in lessons.OF_BRAND else ""
        asked = [lessons.Example(self._question(text, towards), labels) for text, labels in examples]
        return [_learnt(one) for one in lessons.learn(self._judge, scorer, asked)]

    def fits(self, lesson: Lesson) -> bool:
        """Whether a lesson was made for the weights that judge now; one without weights of its own always does."""
        if not lesson.weights:
            return True
        now = self._judge.encoders.get(lesson.encoder) if lesson.encoder else lessons.of_all(self._judge)
        return lesson.version == now

    def teach(self, known: Sequence[Lesson]) -> None:
        """From now on those of these lessons are in use that are switched on and fit the weights."""
        classes = {one.name: one.classes for one in lessons.teachable(self._judge.scorers)}
        self._judge.teach(
            Lessons(
                {
                    (one.scorer, one.brand, one.encoder): _adjustment(one).aligned(classes[one.scorer])
                    for one in known
                    if one.in_use and one.scorer in classes and self.fits(one)
                }
            )
        )


def _answer(reading: Reading) -> dict[str, Any]:
    if reading.waits:
        return {"waits": reading.waits}
    meant = {} if reading.embedding is None else {EMBEDDING: reading.embedding}
    return reading.as_json() | meant


def _learnt(one: lessons.Learnt) -> Learnt:
    fitted = one.refit.adjustment
    rows = b"" if fitted is None else np.hstack([fitted.weight, fitted.bias[:, None]]).astype("<f4").tobytes()
    classes = () if fitted is None else fitted.classes
    return Learnt(one.encoder, one.version, classes, rows, one.refit.facts, one.refit.taken)


def _adjustment(lesson: Lesson) -> Adjustment:
    rows = np.frombuffer(lesson.weights, "<f4").reshape(len(lesson.classes), -1)
    return Adjustment(lesson.classes, rows[:, :-1], rows[:, -1])
