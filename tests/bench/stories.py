"""Measures how many mentions a second find their story, with 10,000 and with 1,000,000 stored.

Invented mentions of a year (monitor/demo/seed.py), of which three in ten are copies of others of that day: with words
changed, with a sentence before, cut short. What is measured is the assignment alone, in transactions of 500 that are
committed: reading the texts, their keys, the look-ups, the comparisons and the rows. The rivals hold their keys in
memory and tell which texts may be copies, without a look at the texts, a story or a row: datasketch's MinHashLSH, and
rensa's, each text asked for and put in, at 10,000 texts. Seconds are of one core's own time.

OVERHEARD_BENCH_STORIES says how many are stored in the large store; 1,000,000 take some minutes to make.
"""

from __future__ import annotations

import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice, pairwise
from pathlib import Path

import rensa
from sqlalchemy import Connection

from monitor.demo.seed import Invented, items
from monitor.door import admit
from monitor.store import gathering, mentions, touched
from monitor.store.engine import Store
from sources.base import Item
from tests.bench.side_by_side import Figure, in_turn, table

SMALL = 10_000
LARGE = int(os.environ.get("OVERHEARD_BENCH_STORIES", "1000000"))
POOL = 20_000
"""So many are real texts, of the last week; those before repeat them with other keys."""
MEASURED = 5_000
BATCH = 500
COPIES = 0.3
NEW_TO_COPY = 2_000
"""A copy is made of one of the so many that came last."""
ROUNDS = 3
PERMUTATIONS = 32
_WORD = re.compile(r"\w+")


def main() -> None:
    """Print this part alone."""
    print(table(figures()))


def figures() -> list[Figure]:
    """Mentions a second, ours at both sizes beside the rivals at the small one."""
    with tempfile.TemporaryDirectory() as folder:
        rates = {size: _ours(Path(folder) / f"{size}.db", size) for size in (SMALL, LARGE)}
    rivals = in_turn({name: partial(work, list(stream(SMALL, SMALL))) for name, work in RIVALS.items()}, ROUNDS)
    found = [
        Figure(f"stories, mentions/s with {size:,} stored", ours, rival, f"{name}, {SMALL:,} in memory")
        for size, ours in rates.items()
        for name, rival in rivals.items()
    ]
    return [*found, Figure(f"stories, with {LARGE:,} as quick as with {SMALL:,}", rates[LARGE] / rates[SMALL])]


def stream(size: int, count: int) -> Iterator[Item]:
    """The last `count` of `size` mentions of the invented year, some of them copies of what came shortly before."""
    draw, invented, recent = random.Random(11), Invented.of(7), list[Item]()
    for item in items(invented, 7, range(size - count, size), size):
        one = item
        if recent and draw.random() < COPIES:
            copied = draw.choice(recent[-NEW_TO_COPY:])
            words = changed(copied.text, draw, invented)
            one = replace(item, title=copied.title, text=words, published=copied.published + timedelta(hours=1))
        else:
            recent.append(item)
        yield one


