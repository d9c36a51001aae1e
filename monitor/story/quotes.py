"""Quotes: what several people say, in the words of two of them, cut at the ends of sentences and words. Extractive."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.query.text import SENTENCE_END
from monitor.story.phrases import Cut, Key, Run, runs
from monitor.story.themes import Comment

LONGEST = 220
"""Characters of a quote."""
READABLE = 90
"""… and of one that is read at a glance."""
APART = 0.8
"""How much a second quote loses for saying what the first one says: the cosine of the two, times this."""
WITH_PHRASE = 0.3
"""What a quote gains by holding the very phrase."""
UNREADABLE = 0.3
"""What one loses that is as long as may be, or as short."""
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's own words, and whose. Words left out at either end are marked by an ellipsis, and white space is one
    space; nothing else is changed."""

    mention: int
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    comment: Comment
    text: str
    worth: float


def quotes(
    comments: Sequence[Comment],
    authors: Sequence[str],
    keys: Collection[Key],
    centroid: np.ndarray | None = None,
    most: int = 2,
) -> tuple[Quote, ...]:
    """The sentences that say best what these comments say together, each by somebody else, and different ones.

    `authors`: of each comment. Near the centroid, with a phrase of the theme in it and of readable length comes first;
    after that, what differs from those chosen (maximal marginal relevance, Carbonell and Goldstein 1998).
    """
    left = [_candidate(one, keys, centroid) for one in comments]
    named = {one.id: author for one, author in zip(comments, authors, strict=True)}
    chosen: list[_Candidate] = []
    while left and len(chosen) < most:
        best = max(left, key=lambda one: (one.worth - _said_already(one, chosen), -one.comment.id))
        chosen.append(best)
        left = [
            one
            for one in left
            if one.comment.who != best.comment.who
            and named[one.comment.id].casefold() != (named[best.comment.id].casefold() or None)
            and one.text.casefold() != best.text.casefold()
        ]
    return tuple(Quote(one.comment.id, named[one.comment.id], one.text) for one in chosen)


def _said_already(one: _Candidate, chosen: Sequence[_Candidate]) -> float:
    vectors = [other.comment.vector for other in chosen if other.comment.vector is not None]
    if one.comment.vector is None or not vectors:
        return 0.0
    return APART * max(float(one.comment.vector @ other) for other in vectors)


def _candidate(comment: Comment, keys: Collection[Key], centroid: np.ndarray | None) -> _Candidate:
    cut = comment.cut
    found = min((run for run in runs(cut) if run.key in keys), key=lambda run: run.end - run.start, default=None)
    text = excerpt(cut, found)
    near = float(comment.vector @ centroid) if comment.vector is not None and centroid is not None else 0.0
    readable = min(1.0, abs(len(text) - READABLE) / READABLE)
    return _Candidate(comment, text, near + (WITH_PHRASE if found else 0.0) - UNREADABLE * readable)


def excerpt(cut: Cut, run: Run | None) -> str:
    """The sentence with the phrase, or the longest of a text that has none, in one line and at most LONGEST long."""
    start, end = _sentence(cut.text, run)
    if run is None or end - start <= LONGEST:
        return shortened(cut.text[start:end], LONGEST)
    return _around(cut.text, start, end, run)


def _sentence(text: str, run: Run | None) -> tuple[int, int]:
    """Where the sentence of a phrase stands; of no phrase, the longest that can be shown whole, or the first."""
    places = [(start, end) for start, end in _sentences(text) if text[start:end].strip()] or [(0, len(text))]
    if run is not None:
        return next((place for place in places if place[0] <= run.start < place[1]), places[0])
    whole = [place for place in places if place[1] - place[0] <= LONGEST]
    return max(whole, key=lambda place: place[1] - place[0], default=places[0])


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for end in [*(match.end() for match in SENTENCE_END.finditer(text)), len(text)]:
        if end > start:
            yield start, end
        start = end


def _around(text: str, start: int, end: int, run: Run) -> str:
    """As much of a long sentence as may be shown, with the phrase in it, from word to word."""
    room = max(0, LONGEST - 4 - (run.end - run.start))
    first = max(start, run.start - room // 2)
    last = min(end, run.end + room - (run.start - first))
    if first > start:
        spaces = [match.end() for match in _SPACES.finditer(text, first, run.start)]
        first = spaces[0] if spaces else run.start if " " in text[start:end] else first
    if last < end:
        spaces = [match.start() for match in _SPACES.finditer(text, run.end, last)]
        last = spaces[-1] if spaces else run.end if " " in text[start:end] else last
    shown = " ".join(text[first:last].split())
    return f"{'… ' if first > start else ''}{shown}{' …' if last < end else ''}"


def shortened(text: str, most: int) -> str:
    """At most so many characters of a text, in one line, cut between words."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut[most // 2 :] else cut} …"
