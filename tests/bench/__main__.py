"""`make bench`: ours beside what a user would pick instead, measured in turn in one run, with one table at the end.

    python -m tests.bench [reading] [scoring] [matching] [searching] [stories] [digesting] [whole] [many-feeds]

All takes half an hour, twelve minutes of it for ten thousand feeds in real time.

A rival that is not installed is left out with a word; so is torch from the default installation.
"""

from __future__ import annotations

import sys

from tests.bench import digesting, many_feeds, matching, reading, scoring, searching, stories, whole
from tests.bench.side_by_side import machine, table


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


PARTS = {
    "reading": reading.figures,
    "scoring": scoring.figures,
    "matching": matching.figures,
    "searching": searching.figures,
    "stories": stories.figures,
    "digesting": digesting.figures,
    "whole": whole.figures,
    "many-feeds": many_feeds.figures,
}

if __name__ == "__main__":
    main()
