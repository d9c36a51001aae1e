"""Queries of other monitors, written as ours: what is kept, what means something else here, what is left out. Pure.

A dialect is one file with a table of fields; add its row to DIALECTS.
"""

from __future__ import annotations

from monitor.query.borrowed.brandwatch import BRANDWATCH
from monitor.query.borrowed.listed import Listed, queries_in
from monitor.query.borrowed.meltwater import MELTWATER
from monitor.query.borrowed.rewrite import Borrowed, Change, grouped, rewrite
from monitor.query.borrowed.talkwalker import TALKWALKER

DIALECTS = {dialect.name: dialect for dialect in (BRANDWATCH, TALKWALKER, MELTWATER)}
"""By the names of the monitors that write them."""


def borrowed(text: str, dialect: str) -> Borrowed:
    """The query `text` of the monitor `dialect` as ours. QueryError where its quotes or brackets do not fit."""
    return rewrite(text, DIALECTS[dialect])


__all__ = ["DIALECTS", "Borrowed", "Change", "Listed", "borrowed", "grouped", "queries_in"]
