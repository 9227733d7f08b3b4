"""Medians of many groups at once, with bootstrap intervals.

Where a group's units come in clusters (students in schools) the clusters are drawn again, otherwise the units are. The
draws depend on the seed and on how many are drawn, never on other groups, so that a group's interval stays the same
when other groups change. Who belongs to a group is decided elsewhere.

Sources: Efron 1979, Bootstrap methods; Davison and Hinkley 1997, Bootstrap Methods and their Application, section 3.8
(clusters).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

REPLICATES = 999
SEED = 19_790_101
CHUNK = 2_000
TAILS = (0.025, 0.975)


@dataclass(frozen=True)
class Medians:
    """The median of each group with the standard deviation and the 95 % percentile interval of its bootstrap copies."""

    median: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def bootstrap_medians(group: ArrayLike, cluster: ArrayLike, value: ArrayLike, count: ArrayLike) -> Medians:
    """Compute the median of every group 0, 1, … from counts of units by group, cluster (0, 1, …) and value.

    Rows may stand in any order and repeat. A group of one cluster is resampled by unit. Every group needs a unit.
    """
    values, place = np.unique(np.asarray(value, dtype=np.float64), return_inverse=True)
    group, cluster = np.asarray(group, dtype=np.int64), np.asarray(cluster, dtype=np.int64)
    groups, width = int(group.max(initial=-1)) + 1, int(cluster.max(initial=0)) + 1
    pairs, at = np.unique(group * width + cluster, return_inverse=True)
    units = np.zeros((pairs.size, values.size))
    np.add.at(units, (at, place), np.asarray(count, dtype=np.float64))
    starts = np.searchsorted(pairs, np.arange(groups + 1) * width)
    if not groups:
        return Medians(*np.empty((4, 0)))
    totals = np.add.reduceat(units, starts[:-1], axis=0)
    if np.any(totals.sum(axis=1) == 0) or np.any(np.diff(starts) == 0):
        raise ValueError("every group needs a unit")
    found = np.empty((4, groups))
    found[0] = _medians(totals, values)
    is_simple = np.diff(starts) == 1
    simple = np.flatnonzero(is_simple)
    for begin in range(0, simple.size, CHUNK):
        chosen = simple[begin : begin + CHUNK]
        found[1:, chosen] = _spread(_unit_copies(totals[chosen], values))
    for one in np.flatnonzero(~is_simple):
        drawn = _cluster_draws(int(starts[one + 1] - starts[one])) @ units[starts[one] : starts[one + 1]]
        found[1:, [one]] = _spread(_medians(drawn, values)[None, :])
    return Medians(*found)


def _medians(counts: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of each row of counts; halfway between the two middle units where there are two."""
    below = np.cumsum(counts, axis=1)
    total = below[:, -1:]
    return (values[np.argmax(2 * below >= total, axis=1)] + values[np.argmax(2 * below > total, axis=1)]) / 2


def _spread(copies: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([copies.std(axis=1, ddof=1), np.quantile(copies, TAILS, axis=1)])


def _unit_copies(counts: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return bootstrap medians of each row of counts, (rows, replicates).

    The middle unit of n drawn ones stands at a share of the ordered group that has a beta distribution, so only that
    share is drawn, and where n is even the share of the next unit.
    """
    sizes = counts.sum(axis=1)
    shares = np.cumsum(counts, axis=1) / sizes[:, None]
    shares[:, -1] = 1.0
    ladder = (np.arange(sizes.size)[:, None] + shares).ravel()
    first, second = (np.empty((sizes.size, REPLICATES)) for _ in range(2))
    for size in np.unique(sizes):
        first[sizes == size], second[sizes == size] = _middle_shares(int(size))
    rows = np.arange(sizes.size)[:, None]
    lower, upper = (np.searchsorted(ladder, rows + share) - rows * values.size for share in (first, second))
    return (values[lower] + values[upper]) / 2


@lru_cache(maxsize=256)
def _middle_shares(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    uniform = np.random.default_rng(SEED).random((2, REPLICATES))
    middle = (size + 1) // 2
    first = betaincinv(middle, size + 1 - middle, uniform[0])
    if size % 2:
        return first, first
    return first, first + (1 - first) * (1 - (1 - uniform[1]) ** (1 / (size - middle)))


@lru_cache(maxsize=64)
def _cluster_draws(clusters: int) -> NDArray[np.float64]:
    """Say how often each cluster is drawn in each replicate, (replicates, clusters)."""
    random = np.random.default_rng([SEED, clusters])
    return random.multinomial(clusters, np.full(clusters, 1 / clusters), size=REPLICATES).astype(np.float64)
