"""Opinions beside the facts: what is still to be scored, and what came out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, literal, select, text, update
from sqlalchemy.dialects.sqlite import insert

from monitor.mention import Opinion
from monitor.store.tables import BrandRow, DueRow, MatchRow, MentionRow, OpinionRow, SettingRow
from monitor.store.touched import touch

OPINION = OpinionRow.__table__
DUE = DueRow.__table__
MENTION = MentionRow.__table__
BRAND = BrandRow.__table__
MATCH = MatchRow.__table__
SETTING = SettingRow.__table__

# All heads share one forward pass of the encoder, so what is due is a pass over a text (towards a brand), not a head.
PASS = "encoder"
# What only an encoder could judge that cannot be had now: it stands aside, so that the rest goes on.
PUT_OFF = "encoder that is lacking"
VERSIONS = "versions of the scorers"
PERSON = "person"
"""The version of an opinion that a person holds (store/corrections.py): it counts, whatever scorers say later."""


@dataclass(frozen=True, slots=True)
class Due:
    """A text that waits for its scores. `brand` is empty where the text names none: a review of one's own app, say."""

    mention_id: int
    revision: int
    brand_id: int
    brand: str
    title: str
    text: str


def in_order() -> tuple[ColumnElement[Any], ...]:
    """To sort opinions by, so that the one that counts comes last."""
    return OPINION.c.version == PERSON, OPINION.c.scored


def ask(connection: Connection, wanted: Iterable[tuple[int, Sequence[int]]]) -> None:
    """Write down that mentions are to be scored: (mention, its brands) each, or alone where there are no brands."""
    rows = [
        {"scorer": PASS, "mention_id": mention_id, "brand_id": brand}
        for mention_id, brand_ids in wanted
        for brand in brand_ids or [0]
    ]
    if rows:
        connection.execute(insert(DUE).on_conflict_do_nothing(), rows)


def drop(connection: Connection, mention_id: int, brand_id: int | None = None) -> None:
    """Nothing of this mention (towards this brand) is to be scored any more; what is known of it stays."""
    mine = DUE.c.mention_id == mention_id
    connection.execute(delete(DUE).where(mine if brand_id is None else mine & (DUE.c.brand_id == brand_id)))


def forget(connection: Connection, mention_id: int) -> None:
    """Nothing of this mention is to be scored any more, and what was thought of it goes."""
    connection.execute(delete(DUE).where(DUE.c.mention_id == mention_id))
    connection.execute(delete(OPINION).where(OPINION.c.mention_id == mention_id))
    touch(connection, [mention_id])


def waiting(connection: Connection) -> int:
    """How many (mention, brand) pairs are still to be scored."""
    return connection.execute(select(func.count()).select_from(DUE)).scalar_one()


def askable(connection: Connection) -> int:
    """How many of them can be asked now: those that are not put off."""
    return connection.execute(select(func.count()).select_from(DUE).where(DUE.c.scorer == PASS)).scalar_one()


def put_off(connection: Connection, some: Sequence[Due]) -> None:
    """These stay due, but are not asked again before they are called back."""
    if some:
        connection.execute(_PUT_OFF, [{"of": due.mention_id, "towards": due.brand_id} for due in some])


def call_back(connection: Connection) -> int:
    """What was put off is asked again; how many."""
    return connection.execute(_CALL_BACK).rowcount


def due(connection: Connection, most: int) -> list[Due]:
    """The newest that wait: what came last is what somebody looks at first."""
    rows = connection.execute(
        select(DUE.c.mention_id, MENTION.c.revision, DUE.c.brand_id, BRAND.c.name, MATCH.c.spans)
        .add_columns(MENTION.c.title, MENTION.c.text)
        .join(MENTION, MENTION.c.id == DUE.c.mention_id)
        .outerjoin(BRAND, BRAND.c.id == DUE.c.brand_id)
        .outerjoin(MATCH, (MATCH.c.mention_id == DUE.c.mention_id) & (MATCH.c.brand_id == DUE.c.brand_id))
        .where(DUE.c.scorer == PASS)
        .order_by(DUE.c.mention_id.desc())
        .limit(most)
    )
    return [
        Due(row.mention_id, row.revision, row.brand_id, (row.name or "") if row.spans else "", row.title, row.text)
        for row in rows
    ]


