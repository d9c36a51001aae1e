"""The rows that figures are reported on: kept aside, never learnt from in any guise, and no part of what was tuned."""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from models.encoder import Asked
from models.evaluation.forms import Several
from models.evaluation.gold import Gold
from models.train.rows import COMPLAINT, EMOTIONS, FOUR_EMOTIONS, NEEDS, POLARITY, REASONS, Row

CLASSES: Mapping[str, Sequence[str]] = {
    "sentiment": POLARITY,
    "emotion": EMOTIONS,
    "brand_sentiment": POLARITY,
    "relevance": ("irrelevant", "relevant"),
    "four_emotions": FOUR_EMOTIONS,
    "reason": REASONS,
    "complaint": COMPLAINT,
}
# Sets in which a text comes with several targets: whether it is mixed can be told from them.
OF_TARGETS = ("mams-atsa", "restaurants", "laptops")
# Files that most of what was learnt comes from, by the beginning of their names.
LEARNT = (
    *("tweet-sentiment", "tweet-emotion", "tweet-irony", "tweet-offensive", "multilingual-sentiment", "reviews-"),
    *("airline", "goemotions", "app-reviews", "complaints", "support-intents", "brand-relevance-sanders"),
    *("entity-sentiment", "targeted-", "mams-"),
)
OF_OUR_OWN = ("written", "compared", "namesakes")
# Labels that give each other away.
SAME = {head: {"sentiment", "brand_sentiment"} for head in ("sentiment", "brand_sentiment")}
MOST = 2000
_NO_WORDS = re.compile(r"\W+|user|http")


def reported(rows: Sequence[Row], many: bool, most: int = MOST) -> list[Gold]:
    """The rows to report on, of English or of `many` languages, as questions with their answers.

    `most` is how many are taken of each set.
    """
    learnt: dict[str, set[str]] = {}
    for row in rows:
        if not row.dev:
            learnt.setdefault(_bare(row), set()).update(row.labels)
    seen: Counter[str] = Counter()
    kept = []
    for row in rows:
        if not row.dev or not reports(row) or not (many or row.lang == "en"):
            continue
        known = learnt.get(_bare(row), set())
        labels = {head: label for head, label in row.labels.items() if not known & SAME.get(head, {head})}
        if labels and seen[row.source] < most:
            seen[row.source] += 1
            kept.append(replace(row, labels=labels))
    golds = [_gold(number, row) for number, row in enumerate(kept, start=1)]
    return [*golds, *_mixed(kept)]


def is_learnt(file: str) -> bool:
    """Whether a file of this name is a train part that the shipped weights have learnt from."""
    return file.startswith(LEARNT) and file.endswith("-train.jsonl")


def reports(row: Row) -> bool:
    """Half of the rows settle temperatures and thresholds (models.train.tune), the other half are reported."""
    return zlib.crc32(row.text.text.encode()) % 2 == 1


def _bare(row: Row) -> str:
    """A text without the names that only one of the two passes leaves in it.

    The same tweet is "@user thanks!" to the text pass and "VirginAmerica thanks!" to the brand pass: kept aside from
    one, it may be learnt from by the other, and with the same label.
    """
    text = row.text.text
    for start, end in sorted(row.text.spans, reverse=True):
        text = text[:start] + text[end:]
    return _NO_WORDS.sub("", text.lower())[:200]


def _gold(number: int, row: Row) -> Gold:
    labels: dict[str, str | Several] = {
        head: classes[row.class_of(head)]
        for head, classes in CLASSES.items()
        if head in row.labels and row.class_of(head) >= 0
    }
    need = row.labels.get("need")
    if isinstance(need, tuple):
        has, lacks = ([name for name, one in zip(NEEDS, need, strict=True) if one == wanted] for wanted in (1, 0))
        labels["need"] = Several(frozenset(has), frozenset(lacks))
    return Gold(row.source, number, row.text.text, Asked(row.text, row.brand), labels, _parts(row))


def _mixed(rows: Iterable[Row]) -> list[Gold]:
    """Each text with targets once, alone: mixed where it is for one of them and against another."""
    by_text: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.source in OF_TARGETS and "brand_sentiment" in row.labels:
            by_text.setdefault((row.source, row.text.text), []).append(row)
    found, name = [], frozenset({"mixed"})
    for number, ((source, text), of_text) in enumerate(by_text.items(), start=1):
        is_mixed = {0, 2} <= {row.class_of("brand_sentiment") for row in of_text}
        label = Several(name, frozenset()) if is_mixed else Several(frozenset(), name)
        found.append(Gold(source, number, text, Asked(of_text[0].text), {"mixed": label}, _parts(of_text[0])))
    return found


def _parts(row: Row) -> dict[str, str]:
    """Set and language. Sentences of our own in fifteen languages count as one set."""
    family, _, lang = row.source.rpartition("-")
    return {"source": family if family in OF_OUR_OWN and lang == row.lang else row.source, "lang": row.lang}
