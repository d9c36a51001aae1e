"""Mentions: found by identity, written once, revised on an edit, redacted when deleted at the source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from monitor.door import Admitted
from monitor.mention import Mention
from monitor.store import index
from monitor.store.slices import slices
from monitor.store.tables import CandidateRow, MentionRow, RevisionRow
from monitor.store.touched import touch
from sources.base import Item

MENTION = MentionRow.__table__
REVISION = RevisionRow.__table__
CANDIDATE = CandidateRow.__table__

REDACTED = "redacted"


@dataclass(frozen=True, slots=True)
class Known:
    """What is needed of a stored mention to tell whether an item is news."""

    id: int
    revision: int
    content_hash: str
    redacted: bool


def known(connection: Connection, scope: str, external_ids: Sequence[str]) -> dict[str, Known]:
    """Which of these ids of a scope are stored already."""
    found: dict[str, Known] = {}
    columns = (MENTION.c.external_id, MENTION.c.id, MENTION.c.revision, MENTION.c.content_hash, MENTION.c.flags)
    for some in slices(external_ids):
        question = select(*columns).where(MENTION.c.scope == scope, MENTION.c.external_id.in_(some))
        for external_id, id_, revision, hash_, flags in connection.execute(question):
            found[external_id] = Known(id_, revision, hash_, REDACTED in flags)
    return found


def write(
    connection: Connection, admitted: Sequence[Admitted], *, scope: str, source: str, source_kind: str, now: datetime
) -> list[int]:
    """Store mentions seen for the first time; their ids, in the same order."""
    if not admitted:
        return []
    rows = [
        {
            "scope": scope,
            "external_id": one.item.id,
            "source": source,
            "source_kind": source_kind,
            "kind": one.item.kind,
            "url": one.item.url,
            "title": one.item.title,
            "text": one.item.text,
            "author": one.item.author,
            "published": one.published,
            "collected": now,
            "lang": one.item.lang,
            "rating": one.item.rating,
            "rating_max": one.item.rating_max,
            "rating_kind": one.item.rating_kind,
            "revision": 1,
            "content_hash": one.content_hash,
            "flags": list(one.flags),
            "extra": dict(one.item.extra),
        }
        for one in admitted
    ]
    returning = insert(MENTION).returning(MENTION.c.id, sort_by_parameter_order=True)
    ids = list(connection.scalars(returning, rows))
    touch(connection, ids)
    return ids


def revise(connection: Connection, mention_id: int, admitted: Admitted, now: datetime) -> int:
    """An edit at the source: the old words are kept as a revision; the new revision's number."""
    old = _row(connection, mention_id)
    index.remove(connection, mention_id)
    connection.execute(
        insert(REVISION),
        {
            "mention_id": mention_id,
            "revision": old.revision,
            "title": old.title,
            "text": old.text,
            "rating": old.rating,
            "replaced": now,
        },
    )
    item = admitted.item
    connection.execute(
        update(MENTION)
        .where(MENTION.c.id == mention_id)
        .values(
            title=item.title,
            text=item.text,
            rating=item.rating,
            url=item.url or old.url,
            lang=item.lang,
            revision=old.revision + 1,
            content_hash=admitted.content_hash,
            extra=dict(item.extra),
        )
    )
    touch(connection, [mention_id])
    return int(old.revision) + 1


def redact(connection: Connection, mention_id: int) -> None:
    """Deleted at the source: its words, author and link go, also those of older revisions; the empty row stays so that
    it is not collected anew."""
    old = _row(connection, mention_id)
    index.remove(connection, mention_id)
    connection.execute(delete(REVISION).where(REVISION.c.mention_id == mention_id))
    connection.execute(
        update(MENTION)
        .where(MENTION.c.id == mention_id)
        .values(title="", text="", author="", url="", extra={}, content_hash="", flags=[*old.flags, REDACTED])
    )


def set_languages(connection: Connection, languages: Mapping[int, str]) -> None:
    """Fill in the detected language where the source stated none."""
    if languages:
        touch(connection, languages)
        connection.execute(_SET_LANGUAGE, [{"of": id_, "detected": lang} for id_, lang in languages.items()])


