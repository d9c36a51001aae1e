"""Which stored texts may be copies of a new one: looked up by key, week by week, at a cost that does not grow.

A text's keys (story/signature.py) stand in the week of its publishing, so that what is written and what is asked lie
in a few pages however much is stored. A copy is looked for in the week before and after, too; who links to an address,
or stands at it, in some more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

Place = tuple[int, int]
"""A week, counted since 1970, and a key."""

NEIGHBOURS = 1
"""Weeks before and after in which copies are looked for, and …"""
NEIGHBOURS_AT = 4
"""… what stands at an address, or links to it."""
A_KEY = 8
"""So many that have a key are looked at, the newest: a form that thousands fill in costs no more than others."""

_WEEK = 7 * 86_400 * 1_000_000


def week_of(published: int) -> int:
    """The week of a time in microseconds since 1970."""
    return published // _WEEK


def around(week: int, keys: Iterable[int], neighbours: int = NEIGHBOURS) -> list[Place]:
    """Where copies of what was published in this week stand."""
    weeks = range(week - neighbours, week + neighbours + 1)
    return [(near, key) for near in weeks for key in keys]


def put(connection: Connection, rows: Iterable[tuple[Place, int]]) -> None:
    """Write down where mentions stand."""
    # In the order of the table: each of its pages is then written once.
    wanted = sorted((week, key, mention_id) for (week, key), mention_id in rows)
    if wanted:
        connection.exec_driver_sql("INSERT OR IGNORE INTO band (week, key, mention_id) VALUES (?, ?, ?)", wanted)


def take_out(connection: Connection, rows: Iterable[tuple[Place, int]]) -> None:
    """Mentions stand there no more."""
    gone = [(week, key, mention_id) for (week, key), mention_id in rows]
    if gone:
        connection.exec_driver_sql("DELETE FROM band WHERE week = ? AND key = ? AND mention_id = ?", gone)


def at(connection: Connection, places: Iterable[Place]) -> dict[Place, Sequence[int]]:
    """Who stands at these places, in one question; a place where nobody does is left out."""
    wanted = sorted(set(places))
    if not wanted:
        return {}
    rows = connection.exec_driver_sql(_AT, (json.dumps(wanted),)).all()
    return {(week, key): [int(id_) for id_ in ids.split(",")] for week, key, ids in rows}


_AT = f"""
WITH found AS MATERIALIZED (
  SELECT week, key, (
    SELECT group_concat(mention_id) FROM (
      SELECT mention_id FROM band WHERE band.week = asked.week AND band.key = asked.key
      ORDER BY mention_id DESC LIMIT {A_KEY}
    )
  ) AS ids
  FROM (SELECT json_extract(value, '$[0]') AS week, json_extract(value, '$[1]') AS key FROM json_each(?)) AS asked
)
SELECT week, key, ids FROM found WHERE ids IS NOT NULL
"""
