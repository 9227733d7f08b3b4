"""Between which two whole numbers each hidden cell must lie, given everything public: linear and integer programs.

Programs are HiGHS models (Huangfu and Hall 2018). Whatever one returns is rounded and held against the equations in
whole numbers before it counts as a possible world; two worlds far enough apart in a cell settle that cell without a
program of its own. A world that differs from a known one in few cells is found by a small program around them, so most
cells are settled there; only the rest ask the whole component, whose model keeps its basis from one objective to the
next. A vertex that is not whole is made whole by an integer program around its fractions, and by one of the component
where that does not settle it, because the integer interval can be narrower.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from methods.attacks.system import OPEN, ContradictedError, System, Whole

SEED = 70_302
SWEEPS = 40
"""Programs with random objectives that come first: each moves many cells at once."""
NEIGHBORS = (120, 600)
"""How many cells around one are free in a small program, while all others stay as they are in a known world."""
OF_ONE_SUM = 12
"""About so many cells of one equation are let into a neighborhood: a state's sum has a thousand."""
MIDDLE = 12
"""How far above its least number a cell stands in the known world, where it can: room on both sides."""
NODES = 20_000
NEAR = 1e-6
EVERY = np.int64(1) << 62
"""The width of a cell whose interval is wanted whole."""


@dataclass(frozen=True)
class Intervals:
    """One entry per cell asked for. `low` and `high` are reached by possible worlds, or proven where `is_proven`.

    `is_settled` is false only where the integer program gave up: such a cell is not shown to be safe.
    """

    cells: Whole
    low: Whole
    high: Whole
    is_proven: NDArray[np.bool_]
    is_settled: NDArray[np.bool_]
    programs: int


@dataclass(frozen=True)
class Claims:
    """What somebody claims to be possible: changes of whole numbers [cell, way], and a world; -1 says nothing."""

    ways: sparse.csc_array
    world: Whole


def intervals(
    system: System,
    cells: ArrayLike,
    enough: ArrayLike | None = None,
    seed: int = SEED,
    claims: Claims | None = None,
    run: Callable[..., Iterable] = map,
) -> Intervals:
    """Find the least and the greatest whole number that each of the unknown `cells` can take.

    With `enough`, one width per cell, the search for a cell ends as soon as two worlds lie that far apart in it.
    `claims` are tried from every world that is found; a way that breaks an equation is not tried.
    A system that no whole numbers satisfy raises ContradictedError. `run` may be the `map` of a pool of threads: no
    component depends on another, and nearly all of their time is spent in programs.
    """
    asked = np.asarray(cells, dtype=np.int64)
    if not np.all(system.is_unknown[asked]):
        raise ValueError("a cell that is known has no interval")
    width = np.full(system.low.size, -1, dtype=np.int64)
    width[asked] = EVERY if enough is None else np.asarray(enough, dtype=np.int64)
    tight = system.tightened()
    low, high = tight.low.copy(), tight.high.copy()
    # What single equations settle, they settle for good: one number, or too few of them.
    proven = (low == high) | ((width < EVERY) & (high - low < width))
    settled = proven.copy()
    reduced, kept = tight.reduced()
    width = np.where(settled, -1, width)[kept]
    proposed = None if claims is None else _holding(tight, claims.ways)[kept]
    parts = reduced.components()
    of = [number for number, (_, own) in enumerate(parts) if np.any(width[own] >= 0)]

    def attacked(number: int) -> tuple[Whole, Whole, NDArray[np.bool_], NDArray[np.bool_], int]:
        part, own = parts[number]
        component = _Component(part, width[own], np.random.default_rng([seed, number]))
        if claims is not None:
            component.claimed, component.ways = claims.world[kept[own]], _Ways(proposed[own])
        component.attack()
        wanted = width[own] >= 0
        ends = (component.low, component.high, component.proven, component.settled)
        return *(found[wanted] for found in ends), component.programs

    programs = 0
    for number, (*found, tried) in zip(of, run(attacked, of), strict=True):
        own = parts[number][1]
        at = kept[own][width[own] >= 0]
        low[at], high[at], proven[at], settled[at] = found
        programs += tried
    return Intervals(asked, low[asked], high[asked], proven[asked], settled[asked], programs)


