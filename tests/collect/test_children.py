"""A document can stall, swell or fell its reader: the reader is replaced, and the service stays as it was."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from monitor.collect.children import Pool
from sources.base import BadShape, RateLimited
from tests.collect.documents import (
    backtrack,
    chatter,
    crash,
    double,
    environment,
    for_ever,
    item_of,
    leave,
    limited,
    misshapen,
    recurse,
    sleep_long,
    strike_back,
    swell,
    swell_in_one_go,
    trip,
    write_file,
)


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def test_a_function_is_called_and_its_result_comes_back(pool: Pool) -> None:
    assert await pool.run(double, 21) == 42
    assert await pool.run(item_of, "grüß".encode()) == item_of("grüß".encode())


@pytest.mark.parametrize(
    ("function", "args", "words"),
    [
        (for_ever, (), "over 1 s of CPU"),
        (backtrack, ("a" * 40 + "b",), "over 1 s of CPU"),
        (sleep_long, (), "over 3 s"),
        (swell, (), "over 256 MiB"),
        (swell_in_one_go, (), "over 256 MiB"),
        (crash, (), "SIGSEGV"),
        (leave, (), "exit code 7"),
        (trip, (), "KeyError: 'item'"),
        (recurse, (), "RecursionError"),
        (strike_back, (), "system"),
    ],
    ids=lambda case: getattr(case, "__name__", None),
)
async def test_what_a_document_does_to_its_reader_is_said_and_the_next_is_read(
    pool: Pool, function: Any, args: tuple[Any, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await pool.run(double, 1)
    before, started = _memory(), time.perf_counter()
    with pytest.raises(BadShape) as failed:
        await pool.run(function, *args)
    assert words in str(failed.value)
    assert time.perf_counter() - started < 8
    assert _memory() - before < 20 * 2**20
    started = time.perf_counter()
    assert await pool.run(double, 2) == 4
    assert time.perf_counter() - started < 0.5
    assert os.listdir(tmp_path) == []


async def test_an_error_of_the_source_comes_back_as_it_is(pool: Pool) -> None:
    with pytest.raises(RateLimited, match="wait a little") as limit:
        await pool.run(limited)
    assert limit.value.wait == 12.5
    with pytest.raises(BadShape, match=r"\$\.feed\.entry: missing") as shape:
        await pool.run(misshapen)
    assert shape.value.path == "$.feed.entry"


async def test_what_a_parser_prints_does_not_get_between(pool: Pool, capfd: pytest.CaptureFixture[str]) -> None:
    assert await pool.run(chatter) == "quiet"
    assert capfd.readouterr() == ("", "")


async def test_a_reader_can_write_nothing_and_knows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_SLACK_TOKEN", "s3cret")
    async with Pool(size=1, preload=("tests.collect.documents",)) as pool:
        assert "OVERHEARD_SLACK_TOKEN" not in await pool.run(environment)
        with pytest.raises(BadShape, match="File too large"):
            await pool.run(write_file, str(tmp_path / "out"))


async def test_a_stalled_reader_does_not_hold_up_the_other() -> None:
    async with Pool(size=2, cpu_seconds=1, preload=("tests.collect.documents",)) as pool:
        stalled = asyncio.create_task(pool.run(for_ever))
        await asyncio.sleep(0.05)
        assert await asyncio.gather(*(pool.run(double, n) for n in range(50))) == [2 * n for n in range(50)]
        assert not stalled.done()
        with pytest.raises(BadShape):
            await stalled


async def test_a_reading_that_is_no_longer_wanted_is_stopped(pool: Pool) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pool.run(sleep_long), 0.3)
    assert await pool.run(double, 3) == 6


async def test_ten_megabytes_go_in_and_come_out(pool: Pool) -> None:
    body = os.urandom(10 * 2**20)
    assert await pool.run(bytes.upper, body) == body.upper()


async def test_no_process_stays_behind() -> None:
    async with Pool(size=2, preload=("tests.collect.documents",)) as pool:
        ids = set(await asyncio.gather(pool.run(os.getpid), pool.run(os.getppid)))
        ids |= {await pool.run(os.getppid), await pool.run(os.getpid)}
    await asyncio.sleep(0.2)
    assert not {str(number) for number in ids} & set(os.listdir("/proc"))
