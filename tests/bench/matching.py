"""Measures live matching: entries a second for many brand queries, beside a regex a query, SQLite FTS5 and tantivy.

Entries are those of the real feeds of ../shared/corpora, and short posts of ../shared/data, where they are there; else
invented. Queries are drawn from the texts' own words by how rare they are: a name, a name with context, a name with
exclusions, several spellings, a prefix, a proximity. All are asked which queries match which entry; only ours tells
where, and knows accents, fields and writing. The two indexes are given 2,000 entries at a time, as a program that is in
no hurry would. On entries in ASCII all must agree, save on proximities that tantivy cannot say.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from monitor.door import admit
from monitor.query import Document, QuerySet, Words, parse
from monitor.query.prefilter import may_match
from sources.base import BadShape, Item
from sources.bluesky import Config, decode, glance
from sources.reading.document import parse_feed
from tests.bench.side_by_side import Figure, in_turn, table

SHARED = Path(__file__).parents[2].parent / "shared"
FEEDS = {".xml", ".rss", ".atom", ".rdf"}
POSTS = ("tweet-sentiment-train", "tweet-irony-train", "airline-train")
ENTRIES = 6_500
BATCH = 2_000
REGEX_ENTRIES = 30
ROUNDS = 3


class Entry(NamedTuple):
    """What is matched."""

    title: str
    text: str


class Asked(NamedTuple):
    """One question in the words of each side."""

    query: str
    regex: str
    """Over title, NUL and text."""
    fts5: str
    tantivy: str
    """In its query language; a lone `word*` in brackets is made a regex of its own."""
    is_same: bool = True
    """Whether tantivy can say it."""


Hits = set[tuple[int, int]]
"""(entry, query), by number."""


# What is matched ----------------------------------------------------------------------------------------------------


def feed_entries() -> list[Entry]:
    """The entries of the corpora's feeds, a fixed shuffle; invented ones where there are none."""
    paths = (path for path in sorted((SHARED / "corpora").rglob("*")) if path.suffix in FEEDS)
    return _some(Entry(item.title, item.text) for path in paths for item in _items(path)) or _invented(90)


def short_posts() -> list[Entry]:
    """Posts of a line or two."""
    paths = [SHARED / "data" / f"{name}.jsonl" for name in POSTS]
    lines = chain.from_iterable(path.read_text(encoding="utf-8").split("\n") for path in paths if path.exists())
    return _some(Entry("", text) for line in lines if line and (text := json.loads(line).get("text"))) or _invented(18)


def _items(path: Path) -> Sequence[Any]:
    try:
        return parse_feed(path.read_bytes()).items
    except BadShape:
        return ()


def _some(entries: Iterator[Entry]) -> list[Entry]:
    found = [entry for entry in entries if entry.title or entry.text]
    random.Random(7).shuffle(found)
    return found[:ENTRIES]


def _invented(length: int) -> list[Entry]:
    random_ = random.Random(7)
    vocabulary = ["".join(random_.choices("abcdefghijklmnopqrstuvwxyz", k=random_.randint(2, 9))) for _ in range(9000)]
    words = [[vocabulary[int(9000 * random_.random() ** 3)] for _ in range(length)] for _ in range(ENTRIES)]
    return [Entry(" ".join(each[:6]), " ".join(each[6:])) for each in words]


# What is asked ------------------------------------------------------------------------------------------------------


def _word(*words: str) -> str:
    return rf"(?<![a-z0-9])(?:{'|'.join(words)})(?![a-z0-9])"


_GAP = r"[^a-z0-9\0]+"


def _near(a: str, b: str, c: str, d: str) -> Asked:
    between = rf"{_GAP}(?:[a-z0-9]+{_GAP}){{0,5}}"
    regex = rf"{_word(a, b, c)}{between}{_word(d)}|{_word(d)}{between}{_word(a, b, c)}"
    fts5 = " OR ".join(f"NEAR({word} {d}, 5)" for word in (a, b, c))
    return Asked(f"({a} OR {b} OR {c}) NEAR/5 {d}", regex, fts5, f"+({a} {b} {c}) +{d}", is_same=False)


