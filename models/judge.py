"""The judge: questions in, readings out, same order; the language of a text picks the encoder that reads it."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from models import taxonomy as taxonomies
from models.asking import Key, Prepared, prepared
from models.base import UNDECIDED, UNTAUGHT, Batch, Judgement, Question, Scorer, Setup, Taught
from models.encoder import Encoder
from models.isolation import Failed, isolated
from models.language import Heard, language_of
from models.reader import Answer, Reader, Told, scorers
from models.taxonomy import Taxonomy
from models.text import plain
from models.weights import (
    ENGLISH,
    MULTILINGUAL,
    SHIPPED,
    Manifest,
    WeightsDamaged,
    WeightsMissing,
    homes,
    read,
    read_manifest,
)  # fmt: skip

# Answers kept for texts that come again (syndicated news, retweets); about 3 kB each.
REMEMBERED = 4096
# Texts that go through the encoder at once: enough to sort by length, few enough to keep memory flat.
BLOCK = 512

Choice = Literal["auto", "english", "multilingual"]


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is judged of one question.

    `judgements` is empty and `skipped` tells why when the text cannot be used, or `waits` when it can, but only by an
    encoder that cannot be had now. `embedding` is a unit vector of 384 float32. `unread` is how many characters at the
    text's end were beyond what the encoder reads (128 tokens).
    """

    question: Question
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    embedding: np.ndarray | None = None
    unread: int = 0
    skipped: str | None = None
    waits: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The answer in JSON values: one key a scorer, or `skipped` with the reason."""
        if reason := self.skipped or self.waits:
            return {"skipped": reason}
        answers = {name: judgement.detail for name, judgement in self.judgements.items()}
        return answers | ({"unread": self.unread} if self.unread else {})


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why one of them has no answer yet: its encoder cannot be had."""

    why: str


Outcome = Answer | Failed | Waiting


