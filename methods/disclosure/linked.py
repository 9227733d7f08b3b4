"""All tables of a release together: which of their rows are hidden first, and which after them.

Tables that hold the same numbers are one system, protected once, by the narrowest interval that any of them publishes.
Counts of students come first; numerators follow, with the counts taken as known. Rows are hidden whole.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from methods.disclosure.network import Bools, Ints, Network
from methods.disclosure.protection import Table, lay_out, prices
from methods.disclosure.search import UNBOUNDED

SHOWN, MINIMUM_N, FEW_COUNTED, NOBODY, SECONDARY, UNPROTECTABLE, HIDDEN_BEFORE = range(7)
REASONS = ("shown", "minimum_n", "few_counted", "nobody", "secondary", "unprotectable", "hidden_before")
LEAST_MINIMUM = 3
"""Below this minimum a number can be worked back from what each student knows of himself or herself."""


class RuleError(ValueError):
    """Say which rule of disclosure control is missing or would protect nobody."""


@dataclass(frozen=True)
class Hierarchy:
    """Places and groups, by number: the place above each place (-1 for the state) and the kind of each group.

    `level` is 0 for the state, 1 for a district, 2 for a school. `family[g]` is `total` for all students, the name of a
    partition whose groups add up to all students, or "" for a group that overlaps with others.
    """

    parent: Ints
    level: Ints
    family: Sequence[str]
    rollups: tuple[Ints, Ints] = (np.empty(0, np.int64), np.empty(0, np.int64))
    """More ways to add places up: places, and the county or type of each, which is a place with nothing above it."""


@dataclass(frozen=True)
class Rows:
    """One number for each row of the results; -1 where a row has none.

    Tables are joined where their `joint` is the same: a year of a policy. The intervals say what would be published.
    Tables whose numerators are the shares of one whole have the same `whole`, which is -1 for all others.
    """

    joint: Ints
    table: Ints
    place: Ints
    group: Ints
    students: Ints
    students_low: Ints
    students_high: Ints
    denominator: Ints
    numerator: Ints
    numerator_low: Ints
    numerator_high: Ints
    takes_part: Bools
    """A reader may take the row for one that stands for somebody."""
    has_number: Bools
    is_empty: Bools
    """The row would say that nobody is counted."""
    is_exact: Bools
    """The counts behind the number would be published."""
    is_open_ended: Bools
    """The number would be published as a range with one end."""
    minimum: Ints
    floor: Ints
    width: Ints
    whole: Ints
    others: Ints
    """How many students the number compares its own with; -1 where it compares nobody."""


@dataclass(frozen=True)
class System:
    """Numbers that one or more tables hold alike: the rows of each table, cell by cell, and what they are."""

    quantity: str
    rows: Ints
    """[table, cell]; a table without some groups has the first table's rows for them."""
    table: Table
    sensitive: Ints
    widths: Ints


def check(rows: Rows, has_mode: Bools) -> None:
    """Refuse rows whose policy would show what it must hide."""
    if not has_mode.all():
        raise RuleError(
            "an indicator has no way of publishing (policy_disclosure): say ranges or counts for each level"
        )
    if (rows.minimum < LEAST_MINIMUM).any():
        raise RuleError(
            f"a policy publishes about fewer than {LEAST_MINIMUM} students, or has no minimum (policy_minimum_n)"
        )
    if (rows.floor < 1).any() or (rows.width < 1).any():
        raise RuleError(
            "a policy has no floor for what is counted, or no width for what stays open (policy_disclosure)"
        )


def primary(rows: Rows, totals: Ints) -> Ints:
    """Give each row the reason why it must be hidden whatever else is published, or 0.

    `totals` is the number of all students of the place in the same table. Nobody among somebody is hidden like a few,
    and a comparison tells as much of those compared with as of its own.
    """
    is_share = rows.numerator >= 0
    small = (rows.students != 0) & (rows.students < rows.minimum)
    small |= is_share & (rows.students != 0) & (rows.denominator < rows.minimum)
    small |= (rows.others >= 0) & (rows.others < rows.minimum)
    few = is_share & rows.is_exact & (np.minimum(rows.numerator, rows.denominator - rows.numerator) < rows.floor)
    reasons = np.where(rows.has_number & few, FEW_COUNTED, SHOWN)
    reasons[rows.has_number & small] = MINIMUM_N
    reasons[rows.is_empty & (totals > 0)] = NOBODY
    reasons[_is_left_by_other_shares(rows) & (reasons == SHOWN)] = FEW_COUNTED
    return reasons


