"""Which themes mentions are in, and which mentions are to be sorted into themes (again)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection


def of_mentions(connection: Connection, mention_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Mention to what a query calls its themes: the number and the name of each, also of hidden ones. A few hundred at
    most."""
    marks = ", ".join("?" * len(mention_ids))
    found: dict[int, list[str]] = defaultdict(list)
    for mention_id, theme_id, name in connection.exec_driver_sql(_OF_MENTIONS.format(marks), tuple(mention_ids)):
        found[mention_id] += [str(theme_id), name]
    return {id_: tuple(dict.fromkeys(labels)) for id_, labels in found.items()}


_OF_MENTIONS = """
SELECT i.mention_id, root.id, CASE WHEN root.named <> '' THEN root.named ELSE root.name END
FROM in_theme AS i JOIN theme AS t ON t.id = i.theme_id JOIN theme AS root ON root.id = coalesce(t.merged_into, t.id)
WHERE i.mention_id IN ({}) ORDER BY i.mention_id, root.id
"""


def sort_again(connection: Connection, mention_ids: Collection[int]) -> None:
    """Something that decides on the themes of these mentions has changed: the words, the brands, what is felt."""
    ids = [(mention_id,) for mention_id in sorted(set(mention_ids))]
    if ids:
        connection.exec_driver_sql("INSERT INTO theme_due (mention_id) VALUES (?)", ids)


def leave(connection: Connection, mention_id: int, brand_id: int) -> None:
    """A mention is of a brand no more, or says something else: it is in none of its themes."""
    connection.exec_driver_sql(
        "DELETE FROM in_theme WHERE mention_id = ? AND theme_id IN (SELECT id FROM theme WHERE brand_id = ?)",
        (mention_id, brand_id),
    )
    connection.exec_driver_sql("DELETE FROM loose WHERE mention_id = ? AND brand_id = ?", (mention_id, brand_id))
    sort_again(connection, [mention_id])
