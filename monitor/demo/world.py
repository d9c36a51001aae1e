"""A month in the life of Kettlewick, an invented maker of smart kettles: who says what, where and when. Pure.

The month is thirty windows of 24 hours that end at one moment, the digest's; window 0 is the last one. What a digest of
that moment should find (`tests/demo` holds the world to it):

- A normal day has 9 to 21 mentions of Kettlewick; windows 21 to 15 are a quiet week with 4 to 7 a day, 40 in all.
- Window 0 has 48, of which 31 are about refunds that do not arrive: returns moved to a new provider and hundreds of
  cases were lost. Eight of these are one story, repeated by eight outlets with small changes; 23 are customers.
- It was to be seen coming: seven ask for their refund, one here and one there, in windows 6 to 1.
- Windows 26 to 22: the small kettle "Mini" is launched, to praise. Windows 13 to 9: version 4.2 of the app crashes
  and loses schedules. Windows 8 to 6: 4.2.1 mends it, with an apology that is liked.
- Windows 10 to 1: orders come late, one customer a day at first and six at last; several quote what their order is
  stuck at: "preparing".
- All month: the support, the quiet boil and the repairs are praised; the lid hinge, the short cord, the beep, nightly
  wifi losses, the need for an account and the dear filters are complained of.
- Oakspout and Tarnwell, two invented competitors, are spoken of too, alone and in comparisons. Windows 16 to 14, in the
  quiet week: Oakspout launches a kettle that sings, the "Lark", and is spoken of more than Kettlewick.
- Bramblejar, jam by post from the same house, has about ten mentions a week. In the last week four customers, one here
  and one there, miss the refund for a box that they cancelled.
- Off-brand noise that must be kept out: a village of the same name (Kettlewick Lane, Kettlewick Hall, its parish and
  its cricket club), and posts that name no brand at all.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from monitor.demo.voices import Line, read_voices

BRAND = "Kettlewick"
ALIAS = "kettle wick"
SMALL = "Bramblejar"
"""The second brand of its own house: ten mentions a week, where whatever four people say is much."""
RIVALS = ("Oakspout", "Tarnwell")
DESCRIPTION = (
    "Invented for this demonstration: a maker of smart kettles (One, Pour, Mini) and of the app that goes with them. "
    "No such company exists, and nobody said any of this."
)
SMALL_DESCRIPTION = "Invented for this demonstration: three jars of jam a month by post. No such company exists."
QUERY = f'({BRAND}* OR "{ALIAS}") NOT ("Kettlewick Lane" OR "Kettlewick Hall" OR parish OR cricket)'
SMALL_QUERY = f"{SMALL}*"

# Mentions of the brand in each window of 24 hours, the last one first.
VOLUME = (
    *(48, 16, 11, 16, 12, 13, 11, 14, 11, 16, 18, 21, 19, 15, 11),
    *(6, 7, 5, 4, 7, 6, 5),
    *(18, 20, 19, 17, 15, 13, 17, 15),
)
QUIET = range(15, 22)
"""The windows of the quiet week."""
NORMAL = (9, 21)
"""Fewest and most mentions of a day that is neither the last nor in the quiet week."""

# For each phase, the windows in which its lines are said, and how much of them each window gets.
_WHEN: Mapping[str, Mapping[int, int]] = {
    "launch": {26: 4, 25: 7, 24: 9, 23: 9, 22: 5},
    "crash": {13: 6, 12: 12, 11: 13, 10: 8, 9: 4},
    "fixed": {8: 5, 7: 4, 6: 3},
    "late": {10: 1, 9: 1, 8: 1, 7: 1, 6: 2, 5: 2, 4: 3, 3: 4, 2: 5, 1: 6},
    "early": {6: 1, 5: 1, 4: 1, 3: 1, 2: 1, 1: 2},
    "refund": {0: 31},
}
# The same for what is said of others than Kettlewick; what people say of the small brand on any day, the last first.
_A_DAY = (*(1, 1, 0, 1, 1, 1, 1), *(1, 1, 2, 1, 1, 2, 1), *(1, 2, 1, 1, 1, 2, 1), *(1, 2, 1, 0, 2, 1, 1), *(0, 1))
_WHEN_OF_OTHERS: Mapping[str, Mapping[int, int]] = {
    "unveil": {16: 12, 15: 6, 14: 4},
    "small": dict(enumerate(_A_DAY)),
    "box": {6: 1, 4: 1, 2: 1, 1: 1},
}
_DAY = re.compile(r"\[(?:in (?P<in>\d+) days?|(?P<ago>\d+) days? ago)\]")
_NEWEST = timedelta(minutes=5)
_NIGHT_SHARE = 0.12
"""How likely somebody speaks at night, against by day."""

_NAMES = (
    *("Ada", "Bram", "Carla", "Dimitri", "Edith", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kofi", "Lena", "Milo"),
    *("Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sven", "Thea", "Umar", "Vera", "Wim", "Yara", "Zoltan"),
)
_PEOPLE = (
    *("fog", "tea", "harbour", "paper", "north", "velvet", "brass", "little", "quiet", "copper", "monday", "lemon"),
    *("cold", "gravel", "sunday", "tin", "marble", "rainy", "late", "salt", "attic", "loud", "corduroy", "slow"),
)
_AND = (
    *("fox", "lamp", "marie", "otter", "tom", "pilot", "anna", "badger", "ruth", "jonas", "wren", "ledger", "ida"),
    *("spoon", "heron", "kate", "bicycle", "moth", "archie", "biscuit", "nils", "parsnip", "window", "olga", "beetle"),
)
_HANDLES = ("{0}_{1}", "{0}{1}{2}", "{1}{2}", "{0}{1}", "the{1}", "{1}.{0}", "{0}_{2}")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that somebody said in the invented world."""

    line: Line
    text: str
    """The line's text, with its days of the month filled in."""
    window: int
    """How many times 24 hours before the end of the month: 0 is the last day."""
    published: datetime
    """UTC, whole seconds, at least five minutes before the end."""
    author: str
    brands: tuple[str, ...]
    """Who is spoken of, as a careful reader would say; empty for noise."""

    @property
    def number(self) -> int:
        """Unique within the channel, the same for every seed and moment."""
        return self.line.number


