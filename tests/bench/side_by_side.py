"""Two ways to do the same, measured in turn within one run: the speed of a shared machine changes from minute to
minute, so only their ratio means something elsewhere."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table that the bench ends with."""

    what: str
    """What was measured, with its unit."""
    ours: float
    rival: float | None = None
    """None where the rival is not installed."""
    rival_name: str = ""
    less_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times better ours is."""
        if not self.rival or not self.ours:
            return None
        return self.rival / self.ours if self.less_is_better else self.ours / self.rival


def in_turn(works: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Each work's median figure, all of them done one after the other, and that so many times."""
    figures: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            figures[name].append(work())
    return {name: statistics.median(each) for name, each in figures.items()}


def machine() -> str:
    """What it was measured on, in a line."""
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as facts:
            name = next((line.partition(":")[2].strip() for line in facts if line.startswith("model name")), name)
    busy = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{name}, {os.cpu_count()} cores{busy}; {platform.system()}, Python {platform.python_version()}"


def table(figures: Sequence[Figure]) -> str:
    """The figures under one another."""
    rows = [("", "ours", "rival", "ratio", "")]
    for one in figures:
        ratio = f"{one.ratio:.1f} times" if one.ratio is not None else "not measured"
        rows.append((one.what, _number(one.ours), _number(one.rival), ratio, one.rival_name))
    widths = [max(len(row[at]) for row in rows) for at in range(5)]
    return "\n".join(
        f"{what:<{widths[0]}}  {ours:>{widths[1]}}  {rival:>{widths[2]}}  {ratio:>{widths[3]}}  {name}".rstrip()
        for what, ours, rival, ratio, name in rows
    )


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
