"""One meaning: a search of the store finds what the live matcher and the plain reading of the meaning page find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection, insert, select

from monitor.mention import Brand
from monitor.query import Document, Query
from monitor.query.fields import label
from monitor.store import brands, counting, index, likeness
from monitor.store.engine import Store
from monitor.store.facts import ALONE, felt_token, written
from monitor.store.index import MENTION
from monitor.store.search import Search
from tests.query.drawn import LABELS, WHEN, few_documents, few_queries
from tests.query.test_agreement import PARTIES, Party, agree

careless = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


class Undo(Exception):
    """Takes back what an example stored."""


def storable(document: Document) -> Document:
    """The document as a store would have it: every mention has a time, and whose followers are known has a reach."""
    at = document.published or WHEN[0]
    reach = document.followers if document.reach is None else document.reach
    return replace(document, published=at if at.tzinfo else at.replace(tzinfo=UTC), reach=reach)


def put(connection: Connection, documents: Sequence[Document]) -> None:
    """The documents as mentions 1, 2, 3 …, all that is known of them in the index."""
    numbers = {"views": "reach", "likes": "engagement", "followers": "followers"}
    rows = [
        {
            "id": number, "scope": "drawn", "external_id": str(number), "content_hash": "x", "collected": WHEN[0],
            "title": one.title, "text": one.text, "author": one.author, "url": one.url, "lang": one.lang,
            "source": one.source, "source_kind": one.source_kind, "kind": one.kind, "rating": one.rating,
            "published": one.published, "revision": 1, "flags": [],
            "extra": {key: value for key, name in numbers.items() if (value := getattr(one, name)) is not None},
        }
        for number, one in enumerate(documents, start=1)
    ]  # fmt: skip
    connection.execute(insert(MENTION), rows)
    entries = []
    for row, one in zip(connection.execute(select(MENTION).order_by(MENTION.c.id)), documents, strict=True):
        # What is drawn as a feeling is felt whoever is asked for.
        felt = [felt_token(ALONE, sentiment) for sentiment in one.scores["sentiment"]]
        entries.append((row, " ".join([written(one, {}), *felt])))
    ids = {label(name): id_ for id_, name in brands.names(connection).items()}
    index.change(connection, [], entries, ids)


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> Callable[..., list[set[int]]]:
    store = Store(tmp_path_factory.mktemp("one") / "one.db", write=True)
    store.writing(brands.sync, [Brand(0, name, name) for name in LABELS["brand"]])

    def answer(documents: Sequence[Document], queries: Sequence[Query]) -> list[set[int]]:
        found: list[set[int]] = []

        def ask(connection: Connection) -> None:
            put(connection, documents)
            for query in queries:
                hits = list(Search(connection, query).newest())
                numbers = [hit.mention.id - 1 for hit in hits]
                assert numbers == sorted(numbers, key=lambda at: (-documents[at].published.timestamp() // 1, -at))
                assert counting.count(Search(connection, query)) == (len(hits), True), query.text
                found.append(set(numbers))
            raise Undo

        with pytest.raises(Undo):
            store.writing(ask)
        return found

    def alike(connection: Connection, mention_id: int, most: int) -> list[tuple[int, float]]:
        rows = connection.exec_driver_sql("SELECT mention_id, facts FROM indexed").all()
        return [(row.mention_id, 0.9) for row in rows if f"like:{mention_id}" in row.facts.split()]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(likeness, "alike", alike)
        yield answer
    store.close()


def parties(stored: Party) -> dict[str, Party]:
    return {"the matcher": PARTIES["the matcher"], "the store": stored}


@settings(max_examples=1_000, deadline=None, suppress_health_check=careless)
@given(few_documents, few_queries)
def test_a_search_agrees_with_the_meaning_page(stored, documents, asked):
    agree([storable(one) for one in documents], asked, parties(stored))


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@settings(max_examples=20_000, deadline=None, suppress_health_check=careless)
@given(few_documents, few_queries)
def test_a_search_agrees_with_the_meaning_page_at_length(stored, documents, asked):
    agree([storable(one) for one in documents], asked, parties(stored))
