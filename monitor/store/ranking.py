"""Searches in another order than time: what speaks of it most, what is most alike, what most people may have seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from monitor.store.index import id_at
from monitor.store.numbers import cell
from monitor.store.search import Hit, Search, Stretch, ranged

RANKED = 10_000
"""So many of the newest that the index finds are put in order by relevance."""
SORTED = 2_000
"""So many are put in order by their reach at once."""
MOST_PHRASES = 200
"""Of an expression of more FTS5 would count for seconds how often each of them is in all mentions."""
SLICE = 100

_WEIGHTS = "4.0, 1.0, 0.5, 0.5, 0.0"
"""Of a word in title, text, author, url; facts say nothing of relevance."""


Ranked = tuple[int, int]
"""How many were looked at up to a hit, and its mention: this is how a page remembers where it ended."""


def by_relevance(search: Search, stretch: Stretch, after: Ranked | None) -> Iterator[tuple[Hit, Ranked]]:
    """The best first: by likeness where the query asks for that, else by BM25 (Okapi, as FTS5 counts it) among the
    newest RANKED; of equals the newest."""
    order = _by_likeness(search) if search.where.likes else _by_words(search, stretch)
    for start in range(_next(order, after), len(order), SLICE):
        search.check()
        some = order[start : start + SLICE]
        at = {id_: start + offset + 1 for offset, id_ in enumerate(some)}
        yield from ((hit, (at[hit.mention.id], hit.mention.id)) for hit in search.of(some))


def _next(order: Sequence[int], after: Ranked | None) -> int:
    """Behind the mention that the last page ended with, wherever it stands now: others came and went meanwhile."""
    if after is None:
        return 0
    count, mention_id = after
    return order.index(mention_id) + 1 if mention_id in order else max(0, count)


def _by_words(search: Search, stretch: Stretch) -> list[int]:
    sql, values = ranged(search.where, Stretch(since=stretch.since), search.where.match)
    score = f"bm25(mention_words, {_WEIGHTS})" if can_rank(search) else "0"
    rows = search.connection.exec_driver_sql(
        f"SELECT w.rowid, {score} FROM mention_words AS w {sql} ORDER BY w.rowid LIMIT {RANKED}", values
    )
    return [id_at(number) for _, number in sorted((score, number) for number, score in rows)]


def can_rank(search: Search) -> bool:
    """Whether it has so few words that relevance can be told; else the newest come first."""
    return bool(search.where.likes) or search.where.match.count('"') <= 2 * MOST_PHRASES


def _by_likeness(search: Search) -> list[int]:
    cosines = search.likes[search.where.likes[0]]
    return sorted(cosines, key=lambda id_: (-cosines[id_], -id_))


def is_cut(search: Search, stretch: Stretch) -> bool:
    """Whether there are more than are ranked."""
    return _are_more(search, stretch, RANKED)


def _are_more(search: Search, stretch: Stretch, than: int) -> bool:
    """Whether there may be more than so many, as far as the index knows."""
    if search.where.likes:
        return False
    sql, values = ranged(search.where, Stretch(since=stretch.since), search.where.match)
    found = search.connection.exec_driver_sql(f"SELECT 1 FROM mention_words AS w {sql} LIMIT {than + 1}", values)
    return len(found.all()) > than


Reached = tuple[float, int, int]
"""How far a hit reaches, less than nothing where nobody knows; its place; and the place of the newest of those that it
was put in order with. This is how a page remembers where it ended."""


def by_reach(search: Search, stretch: Stretch, after: Reached | None) -> Iterator[tuple[Hit, Reached]]:
    """The widest reach first, of equals the newest; those of unknown reach last. Where there are thousands whose reach
    is the same in its first two digits, they are put in order 2,000 at a time."""
    whole = Stretch(since=stretch.since)
    groups = _groups(search, whole, after) if _are_more(search, whole, SORTED) else iter([list(search.newest(whole))])
    edge = None if after is None else (-after[0], after[1])
    for group in groups:
        # Only of the group in which the last page ended something was shown already.
        left = [hit for hit in group if edge is None or _key(hit) > edge]
        yield from ((hit, (_reach(hit), hit.place, group[0].place)) for hit in sorted(left, key=_key))
        edge = None


def _key(hit: Hit) -> tuple[float, int]:
    return -_reach(hit), hit.place


def _reach(hit: Hit) -> float:
    return -1.0 if hit.reach is None else float(hit.reach)


def _groups(search: Search, stretch: Stretch, after: Reached | None) -> Iterator[Sequence[Hit]]:
    """Hits of about the same reach, the widest first; from the group on that the last page ended in."""
    asked = search.where.match
    if not _past(after):
        widest = None if after is None else f"reach:{cell(after[0])}"
        for terms in _packs(search, widest):
            wanted = " OR ".join(f'"{term}"' for term in terms)
            begin = stretch if after is None or terms != [widest] else Stretch(since=after[2])
            yield from _slices(search.newest(begin, f"({asked}) AND facts : ({wanted})"))
    begin = Stretch(since=after[2]) if after is not None and _past(after) else stretch
    yield from _slices(search.newest(begin, f'({asked}) NOT facts : "reach:" *'))


def _packs(search: Search, widest: str | None) -> Iterator[list[str]]:
    """What stands in the index for reach, the widest first, from `widest` on: so many together as SORTED mentions have,
    for a question each would take seconds where few of those that reach far are asked for."""
    terms = search.connection.exec_driver_sql(
        "SELECT term, doc FROM mention_words_terms WHERE term >= 'reach:' AND term < 'reach;' ORDER BY term DESC"
    )
    pack, size = list[str](), 0
    for term, mentions in terms.all():
        if widest is not None and term > widest:
            continue
        if pack and size + mentions > SORTED:
            yield pack
            pack, size = [], 0
        pack.append(term)
        size += mentions
    if pack:
        yield pack


def _past(after: Reached | None) -> bool:
    return after is not None and after[0] < 0


def _slices(hits: Iterator[Hit]) -> Iterator[Sequence[Hit]]:
    while group := list(islice(hits, SORTED)):
        yield group
