"""NEAR and SENTENCE over hits: which stand close enough together, and the span that they make."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from monitor.query.places import MAX_INNER, Hit
from monitor.query.text import Words


def near(left: Sequence[Hit], right: Sequence[Hit], distance: int, *, ordered: bool, every: bool) -> list[Hit]:
    """The spans from first to last word of each left hit and right hits with at most `distance` words between.

    `every` pair where another NEAR looks at them; otherwise for each left hit one on either side. At most MAX_INNER.
    The two share no word: see `share`.
    """
    if not left or not right:
        return []
    starts = [hit.first for hit in right]
    longest = max(hit.last - hit.first for hit in right)
    found: set[Hit] = set()

    def fits(one: Hit, other: Hit) -> bool:
        if ordered and other.first <= one.last:
            return False
        between = max(one.first, other.first) - min(one.last, other.last) - 1
        return between <= distance and not share(one, other)

    for one in left:
        middle = bisect_left(starts, one.first)
        sides = (
            _after(right, middle, one.last + distance + 1),
            _before(right, middle, one.first - distance - 1 - longest),
        )
        for side in sides:
            for other in side:
                if fits(one, other):
                    found.add(Hit(min(one.first, other.first), max(one.last, other.last), False))
                    if not every:
                        break
        if len(found) >= MAX_INNER:
            break
    return sorted(found)


def _after(hits: Sequence[Hit], index: int, last_start: int) -> Iterator[Hit]:
    while index < len(hits) and hits[index].first <= last_start:
        yield hits[index]
        index += 1


def _before(hits: Sequence[Hit], index: int, first_start: int) -> Iterator[Hit]:
    while index > 0 and hits[index - 1].first >= first_start:
        index -= 1
        yield hits[index]


def share(one: Hit, other: Hit) -> bool:
    """Whether two hits use the same word: a phrase uses all of its words, a proximity surely its first and its last."""
    if one.solid and other.solid:
        return one.first <= other.last and other.first <= one.last
    if one.solid:
        return one.first <= other.first <= one.last or one.first <= other.last <= one.last
    if other.solid:
        return share(other, one)
    return bool({one.first, one.last} & {other.first, other.last})


def in_one_sentence(words: Words, parts: Sequence[Sequence[Hit]], *, ordered: bool) -> list[Hit]:
    """The hits of all parts in those sentences that hold every part, at most of the first sentences that have
    MAX_INNER; `ordered`: each after the one before."""
    if not all(parts):
        return []
    different = {id(hits): hits for hits in parts}
    grouped = {key: _by_sentence(words, hits) for key, hits in different.items()}
    by_sentence = [grouped[id(hits)] for hits in parts]
    common = set(by_sentence[0]).intersection(*by_sentence[1:])
    found: set[Hit] = set()
    for sentence in sorted(common):
        if len(found) >= MAX_INNER:
            break
        groups = [group[sentence] for group in by_sentence]
        if not ordered or _in_order(groups):
            found.update(*groups)
    return sorted(found)


def _by_sentence(words: Words, hits: Sequence[Hit]) -> dict[int, list[Hit]]:
    groups: dict[int, list[Hit]] = {}
    for hit in hits:
        sentence = words.sentences[hit.first]
        if words.sentences[hit.last] == sentence:
            groups.setdefault(sentence, []).append(hit)
    return groups


def _in_order(groups: Sequence[Sequence[Hit]]) -> bool:
    end = -1
    for group in groups:
        later = [hit.last for hit in group if hit.first > end]
        if not later:
            return False
        end = min(later)
    return True
