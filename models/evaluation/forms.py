"""The forms in which answers are written: which fields a line has says what its labels are about.

A form turns one JSON object into questions with their labels, and raises Unfit with the reason where it cannot.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.encoder import Asked
from models.text import Marked, marked, plain
from models.train.data import GO_EMOTIONS, TWEET_EMOTION, from_template
from models.train.rows import EMOTIONS, FOUR_EMOTIONS, NEEDS, POLARITY, REASONS

Record = dict[str, Any]


class Unfit(ValueError):
    """A line says something that its form has no place for. The message says what."""


@dataclass(frozen=True, slots=True)
class Several:
    """Labels that may stand together: those that hold, and those that do not (None: all others)."""

    has: frozenset[str]
    lacks: frozenset[str] | None = None


Labels = Mapping[str, str | Several]
Questions = list[tuple[Asked, Labels]]
Form = Callable[[Record], Questions]
Reading = Callable[[str], Labels]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the labels of a file with nothing but text and label can be, and what each says."""

    labels: frozenset[str]
    read: Reading


def _app_review(label: str) -> Labels:
    """What the class of an app review says of needs; it says nothing of the others."""
    has, lacks = {
        "bug report": ({"complaint"}, {"praise"}),
        "feature request": ({"suggestion"}, set()),
        "rating": (set(), {"help", "suggestion"}),
        "user experience": ({"impression"}, {"help", "suggestion"}),
    }[label]
    return {"need": Several(frozenset(has), frozenset(lacks))}


def _four_emotions(label: str) -> Labels:
    return {"four_emotions": label, "emotion": TWEET_EMOTION[label]}


# In this order: a file whose labels are all among TweetEval's four is taken for those.
VOCABULARIES: tuple[Vocabulary, ...] = (
    Vocabulary(frozenset(POLARITY), lambda label: {"sentiment": label}),
    Vocabulary(frozenset(FOUR_EMOTIONS), _four_emotions),
    Vocabulary(frozenset(EMOTIONS), lambda label: {"emotion": label}),
    Vocabulary(frozenset(NEEDS), lambda label: {"need": Several(frozenset({label}))}),
    Vocabulary(frozenset({"bug report", "feature request", "rating", "user experience"}), _app_review),
)
# The fields of our own form, and how each is read.
ONE_OF: Mapping[str, Sequence[str] | None] = {
    "sentiment": POLARITY,
    "emotion": EMOTIONS,
    "stage": None,
}
SEVERAL_OF: Mapping[str, Sequence[str] | None] = {"need": NEEDS, "topics": None, "touchpoints": None}
OF_BRANDS: Mapping[str, Sequence[str]] = {"brand_sentiment": POLARITY, "relevance": ("irrelevant", "relevant")}


def vocabulary_of(records: Sequence[Record]) -> Vocabulary | None:
    """The vocabulary that the labels of a whole file belong to: the one that most of them are in."""
    labels = [_lower(record["label"]) for record in records if form_name(record) == "label"]
    covered = [(sum(label in one.labels for label in labels), one) for one in VOCABULARIES]
    best, vocabulary = max(covered, key=lambda pair: pair[0])
    return vocabulary if best else None


def form_name(record: Record) -> str:
    """Which form a line has, by its fields."""
    for name, fields in FIELDS:
        if fields <= record.keys():
            return name
    return "own"


def form_of(record: Record, vocabulary: Vocabulary | None) -> Form:
    """The form that reads this line."""
    name = form_name(record)
    return (lambda record: _label(record, vocabulary)) if name == "label" else FORMS[name]


def _label(record: Record, vocabulary: Vocabulary | None) -> Questions:
    label = _lower(record["label"])
    if vocabulary is None or label not in vocabulary.labels:
        known = f"none of {', '.join(sorted(vocabulary.labels))}" if vocabulary else "of no scorer of ours"
        raise Unfit(f'the label "{record["label"]}" is {known}')
    return [(_whole(record), vocabulary.read(label))]


def _target(record: Record) -> Questions:
    target = _string(record, "target" if "target" in record else "aspect")
    label = _one_of(record["label"], POLARITY, "label")
    if isinstance(record.get("template"), str):
        text = from_template(record["template"], target)
    elif "from" in record and "to" in record:
        text = marked(record["text"], target, (_span(record),))
    else:
        text = marked(record["text"], target)
    return [(Asked(text, target), {"brand_sentiment": label})]


