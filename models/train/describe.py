"""Fits how facts about a text and a label are weighed, and says how well labels are then found by description.

    python -m models.train.describe models/weights/english DATA [--write]

Fits the numbers of models.described.Weighing for one encoder; with --write they go into its manifest. The texts: those
of public sets whose rows say what they are about (due.toml), forum comments that should have no label, and mentions of
our own (described.toml). Half of the texts fit, the other half are reported. Labels are fitted as they are shipped,
with three examples and no words, and by description alone, so that the numbers hold for whatever a user writes.
"""

import json
import sys
import tomllib
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from models import taxonomy
from models.base import Question, Setup
from models.described import Described, Weighing
from models.judge import Judge
from models.taxonomy import Label, Taxonomy
from models.text import plain
from models.train.data import lines_of
from models.weights import ENGLISH, MANIFEST, read

MENTIONS, DUE = Path(__file__).with_name("described.toml"), Path(__file__).with_name("due.toml")
COMMENTS, COMMENTS_A_PACK = 600, 100
# Of the comments that fit, so many may get a label of the starting taxonomy.
STRAY = 0.12
KINDS = ("topics", "touchpoints")
Embed = Callable[[Sequence[str]], np.ndarray]
SHAPES: Mapping[str, Callable[[Label], Label]] = {
    "as shipped": lambda label: label,
    "three examples": lambda label: replace(label, words=(), examples=label.examples[:3]),
    "description alone": lambda label: replace(label, words=(), examples=()),
}
# Most labels are as shipped; what a user writes is leaner.
WEIGHT = {"as shipped": 2.0, "three examples": 1.0, "description alone": 1.0}


@dataclass(frozen=True, slots=True)
class Case:
    """A text: each group of labels must give one, those it lacks must not be given, of others nothing is known."""

    source: str
    packs: tuple[str, ...]
    text: str
    due: tuple[frozenset[str], ...]
    lacks: frozenset[str]

    @property
    def fits(self) -> bool:
        """Whether it is in the half that fits."""
        return zlib.crc32(self.text.encode()) % 2 == 0


@dataclass(frozen=True, slots=True)
class Seen:
    """A case with the facts about every label of its taxonomy, shape (labels, facts)."""

    case: Case
    names: tuple[str, ...]
    facts: np.ndarray

    def truth(self) -> Iterator[tuple[np.ndarray, bool]]:
        """The facts about each label of which it is known whether it is due."""
        surely = {next(iter(group)) for group in self.case.due if len(group) == 1}
        for name, facts in zip(self.names, self.facts, strict=True):
            if name in surely or name in self.case.lacks:
                yield facts, name in surely


