"""Where a term, a phrase, a tag or a loose phrase stands among the words of a text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

from monitor.query.operand import SEEN
from monitor.query.text import Words, begins, fold, is_attaching, is_unspaced
from monitor.query.tree import Phrase, Piece, Within, Written


class Hit(NamedTuple):
    """Positions of the first and the last word; `solid` when every word between belongs to it (a phrase)."""

    first: int
    last: int
    solid: bool


MAX_INNER = 300
"""So many spans of a proximity inside another are looked at in one text: repeated words would make millions of them."""

_AUTHOR_PREFIX = re.compile("@|/?u/")

Finder = Callable[[Words], list[Hit]]
"""All hits in one text, ascending."""


def phrase_finder(phrase: Phrase) -> Finder:
    """Finds the words of `phrase` one after the other."""
    pieces, width = phrase.pieces, phrase.width
    if width == 1 and pieces[0].plain:
        word = pieces[0].letters
        return partial(_hits_of, word)
    if all(piece.plain for piece in pieces):
        return _plain_finder([piece.letters for piece in pieces], width)
    plain = [offset for offset, piece in enumerate(pieces) if piece.plain]
    tests = [_test(piece) for piece in pieces]

    def find(words: Words) -> list[Hit]:
        if plain:
            anchor = min(plain, key=lambda offset: len(words.where(pieces[offset].letters)))
            candidates: Iterable[int] = words.where(pieces[anchor].letters)
        else:
            anchor, candidates = 0, _positions(words, pieces[0], tests[0])
        last_start = len(words.in_order) - width
        return [
            Hit(start, start + width - 1, True)
            for start in (position - anchor for position in candidates)
            if 0 <= start <= last_start and all(test(words.in_order[start + i]) for i, test in enumerate(tests))
        ]

    return find


def _hits_of(word: str, words: Words) -> list[Hit]:
    """Shared: not to be changed."""
    hits: list[Hit] | None = words.found.get(word)
    if hits is None:
        hits = words.found[word] = [Hit(at, at, True) for at in words.where(word)]
    return hits


def _plain_finder(letters: list[str], width: int) -> Finder:
    count = len(letters)

    def find(words: Words) -> list[Hit]:
        if not words.different.issuperset(letters):
            return []
        anchor, rarest = min(enumerate(map(words.where, letters)), key=lambda found: len(found[1]))
        starts = [position - anchor for position in rarest if position >= anchor]
        return [Hit(i, i + width - 1, True) for i in starts if words.in_order[i : i + count] == letters]

    return find


def _positions(words: Words, piece: Piece, test: Callable[[str], bool]) -> list[int]:
    head = piece.letters.partition("?")[0]
    return sorted(position for word in words.beginning_with(head) if test(word) for position in words.where(word))


def _test(piece: Piece) -> Callable[[str], bool]:
    letters = piece.letters
    if piece.plain:
        return letters.__eq__
    if "?" not in letters:
        return (lambda word: begins(word, letters)) if is_unspaced(letters) else (lambda word: word.startswith(letters))
    length = len(letters)
    fixed = [(i, letter) for i, letter in enumerate(letters) if letter != "?"]

    def masked(word: str) -> bool:
        long_enough = len(word) >= length if piece.open else len(word) == length
        return long_enough and all(word[i] == letter for i, letter in fixed) and not is_unspaced(word)

    return masked


def written_finder(written: Written) -> Finder:
    """Finds the words of `written` where they also are written so, with what must stand around them."""
    find = phrase_finder(written.phrase)
    look, stands = SEEN[written.kind], _AROUND[written.kind]

    def is_so(words: Words, hit: Hit) -> bool:
        text, start, end = words.text, words.starts[hit.first], words.ends[hit.last]
        before, after = start - len(written.lead), end + len(written.trail)
        if before < 0 or look(text[before:start]) != written.lead or look(text[end:after]) != written.trail:
            return False
        found = look(text[start:end])
        same = found.startswith(written.key) if written.open_end else found == written.key
        return same and stands(text, before, after, written)

    def seen(words: Words) -> list[Hit]:
        hits: list[Hit] | None = words.found.get(written)
        if hits is None:
            hits = words.found[written] = [hit for hit in find(words) if is_so(words, hit)]
        return hits

    return seen


def _anywhere(text: str, start: int, end: int, written: Written) -> bool:
    return True


def _as_tag(text: str, start: int, end: int, written: Written) -> bool:
    if (
        not start
        or text[start - 1] not in "#＃"
        or (start > 1 and (_in_name(text[start - 2]) or text[start - 2] in "&/"))
    ):
        return False
    return written.open_end or end == len(text) or not _in_name(text[end])


def _as_handle(text: str, start: int, end: int, written: Written) -> bool:
    """After an @ that no name stands before, which would make it an e-mail address; a Mastodon host may follow."""
    if (
        not start
        or text[start - 1] not in "@＠"
        or (start > 1 and (_in_name(text[start - 2]) or text[start - 2] in ".-@+/"))
    ):
        return False
    rest = text[end : end + 2]
    if rest[:1] == "@":
        return "@" not in written.key or not _in_name(rest[1:])
    return not _goes_on(rest, written.key)


def _as_domain(text: str, start: int, end: int, written: Written) -> bool:
    """A whole domain or the end of a longer one: `shop.example.com`, not `my-example.com` or `example.com.evil.net`."""
    if start and (_in_name(text[start - 1]) or text[start - 1] == "-"):
        return False
    return not _goes_on(text[end : end + 2], written.key)


def _goes_on(rest: str, name: str) -> bool:
    """Whether the two characters after a handle or a domain belong to it. A Korean particle does not: `@nike님`."""
    if is_attaching(rest) and name.isascii():
        return False
    return _in_name(rest[:1]) or (rest[:1] in (".", "-") and _in_name(rest[1:]))


def _in_name(character: str) -> bool:
    return character.isalnum() or character == "_"


_AROUND: dict[str, Callable[[str, int, int, Written], bool]] = {
    "exact": _anywhere,
    "as-written": _anywhere,
    "tag": _as_tag,
    "handle": _as_handle,
    "domain": _as_domain,
}


def author_finder(written: Written) -> Finder:
    """Finds a handle as the whole name of an author: `name`, `@name`, `@name@host` or Reddit's `/u/name`."""
    handle = written.lead + written.key + written.trail

    def find(words: Words) -> list[Hit]:
        name = fold(words.text.strip())
        bare = name[len(prefix[0]) :] if (prefix := _AUTHOR_PREFIX.match(name)) else name
        local = bare.partition("@")[0] if name.startswith("@") else bare
        return [Hit(0, len(words.in_order) - 1, True)] if handle in (bare, local) else []

    return find


