"""How far long work has come: a bar with rate and time left on a terminal, a line now and then on a pipe."""

from __future__ import annotations

import io

from rich.console import Console

from monitor.engine.handover import Step
from monitor.faces.progress import progress


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_on_a_pipe_a_line_is_written_now_and_then():
    clock, written = Clock(), io.StringIO()
    with progress(Console(file=written, force_terminal=False), clock) as say:
        say("Feed A: 3 new")
        for done in range(0, 100_000, 250):
            say(Step("scored", done, 100_000))
            clock.now += 0.5
    lines = written.getvalue().splitlines()
    assert len(lines) == 19
    assert lines[0] == "scored 5,000 of 100,000, 500 a second, 3 min left"
    assert lines[-1] == "scored 95,000 of 100,000, 500 a second, 10 s left"


def test_what_is_quickly_done_writes_nothing_on_a_pipe():
    written = io.StringIO()
    with progress(Console(file=written, force_terminal=False), Clock()) as say:
        say(Step("scored", 1, 2))
        say(Step("scored", 2, 2))
    assert written.getvalue() == ""


def test_on_a_terminal_a_bar_shows_rate_and_time_left():
    clock, written = Clock(), io.StringIO()
    console = Console(file=written, force_terminal=True, width=120, color_system=None, _environ={})
    with progress(console, clock) as say:
        say("[bold]Feed A: 3 new")
        for done in range(0, 10_000, 1000):
            say(Step("scored", done, 10_000))
            clock.now += 1
        written.truncate(0)
    shown = written.getvalue()
    assert "scored" in shown
    assert "9,000 of 10,000, 1,000 a second, 1 s left" in shown
