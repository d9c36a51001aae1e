"""Marks where a query matched, as safe HTML: the text is escaped piece by piece, only our own tags are added."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

BEFORE, LONGEST = 120, 700


def marked(text: str, spans: Iterable[tuple[str, int, int]], field: str) -> Markup:
    """`text` with the spans of `field` marked; a long text is cut to what surrounds the first one."""
    mine = sorted((start, end) for name, start, end in spans if name == field and 0 <= start < end <= len(text))
    first = max(0, mine[0][0] - BEFORE) if mine and len(text) > LONGEST else 0
    last = min(len(text), first + LONGEST)
    pieces = ["…" if first else ""]
    at = first
    for start, end in mine:
        if start < at or start >= last:
            continue
        end = min(end, last)
        pieces += [escape(text[at:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
        at = end
    pieces += [escape(text[at:last]), "…" if last < len(text) else ""]
    return Markup("").join(pieces)
