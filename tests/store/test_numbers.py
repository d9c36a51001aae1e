"""Numbers in the index: what is asked for is covered, nothing more is sure, and everyday conditions are exact."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.store.numbers import Stretch, cell, cover

written = st.one_of(
    st.sampled_from([0, 0.05, 0.1, 1, 1.5, 4.3, 9.99999999999, 10, 99, 100, 1_000, 1_001, 12_345, 1e15, 1e18, -3]),
    st.floats(-10, 1e7, allow_nan=False),
    st.integers(0, 10**9).map(float),
    st.integers(0, 99).map(lambda tenths: tenths / 10),
)
edges = st.one_of(written, st.sampled_from([-math.inf, math.inf]))


@settings(max_examples=500, deadline=None)
@given(written, edges, edges, st.booleans(), st.booleans())
def test_what_is_asked_for_is_covered_and_what_is_sure_is_asked_for(value, low, high, with_low, with_high):
    wanted = Stretch(min(low, high), max(low, high), with_low, with_high)
    found = [
        part
        for part in cover(wanted)
        if (cell(value).startswith(part.token) if part.open else cell(value) == part.token)
    ]
    assert len(found) <= 1
    assert found or not wanted.holds(value)
    assert wanted.holds(value) or not any(part.surely for part in found)


@pytest.mark.parametrize(
    "wanted",
    [
        Stretch(-math.inf, 2), Stretch(4, math.inf), Stretch(1, 3), Stretch(4.5, 4.5), Stretch(10_000, math.inf, False),
        Stretch(0, math.inf, False), Stretch(1_500_000, math.inf), Stretch(-math.inf, 100, True, False),
    ],
)  # fmt: skip
def test_conditions_as_people_write_them_need_no_second_look(wanted):
    parts = list(cover(wanted))
    assert all(part.surely for part in parts)
    assert 0 < len(parts) < 60


def test_cells_sort_as_their_numbers_do():
    numbers = [0.1, 0.5, 1, 1.01, 4.3, 9.9, 10, 11.5, 99, 100, 101, 1_000, 1_001, 1_100, 12_999, 1e6, 1e14]
    cells = [cell(number) for number in numbers]
    assert cells == sorted(cells)
    assert len(set(cells)) == len(cells)