@dataclass(frozen=True, slots=True)
class World:
    """The whole month, oldest first."""

    until: datetime
    """The moment of the digest: the end of the month, UTC."""
    said: tuple[Said, ...]

    def on(self, channel: str) -> tuple[Said, ...]:
        """What was said on one channel, newest first, as services give it."""
        return tuple(said for said in reversed(self.said) if said.line.channel == channel)

    def at(self, moment: datetime) -> World:
        """The same world as it was at a moment: what was said by then."""
        return World(moment, tuple(said for said in self.said if said.published <= moment))

    def of(self, brand: str, window: int | None = None) -> tuple[Said, ...]:
        """What was said of one brand: in one window, or in the whole month."""
        return tuple(said for said in self.said if brand in said.brands and window in (None, said.window))


def build_world(until: datetime, seed: int = 41, lines: Sequence[Line] | None = None) -> World:
    """The month that ends at `until` (aware; cut to the minute). The same arguments give the same world.

    `lines` are the voices to use instead of the shipped ones; ValueError when they are too few for the month.
    """
    until = until.astimezone(UTC).replace(second=0, microsecond=0)
    chance = random.Random(seed)
    planned = _planned(read_voices() if lines is None else lines, chance)
    said = [_said(line, window, until, chance) for window, line in planned]
    return World(until, tuple(sorted(_in_order(said), key=lambda one: (one.published, one.line.channel, one.number))))


