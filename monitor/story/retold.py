"""Whether two texts that mean the like tell the same news in other words.

That their embeddings are near says what they speak of, not that it is the same event: of hand-written pairs, rewrites
have cosines from 0.74 to 0.92, and other events at the same company from 0.72 to 0.95. What tells an event apart is its
facts. So two texts are one story only where they share enough of them, and where not each tells a number of its own.
Rather two stories that are one than one that is two: a person can merge.
"""

from __future__ import annotations

from collections.abc import Collection

from monitor.story.facts import capitals_tell, has_digit, is_date, rises_and_falls
from monitor.story.wording import Wording

MEANS_THE_LIKE = 0.75
"""The least cosine of two rewrites."""
LONG = 20
"""Words that both have at least: in fewer there are too few facts."""
TELLING = 4
"""The least weight of the facts that both tell: 2 for a number that nobody hits upon by chance, 1 for each other."""
SHORT_NAME = 4
"""A shorter word with a capital may as well begin a sentence."""


def retold(one: Wording, other: Wording, usual: Collection[str] = ()) -> bool:
    """Whether both tell the same facts. `usual`: folded words that tell nothing here, such as the brand's name."""
    if min(one.length, other.length) < LONG or (_only_in(one, other) and _only_in(other, one)):
        return False
    shared = (facts(one) & facts(other)).difference(usual)
    numbers = [word for word in shared if has_digit(word)]
    if not numbers or sum(map(_weight, shared)) < TELLING:
        return False
    mine, theirs = set(one.folded), set(other.folded)
    return not rises_and_falls(mine - theirs, theirs - mine)


def facts(wording: Wording) -> frozenset[str]:
    """The folded words of a text that are numbers, days, or names."""
    plain = capitals_tell(wording.words)
    return frozenset(
        folded
        for word, folded in zip(wording.words, wording.folded, strict=True)
        if has_digit(word) or is_date(folded) or (plain and word[0].isupper() and len(word) >= SHORT_NAME)
    )


def _only_in(one: Wording, other: Wording) -> bool:
    """Whether a text tells a number that the other does not."""
    known = set(other.folded)
    return any(has_digit(word) and word not in known for word in one.folded)


def _weight(fact: str) -> int:
    digits = sum(sign.isdigit() for sign in fact)
    return 2 if digits >= 3 or (digits == 2 and not fact.isdigit()) else 1
