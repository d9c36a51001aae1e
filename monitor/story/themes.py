"""What several people say of a brand in nearly the same words: which theme a comment joins, and what makes a new one.

A comment joins a theme when it uses one of its phrases, or when it means nearly the same (cosine of the embeddings) and
shares a word of its phrases. Of those that join none, a new theme is made when enough different people say the same:
in one phrase, or in other words around one word and of one meaning.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Literal

import numpy as np

from monitor.insight.words import NOT
from monitor.story import phrases
from monitor.story.phrases import Cut, Key, keys_of
from monitor.story.words import sentences

READ = 3_000
"""Characters of a text: what stands further down is not what it is about."""
LEAST = 3
"""People that make a theme of a brand of which little is said."""
CROWD = 5.0
"""… and of one of which much is said: the square root of the number of people, divided by this."""
NEAR = 0.78
"""The least cosine of a comment with the mean of a theme, to join it by meaning."""
FAR = 0.6
"""Below this cosine a comment that uses a theme's phrase speaks of something else in the same words."""
ALIKE_OF_FEW, ALIKE_OF_MANY = 0.55, 0.75
"""The least cosine of two comments that say the same around one word: of few people, and of many."""
FEW = 16
"""People. With each doubling more comments are near by chance, and the least cosine rises by ALIKE_STEP."""
ALIKE_STEP = 0.05
COHERENT = 0.1
"""So much nearer to each other than to the others are comments of one phrase: else it is only a way of speaking."""
SAME = 0.85
"""The least cosine of what is new with a theme that is there, to be the same in other words."""
EVERYWHERE = 0.1
"""A word that more people than this share use says little of what somebody means."""
MOST_NEW = 20
"""Themes made at once of one side of a brand."""
MOST_COMPARED = 1_500
"""Comments compared with each other at once: a matrix of 9 MB."""
MOST_WORDINGS = 40

TWINS = 0.94
"""The least cosine of two themes that say nearly the same, and are merged."""
AKIN = 0.85
"""… and of two that may: a person is asked."""

Side = Literal["negative", "positive", ""]