def still_due(connection: Connection, asked: Collection[Due]) -> set[Due]:
    """Those that still wait and whose text still is what was asked about: neither edited, nor deleted meanwhile."""
    ids = {due.mention_id for due in asked}
    rows = connection.execute(
        select(DUE.c.mention_id, DUE.c.brand_id, MENTION.c.revision)
        .join(MENTION, MENTION.c.id == DUE.c.mention_id)
        .where(DUE.c.scorer == PASS, DUE.c.mention_id.in_(ids))
    )
    waiting = {tuple(row) for row in rows}
    return {due for due in asked if (due.mention_id, due.brand_id, due.revision) in waiting}


def settle(connection: Connection, answered: Sequence[tuple[Due, Sequence[Opinion]]], now: datetime) -> None:
    """Store what is thought of due texts, and strike them off."""
    rows = [
        {
            "mention_id": due.mention_id,
            "revision": due.revision,
            "brand_id": due.brand_id if towards_brand(opinion.scorer) else 0,
            "scorer": opinion.scorer,
            "version": opinion.version,
            "label": opinion.label,
            "confidence": opinion.confidence,
            "detail": dict(opinion.detail),
            "scored": now,
        }
        for due, opinions in answered
        for opinion in opinions
    ]
    if rows:
        connection.execute(_STORE, rows)
        touch(connection, [due.mention_id for due, _ in answered])
    if answered:
        connection.execute(_STRIKE, [{"of": due.mention_id, "towards": due.brand_id} for due, _ in answered])


_INSERT = insert(OPINION)
_STORE = _INSERT.on_conflict_do_update(
    index_elements=["mention_id", "revision", "brand_id", "scorer", "version"],
    set_={name: _INSERT.excluded[name] for name in ("label", "confidence", "detail", "scored")},
)
_ONE = (DUE.c.scorer == PASS) & (DUE.c.mention_id == bindparam("of")) & (DUE.c.brand_id == bindparam("towards"))
_STRIKE = delete(DUE).where(_ONE)
# A pair may stand there twice: put off, and due once more since its scorers' versions changed.
_PUT_OFF = update(DUE).prefix_with("OR REPLACE").where(_ONE).values(scorer=PUT_OFF)
_CALL_BACK = update(DUE).prefix_with("OR REPLACE").where(DUE.c.scorer == PUT_OFF).values(scorer=PASS)


def towards_brand(scorer: str) -> bool:
    """Whether this scorer's answer depends on the brand it is asked about."""
    return scorer in ("brand_sentiment", "relevance")


def renew(connection: Connection, versions: Mapping[str, str], brand_ids: Collection[int] = ()) -> int:
    """When a scorer's version has changed since last time, everything judged before is due again; how many.

    With `brand_ids`, what was judged of these alone: where it is known that no other answer can have changed. The old
    opinions stay beside the new ones.
    """
    now, before = dict(versions), connection.execute(select(SETTING.c.value).where(SETTING.c.key == VERSIONS)).scalar()
    if before == now:
        return 0
    statement = insert(SETTING).values(key=VERSIONS, value=now)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": now}))
    if before is None:
        return 0
    if brand_ids:
        mine = select(literal(PASS), MATCH.c.mention_id, MATCH.c.brand_id).where(MATCH.c.brand_id.in_(brand_ids))
        mine = mine.join(MENTION, MENTION.c.id == MATCH.c.mention_id).where(MENTION.c.content_hash != "")
        of_brands = insert(DUE).from_select(["scorer", "mention_id", "brand_id"], mine).on_conflict_do_nothing()
        return connection.execute(of_brands).rowcount
    again = text("""
        INSERT OR IGNORE INTO due (scorer, mention_id, brand_id)
        SELECT :scorer, m.id, coalesce(x.brand_id, 0)
        FROM mention m LEFT JOIN "match" x ON x.mention_id = m.id
        WHERE m.text || m.title <> ''
    """)
    return connection.execute(again, {"scorer": PASS}).rowcount


def rebuild(connection: Connection) -> int:
    """Write anew what is still to be scored, from the rows themselves; how many. What `doctor` does after damage.

    A match whose text names the brand wants an answer towards that brand; any other mention one of its text alone.
    """
    missing = text("""
        INSERT OR IGNORE INTO due (scorer, mention_id, brand_id)
        SELECT :scorer, m.id, coalesce(x.brand_id, 0)
        FROM mention m LEFT JOIN "match" x ON x.mention_id = m.id
        WHERE m.text || m.title <> '' AND NOT EXISTS (
            SELECT 1 FROM opinion o
            WHERE o.mention_id = m.id AND o.revision = m.revision AND o.version <> 'person' AND (
                o.scorer = 'skipped'
                OR o.brand_id = CASE WHEN x.spans IS NULL OR x.spans = '[]' THEN 0 ELSE x.brand_id END))
    """)
    return connection.execute(missing, {"scorer": PASS}).rowcount
