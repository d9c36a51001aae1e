"""Which set feeds which head, as rows with known and unknown labels, and the development rows kept aside.

A row is on the development side when the hash of its text says so, so duplicates stay on one side across all sets.
"""

import json
import random
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

from models.text import Marked, marked, plain
from models.train.rows import EMOTIONS, FOUR_EMOTIONS, POLARITY, REASONS, UNKNOWN, Label, Row
from models.train.sentences import LANGUAGES, read_english, read_written

UMSAB = {
    "arabic": "ar",
    "french": "fr",
    "german": "de",
    "hindi": "hi",
    "italian": "it",
    "portuguese": "pt",
    "spanish": "es",
}
# One text in so many is kept aside; more of the sets that are small.
ASIDE, ASIDE_OF_SMALL = 20, 8
SMALL = {
    *("sanders", "entity", "laptops", "restaurants", "acl14", "yaso"),
    *("complaints", "app-reviews", "products", "namesakes"),
}


def read_all(folder: Path, seed: int = 7) -> list[Row]:
    """Every row of every set, text pass and brand pass together."""
    sets = (_sentiment(folder), _emotion(folder), _need(folder), _brand(folder), _target(folder), _other(folder))
    chance = random.Random(seed)
    rows = [*chain.from_iterable(sets), *read_english(chance), *read_written(LANGUAGES, chance)]
    kept_aside = {_key(row.text.text) for row in rows if row.dev}
    return [row if row.dev or _key(row.text.text) not in kept_aside else replace(row, dev=True) for row in rows]


def weigh(rows: Iterable[Row], head: str, power: float) -> dict[tuple[str, int], float]:
    """A weight for each class of each set: frequency to the -power, with mean 1 over the rows of the set."""
    counts: dict[str, Counter[int]] = {}
    for row in rows:
        label = row.labels.get(head)
        if isinstance(label, int):
            counts.setdefault(row.source, Counter())[label] += 1
    weights: dict[tuple[str, int], float] = {}
    for source, count in counts.items():
        mean = sum(number**-power * number for number in count.values()) / count.total()
        weights |= {(source, label): number**-power / mean for label, number in count.items()}
    return weights


def _key(text: str) -> str:
    return re.sub(r"@user|http|\W+", "", text.lower())[:200]


def _row(
    source: str,
    text: Marked,
    labels: Mapping[str, Label],
    brand: str | None = None,
    weight: float = 1.0,
    dev: bool = False,
) -> Row:
    share = ASIDE_OF_SMALL if source in SMALL else ASIDE
    dev = dev or zlib.crc32(_key(text.text).encode()) % share == 0
    return Row(source, text, labels, brand, weight, dev)


