"""Searches of what is stored, as every face asks them: found, counted, by facets, page by page, all of it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal

from sqlalchemy import Connection

from monitor.audience import audience
from monitor.errors import Refused, TooSlow
from monitor.mention import Mention
from monitor.query.document import Document
from monitor.query.fields import instant, label, nearest
from monitor.query.parse import parse
from monitor.query.tree import And, Between, Label, Node, Query
from monitor.store import brands, counting, heard, ranking, standing, triage
from monitor.store.columns import EPOCH
from monitor.store.heard import Answers
from monitor.store.index import second_at
from monitor.store.ranking import Ranked, Reached
from monitor.store.search import Hit, Stretch, budget, one
from monitor.store.search import Search as Asking
from monitor.store.triage import Standing

Sort = Literal["newest", "relevance", "reach"]
SORTS: tuple[Sort, ...] = ("newest", "relevance", "reach")
DOZENS = 500
"""So many are read at once where everything is wanted."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked of the store. All in it narrows; nothing in it finds everything."""

    query: str = ""
    """A view's query."""
    brand: str = ""
    """Only mentions of this brand: its name."""
    since: datetime | None = None
    until: datetime | None = None
    """Published from `since` to before `until`; a part of a second does not count."""
    sort: Sort = "newest"
    limit: int = 50
    cursor: str = ""
    """Where the page before ended: its `next`."""


@dataclass(frozen=True, slots=True)
class Found:
    """A stored mention that a query found."""

    mention: Mention
    brands: tuple[str, ...]
    answers: Answers
    spans: tuple[tuple[str, int, int], ...]
    corrected: tuple[str, ...] = ()
    """The fields of which a person's word holds: sentiment, topics …"""
    standing: tuple[Standing, ...] = ()
    """Where it stands with the people who answer, for each of its brands."""

    def stands(self, part: str) -> tuple[str, ...]:
        """What is noted for any of its brands: its status, assignee, team, tags or note."""
        noted = (getattr(one, part) for one in self.standing)
        values = (value for one in noted for value in (one if isinstance(one, tuple) else (one,)))
        return tuple(dict.fromkeys(value for value in values if value))

    @property
    def sentiment(self) -> str:
        """Towards the first of its brands, else of the text; empty while it is not scored."""
        known = self.answers.get("brands", {})
        towards = [
            known[brand]["brand_sentiment"] for brand in self.brands if "brand_sentiment" in known.get(brand, {})
        ]
        answer = towards[0] if towards else self.answers.get("sentiment", {})
        return str(answer.get("label", ""))


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what was found, in the order that was asked for."""

    found: tuple[Found, ...]
    next: str = ""
    """The cursor of the page after this one; empty at the end."""
    note: str = ""
    """What a reader must know of the order."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many match; not `exact`: at least so many."""

    n: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Facets:
    """What matches, by source, sentiment, topic, stage, day, author and site."""

    total: Count
    by: Mapping[str, tuple[tuple[str, int], ...]]
    """Facet to (value, how many), the most frequent first; days (UTC) in their order."""
    note: str = ""


NOBODY = Standing()
NOTED = ("status", "assignee", "team", "tags", "note")
"""What people note of a mention."""


def search(connection: Connection, asked: Search) -> Page:
    """One page. Raises QueryError for a query, Refused for a brand or a cursor that cannot be used, and TooSlow."""
    query = read(connection, asked)
    with budget(connection) as check:
        asking = Asking(connection, query, check)
        page = replace(asked, limit=max(1, asked.limit))
        hits, following, note = _ORDERS[asked.sort](asking, page, _Cursor.read(asked, query))
    return Page(_found(connection, hits), following, note)


def find(connection: Connection, query: str, most: int) -> tuple[Found, ...]:
    """The newest mentions that match a query written as a view; an empty one finds everything."""
    return search(connection, Search(query, limit=most)).found


def these(connection: Connection, query: str, ids: Sequence[int]) -> tuple[Found, ...]:
    """Those of these mentions that a query finds, in the order of `ids`; an empty one finds all that are left."""
    asking = Asking(connection, read(connection, Search(query)))
    return _found(connection, asking.of(ids))


