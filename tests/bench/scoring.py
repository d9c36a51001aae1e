"""Measures scoring: texts a second of the judge with all heads, beside transformers' pipeline doing sentiment alone.

The pipeline runs the same encoder and the same sentiment head, read back from the shipped int8 file into fp32, on the
same cores, in the same run; the faster of its batch sizes counts. Needs the extra `bench` (torch, transformers, onnx).
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from models.base import Question
from models.encoder import LONGEST
from models.judge import Judge
from models.weights import ENGLISH, SHIPPED, Weights, read
from tests.bench.side_by_side import Figure, in_turn

TEXTS = 256
CORES = min(2, os.cpu_count() or 1)
ROUNDS = 5
OURS = "the judge, int8, all heads"

OPENINGS = ("Honestly,", "Just so you know,", "Well,", "Not sure why, but", "After a week of use", "For the third time")
SUBJECTS = ("the new app", "my order from your shop", "the battery of this phone", "their support team", "our room")
VERBS = ("keeps crashing", "was better than I hoped", "came two days late", "is not what was promised", "works fine")
ENDINGS = (
    "and nobody at the company could tell me what I should do about it now.",
    "so I will recommend it to everybody who asks me for advice this summer.",
    "which is a pity because the one I had before never gave me any trouble.",
    "and I have no idea whether that is normal for something at this price.",
)

Work = Callable[[Sequence[str]], list[str]]


def texts(count: int = TEXTS, seed: int = 7) -> list[str]:
    """Invented mentions of about 26 tokens, no two alike, so that no cache helps."""
    chance = random.Random(seed)
    parts = (OPENINGS, SUBJECTS, VERBS, ENDINGS)
    return [f"{' '.join(chance.choice(part) for part in parts)} No. {number}" for number in range(count)]


def rate(work: Work, sayings: Sequence[str]) -> float:
    """Texts a second of one round."""
    began = time.perf_counter()
    work(sayings)
    return len(sayings) / (time.perf_counter() - began)


def judged() -> Work:
    """All heads of the judge; each call starts without a memory of earlier texts."""
    judge = Judge.open(SHIPPED / ENGLISH, CORES)

    def work(sayings: Sequence[str]) -> list[str]:
        judge.forget()
        return [one.judgements["sentiment"].label for one in judge.read([Question(text) for text in sayings])]

    return work


def pipelined(weights: Weights, batch_size: int) -> Work:
    """The pipeline that a user would write, over the same weights in fp32. Raises ImportError without the extra."""
    import torch
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline
    from transformers.modeling_outputs import SequenceClassifierOutput
    from transformers.utils import logging

    class MeanPooled(BertForSequenceClassification):
        """The mean over the tokens instead of the first one, as the shipped encoder pools."""

        def forward(self, input_ids: Any, attention_mask: Any, **_: Any) -> SequenceClassifierOutput:
            hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            weight = attention_mask.unsqueeze(-1).to(hidden.dtype)
            return SequenceClassifierOutput(logits=self.classifier((hidden * weight).sum(1) / weight.sum(1)))

    torch.set_num_threads(CORES)
    full = weights_in_fp32(weights)
    words, width = full["embeddings.word_embeddings.weight"].shape
    config = BertConfig(
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=1 + max(int(name.split(".")[2]) for name in full if name.startswith("encoder.layer.")),
        num_attention_heads=12,
        max_position_embeddings=len(full["embeddings.position_embeddings.weight"]),
        intermediate_size=len(full["encoder.layer.0.intermediate.dense.bias"]),
        layer_norm_eps=1e-12,
        id2label=dict(enumerate(weights.manifest["heads"]["sentiment"]["classes"])),
    )
    model = MeanPooled(config).eval()
    state = {f"bert.{name}": torch.tensor(value) for name, value in full.items()}
    state |= {f"classifier.{part}": torch.tensor(weights.heads[f"sentiment.{part}"]) for part in ("weight", "bias")}
    left = model.load_state_dict(state, strict=False)
    assert not left.unexpected_keys, left.unexpected_keys
    assert all("pooler" in name for name in left.missing_keys), left.missing_keys
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(weights.tokenizer), pad_token="[PAD]", model_max_length=LONGEST
    )
    # The pipeline does not know our subclass by name, and says so at length.
    logging.set_verbosity(logging.CRITICAL)
    ask = pipeline("sentiment-analysis", model=model, tokenizer=tokenizer, device="cpu")
    return lambda sayings: [one["label"] for one in ask(list(sayings), batch_size=batch_size, truncation=True)]


def weights_in_fp32(weights: Weights) -> dict[str, np.ndarray]:
    """The weights of the int8 graph as floats, by the names that transformers' BertModel has for them."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_from_string(weights.encoder).graph
    raw = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    ours = [
        name for name in raw if name.startswith(("embeddings.", "encoder.")) and name.endswith((".weight", ".bias"))
    ]
    full = {name: raw[name] for name in ours} | {"embeddings.word_embeddings.weight": raw["words"] * raw["words.scale"]}
    for name in [name for name, value in full.items() if value.dtype == np.int8]:
        layer = name.removesuffix("weight")
        # Query, key and value share their input, and so its steps.
        steps = raw[layer.replace("self.key", "self.query").replace("self.value", "self.query") + "steps"]
        full[name] = np.ascontiguousarray((raw[name] * raw[layer + "scale"] * steps[:, None]).T)
    return {name: value.astype(np.float32) for name, value in full.items()}


def figures() -> list[Figure]:
    """Texts a second of all our heads, beside a pipeline with one."""
    weights, sayings = read(), texts()
    print(f"scoring: {len(sayings)} texts on {CORES} cores, {ROUNDS} rounds in turn")
    works = {OURS: judged()}
    try:
        works |= {
            f"transformers pipeline, fp32, sentiment alone, batches of {n}": pipelined(weights, n) for n in (1, 32)
        }
    except ImportError as missing:
        print(f"  transformers' pipeline is left out: {missing.name} is not installed (pip install -e '.[bench]')")
    rates = in_turn({name: partial(rate, work, sayings) for name, work in works.items()}, ROUNDS)
    mine = rates.pop(OURS)
    return [Figure("scoring, texts/s", mine, theirs, name) for name, theirs in rates.items()] or [
        Figure("scoring, texts/s", mine)
    ]
