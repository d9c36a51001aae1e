"""Who is who from one poll of a feed to the next: an entry keeps its first id, whatever the feed does to its own. Pure.

An entry says in three ways who it is: by its guid, its link and its words. What was seen lately is remembered in the
cursor, with the id that it got first, and a window is held against that:

1. Two things that agree make it the same entry: words and guid, words and link, or a guid and one of link, title, text,
   time that no other entry has, or a link and such a time. So an edit keeps its id, and so does what got another guid
   or another link.
2. Else the first that it has decides, down the ladder guid, link, words.
3. What a feed is caught lying about is no longer believed, and the ladder begins below it. Guids, or links, *churn*
   where more than half of a window has new ones, and of those at least four fifths say what is known already: they are
   believed again after three polls with news in which they held. Guids are *reused* where a known one comes with
   another link, title, text and time, and it is no edit: the old entry stands elsewhere in the window, or had left it,
   or has a link of its own, or most of the window is like that. Then they are never believed again.
4. A link that entries with different words share (the homepage) says nothing.

What is not recognised is new. Its id is the first thing on the ladder that is believed and no other entry's id.

So where neither guid nor link lasts, those who say the same are one, and an edit is a new entry: nobody could tell.
"""

from __future__ import annotations

import binascii
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Any, NamedTuple

from sources.base import Item, Problem
from sources.reading.identity import bounded, content_hash
from sources.reading.links import canonical

LEAST_KNOWN, MOST_KNOWN, WINDOWS_KNOWN = 50, 1_000, 3
"""Entries remembered: three windows, within these bounds; never fewer than before."""
NEWS_UNTIL_BELIEVED = 3
FOR_GOOD = 0
SAMPLE = 100
"""Ids remembered of a window whose ids are the service's own."""


class Claims(NamedTuple):
    """What an entry says of itself, each as a short hash; empty where it does not."""

    guid: str
    link: str
    title: str
    text: str
    time: str

    @property
    def words(self) -> str:
        """All that it says."""
        return f"{self.title}.{self.text}"

    def says(self, words: str) -> bool:
        """It says this, and this is something: two photos without a word have nothing in common."""
        return self.words == words != "."


class Known(NamedTuple):
    """An entry seen before: the id that it got first, and what it said of itself last."""

    id: str
    claims: Claims


@dataclass(frozen=True, slots=True)
class Memory:
    """What is kept from one poll to the next."""

    known: tuple[Known, ...] = ()
    """Those of the last window first."""
    last: int = 0
    """How many the last window held."""
    doubts: Mapping[str, int] = field(default_factory=dict)
    """What is not believed ("guid", "link"): in how many polls with news it has yet to hold; nought is for good."""

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Memory:
        """From what `as_json` gave; from nothing on the first poll."""
        known = tuple(Known(id_, Claims(*claims)) for id_, *claims in kept.get("known", ()))
        return cls(known, kept.get("last", 0), kept.get("doubts", {}))

    def as_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        known = [[one.id, *one.claims] for one in self.known]
        return {"known": known, "last": self.last} | ({"doubts": dict(self.doubts)} if self.doubts else {})


@dataclass(frozen=True, slots=True)
class Recognised:
    """A window's entries under ids that last."""

    items: tuple[Item, ...]
    memory: Memory
    problems: tuple[Problem, ...] = ()
    missed: bool = False
    """Nothing in it is known, though there was a window before."""


def recognise(items: Sequence[Item], memory: Memory, *, part: bool = False) -> Recognised:
    """The entries of a reply, each once and with the id that it got when it was first seen. A `part` of a window (what
    is new, sent by itself) joins the last one, and says nothing of how the feed does as a whole."""
    window = _Window(items, memory, part)
    if not part:
        window.doubt_what_churns()
    window.join_what_agrees()
    window.doubt_what_is_reused()
    window.climb_down()
    return window.result()


def overlap(ids: Iterable[str], before: Sequence[str]) -> tuple[list[str], bool]:
    """For ids that need no memory: the window's sample to keep, and whether it overlaps nothing of the one before.

    A sample is the lowest hashes, so that two samples of one window are the same in whatever order it comes.
    """
    hashes = sorted({_short(id_) for id_ in ids})
    return hashes[:SAMPLE], bool(hashes and before and not set(before) & set(hashes))


