"""Facets over days, counted in the transaction that changes what is indexed: how many mentions of a brand have a fact.

A count is kept by UTC day and by blocks of 8 and of 64 days: any stretch of days is a few blocks and a few days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, delete, func, select, union_all

from monitor.store.facts import Known
from monitor.store.tables import TallyRow

TALLY = TallyRow.__table__

EVERYONE = 0
"""In place of a brand's id: mentions of any brand and of none."""
LEVELS = (1, 8, 64)
"""Days of a block, by level."""
TOTAL = "mentions"
SHOWN = {"source": "from", "author": "by", "site": "host"}
"""Facet → the token that shows what is counted as it was written."""
FACETS = ("source", "sentiment", "topic", "stage", "author", "site")

Key = tuple[int, str, int, str]
"""(brand id, facet, UTC day since 1970, value)"""


def counted(known: Known, brand_ids: Mapping[str, int], day: int) -> Iterator[Key]:
    """All that one mention counts for. `brand_ids`: name, folded as a label, to id."""
    facets = dict(values(known))
    for brand, id_ in ((None, EVERYONE), *((name, brand_ids[name]) for name in known.labels("brand"))):
        yield id_, TOTAL, day, ""
        for facet, found in facets.items():
            if facet == "sentiment" and brand is not None:
                found = known.sentiments((brand,))
            yield from ((id_, facet, day, value) for value in found)


def values(known: Known) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Facet to what a mention has of it."""
    for facet in FACETS:
        yield facet, _values(known, facet)


def _values(known: Known, facet: str) -> tuple[str, ...]:
    return known.shown(SHOWN[facet]) if facet in SHOWN else known.labels(facet)


def told(tokens: Mapping[str, int], asked: frozenset[str]) -> Iterator[tuple[str, str, int]]:
    """(facet, value, how many) of tokens that so many mentions have. `asked`: brands, folded as labels, towards which
    sentiment is felt; none: towards any."""
    facet_of = {"felt" if asked else "sentiment": "sentiment", "topic": "topic", "stage": "stage"}
    facet_of |= {field: facet for facet, field in SHOWN.items()}
    for token, n in tokens.items():
        if (facet := facet_of.get(token.partition(":")[0])) is not None:
            known = Known(token)
            found = known.sentiments(asked) if facet == "sentiment" else _values(known, facet)
            yield from ((facet, value, n) for value in found)


def change(connection: Connection, by: Counter[Key]) -> None:
    """Count up, and down where the number is negative."""
    blocks: Counter[tuple[int, str, int, int, str]] = Counter()
    for (brand, facet, day, value), n in by.items():
        for level, days in enumerate(LEVELS):
            blocks[brand, facet, level, day // days, value] += n
    if rows := [(*block, n) for block, n in sorted(blocks.items()) if n]:
        connection.exec_driver_sql(_ADD, rows)
    if down := [block for *block, n in rows if n < 0]:
        # A name that counts for nothing any more does not stay: its post may have been deleted at the source.
        connection.exec_driver_sql(_DROP, [tuple(block) for block in down])


# As SQL: a batch of mentions changes thousands of counts, and making each a statement took longer than counting it.
_ADD = (
    "INSERT INTO tally (brand_id, field, level, number, value, n) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (brand_id, field, level, number, value) DO UPDATE SET n = n + excluded.n"
)
_DROP = "DELETE FROM tally WHERE (brand_id, field, level, number, value) = (?, ?, ?, ?, ?) AND n = 0"


def blocks_of(first: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Days `first` to before `end` as (level, first number, number after the last), none of them overlapping."""
    if first >= end:
        return
    for level in reversed(range(len(LEVELS))):
        days = LEVELS[level]
        low, high = -(-first // days), end // days
        if low < high:
            yield level, low, high
            yield from blocks_of(first, low * days)
            yield from blocks_of(high * days, end)
            return


def most_frequent(
    connection: Connection, brand_id: int, facet: str, days: tuple[int, int], most: int, beside: int = 0
) -> dict[str, int]:
    """The `most` frequent values of a facet over days (first, end), with how many; ties in the order of their names.

    With `beside`, what any value may get from elsewhere at most, all that could still be among the first by it.
    """
    blocks = list(blocks_of(*days))
    if not blocks:
        return {}
    # A range of the primary key each: joined by OR, all days of the facet would be read.
    mine = (TALLY.c.brand_id == brand_id, TALLY.c.field == facet)
    each = (
        select(TALLY.c.value, TALLY.c.n).where(*mine, TALLY.c.level == level, TALLY.c.number.between(low, high - 1))
        for level, low, high in blocks
    )
    counts = union_all(*each).subquery()
    total = func.sum(counts.c.n)
    question = select(counts.c.value, total).group_by(counts.c.value).having(total > 0)
    found: dict[str, int] = {}
    least = 0
    with connection.execute(question.order_by(total.desc(), counts.c.value)) as rows:
        for value, n in rows:
            if len(found) >= most and n < least:
                break
            found[value] = n
            if len(found) == most:
                least = max(1, n - beside) if beside else n + 1
    return found


def by_day(connection: Connection, brand_id: int, days: tuple[int, int]) -> dict[int, int]:
    """UTC day since 1970 to how many mentions; days without any are left out."""
    rows = connection.execute(
        select(TALLY.c.number, TALLY.c.n).where(
            TALLY.c.brand_id == brand_id, TALLY.c.field == TOTAL, TALLY.c.level == 0, TALLY.c.n > 0,
            TALLY.c.number >= days[0], TALLY.c.number < days[1],
        )
    )  # fmt: skip
    return dict(rows.all())


def forget_all(connection: Connection) -> None:
    """Nothing is counted any more: it is to be counted anew."""
    connection.execute(delete(TALLY))
