"""Who is who inside one reply: an id per record, stable through edits, so that nothing is lost and nothing doubled."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

LONGEST = 500
"""Ids longer than this many characters are replaced by their hash."""


def content_hash(*parts: str) -> str:
    """An id from what was said: "hash:" and 32 hexadecimal digits."""
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", errors="surrogatepass"))
    return f"hash:{digest.hexdigest()[:32]}"


def bounded(identifier: str) -> str:
    """The identifier, or its hash where it is too long to be kept as it is."""
    return identifier if len(identifier) <= LONGEST else content_hash(identifier)


def settle(given: Sequence[str], link_of: Callable[[int], str], content_of: Callable[[int], str]) -> list[str]:
    """One id per record of a reply: what it was given, else its canonical link, else the hash of its content.

    An id that is shared by records of different content identifies none of them: they fall to their link, and where
    that is shared as well, to the hash. Records that agree in id and content get the same id. Links and hashes are
    asked for by the record's place, and only where they are needed.
    """
    likely = [claim or link_of(at) for at, claim in enumerate(given)]
    if all(likely) and len(set(likely)) == len(likely):
        return [bounded(claim) for claim in likely]
    ids = [""] * len(given)
    pending = list(range(len(given)))
    for claim_of in (given.__getitem__, link_of):
        claims = {at: claim_of(at) for at in pending}
        shared = Counter(claims.values())
        contents: dict[str, set[str]] = defaultdict(set)
        for at, claim in claims.items():
            if claim and shared[claim] > 1:
                contents[claim].add(content_of(at))
        for at, claim in claims.items():
            if claim and len(contents.get(claim, ())) <= 1:
                ids[at] = bounded(claim)
        pending = [at for at in pending if not ids[at]]
    for at in pending:
        ids[at] = content_of(at)
    return ids
