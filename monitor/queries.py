"""Every question a face may ask but for searches (searches.py), answered in plain values: all faces call these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

import sources
from monitor.digest.due import window_of
from monitor.digest.material import Material, Rival, Silent, Waiting
from monitor.insight.counts import Counts, DayCount
from monitor.mention import SENTIMENTS, Brand, SourceHealth
from monitor.store import brands, digests, heard, opinions, outbox, taught, watches
from monitor.store import corrections as corrected
from monitor.store.corrections import Correction
from monitor.store.digests import Frozen, Listed
from monitor.store.heard import Window
from monitor.store.outbox import Parcel
from monitor.store.taught import Head, Lesson

HISTORY_WEEKS = 8
# These give all of the past when they are first asked; a feed gives its latest entries.
WHOLE = ("hackernews", "appstore", "table", "webhook")
LATE_REACH = timedelta(days=7)
DAYS_DRAWN = 14
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

    @classmethod
    def calendar_day(cls, day: date, timezone: str) -> Period:
        """From midnight to midnight."""
        return cls(day + timedelta(days=1), time(0), timezone, named=day)

    @classmethod
    def last_day(cls, now: datetime, timezone: str) -> Period:
        """The 24 hours up to and with this second."""
        local = (now + timedelta(seconds=1)).astimezone(ZoneInfo(timezone))
        return cls(local.date(), local.time().replace(microsecond=0), timezone)


def material(connection: Connection, brand: Brand, period: Period, now: datetime, scoring: str = "") -> Material:
    """All that a digest of this brand and period is made of."""
    start, end = period.window()
    window = Window(brand.id, start, end)
    before = Window(brand.id, start - (end - start), start)
    past = _past(period)
    listened = watches.health(connection, now)
    coverage = tuple(one for one in listened if not sources.load(one.kind).is_pushed or one.error)
    return Material(
        brand=brand,
        local_date=period.name(),
        timezone=period.timezone,
        start=start,
        end=end,
        heard=heard.between(connection, window, brand.name),
        late=heard.found_late(connection, window, brand.name, LATE_REACH),
        previous=heard.between(connection, before, brand.name),
        history=_history(connection, brand.id, past),
        rivals=_rivals(connection, brand, window, before, past),
        coverage=coverage,
        waiting=Waiting(unlikely=heard.unlikely(connection, window), late=heard.late(connection, window)),
        networks=_unheard({one.kind for one in listened}),
        scoring=scoring,
    )


Past = Sequence[tuple[date, tuple[datetime, datetime]]]
"""(date, (start, end)) of the windows of the same kind before this one, oldest first."""


def _past(period: Period) -> Past:
    days = range(7 * HISTORY_WEEKS, 0, -1)
    return [
        (period.name(back), period.window(back))
        for back in days
        if (period.day - timedelta(days=back)).weekday() in period.weekdays
    ]


def _history(connection: Connection, brand_id: int, past: Past) -> tuple[DayCount, ...]:
    """Counts of the past windows of which everything was seen: what was before, nobody can say.

    That is since listening began; and further back as far as every feed's first reading reached, for a feed shows all
    of its latest entries. Without such feeds it is since the first mention.
    """
    span = heard.span(connection, brand_id)
    if span is None:
        return ()
    reach = watches.reach(connection, WHOLE, span.first_collected + timedelta(days=1))
    begin = span.first_published if reach is None else min(reach, span.first_collected)
    known = [(day, window) for day, window in past if window[0] >= begin or (reach is None and window[1] > begin)]
    totals = heard.counts(connection, brand_id, [window for _, window in known])
    return tuple(DayCount(day, *_volume_and_sentiment(total)) for (day, _), total in zip(known, totals, strict=True))


def _volume_and_sentiment(total: Mapping[str, int]) -> tuple[int, int, int, int]:
    negative, neutral, positive = (total.get(f"sentiment:{label}", 0) for label in SENTIMENTS)
    return total.get("mentions", 0), negative, neutral, positive


def _rivals(connection: Connection, brand: Brand, window: Window, before: Window, past: Past) -> tuple[Rival, ...]:
    ids = {name: id_ for id_, name in brands.names(connection).items()}
    return tuple(
        Rival(
            name,
            _counts(connection, ids[name], window),
            _counts(connection, ids[name], before),
            _history(connection, ids[name], past),
        )
        for name in brand.competitors
        if name in ids
    )


def _counts(connection: Connection, brand_id: int, window: Window) -> Counts:
    (total,) = heard.counts(connection, brand_id, [(window.start, window.end)])
    return Counts(*_volume_and_sentiment(total))


def _unheard(kinds: set[str]) -> tuple[Silent, ...]:
    return tuple(Silent(network, why) for network, covered_by, why in NETWORKS if not covered_by & kinds)


def digests_archive(connection: Connection, most: int) -> list[Listed]:
    """The newest digests, by their names."""
    return digests.archive(connection, most)


def digest(connection: Connection, digest_id: int) -> Frozen | None:
    """One digest, as it was frozen."""
    return digests.get(connection, digest_id)


def sources_health(connection: Connection, now: datetime) -> list[SourceHealth]:
    """How every configured source does."""
    return watches.health(connection, now)


def sources_days(connection: Connection, now: datetime) -> dict[str, tuple[int, ...]]:
    """How many mentions of each source were said on each of the last days, the oldest first."""
    return watches.said_a_day(connection, now, DAYS_DRAWN)


def parcels(connection: Connection, states: Sequence[str] = (), most: int = 50) -> list[Parcel]:
    """The newest notices on their way, delivered or given up."""
    return outbox.listed(connection, states, most)


def waiting(connection: Connection) -> int:
    """How many (mention, brand) pairs are still to be scored."""
    return opinions.waiting(connection)


def corrections(connection: Connection, most: int, ids: Sequence[int] = ()) -> list[Correction]:
    """The newest corrections (or these), with what became of each."""
    return corrected.listed(connection, most, ids)


def correction_json(one: Correction) -> dict[str, Any]:
    """A correction as the command line and the API print it."""
    return {
        "id": one.id,
        "mention": one.mention_id,
        "said": one.said,
        "brand": one.brand,
        "field": one.field,
        "before": one.before,
        "after": one.after,
        "by": one.by,
        "at": one.at.isoformat().replace("+00:00", "Z"),
        "note": one.note,
        "near_duplicates": list(one.followers),
        "state": one.state,
        "undone_by": one.undone_by,
        "undone": one.undone.isoformat().replace("+00:00", "Z") if one.undone else None,
    }


def learnt(connection: Connection) -> list[tuple[Head, tuple[Lesson, ...]]]:
    """Every head of which something was corrected, with what it learnt over each encoder."""
    known = taught.lessons(connection)
    return [
        (head, tuple(one for one in known if (one.brand_id, one.scorer) == (head.brand_id, head.scorer)))
        for head in taught.heads(connection)
    ]
