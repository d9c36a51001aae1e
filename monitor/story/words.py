"""Words of a text as comments are compared by, in any language: where each stands, and what it means.

What a word means is its stem: `waiting`, `waited` and `waits` meet. Words that say nothing by themselves, handles,
addresses and small numbers mean nothing; every negation means the same. Japanese, Chinese and Thai, which write no
spaces, are cut by BudouX; stems are Snowball's, of the language that the text is in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

import regex

from monitor.insight.words import NOT
from monitor.query.text import SENTENCE_END, fold
from monitor.story.stopwords import NEGATIONS, STOP_WORDS

_TOKEN = regex.compile(
    r"(?P<unspaced>[\p{Han}\p{Hiragana}\p{Katakana}ー々]+)"
    r"|(?P<thai>\p{Thai}+)"
    r"|(?P<handle>(?<!\w)[@＠][\w.\-]+)"
    r"|(?P<address>https?://\S+|www\.\S+)"
    r"|(?P<word>[\p{L}\p{N}--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]][\p{L}\p{M}\p{N}--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]]*"
    r"(?:['’][\p{L}\p{M}\p{N}]+)*)",
    regex.V1,
)
_DIVIDES = regex.compile(r"[^\s\p{L}\p{M}\p{N}\p{Cf}'’\"“”#&/@.!?\-]|\.\.")
"""What no phrase goes across."""
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_NO_IN_JAPANESE = regex.compile(
    r"(?:ない|なかった|ません|ませんでした|ねえ|ず|ぬ)(?:です|でした|の|ので|し|よ|ね|けど)*$"
)
_ENDING_IN_JAPANESE = regex.compile(r"\p{Hiragana}+$")
_ALGORITHMS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fi": "finnish", "fr": "french", "hi": "hindi", "hu": "hungarian", "id": "indonesian",
    "it": "italian", "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
_ENGLISH = "en"
_ELIDING = ("fr", "it", "ca")
"""Where `l'avion` is a plane."""
LONGEST_WORD = 40
"""Of a longer one nobody remembers more."""
SHORTEST_NUMBER = 3
"""`404` is an error, `3` may be weeks or stars."""


class Word(NamedTuple):
    """A word in place: characters `start` to before `end` of its text."""

    start: int
    end: int
    stem: str
    """What it means; "" where it means nothing by itself, `not` for every negation."""


def sentences(text: str, language: str = "", ignored: Collection[str] = ()) -> Iterator[list[Word]]:
    """The words of each part of a sentence, as commas, brackets and the like divide it. `ignored`: what is everywhere,
    such as the brand's own name, folded and as stems."""
    start, spoken = 0, language[:2].lower() or _ENGLISH
    for end in [*(match.end() for match in SENTENCE_END.finditer(text)), len(text)]:
        part: list[Word] = []
        for word in _words(text, start, end, spoken, ignored):
            if part and _DIVIDES.search(text, part[-1].end, word.start):
                yield part
                part = []
            part.append(word)
        if part:
            yield part
        start = end


def stems_of(text: str, language: str = "") -> frozenset[str]:
    """What the words of a name mean, also of those that would mean nothing elsewhere."""
    found = [word.stem for words in sentences(text, language) for word in words if word.stem]
    return frozenset(
        [*found, *(fold(part) for part in text.split()), *(_stem(fold(p), _ENGLISH) for p in text.split())]
    )


def _words(text: str, start: int, end: int, language: str, ignored: Collection[str]) -> Iterator[Word]:
    for match in _TOKEN.finditer(text, start, end):
        kind = match.lastgroup
        if kind == "word":
            folded = fold(match[0].replace("’", "'"))
            stem = meaning(folded, language)
            yield Word(match.start(), match.end(), "" if stem in ignored or folded in ignored else stem)
        elif kind in ("unspaced", "thai"):
            for word in _cut(match[0], match.start(), "th" if kind == "thai" else ""):
                yield word._replace(stem="") if word.stem in ignored else word
        elif kind == "handle":
            yield Word(match.start(), match.end(), "")


@lru_cache(maxsize=1 << 16)
def meaning(word: str, language: str) -> str:
    """The stem of a folded word; "" for a stop word, `not` for a negation."""
    if language in _ELIDING and "'" in word:
        word = word.rpartition("'")[2]
    known = language if language in STOP_WORDS else ("" if language in _ALGORITHMS else _ENGLISH)
    if word in NEGATIONS.get(known, ()) or (known == _ENGLISH and word.endswith("n't")):
        return NOT
    if word in STOP_WORDS.get(known, ()) or (word.isascii() and len(word) < 2):
        return ""
    if word.isdigit() and len(word) < SHORTEST_NUMBER:
        return ""
    return _stem(word.removesuffix("'s")[:LONGEST_WORD], language)


def _stem(word: str, language: str) -> str:
    stem: str = _stemmer(_ALGORITHMS.get(language, "english")).stemWord(word)
    return stem


@cache
def _stemmer(algorithm: str) -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer(algorithm)


# ---- without spaces --------------------------------------------------------------------------------------------------


def _cut(run: str, at: int, language: str) -> Iterator[Word]:
    """The words of a run without spaces that begins at this character."""
    language = language or ("ja" if _KANA.search(run) else "zh")
    for piece in _parser(language)(run[:READ_AT_ONCE]):
        yield Word(at, at + len(piece), _unspaced_meaning(piece, language))
        at += len(piece)


READ_AT_ONCE = 2_000
"""Nobody writes so much without a mark of punctuation."""


@lru_cache(maxsize=1 << 14)
def _unspaced_meaning(piece: str, language: str) -> str:
    folded = fold(piece)
    if language == "ja":
        return _japanese(folded)
    if folded in NEGATIONS[language]:
        return NOT
    return "" if folded in STOP_WORDS[language] or (len(folded) < 2 and folded.isdigit()) else folded


def _japanese(piece: str) -> str:
    """A noun without its particle, a verb without its ending; a negated one is a word of its own: 届きません is
    届~not."""
    denied = _NO_IN_JAPANESE.search(piece)
    core = piece[: denied.start()] if denied else piece
    bare = _ENDING_IN_JAPANESE.sub("", core)
    if denied:
        return f"{bare or core}~{NOT}" if bare or core else NOT
    return bare


@cache
def _parser(language: str) -> Callable[[str], list[str]]:
    import budoux

    load = {
        "ja": budoux.load_default_japanese_parser,
        "zh": budoux.load_default_simplified_chinese_parser,
        "th": budoux.load_default_thai_parser,
    }
    parse: Callable[[str], list[str]] = load[language]().parse
    return parse
