"""Fits how near a text must be to a description to have its label, and says how well that goes.

    python -m models.train.describe models/weights/english DATA

Fits NEAR, WORD and BIAS of models/described.py on requests to a bank and complaints to airlines whose reason says which
label they must have, on forum comments that should have none, and on mentions of our own (described.toml). Half of the
texts fit, the other half are reported: how many of the due labels are found, and how many comments get a label.
"""

import sys
import tomllib
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from models import described, taxonomy
from models.base import Question, Setup
from models.judge import Judge
from models.text import plain
from models.train.data import lines_of
from models.weights import read

MENTIONS = Path(__file__).with_name("described.toml")
EACH = 60  # texts of each reason; comments: ten times as many
AIRLINE = {
    "Late Flight": "speed",
    "Customer Service Issue": "support",
    "Lost Luggage": "delivery",
    "Flight Attendant Complaints": "friendliness",
}
BANK = {
    **dict.fromkeys(("request_refund", "Refund_not_showing_up"), "refunds"),
    **dict.fromkeys(("card_arrival", "card_delivery_estimate"), "delivery"),
    **dict.fromkeys(("transaction_charged_twice", "extra_charge_on_statement", "card_payment_fee_charged"), "billing"),
    **dict.fromkeys(("compromised_card", "lost_or_stolen_card", "card_payment_not_recognised"), "privacy and security"),
    **dict.fromkeys(("country_support", "supported_cards_and_currencies"), "availability"),
    **dict.fromkeys(("pending_transfer", "transfer_timing"), "speed"),
}
# What neither a bank's customer nor a passenger with one of these reasons speaks of.
NEVER = {"design", "ethics and environment", "advertising", "newsletter", "social media"}


@dataclass(frozen=True, slots=True)
class Case:
    """A text with the labels it must have and those it must not have; of the others nothing is known."""

    source: str
    text: str
    has: frozenset[str]
    lacks: frozenset[str]

    @property
    def fits(self) -> bool:
        """Whether it is in the half that fits."""
        return zlib.crc32(self.text.encode()) % 2 == 0


def main() -> None:
    """The command."""
    weights = read(Path(sys.argv[1]))
    shipped = taxonomy.shipped()
    labels = [*shipped.topics, *shipped.touchpoints]
    cases = [*_mentions(labels), *_reasons(Path(sys.argv[2])), *_comments(Path(sys.argv[2]), labels)]
    judge = Judge.open(Path(sys.argv[1]), 2, shipped)
    known = described.Described.of(labels, Setup(weights, shipped, judge.embed))
    texts = [case.text for case in cases]
    facts = np.stack([known.nearness(judge.embed(texts)), known.found(texts)], axis=2)
    line = _fitted(cases, [label.name for label in labels], facts)
    print("NEAR, WORD, BIAS =", *np.round([*line.coef_[0], line.intercept_[0]], 2))
    chances = line.predict_proba(facts.reshape(-1, 2))[:, 1].reshape(len(cases), len(labels))
    _report(cases, [label.name for label in labels], chances)
    print(f"stage right, own mentions: {_stages_right(judge):.2f}")


def _fitted(cases: Sequence[Case], names: Sequence[str], facts: np.ndarray) -> LogisticRegression:
    chosen = [
        (facts[at, which], name in case.has, case.source)
        for at, case in enumerate(cases)
        for which, name in enumerate(names)
        if case.fits and name in case.has | case.lacks
    ]
    counts: dict[tuple[str, bool], int] = defaultdict(int)
    for _, has, source in chosen:
        counts[source, has] += 1
    # Each source speaks as loudly as the others, and labels that are there weigh a fifth of those that are not.
    weight = [(1.0 if not has else 0.2) / counts[source, has] for _, has, source in chosen]
    line = LogisticRegression(C=1e6, max_iter=5000)
    return line.fit([fact for fact, _, _ in chosen], [has for _, has, _ in chosen], np.array(weight) * len(chosen))


def _report(cases: Sequence[Case], names: Sequence[str], chances: np.ndarray) -> None:
    for bar in (0.3, described.LEAST, 0.7):
        due: dict[str, list[bool]] = defaultdict(list)
        wrong: dict[str, list[bool]] = defaultdict(list)
        for case, of_case in zip(cases, chances, strict=True):
            if not case.fits:
                said = {name for name, chance in zip(names, of_case, strict=True) if chance >= bar}
                due[case.source] += [name in said for name in case.has]
                wrong[case.source] += [bool(said & case.lacks)]
        found = ", ".join(f"{source} {np.mean(hits):.2f} of {len(hits)}" for source, hits in due.items() if hits)
        false = ", ".join(f"{source} {np.mean(misses):.2f}" for source, misses in wrong.items())
        print(f"from {bar}: due labels found: {found}; texts with a label they lack: {false}")


def _mentions(labels: Sequence[taxonomy.Label]) -> Iterator[Case]:
    every = frozenset(label.name for label in labels)
    for text, topics, touchpoints, _ in tomllib.loads(MENTIONS.read_text(encoding="utf-8"))["mentions"]:
        has = frozenset([*topics, *touchpoints])
        yield Case("own", plain(text), has, every - has)


def _reasons(data: Path) -> Iterator[Case]:
    for source, name, field, labels in (
        ("airline", "airline-train", "reason", AIRLINE),
        ("bank", "support-intents-train", "label", BANK),
    ):
        seen: dict[str, int] = defaultdict(int)
        for item in lines_of(data / f"{name}.jsonl"):
            reason = item[field]
            if reason in labels and seen[reason] < EACH:
                seen[reason] += 1
                yield Case(source, plain(item["text"]), frozenset({labels[reason]}), frozenset(NEVER))


def _comments(data: Path, labels: Sequence[taxonomy.Label]) -> Iterator[Case]:
    every = frozenset(label.name for label in labels)
    neutral = (item for item in lines_of(data / "goemotions-val.jsonl") if item["labels"] == ["neutral"])
    for _, item in zip(range(10 * EACH), neutral, strict=False):
        yield Case("comments", plain(item["text"]), frozenset(), every)


def _stages_right(judge: Judge) -> float:
    mentions = tomllib.loads(MENTIONS.read_text(encoding="utf-8"))["mentions"]
    chosen = [(text, stage) for text, _, _, stage in mentions if stage]
    readings = judge.read([Question(text) for text, _ in chosen])
    said = [reading.judgements["stage"].label for reading in readings]
    return float(np.mean([one == stage for one, (_, stage) in zip(said, chosen, strict=True)]))


if __name__ == "__main__":
    main()