SHAPES: list[Callable[[str, str, str, str], Asked]] = [
    lambda a, b, c, d: Asked(a, _word(a), a, a),
    lambda a, b, c, d: Asked(
        f"{a} AND ({c} OR {d})",
        rf"(?s)(?=.*{_word(a)})(?=.*{_word(c, d)})",
        f"{a} AND ({c} OR {d})",
        f"+{a} +({c} {d})",
    ),
    lambda a, b, c, d: Asked(
        f"({a} OR {b}) -{c}", rf"(?s)^(?!.*{_word(c)}).*{_word(a, b)}", f"({a} OR {b}) NOT {c}", f"+({a} {b}) -{c}"
    ),
    lambda a, b, c, d: Asked(
        f'{a} OR "{b} {c}"', f"{_word(a)}|{_word(b + _GAP + c)}", f'{a} OR "{b} {c}"', f'{a} "{b} {c}"'
    ),
    lambda a, b, c, d: Asked(f"{a}* OR {b}", f"{_word(a + '[a-z0-9]*', b)}", f"{a}* OR {b}", f"{a}* {b}"),
    _near,
]
"""Each of two rare words and two known ones."""


def questions(entries: Sequence[Entry], count: int) -> list[Asked]:
    """`count` questions of all shapes in turn."""
    random_ = random.Random(7)
    frequency = Counter(word for entry in entries for word in set(Words(" ".join(entry)).in_order))
    often = len(entries) // 500
    good = sorted(word for word in frequency if len(word) > 3 and word.isascii() and word.isalpha())
    rare = [word for word in good if 2 <= frequency[word] <= max(3, often)]
    known = [word for word in good if frequency[word] > often]
    shapes = (SHAPES[number % len(SHAPES)] for number in range(count))
    return [shape(*random_.sample(rare, 2), *random_.sample(known, 2)) for shape in shapes]


# Who answers --------------------------------------------------------------------------------------------------------


def ours(entries: Sequence[Entry], asked: Sequence[Asked]) -> Callable[[], Hits]:
    """A QuerySet, an entry at a time."""
    together = QuerySet({number: parse(one.query) for number, one in enumerate(asked)})

    def answer() -> Hits:
        return {
            (at, number)
            for at, (title, text) in enumerate(entries)
            for number in together.match(Document(title=title, text=text))
        }

    return answer


def by_regex(entries: Sequence[Entry], asked: Sequence[Asked]) -> Callable[[], Hits]:
    """A compiled regex for each query."""
    patterns = [re.compile(one.regex, re.IGNORECASE) for one in asked]

    def answer() -> Hits:
        return {
            (at, number)
            for at, entry in enumerate(entries)
            for number, pattern in enumerate(patterns)
            if pattern.search("\0".join(entry))
        }

    return answer


def by_fts5(entries: Sequence[Entry], asked: Sequence[Asked]) -> Callable[[], Hits]:
    """SQLite's full-text search in memory, a batch at a time."""

    def answer() -> Hits:
        found: Hits = set()
        for start in range(0, len(entries), BATCH):
            index = sqlite3.connect(":memory:")
            index.execute(
                "CREATE VIRTUAL TABLE entry USING fts5(title, text, tokenize='unicode61 remove_diacritics 2')"
            )
            rows = ((start + at, *entry) for at, entry in enumerate(entries[start : start + BATCH]))
            index.executemany("INSERT INTO entry(rowid, title, text) VALUES (?, ?, ?)", rows)
            for number, one in enumerate(asked):
                rows_found = index.execute("SELECT rowid FROM entry WHERE entry MATCH ?", (one.fts5,))
                found.update((row[0], number) for row in rows_found)
            index.close()
        return found

    return answer


