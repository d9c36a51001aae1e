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
_CLEAN = re.compile(r"(?:[\w\s'’-]|(?<=\d)[.,](?=\d))+")
"""What a name is made of, rather than of what else may stand between words."""
_MYSELF = re.compile(r"I\b")
MOST_AROUND = 5
"""Words of the name of a theme that is known by one."""

Key = tuple[str, ...]
"""The stems of a phrase, sorted."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A text cut into sentences of words, and whose it is."""

    who: str
    """Whom it counts for: its author, or the story that it is a copy of."""
    text: str
    sentences: tuple[tuple[Word, ...], ...]
    language: str = ""

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
    """The wording of these keys that most people use, of equals that of fewest words, in its commonest spelling."""
    said = _Said()
    for cut in cuts:
        said.add(cut, (run for run in runs(cut) if run.key in found))
    clean = [wording for wording in said.people if _CLEAN.fullmatch(wording)] or list(said.people)
    best = min(clean, key=lambda one: (-len(said.people[one]), len(one.split()), len(one), one), default="")
    return said.spelled(best)


def around(cuts: Sequence[Cut], stem: str) -> str:
    """A single word in the words around it: the longest of three or more that half of the people share ("where is my
    refund"); else the first phrase with it, of people's own ("no answer about my refund"); else the pair that most
    people write. `cuts`: the most typical first."""
    said = _Said()
    for cut in cuts:
        said.add(cut, _windows(cut, stem))
    most = len({cut.who for cut in cuts})
    shared = [one for one, who in said.people.items() if len(who) > 1 and 2 * len(who) >= most]
    telling = [one for one in shared if len(one.split()) > 2 and _CLEAN.fullmatch(one)]
    if telling:
        return said.spelled(max(telling, key=lambda one: (len(one.split()), len(said.people[one]), one)))
    for cut in cuts:
        own = name([cut], [run.key for run in runs(cut) if stem in run.key])
        if own and _CLEAN.fullmatch(own):
            return own
    return said.spelled(max(said.people, key=lambda one: (len(said.people[one]), -len(one), one), default=""))


def _windows(cut: Cut, stem: str) -> Iterator[Run]:
    """Two to five words, this one among them, of which the last means something; or a pair of any."""
    for sentence in cut.sentences:
        for at in (i for i, word in enumerate(sentence) if word.stem == stem):
            for first in range(max(0, at - MOST_AROUND + 1), at + 1):
                for last in range(max(at, first + 1), min(len(sentence), first + MOST_AROUND)):
                    if sentence[last].stem or last == first + 1:
                        yield Run((stem,), sentence[first].start, sentence[last].end)


class _Said:
    """Wordings, folded: who uses each, and how it is spelled."""

    def __init__(self) -> None:
        self.people: defaultdict[str, set[str]] = defaultdict(set)
        self._spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, cut: Cut, found: Iterable[Run]) -> None:
        for run in found:
            as_written = written(cut, run)
            if len(as_written) <= LONGEST_NAME:
                self.people[fold(as_written)].add(cut.who)
                self._spellings[fold(as_written)][_within(cut, run)] += 1

    def spelled(self, wording: str) -> str:
        """The commonest spelling, of equals that in small letters."""
        all_ = self._spellings[wording]
        return min(all_, key=lambda one: (-all_[one], one != one.lower(), one), default="")


def _within(cut: Cut, run: Run) -> str:
    """A phrase as its writer would write it within a sentence: "Waiting for it" at the beginning of one without its
    capital letter. German keeps it: nouns have one anywhere."""
    as_written, before = written(cut, run), cut.text[: run.start].rstrip(" \t\"'“”‘(*_-")
    begins = not before or before[-1] in ".!?…:\r\n"
    alone = as_written == as_written.capitalize() and not _MYSELF.match(as_written)
    return as_written[:1].lower() + as_written[1:] if begins and alone and cut.language != "de" else as_written


def wordings(cuts: Iterable[Cut], found: Collection[Key], most: int) -> list[str]:
    """The commonest wordings of these keys, folded."""
    counted = Counter(
        wording
        for cut in cuts
        for wording in {fold(written(cut, run)) for run in runs(cut) if run.key in found}
        if len(wording) <= LONGEST_NAME
    )
    return sorted(counted, key=lambda wording: (-counted[wording], wording))[:most]
