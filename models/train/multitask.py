"""Fine-tunes one small encoder for all heads at once, within a given number of minutes.

    python -m models.train.multitask --base BASE --data DATA --out OUT --minutes 95

Writes OUT/checkpoint.safetensors (a running average of the weights) every 500 steps; it may be stopped at any time.
"""

import argparse
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertConfig, BertModel

from models.train.data import EMOTIONS, NEEDS, POLARITY, UNKNOWN, Row, read_all, weigh

WIDTH = 384
HEADS = {"sentiment": len(POLARITY), "emotion": len(EMOTIONS), "need": len(NEEDS), "embedding": WIDTH,
         "brand_sentiment": len(POLARITY), "relevance": 2}  # fmt: skip
# How strongly rare classes are lifted, by head: frequency to the minus this, within each set.
LIFT = {"sentiment": 0.7, "emotion": 0.5, "brand_sentiment": 0.4, "relevance": 0.5}
SHARE_OF_LOSS = {"sentiment": 1.0, "emotion": 0.6, "need": 1.0, "embedding": 2.0, "brand_sentiment": 1.0, "relevance": 0.6}
# How often a row of a set is seen in one round; 1 where nothing is said.
SEEN = {"goemotions": 0.5, "support": 0.6, "sst5": 0.8, "tweet-emotion": 1.5, "complaints": 1.5, "targeted-tweets": 0.8,
        "targeted-news": 0.8, "sanders": 1.5, "entity": 2.0, "namesakes": 3.0}  # fmt: skip
LONGEST = 128
BATCH = 32
AVERAGE = 0.999


@dataclass(frozen=True, slots=True)
class Encoded:
    """A row in numbers: token ids, token types (1: names the brand), and the tokens that are pooled."""

    row: Row
    ids: list[int]
    types: list[int]
    pool: list[int]


class Multitask(torch.nn.Module):
    """The encoder with a linear layer for each head."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = torch.nn.ModuleDict({name: torch.nn.Linear(WIDTH, size) for name, size in HEADS.items()})

    def forward(self, ids: torch.Tensor, types: torch.Tensor, mask: torch.Tensor, pool: torch.Tensor) -> torch.Tensor:
        """The mean over the pooled tokens, shape (batch, WIDTH)."""
        hidden = self.encoder(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state.float()
        weight = pool.unsqueeze(-1).float()
        return (hidden * weight).sum(1) / weight.sum(1).clamp(min=1.0)


def encode(tokenizer: Tokenizer, rows: Sequence[Row]) -> list[Encoded]:
    """The rows in numbers, as the service encodes them: (text) pooled whole, (text, brand) pooled where it is named."""
    pairs = [row.text.text if row.brand is None else (row.text.text, row.brand) for row in rows]
    encoded = []
    for row, found in zip(rows, tokenizer.encode_batch(pairs), strict=True):
        if row.brand is None:
            encoded.append(Encoded(row, found.ids, [0] * len(found.ids), [1] * len(found.ids)))
            continue
        named = [
            int(sequence == 1 or (sequence == 0 and any(start < right and end > left for left, right in row.text.spans)))
            for sequence, (start, end) in zip(found.sequence_ids, found.offsets, strict=True)
        ]
        encoded.append(Encoded(row, found.ids, named, named))
    return encoded


def batches(rows: Sequence[Encoded], chance: random.Random) -> Iterator[list[Encoded]]:
    """Batches of rows of about one length, for ever; a row comes as often as its set says."""
    while True:
        round_ = []
        for item in rows:
            times = SEEN.get(item.row.source, 1.0)
            round_ += [item] * (int(times) + (chance.random() < times % 1))
        chance.shuffle(round_)
        for start in range(0, len(round_), BATCH * 40):
            block = sorted(round_[start : start + BATCH * 40], key=lambda item: len(item.ids))
            cut = [block[at : at + BATCH] for at in range(0, len(block), BATCH)]
            chance.shuffle(cut)
            yield from cut


def tensors(batch: Sequence[Encoded], question_mark: int | None = None, chance: random.Random | None = None) -> tuple[torch.Tensor, ...]:
    """ids, types, mask, pool, padded to the longest. Half of the question marks are hidden: a question is a form too."""
    longest = max(len(item.ids) for item in batch)
    ids, types, mask, pool = (torch.zeros(len(batch), longest, dtype=torch.long) for _ in range(4))
    for at, item in enumerate(batch):
        size = len(item.ids)
        ids[at, :size] = torch.tensor(item.ids)
        types[at, :size] = torch.tensor(item.types)
        pool[at, :size] = torch.tensor(item.pool)
        mask[at, :size] = 1
        if question_mark and chance and item.row.brand is None and "need" in item.row.labels and chance.random() < 0.4:
            pool[at][ids[at] == question_mark] = 0
            mask[at][ids[at] == question_mark] = 0
    return ids, types, mask, pool


def losses(model: Multitask, pooled: torch.Tensor, batch: Sequence[Encoded], weights: dict[str, dict]) -> torch.Tensor:
    """The sum of the heads' losses over the rows that have a label for them."""
    total = pooled.new_zeros(())
    for head in ("sentiment", "emotion", "brand_sentiment", "relevance"):
        chosen = [(at, item.row) for at, item in enumerate(batch) if head in item.row.labels]
        if not chosen:
            continue
        target = torch.tensor([row.labels[head] for _, row in chosen])
        weight = torch.tensor([weights[head][row.source, row.labels[head]] * row.weight for _, row in chosen])
        logits = model.heads[head](pooled[[at for at, _ in chosen]])
        each = functional.cross_entropy(logits, target, reduction="none", label_smoothing=0.05)
        total = total + SHARE_OF_LOSS[head] * (each * weight).sum() / len(batch)
    chosen = [(at, item.row) for at, item in enumerate(batch) if "need" in item.row.labels]
    if chosen:
        target = torch.tensor([row.labels["need"] for _, row in chosen], dtype=torch.float)
        known = target != UNKNOWN
        logits = model.heads["need"](pooled[[at for at, _ in chosen]])
        each = functional.binary_cross_entropy_with_logits(logits, target.clamp(min=0), reduction="none")
        total = total + SHARE_OF_LOSS["need"] * (each * known).sum() / len(batch)
    return total


