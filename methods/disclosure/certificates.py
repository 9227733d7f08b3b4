"""The proof that hidden numbers stay open, made from published numbers alone, so that it tells no more than they do.

A base world is a table of whole numbers that agrees with everything published; a linear program finds it, whose costs
depend on nothing but the place of a cell in its table. From there, for each hidden cell, two worlds that differ in it
as far as the width asks: along a cheapest cycle, or else by a linear program, which finds the widest there is. No true
number but published ones is used. Where a sensitive number is left too narrow, more is withheld.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from methods.disclosure.linked import SHOWN, UNPROTECTABLE, Hierarchy, Rows, System, hide
from methods.disclosure.moves import Sums, graph, keeps, rooms, search
from methods.disclosure.network import Bools, Ints
from methods.disclosure.protection import Worlds
from methods.disclosure.search import UNBOUNDED

Limits = tuple[Ints, Ints]
"""Cells that may not exceed others: theirs and the others'."""
FAR, ROOM = 1e7, 9
"""The largest number a program may choose, and the room sought below."""
BROKEN, EXCEEDED = 1e3, 1e6
"""What it costs to break an equation by one (places and groups overlap), and a limit by one (nothing may)."""
STEP, NODES, NEARLY = 1e-3, 200, 1e-6
"""What it costs to change another cell by one where a cell moves by one, and how long whole numbers are sought."""
DUAL, PRIMAL = 1, 4
"""How a program is solved that moves a cell from where it may not stay, and one whose beginning may."""
LARGE, BESIDE, ALL_BESIDE = 3_000, (6, 24), 1_000_000
"""In a system of so many open cells, those of the places around one may move before all may: so many under each, and
then all of the district, whose sums say how far its own cells can go."""
ROUNDS = 30
"""How often what one sum tells of a cell is carried on to the next."""
FEW_STEPS, STEPS = 6, 10
"""How often only the rows that are needed are withheld for what is too narrow, and how often anything is."""


@dataclass(frozen=True)
class Proof:
    """The base world of one system, and for each certified cell the two worlds that differ there."""

    rows: Ints
    """A row of the results for each cell of the system."""
    is_exact: Bools
    base: Ints
    certified: Ints
    worlds: list[Worlds]
    needs: Ints
    """What to withhold so that the sensitive cells that are too narrow get their width."""


def prove(
    rows: Rows,
    hierarchy: Hierarchy,
    systems: Sequence[System],
    reasons: Ints,
    shares: tuple[Ints, Ints],
    width: int,
    on_progress: Callable[[int, int], None] | None = None,
    run: Callable[..., Iterable[Proof]] = map,
) -> tuple[list[Proof], Ints]:
    """Make the proof of every system, and withhold more where published numbers leave a sensitive one too narrow.

    `shares` are the least and the most of each row's numerator that its published share allows. First the rows are
    withheld without which a number is wide enough, then its place, its group too, and the whole table: the mask fails
    closed. Gives the proofs and the reasons after it. `run` may be the `map` of a pool of threads: the systems of one
    step do not depend on each other, and most of their time is spent in compiled code.
    """
    reasons, proofs, is_narrow = reasons.copy(), {}, {}
    one = partial(_prove, rows, hierarchy, reasons=reasons, shares=shares, width=width)
    # What is withheld for numerators hides students too, who then have to be proved once only.
    for quantity in ("numerator", "students"):
        todo = [number for number, system in enumerate(systems) if system.quantity == quantity]
        for step in range(STEPS):
            for number, proof in zip(todo, run(one, [systems[number] for number in todo]), strict=True):
                proofs[number], is_narrow[number] = proof, too_narrow(systems[number], proof).size > 0
                if on_progress and not step:
                    on_progress(len(proofs), len(systems))
            narrow = [number for number in proofs if is_narrow[number]]
            if not narrow:
                break
            before = reasons.copy()
            for number in narrow:
                more = systems[number].rows[:, _to_withhold(rows, systems[number], proofs[number], step)]
                reasons[more[rows.has_number[more] & (reasons[more] == SHOWN)]] = UNPROTECTABLE
            is_new = before != reasons
            todo = [number for number in proofs if is_new[systems[number].rows].any()]
    return [proofs[number] for number in range(len(systems))], reasons