def main() -> None:
    """The command."""
    folder, data = Path(sys.argv[1]), Path(sys.argv[2])
    judge = Judge.open(folder)
    cases = [*_mentions(), *_due(data), *_comments(data)]
    # As in use: descriptions are English and read by the encoder for English, texts by the one that is fitted.
    setup = Setup(read(folder), Taxonomy(), _remembering(Judge.open(folder.with_name(ENGLISH))))
    texts = _remembering(judge)
    seen = {name: list(_seen(cases, setup, shape, texts)) for name, shape in SHAPES.items()}
    weighing = _fitted(seen)
    print("Weighing:", asdict(weighing))
    for name, found in seen.items():
        print(f"\n{name}:")
        _report(found, weighing)
    print(f"\nstage right, own mentions: {_stages_right(judge):.2f}")
    if "--write" in sys.argv:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest["described"] = asdict(weighing)
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _remembering(judge: Judge) -> Embed:
    """`judge.embed`, each text once."""
    known: dict[str, np.ndarray] = {}

    def embed(texts: Sequence[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(new, judge.embed(new) if new else (), strict=True))
        return np.stack([known[text] for text in texts])

    return embed


def _seen(cases: Sequence[Case], setup: Setup, shape: Callable[[Label], Label], embed: Embed) -> Iterator[Seen]:
    by_packs: dict[tuple[str, ...], list[Case]] = defaultdict(list)
    for case in cases:
        by_packs[case.packs].append(case)
    for packs, some in by_packs.items():
        chosen, texts = taxonomy.chosen(packs), [case.text for case in some]
        known = [Described.of([shape(label) for label in getattr(chosen, kind)], setup) for kind in KINDS]
        names = tuple(label.name for one in known for label in one.labels)
        vectors = embed(texts)
        facts = np.concatenate([one.facts(texts, vectors) for one in known], axis=1)
        yield from (Seen(case, names, row) for case, row in zip(some, facts, strict=True))


def _fitted(seen: Mapping[str, Sequence[Seen]]) -> Weighing:
    chosen = [
        (facts, has, one.case.source.partition(" +")[0], WEIGHT[shape])
        for shape, every in seen.items()
        for one in every
        if one.case.fits
        for facts, has in one.truth()
    ]
    counts: dict[tuple[str, bool], int] = defaultdict(int)
    for _, has, source, _ in chosen:
        counts[source, has] += 1
    # Each source speaks as loudly as the others, and labels that are there weigh a fifth of those that are not.
    weight = np.array([each * (0.2 if has else 1.0) / counts[source, has] for _, has, source, each in chosen])
    facts = np.array([facts for facts, _, _, _ in chosen])
    middle, width = facts.mean(axis=0), facts.std(axis=0) + 1e-9
    line = LogisticRegression(C=1e3, max_iter=5000)
    line.fit((facts - middle) / width, [has for _, has, _, _ in chosen], weight * len(chosen))
    weights = line.coef_[0] / width
    comments = [one for one in seen["as shipped"] if one.case.source == "comments" and one.case.fits]
    bias = -float(np.quantile([(one.facts @ weights).max() for one in comments], 1 - STRAY))
    return Weighing(*(round(float(one), 2) for one in (*weights, bias)))


def _report(seen: Sequence[Seen], weighing: Weighing) -> None:
    *weights, bias = (float(one) for one in asdict(weighing).values())
    found: dict[str, list[bool]] = defaultdict(list)
    wrong: dict[str, list[bool]] = defaultdict(list)
    given: dict[str, list[int]] = defaultdict(list)
    right: dict[str, list[bool]] = defaultdict(list)
    for one in seen:
        case = one.case
        if case.fits:
            continue
        said = {name for name, logit in zip(one.names, one.facts @ np.array(weights) + bias, strict=True) if logit >= 0}
        due = frozenset[str]().union(*case.due)
        found[case.source] += [bool(group & said) for group in case.due]
        wrong[case.source] += [bool(said & case.lacks)]
        given[case.source] += [len(said)]
        right[case.source] += [name in due for name in said & (due | case.lacks)]
    print(f"{'source':22} {'texts':>5} {'due':>5} {'found':>6} {'right':>6} {'labels':>7} {'with a wrong one':>17}")
    for source, texts in wrong.items():
        share = f"{np.mean(found[source]):.2f}" if found[source] else "-"
        precision = f"{np.mean(right[source]):.2f}" if right[source] and found[source] else "-"
        print(
            f"{source:22} {len(texts):5} {len(found[source]):5} {share:>6} {precision:>6} "
            f"{np.mean(given[source]):7.1f} {np.mean(texts):17.2f}"
        )
    shares = [np.mean(hits) for hits in found.values() if hits]
    print(f"{'mean of the sources':22} {'':11} {np.mean(shares):6.3f}")


@cache
def _names(packs: tuple[str, ...]) -> frozenset[str]:
    chosen = taxonomy.chosen(packs)
    return frozenset(label.name for kind in KINDS for label in getattr(chosen, kind))


def _mentions() -> Iterator[Case]:
    for text, topics, touchpoints, _ in tomllib.loads(MENTIONS.read_text(encoding="utf-8"))["mentions"]:
        due = [*topics, *touchpoints]
        yield Case("own", (), plain(text), tuple(frozenset([name]) for name in due), _names(()) - set(due))


def _due(data: Path) -> Iterator[Case]:
    for one in tomllib.loads(DUE.read_text(encoding="utf-8"))["sets"]:
        of_value = {value: frozenset(group["one_of"]) for group in one["due"] for value in group["where"]}
        by_text: dict[str, set[frozenset[str]]] = defaultdict(set)
        counts: dict[str, int] = defaultdict(int)
        for item in lines_of(data / f"{one['file']}.jsonl"):
            value = str(item[one["field"]]).lower() if one["field"] == "target" else str(item[one["field"]])
            text = plain(item["text"])
            if value in of_value and (text in by_text or counts[value] < one["each"]):
                counts[value] += 1
                by_text[text].add(of_value[value])
        yield from (_case(one, text, groups) for text, groups in by_text.items())


def _case(one: Mapping[str, Any], text: str, groups: set[frozenset[str]]) -> Case:
    due = frozenset[str]().union(*groups)
    lacks = frozenset([*one["never"], *one.get("closed", ())]) - due
    return Case(one["source"], tuple(one["packs"]), text, tuple(sorted(groups, key=sorted)), lacks)


def _comments(data: Path) -> Iterator[Case]:
    neutral = [item["text"] for item in lines_of(data / "goemotions-val.jsonl") if item["labels"] == ["neutral"]]
    texts = [plain(text) for text in neutral[: COMMENTS + COMMENTS_A_PACK]]
    yield from (Case("comments", (), text, (), _names(())) for text in texts[:COMMENTS])
    for name in taxonomy.packs():
        if name != "ingredients":
            yield from (Case(f"comments + {name}", (name,), text, (), _names((name,))) for text in texts[COMMENTS:])


def _stages_right(judge: Judge) -> float:
    mentions = tomllib.loads(MENTIONS.read_text(encoding="utf-8"))["mentions"]
    chosen = [(text, stage) for text, _, _, stage in mentions if stage]
    readings = judge.read([Question(text) for text, _ in chosen])
    said = [reading.judgements["stage"].label for reading in readings]
    return float(np.mean([one == stage for one, (_, stage) in zip(said, chosen, strict=True)]))


if __name__ == "__main__":
    main()
