"""Corrections as commands: what somebody asks for is read, found in the store, written in one transaction, learnt from.

Arguments and results are JSON values, as of all commands (handlers.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from models.taxonomy import Taxonomy
from monitor import queries
from monitor.app import Service
from monitor.built import taxonomy_in
from monitor.engine.handover import Say
from monitor.errors import Refused
from monitor.mention import SENTIMENTS
from monitor.query.fields import label, nearest
from monitor.store import brands, corrections, meant, taught
from monitor.store.standing import OF_BRAND, SEVERAL
from monitor.store.taught import SCORER_OF

EMOTIONS = ("anger", "disappointment", "sadness", "fear", "surprise", "joy", "gratitude", "none")
NEEDS = ("help", "question", "complaint", "suggestion", "praise", "churn", "impression")
NONE = "none"


class Corrections:
    """What can be asked of a service about corrections."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def correct(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Correct mentions (ids or addresses): all of them, or none where one cannot be."""
        service = self.service
        changes = checked(arguments["changes"], taxonomy_in(service.config))
        said = (tuple(arguments["mentions"]), changes, str(arguments.get("brand") or ""))
        by, note = str(arguments["by"]), str(arguments.get("note") or "")
        written = await service.store.write(_correct, *said, by=by, note=note, now=service.now())
        return await service.store.read(_told, written)

    async def undo(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Take a correction back, and those of the near-duplicates that followed it."""
        service = self.service
        number = int(arguments["id"])
        mentions = await service.store.write(corrections.undo, number, str(arguments["by"]), service.now())
        (told,) = await service.store.read(queries.corrections, 1, (number,))
        return {"correction": queries.correction_json(told), "mentions": mentions}

    async def learn(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Learn from what has come since, now, and judge anew what that changes."""
        service = self.service
        say("learning from corrections")
        learnt = await service.learn(timedelta(0))
        return {"learnt": len(learnt), "scored": await _score(service, say), "unscored": service.judging.why}

    async def switch(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Switch what a head learnt off, or on again, and judge anew what that changes."""
        service = self.service
        on = bool(arguments["on"])
        head = await service.store.read(_head, str(arguments["head"]))
        await service.store.write(taught.switch, *head, str(arguments["by"]), service.now(), on=on)
        await service.use_lessons({head[0]})
        return {"scored": await _score(service, say), "unscored": service.judging.why}


async def _score(service: Service, say: Say) -> int:
    return await service.score(lambda done, waiting: say(f"scored {done:,}, {waiting:,} to go"))


def checked(changes: Mapping[str, Any], taxonomy: Taxonomy) -> dict[str, Any]:
    """The changes in the words that are stored. Raises Refused for a label that there is not."""
    names = {
        "sentiment": SENTIMENTS,
        "relevance": ("yes", "no"),
        "emotion": EMOTIONS,
        "need": NEEDS,
        "topics": tuple(one.name for one in taxonomy.topics),
        "touchpoints": tuple(one.name for one in taxonomy.touchpoints),
        "stage": tuple(one.name for one in taxonomy.stages),
    }
    if not changes:
        raise Refused(
            "Say what is right: --sentiment, --relevant, --topic, --touchpoint, --stage, --need or --emotion."
        )
    return {
        field: _several(field, value, names[field]) if field in SEVERAL else _known(field, value, names[field])
        for field, value in changes.items()
    }


def _several(field: str, values: Sequence[str], names: Sequence[str]) -> list[str]:
    if any(label(value) == NONE for value in values) and NONE not in names:
        if len(values) > 1:
            raise Refused(f'"{NONE}" stands alone: a mention that has no {field} has no other.')
        return []
    return list(dict.fromkeys(_known(field, value, names) for value in values))


def _known(field: str, value: str, names: Sequence[str]) -> str:
    known = {label(name): name for name in names}
    if label(value) in known:
        return known[label(value)]
    meant = nearest(value, names)
    hint = f'did you mean "{meant}"? There are' if meant else "there are"
    raise Refused(f'{field}: "{value}" is not one of yours; {hint}: {", ".join(names)}.')


def _correct(
    connection: Connection, mentions: Sequence[str], changes: Mapping[str, Any], brand: str, *, by: str, note: str,
    now: datetime,
) -> list[int]:  # fmt: skip
    written: list[int] = []
    for asked in dict.fromkeys(mentions):
        mention_id = meant.mention_id(connection, asked)
        brand_id = _brand_id(connection, mention_id, brand, changes)
        written += corrections.correct(connection, mention_id, brand_id, changes, by=by, note=note, now=now)
    return written


def _brand_id(connection: Connection, mention_id: int, brand: str, changes: Collection[str]) -> int:
    """Towards whom: the one that was named, or the only brand of the mention; 0 where that does not matter."""
    mine = corrections.brands_of(connection, mention_id)
    if brand:
        if brand not in mine:
            raise Refused(f'Mention {mention_id} is not of "{brand}"; it is of: {", ".join(mine) or "no brand"}.')
        return mine[brand]
    if len(mine) == 1 or not set(changes) & set(OF_BRAND):
        return next(iter(mine.values()), 0)
    if mine:
        raise Refused(f"Mention {mention_id} is of {' and '.join(mine)}: say towards whom with --brand.")
    if "relevance" in changes and corrections.exists(connection, mention_id):
        raise Refused(f"Mention {mention_id} is of no brand: there is nothing for it to be relevant to.")
    return 0


def _told(connection: Connection, written: Sequence[int]) -> dict[str, Any]:
    """What was written, and how far the heads are that it may teach."""
    told = queries.corrections(connection, len(written), written) if written else []
    touched = {(one.brand, SCORER_OF.get(one.field)) for one in told}
    return {
        "corrections": [queries.correction_json(one) for one in reversed(told)],
        "heads": [
            {"brand": head.brand, "scorer": head.scorer, "corrections": head.corrections}
            for head in taught.heads(connection)
            if (head.brand, head.scorer) in touched
        ],
        "needed": taught.LEAST_CORRECTIONS,
    }


def _head(connection: Connection, written: str) -> tuple[int, str]:
    """Brand id and scorer of a head as a person writes it: Acme/relevance, Acme/sentiment, topics."""
    brand, _, name = written.rpartition("/")
    scorer = SCORER_OF.get(name, name)
    ids = {name: id_ for id_, name in brands.names(connection).items()}
    if scorer not in SCORER_OF.values():
        raise Refused(
            f'"{written}" names no head that can be taught; write BRAND/relevance, BRAND/sentiment or topics.'
        )
    if brand and brand not in ids:
        raise Refused(f'There is no brand "{brand}"; there are: {", ".join(ids)}.')
    if bool(brand) != (scorer in ("relevance", "brand_sentiment")):
        whole = f"BRAND/{name}" if not brand else name
        raise Refused(
            f"Write {whole}: {scorer} {'is learnt for each brand' if not brand else 'is learnt for all brands'}."
        )
    return ids.get(brand, 0), scorer
