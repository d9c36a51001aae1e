"""Values of foreign JSON: each as the type that it should have, or as nothing; what is no list is a bad shape."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sources.base import BadShape

_LARGEST = 10**18


def text_of(value: object) -> str:
    """A string without the blanks around it, a number in digits; empty for anything else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def whole(value: object) -> int:
    """A number as an int, 0 for what is none."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST
    return int(value) if number else 0  # type: ignore[call-overload]


def part(value: object, key: str) -> dict[str, Any]:
    """The object under `key`, an empty one where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def listed(value: object, path: str) -> list[Any]:
    """A list as it is. Raises BadShape for anything else."""
    if not isinstance(value, list):
        raise BadShape(path, "not a list")
    return value


def several(value: object) -> list[Any]:
    """A list as it is, an empty one for anything else: for a part of a record that it can do without."""
    return value if isinstance(value, list) else []


def words_of(value: object) -> object:
    """The words of a text, parted by commas, semicolons or blanks; anything else as it is."""
    return re.split(r"[\s,;]+", value.strip()) if isinstance(value, str) else value


def known(**facts: object) -> dict[str, Any]:
    """Those facts that say something: no None, no empty text, no empty list, not False."""
    return {
        name: fact for name, fact in facts.items() if fact is not None and fact is not False and fact not in ("", [])
    }


def asked(url: str, name: str) -> str:
    """The value of this parameter in an address; empty where it has none."""
    try:
        return parse_qs(urlsplit(url).query).get(name, [""])[0].strip()
    except ValueError:
        return ""
