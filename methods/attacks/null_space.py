"""Which hidden cells the published equations determine outright: sparse elimination over two finite fields.

A cell is determined exactly when every vector of the null space is zero there. One random null vector shows it but for
a chance of one in two billion a cell, and its zeros are exact, which no floating-point rank can say (Freivalds 1977;
Dumas and Villard 2002 on sparse elimination modulo a prime). Bounds are not used here: see `intervals`.
"""

from heapq import heapify, heappop, heappush

import numpy as np
from numba import njit
from numpy.typing import NDArray

from methods.attacks.system import System

PRIMES = (2_147_483_647, 2_147_483_629)
SEED = 70_301


def determined(system: System, seed: int = SEED) -> NDArray[np.bool_]:
    """Mark each unknown cell that only one number fits, by subtraction alone; known cells are not marked.

    A number that divides a prime could make a determined cell look free in that field, so one field of two is enough.
    """
    reduced, kept = system.reduced()
    marked = np.zeros(system.low.size, dtype=np.bool_)
    coefficients = reduced.coefficients.tocsr()
    coefficients.sort_indices()
    start, column = coefficients.indptr.astype(np.int64), coefficients.indices.astype(np.int64)
    for prime in PRIMES:
        free = np.random.default_rng([seed, prime]).integers(1, prime, kept.size)
        marked[kept] |= _null_vector(start, column, coefficients.data % prime, free, prime) == 0
    return marked


@njit(cache=True)
def _inverse(number: int, prime: int) -> int:
    result, base, power = 1, number % prime, prime - 2
    while power:
        if power & 1:
            result = result * base % prime
        base = base * base % prime
        power >>= 1
    return result


@njit(cache=True)
def _null_vector(start, column, value, free, prime):
    """Eliminate, cheapest pivot first, and complete the random numbers in `free` to a vector of the null space.

    Rows live in an arena that only grows. A cell that stands in one row alone is taken as that row's pivot first, since
    nothing else changes; then the shortest row gives its cell that stands in the fewest rows.
    """
    rows, columns = start.size - 1, free.size
    size = max(4 * column.size, 1024)
    arena_column, arena_value = np.empty(size, np.int64), np.empty(size, np.int64)
    arena_column[: column.size], arena_value[: column.size] = column, value
    used = column.size
    begin, length = start[:-1].copy(), start[1:] - start[:-1]
    # A chain per cell of the rows that hold it; entries of rows that have lost the cell are passed over.
    head, count = np.full(columns, -1, np.int64), np.zeros(columns, np.int64)
    following, holder = np.empty(size, np.int64), np.empty(size, np.int64)
    links = 0
    for row in range(rows):
        for at in range(begin[row], begin[row] + length[row]):
            cell = column[at]
            following[links], holder[links] = head[cell], row
            head[cell] = links
            links += 1
            count[cell] += 1
    single = [cell for cell in range(columns) if count[cell] == 1]
    queue = [(length[row], row) for row in range(rows)]
    heapify(queue)
    done = np.zeros(rows, np.bool_)
    order, pivots = np.empty(rows, np.int64), np.full(rows, -1, np.int64)
    steps = 0
    scratch_column, scratch_value = np.empty(columns, np.int64), np.empty(columns, np.int64)
    while True:
        pivot, row = -1, -1
        while single and pivot < 0:
            cell = single.pop()
            if count[cell] != 1:
                continue
            link = head[cell]
            while link >= 0:
                if not done[holder[link]] and _find(arena_column, begin[holder[link]], length[holder[link]], cell) >= 0:
                    pivot, row = cell, holder[link]
                    break
                link = following[link]
        while queue and pivot < 0:
            shortest, candidate = heappop(queue)
            if done[candidate] or shortest != length[candidate] or shortest == 0:
                continue
            row = candidate
            for at in range(begin[row], begin[row] + length[row]):
                if pivot < 0 or count[arena_column[at]] < count[pivot]:
                    pivot = arena_column[at]
        if pivot < 0:
            break
        done[row] = True
        order[steps], pivots[row] = row, pivot
        steps += 1
        own = begin[row], length[row]
        scale = _inverse(arena_value[_find(arena_column, own[0], own[1], pivot)], prime)
        for at in range(own[0], own[0] + own[1]):
            cell = arena_column[at]
            count[cell] -= 1
            if count[cell] == 1:
                single.append(cell)
        link = head[pivot]
        while link >= 0 and count[pivot] > 0:
            other = holder[link]
            link = following[link]
            if done[other]:
                continue
            at = _find(arena_column, begin[other], length[other], pivot)
            if at < 0:
                continue
            factor = (prime - arena_value[at]) * scale % prime
            # other + factor * row, both sorted by cell, into the scratch arrays
            i, j, k = begin[other], own[0], 0
            end_i, end_j = i + length[other], own[0] + own[1]
            while i < end_i or j < end_j:
                if j >= end_j or (i < end_i and arena_column[i] < arena_column[j]):
                    scratch_column[k], scratch_value[k] = arena_column[i], arena_value[i]
                    i += 1
                    k += 1
                elif i >= end_i or arena_column[j] < arena_column[i]:
                    cell = arena_column[j]
                    scratch_column[k], scratch_value[k] = cell, arena_value[j] * factor % prime
                    if links == following.size:
                        following, holder = _doubled(following), _doubled(holder)
                    following[links], holder[links] = head[cell], other
                    head[cell] = links
                    links += 1
                    count[cell] += 1
                    j += 1
                    k += 1
                else:
                    cell = arena_column[i]
                    total = (arena_value[i] + arena_value[j] * factor) % prime
                    if total:
                        scratch_column[k], scratch_value[k] = cell, total
                        k += 1
                    else:
                        count[cell] -= 1
                        if count[cell] == 1:
                            single.append(cell)
                    i += 1
                    j += 1
            if k <= length[other]:
                target = begin[other]
            else:
                while used + k > arena_column.size:
                    arena_column, arena_value = _doubled(arena_column), _doubled(arena_value)
                target = used
                used += k
            arena_column[target : target + k], arena_value[target : target + k] = scratch_column[:k], scratch_value[:k]
            begin[other], length[other] = target, k
            heappush(queue, (k, other))
    vector = free.copy()
    for step in range(steps - 1, -1, -1):
        row = order[step]
        total, scale = 0, 1
        for at in range(begin[row], begin[row] + length[row]):
            if arena_column[at] == pivots[row]:
                scale = arena_value[at]
            else:
                total = (total + arena_value[at] * vector[arena_column[at]]) % prime
        vector[pivots[row]] = (prime - total) * _inverse(scale, prime) % prime
    return vector


@njit(cache=True)
def _find(columns, begin, length, cell):
    low, high = begin, begin + length
    while low < high:
        middle = (low + high) // 2
        if columns[middle] < cell:
            low = middle + 1
        else:
            high = middle
    return low if low < begin + length and columns[low] == cell else -1


@njit(cache=True)
def _doubled(array):
    larger = np.empty(2 * array.size, array.dtype)
    larger[: array.size] = array
    return larger
