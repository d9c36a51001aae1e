"""What is settled after training, on rows kept aside: temperatures, thresholds, and the head `mixed`.

Half of the rows kept aside settle; the other half report, in card.py.
"""

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_score
from tokenizers import Tokenizer

from models.base import shares
from models.encoder import Asked, Encoder
from models.text import Marked
from models.train.aside import CLASSES, OF_TARGETS, reports
from models.train.model import Multitask, encode, tensors
from models.train.rows import NEEDS, UNKNOWN, Row
from models.weights import Weights

# Sets whose texts are seldom for one thing and against another.
NOT_MIXED = {"tweets", "airline", "app-reviews", "products"}
# How many rows are compared with the encoder before quantisation.
COMPARED = 400
# Who asks for help, asks a question or is about to leave must not be missed: what is said of them is to be right
# in this share at least, and no more is asked of it.
RECALL_FIRST, MOSTLY = {"help", "question", "churn"}, 0.6
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
    """Adds the head `mixed` to `heads`, and returns what the manifest says of heads and of the encoder's faithfulness.

    `near` is where the embeddings of some rows of `aside` should lie (models.train.likeness).
    """
    encoder = Encoder(Weights({}, (folder / "encoder.onnx").read_bytes(), tokenizer.to_str(), {}), threads=2)
    settling = [row for row in aside if not reports(row)]
    vectors, _ = encoder.read([Asked(row.text, row.brand) for row in settling])
    facts: dict[str, Any] = {}
    for head, classes in CLASSES.items():
        chosen = [at for at, row in enumerate(settling) if head in row.labels]
        if not chosen:
            continue
        rows = [settling[at] for at in chosen]
        logits, truth = _logits(heads, head, vectors[chosen]), np.array([row.class_of(head) for row in rows])
        temperature = _temperature(logits, truth, _alike([row.source for row in rows]))
        sure = shares(logits / temperature).max(axis=1)
        facts[head] = {
            "classes": list(classes),
            "temperature": temperature,
            "unsure": round(float(np.quantile(sure, UNSURE_SHARE)), 3),
        }
    facts["need"] = _settled_need(heads, vectors, settling)
    facts["mixed"] = _fitted_mixed(heads, encoder, learnt, settling)
    facts["embedding"] = {"classes": []}
    some = settling[:: max(1, len(settling) // COMPARED)]
    shipped, _ = encoder.read([Asked(row.text, row.brand) for row in some])
    scores = {
        "cosine of the int8 vectors to fp32": round(
            float(_cosine(shipped, vectors_fp32(model, tokenizer, some)).mean()), 4
        ),
        "embedding": _likeness_kept(heads, encoder, aside, near),
    }
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


def _settled_need(heads: Heads, vectors: np.ndarray, rows: Sequence[Row]) -> dict[str, Any]:
    """The threshold of each need: the best F1; of those that must not be missed the lowest that is mostly right."""
    truth = np.array([row.labels.get("need", (UNKNOWN,) * len(NEEDS)) for row in rows])
    chances = 1 / (1 + np.exp(-_logits(heads, "need", vectors)))
    bars = np.arange(0.1, 0.91, 0.05)
    thresholds = {}
    for at, need in enumerate(NEEDS):
        known = truth[:, at] != UNKNOWN
        due, given = truth[known, at], [chances[known, at] >= bar for bar in bars]
        if need in RECALL_FIRST:
            good = bars[[precision_score(due, said, zero_division=0) >= MOSTLY for said in given]]
            thresholds[need] = round(float(good.min(initial=bars[-1])), 2)
            continue
        reached = np.array([f1_score(due, said, zero_division=0) for said in given])
        # Of the thresholds about as good as the best, the one in their middle does not depend on a single row.
        good = bars[reached >= reached.max() - 0.01]
        thresholds[need] = round(float(good[len(good) // 2]), 2)
    return {"classes": list(NEEDS), "thresholds": thresholds}


def _fitted_mixed(heads: Heads, encoder: Encoder, learnt: Sequence[Row], settling: Sequence[Row]) -> dict[str, Any]:
    """Fits the head on what was learnt from, its threshold (the best F1) on the rows that settle."""
    texts, truth = _whether_mixed(learnt)
    line = LogisticRegression(C=0.05, max_iter=2000).fit(encoder.read(texts)[0], truth)
    heads["mixed.weight"], heads["mixed.bias"] = line.coef_.astype(np.float32), line.intercept_.astype(np.float32)
    texts, truth = _whether_mixed(settling)
    chances = line.predict_proba(encoder.read(texts)[0])[:, 1]
    bars = np.arange(0.2, 0.61, 0.05)
    best = max(bars, key=lambda bar: f1_score(truth, chances >= bar, zero_division=0))
    return {"classes": ["mixed"], "thresholds": {"mixed": round(float(best), 2)}}


def _whether_mixed(rows: Sequence[Row]) -> tuple[list[Asked], np.ndarray]:
    """Mixed is for one of its targets and against another. Posts and reviews are taken as not mixed."""
    polarities: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if row.source in OF_TARGETS:
            polarities[row.text.text].add(row.class_of("brand_sentiment"))
        elif row.source in NOT_MIXED and zlib.crc32(row.text.text.encode()) % 16 == 0:
            polarities[row.text.text].add(1)
    texts = sorted(polarities)
    return [Asked(Marked(text)) for text in texts], np.array([{0, 2} <= polarities[text] for text in texts])


def _likeness_kept(
    heads: Heads, encoder: Encoder, aside: Sequence[Row], near: Mapping[int, np.ndarray]
) -> dict[str, Any]:
    """How near embeddings come to where they should lie: the mean cosine; of translations, how many find their English.

    Of a translation, the nearest of all the English texts of its language's rows is to be its own.
    """
    places = sorted(near)
    vectors, _ = encoder.read([Asked(aside[place].text) for place in places])
    ours = vectors @ heads["embedding.weight"].T + heads["embedding.bias"]
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
        likely = shares(logits / temperature)[np.arange(len(truth)), truth]
        return float(-np.average(np.log(likely + 1e-9), weights=weight))

    return round(min(np.arange(0.4, 3.01, 0.02), key=surprise), 2)


def _logits(heads: Mapping[str, np.ndarray], head: str, vectors: np.ndarray) -> np.ndarray:
    return vectors @ heads[f"{head}.weight"].T + heads[f"{head}.bias"]


def _cosine(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return (left * right).sum(1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
