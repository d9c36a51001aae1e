"""A brand's mentions by what is counted of them, and without their words: thousands in a fraction of a second.

What is known comes from the facts that the index holds of each mention, so that a count is the one that the query
behind it gives: `status:`, `team:` and `topic:` mean here what they mean there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, get_args

from sqlalchemy import Connection, Row

from monitor.insight.counts import Counts, Label, Sums, stars
from monitor.mention import SENTIMENTS, Heard, Mention, TriageState
from monitor.query.fields import label
from monitor.store.columns import EPOCH, instant, stored
from monitor.store.facts import token, unescaped
from monitor.store.heard import Window
from monitor.store.index import ID_MASK, first_place
from monitor.store.matches import RELEVANT_FROM
from monitor.store.slices import slices

SUMMED = ("stage", "topic", "theme")
"""Fields by whose labels a period is summed."""
HIDDEN = token("status", "hidden")
_READ = ("from", "by", "source", "type", "need", "topic", "touchpoint", "emotion", "stage", "status", "team")
# What somebody did for one of its brands was done for all: it is what `NOT status:replied` asks for.
_STATES: tuple[TriageState, ...] = ("hidden", "resolved", "replied", "reopened", "assigned", "new")
assert set(_STATES) == set(get_args(TriageState))


@dataclass(frozen=True, slots=True)
class Skim:
    """Which mentions of a window."""

    window: Window
    department: str = ""
    """Only what is this department's; empty: everything."""
    collected: tuple[datetime, datetime] | None = None
    """Only what was collected from then to before then."""

    def takes(self, tokens: Collection[str]) -> bool:
        """Nobody hid it, and it is the department's."""
        return HIDDEN not in tokens and (not self.department or token("team", self.department) in tokens)


def heard(connection: Connection, skim: Skim, brand: str) -> tuple[Heard, ...]:
    """The likely mentions that nobody has hidden, oldest first, without their words."""
    rows = [(row, row.facts.split(" ")) for row in _rows(connection, skim)]
    taken = [(row, tokens) for row, tokens in rows if skim.takes(tokens)]
    reviews = [row.mention_id for row, tokens in taken if _REVIEW in tokens]
    ratings = _ratings(connection, reviews)
    teams = {label(row.team): row.team for row, _ in taken if row.team}
    read = _Reader(_READ)
    return tuple(_heard(row, read(tokens), brand, ratings, teams) for row, tokens in taken)


_REVIEW = token("type", "review")
Rating = tuple[float | None, float | None, str | None]


def _heard(
    row: Row[Any],
    known: dict[str, list[str]],
    brand: str,
    ratings: dict[int, Rating],
    teams: dict[str, str],
) -> Heard:
    states = known.get("status", ())
    rating, rating_max, rating_kind = ratings.get(row.mention_id, (None, None, None))
    source = next(iter(known.get("from", ())), "")
    mention = Mention(
        id=row.mention_id,
        source=source,
        source_kind=_kind_of(source, tuple(known.get("source", ()))),
        kind=next(iter(known.get("type", ())), ""),
        url="",
        title="",
        text="",
        author=next(iter(known.get("by", ())), ""),
        published=instant(row.published),
        collected=instant(row.collected),
        lang="",
        rating=rating,
        rating_max=rating_max,
        rating_kind=rating_kind,
    )
    return Heard(
        mention=mention,
        brand=brand,
        sentiment=row.sentiment,
        unsure=bool(row.unsure),
        confidence=row.confidence,
        needs=tuple(known.get("need", ())),
        topics=tuple(known.get("topic", ())),
        touchpoints=tuple(known.get("touchpoint", ())),
        emotion=next(iter(known.get("emotion", ())), ""),
        relevance=row.relevance,
        state=next((state for state in _STATES if state in states), "new"),
        assignee=row.assignee or "",
        stage=next(iter(known.get("stage", ())), ""),
        teams=tuple(teams.get(team, team) for team in known.get("team", ())),
        snoozed=instant(row.snoozed) if row.snoozed is not None else None,
    )


@lru_cache(maxsize=4096)
def _kind_of(source: str, found: tuple[str, ...]) -> str:
    """A mention's source is found by its name and its kind: the one that is not the name."""
    return next((one for one in found if one != label(source)), label(source))


