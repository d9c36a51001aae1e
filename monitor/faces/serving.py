"""`overheard run`: the service, its pages and its ear for other commands, until somebody stops it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import structlog
from aiohttp import web

from monitor.app import Service, opened
from monitor.commands.handlers import handlers
from monitor.config import Config
from monitor.engine.handover import Handler, listen, socket_path
from monitor.errors import Refused, StoreBusy
from monitor.faces.web import build
from monitor.store.lock import WriteLock

log = structlog.get_logger()


async def serve(config: Config, started: Callable[[Service, str], None], until: asyncio.Event | None = None) -> None:
    """Run until SIGTERM or SIGINT (or `until`); `started` is told the address when everything listens."""
    stop = until or asyncio.Event()
    with WriteLock(config.database) as lock:
        if not lock.take():
            raise StoreBusy(f"Another overheard (process {lock.holder()}) is already at work on {config.database}.")
        async with opened(config) as service:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop.set)
            answered = handlers(service)
            reloading: set[asyncio.Task[None]] = set()

            def reload() -> None:
                if stop.is_set():
                    return
                task = loop.create_task(_reload(answered["reload"]))
                reloading.add(task)
                task.add_done_callback(reloading.discard)

            loop.add_signal_handler(signal.SIGHUP, reload)
            server = await listen(config.database, answered)
            runner = web.AppRunner(build(service), access_log=None)
            try:
                started(service, await bind(runner, config))
                await service.run(stop)
            finally:
                await asyncio.gather(*reloading)
                server.close()
                socket_path(config.database).unlink(missing_ok=True)
                await runner.cleanup()


async def _reload(handler: Handler) -> None:
    """Go on by the configuration file as it is now; where it cannot be used, as before, and say why."""
    try:
        done = await handler({}, lambda news: log.warning(str(news)))
    except Refused as error:
        log.error("configuration not read anew", why=str(error))
    except Exception:
        # Nothing of it is at work; what is at work must not end for it.
        log.exception("configuration not read anew")
    else:
        log.info("configuration read anew", **done)


async def bind(runner: web.AppRunner, config: Config) -> str:
    await runner.setup()
    try:
        await web.TCPSite(runner, config.web.host, config.web.port).start()
    except OSError as error:
        raise Refused(
            f"Nothing can listen on {config.web.listen} ({error.strerror}): another program does, or the address is "
            "not this machine's. Choose another one in [web] listen."
        ) from error
    host, port = runner.addresses[0][:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
