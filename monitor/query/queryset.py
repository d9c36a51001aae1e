"""Many queries at once: only those are tried whose rarest needed word is in the text, with the others they need.

A query is taken apart into the ways to match it. Of each way one word is looked up (for `gopro AND (hero OR max)` that
is `gopro`) and the rest is asked of the text's vocabulary (`hero` or `max`), so a query that has nothing to do with
the text costs nothing, and one that has little costs little. Measured by tests/bench/matching.py.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

from monitor.query.document import Document, Match
from monitor.query.matcher import Matcher
from monitor.query.narrow import AllOf, AnyOf, Need, Run, need
from monitor.query.tree import Query

Key = TypeVar("Key", bound=Hashable)

_COLUMNS = ("title", "text", "author")
_HEADS = (6, 4, 3, 2, 1)
"""Beginnings of words are looked up by so many letters."""
_NOTHING: frozenset[str] = frozenset()
_DULL_WORDS = 50_000
"""About as many as are in use at one time; some five megabytes."""

_COMMON_WORDS = """
a about after all also am an and any are as at back be because been but by can could day de der die do el en even
first for from get go good great had has have he her him his how i if in into is it its just know la le les like
look make man me more most my need new no not now of on one only or other our out over people really s say see she
should so some t take than that the their them then there these they thing think this time to two und up us use
very was way we well were what when which who will with work would year you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())


class _Anchor(NamedTuple):
    """A word to look up, or with `open` the beginning of one."""

    letters: str
    open: bool


class _Way(NamedTuple):
    """One way to match: a text that matches so holds the anchor, all of `words`, and one word of each of `groups`."""

    anchor: _Anchor
    words: frozenset[str]
    groups: tuple[frozenset[str], ...]


_Shelf = dict[Key, list[_Way]]
"""The queries that one anchor leads to, with the ways that begin there."""


