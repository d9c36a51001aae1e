"""What a person asks the service to do now. The same functions serve a command that owns the database and one that
hands its work to a running service: arguments and results are JSON values."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from monitor import searches
from monitor.app import Service, opened
from monitor.commands.alerting import Alerting
from monitor.commands.correcting import Corrections
from monitor.commands.digesting import Digests, day_of
from monitor.commands.regrouping import Regrouping
from monitor.commands.retheming import Retheming
from monitor.commands.triaging import Triage
from monitor.config import Config, ConfigError, load
from monitor.config.problems import did_you_mean
from monitor.engine.collecting import take_pushed
from monitor.engine.handover import Handler, Say, Step, hand_over
from monitor.engine.listened import Listened
from monitor.errors import Refused
from monitor.mention import Mention
from monitor.pipeline import Origin, Taken
from monitor.searches import SORTS, Search
from monitor.store import mentions, outbox, saved, watches
from monitor.store.lock import WriteLock
from sources import table
from sources.base import BadShape, Item, Problem


async def perform(config: Config, command: str, arguments: Mapping[str, Any], say: Say) -> Any:
    """Do it here when nobody else is writing to the database, else let the running service do it."""
    with WriteLock(config.database) as lock:
        if lock.take():
            async with opened(config) as service:
                return await handlers(service)[command](arguments, say)
    return await hand_over(config.database, command, {**arguments, SEAL: seal_of(config)}, say)


def handlers(service: Service) -> dict[str, Handler]:
    """Name of a command to what does it."""
    commands, corrections, alerting = Commands(service), Corrections(service), Alerting(service)
    regrouping = Regrouping(service)
    at_work, retheming = AtWork(service), Retheming(service)
    known = {
        "collect": commands.collect,
        "import": commands.import_file,
        "digest": Digests(service).digest,
        "replay": commands.replay,
        "pause": commands.pause,
        "resume": commands.resume,
        "backfill": commands.backfill,
        "save search": commands.save_search,
        "remove search": commands.remove_search,
        "correct": corrections.correct,
        "undo": corrections.undo,
        "learn": corrections.learn,
        "switch": corrections.switch,
        "triage": Triage(service).triage,
        "rename theme": retheming.rename,
        "merge themes": retheming.merge,
        "switch themes": retheming.switch,
        "undo themes": retheming.undo,
        "rebuild themes": retheming.rebuild,
        "acknowledge alerts": alerting.acknowledge,
        "snooze alerts": alerting.snooze,
        "unsnooze alerts": alerting.unsnooze,
        "split story": regrouping.split,
        "merge stories": regrouping.merge,
        "name story": regrouping.name,
        "undo stories": regrouping.undo,
    }
    return {name: at_work.unless_stale(handler) for name, handler in known.items()} | {"reload": at_work.reload}


SEAL = "configuration"


def seal_of(config: Config) -> str:
    """What a configuration file says, as a fingerprint."""
    return hashlib.sha256(config.path.read_bytes()).hexdigest() if config.path.exists() else ""


class AtWork:
    """The configuration file as it was when the service last read it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.seal = seal_of(service.config)
        self._reading = asyncio.Lock()

    def unless_stale(self, handler: Handler) -> Handler:
        """A handler that refuses whoever goes by another version of the file."""

        async def run(arguments: Mapping[str, Any], say: Say) -> Any:
            if arguments.get(SEAL, self.seal) != self.seal:
                raise Refused(
                    "`overheard run` is at work with the configuration as it was when it last read it, and the file "
                    "has changed since: `overheard reload`, then ask again. Nothing was done."
                )
            return await handler(arguments, say)

        return run

    async def reload(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Read the configuration file anew and go on by it; one that cannot be used leaves everything as it was."""
        service = self.service
        async with self._reading:
            before = {one.name: one for one in service.config.sources}
            seal = seal_of(service.config)  # before it is read: one that changes meanwhile is stale
            try:
                config = await asyncio.to_thread(load, service.config.path, os.environ)
            except ConfigError as error:
                raise Refused(f"{error}\nNothing was changed: the service goes on as before.") from error
            later = await service.use(config)
            self.seal = seal
        after = {one.name: one for one in config.sources}
        for section in later:
            say(f"restart to change {section}")
        return {
            "brands": len(config.brands),
            "sources": len(after),
            "added": [name for name in after if name not in before],
            "gone": [name for name in before if name not in after],
            "changed": [name for name in after if name in before and after[name] != before[name]],
            "restart": list(later),
        }


class Commands:
    """What can be asked of a service."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def collect(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Poll every source once, score everything; what came of each."""
        service = self.service

        async def score() -> int:
            return await service.score(lambda done, waiting: say(Step("scored", done, done + waiting)), renewing=True)

        await service.rematch()
        polling = asyncio.create_task(
            service.collector.poll_all(lambda poll: say(f"{poll.name}: {poll.error or _count(poll.taken)}"))
        )
        scored = 0
        while not polling.done():  # waiting for replies and scoring what came go well together
            scored += await score()
            await asyncio.wait({polling}, timeout=SCORE_EVERY)
        polls = await polling
        scored += await score()
        if await service.learn(timedelta(0)):
            scored += await score()
        await service.theming.whole()
        unusual = await service.watching.tick()
        total = sum((poll.taken for poll in polls), Taken())
        return {
            "sources": len(polls),
            "failed": [{"name": p.name, "error": p.error, "advice": p.advice} for p in polls if p.error],
            "new": total.new,
            "edited": total.edited,
            "known": total.known,
            "passed_over": total.passed_over,
            "scored": scored,
            "unscored": service.judging.why,
            "alerts": unusual,
        }

    async def import_file(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Store the rows of a table that the command read, and score them."""
        service = self.service
        name, about = str(arguments["name"]), str(arguments.get("about") or "")
        if about and about not in service.brands:
            raise Refused(f'There is no brand "{about}"; there are: {", ".join(service.brands) or "none"}.')
        config = table.Config.model_validate({"path": name, **arguments.get("options", {})})
        try:
            read = list(table.items_in(base64.b64decode(arguments["body"]), config))
        except BadShape as error:
            raise Refused(f"{name} cannot be read: {error}") from error
        items = [one for one in read if isinstance(one, Item)]
        problems = [f"{one.where}: {one.why}" for one in read if isinstance(one, Problem)]
        origin = Origin(f"import {name}", "table", f"table:{name}", "all", service.brands[about].id if about else None)
        taken = Taken()
        undated = sum(item.published is None for item in items)
        for start in range(0, len(items), BATCH):
            some = items[start : start + BATCH]
            ours = await service.store.read(_brought_out, some, origin)
            taken += Taken(known=len(ours))
            others = [item for item in some if item.id not in ours]
            taken += await take_pushed(service.store, others, [], origin, service.ear, service.now())
            say(Step("stored", min(start + BATCH, len(items)), len(items)))
        scored = await service.score(lambda done, waiting: say(Step("scored", done, done + waiting)))
        await service.theming.whole()
        return {
            "rows": len(read),
            "new": taken.new,
            "edited": taken.edited,
            "known": taken.known,
            "undated": undated,
            "problems": problems,
            "scored": scored,
            "unscored": service.judging.why,
        }

    async def replay(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Send a notice that was given up once more."""
        service = self.service
        if not await service.store.write(outbox.replay, str(arguments["id"]), service.now()):
            raise Refused(f'No notice "{arguments["id"]}" was given up or held: see `overheard outbox`.')
        return {"delivered": await service.teller.deliver_ready()}

    async def pause(self, arguments: Mapping[str, Any], say: Say) -> dict[str, str]:
        """Leave a source alone from now on, until somebody resumes it; a poll under way ends as it would."""
        one = self._listened(str(arguments["name"]))
        await self.service.store.write(watches.hold, one.name, self.service.now())
        return {"name": one.name, "state": "paused"}

    async def resume(self, arguments: Mapping[str, Any], say: Say) -> dict[str, str]:
        """Let a source go on, at once; one that was switched off for good is tried anew."""
        service = self.service
        one = self._listened(str(arguments["name"]))
        if one.paused:
            raise Refused(
                f'"{one.name}" is paused in the configuration: take out its line `paused = true` in '
                f"{service.config.path.name}."
            )
        await service.store.write(watches.resume, one.name, None if one.source.is_pushed else service.now())
        health = await service.store.read(watches.health, service.now())
        return {"name": one.name, "state": next(row.state for row in health if row.name == one.name)}

    def _listened(self, name: str) -> Listened:
        known = {one.name: one for one in self.service.listened}
        if name not in known:
            raise Refused(f'There is no source "{name}"{did_you_mean(name, known, otherwise="there are")}')
        return known[name]

    async def backfill(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Read what a source still has of the past, back to a day, and score it."""
        service, name = self.service, str(arguments["name"])
        one = service.collector.listened.get(name)
        if one is None:
            raise Refused(f'There is no source "{name}": see `overheard sources`.')
        if one.source.cursor_at is None:
            raise Refused(
                f"{one.source.title} gives no past: it shows only what is there now. An export of that service can be "
                "brought in with `overheard import`."
            )
        since = datetime.combine(day_of(arguments["since"], service.now()), time(), UTC)
        days = max(1, (service.now() - since).days)
        past = await service.read_back(
            name, since, lambda so_far: say(Step("days read", min(days, so_far.covered.days), days))
        )
        scored = await service.score(lambda done, waiting: say(Step("scored", done, done + waiting)))
        return {
            "name": name,
            "new": past.taken.new,
            "edited": past.taken.edited,
            "known": past.taken.known,
            "passed_over": past.taken.passed_over,
            "oldest": past.oldest.isoformat() if past.oldest else None,
            "requests": past.requests,
            "complete": not past.trouble,
            "trouble": past.trouble,
            "gaps": list(past.gaps),
            "scored": scored,
        }

    async def save_search(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Keep a search under a name; what it took the place of comes back. One that cannot be used is refused."""
        service = self.service
        name, query, brand, sort = (str(arguments.get(key) or "") for key in ("name", "query", "brand", "sort"))
        kept = saved.Saved(
            saved.name_of(name), query, brand, sort or SORTS[0], service.now(), str(arguments.get("by") or "")
        )
        if kept.sort not in SORTS:
            raise Refused(f'A search cannot be sorted by "{sort}"; it can by {", ".join(SORTS)}.')
        await service.store.read(searches.read, Search(kept.query, kept.brand))
        replaced = await service.store.write(saved.put, kept)
        return {"saved": saved.as_json(kept), "replaced": saved.as_json(replaced) if replaced else None}

    async def remove_search(self, arguments: Mapping[str, Any], say: Say) -> dict[str, Any]:
        """Forget a saved search; what it was comes back."""
        return saved.as_json(await self.service.store.write(saved.remove, str(arguments["name"])))


def _brought_out(connection: Connection, items: Sequence[Item], origin: Origin) -> set[str]:
    """Ids of the items that an export of this very store brought out: here under the same number, or deleted since.
    None where somebody says of which brand they are: that is news."""
    if origin.about is not None:
        return set()
    numbers = {one.id: int(one.id) for one in items if one.id.isascii() and one.id.isdigit() and len(one.id) < 19}
    known = mentions.known(connection, origin.scope, list(numbers))
    stored = mentions.read(connection, [number for id_, number in numbers.items() if id_ not in known])
    return {one.id for one in items if one.id in numbers and _is_it(one, stored.get(numbers[one.id]))}


def _is_it(item: Item, stored: Mention | None) -> bool:
    if stored is None or stored.published != item.published:
        return False
    said = (stored.title, stored.text, stored.author)
    return mentions.REDACTED in stored.flags or said == (item.title, item.text, item.author)


BATCH = 500
SCORE_EVERY = 0.5


def _count(taken: Taken) -> str:
    parts = [f"{taken.new} new", f"{taken.edited} edited" if taken.edited else "", f"{taken.known} known"]
    if taken.passed_over:
        parts.append(f"{taken.passed_over} not about your brands")
    return ", ".join(part for part in parts if part)
