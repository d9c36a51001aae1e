"""Themes among what is stored, read for whoever asks: what several people say of a brand, how often, in whose words.

A theme that was merged into another counts there: its mentions stay its own, so that a merge can be taken back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
from sqlalchemy import Connection

from monitor.mention import ThemeHeard
from monitor.store import likeness
from monitor.store.columns import instant, stored
from monitor.store.heard import Window
from monitor.store.matches import RELEVANT_FROM
from monitor.story.quotes import Quote
from monitor.story.quotes import quotes as chosen
from monitor.story.themes import Comment, Theme, unit

Side = Literal["negative", "positive", ""]
Period = tuple[datetime, datetime]
"""From the first instant to before the second, UTC."""

MOST = 40
"""Themes of a window of which more is told than that they are there."""
QUOTED_FROM = 40
"""A theme's quotes are chosen among so many of its newest mentions."""


@dataclass(frozen=True, slots=True)
class Known:
    """A theme as it stands."""

    id: int
    brand_id: int
    brand: str
    side: Side
    name: str
    """As a person calls it, or as it was named when it was made."""
    named: bool
    """By a person."""
    wordings: tuple[str, ...]
    keys: frozenset[tuple[str, ...]]
    telling: frozenset[str]
    space: str
    centroid: np.ndarray | None
    """The unit vector of what its comments mean."""
    first: datetime
    last: datetime
    created: datetime
    pinned: bool = False
    hidden: bool = False
    merged_into: int | None = None


# ---- what there is ---------------------------------------------------------------------------------------------------


def known(connection: Connection, brand_ids: Collection[int] = (), ids: Collection[int] = ()) -> list[Known]:
    """All themes, those of these brands, or these: also hidden ones and those merged into others; oldest first."""
    where = [
        f"t.{name} IN ({', '.join('?' * len(some))})" for name, some in (("brand_id", brand_ids), ("id", ids)) if some
    ]
    rows = connection.exec_driver_sql(
        f"SELECT t.*, b.name AS brand FROM theme AS t JOIN brand AS b ON b.id = t.brand_id "
        f"{'WHERE ' + ' AND '.join(where) if where else ''} ORDER BY t.id",
        (*brand_ids, *ids),
    )
    return [_known(row) for row in rows]


def _known(row: Any) -> Known:
    return Known(
        id=row.id,
        brand_id=row.brand_id,
        brand=row.brand,
        side=row.side,
        name=row.named or row.name,
        named=bool(row.named),
        wordings=tuple(json.loads(row.wordings)),
        keys=frozenset(tuple(key) for key in json.loads(row.keys)),
        telling=frozenset(json.loads(row.telling)),
        space=row.space,
        centroid=unit(np.frombuffer(row.centroid, "<f4")) if row.centroid else None,
        first=instant(row.first),
        last=instant(row.last),
        created=instant(row.created),
        pinned=bool(row.pinned),
        hidden=bool(row.hidden),
        merged_into=row.merged_into,
    )


