"""The program in processes of its own, killed when the test says so; what it talks to lives in the test."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import StoreUnusable
from monitor.store.engine import Store


class Program:
    """`overheard` in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[asyncio.subprocess.Process] = []

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        environ = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "monitor.faces.cli", *words, cwd=self.folder, env=environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self.running.append(process)
        return process

    async def __call__(self, *words: str) -> str:
        """Run to the end; what it printed. A failure fails the test."""
        process = await self.start(*words)
        out, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        return out.decode()

    async def serve(self) -> tuple[asyncio.subprocess.Process, str]:
        """`overheard run`, and the address of its pages."""
        process = await self.start("run")
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while line := (await process.stdout.readline()).decode():
                if line.startswith("Pages: "):
                    return process, line.split()[1]
        raise AssertionError((await process.stderr.read()).decode() if process.stderr else "")

    async def mentions(self, query: str = "") -> list[dict[str, Any]]:
        printed = await self("mentions", query, "--json", "--limit", "100000")
        return [json.loads(line) for line in printed.splitlines()]

    def count(self, table: str) -> int:
        """Rows of a table, read beside whoever writes; 0 while there is no database."""
        try:
            store = Store(self.folder / "overheard.db", write=False)
        except StoreUnusable:
            return 0
        try:
            return int(store.reading(lambda c: c.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar()))
        finally:
            store.close()


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    one = Program(tmp_path)
    yield one
    for process in one.running:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@pytest.fixture
def until() -> Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]:
    """`await until(question)`: ask again until the answer is yes; the answer."""

    async def ask(question: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
        async with asyncio.timeout(seconds):
            while True:
                if answer := await question():
                    return answer
                await asyncio.sleep(0.05)

    return ask
