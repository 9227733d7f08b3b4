"""The compiled inner loops of exact quantile regression on additive lookup tables.

All of them stand in this one module, because the compiled cache notices a change in a kernel only when the module
that calls it changes as well. They hold no lock of the interpreter, call no linear algebra library (so a result does
not depend on its threads) and raise nothing: they return a status. Whoever calls decides what a status means.

Every prior score is a code into a table of its distinct scores, so a prediction is one table entry for each prior.
Names: `p` coefficients, `k` priors, `n` rows (distinct students with weights), tau the probability of the quantile.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

FAST = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz"}}
INNER = FAST | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""For what only compiled code calls."""
BLOCK = 1024
CORE = 2000
PIECES = 5

OPTIMAL, UNBOUNDED, STALLED, SINGULAR, CROWDED = range(5)


class Problem(NamedTuple):
    """One cohort's rows, compressed and sorted; `positive[i]` etc. of other arrays refer to these rows."""

    codes: np.ndarray  # (k, n) code of each prior score within its own table
    basis: np.ndarray  # (4, scores) the B-splines that are not zero at each distinct score, all tables end to end
    starts: np.ndarray  # (k + 1) where each table starts
    pieces: np.ndarray  # (k, 6) where each knot interval starts, counted over all tables
    piece: np.ndarray  # (scores) the knot interval of each distinct score
    weights: np.ndarray  # (n) students on the row
    target: np.ndarray  # (n) current score, centered and perturbed
    exact: np.ndarray  # (n) current score, centered
    threshold: np.ndarray  # (n) a prediction below it counts as below the score once both are rounded


class Band(NamedTuple):
    """The rows near the fitted surface, copied together so that the simplex touches nothing else."""

    rows: np.ndarray
    codes: np.ndarray  # (k, capacity)
    target: np.ndarray
    weights: np.ndarray
    residual: np.ndarray
    width: np.ndarray
    slope: np.ndarray
    step: np.ndarray
    chosen: np.ndarray
    inside: np.ndarray  # (n) 1 where a row is in the band


class State(NamedTuple):
    """What a chain of taus carries from one to the next."""

    beta: np.ndarray  # (p)
    hessian: np.ndarray  # (p, p)
    positive: np.ndarray  # (n) 1 where the residual is positive
    sums: np.ndarray  # (scores) weight of the positive rows by distinct score
    total: np.ndarray  # (p) sum of weight times design row
    kappa: np.ndarray  # (1) half-width of the band, in multiples of the row's own scale
    vertex: np.ndarray  # (p) rows through which the fitted surface passes


# ---- tables ----


@njit(**INNER)
def fill_table(problem, beta, table):
    """Write what each distinct score adds to a prediction; the intercept rides on the first table."""
    basis, pieces = problem.basis, problem.pieces
    for j in range(pieces.shape[0]):
        base = beta[0] if j == 0 else 0.0
        for piece in range(PIECES):
            first = 7 * j + piece
            c0 = 0.0 if piece == 0 else beta[first]
            c1, c2, c3 = beta[first + 1], beta[first + 2], beta[first + 3]
            for s in range(pieces[j, piece], pieces[j, piece + 1]):
                table[s] = base + c0 * basis[0, s] + c1 * basis[1, s] + c2 * basis[2, s] + c3 * basis[3, s]


@njit(**FAST)
def contract(problem, sums, out):
    """Turn weights summed by distinct score into the sum of weight times design row."""
    basis, pieces = problem.basis, problem.pieces
    out[:] = 0.0
    for s in range(problem.starts[0], problem.starts[1]):
        out[0] += sums[s]
    for j in range(pieces.shape[0]):
        for piece in range(PIECES):
            first = 7 * j + piece
            a0 = a1 = a2 = a3 = 0.0
            for s in range(pieces[j, piece], pieces[j, piece + 1]):
                a0 += sums[s] * basis[0, s]
                a1 += sums[s] * basis[1, s]
                a2 += sums[s] * basis[2, s]
                a3 += sums[s] * basis[3, s]
            if piece > 0:
                out[first] += a0
            out[first + 1] += a1
            out[first + 2] += a2
            out[first + 3] += a3


@njit(**INNER)
def subtract_tables(starts, codes, low, high, table, out):
    """Subtract each row's table entries from `out`, whose first entry belongs to the row `low`."""
    size = high - low
    for j in range(codes.shape[0]):
        part = table[starts[j] : starts[j + 1]]
        code = codes[j, low:high]
        for i in range(size):
            out[i] -= part[code[i]]


