"""Who is who inside one reply: an id per record, stable through edits, so that nothing is lost and nothing doubled."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

LONGEST = 500
"""Ids longer than this many characters are replaced by their hash."""


def content_hash(*parts: str) -> str:
    """An id from what was said: "hash:" and 32 hexadecimal digits."""
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", errors="surrogatepass"))
    return f"hash:{digest.hexdigest()[:32]}"


def bounded(identifier: str) -> str:
    """The identifier, or its hash where it is too long to be kept as it is."""
    return identifier if len(identifier) <= LONGEST else content_hash(identifier)


def settle(ladders: Sequence[tuple[str, str]], contents: Sequence[str]) -> list[str]:
    """One id per record of a reply. `ladders` holds (given id, canonical link), either may be empty.

    An id that is shared by records of different content identifies none of them: they fall to their link, and where
    that is shared as well, to the hash of their content. Records that agree in id and content get the same id.
    """
    ids = [""] * len(ladders)
    pending = range(len(ladders))
    for rung in (0, 1):
        claims: dict[str, set[str]] = defaultdict(set)
        for at in pending:
            claims[ladders[at][rung]].add(contents[at])
        for at in pending:
            claim = ladders[at][rung]
            if claim and len(claims[claim]) == 1:
                ids[at] = bounded(claim)
        pending = [at for at in pending if not ids[at]]  # type: ignore[assignment]
    for at in pending:
        ids[at] = contents[at]
    return ids
