"""What a brand's query keeps out on purpose: it was collected and names the brand, but the query's NOT holds for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from monitor.query.document import Document
from monitor.query.matcher import Matcher
from monitor.query.parse import parse
from monitor.query.tree import And, Not, Query
from monitor.store.columns import stored

LOOKED_AT = 2_000
"""So many of the newest candidates are tried: a tenth of a second."""


def excluded(connection: Connection, query: str, start: datetime, end: datetime) -> int:
    """How many were collected from `start` to before `end` that only the NOT of this query keeps out; of very many
    candidates those among the newest."""
    wide = _without_not(query)
    if wide is None:
        return 0
    times = (stored(moment) for moment in (start, end))
    rows = connection.exec_driver_sql(_CANDIDATES, (*times, LOOKED_AT))
    matcher = Matcher(wide)
    return sum(matcher.match(_document(json.loads(row.item))) is not None for row in rows)


def _without_not(query: str) -> Query | None:
    """What the query asks for; None where it leaves nothing out."""
    read = parse(query) if query.strip() else None
    if read is None or not isinstance(read.root, And):
        return None
    wanted = tuple(part for part in read.root.parts if not isinstance(part, Not))
    if len(wanted) in (0, len(read.root.parts)):
        return None
    return replace(read, root=wanted[0] if len(wanted) == 1 else And(wanted))


def _document(item: Mapping[str, Any]) -> Document:
    title, text, author, url, lang, kind = (item.get(name) or "" for name in _WORDS)
    return Document(title=title, text=text, author=author, url=url, lang=lang, kind=kind)


_WORDS = ("title", "text", "author", "url", "lang", "kind")


_CANDIDATES = (
    "SELECT item FROM candidate WHERE collected >= ? AND collected < ? ORDER BY collected DESC, id DESC LIMIT ?"
)
