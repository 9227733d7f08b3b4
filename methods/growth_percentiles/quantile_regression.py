"""Exact linear quantile regression of a score on additive splines of earlier scores, for a hundred quantiles at once.

What lives here: compression, the rank check, the order of the quantiles, the independent solver for one that stalls.
The inner loops are in `kernels`; who belongs to a cohort and what a percentile is, in `percentiles`.

Sources: Koenker and Bassett 1978 (the estimator); Barrodale and Roberts 1973 (long steps to the exact vertex); Portnoy
and Koenker 1997 (only rows near the surface matter); Chernozhukov, Fernández-Val and Melly 2022, Fast algorithms for
the quantile regression process (one quantile from its neighbor); He, Pan, Tan and Zhou 2023 (smoothed Newton steps).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.optimize import linprog

from methods.growth_percentiles import kernels
from methods.growth_percentiles.splines import COLUMNS, Scale, local_basis

TAUS = (np.arange(100) + 0.5) / 100
TOLERANCE = 1e-7
PIVOT_CAP = 2_000
SEED = 20_090_401


class UnusableDesignError(ValueError):
    """The scores of a cohort do not determine a growth model."""


class UnsolvedQuantileError(RuntimeError):
    """A quantile could not be solved to a proven optimum."""


@dataclass(frozen=True)
class Certificate:
    """What proves that each quantile is solved: one entry for each tau.

    `dual_violation` is by how many students the worst dual variable leaves its bounds, computed from a fresh
    factorization of the vertex and the signs of all rows. `gap` is the distance from the exact optimum, in score points
    summed over students: what is left of the tiny perturbation that breaks ties. `is_rescued` marks the quantiles that
    the independent solver found.
    """

    dual_violation: NDArray[np.float64]
    gap: NDArray[np.float64]
    pivots: NDArray[np.int64]
    rounds: NDArray[np.int64]
    is_rescued: NDArray[np.bool_]

    @property
    def is_optimal(self) -> bool:
        """Whether every quantile passed the test."""
        return bool(np.all(self.dual_violation <= TOLERANCE))


@dataclass(frozen=True)
class Matrix:
    """A fitted growth model: what is kept of a cohort to score others.

    `coefficients` has a row for the intercept and seven for each prior, most recent first, and a column for each tau.
    """

    coefficients: NDArray[np.float64]
    scales: tuple[Scale, ...]
    students: int

    @property
    def order(self) -> int:
        """The number of priors."""
        return len(self.scales)


@dataclass(frozen=True)
class Fit:
    """A matrix, its proof, and for each student of the cohort how many of the predictions lie below the score."""

    matrix: Matrix
    certificate: Certificate
    below: NDArray[np.int16]


def fit(priors: ArrayLike, current: ArrayLike, scales: Sequence[Scale]) -> Fit:
    """Fit the quantiles of the current score given the priors, exactly.

    `priors` is (students, k), most recent first, and `scales` has one scale for each. Raises UnusableDesignError where
    the scores do not determine the model and UnsolvedQuantileError where a quantile has no proven optimum.
    """
    priors = np.asarray(priors, dtype=np.float64)
    current = np.asarray(current, dtype=np.float64)
    if priors.ndim != 2 or priors.shape != (current.size, len(scales)) or not len(scales):
        raise ValueError("priors must have a row for each current score and a column for each scale")
    if not (np.all(np.isfinite(priors)) and np.all(np.isfinite(current))):
        raise UnusableDesignError("a score is not a finite number")
    size = 1 + COLUMNS * len(scales)
    if current.size < size:
        raise UnusableDesignError(f"{_students(current.size)} cannot determine the {size} coefficients of the model")
    if current.min() == current.max():
        raise UnusableDesignError("all current scores are equal")
    problem, row_of_student, center = _compress(priors, current, scales)
    gram = np.empty((size, size))
    kernels.gram(problem, gram)
    _check_rank(gram, len(scales))
    coefficients, below, certificate = _solve(problem, gram)
    coefficients[:, 0] += center
    matrix = Matrix(np.ascontiguousarray(coefficients.T), tuple(scales), current.size)
    return Fit(matrix, certificate, below[row_of_student])


def warm() -> None:
    """Compile every kernel and store the machine code, so that no timed run compiles."""
    random = np.random.default_rng(0)
    priors = np.round(random.normal(500, 80, (400, 2)))
    knots = Scale((430.0, 480.0, 520.0, 570.0), (100.0, 900.0), 100.0, 900.0)
    fit(priors, np.round(priors[:, 0] * 0.8 + random.normal(100, 40, 400)), (knots, knots))


def _students(count: int) -> str:
    return "one student" if count == 1 else f"{count} students"


def _codes(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the distinct values in rising order and the place of each value among them."""
    low = values.min()
    shifted = values - low
    if low == np.floor(low) and shifted.max() < 4 * values.size + 10_000:
        places = shifted.astype(np.int64)
        if np.array_equal(places, shifted):
            is_present = np.bincount(places) > 0
            return low + np.flatnonzero(is_present), (np.cumsum(is_present) - 1)[places]
    return np.unique(values, return_inverse=True)


