"""Triage as a command: what people note of mentions is read, found in the store, and written in one transaction.

Arguments and results are JSON values, as of all commands (commands.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from monitor.app import Service
from monitor.door import clean, line
from monitor.engine.handover import Say
from monitor.errors import Refused
from monitor.query.fields import FIELDS, label, nearest
from monitor.store import meant, triage
from monitor.store.triage import Change

STATUSES = FIELDS["status"].choices
LONGEST_NAME = 100
LONGEST_NOTE = 4_000


class Triage:
    """What can be asked of a service about who answers what."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def triage(self, arguments: Mapping[str, Any], say: Say) -> list[dict[str, Any]]:
        """Note something of mentions (ids or addresses): of all of them, or of none where one cannot be."""
        service = self.service
        wanted = checked(arguments["change"])
        named = tuple(arguments["mentions"]), str(arguments.get("brand") or "")
        return await service.store.write(_noted, *named, wanted, by=line(str(arguments["by"])), now=service.now())


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
    connection: Connection, mentions: Sequence[str], brand: str, wanted: Change, *, by: str, now: datetime
) -> list[dict[str, Any]]:
    told = []
    for mention_id, (brand_id, name) in _found(connection, mentions, brand):
        before, after = triage.change(connection, mention_id, brand_id, wanted, by=by, now=now)
        told.append({"mention": mention_id, "brand": name, "before": asdict(before), "after": asdict(after)})
    return told


def standing(connection: Connection, mentions: Sequence[str], brand: str) -> list[dict[str, Any]]:
    """Where these mentions stand, and who said so last. Raises Refused."""
    told = []
    for mention_id, (brand_id, name) in _found(connection, mentions, brand):
        now, touched = triage.of(connection, mention_id, brand_id)
        who = {"by": touched.by, "at": touched.at.isoformat().replace("+00:00", "Z")} if touched else {}
        told.append({"mention": mention_id, "brand": name, **asdict(now), **who})
    return told


def _found(connection: Connection, mentions: Sequence[str], brand: str) -> list[tuple[int, tuple[int, str]]]:
    """Each mention's id, once, with the brand (id, name) that is meant."""
    ids = dict.fromkeys(meant.mention_id(connection, asked) for asked in mentions)
    present = [meant.present(connection, id_).id for id_ in ids]
    return [(id_, meant.brand(connection, id_, brand)) for id_ in present]
