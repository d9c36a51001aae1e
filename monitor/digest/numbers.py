"""Numbers and dates of a text, as far as two of them can be held against each other: the amount, its unit, and what it
counts. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitor.insight.words import WORD, fold, stem

NEAR = 4
"""A number counts what stands within so many words of it."""

_DIGITS = re.compile(r"\d{1,3}(?: \d{3})+(?![^\W_])|\d+(?:[.,:/'’]\d+)*(?![^\W_])")
_TOKEN = re.compile(rf"(?P<digits>(?<![^\W_]){_DIGITS.pattern})|(?P<word>{WORD.pattern})")
_THOUSANDS = re.compile(r"\d{1,3}([.,'’ ])\d{3}(?:\1\d{3})*")
_SIGNS = {"-": "-", "−": "-", "–": "-", "+": "+"}
_CURRENCY = {"$": "$", "€": "€", "£": "£", "¥": "¥", "₹": "₹"}
_UNITS: Mapping[str, str] = {
    **dict.fromkeys(("percent", "prozent", "porcentaje"), "%"),
    **dict.fromkeys(("dollar", "dollars", "usd", "bucks", "dolares"), "$"),
    **dict.fromkeys(("euro", "euros", "eur"), "€"),
    **dict.fromkeys(("pound", "pounds", "gbp", "quid"), "£"),
    **dict.fromkeys(("yen", "jpy"), "¥"),
}
_PER_CENT = re.compile(r"\s?(?:%|per\s?cent\b|pour\s?cent\b|por\s?ciento\b)", re.IGNORECASE)

_COUNTED = {
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty": 2,
    "zwei drei vier funf sechs sieben acht neun zehn elf zwolf": 2,
    "deux trois quatre cinq six sept huit neuf dix onze douze": 2,
    "dos tres cuatro cinco seis siete ocho nueve diez": 2,
}
_OTHERS = """
zero thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands million millions billion
billions dozen dozens half twice thrice double doubled triple tripled quadrupled quarter quarters third thirds fourth
fifth sixth seventh eighth ninth tenth
zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig hundert hunderte tausend tausende million millionen
milliarden dutzend dutzende halb halfte doppelt verdoppelt dreifach dritte vierte funfte
vingt trente quarante cinquante soixante mille millions milliards douzaine douzaines centaine centaines
milliers moitie doubler triple troisieme quatrieme
veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento cientos mil miles millones docena docenas
mitad doble tercero cuarto quinto
"""
_TIMES = """
today yesterday tomorrow tonight heute gestern morgen vorgestern hier demain hoy ayer manana
monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october
november december montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar marz mai juni juli oktober
dezember lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril juin juillet aout septembre
octobre novembre decembre lunes martes miercoles jueves viernes sabado domingo enero febrero marzo abril mayo junio
julio agosto septiembre octubre noviembre diciembre
"""
NUMBER_WORDS: Mapping[str, str] = {
    **{word: word for word in (*_OTHERS.split(), *_TIMES.split())},
    **{word: str(at) for row, first in _COUNTED.items() for at, word in enumerate(row.split(), start=first)},
}
"""Folded words that say an amount or a date, and the amount; themselves where there is no plain one. "One" is none."""

_MONTHS_AND_DAYS = frozenset(_TIMES.split())
_COMPOUND = re.compile(r"\w(?:hundert|tausend|million|zig$|zehn$)")
_HAN = frozenset("〇一二三四五六七八九十百千万億亿兆两")


@dataclass(frozen=True, slots=True)
class Number:
    """An amount as it can be compared: "1,200" and "1200" are one, "40" and "40%" two, "three" is "3"."""

    text: str
    value: str
    counts: str
    """The stem of the word that follows it at once: what it counts (or the month it stands in); empty where none."""
    around: frozenset[str]
    """Stems of the words near it, and their first five letters."""


def numbers_in(text: str) -> Iterator[Number]:
    """Amounts and dates in figures and words, in order."""
    text = unicodedata.normalize("NFKC", text)
    tokens = list(_TOKEN.finditer(text))
    words = [fold(token["word"] or "") for token in tokens]
    for at, token in enumerate(tokens):
        value = _value(text, token, words[at], words[at + 1] if at + 1 < len(words) else "")
        if value:
            near = (*words[max(0, at - NEAR) : at], *words[at + 1 : at + 1 + NEAR])
            around = frozenset(map(stem, near)) | frozenset(word[:5] for word in near)
            yield Number(token[0], value, _counted(text, tokens, words, at), around)


def _value(text: str, token: re.Match[str], word: str, after: str) -> str:
    """The amount with its sign and unit; empty where the token says none."""
    if token["digits"]:
        return _sign(text, token.start()) + _plain(token["digits"]) + _unit(text, token, after)
    if word in NUMBER_WORDS:
        return NUMBER_WORDS[word] + _unit(text, token, after)
    if any(sign.isdecimal() for sign in word) or _COMPOUND.search(word):
        return word
    return "".join(sign for sign in word if sign in _HAN)


def _plain(digits: str) -> str:
    """Decimal digits as ASCII; without what stands between thousands; a decimal comma as a point."""
    digits = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in digits)
    if _THOUSANDS.fullmatch(digits):
        return re.sub(r"\D", "", digits)
    return digits.replace(",", ".")


def _sign(text: str, start: int) -> str:
    before, outer = text[start - 1 : start], text[start - 2 : start - 1] if start > 1 else ""
    return _SIGNS.get(before, "") if not outer.isalnum() else ""


def _unit(text: str, token: re.Match[str], after: str) -> str:
    if _PER_CENT.match(text, token.end()):
        return "%"
    before, behind = text[: token.start()].rstrip()[-1:], text[token.end() :].lstrip()[:1]
    return _CURRENCY.get(before) or _CURRENCY.get(behind) or _UNITS.get(after, "")


def _counted(text: str, tokens: list[re.Match[str]], words: list[str], at: int) -> str:
    """The word that follows at once, or the month before it: "4 November", "November 4"."""
    if at and words[at - 1] in _MONTHS_AND_DAYS and not text[tokens[at - 1].end() : tokens[at].start()].strip():
        return stem(words[at - 1])
    if at + 1 == len(tokens) or text[tokens[at].end() : tokens[at + 1].start()].strip() or words[at + 1] in _UNITS:
        return ""
    return stem(words[at + 1])
