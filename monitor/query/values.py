"""Reads the numbers and dates of a query: 4, >=4, 1..3, 10k, 1,500, 2026-01-31, <2026-02, 2026-01..2026-03."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from monitor.query.fields import Field, instant
from monitor.query.lexer import Token
from monitor.query.problem import QueryError, shown
from monitor.query.tree import Between, Place

_VALUE = re.compile(r"(?P<compare><=|>=|<|>|=)?(?P<low>[^<>=]+?)(?:\.\.(?P<high>[^<>=]+))?")
_LONGEST = 80
_NUMBER = re.compile(r"(-?(?:\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.\d{1,15})?)([km]?)", re.IGNORECASE)
_TIMES = {"": 1, "k": 1_000, "m": 1_000_000}
_DATE = re.compile(r"([12]\d{3})(?:-(\d\d?)(?:-(\d\d?)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?)?)?")

Interval = tuple[float, float]
"""A value as (first, last): a number is both; a date is from its start to before its end."""


def between(query: str, token: Token, field: Field) -> Between:
    """The condition that `token` writes on a number or moment field. QueryError where it is none."""
    place = Place(token.start, token.end)
    value = _VALUE.fullmatch(token.text) if len(token.text) <= _LONGEST else None
    low = _interval(value["low"], field) if value else None
    high = _interval(value["high"], field) if value and value["high"] else low
    if value is None or low is None or high is None or (value["high"] and value["compare"]):
        raise QueryError(f"{field.name}: takes {field.takes()}, found {shown(token.text)}", query, *place)
    if field.edge and (value["compare"] or value["high"]):
        advice = f"Write {field.name}:{value['low']}, or published:{token.text} for a comparison or a range."
        raise QueryError(f"{field.name}: takes {field.takes()}, found {shown(token.text)}", query, *place, advice)
    if high[1] < low[0]:
        advice = f"Write the smaller end first: {field.name}:{value['high']}..{value['low']}."
        raise QueryError(f"nothing is in {shown(token.text)}", query, *place, advice)
    return _between(field, value["compare"] or "", low, high, token.text, place)


def _between(field: Field, compare: str, low: Interval, high: Interval, written: str, place: Place) -> Between:
    end_included = field.number is not None
    if compare == ">":
        return Between(field.name, low[1], None, not end_included, False, written, place)
    if compare == ">=" or field.edge == "after":
        return Between(field.name, low[0], None, True, False, written, place)
    if compare == "<" or field.edge == "before":
        return Between(field.name, None, low[0], False, False, written, place)
    if compare == "<=":
        return Between(field.name, None, low[1], False, end_included, written, place)
    return Between(field.name, low[0], high[1], True, end_included, written, place)


def _interval(text: str, field: Field) -> Interval | None:
    if field.moment:
        return _date(text.strip())
    number = _NUMBER.fullmatch(text.strip())
    if not number:
        return None
    value = float(Decimal(number[1].replace(",", "")) * _TIMES[number[2].lower()])
    return value, value


def _date(text: str) -> Interval | None:
    found = _DATE.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups()[:6])
    assert year is not None, "the pattern asks for a year"
    zone = datetime.strptime(found[7], "%z").tzinfo if found[7] else UTC
    try:
        start = datetime(year, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=zone)
        return instant(start), instant(_end(start, month, day, hour, second))
    except (ValueError, OverflowError):
        return None


def _end(start: datetime, month: int | None, day: int | None, hour: int | None, second: int | None) -> datetime:
    if hour is not None:
        return start + (timedelta(minutes=1) if second is None else timedelta(seconds=1))
    if day is not None:
        return start + timedelta(days=1)
    if month is not None and month < 12:
        return start.replace(month=month + 1)
    return start.replace(year=start.year + 1, month=1)
