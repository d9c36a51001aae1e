"""Themes as commands and questions: what is said most, in whose words, and what people change of it.

Arguments and results are JSON values, as of all commands (handlers.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from monitor.app import Service
from monitor.door import line
from monitor.engine.handover import Say, Step
from monitor.errors import Refused
from monitor.insight.usual import Place, usual_volume
from monitor.query.fields import label
from monitor.store import brands, rethemed, themes
from monitor.store.heard import Window
from monitor.store.rethemed import SWITCHES, Change
from monitor.store.themes import Known
from monitor.story.quotes import Quote
from monitor.story.themes import AKIN, akin

WEEK = timedelta(days=7)
WEEKS = 8
"""Past weeks that are shown, and say what is usual."""
DAYS = 28
"""Days that a theme's own page counts."""
LONGEST_NAME = 80
MOST_AKIN = 5
NONE_YET = (
    "No themes yet: three people who say the same within two weeks make one. `overheard run` and `overheard collect` "
    "look for them as mentions are scored."
)


class Retheming:
    """What can be asked of a service about themes."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def rename(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Call a theme by a person's name; "" gives it the name back that it had."""
        name = str(arguments["name"])
        return await self._change(arguments, rethemed.rename, int(arguments["theme"]), _name(name) if name else "")

    async def merge(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Let several themes count as the first of them."""
        into, *others = [int(one) for one in arguments["themes"]]
        return await self._change(arguments, rethemed.merge, into, others)

    async def switch(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Pin, unpin, hide or show themes again."""
        how = str(arguments["how"])
        if how not in SWITCHES:
            raise Refused(f'"{how}" is nothing that can be done to a theme; there are: {", ".join(SWITCHES)}.')
        return await self._change(arguments, rethemed.switch, how, [int(one) for one in arguments["themes"]])

    async def undo(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Take back one change of themes, or the last."""
        number = arguments.get("change")
        return await self._change(arguments, rethemed.undo, int(number) if number else None)

    async def rebuild(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Sort everything into themes anew; numbers, names and what people changed stay."""
        done = await self.service.theming.rebuild(lambda sorted_, of: say(Step("sorted", sorted_, of)))
        return {"sorted": done}

    async def _change(self, arguments: Mapping[str, Any], work: Any, *more: Any) -> dict[str, Any]:
        service = self.service
        changed = partial(work, by=line(str(arguments["by"])), now=service.now())
        return await service.store.write(_told, changed, more)


def _told(connection: Connection, work: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    change: Change = work(connection, *arguments)
    named = {one.id: one.name for one in themes.known(connection, ids=list({*change.before, *_targets(change)}))}
    return {"id": change.id, "what": change.what, "themes": {str(id_): name for id_, name in named.items()}}


def _targets(change: Change) -> list[int]:
    return [of["merged_into"] for of in change.after.values() if of.get("merged_into")]


def _name(asked: str) -> str:
    name = line(asked)
    if not any(character.isalnum() for character in name):
        raise Refused(f'"{asked}" names no theme: write letters or digits.')
    if label(name).isdigit():
        raise Refused("A name of digits alone would be taken for the number of a theme: add a word.")
    if '"' in name:
        raise Refused("No search could ask for a name with quotation marks: leave them out.")
    if len(name) > LONGEST_NAME:
        raise Refused(f"A name has at most {LONGEST_NAME} characters, this one {len(name):,}.")
    return name


# ---- what there is ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A theme as it is listed."""

    id: int
    brand: str
    name: str
    side: str
    people: int
    """Of the last seven days, as the mentions are."""
    mentions: int
    weeks: tuple[int, ...]
    """Mentions in each of the weeks before, oldest first; those before the theme's first mention are left out."""
    usual: tuple[int, int] | None
    """The range that a week usually falls in, both ends inside; None with too little history."""
    place: Place
    first: datetime
    last: datetime
    pinned: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """All themes that somebody should know of."""

    rows: tuple[Row, ...]
    akin: tuple[tuple[int, int], ...]
    """Pairs that may say the same: a person may merge them."""


def listed(connection: Connection, brand: str, now: datetime, *, everything: bool = False) -> Listed:
    """The themes of a brand, or of all, those of most people this week first. With `everything`, also the hidden ones
    and those of which nobody spoke lately. Raises Refused for an unknown brand."""
    ids = _brand_ids(connection, brand)
    found = [one for one in themes.known(connection, ids) if one.merged_into is None] if ids else []
    rows = [row for brand_id in ids for row in _rows(connection, brand_id, found, now)]
    shown = [row for row in rows if everything or (not row.hidden and (row.mentions or row.pinned))]
    shown.sort(key=lambda row: (not row.pinned, -row.people, -row.mentions, row.id))
    visible = {row.id for row in shown}
    pairs: list[tuple[int, int]] = []
    for side in {(one.brand_id, one.side, one.space) for one in found}:
        mine = [one for one in found if (one.brand_id, one.side, one.space) == side and one.id in visible]
        pairs += akin([themes.as_theme(one) for one in mine], AKIN)
    return Listed(tuple(shown), tuple(pairs[:MOST_AKIN]))


def _brand_ids(connection: Connection, brand: str) -> list[int]:
    known = brands.names(connection)
    if not brand:
        return sorted(known)
    found = [id_ for id_, name in known.items() if label(name) == label(brand)]
    if not found:
        raise Refused(f'There is no brand "{brand}"; there are: {", ".join(known.values()) or "none"}.')
    return found


def _rows(connection: Connection, brand_id: int, found: Sequence[Known], now: datetime) -> list[Row]:
    mine = [one for one in found if one.brand_id == brand_id]
    heard = {one.id: one for one in themes.of_window(connection, Window(brand_id, now - WEEK, now), most=len(mine))}
    hidden = [one.id for one in mine if one.hidden]
    weeks = [(now - back * WEEK, now - (back - 1) * WEEK) for back in range(WEEKS + 1, 0, -1)]
    counted = themes.counts(connection, [one.id for one in mine], weeks)
    lived = themes.lifetimes(connection, [one.id for one in mine])
    mine = [replace(one, first=lived[one.id][0], last=lived[one.id][1]) for one in mine]
    return [_row(one, heard.get(one.id), counted[one.id], now, one.id in hidden) for one in mine]


def _row(one: Known, heard: Any, counted: Sequence[int], now: datetime, hidden: bool) -> Row:
    past = [n for back, n in zip(range(WEEKS + 1, 1, -1), counted, strict=False) if now - (back - 1) * WEEK > one.first]
    mentions = counted[-1] if hidden or heard is None else len(heard.members)
    day = now.date()
    usual = usual_volume({day - (len(past) - at) * WEEK: n for at, n in enumerate(past)}, day)
    return Row(
        id=one.id,
        brand=one.brand,
        name=one.name,
        side=one.side,
        people=heard.people if heard else 0,
        mentions=mentions,
        weeks=tuple(past),
        usual=None if usual.basis == "none" else (int(usual.low), int(usual.high)),
        place=usual.place(mentions),
        first=one.first,
        last=one.last,
        pinned=one.pinned,
        hidden=one.hidden,
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """All of one theme."""

    row: Row
    wordings: tuple[str, ...]
    parts: tuple[tuple[int, str, int], ...]
    """(number, name, change) of the themes that were merged into it: undoing the change parts them again."""
    quotes: tuple[Quote, ...]
    days: tuple[int, ...]
    """Mentions on each of the last days, UTC hours back from now, the oldest first."""


def shown(connection: Connection, theme_id: int, now: datetime) -> Shown:
    """All of one theme; of a merged one, that of the theme it is part of. Raises Refused."""
    one = rethemed.standing(connection, theme_id)
    family = themes.known(connection, ids=list(themes.family(connection, [one.id])))
    days = [(now - timedelta(days=back), now - timedelta(days=back - 1)) for back in range(DAYS, 0, -1)]
    (row,) = _rows(connection, one.brand_id, [one], now)
    merges = rethemed.merges(connection, one.id)
    return Shown(
        row=row,
        wordings=tuple(dict.fromkeys(wording for part in family for wording in part.wordings)),
        parts=tuple((part.id, part.name, merges.get(part.id, 0)) for part in family if part.id != one.id),
        quotes=themes.quotes(connection, one.id, themes.members(connection, one.id, most=themes.QUOTED_FROM), most=4),
        days=tuple(themes.counts(connection, [one.id], days)[one.id]),
    )
