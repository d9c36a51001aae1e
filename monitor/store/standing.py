"""What holds of mentions: what people said, upheld against what the models say.

What a correction makes true (the match's sentiment, the counts, an opinion of version `person`) follows from the rows
alone: `uphold` makes it so, however often it is called.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select

from monitor.store import matches
from monitor.store.labels import labels_of
from monitor.store.matches import RELEVANT_FROM, Verdict, verdict
from monitor.store.opinions import PERSON, in_order
from monitor.store.slices import slices
from monitor.store.tables import CorrectionRow, MatchRow, MentionRow, OpinionRow
from monitor.store.touched import touch

CORRECTION, MENTION, MATCH = CorrectionRow.__table__, MentionRow.__table__, MatchRow.__table__
OPINION = OpinionRow.__table__

OF_BRAND = ("sentiment", "relevance")
OF_TEXT = ("topics", "touchpoints", "stage", "need", "emotion")
SEVERAL = ("topics", "touchpoints", "need")

Subject = tuple[int, int, str]
"""(mention id, brand id or 0, field): what one correction is about."""


def holding() -> Select[Any]:
    """Corrections of the words that their mentions still say, not undone, the latest last."""
    return (
        select(CORRECTION)
        .join(MENTION, (MENTION.c.id == CORRECTION.c.mention_id) & (MENTION.c.revision == CORRECTION.c.revision))
        .where(CORRECTION.c.undone.is_(None), MENTION.c.content_hash != "")
        .order_by(CORRECTION.c.id)
    )


def standing(connection: Connection, mention_ids: Collection[int]) -> dict[Subject, Row[Any]]:
    """What holds of these mentions: the latest correction of each subject."""
    found: dict[Subject, Row[Any]] = {}
    for some in slices(mention_ids):
        for row in connection.execute(holding().where(CORRECTION.c.mention_id.in_(some))):
            found[row.mention_id, row.brand_id, row.field] = row
    return found


def upheld(verdicts: Sequence[Verdict], said: Mapping[Subject, Row[Any]]) -> list[Verdict]:
    """These verdicts with what people said in place of what the models did: never unsure."""
    return [_upheld(one, said) for one in verdicts]


def _upheld(one: Verdict, said: Mapping[Subject, Row[Any]]) -> Verdict:
    sentiment = said.get((one.mention_id, one.brand_id, "sentiment"))
    relevance = said.get((one.mention_id, one.brand_id, "relevance"))
    if sentiment is not None:
        one = replace(one, sentiment=sentiment.after, unsure=False, confidence=1.0)
    if relevance is not None:
        one = replace(one, relevance=1.0 if relevance.after == "yes" else 0.0)
    return one


def uphold(connection: Connection, mention_ids: Collection[int]) -> None:
    """Make what is stored of these mentions follow from the corrections that hold and, beside them, from what the
    models last said."""
    for some in slices(mention_ids):
        said = standing(connection, some)
        connection.execute(delete(OPINION).where(OPINION.c.mention_id.in_(some), OPINION.c.version == PERSON))
        touch(connection, some)
        if said:
            connection.execute(insert(OPINION), [_opinion(row) for row in said.values()])
        readings = _readings(connection, some)
        pairs = connection.execute(select(MATCH.c.mention_id, MATCH.c.brand_id).where(MATCH.c.mention_id.in_(some)))
        verdicts = [
            verdict(id_, brand, {**readings[id_, 0], **readings[id_, brand]})
            or Verdict(id_, brand, None, unsure=False, confidence=0.0, relevance=None)
            for id_, brand in pairs.all()
        ]
        matches.judge(connection, upheld(verdicts, said))


def uphold_known(connection: Connection, mention_ids: Collection[int]) -> None:
    """The same, for those of these mentions of which something holds."""
    if said := standing(connection, mention_ids):
        uphold(connection, {mention_id for mention_id, _, _ in said})


def _readings(connection: Connection, mention_ids: Collection[int]) -> dict[tuple[int, int], dict[str, Any]]:
    """(mention, brand or 0) to what the models last said of it, by scorer."""
    readings: dict[tuple[int, int], dict[str, Any]] = defaultdict(dict)
    for row in connection.execute(_opinions(mention_ids).where(OPINION.c.version != PERSON)):
        readings[row.mention_id, row.brand_id][row.scorer] = row.detail or row.label
    return readings


def _opinions(mention_ids: Collection[int]) -> Select[Any]:
    """Opinions of what these mentions say now, the one that counts last."""
    return (
        select(OPINION)
        .join(MENTION, (MENTION.c.id == OPINION.c.mention_id) & (MENTION.c.revision == OPINION.c.revision))
        .where(OPINION.c.mention_id.in_(mention_ids))
        .order_by(*in_order())
    )


def _opinion(row: Row[Any]) -> dict[str, Any]:
    """A correction as the opinion of a person, in the form of the scorer that it overrules."""
    scorer, label, detail = _answer(row.field, row.after, towards=bool(row.brand_id))
    return {
        "mention_id": row.mention_id,
        "revision": row.revision,
        "brand_id": row.brand_id,
        "scorer": scorer,
        "version": PERSON,
        "label": label,
        "confidence": 1.0,
        "detail": detail,
        "scored": row.at,
    }


def _answer(field: str, after: Any, *, towards: bool) -> tuple[str, str, dict[str, Any]]:
    if field in SEVERAL:
        every = [{"label": name, "score": 1.0} for name in after]
        return field, after[0] if after else "none", {"all": every}
    if field == "relevance":
        meant = after == "yes"
        return field, "relevant" if meant else "irrelevant", {"score": float(meant), "unsure": False}
    if field == "sentiment":
        shares = {name: float(name == after) for name in ("negative", "neutral", "positive")}
        return (
            "brand_sentiment" if towards else "sentiment",
            after,
            {"label": after, **shares, "unsure": False, "mixed": False},
        )
    return field, after, {"label": after, "score": 1.0}


def shown(connection: Connection, mention_ids: Collection[int]) -> dict[Subject, Any]:
    """What is shown of these mentions now, by subject; nothing for what nobody and no model said anything of."""
    found: dict[Subject, Any] = {}
    for some in slices(mention_ids):
        for row in connection.execute(_opinions(some).where(OPINION.c.brand_id == 0)):
            if row.scorer in OF_TEXT:
                labels = list(labels_of(row.label, row.detail))
                found[row.mention_id, 0, row.scorer] = labels if row.scorer in SEVERAL else (labels or ["none"])[0]
            elif row.scorer == "sentiment":
                found[row.mention_id, 0, "sentiment"] = row.label
        for row in connection.execute(select(MATCH).where(MATCH.c.mention_id.in_(some))):
            if row.sentiment:
                found[row.mention_id, row.brand_id, "sentiment"] = row.sentiment
            if row.relevance is not None:
                found[row.mention_id, row.brand_id, "relevance"] = "yes" if row.relevance >= RELEVANT_FROM else "no"
    return found


def fields(connection: Connection, mention_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Mention id to the fields of which a person's word holds."""
    found: dict[int, set[str]] = defaultdict(set)
    for mention_id, _, field in standing(connection, _spoken_of(connection, mention_ids)):
        found[mention_id].add(field)
    return {id_: tuple(sorted(fields)) for id_, fields in found.items()}


def _spoken_of(connection: Connection, mention_ids: Collection[int]) -> list[int]:
    """Those of which somebody said something at some time: few, and quickly found."""
    found: list[int] = []
    for some in slices(mention_ids):
        marks = ", ".join("?" * len(some))
        sql = f"SELECT DISTINCT mention_id FROM correction WHERE mention_id IN ({marks})"
        found += connection.exec_driver_sql(sql, tuple(some)).scalars()
    return found
