"""Where a reading stands that goes page by page from the newest entry back to where the last one began.

For services that hand out a token with each page. The old edge is raised only when it was reached, so that a crash, a
refusal or a list that breaks off repeats pages and loses none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

FIRST_PAGES = 20
"""Pages of the very first walk: what is older comes only when asked for (`overheard sources backfill --since`)."""
MOST_PAGES = 1_000
"""No walk is longer: a list that turns in circles must end somewhere."""
SHORT_WALKS = 8
"""So many walks in a row may break off before the old edge; after that what is missing is given up, and told."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Times are whole seconds since 1970; 0 stands for none."""

    edge: int = 0
    """Up to here all was read by earlier walks."""
    since: int = 0
    """How far back somebody asked to go, where nothing was read yet."""
    newest: int = 0
    """The newest entry of this walk: the next edge."""
    at: str = ""
    """Token of the next page; empty for the first."""
    head: str = ""
    """Id of this walk's first entry: where it comes again, the list has begun anew."""
    pages: int = 0
    read: int = 0
    """Entries of this walk."""
    short: int = 0
    """Walks in a row that broke off."""

    @classmethod
    def of(cls, kept: object) -> Self:
        """From what `as_json` gave; a fresh one from anything else."""
        known = kept if isinstance(kept, Mapping) else {}
        kinds = {field.name: type(field.default) for field in fields(cls)}
        return cls(**{name: known[name] for name, kind in kinds.items() if type(known.get(name)) is kind})

    def as_json(self) -> dict[str, Any]:
        """What is worth keeping in a cursor."""
        return {name: value for name, value in asdict(self).items() if value}

    def after(self, times: Sequence[int], ids: Sequence[str], token: str) -> Walk:
        """One page further."""
        return replace(
            self,
            newest=max([self.newest, *times]),
            at=token,
            head=self.head or (ids[0] if ids else ""),
            pages=self.pages + 1,
            read=self.read + len(ids),
        )

    def reaches(self, times: Sequence[int], *, last: bool = False) -> bool:
        """A page with these times leads past the old edge, or as far back as asked. `last`: there is no further page.

        What is exactly as old as the edge may go on, on the next page.
        """
        oldest = min(times, default=0)
        return bool(self.goal and oldest) and (oldest < self.goal or (last and oldest == self.goal))

    def repeats(self, ids: Sequence[str]) -> bool:
        """A page with these ids was there before."""
        return self.pages > 0 and bool(self.head) and self.head in ids

    @property
    def goal(self) -> int:
        """The time to go back to, 0 where the newest pages are enough."""
        return self.edge or self.since

    @property
    def is_enough(self) -> bool:
        """It has gone far enough without meeting an edge."""
        return self.pages >= (MOST_PAGES if self.goal else FIRST_PAGES)

    def ended(self) -> Walk:
        """All was read: the next walk ends where this one began."""
        return Walk(edge=max(self.edge, self.newest), since=0 if self.newest else self.since)

    def broke_off(self) -> Walk:
        """The list ended before the old edge: the next walk tries again from the top, unless that was the last try."""
        return (
            self.ended() if self.is_given_up else replace(Walk(short=self.short + 1), edge=self.edge, since=self.since)
        )

    @property
    def is_given_up(self) -> bool:
        """If this walk breaks off, what lies between is lost."""
        return self.short + 1 >= SHORT_WALKS


def in_turn(names: Sequence[str], first: object) -> list[str]:
    """The names from `first` on, all round: a poll that was cut short is followed by one that begins where it ended."""
    start = names.index(first) if isinstance(first, str) and first in names else 0
    return [*names[start:], *names[:start]]