class Judge:
    """Encoders and scorers together. Reading is safe from several threads; one reads at a time."""

    def __init__(
        self, folders: Mapping[str, Path], threads: int, taxonomy: Taxonomy, replaced: Sequence[Scorer], taught: Taught
    ) -> None:
        """Over the encoders of these names in these folders; the first of them is opened at once."""
        self._folders, self._threads, self._taxonomy, self._taught = dict(folders), threads, taxonomy, taught
        self._replaced = tuple(replaced)
        self._readers: dict[str, Reader] = {}
        self._scorers: dict[str, tuple[Scorer, ...]] = {}
        self._sayings: dict[str, np.ndarray] = {}
        self._remembered: OrderedDict[Key, Answer] = OrderedDict()
        self._one_at_a_time = threading.RLock()
        self.lacking: dict[str, str] = {}
        """Encoders that were needed and could not be opened, each with the reason."""
        self.passes = 0
        self._known = _manifests(folders)
        self._encoders = "+".join(known.version for known in self._known.values())
        first = next(iter(folders))
        self._readers[first] = self._open(first)
        self.scorers = self._scorers_of(first)

    @classmethod
    def open(
        cls,
        folder: Path = SHIPPED,
        threads: int = 1,
        taxonomy: Taxonomy | None = None,
        *,
        encoder: Choice = "auto",
        replaced: Sequence[Scorer] = (),
        taught: Taught = UNTAUGHT,
    ) -> "Judge":
        """The judge over the weights in `folder`: two encoders in folders of their names, or one encoder in it itself.

        With two, `encoder` may force one of them. Those of `replaced` judge instead of the shipped scorers of the same
        names. Raises WeightsMissing or WeightsDamaged (models.weights) when the encoder for English cannot be used, or
        the forced one; the other is opened by the first text that needs it.
        """
        found = homes(folder)
        chosen: dict[str, Path] = {encoder: found[encoder]} if encoder in found else found
        return cls(chosen, threads, taxonomies.shipped() if taxonomy is None else taxonomy, replaced, taught)

    @property
    def versions(self) -> dict[str, str]:
        """The version of each scorer, by name."""
        return {scorer.name: scorer.version for scorer in self.scorers}

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of texts, shape (texts, 384), in one space for all encoders: near ones are alike in meaning.

        Where the encoder for a text's language cannot be had, the first one reads it as well as it can.
        """
        with self._one_at_a_time:
            read = [plain(text) for text in texts]
            names = [self._encoder_for(Heard(language_of(text))) for text in read]
            first = self._readers[next(iter(self._folders))]
            found = np.zeros((len(read), first.encoder.width), np.float32)
            for name in set(names):
                places = [at for at, wanted in enumerate(names) if wanted == name]
                found[places] = (self._opened(name) or first).embed([read[at] for at in places])
            return found

    def _embed_once(self, sayings: Sequence[str]) -> np.ndarray:
        """As `embed`, for what the scorers of several encoders compare with."""
        new = [saying for saying in dict.fromkeys(sayings) if saying not in self._sayings]
        self._sayings |= zip(new, self.embed(new), strict=True)
        return np.stack([self._sayings[saying] for saying in sayings])

    @property
    def encoders(self) -> dict[str, str]:
        """The version of each encoder's weights, by name."""
        return {known.name: known.version for known in self._known.values()}

    def teach(self, taught: Taught) -> None:
        """From now on this is what corrections have taught; what was taught before is forgotten."""
        with self._one_at_a_time:
            self._taught = taught
            self._scorers.clear()
            self._remembered.clear()
            self.scorers = self._scorers_of(next(iter(self._folders)))

    def looked(
        self, questions: Sequence[Question], needs: Literal["text", "brand"]
    ) -> list[tuple[list[int], Batch, tuple[Scorer, ...]]]:
        """What the encoders leave of questions to their scorers: for each encoder the places of those that it read, the
        batch, and its scorers. Those that cannot be read, or not towards a brand where it needs one, are left out."""
        groups: dict[str, list[tuple[int, Told]]] = {}
        with self._one_at_a_time:
            for at, one in enumerate(isolated(lambda some: [prepared(question) for question in some], questions)):
                for (_, towards), told in one.passes if isinstance(one, Prepared) else ():
                    if bool(towards) == (needs == "brand"):
                        groups.setdefault(self._encoder_for(told.heard), []).append((at, told))
            readers = {name: reader for name in groups if (reader := self._opened(name))}
            return [
                ([at for at, _ in groups[name]], reader.batch([told for _, told in groups[name]], needs)[0],
                 self._scorers_of(name))
                for name, reader in readers.items()
            ]  # fmt: skip

    def mend(self) -> bool:
        """Tries once more to open what is lacking; whether nothing is any longer."""
        with self._one_at_a_time:
            lacking = list(self.lacking)
            self.lacking.clear()
            for name in lacking:
                if self._opened(name):
                    # Descriptions in its languages were read by another encoder, as well as that could.
                    self._sayings.clear()
                    self._scorers.clear()
                    self._remembered.clear()
            return not self.lacking

    def forget(self) -> None:
        """Drops the remembered answers."""
        with self._one_at_a_time:
            self._remembered.clear()

    def read(self, questions: Sequence[Question]) -> list[Reading]:
        """One reading a question, in order. A bad text is a reading with `skipped`, never an exception."""
        with self._one_at_a_time:
            readings: list[Reading] = []
            for start in range(0, len(questions), BLOCK):
                readings += self._block(questions[start : start + BLOCK])
            return readings

    def _block(self, questions: Sequence[Question]) -> list[Reading]:
        asked = isolated(lambda some: [prepared(question) for question in some], questions)
        told = {key: one for each in asked if isinstance(each, Prepared) for key, one in each.passes}
        outcomes: dict[Key, Outcome] = {key: self._remembered[key] for key in told if key in self._remembered}
        outcomes |= self._answered({key: one for key, one in told.items() if key not in outcomes})
        self._remember({key: one for key, one in outcomes.items() if isinstance(one, Answer)})
        return [_reading(question, one, outcomes) for question, one in zip(questions, asked, strict=True)]

    def _answered(self, new: Mapping[Key, Told]) -> dict[Key, Outcome]:
        """What the encoders and scorers make of what was not asked before."""
        groups: dict[tuple[str, Literal["text", "brand"]], list[Key]] = {}
        for key, one in new.items():
            groups.setdefault((self._encoder_for(one.heard), "brand" if key[1] else "text"), []).append(key)
        outcomes: dict[Key, Outcome] = {}
        for (name, needs), keys in groups.items():
            if reader := self._opened(name):
                ask = partial(reader.answers, needs=needs, scorers=self._scorers_of(name))
                outcomes |= zip(keys, isolated(ask, [new[key] for key in keys]), strict=True)
                self.passes += len(keys)
            else:
                outcomes |= dict.fromkeys(keys, Waiting(self.lacking[name]))
        return outcomes

    def _encoder_for(self, heard: Heard) -> str:
        """The name of the encoder that reads a text best, as its language was heard."""
        if len(self._folders) == 1:
            return next(iter(self._folders))
        if heard.language not in self._languages(ENGLISH):
            return MULTILINGUAL
        # What only may be English is in better hands with the encoder that reads English too, where there is one.
        return ENGLISH if heard.sure or not self._opened(MULTILINGUAL) else MULTILINGUAL

    def _languages(self, name: str) -> frozenset[str]:
        return self._known[name].languages | {UNDECIDED}

    def _opened(self, name: str) -> Reader | None:
        """The encoder of this name; None when it cannot be had, and `lacking` says why. Tried once, until mended."""
        if name not in self._readers and name not in self.lacking:
            try:
                self._readers[name] = self._open(name)
            except (WeightsMissing, WeightsDamaged) as error:
                self.lacking[name] = str(error)
        return self._readers.get(name)

    def _open(self, name: str) -> Reader:
        weights = read(self._folders[name], name)
        self._known[name] = weights.about
        return Reader(weights.without_files(), Encoder(weights, self._threads))

    def _scorers_of(self, name: str) -> tuple[Scorer, ...]:
        """The scorers over an opened encoder, built when first asked for."""
        if name not in self._scorers:
            weights, languages = self._readers[name].weights, self._languages(name)
            setup = Setup(weights, self._taxonomy, self._embed_once, languages, self._taught, self._encoders)
            self._scorers[name] = scorers(setup, self._replaced)
        return self._scorers[name]

    def _remember(self, answers: Mapping[Key, Answer]) -> None:
        for key, answer in answers.items():
            self._remembered[key] = answer
            self._remembered.move_to_end(key)
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)


def _manifests(folders: Mapping[str, Path]) -> dict[str, Manifest]:
    """What is known of those encoders whose manifests can be read; why another's cannot is told by who needs it."""
    known = {}
    for name, folder in folders.items():
        with suppress(WeightsMissing, WeightsDamaged):
            known[name] = read_manifest(folder, name)
    return known


def _reading(question: Question, prepared: Prepared | Failed, outcomes: Mapping[Key, Outcome]) -> Reading:
    if isinstance(prepared, Failed):
        return Reading(question, skipped=prepared.why)
    found = [outcomes[key] for key, _ in prepared.passes]
    for one in found:
        if isinstance(one, Failed):
            return Reading(question, skipped=one.why)
        if isinstance(one, Waiting):
            return Reading(question, waits=one.why)
    answers = [one for one in found if isinstance(one, Answer)]
    judgements = {one.scorer: one for answer in answers for one in answer.judgements}
    return Reading(question, judgements, answers[0].embedding, prepared.beyond + answers[0].unread)
