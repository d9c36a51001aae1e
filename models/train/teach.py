"""What a larger teacher says of the rows that the smaller encoder will learn from.

python -m models.train.teach --base MPNET --data DATA --run TEACHER --to ANSWERS.npz
"""

import argparse
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from models.train.model import encode, load_checkpoint, load_tokenizer, tensors
from models.train.rows import Row

# The sets that the teacher is asked about and the share of their rows: those with much to gain, as it takes its time.
ASKED = {
    **dict.fromkeys(("unlabelled", "umsab", "acl14", "restaurants", "laptops", "sanders", "yaso"), 1.0),
    "tweets": 0.6,
    "mams-atsa": 0.6,
    "targeted-tweets": 0.25,
}
# The heads whose answers are passed on, and the pass whose rows they are asked for.
OF_TEXTS, OF_BRANDS = ("sentiment",), ("brand_sentiment",)

# Head to (place of a row to the teacher's logits).
Taught = Mapping[str, Mapping[int, np.ndarray]]


def names_of(rows: Sequence[Row]) -> np.ndarray:
    """A number for each row that another run finds again."""
    return np.array([zlib.crc32(f"{row.source}|{row.brand}|{row.text.text}".encode()) for row in rows], np.uint32)


def ask(base: Path, run: Path, rows: Sequence[Row]) -> dict[str, np.ndarray]:
    """The teacher's logits by head, shape (rows, classes); nought for rows of the other pass."""
    model = load_checkpoint(run)
    encoded = encode(load_tokenizer(base), rows)
    said = {head: np.zeros((len(rows), model.heads[head].out_features), np.float16) for head in (*OF_TEXTS, *OF_BRANDS)}
    order = sorted(range(len(rows)), key=lambda at: (rows[at].brand is None, len(encoded[at].ids)))
    for start in range(0, len(order), 32):
        places = order[start : start + 32]
        of_texts = [place for place in places if rows[place].brand is None]
        of_brands = [place for place in places if rows[place].brand is not None]
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            vectors = model(tensors([encoded[place] for place in of_texts + of_brands]))
        for heads, part, found in (
            (OF_TEXTS, of_texts, vectors[: len(of_texts)]),
            (OF_BRANDS, of_brands, vectors[len(of_texts) :]),
        ):
            for head in heads if part else ():
                with torch.no_grad():
                    said[head][part] = model.heads[head](found).numpy()
        if start // 32 % 200 == 0:
            print(f"{start} of {len(rows)} rows asked", flush=True)
    return said


def read_taught(path: Path, rows: Sequence[Row]) -> Taught:
    """The answers to these very rows, by head and place. Rows that the teacher was not asked have none."""
    with np.load(path) as saved:
        known = {int(name): at for at, name in enumerate(saved["names"])}
        said = {head: saved[head].astype(np.float32) for head in (*OF_TEXTS, *OF_BRANDS)}
    taught: dict[str, dict[int, np.ndarray]] = {head: {} for head in said}
    for place, name in enumerate(names_of(rows).tolist()):
        heads = OF_TEXTS if rows[place].brand is None else OF_BRANDS
        if name in known:
            for head in heads:
                taught[head][place] = said[head][known[name]]
    return taught


def main() -> None:
    """The command."""
    # The rows are those of the encoder that will be taught, not of the teacher.
    from models.train.multitask import rows_of
    from models.train.recipe import ENGLISH

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "data", "run", "to"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    said = parser.parse_args()
    torch.set_num_threads(2)
    every = rows_of(ENGLISH, said.data, None)
    shares = names_of(every) / 2**32
    rows = [row for row, share in zip(every, shares, strict=True) if share < ASKED.get(row.source, 0.0)]
    answers = {"names": names_of(rows), **ask(said.base, said.run, rows)}
    np.savez(said.to, allow_pickle=False, **answers)


if __name__ == "__main__":
    main()