def changed(text: str, draw: random.Random, invented: Invented) -> str:
    """The text as somebody passes it on."""
    words = text.split(" ")
    way = draw.randrange(3)
    if way == 0:
        for at in draw.sample(range(len(words)), len(words) // 10):
            words[at] = draw.choice(invented.words.things)
    elif way == 1:
        words = [*invented.words.some(draw, 10), *words]
    return " ".join(words if way < 2 else words[: max(14, len(words) * 2 // 3)])


def _ours(path: Path, size: int) -> float:
    store = Store(path, write=True)
    try:
        real = min(size, POOL)
        fill = stream(size, real)
        while batch := list(islice(fill, 5 * BATCH)):
            _assign(store, batch)
        for weeks in range(1, size // real):
            store.writing(_a_week_before, real, weeks)
        print(f"stories: {size:,} stored", flush=True)
        spent, found = 0.0, 0
        new = [replace(item, id=f"new {item.id}") for item in stream(size + MEASURED, MEASURED)]
        for start in range(0, len(new), BATCH):
            spent += _assign(store, new[start : start + BATCH])
        found = store.reading(lambda connection: connection.exec_driver_sql(_TOLD, (size,)).scalar_one())
        print(f"stories: {size:,} stored, {found:,} of the next {MEASURED:,} tell one, {MEASURED / spent:,.0f}/s")
        return MEASURED / spent
    finally:
        store.close()


def _a_week_before(connection: Connection, count: int, weeks: int) -> None:
    """The first mentions once more, so many weeks before, with their keys turned into others: another text each."""
    mask = random.Random(weeks).getrandbits(63)
    connection.exec_driver_sql(_REPEAT.format(weeks=weeks, count=count, ago=weeks * 7 * 86_400 * 1_000_000))
    connection.exec_driver_sql(_REPEAT_KEYS.format(weeks=weeks, count=count, mask=mask))


_REPEAT = """
INSERT INTO mention SELECT id + {weeks} * {count}, scope, external_id || ' {weeks}', source, source_kind, kind, url,
  title, text, author, published - {ago}, collected, lang, rating, rating_max, rating_kind, revision, content_hash,
  flags, extra
FROM mention WHERE id <= {count}
"""
_REPEAT_KEYS = """
INSERT INTO band SELECT week - {weeks}, (key | {mask}) - (key & {mask}) AS turned, mention_id + {weeks} * {count}
FROM band WHERE mention_id <= {count} ORDER BY week, turned
"""
_TOLD = "SELECT count(*) FROM told WHERE mention_id > ?"


def _assign(store: Store, batch: Sequence[Item]) -> float:
    """Store a batch, and find its stories in a transaction of its own; the seconds of a core that this took."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    admitted = [admit(item, now) for item in batch]

    def put(connection: Connection) -> list[int]:
        ids = mentions.write(connection, admitted, scope="bench", source="bench", source_kind="feed", now=now)
        touched.take(connection)  # the index of words is another measurement
        return ids

    def join(connection: Connection) -> None:
        gathering.join(connection, ids)
        touched.take(connection)

    ids = store.writing(put)
    started = time.process_time()
    store.writing(join)
    return time.process_time() - started


def _pairs(text: str) -> list[str]:
    words = _WORD.findall(text.lower())
    return [f"{one} {next_}" for one, next_ in pairwise(words)]


def _datasketch(new: Sequence[Item]) -> float:
    from datasketch import MinHash, MinHashLSH

    lsh = MinHashLSH(threshold=0.5, num_perm=PERMUTATIONS)
    started = time.process_time()
    for number, item in enumerate(new):
        signature = MinHash(num_perm=PERMUTATIONS)
        signature.update_batch([pair.encode() for pair in _pairs(f"{item.title} {item.text}")])
        lsh.query(signature)
        lsh.insert(str(number), signature)
    return len(new) / (time.process_time() - started)


def _rensa(new: Sequence[Item]) -> float:
    lsh = rensa.RMinHashLSH(threshold=0.5, num_perm=PERMUTATIONS, num_bands=16)
    started = time.process_time()
    for number, item in enumerate(new):
        signature = rensa.RMinHash(num_perm=PERMUTATIONS, seed=7)
        signature.update(_pairs(f"{item.title} {item.text}"))
        lsh.query(signature)
        lsh.insert(number, signature)
    return len(new) / (time.process_time() - started)


def _rivals() -> dict[str, Callable[[Sequence[Item]], float]]:
    try:
        import datasketch  # noqa: F401
    except ImportError:
        print("stories: datasketch is not installed; rensa alone stands beside ours")
        return {"rensa RMinHashLSH": _rensa}
    return {"datasketch MinHashLSH": _datasketch, "rensa RMinHashLSH": _rensa}


RIVALS = _rivals()

if __name__ == "__main__":
    main()