class _Window:
    """The entries of one reply, on their way to be recognised."""

    def __init__(self, items: Sequence[Item], memory: Memory, part: bool) -> None:
        self.items, self.memory, self.part, self.doubts = items, memory, part, dict(memory.doubts)
        self.claims = [_claims_of(item) for item in items]
        self.believed = self._what_is_believed()
        self.same: dict[int, Known] = {}
        self.bearer: dict[str, int] = {}
        """Id to place, of every entry whose id is settled."""
        self.new: dict[int, str] = {}
        self.known_by: dict[str, dict[str, list[Known]]] = {
            name: _index(memory.known, name) for name in (*Claims._fields, "words")
        }
        self.count = {name: Counter(getattr(one, name) for one in self.claims) for name in self.known_by}

    def doubt_what_churns(self) -> None:
        for name in ("guid", "link"):
            if self._churns(name) and self.doubts.get(name) != FOR_GOOD:
                self._doubt(name, NEWS_UNTIL_BELIEVED)

    def _churns(self, name: str) -> bool:
        # What stands there twice under one address is one; what is said under several addresses tells nobody apart.
        each = {(one.link or place, one.words): one for place, one in enumerate(self.claims)}.values()
        fresh = [one for one in each if getattr(one, name) and getattr(one, name) not in self.known_by[name]]
        said = Counter(one.words for one in each)
        familiar = [one for one in fresh if self._is_said_before(one) and said[one.words] == 1]
        return 2 * len(fresh) > len(each) and 5 * len(familiar) >= 4 * len(fresh)

    def join_what_agrees(self) -> None:
        """Strongest first, so that a weak likeness takes nobody from whom it belongs to."""
        agreements: tuple[Callable[[Claims], Iterator[Known]], ...] = (
            lambda mine: (one for one in self._with("guid", mine) if one.claims.says(mine.words)),
            lambda mine: (one for one in self._with("link", mine) if one.claims.says(mine.words)),
            lambda mine: (one for one in self._with("guid", mine) if self._is_alike(one.claims, mine)),
            lambda mine: (one for one in self._with("link", mine) if self._is_alike(one.claims, mine, "time")),
        )
        for agreeing in agreements:
            for place, mine in self._open():
                self._join(place, agreeing(mine))

    def doubt_what_is_reused(self) -> None:
        doubtful = [
            (mine, one)
            for _, mine in self._open()
            for one in self._with("guid", mine)
            if not self._is_again(mine, [one])
        ]
        before = {one.id for one in self.memory.known[: self.memory.last]}
        most = len(doubtful) > 2 and 2 * len(doubtful) > len(self.claims)
        if most or any(
            one.id in self.bearer
            or one.id not in before
            or self._is_said_before(mine)
            or (mine.link and one.claims.link and mine.link != one.claims.link)
            for mine, one in doubtful
        ):
            self._doubt("guid", FOR_GOOD)

    def climb_down(self) -> None:
        """Who agrees with nobody is who its first believed claim says, else new."""
        taken = {one.id for one in self.memory.known}
        for place, mine in list(self._open()):
            rung = "guid" if mine.guid else "link" if mine.link else "words"
            if not self._join(place, self._with(rung, mine)) and not self._is_again(mine, self._with(rung, mine)):
                self._name(place, mine, taken)

    def _is_again(self, mine: Claims, candidates: Iterable[Known]) -> bool:
        """It stands in this window already, with the same words."""
        places = [self.bearer[one.id] for one in candidates if one.id in self.bearer]
        return any(self.claims[place].words == mine.words for place in places)

    def _name(self, place: int, mine: Claims, taken: set[str]) -> None:
        item = self.items[place]
        by_words = content_hash(item.title, item.text)
        ladder = [item.id] * bool(mine.guid) + [bounded(canonical(item.url))] * bool(mine.link) + [by_words]
        others = (content_hash(item.title, item.text, item.id, str(number)) for number in count())
        for identifier in chain(ladder, others):
            place_of_same = self.bearer.get(identifier)
            if place_of_same is not None and self.claims[place_of_same].words == mine.words:
                return  # the same entry a second time
            if place_of_same is None and identifier not in taken:
                self.bearer[identifier] = place
                self.new[place] = identifier
                return

    def result(self) -> Recognised:
        ids = {place: one.id for place, one in self.same.items()} | self.new
        places = sorted(ids)
        seen = tuple(Known(ids[place], self.claims[place]) for place in places)
        left = tuple(one for one in self.memory.known if one.id not in self.bearer)
        room = min(max(LEAST_KNOWN, len(self.memory.known), WINDOWS_KNOWN * len(seen)), MOST_KNOWN)
        churning = any(left for left in self.doubts.values())
        window = {one.id for one in (*seen, *(self.memory.known[: self.memory.last] if self.part else ()))}
        return Recognised(
            items=tuple(_under(ids[place], self.items[place]) for place in places),
            memory=Memory((*seen, *left)[:room], min(len(window), room), self._doubts_left()),
            problems=tuple(self._problems()),
            missed=bool(seen and self.memory.last and not self.same and not churning and not self.part),
        )

    def _doubts_left(self) -> dict[str, int]:
        if not self.new:
            return self.doubts
        held = {
            name: all(
                getattr(one.claims, name) == getattr(self.claims[place], name) for place, one in self.same.items()
            )
            for name in self.doubts
        }
        after = {name: left - (1 if left and held[name] else 0) for name, left in self.doubts.items()}
        return {name: left for name, left in after.items() if left or self.doubts[name] == FOR_GOOD}

    def _problems(self) -> Iterator[Problem]:
        by = "words" if "link" in self.doubts else "links and words"
        if self.doubts.get("guid") == FOR_GOOD:
            yield Problem(
                "entries", f"the feed gives ids of old entries to new ones: they are told apart by their {by}"
            )
        elif "guid" in self.doubts:
            yield Problem("entries", f"the feed changes the ids of its entries: they are told apart by their {by}")
        elif "link" in self.doubts and not all(one.guid for one in self.claims):
            yield Problem("entries", "the feed changes the links of its entries: they are told apart by their words")

    def _open(self) -> Iterator[tuple[int, Claims]]:
        """Place and believed claims of each entry that is not recognised yet."""
        return ((place, one) for place, one in enumerate(self.believed) if place not in self.same)

    def _doubt(self, name: str, until: int) -> None:
        self.doubts[name] = until
        self.believed = self._what_is_believed()

    def _what_is_believed(self) -> list[Claims]:
        """The claims without what is doubted, and without links that tell nobody apart."""
        believed = (
            [one._replace(**dict.fromkeys(self.doubts, "")) for one in self.claims] if self.doubts else self.claims
        )
        spoken: dict[str, set[str]] = defaultdict(set)
        for one in believed:
            if not one.guid:
                spoken[one.link].add(one.words)
        return [one if one.guid or len(spoken[one.link]) == 1 else one._replace(link="") for one in believed]

    def _is_said_before(self, mine: Claims) -> bool:
        return any(one.claims.says(mine.words) for one in self._with("words", mine))

    def _with(self, name: str, mine: Claims) -> Iterator[Known]:
        """The known entries that say the same of themselves as this one, those seen last first."""
        value = getattr(mine, name)
        return iter(self.known_by[name].get(value, ()) if value else ())

    def _is_alike(self, one: Claims, mine: Claims, *names: str) -> bool:
        """They have something in common that no other entry has."""
        return any(
            value and value == getattr(one, name) and self.count[name][value] == len(self.known_by[name][value]) == 1
            for name in names or ("link", "title", "text", "time")
            if (value := getattr(mine, name))
        )

    def _join(self, place: int, candidates: Iterable[Known]) -> bool:
        one = next((one for one in candidates if one.id not in self.bearer), None)
        if one is not None:
            self.same[place] = one
            self.bearer[one.id] = place
        return one is not None


def _under(identifier: str, item: Item) -> Item:
    return item if item.id == identifier else replace(item, id=identifier)


def _index(known: Iterable[Known], name: str) -> dict[str, list[Known]]:
    found: dict[str, list[Known]] = defaultdict(list)
    for one in known:
        if value := getattr(one.claims, name):
            found[value].append(one)
    return dict(found)


def _claims_of(item: Item) -> Claims:
    link = canonical(item.url)
    is_guid = item.id not in (link, bounded(link), content_hash(item.title, item.text))
    return Claims(
        guid=_short(item.id if is_guid else ""),
        link=_short(link.partition("://")[2]),  # a feed that moves to https stays the same
        title=_short(item.title),
        text=_short(item.text),
        time=_short(item.published.isoformat() if item.published else ""),
    )


def _short(text: str) -> str:
    """48 bits of a hash, as eight signs."""
    if not text:
        return ""
    digest = hashlib.blake2b(text.encode("utf-8", errors="surrogatepass"), digest_size=6).digest()
    return binascii.b2a_base64(digest, newline=False).decode("ascii")
