"""A digest frozen for delivery: rendered once, so that every retry and every channel sends the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.digest.form import Digest, as_json
from monitor.digest.html import letter, page
from monitor.digest.markdown import markdown


def content(digest: Digest | Mapping[str, Any], base: str = "") -> dict[str, Any]:
    """The `content` of a digest's notice: {"digest": digest.json, "html", "letter", "markdown", "base"}, JSON-ready.

    A digest is given as it was composed, or as digest.json.
    """
    frozen = as_json(digest) if isinstance(digest, Digest) else dict(digest)
    return {
        "digest": frozen,
        "html": page(frozen, base),
        "letter": letter(frozen, base),
        "markdown": markdown(frozen, base),
        "base": base,
    }
