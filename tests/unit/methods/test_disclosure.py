"""Disclosure control on small tables: what is hidden, that nothing hidden can be worked back, and what it costs.

The attack and the optimum are linear programs written here; they share nothing with the method, nor with the attackers.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytauargus import protect
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse.csgraph import dijkstra

from methods.attacks import attack as attacks
from methods.attacks.published import Counts, Layout
from methods.disclosure import certificates, linked
from methods.disclosure.certificates import prove, too_narrow
from methods.disclosure.network import CELL, GROUND, Network, Part, join
from methods.disclosure.protection import Table, lay_out, prices
from methods.disclosure.search import NUMBER, UNBOUNDED, _path

MINIMUM, WIDTH = 10, 5


def hierarchy(schools: list[int], groups: int) -> linked.Hierarchy:
    """A state of districts with so many schools each, and one partition."""
    parent = [-1, *[0] * len(schools), *(1 + d for d, count in enumerate(schools) for _ in range(count))]
    level = [0, *[1] * len(schools), *[2] * sum(schools)]
    return linked.Hierarchy(np.array(parent), np.array(level), ["total", *["part"] * groups])


def rolled_up(places: linked.Hierarchy, leaves: np.ndarray) -> np.ndarray:
    """Counts of every place and group from those of the places that hold no other, totals first."""
    is_leaf = ~np.isin(np.arange(len(places.parent)), places.parent)
    counts = np.zeros((len(places.parent), leaves.shape[1]), dtype=np.int64)
    counts[is_leaf] = leaves[: is_leaf.sum()]
    for place in range(len(counts) - 1, 0, -1):
        counts[places.parent[place]] += counts[place]
    return np.column_stack([counts.sum(axis=1), counts])


def as_rows(counts: np.ndarray, numerators: np.ndarray | None = None, base: int = 1) -> linked.Rows:
    place, group = np.divmod(np.arange(counts.size), counts.shape[1])
    n = counts.ravel()
    x = np.full(n.size, -1) if numerators is None else numerators.ravel()
    shown = (2 * n + base) // (2 * base) * base
    alike = {name: np.zeros(n.size, dtype=np.int64) for name in ("joint", "table")}
    return linked.Rows(
        **alike,
        place=place,
        group=group,
        students=n,
        students_low=np.maximum(shown - base // 2, np.where((base > 1) & (n > 0), MINIMUM, 0)),
        students_high=shown + (base - 1) // 2,
        denominator=np.where(x < 0, -1, n),
        numerator=x,
        numerator_low=x,
        numerator_high=x,
        takes_part=n > 0,
        has_number=n > 0,
        is_empty=n == 0,
        is_exact=np.full(n.size, base == 1),
        is_open_ended=np.zeros(n.size, dtype=bool),
        minimum=np.full(n.size, MINIMUM),
        floor=np.full(n.size, 3),
        width=np.full(n.size, WIDTH),
        whole=np.full(n.size, -1),
        others=np.full(n.size, -1),
    )


def equations(places: linked.Hierarchy, shape: tuple[int, int]) -> np.ndarray:
    cell = np.arange(shape[0] * shape[1]).reshape(shape)
    found = []
    for place in range(shape[0]):
        row = np.zeros(cell.size)
        row[cell[place, 0]], row[cell[place, 1:]] = -1, 1
        found.append(row)
        below = np.flatnonzero(places.parent == place)
        for group in range(shape[1]) if below.size else ():
            row = np.zeros(cell.size)
            row[cell[place, group]], row[cell[below, group]] = -1, 1
            found.append(row)
    child, over = places.rollups
    for place in np.unique(over):
        for group in range(shape[1]):
            row = np.zeros(cell.size)
            row[cell[place, group]], row[cell[child[over == place], group]] = -1, 1
            found.append(row)
    return np.array(found)


def attack(matrix: np.ndarray, truth: np.ndarray, low: np.ndarray, high: np.ndarray, cell: int) -> float:
    """How far apart the largest and the smallest number are that a cell can have, by everything published."""
    aim = np.zeros(truth.size)
    aim[cell] = 1
    ends = [
        linprog(sign * aim, A_eq=matrix, b_eq=matrix @ truth, bounds=np.c_[low, high], method="highs").fun
        for sign in (1, -1)
    ]
    return -ends[1] - ends[0]


def narrowed(rows: linked.Rows, places: linked.Hierarchy, reasons: np.ndarray) -> int:
    """How many small numbers are left less than their width by everything published."""
    low, high = published(rows, reasons)
    matrix = equations(places, (len(places.parent), len(places.family)))
    small = np.flatnonzero((rows.students > 0) & (rows.students < MINIMUM))
    rooms = [attack(matrix, rows.students, low, high, cell) for cell in small]
    return int(np.sum(np.array(rooms) < np.minimum(WIDTH, rows.students[small]) - 1e-6))


def published(rows: linked.Rows, reasons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    is_shown = rows.has_number & (reasons == linked.SHOWN) | (rows.is_empty & (reasons == linked.SHOWN))
    return np.where(is_shown, rows.students_low, 0), np.where(is_shown, rows.students_high, 10**6)


SMALL_STATES = st.tuples(
    st.lists(st.integers(0, 4), min_size=2, max_size=4),
    st.integers(2, 4),
    st.sampled_from([1, 5]),
    st.integers(0, 2**32 - 1),
)


@settings(max_examples=25, deadline=None)
@given(SMALL_STATES)
def test_no_small_number_can_be_worked_back_to_less_than_its_width(drawn):
    schools, groups, base, seed = drawn
    rng = np.random.default_rng(seed)
    places = hierarchy(schools, groups)
    leaves = rng.poisson(rng.choice([1, 6, 25, 120], (len(places.parent), groups)))
    counts = rolled_up(places, leaves)
    rows = as_rows(counts, base=base)
    reasons, _ = linked.hide(rows, places)
    low, high = published(rows, reasons)
    matrix = equations(places, counts.shape)
    small = np.flatnonzero((rows.students > 0) & (rows.students < MINIMUM))
    lost = linked.UNPROTECTABLE in reasons
    for cell in small if not lost else ():
        assert attack(matrix, rows.students, low, high, cell) >= min(WIDTH, rows.students[cell]) - 1e-6
    for cell in np.flatnonzero(reasons == linked.SHOWN):
        assert not 0 < rows.students[cell] < MINIMUM


@pytest.mark.parametrize("may_pay", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_the_way_that_is_found_from_both_ends_is_a_cheapest_one(seed, may_pay):
    random, nodes, arcs, need = np.random.default_rng(seed), 12, 26, 2
    tail = random.integers(0, nodes, arcs)
    head = (tail + random.integers(1, nodes, arcs)) % nodes
    start, each_step, _ = join([Part(tail, head, nodes, np.empty(0, np.int64))])
    network = Network(start, each_step, np.empty(0, CELL), np.empty((0, 0), np.int64))
    value, price = random.integers(0, 6, arcs), random.integers(2, 40, arcs)
    low, high, widest = (np.maximum(value + random.integers(*ends, arcs), 0) for ends in ((-4, 1), (0, 5), (5, 6)))
    steps = np.full((nodes, nodes), np.inf)
    for here, there, free, wide in ((tail, head, high - value, widest - value), (head, tail, value - low, value)):
        cost = np.where(free >= need, 1.0, np.where(may_pay & (wide >= need), 1.0 + price, np.inf))
        cost[0] = np.inf
        np.minimum.at(steps, (here, there), cost)
    least = dijkstra(np.where(np.isinf(steps), 0, steps))
    numbers, space = np.empty(arcs, NUMBER), np.full((nodes, 4), -1)
    for name, one in (("value", value), ("low", low), ("high", high), ("widest", widest), ("price", price)):
        numbers[name] = one
    found_some = 0
    for goal in range(1, nodes):
        for source, end in ((GROUND, goal), (goal, GROUND), (goal, goal % 4 + 4)):
            if source == end:
                continue
            found, way, signs = _path(network, numbers, space, 0, source, end, need, int(may_pay))
            assert found == np.isfinite(least[source, end])
            # Every arc goes on from where another ended, so that all ends but the first and the last cancel out.
            left = np.bincount(np.where(signs > 0, head[way], tail[way]), minlength=nodes).astype(int)
            left -= np.bincount(np.where(signs > 0, tail[way], head[way]), minlength=nodes)
            expected = np.zeros(nodes, dtype=int)
            expected[[source, end]] = (-1, 1) if found else (0, 0)
            assert left.tolist() == expected.tolist()
            free = np.where(signs > 0, high[way] - value[way], value[way] - low[way])
            assert not found or np.where(free >= need, 1, 1 + price[way]).sum() == least[source, end]
            assert (space[:, :2] == -1).all()
            found_some += found
    assert found_some > 0


def test_two_groups_and_two_schools_hide_a_square_and_no_more():
    places = hierarchy([2], 2)
    counts = rolled_up(places, np.array([[4, 56], [40, 50]]))
    reasons, _ = linked.hide(as_rows(counts), places)
    hidden = reasons.reshape(counts.shape) != linked.SHOWN
    assert hidden.sum() == 4
    assert hidden[2:, 1:].all()


def test_rounded_counts_need_no_other_row_to_be_hidden():
    places = hierarchy([4], 2)
    counts = rolled_up(places, np.array([[4, 56], [41, 53], [33, 61], [72, 38]]))
    exact, rounded = (np.count_nonzero(linked.hide(as_rows(counts, base=base), places)[0]) for base in (1, 5))
    assert (exact, rounded) == (4, 1)


@pytest.mark.parametrize(("ends", "is_hidden"), [((1, 1), True), ((6, 6), False), ((1, 9), False)])
def test_a_share_of_few_is_hidden_where_the_others_of_its_whole_leave_it_alone(ends, is_hidden):
    """One student of 1,293 at the first of three levels; of the other two a reader knows the number to `ends`."""
    numbers = np.array([1, 270, 1_022])
    spread, none = np.array(ends), np.zeros(3, dtype=np.int64)
    rows = replace(
        as_rows(np.full((1, 3), 1_293), numbers[None, :]),
        numerator_low=np.append(0, numbers[1:] - spread),
        numerator_high=np.append(13, numbers[1:] + spread),
        table=np.arange(3),
        group=none,
        whole=none,
        is_exact=none > 0,
    )
    reasons = linked.primary(rows, rows.students)
    assert reasons.tolist() == [linked.FEW_COUNTED if is_hidden else linked.SHOWN, linked.SHOWN, linked.SHOWN]


def test_a_rare_outcome_is_hidden_and_so_is_what_would_give_it_away():
    places = hierarchy([3], 2)
    counts = rolled_up(places, np.array([[40, 60], [50, 50], [70, 80]]))
    numerators = rolled_up(places, np.array([[1, 9], [10, 12], [14, 20]]))
    reasons, _ = linked.hide(as_rows(counts, numerators), places)
    by_place = reasons.reshape(counts.shape)
    assert by_place[2, 1] == linked.FEW_COUNTED
    assert (by_place == linked.SECONDARY).sum() >= 3
    assert (by_place[0] == linked.SHOWN).all()


def test_a_comparison_is_hidden_where_either_side_is_too_few():
    rows = replace(as_rows(np.array([[600, 300, 300]])), others=np.array([-1, MINIMUM - 1, MINIMUM]))
    assert linked.primary(rows, np.full(3, 600)).tolist() == [linked.SHOWN, linked.MINIMUM_N, linked.SHOWN]


def test_tables_that_hold_the_same_counts_hide_the_same_rows():
    places = hierarchy([2, 3], 3)
    counts = rolled_up(places, np.random.default_rng(3).poisson([3, 40, 60], (6, 3)))
    one = as_rows(counts)
    both = linked.Rows(**{
        name: np.concatenate([getattr(one, name)] * 2) if name != "table" else np.repeat([0, 1], counts.size)
        for name in vars(one)
    })  # fmt: skip
    reasons, systems = linked.hide(both, places)
    assert len(systems) == 1
    assert (reasons[: counts.size] == reasons[counts.size :]).all()
    assert (reasons[: counts.size] == linked.hide(one, places)[0]).all()


def test_a_table_that_lacks_a_group_hides_the_rest_with_the_table_that_has_it():
    places = replace(hierarchy([2, 3], 3), family=["total", *["part"] * 3, ""])
    counts = rolled_up(places, np.random.default_rng(3).poisson([3, 40, 60], (6, 3)))
    counts = np.column_stack([counts, counts[:, 0] // 2])
    one = as_rows(counts)
    fewer = one.group < 4
    both = linked.Rows(**{
        name: np.r_[getattr(one, name)[fewer], getattr(one, name)]
        if name != "table"
        else np.repeat([0, 1], [fewer.sum(), fewer.size])
        for name in vars(one)
    })  # fmt: skip
    reasons, (system,) = linked.hide(both, places)
    assert both.table[system.rows].max(axis=1).tolist() == [1, 1] and (both.table[system.rows] == 0).any(axis=1).any()
    assert (reasons[: fewer.sum()] == reasons[fewer.sum() :][fewer]).all()
    assert (reasons[fewer.sum() :] == linked.hide(one, places)[0]).all()
    assert (reasons == linked.SECONDARY).any()


@pytest.mark.parametrize("base", [1, 5])
@pytest.mark.parametrize("seed", range(5))
def test_what_was_hidden_once_is_enough_for_the_same_numbers_again(seed, base):
    places, random = hierarchy([2, 3, 4], 3), np.random.default_rng(seed)
    leaves = random.poisson([3, 12, 60], (9, 3))
    passed = rolled_up(places, random.binomial(leaves, 0.3))
    rows = as_rows(rolled_up(places, leaves), passed, base=base)
    once = linked.hide(rows, places)[0]
    is_hidden = once != linked.SHOWN
    assert is_hidden.any()
    for unchanged in (None, np.ones(once.size, dtype=bool)):
        again = linked.hide(rows, places, withheld=is_hidden, unchanged=unchanged)[0]
        assert ((again != linked.SHOWN) == is_hidden).all()
        assert linked.SECONDARY not in again


def test_what_is_said_to_be_unchanged_is_hidden_as_it_was_and_a_changed_row_is_protected_anew():
    places = hierarchy([2, 3], 3)
    rows = as_rows(rolled_up(places, np.random.default_rng(3).poisson([3, 40, 60], (5, 3))))
    unchanged, small = np.ones(rows.students.size, dtype=bool), rows.students < rows.minimum
    assert (linked.hide(rows, places, unchanged=unchanged)[0] != linked.SHOWN).sum() == small.sum() > 0
    unchanged[0] = False
    assert (linked.hide(rows, places, unchanged=unchanged)[0] == linked.hide(rows, places)[0]).all()


def test_the_same_table_in_another_order_gives_the_same_mask():
    places = hierarchy([2, 3, 1], 3)
    rows = as_rows(rolled_up(places, np.random.default_rng(5).poisson([3, 12, 60], (6, 3))))
    order = np.random.default_rng(1).permutation(rows.students.size)
    shuffled = linked.Rows(**{name: getattr(rows, name)[order] for name in vars(rows)})
    first, second = linked.hide(rows, places)[0], linked.hide(shuffled, places)[0]
    assert (first[order] == second).all()
    assert (first == linked.hide(rows, places)[0]).all()


@pytest.mark.parametrize(
    ("name", "value", "says"), [("minimum", 2, "fewer than 3"), ("floor", 0, "no floor"), ("width", 0, "no width")]
)
def test_a_rule_that_protects_nobody_is_refused(name, value, says):
    rows = as_rows(np.array([[20, 20]]))
    vars(rows)[name][:] = value
    with pytest.raises(linked.RuleError, match=says):
        linked.check(rows, np.ones(2, dtype=bool))


def test_an_indicator_without_a_way_of_publishing_is_refused():
    with pytest.raises(linked.RuleError, match="ranges or counts"):
        linked.check(as_rows(np.array([[20, 20]])), np.array([True, False]))


@settings(max_examples=15, deadline=None)
@given(SMALL_STATES)
def test_a_certificate_holds_by_the_published_numbers_and_does_not_depend_on_the_hidden_ones(drawn):
    schools, groups, base, seed = drawn
    rng = np.random.default_rng(seed)
    places = hierarchy(schools, groups)
    counts = rolled_up(places, rng.poisson(rng.choice([1, 6, 25, 120], (len(places.parent), groups))))
    rows = as_rows(counts, base=base)
    reasons, systems = linked.hide(rows, places)
    (proof,), reasons = prove(rows, places, systems, reasons, (rows.numerator, rows.numerator), WIDTH)
    low, high = published(rows, reasons)
    matrix = equations(places, counts.shape)
    base_numbers = rows.students.copy()
    base_numbers[proof.rows] = proof.base
    for cell, pair in zip(proof.certified, proof.worlds, strict=True):
        worlds = np.tile(base_numbers, (2, 1))
        for world, (changed, numbers) in zip(worlds, (pair.low, pair.high), strict=True):
            world[proof.rows[changed]] = numbers
        assert np.array_equal(matrix @ worlds[0], matrix @ worlds[1])
        assert ((worlds >= low) & (worlds <= high)).all()
        assert np.diff(worlds[:, proof.rows[cell]]) == pair.width


def test_no_world_gives_a_group_more_students_than_a_place_of_which_nothing_is_said():
    places = linked.Hierarchy(np.array([-1, 0, 0, 0]), np.array([0, 2, 2, 2]), ["total", "part", "part", "", ""])
    counts = np.array([[63, 30, 33, 52, 58], [21, 10, 11, 20, 18], [21, 10, 11, 16, 20], [21, 10, 11, 16, 20]])
    rows = as_rows(counts)
    rows.has_number[:] = rows.place == 0
    reasons, systems = linked.hide(rows, places)
    (proof,), reasons = prove(rows, places, systems, reasons, (rows.numerator, rows.numerator), WIDTH)
    assert proof.certified.size == 15
    for pair in proof.worlds:
        assert pair.width == WIDTH
        for changed, numbers in (pair.low, pair.high):
            world = proof.base.copy()
            world[changed] = numbers
            by_place = world.reshape(counts.shape)
            assert (by_place[:, 1:] <= by_place[:, :1]).all()
            assert (by_place[:, 1] + by_place[:, 2] == by_place[:, 0]).all()


def test_no_world_counts_more_of_a_group_than_of_its_place():
    places = linked.Hierarchy(np.array([-1, 0, 0, 0]), np.array([0, 2, 2, 2]), ["total", "", ""])
    counts = np.array([[300, 110, 120], [100, 30, 40], [80, 60, 40], [120, 20, 40]])
    counted = np.array([[35, 27, 12], [1, 1, 4], [9, 9, 4], [25, 17, 4]])
    rows = as_rows(counts, counted)
    reasons, systems = linked.hide(rows, places)
    proofs, after = prove(rows, places, systems, reasons, (rows.numerator, rows.numerator), WIDTH)
    proof = proofs[-1]
    assert not too_narrow(systems[-1], proof).size
    assert (reasons != linked.SHOWN).sum() < (after != linked.SHOWN).sum() < rows.table.size
    for pair in proof.worlds:
        for changed, numbers in (pair.low, pair.high):
            world = counted.ravel().copy()
            world[proof.rows] = proof.base
            world[proof.rows[changed]] = numbers
            by_place = world.reshape(counted.shape)
            assert (by_place[:, 1:] <= by_place[:, :1]).all()


def test_groups_of_places_of_few_find_their_worlds_where_their_place_has_more_and_seldom_need_a_program(monkeypatch):
    places = hierarchy([4] * 10, 2)
    places = replace(places, family=["total", "part", "part", "", ""])
    rng = np.random.default_rng(0)
    students = rng.poisson(60, (len(places.parent), 2))
    counted = rng.binomial(students, 0.02)
    among = [rng.binomial(number.sum(axis=1)[:, None], 0.5, (len(number), 2)) for number in (students, counted)]
    counts, counted = (
        np.column_stack([rolled_up(places, number), rolled_up(places, part)[:, 1:]])
        for number, part in zip((students, counted), among, strict=True)
    )
    rows = as_rows(counts, counted)
    reasons, systems = linked.hide(rows, places)

    def proven() -> tuple[certificates.Proof, int]:
        asked = []
        worlds = certificates._Moves.worlds
        with monkeypatch.context() as patch:
            patch.setattr(certificates._Moves, "worlds", lambda *given: asked.append(given) or worlds(*given))
            proofs, _ = prove(rows, places, systems, reasons, (rows.numerator, rows.numerator), WIDTH)
        return proofs[-1], len(asked)

    proof, programs = proven()
    monkeypatch.setattr(certificates, "search", lambda *given: {})
    assert programs < proven()[1] / 5
    excess = np.maximum(counted[:, 1:] - counted[:, :1], 0)
    for cell, pair in zip(proof.certified, proof.worlds, strict=True):
        worlds = []
        for changed, numbers in (pair.low, pair.high):
            world = counted.ravel().copy()
            world[proof.rows] = proof.base
            world[proof.rows[changed]] = numbers
            assert (world >= 0).all()
            by_place = world.reshape(counted.shape)
            assert (by_place[:, 1:] - by_place[:, :1] <= excess).all()
            worlds.append(by_place)
        low, high = worlds
        assert (high - low).ravel()[proof.rows[cell]] == pair.width
        moved = high - low
        assert (moved[:, 1:3].sum(axis=1) == moved[:, 0]).all()
        for above in np.unique(places.parent[1:]):
            assert (moved[places.parent == above].sum(axis=0) == moved[above]).all()


def test_a_program_whose_best_numbers_are_halves_is_solved_in_whole_numbers_and_breaks_no_sum():
    """Three cells of which no two may add up to more than one, and a fourth that stands in no sum with them."""
    sums = sparse.csr_matrix(np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]]))
    eye, room = sparse.eye(4), np.repeat([1, 0, 1], [4, 12, 8])
    cost = np.concatenate([[-1.0, -1.1, -1.2, -1], np.ones(12), np.full(8, certificates.BROKEN)])
    matrix = sparse.hstack([sums, -sums, -sums, -sums, eye, -eye], format="csc")
    bound = np.full(4, -np.inf), np.ones(4)
    assert certificates._solve(cost, matrix, bound, room, whole=0)[:4].tolist() == [0.5, 0.5, 0.5, 1]
    found = certificates._in_whole_numbers(cost, matrix, bound, room, cells=4)
    assert found[:4].tolist() == [0, 0, 1, 1]
    assert not found[4:].any()


@pytest.mark.parametrize("seed", range(4))
def test_worlds_sought_around_a_cell_first_are_worlds_and_no_narrower(seed, monkeypatch):
    places = hierarchy([3, 4, 1], 3)
    counts = rolled_up(places, np.random.default_rng(seed).poisson([2, 9, 30], (8, 3)))
    rows = as_rows(counts)
    reasons, systems = linked.hide(rows, places)
    monkeypatch.setattr(certificates, "LARGE", len(rows.place))
    monkeypatch.setattr(certificates, "search", lambda *given: {})
    (whole,), _ = prove(rows, places, systems, reasons, (rows.numerator, rows.numerator), WIDTH)
    programs = []
    step_near = certificates._Moves._step_near
    monkeypatch.setattr(
        certificates._Moves, "_step_near", lambda *given: programs.append(step_near(*given)) or programs[-1]
    )
    monkeypatch.setattr(certificates, "LARGE", 0)
    monkeypatch.setattr(certificates, "BESIDE", (1,))
    (near,), _ = prove(rows, places, systems, reasons, (rows.numerator, rows.numerator), WIDTH)
    assert len(programs) > 0
    assert [pair.width for pair in near.worlds] == [pair.width for pair in whole.worlds]
    matrix = equations(places, counts.shape)
    for pair in near.worlds:
        for changed, numbers in (pair.low, pair.high):
            world = near.base.copy()
            world[changed] = numbers
            moved = np.zeros(counts.size)
            moved[near.rows] = world - near.base
            assert (matrix @ moved == 0).all()


def test_what_published_sums_would_narrow_though_the_true_sums_do_not_is_withheld_with_its_place():
    places = linked.Hierarchy(np.array([-1]), np.array([2]), ["total", "part", "part", "part"])
    rows = as_rows(np.array([[40, 37, 4, 5]]))
    reasons, systems = linked.hide(rows, places)
    assert list(reasons > 0) == [False, False, True, True]
    (proof,), after = prove(rows, places, systems, reasons, (rows.numerator, rows.numerator), WIDTH)
    assert (after == linked.UNPROTECTABLE).any()
    assert not too_narrow(systems[0], proof).size
    assert list(reasons > 0) == [False, False, True, True]


def test_a_sum_that_shown_numbers_refute_presses_no_number_down_and_costs_no_row():
    """Students who moved count in both districts: no reader knows how many, so the few of the last stay open."""
    places = linked.Hierarchy(np.array([-1, 0, 0, 0, 0]), np.array([0, 1, 1, 1, 1]), ["total"])
    rows = as_rows(np.array([[100], [50], [50], [20], [4]]), base=5)
    reasons, systems = linked.hide(rows, places)
    (proof,), after = prove(rows, places, systems, reasons, (rows.numerator, rows.numerator), WIDTH)
    assert np.flatnonzero(after).tolist() == np.flatnonzero(reasons).tolist() == [4]
    assert proof.certified.tolist() == [4]
    assert proof.worlds[0].width == WIDTH


def test_a_proof_is_the_same_by_two_threads_and_what_to_withhold_the_same_whatever_was_asked_before(monkeypatch):
    places = linked.Hierarchy(np.array([-1, 0, 0, 0]), np.array([0, 2, 2, 2]), ["total", "", ""])
    counted = np.array([[35, 27, 12], [1, 1, 4], [9, 9, 4], [25, 17, 4]])
    tables = [
        as_rows(
            np.array([[300, 110, 120], [100, 30, 40], [80, 60, 40], [120, 20, 40]]) + more, np.add(counted, [0, 0, few])
        )
        for more, few in ((0, 0), (1, 1), (2, 2))
    ]
    columns = {column.name: [getattr(table, column.name) for table in tables] for column in fields(linked.Rows)}
    columns["table"] = [table.table + number for number, table in enumerate(tables)]
    rows = linked.Rows(**{name: np.concatenate(parts) for name, parts in columns.items()})
    reasons, systems = linked.hide(rows, places)
    needs, asked = certificates._Moves.needs, []

    def alone(moves: certificates._Moves, *about: object) -> np.ndarray:
        found, moves.opening = needs(moves, *about), None
        assert found.tolist() == needs(moves, *about).tolist()
        asked.append(found.size)
        return found

    given = rows, places, systems, reasons, (rows.numerator, rows.numerator), WIDTH
    proofs, after = prove(*given)
    with ThreadPoolExecutor(2) as pool:
        by_two, after_two = prove(*given, run=pool.map)
    monkeypatch.setattr(certificates._Moves, "needs", alone)
    by_new, after_new = prove(*given)
    assert len(asked) > 1 and min(asked) > 0
    for others, their in ((by_two, after_two), (by_new, after_new)):
        assert np.array_equal(after, their)
        for proof, other in zip(proofs, others, strict=True):
            assert proof.base.tolist() == other.base.tolist()
            assert [str(pair) for pair in proof.worlds] == [str(pair) for pair in other.worlds]


@pytest.mark.parametrize("sizes", [(2, 2), (3, 1)])
def test_a_county_or_a_type_of_school_is_safe_when_it_is_hidden_with_the_rest_and_not_when_it_is_added(sizes):
    """Four schools of one district, and two more places that add them up in another way."""
    narrow_when_added = 0
    for seed in range(4):
        places = hierarchy([4], 3)
        leaves = np.random.default_rng(seed).poisson(11, (6, 3))
        counts = rolled_up(places, leaves)
        of = np.repeat([6, 7], sizes)
        counts = np.vstack([counts, [counts[2:][of == place].sum(axis=0) for place in (6, 7)]])
        both = linked.Hierarchy(
            np.r_[places.parent, -1, -1], np.r_[places.level, 1, 1], places.family, (np.arange(2, 6), of)
        )
        rows = as_rows(counts)
        reasons, systems = linked.hide(rows, both)
        _, built = prove(rows, both, systems, reasons, (rows.numerator, rows.numerator), WIDTH)
        alone = rows.place < 6
        assert not narrowed(rows, both, built)
        assert (built[~alone] == linked.SHOWN).any()
        added = linked.primary(rows, np.repeat(counts[:, 0], 4))
        added[alone] = linked.hide(as_rows(counts[:6]), places)[0]
        narrow_when_added += narrowed(rows, both, added)
    assert narrow_when_added


@pytest.mark.parametrize("seed", range(3))
def test_a_row_that_is_shown_again_is_missed_by_a_number_or_proven_to_be_needed_by_none(seed):
    """Every end of a trial is explained by another program: the attackers find exactly the numbers that lost room."""
    places = hierarchy([3, 4, 2], 4)
    counts = rolled_up(places, np.random.default_rng(seed).poisson([30, 14, 9, 60], (13, 4)))
    rows = as_rows(counts)
    reasons, _ = linked.hide(rows, places)
    small = np.flatnonzero((rows.students > 0) & (rows.students < MINIMUM))
    widths = np.minimum(WIDTH, rows.students[small])
    missed = []
    for row in np.flatnonzero(reasons == linked.SECONDARY)[:8]:
        shown_again = np.where(np.arange(reasons.size) == row, linked.SHOWN, reasons)
        found = attacks.attack(_read(rows, shown_again), _layout(places), small, widths)
        low, high = published(rows, shown_again)
        matrix = equations(places, counts.shape)
        rooms = np.array([attack(matrix, rows.students, low, high, cell) for cell in small])
        assert found.count.tolist() == small[rooms < widths - 1e-6].tolist()
        missed.append(found.count.size)
    assert any(missed)


def _read(rows: linked.Rows, reasons: np.ndarray) -> Counts:
    low, high = published(rows, reasons)
    return Counts(
        table=rows.table, place=rows.place, group=rows.group, low=low, high=high, number=np.arange(rows.place.size)
    )


def _layout(places: linked.Hierarchy) -> Layout:
    below = [np.flatnonzero(places.level == level) for level in (1, 2)]
    return Layout(
        rollups=[(place, places.parent[place]) for place in below],
        partitions=[(0, list(range(1, len(places.family))))],
    )


def test_little_more_is_hidden_than_the_optimum_of_a_mixed_integer_program():
    ours = best = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        schools = int(rng.integers(3, 6))
        places = linked.Hierarchy(
            np.array([-1, *[0] * schools]), np.array([0, *[2] * schools]), ["total", *["part"] * 3]
        )
        counts = rolled_up(places, rng.poisson(rng.choice([4, 15, 60], (schools, 3))))
        cells = np.arange(counts.size).reshape(counts.shape)
        value = counts.ravel()
        small = np.flatnonzero((value > 0) & (value < MINIMUM) & (np.arange(value.size) % 4 > 0))
        is_total = np.arange(value.size) % 4 == 0
        widest = np.where(is_total, UNBOUNDED, np.repeat(counts[:, 0], 4))
        price = prices(value, places.level[np.arange(value.size) // 4], is_total)
        low, high = value.copy(), value.copy()
        low[small], high[small] = 0, widest[small]
        table = Table(lay_out(places.parent, cells, places.family), value.copy(), low, high, widest, price)
        withheld, failed = table.protect(small, np.minimum(WIDTH, value[small]))
        optimum = _optimum(
            equations(places, counts.shape), value, small, widest, is_total | (np.arange(value.size) < 4)
        )
        if failed.size or optimum is None or not small.size:
            continue
        ours += int((withheld & ~np.isin(np.arange(value.size), small)).sum())
        best += optimum
    assert best > 50
    assert ours <= 1.10 * best


def test_no_more_is_hidden_than_by_the_optimum_of_another_program_for_two_way_tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ours = theirs = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        leaves = 1 + rng.poisson(rng.choice([5, 25, 120], (8, 4)))
        place, group = (np.repeat(part, leaves.ravel()) for part in np.divmod(np.arange(leaves.size), 4))
        students = {
            "place": [f"p{p}" for p in place],
            "group": [f"g{g}" for g in group],
            "students": [1.0] * place.size,
        }
        found = protect(
            students,
            ["place", "group"],
            response="students",
            safety_rules="FREQ(10,50)",
            suppress="OPT(1)",
            workdir=str(tmp_path / str(seed)),
        )
        theirs += list(found.tables[0].dataframe()["status"]).count("M")
        places = linked.Hierarchy(np.array([-1, *[0] * 8]), np.array([0, *[2] * 8]), ["total", *["part"] * 4])
        reasons, _ = linked.hide(as_rows(rolled_up(places, leaves)), places)
        ours += np.count_nonzero(reasons > linked.NOBODY)
    assert 0 < ours <= 1.15 * theirs


def _optimum(
    matrix: np.ndarray, value: np.ndarray, small: np.ndarray, widest: np.ndarray, is_fixed: np.ndarray
) -> int | None:
    """The fewest cells that must be withheld beside the small ones, by HiGHS: two worlds for every small cell."""
    cells = value.size
    count = cells + 2 * small.size * cells
    cost = np.zeros(count)
    cost[:cells] = 1
    cost[small] = 0
    upper = np.concatenate([np.where(is_fixed, 0, 1), np.full(2 * small.size * cells, 1e4)])
    lower = np.concatenate([np.where(np.isin(np.arange(cells), small), 1, 0), np.full(2 * small.size * cells, -1e4)])
    upper[small] = 1
    rows, low, high = [], [], []
    for number, cell in enumerate(small):
        worlds = [cells + (2 * number + which) * cells + np.arange(cells) for which in (0, 1)]
        for world in worlds:
            for equation in matrix:
                row = np.zeros(count)
                row[world] = equation
                rows.append(row)
                low.append(0)
                high.append(0)
            for at in range(cells):
                for sign, room in ((1, min(widest[at] - value[at], 1e4)), (-1, value[at])):
                    row = np.zeros(count)
                    row[world[at]], row[at] = sign, -room
                    rows.append(row)
                    low.append(-np.inf)
                    high.append(0)
        row = np.zeros(count)
        row[worlds[0][cell]], row[worlds[1][cell]] = 1, -1
        rows.append(row)
        low.append(min(WIDTH, value[cell]))
        high.append(np.inf)
    if not rows:
        return 0
    found = milp(
        cost,
        constraints=LinearConstraint(np.array(rows), low, high),
        integrality=np.concatenate([np.ones(cells), np.zeros(count - cells)]),
        bounds=Bounds(lower, upper),
    )
    return None if found.x is None else round(found.fun)
