"""Reads the labels out of a stored opinion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def labels_of(label: str, detail: Mapping[str, Any] | None) -> tuple[str, ...]:
    """All labels of an opinion, the likeliest first; none where the answer was none."""
    if detail and "all" in detail:
        return tuple(one["label"] for one in detail["all"])
    return (label,) if label and label != "none" else ()
