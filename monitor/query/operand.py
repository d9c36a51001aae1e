"""Makes one operand of a query: words, a phrase, words as written, a tag, a handle, a domain, or a field's value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import combinations

from monitor.query.endings import ENDINGS
from monitor.query.fields import DEFAULT_FIELDS, Field, host_of, is_label, label, nearest_label
from monitor.query.lexer import Token
from monitor.query.problem import QueryError, shown
from monitor.query.text import Words, fold, is_unspaced
from monitor.query.tree import Host, Label, Node, Phrase, Piece, Place, Within, Written, WrittenKind
from monitor.query.values import between
from monitor.query.wildcard import BesideUnspaced, mask, may_be_one_word, unmask

MIN_PREFIX = 3
MAX_WORDS = 500
"""Words of a phrase: nobody quotes more, and a text that repeats them is compared at every place."""
MAX_WILD = 30
"""Words of a phrase with wildcards: each is tried at every place of a text that repeats itself."""
_TAG = re.compile(r"[#＃](\w[\w\u0300-\u036f\u0900-\u0e7f]*)(\*?)")
_HANDLE = re.compile(r"[@＠]([\w.-]+(?:@[\w.-]+)?)")
_DOMAIN = re.compile(r"(?:[^\W_][\w-]*\.)+([a-z]{2,})")
_SPACES = re.compile(r"\s+")


def operand(query: str, token: Token, field: Field | None) -> Node:
    """The node for a term, phrase or exact token, under `field` or, with None, in title and text."""
    if field is None or field.words:
        return _words(query, token, (field.name,) if field else DEFAULT_FIELDS)
    if field.host:
        return _host(query, token, field)
    if field.labels:
        return _label(query, token, field)
    return between(query, token, field)


def _words(query: str, token: Token, fields: tuple[str, ...]) -> Node:
    if token.kind == "exact":
        return _as_written(query, token, fields, "exact")
    if token.kind == "as-written":
        return _as_written(query, token, fields, "as-written")
    if token.kind == "phrase":
        found = _phrase(query, token, fields, wild=True)
        return found if token.distance < 0 else _within(query, token, found)
    if fields == DEFAULT_FIELDS:
        special = _tag(query, token) or _handle(query, token) or _domain(token)
        if special:
            return special
    return _term(query, token, fields)


def pieces_of(text: str) -> tuple[tuple[Piece, ...], int]:
    """The words of `text` as pieces to look for, and how many positions they cover. No words: ((), 0).

    They are cut as a text is cut. At the end of unspaced script anything may follow: the last lone character is
    left to the pair before it, or, being alone, is the beginning of a pair.
    """
    cut = Words(text)
    words = cut.in_order
    if not words or not is_unspaced(words[-1]):
        return tuple(map(Piece, words)), len(words)
    paired = len(words) > 1 and is_unspaced(words[-2]) and cut.ends[-2] == cut.starts[-1]
    ahead = tuple(map(Piece, words[:-1]))
    return (ahead if paired else (*ahead, Piece(words[-1], open=True))), len(words)


def _phrase(query: str, token: Token, fields: tuple[str, ...], *, wild: bool = False) -> Phrase:
    """The words of the token; `wild`: with wildcards, where those of a bare term and of a phrase stand."""
    text, place = token.text, Place(token.start, token.end)
    quoted = token.kind != "term"
    try:
        pieces, width = pieces_of(mask(text, quoted=quoted) if wild else text)
    except BesideUnspaced as error:
        problem = f"{shown(str(error))} does not work beside Chinese, Japanese or Thai characters"
        raise QueryError(problem, query, *place, "Write the characters that are sure: parts are found.") from None
    if not pieces:
        _refuse_wordless(query, token)
    if len(pieces) > MAX_WORDS:
        problem = f"a phrase has at most {MAX_WORDS} words, this one has {len(pieces):,}"
        raise QueryError(problem, query, *place, "Look for a piece of it, or join pieces by AND.")
    if wild:
        pieces = tuple(map(unmask, pieces))
        if len(pieces) > MAX_WILD and not all(piece.plain for piece in pieces[:-1]):
            problem = f"wildcards work in phrases of at most {MAX_WILD} words, this one has {len(pieces)}"
            raise QueryError(problem, query, *place, "Take the wildcards away, or join shorter phrases by AND.")
        for piece in pieces:
            _check_beginning(query, token, piece)
    return Phrase(fields, pieces, width, _SPACES.sub(" ", text.strip()), quoted, place)


def note_of(token: Token) -> str:
    """What the writer of a token may not have meant; empty where all is as it seems."""
    if token.kind == "phrase" and "*" in token.text:
        try:
            plain = "*" not in mask(token.text, quoted=True)
        except BesideUnspaced:
            plain = True
        return "" if plain else 'In quotes "*" stands for the rest of a word at its end only; here it is a mark.'
    if token.kind in ("exact", "as-written") and token.text.endswith("*") and len(token.text) > MIN_PREFIX:
        return '"*" is a mark like any other where words are looked for as written, no wildcard.'
    return ""


def _refuse_wordless(query: str, token: Token) -> None:
    whole = query[token.start : token.end]
    problem = f"expected a term, found {shown(whole)}" if token.text.strip() else "there is nothing in these quotes"
    advice = 'A term needs a letter or a digit. Put a name that holds signs into quotes: "Procter & Gamble".'
    raise QueryError(problem, query, token.start, token.end, advice)


def _within(query: str, token: Token, phrase: Phrase) -> Within:
    count = len(phrase.pieces)
    if count < 2 or phrase.width != count:
        advice = f'Put two or more words into the quotes: "great battery"~{token.distance}.'
        raise QueryError('"~" needs two words or more', query, token.start, token.end, advice)
    if token.distance < count - 2:
        problem = f"{count} words cannot all be within {token.distance} of each other"
        raise QueryError(problem, query, token.start, token.end, f"Write ~{count - 2} or more.")
    different = set(phrase.pieces)
    for one, other in combinations(different, 2):
        if may_be_one_word(one, other):
            problem = f'"~" cannot tell {shown(_spelled(one))} from {shown(_spelled(other))}: one word can be both'
            advice = f"Write {_spelled(one)} NEAR/{token.distance} {_spelled(other)}."
            raise QueryError(problem, query, token.start, token.end, advice)
    return Within(phrase.fields, phrase.pieces, token.distance, phrase.written, phrase.place)


def _spelled(piece: Piece) -> str:
    return piece.letters + "*" * piece.open


def _as_written(query: str, token: Token, fields: tuple[str, ...], kind: WrittenKind) -> Written:
    phrase = _phrase(query, token, fields)
    return _written(kind, phrase, phrase.written)


def _written(kind: WrittenKind, phrase: Phrase, text: str, *, open_end: bool = False) -> Written:
    """`text` taken apart into its words and what stands directly before and after them, as `seen` compares it."""
    cut = Words(text)
    first, last = cut.starts[0], cut.ends[-1]
    lead, core, trail = text[:first], text[first:last], text[last:]
    look = SEEN[kind]
    return Written(kind, phrase, look("".join(lead.split())), look(core), look("".join(trail.split())), open_end)


def as_seen(text: str) -> str:
    """`text` for comparing as written: composed, runs of space one space, ’ as '."""
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text).replace("’", "'"))


