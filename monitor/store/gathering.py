"""Stories as they arrive: who tells the same news.

A new mention is held against the few that its keys find (bands.py); those whose words, address or links say that they
tell the same news become one story. Grouped, never deleted. Who published first leads, also where that one came last.
What a person has split or merged stays so.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from monitor.store import bands
from monitor.store.bands import Place, around, week_of
from monitor.store.slices import slices
from monitor.store.told import PERSON, add, members, of_mentions, remove, unite
from monitor.story.copies import LONG, LONG_HEADLINE, alike, related
from monitor.story.links import canonical, linked
from monitor.story.signature import address_key, keys
from monitor.story.wording import Wording

LOOKED_AT = 8
"""So many others are compared with a new text at most, those that share the most keys."""
REPLACED = 8
"""So many others of a story are found by their keys in the place of one that went."""
PIECE = 5_000
"""Of what is stored already, so many are seen to in one transaction."""
QUOTED = 0.9
"""How sure a link to another mention is: less so than its own address."""

WORDING, NEAR, LINK, QUOTE = "wording", "near", "link", "quote"
PUBLISHED_AS_ONE = ("article", "post")
"""Kinds that have an address of their own; those of reviews are often one and the same."""


@dataclass(frozen=True)
class Text:
    """What is needed of a stored mention to tell its story."""

    id: int
    kind: str
    source_kind: str
    url: str
    title: str
    text: str
    author: str
    published: int
    """Microseconds since 1970."""
    extra: Mapping[str, Any]

    @cached_property
    def wording(self) -> Wording:
        return Wording.of(self.title, self.text)

    @cached_property
    def address(self) -> str:
        """Where it stands, where that is its own."""
        return canonical(self.url) if self.kind in PUBLISHED_AS_ONE else ""

    @cached_property
    def links(self) -> tuple[str, ...]:
        found = linked(self.text, self.extra, self.source_kind) if self.kind != "article" else ()
        return tuple(address for address in found if address != self.address)

    @property
    def long(self) -> int:
        """Words from which on its copies are no chance."""
        return LONG_HEADLINE if self.kind == "article" else LONG


# ---- as they arrive --------------------------------------------------------------------------------------------------


def join(connection: Connection, ids: Sequence[int]) -> None:
    """Find the stories of these mentions, which are stored and tell none yet, and write down where they are found.

    Of any number; the cost of each does not depend on how much is stored.
    """
    for some in slices(ids):
        _join(connection, list(texts(connection, some).values()))


def _join(connection: Connection, new: Sequence[Text]) -> None:
    signed = _signed(new)
    standing = bands.at(connection, (place for one in signed for place in one.asked))
    here: dict[Place, list[int]] = defaultdict(list)
    known = {one.text.id: one.text for one in signed}
    found = [_found(one, standing) for one in signed]
    known |= texts(connection, {id_ for ids in found for id_ in ids}.difference(known))
    held: list[tuple[Place, int]] = []
    for one, stored in zip(signed, found, strict=True):
        others = dict.fromkeys([*_found(one, here), *stored])
        copies = list(_copies(one, [known[id_] for id_ in others if id_ in known]))
        _tell(connection, one.text, copies)
        # The very same words are found by those that were there before.
        repeated = any(copy.how == WORDING for copy in copies)
        for place in one.at if repeated else (*one.at, *one.words):
            here[place] = [one.text.id, *here[place][: bands.A_KEY - 1]]
            held.append((place, one.text.id))
    bands.put(connection, held)


@dataclass(frozen=True)
class _Signed:
    """A text and its places: where it stands by its words and its addresses, and where others are asked for."""

    text: Text
    words: tuple[Place, ...]
    at: tuple[Place, ...]
    asked: tuple[Place, ...]


def _signed(texts_: Sequence[Text]) -> list[_Signed]:
    return [
        _placed(text, of_words) for text, of_words in zip(texts_, keys([one.wording for one in texts_]), strict=True)
    ]


def _placed(text: Text, of_words: Sequence[int]) -> _Signed:
    week = week_of(text.published)
    of_words = of_words if text.wording.length >= text.long else ()
    stands, links_to = _address_keys("at", [text.address]), _address_keys("to", text.links)
    asked = [*stands, *_address_keys("to", [text.address]), *_address_keys("at", text.links)]
    return _Signed(
        text,
        tuple((week, key) for key in of_words),
        tuple((week, key) for key in (*stands, *links_to)),
        (*around(week, of_words), *around(week, asked, bands.NEIGHBOURS_AT)),
    )


def _address_keys(what: str, addresses: Iterable[str]) -> list[int]:
    return [address_key(f"{what} {address}") for address in addresses if address]


def _found(one: _Signed, standing: Mapping[Place, Sequence[int]]) -> list[int]:
    """Who shares the most of its keys, the most first, of equals the newest."""
    shared = Counter(id_ for place in one.asked for id_ in standing.get(place, ()) if id_ != one.text.id)
    if not shared:
        return []
    return sorted(shared, key=lambda id_: (-shared[id_], -id_))[:LOOKED_AT]


@dataclass(frozen=True, slots=True)
class Copy:
    """Another mention that tells the same, what makes it so, and how sure that is."""

    id: int
    how: str
    alike: float


def _copies(one: _Signed, others: Sequence[Text]) -> Iterator[Copy]:
    """Those that tell the same; no others after one with the very same words, which has found them before."""
    for other in others:
        if copy := _copy(one.text, other):
            yield copy
            if copy.how == WORDING:
                return


def _copy(one: Text, other: Text) -> Copy | None:
    at_home = bool(one.author) and one.author == other.author
    sure = alike(one.wording, other.wording, long=min(one.long, other.long), at_home=at_home)
    if sure:
        return Copy(other.id, WORDING if sure == 1.0 and one.wording.folded == other.wording.folded else NEAR, sure)
    if one.address and one.address == other.address and related(one.wording, other.wording):
        return Copy(other.id, LINK, 1.0)
    if (one.address and one.address in other.links) or (other.address and other.address in one.links):
        return Copy(other.id, QUOTE, QUOTED)
    return None


def _tell(connection: Connection, text: Text, copies: Sequence[Copy]) -> None:
    """The mention and its copies are one story from now on, but for stories that a person took apart."""
    if not copies:
        return
    best = max(copies, key=lambda copy: (copy.alike, -copy.id))
    story = add(connection, text.id, best.id, best.how, best.alike)
    for copy in copies:
        if copy is not best:
            story = unite(connection, story, copy.id, copy.how, copy.alike)


# ---- as they change --------------------------------------------------------------------------------------------------


def leave(connection: Connection, ids: Iterable[int], *, for_good: bool) -> None:
    """These mentions are about to say something else, or (`for_good`) nothing any more: they tell no story with their
    old words. What a person has put where it is stays there through an edit."""
    wanted = list(texts(connection, ids).values())
    for one in _signed(wanted):
        bands.take_out(connection, ((place, one.text.id) for place in (*one.words, *one.at)))
    told = of_mentions(connection, [text.id for text in wanted])
    gone = [id_ for id_, one in told.items() if for_good or one.how != PERSON]
    # Of the same words only the first has keys. Asked before they leave: what one alone tells is no story any more.
    left = {
        id_
        for story in {told[id_].story for id_ in gone}
        for id_ in members(connection, story, REPLACED + len(gone))
        if id_ not in told
    }
    remove(connection, gone)
    signed = _signed(list(texts(connection, left).values()))
    bands.put(connection, ((place, one.text.id) for one in signed for place in one.words))


def follow_edits(connection: Connection, ids: Sequence[int]) -> None:
    """These mentions say something else now: they are found by it, and tell the story of it."""
    told = of_mentions(connection, ids)
    join(connection, [id_ for id_ in ids if id_ not in told])
    kept = list(texts(connection, told).values())
    bands.put(connection, ((place, one.text.id) for one in _signed(kept) for place in (*one.words, *one.at)))


def fill(connection: Connection) -> bool:
    """Find the stories of some thousands of those that came in before stories were told; whether there are more. How
    far it came is kept: who is stopped goes on from there."""
    found = connection.exec_driver_sql("SELECT value FROM setting WHERE key = ?", (_FILLED,)).scalar()
    last = json.loads(found) if found else 0
    if last is True:
        return False
    some = _after(connection, last)
    join(connection, some)
    kept = json.dumps(some[-1] if some else True)
    connection.exec_driver_sql(
        "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        (_FILLED, kept),
    )
    return bool(some)


_FILLED = "stories"


def _after(connection: Connection, last: int) -> list[int]:
    sql = "SELECT id FROM mention WHERE id > ? AND content_hash != '' ORDER BY id LIMIT ?"
    return list(connection.exec_driver_sql(sql, (last, PIECE)).scalars())


def texts(connection: Connection, ids: Iterable[int]) -> dict[int, Text]:
    """The mentions with these ids of which something is left, ascending."""
    found: dict[int, Text] = {}
    for some in slices(sorted(ids)):
        marks = ", ".join("?" * len(some))
        rows = connection.exec_driver_sql(_TEXTS.format(marks), tuple(some))
        for id_, kind, source_kind, url, title, text, author, published, extra in rows:
            decoded = json.loads(extra)
            found[id_] = Text(id_, kind, source_kind, url, title, text, author, published, decoded)
    return found


_TEXTS = (
    "SELECT id, kind, source_kind, url, title, text, author, published, extra FROM mention "
    "WHERE id IN ({}) AND content_hash != '' ORDER BY id"
)
