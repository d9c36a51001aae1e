"""The child's side of children.py: reads one document at a time, under limits that the kernel enforces.

Started as a process of its own, it imports what reading needs, once, and forks a reader. The reader takes jobs from
standard input until a limit kills it; its parent, the nursery, then says so and forks the next within milliseconds.
A frame is four bytes of length and a pickle. What comes in was pickled by our own service, and is trusted.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import resource
import signal
import struct
import sys
from contextlib import suppress

from sources.base import SourceError

HEADER = struct.Struct(">I")
OUT_OF_MEMORY = 3
"""Exit code of a reader that met its memory limit, or that has grown too much to read on."""
_GROWN = 64 * 1024 * 1024


def main() -> None:
    """The nursery: import, then keep one reader alive until standard input ends."""
    jobs, answers = os.dup(0), os.dup(1)
    cpu_seconds, wall_seconds, memory = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    for module in sys.argv[4:]:
        with suppress(ImportError):
            importlib.import_module(module)
    _be_quiet()
    gc.freeze()
    while True:
        reader = os.fork()
        if reader == 0:
            _read(jobs, answers, cpu_seconds, wall_seconds, memory)
            os._exit(0)
        _, status = os.waitpid(reader, 0)
        code = os.waitstatus_to_exitcode(status)
        if code == 0:
            return
        if code != OUT_OF_MEMORY:
            send(answers, pickle.dumps(("died", code)))


def _read(jobs: int, answers: int, cpu_seconds: float, wall_seconds: float, memory: int) -> None:
    """The reader: one answer a job, until there are no more jobs."""
    born = _address_space()
    resource.setrlimit(resource.RLIMIT_AS, (born + memory, born + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    while True:
        job = receive(jobs)
        if job is None:
            return
        # Timers, unlike RLIMIT_CPU, count from now and in fractions; nobody handles their signals, so they kill,
        # within a single call of a C library too.
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        signal.setitimer(signal.ITIMER_REAL, wall_seconds)
        kind, answer = _answer(job)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(answers, answer)
        if kind == "memory" or _address_space() > born + _GROWN:
            os._exit(OUT_OF_MEMORY)


def _answer(job: bytes) -> tuple[str, bytes]:
    """What became of a job: its kind, and the pickle of (kind, value)."""
    try:
        function, args = pickle.loads(job)
        return "result", pickle.dumps(("result", function(*args)), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return "memory", pickle.dumps(("memory", None))
    except SourceError as error:
        return "error", pickle.dumps(("error", error))
    except Exception as error:  # noqa: BLE001 - parsers raise whatever they like on mutated input
        return "raised", pickle.dumps(("raised", f"{type(error).__name__}: {error}"[:300]))


def _be_quiet() -> None:
    """What a parser prints goes nowhere: neither between the frames nor onto a terminal."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _address_space() -> int:
    """Bytes of address space in use."""
    try:
        with open("/proc/self/statm", "rb") as facts:
            return int(facts.read().split()[0]) * resource.getpagesize()
    except FileNotFoundError:  # not Linux: the greatest resident size stands in for it
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def send(descriptor: int, body: bytes) -> None:
    """Write one frame."""
    left = memoryview(HEADER.pack(len(body)) + body)
    while left:
        left = left[os.write(descriptor, left) :]


def receive(descriptor: int) -> bytes | None:
    """Read one frame, and not a byte of the next; None at the end."""
    header = _exactly(descriptor, HEADER.size)
    return _exactly(descriptor, HEADER.unpack(header)[0]) if header else None


def _exactly(descriptor: int, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        piece = os.read(descriptor, min(size - len(parts), 1 << 20))
        if not piece:
            return None
        parts += piece
    return bytes(parts)


if __name__ == "__main__":
    main()
