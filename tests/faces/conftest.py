"""The program as a person runs it, in an empty folder: the very entry point, its streams and its exit code."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.faces import show
from monitor.faces.cli import main


@dataclass
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("mentions", "refund", stdin="…")` in the test's folder, without the cost of a new process each time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(show.console, "width", 200)
    monkeypatch.setattr(show.errors, "width", 200)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the test process keeps its own

    def call(*words: str, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "argv", ["overheard", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def program() -> list[str]:
    """The program as words for a process of its own."""
    os.environ.pop("OVERHEARD_CONFIG", None)
    return [sys.executable, "-m", "monitor.faces.cli"]
