"""Every source against its fixture pair: a reply, and what must come out of it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sources
from sources.base import BadShape, Item, Problem, Tombstone
from sources.reading.saved import item_as_json, read_saved

FIXTURES = Path(__file__).parent / "fixtures"
KINDS = sources.names()


def body_of(kind: str) -> bytes:
    return next((FIXTURES / kind).glob("reply.*")).read_bytes()


def config_of(kind: str) -> dict[str, Any]:
    path = FIXTURES / kind / "config.json"
    return json.loads(path.read_text()) if path.exists() else {}


def told(step: Item | Tombstone | Problem) -> dict[str, Any]:
    if isinstance(step, Item):
        return {
            **item_as_json(step),
            "kind": step.kind,
            "rating_max": step.rating_max,
            "extra": json.loads(json.dumps(dict(step.extra))),
        }
    return {"gone": step.id} if isinstance(step, Tombstone) else {"where": step.where, "why": step.why}


@pytest.mark.parametrize("kind", KINDS)
def test_a_recorded_reply_gives_the_expected_items(kind: str) -> None:
    taken = [told(step) for step in read_saved(kind, body_of(kind), config_of(kind))]
    assert taken == json.loads((FIXTURES / kind / "items.json").read_text("utf-8"))


@pytest.mark.parametrize("kind", KINDS)
def test_reading_the_same_reply_twice_gives_the_same_items(kind: str) -> None:
    first, second = (list(read_saved(kind, body_of(kind), config_of(kind))) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(share=st.floats(0, 1))
def test_a_reply_cut_anywhere_is_a_bad_shape_or_gives_fewer_records(kind: str, share: float) -> None:
    body = body_of(kind)
    whole = list(read_saved(kind, body, config_of(kind)))
    try:
        part = list(read_saved(kind, body[: int(len(body) * share)], config_of(kind)))
    except BadShape:
        return
    assert len(part) <= len(whole)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None)
@given(
    body=st.one_of(
        st.binary(max_size=200), st.recursive(st.none() | st.text(max_size=5), st.lists).map(repr).map(str.encode)
    )
)
def test_noise_is_a_bad_shape_and_never_another_error(kind: str, body: bytes) -> None:
    with suppress(BadShape):
        list(read_saved(kind, body, config_of(kind)))