def _compress(
    priors: NDArray[np.float64], current: NDArray[np.float64], scales: Sequence[Scale]
) -> tuple[kernels.Problem, NDArray[np.int64], float]:
    """Merge equal students into weighted rows in an order that the order of students cannot change."""
    columns = [*priors.T, current]
    distinct, codes = zip(*(_codes(np.ascontiguousarray(column)) for column in columns), strict=True)
    key = np.zeros(current.size, dtype=np.int64)
    bound = 1
    for values, code in zip(distinct, codes, strict=True):
        if bound * values.size >= 2**62:
            kept, key = np.unique(key, return_inverse=True)
            bound = kept.size
        key = key * values.size + code
        bound *= values.size
    order = np.argsort(key, kind="stable")
    is_first = np.empty(key.size, dtype=bool)
    is_first[0] = True
    np.not_equal(key[order[1:]], key[order[:-1]], out=is_first[1:])
    row_of_student = np.empty(key.size, dtype=np.int64)
    row_of_student[order] = np.cumsum(is_first) - 1
    first = np.flatnonzero(is_first)
    kept = order[first]
    weights = np.diff(np.append(first, key.size)).astype(np.float64)

    exact = current[kept]
    center = float(np.round(exact.mean())) if np.ptp(exact) >= 100 else float(np.round(exact.mean(), 3))
    spread = float(np.ptp(exact))
    nudge = 1e-9 * min(spread, 100.0) * max(1.0, spread / 500.0)
    target = exact - center + np.random.default_rng(SEED).uniform(-nudge, nudge, exact.size)

    tables = [local_basis(values, scale) for values, scale in zip(distinct, scales, strict=False)]
    sizes = [piece.size for piece, _ in tables]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    problem = kernels.Problem(
        codes=np.stack([code[kept] for code in codes[:-1]]).astype(np.uint32),
        basis=np.ascontiguousarray(np.concatenate([basis for _, basis in tables], axis=1)),
        starts=starts,
        pieces=np.stack(
            [start + np.searchsorted(piece, np.arange(6)) for start, (piece, _) in zip(starts, tables, strict=False)]
        ).astype(np.int64),
        piece=np.concatenate([piece for piece, _ in tables]).astype(np.int64),
        weights=weights,
        target=target,
        exact=exact - center,
        threshold=_thresholds(exact) - center,
    )
    return problem, row_of_student, center


