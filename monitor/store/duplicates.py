"""Near-duplicates of a mention among what is stored: the same words but for links, handles, spacing and case, or a
close rewording as insight/copies.py judges it. The index of words finds candidates, the texts decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection, exists, select

from monitor.insight.copies import COMPARED, LONG, reworded
from monitor.insight.words import parts
from monitor.mention import Mention
from monitor.query.text import index_words
from monitor.store.index import MENTION_ID, WORDS
from monitor.store.mentions import as_mention
from monitor.store.sameness import fingerprint, stripped
from monitor.store.tables import MatchRow, MentionRow

MATCH, MENTION = MatchRow.__table__, MentionRow.__table__

LOOKED_AT = 5_000
"""Candidates at most, the newest: a text of everyday words must not make one correction read the whole store."""
SURE_WORDS = 8
PHRASES = 6
PHRASE = 3


def alike(one: Mention, other: Mention, *, of_one_brand: bool = True) -> bool:
    """Whether what is right of one text is taken to be right of the other."""
    mine = fingerprint(one.title, one.text, of_one_brand=of_one_brand)
    if mine and mine == fingerprint(other.title, other.text, of_one_brand=of_one_brand):
        return True
    return reworded(_words(one), _words(other))


def near(
    connection: Connection, mention: Mention, brand_ids: Collection[int], *, of_one_brand: bool = True
) -> list[Mention]:
    """Other mentions of any of these brands (where there are none: any others) that are near-duplicates."""
    wanted = _wanted(mention)
    if not wanted:
        return []
    ids = select(MENTION_ID).where(WORDS.c.mention_words.op("MATCH")(wanted), MENTION_ID.is_distinct_from(mention.id))
    if brand_ids:
        ids = ids.where(exists().where(MATCH.c.mention_id == MENTION_ID, MATCH.c.brand_id.in_(brand_ids)))
    ids = ids.order_by(WORDS.c.rowid).limit(LOOKED_AT)
    rows = connection.execute(select(MENTION).where(MENTION.c.id.in_(ids)))
    return _near(mention, [as_mention(row) for row in rows], of_one_brand=of_one_brand)


def _near(mention: Mention, candidates: Sequence[Mention], *, of_one_brand: bool) -> list[Mention]:
    mine, words = fingerprint(mention.title, mention.text, of_one_brand=of_one_brand), _words(mention)
    return [
        one
        for one in candidates
        if (mine and fingerprint(one.title, one.text, of_one_brand=of_one_brand) == mine)
        or reworded(words, _words(one))
    ]


def _words(mention: Mention) -> list[str]:
    return parts(f"{mention.title} {mention.text}")[:COMPARED]


def _wanted(mention: Mention) -> str:
    """What every near-duplicate (of a rewording: nearly every one) holds, for FTS5; empty for a text without a word.

    The same words hold all of its rarest, for which the longest stand; a rewording holds one of a few phrases.
    """
    stretches = [index_words(part).split() for part in stripped(mention.title, mention.text, True)]
    words = sorted({word for stretch in stretches for word in stretch}, key=len, reverse=True)
    if not words:
        return ""
    ways = ["(" + " AND ".join(f'"{word}"' for word in words[:SURE_WORDS]) + ")"]
    if sum(map(len, stretches)) >= LONG:
        phrases = sorted(_phrases(stretches), key=len, reverse=True)
        ways += [f'"{phrase}"' for phrase in phrases[:PHRASES]]
    return "{title text} : (" + " OR ".join(ways) + ")"


def _phrases(stretches: Sequence[Sequence[str]]) -> Iterator[str]:
    """Phrases that do not overlap, so that one changed word spoils one of them."""
    for stretch in stretches:
        for start in range(0, min(len(stretch), COMPARED) - PHRASE + 1, PHRASE):
            yield " ".join(stretch[start : start + PHRASE])
