"""A digest frozen for delivery: rendered once, so that every retry and every channel sends the same bytes."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from monitor.digest.form import Digest, as_json
from monitor.digest.html import attached, letter, page
from monitor.digest.markdown import markdown


def content(digest: Digest | Mapping[str, Any], base: str = "") -> dict[str, Any]:
    """The `content` of a digest's notice: {"digest": digest.json, "html", "letter", "markdown", "base", "pictures"},
    JSON-ready. `pictures` are those of the letter: [{"id", "alt", "png" (base64)}].

    A digest is given as it was composed, or as digest.json.
    """
    frozen = as_json(digest) if isinstance(digest, Digest) else dict(digest)
    written = letter(frozen, base)
    return {
        "digest": frozen,
        "html": page(frozen, base),
        "letter": written,
        "markdown": markdown(frozen, base),
        "base": base,
        "pictures": [
            {"id": id_, "alt": picture.alt, "png": base64.b64encode(picture.png()).decode("ascii")}
            for id_, picture in attached(frozen, written)
        ],
    }
