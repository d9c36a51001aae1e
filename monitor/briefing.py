"""What a digest is made of, read from the rows: what was heard of one brand in one period, and what is usual."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

import sources
from monitor.digest import comments
from monitor.digest.due import EVERY_DAY, window_of
from monitor.digest.material import Material, Rival, Silent, Waiting
from monitor.digest.stories import MOST as MOST_STORIES
from monitor.digest.stories import spread
from monitor.digest.wanted import wanted
from monitor.insight.counts import Counts, DayCount
from monitor.mention import SENTIMENTS, Brand, Heard, StoryHeard, ThemeHeard
from monitor.store import brands, heard, likeness, mentions, skimmed, stories, themes, triage, watches
from monitor.store.excluded import excluded
from monitor.store.heard import Window
from monitor.store.skimmed import Skim

HISTORY_WEEKS = 8
# These give all of the past when they are first asked; a feed gives its latest entries.
WHOLE = ("hackernews", "appstore", "table", "webhook")
LATE_REACH = timedelta(days=7)
QUOTED_FROM = 16
"""Among so many of its mentions a theme's quotes are looked for."""
LONGEST_PERIOD = timedelta(days=14)

_REDDIT = frozenset({"reddit", "reddit-search", "reddit-subreddit"})
NETWORKS: Sequence[tuple[str, frozenset[str], str]] = (
    ("Reddit", _REDDIT, "not switched on; its search feed answers now and then"),
    ("X", frozenset({"x"}), "only with a paid key"),
    ("Bluesky", frozenset({"bluesky", "bluesky-search"}), "not switched on"),
    ("Mastodon", frozenset({"mastodon", "mastodon-rss", "mastodon-stream"}), "not switched on"),
    ("Instagram, Facebook, TikTok, LinkedIn", frozenset(), "closed to programs"),
    ("YouTube", frozenset({"youtube", "youtube-channel"}), "no channel named"),
    ("App Store", frozenset({"appstore"}), "no app named"),
    ("Google Play", frozenset({"googleplay"}), "no app named"),
)
"""(network, kinds of sources that cover it, why it is not listened to)."""


@dataclass(frozen=True, slots=True)
class Period:
    """What a digest covers: the time up to `at` on the local date `day`, since the scheduled date before."""

    day: date
    at: time
    timezone: str
    weekdays: tuple[int, ...] = tuple(range(7))
    named: date | None = None
    """The date that stands over it, where that is not `day`: a calendar day ends at the next midnight."""
    since: datetime | None = None
    """Where the digest before it ended, where there was one: nothing falls between two, whatever became of the hour."""

    def window(self, back: int = 0) -> tuple[datetime, datetime]:
        """(start, end) in UTC, `back` days earlier."""
        day = self.day - timedelta(days=back)
        start, end = window_of(day, self.at, ZoneInfo(self.timezone), weekdays=self.weekdays)
        if not back and self.since is not None and end - LONGEST_PERIOD <= self.since < end:
            start = self.since
        return start, end

    def name(self, back: int = 0) -> date:
        """The date by which the window `back` days earlier is known."""
        return (self.named or self.day) - timedelta(days=back)

    def days(self) -> list[tuple[date, tuple[datetime, datetime]]]:
        """(date, (start, end)) of the single days in the window, oldest first; none where it is one itself."""
        start, end = self.window()
        if end - start < timedelta(days=2):
            return []
        single = replace(self, weekdays=tuple(EVERY_DAY), since=None)
        found = [(self.name(back), single.window(back)) for back in range(LONGEST_PERIOD.days, -1, -1)]
        return [(day, (max(start, first), last)) for day, (first, last) in found if last > start]

    @classmethod
    def calendar_day(cls, day: date, timezone: str) -> Period:
        """From midnight to midnight."""
        return cls(day + timedelta(days=1), time(0), timezone, named=day)

    @classmethod
    def last_day(cls, now: datetime, timezone: str) -> Period:
        """The 24 hours up to and with this second."""
        local = (now + timedelta(seconds=1)).astimezone(ZoneInfo(timezone))
        return cls(local.date(), local.time().replace(microsecond=0), timezone)

    @classmethod
    def last_week(cls, now: datetime, timezone: str) -> Period:
        """The seven days up to and with this second."""
        one = cls.last_day(now, timezone)
        return replace(one, weekdays=(one.day.weekday(),))

    @classmethod
    def calendar_week(cls, day: date, timezone: str) -> Period:
        """The seven days that end with this one, from midnight to midnight."""
        one = cls.calendar_day(day, timezone)
        return replace(one, weekdays=(one.day.weekday(),))