class _Reader:
    """Tokens to field and labels. The same few tokens come again and again: each is taken apart once."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = frozenset(fields)
        self._known: dict[str, tuple[str, str] | None] = {}

    def pairs(self, tokens: Sequence[str]) -> Iterator[tuple[str, str]]:
        known = self._known
        for one in tokens:
            if one not in known:
                known[one] = self._apart(one)
            if (pair := known[one]) is not None:
                yield pair

    def __call__(self, tokens: Sequence[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for field, value in self.pairs(tokens):
            found[field].append(value)
        return found

    def _apart(self, one: str) -> tuple[str, str] | None:
        field, colon, value = one.partition(":")
        if not colon or field not in self._fields:
            return None
        return field, unescaped(value) if field in ("from", "by") else unescaped(value).replace("_", " ")


# ---- sums ------------------------------------------------------------------------------------------------------------


def summed(connection: Connection, skim: Skim, *, hidden: bool = False) -> Sums:
    """The same in sums. `hidden`: also those that somebody hid, as the counts of competitors have them."""
    read = _Reader(("from", *SUMMED))
    counted: defaultdict[Label, Counter[str | None]] = defaultdict(Counter)
    everything: Counter[str | None] = Counter()
    reviews: list[int] = []
    for row in _rows(connection, skim):
        tokens = row.facts.split(" ")
        if not hidden and not skim.takes(tokens):
            continue
        everything[row.sentiment] += 1
        for field, value in read.pairs(tokens):
            counted["source" if field == "from" else field, value][row.sentiment] += 1
        if _REVIEW in tokens:
            reviews.append(row.mention_id)
    by = {of: _counts(moods) for of, moods in counted.items()}
    given = (stars("review", *rating[:2]) for rating in _ratings(connection, reviews).values())
    return Sums(_counts(everything), by, tuple(value for value in given if value is not None))


def _counts(felt: Counter[str | None]) -> Counts:
    return Counts(felt.total(), *(felt[mood] for mood in SENTIMENTS))


# ---- by the index alone ----------------------------------------------------------------------------------------------


def moods(connection: Connection, skim: Skim, brand: str) -> list[tuple[datetime, str | None]]:
    """(published, sentiment) of a department's mentions, newest first: of the index, its rows alone are looked at."""
    window = skim.window
    places = first_place(_second(window.end)), first_place(_second(window.start))
    rows = connection.exec_driver_sql(_MOODS, (_asked(skim, brand), *places, window.brand_id, *_ends(window)))
    return [(instant(published), sentiment) for published, sentiment in rows]


def told_before(connection: Connection, skim: Skim, brand: str, story_id: int) -> int:
    """How many told a story before the window."""
    match = _asked(skim, brand, token("story", str(story_id)))
    sql = "SELECT count(*) FROM mention_words AS w WHERE w.mention_words MATCH ? AND w.rowid > ?"
    return int(connection.exec_driver_sql(sql, (match, first_place(_second(skim.window.start)))).scalar_one())


def _asked(skim: Skim, brand: str, *more: str) -> str:
    """An expression of FTS5: mentions of the brand (and the department) with these tokens that nobody hid."""
    team = (token("team", skim.department),) if skim.department else ()
    wanted = " AND ".join(f'"{one}"' for one in (token("brand", brand), *team, *more))
    return f'facts : (({wanted}) NOT "{HIDDEN}")'


def _second(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(seconds=1)


_MOODS = (
    "SELECT x.published, x.sentiment FROM mention_words AS w "
    f'CROSS JOIN "match" AS x ON x.mention_id = (-w.rowid & {ID_MASK}) '
    "WHERE w.mention_words MATCH ? AND w.rowid > ? AND w.rowid <= ? "
    "AND x.brand_id = ? AND x.published >= ? AND x.published < ? ORDER BY w.rowid"
)


# ---- rows ------------------------------------------------------------------------------------------------------------


def some_hidden(connection: Connection, brand_id: int) -> bool:
    """Whether anything of this brand is hidden."""
    found = connection.exec_driver_sql(
        "SELECT 1 FROM triage WHERE brand_id = ? AND state = 'hidden' LIMIT 1", (brand_id,)
    )
    return found.first() is not None


def _rows(connection: Connection, skim: Skim) -> Sequence[Row[Any]]:
    window = skim.window
    values: tuple[Any, ...] = (window.brand_id, *_ends(window), RELEVANT_FROM)
    more = ""
    if skim.collected is not None:
        more = "AND x.collected >= ? AND x.collected < ? "
        values += tuple(stored(moment) for moment in skim.collected)
    return connection.exec_driver_sql(_ROWS.format(more), values).all()


def _ends(window: Window) -> tuple[int, int]:
    return stored(window.start), stored(window.end)


_ROWS = (
    "SELECT x.mention_id, x.published, x.collected, x.sentiment, x.unsure, x.confidence, x.relevance, i.facts, "
    "t.assignee, t.team, t.snoozed "
    'FROM "match" AS x CROSS JOIN indexed AS i ON i.mention_id = x.mention_id '
    "LEFT JOIN triage AS t ON t.mention_id = x.mention_id AND t.brand_id = x.brand_id "
    "WHERE x.brand_id = ? AND x.published >= ? AND x.published < ? "
    "AND (x.relevance IS NULL OR x.relevance >= ?) {}ORDER BY x.published, x.mention_id"
)


def _ratings(connection: Connection, mention_ids: Collection[int]) -> dict[int, Rating]:
    found: dict[int, Rating] = {}
    for some in slices(mention_ids):
        marks = ", ".join("?" * len(some))
        rows = connection.exec_driver_sql(
            f"SELECT id, rating, rating_max, rating_kind FROM mention WHERE id IN ({marks})", tuple(some)
        )
        found |= {id_: (rating, most, kind) for id_, rating, most, kind in rows}
    return found
