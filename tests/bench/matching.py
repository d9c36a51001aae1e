"""Measures live matching: entries a second for many brand queries, beside a regex a query.

Texts are real ones from ../shared/data where that is there, else invented. Queries are drawn from the texts' own words,
by how rare they are: a name, a name with context, a name with exclusions, several spellings, a phrase, a prefix.
Both sides answer the same question (which queries match which text); the regexes know neither accents nor fields.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from monitor.query import Document, QuerySet, Words, parse
from tests.bench.side_by_side import Figure, in_turn, table

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
FILES = ("tweet-sentiment-train", "reviews-products-train", "targeted-news-train", "complaints-train")
ENTRIES = 6_000
REGEX_ENTRIES = 60
ROUNDS = 3


def texts(count: int = ENTRIES, seed: int = 7) -> list[str]:
    """`count` texts, real where they are at hand."""
    random_ = random.Random(seed)
    found = []
    for name in FILES:
        path = SHARED / f"{name}.jsonl"
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()[: count * 2]
            found += [text for line in lines if (text := json.loads(line).get("text"))]
    if not found:
        vocabulary = [
            "".join(random_.choices("abcdefghijklmnopqrstuvwxyz", k=random_.randint(2, 9))) for _ in range(9000)
        ]
        found = [" ".join(vocabulary[int(9000 * random_.random() ** 3)] for _ in range(60)) for _ in range(count)]
    return random_.sample(found, min(count, len(found)))


def queries(documents: Sequence[str], count: int, seed: int = 7) -> list[tuple[str, str]]:
    """`count` pairs of a brand query and the regex that somebody would write for it."""
    random_ = random.Random(seed)
    frequency = Counter(word for text in documents for word in set(Words(text).in_order) if word.isascii())
    rare = [w for w, n in frequency.items() if 2 <= n <= max(3, len(documents) // 500) and len(w) > 3 and w.isalpha()]
    known = [w for w, n in frequency.items() if n > len(documents) // 500 and len(w) > 3 and w.isalpha()]
    shapes: list[Callable[[str, str, str, str], tuple[str, str]]] = [
        lambda a, b, c, d: (a, rf"\b{a}\b"),
        lambda a, b, c, d: (f"{a} AND ({c} OR {d})", rf"(?s)(?=.*\b{a}\b)(?=.*\b(?:{c}|{d})\b)"),
        lambda a, b, c, d: (f"({a} OR {b}) -{c}", rf"(?s)^(?!.*\b{c}\b).*\b(?:{a}|{b})\b"),
        lambda a, b, c, d: (f'{a} OR "{b} {c}"', rf"\b(?:{a}|{b}\W+{c})\b"),
        lambda a, b, c, d: (f"{a}* OR {b}", rf"\b(?:{a}\w*|{b}\b)"),
        lambda a, b, c, d: (f"({a} OR {b} OR {c}) NEAR/5 {d}", rf"\b(?:{a}|{b}|{c})\W+(?:\w+\W+){{0,5}}{d}\b"),
    ]
    drawn = []
    for number in range(count):
        words = (random_.choice(rare), random_.choice(rare), random_.choice(known), random_.choice(known))
        drawn.append(shapes[number % len(shapes)](*words))
    return drawn


def matching_rate(documents: Sequence[str], written: Sequence[tuple[str, str]]) -> float:
    """Entries a second of a QuerySet over fresh documents; compiling it is not counted."""
    together = QuerySet({number: parse(query) for number, (query, _) in enumerate(written)})
    started = time.process_time()
    for text in documents:
        together.match(Document(text=text))
    return len(documents) / (time.process_time() - started)


def regex_rate(documents: Sequence[str], written: Sequence[tuple[str, str]]) -> float:
    """Entries a second of one compiled regex for each query."""
    patterns = [re.compile(pattern, re.IGNORECASE) for _, pattern in written]
    started = time.process_time()
    for text in documents:
        for pattern in patterns:
            pattern.search(text)
    return len(documents) / (time.process_time() - started)


def main() -> None:
    """Print this part alone."""
    print(table(figures()))


def figures() -> list[Figure]:
    """Entries a second with 1,000 and with 10,000 queries."""
    documents = texts()
    length = sum(map(len, documents)) / len(documents)
    print(f"matching: {len(documents):,} entries of {length:.0f} characters on average, {ROUNDS} rounds in turn")
    found = []
    for count in (1_000, 10_000):
        written = queries(documents, count)
        some = documents[: REGEX_ENTRIES * 1_000 // count]
        rates = in_turn(
            {"ours": partial(matching_rate, documents, written), "regex": partial(regex_rate, some, written)}, ROUNDS
        )
        found.append(Figure(f"matching {count:,} queries, entries/s", rates["ours"], rates["regex"], "a regex a query"))
    return found


if __name__ == "__main__":
    main()