def rate(progress: float, warm: float = 0.04) -> float:
    """The learning rate's factor: up in a straight line, then down to nothing at the end of the time."""
    return progress / warm if progress < warm else max(0.0, (1 - progress) / (1 - warm))


def grouped(model: Multitask, peak: float, heads_peak: float, fall: float = 0.9) -> list[dict]:
    """Parameters by learning rate: lower layers move less, heads move most."""
    layers = model.encoder.config.num_hidden_layers
    groups = [{"params": list(model.heads.parameters()), "peak": heads_peak, "weight_decay": 0.01}]
    for name, parameter in model.encoder.named_parameters():
        depth = int(name.split(".")[2]) + 1 if name.startswith("encoder.layer.") else 0
        decay = 0.0 if parameter.ndim == 1 else 0.01
        groups.append({"params": [parameter], "peak": peak * fall ** (layers - depth), "weight_decay": decay})
    return groups


def load_base(folder: Path) -> BertModel:
    """The base encoder from its folder (config.json, model.safetensors)."""
    return BertModel.from_pretrained(folder, add_pooling_layer=False)


def load_checkpoint(folder: Path) -> Multitask:
    """The model of a training run, from OUT/checkpoint.safetensors and OUT/config.json."""
    model = Multitask(BertModel(BertConfig.from_pretrained(folder), add_pooling_layer=False))
    model.load_state_dict(load_file(folder / "checkpoint.safetensors"))
    return model.eval()


