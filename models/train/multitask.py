"""Fine-tunes one small encoder for all heads at once, within a given number of minutes.

    python -m models.train.multitask --base BASE --data DATA --out OUT --minutes 95

Writes OUT/checkpoint.safetensors (a running average of the weights) every 500 steps; it may be stopped at any time.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.nn import functional

from models.train.data import UNKNOWN, read_all, weigh
from models.train.model import Encoded, Multitask, encode, load_base, load_checkpoint, load_tokenizer, pooled, tensors

# How strongly rare classes are lifted, by head: frequency to the minus this, within each set.
LIFT = {"sentiment": 0.7, "emotion": 0.5, "brand_sentiment": 0.4, "relevance": 0.5}
SHARE_OF_LOSS = {
    "sentiment": 1.0,
    "emotion": 0.6,
    "need": 1.0,
    "embedding": 2.0,
    "brand_sentiment": 1.0,
    "relevance": 0.6,
}
# How often a row of a set is seen in one round; 1 where nothing is said.
SEEN = {
    "goemotions": 0.5,
    "support": 0.6,
    "sst5": 0.8,
    "tweet-emotion": 1.5,
    "complaints": 1.5,
    "targeted-tweets": 0.8,
    "targeted-news": 0.8,
    "sanders": 1.5,
    "entity": 2.0,
    "namesakes": 3.0,
}
BATCH = 32
# Rows are sorted by length within a block of so many batches, so that little of a batch is padding.
BLOCK = 40
AVERAGE = 0.999
SMOOTHING = 0.05

ClassWeights = Mapping[str, Mapping[tuple[str, int], float]]


def batches(rows: Sequence[Encoded], chance: random.Random) -> Iterator[list[Encoded]]:
    """Batches of rows of about one length, for ever; a row comes as often as its set says."""
    while True:
        round_ = []
        for item in rows:
            times = SEEN.get(item.row.source, 1.0)
            round_ += [item] * (int(times) + (chance.random() < times % 1))
        chance.shuffle(round_)
        for start in range(0, len(round_), BATCH * BLOCK):
            block = sorted(round_[start : start + BATCH * BLOCK], key=lambda item: len(item.ids))
            cut = [block[at : at + BATCH] for at in range(0, len(block), BATCH)]
            chance.shuffle(cut)
            yield from cut


def mixed(
    texts: Sequence[Encoded], pairs: Sequence[Encoded], chance: random.Random
) -> Iterator[tuple[bool, list[Encoded]]]:
    """Batches of texts (True) and of pairs (False), in proportion to how many there are of each."""
    streams = batches(texts, chance), batches(pairs, chance)
    share, due = len(texts) / (len(texts) + len(pairs)), 0.0
    while True:
        due += share
        of_texts = due >= 1
        due -= of_texts
        yield of_texts, next(streams[0 if of_texts else 1])


def loss_of(model: Multitask, vectors: torch.Tensor, batch: Sequence[Encoded], weights: ClassWeights) -> torch.Tensor:
    """The sum of the heads' losses over the rows that have a label for them, for each row of the batch."""
    total = _loss_of_need(model, vectors, batch)
    for head, of_class in weights.items():
        chosen = [(at, item.row) for at, item in enumerate(batch) if head in item.row.labels]
        if chosen:
            truth = torch.tensor([row.class_of(head) for _, row in chosen])
            weight = torch.tensor([of_class[row.source, row.class_of(head)] * row.weight for _, row in chosen])
            logits = model.heads[head](vectors[[at for at, _ in chosen]])
            each = functional.cross_entropy(logits, truth, reduction="none", label_smoothing=SMOOTHING)
            total = total + SHARE_OF_LOSS[head] * (each * weight).sum() / len(batch)
    return total


def _loss_of_need(model: Multitask, vectors: torch.Tensor, batch: Sequence[Encoded]) -> torch.Tensor:
    chosen = [(at, item.row) for at, item in enumerate(batch) if "need" in item.row.labels]
    if not chosen:
        return vectors.new_zeros(())
    truth = torch.tensor([row.labels["need"] for _, row in chosen], dtype=torch.float)
    logits = model.heads["need"](vectors[[at for at, _ in chosen]])
    each = functional.binary_cross_entropy_with_logits(logits, truth.clamp(min=0), reduction="none")
    return SHARE_OF_LOSS["need"] * (each * (truth != UNKNOWN)).sum() / len(batch)


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


def train(
    base: Path, data: Path, out: Path, minutes: float, peak: float, threads: int, seed: int, start_from: Path | None
) -> None:
    """One run. The rate falls to nothing as the minutes run out, however fast the machine is."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    chance = random.Random(seed)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = load_tokenizer(base)
    learnt = encode(tokenizer, [row for row in read_all(data) if not row.dev])
    teacher = load_base(base).eval()
    model = Multitask(load_base(base)) if start_from is None else load_checkpoint(start_from)
    earlier = {} if start_from is None else {"started_from": json.loads((start_from / "progress.json").read_text())}
    model.encoder.config.save_pretrained(out)
    weights = {head: weigh((item.row for item in learnt), head, power) for head, power in LIFT.items()}
    texts = [item for item in learnt if item.row.brand is None]
    pairs = [item for item in learnt if item.row.brand is not None]
    print(f"{len(texts)} texts, {len(pairs)} pairs", flush=True)
    optimiser = torch.optim.AdamW(grouped(model, peak, heads_peak=1e-3), lr=0.0, fused=True)
    average = {name: value.detach().clone() for name, value in model.state_dict().items()}
    question_mark = tokenizer.token_to_id("?")
    began, seen, recent, progress = time.monotonic(), 0, 0.0, 0.0
    model.train()
    for step, (of_texts, batch) in enumerate(mixed(texts, pairs, chance), start=1):
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * rate(progress)
        inputs = tensors(batch, question_mark if of_texts else None, chance)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            vectors = model(inputs)
        loss = loss_of(model, vectors, batch, weights)
        if of_texts and step % 2 == 0:
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                untouched = pooled(teacher, inputs)
            likeness = functional.cosine_similarity(model.heads["embedding"](vectors), untouched, dim=-1)
            loss = loss + SHARE_OF_LOSS["embedding"] * (1 - likeness).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        _follow(average, model, min(AVERAGE, step / (step + 10)))
        seen, recent = seen + len(batch), recent + loss.item()
        progress = (time.monotonic() - began) / (60 * minutes)
        if step % 500 == 0 or progress >= 1:
            done = {"steps": step, "rows": seen, "seed": seed, "minutes": round(progress * minutes)}
            save(out, average, done | earlier)
            print(f"{step} steps, {seen / (progress * 60 * minutes):.0f} rows/s, loss {recent / 500:.4f}", flush=True)
            recent = 0.0
        if progress >= 1:
            return


@torch.no_grad()
def _follow(average: dict[str, torch.Tensor], model: Multitask, kept: float) -> None:
    for name, value in model.state_dict().items():
        average[name].lerp_(value, 1 - kept)


def save(out: Path, average: Mapping[str, torch.Tensor], facts: Mapping[str, object]) -> None:
    """The checkpoint is renamed into place, so that a run that is stopped leaves a whole one."""
    save_file({name: value.contiguous() for name, value in average.items()}, out / "checkpoint.part")
    (out / "checkpoint.part").replace(out / "checkpoint.safetensors")
    (out / "progress.json").write_text(json.dumps(facts))


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
