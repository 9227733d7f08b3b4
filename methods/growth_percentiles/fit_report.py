"""How well a cohort's growth percentiles fit: what a state team looks at before it publishes them.

Percentiles of a good fit are uniform wherever a student started. Tables as arrays; who draws them is elsewhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from methods.growth_percentiles.percentiles import RefusedCohortError

MINIMUM_STUDENTS = 250
EXTREME_STUDENTS = 50
BANDS = (1, 10, 20, 30, 40, 50, 60, 70, 80, 90)
EXTREME_BANDS = (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95)


@dataclass(frozen=True)
class FitReport:
    """The three tables of fit of one cohort.

    `counts` is (10, 10): deciles of the prior score by bands of the percentile (1-9, 10-19, ... 90-99), and `percent`
    the same in percent of each decile, where 10 everywhere is perfect. `quantiles` is (10, 99): the percentile at each
    hundredth of each decile's students, which should be that hundredth. `extremes` is (2, 12): the students with the
    lowest and the highest current scores by bands 1-4, 5-9, 10-19, ... 80-89, 90-94, 95-99. `prior_correlation` is that
    of the percentile with the prior score, which should be near zero.
    """

    students: int
    median: float
    counts: NDArray[np.int64]
    percent: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    extremes: NDArray[np.int64]
    prior_correlation: float

    @property
    def largest_deviation(self) -> float:
        """The largest distance of a cell of `percent` from 10, in percentage points."""
        return float(np.nanmax(np.abs(self.percent - 10.0)))


def fit_report(cohort: str, prior: ArrayLike, current: ArrayLike, percentile: ArrayLike) -> FitReport:
    """Tabulate the fit of one cohort; raises RefusedCohortError for fewer than 250 students."""
    prior = np.asarray(prior, dtype=np.float64)
    current = np.asarray(current, dtype=np.float64)
    percentile = np.asarray(percentile)
    if percentile.size < MINIMUM_STUDENTS:
        raise RefusedCohortError(cohort, f"a report of fit needs {MINIMUM_STUDENTS} students")
    order = np.lexsort((current, percentile, prior))  # so that the order of students cannot change a digit
    prior, current, percentile = prior[order], current[order], percentile[order]
    decile = np.searchsorted(np.quantile(prior, np.arange(1, 10) / 10), prior, side="left")
    band = np.searchsorted(BANDS, percentile, side="right") - 1
    counts = np.bincount(10 * decile + band, minlength=100).reshape(10, 10)
    sizes = counts.sum(axis=1, keepdims=True)
    percent = np.divide(100.0 * counts, sizes, out=np.full((10, 10), np.nan), where=sizes > 0)
    quantiles = np.full((10, 99), np.nan)
    for d in range(10):
        if sizes[d, 0]:
            quantiles[d] = np.quantile(percentile[decile == d], np.arange(1, 100) / 100)
    extreme_band = np.searchsorted(EXTREME_BANDS, percentile, side="right") - 1
    ordered = np.sort(current)
    floor, ceiling = ordered[EXTREME_STUDENTS - 1], ordered[-EXTREME_STUDENTS]
    extremes = np.stack(
        [np.bincount(extreme_band[chosen], minlength=12) for chosen in (current <= floor, current >= ceiling)]
    )
    varies = np.ptp(prior) > 0 and np.ptp(percentile) > 0
    return FitReport(
        students=percentile.size,
        median=float(np.median(percentile)),
        counts=counts,
        percent=percent,
        quantiles=quantiles,
        extremes=extremes,
        prior_correlation=float(np.corrcoef(prior, percentile)[0, 1]) if varies else np.nan,
    )