def within_finder(within: Within, *, every: bool) -> Finder:
    """Finds all the words of `within` in any order, at most its distance between the first and the last.

    `every` span, as an outer NEAR needs them; otherwise, for each first word, the shortest.
    """
    wanted = Counter(within.pieces)
    lookups = [(piece, _lookup(piece)) for piece in wanted]

    def find(words: Words) -> list[Hit]:
        found = {piece: look(words) for piece, look in lookups}
        if any(len(found[piece]) < count for piece, count in wanted.items()):
            return []
        # No word is looked for as two of them (the parser sees to it), so each position comes once.
        places = sorted((position, piece) for piece, positions in found.items() for position in positions)
        hits: list[Hit] = []
        for index, (first, _) in enumerate(places):
            lasts = _lasts(places[index : index + within.distance + 2], wanted, within.distance)
            hits += [Hit(first, last, False) for last in (lasts if every else islice(lasts, 1))]
            if every and len(hits) >= MAX_INNER:
                break
        return hits

    return find


def _lookup(piece: Piece) -> Callable[[Words], Sequence[int]]:
    """Finds the positions of words that will do for `piece`."""
    if piece.plain:
        return lambda words: words.where(piece.letters)
    test = _test(piece)
    return lambda words: _positions(words, piece, test)


def _lasts(places: list[tuple[int, Piece]], wanted: Counter[Piece], distance: int) -> Iterator[int]:
    """Where a span that begins with the first of `places` can end: all wanted words used, the last one at its end."""
    first, piece = places[0]
    missing = dict(wanted)
    missing[piece] -= 1
    still = sum(missing.values())
    for position, piece in places[1:]:
        if position - first - 1 > distance:
            return
        if missing[piece] > 0:
            missing[piece] -= 1
            still -= 1
            if not still:
                yield position
        elif not still and wanted[piece] > (piece == places[0][1]):
            yield position  # this one instead of the one of its kind that came before