@dataclass(frozen=True, slots=True)
class Readers:
    """For whom a digest is, beside the brand."""

    department: str = ""
    """Only what is this department's; empty: everything."""
    answer_within: Mapping[str, float] = field(default_factory=dict)
    """Department to the seconds in which it means to answer."""


EVERYBODY = Readers()


def material(
    connection: Connection,
    brand: Brand,
    period: Period,
    now: datetime,
    scoring: str = "",
    readers: Readers = EVERYBODY,
) -> Material:
    """All that a digest of this brand and period is made of."""
    counted = _counted(connection, brand, period, readers)
    listened = watches.health(connection, now, counted=False)
    window = Window(brand.id, counted.start, counted.end)
    told = replace(
        counted,
        stories=_stories(connection, counted, window),
        themes=_themes(connection, counted, window, period),
        responses=triage.response(connection, brand.id, window.start, window.end),
        answer_within=readers.answer_within,
        coverage=tuple(one for one in listened if not sources.load(one.kind).is_pushed or one.error),
        waiting=_waiting(connection, brand, window),
        networks=_unheard({one.kind for one in listened}),
        scoring=scoring,
    )
    return _worded(connection, told)


def _waiting(connection: Connection, brand: Brand, window: Window) -> Waiting:
    return Waiting(
        unlikely=heard.unlikely(connection, window),
        excluded=excluded(connection, brand.query, window.start, window.end),
        late=heard.late(connection, window),
    )


def _counted(connection: Connection, brand: Brand, period: Period, readers: Readers) -> Material:
    """Everything that is counted: no mention's words are read for it."""
    start, end = period.window()
    window, before = Window(brand.id, start, end), Window(brand.id, start - (end - start), start)
    said = skimmed.heard(connection, Skim(window, readers.department), brand.name)
    past = _past(period)
    return Material(
        brand=brand,
        local_date=period.name(),
        timezone=period.timezone,
        start=start,
        end=end,
        department=readers.department,
        some_hidden=skimmed.some_hidden(connection, brand.id),
        heard=said,
        late=_late(connection, window, brand, readers.department),
        previous=skimmed.summed(connection, Skim(before, readers.department)),
        history=_history(connection, brand, past, readers.department),
        days=_by_day(said, period),
        # nobody says which department of a competitor's would answer
        rivals=() if readers.department else _rivals(connection, brand, window, before, past),
    )


def _worded(connection: Connection, told: Material) -> Material:
    """With the words of what is shown or quoted, and what it means."""
    shown = {theme.id: spread(theme.members, QUOTED_FROM) for theme in comments.shown(told)}
    quoted = {id_: themes.quotes(connection, id_, members) for id_, members in shown.items()}
    told = replace(told, quotes=quoted)
    ids = wanted(told)
    return replace(told, words=mentions.read(connection, ids), vectors=_vectors(connection, ids))


def _vectors(connection: Connection, ids: frozenset[int]) -> dict[int, np.ndarray]:
    """What these mentions mean, as far as the same encoder read them."""
    found = likeness.vectors(connection, sorted(ids))
    spaces = Counter(space for space, _ in found.values())
    commonest = max(sorted(spaces), key=spaces.__getitem__, default="")
    return {id_: vector for id_, (space, vector) in found.items() if space == commonest}


def _late(connection: Connection, window: Window, brand: Brand, department: str) -> tuple[Heard, ...]:
    """Collected within the window's time but published in the week before it. None of them where the brand was first
    listened to in this window: then everything older is only what the sources still show of the past."""
    span = heard.span(connection, brand.id)
    if span is None or span.first_collected >= window.start:
        return ()
    reach = Window(brand.id, window.start - LATE_REACH, window.start)
    return skimmed.heard(connection, Skim(reach, department, (window.start, window.end)), brand.name)


# ---- stories and themes ----------------------------------------------------------------------------------------------


def _stories(connection: Connection, counted: Material, window: Window) -> tuple[StoryHeard, ...]:
    """Of what is counted here: of a department's digest, what is the department's."""
    ids = {one.mention.id for one in counted.heard}
    skim = Skim(window, counted.department)
    found = []
    for story in stories.of_window(connection, window):
        members = tuple(id_ for id_ in story.members if id_ in ids)
        if members and len(members) + story.before > 1:
            found.append(replace(story, members=members))
    found.sort(key=lambda story: -len(story.members))
    told: list[StoryHeard] = []
    for one in found:
        # Those that will be shown, counted as their query counts.
        if one.before and len(told) < MOST_STORIES:
            one = replace(one, before=skimmed.told_before(connection, skim, counted.brand.name, one.id))
        if len(one.members) + one.before > 1:
            told.append(one)
    return tuple(told)


