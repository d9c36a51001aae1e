"""What reading a document can do to its reader. In a module of its own, for the readers import it."""

from __future__ import annotations

import os
import re
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sources.base import BadShape, Item, RateLimited


def double(number: int) -> int:
    return 2 * number


def item_of(body: bytes) -> Item:
    return Item(id="1", text=body.decode(), published=datetime(2026, 11, 21, tzinfo=UTC), extra={"a": {1, 2}})


def for_ever() -> None:
    while True:
        pass


def backtrack(text: str) -> Any:
    return re.match(r"(a+)+$", text)


def sleep_long() -> None:
    time.sleep(60)


def swell() -> int:
    return len([bytearray(10_000_000) for _ in range(1000)])


def swell_in_one_go() -> bytes:
    return b"x" * (2**30)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(7)


def trip() -> None:
    raise KeyError("item")


def recurse(depth: int = 0) -> int:
    return recurse(depth + 1) + 1


def limited() -> None:
    raise RateLimited("wait a little", wait=12.5)


def misshapen() -> None:
    raise BadShape("$.feed.entry", "missing")


def chatter() -> str:
    os.write(1, b"noise on standard output")
    print("more noise")
    return "quiet"


def write_file(path: str) -> None:
    Path(path).write_text("x" * 10)


def environment() -> list[str]:
    return sorted(os.environ)


class Evil:
    def __reduce__(self) -> Any:
        return os.system, ("touch pwned",)


def strike_back() -> Evil:
    return Evil()
