"""Whether a sentence that a machine has worded may stand: nothing in it that is not in what it cites. Pure.

What cannot be proved is refused, and the extracted sentence stays. It is a check of words, not of sense: a claim that
is made of the mentions' own words alone gets through, as it would in a quotation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from monitor.digest.numbers import NUMBER_WORDS, Number, numbers_in
from monitor.digest.visible import visible
from monitor.insight.words import STOP_WORDS, WORD, fold, stem

MOST_CHARACTERS = 320
MOST_SENTENCES = 2
GROUNDED = 0.5
"""At least so much of its words of substance must be in what it cites."""

Reason = Literal["empty", "length", "markup", "link", "number", "name", "quotation", "language", "words"]
REASONS: dict[Reason, str] = {
    "empty": "nothing came",
    "length": "too long",
    "markup": "markup",
    "link": "a link or an address",
    "number": "a number that is not in the mentions",
    "name": "a name that is not in the mentions",
    "quotation": "a quotation that is not in the mentions",
    "language": "another language",
    "words": "words that are not in the mentions",
}

CASED = frozenset({"en", "de", "fr", "es"})
"""Languages whose names and number words can be told; in others every word has to be in what is cited."""

_PLAIN = frozenset(".,;:!?'\"“”‘’„‚«»‹›()-–—…%€$£¥₹&/+−¿¡、。「」『』！？，：；・")
_ENTITY = re.compile(r"&#?\w+;")
_ADDRESS = re.compile(r"\w[.。．｡․]\w{2,}|[@＠#＃]|://|\bwww\b", re.IGNORECASE)
_COLON = re.compile(r":(?!\s|$)(?<!\d:(?=\d))")
_QUAD = re.compile(r"\d+\.\d+\.\d+\.\d+")
_TELEPHONE = re.compile(r"(?:\d[ .()/–-]{0,2}){7,}")
_SENTENCE_END = re.compile(r"[.!?…。！？]+[\"'”’»)」]*(?=\s|$)|[。！？]")
_QUOTATIONS = re.compile(r"“([^“”]*)”|„([^„“”]*)[“”]|«([^«»]*)»|‹([^‹›]*)›|「([^「」]*)」|『([^『』]*)』|\"([^\"]*)\"")
_SINGLE = re.compile(r"(?<!\w)['‘‚]([^'‘’]+(?:['’]\w[^'‘’]*)*)['’](?!\w)")
_LEFT_OPEN = re.compile(r"[“”„«»‹›「」『』\"]")
# What the digest itself counts: such a number comes from the digest, whatever a mention claims.
_OURS = frozenset(map(stem, ("mention", "mentions", "copy", "copies", "sentiment", "voice", "digest")))
_OPENERS = frozenset(
    """
    customers customer people buyers users owners reviewers readers complaints complaint praise several unusual normal
    quiet blind needs need new although despite meanwhile overall outlets articles posts reports
    der die das ein eine kunden viele einige mehrere les des une un le la plusieurs clients los las el varios muchos
    clientes
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Grounds:
    """What a sentence may be made of."""

    texts: tuple[str, ...]
    """The cited mentions, as they were shown to whoever worded it."""
    sentence: str
    """The digest's own sentence, with its figures."""
    languages: frozenset[str] = frozenset({"en"})
    """ISO 639-1: of the digest, and of most of the cited mentions."""

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """Each text in one line, for quotations."""
        return tuple(_line(text) for text in (*self.texts, self.sentence))

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(_words(" ".join((*self.texts, self.sentence))))

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(map(stem, self.words)) | frozenset(word[:5] for word in self.words if len(word) >= 5)

    @cached_property
    def said(self) -> tuple[Number, ...]:
        return tuple(number for text in self.texts for number in numbers_in(text))

    @cached_property
    def counted(self) -> tuple[Number, ...]:
        return tuple(numbers_in(self.sentence))


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a sentence may not stand."""

    reason: Reason
    what: str = ""
    """What it stumbled over. A stranger may have written it: for the log alone."""


def refusal(written: str, grounds: Grounds, language: Callable[[str], str]) -> Refused | None:
    """None where the sentence may stand. `language` gives the ISO 639-1 code of a text, or "" where it cannot tell."""
    return _form(written) or _content(unicodedata.normalize("NFKC", written), grounds, language(written))


def _form(written: str) -> Refused | None:
    if not written.strip():
        return Refused("empty")
    if len(written) > MOST_CHARACTERS or len(_SENTENCE_END.findall(written.strip())) > MOST_SENTENCES:
        return Refused("length", str(len(written)))
    # Digits in a circle and full-width dots become what a reader takes them for.
    plain = unicodedata.normalize("NFKC", written)
    for found in (_ADDRESS.search(plain), _COLON.search(plain), _QUAD.search(plain), _TELEPHONE.search(plain)):
        if found:
            return Refused("link", found[0])
    odd = next((sign for sign in written if not _is_plain(sign)), "")
    if odd or visible(written) != unicodedata.normalize("NFC", written) or _ENTITY.search(plain):
        return Refused("markup", odd)
    first = written[0]
    return None if first.isalnum() or first in "“„«「\"'‘¿¡" else Refused("markup", first)


def _is_plain(sign: str) -> bool:
    return (
        sign in _PLAIN
        or sign in " \u00a0\u202f"
        or unicodedata.category(sign) in ("Lu", "Ll", "Lo", "Lm", "Mn", "Mc", "Nd")
    )


def _content(written: str, grounds: Grounds, spoken: str) -> Refused | None:
    if spoken and spoken not in grounds.languages:
        return Refused("language", spoken)
    return _quotations(written, grounds) or _numbers(written, grounds) or _names(written, grounds, spoken)


# Quotations ---------------------------------------------------------------------------------------------------------


def _quotations(written: str, grounds: Grounds) -> Refused | None:
    quoted = [next(filter(None, found), "") for found in _QUOTATIONS.findall(written)]
    rest = _QUOTATIONS.sub(" ", written)
    if _LEFT_OPEN.search(rest):
        return Refused("quotation", "left open")
    for words in [*quoted, *_SINGLE.findall(rest)]:
        line = _line(words).strip(" .,!?…;:-–—")
        if not line or not any(line in text for text in grounds.folded):
            return Refused("quotation", words)
    return None


def _line(text: str) -> str:
    return " ".join(fold(text).translate(_SAME_QUOTES).split())


_SAME_QUOTES = dict.fromkeys(map(ord, '“”„«»‹›‘‚"'), "'")


# Numbers ------------------------------------------------------------------------------------------------------------


def _numbers(written: str, grounds: Grounds) -> Refused | None:
    for number in numbers_in(written):
        ours = number.counts in _OURS
        known = grounds.counted if ours else (*grounds.counted, *grounds.said)
        if not any(_same(number, other) for other in known):
            return Refused("number", number.text)
    return None


def _same(number: Number, other: Number) -> bool:
    """The same amount, of the same things as far as both can be told."""
    return number.value == other.value and (not number.counts or number.counts in other.around)


# Names and words ----------------------------------------------------------------------------------------------------


def _names(written: str, grounds: Grounds, spoken: str) -> Refused | None:
    strict = (spoken and spoken not in CASED) or any(
        letter.isalpha() and letter.upper() == letter.lower() for letter in written
    )
    if strict:
        return _every_word(written, grounds)
    starts = {match.start() for match in _starts(written)}
    for match in WORD.finditer(written):
        word = match[0]
        if word == word.lower() or _known(word, grounds, loosely=spoken == "de"):
            continue
        if match.start() not in starts or not _opens(word, grounds):
            return Refused("name", word)
    return _substance(written, grounds)


def _starts(written: str) -> Iterable[re.Match[str]]:
    """The first word of each sentence."""
    ends = [0, *(found.end() for found in _SENTENCE_END.finditer(written))]
    return (found for end in ends if (found := WORD.search(written, end)))


def _opens(word: str, grounds: Grounds) -> bool:
    """Whether a first word is capitalised for being the first."""
    folded = fold(word)
    return word[1:] == word[1:].lower() and (folded in STOP_WORDS | _OPENERS or stem(folded) in grounds.stems)


def _known(word: str, grounds: Grounds, *, loosely: bool = False) -> bool:
    folded = fold(word)
    if folded in grounds.words or folded.removesuffix("'s") in grounds.words or folded in NUMBER_WORDS:
        return True
    return loosely and len(folded) >= 5 and folded[:5] in grounds.stems


def _substance(written: str, grounds: Grounds) -> Refused | None:
    """Where too few of its words are in what it cites, it speaks of something else."""
    words = [word for word in _words(written) if stem(word) not in ("", "not") and word not in NUMBER_WORDS]
    strange = [word for word in words if stem(word) not in grounds.stems and word[:5] not in grounds.stems]
    return Refused("words", " ".join(strange)) if len(strange) > (1 - GROUNDED) * len(words) else None


def _every_word(written: str, grounds: Grounds) -> Refused | None:
    """For scripts without capitals, and languages that we know too little of: nothing but words that are there. Where
    words are not spaced, nothing but pairs of signs that are there."""
    everything = " ".join(grounds.folded)
    for word in _words(written):
        spaced = word.isascii() or not _unspaced(word)
        pieces = [word] if spaced else [word[at : at + 2] for at in range(max(1, len(word) - 1))]
        missing = next((piece for piece in pieces if piece not in (grounds.words if spaced else everything)), "")
        if missing:
            return Refused("words", missing)
    return None


def _unspaced(word: str) -> bool:
    return any(
        "\u3040" <= sign <= "\u9fff" or "\u0e00" <= sign <= "\u0eff" or "\u1000" <= sign <= "\u109f" for sign in word
    )


def _words(text: str) -> list[str]:
    return [fold(word) for word in WORD.findall(unicodedata.normalize("NFKC", text))]