def _is_left_by_other_shares(rows: Rows) -> Bools:
    """Say which shares of few, or of all but few, the other shares of their whole leave less room than the width.

    Shares add up to whom they were measured of, which is taken as known: each is what the others leave.
    """
    places, groups = int(rows.place.max(initial=0)) + 1, int(rows.group.max(initial=0)) + 1
    of = np.flatnonzero((rows.whole >= 0) & rows.has_number & (rows.numerator >= 0))
    _, spot = np.unique((rows.whole[of] * places + rows.place[of]) * groups + rows.group[of], return_inverse=True)
    low, high, counted, number = (
        part[of] for part in (rows.numerator_low, rows.numerator_high, rows.denominator, rows.numerator)
    )
    others_low, others_high = (np.bincount(spot, end)[spot].astype(np.int64) - end for end in (low, high))
    room = np.minimum(high, counted - others_low) - np.maximum(low, counted - others_high)
    few = np.minimum(number, counted - number) < rows.floor[of]
    found = np.zeros(rows.table.size, dtype=bool)
    found[of[few & (room < np.minimum(rows.width[of], counted))]] = True
    return found


def hide(
    rows: Rows,
    hierarchy: Hierarchy,
    on_progress: Callable[[int, int], None] | None = None,
    withheld: Bools | None = None,
    unchanged: Bools | None = None,
) -> tuple[Ints, list[System]]:
    """Decide for every row whether it is shown or why not, and give the systems of numbers that must stay open.

    The rows `withheld` are hidden whatever else is shown; they cost nothing and need no room of their own. Where all
    rows of a system are `unchanged` since they were hidden or shown, nothing further is hidden for it: what was enough
    once is enough for the same numbers again, and it is proven again.
    """
    total_group = list(hierarchy.family).index("total")
    tables = _tables(rows, hierarchy)
    totals = np.zeros(rows.table.size, dtype=np.int64)
    for cells in tables:
        found = cells[cells >= 0]
        of_place = cells[:, total_group]
        by_place = np.where(of_place >= 0, rows.students[of_place], 0)
        totals[found] = np.maximum(by_place[rows.place[found]], 0)
    reasons = primary(rows, totals)
    if withheld is not None:
        reasons[withheld & (reasons == SHOWN)] = HIDDEN_BEFORE
    layouts: dict[bytes, Network] = {}
    systems: list[System] = []
    for quantity in ("students", "numerator"):
        alike = _alike(rows, tables, quantity, reasons)
        for done, members in enumerate(alike, 1):
            system = _system(rows, hierarchy, members, quantity, reasons, totals, layouts)
            systems.append(system)
            if unchanged is None or not unchanged[members].all():
                further, lost = _protect(system, rows, hierarchy)
                for cells, reason in ((further, SECONDARY), (lost, UNPROTECTABLE)):
                    new = members[:, cells]
                    reasons[new[reasons[new] == SHOWN]] = reason
            if on_progress:
                on_progress(done, len(alike))
    return reasons, systems


def _tables(rows: Rows, hierarchy: Hierarchy) -> list[Ints]:
    """Lay out the rows of each table as a matrix of places and groups; -1 where there is none."""
    order = np.lexsort((rows.group, rows.place, rows.table))
    starts = np.flatnonzero(np.r_[True, np.diff(rows.table[order]) != 0]) if order.size else np.empty(0, int)
    shape = len(hierarchy.parent), len(hierarchy.family)
    tables = []
    for mine in np.split(order, starts[1:]) if order.size else []:
        cells = np.full(shape, -1)
        cells[rows.place[mine], rows.group[mine]] = mine
        tables.append(cells)
    return tables


