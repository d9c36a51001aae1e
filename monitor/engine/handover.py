"""While `overheard run` owns writing to a database, other commands hand their work to it over a socket beside the file.

One JSON object a line: the command sends {"command", "arguments"}; progress comes back as {"progress": text or
{"doing", "done", "total"}} lines, and the end as {"result": …} or {"refused": text} or {"failed": text}.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

from monitor.errors import Refused, StoreBusy


@dataclass(frozen=True, slots=True)
class Step:
    """How far a piece of work has come: so many of so many ("scored", 512, 100,000)."""

    doing: str
    done: int
    total: int

    def __str__(self) -> str:
        return f"{self.doing} {self.done:,} of {self.total:,}"


Say = Callable[[str | Step], None]
"""What a command tells of its progress while it works."""
Handler = Callable[[Mapping[str, Any], Say], Awaitable[Any]]

LONGEST_LINE = 64 * 1024 * 1024
LONGEST_SOCKET_NAME = 100

log = structlog.get_logger()


def socket_path(database: Path) -> Path:
    """`DB.sock`; in the temporary folder where that name is longer than the system allows for a socket."""
    beside = database.with_name(database.name + ".sock")
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_NAME:
        return beside
    short = hashlib.sha256(os.fsencode(beside)).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / f"overheard-{os.getuid()}-{short}.sock"


async def listen(database: Path, handlers: Mapping[str, Handler]) -> asyncio.Server:
    """Answer other commands of the same user until the server is closed."""
    path = socket_path(database)
    path.unlink(missing_ok=True)  # left behind by a killed process; we hold the lock, so nobody listens there

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def send(**message: Any) -> None:
            if not writer.is_closing():
                writer.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")

        try:
            asked = json.loads(await reader.readline())
            handler = handlers[asked["command"]]
            send(result=await handler(asked["arguments"], lambda news: send(progress=_told(news))))
        except Refused as error:
            send(refused=str(error))
        except Exception as error:
            # The service must outlive whatever a command asked for; the command learns what went wrong.
            log.exception("command failed")
            send(failed=f"{type(error).__name__}: {error}")
        finally:
            writer.close()

    old = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(serve, path, limit=LONGEST_LINE)
    finally:
        os.umask(old)


async def hand_over(database: Path, command: str, arguments: Mapping[str, Any], say: Say) -> Any:
    """Let the running service do it; its result. Raises StoreBusy when the owner of the lock does not listen."""
    try:
        reader, writer = await asyncio.open_unix_connection(socket_path(database), limit=LONGEST_LINE)
    except OSError as error:
        raise StoreBusy(
            f"Another overheard is writing to {database} and does not answer ({error.strerror or error}). "
            "If it is another command, wait until it has ended; if it is `overheard run`, restart it."
        ) from error
    writer.write(json.dumps({"command": command, "arguments": arguments}, ensure_ascii=False).encode() + b"\n")
    try:
        while line := await reader.readline():
            answer = json.loads(line)
            if "progress" in answer:
                say(_heard(answer["progress"]))
            elif "refused" in answer:
                raise Refused(answer["refused"])
            elif "failed" in answer:
                raise StoreBusy(f"The running service could not do it: {answer['failed']}")
            else:
                return answer["result"]
    finally:
        writer.close()
    raise StoreBusy("The running service ended before it was done; what it had stored is kept. Start it and ask again.")


def _told(news: str | Step) -> str | dict[str, Any]:
    return news if isinstance(news, str) else asdict(news)


def _heard(told: str | dict[str, Any]) -> str | Step:
    return told if isinstance(told, str) else Step(**told)