@njit(**INNER)
def add_row(problem, codes, row, factor, out):
    """Add a multiple of one design row to `out`."""
    out[0] += factor
    for j in range(codes.shape[0]):
        s = problem.starts[j] + codes[j, row]
        first = 7 * j + problem.piece[s]
        if problem.piece[s] > 0:
            out[first] += factor * problem.basis[0, s]
        out[first + 1] += factor * problem.basis[1, s]
        out[first + 2] += factor * problem.basis[2, s]
        out[first + 3] += factor * problem.basis[3, s]


@njit(**INNER)
def add_outer(problem, codes, row, factor, place, value, out):
    """Add a multiple of a design row's outer product to the lower triangle of `out`."""
    place[0] = 0
    value[0] = 1.0
    size = 1
    for j in range(codes.shape[0]):
        s = problem.starts[j] + codes[j, row]
        for m in range(4):
            if problem.piece[s] + m > 0:
                place[size] = 7 * j + problem.piece[s] + m
                value[size] = problem.basis[m, s]
                size += 1
    for a in range(size):
        scaled = factor * value[a]
        target = out[place[a]]
        for c in range(a + 1):
            target[place[c]] += scaled * value[c]


@njit(**INNER)
def mirror(matrix):
    """Copy the lower triangle onto the upper."""
    for a in range(matrix.shape[0]):
        for c in range(a):
            matrix[c, a] = matrix[a, c]


@njit(**FAST)
def gram(problem, out):
    """Sum weight times outer product of the design row over all rows."""
    k, n = problem.codes.shape
    place, value = np.empty(4 * k + 1, np.int64), np.empty(4 * k + 1)
    out[:] = 0.0
    for i in range(n):
        add_outer(problem, problem.codes, i, problem.weights[i], place, value, out)
    mirror(out)


# ---- small linear algebra ----


@njit(**INNER)
def dot(a, b):
    total = 0.0
    for i in range(a.shape[0]):
        total += a[i] * b[i]
    return total


@njit(**FAST)
def add_ridge(hessian):
    """Add a small ridge, so that a direction in which no row is near still has a length."""
    p = hessian.shape[0]
    mean = 0.0
    for a in range(p):
        mean += hessian[a, a] / p
    for a in range(p):
        hessian[a, a] += 1e-5 * mean


@njit(**INNER)
def invert_factor(hessian, lower, inverse):
    """Factorize the Hessian as L L' and write L and its inverse; False where it is not positive definite."""
    p = hessian.shape[0]
    lower[:] = 0.0
    for a in range(p):
        for c in range(a + 1):
            rest = hessian[a, c] - dot(lower[a, :c], lower[c, :c])
            if a > c:
                lower[a, c] = rest / lower[c, c]
            elif rest > 0.0:
                lower[a, a] = np.sqrt(rest)
            else:
                return False
    inverse[:] = 0.0
    for a in range(p):
        for c in range(a):
            factor = lower[a, c]
            for e in range(c + 1):
                inverse[a, e] -= factor * inverse[c, e]
        inverse[a, a] = 1.0
        for e in range(a + 1):
            inverse[a, e] /= lower[a, a]
    return True


@njit(**INNER)
def solve_factored(inverse, right, out):
    """Multiply by the inverse of the matrix whose inverse Cholesky factor is given."""
    p = right.shape[0]
    out[:] = 0.0
    for a in range(p):
        part = dot(inverse[a, : a + 1], right[: a + 1])
        for c in range(a + 1):
            out[c] += part * inverse[a, c]


@njit(**INNER)
def invert(matrix, transposed):
    """Write the transposed inverse by elimination with partial pivoting; `matrix` is used up. False where singular."""
    p = matrix.shape[0]
    inverse = np.zeros((p, p))
    for a in range(p):
        inverse[a, a] = 1.0
    for a in range(p):
        pivot = a
        for c in range(a + 1, p):
            if abs(matrix[c, a]) > abs(matrix[pivot, a]):
                pivot = c
        if not abs(matrix[pivot, a]) > 1e-13:
            return False
        if pivot != a:
            for e in range(p):
                matrix[a, e], matrix[pivot, e] = matrix[pivot, e], matrix[a, e]
                inverse[a, e], inverse[pivot, e] = inverse[pivot, e], inverse[a, e]
        factor = 1.0 / matrix[a, a]
        for e in range(p):
            matrix[a, e] *= factor
            inverse[a, e] *= factor
        for c in range(p):
            factor = matrix[c, a]
            if c != a and factor != 0.0:
                for e in range(p):
                    matrix[c, e] -= factor * matrix[a, e]
                    inverse[c, e] -= factor * inverse[a, e]
    for a in range(p):
        for c in range(p):
            transposed[c, a] = inverse[a, c]
    return True


