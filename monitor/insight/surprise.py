"""How unlikely counts are: exact tails of the negative binomial and the beta-binomial distribution, over many counts at
once, as natural logarithms so that the rarest still differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ratio = Callable[[Floats, NDArray[np.intp]], Floats]
"""(k, which of the counts) → P(k + 1) / P(k)."""

NEARLY_POISSON = 1.0005
"""A negative binomial whose variance is so many times its mean is a Poisson distribution for every purpose here."""
EXACT = 1e-6
"""What is left out of a tail, as a part of it."""
LEAST_WEIGHT = 0.05

_lgamma = np.frompyfunc(math.lgamma, 1, 1)


def log_gamma(values: Floats) -> Floats:
    """ln Γ of each."""
    return np.asarray(_lgamma(values), dtype=np.float64)


def at_least(counts: Floats, mean: Floats, variance: Floats) -> Floats:
    """ln P(X >= count) of counts with these means (> 0) and variances: negative binomial with size
    mean² / (variance - mean), as `tails.count_below`. Exact for low counts; meant for counts above their means."""
    spread = np.maximum(variance / mean, NEARLY_POISSON)
    size, onward = mean / (spread - 1), 1 - 1 / spread
    first = (
        log_gamma(counts + size) - log_gamma(counts + 1) - log_gamma(size)
        - size * np.log(spread) + counts * np.log(onward)
    )  # fmt: skip
    return first + np.log(_summed(counts, lambda k, one: (k + size[one]) / (k + 1) * onward[one]))


def at_least_of(counts: Floats, totals: Floats, share: Floats, spread: Floats) -> Floats:
    """ln P(X >= count) of `totals` mentions of which this share (inside 0 to 1) is usual, with `spread` times the
    variance of independent ones (>= 1): beta-binomial with a + b = (n - spread) / (spread - 1) (Skellam, JRSS B 10,
    1948)."""
    weight = np.maximum((totals - spread) / np.maximum(spread - 1, NEARLY_POISSON - 1), LEAST_WEIGHT)
    a, b = weight * share, weight * (1 - share)
    first = (
        log_gamma(totals + 1) - log_gamma(counts + 1) - log_gamma(totals - counts + 1)
        + log_gamma(counts + a) + log_gamma(totals - counts + b) - log_gamma(totals + weight)
        + log_gamma(weight) - log_gamma(a) - log_gamma(b)
    )  # fmt: skip

    def ratio(k: Floats, one: NDArray[np.intp]) -> Floats:
        left = totals[one] - k
        return left / (k + 1) * (k + a[one]) / np.maximum(left - 1 + b[one], 1e-9)

    return first + np.log(_summed(counts, ratio))


def _summed(counts: Floats, ratio: Ratio) -> Floats:
    """The sum of P(k) / P(count) over k >= count, term by term; who is done leaves the round."""
    whole = np.ones_like(counts)
    one = np.arange(len(counts))
    k, term, total = counts.copy(), np.ones_like(counts), np.ones_like(counts)
    while len(one):
        onward = ratio(k, one)
        term, k = term * onward, k + 1
        total = total + term
        # What is left is at most a geometric series of this ratio, which falls from here on.
        done = (onward < 1) & (term <= EXACT * total * (1 - np.minimum(onward, 1 - 1e-9)))
        whole[one[done]] = total[done]
        going = ~done
        one, k, term, total = one[going], k[going], term[going], total[going]
    return whole