def refuted(system: System, slack: ArrayLike) -> Whole:
    """Find the cells of `slack` that cannot all be zero if the equations are to hold.

    The sum of their sizes, on either side of zero, is minimized: a world in which the others are zero does exist.
    """
    reduced, kept = system.reduced()
    is_slack = np.isin(kept, np.asarray(slack, dtype=np.int64))
    found = [np.zeros(0, np.int64)]
    for part, own in reduced.components():
        free = np.flatnonzero(is_slack[own])
        if free.size == 0 or _holds_at_zero(part, free):
            continue
        both = sparse.hstack([part.coefficients, -part.coefficients[:, free]]).tocsr()
        high = np.full(own.size + free.size, OPEN)
        high[: own.size] = part.high
        elastic = System(np.concatenate([part.low, np.zeros(free.size, np.int64)]), high, both, part.right)
        cost = np.concatenate([is_slack[own], np.ones(free.size)]).astype(np.float64)
        values = _solve(_model(elastic), cost)
        if values is None:
            raise ContradictedError("the published counts contradict one another")
        found.append(kept[own[free[(values[free] > NEAR) | (values[own.size :] > NEAR)]]])
    return np.concatenate(found)


def _holds_at_zero(part: System, slack: Whole) -> bool:
    high = part.high.copy()
    high[slack] = 0
    return _solve(_model(System(part.low, high, part.coefficients, part.right)), np.zeros(high.size)) is not None


def _holding(system: System, ways: sparse.sparray) -> sparse.csr_array:
    """Keep the ways that change no known cell and no equation."""
    ways = sparse.csc_array(ways)
    known = abs(ways).T @ ~system.is_unknown
    broken = abs(system.coefficients @ ways).sum(axis=0)
    return sparse.csr_array(ways[:, np.flatnonzero((known == 0) & (broken == 0))])


class _Ways:
    """Changes of the cells of one component that keep its equations, entry by entry and way after way."""

    def __init__(self, ways: sparse.csr_array) -> None:
        entries = sparse.coo_array(ways)
        order = np.argsort(entries.coords[1], kind="stable")
        self.cell, self.step = entries.coords[0][order], entries.data[order]
        self._begin(entries.coords[1][order])
        if self.cell.size:
            # The shortest step the same way: a longer one is so many of it.
            self.step //= np.gcd.reduceat(self.step, self.start)[self.way]

    def _begin(self, way: Whole) -> None:
        self.start, self.way = np.unique(way, return_index=True, return_inverse=True)[1:]

    def from_world(self, system: System, world: Whole, is_open: NDArray[np.bool_]) -> tuple[Whole, Whole, Whole]:
        """Go each way as far as the bounds allow, forth and back: cells, and the least and the most they reach.

        A way that changes no open cell is given up for good.
        """
        if self.cell.size:
            useful = np.logical_or.reduceat(is_open[self.cell], self.start)[self.way]
            self.cell, self.step = self.cell[useful], self.step[useful]
            self._begin(self.way[useful])
        if not self.cell.size:
            return self.cell, self.cell, self.cell
        now, size, rises = world[self.cell], np.abs(self.step), self.step > 0
        above, below = (system.high[self.cell] - now) // size, (now - system.low[self.cell]) // size
        forth = np.minimum.reduceat(np.where(rises, above, below), self.start)[self.way]
        back = np.minimum.reduceat(np.where(rises, below, above), self.start)[self.way]
        return self.cell, now - size * np.where(rises, back, forth), now + size * np.where(rises, forth, back)