def lines_of(path: Path) -> Iterator[dict]:
    """The objects of a set."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


# ---- the text pass: sentiment -------------------------------------------------------------------------------------


def _sentiment(folder: Path) -> Iterator[Row]:
    for item in lines_of(folder / "tweet-sentiment-train.jsonl"):
        yield _row("tweets", Marked(plain(item["text"])), {"sentiment": POLARITY.index(item["label"])})
    for item in lines_of(folder / "multilingual-sentiment-english-train.jsonl"):
        yield _row("umsab", Marked(plain(item["text"])), {"sentiment": POLARITY.index(item["label"])})
    for name in ("train", "dev"):
        for item in lines_of(folder / f"reviews-sst5-{name}.jsonl"):
            polarity = (0, 0, 1, 2, 2)[item["label"]]
            yield _row("sst5", Marked(plain(item["text"])), {"sentiment": polarity}, weight=0.7, dev=name == "dev")
    for item in lines_of(folder / "reviews-products-train.jsonl"):
        yield _row("products", Marked(plain(item["text"])), {"sentiment": 2 * item["label"]})
    for item in lines_of(folder / "airline-train.jsonl"):
        polarity = POLARITY.index(item["sentiment"])
        labels: dict[str, Label] = {"sentiment": polarity, "need": _need_of_service_tweet(item["text"], polarity)}
        if item["reason"] in REASONS:
            labels["reason"] = REASONS.index(item["reason"])
        yield _row("airline", Marked(plain(item["text"])), labels)


def _other(folder: Path) -> Iterator[Row]:
    """The languages of UMSAB other than English."""
    for name, lang in UMSAB.items():
        for part in ("train", "val"):
            for item in lines_of(folder / f"multilingual-sentiment-{name}-{part}.jsonl"):
                labels = {"sentiment": POLARITY.index(item["label"])}
                row = _row(f"umsab-{lang}", Marked(plain(item["text"])), labels, dev=part == "val")
                yield replace(row, lang=lang)


# ---- the text pass: emotion ---------------------------------------------------------------------------------------

GO_EMOTIONS: Mapping[str, str] = {
    **dict.fromkeys(("anger", "annoyance", "disgust"), "anger"),
    "disappointment": "disappointment",
    **dict.fromkeys(("sadness", "grief", "remorse"), "sadness"),
    **dict.fromkeys(("fear", "nervousness"), "fear"),
    "surprise": "surprise",
    **dict.fromkeys(("joy", "amusement", "excitement", "love", "admiration", "optimism", "pride", "relief"), "joy"),
    "gratitude": "gratitude",
    **dict.fromkeys(("neutral", "approval", "curiosity", "confusion", "realization", "caring", "desire"), "none"),
    # "disapproval" and "embarrassment" have no counterpart among ours: those rows teach no emotion.
}
TWEET_EMOTION: Mapping[str, str] = {"anger": "anger", "joy": "joy", "optimism": "joy", "sadness": "sadness"}


def _emotion(folder: Path) -> Iterator[Row]:
    for name in ("train", "val"):
        for item in lines_of(folder / f"goemotions-{name}.jsonl"):
            labels: dict[str, Label] = {}
            found = {GO_EMOTIONS.get(label) for label in item["labels"]}
            if len(found) > 1:
                found.discard("none")
            if len(found) == 1 and (emotion := found.pop()):
                labels["emotion"] = EMOTIONS.index(emotion)
            labels["need"] = _need_of_comment(item["text"], set(item["labels"]))
            yield _row("goemotions", Marked(plain(item["text"])), labels, dev=name == "val")
        for item in lines_of(folder / f"tweet-emotion-{name}.jsonl"):
            labels = {
                "emotion": EMOTIONS.index(TWEET_EMOTION[item["label"]]),
                "four_emotions": FOUR_EMOTIONS.index(item["label"]),
            }
            yield _row("tweet-emotion", Marked(plain(item["text"])), labels, dev=name == "val")


# ---- the text pass: need. Where no set has a label, plain rules give weak ones; where they are silent: UNKNOWN ------

_HELP = re.compile(
    r"\b(help|assist\w*|how (do|can|to) i|can (you|someone|anyone|anybody)|could (you|someone)|unable to|"
    r"need (someone|to speak|to talk|a human)|"
    r"(can'?t|cannot|can not) (log|get|find|access|reach|check|change|book|use|open|see)|"
    r"please (fix|call|reply|respond|dm|advise|check)|still (waiting|no)|not working|doesn'?t work|"
    r"what (do|can|should) i do)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^(@\w+\s+)*(who|what|when|where|why|how|which|can|could|do|does|did|is|are|was|will|would|should|has|have|any)\b|wonder",
    re.IGNORECASE,
)
_SUGGESTS = re.compile(
    r"\b(should|wish|would be (nice|great|good|better|cool)|please add|needs? to (add|have|bring|make)|suggest\w*|"
    r"could (add|have)|would (love|like) (to see|it if)|why not|feature)\b",
    re.IGNORECASE,
)
_CHURN = re.compile(
    r"\b(switch(ing|ed)? to|cancel(l?ing|l?ed)? (my|our|the) (account|subscription|service|plan|contract|membership)|"
    r"(never|not|won'?t|wont) (be )?(fly|us|buy|book|order|shop|com|go)(e|ing)? "
    r"(with |from |at |to |back )?.{0,20}\bagain|"
    r"never again|last time (i|we)|lost (a|my|our|me as a) (loyal )?(customer|business)|done with|"
    r"(business|money) elsewhere|uninstall(ed|ing)?|unsubscrib\w+|clos(e|ing) my account|leaving (you|for)|"
    r"another (airline|carrier|bank|provider)|different airline)\b",
    re.IGNORECASE,
)


def _question(text: str) -> int:
    if "?" in text:
        return 1
    return UNKNOWN if _ASKS.search(text) else 0


def _need(folder: Path) -> Iterator[Row]:
    of_review = {
        #                  help     question complaint suggestion praise churn impression
        "bug report": (UNKNOWN, UNKNOWN, 1, UNKNOWN, 0, UNKNOWN, UNKNOWN),
        "feature request": (UNKNOWN, UNKNOWN, UNKNOWN, 1, UNKNOWN, UNKNOWN, UNKNOWN),
        "rating": (0, 0, UNKNOWN, 0, UNKNOWN, UNKNOWN, UNKNOWN),
        "user experience": (0, UNKNOWN, UNKNOWN, 0, UNKNOWN, UNKNOWN, 1),
    }
    for item in lines_of(folder / "app-reviews-train.jsonl"):
        text, need = item["text"], list(of_review[item["label"]])
        need[1] = _question(text) if need[1] == UNKNOWN else need[1]
        need[0] = 1 if need[0] == UNKNOWN and _HELP.search(text) else need[0]
        need[5] = 1 if _CHURN.search(text) else 0
        yield _row("app-reviews", Marked(plain(text)), {"need": tuple(need)})
    for item in lines_of(folder / "complaints-train.jsonl"):
        text, complains = item["text"], item["complaint"]
        need = [
            UNKNOWN,
            _question(text),
            complains,
            UNKNOWN,
            0 if complains else UNKNOWN,
            int(bool(_CHURN.search(text))),
            UNKNOWN,
        ]
        need[0] = 1 if _HELP.search(text) and item["domain"] not in ("random_tweet", "random_reply") else UNKNOWN
        labels = {"need": tuple(need), "complaint": complains}
        yield _row("complaints", Marked(plain(text)), labels, weight=1.5)
    for item in lines_of(folder / "support-intents-train.jsonl"):
        leaving = int(item["label"] == "terminate_account")
        need = [1, _question(item["text"]), UNKNOWN, 0, 0, leaving, 0]
        yield _row("support", Marked(plain(item["text"])), {"need": tuple(need)})


def _need_of_service_tweet(text: str, polarity: int) -> tuple[int, ...]:
    """A tweet to a company: its polarity says complaint and praise, plain rules say the rest."""
    asks_help = 1 if _HELP.search(text) and polarity < 2 else (0 if polarity == 2 else UNKNOWN)
    suggests = 1 if _SUGGESTS.search(text) and polarity == 1 else (UNKNOWN if _SUGGESTS.search(text) else 0)
    churns = 1 if _CHURN.search(text) and polarity == 0 else (0 if not _CHURN.search(text) else UNKNOWN)
    complains, praises = int(polarity == 0), int(polarity == 2)
    return asks_help, _question(text), complains, suggests, praises, churns, UNKNOWN


def _need_of_comment(text: str, emotions: set[str]) -> tuple[int, ...]:
    """A forum comment speaks to other people: it teaches questions and praise, and what is none of these."""
    if emotions & {"admiration", "gratitude"}:
        praises = 1
    else:
        praises = UNKNOWN if emotions & {"approval", "love", "joy", "excitement"} else 0
    complains = (
        0 if emotions <= {"neutral", "joy", "love", "gratitude", "admiration", "amusement", "curiosity"} else UNKNOWN
    )
    calm = 0 if emotions <= {"neutral", "admiration", "joy", "amusement", "love"} else UNKNOWN
    suggests = UNKNOWN if _SUGGESTS.search(text) else 0
    churns = UNKNOWN if _CHURN.search(text) else 0
    return (UNKNOWN if _HELP.search(text) else calm), _question(text), complains, suggests, praises, churns, UNKNOWN


# ---- the brand pass -----------------------------------------------------------------------------------------------


def _brand(folder: Path) -> Iterator[Row]:
    for item in lines_of(folder / "airline-train.jsonl"):
        labels = {"brand_sentiment": POLARITY.index(item["sentiment"]), "relevance": 1}
        yield _row("airline-brand", marked(item["text"], item["brand"]), labels, item["brand"])
    for item in lines_of(folder / "targeted-tweets-train.jsonl"):
        if item["label"] in POLARITY:
            labels = {"brand_sentiment": POLARITY.index(item["label"]), "relevance": 1}
            yield _row("targeted-tweets", marked(item["text"], item["target"]), labels, item["target"])
    for source, name in (("sanders", "brand-relevance-sanders-train"), ("entity", "entity-sentiment-train")):
        for item in lines_of(folder / f"{name}.jsonl"):
            label = item["label"].lower()
            labels = {"relevance": int(label != "irrelevant")}
            if label in POLARITY:
                labels["brand_sentiment"] = POLARITY.index(label)
            yield _row(source, marked(item["text"], item["brand"]), labels, item["brand"])


def _target(folder: Path) -> Iterator[Row]:
    for name in ("acl14", "restaurants", "laptops"):
        for item in lines_of(folder / f"targeted-{name}-train.jsonl"):
            text = from_template(item["template"], item["target"])
            yield _row(name, text, {"brand_sentiment": POLARITY.index(item["label"])}, item["target"])
    for name, split in (("targeted-news", "train"), ("mams-atsa", "train"), ("mams-atsa", "val")):
        for item in lines_of(folder / f"{name}-{split}.jsonl"):
            text = marked(item["text"], item["target"], ((item["from"], item["to"]),))
            labels = {"brand_sentiment": POLARITY.index(item["label"])}
            yield _row(name, text, labels, item["target"], dev=split == "val")
    for item in lines_of(folder / "targeted-reviews-yaso-train.jsonl"):
        for target in item["targets"]:
            if target["label"] in POLARITY:
                text = marked(item["text"], target["text"], ((target["from"], target["to"]),))
                yield _row("yaso", text, {"brand_sentiment": POLARITY.index(target["label"])}, target["text"])


def from_template(template: str, target: str) -> Marked:
    """The text of a template in which $T$ stands for the target, with the target's places."""
    pieces = template.split("$T$")
    text, spans = pieces[0], []
    for piece in pieces[1:]:
        spans.append((len(text), len(text) + len(target)))
        text += target + piece
    return marked(text, target, tuple(spans))
