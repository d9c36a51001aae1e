"""Triage as a command: what people note of mentions is read, found in the store, and written in one transaction.

Arguments and results are JSON values, as of all commands (handlers.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from monitor.app import Service
from monitor.config.times import duration
from monitor.door import clean, line
from monitor.engine.handover import Say
from monitor.errors import Refused
from monitor.insight.response import first_reply
from monitor.query.fields import FIELDS, label, nearest
from monitor.store import meant, triage
from monitor.store.columns import EPOCH
from monitor.store.routing import Routes, promise
from monitor.store.rules import Catch
from monitor.store.triage import Change, Noted, Standing

STATUSES = FIELDS["status"].choices
LONGEST_NAME = 100
LONGEST_NOTE = 4_000
LONGEST_SNOOZE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants of mentions: a change, one taken back, or what was hidden shown again."""

    change: Change
    undo: bool = False
    show: bool = False


class Triage:
    """What can be asked of a service about who answers what."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def triage(self, arguments: Mapping[str, Any], say: Say) -> list[dict[str, Any]]:
        """Note something of mentions (ids or addresses): of all of them, or of none where one cannot be."""
        service = self.service
        wanted = wish(arguments["change"], service.now())
        named = tuple(arguments["mentions"]), str(arguments.get("brand") or "")
        by = signed(str(arguments["by"]))
        return await service.store.write(_noted, *named, wanted, service.routes, by=by, now=service.now())


def signed(by: str) -> str:
    """Who says so. Nobody signs as the program itself does, whose word gives way to a person's."""
    name = line(by)
    return f"{name} (a person)" if name == triage.PROGRAM else name


def wish(asked: Mapping[str, Any], now: datetime) -> Wanted:
    """What somebody asks for. Raises Refused."""
    undo, show = bool(asked.get("undo")), bool(asked.get("show"))
    others = [name for name, value in asked.items() if name not in ("undo", "show") and value not in (None, [])]
    if undo and (others or show):
        raise Refused("--undo takes back what was noted last, and stands alone.")
    if show and asked.get("status") is not None:
        raise Refused("--show gives back the status that a mention had before it was hidden: leave out the other one.")
    return Wanted(replace(checked(asked), snoozed=_snoozed(asked.get("snooze"), now)), undo, show)


def _snoozed(asked: str | None, now: datetime) -> datetime | None:
    """Until when: "2d" or a moment; an empty text wakes it."""
    if asked is None:
        return None
    if not asked.strip():
        return EPOCH
    try:
        until = now + timedelta(seconds=duration(asked))
    except ValueError as error:
        until = _moment(asked, error)
    if not now < until <= now + LONGEST_SNOOZE:
        raise Refused(f'"{asked}": a mention can be put off for a year at most, and not into the past.')
    return until


def _moment(asked: str, why: ValueError) -> datetime:
    try:
        moment = datetime.fromisoformat(asked)
    except ValueError:
        raise Refused(f"--snooze: {why}") from None
    return moment if moment.tzinfo else moment.astimezone()


def checked(asked: Mapping[str, Any]) -> Change:
    """What is to be different, as it is stored. Raises Refused."""
    add, remove = (
        [_name("tag", one.strip().removeprefix("#")) for one in asked.get(which) or ()] for which in ("add", "remove")
    )
    if both := {label(tag) for tag in add} & {label(tag) for tag in remove}:
        raise Refused(f'Give "{min(both)}" with --tag or take it away with --untag, not both.')
    note = None if asked.get("note") is None else clean(asked["note"])
    if note and len(note) > LONGEST_NOTE:
        raise Refused(f"A note has at most {LONGEST_NOTE:,} characters, this one {len(note):,}.")
    assignee, team = asked.get("assignee"), asked.get("team")
    return Change(
        status=_status(asked.get("status")),
        assignee=_name("assignee", assignee.strip().removeprefix("@")) if assignee else assignee,
        team=_name("team", team) if team else team,
        note=note,
        add=add,
        remove=remove,
    )


def _status(asked: str | None) -> str | None:
    if asked is None or asked in STATUSES:
        return asked
    known = {label(name): name for name in STATUSES}
    if label(asked) in known:
        return known[label(asked)]
    guess = nearest(asked, STATUSES)
    hint = f'did you mean "{guess}"? There are' if guess else "there are"
    raise Refused(f'"{asked}" is no status; {hint}: {", ".join(STATUSES)}.')


def _name(what: str, asked: str) -> str:
    name = line(asked)
    if not label(name):
        raise Refused(f'"{asked}" names no {what}: write letters or digits.')
    if '"' in name:
        raise Refused(f"{what.capitalize()}: no search could ask for a name with quotation marks: leave them out.")
    if len(name) > LONGEST_NAME:
        raise Refused(f"{what.capitalize()}: a name has at most {LONGEST_NAME} characters, this one {len(name):,}.")
    return name


def _noted(
    connection: Connection, mentions: Sequence[str], brand: str, wanted: Wanted, routes: Routes, *, by: str,
    now: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    told = []
    for mention_id, (brand_id, name) in _found(connection, mentions, brand):
        before, after = _changed(connection, mention_id, brand_id, wanted, by, now)
        if after.team != before.team and after.waits(now):
            promise(connection, routes, after.team, [Catch(mention_id, brand_id)], now)
        stands = {"before": triage.as_json(before), "after": triage.as_json(after)}
        told.append({"mention": mention_id, "brand": name, **stands})
    return told


def _changed(
    connection: Connection, mention_id: int, brand_id: int, wanted: Wanted, by: str, now: datetime
) -> tuple[Standing, Standing]:
    if wanted.undo:
        return triage.undo(connection, mention_id, brand_id, by=by, now=now)
    change = wanted.change
    if wanted.show and triage.of(connection, mention_id, brand_id)[0].status == triage.HIDDEN:
        change = replace(change, status=triage.shown_as(triage.history(connection, mention_id, brand_id)))
    return triage.change(connection, mention_id, brand_id, change, by=by, now=now)


def standing(connection: Connection, mentions: Sequence[str], brand: str) -> list[dict[str, Any]]:
    """Where these mentions stand, who said so last, and all that was changed before. Raises Refused."""
    told = []
    for mention_id, (brand_id, name) in _found(connection, mentions, brand):
        now, touched = triage.of(connection, mention_id, brand_id)
        who = {"by": touched.by, "at": _written(touched.at)} if touched else {}
        noted = triage.history(connection, mention_id, brand_id)
        published = meant.present(connection, mention_id).published
        replied = first_reply(triage.steps(noted))
        told.append(
            {
                "mention": mention_id,
                "brand": name,
                **triage.as_json(now),
                **who,
                "published": _written(published),
                "first_reply": _written(replied) if replied else None,
                "history": [_as_json(one) for one in noted],
            }
        )
    return told


def _as_json(one: Noted) -> dict[str, Any]:
    given = {"id": one.id, "by": one.by, "at": _written(one.at), "undoes": one.undoes}
    return given | {"before": dict(one.before), "after": dict(one.after)}


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _found(connection: Connection, mentions: Sequence[str], brand: str) -> list[tuple[int, tuple[int, str]]]:
    """Each mention's id, once, with the brand (id, name) that is meant."""
    ids = dict.fromkeys(meant.mention_id(connection, asked) for asked in meant.each(mentions))
    present = [meant.present(connection, id_).id for id_ in ids]
    return [(id_, meant.brand(connection, id_, brand)) for id_ in present]