class _Component:
    """One connected system under attack: what its worlds have reached so far, and what is proven."""

    def __init__(self, system: System, width: Whole, random: np.random.Generator) -> None:
        self.system, self.width, self.random = system, width, random
        self.claimed, self.ways = np.full(width.size, -1), None
        cells = system.low.size
        self.low, self.high = np.full(cells, np.iinfo(np.int64).max // 4), np.full(cells, np.iinfo(np.int64).min // 4)
        self.proven, self.settled = np.zeros(cells, np.bool_), width < 0
        self.programs = 0
        self.linear, self.whole = None, None

    def attack(self) -> None:
        if self.system.right.size == 0:
            self.low, self.high = self.system.low.copy(), self.system.high.copy()
            self.proven[:] = self.settled[:] = True
            return
        self._start()
        self.linear = _model(self.system)
        for sweep in range(SWEEPS if self.width.size > SWEEPS else 0):
            open_cells = self._open()
            if open_cells.size == 0:
                return
            cost = np.zeros(self.width.size)
            cost[open_cells] = self.random.choice((-1.0, 1.0), open_cells.size) * self.random.uniform(
                1, 2, open_cells.size
            )
            before = open_cells.size
            self._world(cost)
            self._world(-cost)
            if sweep and self._open().size > 0.97 * before:
                break
        for neighbors in NEIGHBORS:
            if neighbors < self.width.size:
                for cell in self._open():
                    if not self.settled[cell]:
                        self._settle_near(cell, neighbors)
                        self._open()
        # One cell after the other changes the objective only, so the last vertex is a start for the primal simplex.
        self.linear.setOptionValue("simplex_strategy", 4)
        for cell in self._open():
            if not self.settled[cell]:
                self._settle(cell)
                self._open()

    def _start(self) -> None:
        """Find the world that others are sought around: one that is claimed, or near the middle of what can be."""
        low, high = self.system.low, self.system.high
        middle = np.minimum(low + MIDDLE, (low + high) // 2)
        middle = np.where((self.claimed >= low) & (self.claimed <= high), self.claimed, middle)
        values = middle if self._record(middle) else self._near_middle(middle)
        if values is None:
            values = self._whole_world(np.zeros(self.width.size))
        if values is None:
            raise ContradictedError("no whole numbers satisfy what is published")
        self.world = np.rint(values).astype(np.int64)
        self.by_cell = self.system.coefficients.tocsc()

    def _near_middle(self, middle: Whole) -> NDArray | None:
        low, high, coefficients = self.system.low, self.system.high, self.system.coefficients
        above = System(
            np.concatenate([low, np.zeros(low.size, np.int64)]),
            np.concatenate([middle, high - middle]),
            sparse.hstack([coefficients, coefficients]).tocsr(),
            self.system.right,
        )
        model = _model(above)
        model.setOptionValue("presolve", "on")
        self.programs += 1
        values = _solve(model, np.repeat([-1.0, 1.0], low.size))
        if values is None:
            return None
        values = values[: low.size] + values[low.size :]
        return values if self._record(values) else None

    def _settle_near(self, cell: int, neighbors: int) -> None:
        """Look for worlds that differ in a cell, and in others that are open, from the known one around it alone."""
        near = self._near(np.array([cell]), neighbors)
        rows = np.unique(self.by_cell[:, near].indices)
        part = self.by_cell[:, near][rows]
        right = part @ self.world[near]
        small = System(self.system.low[near], self.system.high[near], part.tocsr(), right)
        model = _model(small)
        cost = np.where(self.settled[near], 0.0, self.random.choice((-1.0, 1.0), near.size))
        cost[near == cell] = near.size
        for sign in (1.0, -1.0):
            self.programs += 1
            values = _solve(model, sign * cost)
            if values is None:
                return
            world = np.rint(values).astype(np.int64)
            if np.all((world >= small.low) & (world <= small.high)) and np.array_equal(part @ world, right):
                self.low[near] = np.minimum(self.low[near], world)
                self.high[near] = np.maximum(self.high[near], world)

    def _near(self, cells: Whole, neighbors: int) -> Whole:
        """Give the cells around some: those in their equations, those in theirs, and so on."""
        rows, columns = self.system.coefficients, self.by_cell
        taken = last = cells
        while taken.size < neighbors and last.size:
            touched = np.unique(columns[:, last].indices)
            both = rows[touched]
            long = np.repeat(np.diff(both.indptr), np.diff(both.indptr))
            last = np.setdiff1d(both.indices[self.random.random(long.size) * long < OF_ONE_SUM], taken)
            last = self.random.permutation(last)[: neighbors - taken.size]
            taken = np.concatenate([taken, last])
        return taken

    def _open(self) -> Whole:
        self.settled |= (self.width >= 0) & (self.high - self.low >= self.width)
        return np.flatnonzero(~self.settled)

    def _settle(self, cell: int) -> None:
        """Prove both ends of one cell, or stop where its worlds already lie far enough apart."""
        ends = []
        for sign in (1.0, -1.0):
            cost = np.zeros(self.width.size)
            cost[cell] = sign
            reached = self._world(cost)
            if reached is None:
                raise ContradictedError("the published counts contradict one another")
            ends.append(int(np.ceil(reached[cell] - NEAR)) if sign > 0 else int(np.floor(reached[cell] + NEAR)))
            if self.high[cell] - self.low[cell] >= self.width[cell]:
                self.settled[cell] = True
                return
        low, high = ends
        if high - low < self.width[cell] < EVERY:
            self.low[cell], self.high[cell] = low, high
            self.proven[cell] = self.settled[cell] = True
            return
        for sign, bound in ((1.0, low), (-1.0, high)):
            if (self.low if sign > 0 else self.high)[cell] != bound:
                cost = np.zeros(self.width.size)
                cost[cell] = sign
                if self._whole_world(cost) is None:
                    return
        self.proven[cell] = self.settled[cell] = True

    def _world(self, cost: NDArray) -> NDArray | None:
        """Give the vertex that the linear program ends at; whole, or made whole around its fractions, it is a world."""
        self.programs += 1
        values = _solve(self.linear, cost)
        if values is not None and not self._record(values):
            self._make_whole(values, cost)
        return values

    def _make_whole(self, values: NDArray, cost: NDArray) -> None:
        """Look for a world near a vertex: its fractions and the cells around them are free, all others stay."""
        world = np.rint(values).astype(np.int64)
        fractions = np.flatnonzero(np.abs(values - world) > NEAR)
        if not 0 < fractions.size <= NEIGHBORS[-1]:
            return
        free = self._near(fractions, fractions.size + NEIGHBORS[-1])
        rows = np.unique(self.by_cell[:, free].indices)
        part = self.by_cell[:, free][rows]
        right = self.system.right[rows] - (self.system.coefficients[rows] @ world - part @ world[free])
        small = System(self.system.low[free], self.system.high[free], part.tocsr(), right)
        self.programs += 1
        found = _solve(_model(small, whole=True), cost[free])
        if found is not None:
            world[free] = np.rint(found)
            self._record(world)

    def _whole_world(self, cost: NDArray) -> NDArray | None:
        self.programs += 1
        if self.whole is None:
            self.whole = _model(self.system, whole=True)
        values = _solve(self.whole, cost)
        if values is None or not self._record(values):
            return None
        return values

    def _record(self, values: NDArray) -> bool:
        world = np.rint(values).astype(np.int64)
        holds = (
            np.all(np.abs(values - world) < NEAR * 10)
            and np.all((world >= self.system.low) & (world <= self.system.high))
            and np.array_equal(self.system.coefficients @ world, self.system.right)
        )
        if holds:
            np.minimum(self.low, world, out=self.low)
            np.maximum(self.high, world, out=self.high)
            if self.ways is not None:
                self._open()
                cell, low, high = self.ways.from_world(self.system, world, ~self.settled)
                np.minimum.at(self.low, cell, low)
                np.maximum.at(self.high, cell, high)
        return bool(holds)


def _model(system: System, *, whole: bool = False) -> highspy.Highs:
    matrix = sparse.csr_array(system.coefficients)
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = system.low.size, system.right.size
    program.col_cost_ = np.zeros(system.low.size)
    program.col_lower_, program.col_upper_ = system.low.astype(np.float64), system.high.astype(np.float64)
    program.row_lower_ = program.row_upper_ = system.right.astype(np.float64)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    program.a_matrix_.index_ = matrix.indices.astype(np.int32)
    program.a_matrix_.value_ = matrix.data.astype(np.float64)
    if whole:
        program.integrality_ = [highspy.HighsVarType.kInteger] * system.low.size
    model = highspy.Highs()
    for option, setting in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", 0),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.5),
        ("mip_max_nodes", NODES),
    ):
        model.setOptionValue(option, setting)
    if not whole:
        model.setOptionValue("presolve", "off")
        model.setOptionValue("solver", "simplex")
    model.passModel(program)
    return model


def _solve(model: highspy.Highs, cost: NDArray) -> NDArray | None:
    """Minimize, from where the last program ended. None where nothing satisfies the equations or the solver gave up."""
    model.changeColsCost(cost.size, np.arange(cost.size, dtype=np.int32), cost)
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.asarray(model.getSolution().col_value)
