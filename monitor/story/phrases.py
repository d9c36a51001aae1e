"""The phrases that several people use: runs of words with the same meaning, whatever their order and filling.

A phrase is a run of 2 to 5 words within a sentence that begins and ends with a word that means something (a negation
may begin it). Runs with the same meaningful words have one key: "waiting on the refund", "waited for my refund" and
"refund? Still waiting" do not all look alike, and the first two do. People are counted, not posts.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from monitor.insight.words import NOT
from monitor.query.text import fold
from monitor.story.words import Word

LONGEST = 8
"""Words of a phrase, those between included."""
COVERED = 0.6
"""A phrase used mostly by people who are already under another phrase is not a comment of its own."""
LONGER = 0.7
"""People times the number of words to this power: what a phrase weighs, so that a longer one absorbs its parts."""
LONGEST_NAME = 60
_CLEAN = re.compile(r"[\w\s'’-]+")
"""What a name is made of, rather than of what else may stand between words."""

Key = tuple[str, ...]
"""The stems of a phrase, sorted."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A text cut into sentences of words, and whose it is."""

    who: str
    """Whom it counts for: its author, or the story that it is a copy of."""
    text: str
    sentences: tuple[tuple[Word, ...], ...]

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(word.stem for sentence in self.sentences for word in sentence if word.stem)


@dataclass(frozen=True, slots=True)
class Run:
    """Where a phrase stands: characters `start` to before `end`."""

    key: Key
    start: int
    end: int


def runs(cut: Cut, wanted: Collection[str] | None = None) -> Iterator[Run]:
    """Every phrase of a text, under the key of all its meaningful words and, of a longer one, under that of its first
    and last alone. With `wanted`: of words that are among these only."""
    for sentence in cut.sentences:
        places = [i for i, word in enumerate(sentence) if word.stem and (wanted is None or word.stem in wanted)]
        for at, first in enumerate(places):
            for last in places[at + 1 : at + LONGEST]:
                if last - first >= LONGEST:
                    break
                if sentence[last].stem != NOT:
                    yield from _keyed(sentence[first : last + 1])


def _keyed(run: Sequence[Word]) -> Iterator[Run]:
    start, end, ends = run[0].start, run[-1].end, {run[0].stem, run[-1].stem}
    meaning = {word.stem for word in run if word.stem}
    if len(meaning) > 1:
        yield Run(tuple(sorted(meaning)), start, end)
    if len(meaning) > 2 and len(ends) == 2 and NOT not in ends:
        yield Run(tuple(sorted(ends)), start, end)


def keys_of(cut: Cut) -> frozenset[Key]:
    """The keys of all phrases of a text."""
    return frozenset(run.key for run in runs(cut))


def people_by_stem(cuts: Iterable[Cut]) -> dict[str, set[str]]:
    """Who uses which word."""
    people: defaultdict[str, set[str]] = defaultdict(set)
    for cut in cuts:
        for stem in cut.stems:
            people[stem].add(cut.who)
    return people


def people_by_key(cuts: Sequence[Cut], least: int) -> dict[Key, set[str]]:
    """Who uses which phrase, of those that can have `least` people: of words that so many use."""
    common = {stem for stem, who in people_by_stem(cuts).items() if len(who) >= least}
    people: defaultdict[Key, set[str]] = defaultdict(set)
    for cut in cuts:
        for key in {run.key for run in runs(cut, common) if common.issuperset(run.key)}:
            people[key].add(cut.who)
    return {key: who for key, who in people.items() if len(who) >= least}


def heaviest(people: dict[Key, set[str]], most: int) -> list[Key]:
    """The phrases that weigh most, of which none is said mostly by the people of one before it; at most so many."""
    weighed = [(len(who) * len(key) ** LONGER, key, who) for key, who in people.items()]
    chosen: list[tuple[Key, set[str]]] = []
    for _, key, who in sorted(weighed, key=lambda item: (-item[0], item[1])):
        if all(len(who & other) < COVERED * len(who) for _, other in chosen):
            chosen.append((key, who))
        if len(chosen) == most:
            break
    return [key for key, _ in chosen]


def written(cut: Cut, run: Run) -> str:
    """A phrase as its writer wrote it, in one line."""
    return " ".join(cut.text[run.start : run.end].split())


def name(cuts: Iterable[Cut], found: Collection[Key]) -> str:
    """The wording of these keys that most people use, of equals the shorter, in its commonest spelling."""
    people: defaultdict[str, set[str]] = defaultdict(set)
    spelled: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for cut in cuts:
        for run in runs(cut):
            as_written = written(cut, run) if run.key in found else ""
            if as_written and len(as_written) <= LONGEST_NAME:
                people[fold(as_written)].add(cut.who)
                spelled[fold(as_written)][as_written] += 1
    if not people:
        return ""
    clean = [wording for wording in people if _CLEAN.fullmatch(wording)] or list(people)
    best = min(clean, key=lambda wording: (-len(people[wording]), len(wording), wording))
    return min(spelled[best], key=lambda spelling: (-spelled[best][spelling], spelling != spelling.lower(), spelling))


def around(cuts: Iterable[Cut], stem: str) -> str:
    """A single word in the words around it: the pair, with a neighbour, that most people write."""
    people: defaultdict[str, set[str]] = defaultdict(set)
    shown: dict[str, str] = {}
    for cut in cuts:
        for sentence in cut.sentences:
            for i, word in enumerate(sentence):
                for pair in (sentence[i - 1 : i + 1], sentence[i : i + 2]) if word.stem == stem else ():
                    if len(pair) == 2:
                        as_written = written(cut, Run((), pair[0].start, pair[1].end))
                        people[fold(as_written)].add(cut.who)
                        shown.setdefault(fold(as_written), as_written)
    best = min(people, key=lambda wording: (-len(people[wording]), len(wording), wording), default="")
    return shown.get(best, "")[:LONGEST_NAME]


def wordings(cuts: Iterable[Cut], found: Collection[Key], most: int) -> list[str]:
    """The commonest wordings of these keys, folded."""
    counted = Counter(
        wording
        for cut in cuts
        for wording in {fold(written(cut, run)) for run in runs(cut) if run.key in found}
        if len(wording) <= LONGEST_NAME
    )
    return sorted(counted, key=lambda wording: (-counted[wording], wording))[:most]
