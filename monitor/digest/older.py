"""Digests that were frozen by earlier versions, as today's renderers read them: nothing is added but what is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NEW_IN_2: Mapping[str, Mapping[str, Any]] = {
    "verdict": {"summary": None, "few": []},
    "changed": {"days": []},
    "competitors": {"topics": [], "stages": []},
    "experience": {
        "sentence": {"text": "", "parts": [], "mentions": []},
        "stages": [],
        "wants": [],
        "teams": [],
        "channels": [],
        "note": None,
    },
}
STORY: Mapping[str, Any] = {"id": 0, "quote": None, "summary": None}
COMMENT: Mapping[str, Any] = {
    "id": 0, "usual": None, "place": "unknown", "new": False, "trend": [], "pinned": False, "summary": None,
}  # fmt: skip


def as_now(frozen: Mapping[str, Any]) -> Mapping[str, Any]:
    """The digest (the form of digest.json, of any version so far) in the form of today."""
    if frozen.get("version", 1) >= 2:
        return frozen
    sections = dict(frozen["sections"])
    for name, added in NEW_IN_2.items():
        sections[name] = {**added, **sections.get(name, {})}
    stories, repeated = sections["stories"], sections["repeated"]
    sections["stories"] = {**stories, "items": [_story(story) for story in stories["items"]]}
    sections["repeated"] = {**repeated, **{side: _comments(repeated, side) for side in SIDES}}
    sections["reply"] = {**sections["reply"], "items": [{"team": "", **item} for item in sections["reply"]["items"]]}
    return {"kind": "daily", "department": "", **frozen, "sections": sections}


SIDES = ("complaints", "praise", "unsorted")


def _story(story: Mapping[str, Any]) -> dict[str, Any]:
    """The figure of "+ 14 more" ended a story's sentence."""
    return {**STORY, "more": story["sentence"]["parts"][-1], **story}


def _comments(repeated: Mapping[str, Any], side: str) -> list[dict[str, Any]]:
    return [{**COMMENT, **comment} for comment in repeated[side]]