@dataclass(frozen=True)
class Comment:
    """One mention as a theme sees it."""

    id: int
    who: str
    """Whom it counts for: its author, or the story that it is a copy of."""
    text: str
    language: str
    published: datetime
    vector: np.ndarray | None = None
    """What it means: a unit vector of 384 float32; None where that is not known."""
    ignored: Collection[str] = ()
    """Stems of what is everywhere, such as the brand's own name."""

    def without_vector(self) -> Comment:
        """The same, of which nothing is known of what it means."""
        return replace(self, vector=None)

    @cached_property
    def cut(self) -> Cut:
        text = self.text[:READ]
        spoken = tuple(tuple(one) for one in sentences(text, self.language, self.ignored))
        return Cut(self.who, text, spoken, self.language[:2].lower())

    @cached_property
    def keys(self) -> frozenset[Key]:
        return keys_of(self.cut)


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme as comments are held against it."""

    id: int
    keys: frozenset[Key]
    telling: frozenset[str] = frozenset()
    """Of the words of its phrases those that not everybody uses: a comment that joins by meaning shares one."""
    centroid: np.ndarray | None = None
    """A unit vector; None where nothing is known of what its comments mean."""


@dataclass(frozen=True, slots=True)
class Founded:
    """A new theme: its name and phrases, and the comments that made it."""

    name: str
    keys: tuple[Key, ...]
    wordings: tuple[str, ...]
    telling: frozenset[str]
    comments: tuple[Comment, ...]
    by: Literal["wording", "meaning"]

    @property
    def centroid(self) -> np.ndarray | None:
        return mean_of(self.comments)


class Themes:
    """The themes of one side of one brand, made ready to hold many comments against."""

    def __init__(self, themes: Iterable[Theme]) -> None:
        self.themes = tuple(themes)
        self._by_key: defaultdict[Key, list[int]] = defaultdict(list)
        for theme in self.themes:
            for key in theme.keys:
                if len(key) > 1:
                    self._by_key[key].append(theme.id)
        self._meant = [theme for theme in self.themes if theme.centroid is not None]
        self._place = {theme.id: at for at, theme in enumerate(self._meant)}
        centroids = [theme.centroid for theme in self._meant if theme.centroid is not None]
        self._centroids = np.stack(centroids) if centroids else np.zeros((0, 0), np.float32)

    def joined(self, comment: Comment) -> dict[int, str]:
        """The ids of the themes that a comment belongs to, and how: wording, or (of at most one) meaning."""
        by_wording = {id_ for key in comment.keys for id_ in self._by_key.get(key, ()) if self._of_it(id_, comment)}
        if by_wording:
            return dict.fromkeys(sorted(by_wording), "wording")
        nearest = self._nearest(comment)
        return {nearest: "meaning"} if nearest is not None else {}

    def _of_it(self, id_: int, comment: Comment) -> bool:
        """Whether a comment with a phrase of a theme speaks of it, as far as is known of what both mean."""
        at = self._place.get(id_)
        return at is None or comment.vector is None or float(self._centroids[at] @ comment.vector) >= FAR

    def _nearest(self, comment: Comment) -> int | None:
        if comment.vector is None or not self._meant:
            return None
        cosines = self._centroids @ comment.vector
        for at in np.argsort(-cosines):
            if cosines[at] < NEAR:
                return None
            if self._meant[at].telling & comment.cut.stems:
                return self._meant[at].id
        return None


def akin(themes: Sequence[Theme], floor: float) -> list[tuple[int, int]]:
    """Pairs of themes, by their ids, the older first, that mean nearly the same and share a word; likest first.
    Where a phrase of one is part of the other's ("my refund", "waiting for my refund"), they need be no nearer
    than a comment has to be to join."""
    meant = [one for one in themes if one.centroid is not None]
    if len(meant) < 2:
        return []
    centroids = np.stack([one.centroid for one in meant if one.centroid is not None])
    cosines = np.triu(centroids @ centroids.T, 1)
    rows, columns = np.nonzero(cosines >= min(floor, NEAR))
    order = np.argsort(-cosines[rows, columns], kind="stable")
    pairs = [(meant[rows[at]], meant[columns[at]], cosines[rows[at], columns[at]]) for at in order]
    return [
        (min(one.id, other.id), max(one.id, other.id))
        for one, other, cosine in pairs
        if (cosine >= floor and one.telling & other.telling) or _nested(one, other)
    ]


def _nested(one: Theme, other: Theme) -> bool:
    """Whether a phrase of one is part of one of the other's. Where everybody says a word it tells nobody apart, and a
    day that is all about refunds founds a theme for each way to say it."""
    pairs = [(set(key), set(longer)) for key in one.keys for longer in other.keys]
    return any(key < longer or longer < key for key, longer in pairs)


def same(found: Founded, themes: Iterable[Theme]) -> int | None:
    """The theme that what was found says in other words; None where it is new."""
    centroid = found.centroid
    if centroid is None:
        return None
    near = [
        (float(theme.centroid @ centroid), -theme.id)
        for theme in themes
        if theme.centroid is not None and theme.telling & found.telling
    ]
    cosine, id_ = max(near, default=(0.0, 0))
    return -id_ if cosine >= SAME else None


def mean_of(comments: Iterable[Comment]) -> np.ndarray | None:
    """The unit vector of what comments mean together; None where nothing is known of any."""
    vectors = [one.vector for one in comments if one.vector is not None]
    return unit(np.sum(vectors, axis=0)) if vectors else None


def unit(vector: np.ndarray) -> np.ndarray:
    """A vector of length one, or of nought as it is."""
    length = float(np.linalg.norm(vector))
    scaled: np.ndarray = (vector / length if length else vector).astype(np.float32)
    return scaled


def least_people(people: int) -> int:
    """How many must say the same where so many people say something: 3 of 100, 10 of 2,500."""
    return max(LEAST, math.ceil(math.sqrt(people) / CROWD))


def least_alike(people: int) -> float:
    """The cosine from which on two comments of so many people say the same around one word."""
    doublings = math.log2(max(1.0, people / FEW))
    return min(ALIKE_OF_MANY, ALIKE_OF_FEW + ALIKE_STEP * doublings)


# ---- new ones --------------------------------------------------------------------------------------------------------


def founded(pool: Sequence[Comment], known: Collection[Key] = ()) -> list[Founded]:
    """The new themes among comments of one side of a brand that are in none, those of most people first. `known`: the
    phrases of the themes that there are: who uses one and is in none speaks of something else."""
    crowd = len({one.who for one in pool})
    use = _Use({stem: len(who) for stem, who in phrases.people_by_stem(one.cut for one in pool).items()}, crowd)
    found = list(_by_phrase(pool, use, known))
    taken = {one.id for theme in found for one in theme.comments}
    found += _by_meaning([one for one in pool if one.id not in taken], use)
    found = [theme for theme in found if theme.name]
    return sorted(found, key=lambda theme: -len({one.who for one in theme.comments}))[:MOST_NEW]


@dataclass(frozen=True, slots=True)
class _Use:
    """How many people use which word, of how many."""

    people: Mapping[str, int]
    crowd: int

    @property
    def least(self) -> int:
        return least_people(self.crowd)

    def telling(self, stems: Iterable[str]) -> frozenset[str]:
        """Those of these words that tell what somebody means: used by enough people, and not by everybody."""
        most = max(EVERYWHERE * self.crowd, 2 * self.least)
        return frozenset(stem for stem in stems if stem != NOT and self.least <= self.people.get(stem, 0) <= most)

    def of_keys(self, keys: Iterable[Key]) -> frozenset[str]:
        """The telling words of phrases; where there is none, the rarest."""
        stems = sorted({stem for key in keys for stem in key if stem != NOT})
        return self.telling(stems) or frozenset(sorted(stems, key=lambda stem: self.people.get(stem, 0))[:1])


def _by_phrase(pool: Sequence[Comment], use: _Use, known: Collection[Key]) -> Iterator[Founded]:
    people = phrases.people_by_key([one.cut for one in pool], use.least)
    people = {key: who for key, who in people.items() if key not in known}
    for key in phrases.heaviest(people, MOST_NEW):
        saying = [one for one in pool if key in one.keys]
        if len({one.who for one in saying}) >= use.least and coherent(saying, pool):
            yield _founded([key], saying, use, "wording")


def _founded(keys: Sequence[Key], saying: Sequence[Comment], use: _Use, by: Literal["wording", "meaning"]) -> Founded:
    cuts = [one.cut for one in saying]
    written = tuple(phrases.wordings(cuts, keys, MOST_WORDINGS))
    return Founded(phrases.name(cuts, keys), tuple(keys), written, use.of_keys(keys), tuple(saying), by)


def coherent(saying: Sequence[Comment], pool: Sequence[Comment]) -> bool:
    """Whether some of a pool's comments are nearer to each other than to the others, as far as their meaning is known:
    the mean cosine of all pairs of them, against that of all pairs of one of them and another."""
    mine = [one.vector for one in saying if one.vector is not None]
    inside = {one.id for one in saying}
    others = [one.vector for one in pool if one.vector is not None and one.id not in inside]
    n = len(mine)
    if n < 2 or len(others) < n:
        return True
    total = np.sum(mine, axis=0)
    within = (float(total @ total) - n) / (n * (n - 1))
    across = float(total @ np.sum(others, axis=0)) / (n * len(others))
    return within >= across + COHERENT


def _by_meaning(pool: Sequence[Comment], use: _Use) -> Iterator[Founded]:
    """Comments that are alike and share a word, though no phrase: the largest group first."""
    rest = [one for one in pool if one.vector is not None][-MOST_COMPARED:]
    if len(rest) < use.least:
        return
    vectors = np.stack([one.vector for one in rest if one.vector is not None])
    near = vectors @ vectors.T >= least_alike(use.crowd)
    left = np.ones(len(rest), bool)
    for at in np.argsort(-near.sum(axis=1), kind="stable"):
        if not left[at] or int((near[at] & left).sum()) < use.least:
            continue
        stem, group = _sharing(rest[at], [rest[i] for i in np.flatnonzero(near[at] & left)], use)
        if len({one.who for one in group}) >= use.least:
            ids = {one.id for one in group}
            left &= np.array([one.id not in ids for one in rest])
            yield _named_by(stem, group, use)


def _sharing(one: Comment, around: Sequence[Comment], use: _Use) -> tuple[str, list[Comment]]:
    """The telling word of a comment that most of those around it use, and who does."""
    groups = [
        (stem, [other for other in around if stem in other.cut.stems]) for stem in sorted(use.telling(one.cut.stems))
    ]
    return max(groups, key=lambda found: len({other.who for other in found[1]}), default=("", []))


def _named_by(stem: str, group: Sequence[Comment], use: _Use) -> Founded:
    """By the phrases with the shared word that two of them use at least, or by that word with one beside it."""
    cuts = [one.cut for one in _typical_first(group)]
    keys = [key for key in phrases.heaviest(phrases.people_by_key(cuts, 2), MOST_NEW) if stem in key][:3]
    if keys:
        return _founded(keys, group, use, "meaning")
    return Founded(phrases.around(cuts, stem), ((stem,),), (), frozenset({stem}), tuple(group), "meaning")


def _typical_first(group: Sequence[Comment]) -> list[Comment]:
    """Those nearest to what all of them mean first."""
    mean = mean_of(group)
    if mean is None:
        return list(group)
    return sorted(group, key=lambda one: -1.0 if one.vector is None else -float(one.vector @ mean))
