"""The equations that published counts imply for a reader: places and groups add up, a part is no more than its whole.

Codes and bounds come in as arrays, one entry per published count. A sum that shown counts refute is not believed; every
other sum is believed to hold exactly, which is the strongest reader: whoever allows for overlap knows less.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from methods.attacks.system import OPEN, System, Whole

ROLLUP, PARTITION, PART, PAIR = range(4)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """One entry per count: its table, place and group as whole-number codes, and what is public of it as two bounds.

    A table is one quantity of one measure in one year, as one release shows it. Counts that are one number under two
    names, or in two releases, share a `number`; numbers are codes from 0.
    """

    table: Whole
    place: Whole
    group: Whole
    low: Whole
    high: Whole
    number: Whole


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How counts add up, in the codes of `Counts`.

    `rollups`: for each way to add places up, the children and the parent of each. `partitions`: a whole group and the
    groups that divide it. `parts`: a group and one inside it. `pairs`: two counts by position, the first no larger.
    `sums`: parts and the whole of each by position, for what adds up across tables.
    """

    rollups: Sequence[tuple[Whole, Whole]]
    partitions: Sequence[tuple[int, Sequence[int]]] = ()
    parts: Sequence[tuple[int, int]] = ()
    pairs: tuple[Whole, Whole] = field(default_factory=lambda: (np.zeros(0, np.int64), np.zeros(0, np.int64)))
    sums: tuple[Whole, Whole] = field(default_factory=lambda: (np.zeros(0, np.int64), np.zeros(0, np.int64)))


@dataclass(frozen=True)
class Published:
    """A system whose first cells are the numbers behind the counts, in their order; the rest are remainders.

    `remainder` names the cells that are zero if places and groups add up.
    """

    system: System
    numbers: int
    remainder: Whole

    def off_by(self, known: Whole) -> "Published":
        """Believe of each sum whose numbers are all `known` (-1 where one is not) that it is off by what they say.

        Where they make a part larger than its whole, it is none. The sums that are left are believed to hold exactly.
        """
        coefficients = self.system.coefficients[:, : self.numbers]
        left = coefficients @ np.maximum(known, 0)
        is_known, is_sum = abs(coefficients) @ (known < 0) == 0, np.zeros(left.size, dtype=bool)
        is_sum[self.remainder - self.numbers] = True
        low, high = self.system.low.copy(), self.system.high.copy()
        sums, parts = (self.numbers + np.flatnonzero(own) for own in (is_known & is_sum, is_known & ~is_sum))
        low[sums] = high[sums] = left[sums - self.numbers]
        low[parts] = np.where(left[parts - self.numbers] < 0, -OPEN, 0)
        system = System(low, high, self.system.coefficients, self.system.right)
        return Published(system, self.numbers, np.setdiff1d(self.remainder, sums))

    def closed(self, opened: Iterable[int] = ()) -> System:
        """Believe that everything adds up, but for the sums whose remainders are `opened`: those say nothing."""
        low, high = self.system.low.copy(), self.system.high.copy()
        low[self.remainder] = high[self.remainder] = 0
        given_up = np.asarray(list(opened), dtype=np.int64)
        low[given_up], high[given_up] = -OPEN, OPEN
        return System(low, high, self.system.coefficients, self.system.right)


class _Equations:
    """The entries of equations between counts, as they are found."""

    def __init__(self) -> None:
        self.rows: list[NDArray] = []
        self.cells: list[NDArray] = []
        self.values: list[NDArray] = []
        self.kinds: list[NDArray] = []
        self.equations = self.last = 0

    def add(self, kind: int, row: Whole, cell: Whole, value: int, new: int = 0) -> None:
        """Add entries to the `new` equations that follow, or with 0 to the last ones added."""
        base = self.equations if new else self.equations - self.last
        self.rows.append(base + row)
        self.cells.append(cell)
        self.values.append(np.full(cell.size, value, dtype=np.int64))
        if new:
            self.kinds.append(np.full(new, kind))
            self.equations, self.last = self.equations + new, new


