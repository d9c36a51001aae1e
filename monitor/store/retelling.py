"""Stories in other words: once it is known what a mention means, it joins who tells the same news otherwise worded.

The embeddings of what came at about the same time say which may be; the facts of both texts decide (story/retold.py).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sqlalchemy import Connection

from monitor.store import likeness
from monitor.store.gathering import LOOKED_AT, PUBLISHED_AS_ONE, Text, texts
from monitor.store.told import add, of_mentions
from monitor.story.retold import LONG, MEANS_THE_LIKE, retold
from monitor.story.wording import Wording

REACH = 4_096
"""So many mentions that came before and after are asked."""
SOON = 3 * 86_400 * 1_000_000
"""So far apart, in microseconds, both were published at most."""
MEANING = "meaning"


def retell(connection: Connection, space: str, meant: Mapping[int, np.ndarray | None]) -> None:
    """Of these mentions (id to the vector of what it means), those that tell no story yet and are long enough join who
    tells the same in other words, among those that came at about the same time."""
    told = of_mentions(connection, meant)
    free = texts(connection, [id_ for id_, vector in meant.items() if vector is not None and id_ not in told])
    wanted = {id_: vector for id_, one in free.items() if _may_retell(one) and (vector := meant[id_]) is not None}
    near = likeness.near(connection, space, wanted, REACH, MEANS_THE_LIKE)
    others = texts(connection, {id_ for found in near.values() for id_, _ in found[:LOOKED_AT]})
    usual = _of_brands(connection) if others else frozenset()
    for id_, found in sorted(near.items()):
        for other, cosine in found[:LOOKED_AT]:
            if id_ in of_mentions(connection, [id_]):
                break
            if other in others and _retells(free[id_], others[other], usual):
                add(connection, id_, other, MEANING, min(cosine, 1.0))


def _may_retell(one: Text) -> bool:
    """What customers say of one thing in like words is a theme, no story."""
    return one.kind in PUBLISHED_AS_ONE and one.wording.length >= LONG


def _retells(one: Text, other: Text, usual: frozenset[str]) -> bool:
    return (
        _may_retell(other)
        and abs(one.published - other.published) <= SOON
        and not (one.author and one.author == other.author)
        and retold(one.wording, other.wording, usual)
    )


def _of_brands(connection: Connection) -> frozenset[str]:
    """The words of all brands' names, folded: every text has them."""
    names = connection.exec_driver_sql("SELECT name FROM brand").scalars()
    return frozenset(word for name in names for word in Wording.of("", name).folded)