def _targets(record: Record) -> Questions:
    if not isinstance(record["targets"], list):
        raise Unfit('"targets" is not a list')
    found: Questions = []
    for target in record["targets"]:
        if not isinstance(target, dict):
            raise Unfit("a target is not an object with text, from, to and label")
        name, label = _string(target, "text"), _lower(target.get("label"))
        # YASO marks some targets as mixed: towards those nothing is asked.
        if label in POLARITY:
            span = _span(target | {"text": record["text"]})
            found.append((Asked(marked(record["text"], name, (span,)), name), {"brand_sentiment": label}))
    return found


def _brand(record: Record) -> Questions:
    brand, label = _string(record, "brand"), _one_of(record["label"], (*POLARITY, "irrelevant", "relevant"), "label")
    labels: dict[str, str | Several] = {"relevance": "irrelevant" if label == "irrelevant" else "relevant"}
    if label in POLARITY:
        labels["brand_sentiment"] = label
    return [(Asked(marked(record["text"], brand), brand), labels)]


def _airline(record: Record) -> Questions:
    labels: dict[str, str | Several] = {"sentiment": _one_of(record["sentiment"], POLARITY, "sentiment")}
    if record["reason"] is not None:
        labels["reason"] = _one_of(record["reason"], REASONS, "reason")
    return [(_whole(record), labels)]


def _complaint(record: Record) -> Questions:
    if record["complaint"] not in (0, 1):
        raise Unfit(f'"complaint" is {record["complaint"]!r}, not 0 or 1')
    complains = bool(record["complaint"])
    is_one = frozenset({"complaint"})
    need = Several(is_one, frozenset()) if complains else Several(frozenset(), is_one)
    return [(_whole(record), {"complaint": "complaint" if complains else "no complaint", "need": need})]


def _feelings(record: Record) -> Questions:
    """GoEmotions: rows whose labels come to one of our emotions, as in training."""
    found = {GO_EMOTIONS.get(label) for label in _strings(record, "labels")}
    if len(found) > 1:
        found.discard("none")
    if len(found) != 1 or None in found:
        return []
    return [(_whole(record), {"emotion": str(found.pop())})]


def _own(record: Record) -> Questions:
    of_text: dict[str, str | Several] = {}
    for field, classes in ONE_OF.items():
        if record.get(field) is not None:
            of_text[field] = _one_of(record[field], classes, field)
    for field, several in SEVERAL_OF.items():
        if record.get(field) is not None:
            of_text[field] = Several(frozenset(_one_of(label, several, field) for label in _strings(record, field)))
    of_brand: dict[str, str | Several] = {}
    for field, classes in OF_BRANDS.items():
        if record.get(field) is not None:
            of_brand[field] = _one_of(_in_words(record[field]), classes, field)
    found: Questions = [(_whole(record), of_text)] if of_text else []
    if of_brand:
        brand = _string(record, "brand")
        found.append((Asked(marked(record["text"], brand), brand), of_brand))
    if not found:
        raise Unfit("there is no answer in it that we know: label, sentiment, brand_sentiment, relevance, need …")
    return found


FIELDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("airline", frozenset({"sentiment", "reason"})),
    ("targets", frozenset({"targets"})),
    ("target", frozenset({"target", "label"})),
    ("target", frozenset({"aspect", "label"})),
    ("brand", frozenset({"brand", "label"})),
    ("complaint", frozenset({"complaint"})),
    ("feelings", frozenset({"labels"})),
    ("label", frozenset({"label"})),
)
FORMS: Mapping[str, Form] = {
    "airline": _airline,
    "targets": _targets,
    "target": _target,
    "brand": _brand,
    "complaint": _complaint,
    "feelings": _feelings,
    "own": _own,
}


def _whole(record: Record) -> Asked:
    return Asked(Marked(plain(record["text"])))


def _span(record: Record) -> tuple[int, int]:
    start, end = record.get("from"), record.get("to")
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= len(record["text"]):
        raise Unfit(f"from {start} to {end} is no place in the text")
    return start, end


def _lower(value: object) -> str:
    return str(value).strip().lower()


def _in_words(value: object) -> object:
    """Relevance may also be written as true or false."""
    return ("relevant" if value else "irrelevant") if isinstance(value, bool) else value


def _one_of(value: object, classes: Sequence[str] | None, field: str) -> str:
    written = str(value).strip()
    if classes is None:
        return written
    by_lower = {one.lower(): one for one in classes}
    if written.lower() not in by_lower:
        raise Unfit(f'{field} "{written}" is none of {", ".join(classes)}')
    return by_lower[written.lower()]


def _string(record: Record, field: str) -> str:
    value = record.get(field)
    if not isinstance(value, str) or not value.strip():
        raise Unfit(f'"{field}" is missing or no text')
    return value


def _strings(record: Record, field: str) -> list[str]:
    value = [record[field]] if isinstance(record[field], str) else record[field]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Unfit(f'"{field}" is not a list of texts')
    return value
