"""Where students are heading: a hundred trajectories for each, the percentiles that reach a standard, enough growth.

Trajectories use this year's matrices for every future grade. Straight projections start from the current score, lagged
ones from last year's. Nothing is fitted here.

Source: Betebenner 2009, Norm- and criterion-referenced student growth (percentile growth trajectories).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from methods.growth_percentiles import kernels
from methods.growth_percentiles.quantile_regression import Matrix
from methods.growth_percentiles.splines import COLUMNS, Scale, local_basis

PIECES = 5


class NoProjectionError(ValueError):
    """Something that a projection needs is missing."""


class NoCutScoresError(NoProjectionError):
    """The cut scores of a projected grade are missing, or are not as many as those of another."""


@dataclass(frozen=True)
class Projection:
    """Targets and projected scores of students from one grade.

    `targets` is (students, years, levels): the lowest percentile which, kept every year, reaches the level's cut score
    in that year; 99 also where none does, 0 for a student without a history. `scores` is (students, years, percentiles)
    and NaN for such a student. `grades` are the grades of the projected years.
    """

    targets: NDArray[np.int16]
    scores: NDArray[np.float64]
    grades: tuple[int, ...]


def project(
    history: ArrayLike,
    grade: int,
    matrices: Mapping[tuple[int, int], Matrix],
    scales: Mapping[int, Scale],
    cut_scores: Mapping[int, Sequence[float]],
    *,
    years: int = 3,
    percentiles: Sequence[int] = (1, 35, 50, 65, 99),
) -> Projection:
    """Project students of one subject and grade year by year.

    `history` is (students, h): the scores of this grade, the grade before and so on, NaN from the first missing one.
    `matrices` are by (grade, order), `scales` and `cut_scores` (rising, one a level) by grade. Projection ends before
    the first grade without a matrix. Each year takes the highest order that exists for the history and the years
    projected before; each trajectory feeds on its own scores, held to the grade's limits and sorted within the student.
    """
    history = np.asarray(history, dtype=np.float64)
    if history.ndim != 2 or history.shape[1] < 1:
        raise ValueError("history must have a row for each student and a column for each grade")
    shown = np.asarray(percentiles, dtype=np.int64)
    if shown.size and not (shown.min() >= 1 and shown.max() <= 99):
        raise ValueError("percentiles are between 1 and 99")
    grades = []
    while len(grades) < years and (grade + len(grades) + 1, 1) in matrices:
        grades.append(grade + len(grades) + 1)
    length = np.cumprod(np.isfinite(history), axis=1).sum(axis=1)
    history = history[:, : max(1, length.max(initial=0))]
    for needed in [*range(grade - history.shape[1] + 1, grade + 1), *grades]:
        if needed not in scales:
            raise NoProjectionError(f"grade {needed} has no scale")
    without = [str(year_grade) for year_grade in grades if not len(cut_scores.get(year_grade, ()))]
    if without:
        raise NoCutScoresError(f"no cut scores of grade {' and '.join(without)}")
    if len({len(cut_scores[year_grade]) for year_grade in grades}) > 1:
        raise NoCutScoresError(f"not the same number of cut scores in grades {' and '.join(map(str, grades))}")
    count = len(cut_scores[grades[0]]) if grades else 0
    targets = np.zeros((history.shape[0], len(grades), count), dtype=np.int16)
    scores = np.full((history.shape[0], len(grades), shown.size), np.nan)
    if not grades:
        return Projection(targets, scores, ())
    held = np.column_stack(
        [np.clip(history[:, j], scales[grade - j].lowest, scales[grade - j].highest) for j in range(history.shape[1])]
    )
    cuts = np.array([cut_scores[year_grade] for year_grade in grades], dtype=np.float64)
    lows = np.array([scales[year_grade].lowest for year_grade in grades])
    highs = np.array([scales[year_grade].highest for year_grade in grades])
    for known in np.unique(length[length > 0]):
        chain = [_highest(matrices, year_grade, int(known) + j) for j, year_grade in enumerate(grades)]
        model = _polynomials(chain)
        rows = np.flatnonzero(length == known)
        part_targets = np.empty((rows.size, len(grades), count), dtype=np.int16)
        part_scores = np.empty((rows.size, len(grades), shown.size))
        first = np.ascontiguousarray(held[rows, :known])
        kernels.project_rows(first, *model, lows, highs, cuts, shown, part_targets, part_scores)
        targets[rows], scores[rows] = part_targets, part_scores
    return Projection(targets, scores, tuple(grades))


def growth_target(targets: ArrayLike, is_at_level: ArrayLike) -> NDArray[np.int16]:
    """Return the percentile that is enough growth toward a level, from (students, years) targets.

    Who is below the level catches up in the best of the years: the lowest target. Who is at it or above keeps up in
    every year: the highest. 0 stays 0 (no projection). Give the next level's targets for move up and stay up.
    """
    targets = np.asarray(targets, dtype=np.int16)
    return np.where(np.asarray(is_at_level, dtype=bool), targets.max(axis=1), targets.min(axis=1)).astype(np.int16)


def has_adequate_growth(percentile: ArrayLike, target: ArrayLike) -> NDArray[np.bool_]:
    """Say whether each percentile reaches its target; a student without a target has no adequate growth to show."""
    target = np.asarray(target)
    return (target > 0) & (np.asarray(percentile) >= target)


def _highest(matrices: Mapping[tuple[int, int], Matrix], grade: int, available: int) -> Matrix:
    order = available
    while (grade, order) not in matrices:
        order -= 1
    return matrices[grade, order]


def _polynomials(chain: Sequence[Matrix]) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Turn each matrix's splines into one cubic for each knot interval: intercepts, knots, coefficients, orders."""
    taus = chain[0].coefficients.shape[1]
    widest = max(matrix.order for matrix in chain)
    intercepts = np.array([matrix.coefficients[0] for matrix in chain])
    knots = np.zeros((len(chain), widest, 4))
    cubics = np.zeros((len(chain), widest, PIECES, 4, taus))
    for year, matrix in enumerate(chain):
        for j, scale in enumerate(matrix.scales):
            knots[year, j] = scale.knots
            beta = np.vstack([np.zeros(taus), matrix.coefficients[1 + COLUMNS * j : 1 + COLUMNS * (j + 1)]])
            ends = np.array([scale.boundaries[0], *scale.knots, scale.boundaries[1]])
            for piece in range(PIECES):
                low, high = ends[piece], ends[piece + 1]
                at = low + (high - low) * np.array([0.125, 0.375, 0.625, 0.875])
                _, basis = local_basis(at, scale)
                values = np.einsum("ms,mt->st", basis, beta[piece : piece + 4])
                left = scale.knots[max(piece - 1, 0)]
                cubics[year, j, piece] = _interpolate(at - left, values)
    return intercepts, knots, cubics, np.array([matrix.order for matrix in chain])


def _interpolate(at: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the four coefficients, lowest power first, of the cubic through four points, for each column of values."""
    unit = np.abs(at).max()
    powers = np.vander(at / unit, 4, increasing=True)
    return np.linalg.solve(powers, values) / unit ** np.arange(4)[:, None]
