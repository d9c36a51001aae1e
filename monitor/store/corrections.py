"""What people said of mentions: written down once, passed on to near-duplicates, undone without a trace being lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from monitor.errors import Refused
from monitor.mention import Mention
from monitor.store import duplicates
from monitor.store.mentions import REDACTED, read
from monitor.store.sameness import fingerprint
from monitor.store.slices import slices
from monitor.store.standing import OF_BRAND, Subject, holding, shown, standing, uphold
from monitor.store.tables import BrandRow, CorrectionRow, MatchRow, MentionRow

CORRECTION, MENTION, MATCH = CorrectionRow.__table__, MentionRow.__table__, MatchRow.__table__
BRAND = BrandRow.__table__


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction as it is listed. `before` and `after` are a label, "yes" or "no", or a list of labels."""

    id: int
    mention_id: int
    brand: str
    field: str
    before: Any
    after: Any
    by: str
    note: str
    at: datetime
    state: str
    """In words: "holds", or why it does not."""
    said: str
    """The beginning of what the mention says."""
    followers: tuple[int, ...] = ()
    """Ids of the near-duplicates that followed and still do."""
    undone: datetime | None = None
    undone_by: str = ""


# ---- saying ---------------------------------------------------------------------------------------------------------


def correct(
    connection: Connection, mention_id: int, brand_id: int, changes: Mapping[str, Any], *, by: str, note: str,
    now: datetime,
) -> list[int]:  # fmt: skip
    """Write down what somebody said of a mention (of sentiment and relevance: towards this brand), and what follows for
    its near-duplicates; the ids of the new corrections. One that says what the same person or another said already
    writes nothing."""
    mention = _mention(connection, mention_id)
    brands = _brands(connection, [mention_id])[mention_id]
    alone = len(brands) < 2
    print_of = fingerprint(mention.title, mention.text, of_one_brand=alone)
    said = {field: _subject(mention_id, brand_id, field) for field in changes}
    known = standing(connection, [mention_id])
    new = {
        field: subject
        for field, subject in said.items()
        if (row := known.get(subject)) is None or row.follows is not None or row.after != changes[field]
    }
    written: list[int] = []
    touched = {mention_id}
    before = shown(connection, [mention_id])
    # The search for copies takes most of the time: once for all fields that ask of the same brands.
    copies: dict[tuple[int, ...], list[Mention]] = {}
    for field, subject in new.items():
        of_brands = [brand_id] if field in OF_BRAND and brand_id else brands
        facts = {"field": field, "after": changes[field], "fingerprint": print_of, "by": by, "at": now}
        own = {**facts, "mention_id": mention_id, "brand_id": subject[1], "revision": mention.revision}
        own |= {"before": before.get(subject), "note": note, "follows": None}
        if (asked := tuple(of_brands)) not in copies:
            copies[asked] = duplicates.near(connection, mention, of_brands, of_one_brand=alone)
        root = connection.scalars(insert(CORRECTION).returning(CORRECTION.c.id), [own]).one()
        written.append(root)
        touched |= _spread(connection, root, subject[1], facts, copies[asked])
    uphold(connection, touched)
    return written


def _subject(mention_id: int, brand_id: int, field: str) -> Subject:
    return mention_id, brand_id if field in OF_BRAND else 0, field


def _mention(connection: Connection, mention_id: int) -> Mention:
    mention = read(connection, [mention_id]).get(mention_id)
    if mention is None:
        raise Refused(f"There is no mention {mention_id}: `overheard mentions` shows the number before each.")
    if REDACTED in mention.flags:
        raise Refused(f"Mention {mention_id} was deleted at its source: nothing of it is left to correct.")
    return mention


def _spread(
    connection: Connection, root: int, brand_id: int, facts: Mapping[str, Any], copies: Iterable[Mention]
) -> set[int]:
    """Copies follow, but for those of which a person said something; the ids of those that do."""
    found = {one.id: one for one in copies if REDACTED not in one.flags}
    known = standing(connection, found)
    before = shown(connection, found)
    subjects = {id_: (id_, brand_id, facts["field"]) for id_ in found}
    free = {id_: subject for id_, subject in subjects.items() if (row := known.get(subject)) is None or row.follows}
    rows = [
        {
            **facts,
            "mention_id": id_,
            "brand_id": brand_id,
            "revision": found[id_].revision,
            "before": before.get(subject),
            "note": "",
            "follows": root,
        }
        for id_, subject in sorted(free.items())
    ]
    if rows:
        connection.execute(insert(CORRECTION), rows)
    return set(free)


def follow(
    connection: Connection, new: Sequence[tuple[int, Collection[int], str, str]], now: datetime
) -> None:  # fmt: skip
    """New mentions (id, brand ids, title, text) that say what a corrected one says, take over what was said of it."""
    if not new or connection.execute(select(CORRECTION.c.id).limit(1)).first() is None:
        return
    prints = {id_: fingerprint(title, text, of_one_brand=len(brands) < 2) for id_, brands, title, text in new}
    roots = _roots(connection, {one for one in prints.values() if one})
    of_brands = _brands(connection, {row.mention_id for row in roots})
    rows = [
        {
            **{name: getattr(root, name) for name in ("field", "after", "fingerprint", "by", "brand_id")},
            "mention_id": id_,
            "revision": 1,
            "before": None,
            "note": "",
            "follows": root.id,
            "at": now,
        }
        for id_, brands, _, _ in new
        for root in roots
        if root.fingerprint == prints[id_]
        and (root.brand_id in brands if root.brand_id else _alike_in(brands, of_brands[root.mention_id]))
    ]
    if rows:
        connection.execute(insert(CORRECTION), rows)
        uphold(connection, {row["mention_id"] for row in rows})


