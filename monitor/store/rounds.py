"""Rounds of asking what became of a source's mentions: how far the present one has come, and who is next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from monitor.store.tables import MentionRow, WatchRow

WATCH = WatchRow.__table__
MENTION = MentionRow.__table__


@dataclass(frozen=True, slots=True)
class Round:
    """How far a round of asking about a source's mentions has come."""

    began: datetime | None = None
    after: int = 0
    """The last mention asked about."""
    done: bool = False
    not_before: datetime | None = None
    """There was trouble: to be asked again then."""
    doubted: Mapping[str, datetime] = field(default_factory=dict)
    """Ids at the source that it left out without a word, and since when: to be asked about once more."""

    def doubted_until(self, moment: datetime) -> list[str]:
        """Those that were left out by then."""
        return [id_ for id_, since in self.doubted.items() if since <= moment]

    def rests_until(self, now: datetime, within: timedelta) -> bool:
        """Nothing is to be asked now."""
        if self.not_before is not None and now < self.not_before:
            return True
        return self.done and self.began is not None and now < self.began + within

    def or_new(self, now: datetime, within: timedelta) -> Round:
        """This round, or the next one when this is over."""
        return Round(now, doubted=self.doubted) if self.began is None or self.done else self


def present(connection: Connection, name: str) -> Round:
    """The present round of this source."""
    stored = connection.execute(select(WATCH.c.rechecked).where(WATCH.c.name == name)).scalar() or {}
    times = {key: datetime.fromisoformat(stored[key]) for key in ("began", "not_before") if stored.get(key)}
    doubted = {id_: datetime.fromisoformat(since) for id_, since in (stored.get("doubted") or {}).items()}
    return Round(after=stored.get("after", 0), done=stored.get("done", False), doubted=doubted, **times)


def keep(connection: Connection, name: str, at: Round) -> None:
    """Remember how far it has come."""
    facts = {
        "began": at.began.isoformat() if at.began else None,
        "after": at.after,
        "done": at.done,
        "not_before": at.not_before.isoformat() if at.not_before else None,
        "doubted": {id_: since.isoformat() for id_, since in at.doubted.items()},
    }
    connection.execute(update(WATCH).where(WATCH.c.name == name).values(rechecked=facts))


def next_few(connection: Connection, scope: str, after: int, most: int) -> list[tuple[int, str]]:
    """(mention id, id at the source) of the next mentions with ids of this scope that still say something: whatever
    the source was called, or which kind it was, that brought them."""
    mine = (MENTION.c.scope == scope) & (MENTION.c.id > after) & (MENTION.c.content_hash != "")
    question = select(MENTION.c.id, MENTION.c.external_id).where(mine).order_by(MENTION.c.id).limit(most)
    return [(row.id, row.external_id) for row in connection.execute(question)]
