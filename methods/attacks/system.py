"""What is public about a set of counts, as whole-number equations between cells that lie between bounds.

Every attack reads a `System`. Which equations a release implies is decided in `published`; here they are only held,
reduced to what is unknown, and split where nothing connects.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

Whole = NDArray[np.int64]
OPEN = 1 << 24
"""The upper bound of a count of which nothing is known: more students than any state has."""


class ContradictedError(ValueError):
    """No whole numbers satisfy what is published."""


@dataclass(frozen=True)
class System:
    """Cells with their bounds, and equations: `coefficients @ cells == right`, all whole numbers.

    A cell whose two bounds meet is known. An inequality is an equation with a cell of its own for the rest.
    """

    low: Whole
    high: Whole
    coefficients: sparse.csr_array
    right: Whole

    @property
    def is_unknown(self) -> NDArray[np.bool_]:
        """Whether the bounds of each cell leave more than one number."""
        return self.high > self.low

    def reduced(self) -> tuple["System", Whole]:
        """Keep what is unknown: known cells move to the right side. Also give where the kept cells stood.

        An equation whose cells are all known and that does not hold raises ContradictedError.
        """
        kept = np.flatnonzero(self.is_unknown)
        right = self.right - self.coefficients @ np.where(self.is_unknown, 0, self.low)
        coefficients = self.coefficients[:, kept].tocsr()
        filled = np.diff(coefficients.indptr) > 0
        if np.any(right[~filled] != 0):
            raise ContradictedError(f"{np.count_nonzero(right[~filled])} equations between shown counts do not hold")
        return System(self.low[kept], self.high[kept], coefficients[filled], right[filled]), kept

    def tightened(self, rounds: int = 30) -> "System":
        """Narrow every bound to what one equation at a time leaves, over and over; no world is lost by it.

        Bounds that cross raise ContradictedError.
        """
        low, high = self.low.copy(), self.high.copy()
        entries = sparse.coo_array(self.coefficients)
        (row, cell), value = entries.coords, entries.data
        is_positive = value > 0
        for _ in range(rounds):
            least = value * np.where(is_positive, low[cell], high[cell])
            most = value * np.where(is_positive, high[cell], low[cell])
            least_others = np.bincount(row, least, self.right.size)[row].astype(np.int64) - least
            most_others = np.bincount(row, most, self.right.size)[row].astype(np.int64) - most
            from_most, from_least = self.right[row] - most_others, self.right[row] - least_others
            lows = np.where(is_positive, -(-from_most // value), -(-from_least // value))
            highs = np.where(is_positive, from_least // value, from_most // value)
            before = low.copy(), high.copy()
            np.maximum.at(low, cell, lows)
            np.minimum.at(high, cell, highs)
            if np.any(low > high):
                raise ContradictedError("no whole numbers satisfy what is published")
            if np.array_equal(before[0], low) and np.array_equal(before[1], high):
                break
        return System(low, high, self.coefficients, self.right)

    def components(self) -> list[tuple["System", Whole]]:
        """Split into systems that share no cell, each with where its cells stood; cells in no equation stand alone."""
        equations, cells = self.coefficients.shape
        found = sparse.coo_array(self.coefficients)
        links = sparse.coo_array(
            (np.ones(found.nnz, dtype=np.int8), (found.coords[0], equations + found.coords[1])),
            shape=(equations + cells, equations + cells),
        )
        count, label = connected_components(links, directed=False)
        of_cells = np.split(*_by_label(label[equations:], count))
        of_equations = np.split(*_by_label(label[:equations], count))
        # One system stands after the other, each counting its own cells: to pick one out of them all goes through all.
        place = np.empty(cells, np.int32)
        for own in of_cells:
            place[own] = np.arange(own.size)
        whole = self.coefficients[np.concatenate(of_equations)]
        entries, ends = place[whole.indices], np.cumsum([rows.size for rows in of_equations])
        parts = []
        for own, rows, end in zip(of_cells, of_equations, ends, strict=True):
            start = whole.indptr[end - rows.size : end + 1].astype(np.int32)
            at = slice(start[0], start[-1])
            equations = sparse.csr_array((whole.data[at], entries[at], start - start[0]), shape=(rows.size, own.size))
            if own.size:
                parts.append((System(self.low[own], self.high[own], equations, self.right[rows]), own))
        return parts


def system(low: ArrayLike, high: ArrayLike, rows: ArrayLike, cells: ArrayLike, values: ArrayLike, right: ArrayLike):
    """Make a system from the entries of its equations: equation `rows[i]` has `values[i]` times the cell `cells[i]`."""
    low, high, right = (np.asarray(given, dtype=np.int64) for given in (low, high, right))
    entries = (np.asarray(values, dtype=np.int64), (np.asarray(rows, np.int64), np.asarray(cells, np.int64)))
    coefficients = sparse.coo_array(entries, shape=(right.size, low.size)).tocsr()
    coefficients.sum_duplicates()
    return System(low, high, coefficients, right)


def _by_label(label: NDArray, count: int) -> tuple[Whole, Whole]:
    return np.argsort(label, kind="stable"), np.cumsum(np.bincount(label, minlength=count))[:-1]