def _alike(rows: Rows, tables: list[Ints], quantity: str, reasons: Ints) -> list[Ints]:
    """Bring together tables that hold the same numbers, as `System.rows`.

    A table that counts the same of others, and shows no exact row of those it has, stands by itself: nothing tells a
    reader that everybody of some students is as many as a part of others.
    """
    numbers = rows.students if quantity == "students" else rows.numerator
    takes_part = rows.takes_part | (rows.students > 0) | (reasons == NOBODY)
    if quantity == "numerator":
        takes_part &= rows.numerator >= 0

    def key(mine: Ints) -> tuple:
        held = rows.joint[mine[0]], rows.place[mine].tobytes(), rows.group[mine].tobytes(), numbers[mine].tobytes()
        exact = mine[rows.is_exact[mine]]
        stands_alone = quantity == "numerator" and exact.size and np.all(reasons[exact] != SHOWN)
        return (*held, rows.denominator[mine].tobytes()) if stands_alone else held

    found: dict[tuple, list[Ints]] = {}
    for cells in tables:
        mine = cells[(cells >= 0) & takes_part[cells]]
        if mine.size:
            found.setdefault(key(mine), []).append(mine)
    # Some groups are reported for some indicators only: a table that lacks them still counts the same of all others.
    groups = {held: frozenset(rows.group[members[0]].tolist()) for held, members in found.items()}
    for held in sorted(found, key=lambda one: -len(groups[one])):
        if held not in found:
            continue
        most = found[held][0]
        for fewer in sorted({own for own in groups.values() if own < groups[held]}, key=sorted):
            is_in = np.isin(rows.group[most], list(fewer))
            for mine in found.pop(key(most[is_in]), []):
                filled = most.copy()
                filled[is_in] = mine
                found[held].append(filled)
    return [np.array(members) for members in found.values()]


def _system(
    rows: Rows,
    hierarchy: Hierarchy,
    members: Ints,
    quantity: str,
    reasons: Ints,
    totals: Ints,
    layouts: dict[bytes, Network],
) -> System:
    first = members[0]
    place, group = rows.place[first], rows.group[first]
    cells = np.full((len(hierarchy.parent), len(hierarchy.family)), -1)
    cells[place, group] = np.arange(first.size)
    shape = cells.tobytes()
    if shape not in layouts:
        layouts[shape] = lay_out(hierarchy.parent, cells, hierarchy.family)
    is_total = np.array(hierarchy.family)[group] == "total"
    silent = ~rows.has_number[members] | (reasons[members] != SHOWN)
    if quantity == "students":
        value, low, high = rows.students, rows.students_low, rows.students_high
        widest = np.where(is_total, UNBOUNDED, np.maximum(totals[first], value[first]))
        is_sensitive = (value[first] > 0) & (value[first] < rows.minimum[members].max(axis=0))
        counted = value[first]
    else:
        value, low, high = rows.numerator, rows.numerator_low, rows.numerator_high
        counted = rows.denominator[members].min(axis=0)
        widest = np.maximum(counted, value[first])
        few = np.minimum(value[first], counted - value[first]) < rows.floor[members].max(axis=0)
        is_sensitive = (counted > 0) & (few | (counted < rows.minimum[members].max(axis=0)))
    table = Table(
        layouts[shape],
        value[first].copy(),
        np.where(silent, 0, low[members]).max(axis=0),
        np.where(silent, widest, high[members]).min(axis=0),
        widest,
        prices(rows.students[first], hierarchy.level[place], is_total),
    )
    widths = np.minimum(rows.width[members].max(axis=0), counted)
    # What a state publishes of a group bounds what any of its places can have: no number below is wider than that.
    state = np.flatnonzero((hierarchy.level[place] == 0) & (table.low == table.high))
    if quantity == "numerator" and state.size:
        most = np.full(len(hierarchy.family), widths.max(initial=0))
        most[group[state]] = np.minimum(value[first], counted - value[first])[state]
        widths = np.minimum(widths, most[group])
    sensitive = np.flatnonzero(is_sensitive & (widths > 0))
    widths = widths[sensitive]
    return System(quantity, members, table, sensitive, widths)


def _protect(system: System, rows: Rows, hierarchy: Hierarchy) -> tuple[Bools, Bools]:
    """Withhold what the sensitive cells need; where nothing helps, withhold their place, and in the end everything."""
    table, first = system.table, system.rows[0]
    place, group = rows.place[first], rows.group[first]
    width = dict(zip(system.sensitive.tolist(), system.widths.tolist(), strict=True))
    withheld, failed = table.protect(system.sensitive, system.widths)
    lost = np.zeros(first.size, dtype=bool)
    for step in range(5):
        if not failed.size:
            break
        above = hierarchy.parent[place[failed]]
        if step == 0:
            scope = np.isin(np.arange(first.size), failed)
        elif step == 1:
            near = np.isin(place, above[above >= 0]) | np.isin(hierarchy.parent[place], above[above >= 0])
            scope = near & np.isin(group, group[failed])
        elif step == 2:
            scope = np.isin(place, place[failed])
        elif step == 3:
            scope = np.isin(group, group[failed])
        else:
            scope = np.ones(first.size, dtype=bool)
        table.withhold(np.flatnonzero(scope))
        lost |= scope
        more, failed = table.protect(failed, np.array([width[cell] for cell in failed.tolist()]))
        withheld |= more
    return withheld, lost
