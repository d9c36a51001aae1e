"""Sorting mentions into themes, as rows: what is to be sorted, what becomes of it, and what new themes are made of.

What is read here is decided on elsewhere (story/themes.py) and written here, in two transactions: the writer waits for
no computing. What changes in between is sorted once more.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection, insert

from monitor.store import in_theme, themes
from monitor.store.columns import EPOCH, MICROSECOND, instant, stored
from monitor.store.labels import labels_of
from monitor.store.matches import RELEVANT_FROM
from monitor.store.tables import ThemeRow
from monitor.store.themes import Known, Side
from monitor.store.touched import touch
from monitor.story.phrases import Key
from monitor.story.themes import Comment

THEME = ThemeRow.__table__

SPAN = timedelta(days=14)
"""People who say the same within this time make a theme."""
STEP = timedelta(days=7)
"""So far at most one look for new themes moves on, where old mentions come in at once."""
KEPT = timedelta(days=28)
"""So long a mention that is in no theme waits for one."""
MOST_IN_POOL = 3_000
"""The newest so many are looked at together."""

_COMPLAINING = frozenset({"complaint", "churn"})
_PRAISING = frozenset({"praise"})

Ignored = Mapping[int, Collection[str]]
"""Brand id to the stems of what is everywhere in its mentions: its names."""


# ---- what is to be sorted --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unsorted:
    """A mention of a brand whose themes are to be looked for."""

    comment: Comment
    space: str
    """Of its vector; "" where it has none."""
    brand_id: int
    side: Side | None
    """None: it belongs into no theme of this brand, as far as is known."""
    present: tuple[int, ...]
    """The themes of this brand, of either side, that it is in."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is sorted at once."""

    due: tuple[int, ...]
    """Ids of the rows that asked for it."""
    unsorted: tuple[Unsorted, ...]
    known: tuple[Known, ...]
    """The themes of the brands concerned."""


def waiting(connection: Connection) -> int:
    """How many rows ask for mentions to be sorted."""
    n: int = connection.exec_driver_sql("SELECT count(*) FROM theme_due").scalar_one()
    return n


def batch(connection: Connection, most: int, ignored: Ignored, *, unscored: bool = False) -> Batch:
    """The next mentions to be sorted, the last to ask first: what is new is what somebody looks at. `unscored`: nothing
    is being scored, so that a brand of which nothing ever was has themes of one side."""
    rows = connection.exec_driver_sql("SELECT id, mention_id FROM theme_due ORDER BY id DESC LIMIT ?", (most,)).all()
    ids = list(dict.fromkeys(mention_id for _, mention_id in rows))
    sides = _sides(connection, ids, unscored=unscored)
    wanted = [mention_id for (mention_id, _), side in sides.items() if side is not None]
    brand_ids = {brand_id for _, brand_id in sides}
    known = themes.known(connection, brand_ids) if brand_ids else []
    present = _present(connection, ids)
    said = {one.id: (one, space) for one, space in themes.comments(connection, wanted)}
    found = []
    for (mention_id, brand_id), side in sides.items():
        comment, space = said.get(mention_id, (Comment(mention_id, "", "", "", EPOCH), ""))
        there = tuple(one.id for one in known if one.brand_id == brand_id and one.id in present[mention_id])
        if mention_id not in said:
            side = None
        mine = themes.about(comment, ignored.get(brand_id, ()))
        found.append(Unsorted(mine, space, brand_id, side, there))
    return Batch(tuple(id_ for id_, _ in rows), tuple(found), tuple(known))


def _sides(connection: Connection, ids: Sequence[int], *, unscored: bool) -> dict[tuple[int, int], Side | None]:
    """(mention, brand) to its side: what is felt towards the brand; a neutral one that complains or praises by what it
    needs. None for others, those that do not speak of the brand, and those that are not scored yet."""
    rows = connection.exec_driver_sql(_MATCHES, (json.dumps(list(ids)),)).all()
    needs = _needs(connection, [row.mention_id for row in rows if row.sentiment == "neutral"])
    never = _never_scored(connection, {row.brand_id for row in rows}) if unscored else frozenset()
    return {
        (row.mention_id, row.brand_id): _side(
            row.sentiment, row.relevance, needs.get(row.mention_id, ()), row.brand_id in never
        )
        for row in rows
    }


