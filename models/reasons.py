"""Why a text has a label, or nearly has it: the nearest saying, the words found, and the chance that came of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.base import Batch, Question
from models.described import Sayings
from models.judge import Judge
from models.keywords import Keywords
from models.phrases import Phrases
from models.stage import Stage
from models.taxonomy import Label
from models.topic import Topics


@dataclass(frozen=True, slots=True)
class Reason:
    """One label and what speaks for it. `chance` is 0 to 1, `cosine` that of the nearest saying.

    `words` are those of the label that the text holds; `keywords` are beginnings of words that its name or description
    shares with the text.
    """

    label: Label
    chance: float
    given: bool
    saying: str
    cosine: float
    words: tuple[str, ...]
    keywords: tuple[str, ...]


def reasons(judge: Judge, text: str) -> dict[str, list[Reason]]:
    """By scorer (topics, touchpoints, stage) every label with its reason, the likeliest first.

    A scorer that was replaced by another model gives no reasons and is left out; so is everything for a text that
    cannot be read.
    """
    (reading,) = judge.read([Question(text)])
    found: dict[str, list[Reason]] = {}
    for _, batch, scorers in judge.looked([Question(text)], "text"):
        for scorer in scorers:
            if not isinstance(scorer, Topics | Stage) or scorer.name not in reading.judgements:
                continue
            judgement = reading.judgements[scorer.name]
            if isinstance(scorer, Topics):
                logits = scorer.shipped(batch) + scorer.taught.shift(scorer.name, batch)
                chances, given = 1 / (1 + np.exp(-logits[0])), {one["label"] for one in judgement.detail}
                sayings, keywords = scorer.described.sayings, scorer.described.keywords
            else:
                chances, given = scorer.shares(batch)[0], {judgement.label}
                sayings, keywords = scorer.sayings, Keywords({})
            every = _reasons(sayings, keywords, batch, chances, given)
            found[scorer.name] = sorted(every, key=lambda one: -one.chance)
    return found


def _reasons(
    sayings: Sayings, keywords: Keywords, batch: Batch, chances: np.ndarray, given: set[str]
) -> Iterator[Reason]:
    text, vector = batch.texts[0], batch.embeddings[0]
    for at, (label, chance) in enumerate(zip(sayings.labels, chances, strict=True)):
        words = tuple(word for word in label.words if Phrases.of([[word]]).labels_in(text))
        saying, cosine = sayings.nearest(vector, at)
        shared = tuple(keywords.shared(text, at))
        yield Reason(label, float(chance), label.name in given, saying, cosine, words, shared)
