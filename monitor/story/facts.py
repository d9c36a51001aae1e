"""Words that tell one event from another: numbers, names, days, and opposites such as rise and fall."""

from __future__ import annotations

from collections.abc import Collection, Sequence

_DAYS = """
monday tuesday wednesday thursday friday saturday sunday
january february march april june july august september october november december q1 q2 q3 q4 million billion
"""
_NUMBERS = """
today tomorrow yesterday tonight may spring summer autumn winter
one two three four five six seven eight nine ten eleven twelve dozen twenty thirty forty fifty hundred thousand
first second third fourth fifth last half double triple
"""
_NEGATIONS = "not no never none nothing without denies denied deny refuses refused refuse"
_OPPOSITES = """
rise rises rose rising risen up gain gains gained climb climbs climbed jump jumps jumped surge surges surged soar soars
soared grow grows grew increase increases increased higher raise raises raised beat beats |
fall falls fell falling fallen down lose loses lost drop drops dropped slip slips slipped plunge plunges plunged sink
sinks sank shrink shrinks shrank decrease decreases decreased lower cut cuts miss misses missed

open opens opened opening launch launches launched start starts started begin begins began introduce introduces
introduced add adds added hire hires hired restore restores restored resume resumes resumed fix fixes fixed release
releases released |
close closes closed closing discontinue discontinues discontinued stop stops stopped end ends ended remove removes
removed fire fires fired sack sacks sacked recall recalls recalled suspend suspends suspended break breaks broke cancel
cancels cancelled

buy buys bought acquire acquires acquired win wins won accept accepts accepted approve approves approved back backs
backed join joins joined |
sell sells sold divest divests divested lost reject rejects rejected block blocks blocked oppose opposes opposed leave
leaves left quit quits

love loves loved best good great excellent happy recommend better works working |
hate hates hated worst bad terrible awful unhappy avoid worse fails failing

before early earlier sooner | after late later
"""


def _sides() -> dict[str, frozenset[tuple[int, int]]]:
    """Word to where it stands: which opposition, which side of it."""
    found: dict[str, set[tuple[int, int]]] = {}
    for number, opposition in enumerate(_OPPOSITES.strip().split("\n\n")):
        for side, words in enumerate(opposition.split("|")):
            for word in words.split():
                found.setdefault(word, set()).add((number, side))
    return {word: frozenset(places) for word, places in found.items()}


_DATED, _DENIED, _SIDES = frozenset(_DAYS.split()), frozenset(_NEGATIONS.split()), _sides()
_NAMED = _DATED | frozenset(_NUMBERS.split())


def is_date(folded: str) -> bool:
    """Whether a folded word is a day of the week or a month, or says that a number is large; in English."""
    return folded in _DATED


def tells(word: str, *, plain: bool) -> bool:
    """Whether a word, as written, is a number, a name or a day. `plain`: capitals mean something where it stands."""
    return has_digit(word) or word.casefold() in _NAMED or (plain and word[0].isupper() and len(word) > 1)


def rises_and_falls(some: Collection[str], others: Collection[str]) -> bool:
    """Whether something rises in folded words of one side that falls in those of the other, and neither has both."""
    mine, theirs = (
        {side for word in words for number, side in _SIDES.get(word, ()) if number == 0} for words in (some, others)
    )
    return len(mine) == len(theirs) == 1 and mine != theirs


def has_digit(word: str) -> bool:
    """Whether it is a number, or a name with one, such as v3."""
    return any(sign.isdigit() for sign in word)


def opposed(some: Collection[str], others: Collection[str]) -> bool:
    """Whether folded words of one side stand against those of the other, or one side alone denies."""
    if any(word in _DENIED for word in some) != any(word in _DENIED for word in others):
        return True
    theirs = {place for word in others for place in _SIDES.get(word, ())}
    return any((number, 1 - side) in theirs for word in some for number, side in _SIDES.get(word, ()))


def capitals_tell(words: Sequence[str]) -> bool:
    """Whether most words are written small, so that a capital letter means a name."""
    letters = [word for word in words if word[0].isalpha()]
    return sum(word[0].isupper() for word in letters) * 2 < len(letters)
