"""Times as people write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.reading.dates import speaks_day_first, when

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-21T12:00:00Z", "2026-11-21T13:00:00+01:00", "2026-11-21 12:00", "2026-11-21T12:00:00.999999+00:00",
        "20261121120000", "20261121T120000Z", "1795262400", "1795262400000", 1795262400, 1795262400000, 1795262400.5,
        "Sat, 21 Nov 2026 12:00:00 GMT", "Sat, 21 Nov 2026 13:00:00 +0100", "Sat, 21 Nov 2026 07:00:00 EST",
        "21 November 2026 12:00", "November 21, 2026, 12:00 PM", "11/21/2026 12:00", "11/21/2026 12:00:00 PM",
        "21/11/2026 12:00", "21.11.2026 12:00", "21-11-2026 12:00", "2026/11/21 12:00:00", "21.11.26, 12:00",
        "Sat Nov 21 12:00:00 +0000 2026", "Sat, Nov 21 2026 12:00:00 PM", "Sat, 21 Nov 2026 04:00 a.m. PST",
        "2026-11-20T24:00:00-12:00", NOON,
        NOON.astimezone(timezone(timedelta(hours=5))),
    ],
)  # fmt: skip
def test_a_time_is_understood(written: object) -> None:
    assert when(written) == NOON


@pytest.mark.parametrize(
    "written",
    [
        "", "  ", None, True, "yesterday", "now", "12:00", "Nov 21", "Monday", "21", "2026", "0001-01-01T00:00:00Z",
        "0000-00-00", "1970-01-01", "1989-12-31", "10000-01-01", "9999-12-31", "32/13/2026", "2026-02-30", "x" * 1000,
        "99999999999999999999", 1e300, float("inf"), float("nan"), -1, [], {}, "Mon, 01 Jan 0001 00:00:00 +0000",
    ],
)  # fmt: skip
def test_what_is_no_usable_time_is_none(written: object) -> None:
    assert when(written) is None


def test_an_ambiguous_date_is_read_as_asked() -> None:
    assert when("03/04/2026", day_first=True) == datetime(2026, 4, 3, tzinfo=UTC)
    assert when("03/04/2026") == datetime(2026, 3, 4, tzinfo=UTC)


def test_a_column_of_dates_tells_which_comes_first() -> None:
    assert speaks_day_first(["03/04/2026", "21/04/2026"])
    assert not speaks_day_first(["03/04/2026", "04/21/2026"])
    assert not speaks_day_first(["03/04/2026"])


@given(st.text(max_size=60))
def test_no_text_is_an_error(text: str) -> None:
    moment = when(text)
    assert moment is None or (moment.tzinfo is UTC and 1990 <= moment.year < 9999)


def test_none_of_the_odd_dates_is_an_error(corpora: Callable[[str], Path]) -> None:
    lines = (corpora("security") / "own" / "dates.jsonl").read_text("utf-8").splitlines()
    read = [when(json.loads(line)["d"]) for line in lines]
    assert all(moment is None or 1990 <= moment.year < 9999 for moment in read)
    assert any(read)