def everything(connection: Connection, asked: Search) -> Iterator[Found]:
    """All that is found, newest first, read as it is asked for; `sort`, `limit` and `cursor` are not heeded."""
    query = read(connection, asked)
    hits = Asking(connection, query).newest()
    while some := list(islice(hits, DOZENS)):
        yield from _found(connection, some)


def count(connection: Connection, asked: Search) -> Count:
    """How many are found."""
    query = read(connection, asked)
    with budget(connection) as check:
        return Count(*counting.count(Asking(connection, query, check)))


def facets(connection: Connection, asked: Search, most: int = 10) -> Facets:
    """What is found, by its facets, the `most` frequent of each."""
    query = read(connection, asked)
    with budget(connection) as check:
        found = counting.facets(Asking(connection, query, check), most)
    by = {facet: tuple(counts.most_common()) for facet, counts in found.by.items()}
    by["day"] = tuple((day.isoformat(), n) for day, n in sorted(found.days.items()))
    walked = sum(found.days.values())
    whole = found.exact and walked == found.total
    note = "" if whole else f"What they are is counted of the newest {walked:,} only."
    return Facets(Count(found.total, found.exact), by, note)


def stored(connection: Connection, mention_id: int) -> tuple[Mention, Document]:
    """One mention, and what a query sees of it. Raises Refused where there is none."""
    found = one(connection, mention_id)
    if found is None:
        raise Refused(f"There is no mention #{mention_id}: `overheard mentions` shows the number before each.")
    return found


