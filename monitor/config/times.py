"""Reads how people write time: intervals, hours of the day, time zones, weekdays."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from datetime import time

import tzlocal

from monitor.config.problems import nearest

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?[smhd])+")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd])")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::00)?")
LONGEST = 366 * UNITS["d"]


def duration(text: str) -> float:
    """Seconds in "90s", "5m", "1h30m" or "1d": above 0, up to 366 days. Raises ValueError that says how to write it."""
    wanted = 'write a number and s, m, h or d, such as "90s", "5m", "1h" or "1d"'
    if not isinstance(text, str):
        raise ValueError(f"{text} has no unit; {wanted}")
    compact = text.strip().replace(" ", "").lower()
    if not _DURATION.fullmatch(compact):
        raise ValueError(f'"{text}" is not an interval; {wanted}')
    seconds = sum(float(number) * UNITS[unit] for number, unit in _PART.findall(compact))
    if not 0 < seconds <= LONGEST:
        raise ValueError(f'"{text}" is out of range; an interval is longer than 0 and at most 366d')
    return seconds


def clock(value: object) -> time:
    """The time of day in "08:00", or a TOML time without seconds. Raises ValueError that says how to write it."""
    if isinstance(value, time) and not (value.second or value.microsecond):
        return value
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError(f'"{value}" is not a time of day; write hours and minutes, from "00:00" to "23:59"')
    return time(int(found[1]), int(found[2]))


def zone(name: str) -> str:
    """An IANA zone name that this machine knows. Raises ValueError with the nearest one."""
    try:
        return zoneinfo.ZoneInfo(name).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        pass
    known = zoneinfo.available_timezones()
    cities = {place.rpartition("/")[2].casefold(): place for place in sorted(known)}
    wanted = name.replace(" ", "_")
    hint = nearest(wanted, known) or cities.get(nearest(wanted.rpartition("/")[2].casefold(), cities))
    raise ValueError(f'unknown time zone "{name}"; ' + (f'did you mean "{hint}"?' if hint else 'try "Europe/Berlin"'))


def machine_timezone(environ: Mapping[str, str]) -> str:
    """The zone that this machine lives in: TZ, else what the system says, else UTC."""
    try:
        found = zone(environ.get("TZ", "").lstrip(":") or tzlocal.get_localzone_name())
    except (ValueError, zoneinfo.ZoneInfoNotFoundError):
        return "UTC"
    return "UTC" if found == "Etc/UTC" else found  # what many servers call it, and no reader of a digest


def weekdays(value: object) -> tuple[int, ...]:
    """Days as date.weekday() counts them, from 0 for Monday: of "daily", "weekdays", or a list of day names."""
    match value:
        case "daily":
            return tuple(range(7))
        case "weekdays":
            return tuple(range(5))
        case str():
            return (_weekday(value),)
        case list() | tuple() if value:
            return tuple(sorted({_weekday(day) for day in value}))
        case _:
            raise ValueError('name at least one day, or write "daily" or "weekdays"')


def _weekday(name: object) -> int:
    """A day's number from its English name or its first three letters."""
    wanted = str(name).strip().casefold()
    for number, day in enumerate(WEEKDAYS):
        if wanted in (day, day[:3]):
            return number
    hint = nearest(wanted, (*WEEKDAYS, "daily", "weekdays"))
    raise ValueError(f'unknown day "{name}"; ' + (f'did you mean "{hint}"?' if hint else 'write "mon", "tue" …'))


_PERIODS = {"day": 1, "week": 7, "fortnight": 14, "month": 28, "quarter": 91, "year": 364}
_NUMBERS = {name: number for number, name in enumerate(("one", "two", "three", "four", "five", "six"), 1)}
_RATE = re.compile(rf"(?P<many>[0-9]+|{'|'.join(_NUMBERS)}|once|twice) (?:an? |per )?(?P<period>{'|'.join(_PERIODS)})")


def false_alarm_rate(text: object) -> float:
    """Seconds from one to the next in "one a month", "2 a week", "once a quarter". Raises ValueError that says how to
    write it."""
    found = _RATE.fullmatch(" ".join(text.split()).lower()) if isinstance(text, str) else None
    if not found:
        raise ValueError(f'"{text}" is no rate; write how many false alarms you can live with, such as "one a month"')
    said = found["many"]
    many = {"once": 1, "twice": 2, **_NUMBERS}.get(said) or int(said)
    if not 0 < many <= 50 * _PERIODS[found["period"]]:
        raise ValueError(f'"{text}" is out of range; write at least one a year and at most fifty a day')
    return _PERIODS[found["period"]] * UNITS["d"] / many


def quiet_hours(text: object) -> tuple[time, time]:
    """From when until when, in "22:00-07:00". Raises ValueError that says how to write it."""
    written = re.split(r"\s*(?:[-\u2013]|to|until)\s*", text) if isinstance(text, str) else []
    try:
        start, end = written
        hours = clock(start), clock(end)
    except ValueError:
        raise ValueError(f'"{text}" are no quiet hours; write from when until when, such as "22:00-07:00"') from None
    if hours[0] == hours[1]:
        raise ValueError(f'"{text}" begins and ends at the same hour; leave it out for no quiet hours')
    return hours
