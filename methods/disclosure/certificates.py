"""The proof that hidden numbers stay open, made from published numbers alone, so that it tells no more than they do.

A base world is a table of whole numbers that agrees with everything published; a linear program finds it, whose costs
depend on nothing but the place of a cell in its table (the program of a network has whole solutions). From there, for
each hidden cell, two worlds that differ in it as far as the width asks. No true number but published ones is used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from methods.disclosure.linked import SHOWN, Hierarchy, Rows, System
from methods.disclosure.network import Bools, Ints
from methods.disclosure.protection import UNBOUNDED, Layout, Table, Worlds, lay_out

FAR, BROKEN, ROOM = 1e7, 1000.0, 9
"""The largest number a program may choose, what it costs to break an equation by one, and the room sought below."""


@dataclass(frozen=True)
class Proof:
    """The base world of one system, and for each certified cell the two worlds that differ there."""

    rows: Ints
    """A row of the results for each cell of the system."""
    is_exact: Bools
    base: Ints
    certified: Ints
    worlds: list[Worlds]


def prove(
    rows: Rows,
    hierarchy: Hierarchy,
    systems: Sequence[System],
    reasons: Ints,
    shares: Callable[[Ints], tuple[Ints, Ints]],
    width: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Proof]:
    """Make the proof of every system. `shares(rows)` gives the numerators that a published share allows."""
    layouts: dict[bytes, tuple[Layout, Ints]] = {}
    proofs = []
    for done, system in enumerate(systems, 1):
        members, first = system.rows, system.rows[0]
        place, group = rows.place[first], rows.group[first]
        cells = np.full((len(hierarchy.parent), len(hierarchy.family)), -1)
        cells[place, group] = np.arange(first.size)
        shape = cells.tobytes()
        if shape not in layouts:
            layouts[shape] = lay_out(hierarchy.parent, cells, hierarchy.family), cells
        is_shown = rows.has_number[members] & (reasons[members] == SHOWN)
        open_ended = np.zeros(first.size, dtype=bool)
        if system.quantity == "students":
            low = np.where(is_shown, rows.students_low[members], 0).max(axis=0)
            high = np.where(is_shown, rows.students_high[members], UNBOUNDED).min(axis=0)
        else:
            least, most = shares(members)
            low = np.where(is_shown, least, 0).max(axis=0)
            high = np.where(is_shown, most, UNBOUNDED).min(axis=0)
            open_ended = (is_shown & (rows.is_open_ended[members])).any(axis=0)
        base = base_world(layouts[shape][0], low, high, cells, hierarchy)
        is_exact = low == high
        if system.quantity == "students":
            low, high = _within_the_place(base, low, high, cells, hierarchy)
        certified = np.flatnonzero((~is_shown.any(axis=0) | open_ended) & ~is_exact)
        table = Table(layouts[shape][0], base.copy(), low, high, high, np.zeros(first.size, dtype=np.int64))
        sums = _equations(cells, hierarchy, first.size)
        worlds = [_held(table.worlds(cell, width)[0], base, sums) for cell in certified.tolist()]
        proofs.append(Proof(first, is_exact, base, certified, worlds))
        if on_progress:
            on_progress(done, len(systems))
    return proofs


def base_world(layout: Layout, low: Ints, high: Ints, cells: Ints, hierarchy: Hierarchy) -> Ints:
    """Find whole numbers in [low, high] that break the equations of a table as little as what is published allows.

    An equation holds but for what its places or groups have in common (a student who moved, one without a race). The
    totals of the places come first; then every family of groups is a network of its own.
    """
    world = low.astype(np.int64).copy()
    known = low == high
    for is_mine in (layout.is_total, ~layout.is_total):
        _settle(world, known, is_mine, low, high, _equations(cells, hierarchy, layout.size))
        known = known | is_mine
    return world


def _settle(world: Ints, known: Bools, is_mine: Bools, low: Ints, high: Ints, equations: sparse.csr_matrix) -> None:
    """Fill in those of my cells that are not known, in the equations that hold no others that are not."""
    columns = np.flatnonzero(is_mine & ~known)
    if not columns.size:
        return
    mine = equations[:, columns]
    others = equations[:, np.flatnonzero(~is_mine & ~known)]
    used = np.flatnonzero((np.diff(mine.indptr) > 0) & (np.diff(others.indptr) == 0))
    mine = mine[used]
    fixed = np.flatnonzero(known)
    bound = -(equations[used][:, fixed] @ world[fixed].astype(float))
    # Near the middle there is room on both sides, so each further third of the way down costs more; a cost that hardly
    # two cells share makes the solution the only one.
    middle = low[columns] + np.minimum(ROOM, (high[columns] - low[columns]) // 2)
    own = 1 + (np.arange(columns.size) * 2654435761 % 1_000_003) / 1_000_003 / 10
    third = (middle - low[columns]) // 3
    steps = [high[columns] - middle, middle - low[columns] - 2 * third, third, third]
    slack = sparse.eye(used.size)
    found = _solve(
        cost=np.concatenate([own, own, 2 * own, 4 * own, np.full(2 * used.size, BROKEN)]),
        matrix=sparse.hstack([mine, -mine, -mine, -mine, slack, -slack], format="csc"),
        bound=bound - mine @ middle.astype(float),
        high=np.minimum(np.concatenate([*steps, np.full(2 * used.size, FAR)]), FAR),
    )
    more, *less = np.rint(found[: 4 * columns.size]).astype(np.int64).reshape(4, -1)
    world[columns] = np.clip(middle + more - sum(less), low[columns], high[columns])


def _held(found: Worlds, base: Ints, sums: sparse.csr_matrix) -> Worlds:
    """Keep two worlds if no sum of the table tells them apart; else say that the cell cannot move."""
    move = np.zeros(base.size)
    for sign, (changed, numbers) in ((-1, found.low), (1, found.high)):
        move[changed] += sign * (numbers - base[changed])
    if not np.any(sums @ move):
        return found
    return Worlds((np.empty(0, np.int64), np.empty(0, np.int64)), (np.empty(0, np.int64), np.empty(0, np.int64)), 0)


def _within_the_place(base: Ints, low: Ints, high: Ints, cells: Ints, hierarchy: Hierarchy) -> tuple[Ints, Ints]:
    """Let no group have more students than its place, nor a place fewer than one of its groups."""
    names = np.array(hierarchy.family)
    total = cells[:, names == "total"].max(axis=1, initial=-1)
    place, group = np.nonzero((cells >= 0) & (names != "total") & (total >= 0)[:, None])
    limited = high.copy()
    mine = cells[place, group]
    limited[mine] = np.maximum(np.minimum(high[mine], base[total[place]]), base[mine])
    raised = low.copy()
    np.maximum.at(raised, total[place], np.where(names[group] == "", base[mine], 0))
    return np.minimum(raised, base), limited


def _equations(cells: Ints, hierarchy: Hierarchy, size: int) -> sparse.csr_matrix:
    """Write the equations of a table as a matrix: places under a place for each group, and groups of a partition."""
    names = np.array(hierarchy.family)
    total = cells[:, names == "total"].max(axis=1, initial=-1)
    place, group = np.nonzero(cells >= 0)
    above = hierarchy.parent[place]
    sums = [(cells[place, group], np.where(above >= 0, cells[above, group], -1))]
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


def _solve(cost: NDArray, matrix: sparse.csc_matrix, bound: NDArray, high: NDArray) -> NDArray[np.float64]:
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("solver", "simplex")
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = cost.size, bound.size
    program.col_cost_, program.col_lower_, program.col_upper_ = cost, np.zeros(cost.size), high.astype(float)
    program.row_lower_ = program.row_upper_ = bound
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    solver.passModel(program)
    solver.run()
    return np.array(solver.getSolution().col_value)
