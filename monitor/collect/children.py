"""A small pool of child processes in which foreign documents are read: each can be killed, none can fell the service.

Trust: a job is pickled here and unpickled in the child, which holds no secret, socket or lock of ours. An answer comes
from a process that has read hostile bytes with C libraries; it may hold only plain data and classes of `sources`.
"""

from __future__ import annotations

import asyncio
import io
import os
import pickle
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from typing import Any, Self

from monitor.collect.child import HEADER
from sources.base import BadShape, SourceError

PRELOAD = (
    "lxml.etree",
    "feedparser",
    "selectolax.lexbor",
    "sources.reading.document",
    "sources.feed",
)
_LARGEST_ANSWER = 64 * 1024 * 1024
_LARGE = 256 * 1024
"""Bytes from which on a document is large: those leave one child free for the others."""
_PIECE = 256 * 1024
_LAST_RESORT = 10.0
"""Seconds beyond the wall-clock limit after which a whole child is killed and not only its reader."""
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_PLAIN = frozenset(
    {("builtins", name) for name in ("set", "frozenset", "bytearray", "complex", "range")}
    | {("datetime", name) for name in ("datetime", "date", "time", "timedelta", "timezone")}
    | {("collections", "OrderedDict"), ("decimal", "Decimal")}
)


class Pool:
    """Runs pure functions where they can be killed. Use as an async context manager."""

    def __init__(
        self,
        size: int = 2,
        *,
        cpu_seconds: float = 2.0,
        wall_seconds: float = 20.0,
        memory: int = 256 * 1024 * 1024,
        preload: Sequence[str] = PRELOAD,
    ) -> None:
        """Limits are for one job; `memory` is in bytes above what a child needs to start."""
        self._limits = (cpu_seconds, wall_seconds, memory)
        self._preload = preload
        self._turns = asyncio.Semaphore(size)
        self._large = asyncio.Semaphore(max(1, size - 1))
        self._idle: list[_Child] = []

    async def __aenter__(self) -> Self:
        # The first child imports its parsers while the first replies are on their way.
        self._idle.append(await self._start())
        return self

    async def __aexit__(self, *_: object) -> None:
        while self._idle:
            await self._idle.pop().end()

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """`function(*args)`, read in a child. `function` is of a module's top level; arguments and result are pickled.

        A SourceError that it raises is raised here. Whatever else goes wrong, limits included, is a BadShape.
        """
        large = any(isinstance(arg, bytes | str) and len(arg) > _LARGE for arg in args)
        async with self._large if large else nullcontext(), self._turns:
            job = pickle.dumps((function, args), pickle.HIGHEST_PROTOCOL)
            child = self._idle.pop() if self._idle else await self._start()
            try:
                answer = await child.ask(job, self._limits[1] + _LAST_RESORT)
            except BaseException:
                await child.kill()
                raise
            self._idle.append(child)
        kind, value = _plain(answer)
        if kind == "result":
            return value
        if kind == "error" and isinstance(value, SourceError):
            try:
                raise value
            finally:
                # Else the error, its traceback and the document would hold each other in memory.
                del value
        raise BadShape("$", self._why(kind, value))

    def _why(self, kind: str, value: Any) -> str:
        cpu_seconds, wall_seconds, memory = self._limits
        match kind, value:
            case "died", code if code == -signal.SIGPROF:
                return f"reading it took over {cpu_seconds:g} s of CPU: stopped"
            case "died", code if code == -signal.SIGALRM:
                return f"reading it took over {wall_seconds:g} s: stopped"
            case "memory", _:
                return f"reading it took over {memory // 2**20} MiB of memory: stopped"
            case "died", code:
                return f"reading it felled the reader ({_name(code)})"
            case _:
                return f"it cannot be read ({value})"

    async def _start(self) -> _Child:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-B", "-P", "-m", "monitor.collect.child", *map(str, self._limits), *self._preload,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )  # fmt: skip
        return _Child(process)


class _Child:
    """One child process, seen from the service."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._jobs, self._answers = process, process.stdin, process.stdout

    async def ask(self, job: bytes, seconds: float) -> bytes:
        """Send a job; what came back is still to be unpickled. Raises BadShape when the whole child fails."""
        try:
            async with asyncio.timeout(seconds):
                self._jobs.write(HEADER.pack(len(job)))
                for start in range(0, len(job), _PIECE):  # else the pipe's buffer would hold all of it once more
                    self._jobs.write(job[start : start + _PIECE])
                    await self._jobs.drain()
                (size,) = HEADER.unpack(await self._answers.readexactly(HEADER.size))
                if size > _LARGEST_ANSWER:
                    raise BadShape("$", f"reading it gave {size // 2**20} MiB: stopped")
                return await self._answers.readexactly(size)
        except TimeoutError:
            raise BadShape("$", "reading it did not end: stopped") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise BadShape("$", "the process that reads ended by itself") from None

    async def end(self) -> None:
        """Let it go home; kill it if it does not."""
        self._jobs.close()
        try:
            async with asyncio.timeout(2):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """Kill it and its reader."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._jobs.close()
        await self._process.wait()


class _Plain(pickle.Unpickler):
    """Unpickles data, and classes of `sources`, and nothing that could act."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        if module.partition(".")[0] == "sources" and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__.partition(".")[0] == "sources":
                return found
        raise pickle.UnpicklingError(f"it holds {module}.{name}, which is not plain data")


def _plain(answer: bytes) -> tuple[str, Any]:
    try:
        kind, value = _Plain(io.BytesIO(answer)).load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, LookupError) as error:
        raise BadShape("$", f"what was read cannot be taken over: {error}") from None
    return kind, value


def _name(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"signal {-code}"
