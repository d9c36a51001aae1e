"""Stories as commands and questions: who tells the same news, and what people change of it.

Arguments and results are JSON values, as of all commands (handlers.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from monitor.app import Service
from monitor.door import line
from monitor.engine.handover import Say
from monitor.errors import Refused
from monitor.mention import Mention, StoryHeard
from monitor.query.fields import label
from monitor.store import brands, meant, regrouped, stories, told
from monitor.store.heard import Window
from monitor.store.mentions import read
from monitor.store.regrouped import Change
from monitor.store.told import Told

LONGEST_NAME = 120
HEADLINE = 100
"""Characters of a lead's words that stand for it."""
MOST_SHOWN = 200
"""Mentions of one story that are listed, the oldest."""
NONE_YET = "No stories there: two mentions that tell the same news make one, as they arrive."


class Regrouping:
    """What can be asked of a service about stories."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def split(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Take mentions (ids or addresses) out of a story: they tell one of their own."""
        return await self._change(arguments, _split, int(arguments["story"]), tuple(arguments["mentions"]))

    async def merge(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Let several stories be the first of them."""
        into, *others = [int(one) for one in arguments["stories"]]
        return await self._change(arguments, regrouped.merge, into, others)

    async def name(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Call a story by a person's name; "" gives it the words of its lead back."""
        name = str(arguments["name"])
        return await self._change(arguments, regrouped.rename, int(arguments["story"]), _name(name) if name else "")

    async def undo(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Take back one change of stories, or the last."""
        number = arguments.get("change")
        return await self._change(arguments, regrouped.undo, int(number) if number else None)

    async def _change(self, arguments: Mapping[str, Any], work: Any, *more: Any) -> dict[str, Any]:
        service = self.service
        changed = partial(work, by=line(str(arguments["by"])), now=service.now())
        change: Change = await service.store.write(changed, *more)
        return {"id": change.id, "what": change.what, "stories": list(change.stories)}


def _split(connection: Connection, story: int, mentions: Sequence[str], *, by: str, now: datetime) -> Change:
    ids = [meant.mention_id(connection, asked) for asked in mentions]
    return regrouped.split(connection, story, ids, by=by, now=now)


def _name(asked: str) -> str:
    name = line(asked)
    if not any(character.isalnum() for character in name):
        raise Refused(f'"{asked}" names no story: write letters or digits.')
    if len(name) > LONGEST_NAME:
        raise Refused(f"A name has at most {LONGEST_NAME} characters, this one {len(name):,}.")
    return name


# ---- what there is ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Story:
    """A story as it is listed. Words in it are strangers'."""

    id: int
    headline: str
    """As a person calls it, else how its lead begins."""
    brands: tuple[str, ...]
    lead: int
    """The mention that was published first …"""
    source: str
    url: str
    first: datetime
    """… where, and when."""
    mentions: int
    """Published in the time that was asked for."""
    in_all: int
    """… and those before."""
    sources: tuple[str, ...]
    """Where they were found."""


@dataclass(frozen=True, slots=True)
class Member:
    """A mention of a story."""

    id: int
    source: str
    author: str
    published: datetime
    says: str
    url: str
    how: str
    """What makes it one of the story: wording, near, meaning, link, quote, person."""
    alike: float
    leads: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A story with those who tell it, the oldest first."""

    id: int
    headline: str
    size: int
    members: tuple[Member, ...]


def listed(connection: Connection, brand: str, start: datetime, end: datetime, most: int) -> tuple[Story, ...]:
    """The stories of a brand (empty: of all) that were told in this time, the most told first. Raises Refused."""
    found: dict[int, list[tuple[str, StoryHeard]]] = {}
    for name, id_ in _brands(connection, brand).items():
        for story in stories.of_window(connection, Window(id_, start, end)):
            found.setdefault(story.id, []).append((name, story))
    listed_ = [_listed(some) for some in found.values()]
    listed_.sort(key=lambda one: (-one[0].mentions, -one[0].in_all, one[0].id))
    return tuple(_with_sources(connection, one, ids) for one, ids in listed_[:most])


def _brands(connection: Connection, asked: str) -> dict[str, int]:
    known = {name: id_ for id_, name in brands.names(connection).items()}
    wanted = {name: id_ for name, id_ in known.items() if not asked or label(name) == label(asked)}
    if asked and not wanted:
        raise Refused(f'There is no brand "{asked}"; there are: {", ".join(known) or "none"}.')
    return wanted


def _listed(of_brands: Sequence[tuple[str, StoryHeard]]) -> tuple[Story, list[int]]:
    first = min((story for _, story in of_brands), key=lambda story: (story.lead.published, story.lead.id))
    ids = sorted({id_ for _, story in of_brands for id_ in story.members})
    lead = first.lead
    listed_ = Story(
        first.id, first.name or headline(lead), tuple(name for name, _ in of_brands), lead.id, lead.source, lead.url,
        lead.published, len(ids), len(ids) + max(story.before for _, story in of_brands), (),
    )  # fmt: skip
    return listed_, ids


def _with_sources(connection: Connection, one: Story, ids: Sequence[int]) -> Story:
    sources = tuple(dict.fromkeys([one.source, *stories.sources_of(connection, ids)]))
    return replace(one, sources=sources)


def headline(mention: Mention) -> str:
    """The title of a mention, or how its text begins, in one line."""
    words = " ".join((mention.title or mention.text).split())
    return words if len(words) <= HEADLINE else f"{words[: HEADLINE - 1].rstrip()}…"


def shown(connection: Connection, story: int) -> Shown:
    """One story with those who tell it. Raises Refused."""
    name = regrouped.name_of(connection, story)
    ids = told.members(connection, story, MOST_SHOWN)
    found, how = read(connection, ids), told.of_mentions(connection, ids)
    members = tuple(_member(found[id_], how[id_]) for id_ in ids)
    return Shown(story, name or headline(found[ids[0]]), how[ids[0]].size, members)


def _member(one: Mention, how: Told) -> Member:
    return Member(
        one.id, one.source, one.author, one.published, headline(one), one.url, how.how, how.alike, how.leads
    )  # fmt: skip