def _planned(lines: Iterable[Line], chance: random.Random) -> list[tuple[int, Line]]:
    """Each line that is said, with its window: the phases where they belong, the everyday lines in what is left."""
    by_phase = defaultdict(list)
    for line in lines:
        by_phase[line.phase].append(line)
    everyday = by_phase["usual"] + by_phase["both"]
    chance.shuffle(everyday)
    days: dict[int, list[Line]] = {window: [] for window in range(len(VOLUME))}
    for phase, shares in _WHEN.items():
        chance.shuffle(by_phase[phase])
        for window, line in zip(_spread(shares, len(by_phase[phase])), by_phase[phase], strict=True):
            days[window].append(line)
    for window, wanted in enumerate(VOLUME):
        missing = wanted - len(days[window])
        if not 0 <= missing <= len(everyday):
            raise ValueError(f"window {window} wants {wanted} mentions and has {len(days[window])} and {len(everyday)}")
        days[window] += [everyday.pop() for _ in range(missing)]
    for line in by_phase["rival"] + by_phase["noise"]:
        days[chance.randrange(len(VOLUME))].append(line)
    planned = [(window, line) for window, said in days.items() for line in said]
    for phase, shares in _WHEN_OF_OTHERS.items():
        chance.shuffle(by_phase[phase])
        planned += zip(_spread(shares, len(by_phase[phase])), by_phase[phase], strict=True)
    return planned


def _spread(shares: Mapping[int, int], count: int) -> list[int]:
    """`count` windows, as near to the shares as whole numbers come."""
    total = sum(shares.values())
    ends = [sum(list(shares.values())[: place + 1]) * count // total for place in range(len(shares))]
    starts = [0, *ends[:-1]]
    return [window for window, start, end in zip(shares, starts, ends, strict=True) for _ in range(end - start)]


def _said(line: Line, window: int, until: datetime, chance: random.Random) -> Said:
    published = _moment(line, window, until, chance)
    return Said(line, dated(line.text, published), window, published, _author(line, chance), _brands(line))


def dated(text: str, published: datetime) -> str:
    """The text with "[20 days ago]" and "[in 4 days]" as its author would write them: "the 1st", "the 25th"."""
    return _DAY.sub(lambda day: _day(published + timedelta(days=int(day["in"] or f"-{day['ago']}"))), text)


def _day(moment: datetime) -> str:
    """ "the 1st", "the 22nd", "the 13th"."""
    ending = "th" if moment.day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(moment.day % 10, "th")
    return f"the {moment.day}{ending}"


def _moment(line: Line, window: int, until: datetime, chance: random.Random) -> datetime:
    """A second within the window: by day rather than at night; the refund wave begins with the press and swells."""
    if line.phase == "refund":
        hours = chance.uniform(9, 22) if line.channel == "press" else 21 * chance.random() ** 1.2
        return until - max(_NEWEST, timedelta(seconds=round(hours * 3600)))
    while True:
        ago = timedelta(days=window, seconds=chance.randrange(300, 86_400))
        if 6 <= (until - ago).hour < 23 or chance.random() < _NIGHT_SHARE:
            return until - ago


def _author(line: Line, chance: random.Random) -> str:
    if line.channel == "press":
        return line.place
    if line.channel == "blog":
        return "Ottilie Marsh"
    if line.channel in ("webhook", "survey") or (line.channel == "appstore" and chance.random() < 0.4):
        return f"{chance.choice(_NAMES)} {chance.choice('ABCDFGHJKLMNPRSTVW')}."
    handle = chance.choice(_HANDLES)
    return handle.format(chance.choice(_PEOPLE), chance.choice(_AND), chance.randrange(2, 99))


def _brands(line: Line) -> tuple[str, ...]:
    if line.phase == "noise":
        return ()
    if line.phase in ("small", "box"):
        return (SMALL,)
    rivals = tuple(rival for rival in RIVALS if rival.casefold() in f"{line.title} {line.text}".casefold())
    if line.phase in ("rival", "unveil"):
        return rivals or RIVALS[:1]
    return (BRAND, *rivals)


def _in_order(said: Sequence[Said]) -> list[Said]:
    """The same, with every thread in the order of its lines, and by its first author where that is a person."""
    threads = defaultdict(list)
    for one in said:
        if one.line.thread:
            threads[one.line.channel, one.line.thread].append(one)
    moved = {}
    for parts in threads.values():
        times = sorted((part.published, part.window) for part in parts)
        parts.sort(key=lambda part: part.number)
        for (published, window), part in zip(times, parts, strict=True):
            author = part.author if part.line.channel == "press" else parts[0].author
            moved[part.line] = replace(part, window=window, published=published, author=author)
    return [moved.get(one.line, one) for one in said]
