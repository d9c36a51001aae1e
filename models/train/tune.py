"""What is settled after training, on rows kept aside: temperatures, thresholds, the head `mixed`; and the scores.

Half of the rows kept aside settle, the other half report.
"""

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_recall_fscore_support, recall_score
from tokenizers import Tokenizer

from models.encoder import Asked, Encoder
from models.text import Marked
from models.train.model import Multitask, encode, tensors
from models.train.rows import COMPLAINT, EMOTIONS, FOUR_EMOTIONS, NEEDS, POLARITY, REASONS, UNKNOWN, Row
from models.weights import Weights

CLASSES = {
    "sentiment": POLARITY,
    "emotion": EMOTIONS,
    "brand_sentiment": POLARITY,
    "relevance": ("irrelevant", "relevant"),
    # For evaluation alone: labels of public sets that no scorer of ours gives.
    "four_emotions": FOUR_EMOTIONS,
    "reason": REASONS,
    "complaint": COMPLAINT,
}
# Who asks for help, asks a question or is about to leave must not be missed: their thresholds favour recall (F2).
RECALL_FIRST = {"help", "question", "churn"}
# The share of answers below which "unsure" is said: the least confident tenth.
UNSURE_SHARE = 0.1

Heads = dict[str, np.ndarray]


def fit(
    folder: Path,
    tokenizer: Tokenizer,
    model: Multitask,
    heads: Heads,
    aside: Sequence[Row],
    learnt: Sequence[Row],
    near: Mapping[int, np.ndarray],
) -> dict[str, Any]:
    """Adds the head `mixed` to `heads`, and returns what the manifest says of heads and scores.

    `near` is where the embeddings of some rows of `aside` should lie (models.train.likeness).
    """
    encoder = Encoder(Weights({}, (folder / "encoder.onnx").read_bytes(), tokenizer.to_str(), {}), threads=2)
    shipped, _ = encoder.read([Asked(row.text, row.brand) for row in aside])
    full = vectors_fp32(model, tokenizer, aside)
    settle = np.array([zlib.crc32(row.text.text.encode()) % 2 == 0 for row in aside])
    facts: dict[str, Any] = {}
    scores: dict[str, Any] = {"cosine of the int8 vectors to fp32": round(float(_cosine(shipped, full).mean()), 4)}
    for head, classes in CLASSES.items():
        chosen = np.array([head in row.labels for row in aside])
        truth = np.array([row.class_of(head) for row in aside])
        if not (chosen & settle).any():
            continue
        weight = _alike([row.source for row, used in zip(aside, chosen & settle, strict=True) if used])
        temperature = _temperature(_logits(heads, head, shipped[chosen & settle]), truth[chosen & settle], weight)
        sure = _softmax(_logits(heads, head, shipped[chosen & settle]) / temperature).max(axis=1)
        facts[head] = {
            "classes": list(classes),
            "temperature": temperature,
            "unsure": round(float(np.quantile(sure, UNSURE_SHARE)), 3),
        }
        for name, vectors in (("int8", shipped), ("fp32", full)):
            logits = _logits(heads, head, vectors) / temperature
            for source, at in _by_source(aside, chosen & ~settle).items():
                scores.setdefault(head, {}).setdefault(source, {})[name] = measures(_softmax(logits[at]), truth[at])
    facts["need"], scores["need"] = _fit_need(heads, shipped, aside, settle)
    facts["mixed"], scores["mixed"] = _fit_mixed(heads, encoder, [*aside, *learnt])
    facts["embedding"] = {"classes": []}
    scores["embedding"] = _likeness_kept(heads, shipped, aside, near)
    return {"heads": facts, "scores": scores}


def vectors_fp32(model: Multitask, tokenizer: Tokenizer, rows: Sequence[Row]) -> np.ndarray:
    """The vectors before quantisation, in the order of the rows."""
    encoded = encode(tokenizer, rows)
    found = np.zeros((len(rows), model.encoder.config.hidden_size), np.float32)
    order = sorted(range(len(rows)), key=lambda at: len(encoded[at].ids))
    for start in range(0, len(order), 32):
        places = order[start : start + 32]
        with torch.no_grad():
            found[places] = model(tensors([encoded[at] for at in places])).numpy()
    return found


