"""Numbers, days and excerpts as a digest writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from monitor.digest.form import Cited
from monitor.digest.material import Material
from monitor.digest.visible import visible
from monitor.insight.usual import Usual
from monitor.mention import Mention
from monitor.story.quotes import shortened

EXCERPT = 240
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def many(number: int, thing: str, things: str = "") -> str:
    return f"{grouped(number)} {thing if number == 1 else things or thing + 's'}"


def grouped(number: int) -> str:
    """1234 as 1,234."""
    return f"{number:,}"


def signed(points: float) -> str:
    """Net sentiment in points, with a true minus: +12, −42, 0."""
    whole = round(points)
    return "0" if whole == 0 else f"+{whole}" if whole > 0 else f"\u2212{-whole}"


def percent(share: float) -> str:
    return f"{round(100 * share)}%"


def stars(mean: float) -> str:
    return f"{mean:.1f}"


def span(low: str, high: str) -> str:
    """A range; with signs the dash would read as a minus."""
    signs = low[0] in "+\u2212" or high[0] in "+\u2212"
    return f"{low} to {high}" if signs else f"{low.removesuffix('%')}\u2013{high}"


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def day_name(day: date) -> str:
    """Tue 24 Nov: the same whatever the machine's language is."""
    return f"{WEEKDAYS[day.weekday()][:3]} {day.day} {MONTHS[day.month - 1]}"


def occasion(material: Material, usual: Usual) -> str:
    """What the usual range is usual for: "on a Tuesday"."""
    if material.is_weekly:
        return "in a week"
    return f"on a {WEEKDAYS[material.local_date.weekday()]}" if usual.basis == "weekday" else "on a day"


def too_early(material: Material, usual: Usual) -> str:
    periods = many(usual.days, "past week" if material.is_weekly else "past day")
    return f"too early to say what is usual ({periods} so far)"


JOURNEY = ("awareness", "consideration", "purchase", "onboarding", "use", "service", "loyalty", "advocacy", "leaving")
"""The stages of a customer's journey, as they follow each other."""


def in_order(stages: Iterable[str]) -> list[str]:
    """In the order of the journey; one's own stages follow by name."""
    return sorted(stages, key=lambda stage: (JOURNEY.index(stage) if stage in JOURNEY else len(JOURNEY), stage))


def lasted(time: timedelta) -> str:
    """How long something took: 40 min, 3.5 h, 2 days."""
    minutes = time.total_seconds() / 60
    if minutes < 90:
        return f"{round(minutes)} min"
    return f"{minutes / 60:.1f} h".replace(".0 h", " h") if minutes < 48 * 60 else f"{round(minutes / 1440)} days"


def plain_line(text: str, most: int = EXCERPT) -> str:
    return shortened(visible(text), most)


def cite(mention: Mention, most: int = EXCERPT) -> Cited:
    return Cited(
        id=mention.id,
        text=plain_line(mention.text, most),
        title=plain_line(mention.title, 140),
        author=plain_line(mention.author, 60),
        source=plain_line(mention.source, 60),
        url=mention.url,
        published=mention.published,
        rating=mention.rating,
        rating_max=mention.rating_max,
    )
