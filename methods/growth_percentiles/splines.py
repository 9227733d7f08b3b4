"""Score scales: knots, boundaries and cubic B-splines of a prior score.

A scale is fitted once for a subject and grade, kept with its version and handed to every later computation. Nothing
here knows cohorts or quantiles.

Source: de Boor, A Practical Guide to Splines (1978); knots and boundaries as student growth percentiles define them
(Betebenner 2009, Norm- and criterion-referenced student growth).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

COLUMNS = 7
PROBABILITIES = (0.2, 0.4, 0.6, 0.8)


class UnusableScaleError(ValueError):
    """The scores of a subject and grade cannot carry a scale."""


@dataclass(frozen=True)
class Scale:
    """The knots and limits of one subject and grade.

    `lowest` and `highest` are the limits that projections are held to. `is_official` says that they are the lowest and
    highest obtainable scores of the test, so that a score beyond them is an error and not news.
    """

    knots: tuple[float, float, float, float]
    boundaries: tuple[float, float]
    lowest: float
    highest: float
    version: str = ""
    is_official: bool = False

    def __post_init__(self) -> None:
        values = np.array([*self.knots, *self.boundaries, self.lowest, self.highest], dtype=np.float64)
        if not np.all(np.isfinite(values)):
            raise UnusableScaleError("a scale has a knot or a limit that is not a finite number")
        if len(self.knots) != 4 or np.any(np.diff(self.knots) <= 0):
            raise UnusableScaleError("the four knots of a scale must be four different numbers in rising order")
        if not (self.boundaries[0] < self.knots[0] and self.knots[3] < self.boundaries[1]):
            raise UnusableScaleError("the knots of a scale must lie inside its boundaries")


def fit_scale(scores: ArrayLike, version: str = "") -> Scale:
    """Fit knots and boundaries to the scores of one subject and grade.

    Knots are the 20th, 40th, 60th and 80th percentiles (linear between order statistics), boundaries the range extended
    by a tenth on each side, all rounded to three decimals. Raises UnusableScaleError where that gives no four knots.
    """
    values = np.asarray(scores, dtype=np.float64).ravel()
    if not np.all(np.isfinite(values)):
        raise UnusableScaleError("a score is not a finite number")
    if values.size == 0:
        raise UnusableScaleError("there are no scores")
    low, high = float(values.min()), float(values.max())
    if low == high:
        raise UnusableScaleError("all scores are equal")
    margin = 0.1 * (high - low)
    knots = np.round(np.quantile(values, PROBABILITIES), 3).tolist()
    if len(set(knots)) < 4:
        raise UnusableScaleError("so many students share one score that two of the four knots fall together")
    ends = np.round([low - margin, high + margin, low, high], 3).tolist()
    return Scale(tuple(knots), (ends[0], ends[1]), ends[2], ends[3], version)


def pieces(scores: ArrayLike, scale: Scale) -> NDArray[np.int64]:
    """Say in which of the five knot intervals each score lies; the outer two reach beyond the boundaries."""
    return np.searchsorted(np.asarray(scale.knots), np.asarray(scores, dtype=np.float64), side="right")


def local_basis(scores: ArrayLike, scale: Scale) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each score's knot interval and its four B-splines that are not zero there, as (interval, (4, n)).

    B-spline number `interval + m` of eight is row m. Beyond a boundary the cubic of the outermost interval goes on.
    """
    values = np.asarray(scores, dtype=np.float64)
    piece = pieces(values, scale)
    low, high = scale.boundaries
    knots = np.array([low] * 4 + list(scale.knots) + [high] * 4)
    basis = np.zeros((4, values.size))
    basis[0] = 1.0
    for degree in range(1, 4):
        carried = np.zeros(values.size)
        for m in range(degree):
            right = knots[piece + 4 + m]
            left = knots[piece + 4 + m - degree]
            share = basis[m] / (right - left)
            basis[m] = carried + (right - values) * share
            carried = (values - left) * share
        basis[degree] = carried
    return piece, basis


def design(scores: ArrayLike, scale: Scale) -> NDArray[np.float64]:
    """Return the seven design columns of a prior score: eight B-splines without the first, as (n, 7)."""
    piece, basis = local_basis(scores, scale)
    columns = np.zeros((piece.size, COLUMNS + 1))
    for m in range(4):
        columns[np.arange(piece.size), piece + m] = basis[m]
    return columns[:, 1:]