def measures(shares: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Macro-recall, macro-F1 and accuracy in percent, expected calibration error over ten equal bins as a share."""
    said = shares.argmax(axis=1)
    present = sorted(set(truth.tolist()))
    return {
        "rows": len(truth),
        "macro_recall": round(100 * recall_score(truth, said, labels=present, average="macro", zero_division=0), 1),
        "macro_f1": round(100 * f1_score(truth, said, labels=present, average="macro", zero_division=0), 1),
        "accuracy": round(100 * float((said == truth).mean()), 1),
        "calibration_error": round(calibration_error(shares.max(axis=1), said == truth), 3),
    }


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error (Guo et al., 2017): the mean gap between confidence and share right, over ten bins."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [
        abs(confidence[bins == one].mean() - right[bins == one].mean()) * (bins == one).mean()
        for one in set(bins.tolist())
    ]
    return float(sum(gaps))


def _fit_need(heads: Heads, vectors: np.ndarray, aside: Sequence[Row], settle: np.ndarray) -> tuple[dict, dict]:
    truth = np.array([row.labels.get("need", (UNKNOWN,) * len(NEEDS)) for row in aside])
    chances = 1 / (1 + np.exp(-_logits(heads, "need", vectors)))
    thresholds, scores = {}, {}
    for at, need in enumerate(NEEDS):
        known = truth[:, at] != UNKNOWN
        beta = 2.0 if need in RECALL_FIRST else 1.0
        bars = np.arange(0.1, 0.91, 0.05)
        reached = [
            precision_recall_fscore_support(
                truth[known & settle, at],
                chances[known & settle, at] >= bar,
                beta=beta,
                average="binary",
                zero_division=0,
            )[2]
            for bar in bars
        ]
        # Of the thresholds about as good as the best, the one in their middle does not depend on a single row.
        good = bars[np.array(reached) >= max(reached) - 0.01]
        thresholds[need] = round(float(good[len(good) // 2]), 2)
        precision, recall, f1, _ = precision_recall_fscore_support(
            truth[known & ~settle, at],
            chances[known & ~settle, at] >= thresholds[need],
            average="binary",
            zero_division=0,
        )
        rows = int((truth[known & ~settle, at] == 1).sum())
        scores[need] = {
            "rows": rows,
            "precision": round(100 * precision, 1),
            "recall": round(100 * recall, 1),
            "f1": round(100 * f1, 1),
        }
    return {"classes": list(NEEDS), "thresholds": thresholds}, scores


def _fit_mixed(heads: Heads, encoder: Encoder, rows: Sequence[Row]) -> tuple[dict, dict]:
    """Mixed is for one of its targets and against another. Posts and reviews are taken as not mixed."""
    polarities: dict[str, set[int]] = defaultdict(set)
    of_dev: dict[str, bool] = {}
    for row in rows:
        if row.source in ("mams-atsa", "restaurants", "laptops"):
            polarities[row.text.text].add(row.class_of("brand_sentiment"))
            of_dev[row.text.text] = row.dev
        elif (
            row.source in ("tweets", "airline", "app-reviews", "products")
            and zlib.crc32(row.text.text.encode()) % 16 == 0
        ):
            polarities[row.text.text].add(1)
            of_dev[row.text.text] = row.dev
    texts = sorted(polarities)
    truth = np.array([{0, 2} <= polarities[text] for text in texts])
    dev = np.array([of_dev[text] for text in texts])
    vectors, _ = encoder.read([Asked(Marked(text)) for text in texts])
    line = LogisticRegression(C=0.05, max_iter=2000).fit(vectors[~dev], truth[~dev])
    heads["mixed.weight"], heads["mixed.bias"] = line.coef_.astype(np.float32), line.intercept_.astype(np.float32)
    chances = line.predict_proba(vectors[dev])[:, 1]
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth[dev], chances >= 0.5, average="binary", zero_division=0
    )
    score = {
        "rows": int(truth[dev].sum()),
        "precision": round(100 * precision, 1),
        "recall": round(100 * recall, 1),
        "f1": round(100 * f1, 1),
    }
    return {"classes": ["mixed"], "thresholds": {"mixed": 0.5}}, score


def _likeness_kept(
    heads: Heads, vectors: np.ndarray, aside: Sequence[Row], near: Mapping[int, np.ndarray]
) -> dict[str, Any]:
    """How near embeddings come to where they should lie: the mean cosine; of translations, how many find their English.

    Of a translation, the nearest of all the English texts of its language's rows is to be its own.
    """
    places = sorted(near)
    ours = vectors[places] @ heads["embedding.weight"].T + heads["embedding.bias"]
    ours /= np.linalg.norm(ours, axis=1, keepdims=True)
    theirs = np.stack([near[at] for at in places])
    found: dict[str, Any] = {}
    for name, kind in (("cosine to the base", "en"), ("cosine of other languages", "")):
        chosen = [at for at, place in enumerate(places) if (aside[place].lang == "en") == (kind == "en")]
        if chosen:
            found[name] = round(float((ours[chosen] * theirs[chosen]).sum(1).mean()), 3)
    right: dict[str, list[bool]] = defaultdict(list)
    for lang in sorted({aside[place].lang for place in places if aside[place].parallel}):
        chosen = [at for at, place in enumerate(places) if aside[place].parallel and aside[place].lang == lang]
        nearest = (ours[chosen] @ theirs[chosen].T).argmax(axis=1)
        said = [aside[places[at]].parallel for at in chosen]
        right[lang] = [said[other] == said[at] for at, other in enumerate(nearest.tolist())]
    if right:
        found["translations found"] = {lang: round(100 * float(np.mean(hits)), 1) for lang, hits in right.items()}
    return found


def _alike(sources: Sequence[str]) -> np.ndarray:
    """A weight for each row under which every set counts as much as its rows' square root."""
    counts = {source: sources.count(source) for source in set(sources)}
    return np.array([counts[source] ** -0.5 for source in sources])


def _temperature(logits: np.ndarray, truth: np.ndarray, weight: np.ndarray) -> float:
    """The divisor of the logits under which the truth is likeliest, by search over a grid."""

    def surprise(temperature: float) -> float:
        likely = _softmax(logits / temperature)[np.arange(len(truth)), truth]
        return float(-np.average(np.log(likely + 1e-9), weights=weight))

    return round(min(np.arange(0.4, 3.01, 0.02), key=surprise), 2)


def _logits(heads: Mapping[str, np.ndarray], head: str, vectors: np.ndarray) -> np.ndarray:
    return vectors @ heads[f"{head}.weight"].T + heads[f"{head}.bias"]


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _cosine(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return (left * right).sum(1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)


def _by_source(rows: Sequence[Row], chosen: np.ndarray) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for at in np.flatnonzero(chosen).tolist():
        found[rows[at].source].append(at)
    return {source: places for source, places in sorted(found.items()) if len(places) >= 20}