def _thresholds(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the number below which a prediction, rounded to five decimals, is below the score."""
    units = scores * 1e5
    nearest = np.rint(units)
    units = np.where(np.abs(units - nearest) <= 1e-6 * np.maximum(1.0, np.abs(units) * 1e-6), nearest, np.ceil(units))
    return (units - 0.5) / 1e5


def _check_rank(gram: NDArray[np.float64], order: int) -> None:
    """Refuse a design in which a column is a combination of others: pivoted Cholesky of the scaled Gram matrix."""
    diagonal = np.diag(gram).copy()
    if np.any(diagonal <= 0):
        empty = int(np.argmax(diagonal <= 0))
        raise UnusableDesignError(
            f"no score reaches spline {(empty - 1) % COLUMNS + 1} of prior {(empty - 1) // COLUMNS + 1}: the knots do "
            "not fit these scores, or too many students share the lowest or highest one"
        )
    scaled = gram / np.sqrt(np.outer(diagonal, diagonal))
    rest = np.diag(scaled).copy()
    for step in range(rest.size):
        pivot = int(np.argmax(rest))
        if rest[pivot] < 1e-11:
            raise UnusableDesignError(
                f"{rest.size - step} of the {rest.size} columns of the model with {order} prior scores are combinations"
                " of the others"
            )
        column = scaled[:, pivot] / np.sqrt(rest[pivot])
        scaled = scaled - np.outer(column, column)
        rest = np.where(rest == -np.inf, rest, np.diag(scaled))
        rest[pivot] = -np.inf


def _solve(
    problem: kernels.Problem, gram: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int16], Certificate]:
    """Fit all taus: the middle one from least squares, then upward and downward from neighbor to neighbor."""
    rows, size = problem.target.size, gram.shape[0]
    wanted = min(rows, int(max(12 * size, np.sqrt(size) * rows ** (2 / 3) / 4)))
    band = _empty_band(problem, min(rows, 40 * wanted))
    total = np.empty(size)
    sums = np.concatenate([np.bincount(code, problem.weights, stop - start) for code, start, stop in _tables(problem)])
    kernels.contract(problem, sums, total)
    state = kernels.State(
        beta=np.zeros(size),
        hessian=gram.copy(),
        positive=np.zeros(rows, dtype=np.uint8),
        sums=np.zeros(problem.piece.size),
        total=total,
        kappa=np.ones(1),
        vertex=np.zeros(size, dtype=np.int64),
    )
    coefficients = np.zeros((TAUS.size, size))
    below = np.zeros(rows, dtype=np.int16)
    report = np.zeros((TAUS.size, 4))
    rescued = np.zeros(TAUS.size, dtype=bool)
    kernels.add_ridge(state.hessian)
    middle = TAUS.size // 2
    scaled = np.empty(rows)
    if kernels.newton_from_least_squares(problem, state, TAUS[middle], 9) == kernels.OPTIMAL:
        kernels.scaled_residuals(problem, state, scaled)
        state.kappa[0] = np.partition(scaled, wanted - 1)[wanted - 1] * 1.0001
    kernels.refresh_signs(problem, state)

    def chain(sequence: Iterable[int], previous: float) -> None:
        pivots, rounds = np.zeros(1, np.int64), np.zeros(1, np.int64)
        for t in sequence:
            pivots[0] = rounds[0] = 0
            change = TAUS[t] - previous
            status = kernels.fit_tau(problem, state, TAUS[t], change, band, wanted, PIVOT_CAP, pivots, rounds)
            report[t, 2:] = pivots[0], rounds[0]
            finish = partial(kernels.finish_tau, problem, state, TAUS[t], coefficients[t], below, report[t, 1:2])
            report[t, 0] = finish() if status == kernels.OPTIMAL else np.inf
            if not report[t, 0] <= TOLERANCE:
                _rescue(problem, state, TAUS[t])
                report[t, 0] = finish()
                if not report[t, 0] <= TOLERANCE:
                    raise UnsolvedQuantileError(f"the quantile {TAUS[t]:.3f} has no proven optimum")
                rescued[t] = True
            previous = TAUS[t]

    chain([middle], TAUS[middle])
    beta, hessian, kappa = state.beta.copy(), state.hessian.copy(), state.kappa.copy()
    chain(range(middle + 1, TAUS.size), TAUS[middle])
    state.beta[:], state.hessian[:], state.kappa[:] = beta, hessian, kappa
    chain(range(middle - 1, -1, -1), TAUS[middle])
    pivots, rounds = report[:, 2].astype(np.int64), report[:, 3].astype(np.int64)
    return coefficients, below, Certificate(report[:, 0].copy(), report[:, 1].copy(), pivots, rounds, rescued)


def _tables(problem: kernels.Problem) -> list[tuple[NDArray, int, int]]:
    return list(zip(problem.codes, problem.starts[:-1], problem.starts[1:], strict=True))


def _empty_band(problem: kernels.Problem, capacity: int) -> kernels.Band:
    size = 1 + COLUMNS * problem.codes.shape[0]
    return kernels.Band(
        rows=np.zeros(capacity, dtype=np.int64),
        codes=np.zeros((problem.codes.shape[0], capacity), dtype=problem.codes.dtype),
        target=np.zeros(capacity),
        weights=np.zeros(capacity),
        residual=np.zeros(capacity),
        width=np.zeros(capacity),
        slope=np.zeros(capacity),
        step=np.zeros(capacity),
        chosen=np.zeros(size, dtype=np.int64),
        inside=np.zeros(problem.target.size, dtype=np.uint8),
    )


# ---- the independent solver ----


def _design(problem: kernels.Problem, rows: NDArray[np.int64]) -> sparse.csr_array:
    """Return the design of some rows, as a sparse matrix."""
    size = 1 + COLUMNS * problem.codes.shape[0]
    places, values = [np.zeros(rows.size, dtype=np.int64)], [np.ones(rows.size)]
    for j, (code, start, _) in enumerate(_tables(problem)):
        score = start + code[rows].astype(np.int64)
        for m in range(4):
            column = problem.piece[score] + m
            places.append(np.where(column > 0, COLUMNS * j + column, 0))
            values.append(np.where(column > 0, problem.basis[m, score], 0.0))
    row = np.tile(np.arange(rows.size), len(places))
    return sparse.csr_array((np.concatenate(values), (row, np.concatenate(places))), shape=(rows.size, size))


def _rescue(problem: kernels.Problem, state: kernels.State, tau: float) -> None:
    """Solve one tau by the dual linear program (Koenker 2005, section 6.2), on the rows near the last surface.

    Nothing of the simplex is used. Rows whose sign turns out otherwise join, and the program is solved again.
    """
    rows, size = problem.target.size, state.beta.size
    everyone = _design(problem, np.arange(rows))
    residual = problem.target - everyone @ state.beta
    near = np.argsort(np.abs(residual), kind="stable")
    is_inside = np.zeros(rows, dtype=bool)
    is_inside[near[: max(5_000, 20 * size)]] = True
    for _ in range(30):
        inside = np.flatnonzero(is_inside)
        signs = (residual > 0) & ~is_inside
        part = everyone[inside]
        weights = problem.weights[inside]
        needed = (1 - tau) * state.total - everyone.T @ (signs * problem.weights)
        answer = linprog(
            -problem.target[inside],
            A_eq=part.T.tocsc(),
            b_eq=needed,
            bounds=np.column_stack([np.zeros(inside.size), weights]),
            method="highs-ds",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if answer.status != 0:
            if is_inside.all():
                raise UnsolvedQuantileError(f"the quantile {tau:.3f} has no solution by the independent solver either")
            is_inside[near[: 4 * inside.size]] = True
            continue
        slack = np.minimum(answer.x, weights - answer.x)
        local = problem.target[inside] + part @ answer.eqlin.marginals
        chosen = inside[_independent_rows(part, np.lexsort((np.abs(local), slack <= 1e-9)))]
        matrix = everyone[chosen].toarray()
        state.beta[:] = np.linalg.solve(matrix, problem.target[chosen])
        state.vertex[:] = chosen
        residual = problem.target - everyone @ state.beta
        changed = ((residual > 0) != signs) & ~is_inside
        if not changed.any():
            kernels.refresh_signs(problem, state)
            return
        is_inside |= changed
        near = np.argsort(np.abs(residual), kind="stable")
    raise UnsolvedQuantileError(f"the quantile {tau:.3f} did not settle with the independent solver")


def _independent_rows(design: sparse.csr_array, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Take the first rows in the given order that are linearly independent, as many as there are columns."""
    size = design.shape[1]
    taken: list[int] = []
    directions = np.zeros((0, size))
    for row in order:
        vector = design[[row]].toarray()[0]
        rest = vector - directions.T @ (directions @ vector)
        rest -= directions.T @ (directions @ rest)
        if np.linalg.norm(rest) > 1e-9 * np.linalg.norm(vector):
            taken.append(int(row))
            directions = np.vstack([directions, rest / np.linalg.norm(rest)])
            if len(taken) == size:
                return np.array(taken)
    raise UnsolvedQuantileError("the independent solver's rows do not determine the model")
