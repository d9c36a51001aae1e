"""What a long command is doing, on standard error: a bar with rate and time left where somebody looks, else a line now
and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text

from monitor.engine.handover import Say, Step

EVERY = 10.0
"""Seconds between two lines where nobody looks."""


@contextmanager
def progress(console: Console, clock: Callable[[], float] = time.monotonic) -> Iterator[Say]:
    """Gives what is to be told how far the work has come."""
    if not console.is_terminal:
        yield _Lines(console, clock)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), _HowFar())
    with Progress(*columns, console=console, transient=True, get_time=clock) as bar:
        task = bar.add_task("Working …", total=None)
        doing = ""

        def say(news: str | Step) -> None:
            nonlocal task, doing
            if isinstance(news, str):
                bar.update(task, description=news)
                return
            if news.doing != doing:
                # A rate is one of its own work alone.
                bar.remove_task(task)
                task, doing = bar.add_task(news.doing, total=news.total, completed=news.done), news.doing
            bar.update(task, description=news.doing, completed=news.done, total=news.total)

        yield say


class _HowFar(ProgressColumn):
    """How many of how many, how many a second, and how long it still takes."""

    def render(self, task: Task) -> Text:
        if task.total is None:
            return Text("")
        return Text(_told(int(task.completed), int(task.total), task.speed or 0.0))


class _Lines:
    """A plain line each ten seconds of one piece of work; nothing for what is done before."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console, self._clock = console, clock
        self._began: tuple[str, float, int] = ("", 0.0, 0)
        self._last = 0.0

    def __call__(self, news: str | Step) -> None:
        if isinstance(news, str):
            return
        now = self._clock()
        doing, since, first = self._began
        if news.doing != doing:
            self._began, self._last = (news.doing, now, news.done), now
        elif now - self._last >= EVERY:
            self._last = now
            rate = (news.done - first) / (now - since)
            self._console.print(Text(f"{news.doing} {_told(news.done, news.total, rate)}"), soft_wrap=True)


def _told(done: int, total: int, rate: float) -> str:
    told = f"{done:,} of {total:,}"
    return f"{told}, {rate:,.0f} a second, {_left((total - done) / rate)} left" if rate > 0 else told


def _left(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
