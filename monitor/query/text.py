"""Words and where they stand: one cutting and one folding for live matching, the stored index and the query itself.

A word is a run of letters, digits and marks. Words are compared folded: NFKC, without case, without accents.
Scripts that write no spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) are cut into overlapping pairs of
characters: `東京都` is `東京 京都 都`, one word for each character, the last of a run alone. So any two neighbours
are one word, one character is the beginning of a word, and a longer name is a phrase.
Korean, Arabic and Hebrew join particles to foreign names: `Nike보다` is `nike 보다`, `והiPhone` is `וה iphone`.
Everything here takes time linear in the text.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Hashable, Sequence
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any

_UNSPACED = (
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d"
    "\U0001b000-\U0001b16f\U00020000-\U0003fffd"
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e50-\u0e59\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u0ed0-\u0edf"
    "\u1000-\u102a\u103f-\u1049\u1050-\u1055\u1780-\u17b3\u17d7\u17dc\u17e0-\u17e9"
)
_ATTACHING = (
    "\u05d0-\u05ea\u05ef-\u05f2\u0620-\u064a\u0660-\u0669\u066e\u066f\u0671-\u06d3\u06d5\u06e5\u06e6\u06ee-\u06fc\u06ff"
    "\u0750-\u077f\u0870-\u0887\u0889-\u088e\u08a0-\u08c9\ufb1d\ufb1f-\ufb28\ufb2a-\ufb36\ufb38-\ufb3c\ufb3e"
    "\ufb40\ufb41\ufb43\ufb44\ufb46-\ufbb1\ufbd3-\ufd3d\ufd50-\ufd8f\ufd92-\ufdc7\ufdf0-\ufdfb\ufe70-\ufe74\ufe76-\ufefc"
    "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7c6\ud7cb-\ud7fb"
    "\uffa0-\uffbe\uffc2-\uffc7\uffca-\uffcf\uffd2-\uffd7\uffda-\uffdc"
)
"""Letters of Hebrew, Arabic and Korean: a run is cut where it goes from them to another script, or to digits."""
_CIRCLED = "\u24b6-\u24e9\U0001f130-\U0001f149"
"""Ⓐ and 🄰: symbols to Unicode, letters to those who write with them, and NFKC makes letters of them."""
_JOINERS = "\u00ad\u034f\u200c\u200d\u2060\ufeff"
"""Invisible inside a word (soft hyphen, zero-width joiners): `Go\u00adPro` is `gopro`."""
_MARKS = "".join(chr(c) for c in range(0x300, 0x10000) if unicodedata.category(chr(c))[0] == "M") + "\uff9e\uff9f"
_RARE_MARKS = "\U00011100-\U00011102\U00011127-\U00011134\U0001e944-\U0001e94a\U000e0100-\U000e01ef"
"""Above 65,535 every range costs time in every search, so only the living scripts (Chakma, Adlam) and variants."""
_MARK_SET = frozenset(_MARKS)

_UNSPACED_TOKEN = f"[{_UNSPACED}][{_MARKS}{_JOINERS}{_RARE_MARKS}]*"


def _spaced_token(letter: str) -> str:
    return f"(?:{letter}|[{_CIRCLED}]){letter}*(?:[{_MARKS}{_JOINERS}{_RARE_MARKS}{_CIRCLED}]+{letter}*)*+"


_ATTACHING_TOKEN = f"[{_ATTACHING}]+(?:[{_MARKS}{_JOINERS}{_RARE_MARKS}]+[{_ATTACHING}]*)*+"
_MIXED_TOKEN = re.compile("(" + _spaced_token(f"[^\\W_{_ATTACHING}]") + f"|{_ATTACHING_TOKEN})")
_ANY_TOKEN = re.compile(
    f"({_UNSPACED_TOKEN})|" + _spaced_token(f"[^\\W_{_UNSPACED}{_ATTACHING}]") + f"|{_ATTACHING_TOKEN}"
)
_SPACED_TOKEN = re.compile("(" + _spaced_token(r"[^\W_]") + ")")
_ASCII_TOKEN = re.compile("([A-Za-z0-9]+)")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_UNSPACED_CHARACTER = re.compile(f"[{_UNSPACED}]")
_ATTACHING_CHARACTER = re.compile(f"[{_ATTACHING}]")
_NOT_SIMPLY_SPACED = re.compile(f"[{_UNSPACED}{_ATTACHING}]")
_SEPARATOR = re.compile(f"[^\\w{_UNSPACED}{_MARKS}{_RARE_MARKS}]|_")

_ASCII_WORDS = str.maketrans(
    {chr(c): (chr(c).lower() if chr(c).isalnum() else " ") for c in range(128)}  # one pass that lowers and separates
)
_ACCENTS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    f"\u0610-\u061a\u0640\u064b-\u065f\u0670\U000e0100-\U000e01ef{_JOINERS}]"
)
"""What a reader may leave out: accents, Hebrew points, Arabic vowels. Not the marks that Thai or kana spell with."""
_STROKES = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
)
"""Letters that Unicode does not take apart, though people do."""

_CHUNK = 256
_CACHED = 64
_MOSTLY_ASCII = 8
"""One foreign character in so many: dashes, curly quotes, emoji and a few accents."""

_FEW = 12

SENTENCE_END = re.compile(r"[.!?…](?=\s|$)|[。！？｡]|[\n\r\v\f\x85\u2028\u2029]")


def fold(text: str) -> str:
    """`text` as it is compared: NFKC, case folded, accents gone. Separators stay. `Straße` is `strasse`."""
    if text.isascii():
        return text.lower()
    # Normalising sorts runs of marks in quadratic time; nobody's word is longer than a chunk.
    return "".join(_fold_chunk(text[start : start + _CHUNK]) for start in range(0, len(text), _CHUNK))


def _fold_chunk(text: str) -> str:
    plain = _ACCENTS.sub("", text)
    plain = unicodedata.normalize("NFKC", plain).casefold()
    plain = unicodedata.normalize("NFKD", plain).casefold()
    plain = _ACCENTS.sub("", plain).translate(_STROKES)
    return unicodedata.normalize("NFKC", plain)


def _words_of_token(token: str) -> str:
    """The folded words of one token, joined by spaces: nearly always one; none for a lone tatweel; `½` is `1 2`."""
    folded = fold(token)
    if folded.isalnum() or not _SEPARATOR.search(folded):
        return folded
    return " ".join(word for word in _SEPARATOR.split(folded) if word)


_cached_words_of_token = lru_cache(maxsize=1 << 15)(_words_of_token)


def _folded(token: str) -> str:
    return _cached_words_of_token(token) if len(token) <= _CACHED else _words_of_token(token)


def _in_ascii(text: str) -> str | None:
    """`text` in ASCII letters that are cut into the same folded words, one for each token. None where it takes more."""
    if text.isascii():
        return text
    if (len(text) - len(text.encode("ascii", "ignore"))) * _MOSTLY_ASCII > len(text):
        return None
    plain = _FOREIGN.sub(lambda run: _stand_ins(run[0]), text)
    return plain if plain.isascii() else None


def _stand_ins(run: str) -> str:
    return "".join(map(_stand_in, run))


def _shifts(text: str) -> bool:
    """Whether a stand-in is longer or shorter than what it stands for, so that places differ."""
    return any(len(_stand_in(character)) != 1 for run in _FOREIGN.findall(text) for character in run)


@lru_cache(maxsize=1 << 12)
def _stand_in(character: str) -> str:
    """What `character` is cut and folded to: letters, nothing or a space. Itself where what is around it matters."""
    if is_unspaced(character):
        return character
    if not _SPACED_TOKEN.fullmatch("a" + character):
        return " "
    folded = fold(character)
    begins_word = _SPACED_TOKEN.fullmatch(character) is not None
    sure = folded.isascii() and folded.isalnum() if begins_word else not folded
    return folded if sure else character


def is_unspaced(word: str) -> bool:
    """Whether a word begins with a character of a script that writes no spaces."""
    return _UNSPACED_CHARACTER.match(word) is not None


def is_attaching(letter: str) -> bool:
    """Whether a letter is of a script that joins particles to words of others: Korean, Arabic, Hebrew."""
    return _ATTACHING_CHARACTER.match(letter) is not None


class Words:
    """The words of one text in order, and, when asked, where each stands in the original."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._token = _ASCII_TOKEN
        """The cheapest pattern that cuts the text."""
        self._one_each = True
        """Whether each token is one word."""
        self._plain: str | None = None
        """The text in small ASCII letters and spaces, where it can be written so."""
        self._asked_where = self._asked_place = 0
        self.found: dict[Hashable, Any] = {}
        """What whoever looks for a word made of its places, so that it is made once for all who ask."""
        self.in_order: list[str] = self._cut()
        """The folded words in order."""
        self.different: set[str] = set(self.in_order)

    def _cut(self) -> list[str]:
        text = self.text
        ascii_text = _in_ascii(text)
        if ascii_text is not None:
            if ascii_text is not text:
                self._token = _SPACED_TOKEN
            self._plain = ascii_text.translate(_ASCII_WORDS)
            return self._plain.split()
        self._token = _SPACED_TOKEN
        if _NOT_SIMPLY_SPACED.search(text):
            if _UNSPACED_CHARACTER.search(text):
                self._token, self._one_each = _ANY_TOKEN, False
                return self._paired()
            self._token = _MIXED_TOKEN
        folded = list(map(_folded, self._token.findall(text)))
        words = " ".join(folded).split()
        self._one_each = len(words) == len(folded) and "" not in folded
        return words

    def _paired(self) -> list[str]:
        words: list[str] = []
        run_ends_at = -1
        for token in _ANY_TOKEN.finditer(self.text):
            folded = _folded(token[0])
            if token.lastindex:
                if run_ends_at == token.start():
                    words[-1] += folded
                run_ends_at = token.end()
                words.append(folded)
            else:
                words += folded.split()
        return words

    def where(self, word: str) -> Sequence[int]:
        """The positions of `word` in `in_order`, ascending."""
        if word not in self.different:
            return ()
        if self._asked_where < _FEW:  # to write down where each word is pays only where many are asked for
            self._asked_where += 1
            return self._look_for(word)
        return self._at[word]

    def places(self, word: str, most: int = sys.maxsize) -> list[tuple[int, int]]:
        """Where `word` begins and ends in the original, ascending; of very many the first."""
        if word not in self.different:
            return []
        if not self._in_place:
            return [(self.starts[position], self.ends[position]) for position in self.where(word)[:most]]
        found: list[tuple[int, int]] = []
        start = self._in_place.find(f" {word} ")
        while start >= 0 and len(found) < most:
            found.append((start, start + len(word)))
            start = self._in_place.find(f" {word} ", start + 1)
        return found

    def place(self, position: int) -> tuple[int, int]:
        """Where the word at `position` begins and ends in the original."""
        if self._in_place and self._asked_place < _FEW:  # as above
            self._asked_place += 1
            word = self.in_order[position]
            return self.places(word)[self.in_order[:position].count(word)]
        return self.starts[position], self.ends[position]

    @cached_property
    def _in_place(self) -> str:
        """The plain text between two spaces, where each of its words stands as in the original; else nothing."""
        if self._plain is None or (not self.text.isascii() and _shifts(self.text)):
            return ""
        return f" {self._plain} "

    def _look_for(self, word: str) -> list[int]:
        found: list[int] = []
        position = -1
        for _ in range(self.in_order.count(word)):
            position = self.in_order.index(word, position + 1)
            found.append(position)
        return found

    @cached_property
    def _at(self) -> dict[str, list[int]]:
        positions: dict[str, list[int]] = {}
        for position, word in enumerate(self.in_order):
            if word in positions:
                positions[word].append(position)
            else:
                positions[word] = [position]
        return positions

    def beginning_with(self, letters: str) -> list[str]:
        """The different words that begin with `letters`, in no order."""
        if not letters:
            return list(self.different)
        found = []
        start = self._joined.find(" " + letters) + 1
        while start:
            end = self._joined.index(" ", start)
            found.append(self._joined[start:end])
            start = self._joined.find(" " + letters, end) + 1
        return found

    @cached_property
    def _joined(self) -> str:
        return f" {' '.join(self.different)} "

    @cached_property
    def _places(self) -> tuple[list[int], list[int]]:
        if self._one_each:
            cut = _ASCII_TOKEN.split(self._in_place[1:]) if self._in_place else self._token.split(self.text)
            ends = list(accumulate(map(len, cut)))  # of a gap, a word, a gap, …
            return ends[:-1:2], ends[1::2]
        spans = [token.span() for token in self._token.finditer(self.text)]
        spans = [span for span in spans for _ in _folded(self.text[span[0] : span[1]]).split()]
        return [start for start, _ in spans], [end for _, end in spans]

    @property
    def starts(self) -> list[int]:
        """Where each word begins in the original, in characters. A pair begins at its first character."""
        return self._places[0]

    @property
    def ends(self) -> list[int]:
        """Where each word's own characters end in the original; of a pair, its first character."""
        return self._places[1]

    @cached_property
    def sentences(self) -> list[int]:
        """Each word's sentence, by number. `. ! ? …` before a space or the end, 。！？ and line breaks end one."""
        stops = [stop.start() for stop in SENTENCE_END.finditer(self.text)]
        numbers: list[int] = []
        number = 0
        for start in self.starts:
            while number < len(stops) and stops[number] < start:
                number += 1
            numbers.append(number)
        return numbers


def index_words(text: str) -> str:
    """The folded words of `text` joined by single spaces: what a full-text index should hold of it.

    A word holds ASCII letters and digits and characters above ASCII only, so SQLite's FTS5 with tokenize='ascii' cuts
    exactly these words in exactly this order. What `narrow.need` asks of them is a superset of what a query matches.
    """
    return " ".join(Words(text).in_order)


def begins(word: str, letters: str) -> bool:
    """Whether `word` begins with `letters` and not in the middle of a character with marks (`ก` does not begin `กิ`)."""
    return word.startswith(letters) and (len(word) == len(letters) or word[len(letters)] not in _MARK_SET)