def read(connection: Connection, asked: Search) -> Query | None:
    """All that is asked as one query; None where everything is wanted."""
    own = parse(asked.query, as_view=True) if asked.query.strip() else None
    parts: list[Node] = []
    if asked.brand:
        parts.append(Label("brand", _known_brand(connection, asked.brand)))
    if asked.since or asked.until:
        low, high = (None if end is None else instant(end) // 1 for end in (asked.since, asked.until))
        parts.append(Between("published", low, high, True, False, ""))
    if not parts:
        return own
    if own is not None:
        parts += own.root.parts if isinstance(own.root, And) else (own.root,)
    root = parts[0] if len(parts) == 1 else And(tuple(parts))
    return replace(own, root=root) if own else Query("", root, as_view=True)


def _known_brand(connection: Connection, name: str) -> str:
    names = tuple(brands.names(connection).values())
    if label(name) in map(label, names):
        return label(name)
    written = {one.lower(): one for one in names}
    guess = nearest(name, written)
    known = f'Did you mean "{written[guess]}"?' if guess else f"Known: {', '.join(sorted(names)) or 'none'}."
    raise Refused(f'There is no brand "{name}". {known}')


# ---- pages -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a page ended: which search it was, its newest place, and numbers that its order goes on from."""

    key: int
    since: int | None = None
    at: tuple[float, ...] = ()

    @classmethod
    def read(cls, asked: Search, query: Query | None) -> _Cursor:
        key = zlib.crc32(f"{asked.sort} {query and query.text} {asked.brand} {asked.since} {asked.until}".encode())
        if not asked.cursor:
            return cls(key)
        try:
            of, since, *at = (float(part) if "." in part else int(part) for part in asked.cursor.split("_"))
        except ValueError:
            of, since, at = -1, 0, []
        if of != key or not at or any(abs(number) >= 2**63 for number in (since, *at)):
            raise Refused("This cursor belongs to another search: begin again without it.")
        return cls(key, int(since), tuple(at))

    def write(self, since: int, *at: float) -> str:
        return "_".join(map(str, (self.key, since, *at)))


Sheet = tuple[Sequence[Hit], str, str]
"""What a page is made of: hits, the cursor of the next one, and a note."""


def _newest(asking: Asking, asked: Search, cursor: _Cursor) -> Sheet:
    after = int(cursor.at[0]) if cursor.at else None
    hits: list[Hit] = []
    try:
        for hit in islice(asking.newest(Stretch(after=after)), asked.limit + 1):
            hits.append(hit)  # one by one: what was found stays, whenever it ends
    except TooSlow:
        if asking.reached is None:
            raise
        until = f"{EPOCH + timedelta(seconds=second_at(asking.reached)):%d %B %Y}"
        return hits, cursor.write(0, asking.reached), f"Read back to {until} so far: the next page goes on from there."
    page = hits[: asked.limit]
    following = cursor.write(0, page[-1].place) if len(hits) > len(page) else ""
    return page, following, ""


def _relevant(asking: Asking, asked: Search, cursor: _Cursor) -> Sheet:
    stretch = Stretch(since=cursor.since)
    after: Ranked | None = (int(cursor.at[0]), int(cursor.at[1])) if len(cursor.at) == 2 else None
    looked_at = list(islice(ranking.by_relevance(asking, stretch, after), asked.limit + 1))
    page = looked_at[: asked.limit]
    more = len(looked_at) > len(page)
    since = cursor.since if cursor.since is not None else _first_place(asking)
    note = f"The best of the newest {ranking.RANKED:,}." if ranking.is_cut(asking, stretch) else ""
    note = note if ranking.can_rank(asking) else "It has too many words to tell relevance: the newest come first."
    following = cursor.write(since, *page[-1][1]) if more else ""
    return [hit for hit, _ in page], following, note


def _reaching(asking: Asking, asked: Search, cursor: _Cursor) -> Sheet:
    after: Reached | None = (cursor.at[0], int(cursor.at[1]), int(cursor.at[2])) if len(cursor.at) == 3 else None
    looked_at = list(islice(ranking.by_reach(asking, Stretch(since=cursor.since), after), asked.limit + 1))
    page = looked_at[: asked.limit]
    more = len(looked_at) > len(page)
    since = cursor.since if cursor.since is not None else _first_place(asking)
    known = [hit.reach is not None for hit, _ in page]
    note = "" if all(known) else "Those whose reach nobody tells come last."
    note = note if any(known) or not page else "Nobody tells the reach of these: the newest come first."
    following = cursor.write(since, *page[-1][1]) if more else ""
    return [hit for hit, _ in page], following, note


_ORDERS = {"newest": _newest, "relevance": _relevant, "reach": _reaching}


def _first_place(asking: Asking) -> int:
    """Of the newest that matches now: what comes later belongs to no later page of this search."""
    return next((hit.place for hit in asking.newest()), 0)


def _found(connection: Connection, hits: Sequence[Hit]) -> tuple[Found, ...]:
    of_brands, answers = heard.of_mentions(connection, [hit.mention for hit in hits])
    said = standing.fields(connection, [hit.mention.id for hit in hits])
    noted = triage.of_mentions(connection, [hit.mention.id for hit in hits])
    return tuple(
        Found(
            hit.mention,
            of_brands.get(hit.mention.id, ()),
            answers.get(hit.mention.id, {}),
            hit.spans,
            said.get(hit.mention.id, ()),
            tuple(noted.get(hit.mention.id, {}).get(brand, NOBODY) for brand in of_brands.get(hit.mention.id, ())),
        )
        for hit in hits
    )


# ---- as JSON ---------------------------------------------------------------------------------------------------------


def as_json(found: Found) -> dict[str, Any]:
    """A found mention as the command line and the API print it."""
    mention = found.mention
    return {
        "id": mention.id,
        "url": mention.url,
        "title": mention.title,
        "text": mention.text,
        "author": mention.author,
        "published": mention.published.isoformat().replace("+00:00", "Z"),
        "source": mention.source,
        "rating": mention.rating,
        "lang": mention.lang,
        "brands": list(found.brands),
        "scores": dict(found.answers),
        "corrected": list(found.corrected),
        "type": mention.kind,
        "source_kind": mention.source_kind,
        **asdict(audience(mention.extra, mention.kind)),
        **{part: list(found.stands(part)) for part in NOTED},
    }


def json_line(found: Found) -> str:
    """A found mention as one line of JSON."""
    return json.dumps(as_json(found), ensure_ascii=False)
