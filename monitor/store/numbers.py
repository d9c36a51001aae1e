"""Numbers as tokens of the index: each stands in a cell of about its size, and a condition is a few beginnings. Pure.

`05.12` is 12,000, and `05.12~` is more than that and less than 13,000: how many digits it has before its point, its
first two, and whether there is more. A beginning is the cells of a digit or a decade. So what people ask for (`<=2`,
`>10k`) falls between cells, and the index alone knows the answer. Cells of one length sort as their numbers do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

MOST_DIGITS = 15
NOUGHT, LESS, NEARLY_NOUGHT = "-00", "-~", "-00~"
"""Nought, less than that, and what lies between nought and 0.1: no beginning of other cells finds them."""


@lru_cache(maxsize=1 << 14)
def cell(value: float) -> str:
    """The cell that a finite number stands in."""
    if value < 0.1:
        return NEARLY_NOUGHT if value > 0 else NOUGHT if value == 0 else LESS
    # By its shortest decimal form: 4.3 is no 4.2999…
    number = Decimal(repr(float(min(value, 10.0**MOST_DIGITS - 1))))
    digits = number.adjusted() + 1
    two = int(number.scaleb(2 - digits))
    return f"{digits:02d}.{two}" + ("" if number == Decimal(two).scaleb(digits - 2) else "~")


class Part(NamedTuple):
    """A cell, or with `open` all that begin so, of which some numbers fulfil a condition; `surely`: all of them."""

    token: str
    open: bool
    surely: bool


class Stretch(NamedTuple):
    """The numbers from `low` to `high`, with or without these themselves."""

    low: float
    high: float
    with_low: bool = True
    with_high: bool = True

    def holds(self, number: float) -> bool:
        """Whether it is one of them."""
        above = number > self.low or (self.with_low and number == self.low)
        return above and (number < self.high or (self.with_high and number == self.high))

    def meets(self, first: float, end: float) -> bool:
        """Whether one of them lies between the two."""
        return self.low < end and self.high > first

    def spans(self, first: float, end: float) -> bool:
        """Whether all that lie between the two are among them."""
        return self.low <= first and self.high >= end


def cover(wanted: Stretch) -> Iterator[Part]:
    """The fewest parts that hold all wanted numbers."""
    if wanted.low < 0:
        yield Part(LESS, False, wanted.spans(-math.inf, 0))
    if wanted.holds(0):
        yield Part(NOUGHT, False, True)
    if wanted.meets(0, 0.1):
        yield Part(NEARLY_NOUGHT, False, wanted.spans(0, 0.1))
    for digits in range(MOST_DIGITS + 1):
        yield from _beginning_with(digits, "", wanted)


def _beginning_with(digits: int, read: str, wanted: Stretch) -> Iterator[Part]:
    """`read`: the first digits so far; none for all numbers of so many digits before their point."""
    first, end = (int(read), int(read) + 1) if read else (1, 10)
    places = digits - (len(read) or 1)
    is_last = digits == MOST_DIGITS and set(read) <= {"9"}
    begins, ends = _number(first, places), math.inf if is_last else _number(end, places)
    token = f"{digits:02d}.{read}"
    if not wanted.holds(begins) and not wanted.meets(begins, ends):
        return
    if wanted.holds(begins) and wanted.spans(begins, ends):
        yield Part(token, True, True)
    elif len(read) < 2:
        for digit in "0123456789" if read else "123456789":
            yield from _beginning_with(digits, read + digit, wanted)
    else:
        if wanted.holds(begins):
            yield Part(token, False, True)
        if wanted.meets(begins, ends):
            yield Part(f"{token}~", False, wanted.spans(begins, ends))


def _number(first: int, places: int) -> float:
    """`first` with so many places more (or fewer) before its point: the float that is meant by writing it down."""
    return float(f"{first}e{places}")
