"""Stories among what is stored: who tells the same news, read for whoever asks. (gathering.py finds them.)"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection

from sqlalchemy import Connection

from monitor.mention import StoryHeard
from monitor.store.columns import stored
from monitor.store.heard import Window
from monitor.store.matches import RELEVANT_FROM
from monitor.store.mentions import read
from monitor.store.slices import slices


def of_window(connection: Connection, window: Window) -> tuple[StoryHeard, ...]:
    """What a brand's likely mentions in the window tell together with another one, the most told first.

    Who was hidden, or does not speak of the brand, tells nothing. A mention published after the window is not counted:
    what one has told by its end, and another after it, is no story yet.
    """
    start, end = stored(window.start), stored(window.end)
    brand = {"brand": window.brand_id, "least": RELEVANT_FROM}
    rows = connection.exec_driver_sql(_TOLD_BEFORE, {**brand, "start": start, "end": end})
    members, before, leads = defaultdict[int, list[int]](list), defaultdict[int, int](int), dict[int, int]()
    for story_id, mention_id, published in rows:
        leads.setdefault(story_id, mention_id)
        if published < start:
            before[story_id] += 1
        else:
            members[story_id].append(mention_id)
    told = [id_ for id_, inside in members.items() if len(inside) + before[id_] > 1]
    told.sort(key=lambda id_: (-len(members[id_]), -before[id_], id_))
    lead = read(connection, [leads[id_] for id_ in told])
    names = _names(connection, told)
    return tuple(StoryHeard(id_, names[id_], lead[leads[id_]], tuple(members[id_]), before[id_]) for id_ in told)


# Oldest first, so that the first of each story leads it. The inner question walks the window alone; a story's members
# are then found by its number.
_LIKELY = (
    "(m.relevance IS NULL OR m.relevance >= :least) AND NOT EXISTS (SELECT 1 FROM triage AS x "
    "WHERE x.mention_id = m.mention_id AND x.brand_id = m.brand_id AND x.state = 'hidden')"
)
_TOLD_BEFORE = f"""
WITH inside AS MATERIALIZED (
  SELECT DISTINCT t.story_id FROM "match" AS m CROSS JOIN told AS t ON t.mention_id = m.mention_id
  WHERE m.brand_id = :brand AND m.published >= :start AND m.published < :end AND {_LIKELY}
)
SELECT t.story_id, m.mention_id, m.published
FROM inside CROSS JOIN told AS t ON t.story_id = inside.story_id
CROSS JOIN "match" AS m ON m.mention_id = t.mention_id AND m.brand_id = :brand
WHERE m.published < :end AND {_LIKELY}
ORDER BY m.published, m.mention_id
"""


def _names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """Story to what people call it; empty where nobody named it."""
    marks = ", ".join("?" * len(ids))
    rows = connection.exec_driver_sql(f"SELECT id, name FROM story WHERE id IN ({marks})", tuple(ids))
    return {row.id: row.name for row in rows}


def sources_of(connection: Connection, ids: Collection[int]) -> tuple[str, ...]:
    """The sources that these mentions came through, those of most of them first."""
    counted: Counter[str] = Counter()
    for some in slices(ids):
        marks = ", ".join("?" * len(some))
        sql = f"SELECT source, count(*) FROM mention WHERE id IN ({marks}) GROUP BY source"
        for source, n in connection.exec_driver_sql(sql, tuple(some)):
            counted[source] += n
    return tuple(sorted(counted, key=lambda source: (-counted[source], source)))