@njit(**INNER)
def smallest(values, size, rank):
    """Return the value of the given rank (from 0) among the first `size`, reordering them in place."""
    low, high = 0, size - 1
    while low < high:
        a, c, e = values[low], values[(low + high) // 2], values[high]
        pivot = max(min(a, c), min(max(a, c), e))
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            high = j
        elif rank >= i:
            low = i
        else:
            return values[rank]
    return values[rank]


# ---- passes over all rows ----


@njit(**INNER)
def flip(problem, state, row):
    """Change the sign flag of a row and the sums that depend on it."""
    change = -problem.weights[row] if state.positive[row] else problem.weights[row]
    state.positive[row] = 1 - state.positive[row]
    for j in range(problem.codes.shape[0]):
        state.sums[problem.starts[j] + problem.codes[j, row]] += change


@njit(**INNER)
def fill_scale(problem, inverse, table):
    """Write what each distinct score adds to the scale of a row's residual: the norm of its terms under H inverse.

    By the triangle and Cauchy-Schwarz inequalities a change of coefficients d moves the prediction of a row by at most
    its scale times sqrt(d'Hd).
    """
    p = inverse.shape[0]
    part = np.empty(p)
    for j in range(problem.pieces.shape[0]):
        for s in range(problem.starts[j], problem.starts[j + 1]):
            first = 7 * j + problem.piece[s]
            part[:] = 0.0
            if j == 0:
                for a in range(p):
                    part[a] = inverse[a, 0]
            for m in range(4):
                if problem.piece[s] + m > 0:
                    weight = problem.basis[m, s]
                    for a in range(first + m, p):
                        part[a] += weight * inverse[a, first + m]
            table[s] = np.sqrt(dot(part, part))


@njit(**INNER)
def sweep(problem, state, table, scale, band):
    """Bring every sign flag up to date and collect the rows of the band; return their number, or -1 if too many."""
    n = problem.target.shape[0]
    capacity = band.residual.shape[0]
    kappa = state.kappa[0]
    residual, width = np.empty(BLOCK), np.empty(BLOCK)
    size = 0
    band.inside[:] = 0
    for low in range(0, n, BLOCK):
        high = min(n, low + BLOCK)
        residual[: high - low] = problem.target[low:high]
        width[:] = 0.0
        subtract_tables(problem.starts, problem.codes, low, high, table, residual)
        subtract_tables(problem.starts, problem.codes, low, high, scale, width)
        for i in range(high - low):
            if (residual[i] > 0.0) != (state.positive[low + i] != 0):
                flip(problem, state, low + i)
            if abs(residual[i]) <= -kappa * width[i]:
                if size == capacity:
                    return -1
                band.rows[size] = low + i
                band.residual[size] = residual[i]
                band.width[size] = -width[i]
                band.inside[low + i] = 1
                size += 1
    copy_rows(problem, band, 0, size)
    return size


@njit(**INNER)
def copy_rows(problem, band, low, high):
    """Copy what the simplex needs of the rows that joined the band."""
    for j in range(problem.codes.shape[0]):
        for i in range(low, high):
            band.codes[j, i] = problem.codes[j, band.rows[i]]
    for i in range(low, high):
        band.target[i] = problem.target[band.rows[i]]
        band.weights[i] = problem.weights[band.rows[i]]


@njit(**INNER)
def verify(problem, state, table, band, size):
    """Bring every sign flag up to date; add rows outside the band that changed sign to it; return its new size."""
    n = problem.target.shape[0]
    capacity = band.residual.shape[0]
    residual = np.empty(BLOCK)
    joined = size
    for low in range(0, n, BLOCK):
        high = min(n, low + BLOCK)
        residual[: high - low] = problem.target[low:high]
        subtract_tables(problem.starts, problem.codes, low, high, table, residual)
        for i in range(high - low):
            if (residual[i] > 0.0) != (state.positive[low + i] != 0):
                flip(problem, state, low + i)
                if band.inside[low + i] == 0:
                    if joined == capacity:
                        return -1
                    band.rows[joined] = low + i
                    band.inside[low + i] = 1
                    joined += 1
    copy_rows(problem, band, size, joined)
    return joined


@njit(**INNER)
def count_below(problem, positive, vertex, table, counts):
    """Count the prediction of each row if it lies below the score; return the exact fit's gap.

    The gap is the weight times residual of the rows whose sign is not the one that the certificate assumed. The rows
    on the vertex have no sign.
    """
    k, n = problem.codes.shape
    residual = np.empty(BLOCK)
    gap = 0.0
    for low in range(0, n, BLOCK):
        high = min(n, low + BLOCK)
        residual[: high - low] = problem.exact[low:high]
        subtract_tables(problem.starts, problem.codes, low, high, table, residual)
        count, threshold, exact = counts[low:high], problem.threshold[low:high], problem.exact[low:high]
        sign, weight = positive[low:high], problem.weights[low:high]
        for i in range(high - low):
            count[i] += exact[i] - residual[i] < threshold[i]
            gap += weight[i] * (max(-residual[i], 0.0) if sign[i] else max(residual[i], 0.0))
    for row in vertex:
        difference = problem.exact[row]
        for j in range(k):
            difference -= table[problem.starts[j] + problem.codes[j, row]]
        gap -= problem.weights[row] * (max(-difference, 0.0) if positive[row] else max(difference, 0.0))
    return max(gap, 0.0)


# ---- smoothed Newton ----


@njit(**INNER)
def smoothed_gradient(problem, codes, weights, residual, size, width, gradient, hessian, place, value):
    """Add gradient and Hessian of the check loss smoothed with a uniform kernel: minus the positive part, and H."""
    for i in range(size):
        r = residual[i]
        if r >= width:
            add_row(problem, codes, i, -weights[i], gradient)
        elif r > -width:
            add_row(problem, codes, i, -weights[i] * (r + width) / (2.0 * width), gradient)
            add_outer(problem, codes, i, weights[i] / (2.0 * width), place, value, hessian)
    mirror(hessian)
    add_ridge(hessian)


@njit(**FAST)
def newton_from_least_squares(problem, state, tau, steps):
    """Come near the first tau's solution: least squares, then Newton steps with a shrinking kernel over all rows."""
    k, n = problem.codes.shape
    p = state.beta.shape[0]
    lower, inverse = np.empty((p, p)), np.empty((p, p))
    gradient, move = np.empty(p), np.empty(p)
    table = np.empty(problem.piece.shape[0])
    residual, work = np.empty(n), np.empty(n)
    place, value = np.empty(4 * k + 1, np.int64), np.empty(4 * k + 1)
    gradient[:] = 0.0
    for i in range(n):
        add_row(problem, problem.codes, i, problem.weights[i] * problem.target[i], gradient)
    if not invert_factor(state.hessian, lower, inverse):
        return SINGULAR
    solve_factored(inverse, gradient, state.beta)
    share = 0.4
    for _ in range(steps):
        residual[:] = problem.target
        fill_table(problem, state.beta, table)
        subtract_tables(problem.starts, problem.codes, 0, n, table, residual)
        for i in range(n):
            work[i] = abs(residual[i])
        rank = min(n - 1, max(int(share * n), 4 * p))
        width = max(smallest(work, n, rank), 1e-12)
        share = max(0.03, 0.6 * share)
        gradient[:] = (1.0 - tau) * state.total
        state.hessian[:] = 0.0
        smoothed_gradient(
            problem, problem.codes, problem.weights, residual, n, width, gradient, state.hessian, place, value
        )
        if not invert_factor(state.hessian, lower, inverse):
            return SINGULAR
        solve_factored(inverse, gradient, move)
        fill_table(problem, move, table)
        reach = 0.0
        for j in range(k):
            largest = 0.0
            for s in range(problem.starts[j], problem.starts[j + 1]):
                largest = max(largest, abs(table[s]))
            reach += largest
        factor = min(1.0, 6.0 * width / reach) if reach > 0.0 else 0.0
        for a in range(p):
            state.beta[a] -= factor * move[a]
    return OPTIMAL


@njit(**INNER)
def newton_in_band(problem, state, band, size, outside, share, inverse, hessian, work):
    """Take one Newton step on the band's smoothed loss, no further than the band can see; write its Hessian."""
    k = problem.codes.shape[0]
    p = state.beta.shape[0]
    place, value = np.empty(4 * k + 1, np.int64), np.empty(4 * k + 1)
    gradient, move, lower = outside.copy(), np.empty(p), np.empty((p, p))
    table = np.empty(problem.piece.shape[0])
    for i in range(size):
        work[i] = abs(band.residual[i])
    width = max(smallest(work, size, min(size - 1, max(int(share * size), 8 * p))), 1e-12)
    hessian[:] = 0.0
    smoothed_gradient(problem, band.codes, band.weights, band.residual, size, width, gradient, hessian, place, value)
    if not invert_factor(hessian, lower, inverse):
        return False
    solve_factored(inverse, gradient, move)
    length = 0.0
    for a in range(p):
        length += move[a] * dot(state.hessian[a], move)
    limit = 1.5 * state.kappa[0]
    factor = min(1.0, limit / np.sqrt(length)) if length > 0.0 else 1.0
    for a in range(p):
        move[a] *= -factor
        state.beta[a] += move[a]
    fill_table(problem, move, table)
    subtract_tables(problem.starts, band.codes, 0, size, table, band.residual)
    return True


# ---- the simplex ----


@njit(**INNER)
def refactor(problem, band, size, outside, chosen, hessian, directions, norms, beta, slack, table):
    """Compute everything the simplex keeps from its chosen rows alone: inverse, coefficients, residuals, slack."""
    p = beta.shape[0]
    matrix = np.zeros((p, p))
    for c in range(p):
        add_row(problem, band.codes, chosen[c], 1.0, matrix[c])
    design = matrix.copy()
    if not invert(matrix, directions):
        return False
    beta[:] = 0.0
    for c in range(p):
        for a in range(p):
            beta[a] += band.target[chosen[c]] * directions[c, a]
    for c in range(p):
        matrix[0, c] = band.target[chosen[c]] - dot(design[c], beta)
    for c in range(p):
        for a in range(p):
            beta[a] += matrix[0, c] * directions[c, a]
    for c in range(p):
        norms[c] = 0.0
        for a in range(p):
            norms[c] += directions[c, a] * dot(hessian[a], directions[c])
    band.residual[:size] = band.target[:size]
    fill_table(problem, beta, table)
    subtract_tables(problem.starts, band.codes, 0, size, table, band.residual)
    for c in range(p):
        band.residual[chosen[c]] = 0.0
    fill_slack(problem, band, size, outside, slack)
    return True


@njit(**INNER)
def fill_slack(problem, band, size, outside, slack):
    """Write what the chosen rows must balance: the outside's part less the positive rows of the band."""
    slack[:] = outside
    for i in range(size):
        if band.residual[i] > 0.0:
            add_row(problem, band.codes, i, -band.weights[i], slack)


@njit(**INNER)
def break_point(step, gain, size, needed):
    """Return the place of the step at which the gains of all shorter ones and its own reach what is needed.

    `step` and `gain` hold the candidates and are reordered; the sum of all gains must reach it.
    """
    low, high, passed = 0, size, 0.0
    while high - low > 1:
        a, c, e = step[low], step[(low + high) // 2], step[high - 1]
        pivot = max(min(a, c), min(max(a, c), e))
        i, here = low, 0.0
        for m in range(low, high):
            if step[m] < pivot:
                here += gain[m]
                step[i], step[m] = step[m], step[i]
                gain[i], gain[m] = gain[m], gain[i]
                i += 1
        if passed + here >= needed:
            high = i
            continue
        j = i
        for m in range(i, high):
            if step[m] == pivot:
                step[j], step[m] = step[m], step[j]
                gain[j], gain[m] = gain[m], gain[j]
                j += 1
        equal = 0.0
        for m in range(i, j):
            equal += gain[m]
        if passed + here + equal >= needed or j == high:
            return pivot
        passed += here + equal
        low = j
    return step[low]


@njit(**INNER)
def descend(problem, band, size, outside, hessian, beta, directions, norms, warm, cap, pivots):
    """Walk along edges of the loss to the vertex where no edge descends; return a status.

    A long-step simplex (Barrodale and Roberts 1973) with steepest edges. It starts from `directions` that belong to no
    rows (artificial ones of weight zero, which leave first) or, if `warm`, from the rows in `band.chosen`.
    """
    p = beta.shape[0]
    chosen, residual, slope = band.chosen, band.residual, band.slope
    slack, direction, image, entering = np.empty(p), np.empty(p), np.empty(p), np.empty(p)
    table = np.empty(problem.piece.shape[0])
    gain = np.empty(size)
    place = np.empty(size, np.int32)
    artificial = 0
    if warm:
        if not refactor(problem, band, size, outside, chosen, hessian, directions, norms, beta, slack, table):
            return SINGULAR
    else:
        chosen[:] = -1
        norms[:] = 1.0
        artificial = p
        fill_slack(problem, band, size, outside, slack)
    fresh = warm
    since = 0
    while True:
        leaving, sign, violation, best = -1, 1.0, 0.0, 0.0
        for c in range(p):
            if artificial > 0 and chosen[c] >= 0:
                continue
            dual, noise = 0.0, 0.0
            for a in range(p):
                part = directions[c, a] * slack[a]
                dual += part
                noise += abs(part)
            weight = band.weights[chosen[c]] if chosen[c] >= 0 else 0.0
            excess = max(-dual, dual - weight)
            if chosen[c] < 0:
                excess = max(excess, 1e-12)
            elif excess <= 1e-9 + 1e-13 * noise:
                continue
            if excess * excess > best * norms[c]:
                best = excess * excess / norms[c]
                leaving, violation = c, excess
                sign = 1.0 if -dual >= dual - weight else -1.0
        if leaving < 0 or (since >= 100 and artificial == 0):
            if leaving < 0 and fresh:
                return OPTIMAL
            if not refactor(problem, band, size, outside, chosen, hessian, directions, norms, beta, slack, table):
                return SINGULAR
            fresh, since = True, 0
            continue
        if pivots[0] >= cap:
            return STALLED

        for a in range(p):
            direction[a] = sign * directions[leaving, a]
        fill_table(problem, direction, table)
        slope[:size] = 0.0
        subtract_tables(problem.starts, band.codes, 0, size, table, slope)
        largest, total = 0.0, 0.0
        for i in range(size):
            size_of = abs(slope[i])
            largest = max(largest, size_of)
            total += size_of
        negligible = 1e-9 * largest
        limit = 1.5 * (violation + total / size) / norms[leaving]
        widened = 0
        while True:
            found, reached = 0, 0.0
            for i in range(size):
                t = -residual[i] / slope[i]
                if t > 0.0 and t <= limit and abs(slope[i]) > negligible:
                    band.step[found] = t
                    gain[found] = band.weights[i] * abs(slope[i])
                    place[found] = i
                    reached += gain[found]
                    found += 1
            if reached >= violation:
                break
            if limit == np.inf:
                return UNBOUNDED
            widened += 1
            limit = 3.0 * limit if widened < 20 else np.inf
        step = break_point(band.step, gain, found, violation)

        incoming, nearest = -1, np.inf
        for m in range(found):
            distance = abs(-residual[place[m]] / slope[place[m]] - step)
            if distance < nearest:
                incoming, nearest = place[m], distance
        for m in range(found):
            i = place[m]
            if i != incoming and -residual[i] / slope[i] < step:
                add_row(problem, band.codes, i, band.weights[i] if residual[i] > 0.0 else -band.weights[i], slack)
        if residual[incoming] > 0.0:
            add_row(problem, band.codes, incoming, band.weights[incoming], slack)
        if chosen[leaving] >= 0 and sign < 0.0:
            add_row(problem, band.codes, chosen[leaving], -band.weights[chosen[leaving]], slack)
        for i in range(size):
            residual[i] += step * slope[i]
        for a in range(p):
            beta[a] += step * direction[a]

        entering[:] = 0.0
        add_row(problem, band.codes, incoming, 1.0, entering)
        for a in range(p):
            image[a] = dot(hessian[a], directions[leaving])
        pivot = dot(entering, directions[leaving])
        for c in range(p):
            if c != leaving:
                ratio = dot(entering, directions[c]) / pivot
                if ratio != 0.0:
                    cross = dot(directions[c], image)
                    norms[c] = max(norms[c] - 2.0 * ratio * cross + ratio * ratio * norms[leaving], 1e-12 * norms[c])
                    for a in range(p):
                        directions[c, a] -= ratio * directions[leaving, a]
        norms[leaving] /= pivot * pivot
        for a in range(p):
            directions[leaving, a] /= pivot
        if chosen[leaving] < 0:
            artificial -= 1
        chosen[leaving] = incoming
        for c in range(p):
            if chosen[c] >= 0:
                residual[chosen[c]] = 0.0
        pivots[0] += 1
        since += 1
        fresh = False


@njit(**INNER)
def swap_rows(band, a, c):
    """Exchange two rows of the band."""
    for j in range(band.codes.shape[0]):
        band.codes[j, a], band.codes[j, c] = band.codes[j, c], band.codes[j, a]
    for column in (band.target, band.weights, band.residual, band.width):
        column[a], column[c] = column[c], column[a]
    band.rows[a], band.rows[c] = band.rows[c], band.rows[a]


@njit(**INNER)
def descend_from_core(
    problem, band, size, core, aim, warm, outside, hessian, beta, directions, norms, cap, pivots, work
):
    """Descend on the band's core, the rows nearest to the surface, until the rest of the band agrees; return a status.

    The core is the first `core[0]` rows of the band. Without one (zero) the `aim` nearest rows are drawn.
    """
    p = beta.shape[0]
    table, part = np.empty(problem.piece.shape[0]), np.empty(p)
    if core[0] == 0:
        if size > 2 * aim:
            for i in range(size):
                work[i] = abs(band.residual[i]) / band.width[i]
            nearest = smallest(work, size, aim)
            for i in range(size):
                if abs(band.residual[i]) <= nearest * band.width[i]:
                    swap_rows(band, i, core[0])
                    core[0] += 1
        else:
            core[0] = size
    while True:
        part[:] = outside
        for i in range(core[0], size):
            if band.residual[i] > 0.0:
                add_row(problem, band.codes, i, -band.weights[i], part)
        status = descend(problem, band, core[0], part, hessian, beta, directions, norms, warm, cap, pivots)
        if status != OPTIMAL or core[0] == size:
            return status
        warm = True
        work[core[0] : size] = band.target[core[0] : size]
        fill_table(problem, beta, table)
        subtract_tables(problem.starts, band.codes[:, core[0] :], 0, size - core[0], table, work[core[0] :])
        joined = core[0]
        for i in range(core[0], size):
            is_new = (work[i] > 0.0) != (band.residual[i] > 0.0)
            band.residual[i] = work[i]
            if is_new:
                swap_rows(band, i, joined)
                joined += 1
        if joined == core[0]:
            return OPTIMAL
        core[0] = joined


# ---- a chain of taus ----


@njit(**INNER)
def fill_outside(problem, state, tau, band, size, outside):
    """Write what the band must balance, from the sums over all rows less the band's own."""
    contract(problem, state.sums, outside)
    for a in range(outside.shape[0]):
        outside[a] = (1.0 - tau) * state.total[a] - outside[a]
    for i in range(size):
        if state.positive[band.rows[i]]:
            add_row(problem, band.codes, i, band.weights[i], outside)


@njit(**INNER)
def certify(problem, state, tau, beta):
    """Test a vertex afresh on all rows and write its exact coefficients; return by how much the dual is violated.

    Nothing that the simplex computed is used except which rows it chose: the design of these rows is factorized anew,
    the dual variables follow from the signs of all other rows, and each must lie between zero and the row's weight.
    """
    p = beta.shape[0]
    matrix, directions = np.zeros((p, p)), np.empty((p, p))
    slack, right = np.empty(p), np.empty(p)
    contract(problem, state.sums, slack)
    for a in range(p):
        slack[a] = (1.0 - tau) * state.total[a] - slack[a]
    for c in range(p):
        row = state.vertex[c]
        add_row(problem, problem.codes, row, 1.0, matrix[c])
        right[c] = problem.exact[row]
        if state.positive[row]:
            add_row(problem, problem.codes, row, problem.weights[row], slack)
    design = matrix.copy()
    if not invert(matrix, directions):
        return np.inf
    beta[:] = 0.0
    for _ in range(2):
        for c in range(p):
            matrix[0, c] = right[c] - dot(design[c], beta)
        for c in range(p):
            for a in range(p):
                beta[a] += matrix[0, c] * directions[c, a]
    worst = 0.0
    for c in range(p):
        dual = dot(directions[c], slack)
        worst = max(worst, -dual, dual - problem.weights[state.vertex[c]])
    return worst


@njit(**FAST)
def fit_tau(problem, state, tau, change, band, wanted, cap, pivots, rounds):
    """Move the state from the previous tau's solution to this one's vertex; return a status."""
    p = state.beta.shape[0]
    scores = problem.piece.shape[0]
    lower, inverse, hessian = np.empty((p, p)), np.empty((p, p)), np.empty((p, p))
    move, outside, norms, center = np.empty(p), np.empty(p), np.empty(p), np.empty(p)
    table, scale = np.empty(scores), np.empty(scores)
    work = np.empty(band.residual.shape[0])
    if not invert_factor(state.hessian, lower, inverse):
        return SINGULAR
    solve_factored(inverse, state.total, move)
    for a in range(p):
        state.beta[a] += change * move[a]
    fill_scale(problem, inverse, scale)
    core = np.zeros(1, np.int64)
    smoothed, aim = False, max(8 * p, CORE)
    for _ in range(12):
        fill_table(problem, state.beta, table)
        size = sweep(problem, state, table, scale, band)
        if size < 0:
            state.kappa[0] *= 0.6
            continue
        if 2 * size < wanted:
            state.kappa[0] *= 1.7
            continue
        fill_outside(problem, state, tau, band, size, outside)
        if not smoothed:
            smoothed = True
            if newton_in_band(problem, state, band, size, outside, 0.5, inverse, hessian, work):
                for a in range(p):
                    for c in range(p):
                        state.hessian[a, c] = 0.5 * (state.hessian[a, c] + hessian[a, c])
            newton_in_band(problem, state, band, size, outside, 1.0 / 6.0, inverse, hessian, work)
            newton_in_band(problem, state, band, size, outside, 1.0 / 12.0, inverse, hessian, work)
            center[:] = state.beta
        if not invert_factor(state.hessian, lower, inverse):
            return SINGULAR
        core[0] = 0
        warm = False
        while True:
            rounds[0] += 1
            status = descend_from_core(
                problem,
                band,
                size,
                core,
                aim,
                warm,
                outside,
                state.hessian,
                state.beta,
                inverse,
                norms,
                cap,
                pivots,
                work,
            )
            if status == UNBOUNDED:
                if core[0] == size:
                    state.kappa[0] *= 2.0
                aim *= 4
                state.beta[:] = center
                break
            if status != OPTIMAL:
                return status
            fill_table(problem, state.beta, table)
            joined = verify(problem, state, table, band, size)
            if joined < 0:
                break
            if joined == size:
                for c in range(p):
                    state.vertex[c] = band.rows[band.chosen[c]]
                state.kappa[0] *= min(1.5, max(0.05, wanted / size))
                return OPTIMAL
            for i in range(size, joined):
                swap_rows(band, i, core[0])
                core[0] += 1
            size = joined
            warm = True
            fill_outside(problem, state, tau, band, size, outside)
    return CROWDED


@njit(**FAST)
def finish_tau(problem, state, tau, coefficients, counts, gap):
    """Certify the vertex of the state, write the exact coefficients and count predictions below the scores."""
    violation = certify(problem, state, tau, coefficients)
    if not violation <= 1e-7:
        return violation
    table = np.empty(problem.piece.shape[0])
    fill_table(problem, coefficients, table)
    gap[0] = count_below(problem, state.positive, state.vertex, table, counts)
    return violation


@njit(**FAST)
def refresh_signs(problem, state):
    """Compute every sign flag and every sum of the state anew from its coefficients."""
    k, n = problem.codes.shape
    table, residual = np.empty(problem.piece.shape[0]), problem.target.copy()
    fill_table(problem, state.beta, table)
    subtract_tables(problem.starts, problem.codes, 0, n, table, residual)
    state.sums[:] = 0.0
    for i in range(n):
        state.positive[i] = residual[i] > 0.0
        if residual[i] > 0.0:
            for j in range(k):
                state.sums[problem.starts[j] + problem.codes[j, i]] += problem.weights[i]


@njit(**FAST)
def scaled_residuals(problem, state, out):
    """Write each row's absolute residual in multiples of its scale; False if the Hessian cannot be factorized."""
    p = state.beta.shape[0]
    n = problem.target.shape[0]
    lower, inverse = np.empty((p, p)), np.empty((p, p))
    table, width = np.empty(problem.piece.shape[0]), np.zeros(n)
    if not invert_factor(state.hessian, lower, inverse):
        return False
    fill_table(problem, state.beta, table)
    out[:] = problem.target
    subtract_tables(problem.starts, problem.codes, 0, n, table, out)
    fill_scale(problem, inverse, table)
    subtract_tables(problem.starts, problem.codes, 0, n, table, width)
    for i in range(n):
        out[i] = abs(out[i]) / -width[i]
    return True


# ---- predictions ----


@njit(**INNER)
def settle(values, low, high):
    """Hold predictions to the limits, bring them into rising order and round them to five decimals."""
    for t in range(values.shape[0]):
        value = min(max(values[t], low), high)
        place = t
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value
    for t in range(values.shape[0]):
        values[t] = np.rint(values[t] * 1e5) / 1e5


@njit(**FAST)
def predict_rows(codes, starts, tables, low, high, out):
    """Write the settled predictions of some rows, whose codes are (k, rows); `tables` is (scores, taus)."""
    for i in range(codes.shape[1]):
        values = out[i]
        values[:] = tables[codes[0, i]]
        for j in range(1, codes.shape[0]):
            entry = tables[starts[j] + codes[j, i]]
            for t in range(values.shape[0]):
                values[t] += entry[t]
        settle(values, low, high)


@njit(**FAST)
def project_rows(history, intercepts, knots, cubics, orders, lows, highs, cut_scores, shown, targets, scores):
    """Carry each row's hundred trajectories forward year by year; write targets and the shown percentiles.

    `history` is (rows, h), most recent first. Year j has `orders[j]` priors: the years projected before it, then the
    history. `intercepts` is (years, taus), `knots` (years, priors, 4), `cubics` (years, priors, 5, 4, taus) with the
    coefficients of each knot interval's cubic around its left end, which is the first knot for the outer left one.
    """
    years, taus = intercepts.shape
    path = np.empty((years, taus))
    for i in range(history.shape[0]):
        for year in range(years):
            values = path[year]
            values[:] = intercepts[year]
            for m in range(orders[year]):
                knot, cubic = knots[year, m], cubics[year, m]
                if m < year:
                    prior = path[year - 1 - m]
                    for t in range(taus):
                        x = prior[t]
                        piece = (x >= knot[0]) + (x >= knot[1]) + (x >= knot[2]) + (x >= knot[3])
                        x -= knot[max(piece - 1, 0)]
                        c = cubic[piece]
                        values[t] += c[0, t] + x * (c[1, t] + x * (c[2, t] + x * c[3, t]))
                else:
                    x = history[i, m - year]
                    piece = (x >= knot[0]) + (x >= knot[1]) + (x >= knot[2]) + (x >= knot[3])
                    x -= knot[max(piece - 1, 0)]
                    c = cubic[piece]
                    for t in range(taus):
                        values[t] += c[0, t] + x * (c[1, t] + x * (c[2, t] + x * c[3, t]))
            settle(values, lows[year], highs[year])
            for level in range(cut_scores.shape[1]):
                position = 0
                while position < taus and values[position] < cut_scores[year, level]:
                    position += 1
                targets[i, year, level] = min(position + 1, 99)
            for q in range(shown.shape[0]):
                scores[i, year, q] = values[shown[q] - 1]
