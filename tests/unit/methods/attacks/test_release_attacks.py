"""Each way to work out a hidden number from a release, on tables small enough to do the sum by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.attacks.attack import ELSEWHERE, INTERVAL, SHOWN, SUBTRACTION, alike, attack
from methods.attacks.changes import told_by_change
from methods.attacks.intervals import intervals
from methods.attacks.published import Counts, Layout, publish
from methods.attacks.rounding import numerators, numerators_between, pairs
from methods.attacks.system import OPEN

STATE, DISTRICT = 0, 1
SCHOOLS = (2, 3, 4, 5)
ALL, FIRST, SECOND = 0, 1, 2
TRUTH = {2: (3, 40), 3: (12, 9), 4: (30, 25), 5: (6, 60)}
"""Students of the two groups in each of four schools: 51 and 134 in the one district."""
LAYOUT = Layout(
    rollups=[(np.array(SCHOOLS), np.full(4, DISTRICT)), (np.array([DISTRICT]), np.array([STATE]))],
    partitions=[(ALL, [FIRST, SECOND])],
)


def _counts(hidden: set[tuple[int, int]], truth: dict[int, tuple[int, int]] = TRUTH, table: int = 0) -> Counts:
    """Publish every place and group but the hidden pairs of school and group."""
    first, second = np.array(list(truth.values())).T
    totals = {STATE: (first.sum(), second.sum()), DISTRICT: (first.sum(), second.sum())}
    rows = [
        (place, group, count)
        for place, (one, two) in (totals | truth).items()
        for group, count in ((ALL, one + two), (FIRST, one), (SECOND, two))
    ]
    place, group, count = np.array(rows).T
    is_hidden = np.array([(at, of) in hidden for at, of, _ in rows])
    return Counts(
        table=np.full(place.size, table),
        place=place,
        group=group,
        low=np.where(is_hidden, 0, count),
        high=np.where(is_hidden, OPEN, count),
        number=np.arange(place.size),
    )


def _together(*parts: Counts) -> Counts:
    return Counts(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in Counts.__annotations__})


def _at(counts: Counts, place: int, group: int, table: int = 0) -> int:
    return int(np.flatnonzero((counts.table == table) & (counts.place == place) & (counts.group == group))[0])


PRIMARY = {(2, FIRST), (3, SECOND), (5, FIRST)}
SAFE = PRIMARY | {(place, group) for place in (2, 3, 5) for group in (FIRST, SECOND)}


def _attack(counts: Counts, layout: Layout = LAYOUT) -> dict[tuple[int, int], str]:
    """Attack the three small counts of the first table; none may be narrowed down to less than three numbers."""
    targets = [_at(counts, place, group) for place, group in sorted(PRIMARY)]
    found = attack(counts, layout, targets, np.full(len(targets), 3))
    return {
        (int(counts.place[at]), int(counts.group[at])): how for at, how in zip(found.count, found.attack, strict=True)
    }


# ---- subtraction, bounds, and places that add up in more than one way ----


def test_small_counts_hidden_alone_are_found_by_subtraction() -> None:
    assert _attack(_counts(PRIMARY)) == dict.fromkeys(PRIMARY, SUBTRACTION)


def test_counts_hidden_with_company_in_every_line_are_safe() -> None:
    assert _attack(_counts(SAFE)) == {}


@pytest.mark.parametrize("again", sorted(SAFE - PRIMARY))
def test_company_that_is_shown_again_leaves_a_small_count_alone(again: tuple[int, int]) -> None:
    assert _attack(_counts(SAFE - {again})) != {}


def test_company_that_nothing_needs_is_proven_to_be_redundant_when_shown_again() -> None:
    """The fourth school was hidden for nothing: without it every small count keeps two worlds its width apart."""
    too_much = SAFE | {(4, FIRST), (4, SECOND)}
    assert _attack(_counts(too_much)) == {}
    counts = _counts(too_much - {(4, FIRST), (4, SECOND)})
    found = attack(counts, LAYOUT, [_at(counts, place, group) for place, group in sorted(PRIMARY)], [3, 3, 3])
    assert (found.attacked, found.count.size) == (3, 0)


def test_a_number_that_is_not_hidden_at_all_is_found() -> None:
    assert _attack(_counts(SAFE - {(2, FIRST)}))[2, FIRST] == SHOWN


def test_little_room_is_found_even_where_nothing_is_determined() -> None:
    """Schools of 5, 21 and 66 students: the first group of the first can only be 0 to 5 of its five."""
    small = TRUTH | {2: (1, 1)}
    assert _attack(_counts(SAFE, small)) == {(2, FIRST): INTERVAL}


COUNTY, ELEMENTARY, MIDDLE = 6, 7, 8


@pytest.mark.parametrize("schools", [(2, 4), (3, 4)])
def test_a_county_added_to_a_safe_table_gives_its_hidden_school_away(schools: tuple[int, int]) -> None:
    counts, (inside, shown) = _counts(SAFE), schools
    total = np.array(TRUTH[inside]) + TRUTH[shown]
    county = Counts(
        table=np.zeros(3, int),
        place=np.full(3, COUNTY),
        group=np.array([ALL, FIRST, SECOND]),
        low=np.array([total.sum(), *total]),
        high=np.array([total.sum(), *total]),
        number=18 + np.arange(3),
    )
    layout = replace(LAYOUT, rollups=[*LAYOUT.rollups, (np.array(schools), np.full(2, COUNTY))])
    assert _attack(_together(counts, county), layout) != {}
    hidden = replace(
        county, low=np.where(county.group == ALL, county.low, 0), high=np.where(county.group == ALL, county.high, OPEN)
    )
    assert _attack(_together(counts, hidden), layout) == {}


def test_district_by_school_type_gives_away_the_only_hidden_school_of_a_type() -> None:
    counts = _counts(SAFE)
    of = {ELEMENTARY: (2, 4), MIDDLE: (3, 5)}
    totals = np.array([[np.sum([TRUTH[school] for school in schools], axis=0)] for schools in of.values()])[:, 0]
    types = Counts(
        table=np.zeros(4, int),
        place=np.repeat([ELEMENTARY, MIDDLE], 2),
        group=np.tile([FIRST, SECOND], 2),
        low=totals.ravel(),
        high=totals.ravel(),
        number=18 + np.arange(4),
    )
    layout = replace(
        LAYOUT, rollups=[*LAYOUT.rollups, *[(np.array(own), np.full(2, place)) for place, own in of.items()]]
    )
    assert _attack(_together(counts, types), layout)[2, FIRST] == SUBTRACTION


def test_sums_that_shown_counts_refute_are_not_believed() -> None:
    """The district counts eight students who attended no school: its schools do not add up to it, in shown numbers."""
    counts = _counts(PRIMARY)
    low, high = counts.low.copy(), counts.high.copy()
    at = _at(counts, DISTRICT, ALL)
    low[at] = high[at] = low[at] + 8
    without_groups = replace(LAYOUT, partitions=[])
    assert _attack(counts, without_groups) != {}
    assert _attack(replace(counts, low=low, high=high), without_groups) == {}


def test_a_group_that_is_shown_larger_than_the_whole_is_no_part_of_it_in_that_table_alone() -> None:
    """An estimate for a group can rest on other students than the one for all; another table is still believed."""
    groups = [(0, ALL, 30), (0, FIRST, 45), (1, ALL, 30), (1, FIRST, None), (2, ALL, 5), (2, FIRST, None)]
    other = [(place, group, 5 if count == 45 else count) for place, group, count in groups]
    table = np.repeat([0, 1], len(groups))
    place, group, shown = np.array([*groups, *other], dtype=object).T
    is_hidden = np.equal(shown, None)
    known = np.where(is_hidden, 0, shown).astype(int)
    counts = Counts(
        table=table, place=place.astype(int), group=group.astype(int), low=known,
        high=np.where(is_hidden, OPEN, known), number=np.arange(table.size),
    )  # fmt: skip
    hidden = np.flatnonzero(is_hidden)
    found = attack(counts, Layout(rollups=[], parts=[(ALL, FIRST)]), hidden, np.full(4, 10))
    assert [(counts.table[at], counts.place[at]) for at in found.count] == [(1, 2)]
    assert found.attack.tolist() == [INTERVAL]


def test_an_overlap_that_only_programs_see_opens_that_sum_alone() -> None:
    """Hidden schools of at most 2 and 3 cannot reach 9: that district overlaps or errs; the other is still believed."""
    counts = Counts(
        table=np.zeros(6, int),
        place=np.arange(6),
        group=np.zeros(6, int),
        low=np.array([9, 0, 0, 7, 0, 4]),
        high=np.array([9, 2, 3, 7, 9, 4]),
        number=np.arange(6),
    )
    layout = Layout(rollups=[(np.array([1, 2, 4, 5]), np.array([0, 0, 3, 3]))])
    found = attack(counts, layout, [1, 4], [2, 2])
    assert (found.count.tolist(), found.attack.tolist(), found.opened) == ([4], [SUBTRACTION], 1)


# ---- one number under two names ----


OVERLAP = Layout(rollups=[(np.array([2, 3]), np.array([1, 1]))])
"""Two schools of a district."""


def _overlapping(district: int, first: tuple[int, int]) -> Counts:
    """Publish the district exactly, of the first school two bounds, and nothing of the second."""
    low, high = np.array([district, first[0], 0]), np.array([district, first[1], OPEN])
    none = np.zeros(3, np.int64)
    return Counts(table=none, place=np.array([1, 2, 3]), group=none, low=low, high=high, number=np.arange(3))


def test_a_sum_that_is_off_misleads_nobody_who_knows_by_how_much() -> None:
    """Of a hundred students five belong to both schools, which have 96 and 9: no more than six seem left, and are."""
    counts, known = _overlapping(100, (94, 104)), np.array([100, 96, 9])
    assert attack(counts, OVERLAP, [2], [8]).attack.tolist() == [INTERVAL]
    assert attack(counts, OVERLAP, [2], [8], known=known).count.size == 0
    assert attack(counts, OVERLAP, [2], [11], known=known).attack.tolist() == [INTERVAL]
    assert attack(counts, OVERLAP, [2], [8], known=np.array([100, -1, 9])).attack.tolist() == [INTERVAL]


def test_a_sum_that_shown_counts_refute_tells_who_knows_by_how_much_it_is_off() -> None:
    counts = _overlapping(10, (13, 13))
    assert attack(counts, OVERLAP, [2], [2]).count.size == 0
    assert attack(counts, OVERLAP, [2], [2], known=np.array([10, 13, 4])).attack.tolist() == [SUBTRACTION]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_known_of_sums_never_shuts_out_what_is_true(seed: int) -> None:
    random, counts = np.random.default_rng(seed), _counts(SAFE)
    truth = random.integers(0, 60, counts.low.size)
    is_hidden = counts.high == OPEN
    least = np.where(is_hidden, 0, np.maximum(truth - random.integers(0, 4, truth.size), 0))
    most = np.where(is_hidden, OPEN, truth + random.integers(0, 4, truth.size))
    layout = replace(LAYOUT, parts=[(ALL, FIRST)])
    system = publish(replace(counts, low=least, high=most), layout).off_by(truth).closed()
    asked = np.flatnonzero(system.is_unknown[: truth.size])
    found = intervals(system, asked)
    assert ((found.low <= truth[asked]) & (truth[asked] <= found.high)).all()


def _read_as_one(*parts: Counts) -> Counts:
    both = _together(*parts)
    name = alike(both.table, both.place, both.group, both.low, both.high)
    keys = np.stack([name[both.table], both.place, both.group])
    return replace(both, number=np.unique(keys, axis=1, return_inverse=True)[1].ravel())


def test_a_number_hidden_in_one_measure_and_shown_in_another_of_the_same_students_is_found() -> None:
    other = replace(_counts(PRIMARY - {(2, FIRST)}), table=np.full(18, 1))
    assert _attack(_read_as_one(_counts(SAFE), other))[2, FIRST] == ELSEWHERE
    assert _attack(_read_as_one(_counts(SAFE), replace(_counts(SAFE), table=np.full(18, 1)))) == {}


def test_two_safe_ways_to_hide_one_table_are_not_safe_together() -> None:
    hides_others = {(place, group) for place in (2, 4) for group in (FIRST, SECOND)}
    other = replace(_counts(hides_others), table=np.full(18, 1))
    assert attack(other, LAYOUT, [_at(other, 2, FIRST, 1)], [3]).count.size == 0
    assert _attack(_counts(SAFE)) == {}
    assert _attack(_read_as_one(_counts(SAFE), other)) != {}


def test_tables_that_differ_in_one_shown_number_are_two_tables() -> None:
    changed = dict(TRUTH) | {4: (31, 25)}
    other = replace(_counts(set(), changed), table=np.full(18, 1))
    both = _together(_counts(SAFE), other)
    assert alike(both.table, both.place, both.group, both.low, both.high).tolist() == [0, 1]


# ---- rates ----


def _rates(shown: dict[int, tuple[int, int]], of: dict[int, int]) -> Counts:
    """Numerators of one table whose denominators are known: bounds for each of the four schools and exact totals."""
    place = np.array([DISTRICT, *SCHOOLS])
    low = np.array([sum(TRUTH[school][0] for school in SCHOOLS), *[shown[school][0] for school in SCHOOLS]])
    high = np.array([low[0], *[shown[school][1] for school in SCHOOLS]])
    return Counts(table=np.zeros(5, int), place=place, group=np.zeros(5, int), low=low, high=high, number=np.arange(5))


def test_rounded_percents_of_the_others_pin_the_hidden_numerator() -> None:
    of = {2: 43, 3: 21, 4: 55, 5: 66}
    shown = {
        school: tuple(int(end[0]) for end in numerators([round(100 * TRUTH[school][0] / of[school])], [of[school]]))
        for school in SCHOOLS
    }
    shown[2] = (0, 43)
    layout = Layout(rollups=LAYOUT.rollups[:1])
    found = attack(_rates(shown, of), layout, [1], [3])
    assert found.attack.tolist() == [SUBTRACTION]


def test_ranges_that_are_wide_one_by_one_can_be_narrow_together() -> None:
    """Each school alone leaves 0 to 9; together they must reach 51 of at most 9 + 12 + 30 + 2."""
    shown = {2: (0, 9), 3: (0, 12), 4: (0, 30), 5: (0, 2)}
    found = attack(_rates(shown, {}), Layout(rollups=LAYOUT.rollups[:1]), [1], [5])
    assert found.attack.tolist() == [INTERVAL]


def test_nobody_and_everybody_are_told_by_zero_and_a_hundred_percent() -> None:
    assert [end.tolist() for end in numerators([0, 100, 0, 100], [12, 12, 400, 400])] == [
        [0, 12, 0, 398],
        [0, 12, 1, 400],
    ]


def test_parts_of_a_whole_across_measures_add_up() -> None:
    """Three levels of a test: two are shown, so the third is what is left."""
    counts = Counts(
        table=np.arange(4),
        place=np.zeros(4, int),
        group=np.zeros(4, int),
        low=np.array([40, 20, 18, 0]),
        high=np.array([40, 20, 18, 40]),
        number=np.arange(4),
    )
    layout = Layout(rollups=[], sums=(np.array([1, 2, 3]), np.zeros(3, int)))
    assert attack(counts, layout, [3], [2]).attack.tolist() == [SUBTRACTION]


@settings(deadline=None)
@given(st.integers(1, 2000), st.data())
def test_a_rounded_percent_allows_exactly_the_numerators_that_round_to_it(of: int, data: st.DataObject) -> None:
    decimals = data.draw(st.integers(0, 2))
    part = data.draw(st.integers(0, of))
    unit = 100 * 10**decimals
    rounded = [(2 * unit * one + of) // (2 * of) for one in range(of + 1)]
    low, high = numerators([rounded[part] / 10**decimals], [of], decimals)
    assert [low[0], high[0]] == [rounded.index(rounded[part]), of - rounded[::-1].index(rounded[part])]


def test_whole_percents_tell_every_numerator_up_to_a_hundred_students_and_one_decimal_up_to_a_thousand() -> None:
    for decimals, largest in ((0, 100), (1, 1000)):
        for of in (largest - 1, largest, largest + 1):
            part = np.arange(of + 1)
            unit = 10**decimals
            percent = (200 * unit * part + of) // (2 * of) / unit
            low, high = numerators(percent, np.full(of + 1, of), decimals)
            assert bool(np.all(low == high)) == (of <= largest)


def test_a_percent_with_a_decimal_tells_pairs_apart_though_the_number_of_students_is_hidden() -> None:
    """Of the 54 pairs of up to nine students, 22 have a percent of their own."""
    every = [(of, part) for of in range(1, 10) for part in range(of + 1)]
    alone = [pair for pair in every if pairs((2000 * pair[1] + pair[0]) // (2 * pair[0]) / 10, 1, 1, 9) == [pair]]
    assert (len(every), len(alone)) == (54, 22)


def test_bounds_of_a_range_hold_their_ends_and_a_missing_end_is_open() -> None:
    low, high = numerators_between([20, np.nan, 95], [40, 5, np.nan], [30, 120, 120])
    assert (low.tolist(), high.tolist()) == ([6, 0, 114], [12, 6, 120])


# ---- two releases ----


def test_a_number_hidden_in_one_release_and_shown_in_the_next_is_found_while_it_is_the_same() -> None:
    """The same table, hidden in two ways: the second release is a table whose numbers are those of the first."""
    before, now = replace(_counts(SAFE - {(3, SECOND)}), table=np.full(18, 1)), _counts(SAFE)
    same = _together(now, before)
    linked = replace(same, number=np.tile(np.arange(18), 2))
    assert _attack(linked)[3, SECOND] == ELSEWHERE
    moved = linked.number.copy()
    moved[18 + _at(now, 3, SECOND)] = 18
    assert _attack(replace(linked, number=moved)).get((3, SECOND)) != ELSEWHERE


def test_the_change_of_a_rate_tells_about_the_few_who_came_or_went() -> None:
    before = ([30, 30, 30, 30, np.nan], [48, 48, 48, 48, 48])
    now = ([30, 29, 34, 41, 30], [47, 48, 58, 61, 47])
    assert told_by_change(before, now, 10).tolist() == [True, False, False, False, False]