def _themes(connection: Connection, counted: Material, window: Window, period: Period) -> tuple[ThemeHeard, ...]:
    listened = {day.date for day in counted.history}
    past = [] if counted.department else [(day, ends) for day, ends in _past(period) if day in listened]
    authors = {one.mention.id: one.mention.author.casefold() or f"#{one.mention.id}" for one in counted.heard}
    found = []
    for theme in themes.of_window(connection, window, past):
        members = tuple(id_ for id_ in theme.members if id_ in authors)
        if not members:
            continue
        people = len({authors[id_] for id_ in members}) if len(members) < len(theme.members) else theme.people
        previous = counted.previous.of("theme", str(theme.id)).volume
        found.append(replace(theme, members=members, people=people, previous=previous))
    return tuple(sorted(found, key=lambda theme: -theme.people))


# ---- the past --------------------------------------------------------------------------------------------------------

Past = Sequence[tuple[date, tuple[datetime, datetime]]]
"""(date, (start, end)) of the windows of the same kind before this one, oldest first."""


def _past(period: Period) -> Past:
    days = range(7 * HISTORY_WEEKS, 0, -1)
    return [
        (period.name(back), period.window(back))
        for back in days
        if (period.day - timedelta(days=back)).weekday() in period.weekdays
    ]


def _history(connection: Connection, brand: Brand, past: Past, department: str = "") -> tuple[DayCount, ...]:
    """Counts of the past windows of which everything was seen: what was before, nobody can say.

    That is since listening began; and further back as far as every feed's first reading reached, for a feed shows all
    of its latest entries. Without such feeds it is since the first mention.
    """
    span = heard.span(connection, brand.id)
    if span is None:
        return ()
    reach = watches.reach(connection, WHOLE, span.first_collected + timedelta(days=1))
    begin = span.first_published if reach is None else min(reach, span.first_collected)
    known = [(day, window) for day, window in past if window[0] >= begin or (reach is None and window[1] > begin)]
    if department and known:
        whole = Window(brand.id, known[0][1][0], known[-1][1][1])
        return _by_window(skimmed.moods(connection, Skim(whole, department), brand.name), known)
    totals = heard.counts(connection, brand.id, [window for _, window in known])
    return tuple(DayCount(day, *_volume_and_sentiment(total)) for (day, _), total in zip(known, totals, strict=True))


def _by_day(said: Sequence[Heard], period: Period) -> tuple[DayCount, ...]:
    return _by_window([(one.mention.published, one.sentiment) for one in said], period.days())


def _by_window(moods: Sequence[tuple[datetime, str | None]], windows: Past) -> tuple[DayCount, ...]:
    """(published, sentiment) counted in windows that are apart and in order; days without any have noughts."""
    starts = [start for _, (start, _) in windows]
    counted: defaultdict[int, Counter[str | None]] = defaultdict(Counter)
    for published, sentiment in moods:
        at = bisect_right(starts, published) - 1
        if at >= 0 and published < windows[at][1][1]:
            counted[at][sentiment] += 1
    return tuple(
        DayCount(day, counted[at].total(), *(counted[at][mood] for mood in SENTIMENTS))
        for at, (day, _) in enumerate(windows)
    )


def _volume_and_sentiment(total: Mapping[str, int]) -> tuple[int, int, int, int]:
    negative, neutral, positive = (total.get(f"sentiment:{label}", 0) for label in SENTIMENTS)
    return total.get("mentions", 0), negative, neutral, positive


def _rivals(connection: Connection, brand: Brand, window: Window, before: Window, past: Past) -> tuple[Rival, ...]:
    ids = {name: id_ for id_, name in brands.names(connection).items()}
    return tuple(
        Rival(
            name,
            skimmed.summed(connection, Skim(replace(window, brand_id=ids[name])), hidden=True),
            _counts(connection, replace(before, brand_id=ids[name])),
            _history(connection, replace(brand, id=ids[name], name=name), past),
        )
        for name in brand.competitors
        if name in ids
    )


def _counts(connection: Connection, window: Window) -> Counts:
    (total,) = heard.counts(connection, window.brand_id, [(window.start, window.end)])
    return Counts(*_volume_and_sentiment(total))


def _unheard(kinds: set[str]) -> tuple[Silent, ...]:
    return tuple(Silent(network, why) for network, covered_by, why in NETWORKS if not covered_by & kinds)