def _alike_in(brands: Collection[int], others: Collection[int]) -> bool:
    return bool(set(brands) & set(others)) or not (brands or others)


def _roots(connection: Connection, prints: Collection[str]) -> list[Row[Any]]:
    """What people themselves said of texts with these fingerprints and what still holds, the latest of each."""
    question = holding().where(CORRECTION.c.fingerprint.in_(prints), CORRECTION.c.follows.is_(None))
    latest = {(row.fingerprint, row.brand_id, row.field): row for row in connection.execute(question)}
    return list(latest.values())


def carry(connection: Connection, before: Mention) -> None:
    """After an edit: where the words are as good as the same, what was said of them still holds; else it rests, for
    nobody has read the new words."""
    now = read(connection, [before.id])[before.id]
    brands = _brands(connection, [before.id])[before.id]
    if duplicates.alike(before, now, of_one_brand=len(brands) < 2):
        mine = (CORRECTION.c.mention_id == before.id) & (CORRECTION.c.revision == before.revision)
        connection.execute(update(CORRECTION).where(mine).values(revision=now.revision))
        uphold(connection, [before.id])


def undo(connection: Connection, correction_id: int, by: str, now: datetime) -> list[int]:
    """Take a correction back, and those of near-duplicates that followed it; the ids of the mentions that it held for.

    Then holds what was said before it, else what the models say. Raises Refused.
    """
    row = connection.execute(select(CORRECTION).where(CORRECTION.c.id == correction_id)).one_or_none()
    if row is None:
        raise Refused(f"There is no correction {correction_id}: see `overheard corrections`.")
    if row.undone is not None:
        raise Refused(f"Correction {correction_id} was undone already, by {row.undone_by}.")
    mine = (CORRECTION.c.id == correction_id) | (CORRECTION.c.follows == correction_id)
    mine &= CORRECTION.c.undone.is_(None)
    touched = set(connection.scalars(select(CORRECTION.c.mention_id).where(mine)))
    connection.execute(update(CORRECTION).where(mine).values(undone=now, undone_by=by))
    uphold(connection, touched)
    return sorted(touched)


# ---- telling -------------------------------------------------------------------------------------------------------


def listed(connection: Connection, most: int, ids: Collection[int] = ()) -> list[Correction]:
    """The newest corrections by people themselves (or these), each with the near-duplicates that follow it."""
    question = (
        select(CORRECTION, BRAND.c.name, MENTION.c.title, MENTION.c.text, MENTION.c.content_hash)
        .add_columns(MENTION.c.revision.label("now"))
        .join(MENTION, MENTION.c.id == CORRECTION.c.mention_id)
        .outerjoin(BRAND, BRAND.c.id == CORRECTION.c.brand_id)
        .order_by(CORRECTION.c.id.desc())
    )
    chosen = CORRECTION.c.id.in_(ids) if ids else CORRECTION.c.follows.is_(None)
    rows = connection.execute(question.where(chosen).limit(most)).all()
    known = standing(connection, {row.mention_id for row in rows})
    followers = _followers(connection, [row.id for row in rows])
    return [_listed(row, known, followers[row.id]) for row in rows]


def _listed(row: Row[Any], known: Mapping[Subject, Row[Any]], followers: Sequence[int]) -> Correction:
    holds = known.get((row.mention_id, row.brand_id, row.field))
    if row.undone is not None:
        state = "undone"
    elif not row.content_hash:
        state = "deleted at its source"
    elif row.revision != row.now:
        state = "text edited since"
    elif holds is not None and holds.id != row.id:
        state = f"replaced by #{holds.id}"
    else:
        state = "holds"
    return Correction(
        id=row.id,
        mention_id=row.mention_id,
        brand=row.name or "",
        field=row.field,
        before=row.before,
        after=row.after,
        by=row.by,
        note=row.note,
        at=row.at,
        state=state,
        said=row.title or row.text,
        followers=tuple(followers),
        undone=row.undone,
        undone_by=row.undone_by,
    )


def _followers(connection: Connection, ids: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    question = select(CORRECTION.c.follows, CORRECTION.c.mention_id).where(CORRECTION.c.undone.is_(None))
    for some in slices(ids):
        for root, mention_id in connection.execute(question.where(CORRECTION.c.follows.in_(some))):
            found[root].append(mention_id)
    return found


def ids_at(connection: Connection, url: str) -> list[int]:
    """The mentions with this very address."""
    return list(connection.scalars(select(MENTION.c.id).where(MENTION.c.url == url).order_by(MENTION.c.id)))


def exists(connection: Connection, mention_id: int) -> bool:
    """Whether there is such a mention."""
    return connection.execute(select(MENTION.c.id).where(MENTION.c.id == mention_id)).first() is not None


def brands_of(connection: Connection, mention_id: int) -> dict[str, int]:
    """Name to id of the brands that a mention is of."""
    question = select(BRAND.c.name, BRAND.c.id).join(MATCH, MATCH.c.brand_id == BRAND.c.id)
    found = connection.execute(question.where(MATCH.c.mention_id == mention_id))
    return {row.name: row.id for row in found}


def _brands(connection: Connection, mention_ids: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    question = select(MATCH.c.mention_id, MATCH.c.brand_id).where(MATCH.c.mention_id.in_(mention_ids))
    for mention_id, brand_id in connection.execute(question):
        found[mention_id].append(brand_id)
    return found
