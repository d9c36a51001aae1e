"""Copies: the same text, almost the same long text, or the same article under the same address, as one group.

Short texts by different people are never copies of each other: "great app" twice is two customers.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from monitor.insight.words import parts
from monitor.mention import Heard, Mention

LONG = 12
"""Words from which on two people do not write the same text by chance."""
COMPARED = 500
"""So many words of a text are compared: whose beginnings are alike, are copies."""
ALIKE = 0.7
"""Jaccard similarity of three-word shingles from which on two long texts are copies."""
TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid", "igshid", "ref_src")


def copies(heard: Sequence[Heard]) -> list[int]:
    """For each mention the index of the first of its group; the earliest published leads its group."""
    lead = list(range(len(heard)))
    exact: dict[object, int] = {}
    buckets: defaultdict[int, list[int]] = defaultdict(list)
    shingles: dict[int, frozenset[int]] = {}
    for index in sorted(lead, key=lambda i: (heard[i].mention.published, heard[i].mention.id)):
        mention = heard[index].mention
        words = parts(f"{mention.title} {mention.text}")
        keys = _exact_keys(mention, words)
        found = next((exact[key] for key in keys if key in exact), None)
        if found is None and len(words) >= LONG:
            shingles[index] = _shingles(words[:COMPARED])
            found = _near(shingles[index], buckets, shingles)
            if found is None:
                for value in _sketch(shingles[index]):
                    buckets[value].append(index)
        lead[index] = index if found is None else found
        for key in keys:
            exact.setdefault(key, lead[index])
    return lead


def reworded(words: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two texts are long enough to be copies, and alike enough. Words as `insight.words.parts` gives them."""
    if min(len(words), len(others)) < LONG:
        return False
    mine, theirs = _shingles(words[:COMPARED]), _shingles(others[:COMPARED])
    return _alike(mine, theirs)


def _exact_keys(mention: Mention, words: list[str]) -> list[object]:
    keys: list[object] = []
    text = " ".join(words)
    if len(words) >= LONG:
        keys.append(text)
    elif words and mention.author:
        keys.append((text, mention.author))
    address = canonical(mention.url)
    if address and mention.kind in ("article", "post"):
        keys.append(("at", address))
    return keys


def _shingles(words: Sequence[str]) -> frozenset[int]:
    # crc32 rather than hash(): the same groups in every process
    return frozenset(
        zlib.crc32(" ".join(words[i : i + 3]).encode("utf-8", "surrogatepass")) for i in range(len(words) - 2)
    )


def _sketch(shingles: frozenset[int]) -> list[int]:
    return sorted(shingles)[:6]


def _near(
    mine: frozenset[int], buckets: dict[int, list[int]], shingles: dict[int, frozenset[int]], looks: int = 8
) -> int | None:
    """The first group whose leading text is alike; looks at a bounded number of candidates, so that a flood stays
    linear."""
    seen: set[int] = set()
    for value in _sketch(mine):
        for candidate in buckets.get(value, ())[:looks]:
            if candidate in seen:
                continue
            seen.add(candidate)
            if _alike(mine, shingles[candidate]):
                return candidate
    return None


def _alike(mine: frozenset[int], other: frozenset[int]) -> bool:
    common = len(mine & other)
    return common >= ALIKE * (len(mine) + len(other) - common)


def canonical(url: str) -> str:
    """The address without what marketing adds to it; empty for a bare host, which says nothing about one article."""
    try:
        split = urlsplit(url)
        kept = urlencode([(k, v) for k, v in parse_qsl(split.query) if not k.lower().startswith(TRACKING)])
    except ValueError:
        return ""
    if split.scheme not in ("http", "https") or (split.path in ("", "/") and not split.query):
        return ""
    host = split.netloc.lower().removeprefix("www.")
    return f"{host}{split.path.rstrip('/')}?{kept}#{split.fragment}"
