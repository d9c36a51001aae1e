"""When a notice is tried again, and when it is given up: the example schedule of Standard Webhooks, about three days
long.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.notice import Later, Outcome

WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""After the first try, after the second …; ten tries in all."""


def next_attempt(attempt_number: int, outcome: Outcome, now: datetime) -> datetime | None:
    """When to try again after try number `attempt_number` (the first is 1) ended with `outcome`; None when it is over:
    arrived, impossible, or every try used up. A receiver that asks for a longer wait gets it, a shorter one does
    not."""
    if not isinstance(outcome, Later) or attempt_number > len(WAITS):
        return None
    wait = WAITS[max(attempt_number, 1) - 1]
    return now + max(wait, timedelta(seconds=outcome.seconds or 0))
