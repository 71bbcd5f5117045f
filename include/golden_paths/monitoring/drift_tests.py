"""Tests of whether two samples come from one population, from counts alone. Right for 20 rows and for a million. Pure.

All are conditional on the two samples taken together: if there is no drift, each way to deal the pooled rows out to
the two is equally likely. So ties, constants and rare values need no assumption, and the level holds whatever the population.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, Any]

REACH = 9.0  # standard deviations beyond which a step of a walk has no weight that matters: 1e-19
EXPECTED = 100.0  # rows in every cell: with 20, chi-square called 1 in 2,500 what is 1 in 5,000
DRAWS, ENOUGH = 400_000, 50  # at most; exceedances after which a p-value is known well


@dataclass(frozen=True)
class Tested:
    """A p-value. `attained(x)`: the largest p-value not above x that these pooled rows can give at all, or x itself.

    The latter is what a correction for many tests has to pay for: a column without missing values in either sample
    can never be significant for them, and costs nothing.
    """

    p: float
    attained: Callable[[float], float]


NOTHING = Tested(1.0, lambda x: float(x >= 1))  # one cell alone, or none


def shares(live: int, rows: int, ref: int, ref_rows: int) -> Tested:
    """Of `rows` live rows `live` have something, of `ref_rows` before `ref` had it: Fisher's exact test, two-sided."""
    import numpy as np

    having, total = live + ref, rows + ref_rows
    if max(0, having - ref_rows) == min(having, rows):
        return NOTHING
    low, chance = dealt(having, rows, total)
    if not low <= live < low + len(chance):
        return Tested(0.0, lambda x: x)
    sorted_chance = np.sort(chance)
    known = sorted_chance * (1 + 1e-7)  # outcomes as likely as each other are told from those that are less so
    tails = np.minimum(sorted_chance.cumsum()[np.searchsorted(sorted_chance, known, side="right") - 1], 1.0)
    own = int(np.searchsorted(sorted_chance, chance[live - low] * (1 + 1e-7), side="right")) - 1

    def attained(x: float) -> float:
        fitting = int(np.searchsorted(tails, x * (1 + 1e-12), side="right"))
        return float(tails[fitting - 1]) if fitting else 0.0

    return Tested(float(tails[own]), attained)


def dealt(having: int, rows: int, total: int) -> tuple[int, Array]:
    """(first count, chances): of `total` pooled rows `having` have something; how many of those fall among `rows` of them.

    Counts with a chance below 1e-30 or so are left out.
    """
    import numpy as np
    from scipy.special import gammaln

    share = having / total
    reach = int((REACH + 4) * math.sqrt(max(rows * share * (1 - share) * (total - rows) / max(total - 1, 1), 0.0))) + 60
    low = max(0, having - (total - rows), int(rows * share) - reach)
    high = min(having, rows, int(rows * share) + reach)
    count = np.arange(low, high + 1, dtype=float)
    logs = gammaln(count + 1) + gammaln(having - count + 1) + gammaln(rows - count + 1)
    logs += gammaln(total - rows - having + count + 1)
    chance = np.exp(logs.min() - logs)
    return low, chance / chance.sum()


def ordered(ref: Array, live: Array, *, least: float, most: float) -> Tested:
    """Kolmogorov and Smirnov's test of two samples, from rows in cells that are in order, each of shape (cells,).

    A p-value between `least`, which decides in any case, and `most`, which never does, is exact, with ties; outside it is
    the limit for many rows without ties.
    """
    pooled = ref + live
    ref, live, pooled = (cells[pooled > 0] for cells in (ref, live, pooled))
    rows, ref_rows = int(live.sum()), int(ref.sum())
    if len(pooled) < 2 or not rows or not ref_rows:
        return NOTHING
    reached, passed = live.cumsum()[:-1], pooled.cumsum()[:-1]
    total = rows + ref_rows
    apart = int(abs(reached * total - rows * passed).max())
    scaled = apart / math.sqrt(float(rows) * ref_rows * total)
    limit = _limit(scaled)
    is_fine = pooled.max() <= 0.01 * total  # ties then take less than half of the limit
    middle = float((passed / total * (1 - passed / total)).max())
    is_far = limit > 2 * most if is_fine else math.erfc(scaled / math.sqrt(2 * middle)) > 2 * most
    if 3 * limit <= least or is_far:
        return Tested(min(limit, 1.0), lambda x: x)
    return Tested(_crossing(pooled, rows, total, apart), lambda x: x)


