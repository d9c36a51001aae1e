"""Fine-tunes one encoder for all heads at once, by one of two recipes, within a given number of minutes.

    python -m models.train.multitask english --base BASE --data DATA --out OUT --minutes 95

Writes OUT/checkpoint.safetensors (a running average of the weights) every 500 steps; it may be stopped at any time.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn import functional

from models.train.data import read_all, weigh
from models.train.likeness import targets
from models.train.model import Encoded, Multitask, encode, load_base, load_checkpoint, load_tokenizer, tensors
from models.train.parallel import read_parallel
from models.train.recipe import RECIPES, SHARE_OF_LOSS, Recipe
from models.train.rows import UNKNOWN, Row

# How strongly rare classes are lifted, by head: frequency to the minus this, within each set.
LIFT = {
    "sentiment": 0.7,
    "emotion": 0.5,
    "brand_sentiment": 0.4,
    "relevance": 0.5,
    "four_emotions": 0.5,
    "reason": 0.5,
    "complaint": 0.3,
}
BATCH = 32
# Rows are sorted by length within a block of so many batches, so that little of a batch is padding.
BLOCK = 40
AVERAGE = 0.999
# The average is brought up to date every so many steps: each time all weights are read.
FOLLOWED = 4
SMOOTHING = 0.05
# One text in so many is led to where its embedding is to lie, and every translation: enough to hold the space.
LED = 5

ClassWeights = Mapping[str, Mapping[tuple[str, int], float]]


@dataclass(frozen=True, slots=True)
class Lessons:
    """All that the rows are taught by: the weights of their classes, and the embeddings they are led to."""

    weights: ClassWeights
    near: Mapping[int, np.ndarray]


def batches(rows: Sequence[Encoded], seen: Mapping[str, float], chance: random.Random) -> Iterator[list[Encoded]]:
    """Batches of rows of about one length, for ever; a row comes as often as its set says."""
    while True:
        round_ = []
        for item in rows:
            times = seen.get(item.row.source, 1.0)
            round_ += [item] * (int(times) + (chance.random() < times % 1))
        chance.shuffle(round_)
        for start in range(0, len(round_), BATCH * BLOCK):
            block = sorted(round_[start : start + BATCH * BLOCK], key=lambda item: len(item.ids))
            cut = [block[at : at + BATCH] for at in range(0, len(block), BATCH)]
            chance.shuffle(cut)
            yield from cut


def mixed(
    texts: Sequence[Encoded], pairs: Sequence[Encoded], seen: Mapping[str, float], chance: random.Random
) -> Iterator[tuple[bool, list[Encoded]]]:
    """Batches of texts (True) and of pairs (False), in proportion to how many there are of each."""
    streams = batches(texts, seen, chance), batches(pairs, seen, chance)
    amounts = [sum(seen.get(item.row.source, 1.0) for item in rows) for rows in (texts, pairs)]
    share, due = amounts[0] / sum(amounts), 0.0
    while True:
        due += share
        of_texts = due >= 1
        due -= of_texts
        yield of_texts, next(streams[0 if of_texts else 1])


def loss_of(model: Multitask, vectors: torch.Tensor, batch: Sequence[Encoded], lessons: Lessons) -> torch.Tensor:
    """The sum of the heads' losses over the rows that have a label for them, for each row of the batch."""
    total = _loss_of_need(model, vectors, batch) + _loss_of_embedding(model, vectors, batch, lessons.near)
    for head, of_class in lessons.weights.items():
        chosen = [(at, item.row) for at, item in enumerate(batch) if head in item.row.labels]
        if chosen:
            truth = torch.tensor([row.class_of(head) for _, row in chosen])
            weight = torch.tensor([of_class[row.source, row.class_of(head)] * row.weight for _, row in chosen])
            logits = model.heads[head](vectors[[at for at, _ in chosen]])
            each = functional.cross_entropy(logits, truth, reduction="none", label_smoothing=SMOOTHING)
            total = total + SHARE_OF_LOSS[head] * (each * weight).sum() / len(batch)
    return total


