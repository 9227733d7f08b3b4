"""Growth percentiles corrected for the error of measurement in the earlier scores (simulation and extrapolation).

Known error is added to the priors in growing amounts, the models are fitted each time, and the predictions are carried
back to the amount at which no error would be left. Random, from a given seed; tests hold it to distributions.

Sources: Cook and Stefanski 1994, Simulation-extrapolation estimation in parametric measurement error models; Shang, Van
Iwaarden and Betebenner 2015, Covariate measurement error correction for student growth percentiles using SIMEX.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from methods.growth_percentiles.predictions import percentile_of_count, predict
from methods.growth_percentiles.quantile_regression import UnusableDesignError, fit
from methods.growth_percentiles.splines import Scale, UnusableScaleError, fit_scale

AMOUNTS = (0.5, 1.0, 1.5, 2.0)
COPIES = 20
SEED = 19_940_101
STEPS = 10_000
PARTS = 8


@dataclass(frozen=True)
class Correction:
    """How percentiles are to be corrected: from how many copies an amount, and whether they are ranked again."""

    copies: int = COPIES
    is_ranked: bool = False


@dataclass(frozen=True)
class Corrected:
    """Percentiles of each student: corrected, and corrected and ranked again so that they are uniform in the cohort."""

    percentile: NDArray[np.int16]
    ranked: NDArray[np.int16]


def corrected_percentiles(
    priors: ArrayLike,
    current: ArrayLike,
    errors: ArrayLike,
    scales: Sequence[Scale],
    *,
    amounts: Sequence[float] = AMOUNTS,
    copies: int = COPIES,
    is_quadratic: bool = False,
    limits: tuple[float, float] | None = None,
    seed: int = SEED,
    run: Callable[[Callable, Iterable], Iterable] = map,
) -> Corrected:
    """Compute the percentiles of one order of one cohort as if the priors had been measured without error.

    `errors` are the standard errors of `priors`, (students, k); `scales` are those of the fit without added error, and
    every copy has its own. `amounts` multiply the variance of the error that is added. `limits` are those of the
    current score, as for percentiles. Students in another order, with the same seed, get other draws. Needs copies ×
    amounts fits and 800 bytes a student for each amount.
    """
    priors, current, errors = (np.asarray(given, dtype=np.float64) for given in (priors, current, errors))
    if errors.shape != priors.shape or not np.all(np.isfinite(errors)) or np.any(errors < 0):
        raise UnusableDesignError("every prior score needs a standard error that is a number and not negative")
    if not amounts or min(amounts) <= 0 or copies < 1:
        raise ValueError("give one copy and one positive amount at least")
    levels = [0.0, *amounts]
    totals = [predict(fit(priors, current, scales).matrix, priors)]
    totals += [np.zeros_like(totals[0]) for _ in amounts]
    jobs = [
        (priors, current, errors, place, amount, (seed, place, copy))
        for place, amount in enumerate(levels)
        for copy in range(copies)
        if place
    ]
    for place, predictions in run(_copy, jobs):
        totals[place] += predictions / copies
    predictions = sum(weight * total for weight, total in zip(_weights(levels, is_quadratic), totals, strict=True))
    predictions = np.round(np.sort(predictions, axis=1), 5)
    below = np.count_nonzero(predictions < current[:, None], axis=1).astype(np.int16)
    return Corrected(percentile_of_count(below, current, limits), _ranked(predictions, current, below))


def _copy(job: tuple) -> tuple[int, NDArray[np.float64]]:
    """Fit one copy with added error, rounded to a ten-thousandth of the range, and predict from its own scores."""
    priors, current, errors, place, amount, seed = job
    noisy = priors + np.sqrt(amount) * errors * np.random.default_rng(seed).standard_normal(priors.shape)
    step = np.ptp(noisy, axis=0) / STEPS
    noisy = np.round(noisy / step) * step
    try:
        scales = [fit_scale(column) for column in noisy.T]
    except UnusableScaleError as error:
        raise UnusableDesignError(str(error)) from None
    return place, predict(fit(noisy, current, scales).matrix, noisy)


def _weights(levels: Sequence[float], is_quadratic: bool) -> NDArray[np.float64]:
    """Return how much each amount of error weighs in the least-squares extrapolation to the amount of minus one."""
    powers = np.vander(np.asarray(levels), 3 if is_quadratic else 2, increasing=True)
    return np.vander([-1.0], powers.shape[1], increasing=True)[0] @ np.linalg.pinv(powers)


def _ranked(
    predictions: NDArray[np.float64], current: NDArray[np.float64], below: NDArray[np.int16]
) -> NDArray[np.int16]:
    """Place each score in eighths between two predictions and return the percent rank of that place."""
    rows, last = np.arange(current.size), predictions.shape[1] - 1
    low, high = predictions[rows, np.maximum(below - 1, 0)], predictions[rows, np.minimum(below, last)]
    gap = high - low
    part = np.divide(current - low, gap, out=np.zeros_like(gap), where=gap > 0)
    place = below + np.floor(PARTS * np.clip(part, 0, 1)) / PARTS
    _, which, counts = np.unique(place, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2
    return np.clip(np.rint(100 * (middle / current.size)), 1, 99).astype(np.int16)[which]
