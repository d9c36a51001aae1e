"""Brands that never existed: hourly counts with the rhythm of a day and a week, and the bursts that people make."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

WEEK = 168
LEVELS = (0.1, 0.3, 1.0, 3.0, 10.0, 50.0)
"""Mentions an hour."""
Bursts = Literal["poisson", "bursty", "busy", "clustered"]
BURSTY: tuple[Bursts, ...] = ("bursty", "busy", "clustered")


def rhythms(draw: np.random.Generator, brands: int) -> NDArray[np.float64]:
    """(brands, 168) factors with a mean of 1: a day's peak somewhere, weekdays that differ, most weekends quieter."""
    peak, height = draw.uniform(0, 24, (brands, 1)), draw.uniform(0.2, 0.9, (brands, 1))
    day = 1 + height * np.cos((np.arange(24) - peak) * 2 * np.pi / 24)
    weekdays = np.exp(draw.normal(0, 0.15, (brands, 7)))
    weekdays[:, 5:] *= draw.uniform(0.4, 1.1, (brands, 1))
    week = (weekdays[:, :, None] * day[:, None, :]).reshape(brands, WEEK)
    return np.asarray(week / week.mean(-1, keepdims=True))


def brands(
    draw: np.random.Generator,
    levels: NDArray[np.float64],
    weeks: int,
    bursts: Bursts,
    times: float = 1.0,
    raised: slice = slice(0, 0),
) -> NDArray[np.float64]:
    """(brands, hours) of counts; each brand's variance is one to four times its mean, and its hours in `raised` bring
    `times` as much.

    bursty: negative binomial, equally so at every hour. busy: the more so the more is going on. clustered: some start
    talking, and what they say is taken up by others (a geometric number) within hours, so that hours hang together.
    """  # fmt: skip
    mean = np.tile(rhythms(draw, len(levels)), (1, weeks)) * levels[:, None]
    mean[:, raised] *= times
    spread = draw.uniform(1.0, 4.0, (len(levels), 1))
    if bursts == "poisson":
        return draw.poisson(mean).astype(float)
    if bursts == "bursty":
        return draw.negative_binomial(mean / np.maximum(spread - 1, 1e-3), 1 / np.maximum(spread, 1.001)).astype(float)
    if bursts == "busy":
        size = levels[:, None] / np.maximum(spread - 1, 1e-3)
        return draw.poisson(mean * draw.gamma(np.broadcast_to(size, mean.shape)) / size).astype(float)
    return np.stack([_clustered(draw, one, float(wide[0])) for one, wide in zip(mean, spread, strict=True)])


def _clustered(draw: np.random.Generator, mean: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """Clusters of a geometric size whose mean makes the counts' variance `spread` times their mean; who follows does so
    after an exponential delay of three hours."""
    size = (spread + 1) / 2
    begins = np.repeat(np.arange(len(mean)), draw.poisson(mean / size))
    sizes = draw.geometric(1 / size, len(begins))
    delays = draw.exponential(3, sizes.sum())
    delays[np.cumsum(sizes) - sizes] = 0
    hours = (np.repeat(begins, sizes) + draw.uniform(0, 1, sizes.sum()) + delays).astype(int)
    return np.bincount(hours[hours < len(mean)], minlength=len(mean)).astype(float)


def alarms(surprise: NDArray[np.float64], limit: float, calm: float, cooldown: int = 6) -> NDArray[np.int64]:
    """How many times each series is told of: not again before it was calm, nor within the cooldown (hours)."""
    series, hours = surprise.shape
    open_, last, told = np.zeros(series, bool), np.full(series, -(10**6)), np.zeros(series, int)
    for hour in range(hours):
        now = surprise[:, hour]
        fresh = (now >= limit) & ~open_ & (hour - last >= cooldown)
        told += fresh
        last[fresh] = hour
        open_ = (open_ | fresh) & (now >= calm)
    return told
