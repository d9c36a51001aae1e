"""Many queries at once: only those whose rarest needed word is in the text are tried.

Of each query the cheapest set of words is chosen of which every match holds one (for `gopro AND (hero OR max)` that
is `gopro`). A text's words are looked up in the index of these words, so a query that has nothing to do with the text
costs nothing. Measured by tests/bench/matching.py.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

from monitor.query.document import Document, Match
from monitor.query.matcher import Matcher
from monitor.query.narrow import AllOf, AnyOf, Need, Run, need
from monitor.query.tree import Query

Key = TypeVar("Key", bound=Hashable)

_COLUMNS = ("title", "text", "author")
_HEADS = (6, 4, 3, 2, 1)
"""Beginnings of words are looked up by so many letters."""

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


class QuerySet(Generic[Key]):
    """Queries by key, matched together."""

    def __init__(self, queries: Mapping[Key, Query]) -> None:
        self._matchers: dict[Key, Matcher] = {}
        self._anchors: dict[Key, frozenset[_Anchor]] = {}
        self._by_word: dict[str, dict[Key, None]] = {}
        self._by_head: dict[int, dict[str, dict[Key, None]]] = {}
        self._always: dict[Key, None] = {}
        for key, query in queries.items():
            self.put(key, query)

    def __len__(self) -> int:
        return len(self._matchers)

    def put(self, key: Key, query: Query) -> None:
        """Adds a query, or puts it in the place of the one that `key` had."""
        self.drop(key)
        self._matchers[key] = Matcher(query)
        wanted = need(query, _COLUMNS)
        self._anchors[key] = _anchors(wanted)[1] if wanted else frozenset()
        for anchor in self._anchors[key]:
            self._shelf(anchor).setdefault(anchor.letters, {})[key] = None
        if not wanted:
            self._always[key] = None

    def drop(self, key: Key) -> None:
        """Takes a query away, if it is there."""
        for anchor in self._anchors.pop(key, ()):
            keys = self._shelf(anchor)[anchor.letters]
            del keys[key]
            if not keys:
                del self._shelf(anchor)[anchor.letters]
        self._always.pop(key, None)
        self._matchers.pop(key, None)

    def _shelf(self, anchor: _Anchor) -> dict[str, dict[Key, None]]:
        return self._by_head.setdefault(len(anchor.letters), {}) if anchor.open else self._by_word

    def match(self, document: Document) -> dict[Key, Match]:
        """Every query that matches, with where."""
        matches = {}
        for key in self.candidates(document):
            match = self._matchers[key].match(document)
            if match is not None:
                matches[key] = match
        return matches

    def candidates(self, document: Document) -> Iterable[Key]:
        """The queries that can match: all others cannot."""
        vocabulary = document.vocabulary
        keys = dict(self._always)
        for word in self._by_word.keys() & vocabulary:
            keys.update(self._by_word[word])
        for length, heads in self._by_head.items():
            for head in heads.keys() & {word[:length] for word in vocabulary}:
                keys.update(heads[head])
        return keys


def _anchors(wanted: Need) -> tuple[float, frozenset[_Anchor]]:
    """The cheapest words of which one must be there, with what looking at them costs."""
    match wanted:
        case AllOf(parts=parts):
            return min(map(_anchors, parts), key=lambda priced: priced[0])
        case AnyOf(parts=parts):
            priced = [_anchors(part) for part in parts]
            return sum(cost for cost, _ in priced), frozenset().union(*(anchors for _, anchors in priced))
        case Run(words=words, open=is_open):
            sure = words[:-1] if is_open else words
            choices = [(_cost(word), frozenset({_Anchor(word, False)})) for word in sure]
            if is_open:
                choices.append((20 / len(words[-1]), frozenset({_Anchor(_head(words[-1]), True)})))
            return min(choices, key=lambda priced: priced[0])


def _head(word: str) -> str:
    return word[: next(length for length in _HEADS if length <= len(word))]


def _cost(word: str) -> float:
    """How often a word is to be expected, very roughly: the common ones often, long ones seldom."""
    return 100.0 if word in _COMMON else 1 + 8 / len(word)
