"""When a source is asked next, and when its silence is strange. Pure: the clock and chance are arguments."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sources.base import Gone, NeedsAuth, NotFound, Pause, RateLimited, SourceError

SHORTEST = timedelta(minutes=1)
"""No window moves on so fast that it is asked oftener (or than as often as configured, where that is more often)."""
RELAXED = 1.05
"""By so much an interval that was shortened grows again with each poll that overlapped the one before."""
LONGEST = timedelta(hours=6)
"""A failing source is asked this often at least (or as often as configured, where that is rarer)."""
_SPREAD = 0.1
_GIVE_UP_NOT_FOUND = timedelta(days=14)
_ALWAYS, _QUIET = 5, 2


def next_due(
    now: datetime, every: timedelta, failures: int = 0, error: SourceError | None = None, jitter: float = 0.5
) -> datetime | None:
    """When to ask again; None when it is switched off.

    `failures` counts the failed polls in a row, this one included. The wait doubles with each, up to six hours, and is
    never shorter than what the service asked for. `jitter` (0 to 1, see `jitter_of`) spreads it by a tenth either way,
    so that sources that failed together do not come back together.
    """
    if isinstance(error, Gone):
        return None
    wait = every * (1 + _SPREAD * (2 * jitter - 1))
    if failures and error is not None:
        wait = max(wait, min(wait * 2.0 ** min(failures - 1, 30), LONGEST))
    if isinstance(error, NeedsAuth):
        wait = max(wait, min(LONGEST, timedelta(hours=1)))
    if isinstance(error, RateLimited) and error.wait is not None:
        # Only ever later than asked for.
        wait = max(wait, timedelta(seconds=error.wait * (1 + _SPREAD * jitter)))
    return now + wait


def after_pause(now: datetime, due: datetime, pause: Pause) -> datetime:
    """`due`, or later where the service asked for it: not within its pause, nor in an hour or on a day that it skips.

    Whoever skips every hour or day is not believed.
    """
    due = max(due, now + timedelta(seconds=pause.seconds))
    if len(pause.skip_hours) >= 24 or len(pause.skip_days) >= 7:
        return due
    while due.hour in pause.skip_hours or due.weekday() in pause.skip_days:
        due = due.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due


def interval_after(every: timedelta, lately: timedelta | None, *, missed: bool) -> timedelta | None:
    """How often to ask from now on, where that is oftener than `every`; None where it is not.

    `lately` is what this gave last time. A window that overlapped nothing of the one before halves the interval.
    """
    now = lately or every
    if missed:
        return max(now / 2, min(SHORTEST, every))
    relaxed = now * RELAXED
    return relaxed if relaxed < every else None


def jitter_of(name: str, failures: int = 0) -> float:
    """A number from 0 to 1 that differs between sources and tries, and is the same each time it is asked for."""
    digest = hashlib.blake2b(f"{name}\0{failures}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def gives_up(error: SourceError, failing_for: timedelta) -> bool:
    """Is there no sense in asking again: gone for good, or not found for a fortnight?"""
    return isinstance(error, Gone) or (isinstance(error, NotFound) and failing_for >= _GIVE_UP_NOT_FOUND)


def is_silent(recent: Sequence[int]) -> bool:
    """Is nothing there where there always was something?

    `recent` holds how many entries each of the last good polls saw, oldest first, without those that were answered by
    "nothing has changed". Two empty polls in a row, after at least five that were never empty, are strange; a search
    that finds nothing now and then is not.
    """
    before, latest = recent[:-_QUIET], recent[-_QUIET:]
    return len(before) >= _ALWAYS and all(before) and not any(latest)