def _side(sentiment: str | None, relevance: float | None, needs: Collection[str], unsided: bool) -> Side | None:
    if relevance is not None and relevance < RELEVANT_FROM:
        return None
    if sentiment is None:
        return "" if unsided else None
    if sentiment == "negative" or (sentiment == "neutral" and _COMPLAINING & set(needs)):
        return "negative"
    if sentiment == "positive" or (sentiment == "neutral" and _PRAISING & set(needs)):
        return "positive"
    return None


_MATCHES = """
SELECT m.mention_id, m.brand_id, m.sentiment, m.relevance
FROM json_each(?) AS asked CROSS JOIN "match" AS m ON m.mention_id = asked.value
"""


def _needs(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    # The opinion that counts comes last (opinions.in_order).
    rows = connection.exec_driver_sql(_NEEDS, (json.dumps(list(ids)),))
    return {id_: labels_of(label, json.loads(detail) if detail else None) for id_, label, detail in rows}


_NEEDS = """
SELECT o.mention_id, o.label, o.detail
FROM json_each(?) AS asked CROSS JOIN mention AS m ON m.id = asked.value
CROSS JOIN opinion AS o ON o.mention_id = m.id AND o.revision = m.revision AND o.brand_id = 0 AND o.scorer = 'need'
ORDER BY o.version = 'person', o.scored
"""


def _never_scored(connection: Connection, brand_ids: Collection[int]) -> frozenset[int]:
    sql = 'SELECT EXISTS (SELECT 1 FROM "match" WHERE brand_id = ? AND sentiment IS NOT NULL)'
    return frozenset(id_ for id_ in brand_ids if not connection.exec_driver_sql(sql, (id_,)).scalar())


def _present(connection: Connection, ids: Sequence[int]) -> dict[int, set[int]]:
    rows = connection.exec_driver_sql(
        "SELECT i.mention_id, i.theme_id FROM json_each(?) AS asked CROSS JOIN in_theme AS i "
        "ON i.mention_id = asked.value",
        (json.dumps(list(ids)),),
    )
    found: dict[int, set[int]] = defaultdict(set)
    for mention_id, theme_id in rows:
        found[mention_id].add(theme_id)
    return found


# ---- what becomes of it ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sorted:
    """What was decided of one mention of one brand."""

    comment: Comment
    brand_id: int
    side: Side | None
    joins: Mapping[int, str]
    """Theme to how, of those that it is not in yet."""
    leaves: tuple[int, ...]
    loose: bool
    """It is in no theme."""


@dataclass(slots=True)
class Sums:
    """What is added to the centroids of themes: (theme, space) to a sum of unit vectors."""

    added: dict[tuple[int, str], np.ndarray] = field(default_factory=dict)

    def add(self, theme_id: int, space: str, vector: np.ndarray | None) -> None:
        if vector is not None and space:
            before = self.added.get((theme_id, space))
            self.added[theme_id, space] = vector if before is None else before + vector


def settle(connection: Connection, due: Sequence[int], decided: Sequence[Sorted], sums: Sums) -> None:
    """Write what was decided of a batch, and strike off what asked for it. What has changed since it was read asks
    again, and is left alone."""
    again = connection.exec_driver_sql("SELECT mention_id FROM theme_due WHERE id > ?", (max(due, default=0),))
    changed = set(again.scalars())
    decided = [one for one in decided if one.comment.id not in changed]
    _join(connection, decided)
    gone = [(one.comment.id, id_) for one in decided for id_ in one.leaves]
    if gone:
        connection.exec_driver_sql("DELETE FROM in_theme WHERE mention_id = ? AND theme_id = ?", gone)
    of = [(one.brand_id, one.comment.id) for one in decided]
    if of:
        connection.exec_driver_sql("DELETE FROM loose WHERE brand_id = ? AND mention_id = ?", of)
    loose = [(one.brand_id, one.side, stored(one.comment.published), one.comment.id) for one in decided if one.loose]
    if loose:
        connection.exec_driver_sql("INSERT OR IGNORE INTO loose VALUES (?, ?, ?, ?, 1)", loose)
    _add(connection, sums)
    touch(connection, [one.comment.id for one in decided if one.joins or one.leaves])
    if due:
        connection.exec_driver_sql("DELETE FROM theme_due WHERE id = ?", [(id_,) for id_ in due])


def _join(connection: Connection, decided: Iterable[Sorted]) -> None:
    rows = [
        (one.comment.id, id_, stored(one.comment.published), how) for one in decided for id_, how in one.joins.items()
    ]
    if rows:
        connection.exec_driver_sql("INSERT OR IGNORE INTO in_theme VALUES (?, ?, ?, ?)", rows)
        connection.exec_driver_sql(
            "UPDATE theme SET first = min(first, ?1), last = max(last, ?1) WHERE id = ?2", [row[2:0:-1] for row in rows]
        )


def _add(connection: Connection, sums: Sums) -> None:
    for (theme_id, space), vector in sums.added.items():
        row = connection.exec_driver_sql("SELECT space, centroid FROM theme WHERE id = ?", (theme_id,)).one()
        same = row.space == space and row.centroid
        whole = np.frombuffer(row.centroid, "<f4") + vector if same else vector
        connection.exec_driver_sql(
            "UPDATE theme SET space = ?, centroid = ? WHERE id = ?", (space, whole.astype("<f4").tobytes(), theme_id)
        )


# ---- what new themes are made of -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stretch:
    """A side of a brand, up to a time, in which somebody should look for new themes."""

    brand_id: int
    side: Side
    until: datetime


@dataclass(frozen=True, slots=True)
class Pool:
    """What new themes may be made of: what is in none, of SPAN, and what is older but not forgotten yet."""

    now: tuple[tuple[Comment, str], ...]
    """(comment, space of its vector) each, oldest first."""
    before: tuple[tuple[Comment, str], ...]
    known: tuple[Known, ...]
    """The themes of that side that there are."""


def stretches(connection: Connection) -> list[Stretch]:
    """Where something has come in since somebody last looked, one each side of a brand; old ones in steps."""
    rows = connection.exec_driver_sql(
        "SELECT brand_id, side, min(published), max(published) FROM loose WHERE fresh GROUP BY brand_id, side"
    )
    return [Stretch(brand_id, side, min(instant(last), instant(first) + STEP)) for brand_id, side, first, last in rows]


def pool(connection: Connection, one: Stretch, ignored: Ignored) -> Pool:
    """What a stretch's new themes may be made of."""
    known = [theme for theme in themes.known(connection, [one.brand_id]) if theme.side == one.side]
    middle = one.until - SPAN
    now = _loose(connection, one, middle, one.until + MICROSECOND)
    before = _loose(connection, one, one.until - KEPT, middle)
    names = ignored.get(one.brand_id, ())
    said = themes.comments(connection, [*before, *now])
    older = set(before)
    mine = [(themes.about(comment, names), space) for comment, space in said]
    return Pool(
        tuple(pair for pair in mine if pair[0].id not in older),
        tuple(pair for pair in mine if pair[0].id in older),
        tuple(known),
    )


def _loose(connection: Connection, one: Stretch, start: datetime, end: datetime) -> list[int]:
    """Oldest first."""
    rows = connection.exec_driver_sql(
        "SELECT mention_id FROM loose WHERE brand_id = ? AND side = ? AND published >= ? AND published < ? "
        "ORDER BY published DESC, mention_id DESC LIMIT ?",
        (one.brand_id, one.side, stored(start), stored(end), MOST_IN_POOL),
    )
    return list(rows.scalars())[::-1]


@dataclass(frozen=True, slots=True)
class New:
    """A theme to be kept, or (with the number of one that is there) phrases to be added to it."""

    same_as: int | None
    name: str
    keys: tuple[Key, ...]
    wordings: tuple[str, ...]
    telling: frozenset[str]
    members: Mapping[int, str]
    """Mention to how."""
    space: str
    total: np.ndarray | None
    """The sum of its founders' vectors."""


def keep(connection: Connection, one: Stretch, found: Sequence[New], now: datetime) -> list[int]:
    """Keep new themes of what is still in none, and note that this stretch was looked at; the ids of the new ones."""
    made = []
    for new in found:
        members = _still_loose(connection, one, new.members)
        if not members:
            continue
        if new.same_as is not None:
            theme_id = new.same_as
            _widen(connection, theme_id, new)
            _stretch(connection, theme_id, [published for published, _ in members.values()])
        else:
            theme_id = _insert(connection, one, new, [published for published, _ in members.values()], now)
            made.append(theme_id)
        rows = [(id_, theme_id, published, how) for id_, (published, how) in members.items()]
        connection.exec_driver_sql("INSERT OR IGNORE INTO in_theme VALUES (?, ?, ?, ?)", rows)
        connection.exec_driver_sql(
            "DELETE FROM loose WHERE brand_id = ? AND mention_id = ?", [(one.brand_id, id_) for id_ in members]
        )
        touch(connection, members)
    of = (one.brand_id, one.side)
    connection.exec_driver_sql(
        "UPDATE loose SET fresh = 0 WHERE brand_id = ? AND side = ? AND published <= ? AND fresh",
        (*of, stored(one.until)),
    )
    connection.exec_driver_sql(
        "DELETE FROM loose WHERE brand_id = ? AND side = ? AND published < ? AND NOT fresh",
        (*of, stored(one.until - KEPT)),
    )
    return made


def _still_loose(connection: Connection, one: Stretch, members: Mapping[int, str]) -> dict[int, tuple[int, str]]:
    """Those that joined nothing meanwhile: mention to (published, how)."""
    rows = connection.exec_driver_sql(
        "SELECT l.mention_id, l.published FROM json_each(?) AS asked CROSS JOIN loose AS l "
        "ON l.mention_id = asked.value WHERE l.brand_id = ? AND l.side = ?",
        (json.dumps(list(members)), one.brand_id, one.side),
    )
    return {id_: (published, members[id_]) for id_, published in rows}


def _insert(connection: Connection, one: Stretch, new: New, published: Sequence[int], now: datetime) -> int:
    row = {
        "brand_id": one.brand_id,
        "side": one.side,
        "name": new.name,
        "named": "",
        "wordings": list(new.wordings),
        "keys": [list(key) for key in new.keys],
        "telling": sorted(new.telling),
        "space": new.space,
        "centroid": b"" if new.total is None else new.total.astype("<f4").tobytes(),
        "first": instant(min(published)),
        "last": instant(max(published)),
        "created": now,
    }
    id_: int = connection.execute(insert(THEME).returning(THEME.c.id), row).scalar_one()
    return id_


def _widen(connection: Connection, theme_id: int, new: New) -> None:
    """More ways to say what a theme is about. One that was known by a word alone takes its first phrase for a name."""
    (old,) = themes.known(connection, ids=[theme_id])
    keys = [list(key) for key in sorted(old.keys | set(new.keys))]
    wordings = list(dict.fromkeys([*old.wordings, *new.wordings]))
    connection.exec_driver_sql(
        "UPDATE theme SET keys = ?, wordings = ?, telling = ? WHERE id = ?",
        (_json(keys), _json(wordings), _json(sorted(old.telling | new.telling)), theme_id),
    )
    if new.wordings and not old.wordings and len(themes.family(connection, [theme_id])) == 1:
        connection.exec_driver_sql("UPDATE theme SET name = ? WHERE id = ?", (new.name, theme_id))
        touch(
            connection,
            connection.exec_driver_sql("SELECT mention_id FROM in_theme WHERE theme_id = ?", (theme_id,)).scalars(),
        )


def _stretch(connection: Connection, theme_id: int, published: Sequence[int]) -> None:
    sql = "UPDATE theme SET first = min(first, ?), last = max(last, ?) WHERE id = ?"
    connection.exec_driver_sql(sql, (min(published), max(published), theme_id))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# ---- anew ------------------------------------------------------------------------------------------------------------


def sort_all_again(connection: Connection) -> int:
    """Every mention of a brand is to be sorted again; how many. Themes keep their numbers, phrases and names."""
    ids = list(connection.exec_driver_sql('SELECT DISTINCT mention_id FROM "match" ORDER BY mention_id').scalars())
    in_theme.sort_again(connection, ids)
    return len(ids)
