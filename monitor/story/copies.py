"""Whether two texts are copies: the same, or one made of the other by hands that changed, added and cut words.

Their words decide, in three questions. Does the smaller text stand in the other (containment of pairs of words), so
that what was put around it and cut from it does not count? Does the beginning of one stand in the other, so that two
press releases with the same last paragraph stay apart? And do they tell the same event: where the words of one are
replaced by others, are these numbers, names, days or opposites in the place of others? A template with another city is
another event; a word changed here and there is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from monitor.story.facts import capitals_tell, has_digit, opposed, tells
from monitor.story.wording import Wording

LONG = 12
"""Words from which on two people do not write the same text by chance."""
LONG_HEADLINE = 8
"""… and two newsrooms the same article."""
CONTAINED = 0.45
CONTAINED_SHORT = 0.6
SHORT = 40
"""The least share of the pairs of words of the smaller text that stand in the other one; of a text of fewer words than
SHORT, in which a template is most of it, more."""
CONTAINED_AT_HOME = 0.85
"""… of two texts by the same hand: who repeats a form fills it with something new."""
BEGINS = 0.5
"""The least share of the pairs of a beginning that stand in the other text."""
RELATED = 0.6
"""The least share of the longer words of the smaller text that stand in the other one at the same address."""
OPENING = 12
"""Words in which an article says which one it is: part 2, episode 272, version 3.1."""
OTHER_EVENT = 0.34
"""The least share of replacements that are facts for facts, from which on it is another event."""
COMPARED = 200
"""Words of each text that are laid side by side, from where they first agree."""
SHORT_SWAP = 4
"""A longer stretch that differs was rewritten: its facts are not in the places of others."""


def alike(one: Wording, other: Wording, *, long: int = LONG, at_home: bool = False) -> float:
    """How surely two texts are copies: 1 for the same words, above 0 for copies, 0 for others.

    `long`: words that both have at least. `at_home`: one hand wrote both.
    """
    length = min(one.length, other.length)
    if length < long:
        return 0.0
    if one.folded == other.folded:
        return 1.0
    least = CONTAINED_AT_HOME if at_home else CONTAINED_SHORT if length < SHORT else CONTAINED
    contained = len(one.pairs & other.pairs) / min(len(one.pairs), len(other.pairs))
    if contained < least or not _begins(one, other):
        return 0.0
    return 0.0 if other_event(one, other) else contained


def related(one: Wording, other: Wording) -> bool:
    """Whether two texts speak of one thing, as those at one address should: a headline and its article, an article and
    its newer form. The reports of a page that has no address for each do not."""
    small, large = sorted((_longer_words(one), _longer_words(other)), key=len)
    return len(small & large) >= RELATED * len(small) and not (_new_number(one, other) and _new_number(other, one))


def _longer_words(wording: Wording) -> frozenset[str]:
    return frozenset(word for word in wording.folded if len(word) > 3) or frozenset(wording.folded)


def _begins(one: Wording, other: Wording) -> bool:
    """Whether how one begins stands anywhere in the other."""
    return any(
        len(mine.lead & theirs.pairs) >= BEGINS * len(mine.lead) for mine, theirs in ((one, other), (other, one))
    )


def other_event(one: Wording, other: Wording) -> bool:
    """Whether two texts with much in common tell of different things."""
    if _new_number(one, other) and _new_number(other, one):
        return True
    facts = words = 0
    for mine, theirs in _replaced(one, other):
        if _swapped(one, mine, other, theirs):
            facts += 1
        elif mine and theirs:
            words += 1
    return facts > 0 and facts >= OTHER_EVENT * (facts + words)


def _new_number(one: Wording, other: Wording) -> bool:
    """Whether a text opens with a number that the other one has nowhere."""
    known = set(other.folded)
    return any(has_digit(word) and word not in known for word in one.folded[:OPENING])


def _swapped(one: Wording, mine: Sequence[int], other: Wording, theirs: Sequence[int]) -> bool:
    """Whether facts stand in the place of facts, or a word in the place of its opposite."""
    if max(len(mine), len(theirs)) > SHORT_SWAP:
        return False
    if opposed([one.folded[at] for at in mine], [other.folded[at] for at in theirs]):
        return True
    return _new_fact(one, mine, other) and _new_fact(other, theirs, one)


def _new_fact(one: Wording, places: Sequence[int], other: Wording) -> bool:
    """Whether there is a fact at these places that the other text tells nowhere."""
    plain = capitals_tell(one.words)
    known = set(other.folded)
    return any(tells(one.words[at], plain=plain) and one.folded[at] not in known for at in places)


def _replaced(one: Wording, other: Wording) -> Iterator[tuple[range, range]]:
    """The stretches in which two texts differ between words that they share, by their places."""
    matcher = SequenceMatcher(None, one.folded[:COMPARED], other.folded[:COMPARED], autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    for before, after in pairwise(blocks):
        yield range(before.a + before.size, after.a), range(before.b + before.size, after.b)
