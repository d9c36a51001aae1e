"""Days and moments as people write them, in their own time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.config.days import stretch

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)  # a Sunday
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("2026-11-01", "2026-11-01T00:00+01:00", "2026-11-02T00:00+01:00"),
        ("2026-11", "2026-11-01T00:00+01:00", "2026-12-01T00:00+01:00"),
        ("2026-12", "2026-12-01T00:00+01:00", "2027-01-01T00:00+01:00"),
        ("2025", "2025-01-01T00:00+01:00", "2026-01-01T00:00+01:00"),
        ("7d", "2026-11-15T10:30+00:00", "2026-11-15T10:30+00:00"),
        ("24 hours ago", "2026-11-21T10:30+00:00", "2026-11-21T10:30+00:00"),
        ("2w", "2026-11-08T10:30+00:00", "2026-11-08T10:30+00:00"),
        ("now", "2026-11-22T10:30+00:00", "2026-11-22T10:30+00:00"),
        ("Today", "2026-11-22T00:00+01:00", "2026-11-23T00:00+01:00"),
        ("yesterday", "2026-11-21T00:00+01:00", "2026-11-22T00:00+01:00"),
        ("monday", "2026-11-16T00:00+01:00", "2026-11-17T00:00+01:00"),
        ("sun", "2026-11-22T00:00+01:00", "2026-11-23T00:00+01:00"),
        ("last sunday", "2026-11-15T00:00+01:00", "2026-11-16T00:00+01:00"),
        ("2026-11-01 14:00", "2026-11-01T14:00+01:00", "2026-11-01T14:00+01:00"),
        ("2026-11-01T14:00:00Z", "2026-11-01T14:00+00:00", "2026-11-01T14:00+00:00"),
    ],
)
def test_a_day_is_read_as_people_write_it(written, start, end):
    assert stretch(written, NOW, BERLIN) == (datetime.fromisoformat(start), datetime.fromisoformat(end))


def test_the_day_on_which_the_clocks_change_has_25_hours():
    start, end = stretch("2026-10-25", NOW, BERLIN)
    assert (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() == 25 * 3600


@pytest.mark.parametrize(
    "written",
    ["", "soon", "2026-13", "2026-02-30", "9999", "99999w", "٢٠٢٦-١١", "2026-11-01T25:00", "x" * 9999],
)
def test_what_is_no_day_is_refused_with_the_forms_there_are(written):
    with pytest.raises(ValueError, match=r"2026-11-01"):
        stretch(written, NOW, BERLIN)


def test_what_may_be_minutes_or_months_is_asked_about():
    with pytest.raises(ValueError, match='write "3 minutes", or "90d"'):
        stretch("3m", NOW, BERLIN)
    assert stretch("3 minutes", NOW, BERLIN)[0] == datetime(2026, 11, 22, 10, 27, tzinfo=UTC)
