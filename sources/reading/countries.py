"""Two-letter countries as people write them: one or several, in capitals or not."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator

from sources.reading.values import words_of


def _countries(value: object) -> object:
    several = words_of(value)
    if not isinstance(several, list | tuple):
        return value
    wrong = [country for country in several if not re.fullmatch(r"[A-Za-z]{2}", str(country))]
    if wrong:
        raise ValueError(f'"{wrong[0]}" is no two-letter country such as "us"')
    return tuple(dict.fromkeys(str(country).lower() for country in several))


Countries = Annotated[tuple[str, ...], BeforeValidator(_countries)]
"""Each once, in small letters."""