def family(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """Every theme that is one of these or was merged into one of them, and into which."""
    marks = ", ".join("?" * len(ids))
    sql = f"SELECT id, coalesce(merged_into, id) FROM theme WHERE id IN ({marks}) OR merged_into IN ({marks})"
    return {id_: root for id_, root in connection.exec_driver_sql(sql, (*ids, *ids)) if root in ids}


def lifetimes(connection: Connection, ids: Collection[int]) -> dict[int, Period]:
    """When the first and when the last mention of each of these themes was published, of those merged into it too."""
    marks = ", ".join("?" * len(ids))
    sql = (
        "SELECT coalesce(merged_into, id), min(first), max(last) FROM theme "
        f"WHERE id IN ({marks}) OR merged_into IN ({marks}) GROUP BY 1"
    )
    rows = connection.exec_driver_sql(sql, (*ids, *ids))
    return {root: (instant(first), instant(last)) for root, first, last in rows}


# ---- what was heard --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Heard:
    """What is gathered of a theme in a window."""

    members: dict[int, None]
    who: set[str]


def of_window(
    connection: Connection,
    window: Window,
    past_windows: Sequence[tuple[date, Period]] = (),
    most: int = MOST,
) -> tuple[ThemeHeard, ...]:
    """The themes of a brand's likely mentions in the window, those of most people first, at most so many.

    People are authors; copies of one story count as one. Mentions that somebody hid, hidden themes, and those that are
    merged into others are left out. `past_windows`: the past windows of the same kind that the brand was listened to
    in, oldest first.
    """
    heard: dict[int, _Heard] = defaultdict(lambda: _Heard({}, set()))
    asked = {
        "brand": window.brand_id,
        "start": stored(window.start),
        "end": stored(window.end),
        "least": RELEVANT_FROM,
    }
    for root, mention_id, author, story_id in connection.exec_driver_sql(_IN_WINDOW, asked):
        heard[root].members[mention_id] = None
        heard[root].who.add(who(mention_id, author, story_id))
    themes = {one.id: one for one in known(connection, ids=list(heard)) if not one.hidden} if heard else {}
    told = sorted(themes, key=lambda id_: (-len(heard[id_].who), -len(heard[id_].members), id_))[:most]
    lived = lifetimes(connection, told)
    before = (window.start - (window.end - window.start), window.start)
    past = counts(connection, told, [before, *(period for _, period in past_windows)])
    return tuple(
        ThemeHeard(
            id=id_,
            name=themes[id_].name,
            side=themes[id_].side,
            members=tuple(heard[id_].members),
            people=len(heard[id_].who),
            previous=past[id_][0],
            past=tuple(zip((day for day, _ in past_windows), past[id_][1:], strict=True)),
            first=lived[id_][0],
            pinned=themes[id_].pinned,
        )
        for id_ in told
    )


# Whose themes are looked up is walked first: the window of the brand, by its index. CROSS JOIN keeps it so.
_IN_WINDOW = """
SELECT coalesce(t.merged_into, t.id), m.mention_id, said.author, told.story_id
FROM "match" AS m
CROSS JOIN in_theme AS i ON i.mention_id = m.mention_id
CROSS JOIN theme AS t ON t.id = i.theme_id AND t.brand_id = m.brand_id
CROSS JOIN mention AS said ON said.id = m.mention_id
LEFT JOIN told ON told.mention_id = m.mention_id
LEFT JOIN triage AS x ON x.mention_id = m.mention_id AND x.brand_id = m.brand_id
WHERE m.brand_id = :brand AND m.published >= :start AND m.published < :end
AND (m.relevance IS NULL OR m.relevance >= :least) AND (x.state IS NULL OR x.state <> 'hidden')
ORDER BY m.published, m.mention_id
"""


def who(mention_id: int, author: str, story_id: int | None) -> str:
    """Whom a mention counts for: the story that it tells again, else its author, else itself."""
    if story_id is not None:
        return f"story {story_id}"
    return author.casefold() or f"mention {mention_id}"


def counts(connection: Connection, theme_ids: Collection[int], windows: Sequence[Period]) -> dict[int, list[int]]:
    """Theme to how many mentions it has in each of these windows, whatever their order; 0 also for a theme that is not
    there. Cheap, however much is stored."""
    found = {id_: [0] * len(windows) for id_ in theme_ids}
    if not found or not windows:
        return found
    edges = json.dumps([[stored(start), stored(end)] for start, end in windows])
    families: dict[int, list[int]] = defaultdict(list)
    for id_, root in family(connection, list(found)).items():
        families[root].append(id_)
    alone = [root for root, ids in families.items() if ids == [root]]
    for at, window, n in connection.exec_driver_sql(_COUNTS, (json.dumps(alone), edges)):
        found[alone[at]][window] = n
    for root in families.keys() - set(alone):
        for window, n in connection.exec_driver_sql(_COUNTS_OF_MERGED, (edges, json.dumps(families[root]))):
            found[root][window] = n
    return found


# A range of an index for each theme and window. A mention may be in several themes that were merged.
_COUNTS = """
SELECT f.key, w.key, (
  SELECT count(*) FROM in_theme AS i WHERE i.theme_id = f.value
  AND i.published >= json_extract(w.value, '$[0]') AND i.published < json_extract(w.value, '$[1]')
) FROM json_each(?) AS f CROSS JOIN json_each(?) AS w
"""
_COUNTS_OF_MERGED = """
SELECT w.key, (
  SELECT count(DISTINCT i.mention_id) FROM in_theme AS i WHERE i.theme_id IN (SELECT value FROM json_each(?2))
  AND i.published >= json_extract(w.value, '$[0]') AND i.published < json_extract(w.value, '$[1]')
) FROM json_each(?1) AS w
"""


def members(connection: Connection, theme_id: int, since: datetime | None = None, most: int = 1_000_000) -> list[int]:
    """The newest mentions of a theme and of those merged into it, newest first."""
    ids = list(family(connection, [theme_id]))
    marks = ", ".join("?" * len(ids))
    sql = (
        f"SELECT DISTINCT mention_id, published FROM in_theme WHERE theme_id IN ({marks}) AND published >= ? "
        "ORDER BY published DESC, mention_id DESC LIMIT ?"
    )
    rows = connection.exec_driver_sql(sql, (*ids, stored(since) if since else -(2**62), most))
    return [mention_id for mention_id, _ in rows]


# ---- in whose words --------------------------------------------------------------------------------------------------


def quotes(connection: Connection, theme_id: int, mention_ids: Sequence[int], most: int = 2) -> tuple[Quote, ...]:
    """What a theme says, in the words of two people: sentences of the newest of these mentions, verbatim."""
    themes = known(connection, ids=list(family(connection, [theme_id])))
    newest = sorted(mention_ids, reverse=True)[:QUOTED_FROM]
    keys = {key for one in themes for key in one.keys}
    centroid, space = next(((one.centroid, one.space) for one in themes if one.centroid is not None), (None, ""))
    said = comments(connection, newest)
    authors = _authors(connection, newest)
    of_space = [one if space_of == space else one.without_vector() for one, space_of in said]
    return chosen(of_space, [authors[one.id] for one in of_space], keys, centroid, most)


def _authors(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    marks = ", ".join("?" * len(ids))
    rows = connection.exec_driver_sql(f"SELECT id, author FROM mention WHERE id IN ({marks})", tuple(ids))
    return {row.id: row.author for row in rows}


def comments(connection: Connection, mention_ids: Iterable[int]) -> list[tuple[Comment, str]]:
    """These mentions as a theme sees them, in their order, each with the space of its vector ("": it has none)."""
    ids = list(dict.fromkeys(mention_ids))
    vectors = likeness.vectors(connection, ids)
    rows = {row.id: row for row in connection.exec_driver_sql(_COMMENTS, (json.dumps(ids),))}
    found = []
    for row in (rows[id_] for id_ in ids if id_ in rows):
        space, vector = vectors.get(row.id, ("", None))
        # Over a comment stands what somebody else calls the thread.
        title = "" if row.kind == "comment" and row.text else row.title
        text = "\n".join(filter(None, (title, row.text)))
        whose = who(row.id, row.author, row.story_id)
        found.append((Comment(row.id, whose, text, row.lang, instant(row.published), vector), space))
    return found


def about(comment: Comment, ignored: Collection[str]) -> Comment:
    """A comment without what is everywhere in the mentions of its brand."""
    return replace(comment, ignored=ignored)


_COMMENTS = """
SELECT m.id, m.kind, m.title, m.text, m.author, m.lang, m.published, told.story_id
FROM json_each(?) AS asked CROSS JOIN mention AS m ON m.id = asked.value
LEFT JOIN told ON told.mention_id = m.id
WHERE m.content_hash <> ''
"""


def as_theme(one: Known) -> Theme:
    """A theme as comments are held against it."""
    return Theme(one.id, one.keys, one.telling, one.centroid)
