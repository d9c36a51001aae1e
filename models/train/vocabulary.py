"""Cuts a multilingual encoder's vocabulary to the languages that are supported: most of its weights are words.

    python -m models.train.vocabulary --base E5 --data DATA --to BASE

Kept are the pieces that make up the commonest words of each language (wordfreq), those that the training sets use
again and again, and every single character of either, so that any word can still be spelt.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
import wordfreq
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from models.text import plain
from models.train.data import lines_of

LANGUAGES = ("en", "es", "pt", "fr", "de", "it", "nl", "pl", "tr", "ar", "hi", "id", "ru", "ja", "ko", "zh")
WORDS = 200_000
# The share of running text of each language that its kept pieces make up.
COVERAGE = 0.95
# A piece that the training sets hold so many times is kept whatever the lists say.
SEEN_IN_SETS = 4
CAPITALISED = 0.25
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
MASK = "<mask>"
TABLE = "embeddings.word_embeddings.weight"
SPACE = "\u2581"


def pieces_of_language(tokenizer: Tokenizer, language: str) -> tuple[set[int], set[str]]:
    """The pieces that cover the language's commonest words, and its characters."""
    frequency = wordfreq.get_frequency_dict(language, "best")
    words = sorted(frequency, key=lambda word: frequency[word], reverse=True)[:WORDS]
    counts: Counter[int] = Counter()
    for forms, share in ((words, 1 - CAPITALISED), ([word.capitalize() for word in words], CAPITALISED)):
        for word, encoding in zip(words, tokenizer.encode_batch(forms, add_special_tokens=False), strict=True):
            for piece in encoding.ids:
                counts[piece] += frequency[word] * share
    return set(_most(counts, COVERAGE)), {letter for word in words for letter in word + word.upper()}


def _most(counts: Counter[int], coverage: float) -> Iterator[int]:
    room = coverage * counts.total()
    for piece, weight in counts.most_common():
        yield piece
        room -= weight
        if room < 0:
            return


def pieces_of_sets(tokenizer: Tokenizer, data: Path) -> tuple[set[int], set[str]]:
    """The pieces that the training sets use often, and their characters."""
    counts: Counter[int] = Counter()
    letters: Counter[str] = Counter()
    for path in sorted(data.glob("*.jsonl")):
        texts = [plain(item["text"]) for item in lines_of(path)]
        for start in range(0, len(texts), 4096):
            for encoding in tokenizer.encode_batch(texts[start : start + 4096], add_special_tokens=False):
                counts.update(encoding.ids)
        letters.update("".join(texts))
    often = {piece for piece, times in counts.items() if times >= SEEN_IN_SETS}
    return often, {letter for letter, times in letters.items() if times >= SEEN_IN_SETS}


def kept_pieces(tokenizer: Tokenizer, data: Path) -> list[int]:
    """The ids to keep, ascending; special pieces first, as they stand."""
    found = [pieces_of_sets(tokenizer, data), *(pieces_of_language(tokenizer, one) for one in LANGUAGES)]
    pieces = set().union(*(pieces for pieces, _ in found))
    letters = set().union(*(letters for _, letters in found)) | {chr(code) for code in range(33, 127)}
    single = (SPACE, *letters, *(SPACE + letter for letter in letters))
    special = list(_known(tokenizer, SPECIAL))
    return special + sorted((pieces | set(_known(tokenizer, single))) - set(special))


def _known(tokenizer: Tokenizer, forms: Iterable[str]) -> Iterator[int]:
    return (piece for form in forms if (piece := tokenizer.token_to_id(form)) is not None)


def cut(base: Path, data: Path, to: Path) -> int:
    """Writes the cut encoder and its tokenizer to a folder of their own; how many pieces were kept."""
    description = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_truncation()
    kept = kept_pieces(tokenizer, data)
    vocabulary = description["model"]["vocab"]
    description["model"]["vocab"] = [vocabulary[piece] for piece in kept]
    description["added_tokens"] = list(_without_mask(description["added_tokens"]))
    to.mkdir(parents=True, exist_ok=True)
    text = json.dumps(description, ensure_ascii=False, separators=(",", ":"))
    (to / "tokenizer.json").write_text(text, encoding="utf-8")
    weights = load_file(base / "model.safetensors")
    weights[TABLE] = weights[TABLE][torch.tensor(kept)].contiguous()
    save_file(weights, to / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    (to / "config.json").write_text(json.dumps(config | {"vocab_size": len(kept)}, indent=1))
    return len(kept)


def _without_mask(added: Iterable[dict]) -> Iterator[dict]:
    return (token for token in added if token["content"] != MASK)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="folder of multilingual-e5-small")
    parser.add_argument("--data", type=Path, required=True, help="folder of the training sets")
    parser.add_argument("--to", type=Path, required=True)
    said = parser.parse_args()
    print(f"{cut(said.base, said.data, said.to)} pieces kept")


if __name__ == "__main__":
    main()
