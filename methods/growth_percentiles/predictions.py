"""What a stored growth matrix says about scores: predictions, percentiles and percentile cuts.

Used for a cohort's own cuts and for scoring new records by the norms of earlier years. Nothing is fitted here.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from methods.growth_percentiles import kernels
from methods.growth_percentiles.quantile_regression import Matrix
from methods.growth_percentiles.splines import COLUMNS, design

CHUNK = 20_000


def predict(matrix: Matrix, priors: ArrayLike, limits: tuple[float, float] | None = None) -> NDArray[np.float64]:
    """Return each student's hundred predicted scores in rising order, rounded to five decimals, as (students, 100).

    `limits` are the scores that no prediction may leave. Sorting is the rearrangement of Chernozhukov, Fernández-Val
    and Galichon 2010.
    """
    priors = _priors(priors, matrix)
    out = np.empty((priors.shape[0], matrix.coefficients.shape[1]))
    for part, predictions in _predictions(matrix, priors, limits):
        out[part] = predictions
    return out


def percentiles(
    matrix: Matrix, priors: ArrayLike, current: ArrayLike, limits: tuple[float, float] | None = None
) -> NDArray[np.int16]:
    """Return the growth percentile, 1 to 99, of current scores by a stored matrix.

    With `limits` a score at the highest gets 99, and one at the lowest gets 1.
    """
    priors = _priors(priors, matrix)
    current = np.asarray(current, dtype=np.float64)
    below = np.empty(current.size, dtype=np.int16)
    for part, predictions in _predictions(matrix, priors, None):
        below[part] = np.count_nonzero(predictions < current[part, None], axis=1)
    return percentile_of_count(below, current, limits)


def percentile_of_count(
    below: NDArray[np.int16], current: NDArray[np.float64], limits: tuple[float, float] | None = None
) -> NDArray[np.int16]:
    """Turn the number of predictions strictly below a score into its percentile.

    A prediction equal to the score does not count; nothing is 0 or 100. With `limits` predictions are held to them and,
    at the highest obtainable score, predictions equal to it count, so that nobody at the top is said to have lost.
    """
    counts = below
    if limits is not None:
        counts = np.where(current >= limits[1], 100, np.where(current <= limits[0], 0, below))
    return np.clip(counts, 1, 99).astype(np.int16)


def percentile_cuts(
    matrix: Matrix, priors: ArrayLike, cuts: Sequence[int], limits: tuple[float, float] | None = None
) -> NDArray[np.float64]:
    """Return the score at which each student would pass each percentile, in whole points, as (students, cuts).

    The cut of percentile c is the prediction of the quantile (c + 0.5) / 100.
    """
    priors = _priors(priors, matrix)
    places = np.asarray(cuts, dtype=np.int64)
    if places.size and not (places.min() >= 1 and places.max() <= 99):
        raise ValueError("percentile cuts are between 1 and 99")
    out = np.empty((priors.shape[0], places.size))
    for part, predictions in _predictions(matrix, priors, None) if places.size else ():
        out[part] = np.rint(predictions[:, places])
    return np.clip(out, *limits) if limits is not None else out


def growth_levels(percentile: ArrayLike, starts: Sequence[int] = (20, 40, 61, 81)) -> NDArray[np.int64]:
    """Return the level of growth, from 1, of each percentile; a level begins at each of the given percentiles."""
    return np.searchsorted(np.asarray(starts), np.asarray(percentile), side="right") + 1


def _priors(priors: ArrayLike, matrix: Matrix) -> NDArray[np.float64]:
    priors = np.asarray(priors, dtype=np.float64)
    if priors.ndim != 2 or priors.shape[1] != matrix.order:
        raise ValueError(f"this matrix needs {matrix.order} prior scores for each student")
    if not np.all(np.isfinite(priors)):
        raise ValueError("a prior score is not a finite number")
    return priors


def _predictions(
    matrix: Matrix, priors: NDArray[np.float64], limits: tuple[float, float] | None
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield the predictions a chunk of students at a time; the array is used again."""
    low, high = limits if limits is not None else (-np.inf, np.inf)
    taus = matrix.coefficients.shape[1]
    tables, codes = [], []
    for j, scale in enumerate(matrix.scales):
        values, code = np.unique(priors[:, j], return_inverse=True)
        part = matrix.coefficients[1 + COLUMNS * j : 1 + COLUMNS * (j + 1)]
        table = np.einsum("sc,ct->st", design(values, scale), part)
        tables.append(table + matrix.coefficients[0] if j == 0 else table)
        codes.append(code.astype(np.uint32))
    starts = np.concatenate([[0], np.cumsum([table.shape[0] for table in tables])]).astype(np.int64)
    table = np.concatenate(tables)
    code = np.stack(codes)
    out = np.empty((min(CHUNK, priors.shape[0]), taus))
    for start in range(0, priors.shape[0], CHUNK):
        part = slice(start, min(start + CHUNK, priors.shape[0]))
        values = out[: part.stop - start]
        kernels.predict_rows(np.ascontiguousarray(code[:, part]), starts, table, low, high, values)
        yield part, values
