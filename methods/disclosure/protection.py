"""Which rows of a table are withheld so that every sensitive number stays open, with a witness for each.

The cheapest cycles come from `network`; here they are asked for, one sensitive cell after the other, districts first
and small numbers first, and what was withheld in vain is shown again. What cannot be protected is named, for whoever
calls to withhold more: the mask fails closed. Deterministic: the same table gives the same mask.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from methods.disclosure.network import GROUND, Bools, Ints, Network, _shift, build

UNBOUNDED = 1 << 40
"""The widest interval of a number that nothing bounds."""
_WAYS = (((1, True), (-1, True)), ((-1, True), (1, True)), ((1, False), (-1, True)), ((-1, False), (1, True)))
"""In which direction a cell is moved first, and whether cells may be withheld for it."""


@dataclass
class Worlds:
    """Two worlds that agree with everything published and differ in one cell: each as cells and their numbers."""

    low: tuple[Ints, Ints]
    high: tuple[Ints, Ints]
    width: int


@dataclass(frozen=True)
class Layout:
    """The cells of a table: where each stands, and the networks in which they can be moved.

    `joined[f]` is the network of family `f`, with the totals of the places where the family adds up to them, and
    `apart[f]` is the same without the totals, or None; `family[a]` is the family in which cell `a` is moved.
    """

    joined: list[Network]
    apart: list[Network | None]
    family: Ints
    place: Ints
    is_total: Bools

    @property
    def size(self) -> int:
        """How many cells there are."""
        return len(self.place)


def lay_out(parent: Ints, cells: Ints, kinds: Sequence[str]) -> Layout:
    """Lay out the cells of a table, numbered from 0 in `cells[place, group]`, -1 where there is none.

    A kind is `total` for all students of a place, the name of a partition whose groups add up to the total, or "" for a
    group that overlaps with others.
    """
    names = np.array(kinds)
    size = int((cells >= 0).sum())
    totals = cells[:, names == "total"].max(axis=1, initial=-1)
    joined: list[Network] = []
    apart: list[Network | None] = []
    family, place = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for name in sorted(set(kinds) - {"", "total"}):
        groups = cells[:, names == name]
        if (groups >= 0).any():
            family[groups[groups >= 0]] = len(joined)
            joined.append(build(parent, size, groups, is_partition=True, totals=totals))
            apart.append(build(parent, size, groups, is_partition=True))
    if not joined:
        joined.append(build(parent, size, totals[:, None], is_partition=False))
        apart.append(None)
    for group in np.flatnonzero(names == ""):
        groups = cells[:, [group]]
        if (groups >= 0).any():
            family[groups[groups >= 0]] = len(joined)
            joined.append(build(parent, size, groups, is_partition=False))
            apart.append(None)
    at, group = np.nonzero(cells >= 0)
    place[cells[at, group]] = at
    is_total = np.zeros(size, dtype=bool)
    is_total[totals[totals >= 0]] = True
    return Layout(joined, apart, family, place, is_total)


@dataclass
class Table:
    """The numbers of one table and what is published of each: a closed interval, a point where the number is exact."""

    layout: Layout
    value: Ints
    low: Ints
    high: Ints
    widest: Ints
    """The most that a withheld cell can be, as far as anyone knows: its place's total, or its denominator."""
    price: Ints
    """What it costs to withhold a cell."""
    marks: Ints = field(init=False)
    cost: Ints = field(init=False)

    def __post_init__(self) -> None:
        nodes = max(len(network.start) for network in self.layout.joined)
        self.low, self.high = self.low.copy(), self.high.copy()
        self.marks, self.cost = np.full((2, nodes), -1), np.full((2, nodes), -1)
        self._kept = self.value.copy()
        self._before = (self.low.copy(), self.high.copy())

    def withhold(self, cells: Ints) -> None:
        """Say nothing of these cells any more."""
        self.low[cells], self.high[cells] = 0, self.widest[cells]

    def worlds(self, cell: int, width: int, *, may_pay: bool = False) -> tuple[Worlds, Ints]:
        """Find two worlds that differ by up to `width` in a cell, and the cells withheld for their sake.

        Where they differ by less than was asked, nothing has been withheld and the difference is the widest found. Of
        the ways to go there, up or down first, with or without paying for the first, the cheapest is taken.
        """
        found, paid = self._worlds(cell, width, ((1, False), (-1, False)))
        if found.width >= width or not may_pay:
            return found, paid
        best, least = None, 0
        for way in _WAYS:
            found, paid = self._worlds(cell, width, way)
            self._give_back(paid)
            price = int(self.price[paid].sum())
            if found.width >= width and (best is None or price < least):
                best, least = way, price
        return self._worlds(cell, width, best or _WAYS[0])

    def moved(self, cell: int, sign: int, by: int) -> tuple[Ints, Ints]:
        """Raise or lower a cell by up to `by` and withhold nothing; give the cells that change, and their numbers."""
        found = self._worlds(cell, by, ((sign, False), (-sign, False)))[0]
        return found.high if sign > 0 else found.low

    def begin(self, cells: Ints, numbers: Ints) -> None:
        """Seek worlds from another one from now on, in which some cells have other numbers."""
        self.value[cells] = self._kept[cells] = numbers

    def _worlds(self, cell: int, width: int, way: tuple[tuple[int, bool], ...]) -> tuple[Worlds, Ints]:
        moved: dict[int, tuple[Ints, Ints]] = {}
        paid: list[Ints] = []
        left = width
        for sign, may_pay in way:
            room = self.high[cell] - self.value[cell] if sign > 0 else self.value[cell] - self.low[cell]
            arcs, went = (np.empty(0, np.int64), 0)
            if min(left, room) > 0:
                arcs, went = self._move(cell, sign, int(min(left, room)), may_pay, paid)
            moved[sign] = arcs, self.value[arcs].copy()
            self.value[arcs] = self._kept[arcs]
            left -= went
        cells = np.concatenate(paid) if paid else np.empty(0, np.int64)
        if left > 0 and cells.size:
            self._give_back(cells)
            cells = cells[:0]
        return Worlds(low=moved[-1], high=moved[1], width=width - left), cells

    def _give_back(self, cells: Ints) -> None:
        """Show cells again that have been withheld."""
        self.low[cells], self.high[cells] = self._before[0][cells], self._before[1][cells]

    def protect(self, cells: Ints, widths: Ints) -> tuple[Bools, Ints]:
        """Withhold what it takes for each of `cells` to be open by its width; name the cells for which that fails."""
        self._kept = self.value.copy()
        self._before = (self.low.copy(), self.high.copy())
        order = np.lexsort((cells, self.value[cells], -self.price[cells]))
        wanted = dict(zip(cells.tolist(), widths.tolist(), strict=True))
        users: dict[int, set[int]] = defaultdict(set)
        uses: dict[int, Ints] = {}
        added: list[int] = []
        failed = []
        for cell in cells[order].tolist():
            found, paid = self.worlds(cell, wanted[cell], may_pay=True)
            if found.width < wanted[cell]:
                failed.append(cell)
                continue
            added.extend(paid.tolist())
            uses[cell] = np.union1d(found.low[0], found.high[0])
            for arc in uses[cell].tolist():
                users[arc].add(cell)
        withheld = np.zeros(self.layout.size, dtype=bool)
        withheld[added] = True
        # First what can be shown again for nothing, then what can be shown again for less than it is worth.
        for may_pay in (False, True, False):
            for arc in sorted(np.flatnonzero(withheld).tolist(), key=lambda arc: (-self.price[arc], arc)):
                instead = None if arc in wanted else self._do_without(arc, wanted, users, uses, may_pay)
                if instead is not None:
                    withheld[arc] = False
                    withheld[instead] = True
        return withheld, np.array(failed, dtype=np.int64)

    def _do_without(
        self, arc: int, wanted: dict, users: dict[int, set[int]], uses: dict[int, Ints], may_pay: bool
    ) -> Ints | None:
        """Show a withheld cell again if whoever needs it has other worlds for less; name what is withheld instead."""
        now = self.low[arc], self.high[arc]
        self.low[arc], self.high[arc] = self._before[0][arc], self._before[1][arc]
        others: dict[int, Ints] = {}
        instead = np.empty(0, np.int64)
        for cell in sorted(users[arc]):
            found, paid = self.worlds(cell, wanted[cell], may_pay=may_pay)
            instead = np.concatenate([instead, paid])
            if found.width < wanted[cell] or self.price[instead].sum() >= self.price[arc]:
                self._give_back(instead)
                self.low[arc], self.high[arc] = now
                return None
            others[cell] = np.union1d(found.low[0], found.high[0])
        for cell, arcs in others.items():
            for old in uses[cell].tolist():
                users[old].discard(cell)
            for new in arcs.tolist():
                users[new].add(cell)
            uses[cell] = arcs
        return instead

    def _send(
        self, network: Network, source: int, goal: int, banned: int, amount: int, may_pay: bool
    ) -> tuple[int, Ints, Ints]:
        if source == goal:
            return amount, np.empty(0, np.int64), np.empty(0, np.int64)
        return _shift(
            network.tail,
            network.head,
            network.start,
            network.incident,
            self.value,
            self.low,
            self.high,
            self.widest,
            self.price,
            source,
            goal,
            banned,
            amount,
            may_pay,
            self.marks,
            self.cost,
        )

    def _move(self, cell: int, sign: int, amount: int, may_pay: bool, paid: list[Ints]) -> tuple[Ints, int]:
        """Raise or lower a cell by up to `amount` and let others make up for it; return the changed cells and how much.

        Where the total of a place moves, its groups must follow in every other partition.
        """
        layout = self.layout
        own = layout.family[cell]
        network = layout.joined[own]
        ends = (network.head[cell], network.tail[cell])
        went, arcs, cost = self._send(network, *ends[::sign], cell, amount, may_pay)
        self.value[cell] += sign * went
        changed, spent = [np.array([cell]), arcs], [cost]
        totals = np.unique(np.concatenate(changed))
        totals = totals[layout.is_total[totals]]
        shift = self.value[totals] - self._kept[totals]
        ok = went > 0
        for family, other in enumerate(layout.apart):
            if not ok or not totals.size:
                break
            if other is None or family == own:
                continue
            node = other.leaf[layout.place[totals]]
            ups = [[int(n), int(s)] for n, s in zip(node, shift, strict=True) if n >= 0 and s > 0]
            downs = [[int(n), int(-s)] for n, s in zip(node, shift, strict=True) if n >= 0 and s < 0]
            while ok and (ups or downs):
                up, down = (ups or [[GROUND, UNBOUNDED]])[0], (downs or [[GROUND, UNBOUNDED]])[0]
                piece = min(up[1], down[1])
                sent, arcs, cost = self._send(other, up[0], down[0], -1, piece, may_pay)
                changed.append(arcs)
                spent.append(cost)
                ok = sent == piece
                up[1] -= piece
                down[1] -= piece
                ups, downs = [pair for pair in ups if pair[1]], [pair for pair in downs if pair[1]]
        every = np.unique(np.concatenate(changed))
        if ok:
            paid.extend(spent)
            return every[self.value[every] != self._kept[every]], went
        self.value[every] = self._kept[every]
        self._give_back(np.concatenate(spent))
        return np.empty(0, np.int64), 0


def prices(students: Ints, level: Ints, is_total: Bools) -> Ints:
    """Price the withholding of a row: more for more students, for a district, for all students; most for the state.

    `level` is 0 for the state, 1 for a district and 2 for a school.
    """
    base = np.rint(16 * np.log2(students + 2.0)).astype(np.int64)
    return base * np.choose(level, [72, 6, 1]) * np.where(is_total, 4, 1)