def _loss_of_embedding(
    model: Multitask, vectors: torch.Tensor, batch: Sequence[Encoded], near: Mapping[int, np.ndarray]
) -> torch.Tensor:
    chosen = [(at, near[item.place]) for at, item in enumerate(batch) if item.place in near]
    if not chosen:
        return vectors.new_zeros(())
    places = torch.tensor(np.stack([vector for _, vector in chosen]))
    ours = model.heads["embedding"](vectors[[at for at, _ in chosen]])
    likeness = functional.cosine_similarity(ours, places, dim=-1)
    return SHARE_OF_LOSS["embedding"] * (1 - likeness).sum() / len(batch)


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
        if not parameter.requires_grad:
            continue
        depth = int(name.split(".")[2]) + 1 if name.startswith("encoder.layer.") else 0
        decay = 0.0 if parameter.ndim == 1 else 0.01
        groups.append({"params": [parameter], "peak": peak * fall ** (layers - depth), "weight_decay": decay})
    return groups


def train(
    recipe: Recipe, base: Path, rows: Sequence[Row], lessons: Lessons, out: Path,
    minutes: float, threads: int, seed: int, start_from: Path | None,
) -> None:  # fmt: skip
    """One run. The rate falls to nothing as the minutes run out, however fast the machine is."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    chance = random.Random(seed)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = load_tokenizer(base)
    learnt = [item for item in encode(tokenizer, rows) if recipe.seen.get(item.row.source, 1.0) > 0]
    model = Multitask(load_base(base)) if start_from is None else load_checkpoint(start_from)
    earlier = {} if start_from is None else {"started_from": json.loads((start_from / "progress.json").read_text())}
    model.encoder.config.save_pretrained(out)
    if not recipe.words_move:
        model.encoder.get_input_embeddings().requires_grad_(False)
    texts = [item for item in learnt if item.row.brand is None]
    pairs = [item for item in learnt if item.row.brand is not None]
    print(f"{len(texts)} texts, {len(pairs)} pairs", flush=True)
    optimiser = torch.optim.AdamW(grouped(model, recipe.rate, 1e-3, recipe.fall), lr=0.0, fused=True)
    average = {name: value.detach().clone() for name, value in model.state_dict().items()}
    question_mark = tokenizer.token_to_id("?")
    began, seen, recent, progress = time.monotonic(), 0, 0.0, 0.0
    model.train()
    for step, (of_texts, batch) in enumerate(mixed(texts, pairs, recipe.seen, chance), start=1):
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * rate(progress)
        inputs = tensors(batch, question_mark if of_texts else None, chance)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            vectors = model(inputs)
        loss = loss_of(model, vectors, batch, lessons)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        if step % FOLLOWED == 0:
            _follow(average, model, min(AVERAGE**FOLLOWED, step / (step + 10 * FOLLOWED)))
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


def rows_of(recipe: Recipe, data: Path, parallel: Path | None) -> list[Row]:
    """The rows that this recipe learns from, those kept aside left out, in an order that stays."""
    every = chain(read_all(data), read_parallel(parallel) if parallel else ())
    return [row for row in every if not row.dev and (recipe.languages == "many" or row.lang == "en")]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=sorted(RECIPES))
    parser.add_argument("--base", type=Path, required=True, help="folder of the encoder to start from")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training sets")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--space", type=Path, help="folder of all-MiniLM-L6-v2: where embeddings are to lie")
    parser.add_argument("--parallel", type=Path, help="folder of Python packages with translations")
    parser.add_argument("--minutes", type=float, default=95)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--start-from", type=Path, help="OUT of an earlier run")
    said = parser.parse_args()
    recipe = RECIPES[said.recipe]
    rows = rows_of(recipe, said.data, said.parallel)
    near = {}
    if said.space:
        led = [at for at, row in enumerate(rows) if row.brand is None and (at % LED == 0 or row.parallel)]
        found = targets(said.space, said.base if recipe.languages == "many" else None, [rows[at] for at in led])
        near = {place: found[at] for at, place in enumerate(led) if at in found}
    weights = {head: weigh(rows, head, power) for head, power in LIFT.items() if head in recipe.heads}
    train(
        recipe,
        said.base,
        rows,
        Lessons(weights, near),
        said.out,
        said.minutes,
        said.threads,
        said.seed,
        said.start_from,
    )


if __name__ == "__main__":
    main()