def load_tokenizer(folder: Path) -> Tokenizer:
    """The base's tokenizer, cut to LONGEST tokens: the text gives way, the brand never."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST, strategy="only_first")
    return tokenizer


def recall_of_sentiment(model: Multitask, rows: Sequence[Encoded]) -> float:
    """Macro-recall over three classes, in percent."""
    hits = np.zeros((3, 2))
    ordered = sorted(rows, key=lambda item: len(item.ids))
    for start in range(0, len(ordered), 64):
        batch = ordered[start : start + 64]
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            answers = model.heads["sentiment"](model(*tensors(batch))).argmax(-1).tolist()
        for item, answer in zip(batch, answers, strict=True):
            hits[item.row.labels["sentiment"]] += (answer == item.row.labels["sentiment"], 1)
    return float(100 * (hits[:, 0] / hits[:, 1].clip(1)).mean())


def train(base: Path, data: Path, out: Path, minutes: float, peak: float, threads: int, seed: int, start_from: Path | None) -> None:
    """One run. The rate falls to nothing as the minutes run out, however fast the machine is."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    chance = random.Random(seed)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = load_tokenizer(base)
    rows = encode(tokenizer, read_all(data))
    model = Multitask(load_base(base)) if start_from is None else load_checkpoint(start_from)
    teacher = load_base(base).eval()
    model.encoder.config.save_pretrained(out)
    learning = [item for item in rows if not item.row.dev]
    aside = [item for item in rows if item.row.dev and item.row.source == "tweets"]
    weights = {head: weigh((item.row for item in learning), head, LIFT[head]) for head in LIFT}
    texts = [item for item in learning if item.row.brand is None]
    pairs = [item for item in learning if item.row.brand is not None]
    print(f"{len(texts)} texts, {len(pairs)} pairs, {len(rows) - len(learning)} rows aside", flush=True)
    question_mark = tokenizer.token_to_id("?")
    optimiser = torch.optim.AdamW(grouped(model, peak, heads_peak=1e-3), lr=0.0, fused=True)
    average = {name: value.detach().clone() for name, value in model.state_dict().items()}
    streams = batches(texts, chance), batches(pairs, chance)
    share_of_texts = len(texts) / (len(texts) + len(pairs))
    began, step, seen, recent = time.monotonic(), 0, 0, 0.0
    model.train()
    while (progress := (time.monotonic() - began) / (60 * minutes)) < 1:
        of_texts = math.floor((step + 1) * share_of_texts) > math.floor(step * share_of_texts)
        batch = next(streams[0 if of_texts else 1])
        inputs = tensors(batch, question_mark, chance)
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * rate(progress)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            pooled = model(*inputs)
        loss = losses(model, pooled, batch, weights)
        if of_texts and step % 2 == 0:
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                plain = Multitask.forward(_with(teacher), *inputs)
            likeness = functional.cosine_similarity(model.heads["embedding"](pooled), plain, dim=-1)
            loss = loss + SHARE_OF_LOSS["embedding"] * (1 - likeness).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step, seen, recent = step + 1, seen + len(batch), recent + loss.item()
        kept = min(AVERAGE, step / (step + 10))
        with torch.no_grad():
            for name, value in model.state_dict().items():
                average[name].lerp_(value, 1 - kept)
        if step % 500 == 0:
            _save(out, average, step, seen, progress)
            print(f"{step} steps, {seen / (time.monotonic() - began):.0f} rows/s, loss {recent / 500:.4f}, {100 * progress:.1f} %", flush=True)
            recent = 0.0
        if step % 3000 == 0:
            now = {name: value.clone() for name, value in model.state_dict().items()}
            model.load_state_dict(average)
            model.eval()
            print(f"    macro-recall on the tweets kept aside: {recall_of_sentiment(model, aside):.2f}", flush=True)
            model.load_state_dict(now)
            model.train()
    _save(out, average, step, seen, 1.0)
    model.load_state_dict(average)
    print(f"done: {step} steps, {seen} rows, macro-recall {recall_of_sentiment(model.eval(), aside):.2f}", flush=True)


@dataclass
class _with:
    """The encoder of the teacher, pooled as ours is."""

    encoder: BertModel


def _save(out: Path, average: dict[str, torch.Tensor], step: int, seen: int, progress: float) -> None:
    """The checkpoint is renamed into place, so that a run that is stopped leaves a whole one."""
    save_file({name: value.contiguous() for name, value in average.items()}, out / "checkpoint.part")
    (out / "checkpoint.part").replace(out / "checkpoint.safetensors")
    (out / "progress.json").write_text(json.dumps({"steps": step, "rows": seen, "progress": round(progress, 4)}))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training sets")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=95)
    parser.add_argument("--rate", type=float, default=8e-5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--start-from", type=Path, help="OUT of an earlier run")
    said = parser.parse_args()
    train(said.base, said.data, said.out, said.minutes, said.rate, said.threads, said.seed, said.start_from)


if __name__ == "__main__":
    main()
