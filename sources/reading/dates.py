"""Times as people and services write them, to aware UTC; whatever cannot be meant is None, never a guess from today."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from dateutil import parser as dateutil_parser

EARLIEST = 1990
"""Years before the web are placeholders ("0001-01-01", the epoch), not times of posts."""
_LONGEST = 80
_DAY_AND_MONTH = re.compile(r"\s*(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_SMALL_YEAR = re.compile(r"(?<![\d+:.-])0{2,3}\d{1,2}(?![\d:.])")
_HALF_DAY = re.compile(r"\d ?[AaPp]\.?[Mm](?![a-z])")
_USUAL = re.compile(
    r"(?:[A-Z][a-z]{2}, ?)?(\d\d?) ([A-Z][a-z]{2}) ((?:19|20)\d\d) "
    r"(\d\d:\d\d(?::\d\d)?) ([+-][01]\d[0-5]\d|[A-Z]{1,4})",
    re.ASCII,
)
"""How nearly every feed writes its times."""
_MONTHS = {
    "Jan": "01", "Feb": "02", "Mar": "03", "Apr": "04", "May": "05", "Jun": "06",
    "Jul": "07", "Aug": "08", "Sep": "09", "Oct": "10", "Nov": "11", "Dec": "12",
}  # fmt: skip
_ZONES = {
    name: hours * 3600
    for name, hours in {
        "UTC": 0, "UT": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MET": 1, "CEST": 2, "MEST": 2,
        "EET": 2, "EEST": 3, "MSK": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
        "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "JST": 9, "KST": 9, "SGT": 8, "AEST": 10, "AEDT": 11,
        "NZST": 12, "NZDT": 13,
    }.items()
}  # fmt: skip
_ZONES_OF_ISO = {name: f"{seconds // 3600:+03}00" for name, seconds in _ZONES.items()}


def utc(moment: datetime) -> datetime | None:
    """The moment in UTC, in whole seconds (a naive one is UTC); None outside the years that a post can have."""
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if not EARLIEST <= moment.year < 9999:
        return None
    return moment.replace(microsecond=0) if moment.microsecond else moment


def when(value: object, *, day_first: bool = False) -> datetime | None:
    """The time that `value` states: ISO 8601, RFC 822, seconds or milliseconds since 1970, and everyday forms.

    `day_first` decides "03/04/2026" only; "3.4.2026" and "21/04/2026" speak for themselves. None for no usable time.
    """
    if isinstance(value, str) and (usual := _USUAL.fullmatch(value.strip())) and (moment := _of_feeds(usual)):
        return moment
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _since_1970(value)
    text = " ".join(str(value).split())
    if not text or len(text) > _LONGEST:
        return None
    if text.isascii() and text.isdigit():
        return _digits(text)
    return _iso(text) or _by_day_and_month(text, day_first) or _rfc822(text) or _everyday(text)


def _of_feeds(found: re.Match[str]) -> datetime | None:
    day, month, year, clock, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{year}-{_MONTHS[month]}-{day:0>2}T{clock}{_ZONES_OF_ISO.get(zone, zone)}")
    except (KeyError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.year > EARLIEST else None


def is_half_day(text: str) -> bool:
    """True for a time of twelve hours, "02:02:33 PM", of which many readers overlook the end."""
    return _HALF_DAY.search(text) is not None


def speaks_day_first(values: list[str]) -> bool:
    """True when a column of dates can only be read day first ("21/04/2026" occurs and "04/21/2026" does not)."""
    pairs = [(int(m[1]), int(m[3])) for m in map(_DAY_AND_MONTH.match, values) if m and m[2] != "."]
    return any(first > 12 for first, _ in pairs) and not any(second > 12 for _, second in pairs)


def _since_1970(number: float) -> datetime | None:
    try:
        seconds = number / 1000 if abs(number) >= 1e11 else number
        return utc(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _digits(text: str) -> datetime | None:
    if len(text) in (10, 13):
        return _since_1970(int(text))
    if len(text) not in (8, 12, 14):
        return None
    try:
        return utc(datetime.strptime(text.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC))
    except ValueError:
        return None


def _iso(text: str) -> datetime | None:
    if not text[:4].isdigit() or text[4:5] not in "-0123456789":
        return None
    if "T24:" in text or " 24:" in text:
        earlier = _iso(text.replace("T24:", "T00:").replace(" 24:", " 00:"))
        return earlier and utc(earlier + timedelta(days=1))
    try:
        return utc(datetime.fromisoformat(text))
    except ValueError:
        return None


def _by_day_and_month(text: str, day_first: bool) -> datetime | None:
    numbers = _DAY_AND_MONTH.match(text)
    if not numbers:
        return None
    first, mark, second, year = int(numbers[1]), numbers[2], int(numbers[3]), int(numbers[4])
    day_leads = first > 12 or mark == "." or (day_first and second <= 12)
    day, month = (first, second) if day_leads else (second, first)
    try:
        day_of = date(year if year >= 100 else 2000 + year, month, day)
    except ValueError:
        return None
    return _everyday(f"{day_of.isoformat()} {text[numbers.end() :].lstrip(' ,T')}")


def _rfc822(text: str) -> datetime | None:
    if _SMALL_YEAR.search(text) or is_half_day(text):  # the standard library reads the year 1 as 2001, and no "PM"
        return None
    try:
        return utc(parsedate_to_datetime(text))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _everyday(text: str) -> datetime | None:
    if _SMALL_YEAR.search(text):
        return None
    # dateutil fills what a text leaves out from a default: two defaults show whether it did.
    read = [_by_dateutil(text, default) for default in (datetime(2001, 1, 1), datetime(2004, 2, 2))]  # noqa: DTZ001
    return read[0] if read[0] == read[1] else None


def _by_dateutil(text: str, default: datetime) -> datetime | None:
    try:
        return utc(dateutil_parser.parse(text, default=default, tzinfos=_offset))
    except (ValueError, TypeError, ArithmeticError):
        return None


def _offset(zone: str | None, seconds: int | None) -> int:
    """A zone's offset in seconds; one that nobody knows is taken as UTC, never as this machine's."""
    return seconds if seconds is not None else _ZONES.get(zone or "", 0)