_SET_LANGUAGE = (
    update(MENTION).where(MENTION.c.id == bindparam("of"), MENTION.c.lang == "").values(lang=bindparam("detected"))
)


def read(connection: Connection, ids: Iterable[int]) -> dict[int, Mention]:
    """The mentions with these ids."""
    found: dict[int, Mention] = {}
    for some in slices(ids):
        question = select(MENTION).where(MENTION.c.id.in_(some))
        for row in connection.execute(question):
            found[row.id] = as_mention(row)
    return found


def after(connection: Connection, mention_id: int, most: int) -> list[Mention]:
    """The next stored mentions, redacted ones left out, in the order of their coming."""
    question = select(MENTION).where(MENTION.c.id > mention_id, MENTION.c.content_hash != "").order_by(MENTION.c.id)
    return [as_mention(row) for row in connection.execute(question.limit(most))]


def as_mention(row: Row[Any]) -> Mention:
    """The frozen noun of a row of the mention table."""
    return Mention(
        id=row.id,
        source=row.source,
        source_kind=row.source_kind,
        kind=row.kind,
        url=row.url,
        title=row.title,
        text=row.text,
        author=row.author,
        published=row.published,
        collected=row.collected,
        lang=row.lang,
        rating=row.rating,
        rating_max=row.rating_max,
        rating_kind=row.rating_kind,
        revision=row.revision,
        flags=tuple(row.flags),
        extra=row.extra,
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """What was collected and named no brand then."""

    id: int
    scope: str
    source: str
    source_kind: str
    collected: datetime
    item: Item


def keep_candidates(
    connection: Connection,
    admitted: Iterable[Admitted],
    *,
    scope: str,
    source: str,
    source_kind: str,
    now: datetime,
) -> None:
    """Keep what no brand's query matched, whole, so that a wider query can be tried on it."""
    rows = [
        {
            "scope": scope,
            "external_id": one.item.id,
            "source": source,
            "source_kind": source_kind,
            "collected": now,
            "item": asdict(one.item) | {"published": one.published.isoformat()},
        }
        for one in admitted
    ]
    if rows:
        connection.execute(_KEEP_AS_LAST_WRITTEN, rows)


_ARRIVED = upsert(CANDIDATE)
# By its words: an undated item bears the time of its coming, which is another one at each poll.
_KEEP_AS_LAST_WRITTEN = _ARRIVED.on_conflict_do_update(
    index_elements=["scope", "external_id"],
    set_={"item": _ARRIVED.excluded.item},
    where=or_(
        *(
            func.json_extract(CANDIDATE.c.item, words) != func.json_extract(_ARRIVED.excluded.item, words)
            for words in ("$.title", "$.text")
        )
    ),
)


def candidates(connection: Connection, after: int, most: int) -> list[Candidate]:
    """The next candidates, in the order of their coming."""
    question = select(CANDIDATE).where(CANDIDATE.c.id > after).order_by(CANDIDATE.c.id).limit(most)
    return [
        Candidate(
            row.id,
            row.scope,
            row.source,
            row.source_kind,
            row.collected,
            Item(**row.item | {"published": datetime.fromisoformat(row.item["published"])}),
        )
        for row in connection.execute(question)
    ]


def drop_candidate(connection: Connection, candidate_id: int) -> None:
    """It became a mention."""
    connection.execute(delete(CANDIDATE).where(CANDIDATE.c.id == candidate_id))


def forget_candidates(connection: Connection, scope: str, external_ids: Sequence[str]) -> None:
    """They were deleted at the source."""
    for some in slices(external_ids):
        connection.execute(delete(CANDIDATE).where(CANDIDATE.c.scope == scope, CANDIDATE.c.external_id.in_(some)))


def drop_candidates(connection: Connection, before: datetime) -> int:
    """Forget candidates collected before that time; how many."""
    return connection.execute(delete(CANDIDATE).where(CANDIDATE.c.collected < before)).rowcount


def _row(connection: Connection, mention_id: int) -> Row[Any]:
    return connection.execute(select(MENTION).where(MENTION.c.id == mention_id)).one()
