"""From a training run to what the service ships: int8 ONNX, tokenizer, heads, and a manifest with scores.

python -m models.train.export english --base BASE --data DATA --run OUT --to models/weights/english --version 3
"""

import argparse
import hashlib
import json
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch

from models.encoder import LONGEST
from models.train import graph, tune
from models.train.data import read_all
from models.train.likeness import targets
from models.train.model import Encoded, Multitask, encode, load_checkpoint, load_tokenizer, tensors
from models.train.parallel import read_parallel
from models.train.recipe import RECIPES
from models.train.rows import Row
from models.train.vocabulary import LANGUAGES
from models.weights import FILES, MANIFEST

CALIBRATION_TEXTS = 1600
PLACES = "embeddings.position_embeddings.weight"


def measure_reach(model: Multitask, rows: Sequence[Encoded]) -> dict[str, np.ndarray]:
    """The largest size of each input channel of each linear layer of the encoder, over these rows."""
    reach: dict[str, np.ndarray] = {}
    hooks = []
    for name, part in model.encoder.named_modules():
        if isinstance(part, torch.nn.Linear):

            def note(_: torch.nn.Module, inputs: tuple[torch.Tensor], name: str = f"{name}.") -> None:
                largest = inputs[0].detach().abs().amax(dim=(0, 1)).numpy()
                reach[name] = np.maximum(reach.get(name, largest), largest)

            hooks.append(part.register_forward_pre_hook(note))
    ordered = sorted(rows, key=lambda row: len(row.ids))
    with torch.no_grad():
        for start in range(0, len(ordered), 16):
            model(tensors(ordered[start : start + 16]))
    for hook in hooks:
        hook.remove()
    return reach


def write_encoder(model: Multitask, reach: dict[str, np.ndarray], to: Path) -> None:
    """The int8 encoder."""
    weights = {name: value.numpy() for name, value in model.encoder.state_dict().items()}
    weights[PLACES] = weights[PLACES][:LONGEST]
    config = model.encoder.config
    made = graph.build(weights, config.num_hidden_layers, config.num_attention_heads, config.layer_norm_eps, reach)
    onnx.save(made, str(to))


def export(
    name: str,
    base: Path,
    data: Path,
    run: Path,
    to: Path,
    version: str,
    space: Path,
    parallel: Path | None,
    dev_rows: int,
) -> None:
    """Everything the service needs, in one folder."""
    torch.set_num_threads(2)
    recipe = RECIPES[name]
    many = recipe.languages == "many"
    to.mkdir(parents=True, exist_ok=True)
    tokenizer = load_tokenizer(base)
    model = load_checkpoint(run)
    every = [*read_all(data), *(read_parallel(parallel) if parallel else ())]
    rows = [row for row in every if many or row.lang == "en"]
    chance = random.Random(7)
    learnt = [row for row in rows if not row.dev]
    reach = measure_reach(model, encode(tokenizer, chance.sample(learnt, CALIBRATION_TEXTS)))
    write_encoder(model, reach, to / "encoder.onnx")
    shutil.copyfile(base / "tokenizer.json", to / "tokenizer.json")
    aside = _thinned([row for row in rows if row.dev], dev_rows)
    led = [at for at, row in enumerate(aside) if row.brand is None and (row.lang == "en" or row.parallel)]
    near = targets(space, None, [aside[at] for at in led])
    heads = {name: value.numpy() for name, value in model.heads.state_dict().items()}
    facts = tune.fit(to, tokenizer, model, heads, aside, learnt, {led[at]: vector for at, vector in near.items()})
    np.savez(to / "heads.npz", **heads)
    progress = json.loads((run / "progress.json").read_text())
    manifest = {
        "name": name,
        "version": version,
        "languages": list(LANGUAGES) if many else ["en"],
        "base": recipe.base,
        "licence": recipe.licence,
        "made_by": {"how": "models/train/README.md", **progress},
        "data": sorted({row.source for row in rows}),
        **facts,
        "files": {name: {"sha256": hashlib.sha256((to / name).read_bytes()).hexdigest()} for name in FILES},
    }
    (to / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    print(json.dumps(manifest["scores"], indent=1))


def _thinned(rows: Sequence[Row], most: int) -> list[Row]:
    """The first rows of each set, so that a large one does not take all the time."""
    seen: Counter[str] = Counter()
    kept = []
    for row in rows:
        seen[row.source] += 1
        if seen[row.source] <= most:
            kept.append(row)
    return kept


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=("english", "multilingual"))
    for name in ("base", "data", "run", "to"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--space", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--parallel", type=Path, help="folder of Python packages with translations")
    parser.add_argument("--version", required=True)
    parser.add_argument("--dev-rows", type=int, default=2500, help="rows kept aside that are scored, of each set")
    said = parser.parse_args()
    export(**vars(said))


if __name__ == "__main__":
    main()
