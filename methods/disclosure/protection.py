"""Which rows of a table are withheld so that every sensitive number stays open, with a witness for each.

The cells and their prices are laid out here for `search`, which protects one sensitive cell after the other, districts
first and small numbers first. What cannot be protected is named, for whoever calls to withhold more: the mask fails
closed. Deterministic: the same table gives the same mask.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from methods.disclosure.network import CELL, GROUND, Bools, Ints, Network, families, join
from methods.disclosure.search import NUMBER, protect, worlds


@dataclass
class Worlds:
    """Two worlds that agree with everything published and differ in one cell: each as cells and their numbers."""

    low: tuple[Ints, Ints]
    high: tuple[Ints, Ints]
    width: int


def lay_out(parent: Ints, cells: Ints, kinds: Sequence[str]) -> Network:
    """Set the networks of a table side by side; `cells` and `kinds` are those of `families`."""
    moved, following, own, place, is_total = families(parent, cells, kinds)
    start, steps, first = join([*moved, *following])
    found, every = np.empty(own.size, CELL), np.arange(own.size)
    found["place"], found["is_total"], found["family"] = place, is_total, own
    for end in ("tail", "head"):
        found[end] = first[own] + np.array([getattr(part, end) for part in moved])[own, every]
    leaf = np.full((len(following), len(parent) + 1), GROUND)
    for number, part in enumerate(following):
        leaf[number, :-1] = part.leaf
    outside = first[len(moved) :, None]
    return Network(start, steps, found, np.where(leaf >= 0, leaf + outside, -1))


@dataclass
class Table:
    """The numbers of one table and what is published of each: a closed interval, a point where the number is exact."""

    layout: Network
    value: Ints
    low: Ints
    high: Ints
    widest: Ints
    """The most that a withheld cell can be, as far as anyone knows: its place's total, or its denominator."""
    price: Ints
    """What it costs to withhold a cell."""
    _numbers: NDArray[np.void] = field(init=False)
    _space: Ints = field(init=False)

    def __post_init__(self) -> None:
        self._numbers = np.empty(len(self.value), NUMBER)
        for name in ("value", "low", "high", "widest", "price"):
            self._numbers[name] = getattr(self, name)
            setattr(self, name, self._numbers[name])
        self._keep()
        self._space = np.full((len(self.layout.start), 4), -1)

    def _keep(self) -> None:
        for name, now in (("kept", self.value), ("shown_low", self.low), ("shown_high", self.high)):
            self._numbers[name] = now

    def withhold(self, cells: Ints) -> None:
        """Say nothing of these cells any more."""
        self.low[cells], self.high[cells] = 0, self.widest[cells]

    def worlds(self, cell: int, width: int) -> Worlds:
        """Find two worlds that differ by up to `width` in a cell, and withhold nothing."""
        changes, width, _ = worlds(self.layout, self._numbers, self._space, cell, width, False)
        up, down = (changes[changes[:, 2] == sign] for sign in (1, -1))
        return Worlds(low=(down[:, 0], down[:, 1]), high=(up[:, 0], up[:, 1]), width=width)

    def protect(self, cells: Ints, widths: Ints) -> tuple[Bools, Ints]:
        """Withhold what it takes for each of `cells` to be open by its width; name the cells for which that fails."""
        self._keep()
        order = np.lexsort((cells, self.value[cells], -self.price[cells]))
        dear = np.argsort(-self.price, kind="stable")
        return protect(self.layout, self._numbers, self._space, cells[order], widths[order], dear)


def prices(students: Ints, level: Ints, is_total: Bools) -> Ints:
    """Price the withholding of a row: more for more students, for a district, for all students; most for the state.

    `level` is 0 for the state, 1 for a district and 2 for a school.
    """
    base = np.rint(16 * np.log2(students + 2.0)).astype(np.int64)
    return base * np.choose(level, [72, 6, 1]) * np.where(is_total, 4, 1)
