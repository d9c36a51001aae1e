"""Which column or key means what (text, author, date, rating …), by the names that exports and senders use."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from sources.base import RatingKind

Field = Literal["id", "url", "title", "text", "author", "published", "rating", "lang", "rating_max", "kind"]
FIELDS: tuple[Field, ...] = get_args(Field)

PERSONAL = re.compile(
    r"\be ?mail\b|\bip( address)?\b|\bphone\b|\bmobile\b|\baddress\b|\bcourriel\b|\bcorreo\b|\bnetwork id\b"
    r"|\btelefon|\btéléphone\b|\btel\b|\b(first|last|full|family|given) name\b|\bsurname\b|\bvorname\b"
    r"|\bnachname\b|\bnom de famille\b|\bprénom\b|\bapellidos?\b|\bdate of birth\b|\bbirth ?da(y|te)\b|\bgeburtsdatum\b"
    r"|\bstra(ß|ss)e\b|^(handy|handynummer|mobil|mobilnummer|cell|fax|street|adresse|anschrift)\Z"
)
_REACHES = re.compile(
    r"\S+@\S+\.\w+|\+\d[\d ()/.-]{6,18}|(\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){4,7}"
)
"""A mail address, a phone number with its country, an IP address: and nothing else."""
_SCORE_NAMES = re.compile(r"\bnps\b|likely .*recommend|how likely|weiterempfehl|recommander|recomendar")
_UNIT = r"(?:stars?|points?|sternen?|punkten?|étoiles?|estrellas?|estrelas?|stelle|sterren|★|⭐\ufe0f?)"
_SCALED = re.compile(
    rf"(-?\d+(?:[.,]\d+)?)\s*{_UNIT}?\s*(?:/|out of|of|von|sur|de|di|van)\s*(\d+(?:[.,]\d+)?)", re.IGNORECASE
)
_NUMBER = re.compile(rf"(-?\d+(?:[.,]\d+)?)\s*(?:{_UNIT}|(%)|\*)?\s*(?:[-–:(].*)?\Z", re.IGNORECASE)
_SIGN_BEFORE = re.compile(r"[★⭐]\ufe0f?\s*(?=\d)")
_ASTERISKS = re.compile(r"\*{1,5}\Z")
_NAMED_SCALE = re.compile(r"(?:\b(?:of|on|sur|von|de|di|to|bis)|[-–/])\s*(5|10|100)\W*\Z", re.IGNORECASE)
"""A scale in a column's name: "Rating (1-5)", "Score out of 10"."""
_SCALE_END = re.compile(r"(?: (?:out|of|on|sur|von|de|di|to|bis|from|stars|\d+))* \d+\Z")
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_MAIL = re.compile(r"\S+@\S+\.\w+\Z")


class Rating(NamedTuple):
    """A rating with its scale."""

    value: float
    best: float
    kind: RatingKind


def plain_name(name: str) -> str:
    """A column's name for comparison: small letters, one blank between words."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(re.sub(r"[\W_]+", " ", spaced.casefold()).split())


def _known_names() -> dict[Field, dict[str, int]]:
    names: dict[Field, list[str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))  # type: ignore[assignment]
    return {field: {plain_name(name): place for place, name in enumerate(names[field])} for field in FIELDS}


_KNOWN = _known_names()


def guess(names: Sequence[str]) -> dict[Field, int]:
    """Field → index of the column that most probably holds it, by its name. A column serves one field only."""
    plain = [plain_name(name) for name in names]
    taken: dict[Field, int] = {}
    for field in ("text", "id", "title", "published", "rating", "author", "url", "lang", "rating_max", "kind"):
        known = _KNOWN[field]
        called = [_SCALE_END.sub("", name) for name in plain] if field == "rating" else plain
        ranked = sorted(
            (known[name], at) for at, name in enumerate(called) if name in known and at not in taken.values()
        )
        if ranked:
            taken[field] = ranked[0][1]
    if "rating" not in taken:
        scores = (at for at, name in enumerate(plain) if _SCORE_NAMES.search(name) and at not in taken.values())
        if (at := next(scores, None)) is not None:
            taken["rating"] = at
    return taken


def fields_of(record: Mapping[str, object]) -> dict[Field, object]:
    """The known fields of one record with keys of whatever spelling."""
    keys = list(record)
    found = guess(keys)
    return {field: record[keys[at]] for field, at in found.items() if record[keys[at]] not in (None, "")}


def is_personal(name: str) -> bool:
    """True for a column that says how to reach a person (e-mail, phone, IP address): it is not taken."""
    return bool(PERSONAL.search(plain_name(name)))


def reaches_somebody(value: object) -> bool:
    """True for what is a way to a person, in whatever column it stands."""
    return isinstance(value, str) and len(value) < 200 and _REACHES.fullmatch(value.strip()) is not None


def person(name: str) -> str:
    """An author's name on one line; an e-mail address is no name, and not taken."""
    name = " ".join(name.split())
    return "" if _MAIL.match(name) else name


def rating_of(value: object, best: float | None = None, name: str = "") -> Rating | None:
    """The rating in "4", "4,5", "4/5", "4 stars of 5", "80 %", "★★★★☆" or 4. Without a stated scale: `best`, else the
    name (NPS is of 10), else the smallest usual scale (5, 10, 100) that holds it. None for what is no rating."""
    number, stated = _number_and_scale(value)
    if number is None or not -1e6 < number < 1e6:
        return None
    top = stated or best or _scale_named(name) or scale_for([number])
    return Rating(number, top, "stars" if top == 5 else "score") if 0 <= number <= top else None


def _scale_named(name: str) -> float | None:
    if named := _NAMED_SCALE.search(name):
        return float(named[1])
    return 10.0 if _SCORE_NAMES.search(plain_name(name)) else None


def scale_for(numbers: Iterable[float]) -> float:
    """The smallest usual scale that holds them all."""
    highest = max(numbers, default=0.0)
    return next((top for top in (5.0, 10.0, 100.0) if highest <= top), highest)


def _number_and_scale(value: object) -> tuple[float | None, float | None]:
    if isinstance(value, bool) or value is None:
        return None, None
    if isinstance(value, int | float):
        return (float(value), None) if abs(value) < 1e6 else (None, None)
    text = _SIGN_BEFORE.sub("", str(value).strip()[:100], count=1)
    if scaled := _SCALED.match(text):
        return _decimal(scaled[1]), _decimal(scaled[2]) or None
    if number := _NUMBER.match(text):
        return _decimal(number[1]), 100.0 if number[2] else None
    if stars := text.count("★") or text.count("⭐") or (len(text) if _ASTERISKS.match(text) else 0):
        return stars + (0.5 if "½" in text else 0.0), 5.0
    return (float(_WORDS[text.lower()]), 5.0) if text.lower() in _WORDS else (None, None)


def _decimal(text: str) -> float:
    return float(text.replace(",", "."))