class QuerySet(Generic[Key]):
    """Queries by key, matched together. May be asked from several threads while it is not changed."""

    def __init__(self, queries: Mapping[Key, Query]) -> None:
        self._matchers: dict[Key, Matcher] = {}
        self._ways: dict[Key, tuple[_Way, ...]] = {}
        self._by_word: dict[str, _Shelf[Key]] = {}
        self._by_head: dict[int, dict[str, _Shelf[Key]]] = {}
        self._always: dict[Key, None] = {}
        self._dull: set[str] = set()
        """Words seen in texts that lead to no query; most of all words, so they are passed over at once."""
        for key, query in queries.items():
            self.put(key, query)

    def __len__(self) -> int:
        return len(self._matchers)

    def put(self, key: Key, query: Query) -> None:
        """Adds a query, or puts it in the place of the one that `key` had."""
        self.drop(key)
        self._dull.clear()
        self._matchers[key] = Matcher(query)
        wanted = need(query, _COLUMNS)
        if wanted is None:
            self._always[key] = None
            return
        self._ways[key] = tuple(self._ways_of(wanted))
        for way in self._ways[key]:
            self._shelf(way.anchor).setdefault(way.anchor.letters, {}).setdefault(key, []).append(way)

    def drop(self, key: Key) -> None:
        """Takes a query away, if it is there."""
        for anchor in {way.anchor for way in self._ways.pop(key, ())}:
            shelf = self._shelf(anchor)
            del shelf[anchor.letters][key]
            if not shelf[anchor.letters]:
                del shelf[anchor.letters]
        self._always.pop(key, None)
        self._matchers.pop(key, None)

    def query(self, key: Key) -> Query:
        """The query of `key`. KeyError where there is none."""
        return self._matchers[key].query

    def _shelf(self, anchor: _Anchor) -> dict[str, _Shelf[Key]]:
        return self._by_head.setdefault(len(anchor.letters), {}) if anchor.open else self._by_word

    def match(self, document: Document) -> dict[Key, Match]:
        """Every query that matches, with where."""
        matches = {}
        for key in self.candidates(document):
            match = self._matchers[key].match(document)
            if match is not None:
                matches[key] = match
        return matches

    def candidates(self, document: Document) -> Collection[Key]:
        """The queries that can match: all others cannot."""
        return self.within_reach(document.vocabulary)

    @property
    def all_need_words(self) -> bool:
        """Whether there is no query that may match whatever the words are, such as one of facts alone."""
        return not self._always

    def within_reach(self, vocabulary: set[str]) -> dict[Key, None]:
        """The queries that can match a text of these words (and of no others) in its title, text and author."""
        keys = dict(self._always)
        for word in vocabulary - self._dull:
            shelves = self._shelves(word)
            if not shelves:
                self._pass_over(word)
            for shelf in shelves:
                _add_open(keys, shelf, vocabulary)
        return keys

    def _shelves(self, word: str) -> list[_Shelf[Key]]:
        shelves = [self._by_word[word]] if word in self._by_word else []
        for length, heads in self._by_head.items():
            if word[:length] in heads:
                shelves.append(heads[word[:length]])
        return shelves

    def _pass_over(self, word: str) -> None:
        if len(self._dull) >= _DULL_WORDS:
            self._dull.clear()
        self._dull.add(word)

    def _ways_of(self, wanted: Need) -> list[_Way]:
        """The ways to fulfil a need, by the cheapest anchors."""
        match wanted:
            case Run():
                return [self._way_of(wanted)]
            case AnyOf(parts=parts):
                return [way for part in parts for way in self._ways_of(part)]
            case AllOf(parts=parts):
                offers = [self._ways_of(part) for part in parts]
                cheapest = min(range(len(parts)), key=lambda at: sum(self._cost(way.anchor) for way in offers[at]))
                rest = [offer for at, offer in enumerate(offers) if at != cheapest]
                words = frozenset().union(*(_all_words(ways[0]) for ways in rest if len(ways) == 1))
                groups = tuple(group for ways in rest if len(ways) > 1 and (group := _one_each(ways)))
                return [_Way(anchor, words.union(own), groups + others) for anchor, own, others in offers[cheapest]]

    def _way_of(self, run: Run) -> _Way:
        sure = run.words[:-1] if run.open else run.words
        anchors = [_Anchor(word, False) for word in sure]
        if run.open:
            anchors.append(_Anchor(_head(run.words[-1]), True))
        anchor = min(anchors, key=self._cost)
        return _Way(anchor, frozenset(sure) - {anchor.letters} if not anchor.open else frozenset(sure), ())

    def _cost(self, anchor: _Anchor) -> float:
        """How often it is to be expected, very roughly (common words often, long ones seldom), and by how many queries
        it is looked up already: what all brands of a trade ask for tells none of them."""
        letters = anchor.letters
        often = 20 / len(letters) if anchor.open else 100.0 if letters in _COMMON else 1 + 8 / len(letters)
        return often + len(self._shelf(anchor).get(letters, ())) / 8


def _add_open(keys: dict[Key, None], shelf: _Shelf[Key], vocabulary: set[str]) -> None:
    """Adds the queries of which a way is open: its other words are there, too."""
    for key, ways in shelf.items():
        for _, words, groups in ways:
            if words <= vocabulary and not any(map(vocabulary.isdisjoint, groups)):
                keys[key] = None
                break


def _all_words(way: _Way) -> frozenset[str]:
    return way.words if way.anchor.open else way.words | {way.anchor.letters}


def _one_each(ways: Iterable[_Way]) -> frozenset[str]:
    """Words of which a text holds one whichever of the ways it takes; none where there are no such."""
    chosen = set()
    for way in ways:
        words = [way.anchor.letters] if not way.anchor.open else sorted(way.words)
        if not words:
            return _NOTHING
        chosen.add(words[0])
    return frozenset(chosen)


def _head(word: str) -> str:
    return word[: next(length for length in _HEADS if length <= len(word))]
