"""Measures ten thousand feeds at once: `overheard run` polls them every five minutes, and three in ten misbehave.

Each feed has a host of its own (127.0.0.0/8 has enough of them), served by another process that writes down when each
was asked. The good ones give a new entry now and then and answer conditional requests; the others misbehave in the
twelve ways of tests/collect/misbehaving.py, evenly. What is shown: the longest time between two polls of any good
feed, from the start on, in intervals; and the most memory that the service held, its readers counted apart. Nothing is
scored.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles

from tests.bench.side_by_side import Figure, table
from tests.collect.misbehaving import LENGTH, OK, WAYS, good_feed, misbehave

FEEDS = int(os.environ.get("BENCH_FEEDS", "10000"))
EVERY = 300
ROUNDS = 2.4
"""So many intervals it goes on, so that each feed is polled twice at least."""
NEW_ENTRY_EVERY = 600.0
ROOT = Path(__file__).parents[2]
MIB = 2**20


def main() -> None:
    """Print this part alone."""
    print(table(figures()))


def figures() -> list[Figure]:
    """The longest wait of a good feed in intervals beside the 1.2 wanted, and memory beside the 300 MB wanted."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measured(Path(folder)))


def is_good(number: int) -> bool:
    """Seven in ten."""
    return number % 10 >= 3


def host_of(number: int) -> str:
    """An address of 127.0.0.0/8 for each feed, none of them 127.0.0.1."""
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"


async def _measured(folder: Path) -> list[Figure]:
    port = _free_port()
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.many_feeds", "serve", str(port), str(folder / "asked.jsonl"),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert server.stdout is not None
    await server.stdout.readline()
    config = folder / "config.toml"
    config.write_text(_config(port), encoding="utf-8")
    print(f"many feeds: {FEEDS:,} feeds, {ROUNDS * EVERY / 60:.0f} minutes", flush=True)
    began = time.monotonic()
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "monitor.faces.cli", "run", "--config", str(config), cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    most = most_readers = most_files = 0
    try:
        while time.monotonic() - began < ROUNDS * EVERY and service.returncode is None:
            most, most_files = max(most, _memory(service.pid)), max(most_files, _files(service.pid))
            most_readers = max(most_readers, sum(map(_memory, _below(service.pid))))
            await asyncio.sleep(1)
    finally:
        ended = time.monotonic()
        for process in (service, server):
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await process.wait()
    return _told(folder / "asked.jsonl", began, ended, most, most_readers, most_files)


def _told(log: Path, began: float, ended: float, memory: int, readers: int, files: int) -> list[Figure]:
    asked: dict[int, list[float]] = {number: [] for number in range(FEEDS) if is_good(number)}
    bad = 0
    for line in log.read_text().splitlines():
        number, at = json.loads(line)
        if number in asked:
            asked[number].append(at)
        else:
            bad += 1
    gaps = [later - before for times in asked.values() for before, later in zip([began, *times], [*times, ended])]  # noqa: B905
    cuts = quantiles(gaps, n=1000)
    polls = sum(map(len, asked.values()))
    print(
        f"many feeds: {polls:,} polls of {len(asked):,} good feeds, {bad:,} of the others; from poll to poll median "
        f"{cuts[499]:.0f} s, 99.9 % within {cuts[998]:.0f} s, longest {max(gaps):.0f} s; never polled: "
        f"{sum(not times for times in asked.values())}; {files} open files; readers {readers / MIB:.0f} MiB beside"
    )
    return [
        Figure("10,000 feeds: longest wait of a good one, intervals", max(gaps) / EVERY, 1.2, "the limit", True),
        Figure("10,000 feeds: most memory, MB", memory / 1e6, 300, "the limit", True),
    ]


def _config(port: int) -> str:
    sources = (
        f'[[source]]\nkind = "feed"\nname = "f{number}"\nevery = "{EVERY}s"\nurl = "http://{host_of(number)}:{port}/"\n'
        for number in range(FEEDS)
    )
    head = '[network]\nallow = ["127.0.0.0/8"]\n[scoring]\nenabled = false\n[web]\nlisten = "127.0.0.1:0"\n'
    return head + '[[brand]]\nname = "Story 1"\n' + "".join(sources)


def _free_port() -> int:
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def _memory(process: int) -> int:
    """Bytes of memory it holds."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize()
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _files(process: int) -> int:
    try:
        return len(os.listdir(f"/proc/{process}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _below(process: int) -> list[int]:
    """The processes below this one."""
    try:
        children = [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return children + [grandchild for child in children for grandchild in _below(child)]


# The server, a process of its own ------------------------------------------------------------------------------------


async def _serve(port: int, log: Path) -> None:
    began = time.monotonic()
    with log.open("a", buffering=1) as asked:

        async def answer(number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                if b"\r\n" in head and head.startswith(b"GET / "):
                    asked.write(f"[{number}, {time.monotonic()}]\n")
                if is_good(number):
                    writer.write(_good(number, head, time.monotonic() - began))
                else:
                    await misbehave(number // 10 % len(WAYS), reader, writer)
                await writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                pass
            finally:
                writer.close()

        servers = []
        for number in range(FEEDS):

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, of: int = number) -> None:
                await answer(of, reader, writer)

            servers.append(await asyncio.start_server(serve, host_of(number), port))
        print("ready", flush=True)
        await asyncio.Event().wait()


def _good(number: int, head: bytes, seconds: float) -> bytes:
    """The feed as it is now, or 304 where the reader has it already."""
    first = int((seconds + number % 600) // NEW_ENTRY_EVERY)
    etag = b'"%d"' % first
    if etag in head:
        return b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\nContent-Length: 0\r\n\r\n"
    body = good_feed(number, first=first)
    return OK + b"Content-Type: application/rss+xml\r\nETag: " + etag + b"\r\n" + LENGTH % len(body) + body


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(_serve(int(sys.argv[2]), Path(sys.argv[3])))
    else:
        main()
