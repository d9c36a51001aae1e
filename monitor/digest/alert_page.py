"""An alert as the body of a letter: what is unusual, what caused it, and whom to answer first."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from monitor.digest import view
from monitor.digest.html import inlined, render

CALM = frozenset(("rule", "unanswered"))
"""Kinds that ask for something without anything being out of the ordinary."""


def alert_letter(alert: Mapping[str, Any], base: str = "") -> str:
    """The alert (the form of alert.json); figures link to `base` where one is given."""
    shown = view.inert_texts(alert)
    return inlined(
        render(
            "alert.html.j2",
            alert=shown,
            subject=shown["subject"],
            preheader=shown["sentence"]["text"],
            level="reply" if alert["kind"] in CALM else "unusual",
            spell=view.spell(shown),
            link=partial(view.query_link, base),
            local=partial(view.local, alert),
        )
    )
