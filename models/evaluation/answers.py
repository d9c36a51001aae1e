"""Who is evaluated: the encoders with all their heads, or another model, asked for the shares of every class."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from models.base import UNDECIDED, Batch, Head, Question, Scorer
from models.encoder import Asked, Encoder
from models.evaluation.gold import Gold
from models.hub_scorers import open_scorer
from models.judge import Judge
from models.language import heard_in, language_of
from models.taxonomy import Taxonomy
from models.text import clean
from models.weights import ENGLISH, MANIFEST, MULTILINGUAL, SHIPPED, Weights, homes, read

# Rows that are asked at once: a step of the progress bar.
BLOCK = 256
# What is answered by comparing with the taxonomy, not by a head of the weights.
DESCRIBED = ("topics", "touchpoints", "stage")
OF_BRANDS = frozenset({"brand_sentiment", "relevance"})
# Heads of the weights whose classes may hold together.
TOGETHER = frozenset({"need", "mixed"})

Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Said:
    """What was answered to every row, by one head.

    `shares` has shape (rows, classes), nan for rows that were not asked. Without `bars` the classes exclude each other;
    with them each holds from its bar on. `surely` is False where the shares are no probabilities.
    """

    classes: tuple[str, ...]
    shares: np.ndarray
    bars: tuple[float, ...] | None = None
    surely: bool = True


class Answerer(Protocol):
    """Whoever answers. `about` says what it is, in JSON values: name, version, and what else tells it from others."""

    @property
    def name(self) -> str: ...
    @property
    def about(self) -> Mapping[str, Any]: ...

    def heads(self) -> Collection[str]:
        """The heads it can answer for."""
        ...

    def answer(self, rows: Sequence[Gold], heads: Collection[str], tell: Tell) -> dict[str, Said]:
        """Its answers by head; `tell` hears how many rows are done."""
        ...


class Encoders:
    """One encoder, or the two that share the languages as in the service."""

    def __init__(
        self, folder: Path = SHIPPED, only: str = "auto", threads: int = 0, taxonomy: Taxonomy | None = None
    ) -> None:
        """Over the weights in `folder` (models.weights.homes). Raises WeightsMissing or WeightsDamaged."""
        found = homes(folder)
        self._folder, self._threads, self._taxonomy = folder, threads, taxonomy
        self._homes = {only: found[only]} if only in found else found
        self._opened: dict[str, tuple[Weights, Encoder]] = {}
        self._judge: Judge | None = None
        self._only = only
        self._first = next(iter(self._homes))
        self._weights(self._first)

    @property
    def name(self) -> str:
        """ "english", "multilingual", or "shipped" for both by language."""
        return self._opened[self._first][0].name if len(self._homes) == 1 else "shipped"

    @property
    def about(self) -> Mapping[str, Any]:
        """The version of each encoder that was asked."""
        return {"name": self.name, "encoders": {one.name: one.version for one, _ in self._opened.values()}}

    def heads(self) -> Collection[str]:
        """The heads of the weights, and what is answered from the taxonomy."""
        known = self._opened[self._first][0].manifest["heads"]
        return [head for head, facts in known.items() if facts.get("classes")] + list(DESCRIBED)

    def answer(self, rows: Sequence[Gold], heads: Collection[str], tell: Tell) -> dict[str, Said]:
        """One forward pass for each row, whatever the number of heads."""
        names = [self._encoder_for(row) for row in rows]
        said: dict[str, Said] = {}
        done = 0
        for name in dict.fromkeys(names):
            weights, encoder = self._weights(name)
            of_weights = {head: Head.of(weights, head) for head in heads if head in weights.manifest["heads"]}
            places = np.array([at for at, wanted in enumerate(names) if wanted == name])
            for start in range(0, len(places), BLOCK):
                some = places[start : start + BLOCK]
                vectors, _ = encoder.read([rows[at].asked for at in some])
                for head, layer in of_weights.items():
                    _put(said, head, layer, rows, some, vectors)
                done += len(some)
                tell(done)
        described = [head for head in heads if head in DESCRIBED and any(head in row.labels for row in rows)]
        return said | (self._described(rows, described) if described else {})

    def _weights(self, name: str) -> tuple[Weights, Encoder]:
        if name not in self._opened:
            weights = read(self._homes[name], name)
            self._opened[name] = weights, Encoder(weights, self._threads)
        return self._opened[name]

    def _encoder_for(self, row: Gold) -> str:
        """As the judge routes a text (models.judge): what only may be English goes to the encoder of both."""
        if len(self._homes) == 1:
            return self._first
        heard = heard_in(clean(row.text))
        if heard.language not in ("en", UNDECIDED):
            return MULTILINGUAL
        return ENGLISH if heard.sure or not (self._homes[MULTILINGUAL] / MANIFEST).exists() else MULTILINGUAL

    def _described(self, rows: Sequence[Gold], heads: Sequence[str]) -> dict[str, Said]:
        """Answers that the judge gives from the taxonomy, as the service would: what it names holds."""
        if self._judge is None:
            encoder: Any = self._only if self._only in (ENGLISH, MULTILINGUAL) else "auto"
            self._judge = Judge.open(self._folder, self._threads, self._taxonomy, encoder=encoder)
        places = [at for at, row in enumerate(rows) if any(head in row.labels for head in heads)]
        readings = self._judge.read([Question(rows[at].text) for at in places])
        answered = [(at, one) for at, one in zip(places, readings, strict=True) if one.judgements]
        said = {}
        for head in heads:
            details = [reading.judgements[head].detail for _, reading in answered]
            given = [{one["label"]: one["score"] for one in _listed(detail)} for detail in details]
            classes = _classes_of(head, rows, given)
            shares = np.full((len(rows), len(classes)), np.nan)
            for (at, _), scores in zip(answered, given, strict=True):
                shares[at] = [scores.get(name, 0.0) for name in classes]
            together = head != "stage"
            said[head] = Said(classes, shares, (1e-9,) * len(classes) if together else None, surely=False)
        return said


def _put(
    said: dict[str, Said], head: str, layer: Head, rows: Sequence[Gold], places: np.ndarray, vectors: np.ndarray
) -> None:
    """The answers of one head to those rows of a block that ask for it."""
    wanted = np.array([head in rows[at].labels for at in places])
    if not wanted.any():
        return
    if head not in said:
        bars = tuple(layer.options["thresholds"][name] for name in layer.classes) if head in TOGETHER else None
        said[head] = Said(layer.classes, np.full((len(rows), len(layer.classes)), np.nan), bars)
    answer = layer.chances if head in TOGETHER else layer.shares
    said[head].shares[places[wanted]] = answer(vectors[wanted])


def _listed(detail: Any) -> list[dict[str, Any]]:
    return detail if isinstance(detail, list) else [detail]


def _classes_of(head: str, rows: Sequence[Gold], given: Iterable[Mapping[str, float]]) -> tuple[str, ...]:
    """The labels that stand in the answers or in the gold: a taxonomy may have more, which nobody named."""
    named = {label for scores in given for label in scores}
    for row in rows:
        truth = row.labels.get(head)
        if truth is not None:
            named |= {truth} if isinstance(truth, str) else truth.has
    return tuple(sorted(named))


@dataclass(frozen=True, slots=True)
class OneScorer:
    """A scorer of sentiment from elsewhere (models.hub), asked with the texts as the service would hand them over."""

    scorer: Scorer
    name: str

    @property
    def about(self) -> Mapping[str, Any]:
        """Its name and version."""
        return {"name": self.name, "version": self.scorer.version}

    def heads(self) -> Collection[str]:
        """Sentiment of whole texts, and nothing else."""
        return [self.scorer.name]

    def answer(self, rows: Sequence[Gold], heads: Collection[str], tell: Tell) -> dict[str, Said]:
        """The shares it gives to each polarity."""
        if self.scorer.name not in heads:
            return {}
        classes = ("negative", "neutral", "positive")
        shares = np.full((len(rows), len(classes)), np.nan)
        places = [at for at, row in enumerate(rows) if self.scorer.name in row.labels]
        for start in range(0, len(places), BLOCK):
            some = places[start : start + BLOCK]
            judged = self.scorer.judge(_batch([rows[at].asked for at in some]))
            shares[some] = [[one.detail[name] for name in classes] for one in judged]
            tell(start + len(some))
        return {self.scorer.name: Said(classes, shares)}


def _batch(asked: Sequence[Asked]) -> Batch:
    texts = [one.text.text for one in asked]
    nothing = np.zeros((len(texts), 0), np.float32)
    return Batch(texts, [None] * len(texts), [language_of(text) for text in texts], nothing, nothing)


def answerer(written: str, threads: int = 0, taxonomy: Taxonomy | None = None) -> Answerer:
    """Who is meant by "shipped" ("auto"), "english", "multilingual", a folder of weights, or a model's name.

    Raises WeightsMissing, WeightsDamaged, or models.hub.Unloadable.
    """
    if written in ("shipped", "auto", ENGLISH, MULTILINGUAL):
        return Encoders(SHIPPED, "auto" if written == "shipped" else written, threads, taxonomy)
    folder = Path(written).expanduser()
    if any((home / MANIFEST).exists() for home in homes(folder).values()):
        return Encoders(folder, "auto", threads, taxonomy)
    return OneScorer(open_scorer("sentiment", written, threads=threads), written)