def warm() -> None:
    """Compile every kernel and store the machine code, so that no timed run compiles."""
    parts = np.array([[4, 30], [30, 40], [25, 35], [60, 3]])
    schools = np.column_stack([parts.sum(axis=1), parts])
    students = np.vstack([schools.sum(axis=0), schools]).ravel()
    place, group = np.divmod(np.arange(students.size), 3)
    numbers = {field.name: np.zeros(students.size, dtype=np.int64) for field in fields(Rows)} | {
        "place": place, "group": group, "whole": np.full(students.size, -1), "others": np.full(students.size, -1),
        "minimum": np.full(students.size, 10), "floor": np.full(students.size, 3), "width": np.full(students.size, 5),
    }  # fmt: skip
    numbers |= dict.fromkeys(("students", "students_low", "students_high", "denominator"), students)
    numbers |= dict.fromkeys(("numerator", "numerator_low", "numerator_high"), students // 2)
    numbers |= dict.fromkeys(("takes_part", "has_number", "is_exact"), students > 0)
    numbers |= dict.fromkeys(("is_empty", "is_open_ended"), students < 0)
    rows = Rows(**numbers)
    hierarchy = Hierarchy(np.array([-1, 0, 0, 0, 0]), np.array([0, 2, 2, 2, 2]), ["total", "part", "part"])
    reasons, systems = hide(rows, hierarchy)
    prove(rows, hierarchy, systems, reasons, (rows.numerator, rows.numerator), 5)


def too_narrow(system: System, proof: Proof) -> Ints:
    """Name the sensitive cells whose two worlds differ by less than their width."""
    found = np.full(proof.base.size, UNBOUNDED)
    found[proof.certified] = [worlds.width for worlds in proof.worlds]
    return system.sensitive[found[system.sensitive] < system.widths]


def _to_withhold(rows: Rows, system: System, proof: Proof, step: int) -> Ints:
    """Name the cells of a system that are withheld for those that are too narrow, more with each step."""
    if step < FEW_STEPS:
        return proof.needs
    first = system.rows[0]
    place, group = rows.place[first], rows.group[first]
    narrow = too_narrow(system, proof)
    scope = np.isin(place, place[narrow])
    if step > FEW_STEPS:
        scope |= np.isin(group, group[narrow])
    return np.flatnonzero(scope | (step > FEW_STEPS + 1))


def _prove(
    rows: Rows,
    hierarchy: Hierarchy,
    system: System,
    reasons: Ints,
    shares: tuple[Ints, Ints],
    width: int,
) -> Proof:
    members, first = system.rows, system.rows[0]
    cells = np.full((len(hierarchy.parent), len(hierarchy.family)), -1)
    cells[rows.place[first], rows.group[first]] = np.arange(first.size)
    is_shown = rows.has_number[members] & (reasons[members] == SHOWN)
    open_ended, limits = np.zeros(first.size, dtype=bool), _limits(cells, hierarchy)
    if system.quantity == "students":
        least, most = rows.students_low[members], rows.students_high[members]
    else:
        least, most = (end[members] for end in shares)
        open_ended = (is_shown & rows.is_open_ended[members]).any(axis=0)
    low = np.where(is_shown, least, 0).max(axis=0)
    high = np.where(is_shown, most, UNBOUNDED).min(axis=0)
    equations = _equations(cells, hierarchy, first.size)
    base = base_world(low, high, equations, limits)
    is_exact = low == high
    certified = np.flatnonzero((~is_shown.any(axis=0) | open_ended) & ~is_exact)
    moves = _Moves(base, low, high, equations, limits, _Around(cells, hierarchy, base, low, high))
    asked = np.minimum(moves.room(), width)
    # The groups of a partition are no more than their place because they add up to it; others have to be held to it.
    is_apart = np.array(hierarchy.family)[rows.group[first][limits[0]]] == ""
    networks = graph(hierarchy, cells, ~is_exact, base, (limits[0][is_apart], limits[1][is_apart]))
    found = _Found(base, certified, asked, search(networks, moves.kept, base, low, high, certified, asked, width))
    is_sensitive = np.isin(certified, system.sensitive)
    hidden, others = certified[is_sensitive], certified[~is_sensitive]
    # Where a sensitive cell is too narrow, the system is proved anew, and the others have their turn then.
    for cells in (hidden, others):
        for cell in cells.tolist():
            if found.lacks[cell]:
                found.keep(cell, moves.worlds(cell, width, asked[cell]))
        proof = Proof(
            first, is_exact, base, cells, [found.pairs[cell] for cell in cells.tolist()], np.empty(0, np.int64)
        )
        narrow = too_narrow(system, proof).tolist()
        if narrow:
            break
    else:
        return replace(proof, certified=certified, worlds=[found.pairs[cell] for cell in certified.tolist()])
    opened = np.zeros(first.size, dtype=bool)
    widths = dict(zip(system.sensitive.tolist(), system.widths.tolist(), strict=True))
    for cell in narrow:
        opened[moves.needs(cell, widths[cell], opened, system.table.price)] = True
    return replace(proof, needs=np.flatnonzero(opened))


def base_world(low: Ints, high: Ints, equations: sparse.csr_matrix, limits: Limits) -> Ints:
    """Find whole numbers in [low, high] that break equations and limits as little as what is published allows.

    An equation holds but for what its places or groups have in common (a student who moved, one without a race). One
    that the numbers of its own cells refute is no equation for any reader, and nothing is held to it.
    """
    equations = equations[_is_believed(equations, low, high)]
    world = low.astype(np.int64).copy()
    columns = np.flatnonzero(low < high)
    if not columns.size:
        return world
    sums = sparse.vstack([equations, _over(limits, low.size)], format="csc")
    is_limit = np.arange(sums.shape[0]) >= equations.shape[0]
    bound = -(sums @ np.where(low < high, 0, low).astype(float))
    mine = sums[:, columns]
    # Near the middle there is room on both sides, so each further third of the way down costs more; a cost that hardly
    # two cells share makes the solution the only one.
    middle = low[columns] + np.minimum(ROOM, (high[columns] - low[columns]) // 2)
    own = 1 + (np.arange(columns.size) * 2654435761 % 1_000_003) / 1_000_003 / 10
    third = (middle - low[columns]) // 3
    steps = [high[columns] - middle, middle - low[columns] - 2 * third, third, third]
    slack = sparse.eye(sums.shape[0])
    bound = bound - mine @ middle.astype(float)
    found = _in_whole_numbers(
        cost=np.concatenate([own, own, 2 * own, 4 * own, *2 * [np.where(is_limit, EXCEEDED, BROKEN)]]),
        matrix=sparse.hstack([mine, -mine, -mine, -mine, slack, -slack], format="csc"),
        bound=(np.where(is_limit, -np.inf, bound), bound),
        high=np.minimum(np.concatenate([*steps, np.full(2 * bound.size, FAR)]), FAR),
        cells=columns.size,
    )
    more, *less = np.rint(found[: 4 * columns.size]).astype(np.int64).reshape(4, -1)
    world[columns] = np.clip(middle + more - sum(less), low[columns], high[columns])
    return world


def _is_believed(equations: sparse.csr_matrix, low: Ints, high: Ints) -> Bools:
    """Tell which equations the intervals of their own cells leave possible."""
    parts, wholes = equations.maximum(0), -equations.minimum(0)
    least, most = parts @ low - wholes @ high, parts @ high - wholes @ low
    return (least <= 0) & (most >= 0)


def _in_whole_numbers(
    cost: NDArray, matrix: sparse.csc_matrix, bound: tuple[NDArray, NDArray], high: NDArray, cells: int
) -> NDArray[np.float64]:
    """Solve the program of a base world: four unknowns for each cell, and two for what each sum is broken by.

    Where some are no whole numbers, those that share a sum with them are sought anew in whole numbers, then those that
    share a sum with these, as long as more sums are broken for it, and in the end all.
    """
    found = _solve(cost, matrix, bound, high, whole=0)
    off = (np.abs(found - np.rint(found))[: 4 * cells] > NEARLY).reshape(4, cells).any(axis=0)
    if not off.any():
        return found
    breaks, sums = cost[4 * cells :], abs(matrix[:, :cells])
    for _ in range(2):
        off = sums.T @ (sums @ off) > 0
        rows = np.flatnonzero(sums @ off > 0)
        free = np.flatnonzero(np.r_[np.tile(off, 4), np.zeros(breaks.size, dtype=bool)])
        free = np.concatenate([free, 4 * cells + rows, 4 * cells + matrix.shape[0] + rows])
        world = np.rint(found)
        world[free] = 0
        rest = (matrix @ world)[rows]
        anew = _solve(
            cost[free], matrix[rows][:, free], (bound[0][rows] - rest, bound[1][rows] - rest), high[free], 4 * off.sum()
        )
        if anew.size:
            world[free] = anew
            if breaks @ world[4 * cells :] <= breaks @ found[4 * cells :] + BROKEN / 2:
                return world
    return _solve(cost, matrix, bound, high, whole=4 * cells)


class _Found:
    """Two worlds for each cell that has some: what moves one cell far enough often moves others far enough as well."""

    def __init__(self, base: Ints, certified: Ints, asked: Ints, pairs: dict[int, Worlds]) -> None:
        self.base, self.asked, self.pairs = base, asked, pairs
        self.lacks = np.zeros(base.size, dtype=bool)
        self.lacks[[cell for cell in certified.tolist() if cell not in pairs]] = True

    def keep(self, cell: int, pair: Worlds) -> None:
        """Keep two worlds for the cell that they were sought for, and for each that lacks some and moves as asked."""
        self.pairs[cell], self.lacks[cell] = pair, False
        cells = np.union1d(pair.low[0], pair.high[0])
        cells = cells[self.lacks[cells]]
        if not cells.size:
            return
        rise = _within(cells, pair.high, self.base) - _within(cells, pair.low, self.base)
        turned = Worlds(pair.high, pair.low, pair.width)
        for other, up in zip(cells.tolist(), rise.tolist(), strict=True):
            if abs(up) >= max(self.asked[other], 1):
                self.pairs[other] = replace(pair if up > 0 else turned, width=abs(up))
                self.lacks[other] = False


def _within(cells: Ints, world: tuple[Ints, Ints], base: Ints) -> Ints:
    """Give the numbers of some cells in a world, which are those of the base where it changes nothing."""
    changed, numbers = world
    order = np.argsort(changed)
    at = np.searchsorted(changed[order], cells).clip(max=max(changed.size - 1, 0))
    if not changed.size:
        return base[cells]
    at = order[at]
    return np.where(changed[at] == cells, numbers[at], base[cells])


class _Opening(NamedTuple):
    """A program that finds what to withhold, for the cells `near` one, and how far each of its unknowns may go.

    The unknowns are, for each cell, how far it rises and falls within what is published, and beyond that.
    """

    near: Ints
    solver: highspy.Highs
    room: NDArray[np.float64]


class _Moves:
    """The ways to move one cell of a base world by as much as published numbers leave, by linear programs."""

    def __init__(
        self, base: Ints, low: Ints, high: Ints, equations: sparse.csr_matrix, limits: Limits, around: "_Around"
    ) -> None:
        self.base, self.low, self.high, self.equations, self.limits = base, low, high, equations, limits
        self.columns = np.flatnonzero(low < high)
        self.over = _over(limits, base.size)
        self.sums = sparse.vstack([equations, self.over], format="csc")
        sums = self.sums[:, self.columns]
        self.matrix = sparse.hstack([sums, -sums], format="csc")
        # Where published numbers themselves refute a limit, no world exceeds it by more than the base world does.
        self.excess = np.maximum(self.over @ base, 0)
        top = np.concatenate([np.zeros(equations.shape[0]), self.excess - self.over @ base])
        self.bound = np.where(np.arange(top.size) < equations.shape[0], top, -np.inf), top
        self.kept = Sums(self.sums.indptr, self.sums.indices, self.sums.data, *self.bound, np.zeros(top.size))
        self.around, self.entries = around, np.bincount(sums.indices, minlength=top.size)
        self.solver: highspy.Highs | None = None
        self.opening: _Opening | None = None

    def allow(self, found: Worlds) -> bool:
        """Say whether two worlds keep every sum of the base world and every limit."""
        worlds = (found.low, found.high)
        return all(keeps(self.kept, changed, numbers - self.base[changed]) for changed, numbers in worlds)

    def room(self) -> Ints:
        """Give by how much each cell can move at the most, as far as one equation after the other tells."""
        down, up = np.minimum(self.base - self.low, FAR), np.minimum(self.high - self.base, FAR)
        rooms(self.kept, down, up, FAR, ROUNDS)
        return (down + up).astype(np.int64)

    def worlds(self, cell: int, width: int, enough: int) -> Worlds:
        """Find two worlds that differ by up to `width` in a cell, or by all that there is.

        In a large system the cells around one may move first; where that gives less than `enough`, and the sums that
        hold no others do not say that there is no more, all may.
        """
        if self.columns.size > LARGE:
            for beside in (*BESIDE, ALL_BESIDE):
                near = self.around(cell, beside)
                found = self._worlds(cell, width, near)
                if found.width >= enough or found.width >= self._most(cell, near):
                    return found
        return self._worlds(cell, width, None)

    def _worlds(self, cell: int, width: int, near: Ints | None) -> Worlds:
        left, found = width, {}
        for sign in (1, -1):
            changed, numbers, went = self._move(cell, sign, left, near)
            found[sign] = changed, numbers
            left -= went
        return Worlds(low=found[-1], high=found[1], width=width - left)

    def _most(self, cell: int, near: Ints) -> int:
        """Give the most by which a cell could move, whatever others do, by the sums of those near it alone."""
        sums = self.sums[:, near]
        rows, entries = np.unique(sums.indices, return_counts=True)
        rows = rows[entries == self.entries[rows]]
        if not rows.size:
            return int(FAR)
        up, down = np.minimum(self.high - self.base, FAR)[near], (self.base - self.low)[near]
        room = np.concatenate([up, down], dtype=float)
        sums, bound = sums[rows], (self.bound[0][rows], self.bound[1][rows])
        matrix, at = sparse.hstack([sums, -sums], format="csc"), int(np.searchsorted(near, cell))
        most = 0
        for aim, other in ((at, near.size + at), (near.size + at, at)):
            cost, ahead = np.zeros(room.size), room.copy()
            cost[aim], ahead[other] = -1, 0
            found = _solve(cost, matrix, bound, ahead, whole=0)
            most += int(found[aim] + NEARLY) if found.size else int(FAR)
        return most

    def needs(self, cell: int, width: int, opened: Bools, price: Ints) -> Ints:
        """Name cheap cells to withhold so that a cell could rise by `width`; what is opened already costs nothing."""
        if self.columns.size > LARGE:
            found = self._needs(cell, width, opened, price, self.around(cell, BESIDE[0], is_open=False))
            if found.size:
                return found
        return self._needs(cell, width, opened, price, np.arange(self.base.size))

    def _needs(self, cell: int, width: int, opened: Bools, price: Ints, near: Ints) -> Ints:
        if self.opening is None or not np.array_equal(self.opening.near, near):
            self.opening = self._opening(near, price)
        _, solver, room = self.opening
        at = np.flatnonzero(opened[near])
        free = np.concatenate([2 * near.size + at, 3 * near.size + at]).astype(np.int32)
        solver.changeColsCost(free.size, free, np.full(free.size, STEP))
        own = int(np.searchsorted(near, cell)) + near.size * np.arange(4)
        rise = min(width, room[own[0]])
        for column, step in zip(own.tolist(), (rise, 0, width - rise, 0), strict=True):
            solver.changeColBounds(column, step, step)
        is_best, found = _run(solver)
        for column, end in zip(own.tolist(), room[own].tolist(), strict=True):
            solver.changeColBounds(column, 0.0, end)
        above, below = found[2 * near.size :].reshape(2, -1) if is_best else np.zeros((2, near.size))
        return near[above + below > NEARLY]

    def _opening(self, near: Ints, price: Ints) -> "_Opening":
        up, down = (np.clip(end, 0, FAR)[near] for end in (self.high - self.base, self.base - self.low))
        sums = self.sums[:, near]
        kept = np.unique(sums.indices)
        sums = sums[kept]
        beyond = (np.maximum(price, 1) / max(price.min(), 1))[near]
        room = np.concatenate([up, down, np.full(up.size, FAR), np.clip(self.low[near], 0, FAR)]).astype(float)
        solver = _program(
            cost=np.concatenate([np.full(2 * up.size, STEP), beyond, beyond]),
            matrix=sparse.hstack([sums, -sums, sums, -sums], format="csc"),
            bound=(self.bound[0][kept], self.bound[1][kept]),
            high=room,
        )
        _start_again(solver, DUAL)
        return _Opening(near, solver, room)

    def _step(self, aim: int, room: NDArray, own: tuple[int, int]) -> NDArray[np.float64]:
        """Move one cell as far as it goes, from the base world, which is a vertex of the program to start from."""
        if self.solver is None:
            cost = np.full(room.size, STEP)
            self.solver = _program(cost, self.matrix, self.bound, self._room())
            _start_again(self.solver, PRIMAL)
        for at in own:
            self.solver.changeColBounds(at, 0.0, room[at])
        self.solver.changeColCost(aim, -1.0)
        is_best, found = _run(self.solver)
        is_whole = np.abs(found - np.rint(found)).max(initial=0) <= NEARLY
        self.solver.changeColCost(aim, STEP)
        for at, end in zip(own, self._room()[list(own)], strict=True):
            self.solver.changeColBounds(at, 0.0, end)
        if is_best and is_whole:
            return found
        cost = np.full(room.size, STEP)
        cost[aim] = -1
        return _solve(cost, self.matrix, self.bound, room, whole=room.size)

    def _step_near(self, aim: int, room: NDArray, near: Ints) -> NDArray[np.float64]:
        """Move one cell as far as it goes while none but those near it move."""
        sums = self.sums[:, near]
        rows = np.unique(sums.indices)
        sums = sums[rows]
        cost = np.full(room.size, STEP)
        cost[aim] = -1
        bound = self.bound[0][rows], self.bound[1][rows]
        return _solve(cost, sparse.hstack([sums, -sums], format="csc"), bound, room, whole=room.size)

    def _room(self) -> NDArray[np.float64]:
        up, down = np.minimum(self.high - self.base, FAR), np.minimum(self.base - self.low, FAR)
        return np.concatenate([up[self.columns], down[self.columns]]).astype(float)

    def _move(self, cell: int, sign: int, most: int, near: Ints | None) -> tuple[Ints, Ints, int]:
        columns = self.columns if near is None else near
        at = int(np.searchsorted(columns, cell))
        up = np.minimum(self.high - self.base, FAR)[columns].astype(float)
        down = (self.base - self.low)[columns].astype(float)
        (ahead, back) = (up, down) if sign > 0 else (down, up)
        ahead[at], back[at] = min(ahead[at], most), 0
        nothing = np.empty(0, np.int64), np.empty(0, np.int64), 0
        if ahead[at] < 1:
            return nothing
        room = np.concatenate([up, down])
        aim = at if sign > 0 else columns.size + at
        found = self._step(aim, room, (at, columns.size + at)) if near is None else self._step_near(aim, room, near)
        if not found.size:
            return nothing
        step = np.rint(found).astype(np.int64)
        move = step[: columns.size] - step[columns.size :]
        changed = columns[move != 0]
        pair = changed, self.base[changed] + move[move != 0]
        if not self.allow(Worlds(pair, pair, 0)):
            return nothing
        return *pair, abs(int(move[at]))


class _Around:
    """The open cells of the places around one: those it is a part of, and beside each of them some that have room."""

    def __init__(self, cells: Ints, hierarchy: Hierarchy, base: Ints, low: Ints, high: Ints) -> None:
        total = list(hierarchy.family).index("total")
        is_there = cells >= 0
        self.all, self.cells = cells, np.where(is_there & (low < high)[cells], cells, -1)
        self.place, self.group = np.zeros((2, base.size), dtype=np.int64)
        self.place[cells[is_there]], self.group[cells[is_there]] = np.nonzero(is_there)
        # Who can give or take most of the group, and of all students.
        own = np.where(self.cells >= 0, 1 + np.minimum(base - low, ROOM)[cells], 0)
        self.room = own + own[:, [total]]
        below = np.flatnonzero(hierarchy.parent >= 0)
        child = np.concatenate([below, hierarchy.rollups[0]])
        over = np.concatenate([hierarchy.parent[below], hierarchy.rollups[1]])
        self.over = self._lists(child, over, len(hierarchy.parent))
        self.under = self._lists(over, child, len(hierarchy.parent))
        self.first: dict[tuple[int, int], list[int]] = {}

    @staticmethod
    def _lists(key: Ints, value: Ints, size: int) -> list[Ints]:
        order = np.argsort(key, kind="stable")
        return np.split(value[order], np.searchsorted(key[order], np.arange(1, size)))

    def _roomy(self, place: int, group: int, most: int) -> list[int]:
        """Give a few places under one that have the most room in a group."""
        if (place, group) not in self.first:
            under = self.under[place]
            order = np.argsort(-self.room[under, group], kind="stable")
            self.first[place, group] = under[order].tolist()
        return self.first[place, group][:most]

    def __call__(self, cell: int, beside: int, *, is_open: bool = True) -> Ints:
        """Give the cells that may move for the sake of one, in order, or also those that may not."""
        group, last = self.group[cell], [self.place[cell]]
        places = set(last)
        while last:
            last = [over for place in last for over in self.over[place].tolist()]
            places.update(last)
            for over in last:
                # Of the state's districts a few are enough: all are nearly everyone.
                with_room = self._roomy(over, group, beside if self.over[over].size else min(beside, BESIDE[-1]))
                places.update(with_room)
                for place in with_room:
                    places.update(self._roomy(place, group, BESIDE[0]))
        places.update(self._roomy(self.place[cell], group, beside))
        found = (self.cells if is_open else self.all)[sorted(places)].ravel()
        return np.sort(found[found >= 0])


def _limits(cells: Ints, hierarchy: Hierarchy) -> Limits:
    """Pair each group with all students of its place."""
    names = np.array(hierarchy.family)
    total = cells[:, names == "total"].max(axis=1, initial=-1)
    place, group = np.nonzero((cells >= 0) & (names != "total") & (total >= 0)[:, None])
    return cells[place, group], total[place]


def _over(limits: Limits, size: int) -> sparse.csr_matrix:
    """Write by how much each group exceeds its place as a matrix."""
    part, whole = limits
    number = np.arange(part.size)
    entries = np.concatenate([np.ones(part.size), -np.ones(part.size)])
    return sparse.csr_matrix((entries, (np.r_[number, number], np.r_[part, whole])), shape=(part.size, size))


def _equations(cells: Ints, hierarchy: Hierarchy, size: int) -> sparse.csr_matrix:
    """Write the equations of a table as a matrix: places under a place for each group, and groups of a partition."""
    names = np.array(hierarchy.family)
    total = cells[:, names == "total"].max(axis=1, initial=-1)
    place, group = np.nonzero(cells >= 0)
    above = hierarchy.parent[place]
    sums = [(cells[place, group], np.where(above >= 0, cells[above, group], -1))]
    child, over = hierarchy.rollups
    at, group = np.nonzero(cells[child] >= 0)
    sums.append((cells[child[at], group], cells[over[at], group]))
    for name in sorted(set(hierarchy.family) - {"", "total"}):
        place, group = np.nonzero((cells >= 0) & (names == name)[None, :])
        sums.append((cells[place, group], total[place]))
    rows, columns, signs = [], [], []
    number = 0
    for part, whole in sums:
        part, whole = part[whole >= 0], whole[whole >= 0]
        wholes, equation = np.unique(whole, return_inverse=True)
        rows += [number + equation, number + np.arange(wholes.size)]
        columns += [part, wholes]
        signs += [np.ones(part.size), -np.ones(wholes.size)]
        number += wholes.size
    entries = np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_matrix(entries, shape=(number, size))


def _program(cost: NDArray, matrix: sparse.csc_matrix, bound: tuple[NDArray, NDArray], high: NDArray) -> highspy.Highs:
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_max_nodes", NODES)
    solver.setOptionValue("presolve", "off")  # takes as long as the program of a table
    form, sense = highspy.MatrixFormat.kColwise.value, highspy.ObjSense.kMinimize.value
    shape = cost.size, bound[0].size, matrix.nnz, form, sense, 0.0
    ends = np.zeros(cost.size), high.astype(float), *bound
    solver.passModel(*shape, cost, *ends, matrix.indptr, matrix.indices, matrix.data, np.zeros(cost.size, np.int32))
    return solver


def _start_again(solver: highspy.Highs, strategy: int) -> None:
    """Let a program be solved again and again, each time from the beginning, so that no answer depends on another."""
    solver.setOptionValue("solver", "simplex")
    solver.setOptionValue("simplex_strategy", strategy)


def _run(solver: highspy.Highs) -> tuple[bool, NDArray[np.float64]]:
    """Solve a program from the beginning; say whether the best was found, and what."""
    solver.setBasis()
    solver.run()
    is_best = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return is_best, np.array(solver.getSolution().col_value)


def _solve(
    cost: NDArray, matrix: sparse.csc_matrix, bound: tuple[NDArray, NDArray], high: NDArray, whole: int
) -> NDArray[np.float64]:
    """Solve a program from 0 to `high`, the first `whole` unknowns in whole numbers; give nothing where it has none."""
    solver = _program(cost, matrix, bound, high)
    solver.run()
    found = np.array(solver.getSolution().col_value)
    if found.size and np.abs(found - np.rint(found))[:whole].max(initial=0) > NEARLY:
        at = np.arange(whole, dtype=np.int32)
        solver.setOptionValue("presolve", "choose")
        solver.changeColsIntegrality(whole, at, np.full(whole, highspy.HighsVarType.kInteger))
        solver.run()
        found = np.array(solver.getSolution().col_value)
    return found if solver.getInfo().primal_solution_status == highspy.kSolutionStatusFeasible else np.empty(0)