def publish(counts: Counts, layout: Layout) -> Published:
    """Write down every equation between the counts that still holds something unknown."""
    find = _Index(counts)
    found = _Equations()
    for child, parent in layout.rollups:
        own = find.places(child, parent)
        if own[0].size:
            wholes, row = np.unique(own[1], return_inverse=True)
            found.add(ROLLUP, row, own[0], 1, new=wholes.size)
            found.add(ROLLUP, np.arange(wholes.size), wholes, -1)
    for whole, members in layout.partitions:
        wholes = np.flatnonzero(counts.group == whole)
        parts = [find(counts.table[wholes], counts.place[wholes], member) for member in members]
        there = np.all([part >= 0 for part in parts], axis=0)
        if there.any():
            size = int(there.sum())
            found.add(PARTITION, np.arange(size), wholes[there], 1, new=size)
            for part in parts:
                found.add(PARTITION, np.arange(size), part[there], -1)
    for whole, member in layout.parts:
        wholes = np.flatnonzero(counts.group == whole)
        part = find(counts.table[wholes], counts.place[wholes], member)
        _at_most(found, PART, part[part >= 0], wholes[part >= 0])
    _at_most(found, PAIR, *layout.pairs)
    if layout.sums[0].size:
        wholes, row = np.unique(layout.sums[1], return_inverse=True)
        found.add(PARTITION, np.arange(wholes.size), wholes, 1, new=wholes.size)
        found.add(PARTITION, row, layout.sums[0], -1)
    return _assembled(counts, found)


def _at_most(found: _Equations, kind: int, less: Whole, more: Whole) -> None:
    if less.size:
        found.add(kind, np.arange(less.size), more, 1, new=less.size)
        found.add(kind, np.arange(less.size), less, -1)


def _assembled(counts: Counts, found: _Equations) -> Published:
    """Keep equations with something unknown, each once, less those of a table that its shown counts refute."""
    rows, entries, values = (
        np.concatenate(parts) if parts else np.zeros(0, np.int64) for parts in (found.rows, found.cells, found.values)
    )
    kind = np.concatenate(found.kinds) if found.kinds else np.zeros(0, np.int64)
    numbers = int(counts.number.max(initial=-1)) + 1
    low, high = np.zeros(numbers, np.int64), np.full(numbers, OPEN)
    np.maximum.at(low, counts.number, counts.low)
    np.minimum.at(high, counts.number, counts.high)
    matrix = sparse.coo_array((values, (rows, counts.number[entries])), shape=(found.equations, numbers)).tocsr()
    unknowns = abs(matrix) @ (high > low).astype(np.int64)
    most = matrix.maximum(0) @ high + matrix.minimum(0) @ low
    sums = kind <= PARTITION
    # Where shown counts of a table leave less than nothing over, its places or groups do not add up, or its groups are
    # no parts of the whole: an estimate for a group can rest on other students than the one for all.
    table = np.zeros(found.equations, np.int64)
    table[rows] = counts.table[entries]
    key = table * 4 + kind
    refuted = np.unique(key[(most < 0) & ((kind == PART) | (sums & (unknowns == 0)))])
    kept = np.flatnonzero((unknowns > 0) & ~np.isin(key, refuted))
    alike = matrix[kept] @ np.random.default_rng(0).integers(1, 1 << 40, numbers) * 2 + sums[kept]
    kept = kept[np.sort(np.unique(alike, return_index=True)[1])]
    matrix, size = matrix[kept], kept.size
    made = System(
        np.concatenate([low, np.zeros(size, np.int64)]),
        np.concatenate([high, np.full(size, OPEN)]),
        sparse.hstack([matrix, -sparse.eye_array(size, dtype=np.int64)]).tocsr(),
        np.zeros(size, np.int64),
    )
    return Published(made, numbers, numbers + np.flatnonzero(sums[kept]))


class _Index:
    """Find a count by its table, place and group."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.places_count = int(counts.place.max(initial=0)) + 1
        self.groups_count = int(counts.group.max(initial=0)) + 1
        key = self._key(counts.table, counts.place, counts.group)
        self.order = np.argsort(key, kind="stable")
        self.sorted = key[self.order]
        if np.any(self.sorted[1:] == self.sorted[:-1]):
            raise ValueError("two counts stand for one table, place and group")

    def __call__(self, table: Whole, place: Whole, group: Whole | int) -> Whole:
        """Give the position of each, or -1."""
        key = self._key(table, place, group)
        at = np.minimum(np.searchsorted(self.sorted, key), max(self.sorted.size - 1, 0))
        there = (self.sorted[at] == key) & (place >= 0) & (place < self.places_count)
        return np.where(there, self.order[at], -1)

    def places(self, child: Whole, parent: Whole) -> tuple[Whole, Whole]:
        """Pair every count of a child place with the count of its parent place, where both are published."""
        parent_of = np.full(max(self.places_count, int(child.max(initial=-1)) + 1), -1, dtype=np.int64)
        parent_of[child] = parent
        own = np.flatnonzero(parent_of[self.counts.place] >= 0)
        above = self(self.counts.table[own], parent_of[self.counts.place[own]], self.counts.group[own])
        return own[above >= 0], above[above >= 0]

    def _key(self, table: Whole, place: Whole, group: Whole | int) -> Whole:
        return (np.asarray(table) * self.places_count + place) * self.groups_count + group
