"""Which rows of a table are withheld so that every sensitive number stays open, with a witness for each.

The cheapest cycles come from `search`; here they are asked for, one sensitive cell after the other, districts first
and small numbers first, and what was withheld in vain is shown again. What cannot be protected is named, for whoever
calls to withhold more: the mask fails closed. Deterministic: the same table gives the same mask.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray

from methods.disclosure.network import CELL, FAST, GROUND, INNER, Bools, Ints, Network, families, join
from methods.disclosure.search import NUMBER, below, distinct, joined, show, withhold, worlds

PAYS = np.array([1, 0, 1, 0])
"""Whether cells may be withheld at first; then while what can be shown again for nothing is, then what can be for less
than it is worth, then what can be for nothing since."""


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
        return _protect(self.layout, self._numbers, self._space, cells[order], widths[order], dear)


@njit(**FAST)
def _protect(network, numbers, space, cells, widths, dear):
    """Withhold what it takes for each of `cells`, in their order, and show again what is not needed, first the dear."""
    size = numbers.size
    wanted, withheld = np.zeros(size, np.int64), np.zeros(size, np.bool_)
    # What the worlds of a cell change, one after the other: `uses[at[cell, 0] : at[cell, 1]]`.
    uses, used, at = np.empty(1024, np.int64), 0, np.zeros((size, 2), np.int64)
    # Which cells need a cell: a chain of `users` [cell, next] from `last`; some of them may need it no more.
    users, links, last = np.empty((1024, 2), np.int64), 0, np.full(size, -1)
    failed, failures = np.empty(cells.size, np.int64), 0
    # For which cell one was withheld, or which could not do without it when that was tried last.
    needed = np.full(size, -1)
    for place in range(cells.size):
        wanted[cells[place]] = widths[place]
    for cell in cells:
        changes, went, paid = worlds(network, numbers, space, cell, wanted[cell], PAYS[0])
        if went < wanted[cell]:
            failed[failures] = cell
            failures += 1
            continue
        for arc in paid:
            withheld[arc], needed[arc] = True, cell
        uses, used = _note(uses, used, at, cell, changes)
        users, links = _link(users, links, last, uses, at, cell)
    for may_pay in PAYS[1:]:
        in_turn, turns = np.empty(size, np.int64), 0
        for arc in dear:
            if withheld[arc] and wanted[arc] == 0:
                in_turn[turns] = arc
                turns += 1
        for arc in in_turn[:turns]:
            # Where nothing is withheld, the order decides nothing but how soon it is known that one cannot do without.
            mine = _users(users, last[arc], uses, at, arc, -1 if may_pay else needed[arc])
            was, before, number = np.empty((mine.size, 2), np.int64), used, numbers[arc]
            for place in range(mine.size):
                was[place, 0], was[place, 1] = at[mine[place], 0], at[mine[place], 1]
            low, high = number.low, number.high
            number.low, number.high = number.shown_low, number.shown_high
            instead, spent, ok = np.empty(0, np.int64), 0, True
            for cell in mine:
                changes, went, paid = worlds(network, numbers, space, cell, wanted[cell], may_pay)
                instead = joined(instead, paid)
                spent += withhold(numbers, paid)
                ok = went >= wanted[cell] and spent < number.price
                if not ok:
                    needed[arc] = cell
                    break
                uses, used = _note(uses, used, at, cell, changes)
            if ok:
                withheld[arc] = False
                for other in instead:
                    withheld[other], needed[other] = True, mine[0]
                for cell in mine:
                    users, links = _link(users, links, last, uses, at, cell)
            else:
                show(numbers, instead)
                number.low, number.high, used = low, high, before
                for place in range(mine.size):
                    at[mine[place], 0], at[mine[place], 1] = was[place, 0], was[place, 1]
    return withheld, failed[:failures]


@njit(**INNER)
def _note(uses, used, at, cell, changes):
    """Note which cells the worlds of a cell change."""
    arcs = distinct(changes[:, 0])
    while used + arcs.size > uses.size:
        uses = joined(uses, uses)
    for place in range(arcs.size):
        uses[used + place] = arcs[place]
    at[cell, 0], at[cell, 1] = used, used + arcs.size
    return uses, used + arcs.size


@njit(**INNER)
def _link(users, links, last, uses, at, cell):
    """Note a cell with all those that its worlds change."""
    for arc in uses[at[cell, 0] : at[cell, 1]]:
        if links == len(users):
            users = below(users, users)
        users[links, 0], users[links, 1] = cell, last[arc]
        last[arc] = links
        links += 1
    return users, links


@njit(**INNER)
def _users(users, link, uses, at, arc, first):
    """Give the cells whose worlds change a cell, by number, but one before the others if it is among them."""
    found, size = np.empty(16, np.int64), 0
    while link >= 0:
        cell, link = users[link, 0], users[link, 1]
        mine = uses[at[cell, 0] : at[cell, 1]]
        place = np.searchsorted(mine, arc)
        if place < mine.size and mine[place] == arc:
            if size == found.size:
                found = joined(found, found)
            found[size] = cell
            size += 1
    found = distinct(found[:size])
    place = np.searchsorted(found, first)
    if place < found.size and found[place] == first:
        for back in range(place, 0, -1):
            found[back] = found[back - 1]
        found[0] = first
    return found


def prices(students: Ints, level: Ints, is_total: Bools) -> Ints:
    """Price the withholding of a row: more for more students, for a district, for all students; most for the state.

    `level` is 0 for the state, 1 for a district and 2 for a school.
    """
    base = np.rint(16 * np.log2(students + 2.0)).astype(np.int64)
    return base * np.choose(level, [72, 6, 1]) * np.where(is_total, 4, 1)