def by_tantivy(entries: Sequence[Entry], asked: Sequence[Asked]) -> Callable[[], Hits] | None:
    """Tantivy in memory, a batch at a time, one thread. None where it is not installed."""
    try:
        import tantivy
    except ImportError:
        return None
    builder = tantivy.SchemaBuilder()
    for name in Entry._fields:
        builder.add_text_field(name)
    schema = builder.build()
    reader = tantivy.Index(schema)

    def read(one: Asked) -> Any:
        prefix, star, rest = one.tantivy.partition("* ")
        if not star:
            return reader.parse_query(one.tantivy, list(Entry._fields))
        parts = [tantivy.Query.regex_query(schema, name, prefix + ".*") for name in Entry._fields]
        parts.append(reader.parse_query(rest, list(Entry._fields)))
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in parts])

    queries = [read(one) for one in asked]

    def answer() -> Hits:
        found: Hits = set()
        for start in range(0, len(entries), BATCH):
            index = tantivy.Index(schema)
            writer = index.writer(heap_size=100_000_000, num_threads=1)
            for entry in entries[start : start + BATCH]:
                writer.add_document(tantivy.Document(title=entry.title, text=entry.text))
            writer.commit()
            writer.wait_merging_threads()
            index.reload()
            searcher = index.searcher()
            assert searcher.num_segments == 1, "an entry is known by its place in the only segment"
            for number, query in enumerate(queries):
                hits = searcher.search(query, limit=BATCH, count=False).hits
                found.update((start + address.doc, number) for _, address in hits)
        return found

    return answer


# Measured -----------------------------------------------------------------------------------------------------------


def rate(answer: Callable[[], Hits], count: int) -> float:
    """Entries a second of all threads' time."""
    started = time.process_time()
    answer()
    return count / (time.process_time() - started)


def compiling(asked: Sequence[Asked]) -> tuple[float, float]:
    """Seconds for all queries, and for one that is changed."""
    started = time.process_time()
    together = QuerySet({number: parse(one.query) for number, one in enumerate(asked)})
    compiled = time.process_time()
    together.put(0, parse(asked[-1].query))
    return compiled - started, time.process_time() - compiled


def check(entries: Sequence[Entry], asked: Sequence[Asked], few: Sequence[Entry]) -> None:
    """On entries in ASCII, all give the same answer."""
    plain = [entry for entry in entries if "".join(entry).isascii() and "\0" not in "".join(entry)]
    mine = ours(plain, asked)()
    assert mine == by_fts5(plain, asked)(), "SQLite's answers differ"
    theirs = by_tantivy(plain, asked)
    if theirs:
        same = {number for number, one in enumerate(asked) if one.is_same}
        answers = theirs()
        assert mine <= answers, "tantivy finds less"
        assert {hit for hit in mine if hit[1] in same} == {hit for hit in answers if hit[1] in same}
    plain = [entry for entry in few if "".join(entry).isascii() and "\0" not in "".join(entry)]
    assert ours(plain, asked)() == by_regex(plain, asked)(), "the regexes' answers differ"


def main() -> None:
    """Print this part alone."""
    print(table(figures()))


def figures() -> list[Figure]:
    """Entries a second with 1,000 and with 10,000 queries, of feeds and of short posts."""
    found = []
    feeds, posts = feed_entries(), short_posts()
    for kind, entries in (("feed entries", feeds), ("short posts", posts)):
        length = sum(len(title) + len(text) for title, text in entries) / len(entries)
        print(f"matching: {len(entries):,} {kind} of {length:.0f} characters on average, {ROUNDS} rounds in turn")
        for count in (1_000, 10_000):
            found += _compared(f"matching {kind} by {count:,} queries, entries/s", entries, questions(entries, count))
    # Of a stream most concerns nobody, so its questions are drawn elsewhere.
    return [*found, *_frames(posts, questions(feeds, 1_000))]


