"""Subtraction and programs on tables whose answer is known by hand, and on systems that a solver of its own judges."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from methods.attacks.intervals import Claims, intervals, refuted
from methods.attacks.null_space import determined
from methods.attacks.system import OPEN, ContradictedError, System, system


def _two_schools(hidden: list[str]) -> tuple[System, dict[str, int]]:
    """One district, two schools, two groups and their total; 12 + 3 and 20 + 9 students."""
    counts = {"d": 44, "d1": 32, "d2": 12, "a": 15, "a1": 12, "a2": 3, "b": 29, "b1": 20, "b2": 9}
    names = list(counts)
    sums = [(["d1", "d2"], "d"), (["a1", "a2"], "a"), (["b1", "b2"], "b")]
    sums += [(["a" + end, "b" + end], "d" + end) for end in ("", "1", "2")]
    rows, cells, values = [], [], []
    for number, (parts, whole) in enumerate(sums):
        for name, value in [*((part, 1) for part in parts), (whole, -1)]:
            rows.append(number)
            cells.append(names.index(name))
            values.append(value)
    low = [0 if name in hidden else count for name, count in counts.items()]
    high = [OPEN if name in hidden else count for name, count in counts.items()]
    return system(low, high, rows, cells, values, np.zeros(len(sums))), {name: names.index(name) for name in names}


def test_one_hidden_count_in_a_line_is_found_by_subtraction() -> None:
    published, at = _two_schools(["a2"])
    assert np.flatnonzero(determined(published)).tolist() == [at["a2"]]
    found = intervals(published, [at["a2"]])
    assert (found.low[0], found.high[0]) == (3, 3)


def test_two_hidden_counts_in_one_line_do_not_help_where_the_columns_are_shown() -> None:
    published, at = _two_schools(["a1", "a2"])
    assert np.flatnonzero(determined(published)).tolist() == [at["a1"], at["a2"]]


def test_a_square_of_hidden_counts_leaves_every_number_that_its_sums_allow() -> None:
    hidden = ["a1", "a2", "b1", "b2"]
    published, at = _two_schools(hidden)
    assert not determined(published).any()
    found = intervals(published, [at[name] for name in hidden])
    assert found.low.tolist() == [3, 0, 17, 0]
    assert found.high.tolist() == [15, 12, 29, 12]
    assert found.is_proven.all()


def test_a_count_without_an_equation_keeps_its_bounds() -> None:
    alone = system([2, 0], [7, OPEN], [], [], [], [])
    found = intervals(alone, [0, 1])
    assert not determined(alone).any()
    assert (found.low.tolist(), found.high.tolist()) == ([2, 0], [7, OPEN])


def test_bounds_pin_what_subtraction_cannot() -> None:
    published = system([0, 0], [OPEN, OPEN], [0, 0], [0, 1], [1, 1], [0])
    assert not determined(published).any()
    assert intervals(published, [0, 1]).high.tolist() == [0, 0]


def test_whole_numbers_leave_less_room_than_fractions() -> None:
    """2a + 2b - 3c = 0 with c at most 1: fractions allow c = 1, whole students only c = 0."""
    published = system([0, 0, 0], [5, 5, 1], [0, 0, 0], [0, 1, 2], [2, 2, -3], [0])
    found = intervals(published, [0, 1, 2])
    assert (found.low.tolist(), found.high.tolist()) == ([0, 0, 0], [0, 0, 0])


def test_counts_that_contradict_one_another_are_said_to() -> None:
    with pytest.raises(ContradictedError):
        intervals(system([0, 5], [3, 5], [0, 0], [0, 1], [1, -1], [0]), [0])
    with pytest.raises(ContradictedError):
        determined(system([4, 5], [4, 5], [0, 0], [0, 1], [1, -1], [0]))


def test_a_known_cell_is_not_attacked() -> None:
    published, at = _two_schools(["a2"])
    with pytest.raises(ValueError, match="known"):
        intervals(published, [at["a1"]])


def test_only_the_remainder_that_must_exist_is_opened() -> None:
    """Parts 4 and 5 of 10 shown leave one over; parts 3 and a hidden one of 10 need no remainder."""
    published = system(
        [4, 5, 10, 0, 3, 0, 10, 0],
        [4, 5, 10, OPEN, 3, OPEN, 10, OPEN],
        [0, 0, 0, 0, 1, 1, 1, 1],
        [0, 1, 2, 3, 4, 5, 6, 7],
        [1, 1, -1, 1, 1, 1, -1, 1],
        [0, 0],
    )
    assert refuted(published, [3, 7]).tolist() == [3]


def test_the_search_ends_where_two_worlds_lie_far_enough_apart() -> None:
    published, at = _two_schools(["a1", "a2", "b1", "b2"])
    found = intervals(published, [at["a1"]], enough=[5])
    assert found.is_settled.all()
    assert found.high[0] - found.low[0] >= 5
    assert intervals(published, [at["a1"]], enough=[13]).is_proven.all()


def _square(published: System, at: dict[str, int], step: int) -> Claims:
    """The way round the square of hidden counts, so many students at a time, and no world to begin at."""
    way = np.zeros((published.low.size, 1), dtype=np.int64)
    way[[at["a1"], at["b2"]]], way[[at["a2"], at["b1"]]] = step, -step
    return Claims(sparse.csc_array(way), np.full(published.low.size, -1))


def test_a_way_round_hidden_counts_is_gone_from_a_world_that_is_found() -> None:
    published, at = _two_schools(["a1", "a2", "b1", "b2"])
    way = _square(published, at, 3)
    asked = [at["a1"], at["b2"]]
    assert intervals(published, asked, enough=[5, 5]).programs > 0
    begun = Claims(way.ways, np.where(published.is_unknown, [44, 32, 12, 15, 9, 6, 29, 23, 6], published.low))
    for claims in (way, begun):
        found = intervals(published, asked, enough=[5, 5], claims=claims)
        assert (found.programs, found.is_settled.all()) == (0, True)
        assert (found.low.tolist(), found.high.tolist()) == ([3, 0], [15, 12])


@pytest.mark.parametrize("hidden", [["a1", "a2", "b1"], ["a1", "a2", "b1", "b2"]])
def test_a_way_that_breaks_a_sum_or_moves_a_shown_count_opens_nothing(hidden: list[str]) -> None:
    published, at = _two_schools(hidden)
    way = _square(published, at, 1)
    ways = way.ways.toarray()
    ways[at["a2"]] = 5
    asked = [at["a1"], at["a2"]]
    for false in (ways, np.where(published.is_unknown[:, None], ways, 0)):
        claims = Claims(sparse.csc_array(false), way.world)
        found, alone = intervals(published, asked, [13, 13], claims=claims), intervals(published, asked, [13, 13])
        assert (found.low.tolist(), found.high.tolist()) == (alone.low.tolist(), alone.high.tolist())


@st.composite
def systems(draw: st.DrawFn) -> tuple[System, np.ndarray]:
    equations, cells = draw(st.integers(1, 4)), draw(st.integers(2, 5))
    matrix = np.array(
        draw(
            st.lists(
                st.lists(st.sampled_from([-2, -1, 0, 0, 1, 1, 3]), min_size=cells, max_size=cells),
                min_size=equations,
                max_size=equations,
            )
        )
    )
    truth = np.array(draw(st.lists(st.integers(0, 4), min_size=cells, max_size=cells)))
    rows, columns = np.nonzero(matrix)
    made = system(np.zeros(cells), np.full(cells, 4), rows, columns, matrix[rows, columns], matrix @ truth)
    return made, truth


@settings(deadline=None)
@given(systems(), st.integers(0, 3))
def test_an_interval_is_exactly_what_trying_every_world_finds_whatever_is_claimed(
    given_system: tuple[System, np.ndarray], seed: int
) -> None:
    published, truth = given_system
    random = np.random.default_rng(seed)
    worlds, ways = random.integers(-1, 6, truth.size), random.integers(-2, 3, (truth.size, 4))
    claims = Claims(sparse.csc_array(ways), worlds) if seed else None
    found = intervals(published, np.arange(truth.size), claims=claims)
    worlds = np.array(list(itertools.product(range(5), repeat=truth.size)))
    worlds = worlds[np.all(worlds @ published.coefficients.toarray().T == published.right, axis=1)]
    assert np.array_equal(found.low, worlds.min(axis=0))
    assert np.array_equal(found.high, worlds.max(axis=0))
    assert np.all((found.low <= truth) & (truth <= found.high))


def test_two_threads_find_the_same_of_systems_that_share_no_cell_by_the_same_programs() -> None:
    random = np.random.default_rng(0)
    counts = random.integers(1, 30, (12, 6, 5))
    cell = np.arange(counts.size).reshape(counts.shape)
    sums = [*cell.reshape(-1, 5), *cell.transpose(0, 2, 1).reshape(-1, 6)]
    rows = np.repeat(np.arange(len(sums)), [part.size for part in sums])
    right = [counts.ravel()[part].sum() for part in sums]
    made = system(np.zeros(cell.size), np.full(cell.size, OPEN), rows, np.concatenate(sums), np.ones(rows.size), right)
    with ThreadPoolExecutor(2) as pool:
        found, alone = (intervals(made, cell.ravel(), run=run) for run in (pool.map, map))
    assert found.programs == alone.programs > 12
    assert found.low.tolist() == alone.low.tolist() and found.high.tolist() == alone.high.tolist()
    assert found.is_proven.all() and np.all((found.low <= counts.ravel()) & (counts.ravel() <= found.high))


@settings(deadline=None)
@given(systems())
def test_subtraction_determines_a_cell_exactly_where_a_program_without_bounds_leaves_no_width(
    given_system: tuple[System, np.ndarray],
) -> None:
    published, truth = given_system
    matrix = published.coefficients.toarray()
    for cell, is_determined in enumerate(determined(published)):
        cost = np.eye(truth.size)[cell]
        ends = [
            linprog(sign * cost, A_eq=matrix, b_eq=published.right, bounds=(None, None), method="highs")
            for sign in (1, -1)
        ]
        has_no_width = all(end.status == 0 for end in ends) and abs(ends[0].fun + ends[1].fun) < 1e-6
        assert has_no_width == is_determined
