"""How many by the hour: what spikes are looked for in. Counts come from the rollups, from themes and from ratings."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from monitor.mention import SourceHealth
from monitor.store.columns import EPOCH, MICROSECOND, instant, stored
from monitor.store.matches import RELEVANT_FROM
from monitor.store.rollups import SLOT, slot_of

HOUR = timedelta(hours=1)
_SLOTS = HOUR // SLOT
_LIKELY = "(m.relevance IS NULL OR m.relevance >= :least)"
LOW = 2
"""Stars: as `rating:<=2` finds them."""
UNSORTED = 500
"""So many mentions may wait for their themes at any time."""

Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Span:
    """Hours from `start` on, a multiple of a quarter of an hour."""

    start: datetime
    hours: int

    @property
    def end(self) -> datetime:
        return self.start + self.hours * HOUR


def by_label(connection: Connection, brand_id: int, span: Span) -> dict[str, Counts]:
    """Label to how many an hour, of all that a brand's rollups count."""
    first = slot_of(span.start)
    rows = connection.exec_driver_sql(
        f"SELECT label, (slot - :first) / {_SLOTS} AS hour, sum(n) FROM rollup "
        "WHERE brand_id = :brand AND slot >= :first AND slot < :end GROUP BY label, hour",
        {"brand": brand_id, "first": first, "end": first + span.hours * _SLOTS},
    )
    return _filled(rows, span)


def first_hours(connection: Connection, brand_id: int) -> dict[str, datetime]:
    """Source to the time of its first mention of a brand."""
    rows = connection.exec_driver_sql(
        "SELECT label, min(slot) FROM rollup WHERE brand_id = ? AND label LIKE 'source:%' AND n > 0 GROUP BY label",
        (brand_id,),
    )
    return {label.partition(":")[2]: EPOCH + slot * SLOT for label, slot in rows}


def by_theme(connection: Connection, brand_id: int, theme_ids: Collection[int], span: Span) -> dict[int, Counts]:
    """Theme to how many of a brand's likely mentions an hour; what was merged into it is its own."""
    marks = ", ".join(map(str, theme_ids)) or "NULL"
    rows = connection.exec_driver_sql(
        "SELECT coalesce(t.merged_into, t.id) AS root, (i.published - :start) / :hour AS at, "
        "count(DISTINCT i.mention_id) "
        "FROM theme AS t CROSS JOIN in_theme AS i ON i.theme_id = t.id "
        'CROSS JOIN "match" AS m ON m.mention_id = i.mention_id AND m.brand_id = :brand '
        f"WHERE (t.id IN ({marks}) OR t.merged_into IN ({marks})) "
        f"AND i.published >= :start AND i.published < :end AND {_LIKELY} GROUP BY root, at",
        {"brand": brand_id, **_bounds(span.start, span.end)},
    )
    return _filled(rows, span)


def busiest_themes(
    connection: Connection, brand_id: int, since: datetime, most: int
) -> list[tuple[int, str, datetime]]:
    """(number, name, first) of a brand's themes that most mentions belong to, pinned ones before all."""
    rows = connection.exec_driver_sql(
        "SELECT t.id, CASE WHEN t.named <> '' THEN t.named ELSE t.name END, t.created, "
        "(SELECT count(*) FROM in_theme AS i WHERE i.theme_id = t.id AND i.published >= :since) AS n "
        "FROM theme AS t WHERE t.brand_id = :brand AND NOT t.hidden AND t.merged_into IS NULL "
        "ORDER BY t.pinned DESC, n DESC, t.id LIMIT :most",
        {"brand": brand_id, "since": stored(since), "most": most},
    )
    return [(id_, name, instant(created)) for id_, name, created, n in rows if n]


def is_sorting(connection: Connection) -> bool:
    """Whether more waits to be sorted into themes than comes in a moment: after an update, or an import."""
    sql = f"SELECT 1 FROM theme_due LIMIT 1 OFFSET {UNSORTED}"
    return connection.exec_driver_sql(sql).first() is not None


@dataclass(frozen=True, slots=True)
class NewTheme:
    """A theme that came up."""

    id: int
    brand_id: int
    name: str
    first: datetime
    last: datetime
    created: datetime


def new_themes(connection: Connection, brand_id: int, since: datetime, first: datetime) -> list[NewTheme]:
    """What a brand's mentions complain of (or speak of, where nothing is scored) since `since`, and began to after
    `first`."""
    rows = connection.exec_driver_sql(
        "SELECT t.id, CASE WHEN t.named <> '' THEN t.named ELSE t.name END, t.first, t.last, t.created FROM theme AS t "
        "WHERE t.brand_id = :brand AND t.created > :since AND t.first >= :first AND t.side <> 'positive' "
        "AND NOT t.hidden AND t.merged_into IS NULL ORDER BY t.id",
        {"brand": brand_id, "since": stored(since), "first": stored(first)},
    )
    return [NewTheme(id_, brand_id, name, *map(instant, times)) for id_, name, *times in rows]


