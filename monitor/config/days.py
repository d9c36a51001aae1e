"""Reads how people write a day or a moment: 2026-11-01, 2026-11, 7d, 24h, yesterday, monday. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo

from monitor.config.times import UNITS, WEEKDAYS

Stretch = tuple[datetime, datetime]
"""From its start to before its end; a moment is both."""

LONGEST_AGO = 50 * 366 * UNITS["d"]

_DATE = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?")
_AGO = re.compile(r"(\d{1,5})\s*(w|weeks?|d|days?|h|hours?|m|minutes?)(?:\s+ago)?")
_SECONDS = {**UNITS, "w": 7 * UNITS["d"]}
_FORMS = "write a day (2026-11-01), a month (2026-11), how long ago (7d, 24h, 2w), today, yesterday or monday"


def stretch(written: str, now: datetime, zone: tzinfo) -> Stretch:
    """The time that `written` names, in `zone`; raises ValueError that says how to write it.

    A day, month or year is all of it; "7d" is the moment seven times 24 hours before `now`; "monday" is the latest one,
    today where it is Monday.
    """
    text = " ".join(written.split()).lower()
    if not text.isascii():
        raise _unknown(written)
    if found := _DATE.fullmatch(text):
        return _whole(written, found, zone)
    if _MOMENT.fullmatch(text.upper()):
        return _moment(written, text.upper(), zone)
    if found := _AGO.fullmatch(text):
        if found[2] == "m":
            days = int(found[1]) * 30
            raise ValueError(f'"{written}" may be minutes or months: write "{found[1]} minutes", or "{days}d".')
        moment = _ago(written, int(found[1]) * _SECONDS[found[2][0]], now)
        return moment, moment
    today = now.astimezone(zone).date()
    if text == "now":
        return now, now
    if text in ("today", "yesterday"):
        day = today - timedelta(days=text == "yesterday")
        return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    name = text.removeprefix("last ")
    for number, weekday in enumerate(WEEKDAYS):
        if name in (weekday, weekday[:3]):
            back = (today.weekday() - number) % 7
            day = today - timedelta(days=back or 7 if name != text else back)
            return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    raise _unknown(written)


def _unknown(written: str) -> ValueError:
    return ValueError(f'"{written}" is no day that can be read; {_FORMS}.')


def _whole(written: str, found: re.Match[str], zone: tzinfo) -> Stretch:
    """All of a year, a month or a day."""
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None, "the pattern asks for a year"
    try:
        first = date(year, month or 1, day or 1)
        if day:
            after = first + timedelta(days=1)
        elif month:
            after = date(year + month // 12, month % 12 + 1, 1)
        else:
            after = date(year + 1, 1, 1)
        return _midnight(first, zone), _midnight(after, zone)
    except (ValueError, OverflowError):
        raise ValueError(f'There is no day "{written}": {_FORMS}.') from None


def _moment(written: str, text: str, zone: tzinfo) -> Stretch:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'There is no moment "{written}": {_FORMS}.') from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return moment, moment


def _ago(written: str, seconds: float, now: datetime) -> datetime:
    if seconds > LONGEST_AGO:
        raise ValueError(f'"{written}" is out of range: write a date such as 2026-11-01.')
    return now - timedelta(seconds=seconds)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)