def _as_seen_in_any_case(text: str) -> str:
    return as_seen(text).casefold()


SEEN: dict[WrittenKind, Callable[[str], str]] = {
    "exact": as_seen,
    "as-written": _as_seen_in_any_case,
    "tag": fold,
    "handle": fold,
    "domain": fold,
}
"""How the writing of each kind is compared."""


def _term(query: str, token: Token, fields: tuple[str, ...]) -> Phrase:
    text = token.text.rstrip("*")
    if "*" in text:
        at = token.start + query[token.start : token.end].index("*")
        raise QueryError(
            '"*" can stand only at the end of a word', query, at, advice='Write "appl*", or ? for one letter.'
        )
    return _phrase(query, token, fields, wild=True)


def _check_beginning(query: str, token: Token, piece: Piece) -> None:
    """Raises QueryError for the beginning of a word that is too short to be looked for."""
    # A Korean syllable is written with two or three letters, so one stands for as much as a short Latin beginning.
    sure = unicodedata.normalize("NFD", piece.letters.replace("?", ""))
    if piece.open and not is_unspaced(piece.letters) and len(sure) < MIN_PREFIX:
        start = token.end - 1 if token.kind == "term" else token.start
        advice = f"Write at least {MIN_PREFIX} letters before it."
        raise QueryError(f'"*" after {shown(piece.letters)} would find too much', query, start, token.end, advice)


def _tag(query: str, token: Token) -> Written | None:
    if token.text[0] not in "#＃" or len(token.text) == 1:
        return None
    tag = _TAG.fullmatch(token.text)
    if not tag or not Words(tag[1]).in_order:
        problem = f"{shown(token.text)} is not a tag"
        raise QueryError(
            problem, query, token.start, token.end, "A tag holds letters, digits and _ only: #summer_sale."
        )
    pieces, width = pieces_of(tag[1])
    if tag[2]:
        pieces = (*pieces[:-1], Piece(pieces[-1].letters, open=True))
        _check_beginning(query, token, pieces[-1])
    phrase = Phrase(DEFAULT_FIELDS, pieces, width, token.text, place=Place(token.start, token.end))
    return _written("tag", phrase, tag[1], open_end=bool(tag[2]))


def _handle(query: str, token: Token) -> Written | None:
    if token.text[0] not in "@＠" or len(token.text) == 1:
        return None
    handle = _HANDLE.fullmatch(token.text)
    pieces, width = pieces_of(handle[1]) if handle else ((), 0)
    if not handle or not pieces:
        problem = f"{shown(token.text)} is not a handle"
        raise QueryError(
            problem, query, token.start, token.end, "A handle holds letters, digits, . - and _: @some_body."
        )
    phrase = Phrase((*DEFAULT_FIELDS, "author"), pieces, width, token.text, place=Place(token.start, token.end))
    return _written("handle", phrase, handle[1].rstrip(".-"))


def _domain(token: Token) -> Written | None:
    text = fold(token.text).rstrip(".,;").removeprefix("www.")
    domain = _DOMAIN.fullmatch(text)
    if not domain or domain[1] not in ENDINGS:
        return None
    pieces, width = pieces_of(text)
    phrase = Phrase(DEFAULT_FIELDS, pieces, width, token.text, place=Place(token.start, token.end))
    return _written("domain", phrase, text)


def _host(query: str, token: Token, field: Field) -> Host:
    host = host_of(fold(token.text.strip())).lstrip("*.")
    if not host or not Words(host).in_order or any(c.isspace() for c in host):
        problem = f"{field.name}: takes {field.takes()}, found {shown(token.text)}"
        raise QueryError(problem, query, token.start, token.end)
    return Host(field.name, host, Place(token.start, token.end))


def _label(query: str, token: Token, field: Field) -> Label:
    value = label(token.text.strip().removeprefix(field.sign))
    if is_label(field, value):
        return Label(field.name, value, Place(token.start, token.end))
    guess = nearest_label(field, value)
    problem = f"{field.name}: takes {field.takes()}, found {shown(token.text)}"
    raise QueryError(problem, query, token.start, token.end, f"Did you mean {field.name}:{guess}?" if guess else "")
