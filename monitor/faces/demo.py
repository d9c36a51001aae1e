"""`overheard demo`: an invented brand's month, through the very collectors, scorers and digest of real use, offline."""

from __future__ import annotations

import asyncio
import os
import sys
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

from aiohttp import web
from rich.text import Text

from monitor.app import Service, opened
from monitor.commands.digesting import Digests
from monitor.config import Config, load
from monitor.demo.config import SUPPORT_DESK, demo_config
from monitor.demo.handed_in import SURVEY_FILE, survey_csv, webhook_posts
from monitor.demo.server import serving
from monitor.demo.world import BRAND, World, build_world
from monitor.digest.wording import many
from monitor.engine.listened import Poll
from monitor.errors import Refused
from monitor.faces.serving import bind
from monitor.faces.show import console, digest_shown, digest_written
from monitor.faces.web import build
from monitor.notice import Http
from monitor.store.lock import WriteLock

FOLDER = Path("demo")
OURS = ("demo.db", "demo.db-wal", "demo.db-shm")


async def play(out: Path | None, *, once: bool) -> None:
    """Collect, score and tell the invented month into `out`; then, for somebody at a terminal, serve it."""
    folder = (out or FOLDER).absolute()
    now = datetime.now(UTC)
    world = build_world(now)
    async with AsyncExitStack() as stack:
        hosts = await stack.enter_async_context(serving(world))
        config = _prepared(folder, world, hosts, now)
        lock = stack.enter_context(WriteLock(config.database))
        if not lock.take():
            raise Refused(f"A demo is already at work in {folder}: stop it, or give this one another --out.")
        for name in OURS:
            (folder / name).unlink(missing_ok=True)
        tell = _Teller()
        tell(
            f"{BRAND}, its customers and its rivals are invented; the collectors, scores and digest are the real ones."
        )
        service = await stack.enter_async_context(opened(config))
        runner = web.AppRunner(build(service), access_log=None)
        stack.push_async_callback(runner.cleanup)
        address = await bind(runner, config)
        stays = not once and sys.stdout.isatty()
        # Numbers link to the pages behind them, where those stay up.
        for one in (service.teller, service.watching, service.ruling):
            one.base_url = address if stays else ""
        content = await _first_digest(service, world, address, tell)
        digest_shown(content)
        digest_written(content, folder)
        await _others(service, world)
        if not stays:
            return
        page = f"{address}/digests/1"
        console.print(f"\nThe digest, and what is behind every number: {page}   Stop with Ctrl-C.")
        if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform in ("darwin", "win32"):
            webbrowser.open(page)
        await asyncio.Event().wait()


async def _others(service: Service, world: World) -> None:
    """What else this house is told this morning: alerts, the week, the small brand's, and all brands in one."""
    alerts = await service.watching.tick()
    for one in service.teller.subscriptions[1:]:
        await service.teller.tell(one, world.until.date(), service.judging.why)
    # A channel sends one notice at a time.
    while await service.teller.deliver_ready():
        pass
    names = ", ".join(f"“{one.name}”" for one in service.teller.subscriptions[1:])
    console.print(f"The same morning's other digests ({names}) and {many(alerts, 'alert')} are there as well.")


class _Teller:
    """Says what happens, with the seconds since the start."""

    def __init__(self) -> None:
        self.start = monotonic()

    def __call__(self, text: str) -> None:
        console.print(Text(f"{monotonic() - self.start:5.1f} s  {text}"))


def _prepared(folder: Path, world: World, hosts: Sequence[str], now: datetime) -> Config:
    """The demo's folder: a configuration as a brand manager would write it, and the survey's file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SURVEY_FILE).write_bytes(survey_csv(world))
    path = folder / "config.toml"
    path.write_text(demo_config(hosts, folder, until=now), encoding="utf-8")
    return load(path, os.environ)


async def _first_digest(service: Service, world: World, address: str, tell: Callable[[str], None]) -> dict[str, Any]:
    first = True

    def stored(poll: Poll) -> None:
        nonlocal first
        if poll.taken.new:
            tell(f"{'First mentions! ' if first else ''}{poll.name}: {poll.taken.new} new")
            first = False

    pushing = asyncio.create_task(_push(service, world, address))
    polls = await service.collector.poll_all(stored)
    tell(f"Support desk: {await pushing} tickets pushed in")
    for poll in polls:
        if poll.error:
            tell(f"{poll.name}: {poll.error}")
    scored = 0
    reported = 0

    def progress(done: int, waiting: int) -> None:
        nonlocal scored, reported
        scored = done
        if done - reported >= 256 or not waiting:
            tell(f"scored {done}, {waiting} to go")
            reported = done

    await service.score(progress)
    if service.judging.why:
        tell(f"Not scored: {service.judging.why}")
    made = await Digests(service).digest(
        {"brand": BRAND, "to": [one.channels[0] for one in service.teller.subscriptions[:1]]},
        lambda news: tell(str(news)),
    )
    tell("The first digest is ready.\n")
    content: dict[str, Any] = made[0]["content"]
    return content


async def _push(service: Service, world: World, address: str) -> int:
    """Post the support desk's tickets to the webhook as its software would: over HTTP."""
    token = quote(SUPPORT_DESK)
    posts = webhook_posts(world)
    for body in posts:
        headers = {"Content-Type": "application/json"}
        reply = await service.net.send(Http("POST", f"{address}/in/{token}", headers, body=body), rate="1000/1s")
        if reply.status != 202:
            raise RuntimeError(f"the demo's own webhook answered {reply.status}: {reply.error or reply.body!r}")
    return len(posts)
