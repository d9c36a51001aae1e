"""Search over what is stored: SQL narrows to candidates (candidates.py), the matcher decides. One meaning."""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from monitor.errors import TooSlow
from monitor.mention import Mention
from monitor.query.document import Document
from monitor.query.matcher import Matcher
from monitor.query.tree import Query
from monitor.store.brands import names as brand_names
from monitor.store.candidates import FIELD_OF, MATCH, OPINION, Candidates, asked_brands, likely, narrowed
from monitor.store.heard import labels_of
from monitor.store.mentions import REDACTED, read
from monitor.store.opinions import in_order

CHUNK = 100
BUDGET = 5.0
"""Seconds after which a search is given up."""
STEPS = 10_000
"""Of SQLite's machine between two looks at the clock: about a millisecond."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored mention that matches, and where."""

    mention: Mention
    spans: tuple[tuple[str, int, int], ...] = ()


def newest(connection: Connection, query: Query | None, most: int) -> list[Hit]:
    """The newest `most` mentions that match (all, without a query), by the time of publishing. Raises TooSlow."""
    with _budget(connection, BUDGET) as check:
        if query is None:
            return [Hit(mention) for mention in islice(_mentions(connection, Candidates(), most), most)]
        return list(islice(_matching(connection, query, most, check), most))


Check = Callable[[], None]


@contextmanager
def _budget(connection: Connection, seconds: float) -> Iterator[Check]:
    """Ends with TooSlow what takes longer, in SQLite or, where the check that it gives is called, in Python."""
    end = time.monotonic() + seconds
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)

    def check() -> None:
        if time.monotonic() > end:
            raise TooSlow("This search would look at every mention: add a word, a brand or a date.")

    driver.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    try:
        yield check
    except OperationalError:
        check()
        raise
    finally:
        driver.set_progress_handler(None, 0)


def _matching(connection: Connection, query: Query, most: int, check: Check) -> Iterator[Hit]:
    matcher = Matcher(query)
    brands = brand_names(connection)
    asked = asked_brands(query, brands)
    for chunk in _chunks(_mentions(connection, narrowed(query, brands), most)):
        check()
        facts = _facts(connection, chunk, brands, asked)
        for mention in chunk:
            if match := matcher.match(document(mention, *facts[mention.id])):
                yield Hit(mention, tuple((span.field, span.start, span.end) for span in match.spans))


def document(
    mention: Mention, brands: tuple[str, ...] = (), scores: Mapping[str, tuple[str, ...]] | None = None
) -> Document:
    """What a query sees of a stored mention."""
    return Document(
        title=mention.title,
        text=mention.text,
        author=mention.author,
        url=mention.url,
        lang=mention.lang,
        source=mention.source,
        source_kind=mention.source_kind,
        kind=mention.kind,
        rating=mention.rating,
        published=mention.published,
        brands=brands,
        scores=scores or {},
    )


def _mentions(connection: Connection, candidates: Candidates, most: int) -> Iterator[Mention]:
    """The candidates, newest first; read as they are asked for, a chunk at a time."""
    with connection.execute(candidates.question(connection, most)) as ids:
        for some in ids.scalars().partitions(CHUNK):
            found = read(connection, some)
            yield from (found[id_] for id_ in some if REDACTED not in found[id_].flags)


def _chunks(mentions: Iterator[Mention]) -> Iterator[list[Mention]]:
    while chunk := list(islice(mentions, CHUNK)):
        yield chunk


Facts = tuple[tuple[str, ...], Mapping[str, tuple[str, ...]]]
"""A mention's brands, and scorer to labels."""


def _facts(
    connection: Connection, mentions: Sequence[Mention], brands: Mapping[int, str], asked: Collection[int]
) -> dict[int, Facts]:
    """What is known of these mentions beside their texts. Where the query names brands, `sentiment` is towards those;
    else towards any brand of the mention, and of the text alone where it has none."""
    revisions = {mention.id: mention.revision for mention in mentions}
    of_brands: dict[int, list[str]] = defaultdict(list)
    scores: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    matches = select(MATCH.c.mention_id, MATCH.c.brand_id, MATCH.c.sentiment)
    for mention_id, brand_id, sentiment in connection.execute(
        matches.where(MATCH.c.mention_id.in_(revisions), likely())
    ):
        of_brands[mention_id].append(brands[brand_id])
        if sentiment and (not asked or brand_id in asked):
            scores[mention_id]["sentiment"].append(sentiment)
    opinions = select(OPINION.c.mention_id, OPINION.c.revision, OPINION.c.scorer, OPINION.c.label, OPINION.c.detail)
    asked_of = (*FIELD_OF, "sentiment")
    opinions = opinions.where(OPINION.c.mention_id.in_(revisions), OPINION.c.scorer.in_(asked_of))
    for row in connection.execute(opinions.order_by(*in_order())):
        if row.revision != revisions[row.mention_id]:
            continue
        if row.scorer != "sentiment":
            scores[row.mention_id][FIELD_OF[row.scorer]] = list(labels_of(row.label, row.detail))
        elif row.mention_id not in of_brands:
            scores[row.mention_id]["sentiment"] = [row.label]
    return {
        id_: (tuple(of_brands[id_]), {field: tuple(labels) for field, labels in scores[id_].items()})
        for id_ in revisions
    }
