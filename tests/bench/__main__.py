"""`make bench`: ours beside what a user would pick instead, measured in turn in one run, with one table at the end.

    python -m tests.bench [reading] [scoring] [matching] [whole]

A rival that is not installed is left out with a word; so is torch from the default installation.
"""

from __future__ import annotations

import sys
from functools import partial

from models.weights import read
from tests.bench import matching, reading, scoring, whole
from tests.bench.side_by_side import Figure, in_turn, machine, table

ROUNDS = 3


def main() -> None:
    """Measure the named parts, or all."""
    asked = sys.argv[1:] or list(PARTS)
    unknown = [name for name in asked if name not in PARTS]
    if unknown:
        sys.exit(f"There is no part {unknown[0]}; there are: {', '.join(PARTS)}.")
    print(machine())
    found = [figure for name in asked for figure in PARTS[name]()]
    print()
    print(table(found))


def scoring_figures() -> list[Figure]:
    """Texts a second of all our heads, beside a pipeline with one."""
    weights, sayings = read(), scoring.texts()
    print(f"scoring: {len(sayings)} texts on {scoring.CORES} cores, {ROUNDS} rounds in turn")
    works = {"overheard": scoring.judged(weights)}
    try:
        works |= {f"transformers pipeline, fp32, batches of {n}": scoring.pipelined(weights, n) for n in (1, 32)}
    except ImportError as missing:
        print(f"  transformers' pipeline is left out: {missing.name} is not installed (pip install -e '.[bench]')")
    rates = in_turn({name: partial(scoring.rate, work, sayings) for name, work in works.items()}, ROUNDS)
    mine = rates.pop("overheard")
    return [Figure("scoring, texts/s", mine, rate, name) for name, rate in rates.items()] or [
        Figure("scoring, texts/s", mine)
    ]


PARTS = {
    "reading": reading.figures,
    "scoring": scoring_figures,
    "matching": matching.figures,
    "whole": whole.figures,
}

if __name__ == "__main__":
    main()
