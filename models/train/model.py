"""The model in training: one encoder, a linear layer for each head, rows turned into tensors as the service does."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel, PreTrainedModel

from models.encoder import LONGEST, named
from models.train.rows import COMPLAINT, EMOTIONS, FOUR_EMOTIONS, NEEDS, POLARITY, REASONS, Row

# The width of the embedding head: one space for both encoders, that of all-MiniLM-L6-v2.
WIDTH = 384
HEADS = {
    "sentiment": len(POLARITY),
    "emotion": len(EMOTIONS),
    "need": len(NEEDS),
    "embedding": WIDTH,
    "brand_sentiment": len(POLARITY),
    "relevance": 2,
    "four_emotions": len(FOUR_EMOTIONS),
    "reason": len(REASONS),
    "complaint": len(COMPLAINT),
}
# How often a question mark is hidden where `need` is learnt: a question is a form, not only a sign.
HIDDEN_MARKS = 0.4


@dataclass(frozen=True, slots=True)
class Encoded:
    """A row in numbers: its place among the rows, token ids, types (1: names the brand), the tokens that are pooled."""

    place: int
    row: Row
    ids: list[int]
    types: list[int]
    pool: list[int]


Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


class Multitask(torch.nn.Module):
    """The encoder with a linear layer for each head."""

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.config.hidden_size
        self.heads = torch.nn.ModuleDict({name: torch.nn.Linear(width, size) for name, size in HEADS.items()})

    def forward(self, inputs: Inputs) -> torch.Tensor:
        """The mean over the pooled tokens, shape (rows, width of the encoder)."""
        return pooled(self.encoder, inputs)


def pooled(encoder: PreTrainedModel, inputs: Inputs) -> torch.Tensor:
    """The mean of the last layer over the pooled tokens, shape (rows, width of the encoder)."""
    ids, types, mask, pool = inputs
    hidden = encoder(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state.float()
    weight = pool.unsqueeze(-1).float()
    return (hidden * weight).sum(1) / weight.sum(1).clamp(min=1.0)


def encode(tokenizer: Tokenizer, rows: Sequence[Row]) -> list[Encoded]:
    """The rows in numbers, as the service encodes them: (text) pooled whole, (text, brand) where it is named."""
    pairs = [row.text.text if row.brand is None else (row.text.text, row.brand) for row in rows]
    encoded = []
    for place, (row, found) in enumerate(zip(rows, tokenizer.encode_batch(pairs), strict=True)):
        size = len(found.ids)
        if row.brand is None:
            encoded.append(Encoded(place, row, found.ids, [0] * size, [1] * size))
            continue
        speaks = named(found, row.text.spans)
        encoded.append(Encoded(place, row, found.ids, speaks, speaks))
    return encoded


def tensors(batch: Sequence[Encoded], question_mark: int | None = None, chance: random.Random | None = None) -> Inputs:
    """Token ids, types, attention mask and pool, padded to the longest row."""
    longest = max(len(item.ids) for item in batch)
    ids, types, mask, pool = (torch.zeros(len(batch), longest, dtype=torch.long) for _ in range(4))
    for at, item in enumerate(batch):
        size = len(item.ids)
        ids[at, :size] = torch.tensor(item.ids)
        types[at, :size] = torch.tensor(item.types)
        pool[at, :size] = torch.tensor(item.pool)
        mask[at, :size] = 1
        if question_mark and chance and "need" in item.row.labels and chance.random() < HIDDEN_MARKS:
            pool[at][ids[at] == question_mark] = 0
            mask[at][ids[at] == question_mark] = 0
    return ids, types, mask, pool


def load_base(folder: Path) -> PreTrainedModel:
    """The base encoder from its folder (config.json, model.safetensors)."""
    return AutoModel.from_pretrained(folder, add_pooling_layer=False)


def load_checkpoint(folder: Path) -> Multitask:
    """The model of a training run, from its checkpoint.safetensors and config.json."""
    config = AutoConfig.from_pretrained(folder)
    model = Multitask(AutoModel.from_config(config, add_pooling_layer=False))
    # A run from before a head was added starts it afresh.
    missing, unknown = model.load_state_dict(load_file(folder / "checkpoint.safetensors"), strict=False)
    if unknown or any(not name.startswith("heads.") for name in missing):
        raise ValueError(f"{folder} holds no run of this training: {(missing + unknown)[:3]}")
    return model.eval()


def load_tokenizer(folder: Path) -> Tokenizer:
    """The base's tokenizer, cut to LONGEST tokens: the text gives way, the brand never."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST, strategy="only_first")
    return tokenizer