def unordered(ref: Array, live: Array, *, least: float) -> Tested:
    """Pearson's test of two samples in cells, each of shape (cells,): by chi-square where every cell has rows enough.

    Else by draws of tables with the same margins; where `least`, that may have to be told, is too small for draws, or the
    case is clear, by Fisher's test of every cell.
    """
    import numpy as np
    from scipy.special import chdtrc

    pooled = ref + live
    ref, live, pooled = (cells[pooled > 0] for cells in (ref, live, pooled))
    rows, ref_rows = int(live.sum()), int(ref.sum())
    if len(pooled) < 2 or not rows or not ref_rows:
        return NOTHING
    if len(pooled) == 2:
        return shares(int(live[0]), rows, int(ref[0]), ref_rows)
    share = pooled / (rows + ref_rows)
    expected = rows * share
    found = float(((live - expected) ** 2 / expected).sum())
    if share.min() * min(rows, ref_rows) >= EXPECTED:
        whole = (
            found * (rows + ref_rows - 1) / ref_rows
        )  # N-1 makes the statistic's mean exact when the margins are given
        return Tested(float(chdtrc(len(pooled) - 1, whole)), lambda x: x)
    if (is_small := least * DRAWS < 20) or chdtrc(len(pooled) - 1, found) < least:
        by_cell = min(shares(int(one), rows, int(other), ref_rows).p for one, other in zip(live, ref, strict=True))
        if is_small or len(pooled) * by_cell <= least / 1000:  # so far out that taking the better of two costs nothing
            return Tested(min(1.0, len(pooled) * by_cell), lambda x: x)
    return Tested(_drawn(np.asarray(pooled), rows, expected, found, least), lambda x: x)


def _drawn(pooled: Array, rows: int, expected: Array, found: float, least: float) -> float:
    """Drawn until the p-value is known well. The seed follows from the counts: the same rows, the same verdict."""
    import numpy as np

    random = np.random.default_rng([rows, int(found * 1e6) % 2**63, *pooled.tolist()])
    as_far, drawn, batch, most = 0, 0, 400, min(DRAWS, math.ceil(ENOUGH / least))
    while as_far < ENOUGH and drawn < most:
        tables = random.multivariate_hypergeometric(pooled, rows, size=batch, method="marginals")
        distances = (np.square(tables - expected) / expected).sum(axis=1)
        as_far += int((distances >= found * (1 - 1e-9)).sum())
        drawn, batch = drawn + batch, min(2 * batch, 8_000)
    return (as_far + 1) / (drawn + 1)


def _limit(scaled: float) -> float:
    """Kolmogorov's distribution, from above."""
    from scipy.special import kolmogorov

    return float(kolmogorov(scaled))


def _crossing(pooled: Array, rows: int, total: int, apart: int) -> float:
    """How often a walk of the live rows through the cells is somewhere `apart` or farther from its mean; exact.

    Given the pooled cells, live counts are those of independent binomials whose sum is `rows`. So the chance to stay within
    is a chain of convolutions, cut to the bounds after each cell. `apart` is in rows x total, as whole numbers.
    """
    import numpy as np

    steps = {size: _binomial(size, rows / total) for size in set(pooled.tolist())}
    chance, first, passed = np.ones(1), 0, 0
    for size in pooled.tolist():
        start, weights = steps[size]
        chance, first = _convolved(chance, weights), first + start
        passed += size
        low = (rows * passed - apart) // total + 1
        high = -((-rows * passed - apart) // total) - 1
        begin, end = max(0, low - first), max(0, high - first + 1)
        chance, first = chance[begin:end], first + begin
        if not len(chance):
            return 1.0
    stays = chance[rows - first] if 0 <= rows - first < len(chance) else 0.0
    return float(min(1.0, max(0.0, 1.0 - stays / _at_mean(rows, total))))


def _at_mean(rows: int, total: int) -> float:
    """The chance of a binomial of `total` rows with mean `rows` to be that: Stirling's terms cancel, so no digits are lost."""
    off = _stirling(total) - _stirling(rows) - _stirling(total - rows)
    return math.sqrt(total / (2 * math.pi * rows * (total - rows))) * math.exp(off)


def _stirling(x: int) -> float:
    """By how much log x! is above Stirling's formula."""
    if x < 100:
        return math.lgamma(x + 1) - (x + 0.5) * math.log(x) + x - 0.5 * math.log(2 * math.pi)
    return 1 / (12 * x) - 1 / (360 * float(x) ** 3) + 1 / (1260 * float(x) ** 5)


def _convolved(one: Array, other: Array) -> Array:
    """As numpy does it, by transforms where that is faster."""
    import numpy as np

    if len(one) * len(other) < 200_000:
        return np.convolve(one, other)
    long = len(one) + len(other) - 1
    size = -(-long // 512) * 512
    return np.asarray(np.fft.irfft(np.fft.rfft(one, size) * np.fft.rfft(other, size), size)[:long])


def _binomial(size: int, q: float) -> tuple[int, Array]:
    """(first count, weights) of a binomial of `size` rows, where it has weight."""
    import numpy as np

    reach = REACH * math.sqrt(size * q * (1 - q)) + 12
    low, high = max(0, int(size * q - reach)), min(size, int(size * q + reach) + 1)
    count = np.arange(low, high, dtype=float)
    logs = np.concatenate([[0.0], np.cumsum(np.log((size - count) / (count + 1) * (q / (1 - q))))])
    weights = np.exp(logs - logs.max())
    return low, weights / weights.sum()