def _compared(what: str, entries: Sequence[Entry], asked: Sequence[Asked]) -> list[Figure]:
    # A regex a query takes ten times as long for ten times as many: measured once.
    few = _every_length(entries, REGEX_ENTRIES) if len(asked) <= 1_000 else []
    check(entries, asked, few)
    whole, one = compiling(asked)
    print(f"compiling {len(asked):,} queries: {whole:.2f} s, one changed: {one * 1_000:.2f} ms")
    sides = {
        "ours": (ours(entries, asked), entries),
        "a regex a query": (by_regex(few, asked) if few else None, few),
        "SQLite FTS5, 2,000 entries at a time": (by_fts5(entries, asked), entries),
        "tantivy, 2,000 entries at a time": (by_tantivy(entries, asked), entries),
    }
    works = {name: partial(rate, answer, len(some)) for name, (answer, some) in sides.items() if answer}
    rates = in_turn(works, ROUNDS)
    return [Figure(what, rates["ours"], rates.get(name), name) for name in sides if name != "ours" and sides[name][1]]


def _frames(posts: Sequence[Entry], asked: Sequence[Asked]) -> list[Figure]:
    """Jetstream's frames a second, from text to matches: most let go unread, beside all of them decoded."""
    queries = QuerySet({number: parse(one.query) for number, one in enumerate(asked)})
    frames = [_frame(entry.text) for entry in posts]
    now = datetime.now(UTC)

    def matched(frame: str) -> bool:
        document = [admit(item, now).item for item in decode(Config(), frame).things if isinstance(item, Item)]
        return any(queries.match(Document(title=one.title, text=one.text, author=one.author)) for one in document)

    def is_wanted(frame: str) -> bool:
        seen = glance(frame)
        return seen is None or may_match(queries, seen.told)

    def all_decoded() -> Hits:
        return {(at, 0) for at, frame in enumerate(frames) if matched(frame)}

    def at_a_glance() -> Hits:
        return {(at, 0) for at, frame in enumerate(frames) if is_wanted(frame) and matched(frame)}

    hits = at_a_glance()
    assert hits == all_decoded(), "the prefilter lets go of a match"
    length, share = sum(map(len, frames)) / len(frames), sum(map(is_wanted, frames)) / len(frames)
    kept = len(hits) / len(frames)
    print(f"{len(frames):,} raw frames of {length:.0f} characters; {share:.0%} are decoded, {kept:.0%} match")
    works = {name: partial(rate, answer, len(frames)) for name, answer in (("ours", at_a_glance), ("all", all_decoded))}
    rates = in_turn(works, ROUNDS)
    return [Figure("raw frames by 1,000 queries, frames/s", rates["ours"], rates["all"], "every frame decoded")]


def _frame(text: str) -> str:
    """A post as Jetstream sends it."""
    record = {"$type": "app.bsky.feed.post", "createdAt": "2026-11-21T12:00:00.000Z", "langs": ["en"], "text": text}
    commit = {"rev": "3lbhf2", "operation": "create", "collection": "app.bsky.feed.post", "rkey": "3lbhf2qnjec2y"}
    commit |= {"record": record, "cid": "bafyreibx4lzrrjcsmfyr6y2mpgm5tqbgkq3pb2fvjvqljhfihzwjsgmfye"}
    event = {"did": "did:plc:eygmaihciaxprqvxpfvl6flk", "time_us": 1_795_255_200_500_000, "kind": "commit"}
    written = json.dumps({**event, "commit": commit}, ensure_ascii=False, separators=(",", ":"))
    return written.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def _every_length(entries: Sequence[Entry], count: int) -> list[Entry]:
    """So many entries of all lengths, as often as they come."""
    by_length = sorted(entries, key=lambda entry: len(entry.title) + len(entry.text))
    step = max(1, len(entries) // count)
    return by_length[step // 2 :: step]


if __name__ == "__main__":
    main()
