"""One meaning: the matcher, a slow plain reading of the meaning page, many queries at once and SQLite agree.

The reference below knows nothing of the matcher: it cuts texts letter by letter and tries every pair of places.
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterator
from itertools import pairwise, permutations
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.query import Document, QuerySet, compile, fts5, index_words, laid_out, need, parse, trace
from monitor.query.trace import blamed

FOLDED = {"é": "e", "ß": "ss", "ü": "u", "Å": "a"}
WORDS = [
    "apple",
    "Apple",
    "APPLE",
    "pie",
    "pies",
    "café",
    "cafe",
    "Straße",
    "strasse",
    "x",
    "a",
    "and",
    "東京",
    "京都",
    "東",
    "都京",
]
SEPARATORS = [" ", " ", " ", ", ", ". ", "-", "\n", "’", "! ", " & ", ""]
FIELDS = ("title", "text")


# The reference: texts


class Word(NamedTuple):
    folded: str
    written: str
    joined: bool
    """Follows the word before without anything between, both in script without spaces."""
    sentence: int


def words_of(text: str) -> list[Word]:
    """The words of a text, each character of a script without spaces alone."""
    found: list[Word] = []
    sentence, current = 0, ""
    for index, character in enumerate(text + " "):
        if is_han(character) or not character.isalnum():
            if current:
                found.append(Word(fold(current), current, False, sentence))
            current = ""
        if is_han(character):
            joined = index > 0 and is_han(text[index - 1])
            found.append(Word(character, character, joined, sentence))
        elif character.isalnum():
            current += character
        elif character == "\n" or (character in ".!?…" and (text + " ")[index + 1 : index + 2].strip() == ""):
            sentence += 1
    return found


def is_han(character: str) -> bool:
    return unicodedata.name(character, "").startswith("CJK")


def fold(word: str) -> str:
    return "".join(FOLDED.get(letter, letter.lower()) for letter in word)


# The reference: queries, as nested tuples


class Spot(NamedTuple):
    first: int
    last: int
    solid: bool


def holds(query: tuple[Any, ...], document: Document) -> bool:
    """Whether the document fulfils the query, by the sentences of the meaning page."""
    match query:
        case ("and", *parts):
            return all(holds(part, document) for part in parts)
        case ("or", *parts):
            return any(holds(part, document) for part in parts)
        case ("not", part):
            return not holds(part, document)
        case ("stars", low, high):
            return document.rating is not None and low <= document.rating <= high
        case ("lang", value):
            return document.lang == value
        case _:
            return any(list(spots(query, field, words_of(getattr(document, field)))) for field in FIELDS)


def spots(query: tuple[Any, ...], field: str, words: list[Word]) -> Iterator[Spot]:  # noqa: C901 - a case a kind
    """Every place of a word, phrase or proximity."""
    match query:
        case ("in", only, part):
            if field == only:
                yield from spots(part, field, words)
        case ("phrase", *parts) | ("exact", *parts):
            wanted = words_of(" ".join(parts))
            for start in range(len(words) - len(wanted) + 1):
                piece = words[start : start + len(wanted)]
                if all(same_word(query[0], one, other) for one, other in zip(piece, wanted, strict=True)) and (
                    same_joints(piece, wanted, words[start + len(wanted) :])
                ):
                    yield Spot(start, start + len(wanted) - 1, True)
        case ("prefix", beginning):
            for index, word in enumerate(words):
                if word.folded.startswith(fold(beginning)):
                    yield Spot(index, index, True)
        case ("mask", mask):
            for index, word in enumerate(words):
                letters = zip(word.folded, fold(mask), strict=False)
                if len(word.folded) == len(mask) and all(wanted in ("?", letter) for letter, wanted in letters):
                    yield Spot(index, index, True)
        case ("any", *parts):
            for part in parts:
                yield from spots(part, field, words)
        case ("within", distance, *parts):
            yield from within(words, [fold(part) for part in parts], distance)
        case ("near", ordered, distance, left, right):
            for one in spots(left, field, words):
                for other in spots(right, field, words):
                    if near(one, other, ordered, distance):
                        yield Spot(min(one.first, other.first), max(one.last, other.last), False)
        case ("sentence", ordered, left, right):
            for one in spots(left, field, words):
                for other in spots(right, field, words):
                    sentences = {words[i].sentence for i in (one.first, one.last, other.first, other.last)}
                    if len(sentences) == 1 and (not ordered or one.last < other.first):
                        yield Spot(min(one.first, other.first), max(one.last, other.last), False)


def same_word(kind: str, word: Word, wanted: Word) -> bool:
    return word.written == wanted.written if kind == "exact" else word.folded == wanted.folded


def same_joints(piece: list[Word], wanted: list[Word], rest: list[Word]) -> bool:
    return all(one.joined == other.joined for one, other in zip(piece[1:], wanted[1:], strict=True))


def within(words: list[Word], wanted: list[str], distance: int) -> Iterator[Spot]:
    places = [[index for index, word in enumerate(words) if word.folded == one] for one in wanted]
    firsts = [(a, b) for a in range(len(words)) for b in range(a + 1, min(len(words), a + distance + 2))]
    for first, last in firsts:
        for order in permutations(range(len(wanted))):
            inside = [[i for i in places[one] if first <= i <= last] for one in order]
            if first in inside[0] and last in inside[-1] and chosen(inside[1:-1], {first, last}):
                yield Spot(first, last, False)
                break


def chosen(groups: list[list[int]], taken: set[int]) -> bool:
    return not groups or any(chosen(groups[1:], taken | {i}) for i in groups[0] if i not in taken)


def near(one: Spot, other: Spot, ordered: bool, distance: int) -> bool:
    if ordered and other.first <= one.last:
        return False
    used = [set(range(s.first, s.last + 1)) if s.solid else {s.first, s.last} for s in (one, other)]
    between = max(one.first, other.first) - min(one.last, other.last) - 1
    return between <= distance and not used[0] & used[1]


def written(query: tuple[Any, ...]) -> str:  # noqa: C901 - a case a kind
    """The query as somebody types it."""
    match query:
        case ("and", *parts):
            return "(" + " ".join(map(written, parts)) + ")"
        case ("or" | "any", *parts):
            return "(" + " OR ".join(map(written, parts)) + ")"
        case ("not", part):
            return "NOT " + written(part)
        case ("stars", low, high):
            return f"rating:{low}..{high}"
        case ("lang", value):
            return f"lang:{value}"
        case ("in", only, part):
            return f"{only}:{written(part)}"
        case ("phrase", part):
            return part
        case ("phrase", *parts):
            return '"' + " ".join(parts) + '"'
        case ("exact", *parts):
            return "{" + " ".join(parts) + "}"
        case ("prefix", beginning):
            return beginning + "*"
        case ("mask", mask):
            return mask
        case ("within", distance, *parts):
            return '"' + " ".join(parts) + f'"~{distance}'
        case ("near", ordered, distance, left, right):
            return f"({written(left)} {'O' if ordered else ''}NEAR/{distance} {written(right)})"
        case ("sentence", ordered, left, right):
            return f"({written(left)} {'O' if ordered else ''}SENTENCE {written(right)})"
    raise AssertionError(query)


# What is drawn

word = st.sampled_from(WORDS)
latin = st.sampled_from([w for w in WORDS if not is_han(w[0])])
texts = st.lists(st.tuples(word, st.sampled_from(SEPARATORS)), max_size=12).map(
    lambda pairs: "".join(w + s for w, s in pairs)
)
documents = st.builds(
    Document,
    title=texts,
    text=texts,
    rating=st.sampled_from([None, 1, 3, 5]),
    lang=st.sampled_from(["", "en", "de"]),
)
phrases = st.lists(word, min_size=1, max_size=3).map(lambda ws: ("phrase", *ws))
exacts = st.lists(latin, min_size=1, max_size=1).map(lambda ws: ("exact", *ws))
prefixes = st.sampled_from(["app", "pie", "stra"]).map(lambda w: ("prefix", w))
masks = st.sampled_from(["appl?", "p?e", "??", "?ies"]).map(lambda w: ("mask", w))
withins = st.tuples(st.integers(1, 4), st.lists(latin, min_size=2, max_size=3)).map(lambda t: ("within", t[0], *t[1]))
leaves = st.one_of(phrases, phrases, exacts, prefixes, masks, withins)


def proximities(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.tuples(st.just("near"), st.booleans(), st.integers(0, 4), inner, inner),
        st.tuples(inner, inner).map(lambda t: ("any", *t)),
    )


placed = st.recursive(leaves, proximities, max_leaves=4)
sentences = st.tuples(st.just("sentence"), st.booleans(), placed, placed)
scoped = st.tuples(st.just("in"), st.sampled_from(FIELDS), leaves)
facts = st.sampled_from([("stars", 1, 3), ("stars", 5, 5), ("lang", "en")])


def combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        several.map(lambda parts: ("and", *parts)),
        several.map(lambda parts: ("or", *parts)),
        inner.map(lambda part: ("not", part)),
    )


queries = st.recursive(st.one_of(leaves, placed, sentences, scoped, facts), combined, max_leaves=5)


def agree(drawn: list[Document], asked: list[tuple[Any, ...]]) -> None:
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE words USING fts5(title, text, tokenize='ascii')")
    for number, document in enumerate(drawn):
        row = (number, index_words(document.title), index_words(document.text))
        index.execute("INSERT INTO words(rowid, title, text) VALUES (?, ?, ?)", row)
    parsed = [parse(written(query), as_view=True) for query in asked]
    together = [set(QuerySet(dict(enumerate(parsed))).match(document)) for document in drawn]
    for position, (query, read) in enumerate(zip(asked, parsed, strict=True)):
        matcher = compile(read)
        again = compile(parse("\n".join(laid_out(read.root, 40)), as_view=True))
        live = {number for number, document in enumerate(drawn) if matcher.match(document)}
        assert live == {number for number, document in enumerate(drawn) if holds(query, document)}, read.text
        assert live == {number for number, document in enumerate(drawn) if again.match(document)}, laid_out(read.root)
        for document in drawn:
            told, match = trace(read, document), matcher.match(document)
            assert (told.holds, told.spans) == (match is not None, match.spans if match else ()), read.text
            assert (blamed(told) == []) == told.holds, read.text
        assert live == {number for number, matched in enumerate(together) if position in matched}, read.text
        wanted = need(read)
        if wanted is not None:
            rows = index.execute("SELECT rowid FROM words WHERE words MATCH ?", (fts5(wanted),))
            assert live <= {row[0] for row in rows}, fts5(wanted)
    index.close()


few_documents = st.lists(documents, min_size=1, max_size=6)
few_queries = st.lists(queries, min_size=1, max_size=4)
careless = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=200, deadline=None, suppress_health_check=careless)
@given(few_documents, few_queries)
def test_matcher_reference_and_index_agree(drawn, asked):
    agree(drawn, asked)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=5_000, deadline=None, suppress_health_check=careless)
@given(few_documents, few_queries)
def test_matcher_reference_and_index_agree_at_length(drawn, asked):
    agree(drawn, asked)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_cut_alike_by_the_matcher_and_by_sqlite(title, text):
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE words USING fts5(body, tokenize='ascii')")
    index.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(words, 'instance')")
    index.execute("INSERT INTO words VALUES (?)", (index_words(title + " " + text),))
    terms = [row[0] for row in index.execute("SELECT term FROM terms ORDER BY offset")]
    document = Document(text=title + " " + text)
    assert terms == document.text_words.in_order
    spans = list(zip(document.text_words.starts, document.text_words.ends, strict=True))
    assert len(spans) == len(terms)
    assert all(one[0] <= other[0] and one[0] < one[1] for one, other in pairwise([*spans, (len(document.text), 0)]))
    index.close()
