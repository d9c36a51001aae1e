"""Words of a text, folded so that spellings of the same word meet. Works for English best; other scripts split at
spaces.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
PART = re.compile(r"[^\W_]+")
SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)|\n+")
NOT = "not"

NEGATIONS = frozenset("no not never nothing nobody none without cannot neither nor nowhere".split())  # noqa: SIM905
_STOP = """
a about above after again all also am an and any anyway are as at be because been before being below between both but
by can could did do does doing done down during each either else etc even ever every few for from further get gets
getting go goes going gone got had has have having he her here hers herself him himself his how however i i'd i'll i'm
i've if in into is it it'd it'll it's its itself just let let's lot lots made make makes making many may maybe me
might mine more most much must my myself now of off on once one only onto or other others our ours ourselves out over
own per please quite rather re really said same say says see seem seems she should since so some somebody someone
something still such than thank thanks that that's the their theirs them themselves then there there's these they
they'd they'll they're they've thing things this those though through to too u under until up upon us use used very
via was way we we'd we'll we're we've well were what what's when where whether which while who who's whom whose why
will with within would yes yet you you'd you'll you're you've your yours yourself yourselves d ll m o s t ve http
https www com amp
"""
STOP_WORDS = frozenset(_STOP.split())


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """Compatibility forms, case and accents folded; ’ is '. As the query language compares words."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("’", "'")


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The key of a folded word: "" for a stop word, "not" for every negation, else without English endings.
    Only ever compared, never shown."""
    if word in NEGATIONS or word.endswith("n't"):
        return NOT
    if word in STOP_WORDS or (len(word) < 2 and word.isascii()):
        return ""
    for ending, keep in (("'s", 1), ("ing", 4), ("ed", 4), ("es", 4), ("s", 3)):
        if word.endswith(ending) and len(word) - len(ending) >= keep and not word.endswith(("ss", "us", "is")):
            word = word[: -len(ending)]
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] in "bdgmnprtl":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word[-1] == "e" else word


def parts(text: str) -> list[str]:
    """The folded words as the query language cuts them: "don't" is "don", "t"."""
    return PART.findall(" ".join(fold(word) for word in WORD.findall(text)))


def line_of(text: str) -> str:
    """The folded words with a space around each, so that a phrase is found as a substring."""
    return f" {' '.join(parts(text))} "
