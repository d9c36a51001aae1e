"""A stored mention as an alert shows it: those that most people see first, and why each is worth it."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.audience import audience
from monitor.digest.alert import Shown
from monitor.digest.reply import WEIGHTS
from monitor.digest.wording import cite, grouped
from monitor.searches import Found

REASONS = 3
"""So many reasons are shown for each."""
_NEEDS = {**{need: words for need, _, words in WEIGHTS}, "suggestion": "suggests something", "praise": "praise"}
"""As the digest words them, weightiest first. That somebody gives an impression is no reason to read it."""


def weight(one: Found) -> tuple[float, float, int]:
    """Those that most people see come first, then the newest."""
    heard = audience(one.mention.extra, one.mention.kind)
    return -max(heard.reach or 0, heard.followers or 0), -one.mention.published.timestamp(), one.mention.id


def shown(one: Found, *why: str) -> Shown:
    """A mention; `why`: what is said before anything else."""
    asked = {need.get("label") for need in one.answers.get("need") or () if isinstance(need, Mapping)}
    reasons = [*why, *(words for need, words in _NEEDS.items() if need in asked)]
    heard = audience(one.mention.extra, one.mention.kind)
    if heard.followers:
        reasons.append(f"{grouped(round(heard.followers))} followers")
    elif heard.reach:
        reasons.append(f"seen by {grouped(round(heard.reach))}")
    return Shown(cite(one.mention), one.sentiment, tuple(reasons[:REASONS]), ", ".join(one.stands("assignee")))
