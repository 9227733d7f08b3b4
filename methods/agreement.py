"""How far two scores of the same pieces of work agree, and how strict each group of raters is.

Statistics of pairs of scores with an interval by resampling students, and severities from a network of groups that
score one another's work. Which pairs count, and how many are enough, is for whoever calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

STATISTICS = (
    "quadratic_weighted_kappa",
    "kappa",
    "gwet_ac1",
    "percent_exact",
    "percent_adjacent",
    "standardized_mean_difference",
    "mean_difference",
)
QUANTILES = (0.025, 0.975)
NORMAL = 1.959963985
CELLS_AT_ONCE = 2_000_000
"""Numbers held at a time while resampling."""

MOST_DRAWN = 1_000
"""Where a cell has more students, they are drawn in so many groups: every thousandth student is in one group."""


@dataclass(frozen=True)
class Agreement:
    """One row per cell and one column per name in STATISTICS; NaN where a statistic is not defined."""

    value: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True)
class Severity:
    """One element per group; NaN for a group that scored nobody else's work and whose work nobody else scored."""

    value: NDArray[np.float64]
    standard_error: NDArray[np.float64]


def agreement(
    cell: ArrayLike,
    student: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    adjacent_distance: float,
    replicates: int,
    seed: int,
) -> Agreement:
    """Compare the first and second scores of the pairs in each cell.

    Cells are whole numbers from 0; students are anything that sorts. Quadratic weights take the scores as
    equally spaced (Cohen 1968); chance in Gwet's AC1 is spread over all the scores given in any cell (Gwet 2008).
    `mean_difference` is first minus second, so it is positive where the first raters are lenient;
    `standardized_mean_difference` is second minus first, in the pooled standard deviation.

    The interval is the percentile interval of a bootstrap that draws students with all their pairs. The draws depend on
    the seed and the number of students of a cell alone, so one cell's interval never depends on another cell; a cell of
    one student has none. The interval holds the value itself, even where resampling is skewed. Cost: one matrix product
    of sums × students × replicates for each cell, with MOST_DRAWN students at most; a million pairs in 500 replicates
    take about ten seconds.
    """
    cells, first, second = np.asarray(cell), np.asarray(first, np.float64), np.asarray(second, np.float64)
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("every pair needs two scores")
    count = int(cells.max(initial=-1)) + 1
    owner, sums = _by_student(cells, np.asarray(student), _summands(first, second, adjacent_distance))
    owner, sums = _in_groups(owner, sums, np.bincount(owner, minlength=count))
    students = np.bincount(owner, minlength=count)
    start = np.concatenate(([0], np.cumsum(students)))
    drawn = np.full((3, count, len(STATISTICS)), np.nan)
    value = np.full((count, len(STATISTICS)), np.nan)
    for size in np.unique(students[students > 0]):
        alike = np.flatnonzero(students == size)
        step = max(1, CELLS_AT_ONCE // (replicates * sums.shape[1]))
        draws = _draws(size, replicates, seed)
        for chosen in np.split(alike, range(step, len(alike), step)):
            block = sums[start[chosen][:, None] + np.arange(size)]
            value[chosen] = _statistics(block.sum(axis=1))
            if size > 1:
                drawn[:, chosen] = _spread(_statistics(np.einsum("cst,sr->crt", block, draws, optimize=True)))
    error, low, high = drawn
    return Agreement(value, error, np.minimum(low, value), np.maximum(high, value))


def severity(
    rated_by: ArrayLike, rated_again_by: ArrayLike, difference: ArrayLike, cluster: ArrayLike, *, groups: int
) -> Severity:
    """Find by how much each group of raters scores above the others who scored the same pieces.

    Each difference is the score of a rater of one group minus that of a rater of another. Least squares gives every
    group the number whose differences fit best, with a mean of zero over the groups that are linked by common pieces;
    positive is lenient. Groups are whole numbers below `groups`. The standard error takes the pairs of one cluster as
    alike. Cost: one pseudo-inverse of groups × groups; a thousand groups take about a second.
    """
    one, other = np.asarray(rated_by, np.intp), np.asarray(rated_again_by, np.intp)
    across = one != other
    one, other, score = one[across], other[across], np.asarray(difference, np.float64)[across]
    clusters, named = np.unique(np.asarray(cluster)[across], return_inverse=True)
    pair = np.arange(len(score))
    signs = np.repeat([1.0, -1.0], len(score))
    design = csr_array((signs, (np.tile(pair, 2), np.concatenate((one, other)))), shape=(len(score), groups))
    links = (design.T @ design).toarray()
    inverse = np.linalg.pinv(links, hermitian=True)
    value = inverse @ (design.T @ score)
    rest = score - design @ value
    pulls = csr_array((rest, (named, pair)), shape=(len(clusters), len(score))) @ design
    spread = inverse @ (pulls.T @ pulls).toarray() @ inverse
    correction = len(clusters) / (len(clusters) - 1) if len(clusters) > 1 else np.nan
    error = np.sqrt(np.maximum(spread.diagonal() * correction, 0))
    linked = links.diagonal() > 0
    return Severity(np.where(linked, value, np.nan), np.where(linked, error, np.nan))


def agreement_by_pool(pairs: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Compare the scores of every cell, pool by pool: the scores of one pool are on one scale.

    Takes columns `pool, cell, student, first_score, second_score, adjacent_distance, replicates, seed` and gives one
    row per cell and statistic. A share has the Wilson interval of as many trials as there are students, because
    resampling never leaves 0 or 1.
    """
    found = []
    for pool in np.unique(pairs["pool"]):
        here = {name: column[pairs["pool"] == pool] for name, column in pairs.items()}
        cells, cell = np.unique(here["cell"], return_inverse=True)
        compared = agreement(
            cell,
            here["student"],
            here["first_score"],
            here["second_score"],
            adjacent_distance=float(here["adjacent_distance"][0]),
            replicates=int(here["replicates"][0]),
            seed=int(here["seed"][0]),
        )
        students = np.unique(np.column_stack((cell, here["student"])), axis=0)
        trials = np.bincount(students[:, 0], minlength=len(cells))
        for place, name in enumerate(STATISTICS):
            is_share = name.startswith("percent_")
            value = compared.value[:, place]
            low, high = _wilson(value, trials) if is_share else (compared.low[:, place], compared.high[:, place])
            found.append(
                {
                    "cell": cells,
                    "measure": np.full(len(cells), name),
                    "value": value,
                    "standard_error": compared.standard_error[:, place],
                    "interval_low": low,
                    "interval_high": high,
                    "interval_method": np.full(len(cells), "wilson" if is_share else "bootstrap"),
                }
            )
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def severity_by_pool(pairs: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Find the severity of every named district, pool by pool.

    Takes columns `pool, rated_by, rated_again_by, difference, student` and gives one row per pool and district that
    shares a piece with others; the group without a name takes part and is not given.
    """
    found = []
    for pool in np.unique(pairs["pool"]):
        here = {name: column[pairs["pool"] == pool] for name, column in pairs.items()}
        districts, place = np.unique(
            np.concatenate((here["rated_by"], here["rated_again_by"])).astype(str), return_inverse=True
        )
        one, other = np.split(place, 2)
        result = severity(one, other, here["difference"], here["student"], groups=len(districts))
        given = np.isfinite(result.value) & (districts != "")
        value, error = result.value[given], result.standard_error[given]
        found.append(
            {
                "pool": np.full(given.sum(), str(pool)),
                "district_id": districts[given],
                "value": value,
                "standard_error": error,
                "interval_low": value - NORMAL * error,
                "interval_high": value + NORMAL * error,
                "interval_method": np.full(given.sum(), "normal_clustered"),
            }
        )
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def _wilson(share: NDArray, trials: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    middle = (share + NORMAL**2 / (2 * trials)) / (1 + NORMAL**2 / trials)
    half = NORMAL * np.sqrt(share * (1 - share) / trials + NORMAL**2 / (4 * trials**2)) / (1 + NORMAL**2 / trials)
    return np.maximum(middle - half, 0), np.minimum(middle + half, 1)


def _summands(first: NDArray, second: NDArray, adjacent_distance: float) -> NDArray[np.float64]:
    """What must be added over the pairs of a cell: one column each, the marginals of the scores last."""
    scores, given = np.unique(np.concatenate((first, second)), return_inverse=True)
    marginals = np.eye(len(scores))[given]
    middle = scores.mean() if len(scores) else 0.0
    apart, one, two = np.abs(first - second), first - middle, second - middle
    columns = (np.ones_like(one), one, two, one**2 + two**2, apart**2, apart == 0, apart <= adjacent_distance)
    return np.column_stack((*columns, marginals[: len(first)], marginals[len(first) :]))


def _by_student(cells: NDArray, students: NDArray, summands: NDArray) -> tuple[NDArray, NDArray]:
    """Add up the pairs of one student in one cell, in the order of cells and students."""
    known = np.unique(students, return_inverse=True)[1]
    order = np.lexsort((known, cells))
    changes = np.flatnonzero((np.diff(cells[order], prepend=-1) != 0) | (np.diff(known[order], prepend=-1) != 0))
    if not len(order):
        return cells, summands
    return cells[order][changes], np.add.reduceat(summands[order], changes)


def _in_groups(owner: NDArray, sums: NDArray, students: NDArray) -> tuple[NDArray, NDArray]:
    """Add up students of large cells in groups of the same size, one from the other as alike as students are."""
    place = np.arange(len(owner)) - np.concatenate(([0], np.cumsum(students)))[owner]
    group = np.where(students[owner] > MOST_DRAWN, place % MOST_DRAWN, place)
    order = np.lexsort((group, owner))
    changes = np.flatnonzero((np.diff(owner[order], prepend=-1) != 0) | (np.diff(group[order], prepend=-1) != 0))
    return (owner[order][changes], np.add.reduceat(sums[order], changes)) if len(order) else (owner, sums)


def _draws(size: int, replicates: int, seed: int) -> NDArray[np.float64]:
    """How often each of `size` students is drawn in each replicate."""
    random = np.random.default_rng((seed, size))
    drawn = random.integers(0, size, (replicates, size)) + size * np.arange(replicates)[:, None]
    return np.bincount(drawn.ravel(), minlength=size * replicates).reshape(replicates, size).T.astype(np.float64)


def _statistics(sums: NDArray) -> NDArray[np.float64]:
    """Work out the statistics from the sums, which stand on the last axis."""
    count, one, two, squares, apart, exact, adjacent = np.moveaxis(sums[..., :7], -1, 0)
    by_first, by_second = np.split(sums[..., 7:], 2, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        bias = (one - two) / count
        variances = squares / count - (one / count) ** 2 - (two / count) ** 2
        chance = (by_first * by_second).sum(axis=-1) / count**2
        shares = (by_first + by_second) / (2 * count[..., None])
        expected = (shares * (1 - shares)).sum(axis=-1) / (shares.shape[-1] - 1)
        return np.stack(
            (
                1 - apart / count / _positive(variances + bias**2),
                (exact / count - chance) / _positive(1 - chance),
                (exact / count - expected) / _positive(1 - expected),
                exact / count,
                adjacent / count,
                -bias / np.sqrt(_positive(variances * count / (count - 1)) / 2),
                bias,
            ),
            axis=-1,
        )


def _positive(divisor: NDArray) -> NDArray[np.float64]:
    """Put NaN for a divisor of zero, up to the noise of the last places."""
    return np.where(divisor > 1e-12, divisor, np.nan)


def _spread(again: NDArray) -> NDArray[np.float64]:
    """The standard deviation and the two quantiles over the replicates in which a statistic is defined."""
    counted = np.isfinite(again).sum(axis=1)
    defined = counted > 1
    filled = np.where(defined[:, None], again, 0.0)
    quantiles = _quantiles(np.sort(filled, axis=1), np.where(defined, counted, again.shape[1]))
    return np.where(defined, np.stack((np.nanstd(filled, axis=1, ddof=1), *quantiles)), np.nan)


def _quantiles(ordered: NDArray, counted: NDArray) -> list[NDArray[np.float64]]:
    """Interpolate QUANTILES between the first `counted` of each row of numbers, as NumPy does where none is missing."""
    found = []
    for quantile in QUANTILES:
        place = quantile * (counted - 1)
        before = np.floor(place).astype(np.intp)
        ends = (before, np.minimum(before + 1, counted - 1))
        low, high = (np.take_along_axis(ordered, end[:, None], axis=1)[:, 0] for end in ends)
        part, gap = place - before, high - low
        found.append(np.where(part < 0.5, low + gap * part, high - gap * (1 - part)))
    return found
