"""A slow, plain reading of the meaning page, for comparison. It knows nothing of the matcher.

Texts are cut letter by letter, and every pair of places is tried. Queries are nested tuples: `written` is how somebody
types one, `holds` whether a document fulfils it.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC
from functools import lru_cache
from itertools import pairwise, permutations, product
from typing import Any, NamedTuple

from monitor.query import Document

Asked = tuple[Any, ...]

BARE = ("title", "text")
FIELDS = ("title", "text", "author", "url")
FOLDED = {"é": "e", "ß": "ss", "ü": "u", "Å": "a"}
COMPARED = {
    "": operator.eq,
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

# Texts


class Word(NamedTuple):
    folded: str
    joined: bool
    """Follows the word before without anything between, both in script without spaces."""
    sentence: int
    start: int
    end: int


@lru_cache(maxsize=4_096)
def words_of(text: str) -> tuple[Word, ...]:
    """The words of a text, each character of a script without spaces alone."""
    found: list[Word] = []
    sentence, start, before = 0, 0, ""
    for index, character in enumerate(text + " "):
        script = script_of(character)
        if script != before or script == "han":
            if before in ("korean", "other"):
                found.append(Word(fold(text[start:index]), False, sentence, start, index))
            start = index
        if script == "han":
            found.append(Word(character, before == "han", sentence, index, index + 1))
        elif character == "\n" or (character in ".!?…" and (text + " ")[index + 1 : index + 2].strip() == ""):
            sentence += 1
        before = script
    return tuple(found)


def script_of(character: str) -> str:
    name = unicodedata.name(character, "")
    if name.startswith("CJK"):
        return "han"
    if name.startswith("HANGUL"):
        return "korean"
    return "other" if character.isalnum() else ""


def fold(word: str) -> str:
    return "".join(FOLDED.get(letter, letter.lower()) for letter in word)


def in_name(character: str) -> bool:
    return character.isalnum() or character == "_"


# Documents


def labels_of(document: Document, field: str) -> Iterable[str]:
    """The labels that a field finds in a document."""
    scores = document.scores
    needs = scores.get("need", ())
    labels: dict[str, Iterable[str]] = {
        "lang": (document.lang, document.lang.partition("-")[0]),
        "country": (document.country,),
        "source": (document.source, document.source_kind),
        "type": (document.kind,),
        "brand": document.brands,
        "team": document.teams,
        "tag": document.tags,
        "status": document.statuses,
        "assignee": [name.lstrip("@") for name in document.assignees],
        "has": document.has,
        "is": document.marks + (("question",) if "question" in needs or "help" in needs else ()),
        "like": document.like,
        "story": document.stories,
        "theme": document.themes,
    }
    return labels.get(field, scores.get(field, ()))


def plain(label: str) -> str:
    return fold(label).replace("-", " ").replace("_", " ")


def host_of(url: str) -> str:
    return url.partition("//")[2].partition("/")[0].partition(":")[0].lower().removeprefix("www.")


def stamp_of(document: Document) -> str:
    """When it was published, as the page writes dates, to the second."""
    moment = document.published
    if moment is None:
        return ""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()[:19]


def holds(query: Asked, document: Document) -> bool:
    """Whether the document fulfils the query, by the sentences of the meaning page."""
    match query:
        case ("and", *parts):
            return all(holds(part, document) for part in parts)
        case ("or", *parts):
            return any(holds(part, document) for part in parts)
        case ("not", part):
            return not holds(part, document)
        case ("label", field, *values):
            return not {plain(value) for value in values}.isdisjoint(map(plain, labels_of(document, field)))
        case ("number", field, compare, value, _):
            number = getattr(document, field)
            return number is not None and COMPARED[compare](number, value)
        case ("numbers", field, low, high):
            number = getattr(document, field)
            return number is not None and low <= number <= high
        case ("date", field, compare, value):
            compare = {"after": ">=", "before": "<", "published": compare}[field]
            stamp = stamp_of(document)
            return stamp != "" and COMPARED[compare](stamp[: len(value)], value)
        case ("dates", low, high):
            stamp = stamp_of(document)
            return stamp != "" and low <= stamp[: len(low)] and stamp[: len(high)] <= high
        case ("site", host):
            return ("." + host_of(document.url)).endswith("." + host)
        case _:
            return any(next(spots(query, field, getattr(document, field)), None) for field in FIELDS)


# Places


class Spot(NamedTuple):
    first: int
    last: int
    solid: bool


def spots(  # noqa: C901 - a case a kind
    query: Asked, field: str, text: str, where: tuple[str, ...] = BARE
) -> Iterator[Spot]:
    """Every place of a word, phrase or proximity in `text`, which is this field."""
    match query:
        case ("in", only, part):
            yield from spots(part, field, text, (only,))
        case ("any", *parts):
            for part in parts:
                yield from spots(part, field, text, where)
        case ("near", ordered, distance, left, right):
            for one, other in product(spots(left, field, text, where), spots(right, field, text, where)):
                if near(one, other, ordered, distance):
                    yield Spot(min(one.first, other.first), max(one.last, other.last), False)
        case ("sentence", ordered, *parts):
            for together in product(*(list(spots(part, field, text, where)) for part in parts)):
                if in_one_sentence(words_of(text), together, ordered):
                    yield Spot(min(s.first for s in together), max(s.last for s in together), False)
        case ("handle", name) if field == "author":
            if text and name in author_names(text):
                yield Spot(0, len(words_of(text)) - 1, True)
        case _ if field in where:
            yield from leaf_spots(query, text)


def leaf_spots(query: Asked, text: str) -> Iterator[Spot]:  # noqa: C901 - a case a kind
    words = words_of(text)
    match query:
        case ("phrase" | "wild", *parts):
            yield from phrase_spots(words, parts)
        case ("exact", wanted):
            yield from written_spots(text, wanted, lambda one: one)
        case ("as-written", wanted):
            yield from written_spots(text, wanted, str.casefold)
        case ("within", distance, *parts):
            yield from within(words, parts, distance)
        case ("tag", name, is_open):
            for start, end in tags(text):
                found = fold(text[start:end])
                if found == name or (is_open and found.startswith(name)):
                    yield from from_word_at(words, start, name)
        case ("handle", name):
            for start in (i + 1 for i, sign in enumerate(text) if sign in "@＠"):
                before = text[start - 2 : start - 1] if start > 1 else ""
                if not in_name(before) and (not before or before not in ".-@+/"):
                    yield from named(text, start, name)
        case ("domain", name):
            for start in (word.start for word in words):
                before = text[start - 1 : start] if start else ""
                if not in_name(before) and before != "-":
                    yield from named(text, start, name)


def phrase_spots(words: tuple[Word, ...], parts: list[str]) -> Iterator[Spot]:
    wanted: list[tuple[str, bool]] = []
    for part in parts:
        is_wild = "*" in part or "?" in part
        wanted += [(fold(part), False)] if is_wild else [(word.folded, word.joined) for word in words_of(part)]
    for start in range(len(words) - len(wanted) + 1):
        piece = words[start : start + len(wanted)]
        same = all(fits(word, pattern) for word, (pattern, _) in zip(piece, wanted, strict=True))
        joints = all(word.joined == joined for word, (_, joined) in list(zip(piece, wanted, strict=True))[1:])
        if same and joints:
            yield Spot(start, start + len(wanted) - 1, True)


def fits(word: Word, pattern: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return word.folded == pattern
    return re.fullmatch(pattern.replace("?", ".").replace("*", ".*"), word.folded) is not None


def written_spots(text: str, wanted: str, look: Callable[[str], str]) -> Iterator[Spot]:
    """Where `wanted` stands as it is written, signs and all."""
    wanted = wanted.replace("’", "'")
    words, asked = words_of(text), words_of(wanted)
    lead, core, trail = wanted[: asked[0].start], wanted[asked[0].start : asked[-1].end], wanted[asked[-1].end :]
    for first in range(len(words) - len(asked) + 1):
        last = first + len(asked) - 1
        start, end = words[first].start, words[last].end
        before, after = text[max(0, start - len(lead)) : start], text[end : end + len(trail)]
        inside = re.sub(r"\s+", " ", text[start:end]).replace("’", "'")
        if (look(inside), before, after) == (look(core), lead, trail):
            yield Spot(first, last, True)


def tags(text: str) -> Iterator[tuple[int, int]]:
    """From the first letter to the end of each tag."""
    for index, sign in enumerate(text):
        before = text[index - 1 : index] if index else ""
        if sign in "#＃" and not in_name(before) and (not before or before not in "&/"):
            end = index + 1
            while end < len(text) and in_name(text[end]):
                end += 1
            yield index + 1, end


def named(text: str, start: int, name: str) -> Iterator[Spot]:
    """The handle or domain `name` at `start`, when it ends there."""
    for end in range(start + 1, len(text) + 1):
        after, following = text[end : end + 1], text[end + 1 : end + 2]
        goes_on = in_name(after) and script_of(after) != "korean"
        goes_on = goes_on or (after in ("-", ".") and in_name(following))
        goes_on = goes_on or ("@" in name and after == "@" and in_name(following))
        if fold(text[start:end]) == name and not goes_on:
            yield from from_word_at(words_of(text), start, name)


def from_word_at(words: tuple[Word, ...], start: int, name: str) -> Iterator[Spot]:
    for first, word in enumerate(words):
        if word.start == start:
            yield Spot(first, first + len(words_of(name)) - 1, True)


def author_names(author: str) -> set[str]:
    """What an author is called: `name`, `@name`, `@name@host`, `u/name`."""
    name = fold(author)
    bare = re.sub(r"^(@|/?u/)", "", name)
    return {bare, bare.partition("@")[0]} if name.startswith("@") else {bare}


def within(words: tuple[Word, ...], parts: list[str], distance: int) -> Iterator[Spot]:
    wanted = [fold(part) for part in parts]
    places = [[index for index, word in enumerate(words) if fits(word, one)] for one in wanted]
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


def in_one_sentence(words: tuple[Word, ...], together: tuple[Spot, ...], ordered: bool) -> bool:
    sentences = {words[place].sentence for spot in together for place in (spot.first, spot.last)}
    in_order = all(one.last < other.first for one, other in pairwise(together))
    return len(sentences) == 1 and (in_order or not ordered)


# How it is typed


def written(query: Asked) -> str:
    """The query as somebody types it."""
    match query:
        case ("and", *parts):
            return "(" + " ".join(map(written, parts)) + ")"
        case ("or" | "any", *parts):
            return "(" + " OR ".join(map(written, parts)) + ")"
        case ("not", part):
            return "NOT " + written(part)
        case ("near", ordered, distance, left, right):
            return f"({written(left)} {'O' if ordered else ''}NEAR/{distance} {written(right)})"
        case ("sentence", ordered, *parts):
            return "(" + f" {'O' if ordered else ''}SENTENCE ".join(map(written, parts)) + ")"
        case ("in", only, part):
            return f"{only}:{written(part)}"
        case ("phrase" | "wild", part):
            return part
        case _:
            return written_fact(query) or written_leaf(query)


def written_leaf(query: Asked) -> str:
    match query:
        case ("phrase" | "wild", *parts):
            return '"' + " ".join(parts) + '"'
        case ("exact", wanted):
            return "{" + wanted + "}"
        case ("as-written", wanted):
            return f'+"{wanted}"'
        case ("tag", name, is_open):
            return f"#{name}" + "*" * is_open
        case ("handle", name):
            return f"@{name}"
        case ("domain", name):
            return name
        case ("within", distance, *parts):
            return '"' + " ".join(parts) + f'"~{distance}'
    raise AssertionError(query)


def written_fact(query: Asked) -> str:
    match query:
        case ("label", field, value):
            return f'{field}:"{value}"' if " " in value else f"{field}:{value}"
        case ("label", field, *values):
            return f"{field}:({' OR '.join(values)})"
        case ("number", field, compare, _, spelled):
            return f"{field}:{compare}{spelled}"
        case ("numbers", field, low, high):
            return f"{field}:{low}..{high}"
        case ("date", field, compare, value):
            return f"{field}:{compare}{value}"
        case ("dates", low, high):
            return f"published:{low}..{high}"
        case ("site", host):
            return f"site:{host}"
    return ""