def low_ratings(connection: Connection, brand_id: int, span: Span) -> Counts:
    """How many likely reviews an hour are bad ones."""
    rows = connection.exec_driver_sql(
        "SELECT '', (m.published - :start) / :hour AS at, count(*) "
        'FROM "match" AS m CROSS JOIN mention AS s ON s.id = m.mention_id '
        "WHERE m.brand_id = :brand AND m.published >= :start AND m.published < :end "
        f"AND s.rating <= {LOW} AND {_LIKELY} GROUP BY at",
        {"brand": brand_id, **_bounds(span.start, span.end)},
    )
    return _filled(rows, span).get("", np.zeros(span.hours))


@dataclass(frozen=True, slots=True)
class Listening:
    """Since when a source shows everything, as far as is known."""

    name: str
    began: datetime | None


def listening(connection: Connection) -> list[Listening]:
    """The sources that are configured."""
    rows = connection.exec_driver_sql("SELECT name, began, reaches_back FROM watch ORDER BY name")
    return [Listening(name, instant(back or began) if back or began else None) for name, began, back in rows]


def unheard(connection: Connection, since: datetime) -> list[SourceHealth]:
    """The sources that have failed since then at least, and that nobody has paused."""
    rows = connection.exec_driver_sql(
        "SELECT name, kind, failing_since, failures, error, advice FROM watch "
        "WHERE state IN ('failing', 'off') AND held IS NULL AND failing_since <= ? ORDER BY name",
        (stored(since),),
    )
    return [
        SourceHealth(row.name, row.kind, "failing", failures=row.failures, failing_since=instant(row.failing_since),
                     error=row.error, advice=row.advice)
        for row in rows
    ]  # fmt: skip


# ---- the mentions behind a number ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Which:
    """What a brand's mentions in a window have in common."""

    brand_id: int
    start: datetime
    end: datetime
    sentiment: str = ""
    source: str = ""
    theme: int = 0
    low_rating: bool = False
    without: tuple[str, ...] = ()
    """Sources that are left out."""


def those(connection: Connection, which: Which, most: int) -> list[int]:
    """The newest of these likely mentions, newest first."""
    more = {
        "m.sentiment = :sentiment": which.sentiment,
        "s.source = :source": which.source,
        "EXISTS (SELECT 1 FROM in_theme AS i JOIN theme AS t ON t.id = i.theme_id "
        "WHERE i.mention_id = m.mention_id AND coalesce(t.merged_into, t.id) = :theme)": which.theme,
        f"s.rating <= {LOW}": which.low_rating,
        "s.source NOT IN (SELECT value FROM json_each(:without))": which.without,
    }
    conditions = "".join(f" AND {sql}" for sql, asked in more.items() if asked)
    rows = connection.exec_driver_sql(
        'SELECT m.mention_id FROM "match" AS m CROSS JOIN mention AS s ON s.id = m.mention_id '
        f"WHERE m.brand_id = :brand AND m.published >= :start AND m.published < :end AND {_LIKELY}{conditions} "
        "ORDER BY m.published DESC, m.mention_id DESC LIMIT :most",
        {
            "brand": which.brand_id,
            "sentiment": which.sentiment,
            "source": which.source,
            "theme": which.theme,
            "without": _listed(which.without),
            "most": most,
            **_bounds(which.start, which.end),
        },
    )
    return [row.mention_id for row in rows]


def teams(connection: Connection, brand_id: int, mention_ids: Sequence[int]) -> dict[str, int]:
    """Department to how many of these mentions are its own."""
    rows = connection.exec_driver_sql(
        "SELECT team, count(*) FROM triage WHERE brand_id = ? AND team <> '' "
        "AND mention_id IN (SELECT value FROM json_each(?)) GROUP BY team ORDER BY count(*) DESC, team",
        (brand_id, _listed(mention_ids)),
    )
    return dict(map(tuple, rows))


def _listed(values: Sequence[Any]) -> str:
    return json.dumps(list(values))


def _bounds(start: datetime, end: datetime) -> Mapping[str, Any]:
    return {"start": stored(start), "end": stored(end), "hour": HOUR // MICROSECOND, "least": RELEVANT_FROM}


def _filled(rows: Any, span: Span) -> dict[Any, Counts]:
    found: dict[Any, Counts] = defaultdict(lambda: np.zeros(span.hours))
    for key, hour, n in rows:
        found[key][hour] += max(0, n)
    return dict(found)
